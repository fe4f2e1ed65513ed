import { useMemo } from "react";
import { tr } from "@/base/i18n.ts";
import { objectConfig, useSession } from "@/base/session.ts";
import type { ObjectDef } from "@/base/types.ts";
import { columnsOf } from "@/object/object.ts";
import { InlineField } from "./inline.tsx";
import { t } from "./texts.ts";
import type { FullRow } from "./use.ts";

/* All fields, in the pack's sections; those in no section come last, system fields at the very end. */
export function Details({ object, row }: { object: ObjectDef; row: FullRow }) {
  const session = useSession();
  const sections = useMemo(() => {
    const named = objectConfig(session, object.name).sections ?? [];
    const used = new Set(named.flatMap((section) => section.fields));
    const shown = (name: string) => !used.has(name) && name !== object.title_field && name !== "stage" && name !== "pipeline";
    const own = object.fields.filter((field) => shown(field.name) && !field.system).map((field) => field.name);
    const system = object.fields.filter((field) => shown(field.name) && field.system).map((field) => field.name);
    return [
      ...named.map((section) => ({ label: tr(section.label), fields: section.fields })),
      { label: named.length ? t("more_fields") : "", fields: [...own, ...system] },
    ].map((section) => ({ ...section, columns: columnsOf(session, object, section.fields) }))
      .filter((section) => section.columns.length > 0);
  }, [session, object]);
  return (
    <div className="details">
      {sections.map((section) => (
        <section key={section.label}>
          {section.label && <h3>{section.label}</h3>}
          <dl>
            {section.columns.map((column) => (
              <div key={column.path} className="detail">
                <dt>{column.label}</dt>
                <dd><InlineField object={object} row={row} column={column} /></dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}
