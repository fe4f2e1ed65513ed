import { decimal } from "@/base/format.ts";
import { type FieldType, type InputProps, NUMBER_OPS, type ViewProps } from "../field.ts";
import { NumericInput } from "../number/index.tsx";
import { readNumber } from "../number/read.ts";
import { shifted } from "./shift.ts";

function View({ value }: ViewProps) {
  if (value === null || value === undefined || value === "") return null;
  return <span className="num cut">{decimal(shifted(String(value), 2))}%</span>;
}

function Input(props: InputProps) {
  const shown = props.value === null || props.value === undefined ? null : shifted(String(props.value), 2);
  return (
    <span className="percentinput">
      <NumericInput {...props} value={shown} read={(text) => readNumber(text.replace(/[%％]\s*$/, ""), false)} write={(clean) => Number(shifted(clean, -2))} />
      <span className="meta" aria-hidden="true">%</span>
    </span>
  );
}

export const percent: FieldType = { View, Input, ops: NUMBER_OPS, width: 96, isNumeric: true };
