import type { ReactNode } from "react";
import { useEffect, useId, useRef, useState } from "react";
import { useDebounced } from "@/base/hooks.ts";
import { Button } from "./basics.tsx";
import { Popover } from "./layer.tsx";
import { t } from "./texts.ts";

/*
 * Pick one of many by typing. Options come from a list or from the server; the text in the box is
 * the search while open and the picked label while closed. Arrow keys, Enter, Escape as expected.
 */
export interface Option {
  value: string;
  label: string;
  sub?: string;
  mark?: ReactNode;
}

export function Combobox(props: {
  value: string | null; label?: string; onChange: (value: string | null, option: Option | null) => void;
  options?: Option[]; search?: (text: string) => Promise<Option[]>; placeholder?: string; id?: string;
  isClearable?: boolean; isInvalid?: boolean; autoFocus?: boolean; ariaLabel?: string; isSmall?: boolean;
}) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [text, setText] = useState<string | null>(null);
  const [found, setFound] = useState<Option[] | null>(null);
  const [active, setActive] = useState(0);
  const box = useRef<HTMLInputElement>(null);
  const listId = useId();
  const wanted = useDebounced(text ?? "", props.search ? 160 : 0);
  const isOpen = anchor !== null;

  useEffect(() => {
    if (!isOpen || !props.search) return;
    let isCurrent = true;
    props.search(wanted).then(
      (options) => isCurrent && setFound(options),
      () => isCurrent && setFound([]),
    );
    return () => { isCurrent = false; };
  }, [wanted, isOpen]);

  const needle = (text ?? "").trim().toLowerCase();
  const options = props.search
    ? (found ?? [])
    : (props.options ?? []).filter((option) => `${option.label} ${option.sub ?? ""} ${option.value}`.toLowerCase().includes(needle));
  const shownLabel = props.label ?? props.options?.find((option) => option.value === props.value)?.label ?? "";

  const open = () => {
    setAnchor(box.current);
    setActive(0);
  };
  const close = () => {
    setAnchor(null);
    setText(null);
  };
  const pick = (option: Option) => {
    close();
    props.onChange(option.value, option);
  };
  const onKey = (event: React.KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) return open();
      setActive((index) => Math.max(0, Math.min(options.length - 1, index + (event.key === "ArrowDown" ? 1 : -1))));
    } else if (event.key === "Enter" && isOpen && options[active]) {
      event.preventDefault();
      event.stopPropagation();
      pick(options[active]);
    } else if (event.key === "Tab") close();
  };
  return (
    <div className="combo">
      <input ref={box} id={props.id} className={`input${props.isSmall ? " small" : ""}`} role="combobox"
        aria-expanded={isOpen} aria-controls={listId} aria-autocomplete="list" aria-label={props.ariaLabel}
        aria-activedescendant={isOpen && options[active] ? `${listId}-${active}` : undefined}
        aria-invalid={props.isInvalid || undefined} autoComplete="off" autoFocus={props.autoFocus}
        placeholder={shownLabel || (props.placeholder ?? t("type_to_search"))} value={text ?? shownLabel}
        onFocus={(event) => event.target.select()} onClick={open} onKeyDown={onKey}
        onChange={(event) => { setText(event.target.value); setActive(0); if (!isOpen) open(); }} />
      {props.isClearable && props.value && !isOpen && (
        <Button kind="quiet" isSmall icon="close" className="clear" aria-label={t("clear")}
          onClick={() => props.onChange(null, null)} />
      )}
      {isOpen && (
        <Popover anchor={anchor} onClose={close} matchWidth>
          <div role="listbox" id={listId}>
            {options.map((option, index) => (
              <div key={option.value} id={`${listId}-${index}`} className="option" role="option"
                aria-selected={index === active}
                ref={index === active ? (el) => el?.scrollIntoView({ block: "nearest" }) : undefined}
                onPointerDown={(event) => event.preventDefault()} onClick={() => pick(option)}>
                {option.mark}
                <span className="grow cut">{option.label}</span>
                {option.sub && <span className="sub cut">{option.sub}</span>}
              </div>
            ))}
            {options.length === 0 && (!props.search || found) && (
              <div className="poptitle">{needle ? t("nothing_found", { q: text ?? "" }) : t("nothing_here")}</div>
            )}
          </div>
        </Popover>
      )}
    </div>
  );
}
