/*
 * Times: instants are milliseconds since 1970 (UTC), dates are "YYYY-MM-DD". People see the
 * workspace's zone, whatever zone their device is in. `now` is the server's clock: on a simulated
 * clock the server names it and the offset kept here follows.
 */
let zone = "Asia/Shanghai";
let offsetMs = 0;
let frozenMs: number | null = null;
let parts: Intl.DateTimeFormat | null = null;

/* "+08:00" is "Etc/GMT-8" to browsers that do not know offsets. */
function zoneName(name: string): string {
  const found = /^([+-])(\d{2}):00$/.exec(name);
  if (!found) return name;
  return Number(found[2]) === 0 ? "UTC" : `Etc/GMT${found[1] === "+" ? "-" : "+"}${Number(found[2])}`;
}

export function setZone(name: string) {
  zone = zoneName(name);
  parts = null;
}

export function setNow(nowMs: number, isFrozen = false) {
  offsetMs = nowMs - Date.now();
  frozenMs = isFrozen ? nowMs : null;
}

export function now(): number {
  return frozenMs ?? Date.now() + offsetMs;
}

export interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
}

export function wall(ms: number): Wall {
  parts ??= new Intl.DateTimeFormat("en-US", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
    hour: "numeric", minute: "numeric",
  });
  const out: Record<string, number> = {};
  for (const part of parts.formatToParts(ms)) {
    if (part.type !== "literal") out[part.type] = Number(part.value);
  }
  return out as unknown as Wall;
}

/* The instant at which clocks in the workspace's zone show this; two rounds settle zone changes. */
export function instant(year: number, month: number, day: number, hour = 0, minute = 0): number {
  const wanted = Date.UTC(year, month - 1, day, hour, minute);
  let guess = wanted;
  for (let round = 0; round < 2; round += 1) {
    const seen = wall(guess);
    guess += wanted - Date.UTC(seen.year, seen.month - 1, seen.day, seen.hour, seen.minute);
  }
  return guess;
}

export function parseTime(text: string | null | undefined): number | null {
  if (!text) return null;
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? dateInstant(text) : Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

export function dateInstant(date: string): number {
  const [year, month, day] = date.split("-").map(Number) as [number, number, number];
  return instant(year, month, day);
}

export function dateOf(ms: number): string {
  const { year, month, day } = wall(ms);
  return `${year}-${pad(month)}-${pad(day)}`;
}

export function timeOf(ms: number): string {
  const { hour, minute } = wall(ms);
  return `${pad(hour)}:${pad(minute)}`;
}

export function today(): string {
  return dateOf(now());
}

/* Calendar arithmetic on dates alone: no zone is involved. */
export function addDays(date: string, days: number): string {
  const [year, month, day] = date.split("-").map(Number) as [number, number, number];
  return new Date(Date.UTC(year, month - 1, day + days)).toISOString().slice(0, 10);
}

export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
}

/* Monday is 1, Sunday is 7. */
export function weekday(date: string): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay() || 7;
}

export function rfc3339(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}

export function at(date: string, time: string): number {
  const [year, month, day] = date.split("-").map(Number) as [number, number, number];
  const [hour, minute] = time.split(":").map(Number) as [number, number];
  return instant(year, month, day, hour, minute);
}

export function pad(n: number): string {
  return String(n).padStart(2, "0");
}
