import { Link } from "wouter";
import { api } from "@/base/api.ts";
import { tr } from "@/base/i18n.ts";
import { objectConfig, type Session, useSession } from "@/base/session.ts";
import { columnOf, columnsOf, fieldsFor, labelIn, targetOf, titleOf } from "@/object/object.ts";
import { Combobox, type Option } from "@/ui/combobox.tsx";
import type { FieldType, InputProps, ViewProps } from "../field.ts";
import { t } from "../texts.ts";

/* Finds records of another object by their words; without words, the first by the object's order. */
export function searchRecords(session: Session, target: string, more: { where?: string; order?: string } = {}) {
  return async (text: string): Promise<Option[]> => {
    const object = session.objects.get(target);
    if (!object) return [];
    const config = objectConfig(session, target);
    const columns = columnsOf(session, object, [object.title_field, config.card?.sub ?? config.phone?.sub]);
    const order = more.order && columnOf(session, object, more.order.replace(/^-/, "")) ? more.order : config.order;
    const page = await api.records(target, {
      q: text.trim() || undefined, where: more.where, limit: 20, fields: fieldsFor(columns), order: text.trim() ? undefined : order,
    });
    return page.items.map((row) => {
      const sub = columns[1] ? (labelIn(row, columns[1]) ?? row[columns[1].path]) : null;
      return { value: row.id, label: titleOf(object, row), sub: typeof sub === "string" ? sub : undefined };
    });
  };
}

export function ReferenceView({ field, value, label, isLong }: ViewProps) {
  const session = useSession();
  if (typeof value !== "string" || !value) return null;
  const target = targetOf(field);
  const text = label ?? "…";
  if (!target || !session.objects.has(target) || !isLong) return <span className="cut">{text}</span>;
  return <Link href={`/o/${target}/${value}`} className="cut">{text}</Link>;
}

export function ReferenceInput({ field, value, label, onChange, id, isInvalid, autoFocus }: InputProps) {
  const session = useSession();
  const target = targetOf(field)!;
  return (
    <Combobox id={id} value={typeof value === "string" ? value : null} label={label ?? undefined} isInvalid={isInvalid}
      autoFocus={autoFocus} isClearable={!field.required} search={searchRecords(session, target)}
      placeholder={t("pick", { name: tr(session.objects.get(target)?.label ?? field.label) })}
      onChange={(next, option) => onChange(next, option?.label ?? null)} />
  );
}

export const reference: FieldType = {
  View: ReferenceView, Input: ReferenceInput, ops: ["in", "not_in", "blank", "not_blank"], width: 200,
};
