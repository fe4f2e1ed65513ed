import { rank } from "@/base/level.ts";
import { parseTime } from "@/base/time.ts";
import type { Alert, LevelName } from "@/base/types.ts";

/*
 * Which alert hangs where, and how large. First those whose answer is awaited, by the minutes left
 * of their clock; then answered red ones; then the levels below, the longest standing first.
 */
export function leftMs(alert: Alert, nowMs: number, respondHours: number): number | null {
  if (alert.level !== "red" || alert.first_response_at || alert.cleared_at) return null;
  const red = parseTime(alert.levels.red);
  const until = parseTime(alert.respond_by) ?? (red === null ? null : red + respondHours * 3_600_000);
  return until === null ? null : until - nowMs;
}

export function ordered(alerts: Alert[], nowMs: number, respondHours: number): Alert[] {
  const key = (alert: Alert): [number, number] => {
    const left = leftMs(alert, nowMs, respondHours);
    if (left !== null) return [0, left];
    return [4 - rank(alert.level), parseTime(alert.level_at ?? alert.levels[alert.level]) ?? 0];
  };
  return alerts
    .map((alert) => ({ alert, key: key(alert) }))
    .sort((a, b) => a.key[0] - b.key[0] || a.key[1] - b.key[1] || a.alert.id.localeCompare(b.alert.id))
    .map(({ alert }) => alert);
}

/* Three sizes by where the amount stands among those shown: top tenth, next quarter, the rest. */
export function sizeOf(amount: number, amounts: number[]): 1 | 2 | 3 {
  if (!(amount > 0) || amounts.length < 4) return amounts.length < 4 ? 2 : 1;
  const above = amounts.filter((other) => other > amount).length / amounts.length;
  return above < 0.1 ? 3 : above < 0.35 ? 2 : 1;
}

export function levelsOf(text: string | null, fallback: LevelName[]): LevelName[] {
  const all = (text ?? "").split(",").filter((name): name is LevelName => name === "red" || name === "orange" || name === "yellow");
  return all.length ? all : fallback;
}
