import { isLevel } from "@/base/level.ts";
import type { FieldDef } from "@/base/types.ts";
import { Level } from "@/ui/basics.tsx";
import type { FieldType, ViewProps } from "../field.ts";

/* A formula is shown and filtered as the type of its result; nobody types into it. */
export function formulaType(field: FieldDef, typeNamed: (name: string) => FieldType): FieldType {
  const result = typeNamed(field.result && field.result !== "formula" ? field.result : "text");
  const View = (props: ViewProps) => (isLevel(props.value) ? <Level level={props.value} /> : <result.View {...props} />);
  return { ...result, View, Input: (props: ViewProps) => <View {...props} isLong /> };
}
