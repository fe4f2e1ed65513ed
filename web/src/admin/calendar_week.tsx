import { useEffect, useState } from "react";
import { tr } from "@/base/i18n.ts";
import { Button } from "@/ui/basics.tsx";
import { calendarCalls } from "./calendar_calls.ts";
import { hoursOf, WEEK, type Calendar } from "./calendar_days.ts";
import { PlanDialog } from "./calendar_plan.tsx";
import { t } from "./calendar_texts.ts";

/* Which days of the week are worked, from when to when, and the breaks between. */
export function WeekPanel({ calendar }: { calendar: Calendar }) {
  const [days, setDays] = useState(calendar.days);
  const [hours, setHours] = useState(calendar.hours);
  const [isPlanned, setPlanned] = useState(false);
  const stored = JSON.stringify([calendar.days, calendar.hours]);
  useEffect(() => {
    setDays(calendar.days);
    setHours(calendar.hours);
  }, [stored]);
  const ordered = WEEK.filter((name) => days.includes(name));
  const body = { days: ordered, hours: [...hours].sort() };
  const isChanged = JSON.stringify([ordered, body.hours]) !== JSON.stringify([WEEK.filter((name) => calendar.days.includes(name)), [...calendar.hours].sort()]);
  const isBad = (line: string) => line.slice(0, 5) >= line.slice(6);
  const problem = ordered.length === 0 ? t("no_days") : hours.length === 0 || hours.some(isBad) ? t("bad_hours") : null;
  const set = (index: number, from: string, to: string) => setHours(hours.map((line, i) => (i === index ? `${from}-${to}` : line)));
  const { minutes, breaks } = hoursOf(hours);
  const letters = t("weekdays").split(" ");
  return (
    <section className="panel calweek" aria-label={t("week_panel")}>
      <header><h2 className="grow">{t("week_panel")}</h2></header>
      <div className="body">
        <div className="calweekdays" role="group" aria-label={t("week_days")}>
          {WEEK.map((name, i) => (
            <button key={name} type="button" className="chip" aria-pressed={days.includes(name)} onClick={() => setDays(days.includes(name) ? days.filter((other) => other !== name) : [...days, name])}>{letters[i]}</button>
          ))}
        </div>
        <ul className="calhours">
          {hours.map((line, i) => (
            <li key={i}>
              <input type="time" className="input small num" aria-label={`${t("hours")} ${i + 1} ${t("from")}`} aria-invalid={isBad(line) || undefined} value={line.slice(0, 5)} onChange={(event) => event.target.value && set(i, event.target.value, line.slice(6))} />
              <span className="meta">–</span>
              <input type="time" className="input small num" aria-label={`${t("hours")} ${i + 1} ${t("to")}`} aria-invalid={isBad(line) || undefined} value={line.slice(6) === "24:00" ? "00:00" : line.slice(6)} onChange={(event) => event.target.value && set(i, line.slice(0, 5), event.target.value === "00:00" ? "24:00" : event.target.value)} />
              {hours.length > 1 && <Button kind="quiet" isSmall icon="close" aria-label={t("remove_hours")} onClick={() => setHours(hours.filter((_, k) => k !== i))} />}
            </li>
          ))}
          <li><Button kind="quiet" isSmall icon="plus" onClick={() => setHours([...hours, "19:00-21:00"])}>{t("add_hours")}</Button></li>
        </ul>
        <p className="meta">{problem ? <span className="formerror" role="alert">{problem}</span> : [t("per_day", { h: Number((minutes / 60).toFixed(2)) }), breaks.length > 0 ? t("with_breaks", { breaks: breaks.join(" · ") }) : ""].filter(Boolean).join(" · ")}</p>
        {isChanged && (
          <div className="savebar inline">
            <span className="grow" />
            <Button onClick={() => { setDays(calendar.days); setHours(calendar.hours); }}>{t("discard")}</Button>
            <Button kind="primary" disabled={problem !== null} onClick={() => setPlanned(true)}>{t("look_and_save")}</Button>
          </div>
        )}
      </div>
      {isPlanned && (
        <PlanDialog title={tr(calendar.label)} name={calendar.name} change={{ kind: "calendar", name: calendar.name, body }}
          run={() => calendarCalls.change(calendar.name, body)} onClose={() => setPlanned(false)} />
      )}
    </section>
  );
}
