import { beforeEach, describe, expect, it } from "vitest";
import { setNow, setZone } from "@/base/time.ts";
import { chipTime } from "./log.tsx";
import { stayTimes } from "./stages.tsx";

const stay = (stage: string, from: string, to: string | null) => ({ id: stage + from, version: 1, stage, entered_at: from, left_at: to });

describe("time in stages", () => {
  it("adds several stays in one stage and counts the open one to now", () => {
    const times = stayTimes([
      stay("a", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"),
      stay("b", "2026-03-02T00:00:00Z", "2026-03-02T06:00:00Z"),
      stay("a", "2026-03-02T06:00:00Z", null),
    ], Date.parse("2026-03-02T12:00:00Z"));
    expect(times.get("a")).toBe(30 * 3_600_000);
    expect(times.get("b")).toBe(6 * 3_600_000);
    expect(times.has("c")).toBe(false);
  });
});

describe("due chips", () => {
  beforeEach(() => {
    setZone("Asia/Shanghai");
    setNow(Date.parse("2026-03-06T18:00:00+08:00"), true); /* a Friday evening */
  });
  it("mean the next time that is still ahead", () => {
    expect(chipTime({ days: 1, time: "10:00" })).toBe(Date.parse("2026-03-07T10:00:00+08:00"));
    expect(chipTime({ weekday: 5, time: "17:00" })).toBe(Date.parse("2026-03-13T17:00:00+08:00"));
    expect(chipTime({ weekday: 5, time: "20:00" })).toBe(Date.parse("2026-03-06T20:00:00+08:00"));
    expect(chipTime({ weekday: 1, time: "09:00" })).toBe(Date.parse("2026-03-09T09:00:00+08:00"));
  });
});
