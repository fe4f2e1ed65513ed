import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { useActions } from "@/base/actions.ts";
import { api, request } from "@/base/api.ts";
import { dateText, duration, money, relative } from "@/base/format.ts";
import { quote } from "@/base/formula.ts";
import { tr } from "@/base/i18n.ts";
import { objectConfig, queryClient, useSession } from "@/base/session.ts";
import { parseTime } from "@/base/time.ts";
import type { Alert, Row, Value } from "@/base/types.ts";
import { Moment } from "@/field/datetime/index.tsx";
import { columnsOf, fieldOf, fieldsFor, typeOf } from "@/object/object.ts";
import { problemText } from "@/record/use.ts";
import { valueText } from "@/record/timeline.tsx";
import { Avatar, Button, Empty, Failed, Level, Notice, Skeleton, TextArea } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { toast } from "@/ui/layer.tsx";
import { alertFields, clockText, factsOf } from "./wall.tsx";
import { leftMs } from "./wall_order.ts";
import { t } from "./wall_texts.ts";

/* Everything needed to answer an alert, and the answer itself in one tap. */
type CardValue = { name?: string; label?: { zh: string; en: string }; value: Value };

export function AlertDrawer({ id, known, nowMs, hours, onClose, onStep }: {
  id: string; known: Alert | null; nowMs: number; hours: number; onClose: () => void; onStep: (by: 1 | -1) => void;
}) {
  const session = useSession();
  /* An alert opened from a task or a link need not be among those shown. */
  const other = useQuery({ queryKey: ["alerts", "one", id], queryFn: () => request<Alert>(`/alerts/${encodeURIComponent(id)}`), enabled: !known, retry: false });
  const alert = known ?? other.data ?? null;
  const def = alert ? session.objects.get(alert.object) : undefined;
  const row = useQuery({
    queryKey: ["cards", "alert", alert?.object, alert?.record],
    queryFn: () => api.record(alert!.object, alert!.record, alertFields(session, alert!.object)),
    enabled: Boolean(alert && def), retry: false,
  });
  useActions([
    { name: "close_drawer", label: t("close"), keys: "Escape", isHidden: true, run: onClose },
    { name: "wall_next", label: "↓", keys: "j", isHidden: true, run: () => onStep(1) },
    { name: "wall_previous", label: "↑", keys: "k", isHidden: true, run: () => onStep(-1) },
  ]);
  const close = <Button kind="quiet" icon="close" aria-label={t("close")} onClick={onClose} />;
  if (!alert) {
    return (
      <aside className="drawer walldrawer">
        <header className="alerthead"><span className="grow" />{close}</header>
        {other.isError ? (("status" in other.error && other.error.status === 404)
          ? <Empty icon="check" title={t("gone")} hint={t("gone_hint")} /> : <Failed error={other.error} />) : <Skeleton />}
      </aside>
    );
  }
  const facts = factsOf(session, alert, row.data ?? null);
  const left = leftMs(alert, nowMs, hours);
  const red = parseTime(alert.levels.red);
  const first = parseTime(alert.first_response_at);
  const sinceLevel = parseTime(alert.level_at ?? alert.levels[alert.level]);
  const href = `/o/${alert.object}/${alert.record}`;
  return (
    <aside className="drawer walldrawer" aria-label={facts.title}>
      <header className="alerthead">
        <Level level={alert.level} isSoft sinceMs={facts.since === null ? null : nowMs - facts.since} />
        {left !== null && <span className={`alertclock num${left < 0 ? " late" : ""}`}><Icon name="clock" size={14} />{t(left < 0 ? "over" : "left", { n: clockText(left) })}</span>}
        {red !== null && first !== null && <span className="meta">{t("clock_done", { n: duration(first - red) })}</span>}
        <span className="grow" />
        <Link href={href} className="btn quiet icon" aria-label={t("open_record")} title={t("open_record")}><Icon name="expand" /></Link>
        {close}
      </header>
      <div className="alertbody scroll">
        <div className="alertwho">
          <h2><Link href={href}>{facts.title || alert.record_title}</Link></h2>
          <p className="meta">{[facts.sub, facts.stage, sinceLevel === null ? "" : t(alert.level === "red" ? "since_red" : "since_level", { when: relative(sinceLevel, nowMs) })].filter(Boolean).join(" · ")}</p>
          <p className="alertmoney"><strong className="num">{facts.amount ? money(facts.amount) : ""}</strong>
            <span className="rowline"><Avatar name={alert.owner_name ?? ""} />{alert.owner_name}</span></p>
        </div>
        {alert.cleared_at && <Notice kind="good">{t("gone")}</Notice>}
        {!alert.cleared_at && session.me.permissions.intervene !== false && <Intervene alert={alert} />}
        <CardFacts alert={alert} row={row.data ?? null} />
        {alert.interventions.length > 0 && <Notes alert={alert} nowMs={nowMs} />}
        <LastLogs alert={alert} />
      </div>
    </aside>
  );
}

function kindsOf(session: ReturnType<typeof useSession>) {
  return session.app.alerts?.interventions ?? [{ kind: "note", label: { zh: "留言", en: "Note" }, icon: "message" }];
}

function Intervene({ alert }: { alert: Alert }) {
  const session = useSession();
  const [text, setText] = useState("");
  const [sending, setSending] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const send = async (kind: string, label: string) => {
    setSending(kind);
    setProblem(null);
    try {
      await api.intervene(alert.id, kind, text.trim());
      setText("");
      toast(t("done", { kind: label }));
      for (const key of [["alerts"], ["counts"], ["tasks"]]) void queryClient.invalidateQueries({ queryKey: key });
    } catch (error) {
      setProblem(problemText(error));
    } finally {
      setSending(null);
    }
  };
  return (
    <section className="alertblock">
      <h3>{t("intervene")}<span className="meta">{t("intervene_hint")}</span></h3>
      <TextArea rows={2} value={text} onChange={setText} label={t("intervene")} placeholder={t("text_hint")} />
      {problem && <Notice kind="bad">{problem}</Notice>}
      <div className="kinds">
        {kindsOf(session).map((kind) => (
          <Button key={kind.kind} icon={kind.icon ?? "spark"} disabled={sending !== null} onClick={() => void send(kind.kind, tr(kind.label))}>{tr(kind.label)}</Button>
        ))}
      </div>
    </section>
  );
}

/* The values of the intervention card as the rule laid them down when it was raised. */
function CardFacts({ alert, row }: { alert: Alert; row: Row | null }) {
  const session = useSession();
  const def = session.objects.get(alert.object);
  const tasks = useQuery({
    queryKey: ["tasks", "record", alert.record], retry: false,
    queryFn: () => api.tasks({ record: alert.record, limit: 20 }),
  });
  const raw = (alert as Alert & { card?: unknown }).card ?? tasks.data?.items.find((task) => task.alert === alert.id && task.card)?.card;
  const items = cardItems(raw as unknown);
  if (!def || items.length === 0) return null;
  return (
    <section className="alertblock">
      <h3>{t("facts")}</h3>
      <dl className="cardfacts">
        {items.map(({ name, label, value }, index) => {
          const field = name ? fieldOf(def, name) : undefined;
          const isMoney = field && typeof value === "string" && typeOf(field) === "money";
          const shown = field ? valueText(session, def, name!, value, undefined, row)
            : typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value) ? relative(parseTime(value)!) : String(value);
          return (
            <div key={name ?? index}>
              <dt>{label ? tr(label) : field ? tr(field.label) : name}</dt>
              <dd className={isMoney ? "num" : undefined}>{shown}</dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}

/* Either a list of {name, label, value} or a map of values by name. */
function cardItems(raw: unknown): CardValue[] {
  const list: CardValue[] = Array.isArray(raw) ? (raw as CardValue[])
    : raw && typeof raw === "object" ? Object.entries(raw as Record<string, unknown>).map(([name, value]) =>
      value && typeof value === "object" && "value" in value ? { name, ...(value as CardValue) } : { name, value: value as Value })
    : [];
  return list.map(spoken).filter((item) => item.value !== null && item.value !== undefined && item.value !== "");
}

/* A line that makes a sentence has one per language. */
function spoken(item: CardValue): CardValue {
  const value: unknown = item.value;
  return value && typeof value === "object" && "zh" in value ? { ...item, value: tr(value as { zh: string; en: string }) } : item;
}

function Notes({ alert, nowMs }: { alert: Alert; nowMs: number }) {
  const session = useSession();
  const kinds = kindsOf(session);
  return (
    <section className="alertblock">
      <h3>{t("notes")}</h3>
      <ul className="notes">
        {[...alert.interventions].reverse().map((note) => {
          const kind = kinds.find((other) => other.kind === note.kind);
          return (
            <li key={note.id}>
              <span className="eventicon"><Icon name={kind?.icon ?? "spark"} size={16} /></span>
              <div className="grow">
                <div className="rowline"><strong>{note.by_name ?? ""}</strong><span className="tag">{kind ? tr(kind.label) : note.kind}</span>
                  <span className="grow" /><span className="meta">{relative(parseTime(note.at) ?? nowMs, Math.max(nowMs, parseTime(note.at) ?? 0))}</span></div>
                {note.text && <p className="prose">{note.text}</p>}
              </div>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function LastLogs({ alert }: { alert: Alert }) {
  const session = useSession();
  const def = session.objects.get(alert.object);
  const config = objectConfig(session, alert.object).timeline;
  const relation = def?.relations.find((other) => other.name === config?.relation);
  const target = relation ? session.objects.get(relation.object) : undefined;
  const paths = config ? [config.at, config.by, config.method, config.text, config.next, config.next_due, config.obstacle, config.substantive] : [];
  const logs = useQuery({
    queryKey: ["related", relation?.object ?? "none", alert.object, alert.record, "five"],
    queryFn: () => api.records(relation!.object, {
      where: `${relation!.field} = ${quote(alert.record)}`, order: config?.at ? `-${config.at}` : "-created_at", limit: 5,
      fields: fieldsFor(columnsOf(session, target!, paths), ["created_at"]),
    }),
    enabled: Boolean(relation && target),
  });
  if (!relation || !target || !config) return null;
  const text = (log: Row, name: string | undefined) => (name && typeof log[name] === "string" ? (log[name] as string) : "");
  const methods = config.method ? (fieldOf(target, config.method)?.choices ?? []) : [];
  return (
    <section className="alertblock">
      <h3>{t("last_logs")}<span className="meta">{t("as_written")}</span></h3>
      {logs.isPending && <Skeleton rows={4} />}
      {logs.isError && <Failed isSmall error={logs.error} onRetry={() => void logs.refetch()} />}
      {logs.data?.items.length === 0 && <p className="meta">{t("no_logs")}</p>}
      <ol className="alertlogs">
        {logs.data?.items.map((log) => {
          const method = config.method ? log[config.method] : null;
          const due = text(log, config.next_due);
          return (
            <li key={log.id}>
              <span className="eventicon"><Icon name={session.app.log?.icons?.[String(method)] ?? "log"} size={16} /></span>
              <div className="grow">
                <div className="rowline">
                  <strong>{text(log, config.by && `${config.by}.name`)}</strong>
                  <span className="meta">{tr(methods.find((other) => other.name === method)?.label)}</span>
                  <span className="grow" /><span className="meta"><Moment value={text(log, config.at) || String(log.created_at ?? "")} /></span>
                </div>
                <p className="prose">{text(log, config.text)}</p>
                {text(log, config.obstacle) && <p className="logline"><span>{t("obstacle")}</span>{text(log, config.obstacle)}</p>}
                {text(log, config.next) && <p className="logline"><span>{t("next_step")}</span><span>{text(log, config.next)}{due && <em className="num"> {due.length > 10 ? relative(parseTime(due)!) : dateText(due)}</em>}</span></p>}
                {config.substantive && log[config.substantive] === false && <span className="tag">{t("thin")}</span>}
              </div>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
