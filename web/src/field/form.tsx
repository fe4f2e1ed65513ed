import "./form.css";
import { useMemo } from "react";
import { tr } from "@/base/i18n.ts";
import { layoutOf, useSession } from "@/base/session.ts";
import type { FieldDef, ObjectDef, Row, Value } from "@/base/types.ts";
import { fieldOf } from "@/object/object.ts";
import { FormRow } from "@/ui/basics.tsx";
import { fieldType } from "./registry.ts";
import { conditionsOf, isPlaced, useFormState } from "./state.ts";
import { t } from "./texts.ts";

/* Some fields of an object as a form. Values and the shown names of references are kept by the caller. */
export interface Draft {
  values: Record<string, Value>;
  labels: Record<string, string | null>;
}

const WIDE = new Set(["long_text", "rich_text", "signature", "file", "geo"]);

/* How many of a form's two columns the field takes. */
export function widthOf(field: FieldDef): 1 | 2 {
  return field.width === 1 || field.width === 2 ? field.width : WIDE.has(field.type) ? 2 : 1;
}

export function Fields(props: {
  object: ObjectDef; names: string[]; draft: Draft; errors?: Record<string, string>;
  onChange: (draft: Draft) => void; autoFocus?: boolean; idPrefix?: string; required?: string[];
  /* The stored record the form is about; none: a new one. */
  record?: { id: string; version: number } | null;
}) {
  const { object, draft, errors = {} } = props;
  const layout = layoutOf(useSession(), object.name);
  const conditions = useMemo(() => conditionsOf({ ...layout, sections: [] }), [layout]);
  const state = useFormState(object, draft.values, props.record, conditions);
  /* What is refused must be seen, whatever its conditions say. */
  const names = props.names.filter((name) => (state.isVisible(name) && isPlaced(layout, state, name)) || errors[name] || props.required?.includes(name));
  /* Required by what was filled in, though the form was not made to ask for it. */
  const more = props.record ? [] : object.fields.filter((field) => field.required_if && !props.names.includes(field.name) && state.isRequired(field.name));
  names.push(...more.map((field) => field.name));
  const hasWidths = object.fields.some((field) => field.width);
  const rows = names.map((name, index) => {
    const field = fieldOf(object, name);
    if (!field) return null;
    const { Input, View } = fieldType(field);
    const id = `${props.idPrefix ?? "f"}-${name}`;
    const isLocked = state.isReadonly(name);
    const value = draft.values[name];
    const row = draft.values as unknown as Row;
    return (
      <div key={name} className={`formcell${widthOf(field) === 2 ? " wide" : ""}`}>
        <FormRow id={id} label={tr(field.label)} isRequired={field.required || state.isRequired(name) || props.required?.includes(name)}
          error={errors[name]} help={isLocked ? t("locked") : field.help ? tr(field.help) : undefined}>
          {isLocked ? (
            <span className="lockedvalue" id={id}>
              {value === null || value === undefined || value === "" ? <span className="none">—</span>
                : <View field={field} object={object} value={value} label={draft.labels[name]} row={row} isLong />}
            </span>
          ) : (
            <Input id={id} field={field} object={object} value={value} label={draft.labels[name]}
              row={row} isInvalid={Boolean(errors[name])} errors={errors} autoFocus={props.autoFocus && index === 0}
              onChange={(next, label) => props.onChange({
                values: { ...draft.values, [name]: next }, labels: { ...draft.labels, [name]: label ?? null },
              })} />
          )}
        </FormRow>
      </div>
    );
  });
  return hasWidths ? <div className="fieldgrid">{rows}</div> : <>{rows}</>;
}
