import { addDays, daysBetween, pad, weekday } from "@/base/time.ts";

/*
 * Periods of the panels: half-open [from, to) of dates. The running period ends tomorrow, so that
 * days to come do not count as days without anything; what it is compared with has the same length.
 */
export type PeriodKind = "week" | "month" | "quarter" | "custom";
export type By = "day" | "week" | "month";

export interface Range {
  from: string;
  to: string;
}

export function monthStart(date: string): string {
  return `${date.slice(0, 7)}-01`;
}

export function addMonths(date: string, months: number): string {
  const [y, m] = date.split("-").map(Number) as [number, number, number];
  const index = y * 12 + (m - 1) + months;
  return `${Math.floor(index / 12)}-${pad((((index % 12) + 12) % 12) + 1)}-01`;
}

function startOf(kind: Exclude<PeriodKind, "custom">, today: string): string {
  if (kind === "week") return addDays(today, 1 - weekday(today));
  const month = monthStart(today);
  return kind === "month" ? month : addMonths(month, -((Number(today.slice(5, 7)) - 1) % 3));
}

export function rangeOf(kind: PeriodKind, today: string, custom?: Partial<Range>): Range {
  if (kind !== "custom") return { from: startOf(kind, today), to: addDays(today, 1) };
  const from = custom?.from || addDays(today, -29);
  const to = custom?.to || addDays(today, 1);
  return from < to ? { from, to } : { from, to: addDays(from, 1) };
}

/* The same stretch of the period before: its first days, as many as have gone by in this one. */
export function rangeBefore(kind: PeriodKind, range: Range): Range {
  const days = daysBetween(range.from, range.to);
  if (kind === "custom") return { from: addDays(range.from, -days), to: range.from };
  const from = kind === "week" ? addDays(range.from, -7) : addMonths(range.from, kind === "month" ? -1 : -3);
  const to = addDays(from, days);
  return { from, to: to < range.from ? to : range.from };
}

export function byFor(kind: PeriodKind, range: Range): By {
  if (kind === "week") return "day";
  if (kind === "month") return "week";
  const days = daysBetween(range.from, range.to);
  return days <= 31 ? "day" : days <= 186 ? "week" : "month";
}

/* Trends reach back before the period, so that a month's first days already have a line. */
export function trendRange(range: Range, by: By): Range {
  const first = by === "day" ? addDays(range.to, -30) : by === "week" ? addDays(range.to, -7 * 13) : addMonths(monthStart(addDays(range.to, -1)), -11);
  const from = first < range.from ? first : range.from;
  if (by === "week") return { from: addDays(from, 1 - weekday(from)), to: range.to };
  return { from: by === "month" ? monthStart(from) : from, to: range.to };
}
