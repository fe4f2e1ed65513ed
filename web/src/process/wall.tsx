import "@/record/record.css";
import "./wall.css";
import { useQueries, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { useActions } from "@/base/actions.ts";
import { api } from "@/base/api.ts";
import { dayText, duration, moneyShort, relative } from "@/base/format.ts";
import { idIn } from "@/base/formula.ts";
import { useNow, useParams, usePhone, useTitle } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { levelWord } from "@/base/level.ts";
import { objectConfig, type Session, useCounts, useSession } from "@/base/session.ts";
import { dateOf, parseTime } from "@/base/time.ts";
import type { Alert, LevelName, Row } from "@/base/types.ts";
import { columnsOf, fieldsFor, labelIn, pipelineOf, stageOf, titleOf } from "@/object/object.ts";
import { Avatar, Button, Empty, Failed, LevelShape, Skeleton } from "@/ui/basics.tsx";
import { Combobox } from "@/ui/combobox.tsx";
import { Icon } from "@/ui/icon.tsx";
import { AlertDrawer } from "./wall_drawer.tsx";
import { leftMs, levelsOf, ordered, sizeOf } from "./wall_order.ts";
import { t } from "./wall_texts.ts";

/*
 * The red alert wall: what may be lost, whose move it is, how long there is left to answer.
 * Live events refetch it; in meeting-room mode it fills the screen and nothing else is there.
 */
const SHOWN: LevelName[] = ["red", "orange"];
const LEVELS_DOWN: LevelName[] = ["red", "orange", "yellow"];
const LIMIT = 200;

export default function Wall() {
  useTitle(t("title"));
  const session = useSession();
  const [params, setParams] = useParams();
  const isPhone = usePhone();
  const nowMs = useNow(20_000);
  const hours = session.app.alerts?.respond_hours ?? 4;
  const levels = levelsOf(params.get("level"), SHOWN);
  const team = params.get("team");
  const isRoom = params.get("room") === "1";
  const found = useQueries({
    queries: levels.map((level) => ({
      queryKey: ["alerts", "wall", level], queryFn: () => api.alerts({ open: 1, level, limit: LIMIT }),
      refetchInterval: 120_000,
    })),
  });
  const members = useTeamMembers();
  const all = found.flatMap((result) => result.data?.items ?? []);
  const alerts = useMemo(
    () => ordered(all.filter((alert) => !team || members.get(alert.owner ?? "")?.team === team), nowMs, hours),
    [found.map((result) => result.dataUpdatedAt).join(), team, members, nowMs],
  );
  const rows = useAlertRows(alerts);
  const room = useRoom(isRoom, (on) => setParams({ room: on ? "1" : null }));
  useActions([{ name: "room", label: t(isRoom ? "leave_room" : "room"), icon: "screen", keys: "m", run: () => room.toggle() }]);

  const open = params.get("alert");
  const awaited = alerts.filter((alert) => leftMs(alert, nowMs, hours) !== null);
  const late = awaited.filter((alert) => leftMs(alert, nowMs, hours)! < 0);
  const isWaiting = found.some((result) => result.isPending);
  const failed = found.find((result) => result.isError);
  const openAlert = (id: string) => setParams({ alert: id }, true);
  return (
    <div className={`wall${isRoom ? " room" : ""}${open ? " open" : ""}`} ref={room.ref}>
      <section className="wallmain">
        <header className="pagehead">
          <h1>{t("title")}</h1>
          {!isRoom && !isPhone && <span className="meta wallmeaning cut">{t("meaning", { n: hours })}</span>}
          <span className="grow" />
          {awaited.length > 0 && (
            <span className="wallsum num">
              <span>{t("awaiting", { n: awaited.length })}</span>
              {late.length > 0 && <strong><Icon name="clock" size={16} />{t("overdue_count", { n: late.length })}</strong>}
            </span>
          )}
          <LevelFilter levels={levels} onChange={(next) => setParams({ level: next.join(",") === SHOWN.join(",") ? null : next.join(",") })} />
          {!isRoom && members.teams.length > 1 && (
            <div className="wallteam">
              <Combobox isClearable value={team} ariaLabel={t("team")} placeholder={t("all_teams")}
                options={members.teams.map(({ id, name }) => ({ value: id, label: name }))} onChange={(id) => setParams({ team: id })} />
            </div>
          )}
          {!isPhone && <Button kind="quiet" icon={isRoom ? "close" : "screen"} aria-label={t(isRoom ? "leave_room" : "room")} onClick={room.toggle} />}
        </header>
        {failed ? <Failed error={failed.error} onRetry={() => void failed.refetch()} />
          : isWaiting ? <WallSkeleton />
          : alerts.length === 0
            ? <Empty icon="check" title={t("calm")} hint={t("calm_hint")}
                action={levels.length < 3 ? <Button onClick={() => setParams({ level: LEVELS_DOWN.join(",") })}>{t("more_levels")}</Button> : undefined} />
            : <Tiles alerts={alerts} rows={rows} isRoom={isRoom} isPhone={isPhone} selected={open} onOpen={openAlert} nowMs={nowMs} hours={hours} names={members} />}
      </section>
      {open && <AlertDrawer key={open} id={open} known={alerts.find((alert) => alert.id === open) ?? null} nowMs={nowMs} hours={hours}
        onClose={() => setParams({ alert: null })}
        onStep={(by) => {
          const next = alerts[alerts.findIndex((alert) => alert.id === open) + by];
          if (next) setParams({ alert: next.id });
        }} />}
    </div>
  );
}

function LevelFilter({ levels, onChange }: { levels: LevelName[]; onChange: (levels: LevelName[]) => void }) {
  const counts = useCounts().data?.alerts;
  return (
    <div className="chips" role="group" aria-label={t("levels")}>
      {LEVELS_DOWN.map((level) => {
        const isOn = levels.includes(level);
        return (
          <button key={level} type="button" className={`chip wallchip ${level}`} aria-pressed={isOn}
            onClick={() => {
              const next = LEVELS_DOWN.filter((other) => (other === level ? !isOn : levels.includes(other)));
              if (next.length) onChange(next);
            }}>
            <LevelShape level={level} />{levelWord(level)}{counts && <span className="num">{counts[level]}</span>}
          </button>
        );
      })}
    </div>
  );
}

/* ---- tiles ---- */

export interface AlertFacts {
  title: string;
  sub: string;
  amount: string | null;
  stage: string;
  since: number | null;
  quote: string;
  promise: string;
}

export function alertFields(session: Session, object: string): string[] {
  const def = session.objects.get(object);
  if (!def) return [];
  const config = objectConfig(session, object);
  const { sub, amount, quote, quote_at, promise, promise_due, phone } = config.card ?? {};
  return fieldsFor(columnsOf(session, def, [
    def.title_field, sub, amount ?? config.board?.amount, quote, quote_at, promise, promise_due, phone, config.level_since,
    ...(def.pipeline ? ["stage", "pipeline"] : []), "owner",
  ]));
}

function useAlertRows(alerts: Alert[]): Map<string, Row> {
  const session = useSession();
  const byObject = useMemo(() => {
    const out = new Map<string, Set<string>>();
    for (const alert of alerts) {
      if (!session.objects.has(alert.object)) continue;
      const ids = out.get(alert.object) ?? new Set<string>();
      ids.add(alert.record);
      out.set(alert.object, ids);
    }
    /* At most 200 ids fit one question. */
    return [...out].flatMap(([object, ids]) => {
      const sorted = [...ids].sort();
      return Array.from({ length: Math.ceil(sorted.length / 200) }, (_, i) => [object, sorted.slice(i * 200, i * 200 + 200)] as const);
    });
  }, [alerts, session]);
  const found = useQueries({
    queries: byObject.map(([object, ids]) => ({
      queryKey: ["cards", "wall", object, ids],
      queryFn: () => api.records(object, { where: idIn(ids), fields: alertFields(session, object), limit: 200 }),
      placeholderData: (old: Awaited<ReturnType<typeof api.records>> | undefined) => old,
    })),
  });
  return new Map(found.flatMap((result) => (result.data?.items ?? []).map((row) => [row.id, row] as const)));
}

export function factsOf(session: Session, alert: Alert, row: Row | null): AlertFacts {
  const def = session.objects.get(alert.object);
  const config = objectConfig(session, alert.object);
  const card = config.card ?? {};
  const text = (path: string | undefined) => (path && row && typeof row[path] === "string" ? (row[path] as string) : "");
  const subColumn = def ? columnsOf(session, def, [card.sub])[0] : undefined;
  const stage = def?.pipeline && row ? stageOf(pipelineOf(session, alert.object, row), row.stage) : null;
  return {
    title: def && row ? titleOf(def, row) : (alert.record_title ?? ""),
    sub: subColumn && row ? (labelIn(row, subColumn) ?? text(card.sub)) : "",
    amount: text(card.amount ?? config.board?.amount) || null,
    stage: stage ? tr(stage.label) : "",
    since: parseTime(text(config.level_since)) ?? parseTime(alert.opened_at),
    quote: text(card.quote), promise: text(card.promise),
  };
}

function Tiles({ alerts, rows, isRoom, isPhone, selected, onOpen, nowMs, hours, names }: {
  alerts: Alert[]; rows: Map<string, Row>; isRoom: boolean; isPhone: boolean; selected: string | null;
  onOpen: (id: string) => void; nowMs: number; hours: number; names: Members;
}) {
  const session = useSession();
  const box = useRef<HTMLUListElement>(null);
  const facts = alerts.map((alert) => factsOf(session, alert, rows.get(alert.record) ?? null));
  const amounts = facts.map(({ amount }) => Number(amount ?? 0));
  const { hidden } = useRoomRows(box, isRoom, alerts.map((alert, i) => `${alert.id}${sizeOf(amounts[i]!, amounts)}`).join());
  const step = (event: React.KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    const all = [...(box.current?.querySelectorAll<HTMLElement>("button") ?? [])];
    const next = all[all.indexOf(document.activeElement as HTMLElement) + by];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  };
  return (
    <>
      <ul className="tiles" ref={box} onKeyDown={step}>
        {alerts.map((alert, i) => (
          <li key={alert.id} className={`size${isPhone ? 1 : sizeOf(amounts[i]!, amounts)}`}>
            <Tile alert={alert} facts={facts[i]!} isSelected={alert.id === selected} onOpen={() => onOpen(alert.id)} nowMs={nowMs} hours={hours} names={names} />
          </li>
        ))}
      </ul>
      {isRoom && hidden > 0 && <p className="wallrest">{t("rest", { n: hidden })}</p>}
    </>
  );
}

/*
 * On a meeting-room screen nobody scrolls: rows are as high as divides the screen evenly, and what
 * did not fit is counted.
 */
const ROOM_GAP = 12;

function useRoomRows(box: React.RefObject<HTMLUListElement | null>, isRoom: boolean, signature: string) {
  const [rows, setRows] = useState<{ height: number | null; hidden: number }>({ height: null, hidden: 0 });
  useEffect(() => {
    const list = box.current;
    if (!isRoom || !list) return setRows({ height: null, hidden: 0 });
    const look = () => {
      const room = list.clientHeight - ROOM_GAP;
      const least = Math.max(164, window.innerWidth * 0.114);
      const lines = Math.max(1, Math.floor((room + ROOM_GAP) / (least + ROOM_GAP)));
      const height = Math.floor((room - ROOM_GAP * (lines - 1)) / lines);
      list.style.gridAutoRows = `${height}px`;
      const bottom = list.getBoundingClientRect().bottom;
      const tiles = [...(list.children as HTMLCollectionOf<HTMLElement>)];
      for (const tile of tiles) delete tile.dataset.low;
      /* A tall tile on the last row is made a low one rather than left out. */
      for (const tile of tiles) {
        const box = tile.getBoundingClientRect();
        if (box.bottom > bottom + 2 && box.top < bottom - 2) tile.dataset.low = "1";
      }
      let hidden = 0;
      for (const tile of tiles) {
        const isOut = tile.getBoundingClientRect().bottom > bottom + 2;
        tile.style.visibility = isOut ? "hidden" : "";
        if (isOut) hidden += 1;
      }
      setRows({ height, hidden });
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(list);
    return () => {
      observer.disconnect();
      list.style.gridAutoRows = "";
      for (const tile of list.children as HTMLCollectionOf<HTMLElement>) tile.style.visibility = "";
    };
  }, [isRoom, signature]);
  return rows;
}

/* The clock of the tile, as hours and minutes: the minutes are what it is about. */
export function clockText(ms: number): string {
  const minutes = Math.floor(Math.abs(ms) / 60_000);
  return minutes < 24 * 60 ? `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}` : duration(Math.abs(ms));
}

/* On a tile a day suffices once it is some days ago. */
function shortWhen(ms: number, nowMs: number): string {
  return nowMs - ms > 3 * 86_400_000 ? dayText(dateOf(ms)) : relative(ms, Math.max(ms, nowMs));
}

function Tile({ alert, facts, isSelected, onOpen, nowMs, hours, names }: {
  alert: Alert; facts: AlertFacts; isSelected: boolean; onOpen: () => void; nowMs: number; hours: number; names: Members;
}) {
  const left = leftMs(alert, nowMs, hours);
  const answer = alert.interventions.at(-1);
  const owner = alert.owner_name ?? names.get(alert.owner ?? "")?.name ?? t("nobody");
  return (
    <button type="button" className={`tile ${alert.level}${left !== null && left < 0 ? " late" : ""}${answer ? " answered" : ""}${isSelected ? " selected" : ""}`} onClick={onOpen}
      aria-pressed={isSelected}>
      <span className="tiletop">
        <span className="tilelevel"><LevelShape level={alert.level} size={14} />{levelWord(alert.level)}</span>
        <span className="grow" />
        {answer ? <span className="tileanswer" title={t("answered_short")}><Icon name="check" size={14} /><span className="cut">{t("answered", { who: answer.by_name ?? names.get(answer.by ?? "")?.name ?? "", when: shortWhen(parseTime(answer.at) ?? nowMs, nowMs) })}</span></span>
          : left !== null && <span className="tileclock num"><Icon name="clock" size={14} />{t(left < 0 ? "over" : "left", { n: clockText(left) })}</span>}
      </span>
      <span className="tilename">{facts.title}</span>
      {facts.sub && <span className="tilesub cut">{facts.sub}</span>}
      <strong className="tilemoney num cut">{facts.amount ? moneyShort(facts.amount) : "\u00a0"}</strong>
      <span className={`tilequote${facts.quote ? "" : " none"}`}>{facts.quote ? `“${facts.quote}”` : t("no_words")}</span>
      {facts.promise && <span className="tilepromise">{t("next_step")} {facts.promise}</span>}
      <span className="tileowner">
        <Avatar name={owner} /><span className="cut">{owner}</span>
        <span className="tilestall cut">{[facts.since === null ? "" : t("stalled", { n: duration(nowMs - facts.since) }), facts.stage].filter(Boolean).join(" · ")}</span>
      </span>
    </button>
  );
}

function WallSkeleton() {
  return (
    <div aria-busy="true" className="tiles">
      <Skeleton rows={5} />
    </div>
  );
}

/* ---- who is in which team ---- */

interface Members extends Map<string, { name: string; team: string | null }> {
  teams: { id: string; name: string }[];
}

function useTeamMembers(): Members {
  const { objects } = useSession();
  const found = useQuery({
    queryKey: ["records", "user", "teams"], staleTime: 600_000, retry: false, enabled: objects.has("user"),
    queryFn: async () => {
      const out: Row[] = [];
      for (let after: string | null = null, i = 0; i < 10; i += 1) {
        const page = await api.records("user", { fields: ["name", "team", "team.name"], order: "name", limit: 200, after });
        out.push(...page.items);
        after = page.next;
        if (!after) break;
      }
      return out;
    },
  });
  return useMemo(() => {
    const out = new Map() as Members;
    const teams = new Map<string, string>();
    for (const row of found.data ?? []) {
      out.set(row.id, { name: String(row.name ?? ""), team: (row.team as string | null) ?? null });
      if (row.team) teams.set(String(row.team), String(row["team.name"] ?? row.team));
    }
    out.teams = [...teams].map(([id, name]) => ({ id, name })).sort((a, b) => a.name.localeCompare(b.name, "zh"));
    return out;
  }, [found.data]);
}

/* ---- meeting room ---- */

function useRoom(isRoom: boolean, set: (on: boolean) => void) {
  const ref = useRef<HTMLDivElement>(null);
  const latest = useRef(set);
  latest.current = set;
  /* Leaving full screen by Escape leaves the mode; where full screen is not allowed it still covers the page. */
  useEffect(() => {
    const left = () => {
      if (!document.fullscreenElement) latest.current(false);
    };
    document.addEventListener("fullscreenchange", left);
    return () => document.removeEventListener("fullscreenchange", left);
  }, []);
  useEffect(() => {
    if (!isRoom) return;
    const key = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !document.querySelector(".wall .drawer, dialog[open]")) latest.current(false);
    };
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  }, [isRoom]);
  const toggle = () => {
    if (isRoom) {
      if (document.fullscreenElement) void document.exitFullscreen();
      set(false);
    } else {
      set(true);
      void document.documentElement.requestFullscreen?.().catch(() => undefined);
    }
  };
  return { ref, toggle };
}
