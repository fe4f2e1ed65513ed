import { tr } from "@/base/i18n.ts";
import { type Session, useSession } from "@/base/session.ts";
import type { Label } from "@/base/types.ts";
import { columnOf } from "@/object/object.ts";
import type { Rule } from "./calls.ts";
import { type Piece, pieces } from "./template_text.ts";

function valueName(session: Session, object: string, path: string): string {
  const def = session.objects.get(object);
  return (def && columnOf(session, def, path)?.label) || path;
}

/* In one line: “Deal has stalled: {Name}”. */
export function saidTitle(session: Session, object: string, title: Label | undefined): string {
  return pieces(tr(title)).map((piece) => (piece.kind === "value" ? `{${valueName(session, object, piece.text)}}` : piece.text)).join("");
}

/* The pieces of one optional part stand together. */
function runs(source: string): Piece[][] {
  const out: Piece[][] = [];
  for (const piece of pieces(source)) {
    const last = out.at(-1);
    if (last && piece.part !== null && last[0]!.part === piece.part) last.push(piece);
    else out.push([piece]);
  }
  return out;
}

/* Do any of the rules' texts have optional parts? */
export function hasParts(rules: Rule[]): boolean {
  const texts = rules.flatMap((rule) => [rule, ...(rule.actions ?? [])]).flatMap(({ title, body }) => [title, body]);
  return texts.some((text) => pieces(tr(text)).some(({ part }) => part !== null));
}

/* What a rule says, with the names of the fields in the place of their values. */
export function RuleSaid({ object, title, body }: { object: string; title?: Label; body?: Label }) {
  const session = useSession();
  const texts = [tr(title), tr(body)].filter(Boolean);
  if (texts.length === 0) return null;
  const piece = ({ kind, text }: Piece, index: number) => (kind === "text" ? text : <var key={index}>{valueName(session, object, text)}</var>);
  return (
    <div className="rulesaid">
      {texts.map((text, line) => (
        <p key={line}>{runs(text).map((run, index) => (run[0]!.part === null ? run.map((one) => piece(one, index)) : <span key={index} className="maybe">{run.map(piece)}</span>))}</p>
      ))}
    </div>
  );
}
