/* mulberry32: the same world for the same seed. */
export function randomMake(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(next() * n);
  const pick = (list) => list[below(list.length)];
  return { below, pick, odds: (share) => next() < share, word: () => pick(WORDS) + pick(WORDS) };
}

export const WORDS = ["ada", "bolt", "cyan", "dune", "echo", "fern", "gold", "hazel", "iron", "jade", "春", "夏", "秋", "冬"];
