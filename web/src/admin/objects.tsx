import { useState } from "react";
import { useLocation } from "wouter";
import { ApiError } from "@/base/api.ts";
import { useParams } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import type { Choice, FieldDef, FieldTypeName, Label, ObjectDef } from "@/base/types.ts";
import { Fields } from "@/field/form.tsx";
import { fieldOf } from "@/object/object.ts";
import { problemText } from "@/record/use.ts";
import { Button, Empty, FormRow, Notice, Segment } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog } from "@/ui/layer.tsx";
import { calls } from "./calls.ts";
import { choicesText, parseChoices } from "./choices.ts";
import { FormulaInput } from "./formula_input.tsx";
import { saveChange } from "./saving.tsx";
import { nameFor } from "./stage_edit.ts";
import { t } from "./texts.ts";

/* What records are made of: objects, their fields, a field added while its form is seen. */
export function Objects({ item }: { item?: string }) {
  const session = useSession();
  const [, navigate] = useLocation();
  const all = [...session.objects.values()];
  const object = session.objects.get(item ?? "") ?? all[0];
  if (!object) return <Empty icon="box" title={t("not_here")} />;
  return (
    <div className="settingspart">
      <Segment isQuiet label={t("objects")} value={object.name} onChange={(name) => navigate(`/settings/objects/${name}`)}
        options={all.map((other) => ({ value: other.name, label: tr(other.label) }))} />
      <FieldList key={object.name} object={object} />
    </div>
  );
}

const TYPES: FieldTypeName[] = ["text", "long_text", "integer", "number", "money", "boolean", "date", "datetime", "choice", "person", "team", "reference", "file", "phone", "mail", "region", "formula"];
const KNOWN = new Set<string>([...TYPES, "percent", "auto_number"]);
export const typeName = (type: string) => (KNOWN.has(type) ? t(`type_${type as "text"}`) : type);

function FieldList({ object }: { object: ObjectDef }) {
  const session = useSession();
  const [params, setParams] = useParams();
  const wanted = params.get("field");
  const open = wanted && wanted !== "new" ? fieldOf(object, wanted) : undefined;
  const own = object.fields.filter((field) => !field.system);
  const system = object.fields.filter((field) => field.system);
  const line = (field: FieldDef) => (
    <tr key={field.name} className={field.system ? "" : "clickable"} onClick={field.system ? undefined : () => setParams({ field: field.name }, true)}>
      <td>{field.system ? tr(field.label) : <button type="button" className="linklike" onClick={() => setParams({ field: field.name }, true)}>{tr(field.label)}</button>}{field.required && <span className="need" title={t("required")}> *</span>}</td>
      <td><code>{field.name}</code></td>
      <td>{typeName(field.type)}{field.type === "reference" && field.to ? <span className="meta"> → {tr(session.objects.get(field.to)?.label) || field.to}</span> : null}</td>
      <td className="cut fieldmore">{field.formula ? <code>{field.formula}</code> : field.choices?.length && field.name !== "stage" ? field.choices.map((choice) => tr(choice.label)).join(" · ") : field.help ? tr(field.help) : ""}</td>
      <td className="right">{field.unique ? <span className="tag">{t("unique")}</span> : field.system ? <span className="tag">{t("system_field")}</span> : field.type === "formula" ? <span className="tag ink">{t("computed")}</span> : ""}</td>
    </tr>
  );
  return (
    <>
      <section className="panel">
        <header><h2>{tr(object.label)}</h2><code className="meta">{object.name}</code><span className="meta">{t("fields_n", { n: own.length })}</span><span className="grow" />
          <Button isSmall kind="primary" icon="plus" onClick={() => setParams({ field: "new" }, true)}>{t("new_field")}</Button></header>
        <div className="scroll">
          <table className="table fieldtable">
            <thead><tr><th>{t("fields")}</th><th>{t("api_name")}</th><th>{t("type")}</th><th /><th /></tr></thead>
            <tbody>{own.map(line)}{system.map(line)}</tbody>
          </table>
        </div>
      </section>
      {(wanted === "new" || open) && <FieldDialog key={wanted} object={object} field={open ?? null} onClose={() => setParams({ field: null })} />}
    </>
  );
}

const empty: Label = { zh: "", en: "" };

function FieldDialog({ object, field, onClose }: { object: ObjectDef; field: FieldDef | null; onClose: () => void }) {
  const session = useSession();
  const [label, setLabel] = useState<Label>(field?.label ?? empty);
  const [help, setHelp] = useState<Label>(field?.help ?? empty);
  const [name, setName] = useState<string | null>(field?.name ?? null);
  const [type, setType] = useState<FieldTypeName>(field?.type ?? "text");
  const [isRequired, setRequired] = useState(Boolean(field?.required));
  const [isUnique, setUnique] = useState(Boolean(field?.unique));
  const [to, setTo] = useState(field?.to ?? "");
  const [choices, setChoices] = useState(choicesText(field?.choices ?? []));
  const [formula, setFormula] = useState(field?.formula ?? "");
  const [isOk, setOk] = useState(true);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [isRemoving, setRemoving] = useState(false);
  const apiName = name ?? nameFor(label.en || "field", object.fields.map((other) => other.name));
  const both = { zh: label.zh || label.en, en: label.en || label.zh };
  const isChoice = type === "choice";
  const parsed = parseChoices(choices, field?.choices ?? []);
  const made = (): Record<string, unknown> => ({
    label: both, required: isRequired, unique: isUnique || null, help: help.zh || help.en ? { zh: help.zh || help.en, en: help.en || help.zh } : null,
    ...(isChoice ? { choices: parsed } : {}), ...(type === "formula" ? { formula: formula.trim() } : {}),
  });
  const isReady = Boolean(both.zh) && (!isChoice || parsed.length > 0) && (type !== "reference" || to) && (type !== "formula" || (formula.trim() && isOk));
  const save = async () => {
    setErrors({});
    setProblem(null);
    try {
      if (!field) {
        const body = Object.fromEntries(Object.entries({ name: apiName, type, ...made(), ...(type === "reference" ? { to } : {}) }).filter(([, value]) => value !== null));
        await saveChange(() => calls.fieldCreate(object.name, body), () => calls.fieldRemove(object.name, apiName));
      } else {
        const before = { label: field.label, required: Boolean(field.required), unique: field.unique ?? null, help: field.help ?? null, ...(isChoice ? { choices: field.choices } : {}), ...(type === "formula" ? { formula: field.formula } : {}) };
        await saveChange(() => calls.fieldChange(object.name, field.name, made()), () => calls.fieldChange(object.name, field.name, before));
      }
      onClose();
    } catch (error) {
      setErrors(error instanceof ApiError ? error.byField() : {});
      setProblem(problemText(error));
    }
  };
  const remove = async () => {
    try {
      await saveChange(() => calls.fieldRemove(object.name, field!.name));
      onClose();
    } catch (error) {
      setProblem(problemText(error));
      setRemoving(false);
    }
  };
  const preview: FieldDef = { name: apiName, type, label: both, required: isRequired, ...(help.zh || help.en ? { help } : {}), ...(isChoice ? { choices: parsed as Choice[] } : {}), ...(to ? { to } : {}) };
  if (isRemoving && field) {
    return (
      <Dialog title={t("remove_field_title", { name: tr(field.label) })} onClose={() => setRemoving(false)}
        footer={<><Button onClick={() => setRemoving(false)}>{t("cancel")}</Button><Button kind="danger" onClick={() => void remove()}>{t("remove_field")}</Button></>}>
        <div className="body"><p>{t("remove_field_text")}</p></div>
      </Dialog>
    );
  }
  return (
    <Dialog isLarge title={field ? t("edit_field", { name: tr(field.label) }) : t("new_field")} onClose={onClose} onSubmit={() => void (isReady && save())}
      footer={<>
        {field && !field.title && <Button kind="quiet" icon="trash" onClick={() => setRemoving(true)}>{t("remove_field")}</Button>}
        <span className="grow" />
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button kind="primary" disabled={!isReady} onClick={() => void save()}>{t("save")}</Button>
      </>}>
      <div className="body fielddialog">
        <div className="formgrid">
          {problem && <div className="wide"><Notice kind="bad">{problem}</Notice></div>}
          <FormRow id="f-zh" label={t("label_zh")} isRequired error={errors["label.zh"]}><input id="f-zh" className="input" value={label.zh} onChange={(event) => setLabel({ ...label, zh: event.target.value })} /></FormRow>
          <FormRow id="f-en" label={t("label_en")} error={errors["label.en"]}><input id="f-en" className="input" value={label.en} onChange={(event) => setLabel({ ...label, en: event.target.value })} /></FormRow>
          <FormRow id="f-type" label={t("type")}>
            <select id="f-type" className="input" value={type} disabled={Boolean(field)} onChange={(event) => setType(event.target.value as FieldTypeName)}>
              {(field && !TYPES.includes(field.type) ? [...TYPES, field.type] : TYPES).map((other) => <option key={other} value={other}>{typeName(other)}</option>)}
            </select>
          </FormRow>
          <FormRow id="f-name" label={t("api_name")} help={field ? undefined : t("api_hint")} error={errors.name}>
            <input id="f-name" className="input" value={apiName} disabled={Boolean(field)} onChange={(event) => setName(event.target.value.toLowerCase().replace(/[^a-z0-9_]/g, ""))} />
          </FormRow>
          {type === "reference" && (
            <FormRow id="f-to" label={t("refers_to")} isRequired error={errors.to}>
              <select id="f-to" className="input" value={to} disabled={Boolean(field)} onChange={(event) => setTo(event.target.value)}>
                <option value="" />{[...session.objects.values()].map((other) => <option key={other.name} value={other.name}>{tr(other.label)}</option>)}
              </select>
            </FormRow>
          )}
          {isChoice && <div className="wide"><FormRow id="f-choices" label={t("choices")} isRequired help={t("choices_hint")} error={errors.choices}><textarea id="f-choices" className="input" rows={5} value={choices} onChange={(event) => setChoices(event.target.value)} /></FormRow></div>}
          {type === "formula" && <div className="wide"><FormRow label={t("formula")} isRequired><FormulaInput object={object.name} value={formula} onChange={setFormula} onState={(state) => setOk(state.isOk)} /></FormRow></div>}
          <FormRow id="f-hzh" label={t("help_zh")}><input id="f-hzh" className="input" value={help.zh} onChange={(event) => setHelp({ ...help, zh: event.target.value })} /></FormRow>
          <FormRow id="f-hen" label={t("help_en")}><input id="f-hen" className="input" value={help.en} onChange={(event) => setHelp({ ...help, en: event.target.value })} /></FormRow>
          {type !== "formula" && (
            <div className="wide chips">
              <button type="button" className="chip" aria-pressed={isRequired} onClick={() => setRequired(!isRequired)}>{t("required")}</button>
              <button type="button" className="chip" aria-pressed={isUnique} onClick={() => setUnique(!isUnique)}>{t("unique")}</button>
            </div>
          )}
        </div>
        {type !== "formula" && (
          <aside className="formpreview">
            <span className="meta"><Icon name="log" size={14} />{t("preview")}</span>
            <Preview object={object} field={preview} />
          </aside>
        )}
      </div>
    </Dialog>
  );
}

function Preview({ object, field }: { object: ObjectDef; field: FieldDef }) {
  const [draft, setDraft] = useState<Parameters<typeof Fields>[0]["draft"]>({ values: {}, labels: {} });
  if (field.type === "reference" && !field.to) return null;
  const shown = { ...object, fields: [{ ...field, label: { zh: field.label.zh || "…", en: field.label.en || "…" } }] };
  return <Fields key={field.type} object={shown} names={[field.name]} draft={draft} onChange={setDraft} idPrefix="preview" />;
}
