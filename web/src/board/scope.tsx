import { useQuery } from "@tanstack/react-query";
import { request } from "@/base/api.ts";
import { useParams } from "@/base/hooks.ts";
import { useSession } from "@/base/session.ts";
import { addDays, today } from "@/base/time.ts";
import { DateInput } from "@/ui/calendar.tsx";
import { Combobox } from "@/ui/combobox.tsx";
import { Segment } from "@/ui/basics.tsx";
import { byFor, type By, type PeriodKind, type Range, rangeBefore, rangeOf, trendRange } from "./period.ts";
import { t } from "./texts.ts";

/* What a panel looks at: whose figures, which days. All of it is in the URL. */
export interface Scope {
  scope: string;
  label: string;
  level: number;
}

export function useScopes(): { scopes: Scope[]; isKnown: boolean } {
  const { me } = useSession();
  const found = useQuery({
    queryKey: ["measures", "scopes"], staleTime: 600_000, retry: false,
    queryFn: () => request<{ items: Scope[] }>("/measures/scopes"),
  });
  const items = found.data?.items ?? [{ scope: "me", label: me.user.name, level: 0 }];
  const scopes = items.map((item) => ({
    ...item,
    label: item.scope === "all" ? t("scope_all") : item.scope === "me" ? t("scope_me") : item.label,
  }));
  return { scopes, isKnown: !found.isPending };
}

export interface Panel {
  kind: PeriodKind;
  range: Range;
  before: Range;
  by: By;
  trend: Range;
  scope: string;
  scopes: Scope[];
  scopeLabel: string;
  /* Before it is known who may be looked at there is nothing to ask for. */
  isReady: boolean;
  set(change: Record<string, string | null>, push?: boolean): void;
}

const KINDS: PeriodKind[] = ["week", "month", "quarter", "custom"];

export function usePanel(fallback: PeriodKind = "month"): Panel {
  const [params, set] = useParams();
  const { scopes, isKnown } = useScopes();
  const wanted = params.get("period") as PeriodKind;
  const kind = KINDS.includes(wanted) ? wanted : fallback;
  const range = rangeOf(kind, today(), { from: params.get("from") ?? undefined, to: params.get("to") ?? undefined });
  const by = (["day", "week", "month"] as By[]).find((name) => name === params.get("by")) ?? byFor(kind, range);
  const scope = params.get("scope") ?? (scopes.some((item) => item.scope === "all") ? "all" : (scopes.find((item) => item.level === 1)?.scope ?? "me"));
  return {
    kind, range, by, scope, scopes, set, isReady: isKnown || params.has("scope"), before: rangeBefore(kind, range), trend: trendRange(range, by),
    scopeLabel: scopes.find((item) => item.scope === scope)?.label ?? t("scope"),
  };
}

export function PanelControls({ panel, hasBy }: { panel: Panel; hasBy?: boolean }) {
  const { kind, range, set, by, scopes, scope } = panel;
  return (
    <div className="panelcontrols">
      <div className="scopepick">
        <Combobox value={scope} ariaLabel={t("scope")} onChange={(value) => set({ scope: value })}
          options={scopes.map((item) => ({ value: item.scope, label: `${"\u2003".repeat(Math.max(0, item.level - 1))}${item.label}` }))}
          label={panel.scopeLabel} />
      </div>
      <Segment label={t("period")} value={kind} options={KINDS.map((value) => ({ value, label: t(value as "week") }))}
        onChange={(value) => set(value === "custom" ? { period: value, from: range.from, to: range.to } : { period: value, from: null, to: null, by: null })} />
      {kind === "custom" && (
        <span className="rowline customdates">
          <DateInput value={range.from} label={t("from")} onChange={(date) => set({ from: date })} />
          <span className="meta">–</span>
          {/* People name the last day; the API takes the day after it. */}
          <DateInput value={addDays(range.to, -1)} label={t("to")} onChange={(date) => set({ to: date ? addDays(date, 1) : null })} />
        </span>
      )}
      {hasBy && (
        <Segment isQuiet label={t("by")} value={by} onChange={(value) => set({ by: value })}
          options={(["day", "week", "month"] as By[]).map((value) => ({ value, label: t(`by_${value}`) }))} />
      )}
    </div>
  );
}
