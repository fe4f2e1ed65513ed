import type { IncomingMessage, ServerResponse } from "node:http";
import type { Connect, Plugin } from "vite";
import { type Condition, parseFilter } from "../src/base/formula.ts";
import { adminRoute } from "./mock_admin.ts";
import { app } from "./mock_app.ts";
import { alerts, changes, HOUR, id, iso, type Json, levelOf, logs, me, messages, objects, pipelines, STAGES, stays, store, tasks, users } from "./mock_data.ts";

/* The API contract, played by a few maps in memory. `?slow` nothing, `LATENCY_MS` for all. */
const LATENCY_MS = Number(process.env.MOCK_LATENCY_MS ?? 30);
const streams = new Set<ServerResponse>();
const views: Json[] = [
  { id: "opportunity_mine", object: "opportunity", name: "我的", layout: "grid", where: "owner = ME()", order: "-amount", columns: [], shared: "all", owner: null, can_edit: false },
  { id: "opportunity_danger", object: "opportunity", name: "有风险", layout: "grid", where: 'stall_level IN ("orange", "red")', order: "-amount", columns: [], shared: "all", owner: null, can_edit: false },
];
let isSignedIn = process.env.MOCK_SIGNED_IN === "1";

class Problem extends Error {
  constructor(readonly status: number, readonly detail: string, readonly errors: Json[] = []) { super(detail); }
}

function send(name: string, data: Json) {
  for (const stream of streams) stream.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}

function value(object: string, row: Json, path: string): Json {
  const [head, ...rest] = path.split(".");
  let v = row[head!];
  if (object === "opportunity") {
    if (head === "stall_level") v = levelOf(row);
    const last = () => logs.filter((l) => l.opportunity === row.id).sort((a, b) => b.contacted_at.localeCompare(a.contacted_at))[0];
    if (head === "last_conclusion") v = last()?.conclusion ?? null;
    if (head === "last_next_action") v = last()?.next_action ?? null;
    if (head === "last_next_due") v = last()?.next_action_due ?? null;
  }
  if (rest.length === 0) return v ?? null;
  const field = objects.find((o) => o.name === object)?.fields.find((f: Json) => f.name === head);
  const to = field?.type === "person" || head === "by" || head === "owner" ? "user" : field?.type === "team" ? "team" : field?.to;
  const target = to && store[to]?.find((r) => r.id === v);
  return target ? value(to, target, rest.join(".")) : null;
}

function holds(object: string, row: Json, { field, op, value: want }: Condition): boolean {
  const v = value(object, row, field);
  const one = Array.isArray(want) ? want[0] : want;
  const many = Array.isArray(want) ? want : [want];
  const dayOf = (days: number) => new Date(Math.floor((Date.now() + 8 * HOUR) / 864e5) * 864e5 - 8 * HOUR + days * 864e5).toISOString();
  const time = v === null ? null : new Date(v).toString() === "Invalid Date" ? null : new Date(v).toISOString();
  switch (op) {
    case "raw": return !/STAGE_KIND\(\) = "open"/.test(String(one)) || (row.stage !== "won" && row.stage !== "lost");
    case "blank": return v === null;
    case "not_blank": return v !== null;
    case "me": return v === me.id;
    case "true": return v === true;
    case "false": return v === false;
    case "is": return v === one;
    case "is_not": return v !== null && v !== one;
    case "in": return many.includes(v);
    case "not_in": return v !== null && !many.includes(v);
    case "contains": return String(v ?? "").includes(String(one));
    case "not_contains": return !String(v ?? "").includes(String(one));
    case "ge_hours": return v !== null && Number(v) >= Number(one) * HOUR;
    case "le_hours": return v !== null && Number(v) <= Number(one) * HOUR;
    case "gt": return v !== null && Number(v) > Number(one);
    case "ge": return v !== null && Number(v) >= Number(one);
    case "lt": return v !== null && Number(v) < Number(one);
    case "le": return v !== null && Number(v) <= Number(one);
    case "eq": return v !== null && Number(v) === Number(one);
    case "ne": return v !== null && Number(v) !== Number(one);
    case "between": return v !== null && Number(v) >= Number(many[0]) && Number(v) <= Number(many[1]);
    case "last_days": return time !== null && time >= dayOf(-Number(one));
    case "older_days": return time !== null && time < dayOf(-Number(one));
    case "next_days": return time !== null && time >= dayOf(0) && time <= dayOf(Number(one));
    case "on_after": return v !== null && String(v).slice(0, 10) >= String(one);
    case "before": return v !== null && String(v).slice(0, 10) < String(one);
  }
}

function matches(object: string, where: string | null): (row: Json) => boolean {
  if (!where?.trim()) return () => true;
  const today = /(\w+) >= TODAY\(\) AND \1 < TODAY\(\) \+ 1/.exec(where);
  const rest = today ? where.replace(today[0], `NOT ISBLANK(${today[1]})`) : where;
  const filter = parseFilter(rest.replace(/\bAND \((.*)\)$/, "AND $1"));
  if (!filter) return () => true;
  const bound = (row: Json) => !today || new Date(Date.parse(row[today[1]!]) + 8 * HOUR).toISOString().slice(0, 10) === new Date(Date.now() + 8 * HOUR).toISOString().slice(0, 10);
  return (row) => bound(row) && (filter.join === "OR" ? filter.conditions.some((c) => holds(object, row, c)) : filter.conditions.every((c) => holds(object, row, c)));
}

function shape(object: string, row: Json, fields: string | null): Json {
  const names = fields ? fields.split(",") : (objects.find((o) => o.name === object)?.fields.map((f: Json) => f.name) ?? Object.keys(row));
  const out: Json = { id: row.id, version: row.version };
  for (const name of names) out[name] = value(object, row, name);
  return out;
}

function list(object: string, q: URLSearchParams): Json {
  const all = store[object];
  if (!all) throw new Problem(404, "没有这种记录");
  const text = q.get("q")?.toLowerCase();
  const title = objects.find((o) => o.name === object)?.title_field;
  let rows = all.filter(matches(object, q.get("where"))).filter((r) => !text || String(r[title] ?? "").toLowerCase().includes(text));
  const order = q.get("order")?.split(",")[0];
  if (order) {
    const path = order.replace(/^-/, "");
    const sign = order.startsWith("-") ? -1 : 1;
    rows = [...rows].sort((a, b) => {
      const x = value(object, a, path);
      const y = value(object, b, path);
      if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
      return sign * (isNaN(Number(x)) ? String(x).localeCompare(String(y), "zh") : Number(x) - Number(y));
    });
  }
  const start = Number(q.get("after") ?? 0);
  const limit = Number(q.get("limit") ?? 50);
  const count = rows.length;
  return {
    items: rows.slice(start, start + limit).map((r) => shape(object, r, q.get("fields"))), next: start + limit < count ? String(start + limit) : null,
    ...(q.get("count") === "capped" ? { count: Math.min(count, 1000), count_capped: count > 1000 } : q.get("count") === "exact" ? { count } : {}),
  };
}

function gateErrors(row: Json, stage: string): Json[] {
  const from = STAGES.indexOf(row.stage);
  const to = STAGES.indexOf(stage);
  const errors: Json[] = [];
  if (stage === "lost" && !row.lost_reason) errors.push({ code: "gate", field: "lost_reason", gate: "lost_reason", message: "输单前要写清输单原因", needs: { field: "lost_reason" } });
  if (stage === "won" && !row.expected_close) errors.push({ code: "gate", field: "expected_close", gate: "close_date", message: "成交前要有成交日期", needs: { field: "expected_close" } });
  if (stage === "negotiation" && !row.competitor) errors.push({ code: "gate", field: "competitor", gate: "competitor", message: "进入谈判前要写清竞争对手", needs: { field: "competitor" } });
  if (stage !== "lost" && to < from) errors.push({ code: "reason_required", field: "reason", message: "退回阶段需要原因" });
  if (stage !== "lost" && to > from + 1) errors.push({ code: "skip_denied", field: null, message: "你的角色不能跳过阶段，请逐步推进" });
  return errors;
}

const kindOf = (row: Json, stage: string) => stage === "won" ? "win" : stage === "lost" ? "lose" : STAGES.indexOf(stage) < STAGES.indexOf(row.stage) ? "back" : STAGES.indexOf(stage) > STAGES.indexOf(row.stage) + 1 ? "skip" : "forward";

function move(row: Json, body: Json): Json {
  const merged = { ...row, ...body.fields };
  const errors = gateErrors(merged, body.stage).filter((e) => e.code !== "reason_required" || !body.reason);
  if (errors.length) throw new Problem(422, "还有条件没有满足", errors);
  const last = stays.filter((s) => s.record === row.id && !s.left_at)[0];
  if (last) last.left_at = iso(Date.now());
  stays.push({ id: id(), version: 1, object: "opportunity", record: row.id, stage: body.stage, entered_at: iso(Date.now()), left_at: null, move: kindOf(row, body.stage), by: me.id, owner: row.owner, reason: body.reason ?? null });
  Object.assign(row, body.fields, { stage: body.stage, stage_entered_at: iso(Date.now()), last_contact_at: iso(Date.now()), version: row.version + 1, closed_at: ["won", "lost"].includes(body.stage) ? iso(Date.now()) : null });
  clear(row.id);
  send("change", { object: "opportunity", id: row.id, version: row.version });
  return row;
}

function clear(record: string) {
  for (const alert of alerts) if (alert.record === record && !alert.cleared_at) { alert.cleared_at = iso(Date.now()); send("alert", { id: alert.id }); }
  for (const task of tasks) if (task.record === record && task.kind === "stall" && !task.done_at) { task.done_at = iso(Date.now()); send("task", { id: task.id }); }
}

function create(object: string, body: Json): Json {
  const def = objects.find((o) => o.name === object)!;
  const missing = def.fields.filter((f: Json) => f.required && (body[f.name] === undefined || body[f.name] === null || body[f.name] === ""));
  if (missing.length) throw new Problem(422, "有必填项没有填写", missing.map((f: Json) => ({ field: f.name, code: "required", message: `请填写${f.label.zh}` })));
  const row: Json = { version: 1, owner: me.id, created_at: iso(Date.now()), updated_at: iso(Date.now()), ...body };
  row.id ??= id();
  if (def.pipeline) Object.assign(row, { pipeline: "standard", stage: "lead", stage_entered_at: row.created_at, number: "SJ-2026-009999" });
  if (object === "contact_log") {
    row.substantive = row.conclusion.replace(/已沟通|正常推进|\s|[，。]/g, "").length >= 8;
    const target = store.opportunity!.find((o) => o.id === row.opportunity);
    if (row.substantive && target) { target.last_contact_at = row.contacted_at; clear(target.id); }
  }
  store[object]!.unshift(row);
  changes.unshift({ record: row.id, version: 1, at: row.created_at, by: me.id, by_name: me.name, kind: "create", changes: [] });
  send("change", { object, id: row.id, version: 1 });
  return row;
}

function update(object: string, row: Json, body: Json): Json {
  if (body.amount !== undefined && body.amount !== null && Number(body.amount) < 0) throw new Problem(422, "金额不能为负", [{ field: "amount", code: "range", message: "金额不能小于 0" }]);
  const version = row.version + 1;
  changes.unshift({ record: row.id, version, at: iso(Date.now()), by: me.id, by_name: me.name, kind: "update", changes: Object.keys(body).map((field) => ({ field, old: row[field] ?? null, new: body[field] })) });
  Object.assign(row, body, { version, updated_at: iso(Date.now()) });
  send("change", { object, id: row.id, version });
  return row;
}

function measure(name: string): Json {
  const base: Json = { action_timeliness: 0.78, information_completeness: 0.94, alert_response: 0.81, phi: 84.3 };
  return { measure: name, scope: "me", from: "", to: "", value: base[name] ?? null, numerator: 39, denominator: 50, parts: [], series: [] };
}

function query(object: string, body: Json): Json {
  const groups = new Map<string, Json[]>();
  for (const row of store[object]!.filter(matches(object, body.where ?? null))) {
    const key = (body.group ?? []).map((g: string) => value(object, row, g)).join("|");
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return {
    rows: [...groups].map(([key, rows]) => {
      const out: Json = {};
      (body.group ?? []).forEach((g: string, i: number) => (out[g] = key.split("|")[i]));
      for (const v of body.values) {
        if (v === "COUNT()") out[v] = rows.length;
        else if (v.startsWith("SUM(HOURS_SINCE")) out[v] = rows.reduce((sum, r) => sum + (Date.now() - Date.parse(r.stage_entered_at)) / HOUR, 0);
        else if (/^SUM/.test(v)) out[v] = rows.reduce((sum, r) => sum + Number(r[v.slice(4, -1)] ?? 0), 0).toFixed(2);
      }
      return out;
    }),
  };
}

const counts = () => ({ unread: messages.filter((m) => !m.read_at).length, tasks: tasks.filter((t) => !t.done_at && t.assignee === me.id).length, alerts: { yellow: alerts.filter((a) => !a.cleared_at && a.level === "yellow").length, orange: alerts.filter((a) => !a.cleared_at && a.level === "orange").length, red: alerts.filter((a) => !a.cleared_at && a.level === "red").length } });
const may = { create: true, read: true, update: true, delete: true, export: true, import: true };
const by = (rows: Json[], key: string): Json => {
  const row = rows.find((r) => r.id === key);
  if (!row) throw new Problem(404, "找不到");
  return row;
};

function route(method: string, path: string, q: URLSearchParams, body: Json): Json {
  const p = path.split("/").slice(1);
  if (path === "/demo") return { logins: [["lina", "rep", "销售员", "Sales rep", "李娜"], ["wangqiang", "supervisor", "主管", "Supervisor", "王强"], ["zhangwei", "director", "总监", "Director", "张伟"], ["liuyang", "admin", "管理员", "Admin", "刘洋"]].map(([login, role, zh, en, name]) => ({ login, password: "demo", role, role_label: { zh, en }, name })) };
  if (path === "/session" && method === "POST") {
    if (body.password !== "demo") throw new Problem(401, "账号或密码不对");
    isSignedIn = true;
    return { user: me, token: "t" };
  }
  if (path === "/session") { isSignedIn = false; return undefined; }
  if (!isSignedIn) throw new Problem(401, "请先登录");
  const admin = adminRoute(method, path, q, body);
  if (admin === null) throw new Problem(404, "找不到");
  if (admin !== undefined) return admin;
  if (path === "/me") return { user: { ...me, role_label: { zh: "销售员", en: "Sales rep" }, team_name: "华北一组" }, workspace: { company: "远航智能装备", zone: "Asia/Shanghai", currency: "CNY", demo: true, setup_done: true }, now: iso(Date.now()), csrf: "x", version: "0.1.0", permissions: { admin: true, configure: true, intervene: true, import: true, export: true, objects: Object.fromEntries(objects.map((o) => [o.name, may])) } };
  if (path === "/me/counts") return counts();
  if (path === "/app") return app;
  if (path === "/objects") return { items: objects };
  if (path === "/pipelines") return { items: pipelines };
  if (path === "/measures") return { items: [["action_timeliness", "动作及时率", "Action timeliness", 0.85], ["information_completeness", "信息完整率", "Completeness", 0.9], ["phi", "过程健康度", "Process health", 85]].map(([name, zh, en, baseline]) => ({ name, label: { zh, en }, unit: name === "phi" ? "score" : "fraction", baseline, better: "up" })) };
  if (p[0] === "measures") return measure(p[1]!);
  if (p[0] === "query") return query(p[1]!, body);
  if (p[0] === "views") {
    if (method === "GET") return { items: views.filter((v) => v.object === q.get("object")) };
    if (method === "POST") { const v = { id: id(), owner: me.id, can_edit: true, ...body }; views.push(v); return v; }
    const v = by(views, p[1]!);
    if (method === "DELETE") { views.splice(views.indexOf(v), 1); return undefined; }
    return Object.assign(v, body);
  }
  if (path === "/tasks") return { items: tasks.filter((t) => !t.done_at), next: null, done_today: tasks.filter((t) => t.done_at).length };
  if (p[0] === "tasks") {
    const task = by(tasks, p[1]!);
    if (p[2] === "done") { Object.assign(task, { done_at: iso(Date.now()), outcome: body.outcome }); send("task", { id: task.id }); }
    else task.due_at = body.due_at;
    return task;
  }
  if (path === "/alerts") return { items: alerts.filter((a) => (!q.get("record") || a.record === q.get("record")) && (!q.get("open") || !a.cleared_at) && (!q.get("level") || a.level === q.get("level"))).slice(0, 60), next: null };
  if (p[0] === "alerts") { const a = by(alerts, p[1]!); a.interventions.push({ id: id(), ...body, by: me.id, by_name: me.name, at: iso(Date.now()) }); send("alert", { id: a.id }); return a; }
  if (path === "/messages") return { items: messages.filter((m) => !q.get("unread") || !m.read_at), next: null, unread: counts().unread };
  if (path === "/messages/read") { for (const m of messages) if (body.all || body.ids.includes(m.id)) m.read_at = iso(Date.now()); send("inbox", { unread: counts().unread }); return { unread: counts().unread }; }
  if (path === "/formulas/check") {
    if (!parseFilter(body.formula) && !/HOURS_SINCE|IF\(/.test(body.formula)) throw new Problem(422, "公式有误", [{ field: "formula", code: "syntax", message: "这里看不懂", position: 7, length: 3, hint: "检查括号和引号是否成对" }]);
    return { type: "boolean", canonical: body.formula, uses: [] };
  }
  if (p[0] === "records") return records(method, p, q, body);
  throw new Problem(404, "没有这个接口");
}

function records(method: string, p: string[], q: URLSearchParams, body: Json): Json {
  const object = p[1]!;
  const rows = store[object];
  if (!rows) throw new Problem(404, "没有这种记录");
  if (!p[2]) return method === "POST" ? shape(object, create(object, body), null) : list(object, q);
  if (p[3] === "restore") return {};
  const row = by(rows, p[2]);
  if (p[3] === "history") return { items: changes.filter((c) => c.record === row.id), next: null };
  if (p[3] === "moves") return { items: STAGES.filter((s) => s !== row.stage).map((stage) => { const errors = gateErrors(row, stage); return { stage, move: kindOf(row, stage), allowed: errors.every((e) => e.code === "reason_required"), reason_required: errors.some((e) => e.code === "reason_required"), errors }; }) };
  if (p[3] === "move") return shape(object, move(row, body), null);
  if (p[3] === "assign") return update(object, row, { owner: body.owner });
  if (method === "GET") return { ...shape(object, row, q.get("fields")), can: { update: true, delete: true, move: true, assign: true } };
  if (method === "PATCH") return shape(object, update(object, row, body), null);
  rows.splice(rows.indexOf(row), 1);
  send("change", { object, id: row.id, deleted: true });
  return undefined;
}

function answer(req: IncomingMessage, res: ServerResponse, text: string) {
  const url = new URL(req.url!, "http://x");
  const path = url.pathname.replace("/api/v1", "");
  if (path === "/events") {
    if (!isSignedIn) { res.statusCode = 401; return res.end(); }
    res.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
    res.write(`event: hello\ndata: ${JSON.stringify({ now: iso(Date.now()) })}\n\n`);
    streams.add(res);
    res.on("close", () => streams.delete(res));
    return;
  }
  try {
    const out = route(req.method!, path, url.searchParams, text && /json/.test(String(req.headers["content-type"])) ? JSON.parse(text) : {});
    res.statusCode = out === undefined ? 204 : req.method === "POST" ? 201 : 200;
    res.setHeader("Content-Type", "application/json");
    res.end(out === undefined ? undefined : JSON.stringify(out));
  } catch (error) {
    const problem = error instanceof Problem ? error : new Problem(500, String((error as Error).stack));
    res.statusCode = problem.status;
    res.setHeader("Content-Type", "application/problem+json");
    res.end(JSON.stringify({ type: "about:blank", title: "problem", status: problem.status, detail: problem.detail, errors: problem.errors }));
  }
}

export function mock(): Plugin {
  void users;
  return {
    name: "leadline-mock",
    configureServer: play,
    /* vite preview: the built bundle against the mock. */
    configurePreviewServer: play,
  };
}

function play(server: { middlewares: Connect.Server }) {
  server.middlewares.use((req, res, next) => {
    if (!req.url?.startsWith("/api/v1")) return next();
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => setTimeout(() => answer(req, res, Buffer.concat(chunks).toString()), LATENCY_MS));
  });
}
