/*
 * Dwell as the product-limit (Kaplan–Meier) estimate: stays that have not ended count for as long
 * as they have lasted, so a stage that is filling up cannot look fast. And the test of a drop in
 * conversion between two cohorts.
 */
export interface Stay {
  /* How long it lasted, or has lasted so far. */
  ms: number;
  isOver: boolean;
}

/* The time by which this share of stays has ended; null when not that many have. */
export function quantile(stays: Stay[], share: number): number | null {
  const sorted = [...stays].sort((a, b) => a.ms - b.ms || Number(b.isOver) - Number(a.isOver));
  let left = sorted.length;
  let staying = 1;
  let i = 0;
  while (i < sorted.length) {
    const at = sorted[i]!.ms;
    let ended = 0;
    let gone = 0;
    for (; i < sorted.length && sorted[i]!.ms === at; i += 1) {
      gone += 1;
      if (sorted[i]!.isOver) ended += 1;
    }
    if (ended > 0) {
      staying *= 1 - ended / left;
      if (staying <= 1 - share + 1e-12) return at;
    }
    left -= gone;
  }
  return null;
}

export const median = (stays: Stay[]) => quantile(stays, 0.5);

/* Two-proportion z-test, one-sided p for "now is lower than before"; null below 30 in either. */
export function dropP(now: { part: number; all: number }, before: { part: number; all: number }): number | null {
  if (now.all < 30 || before.all < 30) return null;
  const pooled = (now.part + before.part) / (now.all + before.all);
  const spread = Math.sqrt(pooled * (1 - pooled) * (1 / now.all + 1 / before.all));
  if (spread === 0) return null;
  return normalBelow((now.part / now.all - before.part / before.all) / spread);
}

/* Abramowitz and Stegun 26.2.17: good to seven decimals. */
function normalBelow(z: number): number {
  const x = Math.abs(z);
  const k = 1 / (1 + 0.2316419 * x);
  const tail = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) *
    k * (0.31938153 + k * (-0.356563782 + k * (1.781477937 + k * (-1.821255978 + k * 1.330274429))));
  return z < 0 ? tail : 1 - tail;
}
