import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api } from "@/base/api.ts";
import { useDebounced } from "@/base/hooks.ts";
import type { FieldState, LayoutDef, ObjectDef, Value } from "@/base/types.ts";

/*
 * The conditions of fields (visible_if, required_if, readonly_if) while a form is filled in. A
 * formula is evaluated by the database and nowhere else, so the server is asked, a moment after the
 * last key; until it answers, what it said before holds.
 */
const WAIT_MS = 200;
const NONE: string[] = [];
/* Values of a form about what is stored: nothing has been typed yet. */
export const NOTHING: Record<string, Value> = {};

export interface FormState {
  /* … of the layout's own, asked along: does it hold? Before the first answer none does. */
  holds: (condition: string) => boolean;
  isVisible: (field: string) => boolean;
  isRequired: (field: string) => boolean;
  isReadonly: (field: string) => boolean;
}

export const OPEN: FormState = { holds: () => true, isVisible: () => true, isRequired: () => false, isReadonly: () => false };

export function hasConditions(object: ObjectDef): boolean {
  return object.fields.some((field) => field.visible_if || field.required_if || field.readonly_if);
}

export function stateOf(object: ObjectDef, fields: Record<string, FieldState> | undefined, held: ReadonlySet<string> = new Set()): FormState {
  /* Before the first answer a field under a condition is not shown: appearing is calmer than vanishing. */
  const isGuarded = (name: string) => object.fields.some((field) => field.name === name && field.visible_if);
  return {
    holds: (condition) => held.has(condition),
    isVisible: (name) => (fields ? (fields[name]?.visible ?? true) : !isGuarded(name)),
    isRequired: (name) => fields?.[name]?.required ?? false,
    isReadonly: (name) => fields?.[name]?.readonly ?? false,
  };
}

/* The conditions of a layout: of its sections and of single fields. */
export function conditionsOf(layout: LayoutDef): string[] {
  const all = [...layout.sections.map((section) => section.visible_if), ...Object.values(layout.fields_if ?? {})];
  return [...new Set(all.map((one) => one?.trim()).filter((one): one is string => Boolean(one)))].sort();
}

/* record: its id and version when the form is about one that is stored. */
export function useFormState(object: ObjectDef, values: Record<string, Value>, record?: { id: string; version: number } | null, conditions: string[] = NONE): FormState {
  const isAsked = hasConditions(object) || conditions.length > 0;
  const text = useDebounced(JSON.stringify(values), WAIT_MS);
  const answer = useQuery({
    queryKey: ["form", object.name, record?.id ?? null, record?.version ?? null, text, conditions],
    queryFn: () => api.formState(object.name, JSON.parse(text) as Record<string, Value>, record?.id, conditions),
    enabled: isAsked,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    retry: false,
  });
  if (!isAsked) return OPEN;
  /* Not to be told (offline, or no right to make one): the server judges when it is saved. */
  if (answer.isError) return OPEN;
  return stateOf(object, answer.data?.fields, new Set(conditions.filter((_, i) => answer.data?.conditions?.[i])));
}

/* A field that the layout shows on a condition only. */
export function isPlaced(layout: LayoutDef, state: FormState, field: string): boolean {
  const condition = layout.fields_if?.[field]?.trim();
  return !condition || state.holds(condition);
}
