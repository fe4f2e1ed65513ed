/*
 * A formula's text cut into what it is made of, for colours and for knowing what is being typed.
 * The server's lexer decides what is right; this one only has to agree with it about where things
 * begin and end, full-width punctuation included, and never fails: what it does not know is "other".
 */
export type TokenKind =
  | "name" | "function" | "word" | "constant" | "number" | "text" | "label" | "operator" | "open" | "close" | "comma" | "dot" | "blank" | "other";

export interface Token {
  kind: TokenKind;
  /* In UTF-16 units, as a textarea counts. */
  from: number;
  to: number;
  text: string;
  /* A text or label whose end is missing. */
  isOpen?: boolean;
}

const WORDS = new Set(["AND", "OR", "NOT", "IN"]);
const CONSTANTS = new Set(["TRUE", "FALSE", "BLANK"]);

/* Names are letters of any writing, but not punctuation or forms; the dot between steps is its own. */
const PATTERN = new RegExp([
  String.raw`(?<blank>[\s\u3000\u00a0\ufeff]+)`,
  String.raw`(?<text>["\uff02](?:[^"\uff02]|["\uff02]{2})*(?:["\uff02]|$)|[\u201c\u201d][^\u201c\u201d]*(?:[\u201c\u201d]|$))`,
  String.raw`(?<label>[{\uff5b][^}\uff5d]*(?:[}\uff5d]|$))`,
  String.raw`(?<number>(?:[0-9\uff10-\uff19]+(?:[.\uff0e][0-9\uff10-\uff19]+)?|[.\uff0e][0-9\uff10-\uff19]+))`,
  String.raw`(?<name>[\p{L}_][\p{L}\p{N}_]*)`,
  String.raw`(?<operator><>|>=|<=|!=|[=<>+\-*/^%&\uff1d\uff1c\uff1e\uff0b\uff0d\uff0a\uff0f\uff06\uff05\u2212\u00d7\u00f7\u2264\u2265\u2260])`,
  String.raw`(?<open>[(\uff08])`, String.raw`(?<close>[)\uff09])`, String.raw`(?<comma>[,;\uff0c\uff1b\u3001])`, String.raw`(?<dot>[.\uff0e])`,
  String.raw`(?<other>[\s\S])`,
].join("|"), "uy");

export function tokens(source: string): Token[] {
  const out: Token[] = [];
  PATTERN.lastIndex = 0;
  for (let match = PATTERN.exec(source); match; match = PATTERN.exec(source)) {
    const [text] = match;
    const kind = Object.entries(match.groups!).find(([, value]) => value !== undefined)![0] as TokenKind;
    const token: Token = { kind, from: match.index, to: match.index + text.length, text };
    if (kind === "text") token.isOpen = text.length < 2 || !/["\uff02\u201c\u201d]$/.test(text);
    if (kind === "label") token.isOpen = !/[}\uff5d]$/.test(text);
    if (kind === "name") {
      const upper = text.toUpperCase();
      if (WORDS.has(upper)) token.kind = "word";
      else if (CONSTANTS.has(upper)) token.kind = "constant";
    }
    out.push(token);
  }
  out.forEach((token, index) => {
    const isName = token.kind === "name" || token.kind === "word";
    if (isName && nextSolid(out, index)?.kind === "open" && token.text.toUpperCase() !== "IN") token.kind = "function";
  });
  return out;
}

function nextSolid(all: Token[], index: number): Token | undefined {
  for (let i = index + 1; i < all.length; i += 1) if (all[i]!.kind !== "blank") return all[i];
  return undefined;
}

/* The calls around a place, outermost first: which function, and at which of its arguments. */
export interface Call {
  name: string;
  /* What stands before the opening bracket, as a token index; and the bracket's own. */
  at: number;
  argument: number;
  /* Token indexes of the first argument: from, to (exclusive). */
  first: [number, number];
}

export function callsAt(all: Token[], place: number): Call[] {
  const stack: Call[] = [];
  for (let i = 0; i < all.length && all[i]!.from < place; i += 1) {
    const token = all[i]!;
    if (token.kind === "open") {
      let before = i - 1;
      while (before >= 0 && all[before]!.kind === "blank") before -= 1;
      const name = before >= 0 && all[before]!.kind === "function" ? all[before]!.text : "";
      stack.push({ name, at: i, argument: 0, first: [i + 1, all.length] });
    } else if (token.kind === "close" && token.to <= place) stack.pop();
    else if (token.kind === "comma" && token.to <= place && stack.length > 0) {
      const call = stack.at(-1)!;
      if (call.argument === 0) call.first = [call.first[0], i];
      call.argument += 1;
    }
  }
  return stack;
}

/* Code points, as the server counts, to UTF-16 units. */
export function unitsAt(source: string, point: number): number {
  let at = 0;
  for (const char of source) {
    if (point <= 0) break;
    at += char.length;
    point -= 1;
  }
  return at;
}
