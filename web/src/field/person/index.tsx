import { Avatar } from "@/ui/basics.tsx";
import type { FieldType, ViewProps } from "../field.ts";
import { ReferenceInput } from "../reference/index.tsx";

function View({ value, label }: ViewProps) {
  if (typeof value !== "string" || !value) return null;
  return <span className="rowline"><Avatar name={label ?? "?"} /><span className="cut">{label ?? "…"}</span></span>;
}

export const person: FieldType = { View, Input: ReferenceInput, ops: ["me", "in", "not_in", "blank", "not_blank"], width: 124 };
