import { describe, expect, it } from "vitest";
import { setZone } from "@/base/time.ts";
import type { FieldDef, FieldTypeName } from "@/base/types.ts";
import { readPlain, readTable, writeTable } from "./cells.ts";

const L = (zh: string, en: string) => ({ zh, en });
const field = (type: FieldTypeName): FieldDef => ({ name: "f", type, label: L("字段", "Field") });
const read = (type: FieldTypeName, text: string) => readPlain(field(type), [{ name: "won", label: L("赢单", "Won") }], text);

describe("what a spreadsheet puts on the clipboard", () => {
  it("is rows of cells, with quotes around what holds a tab or a line end", () => {
    expect(readTable("a\tb\r\nc\t\"d\ne \"\"f\"\"\"\r\n")).toEqual([["a", "b"], ["c", 'd\ne "f"']]);
    expect(readTable("one")).toEqual([["one"]]);
    expect(readTable("\t\n")).toEqual([["", ""]]);
    const rows = [["a\tb", 'say "x"'], ["", "line\nline"]];
    expect(readTable(writeTable(rows))).toEqual(rows);
  });
});

describe("a cell that is typed or pasted", () => {
  it.each([
    ["money", "¥1,280,000.50", "1280000.50"], ["money", "30万", "300000"], ["money", "1.25万", "12500"], ["money", "12.34567万", "123456.7"],
    ["money", "-2亿", "-200000000"], ["number", "12.5%", 0.125], ["number", "-0.5%", -0.005], ["integer", "1,200", 1200], ["boolean", "是", true],
    ["boolean", "no", false], ["date", "2026/3/1", "2026-03-01"], ["date", "2026年12月31日", "2026-12-31"], ["choice", "赢单", "won"],
    ["choice", "WON", "won"], ["text", "  a b ", "a b"], ["money", " ", null],
  ] as [FieldTypeName, string, unknown][])("%s %s", (type, text, value) => {
    expect(read(type, text)).toEqual({ value });
  });
  it("a moment is one of the workspace's zone", () => {
    setZone("Asia/Shanghai");
    expect(read("datetime", "2026-03-01 09:30").value).toBe("2026-03-01T01:30:00Z");
    expect(read("datetime", "2026-03-01").value).toBe("2026-02-28T16:00:00Z");
  });
  it.each([
    ["money", "三十万"], ["money", "1.2.3"], ["integer", "1.5"], ["integer", "12%"], ["boolean", "maybe"], ["date", "2026-02-30"], ["date", "1/2/26"],
    ["datetime", "2026-03-01 25:00"], ["choice", "平局"],
  ] as [FieldTypeName, string][])("%s %s is refused, not guessed", (type, text) => {
    const out = read(type, text);
    expect(out.value).toBe(null);
    expect(out.problem).toContain(text);
  });
});
