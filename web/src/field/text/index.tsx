import { type FieldType, type InputProps, TEXT_OPS, type ViewProps } from "../field.ts";

export function TextView({ value, isLong }: ViewProps) {
  if (value === null || value === undefined || value === "") return null;
  return <span className={isLong ? undefined : "cut"}>{String(value)}</span>;
}

export function TextInput({ field, value, onChange, id, isInvalid, autoFocus }: InputProps) {
  return (
    <input id={id} className="input" value={value === null || value === undefined ? "" : String(value)} autoFocus={autoFocus}
      maxLength={field.size_max} aria-invalid={isInvalid || undefined} autoComplete="off"
      onChange={(event) => onChange(event.target.value === "" ? null : event.target.value)} />
  );
}

export const text: FieldType = { View: TextView, Input: TextInput, ops: TEXT_OPS, width: 200 };
