import { useEffect, useState } from "react";
import { api, ApiError } from "@/base/api.ts";
import { useDebounced } from "@/base/hooks.ts";
import type { FieldError } from "@/base/types.ts";
import { TextArea } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { t } from "./texts.ts";

/*
 * A formula with its errors shown while typing, at their place. The server judges; here the part
 * it blames is repeated below with a mark under it. Positions are in code points.
 */
export interface FormulaState {
  isOk: boolean;
  type: string | null;
}

export function FormulaInput({ object, value, onChange, onState, id, isBoolean }: {
  object: string; value: string; onChange: (value: string) => void; onState?: (state: FormulaState) => void; id?: string; isBoolean?: boolean;
}) {
  const wanted = useDebounced(value.trim(), 260);
  const [result, setResult] = useState<{ of: string; type?: string; error?: FieldError & { message: string } } | null>(null);
  useEffect(() => {
    if (!wanted) return setResult(null);
    let isCurrent = true;
    const tell = (next: typeof result) => {
      if (!isCurrent) return;
      setResult(next);
      onState?.({ isOk: !next?.error && (!isBoolean || next?.type === undefined || next.type === "boolean"), type: next?.type ?? null });
    };
    api.checkFormula(object, wanted).then(
      ({ type }) => tell({ of: wanted, type }),
      (error: unknown) => {
        const first = error instanceof ApiError && error.status === 422 ? error.errors[0] : undefined;
        tell({ of: wanted, error: first ?? { code: "failed", message: error instanceof Error ? error.message : String(error) } });
      },
    );
    return () => { isCurrent = false; };
  }, [wanted, object]);
  const error = result?.of === value.trim() ? result.error : undefined;
  const isWrongType = isBoolean && result?.type !== undefined && result.type !== "boolean";
  const points = [...value.trim()];
  return (
    <div className="formula">
      <TextArea id={id} rows={2} value={value} onChange={onChange} isInvalid={Boolean(error)} placeholder={t("formula_hint")} label={t("formula")} />
      {error ? (
        <div className="formulaproblem" role="alert">
          {error.position !== undefined && (
            <code>{points.slice(Math.max(0, error.position - 24), error.position).join("")}<mark>{points.slice(error.position, error.position + Math.max(1, error.length ?? 1)).join("") || "␣"}</mark>{points.slice(error.position + Math.max(1, error.length ?? 1), error.position + 40).join("")}</code>
          )}
          <span>{error.position !== undefined ? t("formula_at", { n: error.position + 1, message: error.message }) : error.message}</span>
          {error.hint && !error.message.includes(error.hint) && <span className="meta">{error.hint}</span>}
        </div>
      ) : isWrongType ? <div className="formulaproblem" role="alert">{t("formula_not_boolean", { type: result!.type! })}</div>
        : result && value.trim() ? <span className="formulaok"><Icon name="check" size={14} />{t("formula_ok")}</span> : null}
    </div>
  );
}
