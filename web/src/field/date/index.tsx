import { dateText } from "@/base/format.ts";
import { daysBetween, today } from "@/base/time.ts";
import { DateInput } from "@/ui/calendar.tsx";
import { DATE_OPS, type FieldType, type InputProps, type ViewProps } from "../field.ts";

function View({ value }: ViewProps) {
  if (typeof value !== "string" || !value) return null;
  const distance = daysBetween(today(), value.slice(0, 10));
  return <time className="num cut" dateTime={value} title={value} data-past={distance < 0 || undefined}>{dateText(value)}</time>;
}

function Input({ value, onChange, id, isInvalid }: InputProps) {
  return <DateInput id={id} value={typeof value === "string" ? value : null} onChange={onChange} onUnread={onChange} isInvalid={isInvalid} />;
}

export const date: FieldType = { View, Input, ops: DATE_OPS, width: 132 };
