import { type ReactNode, useEffect, useRef, useState } from "react";
import { api } from "@/base/api.ts";
import { tr } from "@/base/i18n.ts";
import type { FieldDef, Row, Value } from "@/base/types.ts";
import { problemText } from "@/record/use.ts";
import { Button } from "@/ui/basics.tsx";
import { Popover, toast } from "@/ui/layer.tsx";
import { t } from "./texts.ts";

const SHOWN_MS = 30_000;

/*
 * A masked value with an eye beside it: shown for half a minute, after a reason where the role asks
 * for one. Every look is written down by the server, so it happens on a press and never by itself.
 */
export function Reveal({ object, row, field, show }: {
  object: string; row: Row; field: FieldDef; show: (value: NonNullable<Value>) => ReactNode;
}) {
  const [value, setValue] = useState<Value | undefined>(undefined);
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const timer = useRef(0);
  const hide = () => {
    window.clearTimeout(timer.current);
    setValue(undefined);
  };
  useEffect(() => hide, [object, row.id, field.name]);
  const reveal = async (reason?: string) => {
    setAnchor(null);
    try {
      const { value: seen } = await api.reveal(object, row.id, field.name, reason);
      setValue(seen as Value);
      timer.current = window.setTimeout(() => setValue(undefined), SHOWN_MS);
    } catch (error) {
      toast(problemText(error), { isBad: true });
    }
  };
  const press = (button: HTMLElement) => {
    if (value !== undefined) hide();
    else if (field.reveal === "reason") setAnchor(button);
    else void reveal();
  };
  /* A press here is not one on the row or the field around it. */
  const stop = (event: { stopPropagation: () => void }) => event.stopPropagation();
  return (
    <span className="reveal">
      {show((value === undefined ? row[field.name] : value) ?? "")}
      <span onClick={stop} onPointerDown={stop} onMouseDown={stop} onKeyDown={stop} onDoubleClick={stop}>
        <Button kind="quiet" isSmall icon={value === undefined ? "eye" : "eye-off"} aria-pressed={value !== undefined} data-reveal={field.name}
          aria-label={t(value === undefined ? "reveal" : "reveal_hide", { field: tr(field.label) })} onClick={(event) => press(event.currentTarget)} />
        {anchor && <Why anchor={anchor} label={tr(field.label)} onClose={() => setAnchor(null)} onReason={(reason) => void reveal(reason)} />}
      </span>
    </span>
  );
}

function Why({ anchor, label, onClose, onReason }: { anchor: HTMLElement; label: string; onClose: () => void; onReason: (reason: string) => void }) {
  const [reason, setReason] = useState("");
  const send = () => reason.trim() && onReason(reason.trim());
  return (
    <Popover anchor={anchor} onClose={onClose} className="pad revealwhy" label={t("reveal", { field: label })}>
      <label htmlFor="reveal-why">{t("reveal_why")}</label>
      <input id="reveal-why" className="input" autoFocus maxLength={200} value={reason} onChange={(event) => setReason(event.target.value)}
        onKeyDown={(event) => event.key === "Enter" && !event.nativeEvent.isComposing && send()} />
      <span className="meta">{t("reveal_logged")}</span>
      <Button kind="primary" isSmall disabled={!reason.trim()} onClick={send}>{t("reveal_show")}</Button>
    </Popover>
  );
}
