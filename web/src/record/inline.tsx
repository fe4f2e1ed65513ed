import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, ApiError } from "@/base/api.ts";
import { relative } from "@/base/format.ts";
import { tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import { parseTime } from "@/base/time.ts";
import type { HistoryItem, ObjectDef, Row, Value } from "@/base/types.ts";
import { Cell } from "@/field/cell.tsx";
import { fieldType } from "@/field/registry.ts";
import { NOTHING, useFormState } from "@/field/state.ts";
import { toSend } from "@/field/sub_table/index.tsx";
import { type Column, labelIn } from "@/object/object.ts";
import { Button } from "@/ui/basics.tsx";
import { toast, toastUndo } from "@/ui/layer.tsx";
import { askLeave } from "@/ui/question.ts";
import { t } from "./texts.ts";
import { valueText } from "./timeline.tsx";
import { canOn, type FullRow, problemText, saveFields } from "./use.ts";

/*
 * A value that becomes its input when it is clicked. Enter and leaving save, Escape does not.
 * When someone else changed the record meanwhile, nothing is overwritten: the new state is shown
 * and the person decides.
 */
export function InlineField({ object, row, column, isStrip }: {
  object: ObjectDef; row: FullRow; column: Column; isStrip?: boolean;
}) {
  const session = useSession();
  const client = useQueryClient();
  const { field } = column;
  /* `start`: the record as it was when editing began; live events put a newer one in `row`. */
  const [draft, setDraft] = useState<{ value: Value; label: string | null; start: FullRow } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  /* What was refused inside of the value: cells of lines. */
  const [errors, setErrors] = useState<Record<string, string>>();
  const box = useRef<HTMLDivElement>(null);
  const isSaving = useRef(false);
  const isOwn = column.path === field.name;
  const state = useFormState(object, NOTHING, row);
  const canEdit = isOwn && !state.isReadonly(field.name) && !field.readonly && field.type !== "formula" && field.type !== "auto_number" && !STAGED.has(field.name) &&
    canOn(session, object.name, row, "update");
  const isInstant = INSTANT.has(field.type);

  const hint = useLastChange(object, row, field.name);

  const stop = () => {
    setDraft(null);
    setProblem(null);
    setErrors(undefined);
  };
  const sent = (value: Value) => toSend(session, field, value);
  const takeBack = (version: number) => saveFields(object.name, { ...row, version } as Row, { [field.name]: sent(row[field.name] ?? null) })
    .then(() => { toast(t("restored")); }, (error: unknown) => { toast(problemText(error), { isBad: true }); });
  const refuse = (error: unknown) => {
    if (!(error instanceof ApiError)) return setProblem(problemText(error));
    const inside = Object.entries(error.byField()).filter(([path]) => path.startsWith(`${field.name}[`));
    setErrors(Object.fromEntries(inside));
    const rest = error.errors.filter((one) => !one.field?.startsWith(`${field.name}[`)).map((one) => one.message);
    if (rest.length > 0) setProblem(rest.join(" "));
    else setProblem(inside.length > 0 ? t("cells_refused", { n: String(inside.length) }) : problemText(error));
  };
  const isSame = (value: Value, at: FullRow) => JSON.stringify(value ?? null) === JSON.stringify(at[field.name] ?? null);
  /* A word typed over is quickly typed again; a page of text or a table is not. */
  const leave = async () => {
    if (!draft || isSame(draft.value, draft.start) || !LONG.has(field.type)) return stop();
    isSaving.current = true; /* nothing is saved while the question stands */
    const isLeft = await askLeave();
    isSaving.current = false;
    if (isLeft) stop();
    else firstIn(box.current)?.focus();
  };
  const save = async (value: Value) => {
    if (isSaving.current) return;
    const start = draft?.start ?? row;
    if (isSame(value, start)) return stop();
    isSaving.current = true;
    try {
      /* What others changed beside it meanwhile is no conflict; this very value is. */
      const { version } = await saveFields(object.name, isSame(start[field.name] ?? null, row) ? row : start, { [field.name]: sent(value) });
      stop();
      if (field.type === "sub_table") toastUndo(t("lines_saved", { field: tr(field.label) }), () => void takeBack(version));
    } catch (error) {
      if (error instanceof ApiError && error.isConflict) await conflict(value);
      else refuse(error);
    } finally {
      isSaving.current = false;
    }
  };
  const conflict = async (value: Value) => {
    const fresh = await api.record(object.name, row.id);
    stop();
    void client.invalidateQueries({ queryKey: ["record", object.name, row.id] });
    toast(t("conflict", { field: tr(field.label) }), {
      isBad: true, ms: 15_000,
      action: { label: t("save_anyway"), run: () => void saveFields(object.name, fresh, { [field.name]: sent(value) }).catch((e) => toast(problemText(e), { isBad: true })) },
    });
  };
  useEffect(() => {
    if (draft !== null) firstIn(box.current)?.focus();
  }, [draft !== null]);

  if (draft === null) {
    const isBlank = row[column.path] === null || row[column.path] === undefined || row[column.path] === "" ||
      (Array.isArray(row[column.path]) && (row[column.path] as string[]).length === 0);
    const begin = () => setDraft({ value: row[field.name] ?? null, label: labelIn(row, column), start: row });
    return (
      <div className={`inline${canEdit ? " editable" : ""}`} title={hint ?? undefined}>
        {isBlank && canEdit
          ? <button type="button" className="blank" data-inline={field.name} onClick={begin}>{isStrip ? "—" : t("add_value")}</button>
          : <Cell row={row} column={column} isLong={!isStrip} />}
        {canEdit && !isBlank && <button type="button" className="over" data-inline={field.name} aria-label={`${t("edit")} ${tr(field.label)}`} onClick={begin} />}
      </div>
    );
  }
  const { Input } = fieldType(field);
  return (
    <div ref={box} className="inline editing"
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return;
        if (event.key === "Escape") {
          event.preventDefault(); /* else it would close the question at once */
          event.stopPropagation();
          void leave();
        } else if (event.key === "Enter" && (!MULTILINE.has(field.type) || event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          void save(draft.value);
        }
      }}
      onBlur={(event) => {
        const to = event.relatedTarget as Node | null;
        if (isInstant || box.current?.contains(to) || (to instanceof Element && to.closest(".pop"))) return;
        setTimeout(() => {
          if (document.querySelector(".pop.pad:popover-open")) return;
          if (box.current && !box.current.contains(document.activeElement)) void save(draft.value);
        }, 0);
      }}>
      <Input field={field} object={object} value={draft.value} label={draft.label} row={row} isInvalid={problem !== null} errors={errors}
        onChange={(value, label) => {
          setDraft({ value, label: label ?? null, start: draft.start });
          if (isInstant || (label !== undefined && field.type !== "many_to_many")) void save(value);
        }} />
      {problem && <span className="formerror" role="alert">{problem}</span>}
      {isInstant && <Button kind="quiet" isSmall onClick={stop}>{t("cancel")}</Button>}
    </div>
  );
}

/* What is filled in first; buttons come along only where there is nothing to type. */
function firstIn(box: HTMLElement | null): HTMLElement | null | undefined {
  return box?.querySelector<HTMLElement>("input:not([hidden]), textarea") ?? box?.querySelector<HTMLElement>("button");
}

const LONG = new Set(["long_text", "rich_text", "sub_table", "many_to_many"]);
const MULTILINE = new Set(["long_text", "rich_text"]);
const INSTANT = new Set(["choice", "boolean", "file", "signature"]);
const STAGED = new Set(["stage", "pipeline", "stage_entered_at", "closed_at", "owner", "created_at", "updated_at", "created_by", "updated_by"]);

/* Who changed this last, from the history already on screen. */
function useLastChange(object: ObjectDef, row: FullRow, field: string): string | null {
  const session = useSession();
  const client = useQueryClient();
  const data = client.getQueryData<{ pages: { items: HistoryItem[] }[] }>(["history", object.name, row.id]);
  for (const item of data?.pages.flatMap((page) => page.items) ?? []) {
    const change = item.kind === "update" ? item.changes.find((other) => other.field === field) : undefined;
    if (change?.lines) return t("changed_lines", { who: item.by_name ?? t("system"), when: relative(parseTime(item.at) ?? 0) });
    if (change) {
      return t("changed_by", {
        who: item.by_name ?? t("system"), when: relative(parseTime(item.at) ?? 0),
        old: valueText(session, object, field, change.old, change.old_label, row),
        new: valueText(session, object, field, change.new, change.new_label, row),
      });
    }
  }
  return null;
}
