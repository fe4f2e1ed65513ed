import { tr } from "@/base/i18n.ts";
import type { ObjectDef, Row, Value } from "@/base/types.ts";
import { fieldOf } from "@/object/object.ts";
import { FormRow } from "@/ui/basics.tsx";
import { fieldType } from "./registry.ts";

/* Some fields of an object as a form. Values and the shown names of references are kept by the caller. */
export interface Draft {
  values: Record<string, Value>;
  labels: Record<string, string | null>;
}

export function Fields(props: {
  object: ObjectDef; names: string[]; draft: Draft; errors?: Record<string, string>;
  onChange: (draft: Draft) => void; autoFocus?: boolean; idPrefix?: string; required?: string[];
}) {
  const { object, draft, errors = {} } = props;
  return props.names.map((name, index) => {
    const field = fieldOf(object, name);
    if (!field) return null;
    const { Input } = fieldType(field);
    const id = `${props.idPrefix ?? "f"}-${name}`;
    return (
      <FormRow key={name} id={id} label={tr(field.label)} isRequired={field.required || props.required?.includes(name)}
        error={errors[name]} help={field.help ? tr(field.help) : undefined}>
        <Input id={id} field={field} object={object} value={draft.values[name]} label={draft.labels[name]}
          row={draft.values as unknown as Row} isInvalid={Boolean(errors[name])} autoFocus={props.autoFocus && index === 0}
          onChange={(value, label) => props.onChange({
            values: { ...draft.values, [name]: value }, labels: { ...draft.labels, [name]: label ?? null },
          })} />
      </FormRow>
    );
  });
}
