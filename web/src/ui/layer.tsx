import type { ReactNode } from "react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { create } from "zustand";
import { Button } from "./basics.tsx";
import { Icon } from "./icon.tsx";
import { askLeave } from "./question.ts";
import { t } from "./texts.ts";

/*
 * Things above the page. Dialogs are native <dialog> elements (focus stays inside, Escape closes,
 * the page behind is inert); menus and toasts use the popover top layer, so nothing can cover them.
 * Where something is filled in and then confirmed (there is a primary button), Escape, the cross and
 * a press beside it ask first when something was.
 */
export function Dialog(props: {
  title: ReactNode; onClose: () => void; children: ReactNode; footer?: ReactNode;
  isLarge?: boolean; isTop?: boolean; hasNoHeader?: boolean; label?: string; onSubmit?: () => void;
  /* What was typed is kept and there again the next time. */
  isKept?: boolean;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  const isFilled = useRef(false);
  const fill = (event: React.SyntheticEvent) => {
    if (event.target instanceof Element && event.target.matches(FILLED)) isFilled.current = true;
  };
  const leave = async () => {
    const isAsked = isFilled.current && !props.isKept && ref.current?.querySelector("footer .btn.primary") !== null;
    if (!isAsked || (await askLeave())) props.onClose();
  };
  useLayoutEffect(() => {
    const dialog = ref.current!;
    const before = document.activeElement as HTMLElement | null;
    dialog.showModal();
    /* The first thing to fill in has the focus, not the close button. */
    dialog.querySelector<HTMLElement>("input:not([hidden]):not([type=file]), textarea, select")?.focus();
    return () => {
      dialog.close();
      before?.focus?.({ preventScroll: true });
    };
  }, []);
  const classes = ["dialog", props.isLarge && "large", props.isTop && "top"].filter(Boolean).join(" ");
  return createPortal(
    <dialog ref={ref} className={classes} aria-label={props.label ?? (typeof props.title === "string" ? props.title : undefined)}
      onCancel={(event) => {
        if (event.target !== ref.current) return;
        event.preventDefault();
        void leave();
      }}
      onInput={fill}
      onClick={(event) => {
        if (event.target instanceof Element && event.target.closest(PICKED)) isFilled.current = true;
      }}
      onMouseDown={(event) => {
        if (event.target === ref.current && isOutside(event, ref.current!)) void leave();
      }}
      onKeyDown={(event) => {
        /* Said here too: the browser lets a second Escape in a row through without asking. */
        if (event.key === "Escape" && !event.defaultPrevented && !event.nativeEvent.isComposing) {
          event.preventDefault();
          event.stopPropagation();
          void leave();
        }
        if (props.onSubmit && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          props.onSubmit();
        }
      }}>
      {!props.hasNoHeader && (
        <header>
          <h2 className="grow">{props.title}</h2>
          <Button kind="quiet" icon="close" aria-label={t("close")} onClick={() => void leave()} />
        </header>
      )}
      {props.children}
      {props.footer && <footer>{props.footer}</footer>}
    </dialog>,
    document.getElementById("layer")!,
  );
}

/* What somebody types, and what they pick, press on or choose from a list. */
const FILLED = "input:not([type=search], [role=combobox]), textarea, select, [contenteditable]";
const PICKED = "[role=option], [aria-pressed], [role=radio]:not(.segment *), [role=checkbox], [role=switch]";

function isOutside(event: React.MouseEvent, element: HTMLElement): boolean {
  const box = element.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

/* A floating box beside its anchor; closes on Escape or a press elsewhere. */
export function Popover(props: {
  anchor: HTMLElement | null; onClose: () => void; children: ReactNode; className?: string;
  align?: "start" | "end"; role?: string; matchWidth?: boolean; label?: string;
}) {
  const ref = useRef<HTMLDivElement>(null);
  const { anchor, align = "start", matchWidth } = props;
  const close = useRef(props.onClose);
  close.current = props.onClose;

  useLayoutEffect(() => {
    const pop = ref.current;
    if (!pop || !anchor) return;
    pop.showPopover();
    const place = () => {
      const box = anchor.getBoundingClientRect();
      if (matchWidth) pop.style.minWidth = `${box.width}px`;
      const width = pop.offsetWidth;
      const height = pop.offsetHeight;
      const left = align === "end" ? box.right - width : box.left;
      const fitsBelow = box.bottom + 4 + height <= window.innerHeight - 8;
      const top = fitsBelow || box.top - 4 - height < 8 ? box.bottom + 4 : box.top - 4 - height;
      pop.style.left = `${Math.max(8, Math.min(left, window.innerWidth - width - 8))}px`;
      pop.style.top = `${Math.max(8, Math.min(top, window.innerHeight - height - 8))}px`;
    };
    place();
    const observer = new ResizeObserver(place);
    observer.observe(pop);
    window.addEventListener("resize", place);
    return () => {
      observer.disconnect();
      window.removeEventListener("resize", place);
    };
  }, [anchor, align, matchWidth]);

  useEffect(() => {
    const down = (event: PointerEvent) => {
      const target = event.target as Node;
      if (!ref.current?.contains(target) && !anchor?.contains(target) && !insideOtherPop(target, ref.current)) close.current();
    };
    const key = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      event.preventDefault();
      close.current();
      anchor?.focus();
    };
    document.addEventListener("pointerdown", down, true);
    document.addEventListener("keydown", key, true);
    return () => {
      document.removeEventListener("pointerdown", down, true);
      document.removeEventListener("keydown", key, true);
    };
  }, [anchor]);

  if (!anchor) return null;
  const host = anchor.closest("dialog") ?? document.getElementById("layer")!;
  return createPortal(
    <div ref={ref} popover="manual" className={`pop ${props.className ?? ""}`} role={props.role} aria-label={props.label}>
      {props.children}
    </div>,
    host,
  );
}

/* A popover opened from inside another one (a calendar in a filter) must not close its parent. */
function insideOtherPop(target: Node, own: HTMLElement | null): boolean {
  const pop = target instanceof Element ? target.closest(".pop") : null;
  if (!pop || !own || pop === own) return false;
  return Boolean(own.compareDocumentPosition(pop) & Node.DOCUMENT_POSITION_FOLLOWING);
}

export interface MenuItem {
  label: string;
  icon?: string;
  keys?: string;
  isDanger?: boolean;
  isChecked?: boolean;
  isTitle?: boolean;
  isRule?: boolean;
  run?: () => void;
}

export function MenuButton(props: {
  items: MenuItem[] | (() => MenuItem[]); label: string; children?: ReactNode; icon?: string;
  kind?: "primary" | "quiet"; className?: string; align?: "start" | "end"; isSmall?: boolean;
}) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const items = typeof props.items === "function" ? (anchor ? props.items() : []) : props.items;
  return (
    <>
      <Button kind={props.kind} icon={props.icon} className={props.className} isSmall={props.isSmall}
        aria-haspopup="menu" aria-expanded={anchor !== null} aria-label={props.children ? undefined : props.label}
        onClick={(event) => setAnchor(anchor ? null : event.currentTarget)}>
        {props.children}
      </Button>
      {anchor && <Menu anchor={anchor} items={items} align={props.align} onClose={() => setAnchor(null)} />}
    </>
  );
}

export function Menu(props: { anchor: HTMLElement; items: MenuItem[]; onClose: () => void; align?: "start" | "end" }) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector<HTMLElement>("button")?.focus();
  }, []);
  const step = (event: React.KeyboardEvent) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const buttons = Array.from(list.current!.querySelectorAll<HTMLElement>("button"));
    const index = buttons.indexOf(document.activeElement as HTMLElement);
    const next = (index + (event.key === "ArrowDown" ? 1 : -1) + buttons.length) % buttons.length;
    buttons[next]?.focus();
  };
  return (
    <Popover anchor={props.anchor} align={props.align} onClose={props.onClose} role="menu">
      <div ref={list} onKeyDown={step}>
        {props.items.map((item, index) =>
          item.isRule ? <div key={index} className="poprule" role="separator" />
          : item.isTitle ? <div key={index} className="poptitle">{item.label}</div>
          : (
            <button key={index} type="button" className={`option${item.isDanger ? " danger" : ""}`}
              role={item.isChecked === undefined ? "menuitem" : "menuitemradio"} aria-checked={item.isChecked}
              onClick={() => {
                props.onClose();
                item.run?.();
              }}>
              {item.icon && <Icon name={item.icon} size={16} />}
              <span className="grow cut">{item.label}</span>
              {item.isChecked && <Icon name="check" size={16} />}
              {item.keys && <kbd>{item.keys}</kbd>}
            </button>
          ),
        )}
      </div>
    </Popover>
  );
}

/* ---- toasts ---- */

interface Toast {
  id: number;
  text: string;
  isBad: boolean;
  action?: { label: string; run: () => void };
}

const useToasts = create<{ toasts: Toast[] }>(() => ({ toasts: [] }));
let toastCount = 0;

export function toast(text: string, options: { isBad?: boolean; action?: Toast["action"]; ms?: number } = {}) {
  const id = (toastCount += 1);
  const close = () => useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((other) => other.id !== id) }));
  useToasts.setState(({ toasts }) => ({
    toasts: [...toasts.slice(-2), { id, text, isBad: options.isBad ?? false, action: options.action }],
  }));
  setTimeout(close, options.ms ?? (options.action ? 8000 : 4000));
  return close;
}

export function toastUndo(text: string, undo: () => void) {
  const close = toast(text, { action: { label: t("undo"), run: () => { close(); undo(); } } });
}

export function Toasts() {
  const toasts = useToasts((state) => state.toasts);
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = ref.current!;
    /* Re-opened for each message, so that it lies above any dialog opened meanwhile. */
    if (box.matches(":popover-open")) box.hidePopover();
    if (toasts.length) box.showPopover();
  }, [toasts]);
  return (
    <div ref={ref} popover="manual" className="toasts" role="status" aria-live="polite">
      {toasts.map((item) => (
        <div key={item.id} className={`toast${item.isBad ? " bad" : ""}`}>
          <span>{item.text}</span>
          {item.action && <button type="button" onClick={item.action.run}>{item.action.label}</button>}
        </div>
      ))}
    </div>
  );
}
