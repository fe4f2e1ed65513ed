import type { Row } from "@/base/types.ts";
import { type Column, labelIn } from "@/object/object.ts";
import { fieldType } from "./registry.ts";

/* One value of a row, as its type shows it; a dash when there is none. */
export function Cell({ row, column, isLong }: { row: Row; column: Column; isLong?: boolean }) {
  const { View } = fieldType(column.field);
  const value = row[column.path];
  if (value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) return <span className="none" aria-label="">—</span>;
  return <View field={column.field} object={column.object} value={value} label={labelIn(row, column)} row={row} isLong={isLong} />;
}
