import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { Link, useLocation } from "wouter";
import { count } from "@/base/format.ts";
import { useTitle } from "@/base/hooks.ts";
import { listed, tr } from "@/base/i18n.ts";
import { queryClient, useSession } from "@/base/session.ts";
import type { FieldDef, ObjectDef } from "@/base/types.ts";
import { Fields } from "@/field/form.tsx";
import { choicesOf, fieldOf, pluralOf } from "@/object/object.ts";
import { problemText } from "@/record/use.ts";
import { Button, Empty, Failed, Notice, Segment, Skeleton } from "@/ui/basics.tsx";
import { csvOf, fileName, saveText } from "@/ui/chart_data.ts";
import { Combobox } from "@/ui/combobox.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog, toast } from "@/ui/layer.tsx";
import { calls, type Import, type ImportColumn } from "./calls.ts";
import { failedCount, isMoving, previewOf, StateTag } from "./imports.tsx";
import { byReason, type Draft, draftOf, optionsOf, problemsOf, proposeChoice, targetsOf, withTargets } from "./mapping.ts";
import { t } from "./texts.ts";

/* One import from its preview to its result; the server's state decides what is shown. */
export function ImportWizard({ id }: { id: string }) {
  const session = useSession();
  const found = useQuery({
    queryKey: ["import", id], queryFn: async () => ({ ...previewOf(id), ...(await calls.importOf(id)) }) as Import,
    refetchInterval: (query) => (isMoving(query.state.data?.state) ? 700 : false),
  });
  const item = found.data;
  useTitle(item?.file ?? t("imports"));
  const state = item?.state;
  useEffect(() => {
    if (state === "done" || state === "undone") {
      for (const key of [["imports"], ["records"], ["aggregate"]]) void queryClient.invalidateQueries({ queryKey: key });
    }
  }, [state]);
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  if (!item) return <Skeleton rows={8} />;
  const object = session.objects.get(item.object);
  return (
    <div className="imports">
      <header className="pagehead">
        <Link href="/imports" className="btn quiet icon" aria-label={t("back")} title={t("back")}><Icon name="chevron-left" /></Link>
        <h1 className="cut">{item.file}</h1>
        <StateTag state={item.state} />
        <span className="meta">{object && pluralOf(object)} · {t("rows_n", { n: count(item.rows) })}</span>
      </header>
      <div className="importsbody">
        {!object ? <Empty icon="lock" title={t("not_here")} />
          : item.state === "preview" ? (item.columns ? <Prepare item={item} object={object} onChanged={() => void found.refetch()} /> : <Empty icon="import" title={t("preview_gone")} hint={t("preview_gone_hint")} action={<Link className="btn" href={`/imports?object=${item.object}`}>{t("new_import")}</Link>} />)
          : item.state === "running" || item.state === "waiting" ? <Running item={item} />
          : item.state === "undoing" ? <section className="panel runpanel"><h2>{t("undoing_n", { n: count((item.created ?? 0) + (item.updated ?? 0)) })}</h2><p className="meta">{t("undoing_hint")}</p></section>
          : <Result item={item} object={object} onChanged={() => void found.refetch()} />}
      </div>
    </div>
  );
}

/* ---- before the run ---- */

function Prepare({ item, object, onChanged }: { item: Import; object: ObjectDef; onChanged: () => void }) {
  const [, navigate] = useLocation();
  const session = useSession();
  const [draft, setDraft] = useState<Draft>(() => withTargets(draftOf(item.columns!), targetsOf(object, (name) => session.objects.get(name))));
  const [report, setReport] = useState<{ of: string; data: Import } | null>(null);
  const [busy, setBusy] = useState<"check" | "run" | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const problems = problemsOf(object, draft);
  const mappedCount = Object.keys(draft.map).length;
  const signature = JSON.stringify(draft);
  const isChecked = report?.of === signature;
  const isBlocked = mappedCount === 0 || problems.twice.length > 0 || (problems.missing.length > 0 && draft.missing === "refuse");
  const labelOf = (name: string) => tr(fieldOf(object, name)?.label) || name;
  const act = async (what: "check" | "run") => {
    setBusy(what);
    setProblem(null);
    try {
      if (what === "check") setReport({ of: signature, data: await calls.importCheck(item.id, optionsOf(draft)) });
      else {
        const started = await calls.importRun(item.id, optionsOf(draft));
        queryClient.setQueryData(["import", item.id], { ...item, ...started });
        onChanged();
      }
    } catch (error) {
      setProblem(problemText(error));
    } finally {
      setBusy(null);
    }
  };
  const discard = async () => {
    await calls.importUndo(item.id).catch(() => undefined);
    void queryClient.invalidateQueries({ queryKey: ["imports"] });
    navigate("/imports");
  };
  return (
    <>
      {(item.warnings?.length ?? 0) > 0 && <Notice kind="warn">{item.warnings!.map((text) => (typeof text === "string" ? text : text.message)).join(" ")}</Notice>}
      <section className="panel">
        <header><h2>{t("step_map")}</h2><span className="meta">{t("mapped", { n: mappedCount, all: item.columns!.length })}</span></header>
        <Mapping item={item} object={object} draft={draft} onChange={setDraft} />
        {problems.twice.map((name) => <div key={name} className="panelnote"><Notice kind="bad">{t("twice", { name: labelOf(name) })}</Notice></div>)}
        {problems.missing.length > 0 && <div className="panelnote"><Notice kind={draft.missing === "refuse" ? "bad" : "warn"}>{t("required_missing", { names: listed(problems.missing.map((field) => tr(field.label))) })}</Notice></div>}
      </section>
      <Values item={item} object={object} draft={draft} onChange={setDraft} />
      <Options object={object} draft={draft} onChange={setDraft} />
      {isChecked && report && <Report item={report.data} name={item.file} isDry />}
      {problem && <Notice kind="bad">{problem}</Notice>}
      <footer className="importfoot">
        <Button kind="quiet" onClick={() => void discard()}>{t("discard")}</Button>
        <span className="grow meta cut">{busy === "check" ? t("checking") : !isChecked ? t("check_hint") : ""}</span>
        <Button icon="check" disabled={isBlocked || busy !== null} onClick={() => void act("check")}>{t(isChecked ? "check_again" : "check")}</Button>
        <Button kind="primary" icon="import" disabled={isBlocked || busy !== null} onClick={() => void act("run")}>{t("run", { n: count(item.rows) })}</Button>
      </footer>
    </>
  );
}

function Mapping({ item, object, draft, onChange }: { item: Import; object: ObjectDef; draft: Draft; onChange: (draft: Draft) => void }) {
  const session = useSession();
  const targets = useMemo(() => targetsOf(object, (name) => session.objects.get(name)), [object, session]);
  const options = [
    { value: "", label: t("ignore") },
    ...targets.map((target) => ({
      value: target.name,
      label: target.by ? t("found_by", { name: tr(target.field.label), by: tr(target.by.label) }) : tr(target.field.label),
      sub: `${target.field.required ? "* " : ""}${target.name}`,
    })),
  ];
  const set = (column: ImportColumn, field: string | null) => {
    const map = { ...draft.map };
    const values = { ...draft.values };
    if (field) map[column.name] = field;
    else delete map[column.name];
    const choices = field ? choicesOf(session, object, fieldOf(object, field.split(".")[0]!) ?? ({} as FieldDef)) : [];
    if (field && choices.length && !values[field]) {
      const proposed = (column.values?.distinct ?? []).flatMap(({ value }) => {
        const name = proposeChoice(value, choices);
        return name ? [[value, name] as const] : [];
      });
      if (proposed.length) values[field] = Object.fromEntries(proposed);
    }
    onChange({ ...draft, map, values });
  };
  return (
    <ul className="mapping">
      <li className="head"><span>{t("column")}</span><span>{t("samples")}</span><span /><span>{t("goes_to")}</span></li>
      {item.columns!.map((column) => {
        const target = draft.map[column.name] ?? "";
        const option = options.find((other) => other.value === target);
        return (
          <li key={column.name} className={target ? "" : "off"}>
            <strong className="cut" title={column.name}>{column.name}</strong>
            <span className="samples cut" title={column.samples.join("\n")}>{column.samples.filter(Boolean).slice(0, 3).join(" · ")}</span>
            <Icon name="arrow-right" size={16} />
            <Combobox value={target} label={option?.label ?? (target || t("ignore"))} options={options} ariaLabel={`${column.name} → ${t("goes_to")}`}
              onChange={(value) => set(column, value || null)} />
          </li>
        );
      })}
    </ul>
  );
}

function Values({ item, object, draft, onChange }: { item: Import; object: ObjectDef; draft: Draft; onChange: (draft: Draft) => void }) {
  const session = useSession();
  const blocks = item.columns!.flatMap((column) => {
    const name = draft.map[column.name];
    const field = name && !name.includes(".") ? fieldOf(object, name) : undefined;
    const choices = field ? choicesOf(session, object, field) : [];
    return field && choices.length && column.values?.distinct.length ? [{ column, field, choices }] : [];
  });
  if (blocks.length === 0) return null;
  return (
    <section className="panel">
      <header><h2>{t("values")}</h2><span className="meta">{t("values_hint")}</span></header>
      <div className="body valueblocks">
        {blocks.map(({ column, field, choices }) => (
          <div key={column.name}>
            <h3>{tr(field.label)}</h3>
            <ul className="values">
              {column.values!.distinct.slice(0, 40).map(({ value, count: times }) => {
                const to = draft.values[field.name]?.[value] ?? proposeChoice(value, choices) ?? "";
                return (
                  <li key={value}>
                    <span className="cut" title={value}>{value || "—"}</span>
                    <span className="meta num">{t("times", { n: count(times) })}</span>
                    <Icon name="arrow-right" size={14} />
                    <select className={`input small${to || isOpen(field) ? "" : " unset"}`} aria-label={value} value={String(to)}
                      onChange={(event) => {
                        const pairs = { ...draft.values[field.name] };
                        if (event.target.value) pairs[value] = event.target.value;
                        else delete pairs[value];
                        onChange({ ...draft, values: { ...draft.values, [field.name]: pairs } });
                      }}>
                      <option value="">{t("as_is")}</option>
                      {choices.map((choice) => <option key={choice.name} value={choice.name}>{tr(choice.label)}</option>)}
                    </select>
                  </li>
                );
              })}
            </ul>
            {(column.values!.more || column.values!.distinct.length > 40) && <p className="meta">{t("values_more")}</p>}
          </div>
        ))}
      </div>
    </section>
  );
}

/* Fields that take new choices as they come. */
function isOpen(field: FieldDef): boolean {
  return (field as FieldDef & { open?: boolean }).open === true;
}

function Options({ object, draft, onChange }: { object: ObjectDef; draft: Draft; onChange: (draft: Draft) => void }) {
  const session = useSession();
  const [labels, setLabels] = useState<Record<string, string | null>>({});
  const mapped = Object.values(draft.map).map((name) => name.split(".")[0]!);
  const keys = object.fields.filter((field) => mapped.includes(field.name) && ["text", "phone", "mail", "auto_number", "integer", "reference"].includes(field.type));
  const free = targetsOf(object, (name) => session.objects.get(name)).filter((target) => !target.by && !mapped.includes(target.field.name) && !(target.field.name in draft.set));
  return (
    <section className="panel">
      <header><h2>{t("step_options")}</h2></header>
      <div className="body importoptions">
        <Choice label={t("key")}>
          <select className="input" aria-label={t("key")} value={draft.key} onChange={(event) => onChange({ ...draft, key: event.target.value })}>
            <option value="">{t("key_none")}</option>
            {keys.map((field) => <option key={field.name} value={field.name}>{tr(field.label)}</option>)}
          </select>
        </Choice>
        {draft.key && (
          <Choice label={t("duplicates")}>
            <Segment label={t("duplicates")} value={draft.on_duplicate} onChange={(on_duplicate) => onChange({ ...draft, on_duplicate })}
              options={[{ value: "skip", label: t("dup_skip") }, { value: "update", label: t("dup_update") }, { value: "create", label: t("dup_create") }]} />
          </Choice>
        )}
        <Choice label={t("refs")}>
          <Segment label={t("refs")} value={draft.refs} onChange={(refs) => onChange({ ...draft, refs })}
            options={[{ value: "match", label: t("refs_match") }, { value: "create", label: t("refs_create") }]} />
        </Choice>
        <Choice label={t("missing")}>
          <Segment label={t("missing")} value={draft.missing} onChange={(missing) => onChange({ ...draft, missing })}
            options={[{ value: "refuse", label: t("missing_refuse") }, { value: "accept", label: t("missing_accept") }]} />
        </Choice>
        <Choice label={t("set")} hint={t("set_hint")}>
          <div className="setlist">
            {Object.keys(draft.set).length > 0 && (
              <Fields object={object} names={Object.keys(draft.set)} draft={{ values: draft.set, labels }} idPrefix="set"
                onChange={(next) => { setLabels(next.labels); onChange({ ...draft, set: next.values }); }} />
            )}
            <Combobox value={null} placeholder={t("add_set")} ariaLabel={t("add_set")} options={free.map((target) => ({ value: target.field.name, label: tr(target.field.label), sub: target.field.name }))}
              onChange={(name) => name && onChange({ ...draft, set: { ...draft.set, [name]: null } })} />
          </div>
        </Choice>
      </div>
    </section>
  );
}

function Choice({ label, hint, children }: { label: string; hint?: string; children: React.ReactNode }) {
  return <div className="optionline"><span>{label}{hint && <span className="meta">{hint}</span>}</span><div>{children}</div></div>;
}

/* ---- during and after ---- */

function Running({ item }: { item: Import }) {
  const done = item.progress?.done ?? 0;
  const total = item.progress?.total || item.rows;
  return (
    <section className="panel runpanel">
      <h2>{item.state === "waiting" ? t("waiting", { total: count(total) }) : t("running", { done: count(done), total: count(total) })}</h2>
      <div className="progressbar" role="progressbar" aria-valuemin={0} aria-valuemax={total} aria-valuenow={done}><i style={{ width: `${(done / Math.max(1, total)) * 100}%` }} /></div>
      <Button onClick={() => void calls.importCancel(item.id).catch((error: unknown) => toast(problemText(error), { isBad: true }))}>{t("cancel_run")}</Button>
    </section>
  );
}

function Result({ item, object, onChanged }: { item: Import; object: ObjectDef; onChanged: () => void }) {
  const [isAsking, setAsking] = useState(false);
  /* Many records take a while: the page shows that it is under way, nobody has to wait in the question. */
  const undo = () => {
    setAsking(false);
    const look = setTimeout(onChanged, 500);
    calls.importUndo(item.id)
      .then(() => toast(t("undone")), (error: unknown) => toast(problemText(error), { isBad: true }))
      .finally(() => { clearTimeout(look); onChanged(); });
  };
  return (
    <>
      {item.state === "failed" && item.error && <Notice kind="bad">{item.error}</Notice>}
      <Report item={item} name={item.file} />
      <footer className="importfoot">
        {item.can_undo && <Button kind="danger" icon="undo" onClick={() => setAsking(true)}>{t("undo_import")}</Button>}
        <span className="grow" />
        <Link className="btn" href={`/imports?object=${object.name}`}>{t("new_import")}</Link>
        <Link className="btn primary" href={`/o/${object.name}?view=all&layout=grid&order=-created_at`}>{t("see_records")}</Link>
      </footer>
      {isAsking && (
        <Dialog title={t("undo_title")} onClose={() => setAsking(false)} onSubmit={undo}
          footer={<><Button onClick={() => setAsking(false)}>{t("cancel")}</Button><Button kind="primary" onClick={undo}>{t("undo_import")}</Button></>}>
          <div className="body">
            <p>{t("undo_text", { created: count(item.created ?? 0), updated: count(item.updated ?? 0) })}</p>
          </div>
        </Dialog>
      )}
    </>
  );
}

const FAILURES_SHOWN = 200;

function Report({ item, name, isDry }: { item: Import; name: string; isDry?: boolean }) {
  const failed = item.failed ?? [];
  const numbers: [string, number, string][] = [
    [t("created"), item.created ?? 0, "good"], [t("updated"), item.updated ?? 0, ""], [t("skipped"), item.skipped ?? 0, ""], [t("failed"), failedCount(item), failedCount(item) ? "bad" : ""],
  ];
  const download = () => saveText(csvOf({
    head: [t("row"), t("column"), t("value"), t("why"), "code"], rows: failed.map((line) => [line.row, line.column, line.value, line.message, line.code]),
  }), fileName(`${name}-errors`, "csv"));
  return (
    <section className="panel">
      <header><h2>{t(isDry ? "step_check" : "step_result")}</h2>
        {isDry && <span className="meta">{t("would", { created: item.created ?? 0, updated: item.updated ?? 0, skipped: item.skipped ?? 0, failed: failedCount(item) })}</span>}</header>
      <div className="importnumbers">
        {numbers.map(([label, value, kind]) => <div key={label} className={kind}><strong className="num">{count(value)}</strong><span className="meta">{label}</span></div>)}
      </div>
      {failed.length === 0 ? (isDry && <div className="panelnote"><Notice kind="good">{t("all_good")}</Notice></div>) : (
        <>
          <div className="failhead">
            <h3>{t("failures")}</h3>
            <div className="chips">{byReason(failed).slice(0, 4).map(({ message, count: times }) => <span key={message} className="tag"><span className="cut">{message}</span><strong className="num">{count(times)}{failed.length < failedCount(item) && "+"}</strong></span>)}</div>
            <span className="grow" />
            {/* Of a run the server has every refused row as it was in the file, with its reason; of a check, what is shown here. */}
            {isDry ? <Button isSmall icon="export" onClick={download}>{t("download_errors")}</Button>
              : <a className="btn small" href={`/api/v1/imports/${item.id}/errors`} download><Icon name="export" size={16} />{t("download_errors")}</a>}
          </div>
          <div className="scroll failures">
            <table className="table">
              <thead><tr><th className="right">{t("row")}</th><th>{t("column")}</th><th>{t("value")}</th><th>{t("why")}</th></tr></thead>
              <tbody>
                {failed.slice(0, FAILURES_SHOWN).map((line, i) => (
                  <tr key={i}><td className="right num">{line.row}</td><td>{line.column}</td><td className="cut failvalue">{line.value}</td><td>{line.message}</td></tr>
                ))}
              </tbody>
            </table>
          </div>
          {failed.length > FAILURES_SHOWN && <p className="meta panelnote">{t("failures_more", { n: FAILURES_SHOWN })}</p>}
        </>
      )}
    </section>
  );
}
