import { type FieldType, TEXT_OPS, type ViewProps } from "../field.ts";
import { TextView } from "../text/index.tsx";

/* Given by the server; there is nothing to type. */
export const autoNumber: FieldType = {
  View: TextView, Input: (props: ViewProps) => <TextView {...props} isLong />, ops: TEXT_OPS, width: 150,
};
