import { tr } from "./i18n.ts";
import { locale } from "./prefs.ts";
import { t } from "./texts.ts";
import { dateOf, daysBetween, now, timeOf, today, wall } from "./time.ts";

/*
 * How figures and times are written. Money is a decimal string and is grouped as text: an amount
 * never passes through binary floating point on its way to the screen (short forms on boards
 * round to two decimals of 万 / 亿 or K / M / B and say so by their unit).
 */
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

function group(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

export function decimal(text: string | number, scale?: number): string {
  const raw = typeof text === "number" ? plain(text) : text.trim();
  const match = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(raw);
  if (!match) return raw;
  const sign = match[1] === "-" ? "−" : "";
  let fraction = match[3] ?? "";
  if (scale !== undefined) fraction = fraction.slice(0, scale).padEnd(scale, "0");
  return `${sign}${group(match[2]!)}${fraction ? `.${fraction}` : ""}`;
}

function plain(n: number): string {
  return Number.isInteger(n) ? String(n) : String(Number(n.toFixed(6)));
}

const SYMBOLS: Record<string, string> = { CNY: "¥", USD: "$", EUR: "€", JPY: "¥", GBP: "£", HKD: "HK$" };
let symbol = "¥";

export function setCurrency(code: string) {
  symbol = SYMBOLS[code] ?? `${code} `;
}

export function currencySign(): string {
  return symbol.trim();
}

export function money(text: string | number | null | undefined): string {
  if (text === null || text === undefined || text === "") return "—";
  const out = decimal(text, 2);
  return out.startsWith("−") ? `−${symbol}${out.slice(1)}` : `${symbol}${out}`;
}

/* For boards and tiles: ¥1.23亿, ¥456.78万; in English ¥1.23M. Below the first unit, whole yuan. */
export function moneyShort(text: string | number | null | undefined): string {
  if (text === null || text === undefined || text === "") return "—";
  const n = Number(text);
  if (!Number.isFinite(n)) return String(text);
  const units: [number, string][] =
    locale() === "zh" ? [[1e8, "亿"], [1e4, "万"]] : [[1e9, "B"], [1e6, "M"], [1e3, "K"]];
  const size = Math.abs(n);
  const sign = n < 0 ? "−" : "";
  for (const [unit, name] of units) {
    /* Thousands are small change on a board: no more digits than they have. */
    if (size >= unit && name === "K") return `${sign}${symbol}${group(String(Number((size / unit).toFixed(1))))}K`;
    if (size >= unit) return `${sign}${symbol}${group2((size / unit).toFixed(2))}${name}`;
  }
  return `${sign}${symbol}${group(String(Math.round(size)))}`;
}

function group2(text: string): string {
  const [whole, fraction] = text.split(".") as [string, string];
  return `${group(whole)}.${fraction}`;
}

export function count(n: number | null | undefined, isCapped = false): string {
  if (n === null || n === undefined) return "—";
  return group(String(n)) + (isCapped ? "+" : "");
}

export function percent(fraction: number | null | undefined, digits = 0): string {
  if (fraction === null || fraction === undefined) return "—";
  return `${(fraction * 100).toFixed(digits)}%`;
}

export function dayText(date: string): string {
  const [y, m, d] = date.split("-").map(Number) as [number, number, number];
  const sameYear = y === wall(now()).year;
  return t(sameYear ? "month_day" : "year_month_day", { y, m, d, month: MONTHS[m - 1]! });
}

/* A date field: words near today, the date otherwise. */
export function dateText(date: string): string {
  const day = date.slice(0, 10);
  const distance = daysBetween(today(), day);
  if (distance === 0) return t("today");
  if (distance === 1) return t("tomorrow");
  if (distance === -1) return t("yesterday");
  return dayText(day);
}

/* With the time of day within the year; of other years the day is enough (its tooltip says all). */
export function absolute(ms: number): string {
  const isThisYear = wall(ms).year === wall(now()).year;
  return isThisYear ? `${dayText(dateOf(ms))} ${timeOf(ms)}` : dayText(dateOf(ms));
}

export function full(ms: number): string {
  return `${dateOf(ms)} ${timeOf(ms)}`;
}

/* Relative for three days in either direction, absolute after. */
export function relative(ms: number, nowMs: number = now()): string {
  const days = daysBetween(dateOf(nowMs), dateOf(ms));
  const past = nowMs - ms;
  /* Clocks differ by seconds: what has just happened is not still to come. */
  if (past > -30_000) {
    if (past < 60_000) return t("just_now");
    if (past < 3_600_000) return t("minutes_ago", { n: Math.floor(past / 60_000) });
    if (days === 0) return t("hours_ago", { n: Math.floor(past / 3_600_000) });
    if (days === -1) return t("yesterday_at", { time: timeOf(ms) });
    if (days >= -3) return t("days_ago", { n: -days });
    return absolute(ms);
  }
  if (-past < 3_600_000) return t("in_minutes", { n: Math.max(1, Math.round(-past / 60_000)) });
  if (days === 0) return t("today_at", { time: timeOf(ms) });
  if (days === 1) return t("tomorrow_at", { time: timeOf(ms) });
  if (days === 2) return t("day_after_at", { time: timeOf(ms) });
  return absolute(ms);
}

/* A length of time in its largest fitting unit: 40 分钟, 31 小时, 5 天. Hours up to three days. */
export function duration(ms: number): string {
  const size = Math.max(0, ms);
  if (size < 3_600_000) return t("minutes", { n: Math.floor(size / 60_000) });
  if (size < 72 * 3_600_000) return t("hours", { n: Math.floor(size / 3_600_000) });
  return t("days", { n: Math.floor(size / 86_400_000) });
}

export { tr };
