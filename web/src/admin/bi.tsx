import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, request } from "@/base/api.ts";
import type * as gen from "@/base/api.gen.ts";
import { met } from "@/base/find.ts";
import { bothOf, tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import type { Settings } from "@/base/types.ts";
import { Button, Empty, Failed, FormRow, Notice, Segment, Skeleton } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { toast } from "@/ui/layer.tsx";
import { t } from "./bi_texts.ts";
import { saveNow } from "./saving.tsx";
import { useSettings } from "./security.tsx";

/* Views for BI tools: how one connects, what is in them, and each with its columns and what it leaves out. */
const copy = (text: string) => void navigator.clipboard?.writeText(text).then(() => toast(t("copied")), () => undefined);

export function Bi() {
  const settings = useSettings();
  const views = useQuery({ queryKey: ["config", "bi"], queryFn: () => request<gen.BiViews>("/bi") });
  if (settings.isError) return <Failed error={settings.error} onRetry={() => void settings.refetch()} />;
  if (views.isError) return <Failed error={views.error} onRetry={() => void views.refetch()} />;
  if (settings.isPending || views.isPending) return <Skeleton rows={6} />;
  return (
    <div className="settingspart biviews">
      <Connect views={views.data} />
      <Contents stored={settings.data} />
      <Views views={views.data} />
    </div>
  );
}

function Code({ text }: { text: string }) {
  return (
    <div className="codeblock">
      <pre className="scroll" tabIndex={0}>{text}</pre>
      <Button isSmall icon="copy" onClick={() => copy(text)}>{t("copy")}</Button>
    </div>
  );
}

const grantsFor = (schema: string) => [
  "CREATE ROLE bi_reader LOGIN PASSWORD '…';",
  `GRANT USAGE ON SCHEMA ${schema} TO bi_reader;`,
  `GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO bi_reader;`,
  `ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT SELECT ON TABLES TO bi_reader;`,
  "ALTER ROLE bi_reader SET default_transaction_read_only = on;",
  "ALTER ROLE bi_reader SET statement_timeout = '60s';",
].join("\n");

function Connect({ views: { database, schema, barred } }: { views: gen.BiViews }) {
  const isPostgres = database === "postgres";
  return (
    <section className="panel">
      <header><h2 className="grow">{t("connect")}</h2><span className="tag">{isPostgres ? "PostgreSQL" : "SQLite"}</span></header>
      <div className="body biconnect">
        {barred ? <><Notice kind="warn">{t("barred")}</Notice><Code text={`CREATE SCHEMA ${schema} AUTHORIZATION leadline;`} /></> : (
          <>
            <p>{isPostgres ? t("connect_postgres", { schema }) : t("connect_sqlite")}</p>
            <Code text={isPostgres ? grantsFor(schema) : "leadline backup bi.backup --data DIR\nleadline restore bi.backup --data BI-DIR"} />
            <p className="meta">{t(isPostgres ? "connect_postgres_hint" : "connect_sqlite_hint")}</p>
          </>
        )}
      </div>
    </section>
  );
}

function Contents({ stored }: { stored: Settings }) {
  const put = (name: "bi_language" | "bi_personal", value: string) =>
    value !== stored[name] && saveNow(() => api.saveSettings({ [name]: value }), () => api.saveSettings({ [name]: stored[name] }));
  return (
    <section className="panel">
      <header><h2>{t("settings")}</h2></header>
      <div className="body biform">
        <div id="bi_language" tabIndex={-1}>
          <FormRow label={t("language")} help={t("language_hint")}>
            <Segment label={t("language")} value={stored.bi_language} onChange={(value) => put("bi_language", value)} options={[{ value: "zh", label: "中文" }, { value: "en", label: "English" }]} />
          </FormRow>
        </div>
        <div id="bi_personal" tabIndex={-1}>
          <FormRow label={t("personal")} help={t("personal_hint")}>
            <Segment label={t("personal")} value={stored.bi_personal} onChange={(value) => put("bi_personal", value)} options={[{ value: "no", label: t("personal_no") }, { value: "yes", label: t("personal_yes") }]} />
          </FormRow>
        </div>
      </div>
    </section>
  );
}

const labelOf = (view: gen.BiView) => (view.field ? t("pairs", { object: tr(view.label), field: tr(view.field_label) }) : tr(view.label));

/* A view is found by its own name and by whatever is in it. */
const wordsOf = (view: gen.BiView) => [
  ...bothOf(view.label), ...bothOf(view.field_label), ...view.columns.flatMap((column) => [column.name, ...bothOf(column.label)]),
  ...(view.left_out ?? []).flatMap((absence) => [absence.field, ...bothOf(absence.label)]),
];

function Views({ views }: { views: gen.BiViews }) {
  const session = useSession();
  const [text, setText] = useState("");
  const typed = text.trim();
  /* The app's own objects first, then people, tasks and what else the engine keeps. */
  const isOwn = ({ object }: gen.BiView) => session.objects.has(object) && object !== "user" && object !== "team";
  const all = [...views.items.filter(isOwn), ...views.items.filter((view) => !isOwn(view))];
  const items = typed ? met(all.map((view) => ({ label: view.name, words: wordsOf(view), view })), typed).map(({ thing }) => thing.view) : all;
  if (views.items.length === 0) return <Empty icon="chart" title={t("none")} isSmall />;
  return (
    <section className="panel">
      <header>
        <h2>{t("views")}</h2><span className="meta num">{views.items.length}</span><span className="grow" />
        <label className="settingssearch small"><Icon name="search" size={16} /><input value={text} onChange={(event) => setText(event.target.value)} placeholder={t("search")} aria-label={t("search")} /></label>
      </header>
      <ul className="bilist">
        {items.map((view) => <View key={view.name} view={view} fullName={views.schema ? `${views.schema}.${view.name}` : view.name} />)}
        {items.length === 0 && <li className="meta nohits">{t("none_found", { q: typed })}</li>}
      </ul>
    </section>
  );
}

function View({ view, fullName }: { view: gen.BiView; fullName: string }) {
  const [isOpen, setOpen] = useState(false);
  const out = view.left_out ?? [];
  return (
    <li id={view.name} tabIndex={-1}>
      <div className="bihead">
        <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <Icon name={isOpen ? "chevron-down" : "chevron-right"} size={16} />
          <span className="grow two"><code className="cut">{view.name}</code><span className="meta cut">{labelOf(view)}</span></span>
          <span className="two right"><span className="num">{t("columns", { n: view.columns.length })}</span>{out.length > 0 && <span className="meta num">{t("out", { n: out.length })}</span>}</span>
        </button>
        <Button kind="quiet" icon="copy" aria-label={t("copy_name", { name: fullName })} onClick={() => copy(fullName)} />
      </div>
      {isOpen && (
        <div className="bibody">
          <table className="table">
            <thead><tr><th>{t("column")}</th><th>{t("field")}</th><th>{t("type")}</th></tr></thead>
            <tbody>
              {view.columns.map((column) => (
                <tr key={column.name}>
                  <td><code>{column.name}</code></td><td>{tr(column.label)}</td>
                  <td>{t(`type_${column.type}`)}{column.filling && <span className="tag warn">{t("filling")}</span>}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {out.length > 0 && (
            <>
              <h3>{t("left_out")}</h3>
              <ul className="biout">
                {out.map((absence) => (
                  <li key={absence.field}>
                    <span><strong>{tr(absence.label)}</strong> <code>{absence.field}</code></span>
                    <span className="meta">{t(absence.why === "related" && !absence.view ? "why_related_none" : `why_${absence.why}`)}{absence.view && <> <code>{absence.view}</code></>}</span>
                  </li>
                ))}
              </ul>
            </>
          )}
        </div>
      )}
    </li>
  );
}
