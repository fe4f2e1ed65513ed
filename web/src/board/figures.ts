import { decimal, money, moneyShort, percent } from "@/base/format.ts";
import type { MeasureDef } from "@/base/types.ts";

/* Measures as people read them, in the unit the definition names. */
export interface PartDef { measure: string; weight: number }
export type Def = MeasureDef & { parts?: PartDef[]; goal?: number };

export function figure(def: Pick<MeasureDef, "unit"> | undefined, value: number | string | null | undefined, isShort = false): string {
  if (value === null || value === undefined || value === "") return "—";
  const n = Number(value);
  switch (def?.unit) {
    case "fraction": return percent(n, isShort ? 0 : 1);
    case "score": return n.toFixed(1);
    case "money": return isShort ? moneyShort(value) : money(value);
    case "hours": return `${n.toFixed(1)} h`;
    case "days": return `${n.toFixed(1)} d`;
    default: return decimal(Number.isInteger(n) ? n : Number(n.toFixed(2)));
  }
}

export function baselineOf(def: Def | undefined): number | undefined {
  return def?.baseline ?? def?.goal;
}

/* 0 … 1 for rings and meters; null when the unit has no whole. */
export function shareOf(def: Def | undefined, value: number | null | undefined): number | null {
  if (value === null || value === undefined) return null;
  if (def?.unit === "score") return value / 100;
  return def?.unit === "fraction" ? value : null;
}

/* The component farthest below its baseline, in points of its own unit; null when none is known. */
export function weakest<T extends { def: Def | undefined; value: number | null }>(parts: T[]): (T & { gap: number }) | null {
  let out: (T & { gap: number }) | null = null;
  for (const part of parts) {
    const share = shareOf(part.def, part.value);
    if (share === null) continue;
    const base = shareOf(part.def, baselineOf(part.def)) ?? 1;
    const gap = share - base;
    if (!out || gap < out.gap) out = { ...part, gap };
  }
  return out;
}

/* What is counted as it is now has no period, so there is none before it to compare with. */
export function isOfNow(def: Def | undefined): boolean {
  return def !== undefined && !def.at && !def.parts?.length;
}

/* Difference of two values in words: points for rates, plain otherwise. */
export function change(def: Def | undefined, value: number | null | undefined, before: number | null | undefined): { text: string; isUp: boolean; isGood: boolean } | null {
  if (value === null || value === undefined || before === null || before === undefined || isOfNow(def)) return null;
  const difference = Number(value) - Number(before);
  const size = Math.abs(difference);
  const sign = difference >= 0 ? "+" : "−";
  const text = def?.unit === "fraction" ? `${sign}${(size * 100).toFixed(1)}` : def?.unit === "score" ? `${sign}${size.toFixed(1)}`
    : `${sign}${figure(def, size, true)}`;
  return { text, isUp: difference >= 0, isGood: def?.better === "down" ? difference <= 0 : difference >= 0 };
}
