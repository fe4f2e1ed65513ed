import { tr } from "@/base/i18n.ts";
import type { Session } from "@/base/session.ts";
import type { FieldDef, ObjectDef } from "@/base/types.ts";
import { choicesOf, fieldOf, targetOf, typeOf } from "@/object/object.ts";
import { spells } from "@/base/pinyin.ts";
import { type Call, callsAt, type Token, tokens } from "./tokens.ts";

/*
 * What may come at the caret: fields of the record, of what it refers to (company.), of the records
 * that refer to it (inside COUNT(logs, …)), choices after a comparison, functions. Found by API
 * name, by label in either language, by alias and by the sound of Chinese words.
 */
export interface FunctionDef {
  name: string;
  alias: string;
  signature: string;
  help: { zh: string; en: string };
  example: string;
}

export interface Candidate {
  kind: "field" | "relation" | "function" | "choice" | "word";
  /* What is put in place of from … to. */
  insert: string;
  /* Shown first; and beside it. */
  name: string;
  label: string;
  type?: string;
  /* Where the caret goes: back from the end of what was put in. */
  back?: number;
}

export interface Completion {
  from: number;
  to: number;
  candidates: Candidate[];
}

const CANDIDATE_COUNT_MAX = 40;

interface Named {
  names: (string | undefined)[];
}

/* Smaller is nearer; null is no match. Nothing typed matches everything. */
function rank(typed: string, { names }: Named): number | null {
  if (!typed) return 5;
  const wanted = typed.toLowerCase();
  let best: number | null = null;
  names.forEach((name) => {
    if (!name) return;
    const low = name.toLowerCase();
    const at = low.indexOf(wanted);
    const sound = spells(name, typed);
    const isWordStart = at > 0 && /[_\s.]/.test(low[at - 1]!);
    const here = low === wanted ? 0 : at === 0 ? 1 : sound === 0 ? 2 : isWordStart ? 3 : sound === 1 ? 4 : at > 0 ? 5 : null;
    if (here !== null && (best === null || here < best)) best = here;
  });
  return best;
}

export function objectOfPath(session: Session, object: ObjectDef, path: string[]): ObjectDef | null {
  let here: ObjectDef | undefined = object;
  for (const step of path) {
    const field: FieldDef | undefined = here && (fieldOf(here, step) ?? byLabel(here, step));
    const relation: ObjectDef["relations"][number] | undefined = field ? undefined : here?.relations.find((other) => other.name === step);
    here = session.objects.get((relation ? relation.object : field && targetOf(field)) ?? "");
    if (!here) return null;
  }
  return here ?? null;
}

function byLabel(object: ObjectDef, label: string): FieldDef | undefined {
  return object.fields.find((field) => field.label.zh === label || field.label.en === label);
}

/* "a.b." in front of a token, as steps; the index of its first token. */
function pathBefore(all: Token[], index: number): { path: string[]; start: number } {
  const path: string[] = [];
  let start = index;
  while (start >= 2 && all[start - 1]!.kind === "dot" && /^(name|label)$/.test(all[start - 2]!.kind)) {
    const step = all[start - 2]!;
    path.unshift(step.kind === "label" ? step.text.slice(1, -1).trim() : step.text);
    start -= 2;
  }
  return { path, start };
}

/* The records a condition inside COUNT(logs, …) is about. */
export function objectAt(session: Session, object: ObjectDef, all: Token[], calls: Call[]): { here: ObjectDef; isInner: boolean } {
  let here = object;
  let isInner = false;
  for (const call of calls) {
    if (!call.name || call.argument === 0) continue;
    const steps = all.slice(...call.first).filter((token) => token.kind === "name").map((token) => token.text);
    const inner = here.relations.some((relation) => relation.name === steps[0]) ? objectOfPath(session, here, steps.slice(0, 1)) : null;
    if (inner) {
      here = inner;
      isInner = true;
    }
  }
  return { here, isInner };
}

function fieldsOf(session: Session, object: ObjectDef, typed: string, isBraced: boolean): [number, Candidate][] {
  const out: [number, Candidate][] = [];
  for (const field of object.fields) {
    const near = rank(typed, { names: isBraced ? [field.label.zh, field.label.en, field.name] : [field.name, field.label.zh, field.label.en] });
    if (near === null) continue;
    const target = session.objects.get(targetOf(field) ?? "");
    out.push([near + (field.system ? 0.4 : 0), {
      kind: "field", insert: isBraced ? `{${tr(field.label)}}` : field.name, name: field.name, label: tr(field.label), type: target ? target.name : typeOf(field),
    }]);
  }
  return out;
}

function relationsOf(session: Session, object: ObjectDef, typed: string): [number, Candidate][] {
  return object.relations.flatMap((relation): [number, Candidate][] => {
    const target = session.objects.get(relation.object);
    const label = tr(relation.label) || tr(target?.label_plural ?? target?.label);
    const near = target ? rank(typed, { names: [relation.name, relation.label?.zh, relation.label?.en, target.label.zh, target.label.en] }) : null;
    return near === null ? [] : [[near + 0.3, { kind: "relation", insert: relation.name, name: relation.name, label, type: target!.name }]];
  });
}

function functionsFor(functions: FunctionDef[], typed: string, hasBracket: boolean): [number, Candidate][] {
  return functions.flatMap((entry): [number, Candidate][] => {
    const near = rank(typed, { names: [entry.name, entry.alias] });
    if (near === null) return [];
    const isPlain = /\(\s*\)/.test(entry.signature);
    return [[near + 0.2, {
      kind: "function", insert: hasBracket ? entry.name : `${entry.name}()`, name: entry.name, label: entry.alias, back: hasBracket || isPlain ? 0 : 1,
    }]];
  });
}

/* field = "…" and field IN ("…": the choices of the field. */
function choicesAt(session: Session, here: ObjectDef, all: Token[], index: number): { field: FieldDef; object: ObjectDef } | null {
  let i = index - 1;
  const skip = () => { while (i >= 0 && all[i]!.kind === "blank") i -= 1; };
  skip();
  while (i >= 0 && /^(comma|text|blank)$/.test(all[i]!.kind)) i -= 1;
  if (i >= 0 && all[i]!.kind === "open") {
    i -= 1;
    skip();
    if (i < 0 || all[i]!.text.toUpperCase() !== "IN") return null;
    i -= 1;
  } else if (i >= 0 && all[i]!.kind === "operator" && /^[=＝≠]$|^<>$|^!=$/.test(all[i]!.text) && i >= index - 2) i -= 1;
  else return null;
  skip();
  const last = all[i];
  if (last?.kind !== "name" && last?.kind !== "label") return null;
  const { path } = pathBefore(all, i);
  const object = objectOfPath(session, here, path);
  const name = last.kind === "label" ? last.text.slice(1, -1).trim() : last.text;
  const field = object ? (fieldOf(object, name) ?? byLabel(object, name)) : undefined;
  return field && object ? { field, object } : null;
}

function choiceCandidates(session: Session, about: { field: FieldDef; object: ObjectDef }, typed: string): [number, Candidate][] {
  return choicesOf(session, about.object, about.field).flatMap((choice): [number, Candidate][] => {
    const near = rank(typed, { names: [choice.name, choice.label.zh, choice.label.en] });
    return near === null ? [] : [[near, { kind: "choice", insert: `"${choice.name}"`, name: `"${choice.name}"`, label: tr(choice.label) }]];
  });
}

const WORDS = ["AND", "OR", "NOT", "IN", "TRUE", "FALSE"];

function sorted(ranked: [number, Candidate][]): Candidate[] {
  return ranked.sort((a, b) => a[0] - b[0]).slice(0, CANDIDATE_COUNT_MAX).map(([, candidate]) => candidate);
}

export function complete(
  session: Session, object: ObjectDef, functions: FunctionDef[], source: string, caret: number, isAsked = false,
): Completion | null {
  const all = tokens(source);
  const index = all.findIndex((token) => token.from < caret && token.to >= caret);
  const token = index >= 0 ? all[index]! : undefined;
  const { here, isInner } = objectAt(session, object, all, callsAt(all, caret));
  if (token?.kind === "text") {
    if (!token.isOpen && token.to === caret) return null;
    const about = choicesAt(session, here, all, index) ?? choicesAt(session, object, all, index);
    if (!about) return null;
    const typed = source.slice(token.from + 1, caret);
    /* A text that is not ended yet runs on to the end; only what was typed is replaced. */
    return made(token.from, token.isOpen ? caret : token.to, choiceCandidates(session, about, typed));
  }
  const isName = token !== undefined && /^(name|function|word|constant)$/.test(token.kind);
  const isLabel = token?.kind === "label" && (token.isOpen || caret < token.to);
  const isDot = token?.kind === "dot";
  if (token && !isName && !isLabel && !isDot && !isAsked && token.kind !== "blank") return null;
  if (!isName && !isLabel && !isDot && !isAsked) return null;
  const start = isName || isLabel ? token!.from : caret;
  const typed = isLabel ? source.slice(token!.from + 1, caret).trim() : isName ? source.slice(token!.from, caret) : "";
  const { path } = pathBefore(all, isName || isLabel ? index : isDot ? index + 1 : 0);
  if (isDot && path.length === 0) return null;
  if (path.length > 0) {
    const target = objectOfPath(session, here, path) ?? objectOfPath(session, object, path);
    return target ? made(start, isLabel && token!.isOpen ? caret : isName || isLabel ? token!.to : caret, fieldsOf(session, target, typed, isLabel)) : null;
  }
  const end = isLabel && token!.isOpen ? caret : isName || isLabel ? token!.to : caret;
  if (isLabel) return made(start, end, fieldsOf(session, here, typed, true));
  const about = typed === "" ? choicesAt(session, here, all, index >= 0 ? index + 1 : all.length) : null;
  if (about && choicesOf(session, about.object, about.field).length > 0) return made(start, end, choiceCandidates(session, about, ""));
  const words: [number, Candidate][] = WORDS.flatMap((word) => {
    const near = typed ? rank(typed, { names: [word] }) : null;
    return near === null || near > 1 ? [] : [[near + 0.1, { kind: "word", insert: word, name: word, label: "" }]];
  });
  return made(start, end, [
    ...fieldsOf(session, here, typed, false), ...words, ...relationsOf(session, here, typed),
    ...(isInner ? fieldsOf(session, object, typed, false).map(([near, candidate]): [number, Candidate] => [near + 0.5, candidate]) : []),
    ...functionsFor(functions, typed, /^\s*[(（]/.test(source.slice(end))),
  ]);
}

function made(from: number, to: number, ranked: [number, Candidate][]): Completion | null {
  const seen = new Set<string>();
  const candidates = sorted(ranked.filter(([, candidate]) => !seen.has(candidate.insert) && seen.add(candidate.insert)));
  return candidates.length > 0 ? { from, to, candidates } : null;
}

/* The function whose brackets the caret is in, with the argument it is at. */
export function signatureAt(functions: FunctionDef[], source: string, caret: number): { entry: FunctionDef; argument: number } | null {
  const all = tokens(source);
  const calls = callsAt(all, caret);
  for (const call of calls.reverse()) {
    const name = call.name.toUpperCase();
    const entry = name ? functions.find((other) => other.name === name || other.alias === call.name) : undefined;
    if (entry) return { entry, argument: call.argument };
  }
  return null;
}

/* "IF(condition, then, [else])" as its parts, the argument the caret is at marked. */
export function signatureParts(signature: string, argument: number): { text: string; isHere: boolean }[] {
  const open = signature.indexOf("(");
  if (open < 0) return [{ text: signature, isHere: false }];
  const inside = signature.slice(open + 1, signature.lastIndexOf(")"));
  const pieces = inside.split(/(?<=,)\s*/);
  const here = Math.min(argument, pieces.length - 1);
  return [
    { text: signature.slice(0, open + 1), isHere: false },
    ...pieces.map((text, i) => ({ text: i < pieces.length - 1 ? `${text} ` : text, isHere: i === here })),
    { text: ")", isHere: false },
  ];
}
