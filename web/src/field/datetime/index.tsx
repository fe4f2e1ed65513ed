import { full, relative } from "@/base/format.ts";
import { useNow } from "@/base/hooks.ts";
import { parseTime } from "@/base/time.ts";
import { DateTimeInput } from "@/ui/calendar.tsx";
import { DATE_OPS, type FieldType, type InputProps, type ViewProps } from "../field.ts";

export function Moment({ value }: { value: string | null | undefined }) {
  const nowMs = useNow(60_000);
  const ms = parseTime(value);
  if (ms === null) return null;
  return <time className="num cut" dateTime={value ?? undefined} title={full(ms)}>{relative(ms, nowMs)}</time>;
}

function View({ value }: ViewProps) {
  return <Moment value={typeof value === "string" ? value : null} />;
}

function Input({ value, onChange, id, isInvalid }: InputProps) {
  return <DateTimeInput id={id} value={typeof value === "string" ? value : null} onChange={onChange} onUnread={onChange} isInvalid={isInvalid} />;
}

export const datetime: FieldType = { View, Input, ops: DATE_OPS, width: 136 };
