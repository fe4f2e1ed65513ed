import { type FieldType, type InputProps, TEXT_OPS, type ViewProps } from "../field.ts";

/* 138 1234 5678: mobile numbers are read in three groups; a masked number is not a link. */
export function phoneText(value: string): string {
  return /^1\d{10}$/.test(value) ? `${value.slice(0, 3)} ${value.slice(3, 7)} ${value.slice(7)}` : value;
}

function View({ value, isLong }: ViewProps) {
  if (typeof value !== "string" || !value) return null;
  const text = phoneText(value);
  return isLong && !value.includes("*") ? <a className="num" href={`tel:${value}`}>{text}</a> : <span className="num cut">{text}</span>;
}

function Input({ value, onChange, id, isInvalid, autoFocus }: InputProps) {
  return <input id={id} className="input num" type="tel" value={typeof value === "string" ? value : ""} autoFocus={autoFocus}
    aria-invalid={isInvalid || undefined} onChange={(event) => onChange(event.target.value || null)} />;
}

export const phone: FieldType = { View, Input, ops: TEXT_OPS, width: 136 };
