import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import { useActions } from "@/base/actions.ts";
import { useNow, usePhone } from "@/base/hooks.ts";
import { isLevel } from "@/base/level.ts";
import { usePrefs } from "@/base/prefs.ts";
import { objectConfig, useSession } from "@/base/session.ts";
import { parseTime } from "@/base/time.ts";
import type { ObjectDef, Row } from "@/base/types.ts";
import { Cell } from "@/field/cell.tsx";
import { fieldType } from "@/field/registry.ts";
import { type Column, columnOf, titleOf, typeOf } from "@/object/object.ts";
import { Button, Level, LevelShape } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { CellEditor, type Sheet, type Spot } from "./sheet.tsx";
import { t } from "./texts.ts";

/*
 * The list. Only rows in sight exist in the page; the next page is asked for when its place comes
 * near. Arrow keys walk, Enter opens, headers sort, edges of headers resize. While cells are edited
 * (sheet.tsx), keys and presses are about cells.
 */
export interface GridProps {
  object: ObjectDef;
  rows: Row[];
  columns: Column[];
  order: string;
  widths: Record<string, number>;
  selected: string | null;
  hasMore: boolean;
  isLoadingMore: boolean;
  moreError: boolean;
  onMore: () => void;
  onOpen: (id: string) => void;
  onOrder: (order: string) => void;
  onWidths: (widths: Record<string, number>) => void;
  sheet: Sheet;
  onEdit: () => void;
  /* Null where nobody may change many at once. */
  marked: ReadonlySet<string> | null;
  onMarked: (ids: Set<string>) => void;
}

const AHEAD_ROWS = 20;
const WIDTH_MIN = 72;

export function Grid(props: GridProps) {
  const { object, rows, columns, sheet, marked } = props;
  const isPhone = usePhone();
  const isCompact = usePrefs((prefs) => prefs.isCompact);
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(-1);
  const rowHeight = isPhone ? 64 : isCompact ? 32 : 40;
  const virtual = useVirtualizer({
    count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 12,
  });
  useEffect(() => virtual.measure(), [rowHeight]);
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (props.hasMore && !props.isLoadingMore && !props.moreError && last >= rows.length - AHEAD_ROWS) props.onMore();
  }, [last, rows.length, props.hasMore, props.isLoadingMore, props.moreError]);
  useEffect(() => {
    const index = rows.findIndex((row) => row.id === props.selected);
    if (index >= 0) {
      setActive(index);
      virtual.scrollToIndex(index, { align: "auto" });
    }
  }, [props.selected]);

  const step = (by: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, active + by));
    setActive(next);
    virtual.scrollToIndex(next, { align: "auto" });
    if (props.selected && rows[next]) props.onOpen(rows[next].id);
  };
  useActions(sheet.isOn ? [] : [
    { name: "row_edit", label: "", keys: "F2", isHidden: true, run: props.onEdit },
    { name: "row_mark", label: "", keys: "x", isHidden: true, run: () => rows[active] && mark(rows[active].id, false) },
    { name: "row_down", label: "", keys: "ArrowDown", isHidden: true, run: () => step(1) },
    { name: "row_up", label: "", keys: "ArrowUp", isHidden: true, run: () => step(-1) },
    { name: "row_open", label: "", keys: "Enter", isHidden: true, run: () => rows[active] && props.onOpen(rows[active].id) },
  ]);

  const lastMark = useRef(-1);
  const mark = (id: string, isRange: boolean) => {
    const next = new Set(marked);
    const index = rows.findIndex((row) => row.id === id);
    const isOn = !next.has(id);
    const from = isRange && lastMark.current >= 0 ? lastMark.current : index;
    for (let i = Math.min(from, index); i <= Math.max(from, index); i += 1) {
      if (isOn) next.add(rows[i]!.id);
      else next.delete(rows[i]!.id);
    }
    lastMark.current = index;
    props.onMarked(next);
  };
  /* The keys of the sheet are heard where the focus is. */
  useEffect(() => {
    if (sheet.isOn && !sheet.editing && !scroller.current?.querySelector(".latent")) scroller.current?.focus({ preventScroll: true });
  }, [sheet.isOn, sheet.editing, sheet.spot]);
  useEffect(() => {
    if (!sheet.spot) return;
    virtual.scrollToIndex(sheet.spot.row, { align: "auto" });
    scroller.current?.querySelector(".cell.spot")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [sheet.spot]);

  const widths = columns.map((column, index) => props.widths[column.path] ?? (index === 0 ? 260 : fieldType(column.field).width));
  const template = (marked ? "40px " : "") + widths.map((width, index) => (index === 0 ? `minmax(${width}px, 1fr)` : `${width}px`)).join(" ");
  return (
    <div ref={scroller} className={`grid scroll${isPhone ? " phone" : ""}${sheet.isOn ? " sheet" : ""}${marked ? " markable" : ""}`} role="grid" aria-rowcount={rows.length}
      aria-multiselectable={marked ? true : undefined} tabIndex={sheet.isOn ? 0 : undefined}
      onKeyDown={sheet.onKeyDown} onCopy={sheet.onCopy} onPaste={sheet.onPaste}>
      {!isPhone && <Header {...props} template={template} sizes={widths} />}
      <div className="gridbody" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index]!;
          const isMarked = marked?.has(row.id) ?? false;
          const isActive = item.index === active && !sheet.isOn;
          const classes = ["gridrow", row.id === props.selected && "selected", isActive && "active", isMarked && "marked"].filter(Boolean).join(" ");
          return (
            <div key={row.id} role="row" aria-rowindex={item.index + 1} aria-selected={row.id === props.selected || isMarked} className={classes}
              style={{ transform: `translateY(${item.start}px)`, height: rowHeight, gridTemplateColumns: isPhone ? undefined : template }}
              onClick={() => {
                if (sheet.isOn) return;
                setActive(item.index);
                props.onOpen(row.id);
              }}>
              {marked && (
                <label className="cell markcell" role="gridcell" onClick={(event) => event.stopPropagation()}>
                  <input type="checkbox" checked={isMarked} aria-label={`${t("select_row")} ${titleOf(object, row)}`}
                    onChange={(event) => mark(row.id, (event.nativeEvent as MouseEvent).shiftKey)} />
                </label>
              )}
              {isPhone ? <PhoneRow object={object} row={row} /> : columns.map((column, index) => (
                <GridCell key={column.path} row={row} column={column} at={{ row: item.index, column: index }} sheet={sheet}>
                  {index === 0 && <RowLevel object={object} row={row} />}
                  <Cell row={row} column={column} />
                </GridCell>
              ))}
            </div>
          );
        })}
      </div>
      {props.moreError && <div className="gridmore">{t("more_failed")} <Button isSmall onClick={props.onMore}>{t("retry")}</Button></div>}
    </div>
  );
}

function GridCell({ row, column, at, sheet, children }: { row: Row; column: Column; at: Spot; sheet: Sheet; children: React.ReactNode }) {
  const isSpot = sheet.spot?.row === at.row && sheet.spot.column === at.column;
  const isEditing = sheet.editing?.spot.row === at.row && sheet.editing.spot.column === at.column;
  const error = sheet.isOn ? sheet.errorAt(row, column) : undefined;
  const classes = [
    "cell", fieldType(column.field).isNumeric && "right", at.column === 0 && "first", sheet.isOn && isSpot && "spot",
    sheet.isOn && sheet.isIn(at.row, at.column) && "inrange", sheet.isOn && !sheet.canEdit(column) && "fixed", error && "bad",
  ];
  const on = sheet.isOn ? {
    "aria-selected": sheet.isIn(at.row, at.column),
    onMouseDown: (event: React.MouseEvent) => {
      if (isEditing || event.button !== 0) return;
      event.preventDefault();
      (event.currentTarget.closest(".grid") as HTMLElement).focus({ preventScroll: true });
      sheet.choose(at, event.shiftKey);
    },
    onMouseEnter: (event: React.MouseEvent) => event.buttons === 1 && !sheet.editing && sheet.choose(at, true),
    onDoubleClick: () => sheet.begin(at),
  } : {};
  return (
    <div role="gridcell" className={classes.filter(Boolean).join(" ")} title={error} {...on}>
      {children}
      {sheet.isOn && isSpot && <CellEditor key={`${row.id}:${column.path}`} sheet={sheet} row={row} column={column} at={at} />}
      {error && isSpot && !isEditing && <span className="cellerror" role="alert">{error}</span>}
    </div>
  );
}

function RowLevel({ object, row }: { object: ObjectDef; row: Row }) {
  const session = useSession();
  const name = objectConfig(session, object.name).level;
  if (!name) return null;
  const level = row[name];
  return <span className={`rowlevel level ${isLevel(level) ? level : ""}`}>{isLevel(level) && <LevelShape level={level} size={11} />}</span>;
}

function PhoneRow({ object, row }: { object: ObjectDef; row: Row }) {
  const session = useSession();
  const nowMs = useNow(60_000);
  const config = objectConfig(session, object.name);
  const sub = config.phone?.sub ? columnOf(session, object, config.phone.sub) : null;
  const right = config.phone?.right ? columnOf(session, object, config.phone.right) : null;
  const level = config.level ? row[config.level] : null;
  const since = parseTime(row[config.level_since ?? ""] as string | null);
  return (
    <div className="phonerow" role="gridcell">
      <span className="rowline">
        <strong className="cut grow">{titleOf(object, row)}</strong>
        {right && <Cell row={row} column={right} />}
      </span>
      <span className="rowline meta">
        <span className="cut grow">{sub && <Cell row={row} column={sub} />}</span>
        {isLevel(level) ? <Level level={level} sinceMs={since === null ? null : nowMs - since} />
          : object.pipeline && <StageTag object={object} row={row} />}
      </span>
    </div>
  );
}

function StageTag({ object, row }: { object: ObjectDef; row: Row }) {
  const session = useSession();
  const column = columnOf(session, object, "stage");
  return column && <Cell row={row} column={column} />;
}

export function orderOf(order: string): { path: string; isDown: boolean } | null {
  const first = order.split(",")[0]?.trim();
  return first ? { path: first.replace(/^-/, ""), isDown: first.startsWith("-") } : null;
}

function MarkAll({ rows, marked, onMarked }: { rows: Row[]; marked: ReadonlySet<string>; onMarked: (ids: Set<string>) => void }) {
  const count = rows.filter((row) => marked.has(row.id)).length;
  const isAll = count > 0 && count === rows.length;
  return (
    <label className="cell markcell" role="columnheader">
      <input type="checkbox" aria-label={t("select_all")} checked={isAll} ref={(box) => { if (box) box.indeterminate = count > 0 && !isAll; }}
        onChange={() => onMarked(new Set(isAll ? [] : rows.map((row) => row.id)))} />
    </label>
  );
}

function Header(props: GridProps & { template: string; sizes: number[] }) {
  const { columns, template, sizes } = props;
  const isLeveled = Boolean(objectConfig(useSession(), props.object.name).level);
  const sorted = orderOf(props.order);
  const sort = (column: Column) => {
    const key = column.labelPath ?? column.path;
    const isHere = sorted?.path === key || sorted?.path === column.path;
    const downFirst = ["money", "number", "integer", "date", "datetime"].includes(typeOf(column.field));
    const isDown = isHere ? !sorted!.isDown : downFirst;
    props.onOrder((isDown ? "-" : "") + key);
  };
  const resize = (event: React.PointerEvent, index: number) => {
    event.preventDefault();
    event.stopPropagation();
    const from = event.clientX;
    const cell = (event.currentTarget as HTMLElement).parentElement!;
    const start = index === 0 ? cell.offsetWidth : sizes[index]!;
    const path = columns[index]!.path;
    let width = start;
    const move = (at: PointerEvent) => {
      width = Math.max(WIDTH_MIN, start + at.clientX - from);
      props.onWidths({ ...props.widths, [path]: width });
    };
    const up = () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", up);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", up);
  };
  return (
    <div className="gridhead" role="row" style={{ gridTemplateColumns: template }}>
      {props.marked && <MarkAll rows={props.rows} marked={props.marked} onMarked={props.onMarked} />}
      {columns.map((column, index) => {
        const isSorted = sorted && (sorted.path === column.path || sorted.path === column.labelPath);
        return (
          <div key={column.path} role="columnheader" aria-sort={isSorted ? (sorted.isDown ? "descending" : "ascending") : undefined}
            className={`cell${fieldType(column.field).isNumeric ? " right" : ""}${index === 0 ? " first" : ""}`}>
            {index === 0 && isLeveled && <span className="rowlevel" />}
            <button type="button" className="cut" title={t("sort_by", { name: column.label })} onClick={() => sort(column)}>
              <span className="cut">{column.label}</span>
              {isSorted && <Icon name={sorted.isDown ? "arrow-down" : "arrow-up"} size={13} />}
            </button>
            <span className="resizer" aria-hidden="true" title={t("resize")} onPointerDown={(event) => resize(event, index)} />
          </div>
        );
      })}
    </div>
  );
}
