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
import { t } from "./texts.ts";

/*
 * The list. Only rows in sight exist in the page; the next page is asked for when its place comes
 * near. Arrow keys walk, Enter opens, headers sort, edges of headers resize.
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
}

const AHEAD_ROWS = 20;
const WIDTH_MIN = 72;

export function Grid(props: GridProps) {
  const { object, rows, columns } = props;
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
  useActions([
    { name: "row_down", label: "", keys: "ArrowDown", isHidden: true, run: () => step(1) },
    { name: "row_up", label: "", keys: "ArrowUp", isHidden: true, run: () => step(-1) },
    { name: "row_open", label: "", keys: "Enter", isHidden: true, run: () => rows[active] && props.onOpen(rows[active].id) },
  ]);

  const widths = columns.map((column, index) => props.widths[column.path] ?? (index === 0 ? 260 : fieldType(column.field).width));
  const template = widths.map((width, index) => (index === 0 ? `minmax(${width}px, 1fr)` : `${width}px`)).join(" ");
  return (
    <div ref={scroller} className={`grid scroll${isPhone ? " phone" : ""}`} role="grid" aria-rowcount={rows.length}>
      {!isPhone && <Header {...props} template={template} sizes={widths} />}
      <div className="gridbody" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index]!;
          const classes = ["gridrow", row.id === props.selected && "selected", item.index === active && "active"].filter(Boolean).join(" ");
          return (
            <div key={row.id} role="row" aria-rowindex={item.index + 1} aria-selected={row.id === props.selected} className={classes}
              style={{ transform: `translateY(${item.start}px)`, height: rowHeight, gridTemplateColumns: isPhone ? undefined : template }}
              onClick={() => { setActive(item.index); props.onOpen(row.id); }}>
              {isPhone ? <PhoneRow object={object} row={row} /> : columns.map((column, index) => (
                <div key={column.path} role="gridcell" className={`cell${fieldType(column.field).isNumeric ? " right" : ""}${index === 0 ? " first" : ""}`}>
                  {index === 0 && <RowLevel object={object} row={row} />}
                  <Cell row={row} column={column} />
                </div>
              ))}
            </div>
          );
        })}
      </div>
      {props.moreError && <div className="gridmore">{t("more_failed")} <Button isSmall onClick={props.onMore}>{t("retry")}</Button></div>}
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

function Header(props: GridProps & { template: string; sizes: number[] }) {
  const { columns, template, sizes } = props;
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
      {columns.map((column, index) => {
        const isSorted = sorted && (sorted.path === column.path || sorted.path === column.labelPath);
        return (
          <div key={column.path} role="columnheader" aria-sort={isSorted ? (sorted.isDown ? "descending" : "ascending") : undefined}
            className={`cell${fieldType(column.field).isNumeric ? " right" : ""}${index === 0 ? " first" : ""}`}>
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
