import { useState } from "react";
import { weekday } from "@/base/time.ts";
import { problemText } from "@/record/use.ts";
import { Button, Notice, Skeleton } from "@/ui/basics.tsx";
import { Dialog } from "@/ui/layer.tsx";
import type { Kind } from "./calendar_days.ts";
import { t } from "./calendar_texts.ts";
import { withWayBack, type Change, type Plan } from "./object_calls.ts";
import { PlanView, usePlan } from "./object_plan.tsx";
import { saveChange } from "./saving.tsx";

/* What a change of a calendar does: which days become what, and which formulas and rules follow. */
export const weekdayText = (on: string) => t("weekdays").split(" ")[weekday(on) - 1]!;

export function dateText(on: string): string {
  const [, m, d] = on.split("-").map(Number) as [number, number, number];
  return t("date", { m, d, month: t("month_short").split(" ")[m - 1]! });
}

export function kindText(kind: Kind, isWorked: boolean): string {
  if (kind !== "plain") return kind === "workday" ? t("kind_workday") : kind === "off" ? t("kind_off") : t("kind_holiday");
  return t(isWorked ? "kind_plain_worked" : "kind_plain_free");
}

type PlanDay = NonNullable<Plan["steps"][number]["days"]>[number];

function Days({ days }: { days: PlanDay[] }) {
  return (
    <div className="calplandays scroll">
      <table className="table">
        <thead><tr><th>{t("col_day")}</th><th>{t("col_was")}</th><th>{t("col_is")}</th><th>{t("col_name")}</th></tr></thead>
        <tbody>
          {days.map((day) => (
            <tr key={day.on}>
              <td className="num">{day.on} <span className="meta">{weekdayText(day.on)}</span></td>
              <td className="was">{kindText(day.was, day.was_worked)}</td>
              <td>{kindText(day.is, day.is_worked)}</td>
              <td>{day.label ?? ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/* undo: where taking back the newest change of the calendar is not all. */
export function PlanDialog({ title, name, change, run, undo, yes, done, isDanger, onBack, onClose, onDone }: {
  title: string; name: string; change: Change; run: () => Promise<unknown>; undo?: () => Promise<unknown>; yes?: string; done?: string; isDanger?: boolean;
  onBack?: () => void; onClose: () => void; onDone?: () => void;
}) {
  const { plan, problem } = usePlan(change);
  const [refused, setRefused] = useState<string | null>(null);
  const days = plan?.steps.flatMap((step) => step.days ?? []) ?? [];
  const save = async () => {
    setRefused(null);
    try {
      await saveChange(...(undo ? [run, undo] as const : withWayBack(run, "calendar", name)), done ?? t("saved"));
      onDone?.();
      onClose();
    } catch (error) {
      setRefused(problemText(error));
    }
  };
  const isEmpty = plan !== null && plan.steps.length === 0 && plan.breaks.length === 0;
  return (
    <Dialog isLarge title={title} onClose={onClose} onSubmit={() => plan && void save()}
      footer={<>
        {onBack && <Button icon="chevron-left" onClick={onBack}>{t("back")}</Button>}
        <span className="grow" />
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button kind={isDanger ? "danger" : "primary"} disabled={!plan || isEmpty} onClick={() => void save()}>{yes ?? t("save")}</Button>
      </>}>
      <div className="body calplan">
        {(problem ?? refused) && <Notice kind="bad">{problem ?? refused}</Notice>}
        {!plan && !problem && <Skeleton rows={4} />}
        {isEmpty && <Notice kind="info">{t("nothing_changes")}</Notice>}
        {plan && !isEmpty && <PlanView plan={plan} isShort />}
        {days.length > 0 && <Days days={days} />}
      </div>
    </Dialog>
  );
}
