import "./record.css";
import { useState } from "react";
import { api, ApiError } from "@/base/api.ts";
import { tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import type { FieldError, ObjectDef, Row, StageDef, Value } from "@/base/types.ts";
import { type Draft, Fields } from "@/field/form.tsx";
import { createFields, fieldOf, pipelineOf, stageOf } from "@/object/object.ts";
import { Button, FormRow, Notice, TextArea } from "@/ui/basics.tsx";
import { Dialog, toast } from "@/ui/layer.tsx";
import { t } from "./texts.ts";
import { problemText, refreshRecord } from "./use.ts";

/*
 * Stage moves. A move is simply tried; when a gate refuses, its answer names what is missing and
 * the dialog asks for exactly that. Fields and stage are then saved in one request; records that
 * are missing (a contact who decides, a quote) are made first.
 */
interface Refused {
  row: Row;
  stage: StageDef;
  errors: FieldError[];
}

export function useMove(object: ObjectDef, onDone?: (row: Row) => void) {
  const session = useSession();
  const [refused, setRefused] = useState<Refused | null>(null);
  const done = (row: Row, stage: StageDef) => {
    setRefused(null);
    refreshRecord(object.name, row.id);
    toast(t("moved_to", { stage: tr(stage.label) }));
    onDone?.(row);
  };
  /* Resolves to false when the card must go back to where it was. */
  const move = async (row: Row, stageName: string): Promise<boolean> => {
    const stage = stageOf(pipelineOf(session, object.name, row), stageName);
    if (!stage || row.stage === stageName) return false;
    try {
      await api.move(object.name, row.id, row.version, { stage: stageName });
      done(row, stage);
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 422) setRefused({ row, stage, errors: error.errors });
      else {
        toast(problemText(error), { isBad: true });
        refreshRecord(object.name, row.id);
      }
      return false;
    }
  };
  const dialog = refused && (
    <GateDialog object={object} refused={refused} onClose={() => setRefused(null)}
      onDone={() => done(refused.row, refused.stage)} />
  );
  return { move, dialog };
}

function needsReason(errors: FieldError[]): boolean {
  return errors.some((error) => error.code === "reason_required" || error.field === "reason");
}

interface Needed {
  object: ObjectDef;
  relationField: string | null;
  preset: Record<string, Value>;
}

function useNeeded(object: ObjectDef, errors: FieldError[]): Needed[] {
  const session = useSession();
  const out = new Map<string, Needed>();
  for (const { needs } of errors) {
    const target = needs?.object ? session.objects.get(needs.object) : undefined;
    if (!target || out.has(target.name)) continue;
    const relation = object.relations.find((rel) => (needs?.relation ? rel.name === needs.relation : rel.object === target.name));
    out.set(target.name, { object: target, relationField: relation?.field ?? null, preset: needs?.preset ?? {} });
  }
  return [...out.values()];
}

function GateDialog({ object, refused, onClose, onDone }: {
  object: ObjectDef; refused: Refused; onClose: () => void; onDone: () => void;
}) {
  const { row, stage } = refused;
  const [errors, setErrors] = useState(refused.errors);
  const [draft, setDraft] = useState<Draft>({ values: {}, labels: {} });
  const [extra, setExtra] = useState<Record<string, Draft>>({});
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [made, setMade] = useState<string[]>([]);

  const names = [...new Set(errors.flatMap((error) => {
    const name = error.needs?.field ?? (error.code !== "gate" ? error.field : null);
    return name && name !== "reason" && fieldOf(object, name) ? [name] : [];
  }))];
  const needed = useNeeded(object, errors).filter((need) => !made.includes(need.object.name));
  const hasReason = needsReason(errors);
  const isDenied = errors.some((error) => error.code === "skip_denied" || error.code === "denied");
  const canSubmit = !isDenied && (names.length > 0 || needed.length > 0 || hasReason);
  const gates = errors.filter((error) => error.field !== "reason" && error.code !== "reason_required");

  const submit = async () => {
    if (!canSubmit || isBusy) return;
    setBusy(true);
    setProblem(null);
    try {
      for (const need of needed) {
        const values: Record<string, Value> = { ...need.preset, ...extra[need.object.name]?.values };
        if (need.relationField) values[need.relationField] = row.id;
        linkShared(object, need.object, row, values);
        await api.create(need.object.name, values);
        setMade((list) => [...list, need.object.name]);
      }
      await api.move(object.name, row.id, row.version, {
        stage: stage.name, ...(reason.trim() && { reason: reason.trim() }),
        ...(Object.keys(draft.values).length > 0 && { fields: draft.values }),
      });
      onDone();
    } catch (error) {
      if (error instanceof ApiError && error.errors.length > 0) setErrors(error.errors);
      setProblem(problemText(error));
    } finally {
      setBusy(false);
    }
  };
  const label = { stage: tr(stage.label), n: gates.length };
  const title = isDenied ? t("gate_denied_title", label)
    : gates.length === 0 && hasReason ? t("gate_reason_title", label) : t("gate_title", label);
  return (
    <Dialog title={title} onClose={onClose} onSubmit={() => void submit()}
      footer={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          {canSubmit && <Button kind="primary" disabled={isBusy || (hasReason && !reason.trim())} onClick={() => void submit()}>{t("gate_save")}</Button>}
        </>
      }>
      <div className="body">
        {gates.length > 0 && (
          <ul className="gates">
            {gates.map((error, index) => <li key={index}><Notice kind={isDenied ? "bad" : "warn"}>{error.message}</Notice></li>)}
          </ul>
        )}
        {problem && gates.every((error) => error.message !== problem) && <Notice kind="bad">{problem}</Notice>}
        {!isDenied && (
          <>
            <Fields object={object} names={names} draft={draft} onChange={setDraft} autoFocus idPrefix="gate" required={names} />
            {needed.map((need) => (
              <fieldset key={need.object.name} className="needed">
                <legend>{t("object_needed", { name: tr(need.object.label) })}</legend>
                <NeededFields need={need} own={object} draft={extra[need.object.name] ?? { values: need.preset, labels: {} }}
                  onChange={(next) => setExtra((all) => ({ ...all, [need.object.name]: next }))} />
              </fieldset>
            ))}
            {hasReason && (
              <FormRow label={t("reason")} id="gate-reason" isRequired help={t("reason_hint")}>
                <TextArea id="gate-reason" value={reason} onChange={setReason} rows={2} autoFocus={names.length === 0} />
              </FormRow>
            )}
          </>
        )}
      </div>
    </Dialog>
  );
}

/* What both sides refer to (both name the same company) is carried over to the new record. */
function linkShared(own: ObjectDef, target: ObjectDef, row: Row, values: Record<string, Value>) {
  for (const field of target.fields) {
    if (field.type !== "reference" || values[field.name] !== undefined) continue;
    const shared = own.fields.find((other) => other.type === "reference" && other.to === field.to);
    if (field.to === own.name) values[field.name] = row.id;
    else if (shared && row[shared.name]) values[field.name] = row[shared.name]!;
  }
}

function NeededFields({ need, own, draft, onChange }: {
  need: Needed; own: ObjectDef; draft: Draft; onChange: (draft: Draft) => void;
}) {
  const session = useSession();
  const carried = need.object.fields
    .filter((field) => field.type === "reference" && (field.to === own.name || own.fields.some((other) => other.type === "reference" && other.to === field.to)))
    .map((field) => field.name);
  const names = [...new Set([...createFields(session, need.object), ...Object.keys(need.preset)])]
    .filter((name) => name !== need.relationField && !carried.includes(name));
  return <Fields object={need.object} names={names} draft={draft} onChange={onChange} idPrefix={`need-${need.object.name}`} />;
}
