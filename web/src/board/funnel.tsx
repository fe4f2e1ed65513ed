import "@/ui/chart.css";
import "./board.css";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api } from "@/base/api.ts";
import { count, money, moneyShort, percent } from "@/base/format.ts";
import { allOf } from "@/base/formula.ts";
import { useTitle } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { objectConfig, pipelinesOf, type Session, useSession } from "@/base/session.ts";
import { dateInstant, now, parseTime } from "@/base/time.ts";
import type { ObjectDef, PipelineDef } from "@/base/types.ts";
import { canAskBy, pluralOf } from "@/object/object.ts";
import { Button, Empty, Failed, Segment, Skeleton } from "@/ui/basics.tsx";
import { axisStyle, baseOption, ChartMenu, type ChartOption, savePng, TableBehind, usePalette } from "@/ui/chart.tsx";
import type { ChartTable } from "@/ui/chart_data.ts";
import { Icon } from "@/ui/icon.tsx";
import { Dialog } from "@/ui/layer.tsx";
import { Regressions } from "./backs.tsx";
import { RecordList } from "./drill.tsx";
import { bottleneckOf, figuresOf, quoteText, reachedByStage, type Rows, type StageFigures, staysByStage } from "./funnel_figures.ts";
import type { Range } from "./period.ts";
import { type Panel, PanelControls, usePanel } from "./scope.tsx";
import { t } from "./texts.ts";

/*
 * The funnel of what was created in a period: honest bars from zero, how many go on, how long they
 * stay, where they pile up. Every figure opens its deals as a list.
 */
export default function Funnel() {
  useTitle(t("funnel"));
  const session = useSession();
  const panel = usePanel("quarter");
  const params = new URLSearchParams(window.location.search);
  const wanted = session.pipelines.find((other) => other.name === params.get("pipeline"));
  const pipeline = wanted ?? session.pipelines.find((other) => other.default) ?? session.pipelines[0];
  const object = pipeline ? session.objects.get(pipeline.object) : undefined;
  if (!pipeline || !object) return <Empty icon="funnel" title={t("no_measures")} />;
  const all = pipelinesOf(session, object.name);
  return (
    <div className="panels">
      <header className="pagehead">
        <h1>{t("funnel")}</h1>
        {all.length > 1 && (
          <Segment isQuiet label={t("pipeline")} value={pipeline.name} onChange={(name) => panel.set({ pipeline: name })}
            options={all.map((other) => ({ value: other.name, label: tr(other.label) }))} />
        )}
        <span className="grow" />
        <PanelControls panel={panel} />
      </header>
      {panel.isReady ? <FunnelBody object={object} pipeline={pipeline} panel={panel} /> : <Skeleton rows={8} />}
    </div>
  );
}

function dateCall(date: string): string {
  const [y, m, d] = date.split("-").map(Number);
  return `DATE(${y}, ${m}, ${d})`;
}

function scopeWhere(scope: string): string | null {
  if (scope === "me") return "owner = ME()";
  const [kind, value] = scope.split(":") as [string, string | undefined];
  if (kind === "user") return `owner = ${quoteText(value!)}`;
  if (kind === "team") return `owner.team = ${quoteText(value!)}`;
  return kind === "region" ? `owner.region = ${quoteText(value!)}` : null;
}

function cohortWhere(pipeline: PipelineDef, range: Range, scope: string): string {
  return allOf(`pipeline = ${quoteText(pipeline.name)}`, `created_at >= ${dateCall(range.from)}`, `created_at < ${dateCall(range.to)}`, scopeWhere(scope));
}

function namesOf(session: Session, object: ObjectDef) {
  const config = objectConfig(session, object.name);
  const amount = [config.board?.amount, config.card?.amount].find((path) => path && canAskBy(session, object, path)) ?? null;
  const level = config.level && canAskBy(session, object, config.level) ? config.level : null;
  return { amount, level };
}

/* More rows than the server gives at once would make every rate wrong: then there is none. */
const ROWS_MAX = 10_000;

function useCohort(object: string, where: string) {
  return useQuery({
    queryKey: ["aggregate", object, "cohort", where], retry: false,
    queryFn: async () => (await api.aggregate(object, { where, group: ["id"], values: ["COUNT()"], limit: ROWS_MAX })).rows.map((row) => String(row.id)),
  });
}

function useFunnel(object: ObjectDef, pipeline: PipelineDef, panel: Panel) {
  const session = useSession();
  const { amount, level } = namesOf(session, object);
  const where = cohortWhere(pipeline, panel.range, panel.scope);
  const values = ["COUNT()", ...(amount ? [`SUM(${amount})`] : [])];
  const cohort = useQuery({
    queryKey: ["aggregate", object.name, "funnel", where, level], retry: false,
    queryFn: async (): Promise<Rows> => {
      try {
        return (await api.aggregate(object.name, { where, group: level ? ["stage", level] : ["stage"], values })).rows;
      } catch (error) {
        if (!level) throw error;
        return (await api.aggregate(object.name, { where, group: ["stage"], values })).rows;
      }
    },
  });
  const ids = useCohort(object.name, where);
  const idsBefore = useCohort(object.name, cohortWhere(pipeline, panel.before, panel.scope));
  const stays = useQuery({
    queryKey: ["aggregate", "stage_stay", pipeline.name, panel.before.from], retry: false,
    queryFn: async () => (await api.aggregate("stage_stay", {
      where: allOf(`pipeline = ${quoteText(pipeline.name)}`, `entered_at >= ${dateCall(panel.before.from)}`),
      group: ["record", "stage", "entered_at", "left_at"], values: ["COUNT()"], limit: ROWS_MAX,
    })).rows,
  });
  const isWhole = Boolean(stays.data && ids.data && stays.data.length < ROWS_MAX && ids.data.length < ROWS_MAX);
  const stayWhere = allOf(`pipeline = ${quoteText(pipeline.name)}`, `entered_at >= ${dateCall(panel.range.from)}`, `entered_at < ${dateCall(panel.range.to)}`, scopeWhere(panel.scope));
  const backWhere = allOf(stayWhere, 'move = "back"');
  const backs = useQuery({
    queryKey: ["aggregate", "stage_stay", "back", stayWhere], retry: false,
    queryFn: async () => (await api.aggregate("stage_stay", { where: backWhere, group: ["entered_from", "stage"], values: ["COUNT()"] })).rows,
  });
  const own = new Set(ids.data ?? []);
  const inPeriod = (stays.data ?? []).filter((row) => {
    const at = parseTime(String(row.entered_at));
    return at !== null && at >= dateInstant(panel.range.from) && at < dateInstant(panel.range.to) && (panel.scope === "all" || own.has(String(row.record)));
  });
  const reached = isWhole ? reachedByStage(pipeline, own, stays.data!) : null;
  const reachedBefore = isWhole && idsBefore.data ? reachedByStage(pipeline, idsBefore.data, stays.data!) : null;
  return {
    cohort, where, amount, level, reached, backs: backs.data ?? [], backWhere, hasDwell: isWhole && inPeriod.length > 0,
    figures: figuresOf(pipeline, cohort.data ?? [], amount, level, reached, staysByStage(inPeriod, now())),
    before: reachedBefore ? figuresOf(pipeline, [], amount, level, reachedBefore, new Map()) : null,
  };
}

function FunnelBody({ object, pipeline, panel }: { object: ObjectDef; pipeline: PipelineDef; panel: Panel }) {
  const { cohort, figures, before, where, amount, level, hasDwell, reached, backs, backWhere } = useFunnel(object, pipeline, panel);
  const hasReach = reached !== null;
  const palette = usePalette();
  const [isTable, setTable] = useState(false);
  if (cohort.isError) return <Failed error={cohort.error} onRetry={() => void cohort.refetch()} />;
  if (cohort.isPending) return <Skeleton rows={8} />;
  const total = figures.reduce((sum, item) => sum + item.here, 0);
  const name = pluralOf(object);
  if (total === 0) {
    return <Empty icon="funnel" title={t("empty", { name })} hint={t("empty_hint")}
      action={panel.kind === "quarter" ? undefined : <Button onClick={() => panel.set({ period: "quarter", from: null, to: null })}>{t("quarter")}</Button>} />;
  }
  const most = Math.max(1, ...figures.map((item) => Math.max(item.reached ?? 0, item.here)));
  const href = (extra?: string) => `/o/${object.name}?${new URLSearchParams({ view: "all", layout: "grid", where: allOf(where, extra) })}`;
  const hrefOf = (item: StageFigures, extra?: string) => href(allOf(`stage = ${quoteText(item.stage.name)}`, extra));
  const listed = new URLSearchParams(window.location.search).get("reached");
  const listedStage = figures.find((item) => item.stage.name === listed);
  const table = tableOf(figures, hasReach, hasDwell, Boolean(amount));
  const title = `${t("funnel")} ${tr(pipeline.label)}`;
  const by = (kind: "won" | "lost" | "open") => figures.filter((item) => item.stage.kind === kind);
  const sum = (items: StageFigures[], key: "here" | "amount") => items.reduce((all, item) => all + item[key], 0);
  return (
    <div className="panelbody">
      <Finding figures={figures} before={before} />
      <section className="panel">
        <header>
          <h2>{t("funnel_meaning", { n: count(total), name })}</h2>
          <span className="grow" />
          <ChartMenu name={title} table={table} isTable={isTable} onTable={setTable} onPng={() => savePng(barOption(figures, hasReach, baseOption(palette), palette), title)} />
        </header>
        <div className="funnelsums">
          {(["open", "won", "lost"] as const).map((kind) => (
            <Link key={kind} href={href(by(kind).length ? `stage IN (${by(kind).map((item) => quoteText(item.stage.name)).join(", ")})` : undefined)} className={`funnelsum ${kind}`}>
              <span className="meta">{t(kind)}</span>
              <strong className="num">{count(sum(by(kind), "here"))}</strong>
              <span className="meta num">{percent(sum(by(kind), "here") / total)}{amount && ` · ${moneyShort(sum(by(kind), "amount"))}`}</span>
            </Link>
          ))}
        </div>
        {isTable ? <TableBehind table={table} label={title} /> : (
          <div className="funnelscroll scroll">
          <div className={`funnel${hasReach ? "" : " plain"}${hasDwell ? "" : " short"}`} role="table" aria-label={title}>
            <div className="funnelrow head" role="row">
              <span role="columnheader">{t("stage")}</span>
              <span role="columnheader" title={t("help_entered")}>{hasReach ? t("entered") : t("no_reach")}</span>
              {hasReach && <span role="columnheader" className="right" title={t("help_next")}>{t("to_next")}</span>}
              <span role="columnheader" className="right">{t("here")}</span>
              {amount && <span role="columnheader" className="right">{t("amount")}</span>}
              {level && <span role="columnheader" className="right" title={t("help_stalled")}>{t("stalled")}</span>}
              {hasDwell && <span role="columnheader" className="right" title={t("help_dwell")}>{t("dwell")}</span>}
            </div>
            {figures.map((item) => {
              const value = hasReach ? item.reached : item.here;
              return (
                <div key={item.stage.name} className={`funnelrow ${item.stage.kind}`} role="row">
                  <span role="rowheader" className="cut">{tr(item.stage.label)}</span>
                  <span role="cell" className="funnelbar">
                    {value === null ? (
                      <Link href={hrefOf(item)}><i className="aside" style={{ width: `${(item.here / most) * 100}%` }} /><span className="num">{count(item.here)}</span></Link>
                    ) : hasReach ? (
                      <button type="button" title={t("help_entered")} onClick={() => panel.set({ reached: item.stage.name }, true)}>
                        <i style={{ width: `${(value / most) * 100}%` }}><b style={{ width: value ? `${Math.min(1, item.here / value) * 100}%` : 0 }} /></i>
                        <span className="num">{count(value)}</span>
                      </button>
                    ) : <Link href={hrefOf(item)}><i style={{ width: `${(value / most) * 100}%` }}><b style={{ width: "100%" }} /></i><span className="num">{count(value)}</span></Link>}
                  </span>
                  {hasReach && <span role="cell" className="right num">{item.toNext === null ? "" : percent(item.toNext)}</span>}
                  <span role="cell" className="right"><Link className="figure num" href={hrefOf(item)}>{count(item.here)}</Link></span>
                  {amount && <span role="cell" className="right"><Link className="figure num" title={money(item.amount.toFixed(2))} href={hrefOf(item)}>{moneyShort(item.amount)}</Link></span>}
                  {level && <span role="cell" className="right">{item.here > 0 && item.stage.kind === "open"
                    ? <Link className={`figure num${item.stalled / item.here > 0.4 ? " low" : ""}`} href={hrefOf(item, `NOT ISBLANK(${level})`)}>{percent(item.stalled / item.here)}</Link> : ""}</span>}
                  {hasDwell && <span role="cell" className="right num" title={item.p90Ms === null ? undefined : `${t("dwell_p90")} ${dwellText(item.p90Ms)}`}>{item.medianMs !== null ? dwellText(item.medianMs) : item.isMostlyOpen ? <span className="meta">{t("not_half")}</span> : ""}</span>}
                </div>
              );
            })}
          </div>
          </div>
        )}
        {listedStage && reached && (
          <Dialog isLarge title={`${t("entered")} ${tr(listedStage.stage.label)}`} onClose={() => panel.set({ reached: null })}>
            <div className="body drill"><RecordList items={(reached.get(listedStage.stage.name) ?? []).map((id) => ({ object: object.name, id }))} /></div>
          </Dialog>
        )}
        {backs.length > 0 && <Regressions object={object} pipeline={pipeline} rows={backs} where={backWhere} panel={panel} />}
      </section>
    </div>
  );
}

function dwellText(ms: number): string {
  const days = ms / 86_400_000;
  return t("days", { n: days >= 10 ? Math.round(days) : days.toFixed(1) });
}

function Finding({ figures, before }: { figures: StageFigures[]; before: StageFigures[] | null }) {
  const found = bottleneckOf(figures, before);
  if (!found) return null;
  const from = tr(found.from.stage.label);
  const to = tr(found.to.stage.label);
  const rate = percent(found.from.toNext);
  return (
    <p className={`finding${found.isSure ? " sure" : ""}`}>
      <Icon name="funnel" size={16} />
      <span>{found.change === null ? t("largest_drop", { from, to, now: rate })
        : t("bottleneck", { from, to, now: rate, change: `−${(Math.abs(found.change) * 100).toFixed(0)}` })}
        {found.from.medianMs !== null && t("bottleneck_dwell", { n: dwellText(found.from.medianMs) })}</span>
      {found.change !== null && <span className="meta">{t(found.isSure ? "bottleneck_sure" : "bottleneck_thin")}</span>}
    </p>
  );
}

function tableOf(figures: StageFigures[], hasReach: boolean, hasDwell: boolean, hasAmount: boolean): ChartTable {
  const days = (ms: number | null) => (ms === null ? null : Number((ms / 86_400_000).toFixed(1)));
  return {
    head: [t("stage"), ...(hasReach ? [t("entered"), t("to_next")] : []), t("here"), ...(hasAmount ? [t("amount")] : []), t("stalled"), ...(hasDwell ? [t("dwell"), t("dwell_p90")] : [])],
    rows: figures.map((item) => [
      tr(item.stage.label), ...(hasReach ? [item.reached, item.toNext === null ? null : percent(item.toNext, 1)] : []), item.here,
      ...(hasAmount ? [item.amount.toFixed(2)] : []), item.stalled, ...(hasDwell ? [days(item.medianMs), days(item.p90Ms)] : []),
    ]),
  };
}

/* The same bars as a picture. */
function barOption(figures: StageFigures[], hasReach: boolean, base: ChartOption, p: ReturnType<typeof usePalette>): ChartOption {
  const values = figures.map((item) => (hasReach ? (item.reached ?? item.here) : item.here));
  return {
    ...base,
    grid: { left: 16, right: 64, top: 16, bottom: 16, containLabel: true },
    xAxis: { type: "value", min: 0, ...axisStyle(p) },
    yAxis: { type: "category", inverse: true, data: figures.map((item) => tr(item.stage.label)), ...axisStyle(p), splitLine: { show: false } },
    series: [{ type: "bar", data: values, barMaxWidth: 26, itemStyle: { color: p.ink }, label: { show: true, position: "right", color: p.text } }],
  };
}
