import "./rich_text.css";
import { useRef, useState } from "react";
import { Button, Segment, TextArea } from "@/ui/basics.tsx";
import { type FieldType, type InputProps, TEXT_OPS, type ViewProps } from "../field.ts";
import { t } from "../texts.ts";
import { Markdown, plainOf } from "./markdown.tsx";

function View({ value, isLong }: ViewProps) {
  if (typeof value !== "string" || !value) return null;
  return isLong ? <Markdown source={value} /> : <span className="cut">{plainOf(value)}</span>;
}

const TOOLS = [
  { name: "bold", mark: ["**", "**"], sign: "B" },
  { name: "italic", mark: ["*", "*"], sign: "I" },
  { name: "list", mark: ["- ", ""], sign: "•" },
  { name: "link", mark: ["[", "](https://)"], sign: "↗" },
] as const;

/* Written as Markdown, with the usual marks a press away, and looked at before it is saved. */
function Input({ value, onChange, id, isInvalid, autoFocus }: InputProps) {
  const [isShown, setShown] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const text = typeof value === "string" ? value : "";
  const wrap = (before: string, after: string) => {
    const area = box.current?.querySelector("textarea");
    if (!area) return;
    const { selectionStart: from, selectionEnd: to } = area;
    const at = before === "- " ? text.lastIndexOf("\n", from - 1) + 1 : from;
    onChange(text.slice(0, at) + before + text.slice(at, to) + after + text.slice(to));
    requestAnimationFrame(() => {
      area.focus();
      area.setSelectionRange(from + before.length, to + before.length);
    });
  };
  return (
    <div className="richinput" ref={box}>
      <div className="richtools">
        {!isShown && TOOLS.map((tool) => (
          <Button key={tool.name} kind="quiet" isSmall className={tool.name} aria-label={t(`rich_${tool.name}`)} title={t(`rich_${tool.name}`)}
            onMouseDown={(event) => event.preventDefault()} onClick={() => wrap(tool.mark[0], tool.mark[1])}>{tool.sign}</Button>
        ))}
        <span className="grow" />
        <Segment isQuiet label={t("rich_look")} value={isShown ? "look" : "write"} onChange={(next) => setShown(next === "look")}
          options={[{ value: "write", label: t("rich_write") }, { value: "look", label: t("rich_look") }]} />
      </div>
      {isShown ? <div className="richlook">{text ? <Markdown source={text} /> : <span className="meta">{t("none")}</span>}</div>
        : <TextArea id={id} value={text} rows={5} isInvalid={isInvalid} autoFocus={autoFocus} onChange={(next) => onChange(next === "" ? null : next)} />}
    </div>
  );
}

export const richText: FieldType = { View, Input, ops: TEXT_OPS, width: 280 };
