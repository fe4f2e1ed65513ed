import { useState } from "react";
import { decimal } from "@/base/format.ts";
import type { Value } from "@/base/types.ts";
import { type FieldType, type InputProps, NUMBER_OPS, type ViewProps } from "../field.ts";

function View({ field, value }: ViewProps) {
  if (value === null || value === undefined || value === "") return null;
  return <span className="num cut">{decimal(value as string | number, field.scale)}</span>;
}

/* Typed freely ("1,200"), handed on only when it reads as a number; the text stays until then. */
export function NumericInput(props: InputProps & { write: (clean: string) => Value; prefix?: string }) {
  const [typed, setTyped] = useState<string | null>(null);
  const { value, onChange, write } = props;
  const change = (text: string) => {
    setTyped(text);
    const clean = text.replace(/[,，¥￥\s]/g, "");
    if (clean === "") onChange(null);
    else if (/^-?\d+(\.\d+)?$/.test(clean)) onChange(write(clean));
  };
  const shown = typed ?? (value === null || value === undefined ? "" : String(value));
  const isBad = typed !== null && typed.trim() !== "" && !/^-?\d+(\.\d*)?$/.test(typed.replace(/[,，¥￥\s]/g, ""));
  return (
    <input id={props.id} className="input num" inputMode="decimal" autoComplete="off" autoFocus={props.autoFocus}
      aria-invalid={props.isInvalid || isBad || undefined} value={shown} placeholder={props.prefix}
      onChange={(event) => change(event.target.value)} onBlur={() => !isBad && setTyped(null)} />
  );
}

function Input(props: InputProps) {
  return <NumericInput {...props} write={Number} />;
}

export const number: FieldType = { View, Input, ops: NUMBER_OPS, width: 120, isNumeric: true };
