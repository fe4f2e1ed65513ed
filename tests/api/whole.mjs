/*
 * A workspace in which everything is used: each type and property of fields, each kind of configuration, and of what
 * people and programs leave behind, at least one. What moves workspaces (copy, backup, packs) is tried on it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { digits } from "./scenario.mjs";
import { Failure } from "./server.mjs";

const label = (zh, en) => ({ zh, en });
const both = (text) => label(text, text);

const SLIP = {
  name: "slip", plural: "slips", owner: false, label: label("出库行", "Slip"),
  fields: [
    { name: "what", type: "text", label: label("品名", "What"), title: true, required: true },
    { name: "pieces", type: "integer", label: label("件数", "Pieces"), min: 1 },
    { name: "price", type: "money", label: label("单价", "Price") },
    { name: "amount", type: "formula", formula: "pieces * price", result: "money", stored: true, label: label("金额", "Amount") },
  ],
};
const CARGO = {
  name: "cargo", plural: "cargos", owner: true, pipeline: true, menu: true, icon: "box", label: label("货物", "Cargo"),
  label_plural: label("货物", "Cargoes"), search: ["name", "notes"], inherit: ["customer"],
  unique: [["code", "day"]],
  fields: [
    { name: "name", type: "text", label: label("名称", "Name"), help: label("货名\n（必填）", "What it is"), title: true, required: true, size_max: 200, width: 2 },
    { name: "number", type: "auto_number", pattern: "HW-{yyyy}-{0000}", label: label("编号", "Number") },
    { name: "customer", type: "reference", to: "customer", index: true, label: label("客户", "Customer") },
    { name: "grade", type: "lookup", via: "customer", field: "grade", stored: true, label: label("客户等级", "Grade") },
    { name: "region_of", type: "lookup", via: "customer", field: "region", label: label("客户区域", "Region of") },
    { name: "partners", type: "many_to_many", to: "customer", back: "partner_cargos", label: label("伙伴", "Partners") },
    { name: "notes", type: "long_text", label: label("备注", "Notes"), visible_if: "NOT ISBLANK(customer)" },
    { name: "story", type: "rich_text", label: label("说明", "Story") },
    { name: "code", type: "barcode", label: label("条码", "Code") },
    { name: "day", type: "date", default: "TODAY()", label: label("日期", "Day") },
    { name: "at", type: "datetime", label: label("时间", "At") },
    { name: "span", type: "duration", label: label("时长", "Span") },
    { name: "weight", type: "number", scale: 3, min: 0, label: label("重量", "Weight"), validate: { formula: "weight < 1000", message: label("太重", "Too heavy") } },
    { name: "value", type: "money", label: label("货值", "Value"), readonly_if: "sealed = TRUE" },
    { name: "share", type: "percent", label: label("占比", "Share") },
    { name: "sealed", type: "boolean", default: "FALSE", label: label("已封", "Sealed") },
    { name: "kind", type: "choice", index: true, label: label("种类", "Kind"), choices: [{ name: "cold", label: label("冷藏", "Cold"), color: "blue" }, { name: "dry", label: label("干货", "Dry"), color: "orange" }] },
    { name: "marks", type: "multi_choice", open: true, label: label("标记", "Marks"), choices: [{ name: "fragile", label: label("易碎", "Fragile") }, { name: "up", label: label("向上", "This side up") }] },
    { name: "keeper", type: "person", label: label("保管人", "Keeper"), required_if: "sealed = TRUE" },
    { name: "crew", type: "team", label: label("班组", "Crew") },
    { name: "photo", type: "file", accept: "image", label: label("照片", "Photo") },
    { name: "voice", type: "file", accept: "audio", label: label("录音", "Voice") },
    { name: "signed", type: "signature", label: label("签名", "Signed") },
    { name: "tel", type: "phone", personal: "phone", unique: true, label: label("电话", "Tel") },
    { name: "mail", type: "mail", personal: true, label: label("邮箱", "Mail") },
    { name: "account", type: "text", personal: "bank", label: label("账号", "Account") },
    { name: "site", type: "url", label: label("网址", "Site") },
    { name: "where_from", type: "region", label: label("产地", "From") },
    { name: "place", type: "geo", label: label("位置", "Place") },
    { name: "worth", type: "formula", formula: "value * share", result: "money", stored: true, label: label("份额", "Worth") },
    { name: "age", type: "formula", formula: "DAYS_BETWEEN(day, TODAY())", label: label("天数", "Age") },
  ],
};
const LATER = [
  ["cargo", { name: "slips_in", type: "sub_table", to: "slip", via: "cargo", label: label("明细", "Slips") }],
  ["cargo", { name: "total", type: "rollup", relation: "slips_in", function: "sum", field: "amount", stored: true, label: label("合计", "Total") }],
  ["customer", { name: "cargo_count", type: "rollup", relation: "cargos", function: "count", where: "kind = \"cold\"", stored: true, index: true, label: label("冷藏货物数", "Cold cargoes") }],
  ["customer", { name: "last_cargo", type: "rollup", relation: "cargos", function: "last", field: "name", label: label("最近货物", "Last cargo") }],
];
const PIPELINE = {
  name: "cargo_way", object: "cargo", label: label("流转", "Way"),
  stages: [
    { name: "in", label: label("入库", "In"), kind: "open", probability: 0.2, stall: { yellow: "1h" } },
    { name: "kept", label: label("在库", "Kept"), kind: "open", optional: true, probability: 0.5, enter: [{ name: "weighed", label: label("已称重", "Weighed"), formula: "NOT ISBLANK(weight)", message: label("先称重", "Weigh it first"), needs: { field: "weight" } }] },
    { name: "out", label: label("出库", "Out"), kind: "won" }, { name: "lost", label: label("丢失", "Lost"), kind: "lost" },
  ],
};
const RULES = [
  { name: "cargo_in", kind: "change", object: "cargo", on: ["create"], label: label("入库通知", "In"), actions: [
    { do: "notify", to: ["keeper"], level: "yellow", title: label("{name} 已入库", "{name} is in"), body: label("{customer}", "{customer}") },
    { do: "task", kind: "weigh", title: label("称重 {name}", "Weigh {name}"), assignee: "owner", due: "NOW() + 1" }] },
  { name: "cargo_still", kind: "ladder", object: "cargo", since: "stage_entered_at", when: "STAGE_KIND() = \"open\"", respond_within: "2h", label: label("滞留", "Still"),
    levels: [{ level: "yellow", after: "1h", tell: ["owner"], task: ["owner"] }, { level: "red", after: "3d", tell: ["owner", "supervisor"] }],
    title: label("{name} 滞留", "{name} stands still"), body: label("{value}", "{value}"), task_title: label("移走 {name}", "Move {name}"),
    card: [{ name: "value", label: label("货值", "Value"), formula: "value" }] },
  { name: "cargo_day", kind: "remind", object: "cargo", since: "day", steps: [{ at: "-24h" }, { on: "day", at: "08:30" }], tell: ["owner"], label: label("到期", "Day"),
    title: label("{name}：{day}", "{name}: {day}"), body: label("-", "-") },
];
const ROLE = {
  name: "porter", label: label("搬运", "Porter"), can: ["skip_stage"],
  grants: {
    cargo: { read: { formula: "kind = \"cold\" AND IN_TEAM(owner, MY_TEAM())" }, create: true, update: "own", export: "team", reveal: { fields: ["tel"], reason: true } },
    customer: { read: "own" }, user: { read: "team_below" },
  },
  fields: { "cargo.value": "hidden", "cargo.tel": "masked", "cargo.code": "readonly" },
};
const LAYOUT = {
  sections: [
    { name: "what", label: label("基本", "Basics"), columns: 2, fields: ["name", "customer", "customer.name", "kind"], visible_if: "weight > 0 OR ISBLANK(weight)" },
    { name: "more", label: label("更多", "More"), columns: 1, fields: ["notes", "slips_in"] }],
  phone: { folded: ["more"] }, summary: ["value"],
};
const CALENDAR = { name: "depot", label: label("仓库", "Depot"), days: ["mon", "tue", "wed", "thu", "fri", "sat"], hours: ["08:00-12:00", "13:30-17:30"], holidays: ["2026-05-01..2026-05-03"], workdays: ["2026-05-09"] };

const FILE_HEAD = '--edge\r\nContent-Disposition: form-data; name="file"; filename="NAME"\r\nContent-Type: TYPE\r\n\r\n';
const FORM = { "content-type": "multipart/form-data; boundary=edge" };

/* Asks as somebody and demands the status; the answer as JSON. */
export function asker(server, tokens) {
  return async (login, method, path, body, status = method === "POST" ? 201 : 200, headers = {}) => {
    const all = { "accept-language": "en", authorization: `Bearer ${tokens[login] ?? login}`, "content-type": "application/json", ...headers };
    const answer = await server.ask(method, `/api/v1${path}`, { headers: all, body: body === undefined || typeof body === "string" ? body : JSON.stringify(body) });
    if (answer.status !== status) throw new Failure(`${login} ${method} ${path}: ${answer.status}, wanted ${status}: ${answer.text}`);
    return answer.json ?? answer.text;
  };
}

/* What goes on behind an answer, within some seconds. */
async function until(isTrue) {
  for (let i = 0; !(await isTrue()); i++) {
    if (i === 200) throw new Failure("it never came to pass");
    await sleep(50);
  }
}

/* The configuration alone: what a pack can hold. */
export async function wholeConfigure(ask) {
  await ask("admin", "POST", "/calendars", CALENDAR);
  await ask("admin", "POST", "/objects", CARGO);
  await ask("admin", "POST", "/objects", { ...SLIP, fields: [...SLIP.fields, { name: "cargo", type: "reference", to: "cargo", owned: true, label: label("货物", "Cargo") }] });
  for (const [object, field] of LATER) await ask("admin", "POST", `/objects/${object}/fields`, field);
  await ask("admin", "POST", "/pipelines", PIPELINE);
  for (const rule of RULES) await ask("admin", "POST", "/rules", rule);
  await ask("admin", "POST", "/roles", ROLE);
  const rep = (await ask("admin", "GET", "/roles")).items.find(({ name }) => name === "rep");
  await ask("admin", "PATCH", "/roles/rep", { grants: { ...rep.grants, cargo: { read: "own", create: true, update: "own", export: "own" } } });
  await ask("admin", "POST", "/layouts", { name: "cargo", object: "cargo", ...LAYOUT });
  await ask("admin", "POST", "/views", { object: "cargo", name: "冷藏", layout: "board", where: "kind = \"cold\"", order: "-value", columns: ["name", "value"], shared: "all" });
}

/* The shipped app as people change it: a label, a choice more, a rule off, a field gone, another renamed. */
export async function wholeEdit(ask) {
  await ask("admin", "PATCH", "/objects/customer/fields/industry", { label: label("所属行业", "Line of business") });
  await ask("admin", "PATCH", "/rules/deal_won", { enabled: false });
  await ask("admin", "POST", "/objects/customer/fields", { name: "short_lived", type: "text", label: both("Short") });
  await ask("admin", "POST", "/objects/customer/fields", { name: "nick", type: "text", label: both("Nick") });
  await ask("admin", "PATCH", "/objects/customer/fields/nick", { name: "nickname" });
}

/* What people leave: records with lines and links, shares, files, keys, hooks, an import, a job, a pack's plan … */
export async function wholeFill(ask, { variables }) {
  const upload = async (name, type, text) => (await ask("rob", "POST", "/files", `${FILE_HEAD.replace("NAME", name).replace("TYPE", type)}${text}\r\n--edge--\r\n`, 201, FORM)).id;
  const hook = (await ask("admin", "POST", "/webhooks", { name: "Shop", url: "http://127.0.0.1:9/in", objects: ["cargo"] })).id;
  const [one, two] = [await ask("rob", "POST", "/records/customer", { name: "北极 冷链", grade: "a", nickname: "Bear" }), await ask("rob", "POST", "/records/customer", { name: "O'Kelp \"quoted\" \\ 😀" })];
  await ask("rob", "PATCH", `/records/customer/${one.id}`, { short_lived: "gone soon" });
  const note = await upload("n.txt", "text/plain", "note");
  const cargo = await ask("rob", "POST", "/records/cargo", {
    name: "Salmon", customer: one.id, partners: [one.id, two.id], notes: "a\nb\t\\N", story: "# Fish", code: "690123", at: "2026-03-01T00:00:00.123Z",
    span: 5_400_000, weight: "12.345", value: "9007199254740.99", share: "0.125", kind: "cold", marks: ["fragile", "up"], keeper: variables.sue,
    crew: variables.north, tel: "13812345678", mail: "a@example.com", account: "6222020200112233", site: "https://example.com/?a=1",
    where_from: "440300", place: { lat: 22.5, lng: -113.25 }, slips_in: [{ what: "box", pieces: 2, price: "1.50" }, { what: "ice", pieces: 1, price: "0.01" }],
  });
  await ask("rob", "POST", "/records/cargo", { name: "Stones", customer: two.id, kind: "dry", partners: [], day: "1969-12-31", weight: "0", value: "-5" });
  await ask("rob", "POST", `/records/cargo/${cargo.id}/move`, { stage: "kept" }, 200);
  await ask("admin", "DELETE", "/objects/customer/fields/short_lived", undefined, 204);
  await ask("admin", "POST", "/records/product", { name: "Pump", code: "P-1" }, 201, { "idempotency-key": "once" });
  const deal = (await ask("rob", "POST", "/records/opportunity", { customer: one.id, amount: "1000" })).id;
  await ask("rob", "POST", "/records/contact_log", {
    opportunity: deal, conclusion: "压缩机噪音八十分贝，客户不接受", next_action: "换型号", next_action_due: "2026-03-04T09:00:00+08:00", attachment: note,
  });
  await ask("admin", "POST", `/records/cargo/${cargo.id}/shares`, { person: variables.ron, level: "update", until: "2026-09-01T00:00:00Z" });
  await ask("admin", "POST", `/records/cargo/${cargo.id}/shares`, { team: variables.south, level: "read" });
  const lost = await ask("rob", "POST", "/records/contact", { name: "Wu", customer: one.id, phone: "13900001111" });
  await ask("admin", "DELETE", `/records/contact/${lost.id}`, undefined, 204);
  await ask("rob", "POST", "/views", { object: "cargo", name: "Mine", layout: "grid", where: "owner = ME()", columns: ["name"], shared: "me" });
  const key = await ask("admin", "POST", "/keys", { name: "Shop", role: "rep", scopes: ["records:read"], person: variables.rob });
  const { secret } = await ask("rob", "POST", "/me/otp", { password: "office-pass-1" });
  await ask("rob", "POST", "/me/otp/confirm", { code: digits(secret) }, 200);
  const imported = await ask("ops", "POST", "/imports", `--edge\r\nContent-Disposition: form-data; name="object"\r\n\r\ncustomer\r\n${FILE_HEAD.replace("NAME", "c.csv").replace("TYPE", "text/csv")}Name,Industry\nOne,食品\n,食品\n\r\n--edge--\r\n`, 201, FORM);
  await ask("ops", "POST", `/imports/${imported.id}/run`, { map: { Name: "name" } }, 202);
  await ask("admin", "POST", "/packs/plan", { pack: "sales" }, 200);
  await ask("admin", "PATCH", "/objects/customer/fields/size", { type: "number" }, 200);
  await ask("admin", "PATCH", "/settings", { bi_personal: "yes", bi_language: "en" });
  await ask("", "POST", "/test/clock", { now: "2026-03-09T09:00:00+08:00" }, 200, {});
  const alert = (await ask("sue", "GET", "/alerts?limit=1")).items[0].id;
  await ask("sue", "POST", `/alerts/${alert}/interventions`, { kind: "call", text: "Called them at once" });
  await until(async () => (await ask("admin", "GET", `/webhooks/${hook}/deliveries`)).items.length > 0);
  return { cargo: cargo.id, customer: one.id, note, key: key.secret };
}
