import { useQueries } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { request } from "@/base/api.ts";
import type * as gen from "@/base/api.gen.ts";
import { count } from "@/base/format.ts";
import { usePhone } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import { problemText } from "@/record/use.ts";
import { ask } from "@/ui/ask.tsx";
import { Button, Notice } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { toast } from "@/ui/layer.tsx";
import { calls } from "./calls.ts";
import { t } from "./excel_texts.ts";
import { typeName } from "./field_types.ts";
import { keepColumns, nameProblem, type Plan, planOf, type SheetPlan, withoutSheet, withSheet, withType } from "./excel_plan.ts";
import { refreshConfig } from "./saving.tsx";

/* From Excel: a workbook is looked at, corrected here, and only then becomes objects with their data. */
export function FromExcel() {
  const [plan, setPlan] = useState<Plan | null>(null);
  const [made, setMade] = useState<gen.WorkbookMade | null>(null);
  if (made) return <Made made={made} onDone={() => { setMade(null); setPlan(null); }} />;
  return plan ? <Correct plan={plan} onChange={setPlan} onMade={setMade} /> : <Drop onRead={setPlan} />;
}

function Drop({ onRead }: { onRead: (plan: Plan) => void }) {
  const box = useRef<HTMLInputElement>(null);
  const isPhone = usePhone();
  const [isOver, setOver] = useState(false);
  const [name, setName] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const take = async (file: File | undefined) => {
    if (!file || name) return;
    if (!/\.(csv|tsv|txt|xlsx)$/i.test(file.name)) return setProblem(t("bad_file"));
    setProblem(null);
    setName(file.name);
    const form = new FormData();
    form.set("file", file);
    try {
      onRead(planOf(await request<gen.Workbook>("/workbooks", { method: "POST", body: form })));
    } catch (error) {
      setProblem(problemText(error));
      setName(null);
    }
  };
  return (
    <div className="settingspart">
      <section className="panel upload">
        <button type="button" className={`drop${isOver ? " over" : ""}`} onClick={() => box.current?.click()}
          onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
          onDrop={(event) => { event.preventDefault(); setOver(false); void take(event.dataTransfer.files[0]); }}>
          <Icon name="import" size={28} />
          <strong>{name ? t("reading", { name }) : t(isPhone ? "choose" : "drop")}</strong>
          <span className="meta">{t("drop_hint")}</span>
          {name && <span className="uploadbar"><i /></span>}
        </button>
        <input ref={box} hidden type="file" accept=".csv,.tsv,.txt,.xlsx" aria-label={t("drop")} onChange={(event) => { void take(event.target.files?.[0]); event.target.value = ""; }} />
        {problem && <Notice kind="bad">{problem}</Notice>}
      </section>
    </div>
  );
}

function Correct({ plan, onChange, onMade }: { plan: Plan; onChange: (plan: Plan | null) => void; onMade: (made: gen.WorkbookMade) => void }) {
  const session = useSession();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const kept = plan.sheets.filter((sheet) => sheet.isKept);
  const taken = (name: string) => session.objects.has(name) || kept.filter((sheet) => sheet.object.name === name).length > 1;
  const isGood = kept.length > 0 && kept.every((sheet) => !nameProblem(sheet.object.name) && !taken(sheet.object.name));
  const nameOf = (name: string) => tr(plan.sheets.find((sheet) => sheet.object.name === name)?.object.label ?? session.objects.get(name)?.label) || name;
  const make = async () => {
    setBusy(true);
    setProblem(null);
    try {
      onMade(await request<gen.WorkbookMade>(`/workbooks/${plan.id}/run`, { method: "POST", body: { sheets: kept.map(keepColumns) } }));
      refreshConfig();
    } catch (error) {
      setProblem(problemText(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="settingspart fromexcel">
      {plan.sheets.map((sheet, i) => (
        <Sheet key={sheet.sheet} sheet={sheet} isTaken={taken(sheet.object.name)} nameOf={nameOf} onChange={(next) => onChange(next.isKept || !sheet.isKept ? withSheet(plan, i, next) : withoutSheet(plan, i))} />
      ))}
      {problem && <Notice kind="bad">{problem}</Notice>}
      <footer className="importfoot">
        <Button kind="quiet" onClick={() => onChange(null)}>{t("other_file")}</Button>
        <span className="grow meta cut">{kept.length === 0 ? t("nothing") : ""}</span>
        <Button kind="primary" icon="import" disabled={!isGood || isBusy} onClick={() => void make()}>{isBusy ? t("making") : t("make", { n: kept.length })}</Button>
      </footer>
    </div>
  );
}

const TYPES = ["text", "long_text", "integer", "number", "money", "boolean", "date", "datetime", "choice", "phone", "mail", "region", "person"] as const;

function Sheet({ sheet, isTaken, nameOf, onChange }: { sheet: SheetPlan; isTaken: boolean; nameOf: (name: string) => string; onChange: (sheet: SheetPlan) => void }) {
  const object = sheet.object;
  const isWrong = Boolean(nameProblem(object.name)) || isTaken;
  return (
    <section className={`panel sheet${sheet.isKept ? "" : " off"}`}>
      <header>
        <label className="check"><input type="checkbox" checked={sheet.isKept} onChange={(event) => onChange({ ...sheet, isKept: event.target.checked })} aria-label={`${t("include")} ${sheet.sheet}`} /><h2>{sheet.sheet}</h2></label>
        <span className="meta">{t("sheet_n", { n: count(sheet.rows) })}</span>
      </header>
      {sheet.isKept && (
        <>
          <div className="sheetnames">
            <label><span className="meta">{t("label_zh")}</span><input className="input small" value={object.label.zh} onChange={(event) => onChange({ ...sheet, object: { ...object, label: { ...object.label, zh: event.target.value } } })} /></label>
            <label><span className="meta">{t("label_en")}</span><input className="input small" value={object.label.en} onChange={(event) => onChange({ ...sheet, object: { ...object, label: { ...object.label, en: event.target.value } } })} /></label>
            <label><span className="meta">{t("api_name")}</span><input className="input small mono" aria-invalid={isWrong || undefined} value={object.name} onChange={(event) => onChange({ ...sheet, object: { ...object, name: event.target.value.trim() } })} /></label>
          </div>
          <ul className="sheetcolumns">
            <li className="head"><span>{t("column")}</span><span>{t("samples")}</span><span>{t("type")}</span><span title={t("title_hint")}>{t("title")}</span></li>
            {object.fields.map((field, i) => {
              const column = sheet.columns[i]!;
              const set = (next: typeof field) => onChange({ ...sheet, object: { ...object, fields: object.fields.map((other, k) => (k === i ? next : other)) } });
              const note = column.misfits.length > 0 ? t("misfits", { n: column.misfits.length, text: column.misfits[0]! })
                : field.type === "choice" ? t("choices_n", { n: field.choices?.length ?? 0 })
                : field.to ? t("to", { name: nameOf(field.to) }) : "";
              return (
                <li key={field.name} className={field.isKept ? "" : "off"}>
                  <label className="check"><input type="checkbox" disabled={field.title} checked={field.isKept} onChange={(event) => set({ ...field, isKept: event.target.checked })} aria-label={`${t("include")} ${column.name}`} />
                    <input className="input small" aria-label={t("column")} value={field.label.zh} onChange={(event) => set({ ...field, label: { zh: event.target.value, en: event.target.value } })} /></label>
                  <span className="samples cut" title={column.samples.join("\n")}>{column.samples.slice(0, 3).join(" · ")}</span>
                  <span className="two">
                    <select className="input small" aria-label={`${t("type")} ${column.name}`} value={field.type} onChange={(event) => set(withType(field, event.target.value))}>
                      {TYPES.filter((type) => type !== "choice" || field.guess.choices).map((type) => <option key={type} value={type}>{typeName(type)}</option>)}
                      {field.guess.to && field.guess.type === "reference" && <option value="reference">{typeName("reference")}</option>}
                    </select>
                    {note && <span className={`meta cut${column.misfits.length ? " warn" : ""}`} title={column.misfits.join("\n")}>{note}</span>}
                  </span>
                  <input type="radio" name={`title-${sheet.sheet}`} aria-label={`${t("title")} ${column.name}`} checked={field.title ?? false} disabled={!field.isKept || field.type !== "text"}
                    onChange={() => onChange({ ...sheet, object: { ...object, fields: object.fields.map((other, k) => ({ ...other, title: k === i })) } })} />
                </li>
              );
            })}
          </ul>
        </>
      )}
    </section>
  );
}

const isOpen = (state: string) => ["preview", "waiting", "running"].includes(state);

/* The imports one after the other, each until it is in. */
function Made({ made, onDone }: { made: gen.WorkbookMade; onDone: () => void }) {
  const session = useSession();
  const runs = useQueries({
    queries: made.imports.map((id) => ({
      queryKey: ["import", id], queryFn: () => calls.importOf(id),
      refetchInterval: (query: { state: { data?: { state: string } } }) => (query.state.data && !isOpen(query.state.data.state) ? false : 700),
    })),
  });
  const isDone = runs.every((run) => run.data && !isOpen(run.data.state));
  useEffect(() => { if (isDone) refreshConfig(); }, [isDone]);
  const undo = async () => {
    if (!(await ask({ title: t("undo_ask"), text: t("undo_hint"), yes: t("undo_all"), isDanger: true }))) return;
    try {
      for (const id of [...made.imports].reverse()) await calls.importUndo(id);
      for (const name of [...made.objects].reverse()) await request<void>(`/objects/${name}`, { method: "DELETE" });
      refreshConfig();
      toast(t("undone"));
      onDone();
    } catch (error) {
      toast(problemText(error), { isBad: true });
    }
  };
  return (
    <div className="settingspart">
      <Notice kind={isDone ? "good" : "info"}>{t(isDone ? "all_in" : "made")}</Notice>
      <section className="panel">
        <ul className="adminlist">
          {made.objects.map((name, i) => {
            const run = runs[i]?.data;
            const failed = run?.failed_count ?? 0;
            const object = session.objects.get(name);
            return (
              <li key={name} className="delivery">
                <Icon name="box" size={16} />
                <span className="grow two"><strong className="cut">{tr(object?.label) || name}</strong>
                  <span className="meta">{run ? t("created_n", { n: count(run.created ?? run.progress?.done ?? 0) }) : ""}{failed > 0 && ` · ${t("failed_n", { n: failed })}`}</span></span>
                {failed > 0 && <Link className="btn small" href={`/imports/${made.imports[i]}`}>{t("report")}</Link>}
                <Link className="btn small quiet" href={`/settings/objects/${name}`}>{t("set_up")}</Link>
                <Link className="btn small" href={`/o/${name}`}>{t("open")}</Link>
              </li>
            );
          })}
        </ul>
      </section>
      <footer className="importfoot"><Button kind="quiet" icon="undo" disabled={!isDone} onClick={() => void undo()}>{t("undo_all")}</Button><span className="grow" /><Button onClick={onDone}>{t("other_file")}</Button></footer>
    </div>
  );
}
