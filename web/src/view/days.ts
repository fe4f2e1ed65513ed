import { addDays, at, dateOf, pad, parseTime, rfc3339, timeOf, weekday } from "@/base/time.ts";
import type { FieldDef, Row, Value } from "@/base/types.ts";
import { typeOf } from "@/object/object.ts";

/* Days of a calendar, in the workspace's zone; weeks begin on Monday. */
export type Span = "month" | "week";

export function daysOf(span: Span, day: string): string[] {
  const first = span === "month" ? `${day.slice(0, 7)}-01` : day;
  const start = addDays(first, 1 - weekday(first));
  if (span === "week") return Array.from({ length: 7 }, (_, i) => addDays(start, i));
  const last = addDays(stepMonth(first, 1), -1);
  const end = addDays(last, 7 - weekday(last));
  const days: string[] = [];
  for (let here = start; here <= end; here = addDays(here, 1)) days.push(here);
  return days;
}

function stepMonth(first: string, by: number): string {
  const [year, month] = first.split("-").map(Number) as [number, number];
  const index = year * 12 + month - 1 + by;
  return `${Math.floor(index / 12)}-${pad((index % 12) + 1)}-01`;
}

export function step(span: Span, day: string, by: number): string {
  return span === "week" ? addDays(day, 7 * by) : stepMonth(day, by);
}

export function dayOf(field: FieldDef, value: Value | undefined): string | null {
  if (typeof value !== "string" || !value) return null;
  if (typeOf(field) === "date") return value.slice(0, 10);
  const ms = parseTime(value);
  return ms === null ? null : dateOf(ms);
}

export function clockOf(field: FieldDef, row: Row): string {
  const ms = typeOf(field) === "datetime" ? parseTime(String(row[field.name] ?? "")) : null;
  return ms === null ? "" : timeOf(ms);
}

/* The same time on another day. */
export function movedTo(field: FieldDef, value: Value | undefined, day: string): string {
  if (typeOf(field) === "date") return day;
  const ms = parseTime(String(value ?? ""));
  return rfc3339(at(day, ms === null ? "09:00" : timeOf(ms)));
}

/* Records of these days, as a filter. */
export function inDays(field: FieldDef, days: string[]): string {
  const date = (day: string) => `DATE(${day.split("-").map(Number).join(", ")})`;
  return `${field.name} >= ${date(days[0]!)} AND ${field.name} < ${date(addDays(days.at(-1)!, 1))}`;
}
