import { useState } from "react";
import type { FieldType, InputProps, ViewProps } from "../field.ts";
import { t } from "../texts.ts";
import { readSpan, spanText } from "./span.ts";

function View({ value }: ViewProps) {
  return typeof value === "number" ? <span className="num cut">{spanText(value)}</span> : null;
}

/* Typed as people write it: "2h 30m", "2:30", "90分钟". What cannot be read goes on as it is, to be refused by name. */
function Input({ value, onChange, id, isInvalid, autoFocus }: InputProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const shown = typed ?? (typeof value === "number" ? spanText(value) : String(value ?? ""));
  const isBad = shown.trim() !== "" && readSpan(shown) === null;
  const change = (text: string) => {
    setTyped(text);
    onChange(text.trim() === "" ? null : (readSpan(text) ?? text.trim()));
  };
  return (
    <span className="spaninput">
      <input id={id} className="input num" autoComplete="off" value={shown} autoFocus={autoFocus} placeholder={t("span_hint")}
        aria-invalid={isInvalid || isBad || undefined} onChange={(event) => change(event.target.value)}
        onBlur={() => !isBad && setTyped(null)} />
      {isBad && <span className="formerror" role="alert">{t("span_bad")}</span>}
    </span>
  );
}

export const duration: FieldType = { View, Input, ops: ["ge_hours", "le_hours", "blank", "not_blank"], width: 120, isNumeric: true };
