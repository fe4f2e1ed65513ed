import { t } from "./texts.ts";
import type { LevelName } from "./types.ts";

/* Levels: an order, a word, and thresholds such as "48h" or "5d" from a pipeline's stage. */
export const LEVELS: LevelName[] = ["yellow", "orange", "red"];

export function isLevel(value: unknown): value is LevelName {
  return value === "yellow" || value === "orange" || value === "red";
}

export function rank(level: LevelName | null | undefined): number {
  return level ? LEVELS.indexOf(level) + 1 : 0;
}

export function levelWord(level: LevelName): string {
  return t(level);
}

/* "48h" → ms, "5d" → ms, "30m" → ms; null when it is none of these. */
export function thresholdMs(text: string | null | undefined): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([mhd])$/.exec(text ?? "");
  if (!match) return null;
  return Number(match[1]) * { m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] as "m" | "h" | "d"];
}

/* The level a silence of this length has; reached strictly after the threshold has passed. */
export function levelOf(
  silentMs: number, stall: { yellow?: string; orange?: string; red?: string },
): LevelName | null {
  for (const level of ["red", "orange", "yellow"] as const) {
    const limit = thresholdMs(stall[level]);
    if (limit !== null && silentMs >= limit) return level;
  }
  return null;
}

/* Order of work: level first, then value on a logarithmic scale, so size matters but never wins. */
export function urgency(level: LevelName | null | undefined, amount: number, lateMs: number): number {
  const value = Math.log10(Math.max(1, amount));
  const late = Math.min(30, Math.max(0, lateMs / 86_400_000));
  return rank(level) * 10 + value + late * 0.2;
}
