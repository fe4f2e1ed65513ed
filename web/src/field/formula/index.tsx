import type { FieldDef } from "@/base/types.ts";
import type { FieldType, ViewProps } from "../field.ts";

/* A formula is shown and filtered as the type of its result; nobody types into it. */
export function formulaType(field: FieldDef, typeNamed: (name: string) => FieldType): FieldType {
  const result = typeNamed(field.result && field.result !== "formula" ? field.result : "text");
  return { ...result, Input: (props: ViewProps) => <result.View {...props} isLong /> };
}
