import { locale } from "@/base/prefs.ts";

/* Lengths of time in milliseconds, written and read as the server's field_duration.c does. */
const UNITS: { ms: number; zh: string; en: string; words: RegExp }[] = [
  { ms: 86_400_000, zh: "天", en: "d", words: /^(days?|d|天|日)/ },
  { ms: 3_600_000, zh: "小时", en: "h", words: /^(hours?|hrs?|h|个小时|小时|时)/ },
  { ms: 60_000, zh: "分钟", en: "min", words: /^(minutes?|mins?|m|分钟|分)/ },
  { ms: 1000, zh: "秒", en: "s", words: /^(seconds?|secs?|s|秒)/ },
];

export function spanText(span: number): string {
  let rest = Math.abs(span);
  const isZh = locale() === "zh";
  const parts: string[] = [];
  /* Up to three days people count in hours. */
  for (const unit of rest > 3 * 86_400_000 ? UNITS : UNITS.slice(1)) {
    const isLast = unit.ms === 1000;
    const count = isLast ? rest / 1000 : Math.floor(rest / unit.ms);
    if (!isLast) rest -= count * unit.ms;
    if (count > 0 || (isLast && parts.length === 0)) parts.push(`${count} ${isZh ? unit.zh : unit.en}`);
  }
  return (span < 0 ? "-" : "") + parts.join(" ");
}

/* null: not understood. A bare number could be hours or minutes, so it is not. */
export function readSpan(given: string): number | null {
  let text = given.normalize("NFKC").trim().toLowerCase();
  const sign = text.startsWith("-") ? -1 : 1;
  if (sign < 0) text = text.slice(1).trim();
  if (text === "0") return 0;
  const clock = /^(\d{1,9}):([0-5]\d)(?::([0-5]\d))?$/.exec(text);
  if (clock) return sign * (Number(clock[1]) * 3_600_000 + Number(clock[2]) * 60_000 + Number(clock[3] ?? 0) * 1000);
  let total = 0;
  let last = -1;
  while (text) {
    const number = /^\d+(\.\d+)?/.exec(text);
    if (!number) return null;
    text = text.slice(number[0].length).trim();
    const index = UNITS.findIndex((unit) => unit.words.test(text));
    if (index <= last) return null;
    last = index;
    text = text.replace(UNITS[index]!.words, "").trim();
    total += Number(number[0]) * UNITS[index]!.ms;
  }
  return last < 0 ? null : sign * Math.round(total);
}
