import { tr } from "@/base/i18n.ts";
import { layoutOf, objectConfig, type Session } from "@/base/session.ts";
import type { Choice, FieldDef, ObjectDef, PipelineDef, Row, StageDef, Value } from "@/base/types.ts";

/*
 * Reading the metadata: fields by path, titles of records, what to ask the server for so that
 * references come with their names. A path is "amount" or "company.region"; a reference shows the
 * title of what it points to, which the server sends beside it as "<path>.<title field>".
 */
export interface Column {
  path: string;
  label: string;
  field: FieldDef;
  /* The object the field belongs to (the last step of the path). */
  object: ObjectDef | null;
  /* Where the shown name of a reference, person or team is found in a row. */
  labelPath: string | null;
}

export function targetOf(field: FieldDef): string | null {
  const type = field.type === "lookup" ? field.result : field.type;
  if (type === "person") return "user";
  if (type === "team") return "team";
  return type === "reference" ? (field.to ?? null) : null;
}

export function fieldOf(object: ObjectDef, name: string): FieldDef | undefined {
  return object.fields.find((field) => field.name === name);
}

export function typeOf(field: FieldDef): FieldDef["type"] {
  const isComputed = field.type === "formula" || field.type === "lookup" || field.type === "rollup";
  return isComputed ? (field.result ?? "text") : field.type;
}

function labelPathOf(session: Session, path: string, field: FieldDef): string | null {
  const target = field.type === "many_to_many" ? (field.to ?? null) : targetOf(field);
  return target ? `${path}.${session.objects.get(target)?.title_field ?? "name"}` : null;
}

export function columnOf(session: Session, object: ObjectDef, path: string): Column | null {
  const steps = path.split(".");
  let here: ObjectDef | undefined = object;
  const labels: string[] = [];
  for (let i = 0; i < steps.length; i += 1) {
    const field: FieldDef | undefined = here && fieldOf(here, steps[i]!);
    if (!field) return null;
    labels.push(tr(field.label) || field.name);
    if (i === steps.length - 1) {
      return { path, field, object: here ?? null, label: labels.join(" · "), labelPath: labelPathOf(session, path, field) };
    }
    const target = targetOf(field);
    here = target ? session.objects.get(target) : undefined;
  }
  return null;
}

/* Whether one may sort, group and sum by it: what one's role hides is not there, what it masks is only looked at. */
export function canAskBy(session: Session, object: ObjectDef, path: string): boolean {
  const steps = path.split(".");
  return steps.every((_, i) => {
    const column = columnOf(session, object, steps.slice(0, i + 1).join("."));
    return column !== null && column.field.mode !== "masked";
  });
}

/* An order without what one may not sort by, e.g. a shared view's. */
export function orderFor(session: Session, object: ObjectDef, order: string): string {
  return order.split(",").filter((part) => canAskBy(session, object, part.trim().replace(/^-/, ""))).join(",");
}

export function columnsOf(session: Session, object: ObjectDef, paths: (string | undefined)[]): Column[] {
  return paths.flatMap((path) => (path ? (columnOf(session, object, path) ?? []) : []));
}

/* What to put into `fields=` for these columns. */
export function fieldsFor(columns: (Column | null)[], extra: (string | undefined)[] = []): string[] {
  const out = new Set<string>();
  for (const column of columns) {
    if (!column) continue;
    out.add(column.path);
    if (column.labelPath) out.add(column.labelPath);
  }
  for (const name of extra) if (name) out.add(name);
  return [...out];
}

export function labelIn(row: Row, column: Column): string | null {
  const label = column.labelPath ? row[column.labelPath] : null;
  return typeof label === "string" ? label : null;
}

export function titleOf(object: ObjectDef, row: Row): string {
  const title = row[object.title_field];
  return typeof title === "string" && title ? title : `${tr(object.label)} ${row.id.slice(-6)}`;
}

export function pluralOf(object: ObjectDef): string {
  return tr(object.label_plural ?? object.label);
}

/* ---- pipelines ---- */

export function pipelineOf(session: Session, object: string, row?: Row | null, name?: string | null): PipelineDef | null {
  const all = session.pipelines.filter((pipeline) => pipeline.object === object);
  const wanted = name ?? row?.pipeline;
  return all.find((pipeline) => pipeline.name === wanted) ?? all.find((pipeline) => pipeline.default) ?? all[0] ?? null;
}

export function stageOf(pipeline: PipelineDef | null, name: Value | undefined): StageDef | null {
  return pipeline?.stages.find((stage) => stage.name === name) ?? null;
}

/* Choices of a field; those of `stage` and `pipeline` come from the pipelines themselves. */
export function choicesOf(session: Session, object: ObjectDef | null, field: FieldDef, row?: Row | null): Choice[] {
  if (object?.pipeline && field.name === "pipeline") {
    return session.pipelines.filter((pipeline) => pipeline.object === object.name).map(({ name, label }) => ({ name, label }));
  }
  if (object?.pipeline && field.name === "stage") {
    const own = row?.pipeline ? pipelineOf(session, object.name, row) : null;
    const pipelines = own ? [own] : session.pipelines.filter((pipeline) => pipeline.object === object.name);
    const seen = new Map<string, Choice>();
    for (const pipeline of pipelines) {
      for (const stage of pipeline.stages) {
        if (!seen.has(stage.name)) seen.set(stage.name, { name: stage.name, label: stage.label, color: stageColor(stage) });
      }
    }
    return [...seen.values()];
  }
  return field.choices ?? [];
}

export function stageColor(stage: StageDef): string | undefined {
  return stage.kind === "won" ? "green" : stage.kind === "lost" ? "grey" : undefined;
}

/* ---- which fields where ---- */

export function defaultColumns(session: Session, object: ObjectDef): string[] {
  const configured = objectConfig(session, object.name).columns;
  if (configured?.length) return configured.filter((path) => columnOf(session, object, path));
  const own = object.fields.filter((field) => !field.system && field.type !== "long_text" && field.type !== "file");
  return [object.title_field, ...own.map((field) => field.name).filter((name) => name !== object.title_field)].slice(0, 7);
}

/* An object nobody has said anything about asks for all it has, up to what still is a form. */
const FORM_MAX = 20;

export function createFields(session: Session, object: ObjectDef): string[] {
  const own = object.fields.filter((field) => !field.system && !field.readonly).map((field) => field.name);
  const wanted = layoutOf(session, object.name).create ?? [object.title_field, ...own.filter((name) => name !== object.title_field)].slice(0, FORM_MAX);
  const required = object.fields
    .filter((field) => field.required && !field.readonly && !field.system && field.type !== "auto_number")
    .map((field) => field.name);
  return [...new Set([...wanted, ...required])].filter((name) => {
    const field = fieldOf(object, name);
    return field && !field.readonly && field.type !== "formula" && field.type !== "auto_number";
  });
}
