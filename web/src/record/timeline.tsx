import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api } from "@/base/api.ts";
import { absolute, dateText, duration, money } from "@/base/format.ts";
import { quote } from "@/base/formula.ts";
import { listed, tr } from "@/base/i18n.ts";
import { levelWord } from "@/base/level.ts";
import { objectConfig, useSession } from "@/base/session.ts";
import { type Pending, usePending } from "@/base/pending.ts";
import { parseTime } from "@/base/time.ts";
import type { HistoryItem, LevelName, ObjectDef, Row, TimelineConfig, Value } from "@/base/types.ts";
import { Moment } from "@/field/datetime/index.tsx";
import { FileChips } from "@/field/file/index.tsx";
import { spanText } from "@/field/duration/span.ts";
import { placeOf, placeText } from "@/field/geo/place.ts";
import { shifted } from "@/field/percent/shift.ts";
import { t as ft } from "@/field/texts.ts";
import { choicesOf, columnsOf, fieldOf, fieldsFor, pipelineOf, stageOf, typeOf } from "@/object/object.ts";
import { Button, Empty, Failed, LevelShape, Segment, Skeleton } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { useStays } from "./stages.tsx";
import { t } from "./texts.ts";

/*
 * One line of time: logs as written, stage moves, alerts with their interventions, changes of
 * fields. Each source is read through its own door and merged by time, newest first.
 */
type Kind = "logs" | "stages" | "changes" | "alerts";

interface Entry {
  key: string;
  kind: Kind;
  at: number;
  time: string;
  icon: string;
  level?: LevelName;
  title: string;
  body?: React.ReactNode;
}

export function Timeline({ object, row, limit }: { object: ObjectDef; row: Row; limit?: number }) {
  const session = useSession();
  const config = objectConfig(session, object.name).timeline;
  const [kind, setKind] = useState<Kind | "all">("all");
  const logs = useLogs(object, row.id, config);
  const stays = useStays(object, row.id);
  const history = useInfiniteQuery({
    queryKey: ["history", object.name, row.id],
    queryFn: ({ pageParam }) => api.history(object.name, row.id, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
  const alerts = useQuery({
    queryKey: ["alerts", "record", row.id],
    queryFn: () => api.alerts({ record: row.id, limit: 50 }),
    enabled: object.pipeline, retry: false,
  });
  const describe = useChangeText(object, row);
  const relation = object.relations.find((rel) => rel.name === config?.relation);
  const waiting = usePending((state) => state.items).filter((item) => relation && item.object === relation.object && item.values[relation.field] === row.id);
  if (logs.isPending && history.isPending) return <Skeleton rows={5} />;
  if (history.isError && logs.isError) return <Failed error={history.error} onRetry={() => void history.refetch()} />;

  const entries: Entry[] = [
    ...(logs.data?.pages.flatMap((page) => page.items) ?? []).map((log) => logEntry(log, config!, describe.method)),
    ...waiting.map((item) => waitingEntry(item, config!, describe.method)),
    ...(stays.data?.items ?? []).map((stay) => stayEntry(stay, stageOf(pipelineOf(session, object.name, row), stay.stage))),
    ...(alerts.data?.items ?? []).flatMap(alertEntries),
    ...(history.data?.pages.flatMap((page) => page.items) ?? []).flatMap((item) => changeEntry(item, object, describe)),
  ].sort((a, b) => b.at - a.at);
  const shown = entries.filter((entry) => kind === "all" || entry.kind === kind).slice(0, limit);
  const hasMore = logs.hasNextPage || history.hasNextPage;
  const kinds: (Kind | "all")[] = ["all", ...(config ? ["logs" as const] : []), ...(object.pipeline ? ["stages" as const, "alerts" as const] : []), "changes"];
  return (
    <div className="timeline">
      {limit === undefined && (
        <div className="timelinehead">
          <Segment isQuiet label={t("tab_timeline")} value={kind} onChange={setKind}
            options={kinds.map((value) => ({ value, label: t(`filter_${value}`) }))} />
        </div>
      )}
      {shown.length === 0 && !history.isPending && !logs.isPending && (
        <Empty icon="log" title={t("no_events")} hint={config ? t("no_events_hint") : undefined} />
      )}
      <ol>
        {shown.map((entry) => (
          <li key={entry.key} className={`event ${entry.kind}`}>
            <span className={`eventicon ${entry.level ?? ""}`}>
              {entry.level ? <LevelShape level={entry.level} size={14} /> : <Icon name={entry.icon} size={16} />}
            </span>
            <div className="grow">
              <div className="eventhead"><strong>{entry.title}</strong><span className="meta"><Moment value={entry.time} /></span></div>
              {entry.body}
            </div>
          </li>
        ))}
      </ol>
      {hasMore && limit === undefined && (
        <Button className="wide" disabled={logs.isFetchingNextPage || history.isFetchingNextPage}
          onClick={() => {
            if (logs.hasNextPage) void logs.fetchNextPage();
            if (history.hasNextPage) void history.fetchNextPage();
          }}>{t("earlier")}</Button>
      )}
    </div>
  );
}

function useLogs(object: ObjectDef, id: string, config: TimelineConfig | undefined) {
  const session = useSession();
  const relation = object.relations.find((rel) => rel.name === config?.relation);
  const target = relation ? session.objects.get(relation.object) : undefined;
  const paths = config ? [config.at, config.by, config.method, config.text, config.next, config.next_due, config.obstacle, config.substantive, config.files] : [];
  return useInfiniteQuery({
    queryKey: ["related", relation?.object ?? "none", object.name, id, "timeline"],
    queryFn: ({ pageParam }) => api.records(relation!.object, {
      where: `${relation!.field} = ${quote(id)}`, order: config?.at ? `-${config.at}` : "-created_at", limit: 30, after: pageParam,
      fields: fieldsFor(columnsOf(session, target!, paths), ["created_at"]),
    }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    enabled: Boolean(relation && target),
  });
}

function logEntry(log: Row, config: TimelineConfig, method: (value: Value | undefined) => { label: string; icon: string }): Entry {
  const text = (name: string | undefined) => (name && typeof log[name] === "string" ? (log[name] as string) : "");
  const at = text(config.at) || String(log.created_at ?? "");
  const how = method(config.method ? log[config.method] : undefined);
  const who = text(config.by ? `${config.by}.name` : undefined);
  const due = text(config.next_due);
  const isThin = config.substantive !== undefined && log[config.substantive] === false;
  return {
    key: log.id, kind: "logs", at: parseTime(at) ?? 0, time: at, icon: how.icon, title: [who, how.label].filter(Boolean).join(" · "),
    body: (
      <div className="logbody">
        <p className="prose">{text(config.text)}</p>
        {text(config.obstacle) && <p className="logline"><span>{t("obstacle")}</span>{text(config.obstacle)}</p>}
        {text(config.next) && <p className="logline"><span>{t("next_step")}</span><span>{text(config.next)}{due && <> <Due value={due} /></>}</span></p>}
        {text(config.files) && <FileChips ids={[text(config.files)]} isLarge />}
        {isThin && <span className="tag"><Icon name="minus" size={12} />{t("thin")}</span>}
      </div>
    ),
  };
}

/* Written here, not yet there. */
function waitingEntry(item: Pending, config: TimelineConfig, method: (value: Value | undefined) => { label: string; icon: string }): Entry {
  const entry = logEntry({ ...item.values, id: item.id, version: 0 }, { ...config, by: undefined, files: undefined, substantive: undefined }, method);
  return {
    ...entry, key: `waiting:${item.id}`,
    body: (
      <>
        {entry.body}
        <p className="rowline">
          <span className={item.problem ? "formerror" : "tag"}><Icon name={item.problem ? "alert" : "clock"} size={12} />{item.problem ? `${t("waiting_bad")} · ${item.problem}` : t("waiting")}</span>
          {item.problem && <Link className="btn small" href={`?log=pending:${item.id}`}>{t("correct")}</Link>}
        </p>
      </>
    ),
  };
}

function Due({ value }: { value: string }) {
  return <em className="num">{value.length > 10 ? <Moment value={value} /> : dateText(value)}</em>;
}

const STAY_ICON: Record<string, string> = { back: "undo", lose: "close", win: "star", start: "flag" };

function stayEntry(stay: Row, stage: ReturnType<typeof stageOf>): Entry {
  const time = String(stay.entered_at ?? "");
  const kind = String(stay.move ?? "forward");
  const to = stage ? tr(stage.label) : String(stay.stage);
  const known = ["start", "forward", "skip", "back", "win", "lose"].includes(kind) ? (kind as "start") : "forward";
  const left = parseTime(stay.left_at as string | null);
  const entered = parseTime(time) ?? 0;
  const who = typeof stay["by.name"] === "string" ? (stay["by.name"] as string) : t("system");
  return {
    key: `stay:${stay.id ?? time}`, kind: "stages", at: entered, time, icon: STAY_ICON[kind] ?? "arrow-right",
    title: t(`stage_${known}`, { to }),
    body: (
      <p className="meta">
        {[who, left === null ? "" : t("stage_stayed", { n: duration(left - entered) }), stay.reason ? `${t("reason")} ${String(stay.reason)}` : ""].filter(Boolean).join(" · ")}
      </p>
    ),
  };
}

function alertEntries(alert: Awaited<ReturnType<typeof api.alerts>>["items"][number]): Entry[] {
  const out: Entry[] = [];
  for (const level of ["yellow", "orange", "red"] as const) {
    const time = alert.levels[level];
    if (time) out.push({ key: `${alert.id}:${level}`, kind: "alerts", at: parseTime(time) ?? 0, time, icon: "alert", level, title: t("alert_opened", { level: levelWord(level) }) });
  }
  for (const done of alert.interventions) {
    out.push({
      key: done.id, kind: "alerts", at: parseTime(done.at) ?? 0, time: done.at, icon: "spark",
      title: t("intervened", { who: done.by_name ?? "" }), body: <p className="prose">{done.text}</p>,
    });
  }
  if (alert.cleared_at) {
    out.push({ key: `${alert.id}:cleared`, kind: "alerts", at: parseTime(alert.cleared_at) ?? 0, time: alert.cleared_at, icon: "check", title: t("alert_cleared") });
  }
  return out;
}

const HIDDEN = new Set(["stage", "stage_entered_at", "updated_at", "updated_by", "version", "last_contact_at"]);

/* Sharing changes nothing of the record: a line of its own. */
function shareEntry(item: HistoryItem, who: string): Entry {
  const share = (item as { share?: { name?: string | null; level?: string } }).share ?? {};
  const values = { name: share.name ?? "", level: t(share.level === "update" ? "level_update" : "level_read") };
  return {
    key: `share:${item.kind}:${item.at}:${values.name}`, kind: "changes", at: parseTime(item.at) ?? 0, time: item.at, icon: "team",
    title: `${who} · ${t(item.kind === "share" ? "change_shared" : "change_unshared", values)}`,
  };
}

/* Lines that came, went or are another: each with what differs in it. */
function LinesChange({ object, change, describe }: { object: ObjectDef; change: HistoryItem["changes"][number]; describe: Describe }) {
  const session = useSession();
  const lines = session.objects.get(fieldOf(object, change.field)?.to ?? "");
  const text = (name: string, value: Value, label?: string) => (lines ? valueText(session, lines, name, value, label, null) : String(value));
  const name = (field: string) => (lines && tr(fieldOf(lines, field)?.label)) || field;
  return (
    <li className="lineschange">
      <span>{describe.name(change.field)}</span>
      <ul>
        {change.lines!.map((line) => (
          <li key={line.line}>
            <span>{t(`line_${line.kind}`, { n: String(line.number) })}</span>
            {line.title && <strong>{line.title}</strong>}
            {line.changes.filter((one) => line.kind === "changed" || text(one.field, (one.new ?? one.old) as Value) !== line.title).map((one) => (
              <span key={one.field} className="linevalue">
                {name(one.field)}{" "}
                {line.kind !== "added" && <s>{text(one.field, one.old as Value, one.old_label)}</s>}
                {line.kind === "changed" && <Icon name="arrow-right" size={12} />}
                {line.kind !== "removed" && <span>{text(one.field, one.new as Value, one.new_label)}</span>}
              </span>
            ))}
          </li>
        ))}
        {change.order && (
          <li>
            <span>{t("lines_order")}</span>
            <s>{listed(change.order.old)}</s><Icon name="arrow-right" size={12} /><span>{listed(change.order.new)}</span>
          </li>
        )}
      </ul>
    </li>
  );
}

function changeEntry(item: HistoryItem, object: ObjectDef, describe: Describe): Entry[] {
  const who = item.by_name ?? t("system");
  const changes = item.changes.filter((change) => !HIDDEN.has(change.field));
  if (item.kind === "share" || item.kind === "unshare") return [shareEntry(item, who)];
  if (item.kind === "move" || (item.kind === "update" && changes.length === 0)) return [];
  const title = item.kind === "create" ? t("created", { who }) : item.kind === "delete" ? t("removed", { who })
    : item.kind === "restore" ? t("restored_by", { who }) : t("changed", { who });
  return [{
    key: `change:${item.version}:${item.at}`, kind: "changes", at: parseTime(item.at) ?? 0, time: item.at,
    icon: item.kind === "create" ? "plus" : item.kind === "delete" ? "trash" : "edit", title,
    body: item.kind === "update" && (
      <ul className="changelist">
        {changes.map((change) => change.lines ? <LinesChange key={change.field} object={object} change={change} describe={describe} /> : (
          <li key={change.field}>
            <span>{describe.name(change.field)}</span>
            <s>{describe.value(change.field, change.old, change.old_label)}</s>
            <Icon name="arrow-right" size={12} />
            <span>{describe.value(change.field, change.new, change.new_label)}</span>
          </li>
        ))}
      </ul>
    ),
  }];
}

interface Describe {
  name(field: string): string;
  value(field: string, value: Value, label?: string): string;
  method(value: Value | undefined): { label: string; icon: string };
}

/* Names and values of changes in the reader's words. */
function useChangeText(object: ObjectDef, row: Row): Describe {
  const session = useSession();
  const log = session.app.log;
  const logObject = log ? session.objects.get(log.object) : undefined;
  return {
    name: (name) => tr(fieldOf(object, name)?.label) || name,
    value: (name, value, label) => valueText(session, object, name, value, label, row),
    method: (value: Value | undefined) => {
      const field = logObject && log?.fields.method ? fieldOf(logObject, log.fields.method) : undefined;
      const choice = field?.choices?.find((other) => other.name === value);
      return { label: choice ? tr(choice.label) : "", icon: log?.icons?.[String(value)] ?? "log" };
    },
  };
}

export function valueText(
  session: ReturnType<typeof useSession>, object: ObjectDef, name: string, value: Value | undefined, label: string | undefined, row: Row | null,
): string {
  if (label) return label;
  const field = fieldOf(object, name);
  if (value === null || value === undefined || value === "") return t("blank");
  if (!field) return String(value);
  const type = typeOf(field);
  if (type === "money") return money(String(value));
  if (type === "date") return dateText(String(value));
  if (type === "datetime") {
    const ms = parseTime(String(value));
    return ms === null ? String(value) : absolute(ms);
  }
  if (type === "duration") return spanText(Number(value));
  if (type === "percent") return `${shifted(String(value), 2)}%`;
  if (type === "signature") return ft("signature");
  const place = placeOf(value);
  if (place) return placeText(place);
  const choices = choicesOf(session, object, field, row);
  const named = (name: string) => {
    const choice = choices.find((other) => other.name === name);
    return choice ? tr(choice.label) : name;
  };
  return Array.isArray(value) ? listed(value.map(named)) : named(String(value));
}
