import {
  DndContext, type DragEndEvent, DragOverlay, type DragStartEvent, useDraggable, useDroppable,
} from "@dnd-kit/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { api } from "@/base/api.ts";
import { count, duration, moneyShort, percent, relative } from "@/base/format.ts";
import { allOf, quote } from "@/base/formula.ts";
import { useNow } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { isLevel } from "@/base/level.ts";
import { objectConfig, pipelinesOf, useSession } from "@/base/session.ts";
import { parseTime } from "@/base/time.ts";
import type { Move, ObjectDef, Row, StageDef, Value } from "@/base/types.ts";
import { canAskBy, columnsOf, columnOf, fieldsFor, labelIn, pipelineOf, titleOf } from "@/object/object.ts";
import { useMove } from "@/record/move.tsx";
import { Avatar, Button, Failed, Level } from "@/ui/basics.tsx";
import { useDropping } from "@/ui/dropping.ts";
import type { ListState } from "./state.ts";
import { t } from "./texts.ts";

/*
 * Stages as columns. A column says how many, how much, how long and how stalled; a card can be
 * dragged (mouse, touch after a moment, or Space and the arrow keys). While one is dragged, each
 * column shows whether its gate would let the card in.
 */
const PAGE_CARDS = 25;

interface BoardProps {
  state: ListState;
  selected: string | null;
  onOpen: (id: string) => void;
  onIds: (ids: string[]) => void;
}

export default function Board({ state, selected, onOpen, onIds }: BoardProps) {
  const session = useSession();
  const { object } = state;
  const pipeline = pipelineOf(session, object.name, null, state.pipeline);
  const where = allOf(state.where.trim(), pipelinesOf(session, object.name).length > 1 && pipeline && `pipeline = ${quote(pipeline.name)}`);
  const [dragged, setDragged] = useState<Row | null>(null);
  const [moved, setMoved] = useState<Record<string, string>>({});
  const [cards, setCards] = useState<Record<string, Row[]>>({});
  const { move, dialog } = useMove(object);
  const { sensors, collisionDetection, targetOf } = useDropping();
  const moves = useQuery({
    queryKey: ["moves", object.name, dragged?.id], queryFn: () => api.moves(object.name, dragged!.id),
    enabled: dragged !== null, retry: false, staleTime: 0,
  });
  const totals = useTotals(object, where, state.q);
  useEffect(() => {
    onIds((pipeline?.stages ?? []).flatMap((each) => (cards[each.name] ?? []).map((row) => row.id)));
  }, [cards]);
  if (!pipeline) return null;
  const start = (event: DragStartEvent) => setDragged((event.active.data.current as { row: Row }).row);
  const end = async (event: DragEndEvent) => {
    const [row, target] = [dragged, targetOf(event)];
    setDragged(null);
    if (!row || !target || target === row.stage) return;
    setMoved((all) => ({ ...all, [row.id]: target }));
    await move(row, target);
    setMoved(({ [row.id]: _, ...rest }) => rest);
  };
  const open = pipeline.stages.filter((each) => each.kind === "open");
  const closed = pipeline.stages.filter((each) => each.kind !== "open");
  const names = pipelinesOf(session, object.name);
  return (
    <DndContext sensors={sensors} autoScroll={{ threshold: { x: 0.06, y: 0.12 } }} collisionDetection={collisionDetection} onDragStart={start} onDragEnd={(event) => void end(event)} onDragCancel={() => setDragged(null)}>
      {names.length > 1 && (
        <div className="boardbar chips">
          {names.map((each) => (
            <button key={each.name} type="button" className="chip" aria-pressed={each.name === pipeline.name} onClick={() => state.set({ pipeline: each.name })}>{tr(each.label)}</button>
          ))}
        </div>
      )}
      <div className="board scroll">
        {open.map((each) => (
          <StageColumn key={each.name} state={state} where={where} stage={each} total={totals[each.name]} selected={selected} onOpen={onOpen}
            moved={moved} isDragging={dragged !== null && dragged.stage !== each.name} verdict={moves.data?.items.find((item) => item.stage === each.name)}
            guests={Object.entries(moved).flatMap(([id, to]) => (to === each.name ? (Object.values(cards).flat().find((row) => row.id === id) ?? []) : []))}
            onRows={(rows) => setCards((all) => (all[each.name] === rows ? all : { ...all, [each.name]: rows }))} />
        ))}
        <div className="closedgroup">
          {closed.map((each) => (
            <ClosedColumn key={each.name} state={state} stage={each} total={totals[each.name]}
              isDragging={dragged !== null && dragged.stage !== each.name} verdict={moves.data?.items.find((item) => item.stage === each.name)} />
          ))}
        </div>
      </div>
      <DragOverlay dropAnimation={null}>{dragged && <div className="card lifted"><CardBody object={object} row={dragged} /></div>}</DragOverlay>
      {dialog}
    </DndContext>
  );
}

interface Total {
  count: number;
  amount: Value;
  averageMs: number | null;
  stalled: number;
}

function useTotals(object: ObjectDef, where: string, q: string): Record<string, Total> {
  const session = useSession();
  const config = objectConfig(session, object.name);
  const amount = config.board?.amount && canAskBy(session, object, config.board.amount) ? config.board.amount : null;
  const sum = amount ? `SUM(${amount})` : null;
  const age = "SUM(HOURS_SINCE(stage_entered_at))";
  const main = useQuery({
    queryKey: ["aggregate", object.name, "board", where],
    queryFn: () => api.aggregate(object.name, { where: where || undefined, group: ["stage"], values: ["COUNT()", age, ...(sum ? [sum] : [])] }),
    enabled: !q,
  });
  const stalls = useQuery({
    queryKey: ["aggregate", object.name, "stalled", where], retry: false, enabled: Boolean(config.level && canAskBy(session, object, config.level)) && !q,
    queryFn: () => api.aggregate(object.name, { where: allOf(where, `${config.level} IN ("orange", "red")`), group: ["stage"], values: ["COUNT()"] }),
  });
  return useMemo(() => {
    const out: Record<string, Total> = {};
    for (const row of main.data?.rows ?? []) {
      const stage = String(row.stage);
      const counted = Number(row["COUNT()"] ?? 0);
      out[stage] = {
        count: counted, amount: sum ? (row[sum] ?? null) : null,
        averageMs: counted && row[age] !== null ? (Number(row[age]) / counted) * 3_600_000 : null,
        stalled: Number(stalls.data?.rows.find((other) => other.stage === row.stage)?.["COUNT()"] ?? 0),
      };
    }
    return out;
  }, [main.data, stalls.data]);
}

function StageColumn(props: {
  state: ListState; where: string; stage: StageDef; total: Total | undefined; selected: string | null; onOpen: (id: string) => void;
  moved: Record<string, string>; guests: Row[]; isDragging: boolean; verdict: Move | undefined; onRows: (rows: Row[]) => void;
}) {
  const session = useSession();
  const { state, stage, total } = props;
  const { object } = state;
  const config = objectConfig(session, object.name);
  const drop = useDroppable({ id: stage.name });
  const fields = useMemo(() => fieldsFor(
    columnsOf(session, object, [object.title_field, config.board?.title, config.board?.sub, config.board?.amount, config.board?.due, config.board?.promise, "owner", config.level, config.level_since]),
    ["stage", "pipeline", "stage_entered_at"],
  ), [object]);
  const where = allOf(props.where, `stage = ${quote(stage.name)}`);
  const list = useInfiniteQuery({
    queryKey: ["records", object.name, "board", where, state.q, state.order, fields],
    queryFn: ({ pageParam, signal }) => api.records(object.name, {
      where, q: state.q || undefined, order: state.order || undefined, fields, limit: PAGE_CARDS, after: pageParam,
    }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  useEffect(() => props.onRows(rows), [rows]);
  const shown = [...props.guests.filter((guest) => !rows.some((row) => row.id === guest.id)), ...rows.filter((row) => (props.moved[row.id] ?? stage.name) === stage.name)];
  const verdict = props.isDragging ? props.verdict : undefined;
  const left = total && list.hasNextPage ? total.count - rows.length : null;
  return (
    <section ref={drop.setNodeRef} className={`stagecolumn ${stage.kind}${moodOf(props.isDragging, verdict)}${drop.isOver && props.isDragging ? " over" : ""}`} aria-label={tr(stage.label)}>
      <header>
        <div className="rowline">
          <h2 className="cut">{tr(stage.label)}</h2>
          <span className="meta num">{total ? count(total.count) : list.data ? "" : ""}</span>
          <span className="grow" />
          <strong className="num">{total && total.amount !== null ? moneyShort(total.amount as string) : ""}</strong>
        </div>
        <div className="rowline meta num">
          {verdict ? verdictText(verdict) : total ? (
            <>
              {total.averageMs !== null && <span>{t("average_days", { n: duration(total.averageMs) })}</span>}
              {total.stalled > 0 && total.count > 0 && <span className="stalledshare">{t("stalled_share", { n: percent(total.stalled / total.count) })}</span>}
            </>
          ) : "\u00a0"}
        </div>
      </header>
      <div className="cards scroll">
        {list.isError && <Failed error={list.error} isSmall onRetry={() => void list.refetch()} />}
        {list.isSuccess && shown.length === 0 && <p className="meta columnempty">{t("column_empty")}</p>}
        {shown.map((row) => <Card key={row.id} object={object} row={row} isSelected={row.id === props.selected} onOpen={props.onOpen} />)}
        {list.hasNextPage && (
          <Button kind="quiet" isSmall className="wide" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t("load_more", { n: left && left > 0 ? count(Math.min(left, PAGE_CARDS)) : PAGE_CARDS })}
          </Button>
        )}
      </div>
    </section>
  );
}

function moodOf(isDragging: boolean, verdict: Move | undefined): string {
  if (!isDragging) return "";
  if (!verdict) return " maybe";
  if (verdict.allowed) return verdict.reason_required ? " maybe" : " yes";
  return canFillIn(verdict) ? " maybe" : " no";
}

/* Everything the gate misses can be given in its dialog. */
function canFillIn(verdict: Move): boolean {
  return (verdict.errors ?? []).length > 0 && verdict.errors!.every((error) => error.needs);
}

function verdictText(verdict: Move): string {
  if (verdict.allowed) return t(verdict.reason_required ? "drop_reason" : "drop_ok");
  return canFillIn(verdict) ? t("drop_fill", { n: verdict.errors!.length }) : t("drop_refused");
}

/* Won and lost: a place to drop and a figure; the records themselves are a click away. */
function ClosedColumn({ state, stage, total, isDragging, verdict }: {
  state: ListState; stage: StageDef; total: Total | undefined; isDragging: boolean; verdict: Move | undefined;
}) {
  const drop = useDroppable({ id: stage.name });
  return (
    <section ref={drop.setNodeRef} aria-label={tr(stage.label)}
      className={`stagecolumn closed ${stage.kind}${moodOf(isDragging, verdict)}${drop.isOver && isDragging ? " over" : ""}`}>
      <header>
        <div className="rowline"><h2 className="cut">{tr(stage.label)}</h2><span className="meta num">{total ? count(total.count) : ""}</span></div>
        <strong className="num">{total && total.amount !== null ? moneyShort(total.amount as string) : "\u00a0"}</strong>
        {isDragging && verdict ? <span className="meta">{verdictText(verdict)}</span> : (
          <button type="button" className="meta closedlink"
            onClick={() => state.set({ layout: "grid", view: null, where: `stage = ${quote(stage.name)}` }, true)}>{t("see_list")}</button>
        )}
      </header>
    </section>
  );
}

function Card({ object, row, isSelected, onOpen }: { object: ObjectDef; row: Row; isSelected: boolean; onOpen: (id: string) => void }) {
  const drag = useDraggable({ id: row.id, data: { row } });
  return (
    <div ref={drag.setNodeRef} {...drag.attributes} {...drag.listeners} className={`card${isSelected ? " selected" : ""}${drag.isDragging ? " ghost" : ""}`}
      onClick={() => onOpen(row.id)}
      onKeyDown={(event) => {
        if (event.key === "Enter" && !drag.isDragging) onOpen(row.id);
        else drag.listeners?.onKeyDown?.(event);
      }}>
      <CardBody object={object} row={row} />
    </div>
  );
}

function CardBody({ object, row }: { object: ObjectDef; row: Row }) {
  const session = useSession();
  const nowMs = useNow(60_000);
  const config = objectConfig(session, object.name);
  const board = config.board ?? {};
  const sub = board.sub ? columnOf(session, object, board.sub) : null;
  const owner = columnOf(session, object, "owner");
  const level = config.level ? row[config.level] : null;
  const since = parseTime(row[config.level_since ?? ""] as string | null) ?? parseTime(row.stage_entered_at as string | null);
  const dueMs = parseTime(board.due ? (row[board.due] as string | null) : null);
  const promise = board.promise ? row[board.promise] : null;
  const ownerName = owner ? labelIn(row, owner) : null;
  return (
    <>
      <strong className="cardtitle">{titleOf(object, row)}</strong>
      {sub && <span className="meta cut">{labelIn(row, sub) ?? String(row[sub.path] ?? "")}</span>}
      <span className="rowline">
        {board.amount && <span className="num cardamount">{moneyShort(row[board.amount] as string)}</span>}
        <span className="grow" />
        {isLevel(level) && <Level level={level} sinceMs={since === null ? null : nowMs - since} />}
      </span>
      {(typeof promise === "string" && promise || ownerName) && (
        <span className="rowline meta cardfoot">
          <span className={`cut grow${dueMs !== null && dueMs < nowMs ? " late" : ""}`}>
            {typeof promise === "string" && promise ? promise : ""}{dueMs !== null && ` · ${relative(dueMs, nowMs)}`}
          </span>
          {ownerName && <span title={ownerName}><Avatar name={ownerName} /></span>}
        </span>
      )}
    </>
  );
}
