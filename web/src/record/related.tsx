import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api } from "@/base/api.ts";
import { count } from "@/base/format.ts";
import { quote } from "@/base/formula.ts";
import { useParams } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { layoutOf, objectConfig, permission, type Session, useSession } from "@/base/session.ts";
import type { FieldDef, ObjectDef, Relation, Row } from "@/base/types.ts";
import { Cell } from "@/field/cell.tsx";
import { columnsOf, defaultColumns, fieldOf, fieldsFor, orderFor, pluralOf, titleOf } from "@/object/object.ts";
import { Button, Failed } from "@/ui/basics.tsx";
import { t } from "./texts.ts";

/* Records that point to this one: the first five of each kind, their number, and a way to add. */
const SHOWN_COUNT = 5;

export function relationsShown(session: Session, object: ObjectDef): Relation[] {
  const config = objectConfig(session, object.name);
  const wanted = layoutOf(session, object.name).related ?? object.relations.map((rel) => rel.name).filter((name) => name !== config.timeline?.relation);
  return wanted.flatMap((name) => object.relations.find((rel) => rel.name === name) ?? [])
    .filter((rel) => session.objects.has(rel.object) && !isShownAsField(session, object, rel));
}

export function RelatedLists({ object, row }: { object: ObjectDef; row: Row }) {
  const session = useSession();
  return (
    <div className="relateds">
      {relationsShown(session, object).map((rel) => <RelatedList key={rel.name} relation={rel} row={row} />)}
    </div>
  );
}

/* Lists and sub-tables are among the record's fields already. */
function isShownAsField(session: Session, object: ObjectDef, relation: Relation): boolean {
  const more = relation as Relation & { many?: boolean; back?: boolean };
  if (more.many) return !more.back;
  const lines = object.fields.some((field) => field.type === "sub_table" && field.to === relation.object);
  const via = fieldOf(session.objects.get(relation.object)!, relation.field) as (FieldDef & { owned?: boolean }) | undefined;
  return lines && via?.owned === true;
}

function RelatedList({ relation, row }: { relation: Relation; row: Row }) {
  const session = useSession();
  const [, setParams] = useParams();
  const target = session.objects.get(relation.object)!;
  const config = objectConfig(session, target.name);
  const columns = columnsOf(session, target, defaultColumns(session, target))
    .filter((column) => column.path !== target.title_field && column.path !== relation.field && column.field.to !== relation.object)
    .slice(0, 2);
  const isMany = (relation as Relation & { many?: boolean }).many === true;
  const where = isMany ? `EXISTS(${relation.field}, id = ${quote(row.id)})` : `${relation.field} = ${quote(row.id)}`;
  const found = useQuery({
    queryKey: ["related", target.name, relation.field, row.id],
    queryFn: () => api.records(target.name, {
      where, limit: SHOWN_COUNT, order: config.order && orderFor(session, target, config.order), count: "capped",
      fields: fieldsFor(columns, [target.title_field]),
    }),
  });
  const items = found.data?.items ?? [];
  const total = found.data?.count ?? items.length;
  const label = relation.label ? tr(relation.label) : pluralOf(target);
  return (
    <section className="related">
      <header>
        <h3>{label}</h3>
        {total > 0 && <span className="meta num">{count(total, found.data?.count_capped)}</span>}
        <span className="grow" />
        {!isMany && permission(session, target.name).create && (
          <Button kind="quiet" isSmall icon="plus" aria-label={t("add", { name: tr(target.label) })}
            onClick={() => setParams({ create: target.name, with: `${relation.field}:${row.id}` }, true)} />
        )}
      </header>
      {found.isError && <Failed error={found.error} isSmall />}
      {found.isSuccess && items.length === 0 && <p className="meta">{t("related_none", { name: label })}</p>}
      <ul>
        {items.map((item) => (
          <li key={item.id}>
            <Link href={`/o/${target.name}/${item.id}`}>
              <span className="cut grow">{titleOf(target, item)}</span>
              {columns.map((column) => item[column.path] !== null && <span key={column.path} className="meta cut"><Cell row={item} column={column} /></span>)}
            </Link>
          </li>
        ))}
      </ul>
      {total > SHOWN_COUNT && (
        <Link className="all" href={`/o/${target.name}?${new URLSearchParams({ where }).toString()}`}>{t("related_all", { n: count(total, found.data?.count_capped) })}</Link>
      )}
    </section>
  );
}
