/* The figures behind a chart: one head, rows of cells; what the table shows and the CSV holds. */
export interface ChartTable {
  head: string[];
  rows: (string | number | null)[][];
}

/* RFC 4180. A cell a spreadsheet program would run as a formula gets a ' in front. */
export function csvOf(table: ChartTable): string {
  const cell = (value: string | number | null) => {
    if (value === null) return "";
    let text = String(value);
    if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
    return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  return [table.head, ...table.rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

function save(href: string, name: string) {
  const link = document.createElement("a");
  link.href = href;
  link.download = name;
  link.click();
}

/* The mark in front makes spreadsheet programs read it as UTF-8. */
export function saveText(text: string, name: string, type = "text/csv;charset=utf-8") {
  const url = URL.createObjectURL(new Blob(["\ufeff", text], { type }));
  save(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function saveUrl(url: string, name: string) {
  save(url, name);
}

export function fileName(name: string, ending: string): string {
  return `${name.replace(/[\\/:*?"<>|\s]+/g, "-")}.${ending}`;
}
