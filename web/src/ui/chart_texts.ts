import { texts } from "@/base/i18n.ts";

export const t = texts("chart", {
  more: ["图表选项", "Chart options"],
  as_table: ["看表格", "Show as a table"],
  as_chart: ["看图表", "Show as a chart"],
  csv: ["下载 CSV", "Download CSV"],
  png: ["下载 PNG", "Download PNG"],
  nothing: ["这段时间没有数据", "No data in this period"],
  from: ["起", "From"],
});
