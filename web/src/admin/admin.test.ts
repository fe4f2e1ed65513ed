import { expect, test } from "vitest";
import type { FieldDef, ObjectDef, Row } from "@/base/types.ts";
import { csvOf } from "@/ui/chart_data.ts";
import { choicesText, namedAnew, parseChoices } from "./choices.ts";
import { byReason, draftOf, optionsOf, problemsOf, proposeChoice, targetsOf, withTargets } from "./mapping.ts";
import { joinLimit, limitProblem, moveStage, nameFor, splitLimit } from "./stage_edit.ts";
import { teamTree } from "./tree.ts";

const L = (zh: string, en = zh) => ({ zh, en });
const field = (name: string, type: FieldDef["type"], more: Partial<FieldDef> = {}): FieldDef => ({ name, type, label: L(name), ...more });
const customer: ObjectDef = {
  name: "customer", label: L("客户"), title_field: "name", pipeline: false, relations: [],
  fields: [field("name", "text", { required: true }), field("code", "text", { unique: true }), field("score", "formula"), field("created_at", "datetime", { system: true, readonly: true }), field("updated_at", "datetime", { system: true, readonly: true })],
};
const deal: ObjectDef = { ...customer, name: "deal", fields: [field("name", "text", { required: true }), field("customer", "reference", { to: "customer", required: true })] };

test("guesses become a mapping; of two columns for one field the first wins", () => {
  const draft = draftOf([
    { name: "客户", samples: [], field: "name" }, { name: "名称", samples: [], field: "name" }, { name: "备注", samples: [], field: null },
    { name: "级别", samples: [], field: "grade", values: { distinct: [{ value: "甲", count: 1, to: "A" }, { value: "?", count: 1, to: null }] } },
  ]);
  expect(draft.map).toEqual({ 客户: "name", 级别: "grade" });
  expect(draft.values).toEqual({ grade: { 甲: "A" } });
});

test("targets leave out what cannot be written and offer other objects' keys", () => {
  expect(targetsOf(customer, () => undefined).map((target) => target.name)).toEqual(["name", "code", "created_at"]);
  expect(targetsOf(deal, () => customer).map((target) => target.name)).toEqual(["name", "customer.name", "customer.code"]);
});

test("a reference is named with the field it is found by", () => {
  const targets = targetsOf(deal, () => customer);
  expect(withTargets({ ...draftOf([]), map: { A: "customer", B: "customer.code", C: "name", D: "other" } }, targets).map).toEqual({ A: "customer.name", B: "customer.code", C: "name", D: "other" });
});

test("missing required fields and fields used twice are named", () => {
  const draft = { ...draftOf([]), map: { A: "customer", B: "customer.code" } };
  expect(problemsOf(deal, draft).twice).toEqual(["customer"]);
  expect(problemsOf(deal, draft).missing.map((item) => item.name)).toEqual(["name"]);
  expect(problemsOf(deal, { ...draft, set: { name: "x" } }).missing).toEqual([]);
});

test("what is sent: values of mapped fields only, no duplicates without a key", () => {
  const draft = { ...draftOf([]), map: { A: "grade" }, values: { grade: { 甲: "A" }, size: { 大: "L" } }, on_duplicate: "update" as const };
  expect(optionsOf(draft)).toEqual({ map: { A: "grade" }, set: {}, values: { grade: { 甲: "A" } }, refs: "match", on_duplicate: "create", missing: "refuse" });
  expect(optionsOf({ ...draft, key: "code" })).toMatchObject({ key: "code", on_duplicate: "update" });
});

test("choices are found whatever the width, case or language", () => {
  const choices = [{ name: "high", label: L("高", "High") }];
  expect(proposeChoice(" ＨＩＧＨ ", choices)).toBe("high");
  expect(proposeChoice("高", choices)).toBe("high");
  expect(proposeChoice("", choices)).toBeNull();
  expect(proposeChoice("中", choices)).toBeNull();
});

test("reasons are counted, the most frequent first", () => {
  const line = (message: string) => ({ row: 1, column: null, value: null, code: "x", message });
  expect(byReason([line("a"), line("b"), line("b")])).toEqual([{ message: "b", count: 2 }, { message: "a", count: 1 }]);
});

test("limits: read, written, and rising", () => {
  expect(splitLimit("5d")).toEqual({ n: "5", unit: "d" });
  expect(splitLimit(undefined)).toEqual({ n: "", unit: "h" });
  expect(joinLimit("72", "h")).toBe("72h");
  expect([joinLimit("0", "h"), joinLimit("x", "d"), joinLimit("", "d")]).toEqual([undefined, undefined, undefined]);
  expect(limitProblem({ yellow: "48h", orange: "72h", red: "5d" })).toBeNull();
  expect(limitProblem({ yellow: "48h", orange: "2d" })).toBe("orange");
  expect(limitProblem({ orange: "72h", red: "1d" })).toBe("red");
});

test("stages move by one and stop at the ends", () => {
  const stages = ["a", "b"].map((name) => ({ name, label: L(name), kind: "open" as const }));
  expect(moveStage(stages, 0, 1).map((stage) => stage.name)).toEqual(["b", "a"]);
  expect(moveStage(stages, 0, -1)).toBe(stages);
});

test("API names are made from labels and never taken twice", () => {
  expect(nameFor("Next step!", [])).toBe("next_step");
  expect(nameFor("Next step", ["next_step"])).toBe("next_step_2");
  expect(nameFor("高", [])).toBe("gao");
  expect(nameFor("商务谈判", ["shangwutanpan"])).toBe("shangwutanpan_2");
  expect(nameFor("Q1 目标", [])).toBe("q1_mubiao");
  expect(nameFor("＋", ["item"])).toBe("item_2");
  expect(nameFor("2nd Choice", [])).toBe("nd_choice");
});

test("choices keep their names when reworded, new ones get their own", () => {
  const known = [{ name: "high", label: L("高", "High"), color: "red" }, { name: "low", label: L("低", "Low") }];
  expect(choicesText(known)).toBe("高 | High\n低 | Low");
  expect(parseChoices("高 | High\n低 | Low", known)).toEqual(known);
  expect(parseChoices("很高 | Very high\n低 | Low", known)[0]).toEqual({ name: "high", label: L("很高", "Very high"), color: "red" });
  expect(parseChoices("低 | Low\n中 | Middle\n高 | High", known).map((choice) => choice.name)).toEqual(["low", "middle", "high"]);
  expect(parseChoices("\n 无 \n", []).map((choice) => choice.name)).toEqual(["wu"]);
  const clicked = (name: string, zh: string) => ({ name, label: L(zh, zh) });
  expect(namedAnew([clicked("choice", "旧"), clicked("choice_2", "运输许可"), clicked("choice_3", "运输许可"), clicked("vip", "重点")], ["choice"]).map((choice) => choice.name)).toEqual(["choice", "yunshuxuke", "yunshuxuke_2", "vip"]);
});

test("a tree of teams; orphans and circles stand at the top", () => {
  const team = (id: string, parent: string | null): Row => ({ id, version: 1, name: id, parent });
  const tree = teamTree([team("a", null), team("b", "a"), team("c", "b"), team("lost", "gone"), team("x", "y"), team("y", "x")]);
  expect(tree.map((node) => node.row.id)).toEqual(["a", "lost", "x", "y"]);
  expect(tree[0]!.children[0]!.children[0]!.row.id).toBe("c");
});

test("CSV: quoting, blanks, and nothing a spreadsheet would run", () => {
  expect(csvOf({ head: ["a", "b"], rows: [["x,\"y\"", null], ["=1+1", -5]] })).toBe('a,b\r\n"x,""y""",\r\n\'=1+1,-5\r\n');
});
