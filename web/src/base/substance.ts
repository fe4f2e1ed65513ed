/*
 * A hint while typing: does this text say something? The server's rule decides (it also compares
 * with earlier logs); this repeats only its first half, so that the hint needs no round trip.
 */
export function substanceLength(text: string, filler: string[]): number {
  let rest = text;
  for (const phrase of [...filler].sort((a, b) => b.length - a.length)) {
    if (phrase) rest = rest.split(phrase).join("");
  }
  return Array.from(rest.replace(/[\s\p{P}\p{S}]/gu, "")).length;
}

export function isThin(text: string, rule: { min: number; filler: string[] }): boolean {
  return substanceLength(text, rule.filler) < rule.min;
}
