import "./record.css";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { api, ApiError } from "@/base/api.ts";
import { tr } from "@/base/i18n.ts";
import { queryClient, useSession } from "@/base/session.ts";
import type { ObjectDef, Value } from "@/base/types.ts";
import { type Draft, Fields } from "@/field/form.tsx";
import { toSend } from "@/field/sub_table/index.tsx";
import { createFields, fieldOf, targetOf, titleOf } from "@/object/object.ts";
import { Button, Notice } from "@/ui/basics.tsx";
import { Dialog, toast } from "@/ui/layer.tsx";
import { t } from "./texts.ts";
import { problemText } from "./use.ts";

/* A new record: the few fields the pack names plus what is required; the rest is filled in later. */
export function CreateDialog({ object, preset, onClose }: {
  object: ObjectDef; preset: { field: string; id: string } | null; onClose: () => void;
}) {
  const session = useSession();
  const [, navigate] = useLocation();
  const names = createFields(session, object);
  const shown = preset && fieldOf(object, preset.field) && !names.includes(preset.field) ? [preset.field, ...names] : names;
  const [draft, setDraft] = useState<Draft>({ values: preset ? { [preset.field]: preset.id } : {}, labels: {} });
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const label = usePresetLabel(object, preset);
  useEffect(() => {
    if (label && preset) setDraft((old) => ({ ...old, labels: { ...old.labels, [preset.field]: label } }));
  }, [label]);

  const save = async (isOpening: boolean) => {
    setBusy(true);
    setErrors({});
    setProblem(null);
    try {
      const values: Record<string, Value> = Object.fromEntries(Object.entries(draft.values).filter(([, value]) => value !== null)
        .map(([name, value]) => [name, toSend(session, fieldOf(object, name), value)]));
      const row = await api.create(object.name, values);
      for (const key of [["records", object.name], ["related"], ["aggregate", object.name]]) void queryClient.invalidateQueries({ queryKey: key });
      onClose();
      const href = `/o/${object.name}/${row.id}`;
      if (isOpening) navigate(href);
      else toast(t("created_toast", { name: titleOf(object, row) }), { action: { label: t("open"), run: () => navigate(href) } });
    } catch (error) {
      if (error instanceof ApiError) {
        setErrors(error.byField());
        setProblem(error.general(shown));
      } else setProblem(problemText(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("create_title", { name: tr(object.label) })} onClose={onClose} onSubmit={() => void save(false)}
      footer={
        <>
          <Button disabled={isBusy} onClick={() => void save(true)}>{t("create_open")}</Button>
          <Button kind="primary" disabled={isBusy} onClick={() => void save(false)}>{t("create")}</Button>
        </>
      }>
      <form className="body" onSubmit={(event) => { event.preventDefault(); void save(false); }}>
        {problem && <Notice kind="bad">{problem}</Notice>}
        <Fields object={object} names={shown} draft={draft} errors={errors} onChange={setDraft} autoFocus idPrefix="new" />
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}

function usePresetLabel(object: ObjectDef, preset: { field: string; id: string } | null): string | null {
  const session = useSession();
  const field = preset ? fieldOf(object, preset.field) : undefined;
  const target = field ? session.objects.get(targetOf(field) ?? "") : undefined;
  const found = useQuery({
    queryKey: ["title", target?.name, preset?.id],
    queryFn: () => api.record(target!.name, preset!.id, [target!.title_field]),
    enabled: Boolean(target && preset),
  });
  return target && found.data ? titleOf(target, found.data) : null;
}
