/*
 * Filters as conditions, and the formula text they are. The text is the truth (it is what the
 * server compiles, what a URL and a saved view carry); conditions are how a person builds it.
 * parseFilter() reads back what formulaOf() writes. A part it does not know stays as it is written
 * (op "raw"); only a formula that mixes AND with OR at the top cannot be shown as conditions (null).
 */
export type Op =
  | "contains" | "not_contains" | "is" | "is_not" | "in" | "not_in"
  | "blank" | "not_blank" | "eq" | "ne" | "gt" | "ge" | "lt" | "le" | "between"
  | "ge_hours" | "le_hours" | "raw" | "true" | "false" | "me" | "on_after" | "before" | "last_days" | "next_days" | "older_days";

export interface Condition {
  field: string;
  op: Op;
  value?: string | string[];
}

export interface Filter {
  join: "AND" | "OR";
  conditions: Condition[];
}

export function quote(text: string): string {
  return `"${text.replace(/"/g, '""')}"`;
}

const COMPARE: Partial<Record<Op, string>> = {
  eq: "=", ne: "<>", gt: ">", ge: ">=", lt: "<", le: "<=",
};

function number(text: string): string | null {
  const clean = text.replace(/[,，¥￥\s]/g, "");
  return /^-?\d+(\.\d+)?$/.test(clean) ? clean : null;
}

function dateCall(text: string): string | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  return match ? `DATE(${Number(match[1])}, ${Number(match[2])}, ${Number(match[3])})` : null;
}

/* One condition as formula text; null while it is not complete. */
export function conditionText({ field, op, value }: Condition): string | null {
  const one = Array.isArray(value) ? (value[0] ?? "") : (value ?? "");
  const many = Array.isArray(value) ? value : value ? [value] : [];
  switch (op) {
    case "raw": return one || null;
    case "blank": return `ISBLANK(${field})`;
    case "not_blank": return `NOT ISBLANK(${field})`;
    case "true": return `${field} = TRUE`;
    case "false": return `${field} = FALSE`;
    case "me": return `${field} = ME()`;
    case "contains": return one ? `CONTAINS(${field}, ${quote(one)})` : null;
    case "not_contains": return one ? `NOT CONTAINS(${field}, ${quote(one)})` : null;
    case "is": return one ? `${field} = ${quote(one)}` : null;
    case "is_not": return one ? `${field} <> ${quote(one)}` : null;
    case "in": return many.length ? `${field} IN (${many.map(quote).join(", ")})` : null;
    case "not_in": return many.length ? `NOT ${field} IN (${many.map(quote).join(", ")})` : null;
    case "on_after": return between(dateCall(one), (d) => `${field} >= ${d}`);
    case "before": return between(dateCall(one), (d) => `${field} < ${d}`);
    case "ge_hours": return between(number(one), (n) => `${field} >= HOURS(${n})`);
    case "le_hours": return between(number(one), (n) => `${field} <= HOURS(${n})`);
    case "last_days": return between(number(one), (n) => `${field} >= TODAY() - ${n}`);
    case "older_days": return between(number(one), (n) => `${field} < TODAY() - ${n}`);
    case "next_days":
      return between(number(one), (n) => `${field} >= TODAY() AND ${field} <= TODAY() + ${n}`);
    case "between": {
      const low = number(many[0] ?? "");
      const high = number(many[1] ?? "");
      return low !== null && high !== null ? `${field} >= ${low} AND ${field} <= ${high}` : null;
    }
    default:
      return between(number(one), (n) => `${field} ${COMPARE[op]} ${n}`);
  }
}

function between(value: string | null, write: (value: string) => string): string | null {
  return value === null ? null : write(value);
}

export function formulaOf(filter: Filter): string {
  const parts = filter.conditions.map(conditionText).filter((text): text is string => text !== null);
  if (filter.join === "AND" || parts.length < 2) return parts.join(" AND ");
  return parts.map((text) => ((splitTop(text)?.parts.length ?? 2) > 1 ? `(${text})` : text)).join(" OR ");
}

/* All parts must hold; each part in brackets when it has an OR of its own. */
export function allOf(...parts: (string | null | undefined | false)[]): string {
  const texts = parts.filter((text): text is string => Boolean(text));
  if (texts.length < 2) return texts[0] ?? "";
  return texts.map((text) => (/\bOR\b/i.test(text) ? `(${text})` : text)).join(" AND ");
}

export function idIn(ids: string[]): string {
  /* No blanks between: two hundred ids just fit the longest formula the server takes. */
  return `id IN (${ids.map(quote).join(",")})`;
}

/* ---- reading back ---- */

interface Token {
  kind: "name" | "text" | "number" | "mark" | "end";
  text: string;
}

function lex(source: string): Token[] | null {
  const tokens: Token[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")*)"|([A-Za-z_][\w.]*)|(-?\d+(?:\.\d+)?)|(<>|>=|<=|[=<>(),+-]))/y;
  while (pattern.lastIndex < source.trimEnd().length) {
    const match = pattern.exec(source);
    if (!match) return null;
    if (match[1] !== undefined) tokens.push({ kind: "text", text: match[1].replace(/""/g, '"') });
    else if (match[2] !== undefined) tokens.push({ kind: "name", text: match[2] });
    else if (match[3] !== undefined) tokens.push({ kind: "number", text: match[3] });
    else tokens.push({ kind: "mark", text: match[4]! });
  }
  tokens.push({ kind: "end", text: "" });
  return tokens;
}

class Reader {
  at = 0;
  constructor(readonly tokens: Token[]) {}

  is(text: string): boolean {
    const token = this.tokens[this.at];
    return token !== undefined && token.kind !== "text" && token.text.toUpperCase() === text;
  }
  take(text: string): boolean {
    if (!this.is(text)) return false;
    this.at += 1;
    return true;
  }
  need(text: string) {
    if (!this.take(text)) throw new Error("other");
  }
  any(kind: Token["kind"]): string {
    const token = this.tokens[this.at];
    if (token?.kind !== kind) throw new Error("other");
    this.at += 1;
    return token.text;
  }
}

const OPS: Record<string, Op> = { "=": "eq", "<>": "ne", ">": "gt", ">=": "ge", "<": "lt", "<=": "le" };

function readCondition(r: Reader): Condition {
  if (r.take("NOT")) {
    const inner = readCondition(r);
    const negated: Partial<Record<Op, Op>> = { blank: "not_blank", contains: "not_contains", in: "not_in" };
    const op = negated[inner.op];
    if (!op) throw new Error("other");
    return { ...inner, op };
  }
  if (r.take("ISBLANK")) {
    r.need("(");
    const field = r.any("name");
    r.need(")");
    return { field, op: "blank" };
  }
  if (r.take("CONTAINS")) {
    r.need("(");
    const field = r.any("name");
    r.need(",");
    const value = r.any("text");
    r.need(")");
    return { field, op: "contains", value };
  }
  const field = r.any("name");
  if (r.take("IN")) {
    r.need("(");
    const value = [r.any("text")];
    while (r.take(",")) value.push(r.any("text"));
    r.need(")");
    return { field, op: "in", value };
  }
  return readComparison(r, field);
}

function readComparison(r: Reader, field: string): Condition {
  const mark = r.any("mark");
  const op = OPS[mark];
  if (!op) throw new Error("other");
  if (r.take("ME")) {
    r.need("(");
    r.need(")");
    if (op !== "eq") throw new Error("other");
    return { field, op: "me" };
  }
  if (op === "eq" && r.take("TRUE")) return { field, op: "true" };
  if (op === "eq" && r.take("FALSE")) return { field, op: "false" };
  if (r.take("DATE")) return readDate(r, field, op);
  if ((op === "ge" || op === "le") && r.take("HOURS")) {
    r.need("(");
    const value = r.any("number");
    r.need(")");
    return { field, op: op === "ge" ? "ge_hours" : "le_hours", value };
  }
  if (r.take("TODAY")) return readToday(r, field, op);
  if (r.tokens[r.at]!.kind === "text") {
    const value = r.any("text");
    if (op !== "eq" && op !== "ne") throw new Error("other");
    return { field, op: op === "eq" ? "is" : "is_not", value };
  }
  return { field, op, value: r.any("number") };
}

function readDate(r: Reader, field: string, op: Op): Condition {
  r.need("(");
  const year = r.any("number");
  r.need(",");
  const month = r.any("number").padStart(2, "0");
  r.need(",");
  const day = r.any("number").padStart(2, "0");
  r.need(")");
  if (op !== "ge" && op !== "lt") throw new Error("other");
  return { field, op: op === "ge" ? "on_after" : "before", value: `${year}-${month}-${day}` };
}

function readToday(r: Reader, field: string, op: Op): Condition {
  r.need("(");
  r.need(")");
  const isMinus = r.take("-");
  if (isMinus || /^-\d/.test(r.tokens[r.at]!.text)) {
    const value = r.any("number").replace("-", "");
    if (op === "ge") return { field, op: "last_days", value };
    if (op === "lt") return { field, op: "older_days", value };
    throw new Error("other");
  }
  /* The two halves of "in the next days" meet again in joinRanges(). */
  if (op === "ge" && r.tokens[r.at]!.kind === "end") return { field, op: "last_days", value: "0" };
  if (op === "le" && r.take("+")) return { field, op: "next_days", value: r.any("number") };
  throw new Error("other");
}

/* a >= 1 AND a <= 5, as written for "between", becomes one condition again. */
function joinRanges(conditions: Condition[]): Condition[] {
  const out: Condition[] = [];
  for (const condition of conditions) {
    const last = out.at(-1);
    const isSame = last !== undefined && last.field === condition.field;
    if (isSame && last.op === "ge" && condition.op === "le") {
      out[out.length - 1] = {
        field: last.field, op: "between", value: [String(last.value), String(condition.value)],
      };
    } else if (isSame && last.op === "last_days" && last.value === "0" && condition.op === "next_days") {
      out[out.length - 1] = condition;
    } else if (condition.op === "next_days") {
      const { field, value } = condition;
      out.push({ field: "", op: "raw", value: `${field} <= TODAY() + ${String(value)}` });
    } else out.push(condition);
  }
  return out;
}

/* The parts of a formula between its outermost ANDs or ORs; null when it has both. */
function splitTop(source: string): { join: Filter["join"]; parts: string[] } | null {
  const words = /"(?:[^"]|"")*"|[()]|[\p{L}_][\p{L}\p{N}_.]*/gu;
  const parts: string[] = [];
  let join: Filter["join"] | null = null;
  let depth = 0;
  let from = 0;
  for (let match = words.exec(source); match; match = words.exec(source)) {
    const word = match[0].toUpperCase();
    if (word === "(") depth += 1;
    else if (word === ")") depth -= 1;
    else if (depth === 0 && (word === "AND" || word === "OR")) {
      if (join && join !== word) return null;
      join = word;
      parts.push(source.slice(from, match.index));
      from = match.index + word.length;
    }
  }
  parts.push(source.slice(from));
  return { join: join ?? "AND", parts: parts.map((part) => part.trim()) };
}

function readPart(text: string): Condition {
  const tokens = lex(text);
  try {
    const r = new Reader(tokens ?? []);
    const condition = readCondition(r);
    if (r.tokens[r.at]!.kind === "end") return condition;
  } catch {
    /* Not one of ours: kept as it is written. */
  }
  return { field: "", op: "raw", value: text };
}

/* "(a >= 1 AND a <= 5)" inside an OR is one condition or stays one part. */
function readGroup(text: string): Condition {
  const inner = /^\((.*)\)$/s.exec(text);
  const split = inner ? splitTop(inner[1]!) : null;
  if (!split || split.join === "OR") return readPart(text);
  const joined = joinRanges(split.parts.map(readPart));
  return joined.length === 1 ? joined[0]! : { field: "", op: "raw", value: text };
}

export function parseFilter(source: string): Filter | null {
  if (!source.trim()) return { join: "AND", conditions: [] };
  const split = splitTop(source.trim());
  if (!split || split.parts.some((part) => part === "")) return null;
  const conditions = split.join === "AND" ? joinRanges(split.parts.map(readPart)) : split.parts.map(readGroup);
  return { join: split.join, conditions };
}
