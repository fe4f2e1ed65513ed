import type { Value } from "@/base/types.ts";

/* The API names in a value of several choices. */
export function namesOf(value: Value | undefined): string[] {
  return Array.isArray(value) ? value : typeof value === "string" && value ? [value] : [];
}
