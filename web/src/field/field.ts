import type { ComponentType } from "react";
import type { Op } from "@/base/formula.ts";
import type { FieldDef, ObjectDef, Row, Value } from "@/base/types.ts";

/*
 * What a field type is on screen: how it is shown, typed in, and filtered by. One folder per type,
 * opposite the server's field_<type>.c, one line in registry.ts.
 */
export interface ViewProps {
  field: FieldDef;
  object: ObjectDef | null;
  value: Value | undefined;
  /* The name of what a reference, person or team points to. */
  label?: string | null;
  row?: Row | null;
  /* With room for several lines (record page) or on one (list). */
  isLong?: boolean;
}

export interface InputProps {
  field: FieldDef;
  object: ObjectDef | null;
  value: Value | undefined;
  label?: string | null;
  row?: Row | null;
  onChange: (value: Value, label?: string | null) => void;
  id?: string;
  isInvalid?: boolean;
  /* What the server refused inside of the value, by its path: "lines[2].amount". */
  errors?: Record<string, string>;
  autoFocus?: boolean;
}

export interface FieldType {
  View: ComponentType<ViewProps>;
  Input: ComponentType<InputProps>;
  ops: Op[];
  /* Width in a list, in px. */
  width: number;
  isNumeric?: boolean;
}

export const TEXT_OPS: Op[] = ["contains", "not_contains", "is", "is_not", "blank", "not_blank"];
export const NUMBER_OPS: Op[] = ["ge", "le", "gt", "lt", "eq", "ne", "between", "blank", "not_blank"];
export const DATE_OPS: Op[] = ["last_days", "next_days", "older_days", "on_after", "before", "blank", "not_blank"];
