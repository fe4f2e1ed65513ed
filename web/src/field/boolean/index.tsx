import { Icon } from "@/ui/icon.tsx";
import type { FieldType, InputProps, ViewProps } from "../field.ts";
import { t } from "../texts.ts";

function View({ value }: ViewProps) {
  if (value === null || value === undefined) return null;
  return <span className="rowline">{value ? <Icon name="check" size={16} /> : null}{value ? t("yes") : t("no")}</span>;
}

function Input({ value, onChange, id }: InputProps) {
  return (
    <span className="segment" role="group" id={id}>
      <button type="button" aria-pressed={value === true} onClick={() => onChange(true)}>{t("yes")}</button>
      <button type="button" aria-pressed={value === false} onClick={() => onChange(false)}>{t("no")}</button>
    </span>
  );
}

export const boolean: FieldType = { View, Input, ops: ["true", "false"], width: 90 };
