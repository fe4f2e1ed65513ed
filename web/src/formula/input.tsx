import "./formula.css";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "react";
import { api, ApiError, request } from "@/base/api.ts";
import { absolute, dateText, decimal, duration, money } from "@/base/format.ts";
import { useDebounced } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import { parseTime } from "@/base/time.ts";
import type { FieldError, ObjectDef, Value } from "@/base/types.ts";
import { searchRecords } from "@/field/reference/index.tsx";
import { titleOf } from "@/object/object.ts";
import { Button } from "@/ui/basics.tsx";
import { Combobox } from "@/ui/combobox.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Popover } from "@/ui/layer.tsx";
import { type Candidate, complete, type Completion, type FunctionDef, signatureAt, signatureParts } from "./complete.ts";
import { type Token, tokens, unitsAt } from "./tokens.ts";
import { t, typeText } from "./texts.ts";

/*
 * A formula being written. The textarea is the browser's own (undo, selection, input methods, screen
 * readers stay its business); under it lies the same text in colours. The server judges what is
 * typed and works it out for one record, with the rights of the person who asks.
 */
export interface FormulaState {
  isOk: boolean;
  type: string | null;
}

interface Props {
  object: string;
  value: string;
  onChange: (value: string) => void;
  onState?: (state: FormulaState) => void;
  id?: string;
  isBoolean?: boolean;
  /* Ctrl Enter. */
  onSubmit?: () => void;
  label?: string;
}

interface Checked {
  of: string;
  type?: string;
  value?: Value;
  label?: string;
  error?: FieldError & { message: string };
}

export function FormulaInput(props: Props) {
  const { object: name, value, isBoolean } = props;
  const session = useSession();
  const object = session.objects.get(name);
  const [sample, setSample] = useSample(object);
  const checked = useCheck(props, sample?.id ?? null);
  const isCurrent = checked !== null && checked.of === value;
  const error = isCurrent ? checked.error : undefined;
  const box = useRef<HTMLTextAreaElement>(null);
  const [place, setPlace] = useState(0);
  const functions = useFunctions();
  const help = useMemo(() => signatureAt(functions, value, place), [functions, value, place]);
  const apply = (hint: string) => {
    const from = unitsAt(value, error!.position!);
    insert(box.current!, from, from + unitsAt(value.slice(from), error!.length ?? 1), hint, 0);
  };
  const canApply = error?.hint !== undefined && error.position !== undefined && /^([\p{L}_][\p{L}\p{N}_.]*|[<>=^]{1,2})$/u.test(error.hint);
  return (
    <div className="formula">
      <Editor {...props} box={box} objectDef={object} functions={functions} fault={error ?? null} onPlace={setPlace} />
      {help && <Help entry={help.entry} argument={help.argument} />}
      {error ? (
        <div className="formulaproblem" role="alert">
          <span>{error.position !== undefined ? t("at", { n: error.position + 1, message: error.message }) : error.message}</span>
          {canApply ? <Button isSmall icon="check" onClick={() => apply(error.hint!)}>{t("use_hint", { hint: error.hint! })}</Button>
            : error.hint && !error.message.includes(error.hint) && <span className="meta">{error.hint}</span>}
        </div>
      ) : isCurrent && isBoolean && checked.type !== undefined && checked.type !== "boolean" ? (
        <div className="formulaproblem" role="alert">{t("not_boolean", { type: typeText(checked.type) })}</div>
      ) : null}
      {value.trim() && !error && (
        <div className="formulafoot">
          {checked?.type && <span className="formulaok"><Icon name="check" size={14} />{t("gives", { type: typeText(checked.type) })}</span>}
          {object && (
            <>
              {checked?.type && checked.value !== undefined && <span className="result" aria-live="polite"><span aria-hidden="true">＝</span><strong className="formulavalue">{valueText(checked)}</strong><span>{t("value_on")}</span></span>}
              <span className="sample">
                <Combobox isSmall value={sample?.id ?? null} label={sample?.title} ariaLabel={t("pick_record")} placeholder={t("pick_record")}
                  search={searchRecords(session, object.name)} onChange={(id, option) => id && setSample({ id, title: option?.label ?? "" })} />
              </span>
            </>
          )}
        </div>
      )}
    </div>
  );
}

function valueText({ value, label, type }: Checked): string {
  if (value === null || value === undefined) return t("no_value");
  if (label) return label;
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (type === "money") return money(String(value));
  if (type === "number") return decimal(String(value));
  if (type === "date") return dateText(String(value));
  if (type === "datetime") return absolute(parseTime(String(value)) ?? 0);
  if (type === "duration") return duration(Number(value));
  return String(value);
}

/* ---- asking the server ---- */

function useFunctions(): FunctionDef[] {
  const list = useQuery({
    queryKey: ["functions"], queryFn: () => request<{ items: FunctionDef[] }>("/formulas/functions"), staleTime: Infinity, gcTime: Infinity,
  });
  return list.data?.items ?? [];
}

interface Sample {
  id: string;
  title: string;
}

/* Which record formulas of an object are tried on: the one last chosen, else the newest. */
const samples = new Map<string, Sample>();

function useSample(object: ObjectDef | undefined): [Sample | null, (sample: Sample) => void] {
  const [chosen, setChosen] = useState<Sample | null>(null);
  const newest = useQuery({
    queryKey: ["records", object?.name, "newest"],
    queryFn: () => api.records(object!.name, { fields: [object!.title_field], order: "-updated_at", limit: 1 }),
    enabled: object !== undefined && !samples.has(object.name), staleTime: 60_000, retry: false,
  });
  const first = newest.data?.items[0];
  const set = (sample: Sample) => {
    samples.set(object!.name, sample);
    setChosen(sample);
  };
  const kept = object ? samples.get(object.name) : undefined;
  return [chosen ?? kept ?? (first && object ? { id: first.id, title: titleOf(object, first) } : null), set];
}

function useCheck({ object, value, isBoolean, onState }: Props, record: string | null): Checked | null {
  const wanted = useDebounced(value, 220);
  const [result, setResult] = useState<Checked | null>(null);
  useEffect(() => {
    if (!wanted.trim()) return setResult(null);
    let isCurrent = true;
    const tell = (next: Checked) => {
      if (!isCurrent) return;
      setResult(next);
      onState?.({ isOk: !next.error && (!isBoolean || next.type === "boolean"), type: next.type ?? null });
    };
    const ask = (about: string | null): Promise<void> => api.checkFormula(object, wanted, about).then(
      (answer) => tell({ of: wanted, ...answer }),
      (error: unknown) => {
        /* The record is gone or out of sight: the formula may still be right. */
        if (about && error instanceof ApiError && error.isMissing) return ask(null);
        const first = error instanceof ApiError && error.status === 422 ? error.errors[0] : undefined;
        tell({ of: wanted, error: first ?? { code: "failed", message: error instanceof Error ? error.message : String(error) } });
      },
    );
    void ask(record);
    return () => { isCurrent = false; };
  }, [wanted, object, record]);
  return result;
}

/* ---- the box ---- */

/* Nothing is offered about what was just put in. */
let isInserting = false;

/* As if typed, so that the browser can take it back. */
function insert(box: HTMLTextAreaElement, from: number, to: number, text: string, back: number) {
  box.focus();
  box.setSelectionRange(from, to);
  isInserting = true;
  if (!document.execCommand("insertText", false, text)) {
    box.setRangeText(text, from, to, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
  isInserting = false;
  const end = from + text.length - back;
  box.setSelectionRange(end, end);
  box.dispatchEvent(new Event("select", { bubbles: true }));
}

function Editor({ box, objectDef, functions, fault, onPlace, ...props }: Props & {
  box: React.RefObject<HTMLTextAreaElement | null>; objectDef: ObjectDef | undefined; functions: FunctionDef[];
  fault: FieldError | null; onPlace: (place: number) => void;
}) {
  const session = useSession();
  const { value } = props;
  const [completion, setCompletion] = useState<Completion | null>(null);
  const [active, setActive] = useState(0);
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const listId = useId();
  const all = useMemo(() => tokens(value), [value]);
  useLayoutEffect(() => {
    /* As tall as its text. */
    const area = box.current!;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }, [value]);

  const look = (isAsked = false) => {
    const area = box.current!;
    const caret = area.selectionStart;
    onPlace(caret);
    if (isInserting) return close();
    const next = objectDef && area.selectionEnd === caret ? complete(session, objectDef, functions, area.value, caret, isAsked) : null;
    /* Nothing to add to what is there already. */
    const isDone = next?.candidates.length === 1 && next.candidates[0]!.insert === area.value.slice(next.from, next.to);
    setCompletion(isDone && !isAsked ? null : next);
    setActive(0);
  };
  const close = () => setCompletion(null);
  const accept = (candidate: Candidate) => {
    const { from, to } = completion!;
    close();
    insert(box.current!, from, to, candidate.insert, candidate.back ?? 0);
    onPlace(box.current!.selectionStart);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      look(true);
      return;
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      if (!props.onSubmit) return;
      event.preventDefault();
      event.stopPropagation();
      props.onSubmit();
      return;
    }
    if (!completion) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const count = completion.candidates.length;
    if (step) setActive((active + step + count) % count);
    else if (event.key === "Enter" || event.key === "Tab") accept(completion.candidates[active]!);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className={`formulabox${fault ? " bad" : ""}`}>
      <Painted all={all} source={value} fault={fault} caretAt={completion?.from ?? null} onAnchor={setAnchor} />
      <textarea ref={box} id={props.id} rows={2} value={value} spellCheck={false} autoComplete="off" autoCapitalize="off" autoCorrect="off"
        placeholder={t("hint")} aria-label={props.label ?? t("formula")} aria-invalid={fault ? true : undefined} role="combobox"
        aria-autocomplete="list" aria-expanded={completion !== null} aria-controls={listId}
        aria-activedescendant={completion ? `${listId}-${active}` : undefined}
        onChange={(event) => {
          props.onChange(event.target.value);
          look();
        }}
        onKeyDown={onKeyDown}
        onSelect={(event) => {
          onPlace(event.currentTarget.selectionStart);
          if (completion && (event.currentTarget.selectionStart < completion.from || event.currentTarget.selectionStart > completion.to)) close();
        }}
        onCompositionEnd={() => look()} onBlur={close} />
      {completion && anchor && (
        <Popover key={completion.from} anchor={anchor} onClose={close} className="fxlist" label={t("suggestions")}>
          <div role="listbox" id={listId} aria-label={t("suggestions")}>
            {completion.candidates.map((candidate, index) => (
              <div key={`${candidate.kind}:${candidate.insert}`} id={`${listId}-${index}`} className="option" role="option" aria-selected={index === active}
                ref={index === active ? (el) => el?.scrollIntoView({ block: "nearest" }) : undefined}
                onPointerDown={(event) => event.preventDefault()} onClick={() => accept(candidate)}>
                <code className="cut">{candidate.name}</code>
                <span className="grow cut sub">{candidate.label}</span>
                <span className="fxkind">{kindText(session, candidate)}</span>
              </div>
            ))}
          </div>
        </Popover>
      )}
    </div>
  );
}

function kindText(session: ReturnType<typeof useSession>, { kind, type }: Candidate): string {
  if (kind === "field" || kind === "relation") {
    const target = session.objects.get(type ?? "");
    return target ? `→ ${tr(target.label)}` : typeText(type ?? "");
  }
  return t(`of_${kind}`);
}

/* The text in colours; the place of the fault, and an invisible mark where the list hangs. */
function Painted({ all, source, fault, caretAt, onAnchor }: {
  all: Token[]; source: string; fault: FieldError | null; caretAt: number | null; onAnchor: (el: HTMLElement | null) => void;
}) {
  const from = fault?.position === undefined ? -1 : unitsAt(source, fault.position);
  const to = from < 0 ? -1 : Math.max(from + 1, from + unitsAt(source.slice(from), fault!.length ?? 1));
  const cuts = [from, to, caretAt ?? -1];
  const parts = all.flatMap((token) => {
    const inner = cuts.filter((cut) => cut > token.from && cut < token.to).sort((a, b) => a - b);
    return [token.from, ...inner].map((start, i) => ({ kind: token.kind, start, text: source.slice(start, inner[i] ?? token.to) }));
  });
  return (
    <pre aria-hidden="true">
      {parts.map((part) => (
        <span key={part.start}>
          {caretAt === part.start && <span ref={onAnchor} className="fxcaret" />}
          <span className={`fx-${part.kind}${part.start >= from && part.start < to ? " fx-fault" : ""}`}>{part.text}</span>
        </span>
      ))}
      {caretAt !== null && caretAt >= source.length && <span ref={onAnchor} className="fxcaret" />}
      {from >= source.length && source && <span className="fx-fault">{" "}</span>}
      {"\n"}
    </pre>
  );
}

/* What the function around the caret takes, and an example. */
function Help({ entry, argument }: { entry: FunctionDef; argument: number }) {
  return (
    <div className="formulahelp">
      <code>{signatureParts(entry.signature, argument).map((part, i) => (part.isHere ? <mark key={i}>{part.text}</mark> : <span key={i}>{part.text}</span>))}</code>
      <span>{tr(entry.help)}</span>
      {entry.example && <span className="example">{t("example")} <code>{entry.example}</code></span>}
    </div>
  );
}
