import { useState } from "react";
import { tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import type { FieldDef, ObjectDef, Value } from "@/base/types.ts";
import { fieldOf } from "@/object/object.ts";
import { Button } from "@/ui/basics.tsx";
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

function isNumeric(field: FieldDef): boolean {
  return fieldType(field).isNumeric === true;
}

/* The sum of a column of whole or exact numbers, of what is typed as well; null: nothing to add. */
function sumOf(lines: Line[], field: FieldDef): string | null {
  const scale = field.scale ?? 0;
  const shown = field.type === "formula" ? field.result : field.type;
  if (!(["money", "integer", "number"] as string[]).includes(shown ?? "")) return null;
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
              return <td key={one.name} data-label={tr(one.label)} className={isNumeric(one) ? "right" : undefined}><Shown field={one} object={object} value={line[one.name]} /></td>;
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
  const chosen = columns.some((one) => isAmount(one) && sumOf(lines, one) !== null) ? isAmount : (one: FieldDef) => one.type === "money";
  const sums = columns.map((one) => (chosen(one) ? sumOf(lines, one) : null));
  if (lines.length < 2 || sums.every((sum) => sum === null)) return null;
  return (
    <tfoot>
      <tr>
        {columns.map((one, i) => {
          const { View: Shown } = fieldType(one);
          return <td key={one.name} data-label={tr(one.label)} className={isNumeric(one) ? "right" : undefined}>{sums[i] !== null && <Shown field={one} object={object} value={sums[i]} />}</td>;
        })}
        {more && <td />}
      </tr>
    </tfoot>
  );
}

/* Tab goes through the cells; a new line begins in its first one. Names of picked references stay with their line. */
function Input({ field, value, onChange }: InputProps) {
  const session = useSession();
  const object = session.objects.get(field.to ?? "");
  const [labels, setLabels] = useState<Record<string, string | null>>({});
  const lines = linesOf(value);
  if (!object) return null;
  const columns = columnsOf(object, field);
  const change = (next: Line[]) => onChange(next as unknown as Value);
  const set = (i: number, name: string, next: Value, label?: string | null) => {
    if (label !== undefined) setLabels((old) => ({ ...old, [`${i}.${name}`]: label }));
    change(lines.map((line, k) => (k === i ? { ...line, [name]: next } : line)));
  };
  return (
    <div className="linesinput">
      {lines.length > 0 && (
        <table className="lines">
          <thead>
            <tr>
              {columns.map((one) => <th key={one.name} scope="col" className={isNumeric(one) ? "right" : undefined}>{tr(one.label)}</th>)}
              <th aria-label={t("file_remove")} />
            </tr>
          </thead>
          <tbody>
            {lines.map((line, i) => (
              <tr key={i}>
                {columns.map((one) => {
                  const { Input: Typed, View: Shown } = fieldType(one);
                  return (
                    <td key={one.name} data-label={tr(one.label)} className={isNumeric(one) ? "right" : undefined}>
                      {one.readonly
                        ? <Shown field={one} object={object} value={line[one.name]} />
                        : <Typed field={one} object={object} value={line[one.name] ?? null} label={labels[`${i}.${one.name}`]}
                            autoFocus={line.id === undefined && i === lines.length - 1 && one === columns[0]}
                            onChange={(next, label) => set(i, one.name, next, label)} />}
                    </td>
                  );
                })}
                <td className="drop">
                  <button type="button" className="iconbutton" aria-label={t("line_drop", { n: String(i + 1) })} onClick={() => change(lines.filter((_, k) => k !== i))}>×</button>
                </td>
              </tr>
            ))}
          </tbody>
          <Sums lines={lines} object={object} columns={columns} more />
        </table>
      )}
      <Button kind="quiet" isSmall icon="plus" onClick={() => change([...lines, {}])}>{t("line_add")}</Button>
    </div>
  );
}

/* What is sent: only what may be written, so that a computed amount is not taken for a value given. */
export function linesToSend(object: ObjectDef | undefined, value: Value): Value {
  if (!object || !Array.isArray(value)) return value;
  return (value as unknown as Line[]).map((line) => Object.fromEntries(
    Object.entries(line).filter(([name]) => name === "id" || (fieldOf(object, name) && !fieldOf(object, name)!.readonly)),
  )) as unknown as Value;
}

export const subTable: FieldType = { View, Input, ops: [], width: 120 };
