import { expect, test } from "vitest";
import type { LayoutDef, ObjectDef } from "@/base/types.ts";
import { addSection, bodyOf, phoneOrder, putField, putSection, removeSection, setSection, stepField, unplaced } from "./layout_edit.ts";

const L = (text: string) => ({ zh: text, en: text });
const layout: LayoutDef = {
  name: "deal", object: "deal",
  sections: [{ name: "a", label: L("A"), columns: 2, fields: ["x", "y", "z"] }, { name: "b", label: L("B"), fields: ["u"] }],
  phone: { order: ["b", "a"], folded: ["a"] },
};
const fields = (one: LayoutDef) => one.sections.map((section) => section.fields.join(""));

test("a field goes before another, into another section, and out", () => {
  expect(fields(putField(layout, "x", { section: 0, index: 2 }))).toEqual(["yxz", "u"]);
  expect(fields(putField(layout, "z", { section: 0, index: 0 }))).toEqual(["zxy", "u"]);
  expect(fields(putField(layout, "y", { section: 1, index: 1 }))).toEqual(["xz", "uy"]);
  expect(fields(putField(layout, "new", { section: 1, index: 0 }))).toEqual(["xyz", "newu"]);
  expect(fields(putField(layout, "x", null))).toEqual(["yz", "u"]);
  expect(fields(layout)).toEqual(["xyz", "u"]);
});

test("by keyboard it steps, over the edge of its section too", () => {
  expect(fields(stepField(layout, "y", -1))).toEqual(["yxz", "u"]);
  expect(fields(stepField(layout, "y", 1))).toEqual(["xzy", "u"]);
  expect(fields(stepField(layout, "z", 1))).toEqual(["xy", "zu"]);
  expect(fields(stepField(layout, "u", -1))).toEqual(["xyzu", ""]);
  expect(stepField(layout, "x", -1)).toBe(layout);
});

test("sections move, come with a name of their own, and leave no trace on the phone", () => {
  expect(putSection(layout, 1, 0).sections.map((section) => section.name)).toEqual(["b", "a"]);
  expect(addSection(layout, L("C")).sections.at(-1)).toMatchObject({ name: "section_3", columns: 2, fields: [] });
  expect(removeSection(layout, 0)).toMatchObject({ sections: [{ name: "b" }], phone: { order: ["b"], folded: [] } });
  expect(phoneOrder(addSection(layout, L("C")))).toEqual(["b", "a", "section_3"]);
});

test("what is kept has both languages and no empty condition", () => {
  const one = setSection(setSection(layout, 0, { label: { zh: "甲", en: "" } }), 0, { visible_if: "  " });
  expect(bodyOf(one)).toMatchObject({ sections: [{ label: { zh: "甲", en: "甲" } }, {}], summary: null });
  expect(JSON.stringify(bodyOf(one))).not.toContain("visible_if");
});

test("fields in no section can still be placed", () => {
  const object = { fields: ["x", "q", "stage"].map((name) => ({ name, type: "text", label: L(name) })) } as unknown as ObjectDef;
  expect(unplaced(object, layout)).toEqual(["q"]);
});
