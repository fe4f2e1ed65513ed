import { useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import { useParams } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import type { Label, LevelName, StageKind } from "@/base/types.ts";
import { fieldOf } from "@/object/object.ts";
import { problemText } from "@/record/use.ts";
import { Button, Empty, FormRow, LevelShape, Notice, Segment } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog } from "@/ui/layer.tsx";
import { levelWord } from "@/base/level.ts";
import { calls, type FullPipeline, type FullStage, type Gate } from "./calls.ts";
import { FormulaInput } from "./formula_input.tsx";
import { saveChange } from "./saving.tsx";
import { isSame, joinLimit, limitProblem, moveStage, nameFor, splitLimit, type Unit } from "./stage_edit.ts";
import { t } from "./texts.ts";
import { noun } from "./words.ts";

/*
 * Pipelines as they are read: stages from left to right; the chosen one below with its names, its
 * stall limits and its gates as sentences. Saved as a whole, put back by one tap.
 */
export function Pipelines({ item }: { item?: string }) {
  const session = useSession();
  const [, navigate] = useLocation();
  const pipelines = session.pipelines as FullPipeline[];
  const here = pipelines.find((other) => other.name === item) ?? pipelines[0];
  if (!here) return <Empty icon="pipeline" title={t("not_here")} />;
  return (
    <div className="settingspart">
      <Segment isQuiet label={t("pipelines")} value={here.name} onChange={(name) => navigate(`/settings/pipelines/${name}`)}
        options={pipelines.map((other) => ({ value: other.name, label: `${tr(other.label)}${other.default ? ` · ${t("default_pipeline")}` : ""}` }))} />
      <Editor key={here.name} stored={here} />
    </div>
  );
}

const LEVEL_ORDER: LevelName[] = ["yellow", "orange", "red"];

function Editor({ stored }: { stored: FullPipeline }) {
  const [params, setParams] = useParams();
  const [draft, setDraft] = useState(stored);
  const [problem, setProblem] = useState<string | null>(null);
  const [isSaving, setSaving] = useState(false);
  useEffect(() => setDraft(stored), [JSON.stringify(stored)]);
  const isChanged = !isSame(draft, stored);
  const index = Math.max(0, draft.stages.findIndex((stage) => stage.name === params.get("stage")));
  const stage = draft.stages[index]!;
  const setStages = (stages: FullStage[]) => setDraft({ ...draft, stages });
  const setStage = (next: FullStage) => setStages(draft.stages.map((other, i) => (i === index ? next : other)));
  const choose = (name: string) => setParams({ stage: name });
  const add = () => {
    const name = nameFor("stage", draft.stages.map((other) => other.name));
    const at = draft.stages.findIndex((other) => other.kind !== "open");
    const stages = [...draft.stages];
    stages.splice(at < 0 ? stages.length : at, 0, { name, label: { zh: t("new_stage"), en: "New stage" }, kind: "open", optional: true, probability: 0.5, stall: { yellow: "48h", orange: "72h", red: "5d" } });
    setStages(stages);
    choose(name);
  };
  const save = async () => {
    setSaving(true);
    setProblem(null);
    try {
      await saveChange(() => calls.pipelineChange(stored.name, { label: draft.label, stages: draft.stages }),
        () => calls.pipelineChange(stored.name, { label: stored.label, stages: stored.stages }));
    } catch (error) {
      setProblem(problemText(error));
    } finally {
      setSaving(false);
    }
  };
  const wrong = draft.stages.find((other) => limitProblem(other.stall));
  return (
    <>
      <section className="panel">
        <ol className="stageline">
          {draft.stages.map((other, i) => (
            <li key={other.name} className={`${other.kind}${i === index ? " here" : ""}`}>
              <button type="button" aria-pressed={i === index} onClick={() => choose(other.name)}>
                <strong className="cut">{tr(other.label) || other.name}</strong>
                <span className="meta num">{other.kind === "open" ? `${Math.round(Number(other.probability ?? 0) * 100)}%` : t(`kind_${other.kind}`)}</span>
                {((other.enter?.length ?? 0) + (other.leave?.length ?? 0)) > 0 && <span className="gatecount num"><Icon name="lock" size={12} />{(other.enter?.length ?? 0) + (other.leave?.length ?? 0)}</span>}
              </button>
            </li>
          ))}
          <li className="addstage"><Button kind="quiet" icon="plus" aria-label={t("new_stage")} onClick={add} /></li>
        </ol>
      </section>
      {stage && <StagePanel key={stage.name} object={draft.object} stage={stage} onChange={setStage}
        isFirst={index === 0} isLast={index === draft.stages.length - 1}
        onMove={(by) => setStages(moveStage(draft.stages, index, by))}
        onRemove={() => { setStages(draft.stages.filter((_, i) => i !== index)); setParams({ stage: null }); }} />}
      {problem && <Notice kind="bad">{problem}</Notice>}
      {isChanged && (
        <footer className="savebar">
          <span className="grow">{t(isSaving ? "saving" : "unsaved")}</span>
          <Button onClick={() => { setDraft(stored); setProblem(null); }}>{t("undo")}</Button>
          <Button kind="primary" disabled={isSaving || Boolean(wrong)} onClick={() => void save()}>{t("save")}</Button>
        </footer>
      )}
    </>
  );
}

function StagePanel({ object, stage, onChange, onMove, onRemove, isFirst, isLast }: {
  object: string; stage: FullStage; onChange: (stage: FullStage) => void; onMove: (by: 1 | -1) => void; onRemove: () => void; isFirst: boolean; isLast: boolean;
}) {
  const [gate, setGate] = useState<{ side: "enter" | "leave"; index: number } | null>(null);
  const badLevel = limitProblem(stage.stall);
  const gates = (side: "enter" | "leave") => stage[side] ?? [];
  const setGates = (side: "enter" | "leave", list: Gate[]) => onChange({ ...stage, [side]: list });
  return (
    <section className="panel stagepanel">
      <header>
        <h2>{tr(stage.label)}</h2><code className="meta">{stage.name}</code><span className="grow" />
        <Button kind="quiet" isSmall icon="chevron-left" aria-label={t("move_up")} disabled={isFirst} onClick={() => onMove(-1)} />
        <Button kind="quiet" isSmall icon="chevron-right" aria-label={t("move_down")} disabled={isLast} onClick={() => onMove(1)} />
        <Button kind="quiet" isSmall icon="trash" aria-label={t("remove_stage")} title={t("remove_stage_text")} onClick={onRemove} />
      </header>
      <div className="body stageform">
        <FormRow id="s-zh" label={t("label_zh")}><input id="s-zh" className="input" value={stage.label.zh} onChange={(event) => onChange({ ...stage, label: { ...stage.label, zh: event.target.value } })} /></FormRow>
        <FormRow id="s-en" label={t("label_en")}><input id="s-en" className="input" value={stage.label.en} onChange={(event) => onChange({ ...stage, label: { ...stage.label, en: event.target.value } })} /></FormRow>
        <FormRow label={t("kind")}>
          <Segment label={t("kind")} value={stage.kind} onChange={(kind: StageKind) => onChange({ ...stage, kind })}
            options={(["open", "won", "lost"] as const).map((kind) => ({ value: kind, label: t(`kind_${kind}`) }))} />
        </FormRow>
        <FormRow id="s-p" label={t("probability")}>
          <span className="rowline"><input id="s-p" className="input num" inputMode="decimal" value={String(Math.round(Number(stage.probability ?? 0) * 100))}
            onChange={(event) => {
              const n = Math.max(0, Math.min(100, Number(event.target.value.replace(/\D/g, "")) || 0));
              onChange({ ...stage, probability: n / 100 });
            }} /><span className="meta">%</span></span>
        </FormRow>
        {stage.kind === "open" && (
          <FormRow label={t("optional")}>
            <Segment label={t("optional")} value={stage.optional ? "yes" : "no"} onChange={(value) => onChange({ ...stage, optional: value === "yes" })}
              options={(["no", "yes"] as const).map((value) => ({ value, label: t(value) }))} />
          </FormRow>
        )}
      </div>
      {stage.kind === "open" && (
        <div className="body limits">
          <h3>{t("stall")}</h3>
          <div className="limitrow">
            {LEVEL_ORDER.map((level) => {
              const { n, unit } = splitLimit(stage.stall?.[level]);
              const set = (text: string, next: Unit) => onChange({ ...stage, stall: { ...stage.stall, [level]: joinLimit(text, next) } });
              return (
                <span key={level} className={`limit ${level}`}>
                  <span className={`level ${level}`}><LevelShape level={level} />{levelWord(level)}</span>
                  <input className="input small num" inputMode="decimal" aria-label={levelWord(level)} aria-invalid={badLevel === level || undefined} placeholder={t("none_set")} value={n} onChange={(event) => set(event.target.value, unit)} />
                  <select className="input small" aria-label={`${levelWord(level)} ${t("hours")}`} value={unit} onChange={(event) => set(n, event.target.value as Unit)}>
                    <option value="h">{t("hours")}</option><option value="d">{t("days")}</option>
                  </select>
                </span>
              );
            })}
          </div>
        </div>
      )}
      {(["enter", "leave"] as const).map((side) => (
        <div key={side} className="body gates">
          <h3>{t(`gates_${side}`, { name: tr(stage.label) })}</h3>
          <ul>
            {gates(side).map((item, i) => <GateLine key={item.name} object={object} gate={item} onEdit={() => setGate({ side, index: i })} onRemove={() => setGates(side, gates(side).filter((_, k) => k !== i))} />)}
            {gates(side).length === 0 && <li className="meta">{t("no_gates")}</li>}
          </ul>
          <Button isSmall kind="quiet" icon="plus" onClick={() => setGate({ side, index: -1 })}>{t(`add_gate_${side}`)}</Button>
        </div>
      ))}
      {gate && <GateDialog object={object} gate={gates(gate.side)[gate.index] ?? null} taken={[...gates("enter"), ...gates("leave")].map((item) => item.name)} onClose={() => setGate(null)}
        onSave={(next) => {
          const list = [...gates(gate.side)];
          if (gate.index < 0) list.push(next);
          else list[gate.index] = next;
          setGates(gate.side, list);
          setGate(null);
        }} />}
    </section>
  );
}

function useNeedsText(object: string) {
  const session = useSession();
  return (gate: Gate) => {
    const def = session.objects.get(object);
    if (gate.needs?.field) return t("gate_needs_field", { field: (def && tr(fieldOf(def, gate.needs.field)?.label)) || gate.needs.field });
    if (gate.needs?.object) return t("gate_needs_object", { object: noun(session.objects.get(gate.needs.object)?.label, gate.needs.object) });
    return "";
  };
}

function GateLine({ object, gate, onEdit, onRemove }: { object: string; gate: Gate; onEdit: () => void; onRemove: () => void }) {
  const needs = useNeedsText(object)(gate);
  return (
    <li className="gateline">
      <Icon name="lock" size={16} />
      <div className="grow">
        <p><strong>{tr(gate.label) || gate.name}</strong>{gate.message && <span>{t("colon")}{tr(gate.message)}</span>}</p>
        {gate.formula && <code>{gate.formula}</code>}
        {needs && <span className="meta">{needs}</span>}
      </div>
      <Button kind="quiet" isSmall icon="edit" aria-label={t("edit_gate")} onClick={onEdit} />
      <Button kind="quiet" isSmall icon="trash" aria-label={t("remove")} onClick={onRemove} />
    </li>
  );
}

const emptyLabel: Label = { zh: "", en: "" };

function GateDialog({ object, gate, taken, onSave, onClose }: { object: string; gate: Gate | null; taken: string[]; onSave: (gate: Gate) => void; onClose: () => void }) {
  const session = useSession();
  const def = session.objects.get(object);
  const [label, setLabel] = useState<Label>(gate?.label ?? emptyLabel);
  const [formula, setFormula] = useState(gate?.formula ?? "");
  const [message, setMessage] = useState<Label>(gate?.message ?? emptyLabel);
  const [needs, setNeeds] = useState<{ field?: string; object?: string }>(gate?.needs ?? {});
  const [isOk, setOk] = useState(Boolean(gate));
  const kind = needs.field !== undefined ? "field" : needs.object !== undefined ? "object" : "nothing";
  const isReady = (label.zh || label.en) && formula.trim() && isOk && (message.zh || message.en);
  const both = (value: Label): Label => ({ zh: value.zh || value.en, en: value.en || value.zh });
  const save = () => isReady && onSave({
    name: gate?.name ?? nameFor(label.en || "gate", taken), label: both(label), formula: formula.trim(), message: both(message),
    ...(needs.field || needs.object ? { needs } : {}),
  });
  const pair = (id: string, value: Label, set: (value: Label) => void) => (
    <div className="pair">
      <input id={id} className="input" placeholder="中文" aria-label="中文" value={value.zh} onChange={(event) => set({ ...value, zh: event.target.value })} />
      <input className="input" placeholder="English" aria-label="English" value={value.en} onChange={(event) => set({ ...value, en: event.target.value })} />
    </div>
  );
  return (
    <Dialog isLarge title={t("edit_gate")} onClose={onClose} onSubmit={() => void save()}
      footer={<><Button onClick={onClose}>{t("cancel")}</Button><Button kind="primary" disabled={!isReady} onClick={() => void save()}>{t("save")}</Button></>}>
      <div className="body">
        <FormRow id="g-label" label={t("gate")} isRequired>{pair("g-label", label, setLabel)}</FormRow>
        <FormRow label={t("formula")} isRequired><FormulaInput object={object} value={formula} isBoolean onChange={(value) => { setFormula(value); setOk(false); }} onState={(state) => setOk(state.isOk)} /></FormRow>
        <FormRow id="g-message" label={t("message")} isRequired>{pair("g-message", message, setMessage)}</FormRow>
        <FormRow label={t("needs")}>
          <span className="rowline">
            <Segment label={t("needs")} value={kind} onChange={(value) => setNeeds(value === "field" ? { field: "" } : value === "object" ? { object: "" } : {})}
              options={(["nothing", "field", "object"] as const).map((value) => ({ value, label: t(`needs_${value}`) }))} />
            {kind === "field" && (
              <select className="input" aria-label={t("needs_field")} value={needs.field} onChange={(event) => setNeeds({ field: event.target.value })}>
                <option value="" />{def?.fields.filter((field) => !field.readonly && !field.system && field.type !== "formula").map((field) => <option key={field.name} value={field.name}>{tr(field.label)}</option>)}
              </select>
            )}
            {kind === "object" && (
              <select className="input" aria-label={t("needs_object")} value={needs.object} onChange={(event) => setNeeds({ object: event.target.value })}>
                <option value="" />{[...new Set(def?.relations.map((relation) => relation.object))].map((name) => <option key={name} value={name}>{tr(session.objects.get(name)?.label) || name}</option>)}
              </select>
            )}
          </span>
        </FormRow>
        {def && <Link className="meta" href={`/settings/objects/${object}`}>{t("objects")}{t("colon")}{tr(def.label)}</Link>}
      </div>
    </Dialog>
  );
}
