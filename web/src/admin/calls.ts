import { request } from "@/base/api.ts";
import type { Label, Page, PipelineDef, Row, StageDef, Value } from "@/base/types.ts";

/* The doors of set-up and imports; all through the one client. */
const part = encodeURIComponent;

/* ---- imports ---- */
export interface ImportColumn {
  name: string;
  samples: (string | null)[];
  field: string | null;
  type?: string;
  values?: { distinct: { value: string; count: number; to: Value }[]; more?: boolean };
}

export interface Failure {
  row: number;
  column: string | null;
  value: string | null;
  code: string;
  message: string;
}

export interface Import {
  id: string;
  state: "preview" | "running" | "done" | "failed" | "undone" | "cancelled";
  object: string;
  kind?: string;
  file: string;
  rows: number;
  columns?: ImportColumn[];
  warnings?: (string | { message: string })[];
  created?: number;
  updated?: number;
  skipped?: number;
  failed?: Failure[];
  failed_count?: number;
  progress?: { done: number; total: number };
  created_at?: string;
  by_name?: string;
  can_undo?: boolean;
  error?: string;
}

export interface ImportOptions {
  map: Record<string, string>;
  set: Record<string, Value>;
  key?: string;
  values: Record<string, Record<string, Value>>;
  refs: "match" | "create";
  on_duplicate: "skip" | "update" | "create";
  missing: "refuse" | "accept";
}

/* ---- configuration ---- */
export interface Gate {
  name: string;
  label?: Label;
  formula?: string;
  needs?: { field?: string; object?: string };
  message?: Label;
}
export type FullStage = StageDef & { enter?: Gate[]; leave?: Gate[] };
export type FullPipeline = Omit<PipelineDef, "stages"> & { stages: FullStage[] };

export interface LadderLevel {
  level: "yellow" | "orange" | "red";
  after: string;
  tell: string[];
  task?: string[];
}
export interface Rule {
  name: string;
  label: Label;
  kind: "ladder" | "change";
  object: string;
  when?: string;
  since?: string;
  enabled: boolean;
  respond_within?: string;
  levels?: LadderLevel[];
  on?: string[];
  actions?: { do: string; object?: string; set?: Record<string, string>; title?: Label; to?: string[]; kind?: string; assignee?: string }[];
}
export interface Role {
  name: string;
  label: Label;
  grants?: Record<string, Record<string, string | boolean>>;
  fields?: Record<string, string>;
  can?: string[];
}
export type Person = Row & { name: string; login: string | null; role: string | null; team: string | null; supervisor: string | null; region: string | null; disabled: boolean | null };

export const calls = {
  imports: () => request<{ items: Import[] }>("/imports"),
  importOf: (id: string) => request<Import>(`/imports/${part(id)}`),
  importUpload: (file: File, object: string) => {
    const form = new FormData();
    form.set("object", object);
    form.set("file", file);
    return request<Import>("/imports", { method: "POST", body: form });
  },
  importCheck: (id: string, options: ImportOptions) => request<Import>(`/imports/${part(id)}/check`, { method: "POST", body: options }),
  importRun: (id: string, options: ImportOptions) => request<Import>(`/imports/${part(id)}/run`, { method: "POST", body: options }),
  importCancel: (id: string) => request<Import>(`/imports/${part(id)}/cancel`, { method: "POST", body: {} }),
  importUndo: (id: string) => request<Import | undefined>(`/imports/${part(id)}`, { method: "DELETE" }),

  users: (params: { q?: string; after?: string | null } = {}) => {
    const search = new URLSearchParams({ limit: "200", order: "name" });
    if (params.q) search.set("q", params.q);
    if (params.after) search.set("after", params.after);
    return request<Page<Person>>(`/users?${search}`);
  },
  userCreate: (values: Record<string, Value>) => request<Person & { invite?: string }>("/users", { method: "POST", body: values }),
  userChange: (id: string, version: number | undefined, values: Record<string, Value>) =>
    request<Person>(`/users/${part(id)}`, { method: "PATCH", body: values, version }),
  userInvite: (id: string) => request<{ token: string }>(`/users/${part(id)}/invite`, { method: "POST", body: {} }),
  teams: () => request<Page<Row>>("/teams?limit=200&order=name"),
  teamCreate: (values: Record<string, Value>) => request<Row>("/teams", { method: "POST", body: values }),
  teamChange: (id: string, version: number | undefined, values: Record<string, Value>) =>
    request<Row>(`/teams/${part(id)}`, { method: "PATCH", body: values, version }),
  roles: () => request<{ items: Role[] }>("/roles"),
  pipelineChange: (name: string, change: Partial<FullPipeline>) =>
    request<FullPipeline>(`/pipelines/${part(name)}`, { method: "PATCH", body: change }),
  rules: () => request<{ items: Rule[] }>("/rules"),
  ruleChange: (name: string, change: Partial<Rule>) => request<Rule>(`/rules/${part(name)}`, { method: "PATCH", body: change }),
  fieldCreate: (object: string, field: Record<string, unknown>) =>
    request<unknown>(`/objects/${part(object)}/fields`, { method: "POST", body: field }),
  fieldChange: (object: string, name: string, change: Record<string, unknown>) =>
    request<unknown>(`/objects/${part(object)}/fields/${part(name)}`, { method: "PATCH", body: change }),
  fieldRemove: (object: string, name: string) =>
    request<void>(`/objects/${part(object)}/fields/${part(name)}`, { method: "DELETE" }),
};
