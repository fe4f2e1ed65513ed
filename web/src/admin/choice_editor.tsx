import type { Choice } from "@/base/types.ts";
import { Button } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { ot } from "./object_texts.ts";
import { nameFor } from "./stage_edit.ts";
import { useDragOrder } from "@/ui/drag_order.ts";

const COLORS = ["gray", "blue", "green", "yellow", "orange", "red", "purple"] as const;

/* Choices as lines: order, both languages, a colour; many lines pasted from Excel become many choices. */
export function ChoiceEditor({ choices, onChange }: { choices: Choice[]; onChange: (choices: Choice[]) => void }) {
  const shown = choices.filter((choice) => !choice.hidden);
  const hidden = choices.filter((choice) => choice.hidden);
  const put = (list: Choice[]) => onChange([...list, ...hidden]);
  const drag = useDragOrder(shown, put);
  const made = (zh: string, en: string, others: Choice[]): Choice => ({ name: nameFor(/[a-z]/i.test(en) ? en : zh || "choice", others.map((one) => one.name)), label: { zh, en } });
  const change = (at: number, next: Partial<Choice>) => put(shown.map((choice, i) => (i === at ? { ...choice, ...next } : choice)));
  const add = () => put([...shown, { ...made("", "", choices), label: { zh: "", en: "" } }]);
  const paste = (at: number, text: string) => {
    const lines = text.split(/\r?\n/).map((line) => line.split("\t").map((cell) => cell.trim())).filter((cells) => cells[0]);
    const out = [...shown];
    lines.forEach(([zh = "", en = ""], i) => {
      const old = i === 0 ? out[at] : undefined;
      const next = { ...(old ?? made(zh, en, [...out, ...hidden])), label: { zh, en: en || zh } };
      if (old) out[at] = next;
      else out.splice(at + i, 0, next);
    });
    put(out);
  };
  return (
    <div className="choiceeditor">
      <ol>
        {shown.map((choice, i) => (
          <li key={choice.name} {...drag.row(i)}>
            <span className="draghandle" title={ot("drag")} {...drag.handle(i)}><Icon name="list" size={14} /></span>
            <select className="input color" aria-label={ot("color")} data-color={choice.color ?? ""} value={choice.color ?? ""} onChange={(event) => change(i, { color: event.target.value })}>
              <option value="">·</option>{COLORS.map((color) => <option key={color} value={color}>{color}</option>)}
            </select>
            <input className="input" aria-label={ot("choice_zh")} placeholder={ot("choice_zh")} value={choice.label.zh}
              onPaste={(event) => {
                const text = event.clipboardData.getData("text/plain");
                if (!/[\n\t]/.test(text.trim())) return;
                event.preventDefault();
                paste(i, text);
              }}
              onKeyDown={(event) => { if (event.key === "Enter") { event.preventDefault(); add(); } }}
              onChange={(event) => change(i, { label: { ...choice.label, zh: event.target.value } })} />
            <input className="input" aria-label={ot("choice_en")} placeholder={ot("choice_en")} value={choice.label.en} onChange={(event) => change(i, { label: { ...choice.label, en: event.target.value } })} />
            <Button kind="quiet" isSmall icon="close" aria-label={ot("remove")} onClick={() => put(shown.filter((_, at) => at !== i))} />
          </li>
        ))}
      </ol>
      <span className="rowline"><Button isSmall icon="plus" onClick={add}>{ot("add_choice")}</Button><span className="meta">{ot("paste_choices")}</span></span>
    </div>
  );
}
