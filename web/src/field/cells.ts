import { api } from "@/base/api.ts";
import { quote } from "@/base/formula.ts";
import { tr } from "@/base/i18n.ts";
import { permission, type Session } from "@/base/session.ts";
import { at, dateOf, parseTime, rfc3339, timeOf } from "@/base/time.ts";
import type { Choice, FieldDef, ObjectDef, Row, Value } from "@/base/types.ts";
import { readSpan, spanText } from "@/field/duration/span.ts";
import { placeOf, placeText, readPlace } from "@/field/geo/place.ts";
import { readNumber } from "@/field/number/read.ts";
import { shifted } from "@/field/percent/shift.ts";
import { type Column, choicesOf, labelIn, targetOf, typeOf } from "@/object/object.ts";
import { t } from "./texts.ts";

/*
 * Cells of the list as text and back: what is copied to a spreadsheet, and what is pasted from one.
 * A text that cannot be read is an error at its cell, never a guess.
 */
export interface Parsed {
  value: Value;
  /* The name of what a reference points to. */
  label?: string | null;
  problem?: string;
}

const FIXED = new Set(["pipeline", "stage_entered_at", "closed_at", "created_at", "updated_at", "created_by", "updated_by"]);

export function canEditColumn(session: Session, object: ObjectDef, column: Column): boolean {
  const { field } = column;
  const may = permission(session, object.name);
  if (column.path !== field.name || FIXED.has(field.name) || ["formula", "auto_number", "file", "signature", "rich_text", "sub_table"].includes(field.type)) return false;
  if (field.name === "owner") return may.assign === true;
  return may.update === true && (!field.readonly || field.name === "stage");
}

/* Rows of cells, as spreadsheets put them on the clipboard: tabs, line ends, quotes around what holds either. */
export function readTable(text: string): string[][] {
  const rows: string[][] = [[]];
  let cell = "";
  let isQuoted = false;
  const clean = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  for (let i = 0; i < clean.length; i += 1) {
    const c = clean[i]!;
    if (isQuoted) {
      if (c !== '"') cell += c;
      else if (clean[i + 1] === '"') {
        cell += '"';
        i += 1;
      } else isQuoted = false;
    } else if (c === '"' && cell === "") isQuoted = true;
    else if (c === "\t" || c === "\n") {
      rows.at(-1)!.push(cell);
      cell = "";
      if (c === "\n") rows.push([]);
    } else cell += c;
  }
  rows.at(-1)!.push(cell);
  return rows;
}

export function writeTable(rows: string[][]): string {
  const put = (cell: string) => (/[\t\n"]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return rows.map((row) => row.map(put).join("\t")).join("\n");
}

function readDate(text: string): string | null {
  const found = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(text);
  if (!found) return null;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  const made = new Date(Date.UTC(year, month - 1, day));
  return made.getUTCMonth() === month - 1 && made.getUTCDate() === day ? made.toISOString().slice(0, 10) : null;
}

function readChoice(choices: Choice[], text: string): string | null {
  const low = text.toLowerCase();
  const names = (choice: Choice) => [choice.name, choice.label.zh, choice.label.en].map((name) => (name ?? "").toLowerCase());
  return choices.find((choice) => names(choice).includes(low))?.name ?? null;
}

/* All but references, which have to be looked up. */
export function readPlain(field: FieldDef, choices: Choice[], given: string): Parsed {
  const text = given.trim();
  const problem = (key: Parameters<typeof t>[0]) => ({ value: null, problem: t(key, { text }) });
  if (text === "") return { value: null };
  switch (field.type) {
    case "integer": case "number": case "money": {
      const number = readNumber(text, field.type === "integer");
      return number === null ? problem(field.type === "integer" ? "not_whole" : "not_number") : { value: field.type === "money" ? number : Number(number) };
    }
    case "boolean":
      if (/^(是|真|对|√|y|yes|true|1)$/i.test(text)) return { value: true };
      return /^(否|假|错|×|n|no|false|0)$/i.test(text) ? { value: false } : problem("not_boolean");
    case "date": {
      const day = readDate(text.split(/[ T]/)[0]!);
      return day ? { value: day } : problem("not_date");
    }
    case "datetime": {
      const found = /^(\S+?)(?:[ T]+(\d{1,2}):(\d{2})(?::\d{2})?)?$/.exec(text);
      const day = found ? readDate(found[1]!) : null;
      if (!found || !day || Number(found[2] ?? 0) > 23 || Number(found[3] ?? 0) > 59) return problem("not_date");
      return { value: rfc3339(at(day, `${(found[2] ?? "0").padStart(2, "0")}:${found[3] ?? "00"}`)) };
    }
    case "multi_choice": {
      const parts = text.split(/[;；,，、|\n]/).map((part) => part.trim()).filter(Boolean);
      const names = parts.map((part) => readChoice(choices, part));
      return names.includes(null) ? problem("not_choice") : { value: choices.map((choice) => choice.name).filter((name) => names.includes(name)) };
    }
    case "duration": {
      const span = readSpan(text);
      return span === null ? problem("not_span") : { value: span };
    }
    case "percent": {
      const hundredths = /^([-+]?\d+(?:\.\d+)?)\s*[%％]?$/.exec(text)?.[1];
      return hundredths === undefined ? problem("not_number") : { value: Number(shifted(hundredths.replace("+", ""), -2)) };
    }
    case "geo": {
      const place = readPlace(text);
      return place ? { value: place as unknown as Value } : problem("not_place");
    }
    case "choice": {
      const name = readChoice(choices, text);
      return name === null ? problem("not_choice") : { value: name };
    }
    default:
      return { value: field.type === "long_text" ? given : text };
  }
}

/* What names mean: of all that is pasted at once each is asked for once. */
export type Names = Map<string, Promise<Parsed>>;

/* By its name, which must be that of one record only. */
function readName(session: Session, target: string, text: string, names: Names): Promise<Parsed> {
  const name = text.trim();
  const key = `${target}\n${name}`;
  const found = names.get(key) ?? findName(session, target, name);
  names.set(key, found);
  return found;
}

async function findName(session: Session, target: string, name: string): Promise<Parsed> {
  const title = session.objects.get(target)?.title_field ?? "name";
  const { items } = await api.records(target, { where: `${title} = ${quote(name)}`, fields: [title], limit: 2 });
  if (items.length === 1) return { value: items[0]!.id, label: name };
  return { value: null, problem: t(items.length === 0 ? "not_found" : "not_one", { text: name }) };
}

/* Several of them in one cell, as they are copied out. */
async function readNames(session: Session, target: string, text: string, names: Names): Promise<Parsed> {
  const parts = text.split(/[;；\n]/).map((part) => part.trim()).filter(Boolean);
  const found = await Promise.all([...new Set(parts)].map((part) => readName(session, target, part, names)));
  const bad = found.find((one) => one.problem);
  return bad ?? { value: found.map((one) => one.value as string), label: found.map((one) => one.label).join("；") };
}

export async function readCell(session: Session, column: Column, row: Row, text: string, names: Names = new Map()): Promise<Parsed> {
  if (column.field.type === "many_to_many") return readNames(session, column.field.to ?? "", text, names);
  const target = targetOf(column.field);
  if (!target || text.trim() === "") return readPlain(column.field, choicesOf(session, column.object, column.field, row), text);
  return readName(session, target, text, names);
}

/* What a cell says, as it would be typed. */
export function cellText(session: Session, column: Column, row: Row): string {
  const value = row[column.path];
  if (value === null || value === undefined) return "";
  if (column.labelPath) return labelIn(row, column) ?? "";
  const choices = choicesOf(session, column.object, column.field, row);
  const choice = choices.find((other) => other.name === value);
  if (choice) return tr(choice.label);
  if (column.field.type === "multi_choice" && Array.isArray(value)) {
    return value.map((name) => tr(choices.find((other) => other.name === name)?.label ?? { zh: name, en: name })).join("、");
  }
  const type = typeOf(column.field);
  if (type === "duration") return spanText(Number(value));
  if (type === "percent") return `${shifted(String(value), 2)}%`;
  const place = placeOf(value);
  if (place) return placeText(place);
  if (column.field.type === "datetime") {
    const ms = parseTime(String(value));
    return ms === null ? String(value) : `${dateOf(ms)} ${timeOf(ms)}`;
  }
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  return String(value);
}
