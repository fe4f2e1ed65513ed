import type { FieldDef, ObjectDef, Value } from "@/base/types.ts";
import type { Failure, ImportColumn, ImportOptions } from "./calls.ts";

/* The wizard's choices as plain data: from the preview's guesses to what the run is asked. */
export interface Draft {
  map: Record<string, string>;
  set: Record<string, Value>;
  key: string;
  values: Record<string, Record<string, Value>>;
  refs: "match" | "create";
  on_duplicate: "skip" | "update" | "create";
  missing: "refuse" | "accept";
}

export function draftOf(columns: ImportColumn[]): Draft {
  const map: Record<string, string> = {};
  const values: Draft["values"] = {};
  const taken = new Set<string>();
  for (const column of columns) {
    /* Of two columns guessed for one field the first keeps it. */
    if (!column.field || taken.has(column.field)) continue;
    taken.add(column.field);
    map[column.name] = column.field;
    const proposed = (column.values?.distinct ?? []).filter((item) => item.to !== null && item.to !== undefined);
    if (proposed.length) values[column.field] = Object.fromEntries(proposed.map((item) => [item.value, item.to]));
  }
  return { map, set: {}, key: "", values, refs: "match", on_duplicate: "skip", missing: "refuse" };
}

/* Where a column may go: what can be written, and the other object's fields to find a reference by. */
export interface Target {
  name: string;
  field: FieldDef;
  by: FieldDef | null;
  isSystem: boolean;
}

const SYSTEM_TARGETS = ["owner", "created_at", "stage", "pipeline", "closed_at", "stage_entered_at"];

export function targetsOf(object: ObjectDef, objectOf: (name: string) => ObjectDef | undefined): Target[] {
  const out: Target[] = [];
  for (const field of object.fields) {
    const isSystem = Boolean(field.system) || SYSTEM_TARGETS.includes(field.name);
    if (field.type === "formula" || (isSystem ? !SYSTEM_TARGETS.includes(field.name) : field.readonly)) continue;
    const to = field.type === "person" ? "user" : field.type === "team" ? "team" : field.type === "reference" ? field.to : undefined;
    const other = to ? objectOf(to) : undefined;
    out.push({ name: other ? `${field.name}.${other.title_field}` : field.name, field, by: null, isSystem });
    for (const by of other?.fields ?? []) {
      if (by.name === other!.title_field || !(by.unique || by.name === "login")) continue;
      out.push({ name: `${field.name}.${by.name}`, field, by, isSystem });
    }
  }
  return out;
}

/* "owner" and "owner.name" say the same; the wizard speaks of the second. */
export function withTargets(draft: Draft, targets: Target[]): Draft {
  const map = Object.fromEntries(Object.entries(draft.map).map(([column, name]) =>
    [column, targets.find((target) => target.name === name)?.name ?? targets.find((target) => !target.by && target.field.name === name)?.name ?? name]));
  return { ...draft, map };
}

export interface MappingProblems {
  twice: string[];
  missing: FieldDef[];
}

export function problemsOf(object: ObjectDef, draft: Draft): MappingProblems {
  const used = new Map<string, number>();
  for (const name of Object.values(draft.map)) {
    const head = name.split(".")[0]!;
    used.set(head, (used.get(head) ?? 0) + 1);
  }
  return {
    twice: [...used].filter(([, times]) => times > 1).map(([name]) => name),
    missing: object.fields.filter((field) =>
      field.required && !field.system && !field.readonly && field.default === undefined && !used.has(field.name) && !(field.name in draft.set)),
  };
}

export function optionsOf(draft: Draft): ImportOptions {
  const targets = new Set(Object.values(draft.map).map((name) => name.split(".")[0]!));
  const values = Object.fromEntries(
    Object.entries(draft.values).filter(([name, pairs]) => targets.has(name.split(".")[0]!) && Object.keys(pairs).length > 0),
  );
  const { map, set, key, refs, on_duplicate, missing } = draft;
  return { map, set, values, refs, on_duplicate: key ? on_duplicate : "create", missing, ...(key ? { key } : {}) };
}

/* Folded for comparing what a file says with labels: width, case, spaces. */
export function folded(text: string): string {
  return text.normalize("NFKC").trim().toLowerCase().replace(/[\s_-]+/g, "");
}

export function proposeChoice(value: string, choices: { name: string; label: { zh: string; en: string } }[]): string | null {
  const wanted = folded(value);
  if (!wanted) return null;
  return choices.find(({ name, label }) => [name, label.zh, label.en].some((text) => folded(text) === wanted))?.name ?? null;
}

export function byReason(failed: Failure[]): { message: string; count: number }[] {
  const out = new Map<string, number>();
  for (const { message } of failed) out.set(message, (out.get(message) ?? 0) + 1);
  return [...out].map(([message, count]) => ({ message, count })).sort((a, b) => b.count - a.count);
}
