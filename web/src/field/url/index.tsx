import { type FieldType, type InputProps, TEXT_OPS, type ViewProps } from "../field.ts";

/* Only what is surely a web address becomes a link, whatever the value says. */
export function hrefOf(value: unknown): string | null {
  if (typeof value !== "string" || !/^https?:\/\//i.test(value)) return null;
  try {
    const url = new URL(value);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

function View({ value }: ViewProps) {
  const href = hrefOf(value);
  const text = String(value ?? "").replace(/^https?:\/\//i, "").replace(/\/$/, "");
  if (!text) return null;
  if (!href) return <span className="cut">{text}</span>;
  return (
    <a className="cut" href={href} target="_blank" rel="noreferrer noopener" title={href} onClick={(event) => event.stopPropagation()}>
      {text}
    </a>
  );
}

function Input({ value, onChange, id, isInvalid, autoFocus }: InputProps) {
  return <input id={id} className="input" type="url" inputMode="url" autoComplete="url" placeholder="https://" autoFocus={autoFocus}
    value={typeof value === "string" ? value : ""} aria-invalid={isInvalid || undefined}
    onChange={(event) => onChange(event.target.value.trim() || null)} />;
}

export const url: FieldType = { View, Input, ops: TEXT_OPS, width: 200 };
