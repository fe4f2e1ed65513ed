import type { ButtonHTMLAttributes, ReactNode } from "react";
import { useEffect, useRef } from "react";
import { ApiError } from "@/base/api.ts";
import { duration } from "@/base/format.ts";
import { useSlow } from "@/base/hooks.ts";
import { levelWord } from "@/base/level.ts";
import type { LevelName } from "@/base/types.ts";
import { Icon } from "./icon.tsx";
import { t } from "./texts.ts";

/* The small parts every screen is made of. */

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: "primary" | "quiet" | "danger";
  icon?: string;
  keys?: string;
  isSmall?: boolean;
  isOn?: boolean;
}

export function Button({ kind, icon, keys, isSmall, isOn, className, children, ...rest }: ButtonProps) {
  const isIcon = icon !== undefined && (children === undefined || children === null);
  const classes = ["btn", kind, isSmall && "small", isIcon && "icon", isOn && "on", className];
  return (
    <button type="button" className={classes.filter(Boolean).join(" ")} {...rest}
      title={rest.title ?? (isIcon ? rest["aria-label"] : undefined)}>
      {icon && <Icon name={icon} size={isSmall ? 16 : 18} />}
      {children}
      {keys && <kbd>{keys}</kbd>}
    </button>
  );
}

/* Circle, triangle, octagon: a level can be told without its colour. */
export function LevelShape({ level, size = 12 }: { level: LevelName; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 12 12" fill="currentColor" aria-hidden="true">
      {level === "yellow" && <circle cx="6" cy="6" r="4.6" />}
      {level === "orange" && <path d="M6 .9 11.600 11H.4z" />}
      {level === "red" && <path d="M3.700.5h4.600l3.200 3.200v4.600l-3.200 3.200H3.700L.5 8.300V3.700z" />}
    </svg>
  );
}

export function Level({ level, sinceMs, isSoft }: { level: LevelName; sinceMs?: number | null; isSoft?: boolean }) {
  return (
    <span className={`level ${level}${isSoft ? " soft" : ""}`}>
      <LevelShape level={level} />
      {levelWord(level)}
      {sinceMs !== null && sinceMs !== undefined && <span className="num">{duration(sinceMs)}</span>}
    </span>
  );
}

export function Avatar({ name, isBig }: { name: string; isBig?: boolean }) {
  const clean = name.trim();
  const initials = /^[\x20-\x7f]+$/.test(clean)
    ? clean.split(/\s+/).map((word) => word[0] ?? "").join("").slice(0, 2).toUpperCase()
    : clean.slice(-2);
  return <span className={`avatar${isBig ? " big" : ""}`} aria-hidden="true">{initials}</span>;
}

export function FormRow(props: {
  label: ReactNode; id?: string; isRequired?: boolean; error?: string | null; help?: string; children: ReactNode;
  aside?: ReactNode;
}) {
  const { label, id, isRequired, error, help, children, aside } = props;
  return (
    <div className="formrow">
      <span className="formtop">
        <label htmlFor={id}>{label}{isRequired && <span className="need" aria-hidden="true">*</span>}</label>
        {aside}
      </span>
      {children}
      {error ? <span className="formerror" role="alert">{error}</span> : help ? <span className="formhelp">{help}</span> : null}
    </div>
  );
}

export function Notice({ kind, children }: { kind: "bad" | "warn" | "good" | "info"; children: ReactNode }) {
  const icon = kind === "good" ? "check" : kind === "info" ? "spark" : "alert";
  return (
    <div className={`notice ${kind}`} role={kind === "bad" ? "alert" : undefined}>
      <Icon name={icon} size={16} />
      <div className="grow">{children}</div>
    </div>
  );
}

export function Empty(props: { icon?: string; title: string; hint?: string; action?: ReactNode; isSmall?: boolean }) {
  return (
    <div className={`state${props.isSmall ? " small" : ""}`}>
      <Icon name={props.icon ?? "box"} size={32} />
      <h3>{props.title}</h3>
      {props.hint && <p>{props.hint}</p>}
      {props.action}
    </div>
  );
}

/* What happened, why, and what to do about it. */
export function Failed({ error, onRetry, isSmall }: { error: unknown; onRetry?: () => void; isSmall?: boolean }) {
  const problem = error instanceof ApiError ? error : null;
  const isMissing = problem?.isMissing ?? false;
  const title = isMissing ? t("missing") : problem?.isOffline ? t("offline") : t("failed");
  const hint = isMissing ? t("missing_hint") : (problem?.message ?? (error instanceof Error ? error.message : ""));
  return (
    <div className={`state${isSmall ? " small" : ""}`} role="alert">
      <Icon name={problem?.isOffline ? "wifi" : "alert"} size={32} />
      <h3>{title}</h3>
      {hint && <p>{hint}</p>}
      {onRetry && !isMissing && <Button icon="undo" onClick={onRetry}>{t("retry")}</Button>}
    </div>
  );
}

export function Skeleton({ rows = 6, widths = ["40%", "70%", "55%"] }: { rows?: number; widths?: string[] }) {
  const isSlow = useSlow(true);
  if (!isSlow) return null;
  return (
    <div aria-busy="true" aria-label={t("loading")} style={{ display: "grid", gap: 18, padding: 16 }}>
      {Array.from({ length: rows }, (_, i) => (
        <span key={i} className="skeleton" style={{ width: widths[i % widths.length] }} />
      ))}
    </div>
  );
}

export function Meter({ value, mark, isGood }: { value: number | null; mark?: number; isGood?: boolean }) {
  const share = (n: number) => `${Math.max(0, Math.min(1, n)) * 100}%`;
  const kind = value === null || mark === undefined ? "" : isGood ? " good" : " low";
  return (
    <div className={`meter${kind}`} aria-hidden="true">
      {value !== null && <i style={{ width: share(value) }} />}
      {mark !== undefined && <b style={{ left: share(mark) }} />}
    </div>
  );
}

export function Segment<T extends string>(props: {
  value: T; onChange: (value: T) => void; label: string; isQuiet?: boolean;
  /* With a hint instead of a label: an icon that says what it is when asked. */
  options: { value: T; label: string; icon?: string; hint?: string }[];
}) {
  return (
    <div className={`segment${props.isQuiet ? " quiet" : ""}`} role="group" aria-label={props.label}>
      {props.options.map((option) => (
        <button key={option.value} type="button" aria-pressed={option.value === props.value} aria-label={option.hint} title={option.hint}
          onClick={() => props.onChange(option.value)}>
          {option.icon && <Icon name={option.icon} size={16} />}
          {option.label}
        </button>
      ))}
    </div>
  );
}

/* Grows with its text, so nothing written is ever out of sight. */
export function TextArea(props: {
  value: string; onChange: (value: string) => void; id?: string; rows?: number; placeholder?: string;
  isInvalid?: boolean; autoFocus?: boolean; onKeyDown?: (event: React.KeyboardEvent<HTMLTextAreaElement>) => void;
  label?: string;
}) {
  const ref = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const area = ref.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight + 2, 320)}px`;
  }, [props.value]);
  return (
    <textarea ref={ref} id={props.id} className="input" rows={props.rows ?? 3} value={props.value}
      placeholder={props.placeholder} aria-invalid={props.isInvalid || undefined} aria-label={props.label}
      autoFocus={props.autoFocus} onKeyDown={props.onKeyDown}
      onChange={(event) => props.onChange(event.target.value)} />
  );
}
