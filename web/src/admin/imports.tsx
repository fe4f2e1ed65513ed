import "@/ui/chart.css";
import "./admin.css";
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { count } from "@/base/format.ts";
import { useParams, usePhone, useTitle } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { permission, queryClient, useSession } from "@/base/session.ts";
import { Moment } from "@/field/datetime/index.tsx";
import { pluralOf } from "@/object/object.ts";
import { problemText } from "@/record/use.ts";
import { Empty, Failed, Notice, Skeleton } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { calls, type Import } from "./calls.ts";
import { ImportWizard } from "./import_wizard.tsx";
import { t } from "./texts.ts";

/* Imports: a file dropped, what became of the earlier ones; /imports/<id> is one of them. */
export default function Imports({ id }: { id?: string }) {
  return id ? <ImportWizard key={id} id={id} /> : <Start />;
}

function Start() {
  useTitle(t("imports"));
  return (
    <div className="imports">
      <header className="pagehead"><h1>{t("imports")}</h1><span className="meta">{t("imports_hint")}</span></header>
      <div className="importsbody">
        <Upload />
        <Past />
      </div>
    </div>
  );
}

function Upload() {
  const session = useSession();
  const [params, setParams] = useParams();
  const [, navigate] = useLocation();
  const box = useRef<HTMLInputElement>(null);
  const isPhone = usePhone();
  const [isOver, setOver] = useState(false);
  const [name, setName] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  /* In the order of the menu; people and teams last. */
  const rank = (name: string) => {
    const i = session.app.nav.findIndex((item) => item.object === name);
    return i < 0 ? 99 : i;
  };
  const objects = [...session.objects.values()].filter((object) => permission(session, object.name).import).sort((a, b) => rank(a.name) - rank(b.name));
  const object = session.objects.get(params.get("object") ?? "") ?? objects[0];
  if (!object || objects.length === 0) return <Empty icon="lock" title={t("none_importable")} />;
  const take = async (file: File | undefined) => {
    if (!file || name) return;
    if (!/\.(csv|tsv|txt|xlsx)$/i.test(file.name)) return setProblem(t("bad_file"));
    setProblem(null);
    setName(file.name);
    try {
      const made = await calls.importUpload(file, object.name);
      keepPreview(made);
      queryClient.setQueryData(["import", made.id], made);
      void queryClient.invalidateQueries({ queryKey: ["imports"] });
      navigate(`/imports/${made.id}`);
    } catch (error) {
      setProblem(problemText(error));
      setName(null);
    }
  };
  return (
    <section className="panel upload">
      <div className="uploadinto">
        <span className="meta">{t("into")}</span>
        <div className="chips">
          {objects.map((other) => (
            <button key={other.name} type="button" className="chip" aria-pressed={other === object} onClick={() => setParams({ object: other.name })}>{pluralOf(other)}</button>
          ))}
        </div>
      </div>
      <button type="button" className={`drop${isOver ? " over" : ""}`} onClick={() => box.current?.click()}
        onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
        onDrop={(event) => { event.preventDefault(); setOver(false); void take(event.dataTransfer.files[0]); }}>
        <Icon name="import" size={28} />
        <strong>{name ? t("uploading", { name }) : t(isPhone ? "choose_file" : "drop_here")}</strong>
        <span className="meta">{t("drop_hint")}</span>
        {name && <span className="uploadbar"><i /></span>}
      </button>
      <input ref={box} hidden type="file" accept=".csv,.tsv,.txt,.xlsx" aria-label={t("new_import")}
        onChange={(event) => { void take(event.target.files?.[0]); event.target.value = ""; }} />
      {problem && <Notice kind="bad">{problem}</Notice>}
    </section>
  );
}

/* The preview is told once, when the file arrives; this tab keeps it for as long as it is open. */
const keyOf = (id: string) => `leadline.import.${id}`;

function keepPreview(made: Import) {
  try {
    sessionStorage.setItem(keyOf(made.id), JSON.stringify({ columns: made.columns, warnings: made.warnings }));
  } catch {
    /* A full store only means that a reload asks for the file again. */
  }
}

export function previewOf(id: string): Partial<Import> {
  try {
    return JSON.parse(sessionStorage.getItem(keyOf(id)) ?? "{}") as Partial<Import>;
  } catch {
    return {};
  }
}

/* It changes without being asked: look again. */
export const isMoving = (state: Import["state"] | undefined) => state === "waiting" || state === "running" || state === "undoing";

export function StateTag({ state }: { state: Import["state"] }) {
  return <span className={`tag ${state === "done" ? "good" : state === "failed" ? "bad" : isMoving(state) || state === "preview" ? "ink" : ""}`}>{t(`state_${state}`)}</span>;
}

export function failedCount(item: Import): number {
  return item.failed_count ?? item.failed?.length ?? 0;
}

function Past() {
  const session = useSession();
  const isPhone = usePhone();
  const [, navigate] = useLocation();
  const found = useQuery({ queryKey: ["imports"], queryFn: calls.imports, refetchInterval: (query) => (query.state.data?.items.some((item) => isMoving(item.state)) ? 1500 : false) });
  const nameOf = (object: string) => {
    const def = session.objects.get(object);
    return def ? tr(def.label) : object;
  };
  return (
    <section className="panel">
      <header><h2>{t("past")}</h2></header>
      {found.isError && <Failed isSmall error={found.error} onRetry={() => void found.refetch()} />}
      {found.isPending && <Skeleton rows={4} />}
      {found.data?.items.length === 0 && <Empty icon="import" title={t("no_imports")} hint={t("no_imports_hint")} />}
      {found.data && found.data.items.length > 0 && (isPhone ? (
        <ul className="adminlist">
          {found.data.items.map((item) => (
            <li key={item.id}><Link href={`/imports/${item.id}`}>
              <span className="grow two"><strong className="cut">{item.file}</strong><span className="meta">{nameOf(item.object)} · {t("rows_n", { n: count(item.rows) })}</span></span>
              <StateTag state={item.state} />
            </Link></li>
          ))}
        </ul>
      ) : (
        <table className="table">
          <thead><tr><th>{t("file")}</th><th>{t("object")}</th><th className="right">{t("rows")}</th><th className="right">{t("created")}</th><th className="right">{t("updated")}</th><th className="right">{t("failed")}</th><th>{t("by")}</th><th>{t("when")}</th><th>{t("state")}</th></tr></thead>
          <tbody>
            {found.data.items.map((item) => (
              <tr key={item.id} className="clickable" onClick={() => navigate(`/imports/${item.id}`)}>
                <td className="cut filecell"><Link href={`/imports/${item.id}`}>{item.file}</Link></td>
                <td>{nameOf(item.object)}</td>
                <td className="right num">{count(item.rows)}</td>
                <td className="right num">{count(item.created ?? 0)}</td>
                <td className="right num">{count(item.updated ?? 0)}</td>
                <td className={`right num${failedCount(item) > 0 ? " low" : ""}`}>{count(failedCount(item))}</td>
                <td>{item.by_name}</td>
                <td><Moment value={item.created_at} /></td>
                <td><StateTag state={item.state} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      ))}
    </section>
  );
}
