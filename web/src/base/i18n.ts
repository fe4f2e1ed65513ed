import { locale } from "./prefs.ts";
import type { Label } from "./types.ts";

/*
 * Texts: one dictionary per room (its texts.ts), each entry the pair [Chinese, English], so a key
 * cannot exist in one language only. `{name}` marks a value to fill in; "one|many" in English picks
 * by {n}. Labels of objects, fields and stages are not texts: they come from the API as {zh, en}.
 */
export type Entry = readonly [zh: string, en: string];
export type Dictionary = Record<string, Entry>;

export const dictionaries: Record<string, Dictionary> = {};

export function fill(text: string, values?: Record<string, string | number>): string {
  let out = text;
  if (values && out.includes("|") && "n" in values) {
    const [one, many] = out.split("|") as [string, string];
    out = Number(values.n) === 1 ? one : many;
  }
  return out.replace(/\{(\w+)\}/g, (mark, key: string) => String(values?.[key] ?? mark));
}

export function texts<D extends Dictionary>(room: string, dictionary: D) {
  dictionaries[room] = dictionary;
  return (key: keyof D & string, values?: Record<string, string | number>): string => {
    const entry = dictionary[key]!;
    return fill(locale() === "zh" ? entry[0] : entry[1], values);
  };
}

/* A text in both languages, for a search: whoever reads one may have heard the other. */
export const both = (room: string, key: string): string[] => [...(dictionaries[room]?.[key] ?? [])];
export const bothOf = (label: Label | null | undefined): string[] => (label ? [label.zh, label.en].filter(Boolean) : []);

/* "a、b" or "a, b": words that stand beside one another. */
export function listed(words: string[]): string {
  return words.join(locale() === "zh" ? "、" : ", ");
}

/* "a、b或c" or "a, b or c": one of them. */
export function either(words: string[]): string {
  const last = words.at(-1) ?? "";
  return words.length > 1 ? `${listed(words.slice(0, -1))}${locale() === "zh" ? "或" : " or "}${last}` : last;
}

export function tr(label: Label | null | undefined): string {
  if (!label) return "";
  return (locale() === "zh" ? label.zh : label.en) || label.zh || label.en || "";
}
