import "./process.css";
import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link, useLocation } from "wouter";
import { useActions } from "@/base/actions.ts";
import { api } from "@/base/api.ts";
import { absolute, dayText, duration, money, moneyShort, percent, relative } from "@/base/format.ts";
import { allOf, idIn } from "@/base/formula.ts";
import { useNow, useParams, useTitle } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { isLevel, urgency } from "@/base/level.ts";
import { objectConfig, pipelinesOf, queryClient, type Session, useCounts, useSession } from "@/base/session.ts";
import { addDays, at, now, parseTime, rfc3339, timeOf, today, wall, weekday } from "@/base/time.ts";
import type { LevelName, Row, Task } from "@/base/types.ts";
import { columnsOf, fieldsFor, labelIn, stageOf, titleOf } from "@/object/object.ts";
import { problemText } from "@/record/use.ts";
import { Button, Empty, Failed, FormRow, Level, Meter, Notice, Skeleton, TextArea } from "@/ui/basics.tsx";
import { DateTimeInput } from "@/ui/calendar.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog, toast } from "@/ui/layer.tsx";
import { t } from "./texts.ts";

/*
 * 今日: one stack of cards, the most urgent on top. A card says who, what stalled and since when,
 * the last words said and the promised step; it goes away by a real outcome only.
 */
interface Subject {
  object: string;
  id: string;
}

interface TaskCard {
  task: Task;
  row: Row | null;
  /* What the card is about: the record of the task, or what that record belongs to. */
  subject: Subject | null;
  title: string;
  sub: string;
  amount: string | null;
  level: LevelName | null;
  since: number | null;
  quote: string;
  quoteAt: number | null;
  promise: string;
  phone: string | null;
  score: number;
}

const MINUTES_PER_CARD = 0.8;

export default function Today() {
  useTitle(t("today"));
  const { me } = useSession();
  const day = weekday(today());
  const date = today();
  return (
    <div className="today">
      <header className="pagehead">
        <h1>{t("greeting", { name: me.user.name, day: t("day_of_week", { day: dayText(date), weekday: t("weekdays").split(" ")[day - 1]! }) })}</h1>
      </header>
      <div className="todaycolumns">
        <Stack />
        <aside>
          <Pace />
          <Appointments />
          <Closed />
        </aside>
      </div>
    </div>
  );
}

/* ---- the cards ---- */

function cardFields(session: Session, object: string): string[] {
  const def = session.objects.get(object);
  if (!def) return [];
  const config = objectConfig(session, object);
  const { sub, amount, quote, quote_at, promise, promise_due, phone } = config.card ?? {};
  const own = subjectFields(session, object).map(({ field }) => field);
  return fieldsFor(columnsOf(session, def, [...own, def.title_field, sub, amount, quote, quote_at, promise, promise_due, phone, config.level, config.level_since]));
}

/* Fields of an object that say to which record a contact would be logged. */
function subjectFields(session: Session, object: string): { field: string; object: string }[] {
  const targets = session.app.log?.targets.map((target) => target.object) ?? [];
  if (targets.includes(object)) return [];
  const fields = session.objects.get(object)?.fields ?? [];
  return targets.flatMap((target) => {
    const field = fields.find((other) => other.type === "reference" && other.to === target);
    return field ? [{ field: field.name, object: target }] : [];
  });
}

function subjectOf(session: Session, task: Task, row: Row | undefined): Subject | null {
  if (!task.object || !task.record || !session.objects.has(task.object)) return null;
  for (const { field, object } of subjectFields(session, task.object)) {
    const id = row?.[field];
    if (typeof id === "string") return { object, id };
  }
  return { object: task.object, id: task.record };
}

/* Records by id, one request per object. */
function useRows(subjects: (Subject | null)[]): Map<string, Row> {
  const session = useSession();
  const byObject = useMemo(() => {
    const out = new Map<string, string[]>();
    for (const subject of subjects) {
      if (!subject || !session.objects.has(subject.object)) continue;
      const ids = out.get(subject.object) ?? [];
      if (!ids.includes(subject.id) && ids.length < 200) ids.push(subject.id);
      out.set(subject.object, ids);
    }
    return [...out].map(([object, ids]) => [object, ids.sort()] as const);
  }, [subjects, session]);
  const found = useQueries({
    queries: byObject.map(([object, ids]) => ({
      queryKey: ["cards", object, ids],
      queryFn: () => api.records(object, { where: idIn(ids), fields: cardFields(session, object), limit: 200 }),
      placeholderData: (old: Awaited<ReturnType<typeof api.records>> | undefined) => old,
    })),
  });
  return new Map(found.flatMap((result) => (result.data?.items ?? []).map((row) => [row.id, row] as const)));
}

function cardOf(session: Session, task: Task, subject: Subject | null, row: Row | null): TaskCard {
  const object = subject ? session.objects.get(subject.object) : undefined;
  const config = objectConfig(session, subject?.object ?? "");
  const card = config.card ?? {};
  const text = (path: string | undefined) => (path && row && typeof row[path] === "string" ? (row[path] as string) : "");
  const subColumn = object ? columnsOf(session, object, [card.sub])[0] : undefined;
  const rowLevel = config.level && row ? row[config.level] : null;
  const level = isLevel(rowLevel) ? rowLevel : (task.level ?? null);
  const amount = text(card.amount) || null;
  const dueMs = parseTime(task.due_at);
  return {
    task, row, subject, level, amount,
    title: object && row ? titleOf(object, row) : (task.record_title ?? task.title),
    sub: subColumn && row ? (labelIn(row, subColumn) ?? text(card.sub)) : "",
    since: parseTime(text(config.level_since)),
    quote: text(card.quote), quoteAt: parseTime(text(card.quote_at)), promise: text(card.promise),
    phone: text(card.phone) && !text(card.phone).includes("*") ? text(card.phone) : null,
    score: urgency(level, Number(amount ?? 0), dueMs === null ? 0 : now() - dueMs),
  };
}

function Stack() {
  const session = useSession();
  const tasks = useQuery({ queryKey: ["tasks", "mine"], queryFn: () => api.tasks({ open: 1, assignee: "me", limit: 200 }) });
  const open = tasks.data?.items ?? [];
  const own = useRows(useMemo(() => open.map((task) => (task.object && task.record ? { object: task.object, id: task.record } : null)), [tasks.data]));
  const subjects = open.map((task) => subjectOf(session, task, own.get(task.record ?? "")));
  const rows = useRows(useMemo(() => subjects, [JSON.stringify(subjects)]));
  const [params, setParams] = useParams();
  const [skipped, setSkipped] = useState<string[]>([]);
  const [start] = useState(() => ({ cleared: 0 }));
  const endOfDay = at(addDays(today(), 1), "00:00");
  const cards = useMemo(() => {
    return open.map((task, index) => ({ task, subject: subjects[index] ?? null }))
      .filter(({ task }) => (parseTime(task.due_at) ?? 0) < endOfDay)
      .map(({ task, subject }) => cardOf(session, task, subject, rows.get(subject?.id ?? "") ?? null))
      .sort((a, b) => skipped.indexOf(a.task.id) - skipped.indexOf(b.task.id) || b.score - a.score);
  }, [tasks.data, rows, skipped]);
  const chosen = cards.find((card) => card.task.id === params.get("card"));
  const top = chosen ?? cards[0];
  const rest = cards.filter((card) => card !== top);
  const skip = () => {
    if (!top) return;
    setSkipped((list) => [...list.filter((id) => id !== top.task.id), top.task.id]);
    setParams({ card: null });
  };
  if (tasks.isError) return <Failed error={tasks.error} onRetry={() => void tasks.refetch()} />;
  if (tasks.isPending) return <section className="stack"><Skeleton rows={6} /></section>;
  const done = (tasks.data.done_today ?? 0) + (tasks.data.done_today === undefined ? start.cleared : 0);
  return (
    <section className="stack" aria-label={t("today")}>
      <Progress done={done} left={cards.length} />
      {top ? <Card key={top.task.id} card={top} onSkip={skip} canSkip={rest.length > 0} onCleared={() => { start.cleared += 1; setParams({ card: null }); }} />
        : <AllClear hadCards={done > 0} />}
      {rest.length > 0 && (
        <div className="upnext">
          <h2>{t("up_next")} <span className="meta num">{rest.length}</span></h2>
          <ul>
            {rest.slice(0, 30).map((card) => (
              <li key={card.task.id}>
                <button type="button" onClick={() => setParams({ card: card.task.id })}>
                  <span className="upmark">{card.level ? <Level level={card.level} /> : <span className="tag">{kindText(card.task)}</span>}</span>
                  <span className="grow cut"><strong>{card.title}</strong>{" "}
                    <span className="meta">{[card.task.kind === "stall" || card.task.title === card.title ? "" : card.task.title, card.sub].filter(Boolean).join(" · ")}</span></span>
                  <span className="num meta">{card.amount ? moneyShort(card.amount) : ""}</span>
                </button>
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}

function Progress({ done, left }: { done: number; left: number }) {
  const all = done + left;
  if (all === 0) return null;
  return (
    <div className="progress">
      <div className="progressbar" role="progressbar" aria-label={t("today")} aria-valuemin={0} aria-valuemax={all} aria-valuenow={done}><i style={{ width: `${(done / all) * 100}%` }} /></div>
      <span className="meta num">{left === 0 ? t("all_clear") : t("progress", { done, all, n: Math.max(1, Math.round(left * MINUTES_PER_CARD)) })}</span>
    </div>
  );
}

function kindText(task: Task): string {
  const kind = task.kind === "stall" || task.kind === "commitment" || task.kind === "intervene" ? task.kind : "other";
  return t(`kind_${kind}`);
}

function Card({ card, onSkip, canSkip, onCleared }: { card: TaskCard; onSkip: () => void; canSkip: boolean; onCleared: () => void }) {
  const nowMs = useNow();
  const [, setParams] = useParams();
  const [, navigate] = useLocation();
  const [dialog, setDialog] = useState<"done" | "move" | null>(null);
  const { task, subject } = card;
  const href = subject ? `/o/${subject.object}/${subject.id}` : null;
  const dueMs = parseTime(task.due_at);
  const log = () => subject && setParams({ log: `${subject.object}:${subject.id}` }, true);
  const canLog = task.kind !== "intervene" && href !== null;
  useActions([
    ...(canLog ? [{ name: "log", label: t("log"), icon: "edit", keys: "n", run: () => void log() }] : []),
    ...(canSkip ? [{ name: "skip_card", label: t("skip"), icon: "arrow-right", keys: "j", run: onSkip }] : []),
    ...(href ? [{ name: "open_card", label: t("open"), icon: "expand", keys: "o", run: () => navigate(href) }] : []),
  ]);
  return (
    <article className={`taskcard ${card.level ?? ""}`}>
      <header>
        {card.level ? <Level level={card.level} sinceMs={card.since === null ? null : nowMs - card.since} isSoft /> : <span className="tag ink">{kindText(task)}</span>}
        <span className="meta">
          {task.kind === "stall" && card.since !== null ? t("stalled_since", { when: absolute(card.since) })
            : dueMs !== null ? (dueMs < nowMs ? t("overdue", { n: duration(nowMs - dueMs) }) : t("due_on", { when: relative(dueMs, nowMs) })) : ""}
        </span>
        <span className="grow" />
        {canSkip && <Button kind="quiet" isSmall keys="J" onClick={onSkip}>{t("skip")}</Button>}
      </header>
      <div className="taskwho">
        <span className="grow">
          <h2>{href ? <Link href={href}>{card.title}</Link> : card.title}</h2>
          {card.sub && <span className="meta">{card.sub}</span>}
        </span>
        {card.amount && <strong className="num">{money(card.amount)}</strong>}
      </div>
      {task.kind !== "stall" && task.title !== card.title && <p className="tasktitle">{task.title}</p>}
      <dl className="taskwords">
        <div>
          <dt>{t("last_words")}{card.quoteAt !== null && <span className="meta"> · {relative(card.quoteAt, nowMs)}</span>}</dt>
          <dd>{card.quote ? <q>{card.quote}</q> : <span className="meta">{t("no_words")}</span>}</dd>
        </div>
        {card.promise && <div><dt>{t("promised")}</dt><dd>{card.promise}</dd></div>}
      </dl>
      <footer>
        {task.kind === "intervene"
          ? <Button kind="primary" icon="spark" onClick={() => navigate(`/alerts${task.alert ? `?alert=${task.alert}` : ""}`)}>{t("intervene")}</Button>
          : canLog && <Button kind="primary" icon="edit" keys="N" onClick={() => void log()}>{t("log")}</Button>}
        {card.phone ? <a className="btn" href={`tel:${card.phone}`}><Icon name="phone" />{t("call")}</a>
          : canLog && <Button icon="phone" disabled title={t("no_phone")}>{t("call")}</Button>}
        <Button icon="calendar" onClick={() => setDialog("move")}>{t("reschedule")}</Button>
        {task.kind !== "stall" && <Button icon="check" onClick={() => setDialog("done")}>{t("done")}</Button>}
      </footer>
      {dialog === "done" && <DoneDialog task={task} onClose={() => setDialog(null)} onDone={onCleared} />}
      {dialog === "move" && <MoveDialog task={task} onClose={() => setDialog(null)} onDone={onCleared} />}
    </article>
  );
}

function refreshTasks() {
  for (const key of [["tasks"], ["counts"], ["records"], ["cards"]]) void queryClient.invalidateQueries({ queryKey: key });
}

function DoneDialog({ task, onClose, onDone }: { task: Task; onClose: () => void; onDone: () => void }) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const save = async () => {
    if (!text.trim()) return;
    try {
      await api.taskDone(task.id, text.trim());
      onClose();
      onDone();
      refreshTasks();
      toast(t("done_toast"));
    } catch (error) {
      setProblem(problemText(error));
    }
  };
  return (
    <Dialog title={t("done_title")} onClose={onClose} onSubmit={() => void save()}
      footer={<><Button onClick={onClose}>{t("cancel")}</Button><Button kind="primary" disabled={!text.trim()} onClick={() => void save()}>{t("save")}</Button></>}>
      <div className="body">
        {problem && <Notice kind="bad">{problem}</Notice>}
        <FormRow label={task.title} id="outcome" help={t("done_hint")}><TextArea id="outcome" autoFocus value={text} onChange={setText} /></FormRow>
      </div>
    </Dialog>
  );
}

function MoveDialog({ task, onClose, onDone }: { task: Task; onClose: () => void; onDone: () => void }) {
  const { app } = useSession();
  const [due, setDue] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const chips = (app.log?.chips?.due ?? []).map((chip) => ({
    label: tr(chip.label),
    due: rfc3339(at(addDays(today(), chip.weekday === undefined ? (chip.days ?? 1) : ((chip.weekday - weekday(today()) + 7) % 7 || 7)), chip.time)),
  }));
  const save = async () => {
    if (!due) return;
    try {
      await api.taskReschedule(task.id, due);
      onClose();
      onDone();
      refreshTasks();
      toast(t("rescheduled", { when: absolute(parseTime(due)!) }));
    } catch (error) {
      setProblem(problemText(error));
    }
  };
  return (
    <Dialog title={t("reschedule_title")} onClose={onClose} onSubmit={() => void save()}
      footer={<><Button onClick={onClose}>{t("cancel")}</Button><Button kind="primary" disabled={!due} onClick={() => void save()}>{t("reschedule")}</Button></>}>
      <div className="body">
        {problem && <Notice kind="bad">{problem}</Notice>}
        <div className="chips">{chips.map((chip) => <button key={chip.label} type="button" className="chip" aria-pressed={due === chip.due} onClick={() => setDue(chip.due)}>{chip.label}</button>)}</div>
        <DateTimeInput value={due} onChange={setDue} />
      </div>
    </Dialog>
  );
}

/* ---- the right column ---- */

function monthStart(): string {
  const { year, month } = wall(now());
  return `${year}-${String(month).padStart(2, "0")}-01`;
}

function Pace() {
  const { app } = useSession();
  const names = app.today?.measures ?? [];
  const definitions = useQuery({ queryKey: ["measures"], queryFn: api.measures, staleTime: 600_000, retry: false, enabled: names.length > 0 });
  const values = useQueries({
    queries: names.map((name) => ({
      queryKey: ["measure", name, "me", monthStart()], retry: false,
      queryFn: () => api.measure(name, { scope: "me", from: monthStart(), to: addDays(today(), 1) }),
    })),
  });
  const shown = names.flatMap((name, index) => {
    const definition = definitions.data?.items.find((item) => item.name === name);
    const value = values[index]?.data;
    return definition && value ? [{ definition, value }] : [];
  });
  if (shown.length === 0) return null;
  return (
    <section className="panel">
      <header><h2>{t("my_pace")}</h2><span className="meta">{t("my_pace_hint")}</span></header>
      <div className="body paces">
        {shown.map(({ definition, value }) => {
          const scale = definition.unit === "score" ? 100 : 1;
          const share = value.value === null ? null : value.value / scale;
          const mark = definition.baseline === undefined ? undefined : definition.baseline / scale;
          return (
            <div key={definition.name} title={definition.help ? tr(definition.help) : undefined}>
              <span className="rowline"><span className="grow">{tr(definition.label)}</span><strong className="num">{definition.unit === "score" ? (value.value?.toFixed(0) ?? "—") : percent(share)}</strong></span>
              <Meter value={share} mark={mark} isGood={share !== null && mark !== undefined && share >= mark} />
            </div>
          );
        })}
      </div>
    </section>
  );
}

/* What is next, for one whose day has no more cards, or never had any. */
function AllClear({ hadCards }: { hadCards: boolean }) {
  const red = useCounts().data?.alerts.red ?? 0;
  const title = t(hadCards ? "all_clear" : "no_cards");
  if (red === 0) return <Empty icon="check" title={title} hint={t("all_clear_hint")} />;
  return <Empty icon="check" title={title} hint={t("red_waiting", { n: red })} action={<Link className="btn" href="/alerts">{t("to_wall")}</Link>} />;
}

function Appointments() {
  const session = useSession();
  const config = session.app.today?.appointments;
  const object = config ? session.objects.get(config.object) : undefined;
  const nowMs = useNow();
  const columns = config && object ? columnsOf(session, object, [config.title, config.due, config.record]) : [];
  const found = useQuery({
    queryKey: ["records", config?.object, "appointments", today()],
    queryFn: () => api.records(config!.object, {
      where: allOf("owner = ME()", `ISBLANK(${config!.done})`, `${config!.due} >= TODAY()`, `${config!.due} < TODAY() + 1`),
      order: config!.due, limit: 6, fields: fieldsFor(columns),
    }),
    enabled: Boolean(config && object), retry: false,
  });
  if (!config || !object) return null;
  const record = columns[2];
  return (
    <section className="panel">
      <header><h2>{t("appointments")}</h2></header>
      <div className="body">
        {found.data?.items.length === 0 && <p className="meta">{t("no_appointments")}</p>}
        <ul className="sidelist">
          {found.data?.items.map((row) => {
            const due = parseTime(row[config.due] as string);
            const target = record && typeof row[record.path] === "string" ? `/o/${record.field.to}/${row[record.path] as string}` : `/o/${object.name}/${row.id}`;
            return (
              <li key={row.id}>
                <Link href={target}>
                  <span className={`num sidetime${due !== null && due < nowMs ? " late" : ""}`}>{due === null ? "" : timeOf(due)}</span>
                  <span className="grow"><span className="cut">{String(row[config.title] ?? "")}</span>{record && <span className="meta cut">{labelIn(row, record)}</span>}</span>
                </Link>
              </li>
            );
          })}
        </ul>
      </div>
    </section>
  );
}

function Closed() {
  const session = useSession();
  const config = session.app.today?.closed;
  const object = config ? session.objects.get(config.object) : undefined;
  const nowMs = useNow();
  const found = useQuery({
    queryKey: ["records", config?.object, "closed"],
    queryFn: () => api.records(config!.object, {
      where: `${config!.at} >= TODAY() - 14`, order: `-${config!.at}`, limit: 6,
      fields: fieldsFor(columnsOf(session, object!, [config!.title, config!.amount, config!.at, "owner"]), ["stage", "pipeline"]),
    }),
    enabled: Boolean(config && object), retry: false,
  });
  if (!config || !object) return null;
  const kindOf = (row: Row) => stageOf(pipelinesOf(session, object.name).find((pipeline) => pipeline.name === row.pipeline) ?? pipelinesOf(session, object.name)[0] ?? null, row.stage);
  return (
    <section className="panel">
      <header><h2>{t("closed")}</h2></header>
      <div className="body">
        {found.data?.items.length === 0 && <p className="meta">{t("no_closed")}</p>}
        <ul className="sidelist">
          {found.data?.items.map((row) => {
            const stage = kindOf(row);
            return (
              <li key={row.id}>
                <Link href={`/o/${object.name}/${row.id}`}>
                  <span className={`tag ${stage?.kind === "won" ? "good" : ""}`}>{stage ? tr(stage.label) : ""}</span>
                  <span className="grow"><span className="cut">{String(row[config.title] ?? "")}</span>
                    <span className="meta cut">{[row["owner.name"], relative(parseTime(row[config.at] as string) ?? 0, nowMs)].filter(Boolean).join(" · ")}</span></span>
                  {config.amount && <span className="num">{moneyShort(row[config.amount] as string)}</span>}
                </Link>
              </li>
            );
          })}
        </ul>
      </div>
    </section>
  );
}
