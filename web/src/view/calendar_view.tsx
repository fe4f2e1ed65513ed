import {
  DndContext, type DragEndEvent, DragOverlay, useDraggable, useDroppable,
} from "@dnd-kit/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { api } from "@/base/api.ts";
import { dateText, dayText } from "@/base/format.ts";
import { allOf } from "@/base/formula.ts";
import { usePhone, useParams } from "@/base/hooks.ts";
import { locale } from "@/base/prefs.ts";
import { permission, useSession } from "@/base/session.ts";
import { today } from "@/base/time.ts";
import type { FieldDef, ObjectDef, Row } from "@/base/types.ts";
import { columnsOf, fieldsFor, titleOf } from "@/object/object.ts";
import { problemText, refreshRecord } from "@/record/use.ts";
import { Button, Empty, Failed, Segment } from "@/ui/basics.tsx";
import { useDropping } from "@/ui/dropping.ts";
import { toast, toastUndo } from "@/ui/layer.tsx";
import { clockOf, dayOf, daysOf, inDays, movedTo, type Span, step } from "./days.ts";
import { calendarField, type ListState } from "./state.ts";
import { t } from "./texts.ts";
import { useTints } from "./tints.ts";

/*
 * Records on the day of one of their dates. Dragged to another day they keep their time of day; with
 * the keyboard, Space lifts and the arrows go by days and weeks. On the phone a list of days.
 */
const RECORDS_MAX = 600;
const PAGE_ROWS = 200;
const SHOWN_IN_MONTH = 4;

interface Props {
  state: ListState;
  selected: string | null;
  onOpen: (id: string) => void;
  onIds: (ids: string[]) => void;
}

export default function CalendarView(props: Props) {
  const field = calendarField(props.state.object, props.state.look);
  if (!field) return <Empty icon="calendar" title={t("no_date")} />;
  return <Calendar {...props} field={field} />;
}

function useDayRows(state: ListState, field: FieldDef, days: string[]) {
  const session = useSession();
  const { object } = state;
  const fields = fieldsFor(columnsOf(session, object, [object.title_field, state.paths.find((path) => path !== object.title_field && path !== field.name)]), [field.name]);
  const where = allOf(state.where.trim(), inDays(field, days));
  return useQuery({
    queryKey: ["records", object.name, "calendar", where, state.q, fields],
    queryFn: async ({ signal }) => {
      const rows: Row[] = [];
      let after: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof api.records>> = await api.records(object.name, { where, q: state.q || undefined, order: field.name, fields, limit: PAGE_ROWS, after }, signal);
        rows.push(...page.items);
        after = page.next;
      } while (after && rows.length < RECORDS_MAX);
      return { rows, isCut: after !== null };
    },
    placeholderData: keepPreviousData,
  });
}

function Calendar({ state, field, selected, onOpen, onIds }: Props & { field: FieldDef }) {
  const session = useSession();
  const isPhone = usePhone();
  const [params] = useParams();
  const { object } = state;
  const span: Span = params.get("span") === "week" ? "week" : "month";
  const day = params.get("day") ?? today();
  const days = useMemo(() => daysOf(span, day), [span, day]);
  const found = useDayRows(state, field, days);
  const [moved, setMoved] = useState<Record<string, string>>({});
  const [dragged, setDragged] = useState<Row | null>(null);
  const rows = found.data?.rows ?? [];
  const tints = useTints(object.name, rows, state.look.colors);
  useEffect(() => onIds(rows.map((row) => row.id)), [found.data]);
  const byDay = useMemo(() => {
    const out = new Map<string, Row[]>();
    for (const row of rows) {
      const on = moved[row.id] ?? dayOf(field, row[field.name]);
      if (on) out.set(on, [...(out.get(on) ?? []), row]);
    }
    return out;
  }, [rows, moved, field]);
  const isFixed = field.system || field.type === "formula";
  const canMove = permission(session, object.name).update === true && !field.readonly && !isFixed;

  const put = async (row: Row, version: number, value: string) => {
    const kept = await api.update(object.name, row.id, version, { [field.name]: value });
    refreshRecord(object.name, row.id);
    return kept.version;
  };
  const drop = async (row: Row, to: string) => {
    if (to === dayOf(field, row[field.name])) return;
    const before = String(row[field.name]);
    setMoved((all) => ({ ...all, [row.id]: to }));
    try {
      const version = await put(row, row.version, movedTo(field, row[field.name], to));
      await found.refetch();
      toastUndo(t("date_moved", { name: titleOf(object, row), date: dayText(to) }), () => void put(row, version, before).then(
        () => toast(t("date_back")), (error: unknown) => toast(problemText(error), { isBad: true }),
      ));
    } catch (error) {
      toast(problemText(error), { isBad: true });
    } finally {
      setMoved(({ [row.id]: _, ...rest }) => rest);
    }
  };
  const { sensors, collisionDetection, targetOf } = useDropping();
  const chip = (row: Row) => <DayChip key={row.id} object={object} row={row} field={field} tint={tints.get(row.id)} canMove={canMove} isSelected={row.id === selected} onOpen={() => onOpen(row.id)} />;
  return (
    <section className="calendarview">
      <CalendarHead state={state} span={span} day={day} days={days} fixed={canMove ? null : t(isFixed ? "date_fixed" : "date_theirs")} />
      {found.isError && !found.data && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {found.data?.isCut && <p className="meta calendarnote">{t("calendar_cut", { n: rows.length })}</p>}
      {isPhone ? <Agenda days={days} byDay={byDay} chip={chip} isLoaded={found.isSuccess} /> : (
        <DndContext sensors={sensors} collisionDetection={collisionDetection}
          onDragStart={(event) => setDragged((event.active.data.current as { row: Row }).row)} onDragCancel={() => setDragged(null)}
          onDragEnd={(event: DragEndEvent) => {
            const [row, to] = [dragged, targetOf(event)];
            setDragged(null);
            if (row && to) void drop(row, to);
          }}>
          {/* A month without records scrolls, too: it takes the keyboard itself. */}
          <div className={`calendargrid scroll ${span}`} role="region" aria-label={t("calendar")} tabIndex={0}>
            {WEEK[locale()].map((name) => <span key={name} className="weekdayname meta">{name}</span>)}
            {days.map((here) => (
              <Day key={here} day={here} isOff={span === "month" && here.slice(0, 7) !== day.slice(0, 7)} rows={byDay.get(here) ?? []}
                shown={span === "week" ? Infinity : SHOWN_IN_MONTH} chip={chip} onMore={() => state.set({ span: "week", day: here }, true)} />
            ))}
          </div>
          <DragOverlay dropAnimation={null}>{dragged && <div className="daychip lifted"><span className="cut">{titleOf(object, dragged)}</span></div>}</DragOverlay>
        </DndContext>
      )}
    </section>
  );
}

const WEEK = { zh: ["一", "二", "三", "四", "五", "六", "日"], en: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] };
const MONTHS = "January February March April May June July August September October November December".split(" ");

/* `fixed`: why nothing can be dragged; null: it can. */
function CalendarHead({ state, span, day, days, fixed }: { state: ListState; span: Span; day: string; days: string[]; fixed: string | null }) {
  const [year, month] = day.split("-").map(Number) as [number, number];
  const title = span === "week" ? `${dateText(days[0]!)} – ${dateText(days[6]!)}` : locale() === "zh" ? `${year}年${month}月` : `${MONTHS[month - 1]} ${year}`;
  return (
    <header className="calendarhead">
      <Button kind="quiet" isSmall icon="chevron-left" aria-label={t("earlier")} onClick={() => state.set({ day: step(span, day, -1) })} />
      <Button kind="quiet" isSmall icon="chevron-right" aria-label={t("later")} onClick={() => state.set({ day: step(span, day, 1) })} />
      <h2 aria-live="polite">{title}</h2>
      <Button kind="quiet" isSmall className="tothisday" onClick={() => state.set({ day: null })}>{t("this_month")}</Button>
      <span className="grow" />
      {fixed && <span className="meta calendarfixed">{fixed}</span>}
      <Segment label={t("calendar")} value={span} onChange={(next) => state.set({ span: next === "week" ? "week" : null })}
        options={(["month", "week"] as const).map((value) => ({ value, label: t(value) }))} />
    </header>
  );
}

function Day({ day, isOff, rows, shown, chip, onMore }: {
  day: string; isOff: boolean; rows: Row[]; shown: number; chip: (row: Row) => React.ReactNode; onMore: () => void;
}) {
  const drop = useDroppable({ id: day });
  const over = rows.length > shown ? rows.length - shown + 1 : 0;
  return (
    <div ref={drop.setNodeRef} data-day={day} className={`calendarday${isOff ? " off" : ""}${day === today() ? " today" : ""}${drop.isOver ? " over" : ""}`}>
      <span className="daynumber num">{Number(day.slice(8))}</span>
      {rows.slice(0, rows.length - over).map(chip)}
      {over > 0 && <button type="button" className="linklike daymore" onClick={onMore}>{t("calendar_more", { n: over })}</button>}
    </div>
  );
}

function DayChip({ object, row, field, tint, canMove, isSelected, onOpen }: {
  object: ObjectDef; row: Row; field: FieldDef; tint?: string; canMove: boolean; isSelected: boolean; onOpen: () => void;
}) {
  const drag = useDraggable({ id: row.id, data: { row }, disabled: !canMove });
  const isDown = useRef(false);
  const clock = clockOf(field, row);
  return (
    <button ref={drag.setNodeRef} {...(canMove ? { ...drag.attributes, ...drag.listeners } : {})} type="button"
      className={`daychip${tint ? ` tint-${tint}` : ""}${isSelected ? " selected" : ""}${drag.isDragging ? " ghost" : ""}`}
      onClick={() => !isDown.current && onOpen()}
      onKeyDown={(event) => {
        isDown.current = drag.isDragging;
        if (event.key === "Enter" && !drag.isDragging) return;
        drag.listeners?.onKeyDown?.(event);
      }}
      onKeyUp={() => { isDown.current = false; }}>
      {clock && <span className="num meta">{clock}</span>}
      <span className="cut">{titleOf(object, row)}</span>
    </button>
  );
}

function Agenda({ days, byDay, chip, isLoaded }: { days: string[]; byDay: Map<string, Row[]>; chip: (row: Row) => React.ReactNode; isLoaded: boolean }) {
  const filled = days.filter((day) => byDay.has(day));
  if (isLoaded && filled.length === 0) return <Empty icon="calendar" title={t("calendar_none")} />;
  return (
    <DndContext>
      <ol className="agenda scroll">
        {filled.map((day) => (
          <li key={day} className={day === today() ? "today" : undefined}>
            <h3>{dayText(day)}</h3>
            {byDay.get(day)!.map(chip)}
          </li>
        ))}
      </ol>
    </DndContext>
  );
}
