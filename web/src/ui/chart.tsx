import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import type { ReactNode } from "react";
import { useEffect, useRef, useState } from "react";
import { useMedia } from "@/base/hooks.ts";
import { usePrefs } from "@/base/prefs.ts";
import { type ChartTable, csvOf, fileName, saveText, saveUrl } from "./chart_data.ts";
import { t } from "./chart_texts.ts";
import { MenuButton } from "./layer.tsx";

/*
 * Charts: ECharts with one theme made of the same tokens as everything else, a table behind each
 * and CSV / PNG of what is shown. Only the parts used are bundled; loaded with the first chart.
 */
echarts.use([LineChart, BarChart, GridComponent, TooltipComponent, MarkLineComponent, CanvasRenderer]);

export type ChartOption = echarts.EChartsCoreOption;

export interface Palette {
  text: string; text2: string; text3: string; line: string; surface: string; raised: string;
  ink: string; soft: string; green: string; orange: string; red: string; yellow: string;
}

/* Tokens are light-dark() pairs; only a computed colour says which of the two holds now. */
function paletteNow(): Palette {
  const probe = document.createElement("span");
  document.body.append(probe);
  const read = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const out = {
    text: read("--text"), text2: read("--text-2"), text3: read("--text-3"), line: read("--line"),
    surface: read("--surface"), raised: read("--raised"), ink: read("--ink-text"), soft: read("--ink-line"),
    green: read("--green"), orange: read("--orange"), red: read("--red"), yellow: read("--yellow"),
  };
  probe.remove();
  return out;
}

export function usePalette(): Palette {
  const theme = usePrefs((prefs) => prefs.theme);
  const isDark = useMedia("(prefers-color-scheme: dark)");
  const [palette, setPalette] = useState(paletteNow);
  useEffect(() => setPalette(paletteNow()), [theme, isDark]);
  return palette;
}

const FONT = "12px -apple-system, 'PingFang SC', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif";

/* What every chart has in common; a chart's own option is laid over it. */
export function baseOption(p: Palette): ChartOption {
  return {
    animationDuration: 0,
    animationDurationUpdate: window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 160,
    textStyle: { fontFamily: FONT.slice(5), color: p.text2, fontSize: 12 },
    grid: { left: 8, right: 16, top: 20, bottom: 4, containLabel: true },
    tooltip: {
      trigger: "axis", backgroundColor: p.raised, borderColor: p.line, borderWidth: 1, padding: [8, 12], confine: true,
      textStyle: { color: p.text, fontSize: 12 }, extraCssText: "border-radius:8px;max-width:300px;white-space:normal;box-shadow:0 6px 20px rgb(0 0 0 / 14%)",
      axisPointer: { type: "line", lineStyle: { color: p.text3, type: "dashed" } },
    },
  };
}

export function axisStyle(p: Palette) {
  return {
    axisLine: { lineStyle: { color: p.line } }, axisTick: { show: false },
    axisLabel: { color: p.text3, fontSize: 12, hideOverlap: true }, splitLine: { lineStyle: { color: p.line } },
  };
}

/* A picture of an option that is not on screen (charts drawn as HTML export through this). */
export function savePng(option: ChartOption, name: string, width = 960, height = 540) {
  const box = document.createElement("div");
  box.style.cssText = `position:fixed;left:-9999px;width:${width}px;height:${height}px`;
  document.body.append(box);
  const chart = echarts.init(box, null, { width, height, devicePixelRatio: 2 });
  chart.setOption({ ...option, animation: false });
  saveUrl(chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: paletteNow().surface }), fileName(name, "png"));
  chart.dispose();
  box.remove();
}

export function TableBehind({ table, label }: { table: ChartTable; label: string }) {
  return (
    <div className="scroll chartscroll" tabIndex={0}>
      <table className="table">
        <caption className="hush">{label}</caption>
        <thead><tr>{table.head.map((text, i) => <th key={text} scope="col" className={i === 0 ? "" : "right"}>{text}</th>)}</tr></thead>
        <tbody>
          {table.rows.map((row, index) => (
            <tr key={index}>{row.map((cell, i) => <td key={i} className={i === 0 ? "" : "right num"}>{cell ?? "—"}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function ChartMenu({ name, table, isTable, onTable, onPng }: {
  name: string; table: ChartTable; isTable: boolean; onTable: (isTable: boolean) => void; onPng: () => void;
}) {
  return (
    <MenuButton kind="quiet" isSmall icon="dots" label={t("more")} align="end" items={() => [
      { label: t(isTable ? "as_chart" : "as_table"), icon: isTable ? "chart" : "list", run: () => onTable(!isTable) },
      { label: t("csv"), icon: "export", run: () => saveText(csvOf(table), fileName(name, "csv")) },
      { label: t("png"), icon: "camera", run: onPng },
    ]} />
  );
}

export function Chart(props: {
  name: string; make: (palette: Palette) => ChartOption; table: ChartTable; height?: number; head?: ReactNode;
}) {
  const { name, make, table, height = 220, head } = props;
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts | null>(null);
  const palette = usePalette();
  const [isTable, setTable] = useState(false);
  const option = { ...baseOption(palette), ...make(palette) };
  const text = JSON.stringify(option);
  useEffect(() => {
    if (isTable || !box.current) return;
    const made = echarts.init(box.current);
    chart.current = made;
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(box.current);
    return () => {
      observer.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, [isTable]);
  useEffect(() => {
    chart.current?.setOption(option, { notMerge: true });
  }, [text, isTable]);
  return (
    <figure className="chart" aria-label={name}>
      <div className="charthead">
        <div className="grow">{head}</div>
        <ChartMenu name={name} table={table} isTable={isTable} onTable={setTable} onPng={() => savePng(option, name)} />
      </div>
      {isTable ? <div style={{ minHeight: height }}><TableBehind table={table} label={name} /></div>
        : <div ref={box} style={{ height }} role="img" aria-label={name} />}
    </figure>
  );
}

/* A line of a few points, the last one marked: for rows of a table. Days without a value are bridged. */
export function Spark({ values, mark, width = 96, height = 24 }: { values: (number | null)[]; mark?: number; width?: number; height?: number }) {
  const known = values.filter((value): value is number => value !== null);
  if (known.length === 0) return <span className="meta">—</span>;
  const all = mark === undefined ? known : [...known, mark];
  const low = Math.min(...all);
  const high = Math.max(...all);
  const x = (i: number) => 3 + (i / Math.max(1, values.length - 1)) * (width - 6);
  const y = (value: number) => (high === low ? height / 2 : height - 3 - ((value - low) / (high - low)) * (height - 6));
  let path = "";
  values.forEach((value, i) => {
    if (value !== null) path += `${path ? "L" : "M"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
  });
  const last = values.findLastIndex((value) => value !== null);
  return (
    <svg className="spark" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {mark !== undefined && <line x1="0" x2={width} y1={y(mark)} y2={y(mark)} className="sparkmark" />}
      <path d={path} />
      <circle cx={x(last)} cy={y(values[last]!)} r="2.5" />
    </svg>
  );
}

/* Part of a whole with its baseline as a tick across the ring. Starts at twelve o'clock. */
export function Ring({ value, mark, size = 112, children }: { value: number | null; mark?: number; size?: number; children?: ReactNode }) {
  const r = size / 2 - 8;
  const round = 2 * Math.PI * r;
  const share = Math.max(0, Math.min(1, value ?? 0));
  const kind = value === null || mark === undefined ? "" : value >= mark ? " good" : " low";
  return (
    <div className={`ring${kind}`} style={{ width: size, height: size }}>
      <svg width={size} height={size} aria-hidden="true">
        <g transform={`rotate(-90 ${size / 2} ${size / 2})`}>
          <circle className="ringway" cx={size / 2} cy={size / 2} r={r} />
          {value !== null && <circle className="ringpart" cx={size / 2} cy={size / 2} r={r} strokeDasharray={`${share * round} ${round}`} />}
          {mark !== undefined && (
            <line className="ringmark" x1={size / 2 + r - 8} x2={size / 2 + r + 8} y1={size / 2} y2={size / 2}
              transform={`rotate(${mark * 360} ${size / 2} ${size / 2})`} />
          )}
        </g>
      </svg>
      <div className="ringtext">{children}</div>
    </div>
  );
}
