import { currencySign, money as moneyText } from "@/base/format.ts";
import { type FieldType, type InputProps, NUMBER_OPS, type ViewProps } from "../field.ts";
import { NumericInput } from "../number/index.tsx";
import { readNumber } from "../number/read.ts";

function View({ value }: ViewProps) {
  if (value === null || value === undefined || value === "") return null;
  return <span className="num cut">{moneyText(value as string)}</span>;
}

/* Stays a decimal string from the keyboard to the server. */
function Input(props: InputProps) {
  return <NumericInput {...props} prefix={currencySign()} read={(text) => readNumber(text, false)} write={(clean) => clean} />;
}

export const money: FieldType = { View, Input, ops: NUMBER_OPS, width: 148, isNumeric: true };
