import { type FieldType, type InputProps, TEXT_OPS, type ViewProps } from "../field.ts";

function View({ value, isLong }: ViewProps) {
  if (typeof value !== "string" || !value) return null;
  return isLong && !value.includes("*") ? <a className="cut" href={`mailto:${value}`}>{value}</a> : <span className="cut">{value}</span>;
}

function Input({ value, onChange, id, isInvalid, autoFocus }: InputProps) {
  return <input id={id} className="input" type="email" value={typeof value === "string" ? value : ""} autoFocus={autoFocus}
    aria-invalid={isInvalid || undefined} onChange={(event) => onChange(event.target.value || null)} />;
}

export const mail: FieldType = { View, Input, ops: TEXT_OPS, width: 190 };
