/*
 * The texts of rules as the server reads them: {path} is a value, what is between {[ and ]} is
 * left out when a value in it is blank. A mark that stands alone is text.
 */
export type Piece = { kind: "text" | "value"; text: string; part: number | null };

/* part: the how-manieth optional part it belongs to. */
export function pieces(source: string): Piece[] {
  const out: Piece[] = [];
  let part: number | null = null;
  let parts = 0;
  let rest = source;
  while (rest) {
    const close = rest.startsWith("{") ? rest.indexOf("}") : -1;
    if (part !== null && rest.startsWith("]}")) {
      part = null;
      rest = rest.slice(2);
    } else if (close >= 0 && rest.startsWith("{[")) {
      part = parts++;
      rest = rest.slice(2);
    } else if (close >= 0) {
      out.push({ kind: "value", text: rest.slice(1, close), part });
      rest = rest.slice(close + 1);
    } else {
      const open = rest.indexOf("{");
      const marks = [open >= 0 && rest.includes("}", open) ? open : rest.length, part !== null && rest.includes("]}") ? rest.indexOf("]}") : rest.length];
      const end = Math.min(...marks);
      out.push({ kind: "text", text: rest.slice(0, end), part });
      rest = rest.slice(end);
    }
  }
  return out;
}
