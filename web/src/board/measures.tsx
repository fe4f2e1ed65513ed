import "@/ui/chart.css";
import "./board.css";
import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api, ApiError } from "@/base/api.ts";
import { dayText } from "@/base/format.ts";
import { usePhone, useTitle } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { dateOf, parseTime } from "@/base/time.ts";
import type { Measure } from "@/base/types.ts";
import { Button, Empty, Failed, Segment, Skeleton } from "@/ui/basics.tsx";
import { axisStyle, Chart, type ChartOption, type Palette, Ring, Spark } from "@/ui/chart.tsx";
import type { ChartTable } from "@/ui/chart_data.ts";
import { Icon } from "@/ui/icon.tsx";
import { DrillDialog } from "./drill.tsx";
import { baselineOf, change, type Def, figure, isOfNow, shareOf, weakest } from "./figures.ts";
import { type Panel, PanelControls, usePanel } from "./scope.tsx";
import { t } from "./texts.ts";

/*
 * Process health: one number made of parts, its trend, each part against its baseline, everybody
 * in sight as a row, and behind every figure the records it was counted from.
 */
export default function Measures() {
  useTitle(t("measures"));
  const panel = usePanel();
  const definitions = useQuery({ queryKey: ["measures"], queryFn: api.measures, staleTime: 600_000 });
  const defs = useMemo(() => new Map((definitions.data?.items as Def[] | undefined ?? []).map((def) => [def.name, def])), [definitions.data]);
  const params = new URLSearchParams(window.location.search);
  const composed = [...defs.values()].filter((def) => def.parts?.length);
  const main = defs.get(params.get("m") ?? "") ?? composed[0] ?? [...defs.values()][0];
  const drill = params.get("drill");
  return (
    <div className="panels">
      <header className="pagehead">
        <h1>{main ? tr(main.label) : t("measures")}</h1>
        {composed.length > 1 && main && (
          <Segment isQuiet label={t("measures")} value={main.name} onChange={(value) => panel.set({ m: value })}
            options={composed.map((def) => ({ value: def.name, label: tr(def.label) }))} />
        )}
        <span className="grow" />
        <PanelControls panel={panel} hasBy />
      </header>
      {definitions.isError ? <Failed error={definitions.error} onRetry={() => void definitions.refetch()} />
        : definitions.isPending || !panel.isReady ? <Skeleton rows={8} />
        : !main ? <Empty icon="pulse" title={t("no_measures")} hint={t("no_measures_hint")} />
        : <Body main={main} defs={defs} panel={panel} />}
      {drill && <DrillDialog defs={defs} panel={panel} drill={drill} onClose={() => panel.set({ drill: null })} onPick={(next) => panel.set({ drill: next })} />}
    </div>
  );
}

function useMeasure(name: string, scope: string, range: { from: string; to: string }, by?: string) {
  return useQuery({
    queryKey: ["measure", name, scope, range.from, range.to, by ?? ""], retry: false,
    queryFn: () => api.measure(name, { scope, ...range, by }),
  });
}

function Body({ main, defs, panel }: { main: Def; defs: Map<string, Def>; panel: Panel }) {
  const now = useMeasure(main.name, panel.scope, panel.range);
  const before = useMeasure(main.name, panel.scope, panel.before);
  const trend = useMeasure(main.name, panel.scope, panel.trend, panel.by);
  const parts = (main.parts ?? []).flatMap((part) => defs.get(part.measure) ?? []);
  if (now.isError) {
    const isDenied = now.error instanceof ApiError && (now.error.status === 403 || now.error.status === 404);
    return isDenied ? <Empty icon="lock" title={t("denied")} hint={t("denied_hint")} action={<Button onClick={() => panel.set({ scope: "me" })}>{t("scope_me")}</Button>} />
      : <Failed error={now.error} onRetry={() => void now.refetch()} />;
  }
  return (
    <div className="panelbody">
      <section className="panel hero">
        <Headline main={main} parts={parts} now={now.data} before={before.data} panel={panel} />
        <TrendChart def={main} data={trend.data} />
      </section>
      {parts.length > 0 && (
        <div className="rings">
          {parts.map((def) => <PartPanel key={def.name} def={def} panel={panel} />)}
        </div>
      )}
      {now.data && <ScopeTable main={main} parts={parts} panel={panel} />}
      {now.data && <Others defs={[...defs.values()].filter((def) => def !== main && !parts.includes(def))} panel={panel} />}
    </div>
  );
}

function Headline({ main, parts, now, before, panel }: { main: Def; parts: Def[]; now?: Measure; before?: Measure; panel: Panel }) {
  const delta = change(main, now?.value, before?.value);
  const values = parts.map((def) => ({ def, value: now?.parts?.find((part) => part.measure === def.name)?.value ?? null }));
  const low = weakest(values);
  const base = baselineOf(main);
  const share = shareOf(main, now?.value);
  const isBelow = base !== undefined && share !== null && share < (shareOf(main, base) ?? 0);
  return (
    <div className="headline">
      <button type="button" className={`bignumber num${isBelow ? " low" : ""}`} onClick={() => panel.set({ drill: `${main.name}~${panel.scope}` }, true)} title={main.help ? tr(main.help) : undefined}>
        {now ? figure(main, now.value) : "\u00a0"}
      </button>
      <p className="headmeta">
        {delta && <span className={`delta ${delta.isGood ? "good" : "bad"}`}><Icon name={delta.isUp ? "arrow-up" : "arrow-down"} size={14} />{delta.text}</span>}
        {delta && <span className="meta">{t("before")}</span>}
        {base !== undefined && <span className="meta">{t("goal", { n: figure(main, base, true) })}</span>}
      </p>
      {now && <p className="weakest">{low
        ? t(low.gap < 0 ? "weakest_below" : "weakest_above", { name: tr(low.def!.label), value: figure(low.def, low.value), gap: (Math.abs(low.gap) * 100).toFixed(0) })
        : parts.length ? t("weakest_none") : ""}</p>}
      {main.help && <p className="meta">{tr(main.help)}</p>}
    </div>
  );
}

function bucketName(from: string): string {
  const ms = parseTime(from);
  return ms === null ? from : dayText(dateOf(ms));
}

function TrendChart({ def, data, height = 208 }: { def: Def; data?: Measure; height?: number }) {
  const series = data?.series ?? [];
  const names = series.map((point) => bucketName(point.from));
  const table: ChartTable = {
    head: [t("from"), tr(def.label), "÷"],
    rows: series.map((point, i) => [names[i]!, figure(def, point.value), point.denominator ? `${point.numerator ?? ""} / ${point.denominator}` : null]),
  };
  const base = baselineOf(def);
  const isRate = def.unit === "fraction" || def.unit === "score";
  const whole = def.unit === "score" ? 100 : 1;
  const make = (p: Palette): ChartOption => ({
    xAxis: { type: "category", data: names, boundaryGap: false, ...axisStyle(p), splitLine: { show: false } },
    yAxis: {
      type: "value", min: 0, max: isRate ? whole : undefined, interval: isRate ? whole / 4 : undefined, splitNumber: 4, ...axisStyle(p), axisLine: { show: false },
      axisLabel: { color: p.text3, fontSize: 12, formatter: (value: number) => figure({ unit: def.unit === "score" ? "number" : def.unit }, value, true) },
    },
    tooltip: {
      ...(tooltipOf(p)),
      formatter: (items: { dataIndex: number }[]) => {
        const point = series[items[0]?.dataIndex ?? 0];
        if (!point) return "";
        const counted = point.denominator && point.numerator !== null ? `<div>${t("of", { n: point.numerator, d: point.denominator })}</div>` : "";
        return `<strong>${escapeText(bucketName(point.from))}</strong><div style="font-size:16px">${escapeText(figure(def, point.value))}</div>${counted}<div style="opacity:.7;margin-top:4px">${escapeText(def.help ? tr(def.help) : "")}</div>`;
      },
    },
    series: [{
      type: "line", data: series.map((point) => point.value), showSymbol: series.length < 40, symbolSize: 5, connectNulls: false,
      lineStyle: { color: p.ink, width: 2 }, itemStyle: { color: p.ink },
      markLine: base === undefined ? undefined : {
        silent: true, symbol: "none", lineStyle: { color: p.text3, type: "dashed", width: 1 },
        label: { formatter: figure(def, base, true), color: p.text3, fontSize: 12, position: "insideEndTop" }, data: [{ yAxis: base }],
      },
    }],
  });
  return (
    <Chart name={`${tr(def.label)} ${t("trend")}`} make={make} table={table} height={height}
      head={<h2 className="charttitle">{t("trend")}</h2>} />
  );
}

function tooltipOf(p: Palette) {
  return {
    trigger: "axis", backgroundColor: p.raised, borderColor: p.line, borderWidth: 1, padding: [8, 12], confine: true,
    textStyle: { color: p.text, fontSize: 12 }, extraCssText: "border-radius:8px;max-width:280px;white-space:normal",
    axisPointer: { type: "line", lineStyle: { color: p.text3, type: "dashed" } },
  };
}

function escapeText(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]!);
}

function PartPanel({ def, panel }: { def: Def; panel: Panel }) {
  const now = useMeasure(def.name, panel.scope, panel.range);
  const before = useMeasure(def.name, panel.scope, panel.before);
  const trend = useMeasure(def.name, panel.scope, panel.trend, panel.by);
  const value = now.data?.value ?? null;
  const base = baselineOf(def);
  const delta = change(def, value, before.data?.value);
  const drill = () => panel.set({ drill: `${def.name}~${panel.scope}` }, true);
  return (
    <section className="panel part" title={def.help ? tr(def.help) : undefined}>
      <button type="button" className="ringbutton" onClick={drill} aria-label={`${figure(def, value, true)} ${tr(def.label)}`}>
        <Ring value={shareOf(def, value)} mark={shareOf(def, base) ?? undefined} size={104}>
          <strong className="num">{figure(def, value, true)}</strong>
        </Ring>
      </button>
      <div className="parttext">
        <h2>{tr(def.label)}</h2>
        <p className="meta">{base !== undefined && t("baseline", { n: figure(def, base, true) })}</p>
        <p className="rowline">
          {now.data && now.data.denominator ? <button type="button" className="linklike num" onClick={drill}>{t("of", { n: now.data.numerator ?? 0, d: now.data.denominator })}</button> : <span className="meta">{now.data ? t("no_data") : ""}</span>}
          {delta && <span className={`delta small ${delta.isGood ? "good" : "bad"}`}><Icon name={delta.isUp ? "arrow-up" : "arrow-down"} size={12} />{delta.text}</span>}
        </p>
        <Spark width={128} height={28} values={(trend.data?.series ?? []).map((point) => point.value)} mark={base} />
      </div>
    </section>
  );
}

/* ---- everybody in sight ---- */

const SCOPES_MAX = 100;

/* One request for a table of up to a hundred lines. */
async function measureOfAll(name: string, scopes: string[], params: { from: string; to: string; by?: string }): Promise<Map<string, Measure>> {
  const out = new Map<string, Measure>();
  for (let at = 0; at < scopes.length; at += SCOPES_MAX) {
    const { items } = await api.measureOfAll(name, scopes.slice(at, at + SCOPES_MAX), params);
    for (const item of items) out.set(item.scope, item);
  }
  return out;
}

type SortKey = "name" | "value" | "delta" | `part:${string}`;

function ScopeTable({ main, parts, panel }: { main: Def; parts: Def[]; panel: Panel }) {
  const isPhone = usePhone();
  const [sort, setSort] = useState<{ key: SortKey; isDown: boolean } | null>(null);
  const everybody = panel.scopes.filter((item) => item.level > 0);
  /* A small company is shown at once; in a large one the teams open one by one. */
  const [folds, setFolds] = useState<Record<string, boolean>>({});
  const isSmall = everybody.length <= 40;
  const isOpen = (team: string) => folds[team] ?? isSmall;
  const teamOf = new Map<string, string>();
  for (const item of everybody) teamOf.set(item.scope, item.level === 1 ? "" : ([...teamOf].findLast(([, above]) => above === "")?.[0] ?? ""));
  const scopes = everybody.filter((item) => item.level === 1 || isOpen(teamOf.get(item.scope)!));
  /* Values first, then what they were, then the lines: what is read first is asked first. */
  const ranges = [{ range: panel.range }, { range: panel.before }, { range: panel.trend, by: panel.by }];
  const asked = scopes.map((item) => item.scope);
  const found = useQueries({
    queries: ranges.map(({ range, by }) => ({
      queryKey: ["measure", main.name, "all", asked, range.from, range.to, by ?? ""], retry: false, staleTime: 60_000, placeholderData: keepPreviousData,
      queryFn: () => measureOfAll(main.name, asked, { ...range, by }),
    })),
  });
  if (everybody.length === 0) return null;
  const lines = scopes.map((item) => {
    const [now, before, trend] = found.map((result) => result.data?.get(item.scope));
    return { item, trend, now, delta: change(main, now?.value, before?.value), deltaValue: now?.value != null && before?.value != null ? now.value - before.value : null };
  });
  const partOf = (line: (typeof lines)[number], name: string) => line.now?.parts?.find((part) => part.measure === name)?.value ?? null;
  const keyOf = (line: (typeof lines)[number]): number | string | null =>
    !sort ? null : sort.key === "name" ? line.item.label : sort.key === "value" ? (line.now?.value ?? null)
    : sort.key === "delta" ? line.deltaValue : partOf(line, sort.key.slice(5));
  const shown = sort ? [...lines].sort((a, b) => {
    const x = keyOf(a);
    const y = keyOf(b);
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    const order = typeof x === "string" ? x.localeCompare(String(y), "zh") : x - Number(y);
    return sort.isDown ? -order : order;
  }) : lines;
  const th = (key: SortKey, label: string, isRight = true, title?: string) => (
    <th scope="col" className={isRight ? "right" : ""} title={title} aria-sort={sort?.key === key ? (sort.isDown ? "descending" : "ascending") : undefined}>
      <button type="button" className="thbutton" onClick={() => setSort(sort?.key !== key ? { key, isDown: key !== "name" } : sort.isDown === (key !== "name") ? { key, isDown: !sort.isDown } : null)}>
        {label}{sort?.key === key && <Icon name={sort.isDown ? "arrow-down" : "arrow-up"} size={12} />}
      </button>
    </th>
  );
  const cell = (def: Def, value: number | null | undefined, scope: string) => {
    const base = shareOf(def, baselineOf(def));
    const share = shareOf(def, value);
    const isLow = base !== null && share !== null && share < base;
    return <button type="button" className={`figure num${isLow ? " low" : ""}`} disabled={value === null || value === undefined}
      onClick={() => panel.set({ drill: `${def.name}~${scope}` }, true)}>{figure(def, value, def.unit === "fraction")}</button>;
  };
  return (
    <section className="panel">
      <header><h2>{t("people")}</h2><span className="meta">{t("people_hint")}</span></header>
      <div className="scroll">
        <table className="table scopetable">
          <thead>
            <tr>
              {th("name", t("name"), false)}
              {th("value", tr(main.label))}
              {!isPhone && <th scope="col">{t("trend")}</th>}
              {!isPhone && th("delta", t("delta"))}
              {parts.map((def) => <FragmentCell key={def.name}>{th(`part:${def.name}`, tr(def.label), true, def.help ? tr(def.help) : undefined)}</FragmentCell>)}
            </tr>
          </thead>
          <tbody>
            {shown.map((line) => (
              <tr key={line.item.scope} className={line.item.level === 1 ? "teamline" : ""} aria-selected={line.item.scope === panel.scope}>
                <th scope="row" style={{ paddingLeft: sort ? 16 : line.item.level === 1 ? 10 : 40 }}>
                  {line.item.level === 1 && !sort && (
                    <button type="button" className="foldmark" aria-expanded={isOpen(line.item.scope)} aria-label={line.item.label} onClick={() => setFolds({ ...folds, [line.item.scope]: !isOpen(line.item.scope) })}>
                      <Icon name={isOpen(line.item.scope) ? "chevron-down" : "chevron-right"} size={14} />
                    </button>
                  )}
                  <button type="button" className="linklike cut" onClick={() => panel.set({ scope: line.item.scope })}>{line.item.label}</button>
                </th>
                <td className="right main">{line.now ? cell(main, line.now.value, line.item.scope) : <span className="skeleton" style={{ width: 40, marginLeft: "auto" }} />}</td>
                {!isPhone && <td className="sparkcell">{line.trend && <Spark values={(line.trend.series ?? []).map((point) => point.value)} mark={baselineOf(main)} />}</td>}
                {!isPhone && <td className="right">{line.delta && <span className={`delta small ${line.delta.isGood ? "good" : "bad"}`}>{line.delta.text}</span>}</td>}
                {parts.map((def) => <td key={def.name} className="right">{line.now && cell(def, partOf(line, def.name), line.item.scope)}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function FragmentCell({ children }: { children: React.ReactNode }) {
  return <>{children}</>;
}

function Others({ defs, panel }: { defs: Def[]; panel: Panel }) {
  if (defs.length === 0) return null;
  return (
    <section className="panel">
      <header><h2>{t("others")}</h2><span className="meta">{t("others_hint")}</span></header>
      <div className="others">{defs.map((def) => <Other key={def.name} def={def} panel={panel} />)}</div>
    </section>
  );
}

function Other({ def, panel }: { def: Def; panel: Panel }) {
  const now = useMeasure(def.name, panel.scope, panel.range);
  const before = useMeasure(def.name, panel.scope, panel.before);
  const trend = useMeasure(def.name, panel.scope, panel.trend, panel.by);
  if (now.isError) return null;
  const delta = change(def, now.data?.value, before.data?.value);
  return (
    <button type="button" className="other" title={def.help ? tr(def.help) : undefined} onClick={() => panel.set({ drill: `${def.name}~${panel.scope}` }, true)}>
      <span className="meta cut">{tr(def.label)}</span>
      <span className="rowline"><strong className="num">{now.data ? figure(def, now.data.value, true) : "\u00a0"}</strong>
        {!isOfNow(def) && <Spark width={72} values={(trend.data?.series ?? []).map((point) => (point.value === null ? null : Number(point.value)))} />}</span>
      <span className="meta">{delta ? `${delta.text} ${t("before")}` : isOfNow(def) ? t("of_now") : "\u00a0"}</span>
    </button>
  );
}
