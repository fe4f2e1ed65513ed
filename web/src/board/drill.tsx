import { useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, request } from "@/base/api.ts";
import { count } from "@/base/format.ts";
import { idIn } from "@/base/formula.ts";
import { tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import type { Measure, Row } from "@/base/types.ts";
import { Cell } from "@/field/cell.tsx";
import { columnsOf, defaultColumns, fieldsFor, titleOf } from "@/object/object.ts";
import { Empty, Failed, Segment, Skeleton } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog } from "@/ui/layer.tsx";
import { type Def, figure } from "./figures.ts";
import type { Panel } from "./scope.tsx";
import { t } from "./texts.ts";

/* The records a figure was counted from, each one a link. `drill` is "<measure>~<scope>". */
interface Drilled { object: string; id: string; met?: boolean }
type DrillAnswer = Measure & { records?: Drilled[] };

const SHOWN = 200;

export function DrillDialog({ defs, panel, drill, onClose, onPick }: {
  defs: Map<string, Def>; panel: Panel; drill: string; onClose: () => void; onPick: (drill: string) => void;
}) {
  const [name, scope] = drill.split("~") as [string, string];
  const asked = defs.get(name);
  /* A composed number has no records of its own: its parts have. */
  const parts = asked?.parts?.flatMap((part) => defs.get(part.measure) ?? []) ?? [];
  const parent = asked && !parts.length ? [...defs.values()].find((def) => def.parts?.some((part) => part.measure === name)) : asked;
  const tabs = parent?.parts?.flatMap((part) => defs.get(part.measure) ?? []) ?? [];
  const def = parts[0] ?? asked;
  const label = panel.scopes.find((item) => item.scope === scope)?.label ?? panel.scopeLabel;
  if (!def) return null;
  return (
    <Dialog isLarge title={t("records_of", { name: tr(def.label), scope: label })} onClose={onClose}>
      <div className="body drill">
        {tabs.length > 1 && (
          <Segment isQuiet label={t("records")} value={def.name} onChange={(value) => onPick(`${value}~${scope}`)}
            options={tabs.map((other) => ({ value: other.name, label: tr(other.label) }))} />
        )}
        <Records key={`${def.name}${scope}`} def={def} scope={scope} panel={panel} />
      </div>
    </Dialog>
  );
}

function Records({ def, scope, panel }: { def: Def; scope: string; panel: Panel }) {
  const found = useQuery({
    queryKey: ["measure", def.name, scope, panel.range.from, panel.range.to, "drill"], retry: false,
    queryFn: () => api.measure(def.name, { scope, ...panel.range, drill: 1 }) as Promise<DrillAnswer>,
  });
  if (found.isError) return <Failed isSmall error={found.error} onRetry={() => void found.refetch()} />;
  if (found.isPending) return <Skeleton rows={5} />;
  return (
    <>
      <p className="drillsum">
        <strong className="num">{figure(def, found.data.value)}</strong>
        {found.data.denominator ? <span className="meta num">{t("of", { n: found.data.numerator ?? found.data.denominator, d: found.data.denominator })}</span> : null}
        {def.help && <span className="meta grow">{tr(def.help)}</span>}
      </p>
      <RecordList items={found.data.records ?? []} total={found.data.denominator ?? undefined} isRate={def.unit === "fraction"} />
    </>
  );
}

/* Records by id, each with what a list shows of it; as many as one reads, of `total` that were counted. */
export function RecordList({ items, total = items.length, isRate = false }: { items: Drilled[]; total?: number; isRate?: boolean }) {
  const session = useSession();
  const listed = items.slice(0, SHOWN);
  const objects = [...new Set(listed.map((item) => item.object))];
  const read = useQueries({
    queries: objects.map((object) => {
      const ids = listed.filter((item) => item.object === object).map((item) => item.id);
      return { queryKey: ["records", object, "drill", ids], retry: false, queryFn: () => readRows(session, object, ids) };
    }),
  });
  const rows = new Map(read.flatMap((result) => (result.data ?? []).map((row) => [row.id, row] as const)));
  if (items.length === 0) return <Empty isSmall title={t("no_records")} />;
  const failed = read.find((result) => result.isError);
  if (failed) return <Failed isSmall error={failed.error} onRetry={() => void failed.refetch()} />;
  const isRead = read.every((result) => !result.isPending);
  const hidden = isRead ? listed.filter((item) => !rows.has(item.id)).length : 0;
  return (
    <>
      <ul className="drilllist">
        {listed.map((item) => {
          const row = rows.get(item.id);
          return row ? <DrillRow key={item.id} item={item} row={row} isRate={isRate} />
            : !isRead ? <li key={item.id}><span className="skeleton" style={{ width: "60%" }} /></li> : null;
        })}
      </ul>
      <p className="meta">{[t("records_count", { n: count(total) }), total > SHOWN ? t("records_more", { n: SHOWN }) : "", hidden > 0 ? t("hidden", { n: hidden }) : ""].filter(Boolean).join(" · ")}</p>
    </>
  );
}

/* The engine's own rows (alerts …) are not in the metadata: they lead to the record they are about. */
async function readRows(session: ReturnType<typeof useSession>, object: string, ids: string[]): Promise<Row[]> {
  const def = session.objects.get(object);
  const where = idIn(ids);
  if (def) {
    const paths = [def.title_field, ...defaultColumns(session, def), "owner"];
    return (await api.records(object, { where, limit: SHOWN, fields: fieldsFor(columnsOf(session, def, [...new Set(paths)])) })).items;
  }
  const own = (await api.records(object, { where, limit: SHOWN })).items;
  const targets = new Map<string, Set<string>>();
  for (const row of own) {
    const to = String(row.object ?? "");
    if (session.objects.has(to)) targets.set(to, (targets.get(to) ?? new Set()).add(String(row.record)));
  }
  const titles = new Map<string, string>();
  for (const [to, wanted] of targets) {
    const target = session.objects.get(to)!;
    const page = await request<{ items: Row[] }>(`/records/${to}?limit=200&fields=${target.title_field}&where=${encodeURIComponent(idIn([...wanted]))}`);
    for (const row of page.items) titles.set(row.id, titleOf(target, row));
  }
  return own.map((row) => ({ ...row, _title: titles.get(String(row.record)) ?? null }));
}

function DrillRow({ item, row, isRate }: { item: Drilled; row: Row; isRate: boolean }) {
  const session = useSession();
  const def = session.objects.get(item.object);
  const href = def ? `/o/${item.object}/${item.id}` : row.object && row.record ? `/o/${String(row.object)}/${String(row.record)}` : null;
  const columns = def ? columnsOf(session, def, [...new Set([...defaultColumns(session, def), "owner"])])
    .filter((column) => column.path !== def.title_field && row[column.path] !== null && row[column.path] !== undefined && row[column.path] !== "").slice(0, 4) : [];
  const content = (
    <>
      {isRate && item.met !== undefined && (
        <span className={`drillmark ${item.met ? "good" : "bad"}`} title={t(item.met ? "counted" : "missed")}>
          <Icon name={item.met ? "check" : "close"} size={14} /><span className="hush">{t(item.met ? "counted" : "missed")}</span>
        </span>
      )}
      <span className="grow drilltitle">
        <strong className="cut">{def ? titleOf(def, row) : String(row._title ?? row.record ?? item.id)}</strong>
        <span className="drillmeta">
          {columns.map((column) => (
            <span key={column.path} className="cut"><Cell column={column} row={row} /></span>
          ))}
        </span>
      </span>
      {href && <Icon name="chevron-right" size={16} />}
    </>
  );
  return <li>{href ? <Link href={href}>{content}</Link> : <span>{content}</span>}</li>;
}
