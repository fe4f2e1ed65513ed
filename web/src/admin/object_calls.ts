import { request } from "@/base/api.ts";
import type { ConfigEntry as Entry, ConfigPlan, Job } from "@/base/api.gen.ts";

/* The doors of objects and fields: definitions, what a change would do, history, long work. */
const part = encodeURIComponent;

export type Plan = ConfigPlan;
export type ConfigEntry = Entry;
export type Change = { kind: string; name: string; body: Record<string, unknown> | null };
export type JobInfo = Job;

export const objectCalls = {
  create: (body: Record<string, unknown>) => request<unknown>("/objects", { method: "POST", body }),
  change: (name: string, body: Record<string, unknown>) => request<unknown>(`/objects/${part(name)}`, { method: "PATCH", body }),
  pipelineCreate: (body: Record<string, unknown>) => request<unknown>("/pipelines", { method: "POST", body }),
  remove: (name: string) => request<void>(`/objects/${part(name)}`, { method: "DELETE" }),
  fieldChange: (object: string, name: string, body: Record<string, unknown>) =>
    request<{ job?: number }>(`/objects/${part(object)}/fields/${part(name)}`, { method: "PATCH", body }),
  plan: (change: Change) => request<Plan>("/config/plan", { method: "POST", body: change }),
  history: (kind: string, name: string, after?: string | null) => {
    const search = new URLSearchParams({ kind, name, limit: "30" });
    if (after) search.set("after", after);
    return request<{ items: ConfigEntry[]; next: string | null }>(`/config/history?${search}`);
  },
  entry: (id: number) => request<ConfigEntry>(`/config/history/${id}`),
  undo: (id: number, lossy = false) =>
    request<{ job?: number } | undefined>(`/config/history/${id}/undo`, { method: "POST", body: lossy ? { lossy } : {} }),
  job: (id: number) => request<JobInfo>(`/jobs/${id}`),
  jobs: () => request<{ items: JobInfo[] }>("/jobs"),
  jobRetry: (id: number) => request<void>(`/jobs/${id}/retry`, { method: "POST", body: {} }),
  jobCancel: (id: number) => request<void>(`/jobs/${id}/cancel`, { method: "POST", body: {} }),
};

/*
 * A change of a thing, and the way back of exactly that one by one tap, whatever else is changed
 * until then: what was removed comes back with its data.
 */
export function withWayBack(run: () => Promise<unknown>, kind: string, name: string): [() => Promise<void>, () => Promise<void>] {
  let made: number | undefined;
  return [
    async () => {
      await run();
      const found = await objectCalls.history(kind, name).catch(() => null);
      made = found?.items.find((item) => item.can_undo)?.id;
    },
    async () => { if (made !== undefined) await objectCalls.undo(made); },
  ];
}
