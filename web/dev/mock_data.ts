/*
 * A believable company for developing the web without a server: deterministic, in memory, Chinese.
 * Development only; nothing here is in the bundle.
 */
export type Json = any;

let seed = 20260302;
export function rnd(): number {
  seed = (seed * 1664525 + 1013904223) % 4294967296;
  return seed / 4294967296;
}
const pick = <T>(list: T[]): T => list[Math.floor(rnd() * list.length)]!;
let counter = 0;
export function id(prefix = 0x0190): string {
  counter += 1;
  const hex = counter.toString(16).padStart(12, "0");
  return `${prefix.toString(16).padStart(8, "0")}-7000-7000-8000-${hex}`;
}
const HOUR = 3_600_000;
const NOW = Date.now();
const iso = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
const day = (ms: number) => new Date(ms + 8 * HOUR).toISOString().slice(0, 10);
const L = (zh: string, en: string) => ({ zh, en });

export const teams = ["华北一组", "华北二组", "华东组", "西南组"].map((name) => ({ id: id(), version: 1, name, parent: null }));
const NAMES = "李娜 王强 张伟 刘洋 陈静 杨帆 赵磊 黄敏 周涛 吴倩 徐明 孙丽 胡军 朱琳 高翔 林悦 何勇 郭婷 马超 罗兰 梁宇 宋佳 郑凯 谢雨欣".split(" ");
export const users = NAMES.map((name, i) => ({
  id: id(), version: 1, name, login: ["lina", "wangqiang", "zhangwei"][i] ?? `user${i}`, team: teams[i % 4]!.id,
  role: i === 1 ? "supervisor" : i === 2 ? "director" : i === 3 ? "admin" : "rep", disabled: false, region: pick(["北京", "上海", "成都", "西安"]),
}));
export const me = users[0]!;

const CITY = "北京 上海 成都 西安 杭州 南京 武汉 长沙 重庆 沈阳 广西壮族自治区南宁市".split(" ");
const WORD = "恒信 瑞丰 华康 天成 博远 中科 鼎盛 众合 安泰 海川 长虹 同创 明德 金桥 泰和 远景 兴业 新元 九州 启明".split(" ");
const KIND = "医疗器械 冷链物流 精密机械 新材料 食品 环保设备 电子科技 生物制药 自动化 汽车零部件".split(" ");
export const customers: Json[] = Array.from({ length: 400 }, (_, i) => ({
  id: id(), version: 1, owner: pick(users).id, created_at: iso(NOW - rnd() * 500 * 24 * HOUR), updated_at: iso(NOW - rnd() * 20 * 24 * HOUR),
  name: i === 3 ? "广西壮族自治区南宁市恒信长虹精密机械与自动化设备制造股份有限责任公司" : `${pick(CITY)}${pick(WORD)}${pick(KIND)}有限公司`,
  industry: pick(["medical", "food", "machinery", "electronics"]), size: pick(["small", "medium", "large"]),
  annual_purchase: (Math.floor(rnd() * 9000000) + 50000).toFixed(2), region: pick(CITY), grade: pick(["A", "B", "C"]),
  customer_pool: pick(["existing_potential", "new_industry", "competitor_replacement"]), address: "高新区科技路 88 号", credit_code: null,
  last_contact_at: iso(NOW - rnd() * 9 * 24 * HOUR), next_contact_at: null,
}));
customers.slice(0, 40).forEach((c) => (c.owner = me.id));

const SUR = "张 王 李 赵 陈 刘 杨 黄 周 吴".split(" ");
export const contacts: Json[] = Array.from({ length: 700 }, () => {
  const customer = pick(customers);
  return {
    id: id(), version: 1, owner: customer.owner, created_at: iso(NOW - 9e9), updated_at: iso(NOW - 9e9), customer: customer.id,
    name: `${pick(SUR)}${pick(["建国", "晓东", "立新", "慧", "海燕", "志刚"])}`, title: pick(["采购总监", "总经理", "技术主管", "设备科长"]),
    decision_role: pick(["decides", "influences", "uses", "blocks", "coaches"]), stance: Math.floor(rnd() * 5) - 2,
    phone: `138${String(Math.floor(rnd() * 1e8)).padStart(8, "0")}`, email: "contact@example.com",
  };
});

const STAGES = ["lead", "contact", "requirement", "proposal", "negotiation", "won", "lost"];
const PRODUCT = ["冷链监控系统", "自动分拣线", "检测平台", "MES 二期", "温控箱年度采购", "质检设备", "仓储改造", "追溯系统"];
const SAID = [
  "客户确认二期预算 80 万已批，要求三月底前给出含安装的报价，担心老设备能不能对接",
  "采购总监说竞品报价低我们一成，但更认可我们的售后，让我们下周带技术去现场",
  "已沟通", "正常推进",
  "设备科长试用样机后反馈噪音偏大，希望换静音型号再试一周，其余指标都认可",
  "总经理要求把付款改成三三四，法务还在看合同第七条的违约责任",
  "对方说决策要等季度会，时间在本月 25 号，技术主管会替我们准备材料",
  "客户担心交期，要求写进合同并约定延期赔付，其它条款没有异议",
];
const NEXT = ["周三上午带工程师去现场勘查", "发修订后的报价单", "约总经理视频会", "寄静音型号样机", "提交合同修订稿", "电话确认预算审批结果"];

export const opportunities: Json[] = [];
export const logs: Json[] = [];
export const commitments: Json[] = [];
export const stays: Json[] = [];
export const changes: Json[] = [];
export const tasks: Json[] = [];
export const alerts: Json[] = [];
export const messages: Json[] = [];

for (let i = 0; i < 900; i += 1) {
  const customer = i === 0 ? customers[3] : pick(customers);
  const stage = i < 30 ? pick(STAGES.slice(0, 5)) : pick([...STAGES.slice(0, 5), ...STAGES.slice(2, 5), "proposal", "won", "lost"]);
  const created = NOW - (20 + rnd() * 500) * 24 * HOUR;
  const silent = i < 30 ? (i % 3 === 0 ? 130 + rnd() * 80 : i % 3 === 1 ? 75 + rnd() * 30 : 50 + rnd() * 15) : rnd() * 90;
  const isClosed = stage === "won" || stage === "lost";
  const touched = NOW - silent * HOUR;
  const o: Json = {
    id: id(), version: 3, owner: i < 60 ? me.id : customer.owner, created_at: iso(created), updated_at: iso(touched), number: `SJ-2026-${String(i + 1).padStart(6, "0")}`,
    name: `${customer.name.slice(2, 4)}${pick(PRODUCT)}`, customer: customer.id, amount: (i === 5 ? 1234567890.5 : Math.round(rnd() * rnd() * 4000000) + 20000).toFixed(2),
    product_line: pick(["cold", "auto", "mes"]), pipeline: "standard", stage, stage_entered_at: iso(touched - rnd() * 20 * 24 * HOUR),
    expected_close: day(NOW + (rnd() * 120 - 15) * 24 * HOUR), competitor: rnd() > 0.6 ? pick(["海康", "西门子", "本地集成商"]) : null, needs_support: rnd() > 0.7,
    small_order: rnd() > 0.8, win_probability: 0.3, last_contact_at: iso(touched), lost_reason: stage === "lost" ? "价格" : null, closed_at: isClosed ? iso(NOW - rnd() * 40 * 24 * HOUR) : null,
  };
  if (i === 4) o.name = "广西壮族自治区南宁市公共卫生应急冷链监控与疫苗全程追溯系统二期扩容及五年维保服务项目";
  opportunities.push(o);
  const reached = STAGES.slice(0, Math.max(1, STAGES.indexOf(stage === "lost" ? "proposal" : stage) + 1));
  if (stage === "lost") reached.push("lost");
  let at = created;
  reached.forEach((name, n) => {
    const left = n === reached.length - 1 ? null : at + (1 + rnd() * 12) * 24 * HOUR;
    stays.push({ id: id(), version: 1, object: "opportunity", record: o.id, stage: name, entered_at: iso(n === reached.length - 1 && n > 0 ? Date.parse(o.stage_entered_at) : at), left_at: left ? iso(Math.min(left, Date.parse(o.stage_entered_at))) : null, move: n === 0 ? "start" : name === "won" ? "win" : name === "lost" ? "lose" : "forward", by: o.owner, owner: o.owner, reason: null });
    at = left ?? at;
  });
  const logCount = i < 60 ? 5 : 2;
  for (let n = 0; n < logCount; n += 1) {
    const when = n === 0 ? touched : touched - n * (30 + rnd() * 90) * HOUR;
    const text = n === 0 ? pick(SAID.filter((s) => s.length > 8)) : pick(SAID);
    const due = when + 72 * HOUR;
    logs.push({ id: id(), version: 1, owner: o.owner, created_at: iso(when), updated_at: iso(when), opportunity: o.id, customer: customer.id, contacted_at: iso(when), method: pick(["visit", "phone", "online_meeting", "wecom", "email"]), conclusion_kind: "interested", conclusion: text, next_action: pick(NEXT), next_action_due: iso(due), obstacle: rnd() > 0.7 ? "对方法务流程慢" : null, substantive: text.length > 8, quality: text.length > 8 ? 82 : 10 });
  }
  if (i < 60) {
    const due = i < 8 ? NOW + (i - 3) * 2 * HOUR : NOW + rnd() * 96 * HOUR;
    commitments.push({ id: id(), version: 1, owner: o.owner, created_at: iso(touched), updated_at: iso(touched), what: pick(NEXT), customer: customer.id, opportunity: o.id, due_at: iso(due), done_at: null });
  }
  if (i < 60) {
    changes.push({ record: o.id, version: 3, at: iso(touched - 5 * HOUR), by: users[1]!.id, by_name: users[1]!.name, kind: "update", changes: [{ field: "amount", old: (Number(o.amount) * 0.8).toFixed(2), new: o.amount }, { field: "expected_close", old: day(NOW - 9e8), new: o.expected_close }] });
  }
  changes.push({ record: o.id, version: 1, at: iso(created), by: o.owner, by_name: users.find((u) => u.id === o.owner)!.name, kind: "create", changes: [] });
}

const OPEN = new Set(STAGES.slice(0, 5));
export function levelOf(o: Json): string | null {
  if (!OPEN.has(o.stage)) return null;
  const hours = (Date.now() - Math.max(Date.parse(o.last_contact_at ?? o.created_at), 0)) / HOUR;
  return hours >= 120 ? "red" : hours >= 72 ? "orange" : hours >= 48 ? "yellow" : null;
}

for (const o of opportunities) {
  const level = levelOf(o);
  if (!level) continue;
  const from = Date.parse(o.last_contact_at);
  const alert = {
    id: id(), rule: "stall_ladder", object: "opportunity", record: o.id, record_title: o.name, level, owner: o.owner, owner_name: users.find((u) => u.id === o.owner)!.name, opened_at: iso(from + 48 * HOUR), level_at: iso(from + 48 * HOUR), respond_by: level === "red" ? iso(from + 124 * HOUR) : null,
    levels: { yellow: iso(from + 48 * HOUR), orange: level !== "yellow" ? iso(from + 72 * HOUR) : null, red: level === "red" ? iso(from + 120 * HOUR) : null }, first_response_at: null, cleared_at: null, cleared_by: null, interventions: [] as Json[],
  };
  alerts.push(alert);
  if (o.owner === me.id) tasks.push({ id: id(), kind: "stall", title: `${o.name} 需要跟进`, object: "opportunity", record: o.id, record_title: o.name, assignee: me.id, due_at: iso(from + 48 * HOUR), done_at: null, outcome: null, level, alert: alert.id, created_at: iso(from + 48 * HOUR), source: null });
}
for (const c of commitments.slice(0, 8)) {
  tasks.push({ id: id(), kind: "commitment", title: c.what, object: "opportunity", record: c.opportunity, record_title: "", assignee: me.id, due_at: c.due_at, done_at: null, outcome: null, level: null, alert: null, created_at: c.created_at, source: { object: "commitment", id: c.id } });
}
for (let i = 0; i < 14; i += 1) {
  const alert = alerts[i * 3];
  if (!alert) break;
  messages.push({ id: id(), level: i % 4 === 3 ? null : alert.level, rule: "stall_ladder", object: "opportunity", record: alert.record, title: i % 4 === 3 ? `王强回应了你的${alert.record_title}` : `${alert.record_title} 已停滞`, body: i % 4 === 3 ? "周四我和你一起去，先把报价里的安装费单列出来。" : "超过 72 小时没有实质跟进，最近一次结论：客户担心交期。", created_at: iso(NOW - i * 5 * HOUR), read_at: i < 5 ? null : iso(NOW) });
}
export const products: Json[] = PRODUCT.map((name, i) => ({ id: id(), version: 1, owner: users[3]!.id, created_at: iso(NOW - 9e9), updated_at: iso(NOW - 9e9), code: `P-${100 + i}`, name, series: pick(["S1", "S2"]), unit: "套", list_price: (50000 + i * 12000).toFixed(2), floor_price: (40000 + i * 9000).toFixed(2), stock: 3 + i, lead_days: 14 }));

const F = (name: string, type: string, zh: string, en: string, more: Json = {}) => ({ name, type, label: L(zh, en), required: false, readonly: type === "formula" || type === "auto_number", stored: true, ...more });
const SYSTEM = [
  F("owner", "person", "负责人", "Owner", { system: true }), F("created_at", "datetime", "创建时间", "Created", { system: true, readonly: true }),
  F("updated_at", "datetime", "更新时间", "Updated", { system: true, readonly: true }),
];
const C = (name: string, zh: string, en: string, color?: string) => ({ name, label: L(zh, en), color });
const METHOD = [C("visit", "拜访", "Visit"), C("phone", "电话", "Phone"), C("online_meeting", "线上会议", "Online"), C("wecom", "微信", "WeChat"), C("email", "邮件", "Email"), C("other", "其他", "Other")];

export const objects: Json[] = [
  { name: "customer", label: L("客户", "Customer"), label_plural: L("客户", "Customers"), icon: "building", title_field: "name", pipeline: false,
    relations: [{ name: "opportunities", object: "opportunity", field: "customer", label: L("商机", "Opportunities") }, { name: "contacts", object: "contact", field: "customer", label: L("联系人", "Contacts") }, { name: "contact_logs", object: "contact_log", field: "customer", label: L("跟进记录", "Contact logs") }],
    fields: [F("name", "text", "名称", "Name", { required: true, title: true }), F("industry", "choice", "行业", "Industry", { choices: [C("medical", "医疗", "Medical"), C("food", "食品", "Food"), C("machinery", "机械", "Machinery"), C("electronics", "电子", "Electronics")] }), F("grade", "choice", "等级", "Grade", { choices: [C("A", "A", "A", "green"), C("B", "B", "B", "blue"), C("C", "C", "C", "grey")] }), F("size", "choice", "规模", "Size", { choices: [C("small", "小", "Small"), C("medium", "中", "Medium"), C("large", "大", "Large")] }), F("annual_purchase", "money", "年采购额", "Annual purchase"), F("region", "region", "地区", "Region"), F("address", "text", "地址", "Address"), F("credit_code", "text", "统一社会信用代码", "Credit code"), F("customer_pool", "choice", "客户池", "Pool", { choices: [C("existing_potential", "老客户潜力", "Existing"), C("new_industry", "新行业", "New industry"), C("competitor_replacement", "竞品替换", "Competitor")] }), F("last_contact_at", "datetime", "最近跟进", "Last contact", { readonly: true }), F("next_contact_at", "datetime", "下次跟进", "Next contact"), ...SYSTEM] },
  { name: "contact", label: L("联系人", "Contact"), label_plural: L("联系人", "Contacts"), icon: "contact", title_field: "name", pipeline: false, relations: [],
    fields: [F("name", "text", "姓名", "Name", { required: true, title: true }), F("customer", "reference", "客户", "Customer", { to: "customer", required: true }), F("title", "text", "职务", "Title"), F("decision_role", "choice", "决策角色", "Decision role", { choices: [C("decides", "决策", "Decides"), C("influences", "影响", "Influences"), C("uses", "使用", "Uses"), C("blocks", "阻碍", "Blocks"), C("coaches", "教练", "Coaches")] }), F("stance", "integer", "立场", "Stance"), F("phone", "phone", "电话", "Phone"), F("email", "mail", "邮箱", "Mail"), ...SYSTEM] },
  { name: "opportunity", label: L("商机", "Opportunity"), label_plural: L("商机", "Opportunities"), icon: "target", title_field: "name", pipeline: true,
    relations: [{ name: "contact_logs", object: "contact_log", field: "opportunity", label: L("跟进记录", "Contact logs") }, { name: "commitments", object: "commitment", field: "opportunity", label: L("承诺动作", "Commitments") }],
    fields: [F("name", "text", "名称", "Name", { required: true, title: true }), F("number", "auto_number", "编号", "Number"), F("customer", "reference", "客户", "Customer", { to: "customer", required: true }), F("amount", "money", "预计成交额", "Amount"), F("product_line", "choice", "产品线", "Product line", { choices: [C("cold", "冷链", "Cold chain"), C("auto", "自动化", "Automation"), C("mes", "MES", "MES")] }), F("pipeline", "choice", "流程", "Pipeline", { system: true, readonly: true }), F("stage", "choice", "阶段", "Stage", { system: true, readonly: true, choices: [] }), F("stage_entered_at", "datetime", "进入阶段", "Stage since", { system: true, readonly: true }), F("expected_close", "date", "预计成交", "Expected close"), F("competitor", "text", "竞争对手", "Competitor"), F("needs_support", "boolean", "需要技术支持", "Needs support"), F("small_order", "boolean", "小单", "Small order"), F("last_contact_at", "datetime", "最近跟进", "Last contact", { readonly: true }), F("lost_reason", "text", "输单原因", "Lost reason"), F("closed_at", "datetime", "关闭时间", "Closed", { system: true, readonly: true }), F("stall_level", "formula", "预警级别", "Level", { result: "text", readonly: true }), F("last_conclusion", "formula", "最近结论", "Last conclusion", { result: "text" }), F("last_next_action", "formula", "下一步", "Next step", { result: "text" }), F("last_next_due", "formula", "下一步时间", "Next due", { result: "datetime" }), ...SYSTEM] },
  { name: "contact_log", label: L("跟进记录", "Contact log"), label_plural: L("跟进记录", "Contact logs"), icon: "log", title_field: "conclusion", pipeline: false, relations: [],
    fields: [F("opportunity", "reference", "商机", "Opportunity", { to: "opportunity" }), F("customer", "reference", "客户", "Customer", { to: "customer" }), F("contacted_at", "datetime", "跟进时间", "Contacted"), F("method", "choice", "方式", "Method", { choices: METHOD }), F("conclusion", "long_text", "结论", "Conclusion", { required: true, title: true }), F("next_action", "text", "下一步动作", "Next action", { required: true }), F("next_action_due", "datetime", "完成时间", "Due"), F("obstacle", "text", "障碍", "Obstacle"), F("substantive", "boolean", "有实质内容", "Substantive", { readonly: true }), F("quality", "integer", "质量", "Quality", { readonly: true }), ...SYSTEM] },
  { name: "commitment", label: L("承诺动作", "Commitment"), label_plural: L("承诺动作", "Commitments"), icon: "flag", title_field: "what", pipeline: false, relations: [],
    fields: [F("what", "text", "做什么", "What", { required: true, title: true }), F("customer", "reference", "客户", "Customer", { to: "customer" }), F("opportunity", "reference", "商机", "Opportunity", { to: "opportunity" }), F("due_at", "datetime", "到期", "Due", { required: true }), F("done_at", "datetime", "完成", "Done"), ...SYSTEM] },
  { name: "product", label: L("产品", "Product"), label_plural: L("产品", "Products"), icon: "box", title_field: "name", pipeline: false, relations: [],
    fields: [F("name", "text", "名称", "Name", { required: true, title: true }), F("code", "text", "编码", "Code"), F("series", "text", "系列", "Series"), F("unit", "text", "单位", "Unit"), F("list_price", "money", "目录价", "List price"), F("floor_price", "money", "底价", "Floor price"), F("stock", "integer", "库存", "Stock"), F("lead_days", "integer", "交期", "Lead days"), ...SYSTEM] },
  { name: "user", label: L("人员", "Person"), label_plural: L("人员", "People"), icon: "person", title_field: "name", pipeline: false, relations: [], fields: [F("name", "text", "姓名", "Name", { title: true }), F("login", "text", "账号", "Login"), F("team", "team", "团队", "Team"), F("role", "text", "角色", "Role"), F("disabled", "boolean", "停用", "Disabled")] },
  { name: "team", label: L("团队", "Team"), label_plural: L("团队", "Teams"), icon: "team", title_field: "name", pipeline: false, relations: [], fields: [F("name", "text", "名称", "Name", { title: true })] },
];

const S = (name: string, zh: string, en: string, kind = "open") => ({ name, label: L(zh, en), kind, optional: false, stall: { yellow: "48h", orange: "72h", red: "5d" }, enter: [], leave: [] });
export const pipelines: Json[] = [
  { name: "standard", label: L("标准流程", "Standard"), object: "opportunity", default: true, stages: [S("lead", "线索", "Lead"), S("contact", "接触", "Contact"), S("requirement", "需求确认", "Requirement"), S("proposal", "方案提交", "Proposal"), S("negotiation", "谈判", "Negotiation"), S("won", "成交", "Won", "won"), S("lost", "输单", "Lost", "lost")] },
];

export const store: Record<string, Json[]> = { customer: customers, contact: contacts, opportunity: opportunities, contact_log: logs, commitment: commitments, product: products, user: users, team: teams, stage_stay: stays };
export { STAGES, iso, NOW, HOUR };
