import type { Row } from "@/base/types.ts";
import { type Column, labelIn } from "@/object/object.ts";
import { fieldType } from "./registry.ts";
import { Reveal } from "./reveal.tsx";

/* One value of a row, as its type shows it; a dash when there is none. */
export function Cell({ row, column, isLong }: { row: Row; column: Column; isLong?: boolean }) {
  const { View } = fieldType(column.field);
  const value = row[column.path];
  if (value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) return <span className="none" aria-label="">—</span>;
  const show = (shown: typeof value) => <View field={column.field} object={column.object} value={shown} label={labelIn(row, column)} row={row} isLong={isLong} />;
  const canReveal = column.field.reveal !== undefined && column.object !== null && !column.path.includes(".");
  return canReveal ? <Reveal object={column.object!.name} row={row} field={column.field} show={show} /> : show(value);
}
