/*
 * The JSON of scenarios, read with a little more than JSON:
 *
 *   $name              the value of a variable; in an expectation one that has none yet is captured
 *   "… $name …"        a variable within a text; $now, and $now+48h, $now-1d as times; $$ is a dollar sign
 *   *                  anything, even null; it must be there
 *   absent             the member must not be there
 *   ~"expression"      a text that the regular expression finds something in
 *   > 5   < 5          a number (or a decimal text) that is larger, smaller
 *   [a, ..., b]        ... stands for any items; without it a list has exactly the items named
 *
 * Maps match when what is named matches: an answer may hold more.
 */
import { Failure } from "./server.mjs";

const WORD = /[A-Za-z0-9_]/;

export function read(text) {
  let at = 0;
  const fail = (what) => {
    throw new Failure(`${what} at “${text.slice(at, at + 40)}”`);
  };
  const blank = () => {
    while (/\s/.test(text[at] ?? "")) at += 1;
  };
  const take = (token) => {
    blank();
    if (!text.startsWith(token, at)) return false;
    at += token.length;
    return true;
  };
  const word = () => {
    const start = at;
    while (WORD.test(text[at] ?? "")) at += 1;
    return text.slice(start, at);
  };
  const string = () => {
    const start = at;
    at += 1;
    while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    if (at >= text.length) fail("a text without end");
    at += 1;
    return JSON.parse(text.slice(start, at));
  };
  const members = () => {
    const out = [];
    if (take("}")) return out;
    do {
      blank();
      if (text[at] !== '"') fail("a name is missing");
      const name = string();
      if (!take(":")) fail("a : is missing");
      out.push([name, value()]);
    } while (take(","));
    if (!take("}")) fail("a } is missing");
    return out;
  };
  const items = () => {
    const out = [];
    if (take("]")) return out;
    do out.push(take("...") ? { kind: "rest" } : value());
    while (take(","));
    if (!take("]")) fail("a ] is missing");
    return out;
  };
  const value = () => {
    blank();
    if (take("{")) return { kind: "map", members: members() };
    if (take("[")) return { kind: "list", items: items() };
    if (text[at] === '"') return { kind: "text", text: string() };
    if (take("*")) return { kind: "any" };
    if (take("~")) return blank(), { kind: "like", text: string() };
    if (take(">")) return { kind: "above", number: value() };
    if (take("<")) return { kind: "below", number: value() };
    if (take("$")) {
      const name = word();
      const shift = /^[+-]\d+[smhdw]/.exec(text.slice(at));
      if (name !== "now" || !shift) return { kind: "variable", name };
      at += shift[0].length;
      return { kind: "text", text: `$now${shift[0]}` };
    }
    const number = /^-?\d+(\.\d+)?([eE][+-]?\d+)?/.exec(text.slice(at));
    if (number) {
      at += number[0].length;
      return { kind: "leaf", value: Number(number[0]) };
    }
    const name = word();
    if (name === "absent") return { kind: "absent" };
    if (name === "true" || name === "false") return { kind: "leaf", value: name === "true" };
    if (name === "null") return { kind: "leaf", value: null };
    return fail("not a value");
  };
  const out = value();
  blank();
  if (at < text.length) fail("more text");
  return out;
}

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

export function timeShift(now, shift) {
  const [, sign, number, unit] = /^([+-])(\d+)([smhdw])$/.exec(shift) ?? [];
  if (!sign) throw new Failure(`not a span of time: ${shift}`);
  return new Date(Date.parse(now) + (sign === "-" ? -1 : 1) * Number(number) * UNITS[unit]).toISOString();
}

/* Variables within a text. */
export function fill(text, variables) {
  return text.replace(/\$\$|\$now([+-]\d+[smhdw])?|\$([A-Za-z_]\w*)/g, (found, shift, name) => {
    if (found === "$$") return "$";
    if (!name) return shift ? timeShift(variables.now, shift) : variables.now;
    if (!(name in variables)) throw new Failure(`$${name} has no value`);
    return variables[name];
  });
}

/* The value a request sends. */
export function make(pattern, variables) {
  switch (pattern.kind) {
    case "map":
      return Object.fromEntries(pattern.members.map(([name, value]) => [name, make(value, variables)]));
    case "list":
      return pattern.items.map((item) => make(item, variables));
    case "text":
      return fill(pattern.text, variables);
    case "leaf":
      return pattern.value;
    case "variable":
      if (pattern.name in variables) return variables[pattern.name];
      throw new Failure(`$${pattern.name} has no value`);
    default:
      throw new Failure(`${pattern.kind} means nothing in a request`);
  }
}

/* ---- matching ---- */

const show = (value) => {
  const text = JSON.stringify(value);
  return text === undefined ? "nothing" : text.length > 400 ? `${text.slice(0, 400)}…` : text;
};

function differ(path, value, wanted) {
  throw new Failure(`${path || "the answer"}: got ${show(value)}, wanted ${wanted}`);
}

/* Items of one run without ... against the list from an index on. */
function runMatches(items, list, from, path, variables) {
  items.forEach((item, i) => match(item, list[from + i], `${path}[${from + i}]`, variables));
}

function runFind(items, list, from, path, variables) {
  let last;
  for (let start = from; start + items.length <= list.length; start++) {
    const trial = { ...variables };
    try {
      runMatches(items, list, start, path, trial);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      last = error;
      continue;
    }
    Object.assign(variables, trial);
    return start + items.length;
  }
  throw new Failure(`${path}: nothing in ${show(list)} is as wanted${last ? ` (last tried: ${last.message})` : ""}`);
}

function matchList(pattern, value, path, variables) {
  if (!Array.isArray(value)) differ(path, value, "a list");
  const runs = [[]];
  for (const item of pattern.items) item.kind === "rest" ? runs.push([]) : runs.at(-1).push(item);
  if (runs.length === 1 && runs[0].length !== value.length) {
    differ(path, value, `exactly ${runs[0].length} items`);
  }
  let at = 0;
  runs.forEach((run, i) => {
    if (i === 0) {
      if (run.length > value.length) differ(path, value, `at least ${run.length} items`);
      runMatches(run, value, 0, path, variables);
      at = run.length;
    } else if (i === runs.length - 1 && run.length > 0) {
      if (value.length - run.length < at) differ(path, value, "more items");
      runMatches(run, value, value.length - run.length, path, variables);
    } else {
      at = runFind(run, value, at, path, variables);
    }
  });
}

/* Throws a Failure that says where; captures into variables. */
export function match(pattern, value, path, variables) {
  switch (pattern.kind) {
    case "any":
      if (value === undefined) differ(path, value, "something");
      return;
    case "absent":
      if (value !== undefined) differ(path, value, "nothing there");
      return;
    case "leaf":
      if (value !== pattern.value) differ(path, value, show(pattern.value));
      return;
    case "text": {
      const wanted = fill(pattern.text, variables);
      const isSameTime = /^\d{4}-\d\d-\d\dT/.test(wanted) && Date.parse(wanted) === Date.parse(value);
      if (value !== wanted && !isSameTime) differ(path, value, show(wanted));
      return;
    }
    case "like":
      if (typeof value !== "string" || !new RegExp(fill(pattern.text, variables), "s").test(value)) {
        differ(path, value, `~${show(pattern.text)}`);
      }
      return;
    case "above":
    case "below": {
      const bound = make(pattern.number, variables);
      const isGood = value !== null && value !== undefined &&
        (pattern.kind === "above" ? Number(value) > Number(bound) : Number(value) < Number(bound));
      if (!isGood) differ(path, value, `${pattern.kind} ${bound}`);
      return;
    }
    case "variable":
      if (value === undefined) differ(path, value, `$${pattern.name}`);
      if (!(pattern.name in variables)) variables[pattern.name] = value;
      if (variables[pattern.name] !== value) differ(path, value, show(variables[pattern.name]));
      return;
    case "map":
      if (value === null || typeof value !== "object" || Array.isArray(value)) differ(path, value, "a map");
      for (const [name, member] of pattern.members) {
        match(member, value[name], path ? `${path}.${name}` : name, variables);
      }
      return;
    case "list":
      matchList(pattern, value, path, variables);
  }
}
