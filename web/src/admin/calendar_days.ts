import type * as gen from "@/base/api.gen.ts";
import { addDays, pad, weekday } from "@/base/time.ts";
import type { Label } from "@/base/types.ts";

/*
 * A calendar day by day, without a screen. Its definition keeps spans; what is worked wins over
 * what is off. A day that nothing is said of is plain: the week says whether it is worked.
 */
export type Kind = "plain" | "off" | "holiday" | "workday";
export interface Day { on: string; kind: Kind; label?: Label | null }
export type Calendar = gen.Calendar;

const NAMES = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
export const WEEK = NAMES;

function spanOf(item: unknown): { from: string; to: string; label: Label | null } {
  const map = typeof item === "object" && item !== null ? (item as { on?: string; label?: Label | string }) : { on: String(item) };
  const [from = "", to = from] = (map.on ?? "").split("..");
  const label = typeof map.label === "string" ? { zh: map.label, en: map.label } : (map.label ?? null);
  return { from, to, label };
}

/* Every day that the calendar says something of. */
export function daysOf(calendar: Pick<Calendar, "holidays" | "workdays">): Map<string, Day> {
  const out = new Map<string, Day>();
  for (const item of calendar.holidays ?? []) {
    const { from, to, label } = spanOf(item);
    for (let on = from; on && on <= to; on = addDays(on, 1)) out.set(on, { on, kind: label ? "holiday" : "off", label });
  }
  for (const item of calendar.workdays ?? []) {
    const { from, to } = spanOf(item);
    for (let on = from; on && on <= to; on = addDays(on, 1)) out.set(on, { on, kind: "workday" });
  }
  return out;
}

export const isWeekWorked = (calendar: Pick<Calendar, "days">, on: string) => (calendar.days ?? []).includes(NAMES[weekday(on) - 1]!);

export function isWorked(calendar: Pick<Calendar, "days">, day: Day | undefined, on: string): boolean {
  return day && day.kind !== "plain" ? day.kind === "workday" : isWeekWorked(calendar, on);
}

/* The months of a year, each with blanks before its first day so that weeks stand under one another. */
export function monthsOf(year: number): { month: number; blanks: number; days: string[] }[] {
  return Array.from({ length: 12 }, (_, index) => {
    const first = `${year}-${pad(index + 1)}-01`;
    const days: string[] = [];
    for (let on = first; on.startsWith(first.slice(0, 7)); on = addDays(on, 1)) days.push(on);
    return { month: index + 1, blanks: weekday(first) - 1, days };
  });
}

/* Days of one kind and name that follow one another, as one line: 1–3. */
export function runsOf(days: string[], marks: Map<string, Day>): { from: string; to: string; day: Day }[] {
  const out: { from: string; to: string; day: Day }[] = [];
  for (const on of days) {
    const day = marks.get(on);
    if (!day || day.kind === "plain") continue;
    const last = out.at(-1);
    const isNext = last && addDays(last.to, 1) === on && last.day.kind === day.kind && JSON.stringify(last.day.label ?? null) === JSON.stringify(day.label ?? null);
    if (isNext) last.to = on;
    else out.push({ from: on, to: on, day });
  }
  return out;
}

/* "08:30-12:00" lines to minutes worked, and the breaks between them. */
export function hoursOf(hours: string[]): { minutes: number; breaks: string[] } {
  const minute = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
  const spans = [...hours].sort().map((line) => line.split("-") as [string, string]);
  return {
    minutes: spans.reduce((sum, [from, to]) => sum + Math.max(0, minute(to) - minute(from)), 0),
    breaks: spans.slice(1).flatMap(([from], i) => (spans[i]![1] < from ? [`${spans[i]![1]}–${from}`] : [])),
  };
}
