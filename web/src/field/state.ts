import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api } from "@/base/api.ts";
import { useDebounced } from "@/base/hooks.ts";
import type { FieldState, ObjectDef, Value } from "@/base/types.ts";

/*
 * The conditions of fields (visible_if, required_if, readonly_if) while a form is filled in. A
 * formula is evaluated by the database and nowhere else, so the server is asked, a moment after the
 * last key; until it answers, what it said before holds.
 */
const WAIT_MS = 200;

export interface FormState {
  isVisible: (field: string) => boolean;
  isRequired: (field: string) => boolean;
  isReadonly: (field: string) => boolean;
}

export const OPEN: FormState = { isVisible: () => true, isRequired: () => false, isReadonly: () => false };

export function hasConditions(object: ObjectDef): boolean {
  return object.fields.some((field) => field.visible_if || field.required_if || field.readonly_if);
}

export function stateOf(object: ObjectDef, fields: Record<string, FieldState> | undefined): FormState {
  /* Before the first answer a field under a condition is not shown: appearing is calmer than vanishing. */
  const isGuarded = (name: string) => object.fields.some((field) => field.name === name && field.visible_if);
  return {
    isVisible: (name) => (fields ? (fields[name]?.visible ?? true) : !isGuarded(name)),
    isRequired: (name) => fields?.[name]?.required ?? false,
    isReadonly: (name) => fields?.[name]?.readonly ?? false,
  };
}

/* record: its id and version when the form is about one that is stored. */
export function useFormState(object: ObjectDef, values: Record<string, Value>, record?: { id: string; version: number } | null): FormState {
  const isAsked = hasConditions(object);
  const text = useDebounced(JSON.stringify(values), WAIT_MS);
  const answer = useQuery({
    queryKey: ["form", object.name, record?.id ?? null, record?.version ?? null, text],
    queryFn: () => api.formState(object.name, JSON.parse(text) as Record<string, Value>, record?.id),
    enabled: isAsked,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    retry: false,
  });
  if (!isAsked) return OPEN;
  /* Not to be told (offline, or no right to make one): the server judges when it is saved. */
  return answer.isError ? OPEN : stateOf(object, answer.data?.fields);
}
