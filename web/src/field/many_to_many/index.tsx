import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { Link } from "wouter";
import { api } from "@/base/api.ts";
import { tr } from "@/base/i18n.ts";
import { type Session, useSession } from "@/base/session.ts";
import type { FieldDef } from "@/base/types.ts";
import { titleOf } from "@/object/object.ts";
import { Combobox } from "@/ui/combobox.tsx";
import type { FieldType, InputProps, ViewProps } from "../field.ts";
import { searchRecords } from "../reference/index.tsx";
import { t } from "../texts.ts";
import "./many_to_many.css";

/* Any number of other records, as chips. A list brings their names along, joined; else they are asked for once. */
export const JOINT = "；";

function idsOf(value: unknown): string[] {
  return Array.isArray(value) ? (value as string[]) : [];
}

function useNames(session: Session, field: FieldDef, ids: string[], label: string | null | undefined): Map<string, string> {
  const object = session.objects.get(field.to ?? "");
  const known = label?.split(JOINT) ?? [];
  const isKnown = known.length === ids.length;
  const found = useQuery({
    queryKey: ["names", object?.name, ids],
    queryFn: () => api.records(object!.name, { where: ids.map((id) => `id = "${id}"`).join(" OR "), limit: ids.length, fields: [object!.title_field] }),
    enabled: Boolean(object) && ids.length > 0 && !isKnown,
    staleTime: 60_000,
  });
  if (isKnown) return new Map(ids.map((id, i) => [id, known[i]!]));
  return new Map((found.data?.items ?? []).map((row) => [row.id, titleOf(object!, row)]));
}

function View({ field, value, label, isLong }: ViewProps) {
  const session = useSession();
  const ids = idsOf(value);
  const names = useNames(session, field, ids, label);
  if (ids.length === 0) return <span className="none" aria-label={t("none")}>—</span>;
  const isOpen = isLong && field.to && session.objects.has(field.to);
  return (
    <span className={isLong ? "links long" : "links"}>
      {ids.map((id) => (isOpen
        ? <Link key={id} href={`/o/${field.to}/${id}`} className="tag">{names.get(id) ?? "…"}</Link>
        : <span key={id} className="tag">{names.get(id) ?? "…"}</span>))}
    </span>
  );
}

/* Chips with a cross each, then the box that finds more. Backspace in the empty box takes the last one off. */
function Input({ field, value, label, onChange, id, isInvalid, autoFocus }: InputProps) {
  const session = useSession();
  const ids = idsOf(value);
  const box = useRef<HTMLDivElement>(null);
  const names = useNames(session, field, ids, label);
  const picked = useRef(new Map<string, string>());
  const nameOf = (one: string) => picked.current.get(one) ?? names.get(one) ?? "…";
  const change = (next: string[]) => {
    onChange(next, next.map(nameOf).join(JOINT));
    box.current?.querySelector("input")?.focus();
  };
  return (
    <div ref={box} className="linksinput" onKeyDown={(event) => {
      const isEmptyBox = event.target instanceof HTMLInputElement && event.target.value === "";
      if (event.key === "Backspace" && isEmptyBox && ids.length > 0) change(ids.slice(0, -1));
    }}>
      {ids.map((one) => (
        <span key={one} className="tag">
          {nameOf(one)}
          <button type="button" aria-label={t("take_off", { name: nameOf(one) })} onClick={() => change(ids.filter((other) => other !== one))}>×</button>
        </span>
      ))}
      <Combobox id={id} value={null} isInvalid={isInvalid} autoFocus={autoFocus}
        search={async (text) => (await searchRecords(session, field.to!)(text)).filter((option) => !ids.includes(option.value))}
        placeholder={t("pick", { name: tr(session.objects.get(field.to ?? "")?.label ?? field.label) })}
        onChange={(next, option) => {
          if (!next) return;
          if (option) picked.current.set(next, option.label);
          change([...ids, next]);
        }} />
    </div>
  );
}

export const manyToMany: FieldType = { View, Input, ops: ["in", "not_in", "contains", "not_contains", "blank", "not_blank"], width: 220 };
