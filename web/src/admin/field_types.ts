import type { FieldDef, Label } from "@/base/types.ts";
import { pinyinOf } from "@/base/pinyin.ts";
import { nameFor } from "./stage_edit.ts";
import { ot } from "./object_texts.ts";

/* The types a person may choose, in groups, as they are spoken of. */
export const TYPE_GROUPS = [
  { group: "text", types: ["text", "long_text", "rich_text", "url", "mail", "phone", "barcode", "region"] },
  { group: "number", types: ["integer", "number", "money", "percent", "duration"] },
  { group: "time", types: ["date", "datetime"] },
  { group: "choice", types: ["choice", "multi_choice", "boolean"] },
  { group: "link", types: ["reference", "person", "team", "many_to_many", "sub_table"] },
  { group: "computed", types: ["formula", "lookup", "rollup", "auto_number"] },
  { group: "other", types: ["file", "geo", "signature"] },
] as const;

export type TypeName = (typeof TYPE_GROUPS)[number]["types"][number];
const ALL: string[] = TYPE_GROUPS.flatMap((group) => [...group.types]);
export const typeName = (type: string) => (ALL.includes(type) ? ot(`t_${type as TypeName}`) : type === "json" ? ot("t_json") : type);

export const isComputed = (type: string) => ["formula", "lookup", "rollup"].includes(type);
export const isLinked = (type: string) => ["many_to_many", "sub_table"].includes(type);
export const hasChoices = (type: string) => type === "choice" || type === "multi_choice";
export const isNumber = (type: string) => ["integer", "number", "money", "percent"].includes(type);
export const isText = (type: string) => ["text", "long_text", "rich_text"].includes(type);

const CONVERTIBLE = ["text", "long_text", "rich_text", "integer", "number", "money", "percent", "duration", "boolean", "date", "datetime", "choice", "multi_choice", "phone", "mail", "url", "region", "barcode"];
/* What a field that holds values may become. */
export function nextTypes(type: string): string[] {
  if (CONVERTIBLE.includes(type)) return CONVERTIBLE;
  return ["reference", "person", "team", "auto_number"].includes(type) ? [type, "text", "long_text"] : [type];
}

/* "Valid until" → valid_until; a name in Chinese alone as it is said: 有效期 → youxiaoqi. */
export function apiNameFor(label: Label, taken: string[], stem: string): string {
  const said = [label.en, label.zh].find((text) => /[a-z]/i.test(pinyinOf(text).normalize("NFKD")));
  if (said) return nameFor(said, taken);
  for (let i = taken.length + 1; ; i += 1) {
    if (!taken.includes(`${stem}_${i}`)) return `${stem}_${i}`;
  }
}

export const cleanName = (text: string) => text.toLowerCase().replace(/[^a-z0-9_]/g, "").replace(/^[^a-z]+/, "").slice(0, 50);
export const bothLabels = (label: Label): Label => ({ zh: label.zh.trim() || label.en.trim(), en: label.en.trim() || label.zh.trim() });

/* All a definition may say beyond the web's narrowed shape. */
export type Definition = Omit<FieldDef, "type" | "default" | "validate"> & {
  type: string; id?: number; aliases?: string[]; index?: boolean; open?: boolean; back?: string; via?: string; field?: string;
  relation?: string; function?: string; where?: string; owned?: boolean; accept?: string; pattern?: string; width?: number;
  personal?: boolean | string; readonly_if?: string; visible_if?: string; default?: unknown; validate?: { formula: string; message: Label };
};
