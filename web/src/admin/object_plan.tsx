import { useEffect, useState } from "react";
import { listed } from "@/base/i18n.ts";
import { queryClient } from "@/base/session.ts";
import { Button, Notice } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog } from "@/ui/layer.tsx";
import { problemText } from "@/record/use.ts";
import { isJobOpen, JobProgress, useJob } from "./jobs.tsx";
import { type Change, objectCalls, type Plan } from "./object_calls.ts";
import { ot } from "./object_texts.ts";

/* What a change would do, before it is made. */
export function usePlan(change: Change | null): { plan: Plan | null; problem: string | null } {
  const [state, setState] = useState<{ plan: Plan | null; problem: string | null }>({ plan: null, problem: null });
  const key = JSON.stringify(change);
  useEffect(() => {
    let isLive = true;
    setState({ plan: null, problem: null });
    if (!change) return undefined;
    objectCalls.plan(change).then(
      (plan) => isLive && setState({ plan, problem: null }),
      (error: unknown) => isLive && setState({ plan: null, problem: problemText(error) }),
    );
    return () => { isLive = false; };
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);
  return state;
}

export const lostOf = (plan: Plan | null) => (plan?.steps ?? []).reduce((sum, step) => sum + (step.lost ?? 0), 0);

/* Where nothing breaks that is said, or (isShort) not. */
export function PlanView({ plan, isShort }: { plan: Plan; isShort?: boolean }) {
  return (
    <div className="planview">
      <h3>{ot("plan_steps")}</h3>
      <ul>
        {plan.steps.map((step, i) => (
          <li key={i}>
            <Icon name={step.lost ? "alert" : "check"} size={16} />
            <span>
              {step.text}
              {step.rows ? <span className="meta num"> · {ot(step.capped ? "plan_more" : "plan_rows", { n: step.rows })}</span> : null}
              {step.kind === "convert" && (
                <span className={step.lost ? "planlost" : "meta"}>
                  {step.lost ? ot("plan_lost", { n: step.lost, samples: listed((step.samples ?? []).map((text) => `“${text}”`)) }) : ot("plan_lossless")}
                </span>
              )}
            </span>
          </li>
        ))}
      </ul>
      {!(isShort && plan.breaks.length === 0) && <h3>{ot("plan_breaks")}</h3>}
      {plan.breaks.length === 0 ? !isShort && <p className="meta">{ot("plan_none")}</p> : (
        <ul className="planbreaks">
          {plan.breaks.map((one, i) => <li key={i}><Icon name="alert" size={16} /><span>{one.message}</span></li>)}
        </ul>
      )}
    </div>
  );
}

/* A removal is shown with all it does before it is done. */
export function RemoveDialog({ title, change, onClose, onRemove }: { title: string; change: Change; onClose: () => void; onRemove: () => Promise<void> }) {
  const { plan, problem } = usePlan(change);
  const [refused, setRefused] = useState<string | null>(null);
  const remove = () => { onRemove().catch((error: unknown) => setRefused(problemText(error))); };
  return (
    <Dialog title={title} onClose={onClose}
      footer={<><span className="grow meta">{ot("keep_30")}</span><Button onClick={onClose}>{ot("cancel")}</Button><Button kind="danger" disabled={!plan} onClick={remove}>{ot("remove")}</Button></>}>
      <div className="body">
        {(problem ?? refused) && <Notice kind="bad">{problem ?? refused}</Notice>}
        {plan ? <PlanView plan={plan} /> : !problem && <p className="meta">…</p>}
      </div>
    </Dialog>
  );
}

/* Another type: the plan, then the work with its progress. */
export function RetypeDialog({ title, object, field, body, onClose, onDone }: {
  title: string; object: string; field: string; body: Record<string, unknown>; onClose: () => void; onDone: () => void;
}) {
  const { plan, problem } = usePlan({ kind: "field", name: `${object}.${field}`, body });
  const [jobId, setJobId] = useState<number | null>(null);
  const job = useJob(jobId);
  const [refused, setRefused] = useState<string | null>(null);
  const lost = lostOf(plan);
  const start = async () => {
    try {
      const answer = await objectCalls.fieldChange(object, field, { ...body, ...(lost > 0 ? { lossy: true } : {}) });
      if (answer.job) setJobId(answer.job);
      else onDone();
    } catch (error) {
      setRefused(problemText(error));
    }
  };
  const isOpen = job !== null && isJobOpen(job), isDone = job?.state === "done";
  useEffect(() => { if (isDone) onDone(); }, [isDone, onDone]);
  const cancel = (id: number) => { objectCalls.jobCancel(id).then(() => undefined, (error: unknown) => setRefused(problemText(error))).finally(() => queryClient.invalidateQueries({ queryKey: ["jobs"] })); };
  if (job) {
    return (
      <Dialog title={title} onClose={onClose}
        footer={isOpen ? <Button onClick={() => cancel(job.id)}>{ot("cancel")}</Button> : <Button onClick={onClose}>{ot("close")}</Button>}>
        <div className="body jobview" aria-live="polite">
          {isOpen && <>
            <p>{ot("converting")}</p>
            <JobProgress job={job} />
            {job.error && <p className="meta">{ot("job_again", { why: job.error, n: job.attempts ?? 0 })}</p>}
          </>}
          {refused && <Notice kind="bad">{refused}</Notice>}
          {job.state === "failed" && <Notice kind="bad">{ot("job_failed", { why: job.error ?? "" })}</Notice>}
          {job.state === "cancelled" && <Notice kind="info">{ot("job_cancelled")}</Notice>}
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={title} onClose={onClose}
      footer={<><span className="grow meta">{ot("keep_30")}</span><Button onClick={onClose}>{ot("cancel")}</Button>
        <Button kind={lost > 0 ? "danger" : "primary"} disabled={!plan} onClick={() => void start()}>{ot(lost > 0 ? "convert_lossy" : "convert")}</Button></>}>
      <div className="body">
        {(problem ?? refused) && <Notice kind="bad">{problem ?? refused}</Notice>}
        {plan ? <PlanView plan={plan} /> : !problem && <p className="meta">…</p>}
      </div>
    </Dialog>
  );
}
