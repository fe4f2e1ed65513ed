import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { tr } from "@/base/i18n.ts";
import { queryClient } from "@/base/session.ts";
import type { ObjectDef } from "@/base/types.ts";
import { problemText } from "@/record/use.ts";
import { Button, Notice } from "@/ui/basics.tsx";
import { type JobInfo, objectCalls } from "./object_calls.ts";
import { ot } from "./object_texts.ts";

/* Long work: how far it is. A live event says when to look again (base/events.ts). */

export const isJobOpen = (job: JobInfo) => job.state === "waiting" || job.state === "running";

export function useJob(id: number | null): JobInfo | null {
  return useQuery({ queryKey: ["jobs", id], queryFn: () => objectCalls.job(id!), enabled: id !== null }).data ?? null;
}

export function JobProgress({ job }: { job: JobInfo }) {
  const part = job.total ? Math.min(100, (job.done / job.total) * 100) : 0;
  return (
    <>
      <div className="progressbar" role="progressbar" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(part)}><i style={{ width: `${part}%` }} /></div>
      <p className="meta num">{ot("job_n", { done: job.done, total: job.total })}</p>
    </>
  );
}

/* What is being computed for an object's fields, and what has stopped. */
export function ObjectJobs({ object }: { object: ObjectDef }) {
  const [refused, setRefused] = useState<string | null>(null);
  const { data } = useQuery({ queryKey: ["jobs"], queryFn: objectCalls.jobs });
  const isFilling = (name: string) => object.fields.some((field) => field.name === name && field.filling);
  const jobs = (data?.items ?? []).filter((job) => job.object === object.name && job.kind === "fill" &&
    (isJobOpen(job) || (job.state !== "done" && job.fields?.some(isFilling))));
  if (jobs.length === 0) return null;
  const run = (work: Promise<void>) => {
    work.then(() => setRefused(null), (error: unknown) => setRefused(problemText(error)))
      .finally(() => queryClient.invalidateQueries({ queryKey: ["jobs"] }));
  };
  const labels = (job: JobInfo) => (job.fields ?? []).map((name) => tr(object.fields.find((field) => field.name === name)?.label) || name).join("、");
  return (
    <section className="panel objectjobs" aria-live="polite">
      {refused && <Notice kind="bad">{refused}</Notice>}
      {jobs.map((job) => (
        <div key={job.id} className="jobview">
          <div className="jobhead">
            <span className="grow">{ot(isJobOpen(job) ? "job_fill" : job.state === "failed" ? "job_fill_failed" : "job_fill_cancelled", { fields: labels(job) })}</span>
            {isJobOpen(job)
              ? <Button isSmall onClick={() => run(objectCalls.jobCancel(job.id))}>{ot("job_stop")}</Button>
              : <Button isSmall onClick={() => run(objectCalls.jobRetry(job.id))}>{ot("job_go_on")}</Button>}
          </div>
          {isJobOpen(job) && <JobProgress job={job} />}
          {job.error && <p className="meta">{ot(isJobOpen(job) ? "job_again" : "job_why", { why: job.error, n: job.attempts ?? 0 })}</p>}
        </div>
      ))}
    </section>
  );
}
