import { TextArea } from "@/ui/basics.tsx";
import { type FieldType, type InputProps, TEXT_OPS, type ViewProps } from "../field.ts";

function View({ value, isLong }: ViewProps) {
  if (!value) return null;
  return <span className={isLong ? "prose" : "cut"}>{String(value)}</span>;
}

function Input({ value, onChange, id, isInvalid, autoFocus }: InputProps) {
  return <TextArea id={id} value={typeof value === "string" ? value : ""} isInvalid={isInvalid} autoFocus={autoFocus}
    onChange={(next) => onChange(next === "" ? null : next)} />;
}

export const longText: FieldType = { View, Input, ops: TEXT_OPS, width: 280 };
