import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { count } from "@/base/format.ts";
import { listed, tr } from "@/base/i18n.ts";
import { queryClient } from "@/base/session.ts";
import { now } from "@/base/time.ts";
import type { ObjectDef } from "@/base/types.ts";
import { problemText } from "@/record/use.ts";
import { Button, Notice } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
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
      <p className="meta num">{ot("job_n", { done: count(job.done), total: count(job.total) })}</p>
    </>
  );
}

const DAY_MS = 86_400_000;

/* Of jobs that have stopped, those that leave something to be done: nothing newer took their place. */
function isLeft(job: JobInfo, jobs: JobInfo[], object: ObjectDef): boolean {
  if (job.state === "done" || job.kind === "purge") return false;
  if (job.kind === "fill") return object.fields.some((field) => field.filling && job.fields?.includes(field.name));
  const isNewest = !jobs.some((other) => other.id > job.id && other.kind === job.kind && other.field === job.field);
  return isNewest && job.state === "failed" && (job.kind === "index" || now() - Date.parse(job.finished_at ?? "") < DAY_MS);
}

function JobLine({ job, labels, onRun }: { job: JobInfo; labels: string; onRun: (work: Promise<void>) => void }) {
  const isOpen = isJobOpen(job);
  const what = job.kind === "fill" ? (isOpen ? "job_fill" : job.state === "failed" ? "job_fill_failed" : "job_fill_cancelled")
    : job.kind === "index" ? (isOpen ? "job_index" : "job_index_failed")
    : isOpen ? "job_type" : "job_type_failed";
  return (
    <div className="jobview">
      <div className="jobhead">
        {!isOpen && <Icon name="alert" size={16} />}
        <span className="grow">{ot(what, { fields: labels })}</span>
        {isOpen && <Button isSmall onClick={() => onRun(objectCalls.jobCancel(job.id))}>{ot("job_stop")}</Button>}
        {!isOpen && job.kind !== "type" && <Button isSmall onClick={() => onRun(objectCalls.jobRetry(job.id))}>{ot("job_go_on")}</Button>}
      </div>
      {isOpen && <JobProgress job={job} />}
      {job.error && <p className="meta">{ot(isOpen ? "job_again" : "job_why", { why: job.error, n: job.attempts ?? 0 })}</p>}
    </div>
  );
}

/* What is being done for an object's fields, and what has stopped. */
export function ObjectJobs({ object }: { object: ObjectDef }) {
  const [refused, setRefused] = useState<string | null>(null);
  const { data } = useQuery({ queryKey: ["jobs"], queryFn: objectCalls.jobs });
  const own = (data?.items ?? []).filter((job) => job.object === object.name);
  const jobs = own.filter((job) => (isJobOpen(job) && job.kind !== "purge") || isLeft(job, own, object));
  if (jobs.length === 0) return null;
  const run = (work: Promise<void>) => {
    work.then(() => setRefused(null), (error: unknown) => setRefused(problemText(error)))
      .finally(() => queryClient.invalidateQueries({ queryKey: ["jobs"] }));
  };
  const labels = (job: JobInfo) => listed((job.fields ?? (job.field ? [job.field] : []))
    .map((name) => tr(object.fields.find((field) => field.name === name)?.label) || name));
  return (
    <section className="panel objectjobs" aria-live="polite">
      {refused && <Notice kind="bad">{refused}</Notice>}
      {jobs.map((job) => <JobLine key={job.id} job={job} labels={labels(job)} onRun={run} />)}
    </section>
  );
}
