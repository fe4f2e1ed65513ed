import "./calendars.css";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import { ApiError } from "@/base/api.ts";
import { useParams } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { today } from "@/base/time.ts";
import { problemText } from "@/record/use.ts";
import { Button, Empty, Failed, FormRow, Notice, Skeleton } from "@/ui/basics.tsx";
import { Combobox } from "@/ui/combobox.tsx";
import { Dialog, MenuButton } from "@/ui/layer.tsx";
import { calendarCalls } from "./calendar_calls.ts";
import { daysOf, type Calendar, type Day, type Kind } from "./calendar_days.ts";
import { ImportDialog } from "./calendar_import.tsx";
import { PlanDialog } from "./calendar_plan.tsx";
import { t } from "./calendar_texts.ts";
import { WeekPanel } from "./calendar_week.tsx";
import { YearView } from "./calendar_year.tsx";
import { ConfigHistory } from "./config_history.tsx";
import { freeName } from "./role_edit.ts";
import { saveChange, saveNow } from "./saving.tsx";

/* Calendars of working time: which one, its year, its week. Days are changed here and kept together. */
export const useCalendars = (isOn = true) => useQuery({ queryKey: ["config", "calendars"], queryFn: calendarCalls.list, staleTime: 30_000, enabled: isOn, retry: isOn });

type Opened = "import" | "history" | "new" | "rename" | "remove" | "current" | null;

export function Calendars({ item }: { item?: string }) {
  const found = useCalendars();
  const [opened, setOpened] = useState<Opened>(null);
  const [, navigate] = useLocation();
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  if (found.isPending) return <Skeleton rows={8} />;
  const { items, current } = found.data;
  const open = items.find((calendar) => calendar.name === item) ?? items.find((calendar) => calendar.name === current) ?? items[0];
  const close = () => setOpened(null);
  return (
    <div className="settingspart calendars">
      {open ? (
        <CalendarPage key={open.name} calendar={open} items={items} isCurrent={open.name === current} current={current} opened={opened} setOpened={setOpened} />
      ) : (
        <Empty icon="calendar" title={t("none")} hint={t("none_hint")} action={<Button kind="primary" icon="plus" onClick={() => setOpened("new")}>{t("new_calendar")}</Button>} />
      )}
      {opened === "new" && <NewCalendar items={items} onClose={close} onMade={(name) => { close(); navigate(`/settings/calendars/${name}`); }} />}
    </div>
  );
}

function CalendarPage({ calendar, items, isCurrent, current, opened, setOpened }: {
  calendar: Calendar; items: Calendar[]; isCurrent: boolean; current: string | null; opened: Opened; setOpened: (opened: Opened) => void;
}) {
  const [params, setParams] = useParams();
  const [, navigate] = useLocation();
  const [drafts, setDrafts] = useState<Map<string, Day>>(new Map());
  const [isPlanned, setPlanned] = useState(false);
  const asked = Number(params.get("year"));
  const year = asked >= 1949 && asked <= 2199 ? asked : Number(today().slice(0, 4));
  const stored = useMemo(() => daysOf(calendar), [calendar]);
  const marks = useMemo(() => new Map([...stored, ...drafts]), [stored, drafts]);
  const label = tr(calendar.label) || calendar.name;
  const close = () => setOpened(null);
  const goYear = (to: number) => setParams({ year: String(to) });
  const set = (days: string[], kind: Kind, name: string) => {
    const next = new Map(drafts);
    for (const on of days) {
      const before = stored.get(on);
      const isSame = (before?.kind ?? "plain") === kind && (kind !== "holiday" || (before?.label ? tr(before.label) : "") === name);
      if (isSame) next.delete(on);
      else next.set(on, { on, kind, label: kind === "holiday" ? { zh: name, en: name } : null });
    }
    setDrafts(next);
  };
  const body = { days: [...drafts.values()].map(({ on, kind, label: name }) => ({ on, kind, ...(name ? { label: name } : {}) })) };
  return (
    <>
      <div className="settingsbar calbar">
        <div className="chips" role="group" aria-label={t("which")}>
          {items.map((other) => (
            <button key={other.name} type="button" className="chip" aria-pressed={other.name === calendar.name} onClick={() => navigate(`/settings/calendars/${other.name}${window.location.search}`)}>
              {tr(other.label) || other.name}{other.name === calendar.name && isCurrent && <span className="tag">{t("current")}</span>}
            </button>
          ))}
        </div>
        <span className="grow" />
        <Button icon="import" onClick={() => setOpened("import")}>{t("import")}</Button>
        <Button kind="quiet" icon="history" aria-label={t("history")} onClick={() => setOpened("history")} />
        <MenuButton kind="quiet" icon="dots" align="end" label={t("more")} items={[
          { label: t("new_calendar"), icon: "plus", run: () => setOpened("new") },
          ...(isCurrent ? [] : [{ label: t("make_current"), icon: "star", run: () => setOpened("current") }]),
          { label: t("rename"), icon: "edit", run: () => setOpened("rename") },
          { label: t("remove"), icon: "trash", isDanger: true, run: () => setOpened("remove") },
        ]} />
      </div>
      <YearView calendar={calendar} marks={marks} drafts={drafts} year={year} onYear={goYear} onSet={set} />
      <WeekPanel calendar={calendar} />
      {drafts.size > 0 && (
        <footer className="savebar">
          <span className="grow num">{t("changed_n", { n: drafts.size })}</span>
          <Button onClick={() => setDrafts(new Map())}>{t("discard")}</Button>
          <Button kind="primary" onClick={() => setPlanned(true)}>{t("look_and_save")}</Button>
        </footer>
      )}
      {isPlanned && (
        <PlanDialog title={label} name={calendar.name} change={{ kind: "calendar_days", name: calendar.name, body }}
          run={() => calendarCalls.days(calendar.name, body)} onClose={() => setPlanned(false)} onDone={() => setDrafts(new Map())} />
      )}
      {opened === "import" && <ImportDialog calendar={calendar} year={year} onClose={close} onYear={goYear} />}
      {opened === "history" && <ConfigHistory kind="calendar" name={calendar.name} title={label} onClose={close} />}
      {opened === "rename" && <Rename calendar={calendar} onClose={close} />}
      {opened === "current" && (
        <PlanDialog title={t("current_title", { name: label })} name={calendar.name} yes={t("make_current")} change={{ kind: "calendar", name: calendar.name, body: { default: true } }}
          run={() => calendarCalls.change(calendar.name, { default: true })} onClose={close}
          undo={() => calendarCalls.change(current ?? calendar.name, { default: true })} />
      )}
      {opened === "remove" && (
        <PlanDialog isDanger title={t("remove_title", { name: label })} name={calendar.name} yes={t("remove")} done={t("removed", { name: label })} change={{ kind: "calendar", name: calendar.name, body: null }}
          run={() => calendarCalls.remove(calendar.name)} onClose={close} onDone={() => navigate("/settings/calendars")} />
      )}
    </>
  );
}

function Labels({ label, onChange }: { label: { zh: string; en: string }; onChange: (label: { zh: string; en: string }) => void }) {
  return (
    <>
      <FormRow id="cal-zh" label={t("name_zh")}><input id="cal-zh" className="input" value={label.zh} maxLength={60} onChange={(event) => onChange({ ...label, zh: event.target.value })} /></FormRow>
      <FormRow id="cal-en" label={t("name_en")}><input id="cal-en" className="input" value={label.en} maxLength={60} onChange={(event) => onChange({ ...label, en: event.target.value })} /></FormRow>
    </>
  );
}

function Rename({ calendar, onClose }: { calendar: Calendar; onClose: () => void }) {
  const [label, setLabel] = useState({ zh: calendar.label.zh, en: calendar.label.en });
  const save = () => {
    const next = { zh: label.zh || label.en, en: label.en || label.zh };
    saveNow(() => calendarCalls.change(calendar.name, { label: next }), () => calendarCalls.change(calendar.name, { label: calendar.label }));
    onClose();
  };
  const isReady = Boolean(label.zh.trim() || label.en.trim());
  return (
    <Dialog title={t("rename")} onClose={onClose} onSubmit={() => isReady && save()}
      footer={<><span className="grow" /><Button onClick={onClose}>{t("cancel")}</Button><Button kind="primary" disabled={!isReady} onClick={save}>{t("save")}</Button></>}>
      <div className="body formgrid"><Labels label={label} onChange={setLabel} /></div>
    </Dialog>
  );
}

function NewCalendar({ items, onClose, onMade }: { items: Calendar[]; onClose: () => void; onMade: (name: string) => void }) {
  const [label, setLabel] = useState({ zh: "", en: "" });
  const [name, setName] = useState(freeName("calendar", items.map((calendar) => calendar.name)));
  const [from, setFrom] = useState(items[0]?.name ?? "");
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const create = async () => {
    const source = items.find((calendar) => calendar.name === from);
    const like = source ? { days: source.days, hours: source.hours, holidays: source.holidays, workdays: source.workdays } : {};
    const title = { zh: label.zh || label.en, en: label.en || label.zh };
    try {
      await saveChange(() => calendarCalls.create({ ...like, name: name.trim(), label: title }), () => calendarCalls.remove(name.trim()), t("added", { name: tr(title) }));
      onMade(name.trim());
    } catch (error) {
      setErrors(error instanceof ApiError ? error.byField() : {});
      setProblem(error instanceof ApiError ? error.general(["name"]) : problemText(error));
    }
  };
  const isReady = /^[a-z][a-z0-9_]*$/.test(name.trim()) && Boolean(label.zh.trim() || label.en.trim());
  return (
    <Dialog title={t("new_calendar")} onClose={onClose} onSubmit={() => isReady && void create()}
      footer={<><span className="grow" /><Button onClick={onClose}>{t("cancel")}</Button><Button kind="primary" disabled={!isReady} onClick={() => void create()}>{t("create")}</Button></>}>
      <div className="body formgrid">
        {problem && <div className="wide"><Notice kind="bad">{problem}</Notice></div>}
        <Labels label={label} onChange={setLabel} />
        <FormRow id="cal-api" label={t("api_name")} isRequired help={t("api_hint")} error={errors.name}><input id="cal-api" className="input" value={name} autoComplete="off" aria-invalid={Boolean(errors.name)} onChange={(event) => setName(event.target.value)} /></FormRow>
        <FormRow id="cal-from" label={t("copy_from")}>
          <Combobox id="cal-from" value={from} onChange={(value) => setFrom(value ?? "")}
            options={[...items.map((calendar) => ({ value: calendar.name, label: tr(calendar.label), sub: calendar.name })), { value: "", label: t("blank") }]} />
        </FormRow>
      </div>
    </Dialog>
  );
}
