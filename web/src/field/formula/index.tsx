import type { ReactNode } from "react";
import { Link } from "wouter";
import { quote } from "@/base/formula.ts";
import { isLevel } from "@/base/level.ts";
import type { FieldDef, Relation } from "@/base/types.ts";
import { Level } from "@/ui/basics.tsx";
import type { FieldType, ViewProps } from "../field.ts";
import { t } from "../texts.ts";

/* On its record's page a roll-up leads to the records it is made of. */
function Behind({ field, object, row, isLong, children }: ViewProps & { children: ReactNode }) {
  const { relation: name, where } = field as FieldDef & { relation?: string; where?: string };
  const relation = object?.relations.find((one) => one.name === name) as (Relation & { many?: boolean; back?: boolean }) | undefined;
  const isForward = relation?.many === true && !relation.back;
  if (!isLong || !relation || !row?.id || isForward) return children;
  const own = relation.many ? `EXISTS(${relation.field}, id = ${quote(row.id)})` : `${relation.field} = ${quote(row.id)}`;
  const query = new URLSearchParams({ where: where ? `${own} AND (${where})` : own });
  return <Link className="behind" title={t("behind")} href={`/o/${relation.object}?${query.toString()}`}>{children}</Link>;
}

/* A formula is shown and filtered as the type of its result; nobody types into it. */
export function formulaType(field: FieldDef, typeNamed: (name: string) => FieldType): FieldType {
  const result = typeNamed(field.result && field.result !== "formula" ? field.result : "text");
  const Plain = (props: ViewProps) => (isLevel(props.value) ? <Level level={props.value} /> : <result.View {...props} />);
  const View = field.type === "rollup" ? (props: ViewProps) => <Behind {...props}><Plain {...props} /></Behind> : Plain;
  return { ...result, View, Input: (props: ViewProps) => <View {...props} isLong /> };
}
