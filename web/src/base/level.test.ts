import { describe, expect, it } from "vitest";
import { isThin, substanceLength } from "./substance.ts";
import { isLevel, levelOf, rank, thresholdMs, urgency } from "./level.ts";

const HOUR = 3_600_000;
const stall = { yellow: "48h", orange: "72h", red: "5d" };

describe("levels", () => {
  it("rise exactly at their thresholds", () => {
    expect(levelOf(48 * HOUR - 1, stall)).toBeNull();
    expect(levelOf(48 * HOUR, stall)).toBe("yellow");
    expect(levelOf(72 * HOUR - 1, stall)).toBe("yellow");
    expect(levelOf(72 * HOUR, stall)).toBe("orange");
    expect(levelOf(120 * HOUR - 1, stall)).toBe("orange");
    expect(levelOf(120 * HOUR, stall)).toBe("red");
    expect(levelOf(500 * HOUR, {})).toBeNull();
    expect(levelOf(500 * HOUR, { yellow: "48h" })).toBe("yellow");
  });
  it("read thresholds as people write them", () => {
    expect(thresholdMs("48h")).toBe(48 * HOUR);
    expect(thresholdMs("5d")).toBe(120 * HOUR);
    expect(thresholdMs("1.5 h")).toBe(1.5 * HOUR);
    expect(thresholdMs("soon")).toBeNull();
    expect(thresholdMs(null)).toBeNull();
  });
  it("order work by level first, then by value", () => {
    expect(rank("red")).toBeGreaterThan(rank("orange"));
    expect(urgency("red", 1, 0)).toBeGreaterThan(urgency("orange", 1e9, 0));
    expect(urgency("red", 1e6, 0)).toBeGreaterThan(urgency("red", 1e5, 0));
    expect(isLevel("green")).toBe(false);
  });
});

describe("substance", () => {
  const rule = { min: 8, filler: ["已沟通", "正常推进"] };
  it("does not count filler, blanks and marks", () => {
    expect(substanceLength("已沟通，正常推进。", rule.filler)).toBe(0);
    expect(isThin("已沟通 客户", rule)).toBe(true);
    expect(isThin("客户确认二期预算已批", rule)).toBe(false);
    expect(substanceLength("报价 80 万", [])).toBe(5);
  });
});
