import { useMemo, useState } from "react";
import { usePhone } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { layoutOf, type Session, useSession } from "@/base/session.ts";
import type { LayoutDef, LayoutSection, ObjectDef } from "@/base/types.ts";
import { conditionsOf, type FormState, isPlaced, NOTHING, useFormState } from "@/field/state.ts";
import { columnsOf } from "@/object/object.ts";
import { Icon } from "@/ui/icon.tsx";
import { InlineField } from "./inline.tsx";
import { t } from "./texts.ts";
import type { FullRow } from "./use.ts";

/*
 * All fields, in the layout's sections; those in no section come last, system fields at the very end.
 * Whether a conditional section or field is there is for the server to say: the condition is a formula.
 */
export function Details({ object, row, isPhone: asPhone, without = NOWHERE }: {
  object: ObjectDef; row: FullRow; isPhone?: boolean;
  /* Fields that stand elsewhere on the page. */
  without?: string[];
}) {
  const session = useSession();
  const isNarrow = usePhone();
  const layout = layoutOf(session, object.name);
  const isPhone = asPhone ?? isNarrow;
  const conditions = useMemo(() => conditionsOf(layout), [layout]);
  /* Before the answer is there what has a condition is not shown: nothing appears only to go again. */
  const state = useFormState(object, NOTHING, row, conditions);
  const elsewhere = without.join();
  const sections = useMemo(() => sectionsOf(session, object, layout, isPhone, elsewhere.split(",")), [session, object, layout, isPhone, elsewhere]);
  return (
    <div className="details">
      {sections.filter((section) => !section.visible_if?.trim() || state.holds(section.visible_if.trim())).map((section) => (
        <Section key={`${section.name}:${section.folded}`} object={object} row={row} section={section} layout={layout} state={state} hasOthers={layout.sections.length > 0} />
      ))}
    </div>
  );
}

const NOWHERE: string[] = [];

type Shown = LayoutSection & { columnsShown: ReturnType<typeof columnsOf> };

function sectionsOf(session: Session, object: ObjectDef, layout: LayoutDef, isPhone: boolean, without: string[]): Shown[] {
  const used = new Set(layout.sections.flatMap((section) => section.fields));
  const shown = (name: string) => !used.has(name) && name !== object.title_field && name !== "stage" && name !== "pipeline";
  const own = object.fields.filter((field) => shown(field.name) && !field.system).map((field) => field.name);
  const system = object.fields.filter((field) => shown(field.name) && field.system).map((field) => field.name);
  const rest: LayoutSection = { name: "", label: { zh: "", en: "" }, fields: [...own, ...system], folded: false };
  const { order = [], folded } = isPhone ? (layout.phone ?? {}) : {};
  const place = (section: LayoutSection) => (order.includes(section.name) ? order.indexOf(section.name) : order.length);
  const sorted = isPhone ? [...layout.sections].sort((a, b) => place(a) - place(b)) : layout.sections;
  return [...sorted, rest].map((section) => ({
    ...section, folded: folded && section.name ? folded.includes(section.name) : section.folded,
    columns: isPhone ? 1 : section.columns, columnsShown: columnsOf(session, object, section.fields.filter((name) => !without.includes(name))),
  })).filter((section) => section.columnsShown.length > 0);
}

function Section({ object, row, section, layout, state, hasOthers }: {
  object: ObjectDef; row: FullRow; section: Shown; layout: LayoutDef; state: FormState; hasOthers: boolean;
}) {
  const [isOpen, setOpen] = useState(!section.folded);
  /* A field whose own condition does not hold is not there, unless it holds something; the layout's condition is about the place. */
  const columns = section.columnsShown.filter((column) => isPlaced(layout, state, column.path) && (state.isVisible(column.field.name) || (row[column.path] ?? null) !== null));
  if (columns.length === 0) return null;
  const label = section.name ? tr(section.label) : hasOthers ? t("more_fields") : "";
  return (
    <section className={section.columns === 2 ? "two" : undefined}>
      {label && <h3><button type="button" className="sectionhead" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>{label}<Icon name={isOpen ? "chevron-down" : "chevron-right"} size={14} /></button></h3>}
      {isOpen && (
        <dl>
          {columns.map((column) => (
            <div key={column.path} className={`detail${(column.field as { width?: number }).width === 2 ? " wide" : ""}`}>
              <dt>{column.label}</dt>
              <dd><InlineField object={object} row={row} column={column} /></dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
