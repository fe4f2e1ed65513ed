import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { api } from "@/base/api.ts";
import { allOf, idIn } from "@/base/formula.ts";
import { tr } from "@/base/i18n.ts";
import { queryClient, useSession } from "@/base/session.ts";
import type { ObjectDef, Row, Value } from "@/base/types.ts";
import { Cell } from "@/field/cell.tsx";
import { namesOf } from "@/field/multi_choice/names.ts";
import { fieldType } from "@/field/registry.ts";
import { type Column, columnOf, fieldsFor, pluralOf, titleOf } from "@/object/object.ts";
import { problemText } from "@/record/use.ts";
import { Button, FormRow, Notice, Segment } from "@/ui/basics.tsx";
import { Combobox } from "@/ui/combobox.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog, toast } from "@/ui/layer.tsx";
import { type Outcome, runBatch } from "./batch.ts";
import { canEditColumn } from "@/field/cells.ts";
import { t } from "./texts.ts";

/*
 * One field of many records: what will change is shown before anything does, how far it is while it
 * goes, which rows were refused and why afterwards, and all of it can be taken back.
 */
const PAGE = 200;
export const SELECT_MAX = 5000;
const SHOWN = 5;

export async function allMatching(object: string, where: string | undefined, q: string): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | null = null, isFirst = true; (isFirst || after) && ids.length < SELECT_MAX; isFirst = false) {
    const page: { items: Row[]; next: string | null } = await api.records(object, { where, q: q || undefined, fields: ["id"], limit: PAGE, after, order: "id" });
    ids.push(...page.items.map((row) => row.id));
    after = page.next;
  }
  return ids.slice(0, SELECT_MAX);
}

async function rowsOf(object: ObjectDef, ids: string[], column: Column): Promise<Row[]> {
  const out: Row[] = [];
  for (let at = 0; at < ids.length; at += PAGE) {
    const part = ids.slice(at, at + PAGE);
    out.push(...(await api.records(object.name, { where: allOf(idIn(part)), fields: fieldsFor([column], [object.title_field]), limit: PAGE })).items);
  }
  return out;
}

export function BulkBar({ object, ids, total, onAll, onNone, isBusy }: {
  object: ObjectDef; ids: string[]; total: { count: number; text: string } | null; onAll: () => void; onNone: () => void; isBusy: boolean;
}) {
  const session = useSession();
  const [field, setField] = useState<string | null>(null);
  const owner = columnOf(session, object, "owner");
  return (
    <div className="bulkbar" role="toolbar" aria-label={t("bulk_change")}>
      <strong className="num">{t("selected", { n: ids.length })}</strong>
      {total && total.count > ids.length && ids.length < SELECT_MAX && (
        <button type="button" className="linklike" disabled={isBusy} onClick={onAll}>{t("select_matching", { n: total.text })}</button>
      )}
      <span className="grow" />
      <Button icon="edit" isSmall onClick={() => setField("")}>{t("bulk_change")}</Button>
      {owner && canEditColumn(session, object, owner) && <Button icon="person" isSmall onClick={() => setField("owner")}>{t("bulk_assign")}</Button>}
      <Button kind="quiet" icon="close" isSmall onClick={onNone}>{t("select_none")}</Button>
      {field !== null && <BulkDialog object={object} ids={ids} start={field} onClose={() => setField(null)} onDone={onNone} />}
    </div>
  );
}

const isMany = (column: Column) => column.field.type === "multi_choice" || column.field.type === "many_to_many";

/* Several choices or records may also be added to, or taken from, what each record has. */
type How = "set" | "add" | "take";

function mixed(column: Column, how: How, before: Value, given: Value): Value {
  if (how === "set" || !isMany(column)) return given;
  const [had, picked] = [namesOf(before), namesOf(given)];
  if (column.field.type === "many_to_many") {
    return how === "add" ? [...new Set([...had, ...picked])].sort() : had.filter((id) => !picked.includes(id));
  }
  const names = (column.field.choices ?? []).map((choice) => choice.name)
    .filter((name) => (how === "add" ? had.includes(name) || picked.includes(name) : had.includes(name) && !picked.includes(name)));
  return names.length ? names : null;
}

interface Ending extends Outcome {
  before: Map<string, Value>;
  titles: Map<string, string>;
}

function BulkDialog({ object, ids, start, onClose, onDone }: { object: ObjectDef; ids: string[]; start: string; onClose: () => void; onDone: () => void }) {
  const session = useSession();
  const [name, setName] = useState(start);
  const [draft, setDraft] = useState<{ value: Value; label: string | null } | null>(null);
  const [how, setHow] = useState<How>("set");
  const [going, setGoing] = useState<number | null>(null);
  const [ending, setEnding] = useState<Ending | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const isStopped = useRef(false);
  const columns = object.fields.flatMap((field) => columnOf(session, object, field.name) ?? []).filter((column) => canEditColumn(session, object, column));
  const column = columns.find((other) => other.path === name);
  const found = useQuery({
    queryKey: ["bulk", object.name, ids, name], queryFn: () => rowsOf(object, ids, column!), enabled: Boolean(column), staleTime: 0, gcTime: 0,
  });
  const rows = found.data ?? [];
  const valueOf = (row: Row): Value => (draft && column ? mixed(column, how, row[column.path] ?? null, draft.value) : null);
  const changing = draft && column ? rows.filter((row) => JSON.stringify(row[column.path] ?? null) !== JSON.stringify(valueOf(row))) : [];

  const refresh = () => {
    for (const key of [["records", object.name], ["record", object.name], ["aggregate", object.name]]) void queryClient.invalidateQueries({ queryKey: key });
  };
  const send = async (changes: { id: string; version?: number; value: Value }[]) => {
    isStopped.current = false;
    setGoing(0);
    setProblem(null);
    try {
      return await runBatch(object.name, changes.map(({ id, version, value }) => ({ id, version, values: { [column!.path]: value } })),
        { onProgress: setGoing, isStopped: () => isStopped.current });
    } catch (error) {
      setProblem(problemText(error));
      return null;
    } finally {
      setGoing(null);
      refresh();
    }
  };
  const run = async () => {
    const before = new Map(changing.map((row) => [row.id, row[column!.path] ?? null]));
    const titles = new Map(changing.map((row) => [row.id, titleOf(object, row)]));
    const out = await send(changing.map((row) => ({ id: row.id, version: row.version, value: valueOf(row) })));
    if (out) setEnding({ ...out, before, titles });
  };
  const undo = async () => {
    const { done, before } = ending!;
    const out = await send(done.map(({ id, version }) => ({ id, version, value: before.get(id)! })));
    if (!out) return;
    toast(t("bulk_undone", { n: out.done.length }), { isBad: out.refused.length > 0 });
    onClose();
  };
  const close = () => {
    if (going !== null) return;
    onClose();
    if (ending && ending.refused.length === 0) onDone();
  };
  const all = ending ? ending.done.length : changing.length;
  const title = start === "owner" ? t("bulk_assign") : t("bulk_title", { n: ids.length, name: ids.length === 1 ? tr(object.label) : pluralOf(object) });
  const footer = going !== null ? <Button onClick={() => { isStopped.current = true; }}>{t("bulk_stop")}</Button>
    : ending ? <><Button icon="undo" disabled={ending.done.length === 0} onClick={() => void undo()}>{t("undo")}</Button><Button kind="primary" onClick={close}>{t("bulk_close")}</Button></>
    : <><Button onClick={close}>{t("cancel")}</Button><Button kind="primary" disabled={changing.length === 0} onClick={() => void run()}>{t("bulk_run", { n: changing.length })}</Button></>;
  return (
    <Dialog title={title} onClose={close} footer={footer}>
      <div className="body bulk">
        {problem && <Notice kind="bad">{problem}</Notice>}
        {going !== null && (
          <div className="bulkgoing" role="status">
            <span>{t("bulk_going", { done: going, all })}</span>
            <div className="meter"><i style={{ width: `${all ? (going / all) * 100 : 0}%` }} /></div>
          </div>
        )}
        {ending && going === null && <Result ending={ending} />}
        {!ending && going === null && (
          <>
            {start === "" && (
              <FormRow label={t("bulk_field")} id="bulk-field">
                <Combobox id="bulk-field" value={name || null} options={columns.map((other) => ({ value: other.path, label: other.label }))}
                  onChange={(value) => { setName(value ?? ""); setDraft(null); setHow("set"); }} />
              </FormRow>
            )}
            {column && isMany(column) && (
              <Segment label={t("bulk_how")} value={how} onChange={setHow}
                options={[{ value: "set", label: t("bulk_set") }, { value: "add", label: t("bulk_add") }, { value: "take", label: t("bulk_take") }]} />
            )}
            {column && <ValueInput key={column.path} object={object} column={column} draft={draft} onChange={setDraft} />}
            {column && draft && <Preview object={object} column={column} draft={draft} valueOf={valueOf} rows={rows} changing={changing} isReady={found.isSuccess} />}
          </>
        )}
      </div>
    </Dialog>
  );
}

function ValueInput({ object, column, draft, onChange }: {
  object: ObjectDef; column: Column; draft: { value: Value; label: string | null } | null; onChange: (draft: { value: Value; label: string | null } | null) => void;
}) {
  const { Input } = fieldType(column.field);
  return (
    <FormRow label={column.path === "owner" ? column.label : t("bulk_value")} id="bulk-value">
      <Input id="bulk-value" field={column.field} object={object} value={draft?.value ?? null} label={draft?.label}
        onChange={(value, label) => onChange(value === null ? null : { value, label: label ?? null })} />
      {!column.field.required && draft?.value !== null && column.path !== "owner" && (
        <div><Button kind="quiet" isSmall icon="minus" onClick={() => onChange({ value: null, label: null })}>{t("bulk_clear")}</Button></div>
      )}
    </FormRow>
  );
}

function Preview({ object, column, draft, valueOf, rows, changing, isReady }: {
  object: ObjectDef; column: Column; draft: { value: Value; label: string | null }; valueOf: (row: Row) => Value; rows: Row[]; changing: Row[]; isReady: boolean;
}) {
  if (!isReady) return null;
  const same = rows.length - changing.length;
  const after = (row: Row): Row => ({ ...row, [column.path]: valueOf(row), ...(column.labelPath ? { [column.labelPath]: draft.label } : {}) });
  const shown = (row: Row) => (row[column.path] === null || row[column.path] === undefined ? <span className="meta">{t("bulk_blank")}</span> : <Cell row={row} column={column} />);
  return (
    <section className="bulkpreview">
      <p><strong>{t("bulk_preview", { n: changing.length })}</strong>{same > 0 && <span className="meta"> · {t("bulk_same", { n: same })}</span>}</p>
      <ul>
        {changing.slice(0, SHOWN).map((row) => (
          <li key={row.id}><span className="cut grow">{titleOf(object, row)}</span>{shown(row)}<Icon name="arrow-right" size={14} />{shown(after(row))}</li>
        ))}
      </ul>
      {changing.length > SHOWN && <p className="meta">{t("bulk_and_more", { n: changing.length - SHOWN })}</p>}
    </section>
  );
}

function Result({ ending }: { ending: Ending }) {
  return (
    <>
      <Notice kind={ending.refused.length ? "warn" : "good"}>
        {t(ending.isStopped ? "bulk_stopped" : "bulk_done", { n: ending.done.length })}
        {ending.refused.length > 0 && <> · {t("bulk_refused", { n: ending.refused.length })}</>}
      </Notice>
      {ending.refused.length > 0 && (
        <ul className="bulkrefused scroll">
          {ending.refused.map(({ id, message }, i) => <li key={`${id}${i}`}><strong className="cut">{ending.titles.get(id)}</strong><span>{message}</span></li>)}
        </ul>
      )}
    </>
  );
}
