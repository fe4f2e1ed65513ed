import type { PipelineDef, StageDef, Value } from "@/base/types.ts";
import { dropP, median, quantile, type Stay } from "./survival.ts";

/*
 * The funnel of a cohort, from three answers: where its records are now, which stages each of them
 * ever reached, and the stays. A record counts once per stage however often it came back; lost ones
 * stay in the denominators.
 */
export interface StageFigures {
  stage: StageDef;
  here: number;
  amount: number;
  stalled: number;
  reached: number | null;
  /* Reached this stage / reached the next or a later one. */
  toNext: number | null;
  nextPart: number | null;
  medianMs: number | null;
  p90Ms: number | null;
  isMostlyOpen: boolean;
}

export type Rows = Record<string, Value>[];

/* Stages on the way to won, in order; lost is beside the way. */
export function wayOf(pipeline: PipelineDef): StageDef[] {
  return pipeline.stages.filter((stage) => stage.kind !== "lost");
}

export function quoteText(text: string): string {
  return `"${text.replace(/"/g, '""')}"`;
}

/*
 * Which records of the cohort ever were in this stage of the way or in one after it; by stage name.
 * Stays of other records and of stages beside the way do not count.
 */
export function reachedByStage(pipeline: PipelineDef, cohort: Iterable<string>, stays: Rows): Map<string, string[]> {
  const way = wayOf(pipeline);
  const order = new Map(way.map((stage, i) => [stage.name, i]));
  const farthest = new Map([...cohort].map((id) => [id, -1]));
  for (const stay of stays) {
    const id = String(stay.record);
    const known = farthest.get(id);
    const at = order.get(String(stay.stage));
    if (known !== undefined && at !== undefined && at > known) farthest.set(id, at);
  }
  return new Map(way.map((stage, i) => [stage.name, [...farthest].flatMap(([id, far]) => (far >= i ? [id] : []))]));
}

export function staysByStage(rows: Rows, nowMs: number): Map<string, Stay[]> {
  const out = new Map<string, Stay[]>();
  for (const row of rows) {
    const from = Date.parse(String(row.entered_at));
    const left = row.left_at ? Date.parse(String(row.left_at)) : null;
    if (Number.isNaN(from)) continue;
    const stays = out.get(String(row.stage)) ?? [];
    const times = Math.max(1, Number(row["COUNT()"] ?? 1));
    for (let i = 0; i < times; i += 1) stays.push({ ms: Math.max(0, (left ?? nowMs) - from), isOver: left !== null });
    out.set(String(row.stage), stays);
  }
  return out;
}

export function figuresOf(
  pipeline: PipelineDef, now: Rows, amountName: string | null, levelName: string | null,
  reached: ReadonlyMap<string, string[]> | null, stays: Map<string, Stay[]>,
): StageFigures[] {
  const way = wayOf(pipeline);
  const reachedAt = (i: number) => (reached && i < way.length ? (reached.get(way[i]!.name)?.length ?? 0) : null);
  return pipeline.stages.map((stage) => {
    const rows = now.filter((row) => row.stage === stage.name);
    const here = rows.reduce((sum, row) => sum + Number(row["COUNT()"] ?? 0), 0);
    const i = way.indexOf(stage);
    const own = i < 0 ? null : reachedAt(i);
    const next = i < 0 || i === way.length - 1 ? null : reachedAt(i + 1);
    const lasted = stays.get(stage.name) ?? [];
    const middle = median(lasted);
    return {
      stage, here, reached: own, nextPart: next, toNext: own && next !== null ? next / own : null,
      amount: amountName ? rows.reduce((sum, row) => sum + Number(row[`SUM(${amountName})`] ?? 0), 0) : 0,
      stalled: levelName ? rows.filter((row) => row[levelName]).reduce((sum, row) => sum + Number(row["COUNT()"] ?? 0), 0) : 0,
      medianMs: stage.kind === "open" ? middle : null, p90Ms: stage.kind === "open" ? quantile(lasted, 0.9) : null,
      isMostlyOpen: stage.kind === "open" && middle === null && lasted.length > 0,
    };
  });
}

export interface Bottleneck {
  from: StageFigures;
  to: StageFigures;
  change: number | null;
  isSure: boolean;
}

/* The step whose conversion fell most against the cohort before; without one, the lowest step. */
export function bottleneckOf(now: StageFigures[], before: StageFigures[] | null): Bottleneck | null {
  const way = now.filter((item) => item.reached !== null);
  let out: Bottleneck | null = null;
  let lowest: Bottleneck | null = null;
  for (let i = 0; i + 1 < way.length; i += 1) {
    const from = way[i]!;
    if (from.toNext === null || !from.reached) continue;
    if (!lowest || from.toNext < lowest.from.toNext!) lowest = { from, to: way[i + 1]!, change: null, isSure: false };
    const old = before?.find((item) => item.stage.name === from.stage.name);
    if (!old?.reached || old.toNext === null) continue;
    const change = from.toNext - old.toNext;
    if (change < 0 && (!out || change < out.change!)) {
      const p = dropP({ part: from.nextPart!, all: from.reached }, { part: old.nextPart!, all: old.reached });
      out = { from, to: way[i + 1]!, change, isSure: p !== null && p < 0.05 };
    }
  }
  return out ?? lowest;
}
