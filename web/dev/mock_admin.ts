import { alerts, commitments, id, iso, type Json, logs, me, objects, opportunities, pipelines, store, teams, users } from "./mock_data.ts";

/* The doors of panels, imports and set-up, for development; undefined: not one of these. */
const L = (zh: string, en: string) => ({ zh, en });
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const defs: Json[] = [
  { name: "action_timeliness", label: L("动作及时率", "Action timeliness"), help: L("到期后 24 小时内完成的承诺 ÷ 期内应完成的承诺；未完成算不及时", "Commitments done within 24 hours after they were due ÷ commitments whose time was up"), unit: "fraction", baseline: 0.85, better: "up" },
  { name: "information_completeness", label: L("信息完整率", "Information completeness"), help: L("结论和下一步都填写的跟进记录 ÷ 期内全部跟进记录", "Logs with both conclusion and next action ÷ all logs of the period"), unit: "fraction", baseline: 0.9, better: "up" },
  { name: "alert_response", label: L("预警响应率", "Alert response"), help: L("4 小时内有第一次干预的红色预警 ÷ 期内响应期满的红色预警", "Red alerts answered by a first intervention within 4 hours ÷ red alerts whose 4 hours were up"), unit: "fraction", baseline: 0.95, better: "up" },
  { name: "phi", label: L("过程健康度", "Process health"), help: L("动作及时率、信息完整率、预警响应率的加权平均 × 100", "Weighted mean of the three rates × 100"), unit: "score", baseline: 85, better: "up", parts: [{ measure: "action_timeliness", weight: 1 }, { measure: "information_completeness", weight: 1 }, { measure: "alert_response", weight: 1 }] },
  { name: "log_count", label: L("跟进记录数", "Contact logs"), help: L("期内全部跟进记录", "All contact logs of the period"), unit: "number", better: "up" },
  { name: "open_amount", label: L("在谈金额", "Open amount"), help: L("现在未关闭的商机金额", "Amount of deals open now"), unit: "money", better: "up" },
  { name: "win_rate", label: L("赢单率", "Win rate"), help: L("成交 ÷ 期内关闭", "Won ÷ closed in the period"), unit: "fraction", better: "up" },
  { name: "lost_count", label: L("输单数", "Deals lost"), help: L("期内输掉的商机", "Deals lost in the period"), unit: "number", better: "down" },
];

function noise(text: string): number {
  let hash = 7;
  for (const c of text) hash = (hash * 31 + c.codePointAt(0)!) % 100003;
  return (hash % 1000) / 1000;
}

function one(name: string, scope: string, from: string, to: string): Json {
  const days = Math.max(1, (Date.parse(to) - Date.parse(from)) / DAY);
  const size = scope === "all" ? 24 : scope.startsWith("team") ? 6 : 1;
  const r = noise(name + scope + from);
  if (name === "phi") {
    const parts = defs[3].parts.map((part: Json) => ({ ...part, value: one(part.measure, scope, from, to).value }));
    const known = parts.filter((part: Json) => part.value !== null);
    return { value: known.length ? (100 * known.reduce((s: number, p: Json) => s + p.value, 0)) / known.length : null, numerator: null, denominator: null, parts };
  }
  if (name === "log_count" || name === "lost_count") { const n = Math.round(days * size * (name === "log_count" ? 3 : 0.08) * (0.6 + r)); return { value: n, numerator: null, denominator: n }; }
  if (name === "open_amount") return { value: (size * 4_000_000 * (0.6 + r)).toFixed(2), numerator: null, denominator: 40 * size };
  const base: Json = { action_timeliness: 0.82, information_completeness: 0.93, alert_response: 0.72, win_rate: 0.31 };
  const d = Math.round(size * days * (name === "alert_response" ? 0.3 : 0.9) * (0.5 + r));
  if (d === 0) return { value: null, numerator: 0, denominator: 0 };
  const n = Math.min(d, Math.round(d * (base[name] + (r - 0.5) * 0.24)));
  return { value: n / d, numerator: n, denominator: d };
}

function measure(name: string, q: URLSearchParams): Json {
  const scope = q.get("scope") ?? "me";
  const from = q.get("from")!;
  const to = q.get("to")!;
  const by = q.get("by");
  const series: Json[] = [];
  for (let at = Date.parse(from); by && at < Date.parse(to);) {
    const next = Math.min(by === "day" ? at + DAY : by === "week" ? at + 7 * DAY : Date.UTC(new Date(at).getUTCFullYear(), new Date(at).getUTCMonth() + 1, 1), Date.parse(to));
    series.push({ from: iso(at), to: iso(next), ...one(name, scope, iso(at), iso(next)) });
    at = next;
  }
  const out: Json = { measure: name, scope, from, to, parts: [], series, ...one(name, scope, from, to) };
  if (q.get("drill")) {
    const [object, rows] = name === "action_timeliness" ? ["commitment", commitments] : name === "alert_response" ? ["alert", alerts] : name === "information_completeness" || name === "log_count" ? ["contact_log", logs] : ["opportunity", opportunities];
    out.records = rows.slice(0, Math.min(60, out.denominator ?? 20)).map((row: Json, i: number) => ({ object, id: row.id, measure: name, met: i % 4 !== 3 }));
  }
  return out;
}

store.alert ??= alerts;

function reached(body: Json, rows: Json[]): Json {
  const out: Json = {};
  const order = pipelines[0].stages.map((s: Json) => s.name);
  for (const value of body.values) {
    const names = [...value.matchAll(/"(\w+)"/g)].map((m: Json) => m[1]);
    out[value] = rows.filter((o) => names.includes(o.stage) || (o.stage === "lost" && order.indexOf(names[0]) <= 1 + Math.floor(noise(o.id) * 4))).length;
  }
  return { rows: [out] };
}

function stageStays(body: Json): Json {
  const isBack = body.where.includes('move = "back"');
  if (isBack) return { rows: [{ entered_from: "negotiation", stage: "proposal", "COUNT()": 9 }, { entered_from: "proposal", stage: "requirement", "COUNT()": 5 }] };
  return { rows: opportunities.slice(0, 600).flatMap((o: Json, i: number) => pipelines[0].stages.slice(0, 1 + (i % 5)).map((s: Json, k: number) => {
    const from = Date.now() - (30 - k * 5) * DAY;
    const length = (k === 3 ? 11 : 3 + k) * DAY * (0.3 + noise(o.id + k) * 1.6);
    return { stage: s.name, entered_at: iso(from), left_at: from + length > Date.now() ? null : iso(from + length), "COUNT()": 1 };
  })) };
}

/* ---- set-up ---- */

const grants = (read: string) => ({ read, create: true, update: read, delete: "own", assign: "own", export: "none", import: false });
const roles: Json[] = [
  { name: "rep", label: L("销售员", "Sales rep"), grants: { "*": { read: "none" }, customer: grants("own"), opportunity: grants("own"), contact_log: { read: "own", create: true, update: "own" }, product: { read: "all" } }, fields: { "product.floor_price": "hidden" }, can: [] },
  { name: "supervisor", label: L("主管", "Supervisor"), grants: { customer: grants("team_below"), opportunity: grants("team_below"), product: { read: "all" } }, can: ["intervene", "skip_stage"] },
  { name: "director", label: L("总监", "Director"), grants: { "*": { read: "all", export: "all" } }, can: ["intervene", "export"] },
  { name: "admin", label: L("管理员", "Administrator"), grants: { "*": { read: "all", create: true, update: "all", delete: "all", assign: "all", export: "all", import: true } }, can: ["configure", "manage_people", "import_history", "audit"] },
];
const rules: Json[] = [
  { name: "stall_ladder", label: L("商机停滞三级预警", "Stalled deal, three levels"), kind: "ladder", object: "opportunity", when: 'stage IN ("lead", "contact")', enabled: true, respond_within: "4h", levels: [{ level: "yellow", after: "48h", tell: ["owner"], task: ["owner"] }, { level: "orange", after: "72h", tell: ["owner"], task: ["owner"] }, { level: "red", after: "5d", tell: ["owner", "supervisor"], task: ["owner", "supervisor"] }] },
  { name: "commitment_task", label: L("承诺生成待办", "Commitment becomes a task"), kind: "change", object: "commitment", on: ["create", "update"], when: "ISBLANK(done_at) AND CHANGED(due_at)", enabled: true, actions: [{ do: "finish_tasks", kind: "commitment" }, { do: "task", title: L("{what}", "{what}") }] },
  { name: "deal_won", label: L("成交喜报", "Deal won"), kind: "change", object: "opportunity", on: ["update"], when: 'CHANGED(stage) AND STAGE_KIND() = "won"', enabled: true, actions: [{ do: "notify", to: ["supervisor"], title: L("成交：{name}", "Won: {name}") }] },
];
Object.assign(pipelines[0].stages[3], { enter: [{ name: "amount_known", label: L("金额已填", "Amount known"), formula: "NOT ISBLANK(amount) AND amount > 0", message: L("请填写预计成交额", "Please fill in the amount"), needs: { field: "amount" } }] });
pipelines[0].stages.forEach((s: Json, i: number) => (s.probability = [0.05, 0.1, 0.25, 0.45, 0.7, 1, 0][i]));

/* ---- imports ---- */

const imports: Json[] = [];
const FAILED = Array.from({ length: 23 }, (_, i) => ({ row: 14 + i * 31, column: i % 3 ? "行业" : "客户名称", value: i % 3 ? "医药" : "", code: i % 3 ? "not_choice" : "required", message: i % 3 ? "没有“医药”这个选项" : "请填写名称" }));

function importRoute(method: string, p: string[]): Json {
  if (!p[1]) {
    if (method === "GET") return { items: [...imports].reverse().map(({ columns, failed, ...rest }) => ({ ...rest, failed_count: failed?.length ?? 0 })) };
    const made = {
      id: id(), state: "preview", object: "customer", file: "客户清单-2026年上半年.xlsx", rows: 8800, created_at: iso(Date.now()), by_name: me.name, warnings: ["第 3 行之前的说明文字已跳过"],
      columns: [
        { name: "客户名称", samples: ["恒信医疗器械有限公司", "瑞丰冷链", "华康精密"], field: "name" },
        { name: "行业", samples: ["医疗", "食品", "机械制造"], field: "industry", values: { distinct: [{ value: "医疗", count: 3120, to: "medical" }, { value: "食品", count: 2210, to: "food" }, { value: "机械制造", count: 1800, to: null }, { value: "医药", count: 16, to: null }], more: false } },
        { name: "级别", samples: ["A", "B", "C"], field: "grade", values: { distinct: [{ value: "A", count: 100, to: "A" }, { value: "B", count: 900, to: "B" }], more: false } },
        { name: "年采购（元）", samples: ["1,200,000", "85万", "430000"], field: "annual_purchase" },
        { name: "地区", samples: ["北京", "上海", "广西"], field: "region" },
        { name: "销售", samples: ["李娜", "王强", "张伟"], field: "owner" },
        { name: "备注", samples: ["老客户转介绍", "", "展会"], field: null },
        { name: "登记日期", samples: ["2025-03-02", "2025/4/11", "2025年5月1日"], field: "created_at" },
      ],
    };
    imports.push(made);
    return made;
  }
  const item = imports.find((other) => other.id === p[1]);
  if (!item) return null;
  if (p[2] === "check") return { ...item, created: 8777, updated: 0, skipped: 0, failed: FAILED };
  if (p[2] === "run") { item.state = "running"; item.startedAt = Date.now(); }
  if (p[2] === "cancel") item.state = "cancelled";
  if (method === "DELETE") item.state = "undone";
  if (item.state === "running") {
    const done = Math.min(item.rows, Math.floor((Date.now() - item.startedAt) * 2.2));
    item.progress = { done, total: item.rows };
    if (done === item.rows) Object.assign(item, { state: "done", created: 8777, updated: 0, skipped: 0, failed: FAILED, can_undo: true });
  }
  return item;
}

const list = (rows: Json[]) => ({ items: rows, next: null });

export function adminRoute(method: string, path: string, q: URLSearchParams, body: Json): Json {
  const p = path.split("/").slice(1);
  if (path === "/measures") return { items: defs };
  if (path === "/measures/scopes") return { items: [{ scope: "me", label: me.name, level: 0 }, { scope: "all", label: "", level: 0 }, ...teams.flatMap((team) => [{ scope: `team:${team.id}`, label: team.name, level: 1 }, ...users.filter((u) => u.team === team.id).map((u) => ({ scope: `user:${u.id}`, label: u.name, level: 2 }))])] };
  if (p[0] === "measures") return measure(p[1]!, q);
  if (p[0] === "query" && p[1] === "stage_stay") return stageStays(body);
  if (p[0] === "query" && /EXISTS/.test(body.values?.[0] ?? "")) return reached(body, opportunities.filter((_: Json, i: number) => i % 3 === 0));
  if (p[0] === "imports") return importRoute(method, p);
  if (p[0] === "roles") return list(roles);
  if (p[0] === "rules") { if (method === "GET") return list(rules); return Object.assign(rules.find((r) => r.name === p[1]), body); }
  if (p[0] === "pipelines" && method === "PATCH") return Object.assign(pipelines.find((x) => x.name === p[1])!, body);
  if (p[0] === "objects" && p[2] === "fields") {
    const object = objects.find((o) => o.name === p[1])!;
    if (method === "POST") object.fields.push({ stored: true, ...body });
    else if (method === "DELETE") object.fields = object.fields.filter((f: Json) => f.name !== p[3]);
    else Object.assign(object.fields.find((f: Json) => f.name === p[3]), body);
    return object;
  }
  if (p[0] === "users") {
    if (p[2] === "invite") return { token: "k3Jd82hfQ9" };
    if (method === "GET") return list(users);
    if (method === "POST") { users.push({ version: 1, disabled: false, ...body }); return { ...body, version: 1, ...(body.password ? {} : { invite: "k3Jd82hfQ9" }) }; }
    return Object.assign(users.find((u) => u.id === p[1])!, body);
  }
  if (p[0] === "teams") {
    if (method === "GET") return list(teams);
    if (method === "POST") { teams.push({ version: 1, ...body }); return body; }
    return Object.assign(teams.find((x) => x.id === p[1])!, body);
  }
  return undefined;
}
