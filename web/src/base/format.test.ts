import { beforeEach, describe, expect, it } from "vitest";
import { count, dateText, decimal, duration, money, moneyShort, percent, relative } from "./format.ts";
import { usePrefs } from "./prefs.ts";
import { at, rfc3339, setNow, setZone } from "./time.ts";

const NOW = Date.parse("2026-03-04T09:00:00+08:00");

beforeEach(() => {
  setZone("Asia/Shanghai");
  setNow(NOW, true);
  usePrefs.setState({ locale: "zh" });
});

describe("money", () => {
  it("groups and keeps two decimals without floating point", () => {
    expect(money("1234567")).toBe("¥1,234,567.00");
    expect(money("1234567.5")).toBe("¥1,234,567.50");
    expect(money("9007199254740993.07")).toBe("¥9,007,199,254,740,993.07");
    expect(money("-1280.50")).toBe("−¥1,280.50");
  });
  it("shows a dash for blank, never zero", () => {
    expect(money(null)).toBe("—");
    expect(money("")).toBe("—");
    expect(money("0")).toBe("¥0.00");
  });
  it("is short on boards: 万, 亿; K, M, B in English", () => {
    expect(moneyShort("9999.4")).toBe("¥9,999");
    expect(moneyShort("1234567.00")).toBe("¥123.46万");
    expect(moneyShort("123456789.00")).toBe("¥1.23亿");
    expect(moneyShort("80205900")).toBe("¥8,020.59万");
    usePrefs.setState({ locale: "en" });
    expect(moneyShort("1234567.00")).toBe("¥1.23M");
    expect(moneyShort("2100")).toBe("¥2.1K");
    expect(moneyShort("727000.00")).toBe("¥727K");
  });
});

describe("numbers", () => {
  it("counts, capped counts, rates", () => {
    expect(count(1000, true)).toBe("1,000+");
    expect(count(999)).toBe("999");
    expect(percent(null)).toBe("—");
    expect(percent(0.875)).toBe("88%");
    expect(decimal("1234.5", 0)).toBe("1,234");
    expect(decimal("not a number")).toBe("not a number");
  });
});

describe("times", () => {
  const text = (iso: string) => relative(Date.parse(iso));
  it("is relative for three days, absolute after", () => {
    expect(text("2026-03-04T08:59:30+08:00")).toBe("刚刚");
    expect(text("2026-03-04T09:00:02+08:00")).toBe("刚刚"); // by a clock that is ahead
    expect(text("2026-03-04T08:15:00+08:00")).toBe("45 分钟前");
    expect(text("2026-03-04T01:00:00+08:00")).toBe("8 小时前");
    expect(text("2026-03-03T23:30:00+08:00")).toBe("昨天 23:30");
    expect(text("2026-03-01T10:00:00+08:00")).toBe("3 天前");
    expect(text("2026-02-28T10:00:00+08:00")).toBe("2月28日 10:00");
    expect(text("2025-12-31T10:00:00+08:00")).toBe("2025年12月31日");
  });
  it("looks ahead", () => {
    expect(text("2026-03-04T09:20:00+08:00")).toBe("20 分钟后");
    expect(text("2026-03-04T17:00:00+08:00")).toBe("今天 17:00");
    expect(text("2026-03-05T10:00:00+08:00")).toBe("明天 10:00");
    expect(text("2026-03-20T10:00:00+08:00")).toBe("3月20日 10:00");
  });
  it("goes by the workspace's zone, not the device's", () => {
    expect(text("2026-03-03T16:30:00Z")).toBe("8 小时前");
    expect(rfc3339(at("2026-03-04", "00:00"))).toBe("2026-03-03T16:00:00Z");
    setZone("America/New_York");
    expect(rfc3339(at("2026-03-08", "03:00"))).toBe("2026-03-08T07:00:00Z");
  });
  it("knows dates and durations", () => {
    expect(dateText("2026-03-04")).toBe("今天");
    expect(dateText("2026-03-05")).toBe("明天");
    expect(dateText("2027-01-05")).toBe("2027年1月5日");
    expect(duration(31 * 3_600_000)).toBe("31 小时");
    expect(duration(71.9 * 3_600_000)).toBe("71 小时");
    expect(duration(72 * 3_600_000)).toBe("3 天");
    usePrefs.setState({ locale: "en" });
    expect(relative(Date.parse("2026-03-02T10:00:00+08:00"))).toBe("2 days ago");
    expect(relative(Date.parse("2026-03-03T07:00:00+08:00"))).toBe("yesterday 07:00");
  });
});
