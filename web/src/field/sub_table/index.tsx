import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { tr } from "@/base/i18n.ts";
import { type Session, useSession } from "@/base/session.ts";
import type { FieldDef, ObjectDef, Row, Value } from "@/base/types.ts";
import { columnOf, fieldOf } from "@/object/object.ts";
import { Button } from "@/ui/basics.tsx";
import { moved, useDragOrder } from "@/ui/drag_order.ts";
import { Icon } from "@/ui/icon.tsx";
import { toast } from "@/ui/layer.tsx";
import { type Names, type Parsed, readCell, readTable } from "../cells.ts";
import type { FieldType, InputProps, ViewProps } from "../field.ts";
import { fieldType } from "../registry.ts";
import { t } from "../texts.ts";
import "./sub_table.css";

/* The lines that belong to a record: a table, on a phone one card per line. */
type Line = Record<string, Value>;

function linesOf(value: unknown): Line[] {
  return Array.isArray(value) ? (value as Line[]) : [];
}

/* What a line is about: its own fields, without the way back. */
function columnsOf(lines: ObjectDef, field: FieldDef): FieldDef[] {
  const via = (field as FieldDef & { via?: string }).via;
  return lines.fields.filter((one) => !one.system && one.name !== via && one.type !== ("sub_table" as FieldDef["type"]));
}

/* What it points to can be gone to. */
function isNamed(field: FieldDef): boolean {
  return field.type === "reference" || field.type === "many_to_many";
}

function isNumeric(field: FieldDef): boolean {
  return fieldType(field).isNumeric === true;
}

const SUMMED = new Set<string>(["money", "integer", "number"]);

/* The sum of a column of whole or exact numbers, of what is typed as well; null: nothing to add. */
function sumOf(lines: Line[], field: FieldDef): string | null {
  const isUnknown = field.readonly && lines.some((line) => (line[field.name] ?? null) === null);
  if (isUnknown) return null;
  const scale = field.scale ?? 0;
  const shown = field.type === "formula" ? field.result : field.type;
  if (!SUMMED.has(shown ?? "")) return null;
  let units = 0;
  let isAny = false;
  for (const line of lines) {
    const value = line[field.name];
    if (value === null || value === undefined || value === "" || !Number.isFinite(Number(value))) continue;
    units += Math.round(Number(value) * 10 ** scale);
    isAny = true;
  }
  return isAny ? (units / 10 ** scale).toFixed(scale) : null;
}

function View({ field, value, isLong }: ViewProps) {
  const session = useSession();
  const lines = linesOf(value);
  const object = session.objects.get(field.to ?? "");
  if (!object || lines.length === 0) return <span className="none" aria-label={t("none")}>—</span>;
  if (!isLong) return <span className="num">{t("lines", { n: String(lines.length) })}</span>;
  const columns = columnsOf(object, field);
  return (
    <table className="lines">
      <thead><tr>{columns.map((one) => <th key={one.name} scope="col" className={isNumeric(one) ? "right" : undefined}>{tr(one.label)}</th>)}</tr></thead>
      <tbody>
        {lines.map((line, i) => (
          <tr key={String(line.id ?? i)}>
            {columns.map((one) => {
              const { View: Shown } = fieldType(one);
              const path = columnOf(session, object, one.name)?.labelPath;
              return <td key={one.name} data-label={tr(one.label)} className={isNumeric(one) ? "right" : undefined}><Shown field={one} object={object} value={line[one.name]} label={path ? (line[path] as string | null) : undefined} isLong={isNamed(one)} /></td>;
            })}
          </tr>
        ))}
      </tbody>
      <Sums lines={lines} object={object} columns={columns} />
    </table>
  );
}

function Sums({ lines, object, columns, more }: { lines: Line[]; object: ObjectDef; columns: FieldDef[]; more?: boolean }) {
  /* Amounts are summed, prices are not: what is computed, else what is money. */
  const isAmount = (one: FieldDef) => one.type === "formula";
  const chosen = columns.some((one) => isAmount(one) && SUMMED.has(one.result ?? "")) ? isAmount : (one: FieldDef) => one.type === "money";
  const sums = columns.map((one) => (chosen(one) ? sumOf(lines, one) : null));
  if (lines.length < 2 || sums.every((sum) => sum === null)) return null;
  return (
    <tfoot>
      <tr>
        {more && <td />}
        {columns.map((one, i) => {
          const { View: Shown } = fieldType(one);
          return <td key={one.name} data-label={tr(one.label)} className={isNumeric(one) ? "right" : undefined}>{sums[i] !== null && <Shown field={one} object={object} value={sums[i]} />}</td>;
        })}
        {more && <td />}
      </tr>
    </tfoot>
  );
}

/* A line on its way: its key stays with it wherever it is moved, and so does what was refused in it. */
interface Draft {
  key: number;
  errors: Record<string, string>;
}

const LINES_MAX = 200;
let keyCount = 0;
const draft = (): Draft => ({ key: (keyCount += 1), errors: {} });

/* "lines[2].amount" as 2 and "amount". */
function placeOf(field: string, path: string): { line: number; name: string } | null {
  const found = path.startsWith(`${field}[`) ? /^\[(\d+)\]\.?(.*)$/.exec(path.slice(field.length)) : null;
  return found ? { line: Number(found[1]), name: found[2]! } : null;
}

/* What stands beside the lines while they are edited, kept in step with their order. */
function useDrafts(field: FieldDef, lines: Line[], errors: Record<string, string> | undefined) {
  const [drafts, setDrafts] = useState<Draft[]>(() => lines.map(draft));
  useEffect(() => {
    if (!errors) return;
    setDrafts((old) => old.map((one, i) => ({
      ...one,
      errors: Object.fromEntries(Object.entries(errors).flatMap(([path, message]) => {
        const place = placeOf(field.name, path);
        return place?.line === i ? [[place.name, message]] : [];
      })),
    })));
  }, [errors]);
  /* The value was set from outside: a new list, as many lines as it has. */
  const shown = drafts.length === lines.length ? drafts : lines.map((_, i) => drafts[i] ?? draft());
  return [shown, setDrafts] as const;
}

/*
 * Tab goes through the cells; lines are moved by their handle; what is copied from a spreadsheet
 * goes into the cells from the one it is pasted into, in as many lines as it takes.
 */
function Input({ field, value, onChange, errors, id }: InputProps) {
  const session = useSession();
  const object = session.objects.get(field.to ?? "");
  const lines = linesOf(value);
  const [drafts, setDrafts] = useDrafts(field, lines, errors);
  const box = useRef<HTMLDivElement>(null);
  /* What is to have the focus once the lines are drawn in their new order. */
  const focus = useRef<string | null>(null);
  const change = (next: Line[], beside: Draft[], to?: string) => {
    focus.current = to ?? null;
    setDrafts(beside);
    onChange(next as unknown as Value);
  };
  const pairs = lines.map((line, i) => ({ line, draft: drafts[i]! }));
  const latest = useRef(pairs);
  latest.current = pairs;
  const put = (next: typeof pairs, to?: string) => change(next.map((one) => one.line), next.map((one) => one.draft), to);
  const order = (next: typeof pairs, to: number) => put(next, `[data-handle="${next[to]?.draft.key}"]`);
  const drag = useDragOrder(pairs, (next) => {
    const at = next.findIndex((one, i) => one !== pairs[i]);
    put(next, at < 0 ? undefined : `[data-handle="${next[at]!.draft.key}"]`);
  });
  useLayoutEffect(() => {
    if (focus.current) box.current?.querySelector<HTMLElement>(focus.current)?.focus();
    focus.current = null;
  });
  if (!object) return null;
  const columns = columnsOf(object, field);
  const editable = columns.filter((one) => !one.readonly);
  const labelPath = (one: FieldDef) => columnOf(session, object, one.name)?.labelPath ?? null;
  /* What stands on the line is not known until it is saved. */
  const edited = (line: Line, one: FieldDef, next: Value, label?: string | null): Line => {
    const path = labelPath(one);
    const stale = Object.fromEntries(columns.filter((other) => other.readonly).map((other) => [other.name, null]));
    return { ...line, ...stale, [one.name]: next, ...(path ? { [path]: label ?? null } : {}) };
  };
  const set = (i: number, one: FieldDef, next: Value, label?: string | null) => {
    const { [one.name]: _, ...rest } = drafts[i]!.errors;
    put(pairs.map((pair, k) => (k === i ? { line: edited(pair.line, one, next, label), draft: { ...pair.draft, errors: rest } } : pair)));
  };
  const add = () => {
    const beside = draft();
    put([...pairs, { line: {}, draft: beside }], `[data-line="${beside.key}"] :is(input, textarea, select, button)`);
  };
  const drop = (i: number) => {
    const next = pairs.filter((_, k) => k !== i);
    const near = next[Math.min(i, next.length - 1)];
    put(next, near ? `[data-line="${near.draft.key}"] td.drop button` : "[data-add]");
  };
  const paste = async (table: string[][], line: number, column: number) => {
    const rows = table.slice(0, LINES_MAX - line);
    const names: Names = new Map();
    const cells = await Promise.all(rows.flatMap((row, down) => row.map(async (text, right) => {
      const one = editable[column + right];
      const shown = one && columnOf(session, object, one.name);
      if (!one || !shown) return null;
      const read = await readCell(session, shown, (lines[line + down] ?? {}) as Row, text, names).catch((error: unknown): Parsed => ({ value: null, problem: String(error) }));
      return { at: line + down, one, read };
    })));
    /* Names were being looked up: what was typed meanwhile stays. */
    const out = latest.current.map((pair) => ({ line: pair.line, draft: { ...pair.draft, errors: { ...pair.draft.errors } } }));
    while (out.length < line + rows.length) out.push({ line: {}, draft: draft() });
    for (const cell of cells) {
      if (!cell) continue;
      const { at, one, read } = cell;
      out[at]!.line = edited(out[at]!.line, one, read.value, read.label);
      delete out[at]!.draft.errors[one.name];
      if (read.problem) out[at]!.draft.errors[one.name] = read.problem;
    }
    if (rows.length < table.length) toast(t("lines_many", { n: String(LINES_MAX) }), { isBad: true });
    put(out);
  };
  const onPaste = (event: React.ClipboardEvent) => {
    const table = readTable(event.clipboardData.getData("text/plain"));
    const cell = (event.target as Element).closest<HTMLElement>("td[data-column]");
    if (table.length === 1 && table[0]!.length === 1) return;
    event.preventDefault();
    const line = cell ? Number(cell.dataset.at) : lines.length;
    const column = cell ? editable.findIndex((one) => one.name === cell.dataset.column) : 0;
    void paste(table, line, Math.max(0, column));
  };
  return (
    <div className="linesinput" ref={box} onPaste={onPaste}>
      {lines.length > 0 && (
        <table className="lines">
          <thead>
            <tr>
              <th className="move" aria-label={t("line_n", { n: "" }).trim()} />
              {columns.map((one) => <th key={one.name} scope="col" className={isNumeric(one) ? "right" : undefined}>{tr(one.label)}{one.required && <span className="need" aria-hidden="true">*</span>}</th>)}
              <th aria-label={t("file_remove")} />
            </tr>
          </thead>
          <tbody>
            {pairs.map(({ line, draft: { key, errors: wrong } }, i) => {
              const row = drag.row(i);
              const n = String(i + 1);
              return (
                <tr key={key} data-line={key} {...row}>
                  <td className="move">
                    <span className="draghandle" data-handle={key} {...drag.handle(i)} aria-label={t("line_move", { n })} title={t("line_move", { n })}><Icon name="grip" size={14} /></span>
                    <span className="cardhead">{t("line_n", { n })}</span>
                    <span className="cardmove">
                      <Button kind="quiet" isSmall icon="arrow-up" aria-label={t("line_up", { n })} disabled={i === 0} onClick={() => order(moved(pairs, i, i - 1), i - 1)} />
                      <Button kind="quiet" isSmall icon="arrow-down" aria-label={t("line_down", { n })} disabled={i === lines.length - 1} onClick={() => order(moved(pairs, i, i + 1), i + 1)} />
                    </span>
                    {(wrong[""] ?? wrong.id) && <span className="formerror" role="alert">{wrong[""] ?? wrong.id}</span>}
                  </td>
                  {columns.map((one) => {
                    const { Input: Typed, View: Shown } = fieldType(one);
                    const path = labelPath(one);
                    const label = path ? (line[path] as string | null | undefined) : undefined;
                    const cellId = `${id ?? field.name}-${key}-${one.name}`;
                    const isUnknown = one.readonly && (line[one.name] ?? null) === null;
                    return (
                      <td key={one.name} data-label={tr(one.label)} data-column={one.name} data-at={i} className={isNumeric(one) ? "right" : undefined}>
                        {isUnknown ? <span className="none" title={t("line_later")}>—</span>
                          : one.readonly ? <Shown field={one} object={object} value={line[one.name]} label={label} />
                          : <>
                              <label className="unseen" htmlFor={cellId}>{tr(one.label)}</label>
                              <Typed id={cellId} field={one} object={object} value={line[one.name] ?? null} label={label} isInvalid={Boolean(wrong[one.name])}
                                onChange={(next, name) => set(i, one, next, name)} />
                            </>}
                        {wrong[one.name] && <span className="formerror" role="alert">{wrong[one.name]}</span>}
                      </td>
                    );
                  })}
                  <td className="drop">
                    <button type="button" className="iconbutton" aria-label={t("line_drop", { n })} onClick={() => drop(i)}>×</button>
                  </td>
                </tr>
              );
            })}
          </tbody>
          <Sums lines={lines} object={object} columns={columns} more />
        </table>
      )}
      <div className="linesfoot">
        <Button kind="quiet" isSmall icon="plus" data-add disabled={lines.length >= LINES_MAX} onClick={add}>{t("line_add")}</Button>
        <span className="meta">{t("lines_hint")}</span>
      </div>
    </div>
  );
}

/* What is sent of lines: only what may be written, so that a computed amount is not taken for a value given. */
export function toSend(session: Session, field: FieldDef | undefined, value: Value): Value {
  const object = field?.type === "sub_table" ? session.objects.get(field.to ?? "") : undefined;
  if (!object || !Array.isArray(value)) return value;
  return (value as unknown as Line[]).map((line) => Object.fromEntries(
    Object.entries(line).filter(([name]) => name === "id" || (fieldOf(object, name) && !fieldOf(object, name)!.readonly)),
  )) as unknown as Value;
}

export const subTable: FieldType = { View, Input, ops: ["blank", "not_blank", "contains", "not_contains"], width: 120 };
