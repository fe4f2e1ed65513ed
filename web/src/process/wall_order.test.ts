import { expect, test } from "vitest";
import type { Alert, LevelName } from "@/base/types.ts";
import { leftMs, levelsOf, ordered, sizeOf } from "./wall_order.ts";

const HOUR = 3_600_000;
const NOW = Date.parse("2026-03-02T12:00:00Z");
const iso = (hours: number) => new Date(NOW + hours * HOUR).toISOString();

function alert(id: string, level: LevelName, at: number, more: Partial<Alert> = {}): Alert {
  return {
    id, rule: "r", object: "o", record: id, level, owner: "u", opened_at: iso(at), level_at: iso(at), first_response_at: null, cleared_at: null, cleared_by: null, interventions: [],
    levels: { yellow: null, orange: null, red: null, [level]: iso(at) }, ...more,
  };
}

test("the clock runs from the red level, until the first answer", () => {
  expect(leftMs(alert("a", "red", -1), NOW, 4)).toBe(3 * HOUR);
  expect(leftMs(alert("a", "red", -6, { respond_by: iso(-2) }), NOW, 4)).toBe(-2 * HOUR);
  expect(leftMs(alert("a", "red", -1, { first_response_at: iso(0) }), NOW, 4)).toBeNull();
  expect(leftMs(alert("a", "orange", -1), NOW, 4)).toBeNull();
});

test("red ones that wait come first by time left, answered ones after, then the levels below", () => {
  const list = [alert("yellow", "yellow", -90), alert("orange", "orange", -5), alert("answered", "red", -9, { first_response_at: iso(-8) }), alert("fresh", "red", -1), alert("late", "red", -6)];
  expect(ordered(list, NOW, 4).map((item) => item.id)).toEqual(["late", "fresh", "answered", "orange", "yellow"]);
});

test("of one level the longest standing comes first", () => {
  expect(ordered([alert("b", "orange", -5), alert("a", "orange", -9)], NOW, 4).map((item) => item.id)).toEqual(["a", "b"]);
});

test("sizes follow the rank of the amount", () => {
  const amounts = Array.from({ length: 20 }, (_, i) => i + 1);
  expect(amounts.map((amount) => sizeOf(amount, amounts)).filter((size) => size === 3)).toHaveLength(2);
  expect(sizeOf(20, amounts)).toBe(3);
  expect(sizeOf(15, amounts)).toBe(2);
  expect(sizeOf(2, amounts)).toBe(1);
  expect(sizeOf(0, amounts)).toBe(1);
  expect(sizeOf(5, [5])).toBe(2);
});

test("levels in the address; nonsense falls back", () => {
  expect(levelsOf("red,yellow", ["orange"])).toEqual(["red", "yellow"]);
  expect(levelsOf("blue", ["orange"])).toEqual(["orange"]);
  expect(levelsOf(null, ["red"])).toEqual(["red"]);
});
