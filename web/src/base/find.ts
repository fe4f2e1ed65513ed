import { spells } from "./pinyin.ts";

/* What a person may type for a thing: its label, by its beginning, a part or how it is typed in pinyin; then what else it is called. */
export interface Named {
  label: string;
  words: string[];
}

/* The worst rank by which the label itself is met, and not another word for it. */
export const RANK_LABEL = 3;

/* By one text: 0 it begins so, 1 it holds it, 2 it is typed so, 3 a part of it is. */
function rankIn(text: string, typed: string): number | null {
  const at = text.toLowerCase().indexOf(typed);
  if (at >= 0) return at === 0 ? 0 : 1;
  const sound = spells(text, typed.replace(/\s+/g, ""));
  return sound === null ? null : 2 + sound;
}

/* How well what was typed is met: 0 best, null not at all. */
export function rankOf(thing: Named, typed: string): number | null {
  const needle = typed.toLowerCase();
  const own = rankIn(thing.label, needle);
  if (own !== null) return own;
  const ranks = thing.words.flatMap((word) => rankIn(word, needle) ?? []);
  return ranks.length > 0 ? RANK_LABEL + 1 + Math.min(...ranks) : null;
}

/* What is met, best first; what is met equally well stays in its order. */
export function met<N extends Named>(things: N[], typed: string): { thing: N; rank: number }[] {
  return things
    .flatMap((thing) => {
      const rank = rankOf(thing, typed);
      return rank === null ? [] : [{ thing, rank }];
    })
    .sort((a, b) => a.rank - b.rank);
}
