import { expect, test } from "vitest";
import { change, type Def, figure, weakest } from "./figures.ts";
import { bottleneckOf, figuresOf, reachedByStage, staysByStage } from "./funnel_figures.ts";
import type { PipelineDef } from "@/base/types.ts";

const L = (text: string) => ({ zh: text, en: text });
const rate = (name: string, baseline?: number): Def => ({ name, label: L(name), unit: "fraction", at: "due_at", baseline });

test("figures in their units; nothing is a dash, never zero", () => {
  expect(figure(rate("a"), null)).toBe("—");
  expect(figure(rate("a"), 0)).toBe("0.0%");
  expect(figure(rate("a"), 0.874)).toBe("87.4%");
  expect(figure({ unit: "score" }, 84.25)).toBe("84.3");
  expect(figure({ unit: "money" }, "1234567.5")).toBe("¥1,234,567.50");
  expect(figure({ unit: "number" }, 12)).toBe("12");
});

test("the weakest part is the one farthest below its own baseline", () => {
  const low = weakest([{ def: rate("a", 0.85), value: 0.8 }, { def: rate("b", 0.95), value: 0.82 }, { def: rate("c", 0.9), value: null }]);
  expect(low?.def?.name).toBe("b");
  expect(low?.gap).toBeCloseTo(-0.13);
  expect(weakest([{ def: rate("a", 0.85), value: null }])).toBeNull();
});

test("less is better where the measure says so", () => {
  expect(change({ ...rate("lost"), better: "down" }, 0.2, 0.3)).toEqual({ text: "−10.0", isUp: false, isGood: true });
  expect(change(rate("a"), 0.3, null)).toBeNull();
  expect(change({ ...rate("open"), at: undefined }, 5, 5)).toBeNull(); // of now: not compared with itself
});

const pipeline: PipelineDef = {
  name: "p", label: L("p"), object: "deal",
  stages: [{ name: "a", label: L("A"), kind: "open" }, { name: "b", label: L("B"), kind: "open" }, { name: "won", label: L("W"), kind: "won" }, { name: "lost", label: L("X"), kind: "lost" }],
};
const ids = (n: number) => Array.from({ length: n }, (_, i) => String(i));
const reached = (a: number, b: number, won: number) => new Map([["a", ids(a)], ["b", ids(b)], ["won", ids(won)]]);

test("reached: the farthest stage counts for all before it, only for the cohort, lost is beside the way", () => {
  const stays = [["1", "a"], ["1", "b"], ["1", "a"], ["2", "won"], ["3", "a"], ["3", "lost"], ["other", "won"]].map(([record, stage]) => ({ record: record!, stage: stage! }));
  const found = reachedByStage(pipeline, ["1", "2", "3", "4"], stays);
  expect([found.get("a"), found.get("b"), found.get("won")]).toEqual([["1", "2", "3"], ["1", "2"], ["2"]]);
});

test("a funnel: now, reached, conversion; lost ones stay in the denominator", () => {
  const rows = [{ stage: "a", level: "red", "COUNT()": 2, "SUM(amount)": "10.50" }, { stage: "a", level: null, "COUNT()": 3, "SUM(amount)": "1.00" }, { stage: "lost", level: null, "COUNT()": 4, "SUM(amount)": "0" }];
  const [a, b, won, lost] = figuresOf(pipeline, rows, "amount", "level", reached(10, 5, 1), new Map());
  expect([a!.here, a!.amount, a!.stalled, a!.reached, a!.toNext]).toEqual([5, 11.5, 2, 10, 0.5]);
  expect(b!.toNext).toBeCloseTo(0.2);
  expect(won!.toNext).toBeNull();
  expect([lost!.here, lost!.reached]).toEqual([4, null]);
});

test("the bottleneck is the step that fell most, sure only with enough cases", () => {
  const now = figuresOf(pipeline, [], null, null, reached(200, 80, 40), new Map());
  const before = figuresOf(pipeline, [], null, null, reached(200, 140, 70), new Map());
  const found = bottleneckOf(now, before)!;
  expect([found.from.stage.name, found.to.stage.name, found.isSure]).toEqual(["a", "b", true]);
  expect(found.change).toBeCloseTo(-0.3);
  const few = bottleneckOf(figuresOf(pipeline, [], null, null, reached(20, 8, 4), new Map()), figuresOf(pipeline, [], null, null, reached(20, 14, 7), new Map()))!;
  expect(few.isSure).toBe(false);
  expect(bottleneckOf(now, null)!.change).toBeNull();
  expect(bottleneckOf(figuresOf(pipeline, [], null, null, null, new Map()), null)).toBeNull();
});

test("stays that go on last until now", () => {
  const stays = staysByStage([{ stage: "a", entered_at: "2026-01-01T00:00:00Z", left_at: null, "COUNT()": 2 }, { stage: "a", entered_at: "2026-01-01T00:00:00Z", left_at: "2026-01-02T00:00:00Z", "COUNT()": 1 }], Date.parse("2026-01-05T00:00:00Z"));
  expect(stays.get("a")!.map((stay) => [stay.ms / 86_400_000, stay.isOver])).toEqual([[4, false], [4, false], [1, true]]);
});
