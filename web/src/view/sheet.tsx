import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { tr } from "@/base/i18n.ts";
import { queryClient, useSession } from "@/base/session.ts";
import type { ObjectDef, Page, Row, Value } from "@/base/types.ts";
import { fieldType } from "@/field/registry.ts";
import { type Column, choicesOf, labelIn, targetOf } from "@/object/object.ts";
import { problemText } from "@/record/use.ts";
import { Combobox } from "@/ui/combobox.tsx";
import { toast } from "@/ui/layer.tsx";
import { type RowChange, runBatch } from "./batch.ts";
import { canEditColumn, cellText, type Names, type Parsed, readCell, readTable, writeTable } from "@/field/cells.ts";
import { t } from "./texts.ts";

/*
 * The list as a spreadsheet: a cell is chosen, typed over, copied, pasted into, emptied, and taken
 * back. What is typed shows at once; what the server refuses goes back to what it was, and the cell
 * says why.
 */
export interface Spot {
  row: number;
  column: number;
}

interface CellChange {
  row: Row;
  column: Column;
  to: Parsed;
}

const keyOf = (id: string, path: string) => `${id}:${path}`;

/* Rows of the object wherever a list on screen holds them. */
function patchRows(object: string, change: (row: Row) => Row) {
  queryClient.setQueriesData<{ pages?: Page<Row>[] }>({ queryKey: ["records", object] }, (data) =>
    data?.pages ? { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.map(change) })) } : data);
}

export interface Sheet {
  isOn: boolean;
  /* What is to be drawn: as they were while a cell is typed into, so that nothing moves under the hand. */
  rows: Row[];
  spot: Spot | null;
  editing: { spot: Spot; first: string | null } | null;
  isIn(row: number, column: number): boolean;
  errorAt(row: Row, column: Column): string | undefined;
  canEdit(column: Column): boolean;
  choose(spot: Spot, isMore: boolean): void;
  begin(spot: Spot, first?: string | null): void;
  cancel(): void;
  /* null: as it was. */
  commit(text: string | Parsed | null, move: "down" | "right" | "left" | null): void;
  onKeyDown(event: React.KeyboardEvent): void;
  onCopy(event: React.ClipboardEvent): void;
  onPaste(event: React.ClipboardEvent): void;
}

export function useSheet(object: ObjectDef, live: Row[], columns: Column[], isOn: boolean, onEnd: () => void): Sheet {
  const session = useSession();
  const [spot, setSpot] = useState<Spot | null>(null);
  const [far, setFar] = useState<Spot | null>(null);
  const [editing, setEditing] = useState<Sheet["editing"]>(null);
  const held = useRef(live);
  if (!editing) held.current = live;
  const rows = held.current;
  const [errors, setErrors] = useState<ReadonlyMap<string, string>>(new Map());
  const undos = useRef<CellChange[][]>([]);
  /* What is being saved: an undo waits for it, else it would take back the change before. */
  const saving = useRef<Promise<void>>(Promise.resolve());
  const canEdit = useMemo(() => {
    const editable = new Set(columns.filter((column) => canEditColumn(session, object, column)).map((column) => column.path));
    return (column: Column) => editable.has(column.path);
  }, [columns, object, session]);
  useEffect(() => {
    if (isOn && !spot && rows.length) setSpot({ row: 0, column: Math.max(0, columns.findIndex(canEdit)) });
    if (!isOn) {
      setSpot(null);
      setFar(null);
      setEditing(null);
      setErrors(new Map());
    }
  }, [isOn, rows.length > 0]);

  const end = far ?? spot;
  const box = spot && end && {
    top: Math.min(spot.row, end.row), bottom: Math.max(spot.row, end.row),
    left: Math.min(spot.column, end.column), right: Math.max(spot.column, end.column),
  };
  const clamp = (to: Spot): Spot => ({
    row: Math.max(0, Math.min(rows.length - 1, to.row)), column: Math.max(0, Math.min(columns.length - 1, to.column)),
  });
  const choose = (to: Spot, isMore: boolean) => {
    if (isMore && spot) setFar(clamp(to));
    else {
      setSpot(clamp(to));
      setFar(null);
    }
  };
  const step = (down: number, right: number, isMore = false) => {
    const from = (isMore ? end : spot) ?? { row: 0, column: 0 };
    choose({ row: from.row + down, column: from.column + right }, isMore);
  };
  const begin = (at: Spot, first: string | null = null) => {
    const column = columns[at.column];
    if (!column || !rows[at.row]) return;
    if (!canEdit(column)) return void toast(t("cell_fixed"));
    setEditing({ spot: at, first });
  };

  /* Sends cells, shows them at once, and takes back what was refused. */
  const apply = async (cells: CellChange[], isUndo = false) => {
    const bad = new Map(errors);
    for (const { row, column } of cells) bad.delete(keyOf(row.id, column.path));
    const good = cells.filter(({ row, column, to }) => {
      if (to.problem) bad.set(keyOf(row.id, column.path), to.problem);
      return !to.problem && JSON.stringify(to.value) !== JSON.stringify(row[column.path] ?? null);
    });
    const byRow = new Map<string, CellChange[]>();
    for (const cell of good) byRow.set(cell.row.id, [...(byRow.get(cell.row.id) ?? []), cell]);
    const show = (list: CellChange[]) => {
      const of = new Map<string, CellChange[]>();
      for (const cell of list) of.set(cell.row.id, [...(of.get(cell.row.id) ?? []), cell]);
      patchRows(object.name, (row) => (of.get(row.id) ?? []).reduce<Row>((out, { column, to }) => ({
        ...out, [column.path]: to.value, ...(column.labelPath ? { [column.labelPath]: to.label ?? null } : {}),
      }), row));
    };
    const back = (list: CellChange[]) => list.map((cell): CellChange => ({
      ...cell, row: { ...cell.row, [cell.column.path]: cell.to.value }, to: { value: cell.row[cell.column.path] ?? null, label: labelIn(cell.row, cell.column) },
    }));
    setErrors(bad);
    let refusedCount = bad.size - errors.size > 0 ? cells.filter(({ to }) => to.problem).length : 0;
    if (good.length) {
      show(good);
      const changes: RowChange[] = [...byRow].map(([id, list]) => ({
        id, version: isUndo ? undefined : list[0]!.row.version, values: Object.fromEntries(list.map(({ column, to }) => [column.path, to.value])),
      }));
      try {
        const out = await runBatch(object.name, changes);
        const versions = new Map(out.done.map(({ id, version }) => [id, version]));
        patchRows(object.name, (row) => (versions.has(row.id) ? { ...row, version: versions.get(row.id)! } : row));
        const refused = new Set(out.refused.map(({ id }) => id));
        const lost = good.filter(({ row }) => refused.has(row.id));
        show(back(lost));
        for (const { id, field, message } of out.refused) {
          const here = byRow.get(id)!;
          const named = here.filter(({ column }) => column.path === field);
          for (const { column } of named.length ? named : here) bad.set(keyOf(id, column.path), message);
        }
        setErrors(new Map(bad));
        refusedCount += lost.length;
        const done = good.filter(({ row }) => versions.has(row.id));
        if (done.length && !isUndo) undos.current = [...undos.current.slice(-49), back(done)];
        if (isUndo) toast(t("cells_undone"));
        else if (done.length > 1) {
          const close = toast(t("cells_saved", { n: done.length }), { action: { label: t("undo"), run: () => { close(); undo(); } } });
        }
        for (const id of versions.keys()) void queryClient.invalidateQueries({ queryKey: ["record", object.name, id] });
        void queryClient.invalidateQueries({ queryKey: ["aggregate", object.name] });
      } catch (error) {
        show(back(good));
        toast(problemText(error), { isBad: true });
        return;
      }
    }
    if (refusedCount > 0) toast(t("cells_bad", { n: refusedCount }), { isBad: true });
  };
  const track = (work: Promise<void>) => {
    saving.current = Promise.allSettled([saving.current, work]).then(() => undefined);
  };
  const undo = () => {
    saving.current = saving.current.then(async () => {
      const last = undos.current.pop();
      if (last) await apply(last, true);
    });
  };
  /* What others changed beside the cell meanwhile is no conflict; the cell itself is: then the version stays that of before. */
  const upToDate = (row: Row, column: Column): Row => {
    const now = live.find((other) => other.id === row.id);
    const isSame = now && JSON.stringify(now[column.path] ?? null) === JSON.stringify(row[column.path] ?? null);
    return isSame ? now : row;
  };
  const changed = async (at: Spot, text: string | Parsed, names?: Names): Promise<CellChange> => {
    const column = columns[at.column]!;
    const row = upToDate(rows[at.row]!, column);
    return { row, column, to: typeof text === "string" ? await readCell(session, column, row, text, names).catch((error: unknown) => ({ value: null, problem: problemText(error) })) : text };
  };
  const commit = (text: string | Parsed | null, move: "down" | "right" | "left" | null) => {
    if (!editing) return;
    const at = editing.spot;
    setEditing(null);
    if (text !== null) track(changed(at, text).then((cell) => apply([cell])));
    if (move === "down") choose({ ...at, row: at.row + 1 }, false);
    if (move === "right") choose({ ...at, column: at.column + 1 }, false);
    if (move === "left") choose({ ...at, column: at.column - 1 }, false);
  };
  const spots = (): Spot[] => {
    const out: Spot[] = [];
    for (let row = box!.top; row <= box!.bottom; row += 1) for (let column = box!.left; column <= box!.right; column += 1) out.push({ row, column });
    return out;
  };
  const fill = (table: string[][]) => track(fillNow(table));
  const fillNow = async (table: string[][]) => {
    const isOne = table.length === 1 && table[0]!.length === 1;
    const wanted = isOne ? spots().map((at) => ({ at, text: table[0]![0]! }))
      : table.flatMap((line, i) => line.map((text, k) => ({ at: { row: box!.top + i, column: box!.left + k }, text })));
    const inside = wanted.filter(({ at }) => at.row < rows.length && at.column < columns.length);
    const names: Names = new Map();
    const cells = await Promise.all(inside.map(({ at, text }) =>
      canEdit(columns[at.column]!) ? changed(at, text, names) : changed(at, { value: null, problem: t("cell_fixed") })));
    /* A column that cannot be changed may be part of what is pasted, as long as it says the same. */
    const kept = cells.filter((cell, i) => canEdit(cell.column) || cellText(session, cell.column, cell.row) !== inside[i]!.text.trim());
    if (table.length > rows.length - box!.top && !isOne) toast(t("paste_cut", { n: rows.length - box!.top }), { isBad: true });
    if (!isOne) setFar(clamp({ row: box!.top + table.length - 1, column: box!.left + table[0]!.length - 1 }));
    await apply(kept);
  };

  const onKeyDown = (event: React.KeyboardEvent) => {
    if (!isOn || editing || !spot || event.nativeEvent.isComposing) return;
    const isMod = event.ctrlKey || event.metaKey;
    const run: Record<string, () => void> = {
      ArrowDown: () => step(1, 0, event.shiftKey), ArrowUp: () => step(-1, 0, event.shiftKey),
      ArrowRight: () => step(0, 1, event.shiftKey), ArrowLeft: () => step(0, -1, event.shiftKey),
      Tab: () => step(0, event.shiftKey ? -1 : 1), Enter: () => begin(spot), F2: () => begin(spot),
      Delete: () => fill([[""]]), Backspace: () => fill([[""]]),
      Escape: () => (far ? setFar(null) : onEnd()),
    };
    const isEdge = event.key === "Tab" && (event.shiftKey ? spot.column === 0 : spot.column === columns.length - 1);
    if (isMod && event.key.toLowerCase() === "z") undo();
    else if (!isMod && run[event.key] && !isEdge) run[event.key]!();
    else if (!isMod && !event.altKey && event.key.length === 1) {
      /* What is typed goes to the input that waits in the cell. */
      const column = columns[spot.column]!;
      event.stopPropagation();
      if (canEdit(column) && !isPicked(column) && !NATIVE[column.field.type]) return;
      begin(spot, canEdit(column) && !isPicked(column) ? null : event.key);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return {
    isOn, rows, spot, editing, canEdit, choose, begin, commit, onKeyDown,
    isIn: (row, column) => Boolean(box && row >= box.top && row <= box.bottom && column >= box.left && column <= box.right),
    errorAt: (row, column) => errors.get(keyOf(row.id, column.path)),
    cancel: () => setEditing(null),
    onCopy: (event) => {
      if (!isOn || editing || !box) return;
      event.preventDefault();
      const lines = rows.slice(box.top, box.bottom + 1);
      event.clipboardData.setData("text/plain", writeTable(lines.map((row) => columns.slice(box.left, box.right + 1).map((column) => cellText(session, column, row)))));
    },
    onPaste: (event) => {
      const text = event.clipboardData.getData("text/plain");
      if (!isOn || editing || !box || !text) return;
      event.preventDefault();
      fill(readTable(text));
    },
  };
}

const isPicked = (column: Column) => ["choice", "multi_choice", "many_to_many", "boolean"].includes(column.field.type) || targetOf(column.field) !== null;
const isMany = (column: Column) => column.field.type === "multi_choice" || column.field.type === "many_to_many";
const NATIVE: Record<string, string> = { date: "date", datetime: "datetime-local" };

function moveOf(event: React.KeyboardEvent): "down" | "right" | "left" | null {
  if (event.key === "Enter") return "down";
  return event.key === "Tab" ? (event.shiftKey ? "left" : "right") : null;
}

/* The chosen cell: what is typed into it, or picked for it. */
export function CellEditor({ sheet, row, column, at }: { sheet: Sheet; row: Row; column: Column; at: Spot }) {
  const isEditing = sheet.editing?.spot.row === at.row && sheet.editing.spot.column === at.column;
  if (!sheet.canEdit(column)) return null;
  if (isMany(column)) return isEditing ? <ManyEditor sheet={sheet} row={row} column={column} /> : null;
  if (!isPicked(column)) return <TextEditor sheet={sheet} row={row} column={column} at={at} isEditing={isEditing} />;
  return isEditing ? <PickEditor sheet={sheet} row={row} column={column} /> : null;
}

/*
 * Waits in the chosen cell, out of sight, so that the first key, also of an input method, begins
 * the new text.
 */
function TextEditor({ sheet, row, column, at, isEditing }: { sheet: Sheet; row: Row; column: Column; at: Spot; isEditing: boolean }) {
  const session = useSession();
  const input = useRef<HTMLInputElement>(null);
  const native = NATIVE[column.field.type];
  const before = native ? cellText(session, column, row).replace(" ", "T") : cellText(session, column, row);
  const [text, setText] = useState("");
  const isDone = useRef(false);
  /* Before the next key: one that comes at once after Escape or F2 meets the cell as it is now. */
  useLayoutEffect(() => input.current?.focus({ preventScroll: true }), [sheet.spot]);
  useLayoutEffect(() => {
    isDone.current = !isEditing;
    if (!isEditing) setText("");
    else if (sheet.editing!.first === null) {
      setText(before);
      requestAnimationFrame(() => input.current?.select());
    }
    input.current?.focus({ preventScroll: true });
  }, [isEditing]);
  const finish = (move: "down" | "right" | "left" | null) => {
    if (isDone.current) return;
    isDone.current = true;
    sheet.commit(text === before ? null : text, move);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (!isEditing) return;
    event.stopPropagation();
    const move = moveOf(event);
    if (event.nativeEvent.isComposing || (event.key !== "Escape" && !move)) return;
    event.preventDefault();
    if (move) return finish(move);
    isDone.current = true;
    sheet.cancel();
  };
  const typed = () => {
    if (!isEditing) sheet.begin(at, "");
  };
  return (
    <div className={`celleditor${isEditing ? "" : " latent"}`} onMouseDown={(event) => isEditing && event.stopPropagation()}>
      <input ref={input} className="input" type={native ?? "text"} aria-label={column.label} autoComplete="off" value={text}
        onKeyDown={onKeyDown} onCompositionStart={typed} onBlur={() => isEditing && finish(null)}
        onChange={(event) => {
          setText(event.target.value);
          typed();
        }} />
    </div>
  );
}

/* Several of a list: pressed on and off; kept when the cell is left, Enter or Tab pressed. */
function ManyEditor({ sheet, row, column }: { sheet: Sheet; row: Row; column: Column }) {
  const { field, object } = column;
  const box = useRef<HTMLDivElement>(null);
  const before = row[column.path] ?? null;
  const [{ value, label }, setDraft] = useState<{ value: Value; label: string | null }>({ value: before, label: labelIn(row, column) });
  useEffect(() => box.current?.querySelector<HTMLElement>("button,input")?.focus(), []);
  const finish = (move: "down" | "right" | "left" | null) =>
    sheet.commit(JSON.stringify(value) === JSON.stringify(before) ? null : { value, label }, move);
  const onKeyDown = (event: React.KeyboardEvent) => {
    event.stopPropagation();
    if (event.nativeEvent.isComposing) return;
    /* Enter in a box of choices presses it; in one that finds records it has been used up when it picked one. */
    const isPress = event.target instanceof HTMLInputElement && event.target.type !== "text" && event.key === "Enter";
    const move = isPress ? null : moveOf(event);
    if (event.key === "Escape") sheet.cancel();
    else if (!move) return;
    else finish(move);
    event.preventDefault();
  };
  const onBlur = (event: React.FocusEvent) => {
    const to = event.relatedTarget;
    if (!box.current?.contains(to) && !(to instanceof Element && to.closest(".pop"))) finish(null);
  };
  const { Input } = fieldType(field);
  return (
    <div ref={box} className="celleditor many" onKeyDown={onKeyDown} onBlur={onBlur} onMouseDown={(event) => event.stopPropagation()} onDoubleClick={(event) => event.stopPropagation()}>
      <Input field={field} object={object} value={value} label={label} row={row} onChange={(next, name) => setDraft({ value: next, label: name ?? null })} />
    </div>
  );
}

function PickEditor({ sheet, row, column }: { sheet: Sheet; row: Row; column: Column }) {
  const session = useSession();
  const { field, object } = column;
  const box = useRef<HTMLDivElement>(null);
  const value = row[column.path] ?? null;
  useEffect(() => {
    const input = box.current?.querySelector<HTMLInputElement>("input");
    input?.focus();
    input?.click();
  }, []);
  const onKeyDown = (event: React.KeyboardEvent) => {
    event.stopPropagation();
    const move = moveOf(event);
    if (event.nativeEvent.isComposing || (event.key !== "Escape" && !move)) return;
    event.preventDefault();
    sheet.commit(null, move === "down" ? null : move);
  };
  const onBlur = (event: React.FocusEvent) => {
    const to = event.relatedTarget;
    if (!box.current?.contains(to) && !(to instanceof Element && to.closest(".pop"))) sheet.cancel();
  };
  const picked = (next: Value, label?: string | null) => sheet.commit({ value: next, label }, null);
  const { Input } = fieldType(field);
  const isYesNo = field.type === "boolean";
  return (
    <div ref={box} className="celleditor" onKeyDown={onKeyDown} onBlur={onBlur} onMouseDown={(event) => event.stopPropagation()} onDoubleClick={(event) => event.stopPropagation()}>
      {targetOf(field) ? <Input field={field} object={object} value={value} label={labelIn(row, column)} row={row} onChange={picked} />
        : <Combobox ariaLabel={column.label} value={value === null ? null : String(value)} isClearable={!field.required}
            options={isYesNo ? [{ value: "true", label: t("yes") }, { value: "false", label: t("no") }]
              : choicesOf(session, object, field, row).map((choice) => ({ value: choice.name, label: tr(choice.label) }))}
            onChange={(next) => picked(isYesNo && next !== null ? next === "true" : next)} />}
    </div>
  );
}
