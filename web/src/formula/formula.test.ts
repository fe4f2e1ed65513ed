import { describe, expect, test } from "vitest";
import type { Session } from "@/base/session.ts";
import type { FieldDef, ObjectDef } from "@/base/types.ts";
import { complete, type FunctionDef, signatureAt, signatureParts } from "./complete.ts";
import { spells } from "@/base/pinyin.ts";
import { callsAt, tokens, unitsAt } from "./tokens.ts";

const field = (name: string, zh: string, type: FieldDef["type"] = "text", more: Partial<FieldDef> = {}): FieldDef =>
  ({ name, type, label: { zh, en: name }, ...more });
const object = (name: string, zh: string, fields: FieldDef[], relations: ObjectDef["relations"] = []): ObjectDef =>
  ({ name, label: { zh, en: name }, title_field: "name", pipeline: false, fields, relations }) as ObjectDef;

const deal = object("deal", "商机", [
  field("name", "名称"), field("amount", "预计成交额", "money"), field("firm", "客户", "reference", { to: "firm" }),
  field("kind", "类型", "choice", { choices: [{ name: "new", label: { zh: "新客", en: "New" } }, { name: "again", label: { zh: "复购", en: "Again" } }] }),
], [{ name: "logs", object: "log", field: "deal", label: { zh: "跟进记录", en: "Logs" } }]);
const firm = object("firm", "客户", [field("name", "名称"), field("industry", "行业")]);
const log = object("log", "跟进", [field("name", "名称"), field("method", "方式"), field("at", "时间", "datetime")]);
const session = { objects: new Map([deal, firm, log].map((one) => [one.name, one])), pipelines: [] } as unknown as Session;
const fn = (name: string, alias: string, signature: string): FunctionDef => ({ name, alias, signature, help: { zh: "", en: "" }, example: "" });
const functions = [fn("IF", "如果", "IF(condition, then, [else])"), fn("COUNT", "计数", "COUNT(records, [condition])"), fn("TODAY", "今天", "TODAY()")];

/* The caret is where | stands. */
function at(text: string, isAsked = false) {
  const caret = text.indexOf("|");
  const source = text.replace("|", "");
  const found = complete(session, deal, functions, source, caret, isAsked);
  return { names: found?.candidates.map((one) => one.insert) ?? [], replaced: found ? source.slice(found.from, found.to) : null };
}

describe("tokens", () => {
  const kinds = (text: string) => tokens(text).filter((token) => token.kind !== "blank").map((token) => token.kind);
  test("cut a formula into its parts, and lose no letter of it", () => {
    const source = 'IF(amount >= 1.5, "a""b", {预计成交额}) AND NOT TRUE';
    expect(kinds(source)).toEqual(["function", "open", "name", "operator", "number", "comma", "text", "comma", "label", "close", "word", "word", "constant"]);
    expect(tokens(source).map((token) => token.text).join("")).toBe(source);
  });
  test("take full-width marks for what they mean", () => {
    expect(kinds("如果（金额＞１２，“大”，0）")).toEqual(["function", "open", "name", "operator", "number", "comma", "text", "comma", "number", "close"]);
    expect(kinds("a ≥ 2 × b")).toEqual(["name", "operator", "number", "operator", "name"]);
  });
  test("mark what has no end yet, and never fail", () => {
    expect(tokens('a = "op').at(-1)).toMatchObject({ kind: "text", isOpen: true });
    expect(tokens("{预计").at(-1)).toMatchObject({ kind: "label", isOpen: true });
    expect(tokens('"').at(-1)).toMatchObject({ kind: "text", isOpen: true });
    expect(kinds("a # 😀 b")).toEqual(["name", "other", "other", "name"]);
  });
  test("tell which argument of which call a place is in", () => {
    const source = "IF(COUNT(logs, method = 1) > 2, ";
    expect(callsAt(tokens(source), source.length).map(({ name, argument }) => [name, argument])).toEqual([["IF", 1]]);
    expect(callsAt(tokens(source), source.indexOf("method")).map(({ name, argument }) => [name, argument])).toEqual([["IF", 0], ["COUNT", 1]]);
  });
  test("places count as the server counts: by code points", () => expect(unitsAt("😀ab", 2)).toBe(3));
});

describe("pinyin", () => {
  test("initials, in full, mixed, and from a later character", () => {
    expect(spells("预计成交额", "yjcje")).toBe(0);
    expect(spells("预计成交额", "yujicheng")).toBe(0);
    expect(spells("预计成交额", "yujcj")).toBe(0);
    expect(spells("预计成交额", "cj")).toBe(1);
    expect(spells("预计成交额", "xyz")).toBeNull();
    expect(spells("amount", "am")).toBeNull();
  });
  test("characters with two sounds", () => {
    expect(spells("行业", "hangye")).toBe(0);
    expect(spells("行动", "xingdong")).toBe(0);
    expect(spells("毛利率", "mllv")).toBe(0);
    expect(spells("重要", "zhongyao")).toBe(0);
  });
});

describe("completion", () => {
  test("fields by name, by label and by sound", () => {
    expect(at("am|").names[0]).toBe("amount");
    expect(at("预计|").names[0]).toBe("amount");
    expect(at("yjcj|").names[0]).toBe("amount");
    expect(at("1 + yj|").replaced).toBe("yj");
  });
  test("in the middle of a word the whole word is replaced", () => expect(at("am|ou > 1").replaced).toBe("amou"));
  test("paths: fields of what a reference points to", () => {
    expect(at("firm.|").names).toEqual(["name", "industry"]);
    expect(at("firm.hangy|").names).toEqual(["industry"]);
    expect(at("{客户}.ind|").names).toEqual(["industry"]);
  });
  test("inside COUNT(logs, …) the fields of those records", () => {
    expect(at("COUNT(logs, met|").names[0]).toBe("method");
    expect(at("COUNT(gjj|").names[0]).toBe("logs");
    expect(at("LAST(logs.|").names).toContain("method");
  });
  test("functions by name, alias and its sound; brackets only where there are none", () => {
    expect(at("i|").names.slice(0, 2)).toContain("IF()");
    expect(at("rug|").names[0]).toBe("IF()");
    expect(at("i|(amount > 1, 2)").names).toContain("IF");
  });
  test("choices after a comparison and in a list", () => {
    expect(at('kind = "|').names).toEqual(['"new"', '"again"']);
    expect(at('kind = "fg|').names).toEqual(['"again"']);
    expect(at('kind IN ("new", "|')).toEqual({ names: ['"new"', '"again"'], replaced: '"' });
    expect(at("kind = |", true).names).toEqual(['"new"', '"again"']);
    expect(at('name = "x|').names).toEqual([]);
  });
  test("labels in braces", () => expect(at("1 + {yj|")).toEqual({ names: ["{amount}"], replaced: "{yj" }));
  test("nothing is offered unasked where nothing was typed", () => {
    expect(at("amount > 1 |").names).toEqual([]);
    expect(at("amount > 1 AND |", true).names).toContain("amount");
  });
});

test("the signature around the caret, its argument marked", () => {
  const help = signatureAt(functions, "1 + IF(amount > 1, ", 19)!;
  expect(help.entry.name).toBe("IF");
  expect(signatureParts(help.entry.signature, help.argument).find((part) => part.isHere)?.text.trim()).toBe("then,");
  expect(signatureAt(functions, "如果（amount，1", 12)?.argument).toBe(1);
  expect(signatureAt(functions, "amount", 3)).toBeNull();
});
