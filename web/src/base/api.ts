import { locale } from "./prefs.ts";
import { isKept, noteLost, noteReached, recall, remember } from "./seen.ts";
import { t } from "./texts.ts";
import { parseTime, setNow } from "./time.ts";
import type {
  Alert, AppConfig, Counts, DemoLogin, FieldError, FileInfo, FormState, HistoryItem, Label, Me, Measure, MeasureDef, Message,
  Move, ObjectDef, Page, PipelineDef, Row, Settings, Task, Value, View, ViewHistory,
} from "./types.ts";
import { uuid } from "./uuid.ts";

/*
 * The one client of the HTTP API. Everything that leaves the browser passes request(): language,
 * CSRF header, version check (If-Match), idempotency key, and problem+json turned into ApiError
 * with one entry per field. What is read is remembered on the device, and read there when the
 * server cannot be reached. No other file calls fetch().
 */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly errors: FieldError[],
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(detail || title);
  }
  /* No answer of the server: no network, or it (or its database) is away. It may be asked again later. */
  get isOffline() {
    return this.status === 0 || AWAY.has(this.status);
  }
  get isMissing() {
    return this.status === 404;
  }
  get isConflict() {
    return this.status === 412;
  }
  /* What a form shows beside its fields, and what it must show above them. */
  byField(): Record<string, string> {
    const out: Record<string, string> = {};
    for (const error of this.errors) if (error.field) out[error.field] ??= error.message;
    return out;
  }
  general(fields: string[]): string | null {
    /* "lines[2].amount" stands at its cell, in the field "lines". */
    const rest = this.errors.filter((error) => !error.field || !fields.includes(error.field.replace(/[[.].*$/, "")));
    if (rest.length) return rest.map((error) => error.message).join(" ");
    return this.errors.length ? null : this.message;
  }
}

interface Options {
  method?: string;
  body?: unknown;
  version?: number;
  signal?: AbortSignal;
  key?: string;
}

const ROOT = "/api/v1";
/* A server says 503 when its database is away, a proxy any of these when the server behind it is. */
const AWAY = new Set([502, 503, 504]);
let csrf = "1";
let onSignedOut: () => void = () => {};

export function setCsrf(token: string | undefined) {
  csrf = token ?? "1";
}

export function setSignedOutHandler(handler: () => void) {
  onSignedOut = handler;
}

function headersOf(method: string, options: Options): Headers {
  const headers = new Headers({
    Accept: "application/json",
    "Accept-Language": locale() === "zh" ? "zh-CN" : "en",
  });
  if (method !== "GET") headers.set("X-Leadline-CSRF", csrf);
  if (method === "POST") headers.set("Idempotency-Key", options.key ?? uuid());
  if (options.version !== undefined) headers.set("If-Match", `"${options.version}"`);
  return headers;
}

async function problemOf(response: Response): Promise<ApiError> {
  const retry = Number(response.headers.get("Retry-After"));
  try {
    const body = (await response.json()) as { title?: string; detail?: string; errors?: FieldError[] };
    return new ApiError(
      response.status, body.title ?? response.statusText, body.detail ?? "", body.errors ?? [],
      retry > 0 ? retry : null,
    );
  } catch {
    return new ApiError(response.status, response.statusText, t("broken"), []);
  }
}

export async function request<T>(path: string, options: Options = {}): Promise<T> {
  const method = options.method ?? "GET";
  const headers = headersOf(method, options);
  let body: BodyInit | undefined;
  if (options.body instanceof FormData) body = options.body;
  else if (options.body !== undefined) {
    headers.set("Content-Type", "application/json");
    body = JSON.stringify(options.body);
  }
  const text = typeof body === "string" ? body : "";
  const last = async <E extends ApiError>(problem: E): Promise<T> => {
    const seen = isKept(method, path) ? await recall(method, path, text) : null;
    noteLost(seen?.at ?? null, problem.status !== 0);
    if (!seen) throw problem;
    return seen.body as T;
  };
  let response: Response;
  try {
    response = await fetch(ROOT + path, {
      method, headers, body, signal: options.signal, credentials: "same-origin",
    });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    return last(new ApiError(0, "offline", t("offline"), []));
  }
  if (AWAY.has(response.status)) return last(await problemOf(response));
  noteReached();
  const simulated = parseTime(response.headers.get("Leadline-Now"));
  if (simulated !== null) setNow(simulated, true);
  if (!response.ok) {
    const problem = await problemOf(response);
    if (problem.status === 401 && path !== "/session") onSignedOut();
    throw problem;
  }
  if (response.status === 204) return undefined as T;
  let answer: T;
  try {
    answer = (await response.json()) as T;
  } catch {
    throw new ApiError(response.status, "unreadable", t("broken"), []);
  }
  if (isKept(method, path)) remember(method, path, text, answer);
  return answer;
}

/* fetch() cannot tell how much of a body has gone; this can. */
function upload(file: File, onProgress?: (share: number) => void, signal?: AbortSignal): Promise<FileInfo> {
  const form = new FormData();
  form.set("file", file);
  return new Promise((resolve, reject) => {
    const ask = new XMLHttpRequest();
    ask.open("POST", `${ROOT}/files`);
    headersOf("POST", {}).forEach((value, name) => ask.setRequestHeader(name, value));
    ask.upload.onprogress = (event) => event.lengthComputable && onProgress?.(event.loaded / event.total);
    ask.onload = () => {
      const response = new Response(ask.responseText || "{}", { status: ask.status, statusText: ask.statusText });
      if (response.ok) return void response.json().then(resolve, reject);
      if (ask.status === 401) onSignedOut();
      void problemOf(response).then(reject);
    };
    ask.onerror = () => reject(new ApiError(0, "offline", t("offline"), []));
    ask.onabort = () => reject(new DOMException("", "AbortError"));
    signal?.addEventListener("abort", () => ask.abort());
    ask.send(form);
  });
}

function query(params: Record<string, string | number | boolean | null | undefined>): string {
  const out = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value !== undefined && value !== null && value !== "") out.set(key, String(value));
  }
  const text = out.toString();
  return text ? `?${text}` : "";
}

const part = encodeURIComponent;

export interface RecordQuery {
  where?: string;
  q?: string;
  order?: string;
  fields?: string[];
  limit?: number;
  after?: string | null;
  count?: "none" | "exact" | "capped";
}

function recordQuery(params: RecordQuery): string {
  return query({ ...params, fields: params.fields?.join(",") });
}

export const api = {
  demo: () => request<{ logins: DemoLogin[] }>("/demo"),
  signIn: (login: string, password: string, otp?: string) =>
    request<{ user: Me["user"] }>("/session", { method: "POST", body: { login, password, otp } }),
  signOut: () => request<void>("/session", { method: "DELETE" }),
  me: () => request<Me>("/me"),
  counts: () => request<Counts>("/me/counts"),
  saveLocale: (language: string) => request<unknown>("/me", { method: "PATCH", body: { locale: language } }),
  changePassword: (old: string, next: string) =>
    request<void>("/me/password", { method: "POST", body: { old, new: next } }),
  app: () => request<AppConfig>("/app"),
  /* What one's role may only read, or sees masked, is as read-only as what nobody writes. */
  objects: () => request<{ items: ObjectDef[] }>("/objects").then(({ items }) => ({
    items: items.map((object) => ({ ...object, fields: object.fields.map((field) => (field.mode ? { ...field, readonly: true } : field)) })),
  })),
  reveal: (object: string, id: string, field: string, reason?: string) =>
    request<{ value: unknown }>(`/records/${encodeURIComponent(object)}/${id}/reveal`, { method: "POST", body: { field, ...(reason ? { reason } : {}) } }),
  pipelines: () => request<{ items: PipelineDef[] }>("/pipelines"),

  records: (object: string, params: RecordQuery, signal?: AbortSignal) =>
    request<Page<Row>>(`/records/${part(object)}${recordQuery(params)}`, { signal }),
  record: (object: string, id: string, fields?: string[]) =>
    request<Row & { can?: Record<string, boolean> }>(
      `/records/${part(object)}/${part(id)}${query({ fields: fields?.join(",") })}`,
    ),
  create: (object: string, values: Record<string, Value>) =>
    request<Row>(`/records/${part(object)}`, {
      method: "POST", body: { id: uuid(), ...values }, key: values.id ? String(values.id) : undefined,
    }),
  update: (object: string, id: string, version: number, values: Record<string, Value>) =>
    request<Row>(`/records/${part(object)}/${part(id)}`, { method: "PATCH", body: values, version }),
  /* Up to 1000, all or none. */
  updateMany: (object: string, records: { id: string; version?: number; [field: string]: Value | undefined }[]) =>
    request<{ records: Row[] }>(`/records/${part(object)}`, { method: "PATCH", body: { records } }),
  remove: (object: string, id: string, version?: number) =>
    request<void>(`/records/${part(object)}/${part(id)}`, { method: "DELETE", version }),
  restore: (object: string, id: string) =>
    request<unknown>(`/records/${part(object)}/${part(id)}/restore`, { method: "POST", body: {} }),
  history: (object: string, id: string, after?: string | null) =>
    request<Page<HistoryItem>>(
      `/records/${part(object)}/${part(id)}/history${query({ limit: 50, after })}`,
    ),
  moves: (object: string, id: string) =>
    request<{ items: Move[] }>(`/records/${part(object)}/${part(id)}/moves`),
  move: (
    object: string, id: string, version: number,
    body: { stage: string; reason?: string; fields?: Record<string, Value> },
  ) =>
    request<Row>(`/records/${part(object)}/${part(id)}/move`, { method: "POST", body, version }),
  assign: (object: string, id: string, version: number, owner: string) =>
    request<Row>(`/records/${part(object)}/${part(id)}/assign`, { method: "POST", body: { owner }, version }),
  aggregate: (
    object: string,
    body: { where?: string; group?: (string | object)[]; values: string[]; order?: string; limit?: number },
  ) =>
    request<{ rows: Record<string, Value>[] }>(`/query/${part(object)}`, { method: "POST", body }),
  exportUrl: (object: string, format: "csv" | "xlsx", params: RecordQuery) =>
    `${ROOT}/export/${part(object)}.${format}${recordQuery(params)}`,

  views: (object: string) => request<{ items: View[] }>(`/views${query({ object })}`),
  createView: (view: Omit<View, "id" | "owner" | "version">) => request<View>("/views", { method: "POST", body: view }),
  updateView: (id: string, change: Partial<View>) =>
    request<View>(`/views/${part(id)}`, { method: "PATCH", body: change }),
  removeView: (id: string) => request<void>(`/views/${part(id)}`, { method: "DELETE" }),
  adoptView: (id: string, body: { name: string; label: Label; position?: number }) => request<View>(`/views/${part(id)}/adopt`, { method: "POST", body }),
  releaseView: (name: string) => request<View>(`/views/${part(name)}/release`, { method: "POST", body: {} }),
  viewHistory: (id: string) => request<ViewHistory>(`/views/${part(id)}/history`),
  undoView: (id: string, entry: number) => request<void>(`/views/${part(id)}/history/${entry}/undo`, { method: "POST", body: {} }),

  tasks: (params: { open?: number; assignee?: string; record?: string; limit?: number; after?: string | null }) =>
    request<Page<Task> & { done_today?: number }>(`/tasks${query(params)}`),
  taskDone: (id: string, outcome: string) =>
    request<Task>(`/tasks/${part(id)}/done`, { method: "POST", body: { outcome } }),
  taskReschedule: (id: string, due_at: string) =>
    request<Task>(`/tasks/${part(id)}/reschedule`, { method: "POST", body: { due_at } }),
  alerts: (params: {
    open?: number; level?: string; owner?: string; record?: string; rule?: string; limit?: number; after?: string | null;
  }) => request<Page<Alert>>(`/alerts${query(params)}`),
  intervene: (id: string, kind: string, text: string) =>
    request<Alert>(`/alerts/${part(id)}/interventions`, { method: "POST", body: { kind, text } }),
  messages: (params: { unread?: number; limit?: number; after?: string | null }) =>
    request<Page<Message> & { unread: number }>(`/messages${query(params)}`),
  messagesRead: (which: { ids: string[] } | { all: true }) =>
    request<{ unread: number }>("/messages/read", { method: "POST", body: which }),
  eventsUrl: `${ROOT}/events`,

  measures: () => request<{ items: MeasureDef[] }>("/measures"),
  measure: (name: string, params: { scope?: string; from?: string; to?: string; by?: string; drill?: number }) =>
    request<Measure>(`/measures/${part(name)}${query(params)}`),
  /* One answer for a whole table. */
  measureOfAll: (name: string, scopes: string[], params: { from?: string; to?: string; by?: string }) =>
    request<{ items: Measure[] }>(`/measures/${part(name)}${query({ ...params, scopes: scopes.join(",") })}`),
  settings: () => request<Settings>("/settings"),
  saveSettings: (change: Partial<Settings>) => request<Settings>("/settings", { method: "PATCH", body: change }),

  /* With a record also what it gives there. */
  checkFormula: (object: string, formula: string, record?: string | null) =>
    request<{ type: string; canonical: string; uses: string[]; value?: Value; label?: string }>("/formulas/check", {
      method: "POST", body: { object, formula, ...(record && { record }) },
    }),
  /* Which fields a form shows, requires and locks for the values it holds. */
  formState: (object: string, values: Record<string, Value>, record?: string | null, conditions: string[] = []) =>
    request<FormState>("/formulas/form", { method: "POST", body: { object, values, ...(record && { record }), ...(conditions.length > 0 && { conditions }) } }),
  upload,
  files: (ids: string[]) => request<{ items: FileInfo[] }>(`/files${query({ ids: ids.join(",") })}`),
  fileUrl: (id: string) => `${ROOT}/files/${part(id)}`,
};
