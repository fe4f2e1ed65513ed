import { pinyinOf } from "@/base/pinyin.ts";
import type { FullPipeline, FullStage } from "./calls.ts";

/* Changes to a pipeline's stages as plain functions of the definition. */
export type Unit = "h" | "d";

export function splitLimit(text: string | undefined): { n: string; unit: Unit } {
  const match = /^(\d+(?:\.\d+)?)\s*([hd])$/.exec(text ?? "");
  return match ? { n: match[1]!, unit: match[2] as Unit } : { n: "", unit: "h" };
}

export function joinLimit(n: string, unit: Unit): string | undefined {
  const clean = n.trim();
  return /^\d+(\.\d+)?$/.test(clean) && Number(clean) > 0 ? `${clean}${unit}` : undefined;
}

export function moveStage(stages: FullStage[], from: number, by: 1 | -1): FullStage[] {
  const to = from + by;
  if (to < 0 || to >= stages.length) return stages;
  const out = [...stages];
  [out[from], out[to]] = [out[to]!, out[from]!];
  return out;
}

/* "Next step" → next_step, "商务谈判" → shangwutanpan: a name nobody has, numbered when it is taken. */
export function nameFor(label: string, taken: string[]): string {
  const base = pinyinOf(label).normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^[_0-9]+|_+$/g, "").slice(0, 30) || "item";
  for (let i = 1; ; i += 1) {
    const name = i === 1 ? base : `${base}_${i}`;
    if (!taken.includes(name)) return name;
  }
}

export function isSame(a: FullPipeline, b: FullPipeline): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/* Level limits must rise; says which one does not. */
export function limitProblem(stall: FullStage["stall"]): "orange" | "red" | null {
  const hours = (text: string | undefined) => {
    const { n, unit } = splitLimit(text);
    return n ? Number(n) * (unit === "d" ? 24 : 1) : null;
  };
  let last = 0;
  for (const level of ["yellow", "orange", "red"] as const) {
    const value = hours(stall?.[level]);
    if (value === null) continue;
    if (value <= last && level !== "yellow") return level;
    last = value;
  }
  return null;
}
