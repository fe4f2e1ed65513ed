import "./filter.css";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { api } from "@/base/api.ts";
import { type Condition, type Filter, formulaOf, idIn, type Op, parseFilter } from "@/base/formula.ts";
import { tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import type { FieldDef, ObjectDef } from "@/base/types.ts";
import { fieldType } from "@/field/registry.ts";
import { searchRecords } from "@/field/reference/index.tsx";
import { t as ft } from "@/field/texts.ts";
import { choicesOf, columnOf, targetOf, titleOf, typeOf } from "@/object/object.ts";
import { Button, TextArea } from "@/ui/basics.tsx";
import { DateInput } from "@/ui/calendar.tsx";
import { Combobox } from "@/ui/combobox.tsx";
import { t } from "./texts.ts";

/* With its completion, only where a formula is written. */
const FormulaInput = lazy(() => import("@/formula/input.tsx").then((room) => ({ default: room.FormulaInput })));

/* The same, as one of the things a form asks for. */
export function ConditionInput(props: { object: ObjectDef; label: string; value: string; onChange: (value: string) => void }) {
  return <FilterPanel isInline object={props.object} label={props.label} where={props.value} onChange={props.onChange} />;
}

/*
 * The filter: conditions for clicking, the formula for those who write it. What leaves this panel
 * is always formula text; incomplete conditions simply do not take part yet.
 */
export function FilterPanel({ object, where, onChange, isInline, label }: {
  object: ObjectDef; where: string; onChange: (where: string) => void;
  /* Among other things to fill in: what is written counts at once. */
  isInline?: boolean; label?: string;
}) {
  const parsed = useMemo(() => parseFilter(where), [where]);
  const [filter, setFilter] = useState<Filter>(() => parsed ?? { join: "AND", conditions: [] });
  const [isText, setText] = useState(parsed === null);
  const written = useRef(where);

  /* When the view changes underneath, follow it; not when it is our own change coming back. */
  useEffect(() => {
    if (where === written.current) return;
    written.current = where;
    setFilter(parsed ?? { join: "AND", conditions: [] });
    if (parsed === null) setText(true);
  }, [where, parsed]);

  const change = (next: Filter) => {
    setFilter(next);
    written.current = formulaOf(next);
    onChange(written.current);
  };
  const set = (index: number, condition: Condition) =>
    change({ ...filter, conditions: filter.conditions.map((other, i) => (i === index ? condition : other)) });
  const add = (path: string) => {
    const field = fieldFor(path);
    if (field && fieldType(field).ops.length > 0) change({ ...filter, conditions: [...filter.conditions, { field: path, op: fieldType(field).ops[0]! }] });
  };
  const session = useSession();
  const fieldFor = (path: string) => columnOf(session, object, path)?.field;
  if (isText) {
    return (
      <FormulaPanel object={object} where={where} isInline={isInline} label={label} onApply={(text) => { written.current = text; onChange(text); }}
        onConditions={parsed ? () => { setFilter(parsed); setText(false); } : undefined} />
    );
  }
  return (
    <div className={isInline ? "filterpanel inline" : "filterpanel"} role={label ? "group" : undefined} aria-label={label}>
      {filter.conditions.map((condition, index) => (
        <div key={index} className="condition">
          <span className="join">
            {index === 0 ? t("where") : index === 1 ? (
              <button type="button" className="chip" onClick={() => change({ ...filter, join: filter.join === "AND" ? "OR" : "AND" })}>
                {t(filter.join === "AND" ? "and" : "or")}
              </button>
            ) : t(filter.join === "AND" ? "and" : "or")}
          </span>
          <ConditionRow object={object} condition={condition} onChange={(next) => set(index, next)} />
          <Button kind="quiet" isSmall icon="close" aria-label={t("remove_condition")}
            onClick={() => change({ ...filter, conditions: filter.conditions.filter((_, i) => i !== index) })} />
        </div>
      ))}
      <footer>
        <div className="addcondition"><FieldPicker object={object} value={null} onPick={add} placeholder={t("add_condition")} /></div>
        <span className="grow" />
        <Button kind="quiet" isSmall onClick={() => setText(true)}>{t("as_formula")}</Button>
        {filter.conditions.length > 0 && !isInline && <Button kind="quiet" isSmall onClick={() => change({ join: "AND", conditions: [] })}>{t("clear_filter")}</Button>}
      </footer>
    </div>
  );
}

/* Own fields, then those of what it refers to, one step away. */
function FieldPicker({ object, value, onPick, placeholder }: {
  object: ObjectDef; value: string | null; onPick: (path: string) => void; placeholder?: string;
}) {
  const session = useSession();
  const options = useMemo(() => {
    const own = object.fields.map((field) => ({ value: field.name, label: tr(field.label) || field.name }));
    const far = object.fields.flatMap((field) => {
      const target = session.objects.get(targetOf(field) ?? "");
      return (target?.fields ?? []).filter((other) => !other.system)
        .map((other) => ({ value: `${field.name}.${other.name}`, label: `${tr(field.label)} · ${tr(other.label)}` }));
    });
    return [...own, ...far];
  }, [object, session]);
  return <Combobox isSmall value={value} options={options} placeholder={placeholder} ariaLabel={t("field")} onChange={(path) => path && onPick(path)} />;
}

function ConditionRow({ object, condition, onChange }: { object: ObjectDef; condition: Condition; onChange: (next: Condition) => void }) {
  const session = useSession();
  const column = columnOf(session, object, condition.field);
  const ops = column ? opsFor(column.field) : [];
  if (condition.op === "raw") return <code className="rawcondition cut" title={String(condition.value)}>{String(condition.value)}</code>;
  return (
    <>
      <div className="conditionfield">
        <FieldPicker object={object} value={condition.field} onPick={(path) => {
          const field = columnOf(session, object, path)?.field;
          if (field) onChange({ field: path, op: opsFor(field)[0]! });
        }} />
      </div>
      <select className="input small conditionop" aria-label={t("operator")} value={condition.op}
        onChange={(event) => onChange({ ...condition, op: event.target.value as Op })}>
        {(ops.includes(condition.op) ? ops : [...ops, condition.op]).map((op) => <option key={op} value={op}>{op === "raw" ? "" : ft(`op_${op}`)}</option>)}
      </select>
      <div className="conditionvalue">
        {column && <ValueInput field={column.field} owner={column.object} condition={condition} onChange={(value) => onChange({ ...condition, value })} />}
      </div>
    </>
  );
}

function opsFor(field: FieldDef): Op[] {
  return fieldType(field).ops;
}

const NO_VALUE: Op[] = ["blank", "not_blank", "true", "false", "me"];

function ValueInput({ field, owner, condition, onChange }: {
  field: FieldDef; owner: ObjectDef | null; condition: Condition; onChange: (value: string | string[]) => void;
}) {
  const session = useSession();
  const { op, value } = condition;
  const one = Array.isArray(value) ? (value[0] ?? "") : (value ?? "");
  const many = Array.isArray(value) ? value : value ? [value] : [];
  if (NO_VALUE.includes(op)) return null;
  if (op === "in" || op === "not_in") {
    const target = field.type === "many_to_many" ? (field.to ?? null) : targetOf(field);
    if (target) return <ManyRecords target={target} ids={many} onChange={onChange} />;
    const choices = choicesOf(session, owner, field);
    const toggle = (name: string) => onChange(many.includes(name) ? many.filter((other) => other !== name) : [...many, name]);
    if (choices.length > 0) {
      return (
        <div className="chips">
          {choices.map((choice) => (
            <button key={choice.name} type="button" className="chip" aria-pressed={many.includes(choice.name)} onClick={() => toggle(choice.name)}>{tr(choice.label)}</button>
          ))}
        </div>
      );
    }
  }
  if (op === "on_after" || op === "before") return <DateInput isSmall value={one || null} onChange={(date) => onChange(date ?? "")} label={t("value")} />;
  const box = (text: string, set: (text: string) => void, mode?: "decimal") => (
    <input className="input small" aria-label={t("value")} inputMode={mode} value={text} onChange={(event) => set(event.target.value)} />
  );
  if (op === "between") {
    return (
      <span className="rowline">
        {box(many[0] ?? "", (low) => onChange([low, many[1] ?? ""]), "decimal")}
        <span className="meta">{t("to")}</span>
        {box(many[1] ?? "", (high) => onChange([many[0] ?? "", high]), "decimal")}
      </span>
    );
  }
  if (op === "last_days" || op === "next_days" || op === "older_days") {
    return <span className="rowline">{box(one, onChange, "decimal")}<span className="meta">{t("days")}</span></span>;
  }
  if (op === "ge_hours" || op === "le_hours") return box(one, onChange, "decimal");
  const isNumber = ["money", "number", "integer", "percent"].includes(typeOf(field));
  return box(one, onChange, isNumber ? "decimal" : undefined);
}

function ManyRecords({ target, ids, onChange }: { target: string; ids: string[]; onChange: (ids: string[]) => void }) {
  const session = useSession();
  const object = session.objects.get(target);
  const names = useQuery({
    queryKey: ["titles", target, ids],
    queryFn: () => api.records(target, { where: idIn(ids), fields: [object!.title_field], limit: 200 }),
    enabled: ids.length > 0 && Boolean(object),
    placeholderData: (old) => old,
  });
  const nameOf = (id: string) => {
    const row = names.data?.items.find((item) => item.id === id);
    return row && object ? titleOf(object, row) : "…";
  };
  return (
    <div className="picked">
      {ids.map((id) => (
        <button key={id} type="button" className="chip" aria-pressed="true" onClick={() => onChange(ids.filter((other) => other !== id))}>{nameOf(id)} ×</button>
      ))}
      <div className="grow"><Combobox isSmall value={null} search={searchRecords(session, target)} onChange={(id) => id && !ids.includes(id) && onChange([...ids, id])} /></div>
    </div>
  );
}

function FormulaPanel({ object, where, isInline, label = t("as_formula"), onApply, onConditions }: {
  object: ObjectDef; where: string; isInline?: boolean; label?: string; onApply: (where: string) => void; onConditions?: () => void;
}) {
  const [text, setText] = useState(where);
  const [isOk, setOk] = useState(true);
  useEffect(() => setText(where), [where]);
  const apply = () => (isOk || !text.trim()) && onApply(text.trim());
  return (
    <div className={isInline ? "filterpanel inline" : "filterpanel"}>
      <Suspense fallback={<TextArea value={text} onChange={setText} rows={2} label={label} />}>
        <FormulaInput object={object.name} value={text} isBoolean label={label} onChange={(next) => { setText(next); if (isInline) onApply(next); }} onState={(state) => setOk(state.isOk)} onSubmit={apply} />
      </Suspense>
      <footer>
        {onConditions ? <Button kind="quiet" isSmall onClick={onConditions}>{t("as_conditions")}</Button> : <span className="meta">{t("formula_complex")}</span>}
        <span className="grow" />
        {!isInline && <Button isSmall kind="quiet" onClick={() => onApply("")}>{t("clear_filter")}</Button>}
        {!isInline && <Button isSmall kind="primary" disabled={!isOk && text.trim() !== ""} onClick={apply}>{t("apply")}</Button>}
      </footer>
    </div>
  );
}
