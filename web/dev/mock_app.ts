/* What the sales pack will say about the screens (GET /app), for development. */
const L = (zh: string, en: string) => ({ zh, en });

export const app = {
  title: L("销售中枢", "Leadline"),
  home: "/today",
  nav: [
    { screen: "today" }, { screen: "records", object: "customer", icon: "building" },
    { screen: "records", object: "opportunity", icon: "target", layout: "board" },
    { screen: "records", object: "contact", icon: "contact" }, { screen: "records", object: "product", icon: "box" },
    { screen: "alerts" }, { screen: "measures" }, { screen: "funnel" }, { screen: "imports" }, { screen: "settings" },
  ],
  tabs: [{ screen: "today" }, { screen: "records", object: "customer" }, { log: true }, { screen: "records", object: "opportunity" }, { screen: "me" }],
  search: ["customer", "opportunity", "contact"],
  log: {
    object: "contact_log", label: L("记一笔", "Log"),
    targets: [{ field: "opportunity", object: "opportunity", derive: { customer: "customer" } }, { field: "customer", object: "customer" }],
    fields: { at: "contacted_at", method: "method", conclusion: "conclusion", next_action: "next_action", due: "next_action_due", obstacle: "obstacle", substantive: "substantive" },
    icons: { visit: "map-pin", phone: "phone", online_meeting: "video", wecom: "message", email: "mail", other: "dots" },
    chips: {
      conclusion: [{ text: L("客户认可方案，", "The customer accepts the proposal, ") }, { text: L("价格有异议，", "Objects to the price, ") }, { text: L("还要等内部审批，", "Waits for internal approval, ") }],
      next_action: [L("发修订报价", "Send a revised quote"), L("上门拜访", "Visit"), L("电话确认", "Confirm by phone")],
      due: [{ label: L("明天上午", "Tomorrow a.m."), days: 1, time: "10:00" }, { label: L("周五", "Friday"), weekday: 5, time: "17:00" }, { label: L("一周后", "In a week"), days: 7, time: "10:00" }],
    },
    substance: { min: 8, filler: ["已沟通", "正常推进", "保持联系"], hint: L("再具体一点：客户原话是什么？", "A little more: what were the customer's own words?") },
  },
  objects: {
    opportunity: {
      columns: ["name", "customer", "amount", "stage", "owner", "last_contact_at", "expected_close"], phone: { sub: "customer", right: "amount" }, order: "-amount",
      level: "stall_level", level_since: "last_contact_at",
      board: { title: "name", sub: "customer", amount: "amount", due: "last_next_due", promise: "last_next_action" },
      timeline: { relation: "contact_logs", at: "contacted_at", by: "owner", method: "method", text: "conclusion", next: "next_action", next_due: "next_action_due", obstacle: "obstacle", substantive: "substantive" },
      card: { sub: "customer", amount: "amount", quote: "last_conclusion", quote_at: "last_contact_at", promise: "last_next_action", promise_due: "last_next_due" },
    },
    customer: {
      columns: ["name", "industry", "grade", "region", "annual_purchase", "owner", "last_contact_at"], phone: { sub: "region", right: "grade" }, order: "-annual_purchase",
      timeline: { relation: "contact_logs", at: "contacted_at", by: "owner", method: "method", text: "conclusion", next: "next_action", next_due: "next_action_due", obstacle: "obstacle", substantive: "substantive" },
    },
    contact: { columns: ["name", "customer", "title", "decision_role", "phone"], phone: { sub: "customer", right: "decision_role" }, order: "name", card: { sub: "customer", phone: "phone" } },
    commitment: { order: "due_at", columns: ["what", "due_at", "done_at"] },
    product: { columns: ["name", "code", "series", "list_price", "stock", "lead_days"], phone: { sub: "code", right: "list_price" }, order: "name" },
  },
  layouts: {
    opportunity: {
      name: "opportunity", object: "opportunity", summary: ["amount", "expected_close", "owner", "last_contact_at"],
      create: ["name", "customer", "amount", "expected_close"], related: ["commitments"],
      sections: [{ name: "deal", label: L("商机", "Deal"), fields: ["customer", "amount", "expected_close", "product_line", "competitor"] }],
    },
    customer: { name: "customer", object: "customer", summary: ["annual_purchase", "grade", "industry", "owner", "last_contact_at"], create: ["name", "industry", "region"], related: ["opportunities", "contacts"], sections: [] },
    contact: { name: "contact", object: "contact", create: ["name", "customer", "title", "decision_role", "phone"], sections: [] },
    commitment: { name: "commitment", object: "commitment", create: ["what", "due_at"], sections: [] },
  },
  today: {
    measures: ["action_timeliness", "information_completeness", "phi"],
    appointments: { object: "commitment", due: "due_at", done: "done_at", title: "what", record: "opportunity" },
    closed: { object: "opportunity", at: "closed_at", title: "name", amount: "amount" },
  },
  alerts: { interventions: [{ kind: "call", label: L("打电话", "Call"), icon: "phone" }, { kind: "meeting", label: L("陪访", "Join the visit"), icon: "users" }, { kind: "resources", label: L("给资源", "Give resources"), icon: "box" }, { kind: "note", label: L("留言", "Note"), icon: "message" }], respond_hours: 4 },
};
