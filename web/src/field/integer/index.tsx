import { decimal } from "@/base/format.ts";
import { type FieldType, type InputProps, NUMBER_OPS, type ViewProps } from "../field.ts";
import { NumericInput } from "../number/index.tsx";
import { readNumber } from "../number/read.ts";

function View({ value }: ViewProps) {
  if (value === null || value === undefined || value === "") return null;
  return <span className="num cut">{decimal(value as string | number, 0)}</span>;
}

function Input(props: InputProps) {
  return <NumericInput {...props} read={(text) => readNumber(text, true)} write={Number} />;
}

export const integer: FieldType = { View, Input, ops: NUMBER_OPS, width: 100, isNumeric: true };
