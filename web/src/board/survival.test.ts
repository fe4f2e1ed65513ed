import { expect, test } from "vitest";
import { dropP, median, quantile } from "./survival.ts";

const over = (...days: number[]) => days.map((ms) => ({ ms, isOver: true }));
const open = (...days: number[]) => days.map((ms) => ({ ms, isOver: false }));

test("without open stays the median is where half have ended", () => {
  expect(median(over(1, 2, 3, 4))).toBe(2);
  expect(median(over(5))).toBe(5);
  expect(median([])).toBeNull();
});

test("open stays count as long as they have lasted: a stage filling up is not fast", () => {
  /* Finished alone: median 2. With four still there after ten days half never left. */
  expect(median([...over(1, 2, 3), ...open(10, 10, 10, 10)])).toBeNull();
  /* S: 5/6, 4/6 (at 2), then 2 at risk after one censored at 3 … 2/3 × 1/2 = 1/3 at 5. */
  expect(median([...over(1, 2, 5), ...open(3, 3, 6)])).toBe(5);
});

test("ends before censoring at one moment", () => {
  expect(median([...over(2), ...open(2)])).toBe(2);
  expect(quantile(over(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), 0.9)).toBe(9);
});

test("a drop is tested only with thirty cases on both sides", () => {
  expect(dropP({ part: 5, all: 20 }, { part: 15, all: 40 })).toBeNull();
  expect(dropP({ part: 30, all: 100 }, { part: 50, all: 100 })!).toBeLessThan(0.01);
  expect(dropP({ part: 50, all: 100 }, { part: 30, all: 100 })!).toBeGreaterThan(0.99);
  expect(dropP({ part: 50, all: 100 }, { part: 50, all: 100 })!).toBeCloseTo(0.5, 5);
  expect(dropP({ part: 100, all: 100 }, { part: 100, all: 100 })).toBeNull();
});
