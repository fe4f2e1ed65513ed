import type { LayoutDef, LayoutSection, ObjectDef } from "@/base/types.ts";

/* Changes to a layout being designed: each gives a new one, so that any can be taken back. */
export function placed(layout: LayoutDef): Set<string> {
  return new Set(layout.sections.flatMap((section) => section.fields));
}

/* Fields that could still be put somewhere. */
export function unplaced(object: ObjectDef, layout: LayoutDef): string[] {
  const used = placed(layout);
  return object.fields.filter((field) => !used.has(field.name) && field.name !== "pipeline" && field.name !== "stage").map((field) => field.name);
}

/* Into a section before one of its fields (by index), or out of all of them. */
export function putField(layout: LayoutDef, name: string, to: { section: number; index: number } | null): LayoutDef {
  const from = layout.sections.findIndex((section) => section.fields.includes(name));
  const at = from >= 0 ? layout.sections[from]!.fields.indexOf(name) : -1;
  const sections = layout.sections.map((section) => ({ ...section, fields: section.fields.filter((field) => field !== name) }));
  if (to && sections[to.section]) {
    const index = from === to.section && at < to.index ? to.index - 1 : to.index;
    sections[to.section]!.fields.splice(index, 0, name);
  }
  return { ...layout, sections };
}

/* One step up or down, over the edge into the next section. */
export function stepField(layout: LayoutDef, name: string, by: 1 | -1): LayoutDef {
  const section = layout.sections.findIndex((other) => other.fields.includes(name));
  if (section < 0) return layout;
  const { fields } = layout.sections[section]!;
  const index = fields.indexOf(name);
  if (by < 0 && index === 0) return section === 0 ? layout : putField(layout, name, { section: section - 1, index: layout.sections[section - 1]!.fields.length });
  if (by > 0 && index === fields.length - 1) return section === layout.sections.length - 1 ? layout : putField(layout, name, { section: section + 1, index: 0 });
  return putField(layout, name, { section, index: by < 0 ? index - 1 : index + 2 });
}

export function step<T>(list: T[], index: number, by: 1 | -1): T[] {
  const to = index + by;
  if (to < 0 || to >= list.length) return list;
  const out = [...list];
  const [item] = out.splice(index, 1);
  out.splice(to, 0, item!);
  return out;
}

export function putSection(layout: LayoutDef, from: number, to: number): LayoutDef {
  if (from === to) return layout;
  const sections = [...layout.sections];
  const [section] = sections.splice(from, 1);
  sections.splice(to, 0, section!);
  return { ...layout, sections };
}

export function addSection(layout: LayoutDef, label: LayoutSection["label"]): LayoutDef {
  const names = new Set(layout.sections.map((section) => section.name));
  let n = layout.sections.length + 1;
  while (names.has(`section_${n}`)) n += 1;
  return { ...layout, sections: [...layout.sections, { name: `section_${n}`, label, columns: 2, fields: [] }] };
}

export function setSection(layout: LayoutDef, index: number, change: Partial<LayoutSection>): LayoutDef {
  return { ...layout, sections: layout.sections.map((section, i) => (i === index ? { ...section, ...change } : section)) };
}

/* Its fields come free; what the phone said about it goes too. */
export function removeSection(layout: LayoutDef, index: number): LayoutDef {
  const { name } = layout.sections[index]!;
  const rest = (list?: string[]) => list?.filter((other) => other !== name);
  return {
    ...layout, sections: layout.sections.filter((_, i) => i !== index),
    ...(layout.phone && { phone: { order: rest(layout.phone.order) ?? [], folded: rest(layout.phone.folded) ?? [] } }),
  };
}

/* A field that is there only where the formula holds, wherever it stands; null: always. */
export function setCondition(layout: LayoutDef, field: string, formula: string | null): LayoutDef {
  const { [field]: _, ...others } = layout.fields_if ?? {};
  return { ...layout, fields_if: formula === null ? others : { ...others, [field]: formula } };
}

/* The sections as the phone has them. */
export function phoneOrder(layout: LayoutDef): string[] {
  const order = layout.phone?.order ?? [];
  const names = layout.sections.map((section) => section.name);
  return [...order.filter((name) => names.includes(name)), ...names.filter((name) => !order.includes(name))];
}

/* Of fields that still stand in a section or a form; null: none. */
function conditionsLeft(layout: LayoutDef): Record<string, string> | null {
  const used = new Set([...placed(layout), ...(layout.create ?? [])]);
  const left = Object.entries(layout.fields_if ?? {}).filter(([field, formula]) => used.has(field) && formula.trim());
  return left.length > 0 ? Object.fromEntries(left.map(([field, formula]) => [field, formula.trim()])) : null;
}

/* What is sent: no empty conditions, no words the server does not need. */
export function bodyOf(layout: LayoutDef): Record<string, unknown> {
  return {
    object: layout.object, for_roles: layout.for_roles ?? null,
    sections: layout.sections.map(({ name, label, columns, fields, visible_if, folded }) => ({
      name, label: { zh: label.zh || label.en, en: label.en || label.zh }, columns: columns ?? 1, fields,
      ...(visible_if?.trim() && { visible_if: visible_if.trim() }), ...(folded && { folded }),
    })),
    summary: layout.summary ?? null, create: layout.create ?? null, related: layout.related ?? null,
    phone: layout.phone ?? null, fields_if: conditionsLeft(layout),
  };
}
