import { useState } from "react";
import { full } from "@/base/format.ts";
import { usePhone } from "@/base/hooks.ts";
import { addDays, at, dateOf, pad, parseTime, rfc3339, timeOf, today, weekday } from "@/base/time.ts";
import { Button } from "./basics.tsx";
import { Popover } from "./layer.tsx";
import { t } from "./texts.ts";

/*
 * Dates and times. On the desktop a month with weeks that start on Monday; on the phone the
 * system's own picker. Values are "YYYY-MM-DD" or RFC 3339, shown in the workspace's zone.
 */
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/* Half hours of a working day; any other minute can be typed into the box. */
const HOURS = Array.from({ length: 29 }, (_, i) => `${pad(7 + Math.floor(i / 2))}:${i % 2 ? "30" : "00"}`);

function monthDays(month: string): string[] {
  const first = `${month}-01`;
  const start = addDays(first, 1 - weekday(first));
  return Array.from({ length: 42 }, (_, i) => addDays(start, i));
}

function shiftMonth(month: string, by: number): string {
  const [y, m] = month.split("-").map(Number) as [number, number];
  const index = y * 12 + (m - 1) + by;
  return `${Math.floor(index / 12)}-${pad((index % 12) + 1)}`;
}

function Month({ date, onPick }: { date: string | null; onPick: (date: string) => void }) {
  const [month, setMonth] = useState((date ?? today()).slice(0, 7));
  const [y, m] = month.split("-").map(Number) as [number, number];
  const days = monthDays(month);
  return (
    <>
      <header>
        <strong>{t("year_month", { y, m, month: MONTHS[m - 1]! })}</strong>
        <Button kind="quiet" isSmall icon="chevron-left" aria-label={t("earlier_month")} onClick={() => setMonth(shiftMonth(month, -1))} />
        <Button kind="quiet" isSmall icon="chevron-right" aria-label={t("later_month")} onClick={() => setMonth(shiftMonth(month, 1))} />
      </header>
      <table>
        <thead><tr>{t("week").split(" ").map((day) => <th key={day}>{day}</th>)}</tr></thead>
        <tbody>
          {Array.from({ length: 6 }, (_, week) => (
            <tr key={week}>
              {days.slice(week * 7, week * 7 + 7).map((day) => (
                <td key={day}>
                  <button type="button" aria-pressed={day === date}
                    className={`${day.startsWith(month) ? "" : "off"}${day === today() ? " today" : ""}`}
                    onClick={() => onPick(day)}>{Number(day.slice(8))}</button>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

interface Props {
  value: string | null;
  onChange: (value: string | null) => void;
  id?: string;
  label?: string;
  isInvalid?: boolean;
  isSmall?: boolean;
  placeholder?: string;
  /* Given what was typed and is no date, to be refused by who asks; it may come back as the value. Without it such a text is dropped. */
  onUnread?: (text: string) => void;
}

export function DateInput(props: Props) {
  const isPhone = usePhone();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const date = props.value && /^\d{4}-\d\d-\d\d/.test(props.value) ? props.value.slice(0, 10) : null;
  const pick = (picked: string | null) => {
    setAnchor(null);
    props.onChange(picked);
  };
  if (isPhone) {
    return <input id={props.id} className="input" type="date" value={date ?? ""} aria-label={props.label}
      onChange={(event) => props.onChange(event.target.value || null)} />;
  }
  return (
    <div className="combo">
      <Typed {...props} text={date ?? props.value ?? ""} parse={parseDate} onOpen={setAnchor} />
      {anchor && (
        <Popover anchor={anchor} onClose={() => setAnchor(null)} className="pad">
          <div className="calendar">
            <Month date={date} onPick={pick} />
            <footer>
              <Button isSmall kind="quiet" onClick={() => pick(today())}>{t("today")}</Button>
              <Button isSmall kind="quiet" onClick={() => pick(addDays(today(), 7))}>{t("next_week")}</Button>
              <span className="grow" />
              <Button isSmall kind="quiet" onClick={() => pick(null)}>{t("clear")}</Button>
            </footer>
          </div>
        </Popover>
      )}
    </div>
  );
}

function parseDate(text: string): string | null {
  const match = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(text.trim());
  if (!match) return null;
  const date = `${match[1]}-${pad(Number(match[2]))}-${pad(Number(match[3]))}`;
  return Number.isNaN(Date.parse(date)) ? null : date;
}

function parseMoment(text: string): string | null {
  const match = /^(\S+)[ T]+(\d{1,2})[:：](\d{2})$/.exec(text.trim());
  const date = match ? parseDate(match[1]!) : parseDate(text);
  if (!date) return null;
  return rfc3339(at(date, match ? `${match[2]}:${match[3]}` : "09:00"));
}

function Typed(props: Props & {
  text: string; parse: (text: string) => string | null; onOpen: (el: HTMLElement) => void;
}) {
  const [typed, setTyped] = useState<string | null>(null);
  const commit = () => {
    if (typed === null) return;
    const parsed = typed.trim() === "" ? null : props.parse(typed);
    if (parsed !== null || typed.trim() === "") props.onChange(parsed);
    else props.onUnread?.(typed.trim());
    setTyped(null);
  };
  return (
    <input id={props.id} className={`input${props.isSmall ? " small" : ""}`} autoComplete="off"
      aria-label={props.label} aria-invalid={props.isInvalid || (typed === null && props.text !== "" && props.parse(props.text) === null) || undefined}
      placeholder={props.placeholder ?? t("pick_date")} value={typed ?? props.text}
      onClick={(event) => props.onOpen(event.currentTarget)} onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === "ArrowDown") props.onOpen(event.currentTarget);
        if (event.key === "Enter") commit();
      }}
      onChange={(event) => setTyped(event.target.value)} />
  );
}

export function DateTimeInput(props: Props) {
  const isPhone = usePhone();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const ms = parseTime(props.value);
  const date = ms === null ? null : dateOf(ms);
  const time = ms === null ? "09:00" : timeOf(ms);
  const set = (day: string | null, clock: string) => props.onChange(day ? rfc3339(at(day, clock)) : null);
  if (isPhone) {
    return <input id={props.id} className="input" type="datetime-local" aria-label={props.label}
      value={date ? `${date}T${time}` : ""}
      onChange={(event) => {
        const [day, clock] = event.target.value.split("T");
        set(day || null, clock ?? "09:00");
      }} />;
  }
  return (
    <div className="combo">
      <Typed {...props} text={ms === null ? (props.value ?? "") : full(ms)} parse={parseMoment} onOpen={setAnchor} />
      {anchor && (
        <Popover anchor={anchor} onClose={() => setAnchor(null)} className="pad">
          <div className="calendar">
            <Month date={date} onPick={(day) => set(day, time)} />
            <footer>
              <select className="input small" aria-label={t("time")} value={time} style={{ width: 88 }}
                onChange={(event) => set(date ?? today(), event.target.value)}>
                {[...new Set([...HOURS, time])].sort().map((clock) => <option key={clock}>{clock}</option>)}
              </select>
              <span className="grow" />
              <Button isSmall kind="quiet" onClick={() => { props.onChange(null); setAnchor(null); }}>{t("clear")}</Button>
              <Button isSmall kind="primary" onClick={() => setAnchor(null)}>{t("done")}</Button>
            </footer>
          </div>
        </Popover>
      )}
    </div>
  );
}
