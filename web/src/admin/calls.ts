import { request } from "@/base/api.ts";
import type * as gen from "@/base/api.gen.ts";
import type { RoleBody } from "./role_edit.ts";
import type { Page, PipelineDef, Row, StageDef, Value } from "@/base/types.ts";

/* The doors of set-up and imports; all through the one client. */
const part = encodeURIComponent;

type Known<T> = { [Key in keyof T as string extends Key ? never : Key]: T[Key] };

/* ---- imports ---- */
export type ImportValues = Omit<gen.ImportValues, "distinct"> & { distinct: { value: string; count: number; to: Value }[] };
export type ImportColumn = Omit<gen.ImportColumn, "values"> & { values?: ImportValues };
export type Failure = gen.ImportFailure;
export type Import = Omit<Known<gen.Import>, "columns" | "warnings"> & { columns?: ImportColumn[]; warnings?: (string | { message: string })[] };
export type ImportOptions = Required<Omit<gen.ImportOptions, "key" | "set" | "values">> & {
  set: Record<string, Value>; key?: string; values: Record<string, Record<string, Value>>;
};

/* ---- configuration ---- */
export type Gate = Known<gen.Gate>;
export type FullStage = Omit<StageDef, "enter" | "leave"> & { enter?: Gate[]; leave?: Gate[] };
export type FullPipeline = Omit<PipelineDef, "stages"> & { stages: FullStage[] };
export type RuleAction = Omit<Known<gen.RuleAction>, "set"> & { set?: Record<string, string> };
export type LadderLevel = Omit<Known<gen.RuleLevel>, "tell"> & { tell: string[] };
export type Rule = Omit<Known<gen.Rule>, "actions" | "levels"> & { actions?: RuleAction[]; levels?: LadderLevel[] };
export type Role = Omit<gen.Role, "grants"> & { grants?: RoleBody["grants"] };
export type RolePreview = gen.RolePreview;
export interface Key {
  id: string; name: string; hint: string; role: string; role_label: { zh: string; en: string }; scopes: string[]; person: string;
  person_name: string | null; until: string | null; last_at: string | null;
}
export interface AuditLine {
  seq: number; at: string; by: string | null; by_name: string | null; via: string | null; kind: string; object: string | null;
  record: string | null; field: string | null; detail: Record<string, unknown> | null; hash: string; who: string; text: string;
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
  keys: () => request<{ items: Key[] }>("/keys"),
  keyCreate: (body: { name: string; role: string; person?: string; scopes: string[]; until: string | null }) =>
    request<{ key: Key; secret: string }>("/keys", { method: "POST", body }),
  keyRemove: (id: string) => request<void>(`/keys/${part(id)}`, { method: "DELETE" }),
  audit: (params: Record<string, string | number | null>) => {
    const search = new URLSearchParams(Object.entries(params).flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]])));
    return request<{ items: AuditLine[]; next: string | null }>(`/audit?${search}`);
  },
  roles: () => request<{ items: Role[] }>("/roles"),
  roleCreate: (role: RoleBody & { name: string }) => request<Role>("/roles", { method: "POST", body: role }),
  roleChange: (name: string, change: Partial<RoleBody>) => request<Role>(`/roles/${part(name)}`, { method: "PATCH", body: change }),
  roleRemove: (name: string, heir: string | null) => request<void>(`/roles/${part(name)}${heir ? `?to=${part(heir)}` : ""}`, { method: "DELETE" }),
  rolePreview: (name: string, person: string | null) => request<RolePreview>(`/roles/${part(name)}/preview${person ? `?person=${person}` : ""}`),
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
