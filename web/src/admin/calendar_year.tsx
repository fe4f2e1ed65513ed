import { useEffect, useMemo, useRef, useState } from "react";
import { usePhone } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { addDays, today } from "@/base/time.ts";
import type { Label } from "@/base/types.ts";
import { Button, FormRow, Notice } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Popover } from "@/ui/layer.tsx";
import { isWeekWorked, isWorked, monthsOf, runsOf, type Calendar, type Day, type Kind } from "./calendar_days.ts";
import { dateText, kindText, weekdayText } from "./calendar_plan.tsx";
import { t } from "./calendar_texts.ts";

/*
 * A year: twelve months of days. One day has the focus; arrows move it, Shift with them or with a
 * click takes several, Enter or a click asks what they are. A mark says by a letter, not by colour
 * alone, what is special about a day.
 */
/* The least days of public holidays a published year has had; a company's own day is no arrangement. */
const HOLIDAYS_MIN = 7;
const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7, PageUp: -28, PageDown: 28 };

interface Props {
  calendar: Calendar; marks: Map<string, Day>; drafts: Map<string, Day>; year: number;
  onYear: (year: number) => void; onSet: (days: string[], kind: Kind, name: string) => void;
}

function daysBetween(a: string, b: string): string[] {
  const [from, to] = a < b ? [a, b] : [b, a];
  const out: string[] = [];
  for (let on = from; on <= to && out.length < 62; on = addDays(on, 1)) out.push(on);
  return out;
}

export function YearView({ calendar, marks, drafts, year, onYear, onSet }: Props) {
  const isPhone = usePhone();
  const months = useMemo(() => monthsOf(year), [year]);
  const here = today().startsWith(`${year}-`) ? today() : `${year}-01-01`;
  const [focus, setFocus] = useState(here);
  const [start, setStart] = useState<string | null>(null);
  const [asked, setAsked] = useState<{ anchor: HTMLElement; days: string[] } | null>(null);
  const root = useRef<HTMLDivElement>(null);
  const isMoved = useRef(false);
  const [jumps, setJumps] = useState(0);
  const current = focus.startsWith(`${year}-`) ? focus : here;
  useEffect(() => {
    if (!isMoved.current) return;
    isMoved.current = false;
    const cell = root.current?.querySelector<HTMLElement>(`[data-day="${current}"]`);
    cell?.scrollIntoView({ block: "nearest" });
    cell?.focus({ preventScroll: true });
  }, [current, year, jumps]);
  const chosen = new Set(asked?.days ?? (start ? daysBetween(start, current) : []));
  const move = (to: string, isRange: boolean) => {
    setStart(isRange ? (start ?? current) : null);
    isMoved.current = true;
    setFocus(to);
    if (!to.startsWith(`${year}-`)) onYear(Number(to.slice(0, 4)));
  };
  const open = (anchor: HTMLElement, on: string, isRange: boolean) => {
    const from = isRange ? (start ?? current) : on;
    setFocus(on);
    setStart(from);
    setAsked({ anchor, days: daysBetween(from, on) });
  };
  const onKey = (event: React.KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    move(addDays(current, step), event.shiftKey);
  };
  const all = months.flatMap((month) => month.days);
  const worked = all.filter((on) => isWorked(calendar, marks.get(on), on)).length;
  const hasArrangement = all.filter((on) => marks.get(on)?.kind === "holiday").length >= HOLIDAYS_MIN;
  return (
    <section className="panel calyear">
      <header>
        <Button kind="quiet" icon="chevron-left" aria-label={t("earlier")} onClick={() => onYear(year - 1)} />
        <h2 className="num">{t("year", { y: year })}</h2>
        <Button kind="quiet" icon="chevron-right" aria-label={t("later")} onClick={() => onYear(year + 1)} />
        <Button isSmall onClick={() => { move(today(), false); setJumps(jumps + 1); }}>{t("today")}</Button>
        <span className="meta num grow">{t("worked", { n: worked })}</span>
        <ul className="callegend" aria-hidden="true">
          <li><i className="calday">1</i>{t("kind_plain_worked")}</li>
          <li><i className="calday free">1</i>{t("kind_plain_free")}</li>
          <li><i className="calday holiday" data-mark={t("mark_holiday")}>1</i>{t("kind_holiday")}</li>
          <li><i className="calday off" data-mark={t("mark_off")}>1</i>{t("kind_off")}</li>
          <li><i className="calday workday" data-mark={t("mark_workday")}>1</i>{t("kind_workday")}</li>
        </ul>
      </header>
      {!hasArrangement && <div className="calwarn"><Notice kind="warn">{t("no_arrangement", { y: year })}</Notice></div>}
      <div ref={root} className="calmonths" onKeyDown={onKey}>
        {months.map(({ month, blanks, days }) => (
          <div key={month} className={"calmonth"}>
            <h3>{t("month", { m: month, month: t("months").split(" ")[month - 1]! })}</h3>
            <div className="calgrid" aria-hidden="true">{t("week_letters").split(" ").map((letter, i) => <span key={i} className="calletter">{letter}</span>)}</div>
            <div className="calgrid">
              {days.map((on, i) => {
                const day = marks.get(on);
                const kind = day?.kind ?? "plain";
                const isDraft = drafts.has(on);
                const words = [dateText(on), weekdayText(on), kindText(kind, isWeekWorked(calendar, on)), day?.label ? tr(day.label) : "", isDraft ? t("changed") : ""].filter(Boolean).join(" · ");
                const classes = ["calday", kind === "plain" ? (isWeekWorked(calendar, on) ? "" : "free") : kind, on === today() ? "today" : "", isDraft ? "draft" : "", chosen.has(on) ? "chosen" : ""];
                return (
                  <button key={on} type="button" data-day={on} data-mark={kind === "plain" ? undefined : t(`mark_${kind}`)} className={classes.filter(Boolean).join(" ")} style={i === 0 ? { gridColumnStart: blanks + 1 } : undefined}
                    aria-label={words} title={words} tabIndex={on === current ? 0 : -1} onClick={(event) => open(event.currentTarget, on, event.shiftKey || (start !== null && event.detail === 0))}>
                    {Number(on.slice(8))}
                  </button>
                );
              })}
            </div>
            <Runs days={days} marks={marks} />
          </div>
        ))}
      </div>
      <p className="meta calhint">{!isPhone && t("keys_hint")} {tr((calendar as { help?: Label }).help)}</p>
      {asked && (
        <DayMenu key={asked.days.join()} anchor={asked.anchor} days={asked.days} calendar={calendar} marks={marks}
          onClose={() => { setAsked(null); setStart(null); }}
          onSet={(kind, name) => { onSet(asked.days, kind, name); asked.anchor.focus(); setAsked(null); setStart(null); }} />
      )}
    </section>
  );
}

/* What is special in a month, in words. */
function Runs({ days, marks }: { days: string[]; marks: Map<string, Day> }) {
  const runs = runsOf(days, marks);
  const number = (on: string) => Number(on.slice(8));
  return (
    <ul className="calruns">
      {runs.map((run) => (
        <li key={run.from}><span className="num">{run.from === run.to ? number(run.from) : `${number(run.from)}–${number(run.to)}`}</span> {run.day.label ? tr(run.day.label) : kindText(run.day.kind, false)}</li>
      ))}
    </ul>
  );
}

function DayMenu({ anchor, days, calendar, marks, onClose, onSet }: {
  anchor: HTMLElement; days: string[]; calendar: Calendar; marks: Map<string, Day>; onClose: () => void; onSet: (kind: Kind, name: string) => void;
}) {
  const first = marks.get(days[0]!);
  const now: Kind = first?.kind ?? "plain";
  const [isNaming, setNaming] = useState(now === "holiday");
  const [name, setName] = useState(first?.label ? tr(first.label) : "");
  const list = useRef<HTMLDivElement>(null);
  const weekWorked = isWeekWorked(calendar, days[0]!);
  useEffect(() => {
    if (!isNaming) list.current?.querySelector<HTMLElement>("[aria-checked='true'], button")?.focus();
  }, []);
  const options: { kind: Kind; label: string; icon: string }[] = [
    { kind: "workday", label: t("kind_worked"), icon: "building" },
    { kind: "off", label: t("kind_off"), icon: "moon" },
    { kind: "holiday", label: t("kind_holiday"), icon: "star" },
    { kind: "plain", label: days.length === 1 ? t("kind_plain", { is: t(weekWorked ? "kind_plain_worked" : "kind_plain_free") }) : t("kind_plain", { is: t("days_n", { n: days.length }) }), icon: "undo" },
  ];
  const onKey = (event: React.KeyboardEvent) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const buttons = [...(list.current?.querySelectorAll<HTMLElement>("[role=menuitemradio]") ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLElement);
    if (at < 0) return;
    event.preventDefault();
    buttons[(at + (event.key === "ArrowDown" ? 1 : buttons.length - 1)) % buttons.length]!.focus();
  };
  const title = days.length === 1 ? `${dateText(days[0]!)} ${weekdayText(days[0]!)}` : `${dateText(days[0]!)} – ${dateText(days.at(-1)!)} · ${t("days_n", { n: days.length })}`;
  return (
    <Popover anchor={anchor} onClose={onClose} className="calmenu" label={title}>
      <div className="poptitle">{title}</div>
      <div ref={list} role="menu" aria-label={title} onKeyDown={onKey}>
        {options.map((option) => (
          <button key={option.kind} type="button" role="menuitemradio" aria-checked={days.length === 1 && option.kind === now} className="option" data-kind={option.kind}
            onClick={() => (option.kind === "holiday" ? setNaming(true) : onSet(option.kind, ""))}>
            <Icon name={option.icon} size={16} /><span className="grow">{option.label}</span>
            {days.length === 1 && option.kind === now && <Icon name="check" size={16} />}
          </button>
        ))}
      </div>
      {isNaming && (
        <form className="calname" onSubmit={(event) => { event.preventDefault(); if (name.trim()) onSet("holiday", name.trim()); }}>
          <FormRow id="cal-name" label={t("holiday_name")}>
            <input id="cal-name" className="input" autoFocus value={name} maxLength={60} onChange={(event) => setName(event.target.value)} />
          </FormRow>
          <Button kind="primary" type="submit" disabled={!name.trim()}>{t("set")}</Button>
        </form>
      )}
    </Popover>
  );
}
