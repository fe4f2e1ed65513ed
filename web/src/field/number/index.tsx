import { useState } from "react";
import { decimal } from "@/base/format.ts";
import type { Value } from "@/base/types.ts";
import { type FieldType, type InputProps, NUMBER_OPS, type ViewProps } from "../field.ts";
import { readNumber } from "./read.ts";

function View({ field, value }: ViewProps) {
  if (value === null || value === undefined || value === "") return null;
  return <span className="num cut">{decimal(value as string | number, field.scale)}</span>;
}

interface NumericProps extends InputProps {
  read: (text: string) => string | null;
  write: (clean: string) => Value;
  prefix?: string;
}

/*
 * Typed freely ("1,200", "50万"). What cannot be read is handed on as it is: the server refuses it
 * by name, and neither a part of it nor what was there before is taken in its place.
 */
export function NumericInput({ value, onChange, read, write, ...props }: NumericProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const numberOf = (text: string) => read(text.trim().replace(/\.$/, ""));
  const change = (text: string) => {
    setTyped(text);
    const number = numberOf(text);
    onChange(text.trim() === "" ? null : number === null ? text.trim() : write(number));
  };
  const shown = typed ?? (value === null || value === undefined ? "" : String(value));
  const isBad = shown.trim() !== "" && numberOf(shown) === null;
  return (
    <input id={props.id} className="input num" inputMode="decimal" autoComplete="off" autoFocus={props.autoFocus}
      aria-invalid={props.isInvalid || isBad || undefined} value={shown} placeholder={props.prefix}
      onChange={(event) => change(event.target.value)} onBlur={() => !isBad && setTyped(null)} />
  );
}

function Input(props: InputProps) {
  return <NumericInput {...props} read={(text) => readNumber(text, false)} write={Number} />;
}

export const number: FieldType = { View, Input, ops: NUMBER_OPS, width: 120, isNumeric: true };
