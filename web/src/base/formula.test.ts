import { describe, expect, it } from "vitest";
import { allOf, type Condition, conditionText, type Filter, formulaOf, idIn, parseFilter, quote } from "./formula.ts";

const all: Condition[] = [
  { field: "name", op: "contains", value: 'he said "yes"' },
  { field: "name", op: "not_contains", value: "x" },
  { field: "code", op: "is", value: "A-1" },
  { field: "code", op: "is_not", value: "A-1" },
  { field: "stage", op: "in", value: ["proposal", "negotiation"] },
  { field: "stage", op: "not_in", value: ["won"] },
  { field: "note", op: "blank" },
  { field: "note", op: "not_blank" },
  { field: "amount", op: "gt", value: "500000" },
  { field: "amount", op: "ne", value: "-1.5" },
  { field: "amount", op: "between", value: ["1", "9"] },
  { field: "owner", op: "me" },
  { field: "flag", op: "true" },
  { field: "flag", op: "false" },
  { field: "due", op: "on_after", value: "2026-03-02" },
  { field: "due", op: "before", value: "2026-12-31" },
  { field: "due", op: "last_days", value: "7" },
  { field: "due", op: "next_days", value: "14" },
  { field: "due", op: "older_days", value: "30" },
  { field: "customer.region", op: "is", value: "北京" },
];

describe("filters and formula text", () => {
  it.each(all)("reads back what it writes: $field $op", (condition) => {
    const text = conditionText(condition)!;
    expect(parseFilter(text)).toEqual({ join: "AND", conditions: [condition] });
  });
  it("joins with AND and with OR", () => {
    for (const join of ["AND", "OR"] as const) {
      const filter: Filter = { join, conditions: all };
      expect(parseFilter(formulaOf(filter))).toEqual(filter);
    }
  });
  it("writes exactly the language of the server", () => {
    expect(formulaOf({ join: "AND", conditions: [all[8]!, all[4]!] })).toBe('amount > 500000 AND stage IN ("proposal", "negotiation")');
    expect(conditionText(all[14]!)).toBe("due >= DATE(2026, 3, 2)");
    expect(conditionText(all[16]!)).toBe("due >= TODAY() - 7");
    expect(quote('a"b')).toBe('"a""b"');
    expect(idIn(["1", "2"])).toBe('id IN ("1","2")');
  });
  it("leaves incomplete conditions out", () => {
    expect(formulaOf({ join: "AND", conditions: [{ field: "amount", op: "gt", value: "" }, { field: "amount", op: "gt", value: "abc" }, { field: "stage", op: "in", value: [] }] })).toBe("");
    expect(conditionText({ field: "amount", op: "gt", value: "1,200" })).toBe("amount > 1200");
  });
  it("cannot be broken out of by text", () => {
    const text = conditionText({ field: "name", op: "is", value: '" OR TRUE = TRUE OR name = "' })!;
    expect(parseFilter(text)!.conditions).toHaveLength(1);
  });
  it("keeps parts it does not know as they are written", () => {
    const source = 'STAGE_KIND() = "open" AND amount > 5 AND HOURS_SINCE(x) > 72';
    const filter = parseFilter(source)!;
    expect(filter.conditions.map(({ op }) => op)).toEqual(["raw", "gt", "raw"]);
    expect(formulaOf(filter)).toBe(source);
    for (const formula of ["a = 1 AND (b = 2 OR c = 3)", 'COUNT(logs, method = "visit" AND x = 1) > 2', 'name = " AND " OR f(a, b) = 1', "(a = 1 AND f(b)) OR c = 2", "due <= TODAY() + 3"]) {
      expect(formulaOf(parseFilter(formula)!)).toBe(formula);
    }
  });
  it("does not take apart what conditions cannot say", () => {
    for (const formula of ["a = 1 AND b = 2 OR c = 3", "a = 1 AND", "OR a = 1"]) expect(parseFilter(formula)).toBeNull();
    expect(parseFilter("  ")).toEqual({ join: "AND", conditions: [] });
  });
  it("brackets an OR before it joins it", () => {
    expect(allOf("a = 1 OR b = 2", "c = 3", "", null)).toBe("(a = 1 OR b = 2) AND c = 3");
    expect(allOf("a = 1 OR b = 2")).toBe("a = 1 OR b = 2");
  });
});
