import "./multi_choice.css";
import { tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import type { Choice } from "@/base/types.ts";
import { choicesOf } from "@/object/object.ts";
import { Combobox } from "@/ui/combobox.tsx";
import { Icon } from "@/ui/icon.tsx";
import { colorOf } from "../choice/index.tsx";
import type { FieldType, InputProps, ViewProps } from "../field.ts";
import { t } from "../texts.ts";
import { namesOf } from "./names.ts";

/* More than this are searched; fewer lie open. */
const OPEN_MAX = 8;

function Dot({ color }: { color: string | undefined }) {
  const css = colorOf(color);
  return css ? <i className="choicedot" style={{ background: css }} /> : null;
}

function View({ field, object, value, row, isLong }: ViewProps) {
  const session = useSession();
  const choices = choicesOf(session, object, field, row);
  const names = namesOf(value);
  if (names.length === 0) return null;
  return (
    <span className={`choicetags${isLong ? " long" : ""}`}>
      {names.map((name) => {
        const choice = choices.find((other) => other.name === name);
        return (
          <span key={name} className="tag"><Dot color={choice?.color} /><span className="cut">{choice ? tr(choice.label) : name}</span></span>
        );
      })}
    </span>
  );
}

function Chip({ choice, isOn, onClick }: { choice: Choice; isOn: boolean; onClick: () => void }) {
  return (
    <button type="button" className="chip" aria-pressed={isOn} onClick={onClick}>
      <Dot color={choice.color} />{tr(choice.label)}
    </button>
  );
}

/* Always in the order of the list, whatever was pressed first. */
function Input({ field, object, value, row, onChange, id, isInvalid }: InputProps) {
  const session = useSession();
  const choices = choicesOf(session, object, field, row);
  const names = namesOf(value);
  /* One that was taken off the list stays where it was chosen, until it is taken away here. */
  const shown = choices.filter((choice) => !choice.hidden || names.includes(choice.name));
  const set = (next: string[]) => {
    const sorted = choices.map((choice) => choice.name).filter((name) => next.includes(name));
    onChange(sorted.length ? sorted : null);
  };
  const toggle = (name: string) => set(names.includes(name) ? names.filter((other) => other !== name) : [...names, name]);
  if (shown.length <= OPEN_MAX) {
    return (
      <div className="chips" role="group" id={id} aria-label={tr(field.label)}>
        {shown.map((choice) => <Chip key={choice.name} choice={choice} isOn={names.includes(choice.name)} onClick={() => toggle(choice.name)} />)}
      </div>
    );
  }
  const open = shown.filter((choice) => !names.includes(choice.name) && !choice.hidden);
  return (
    <div className="choicepick">
      {names.length > 0 && (
        <div className="chips">
          {names.map((name) => {
            const choice = choices.find((other) => other.name === name);
            const label = choice ? tr(choice.label) : name;
            return (
              <button key={name} type="button" className="chip" aria-pressed="true" aria-label={t("choice_remove", { name: label })} onClick={() => toggle(name)}>
                <Dot color={choice?.color} />{label}<Icon name="close" size={14} />
              </button>
            );
          })}
        </div>
      )}
      <Combobox id={id} value={null} isInvalid={isInvalid} placeholder={t("choice_add")} ariaLabel={tr(field.label)}
        options={open.map((choice) => ({ value: choice.name, label: tr(choice.label) }))}
        onChange={(name) => name && set([...names, name])} />
    </div>
  );
}

export const multiChoice: FieldType = { View, Input, ops: ["in", "not_in", "blank", "not_blank"], width: 180 };
