import { isLevel } from "@/base/level.ts";
import { tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import { choicesOf } from "@/object/object.ts";
import { Level } from "@/ui/basics.tsx";
import { Combobox } from "@/ui/combobox.tsx";
import type { FieldType, InputProps, ViewProps } from "../field.ts";

const COLORS: Record<string, string> = {
  green: "var(--green)", red: "var(--red)", orange: "var(--orange)", yellow: "var(--yellow)",
  grey: "var(--text-3)", gray: "var(--text-3)", blue: "var(--ink)",
};

export function colorOf(color: string | undefined): string | undefined {
  if (!color) return undefined;
  return COLORS[color] ?? (/^#[0-9a-f]{6}$/i.test(color) ? color : undefined);
}

export function ChoiceView({ field, object, value, row }: ViewProps) {
  const session = useSession();
  if (value === null || value === undefined || value === "") return null;
  const choices = choicesOf(session, object, field, row);
  if (choices.length === 0 && isLevel(value)) return <Level level={value} />;
  const choice = choices.find((other) => other.name === value);
  const color = colorOf(choice?.color);
  return (
    <span className="tag">
      {color && <i style={{ background: color }} />}
      <span className="cut">{choice ? tr(choice.label) : String(value)}</span>
    </span>
  );
}

/* Few choices lie open as chips; many are searched. */
function Input({ field, object, value, row, onChange, id, isInvalid }: InputProps) {
  const session = useSession();
  const choices = choicesOf(session, object, field, row);
  if (choices.length <= 6) {
    return (
      <div className="chips" role="group" id={id}>
        {choices.map((choice) => (
          <button key={choice.name} type="button" className="chip" aria-pressed={choice.name === value}
            onClick={() => onChange(choice.name === value && !field.required ? null : choice.name)}>{tr(choice.label)}</button>
        ))}
      </div>
    );
  }
  return (
    <Combobox id={id} value={typeof value === "string" ? value : null} isInvalid={isInvalid} isClearable={!field.required}
      options={choices.map((choice) => ({ value: choice.name, label: tr(choice.label) }))} onChange={(next) => onChange(next)} />
  );
}

export const choice: FieldType = { View: ChoiceView, Input, ops: ["in", "not_in", "blank", "not_blank"], width: 124 };
