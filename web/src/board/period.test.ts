import { expect, test } from "vitest";
import { addMonths, byFor, rangeBefore, rangeOf, trendRange } from "./period.ts";

test("the running week begins on Monday and ends tomorrow", () => {
  expect(rangeOf("week", "2026-03-01")).toEqual({ from: "2026-02-23", to: "2026-03-02" });
  expect(rangeOf("week", "2026-03-02")).toEqual({ from: "2026-03-02", to: "2026-03-03" });
});

test("months and quarters begin on their first day", () => {
  expect(rangeOf("month", "2026-11-22").from).toBe("2026-11-01");
  expect(rangeOf("quarter", "2026-11-22").from).toBe("2026-10-01");
  expect(rangeOf("quarter", "2026-01-01").from).toBe("2026-01-01");
});

test("the period before has gone as far as this one, and never into it", () => {
  expect(rangeBefore("month", { from: "2026-11-01", to: "2026-11-23" })).toEqual({ from: "2026-10-01", to: "2026-10-23" });
  expect(rangeBefore("month", { from: "2026-03-01", to: "2026-04-01" })).toEqual({ from: "2026-02-01", to: "2026-03-01" });
  expect(rangeBefore("quarter", { from: "2026-01-01", to: "2026-01-11" })).toEqual({ from: "2025-10-01", to: "2025-10-11" });
  expect(rangeBefore("custom", { from: "2026-01-11", to: "2026-01-21" })).toEqual({ from: "2026-01-01", to: "2026-01-11" });
});

test("a custom range that ends before it begins is one day", () => {
  expect(rangeOf("custom", "2026-05-05", { from: "2026-05-03", to: "2026-05-01" })).toEqual({ from: "2026-05-03", to: "2026-05-04" });
});

test("months are added over the turn of the year", () => {
  expect(addMonths("2026-01-31", -1)).toBe("2025-12-01");
  expect(addMonths("2025-12-01", 1)).toBe("2026-01-01");
});

test("buckets fit the length, and trends reach back", () => {
  expect(byFor("week", { from: "2026-03-02", to: "2026-03-03" })).toBe("day");
  expect(byFor("custom", { from: "2025-01-01", to: "2026-01-01" })).toBe("month");
  expect(trendRange({ from: "2026-11-01", to: "2026-11-03" }, "day").from).toBe("2026-10-04");
  expect(trendRange({ from: "2026-11-01", to: "2026-11-03" }, "month").from).toBe("2025-12-01");
  expect(trendRange({ from: "2024-01-15", to: "2026-11-03" }, "month").from).toBe("2024-01-01");
});
