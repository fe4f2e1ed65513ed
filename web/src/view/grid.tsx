import { useVirtualizer } from "@tanstack/react-virtual";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { useActions } from "@/base/actions.ts";
import { api } from "@/base/api.ts";
import { count } from "@/base/format.ts";
import { useNow, usePhone } from "@/base/hooks.ts";
import { isLevel } from "@/base/level.ts";
import { usePrefs } from "@/base/prefs.ts";
import { objectConfig, pipelinesOf, useSession } from "@/base/session.ts";
import { parseTime } from "@/base/time.ts";
import type { ObjectDef, Row } from "@/base/types.ts";
import { Cell } from "@/field/cell.tsx";
import { fieldType } from "@/field/registry.ts";
import { type Column, columnOf, titleOf, typeOf } from "@/object/object.ts";
import { Button, Level, LevelShape } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { CellEditor, type Sheet, type Spot } from "./sheet.tsx";
import { useFolded } from "./folded.ts";
import type { Look } from "./state.ts";
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
  /* Rows come ordered by it; a line above each group says what it is. */
  group: Column | null;
  /* What the groups are counted by; null when they cannot be. */
  groupWhere: string | null;
  /* Whose groups are folded: the object and the view. */
  viewKey: string;
  tints: ReadonlyMap<string, string>;
  look: Look;
}

const AHEAD_ROWS = 20;
const WIDTH_MIN = 72;

export function Grid(props: GridProps) {
  const { object, rows, columns, sheet, marked } = props;
  const isPhone = usePhone();
  const isCompactUsually = usePrefs((prefs) => prefs.isCompact);
  const isCompact = props.look.density ? props.look.density === "compact" : isCompactUsually;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(-1);
  const rowHeight = isPhone ? 64 : isCompact ? 32 : 40;
  const groupHeight = isPhone ? 44 : rowHeight;
  const folded = useFolded(`${props.viewKey}/${props.group?.path ?? ""}`);
  const { lines, lineOf } = useMemo(() => linesOf(object, rows, props.group, folded.has), [rows, props.group?.path, folded.key]);
  /* The line of a group that the keyboard stands on, instead of a row. */
  const [activeGroup, setActiveGroup] = useState<string | null>(null);
  const totals = useGroupTotals(object, props.group, props.groupWhere);
  const virtual = useVirtualizer({
    count: lines.length, getScrollElement: () => scroller.current, estimateSize: (index) => (lines[index]?.group === undefined ? rowHeight : groupHeight), overscan: 12,
  });
  useEffect(() => virtual.measure(), [rowHeight, lines]);
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (props.hasMore && !props.isLoadingMore && !props.moreError && last >= lines.length - AHEAD_ROWS) props.onMore();
  }, [last, lines.length, props.hasMore, props.isLoadingMore, props.moreError]);
  useEffect(() => {
    const index = rows.findIndex((row) => row.id === props.selected);
    if (index >= 0) {
      setActive(index);
      setActiveGroup(null);
      virtual.scrollToIndex(lineOf[index]!, { align: "auto" });
    }
  }, [props.selected]);

  const stand = (at: number) => {
    const line = lines[at];
    if (!line) return;
    setActiveGroup(line.group ?? null);
    setActive(line.row);
    virtual.scrollToIndex(at, { align: "auto" });
    if (props.selected && line.group === undefined && rows[line.row]) props.onOpen(rows[line.row]!.id);
  };
  const lineAt = activeGroup !== null ? lines.findIndex((line) => line.group === activeGroup) : (lineOf[active] ?? -1);
  const step = (by: number) => stand(Math.max(0, Math.min(lines.length - 1, lineAt + by)));
  const fold = (group: string, isFolded: boolean, isAll = false) =>
    folded.set(isAll ? lines.flatMap((line) => line.group ?? []) : [group], isFolded);
  /* Left folds the group one stands in and stands on its line, right unfolds it. */
  const foldHere = (isFolded: boolean) => {
    const at = lines.findLastIndex((line, index) => index <= lineAt && line.group !== undefined);
    const group = lines[at]?.group;
    if (group === undefined) return;
    if (isFolded) stand(at);
    fold(group, isFolded);
  };
  useActions(sheet.isOn ? [] : [
    { name: "row_edit", label: "", keys: "F2", isHidden: true, run: props.onEdit },
    { name: "row_mark", label: "", keys: "x", isHidden: true, run: () => activeGroup === null && rows[active] && mark(rows[active].id, false) },
    { name: "row_down", label: "", keys: "ArrowDown", isHidden: true, run: () => step(1) },
    { name: "row_up", label: "", keys: "ArrowUp", isHidden: true, run: () => step(-1) },
    {
      name: "row_open", label: "", keys: "Enter", isHidden: true,
      run: () => (activeGroup !== null ? fold(activeGroup, !folded.has(activeGroup)) : rows[active] && props.onOpen(rows[active].id)),
    },
    ...(props.group ? [
      { name: "group_fold", label: "", keys: "ArrowLeft", isHidden: true, run: () => foldHere(true) },
      { name: "group_unfold", label: "", keys: "ArrowRight", isHidden: true, run: () => foldHere(false) },
    ] : []),
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
    virtual.scrollToIndex(lineOf[sheet.spot.row] ?? 0, { align: "auto" });
    scroller.current?.querySelector(".cell.spot")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [sheet.spot]);

  const widths = columns.map((column, index) => props.widths[column.path] ?? (index === 0 ? 260 : fieldType(column.field).width));
  const pins = pinsOf(widths, isPhone ? 0 : (props.look.pinned ?? 0), marked !== null);
  const template = (marked ? "40px " : "") + widths.map((width, index) => (index === 0 && pins.length < 2 ? `minmax(${width}px, 1fr)` : `${width}px`)).join(" ");
  return (
    <div ref={scroller} className={`grid scroll${isPhone ? " phone" : ""}${sheet.isOn ? " sheet" : ""}${marked ? " markable" : ""}`} role="grid" aria-rowcount={rows.length}
      aria-multiselectable={marked ? true : undefined} tabIndex={sheet.isOn ? 0 : undefined}
      onKeyDown={sheet.onKeyDown} onCopy={sheet.onCopy} onPaste={sheet.onPaste}>
      {!isPhone && <Header {...props} template={template} sizes={widths} pins={pins} />}
      <div className="gridbody" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const line = lines[item.index]!;
          if (line.group !== undefined) {
            const { group } = line;
            return (
              <GroupLine key={`group:${group}:${line.row}`} object={object} column={props.group!} row={rows[line.row]!} count={totals?.get(group)} start={item.start} height={groupHeight}
                isFolded={folded.has(group)} isActive={activeGroup === group} onFold={(isAll) => fold(group, !folded.has(group), isAll)} />
            );
          }
          const index = line.row;
          const row = rows[index]!;
          const isMarked = marked?.has(row.id) ?? false;
          const isActive = index === active && activeGroup === null && !sheet.isOn;
          const tint = props.tints.get(row.id);
          const classes = ["gridrow", row.id === props.selected && "selected", isActive && "active", isMarked && "marked", tint && `tint-${tint}`].filter(Boolean).join(" ");
          return (
            <div key={row.id} role="row" aria-rowindex={index + 1} aria-selected={row.id === props.selected || isMarked} className={classes}
              style={{ transform: `translateY(${item.start}px)`, height: rowHeight, gridTemplateColumns: isPhone ? undefined : template }}
              onClick={() => {
                if (sheet.isOn) return;
                setActive(index);
                setActiveGroup(null);
                props.onOpen(row.id);
              }}>
              {marked && (
                <label className="cell markcell" role="gridcell" onClick={(event) => event.stopPropagation()}>
                  <input type="checkbox" checked={isMarked} aria-label={`${t("select_row")} ${titleOf(object, row)}`}
                    onChange={(event) => mark(row.id, (event.nativeEvent as MouseEvent).shiftKey)} />
                </label>
              )}
              {isPhone ? <PhoneRow object={object} row={row} /> : columns.map((column, at) => (
                <GridCell key={column.path} row={row} column={column} at={{ row: index, column: at }} sheet={sheet} pin={pins[at]} isLastPin={at === pins.length - 1}>
                  {at === 0 && <RowLevel object={object} row={row} />}
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

interface Line {
  row: number;
  /* The line above the rows of a group. */
  group?: string;
}

/* Pipelines share names of stages: a group of stages is one of its pipeline. */
export function groupPaths(object: ObjectDef, group: Column): string[] {
  return object.pipeline && group.path === "stage" ? ["pipeline", "stage"] : [group.path];
}

const keyOf = (paths: string[], row: Row) => JSON.stringify(paths.map((path) => row[path] ?? null));

function linesOf(object: ObjectDef, rows: Row[], group: Column | null, isFolded: (group: string) => boolean): { lines: Line[]; lineOf: number[] } {
  const lines: Line[] = [];
  const lineOf: number[] = [];
  const paths = group && groupPaths(object, group);
  let last: string | null = null;
  rows.forEach((row, index) => {
    const key = paths ? keyOf(paths, row) : null;
    if (key !== null && key !== last) lines.push({ row: index, group: key });
    last = key;
    const isHidden = key !== null && isFolded(key);
    lineOf.push(isHidden ? lines.length - 1 : lines.length);
    if (!isHidden) lines.push({ row: index });
  });
  return { lines, lineOf };
}

/* How many there are of each, loaded or not. */
function useGroupTotals(object: ObjectDef, group: Column | null, where: string | null): ReadonlyMap<string, number> | null {
  const found = useQuery({
    queryKey: ["aggregate", object.name, "groups", where, group?.path],
    queryFn: () => api.aggregate(object.name, { where: where || undefined, group: groupPaths(object, group!), values: ["COUNT()"], limit: 1000 }),
    enabled: group !== null && where !== null, retry: false,
  });
  if (!group || !found.data) return null;
  return new Map(found.data.rows.map((row) => [keyOf(groupPaths(object, group), row as Row), Number(row["COUNT()"])]));
}

function GroupLine({ object, column, row, count: counted, start, height, isFolded, isActive, onFold }: {
  object: ObjectDef; column: Column; row: Row; count: number | undefined; start: number; height: number;
  isFolded: boolean; isActive: boolean; onFold: (isAll: boolean) => void;
}) {
  const session = useSession();
  const isBlank = row[column.path] === null || row[column.path] === undefined;
  const pipeline = groupPaths(object, column).length > 1 && pipelinesOf(session, object.name).length > 1 ? columnOf(session, object, "pipeline") : null;
  return (
    <div className={`groupline${isActive ? " active" : ""}`} role="row" aria-expanded={!isFolded} style={{ transform: `translateY(${start}px)`, height }}
      onClick={(event) => onFold(event.altKey)}>
      <span role="gridcell"><button type="button" className="groupfold" aria-expanded={!isFolded} aria-label={t(isFolded ? "group_unfold" : "group_fold")} title={t("group_fold_hint")}><Icon name={isFolded ? "chevron-right" : "chevron-down"} size={14} /></button>{pipeline ? <span className="meta"><Cell row={row} column={pipeline} /></span> : <span className="meta">{column.label}</span>}{isBlank ? t("group_blank") : <Cell row={row} column={column} />}{counted !== undefined && <span className="meta num">{count(counted)}</span>}</span>
    </div>
  );
}

/* How far from the left the first columns stay, in px. */
function pinsOf(widths: number[], wanted: number, isMarkable: boolean): number[] {
  let left = isMarkable ? 40 : 0;
  return widths.slice(0, wanted).map((width) => {
    const here = left;
    left += width;
    return here;
  });
}

function GridCell({ row, column, at, sheet, pin, isLastPin, children }: {
  row: Row; column: Column; at: Spot; sheet: Sheet; pin: number | undefined; isLastPin: boolean; children: React.ReactNode;
}) {
  const isSpot = sheet.spot?.row === at.row && sheet.spot.column === at.column;
  const isEditing = sheet.editing?.spot.row === at.row && sheet.editing.spot.column === at.column;
  const error = sheet.isOn ? sheet.errorAt(row, column) : undefined;
  const classes = [
    "cell", fieldType(column.field).isNumeric && "right", at.column === 0 && "first", sheet.isOn && isSpot && "spot",
    pin !== undefined && "pinned", pin !== undefined && isLastPin && "last", sheet.isOn && sheet.isIn(at.row, at.column) && "inrange", sheet.isOn && !sheet.canEdit(column) && "fixed", error && "bad",
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
    <div role="gridcell" className={classes.filter(Boolean).join(" ")} style={pin === undefined ? undefined : { left: pin }} title={error} {...on}>
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

function Header(props: GridProps & { template: string; sizes: number[]; pins: number[] }) {
  const { columns, template, sizes, pins } = props;
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
            className={`cell${fieldType(column.field).isNumeric ? " right" : ""}${index === 0 ? " first" : ""}${index < pins.length ? " pinned" : ""}${index === pins.length - 1 ? " last" : ""}`}
            style={index < pins.length ? { left: pins[index] } : undefined}>
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
