import { expect, test } from "vitest";
import { parseFilter } from "@/base/formula.ts";
import type { FieldDef, Row } from "@/base/types.ts";
import { clockOf, dayOf, daysOf, inDays, movedTo, step } from "./days.ts";

const date: FieldDef = { name: "due", type: "date", label: { zh: "到期", en: "Due" } };
const moment: FieldDef = { ...date, type: "datetime" };

test("a month is whole weeks from Monday, a week seven days", () => {
  const days = daysOf("month", "2026-03-15");
  expect([days[0], days.at(-1), days.length]).toEqual(["2026-02-23", "2026-04-05", 42]);
  expect(daysOf("month", "2026-02-10").length).toBe(35);
  expect(daysOf("week", "2026-03-15")).toEqual(["2026-03-09", "2026-03-10", "2026-03-11", "2026-03-12", "2026-03-13", "2026-03-14", "2026-03-15"]);
  expect(step("month", "2026-12-31", 1)).toBe("2027-01-01");
  expect(step("week", "2026-03-02", -1)).toBe("2026-02-23");
});

test("a moment keeps its time of day on another day; a date is the day", () => {
  expect(movedTo(date, "2026-03-01", "2026-03-09")).toBe("2026-03-09");
  const moved = movedTo(moment, "2026-03-01T15:30:00+08:00", "2026-03-09");
  expect(dayOf(moment, moved)).toBe("2026-03-09");
  expect(clockOf(moment, { id: "1", version: 1, due: moved } as Row)).toBe(clockOf(moment, { id: "1", version: 1, due: "2026-03-01T15:30:00+08:00" } as Row));
  expect(dayOf(date, null)).toBeNull();
});

test("the days on screen are a filter like any other", () => {
  const where = inDays(date, daysOf("week", "2026-03-15"));
  expect(where).toBe("due >= DATE(2026, 3, 9) AND due < DATE(2026, 3, 16)");
  expect(parseFilter(where)?.conditions.map((condition) => condition.op)).toEqual(["on_after", "before"]);
});
