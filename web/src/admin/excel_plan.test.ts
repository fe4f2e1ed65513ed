import { expect, test } from "vitest";
import { keepColumns, nameProblem, planOf, withoutSheet, withSheet, withType } from "./excel_plan.ts";

const label = (text: string) => ({ zh: text, en: text });
const book = {
  id: "1", file: "f.xlsx",
  sheets: [
    { sheet: "车辆", rows: 2, object: { name: "car", label: label("车辆"), fields: [{ name: "name", type: "text", label: label("名称"), title: true }] }, map: { 名称: "name" }, columns: [{ name: "名称", field: "name", samples: [], filled: 2, blank: 0, misfits: [] }] },
    {
      sheet: "维修", rows: 3, map: { 单号: "code", 车辆: "car", 状态: "status" },
      columns: [], object: { name: "repair", label: label("维修"), fields: [
        { name: "code", type: "text", label: label("单号"), title: true }, { name: "car", type: "reference", to: "car", label: label("车辆") },
        { name: "status", type: "choice", label: label("状态"), choices: [{ name: "done", label: label("完成") }] }] },
    },
  ],
};

test("a plan sends only what is kept", () => {
  const plan = planOf(book as never);
  const repair = plan.sheets[1]!;
  repair.object.fields[2]!.isKept = false;
  expect(keepColumns(repair)).toEqual({
    sheet: "维修", map: { 单号: "code", 车辆: "car" },
    object: { name: "repair", label: label("维修"), fields: [{ name: "code", type: "text", label: label("单号"), title: true }, { name: "car", type: "reference", to: "car", label: label("车辆") }] },
  });
});

test("a sheet left out is not referred to", () => {
  const plan = withoutSheet(planOf(book as never), 0);
  expect(plan.sheets[0]!.isKept).toBe(false);
  expect(plan.sheets[1]!.object.fields[1]).toMatchObject({ type: "text" });
  expect(plan.sheets[1]!.object.fields[1]!.to).toBeUndefined();
});

test("types bring what belongs to them and nothing else", () => {
  const field = planOf(book as never).sheets[1]!.object.fields[2]!;
  const text = withType(field, "text");
  expect(text.choices).toBeUndefined();
  expect(withType(text, "choice").choices).toHaveLength(1);
  expect(withType({ ...field, title: true }, "date").title).toBe(false);
});

test("API names", () => {
  expect(["car", "car_2", "a1"].some(nameProblem)).toBe(false);
  expect(["", "Car", "1a", "车", "a b", "x".repeat(41)].every(nameProblem)).toBe(true);
});

test("references follow a new name", () => {
  const plan = planOf(book as never), car = plan.sheets[0]!;
  const next = withSheet(plan, 0, { ...car, object: { ...car.object, name: "vehicle" } });
  expect(next.sheets[1]!.object.fields[1]!.to).toBe("vehicle");
  expect(withType(withType(next.sheets[1]!.object.fields[1]!, "text"), "reference").to).toBe("vehicle");
});
