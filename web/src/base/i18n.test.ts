import { describe, expect, it } from "vitest";
import { dictionaries, fill } from "./i18n.ts";

/* Every room's texts, found by their file name: a new room is covered without touching this. */
const rooms = import.meta.glob("../**/texts.ts", { eager: true });
await import("../frame/screens.ts");

const entries = () => Object.entries(dictionaries).flatMap(([room, dictionary]) =>
  Object.entries(dictionary).map(([key, entry]) => ({ name: `${room}.${key}`, entry })));

describe("texts", () => {
  it("cover every room", () => {
    expect(Object.keys(dictionaries).length).toBeGreaterThanOrEqual(Object.keys(rooms).length);
    expect(entries().length).toBeGreaterThan(200);
  });
  it("exist in both languages", () => {
    const missing = entries().filter(({ entry }) => entry.length !== 2 || !entry[0].trim() || !entry[1].trim());
    expect(missing.map(({ name }) => name)).toEqual([]);
  });
  it("ask for the same values in both languages", () => {
    const marks = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].filter((mark) => !["{month}", "{m}", "{d}", "{y}"].includes(mark)).sort();
    const uneven = entries().filter(({ entry }) => marks(entry[0]).join() !== marks(entry[1]).join());
    expect(uneven.map(({ name }) => name)).toEqual([]);
  });
  it("are written as Chinese is: no half-width brackets, no full stop at the end of a label", () => {
    const bad = entries().filter(({ entry }) => /\p{Script=Han}/u.test(entry[0]) && (/[()]/.test(entry[0].replace(/\w+\([^)]*\)/g, "")) || /。$/.test(entry[0])));
    expect(bad.map(({ name }) => name)).toEqual([]);
  });
  it("fills values and picks the English plural", () => {
    expect(fill("{n} day ago|{n} days ago", { n: 1 })).toBe("1 day ago");
    expect(fill("{n} day ago|{n} days ago", { n: 3 })).toBe("3 days ago");
    expect(fill("{a} {b}", { a: "x" })).toBe("x {b}");
  });
});
