import { useState } from "react";
import { ApiError } from "@/base/api.ts";
import { tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import type { Choice, Label, ObjectDef } from "@/base/types.ts";
import { problemText } from "@/record/use.ts";
import { Button, FormRow, Notice, Segment } from "@/ui/basics.tsx";
import { Dialog } from "@/ui/layer.tsx";
import { calls } from "./calls.ts";
import { ChoiceEditor } from "./choice_editor.tsx";
import { namedAnew } from "./choices.ts";
import { apiNameFor, bothLabels, cleanName, type Definition, hasChoices, isComputed, isLinked, isNumber, isText, nextTypes, TYPE_GROUPS, typeName } from "./field_types.ts";
import { ConditionInput } from "@/view/filter.tsx";
import { FormulaInput } from "./formula_input.tsx";
import { withWayBack } from "./object_calls.ts";
import { RemoveDialog, RetypeDialog } from "./object_plan.tsx";
import { ot } from "./object_texts.ts";
import { refreshConfig, saveChange } from "./saving.tsx";
import { toast } from "@/ui/layer.tsx";

type Draft = Partial<Definition> & { label: Label; help: Label; type: string };
type Set = (next: Partial<Draft>) => void;

/* What of a definition is sent: only what belongs to the type; a blank takes away. */
export function fieldBody(draft: Draft, name: string, choices: readonly string[] = []): Record<string, unknown> {
  const type = draft.type, text = (value: unknown) => (typeof value === "string" && value.trim() ? value.trim() : null);
  const number = (value: unknown) => (value === "" || value === undefined || value === null || Number.isNaN(Number(value)) ? null : Number(value));
  const stored = !isComputed(type) && !isLinked(type);
  return {
    name, type, label: bothLabels(draft.label), help: draft.help.zh || draft.help.en ? bothLabels(draft.help) : null,
    ...(stored ? {
      required: Boolean(draft.required), required_if: text(draft.required_if), readonly_if: text(draft.readonly_if), unique: draft.unique || null, index: draft.index || null,
      default: typeof draft.default === "string" ? text(draft.default) : draft.default ?? null,
      validate: text(draft.validate?.formula) ? { formula: draft.validate!.formula.trim(), message: bothLabels(draft.validate!.message) } : null,
    } : {}),
    visible_if: text(draft.visible_if), personal: draft.personal || null, width: draft.width === 2 ? 2 : null,
    ...(hasChoices(type) ? { choices: namedAnew((draft.choices ?? []).filter((choice) => choice.label.zh || choice.label.en), choices).map((choice) => ({ ...choice, label: bothLabels(choice.label) })), open: draft.open || null } : {}),
    ...(type === "formula" ? { formula: text(draft.formula), stored: draft.stored || null, ...(draft.result ? { result: draft.result } : {}) } : {}),
    ...(type === "reference" ? { to: draft.to, owned: draft.owned || null } : {}),
    ...(type === "many_to_many" ? { to: draft.to, back: text(draft.back) } : {}),
    ...(type === "sub_table" ? { to: draft.to, via: draft.via } : {}),
    ...(type === "lookup" ? { via: draft.via, field: draft.field } : {}),
    ...(type === "rollup" ? { relation: draft.relation, function: draft.function ?? "count", field: draft.function && draft.function !== "count" ? draft.field : null, where: text(draft.where), stored: draft.stored || null } : {}),
    ...(["number", "percent"].includes(type) && draft.scale !== undefined ? { scale: number(draft.scale) } : {}),
    ...(isNumber(type) ? { min: number(draft.min), max: number(draft.max) } : {}),
    ...(isText(type) ? { size_max: number(draft.size_max) } : {}),
    ...(type === "auto_number" ? { pattern: text(draft.pattern) ?? "{000000}" } : {}),
    ...(type === "file" ? { accept: draft.accept && draft.accept !== "any" ? draft.accept : null } : {}),
  };
}

const clean = (body: Record<string, unknown>) => Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== undefined && value !== false));

/* What has to be filled in before it can be saved: the name of the first such place. */
export function missingOf(draft: Draft): string | null {
  const type = draft.type;
  const needs: [boolean, Parameters<typeof ot>[0]][] = [
    [Boolean(draft.label.zh.trim() || draft.label.en.trim()), "label_zh"],
    [!hasChoices(type) || Boolean(draft.open) || (draft.choices ?? []).some((choice) => choice.label.zh || choice.label.en), "choices"],
    [!["reference", "many_to_many"].includes(type) || Boolean(draft.to), "refers_to"],
    [type !== "sub_table" || Boolean(draft.to), "lines_of"],
    [type !== "sub_table" || Boolean(draft.via), "lines_via"],
    [type !== "lookup" || Boolean(draft.via), "via"],
    [type !== "rollup" || Boolean(draft.relation), "relation"],
    [type !== "lookup" || Boolean(draft.field), "field_there"],
    [type !== "rollup" || !draft.function || draft.function === "count" || Boolean(draft.field), "field_there"],
    [type !== "formula" || Boolean(draft.formula?.trim()), "formula"],
  ];
  const first = needs.find(([isThere]) => !isThere);
  return first ? ot(first[1]) : null;
}

export function FieldEditor({ object, field, onClose, onHistory }: { object: ObjectDef; field: Definition | null; onClose: () => void; onHistory: () => void }) {
  const [draft, setDraft] = useState<Draft>(() => ({ ...(field ?? {}), type: field?.type ?? "text", label: field?.label ?? { zh: "", en: "" }, help: field?.help ?? { zh: "", en: "" } }));
  const [name, setName] = useState<string | null>(field?.name ?? null);
  const [isFine, setFine] = useState(true);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [step, setStep] = useState<"edit" | "remove" | "retype">("edit");
  const set: Set = (next) => setDraft((now) => ({ ...now, ...next }));
  const apiName = name ?? apiNameFor(draft.label, object.fields.map((other) => other.name), "field");
  const isRetype = field !== null && field.type !== draft.type && !isComputed(field.type);
  const choiceNames = field?.choices?.map((choice) => choice.name) ?? [];
  const missing = missingOf(draft);
  const isReady = missing === null && (draft.type !== "formula" || isFine) && /^[a-z]/.test(apiName);
  const label = tr(field?.label) || apiName;
  const kept = (run: () => Promise<unknown>) => withWayBack(run, "object", object.name);
  const save = async () => {
    setErrors({});
    setProblem(null);
    const body = fieldBody(draft, apiName, choiceNames);
    if (isRetype) {
      setStep("retype");
      return;
    }
    try {
      const said = tr(bothLabels(draft.label));
      if (field) await saveChange(...kept(() => calls.fieldChange(object.name, field.name, body)), ot("field_saved", { name: said }));
      else await saveChange(...kept(() => calls.fieldCreate(object.name, clean(body))), ot("field_made", { name: said }));
      onClose();
    } catch (error) {
      const all = error instanceof ApiError ? error.byField() : {};
      setErrors(Object.fromEntries(Object.entries(all).map(([key, text]) => [key.replace(`fields.${apiName}.`, ""), text])));
      setProblem(problemText(error));
    }
  };
  if (step === "remove" && field) {
    return <RemoveDialog title={ot("remove_field_title", { name: label })} change={{ kind: "field", name: `${object.name}.${field.name}`, body: null }} onClose={() => setStep("edit")}
      onRemove={async () => { await saveChange(...kept(() => calls.fieldRemove(object.name, field.name)), ot("removed", { name: label })); onClose(); }} />;
  }
  if (step === "retype" && field) {
    return <RetypeDialog title={ot("change_type_title", { name: label, type: typeName(draft.type) })} object={object.name} field={field.name} body={clean(fieldBody(draft, field.name, choiceNames))}
      onClose={() => setStep("edit")} onDone={() => { refreshConfig(); toast(ot("job_done")); onClose(); }} />;
  }
  return (
    <Dialog isLarge title={field ? ot("edit_field", { name: label }) : ot("new_field")} onClose={onClose} onSubmit={() => void (isReady && save())}
      footer={<>
        {field && !field.title && <Button kind="quiet" icon="trash" onClick={() => setStep("remove")}>{ot("remove_field")}</Button>}
        {field && <Button kind="quiet" icon="history" onClick={onHistory}>{ot("history")}</Button>}
        <span className="grow meta cut">{missing && ot("still_missing", { name: missing })}</span>
        <Button onClick={onClose}>{ot("cancel")}</Button>
        <Button kind="primary" disabled={!isReady} onClick={() => void save()}>{ot(field ? "save" : "create")}</Button>
      </>}>
      <div className="body fieldeditor">
        {problem && <Notice kind="bad">{problem}</Notice>}
        <div className="formgrid">
          <FormRow id="f-zh" label={ot("label_zh")} isRequired error={errors["label.zh"]}><input id="f-zh" className="input" value={draft.label.zh} onChange={(event) => set({ label: { ...draft.label, zh: event.target.value } })} /></FormRow>
          <FormRow id="f-en" label={ot("label_en")}><input id="f-en" className="input" value={draft.label.en} onChange={(event) => set({ label: { ...draft.label, en: event.target.value } })} /></FormRow>
          <FormRow id="f-type" label={ot("type")} error={errors.type}><TypePicker value={draft.type} allowed={field ? nextTypes(field.type) : null} onChange={(type) => set({ type })} /></FormRow>
          <FormRow id="f-name" label={ot("api_name")} help={field?.aliases?.length ? `${ot("former_names")}: ${field.aliases.join(", ")}` : ot("api_name_hint")} error={errors.name}>
            <input id="f-name" className="input mono" value={apiName} onChange={(event) => setName(cleanName(event.target.value))} />
          </FormRow>
        </div>
        <Shape object={object} draft={draft} set={set} errors={errors} isNew={!field} onFine={setFine} />
        {!isComputed(draft.type) && !isLinked(draft.type) && draft.type !== "auto_number" && <Demands object={object} draft={draft} set={set} errors={errors} />}
        <More object={object} draft={draft} set={set} />
      </div>
    </Dialog>
  );
}

function TypePicker({ value, allowed, onChange }: { value: string; allowed: string[] | null; onChange: (type: string) => void }) {
  return (
    <select id="f-type" className="input" value={value} disabled={allowed?.length === 1} onChange={(event) => onChange(event.target.value)}>
      {TYPE_GROUPS.map(({ group, types }) => {
        const shown = types.filter((type) => !allowed || allowed.includes(type));
        return shown.length > 0 && <optgroup key={group} label={ot(`group_${group}`)}>{shown.map((type) => <option key={type} value={type}>{typeName(type)}</option>)}</optgroup>;
      })}
    </select>
  );
}

type PartProps = { object: ObjectDef; draft: Draft; set: Set; errors?: Record<string, string> };

function Pick({ id, label, value, options, onChange, error, isRequired }: { id: string; label: string; value: string; options: [string, string][]; onChange: (value: string) => void; error?: string | undefined; isRequired?: boolean }) {
  return (
    <FormRow id={id} label={label} error={error} isRequired={isRequired ?? false}>
      <select id={id} className="input" value={value} onChange={(event) => onChange(event.target.value)}><option value="" />{options.map(([key, text]) => <option key={key} value={key}>{text}</option>)}</select>
    </FormRow>
  );
}

const Check = ({ label, isOn, onChange }: { label: string; isOn: boolean; onChange: (isOn: boolean) => void }) => (
  <button type="button" className="chip" aria-pressed={isOn} onClick={() => onChange(!isOn)}>{label}</button>
);

/* What belongs to the type alone. */
function Shape({ object, draft, set, errors = {}, isNew, onFine }: PartProps & { isNew: boolean; onFine: (isFine: boolean) => void }) {
  const session = useSession();
  const objects = [...session.objects.values()].map((other): [string, string] => [other.name, tr(other.label)]);
  const fieldsOf = (name: string | undefined) => (session.objects.get(name ?? "")?.fields ?? []).map((other): [string, string] => [other.name, tr(other.label)]);
  const type = draft.type, text = (key: keyof Draft) => String(draft[key] ?? "");
  const input = (key: "scale" | "min" | "max" | "size_max" | "pattern", help?: string) => (
    <FormRow id={`f-${key}`} label={ot(key)} help={help} error={errors[key]}><input id={`f-${key}`} className="input" value={text(key)} onChange={(event) => set({ [key]: event.target.value } as Partial<Draft>)} /></FormRow>
  );
  if (hasChoices(type)) {
    return <section><h3>{ot("choices")}</h3>{errors.choices && <Notice kind="bad">{errors.choices}</Notice>}
      <ChoiceEditor choices={draft.choices ?? []} onChange={(choices: Choice[]) => set({ choices })} />
      <div className="chips"><Check label={ot("open_choices")} isOn={Boolean(draft.open)} onChange={(open) => set({ open })} /></div></section>;
  }
  if (type === "formula") {
    return <section><h3>{ot("formula")}</h3><FormulaInput object={object.name} value={draft.formula ?? ""} onChange={(formula) => set({ formula })} onState={(state) => onFine(state.isOk)} />
      <div className="chips"><Check label={ot("stored")} isOn={Boolean(draft.stored)} onChange={(stored) => set({ stored })} /></div>
      {draft.stored && <Pick id="f-result" label={ot("result")} value={text("result")} error={errors.result} options={["text", "integer", "number", "money", "percent", "boolean", "date", "datetime"].map((one) => [one, typeName(one)])} onChange={(result) => set({ result: result as Draft["result"] & string })} />}</section>;
  }
  if (type === "lookup") {
    const ways = object.fields.filter((other) => (other.result ?? other.type) === "reference" || ["person", "team"].includes(other.type));
    const to = ways.find((other) => other.name === draft.via);
    return <section className="formgrid">
      <Pick id="f-via" label={ot("via")} isRequired value={text("via")} error={errors.via} options={ways.map((other) => [other.name, tr(other.label)])} onChange={(via) => set({ via, field: "" })} />
      <Pick id="f-field" label={ot("field_there")} isRequired value={text("field")} error={errors.field} options={fieldsOf(to?.to ?? (to?.type === "team" ? "team" : "user"))} onChange={(field) => set({ field })} /></section>;
  }
  if (type === "rollup") {
    const relation = object.relations.find((one) => one.name === draft.relation);
    const how = draft.function ?? "count";
    return <section className="formgrid">
      <Pick id="f-relation" label={ot("relation")} isRequired value={text("relation")} error={errors.relation} options={object.relations.map((one) => [one.name, `${tr(one.label) || one.object} · ${one.field}`])} onChange={(next) => set({ relation: next, field: "" })} />
      <FormRow label={ot("function")}><Segment label={ot("function")} value={how} onChange={(next: string) => set({ function: next })} options={(["count", "sum", "avg", "min", "max", "last"] as const).map((one) => ({ value: one as string, label: ot(`f_${one}`) }))} /></FormRow>
      {how !== "count" && <Pick id="f-field" label={ot("field_there")} isRequired value={text("field")} error={errors.field} options={fieldsOf(relation?.object)} onChange={(field) => set({ field })} />}
      {relation && <div className="wide"><FormRow label={ot("where")} error={errors.where}><FormulaInput object={relation.object} value={draft.where ?? ""} onChange={(where) => set({ where })} onState={() => undefined} /></FormRow></div>}
      <div className="wide chips"><Check label={ot("stored")} isOn={Boolean(draft.stored)} onChange={(stored) => set({ stored })} /></div></section>;
  }
  if (["reference", "many_to_many", "sub_table"].includes(type)) {
    const back = (session.objects.get(draft.to ?? "")?.fields ?? []).filter((other) => other.type === "reference" && other.to === object.name);
    return <section className="formgrid">
      <Pick id="f-to" label={ot(type === "sub_table" ? "lines_of" : "refers_to")} isRequired value={text("to")} error={errors.to} options={isNew ? objects : objects.filter(([one]) => one === draft.to)} onChange={(to) => set({ to })} />
      {type === "sub_table" && <Pick id="f-via" label={ot("lines_via")} isRequired value={text("via")} error={errors.via} options={back.map((other) => [other.name, tr(other.label)])} onChange={(via) => set({ via })} />}
      {type === "sub_table" && draft.to && back.length === 0 && <div className="wide"><LinesBack object={object} to={draft.to} onMade={(via) => set({ via })} /></div>}
      {type === "many_to_many" && <FormRow id="f-back" label={ot("back_name")} error={errors.back}><input id="f-back" className="input mono" value={text("back")} onChange={(event) => set({ back: cleanName(event.target.value) })} /></FormRow>}
      {type === "reference" && <div className="wide chips"><Check label={ot("owned")} isOn={Boolean(draft.owned)} onChange={(owned) => set({ owned })} /></div>}</section>;
  }
  if (isNumber(type)) return <section className="formgrid three">{["number", "percent"].includes(type) && input("scale")}{input("min")}{input("max")}</section>;
  if (isText(type)) return <section className="formgrid">{input("size_max")}</section>;
  if (type === "auto_number") return <section className="formgrid">{input("pattern", ot("pattern_hint"))}</section>;
  if (type === "file") return <section><FormRow label={ot("accept")}><Segment label={ot("accept")} value={draft.accept ?? "any"} onChange={(accept) => set({ accept })} options={(["any", "image", "audio"] as const).map((one) => ({ value: one, label: ot(`a_${one}`) }))} /></FormRow></section>;
  return null;
}

/* Lines need a way back to what they belong to: the other object gets it by one press. */
function LinesBack({ object, to, onMade }: { object: ObjectDef; to: string; onMade: (via: string) => void }) {
  const session = useSession();
  const lines = session.objects.get(to);
  const [problem, setProblem] = useState<string | null>(null);
  const make = async () => {
    const label = bothLabels(object.label);
    const name = apiNameFor({ zh: object.name, en: object.name }, lines?.fields.map((field) => field.name) ?? [], "field");
    try {
      await saveChange(...withWayBack(() => calls.fieldCreate(to, { name, type: "reference", to: object.name, owned: true, label }), "object", to), ot("field_made", { name: tr(label) }));
      onMade(name);
    } catch (error) {
      setProblem(problemText(error));
    }
  };
  return (
    <>
      {problem && <Notice kind="bad">{problem}</Notice>}
      <Notice kind="info">{ot("lines_none", { lines: tr(lines?.label) || to, object: tr(object.label) })} <Button isSmall onClick={() => void make()}>{ot("lines_make")}</Button></Notice>
    </>
  );
}

function Condition({ object, label, value, onChange }: { object: ObjectDef; label: string; value: string; onChange: (value: string) => void }) {
  return <FormRow label={label}><ConditionInput object={object} label={label} value={value} onChange={onChange} /></FormRow>;
}

function Demands({ object, draft, set, errors = {} }: PartProps) {
  const validate = draft.validate ?? { formula: "", message: { zh: "", en: "" } };
  const isOpen = Boolean(draft.required_if || draft.validate || draft.default || errors["validate.formula"] || errors.default);
  return (
    <section>
      <div className="chips">
        <Check label={ot("required")} isOn={Boolean(draft.required)} onChange={(required) => set({ required })} />
        <Check label={ot("unique")} isOn={Boolean(draft.unique)} onChange={(unique) => set({ unique })} />
        <Check label={ot("index")} isOn={Boolean(draft.index)} onChange={(index) => set({ index })} />
      </div>
      <details open={isOpen}>
        <summary>{ot("section_rules")}</summary>
        <div className="formgrid">
          <div className="wide"><Condition object={object} label={ot("required_if")} value={draft.required_if ?? ""} onChange={(required_if) => set({ required_if })} /></div>
          <div className="wide"><Condition object={object} label={ot("validate")} value={validate.formula} onChange={(formula) => set({ validate: { ...validate, formula } })} /></div>
          {validate.formula && <>
            <FormRow id="f-mzh" label={ot("message_zh")}><input id="f-mzh" className="input" value={validate.message.zh} onChange={(event) => set({ validate: { ...validate, message: { ...validate.message, zh: event.target.value } } })} /></FormRow>
            <FormRow id="f-men" label={ot("message_en")}><input id="f-men" className="input" value={validate.message.en} onChange={(event) => set({ validate: { ...validate, message: { ...validate.message, en: event.target.value } } })} /></FormRow>
          </>}
          <div className="wide"><FormRow id="f-default" label={ot("default")} help={ot("default_hint")} error={errors.default}><input id="f-default" className="input mono" value={String(draft.default ?? "")} onChange={(event) => set({ default: event.target.value })} /></FormRow></div>
        </div>
      </details>
    </section>
  );
}

function More({ object, draft, set }: PartProps) {
  const classes = ["phone", "mail", "id_number", "name", "address", "bank"] as const;
  const isOpen = Boolean(draft.help.zh || draft.help.en || draft.personal || draft.visible_if || draft.readonly_if);
  return (
    <details open={isOpen}>
      <summary>{ot("section_more")}</summary>
      <div className="formgrid">
        <FormRow id="f-hzh" label={ot("help_zh")}><input id="f-hzh" className="input" value={draft.help.zh} onChange={(event) => set({ help: { ...draft.help, zh: event.target.value } })} /></FormRow>
        <FormRow id="f-hen" label={ot("help_en")}><input id="f-hen" className="input" value={draft.help.en} onChange={(event) => set({ help: { ...draft.help, en: event.target.value } })} /></FormRow>
        <FormRow id="f-personal" label={ot("personal")}>
          <select id="f-personal" className="input" value={draft.personal === true ? "true" : draft.personal || ""} onChange={(event) => set({ personal: event.target.value === "true" ? true : event.target.value })}>
            <option value="">{ot("p_none")}</option><option value="true">{ot("p_true")}</option>{classes.map((one) => <option key={one} value={one}>{ot(`p_${one}`)}</option>)}
          </select>
        </FormRow>
        <FormRow label={ot("width")}><Segment label={ot("width")} value={draft.width === 2 ? "2" : "1"} onChange={(width: string) => set({ width: Number(width) })} options={(["1", "2"] as const).map((one) => ({ value: one as string, label: ot(`w_${one}`) }))} /></FormRow>
        <div className="wide"><Condition object={object} label={ot("visible_if")} value={draft.visible_if ?? ""} onChange={(visible_if) => set({ visible_if })} /></div>
        {!isComputed(draft.type) && <div className="wide"><Condition object={object} label={ot("readonly_if")} value={draft.readonly_if ?? ""} onChange={(readonly_if) => set({ readonly_if })} /></div>}
      </div>
    </details>
  );
}
