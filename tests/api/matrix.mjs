/*
 * The permission matrix: every endpoint of openapi.json × every role × records of another team. Whoever may not
 * see a record must not read, list, count, find, sum, export, move or learn of it: what is asked about it must be
 * answered, byte for byte, as for a record that never was, and no list or live event may hold its id or its words.
 *
 * A new endpoint is tried by itself, as long as the names in its path are known below; an object that the test has
 * just made up (matrix_odd.mjs) is tried like those of the sales app.
 */
import { inflateRawSync } from "node:zlib";
import { oddLook, oddMake } from "./matrix_odd.mjs";
import { Failure, Server, officeMake } from "./server.mjs";

const WORDS = "Zorblax";
const ABSENT = "01957a3c-0000-7000-8000-00000000dead";
const MORE = [
  { login: "pre", role: "presales", team: "north", region: "N" }, { login: "leg", role: "legal", team: "north" },
  { login: "fin", role: "finance", team: "north" }, { login: "suc", role: "success", team: "north" },
  { login: "aud", role: "auditor" }, { login: "int", role: "integration" },
];
const HIDDEN_FROM = ["rob", "sue", "rita", "pre", "leg", "fin", "suc"];
const HIDDEN_ROLES = ["rep", "supervisor", "region_manager", "presales", "legal", "finance", "success"];
const SEEN_BY = ["ron", "sam", "boss", "ops", "admin", "aud"];
const ENGINE_OBJECTS = ["alert", "task", "message", "stage_stay", "change", "intervention"];

/* What a request to a path with this ending says. */
const BODIES = {
  move: () => ({ stage: "contact" }), assign: (me) => ({ owner: me }), claim: () => ({}), release: () => ({}),
  restore: () => ({}), done: () => ({ outcome: "Everything was said and done" }),
  reschedule: () => ({ due_at: "2026-05-01T09:00:00+08:00" }), run: () => ({}), check: () => ({}), cancel: () => ({}), retry: () => ({}),
  shares: (me) => ({ person: me, level: "update" }),
  reveal: () => ({ field: "phone", reason: "Because" }),
  interventions: () => ({ kind: "call", text: "Called them at once" }), invite: () => ({}),
};
/* Not about records: what one asked for oneself, logging in and out, the clock, the machine's own pages; streams are looked at apart. */
const APART = new Set([
  "POST /api/v1/session", "DELETE /api/v1/session", "DELETE /api/v1/sessions", "POST /api/v1/invitation",
  "GET /api/v1/exports", "GET /api/v1/sessions", "DELETE /api/v1/sessions/{id}", "POST /api/v1/test/clock", "POST /api/v1/me/password", "GET /api/v1/events", "GET /api/v1/openapi.json",
  "GET /healthz", "GET /readyz", "GET /metrics", "GET /api/v1/demo",
]);
const READING_POSTS = new Set(["POST /api/v1/query/{object}", "POST /api/v1/formulas/check", "POST /api/v1/calendars/read"]);
const SETUP = /^(POST|PATCH|DELETE) \/api\/v1\/(objects|pipelines|roles|users|teams)\b|^\w+ \/api\/v1\/(rules|users|settings|config|jobs|packs|webhooks|workbooks|keys|audit|bi)\b/;

/* All texts of a workbook, so that it can be searched like any other answer. */
function unzipped(bytes) {
  const parts = [];
  for (let at = bytes.indexOf("PK\x01\x02", 0, "latin1"); at >= 0; at = bytes.indexOf("PK\x01\x02", at + 4, "latin1")) {
    const size = bytes.readUInt32LE(at + 20), local = bytes.readUInt32LE(at + 42);
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const data = bytes.subarray(start, start + size);
    parts.push((bytes.readUInt16LE(at + 10) === 8 ? inflateRawSync(data) : data).toString("utf8"));
  }
  return parts.join("\n");
}

class Matrix {
  async begin() {
    this.office = await officeMake(MORE);
    this.server = await new Server(this.office.data).start();
    this.count = 0;
    this.breaches = [];
  }

  async ask(login, method, path, body, headers = {}) {
    this.count += 1;
    const all = { "accept-language": "en", ...headers };
    if (login) all.authorization = `Bearer ${this.office.tokens[login]}`;
    if (body !== undefined && !all["content-type"]) all["content-type"] = "application/json";
    return this.server.ask(method, path, {
      headers: all, body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
    });
  }

  async make(login, path, body, status = 201) {
    const answer = await this.ask(login, "POST", `/api/v1${path}`, body);
    if (answer.status !== status) throw new Failure(`matrix: POST ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  breach(text) {
    this.breaches.push(text);
  }

  /* Records of the south, one of every kind: {object: id}. */
  async fill() {
    const upload = '--edge\r\nContent-Disposition: form-data; name="file"; filename="z.txt"\r\nContent-Type: text/plain' +
      `\r\n\r\n${WORDS} file\r\n--edge--\r\n`;
    const form = { "content-type": "multipart/form-data; boundary=edge" };
    const file = await this.ask("ron", "POST", "/api/v1/files", upload, form);
    const customer = (await this.make("ron", "/records/customer", { name: `${WORDS} 南方`, notes: WORDS })).id;
    const contact = (await this.make("ron", "/records/contact", { name: `${WORDS} Wu`, customer })).id;
    const opportunity = (await this.make("ron", "/records/opportunity", { customer, amount: "77777" })).id;
    const contact_log = (await this.make("ron", "/records/contact_log", {
      opportunity, conclusion: `${WORDS} 说预算已经批下来七万七`, next_action: `${WORDS} 发合同`,
      next_action_due: "2026-03-04T09:00:00+08:00", attachment: file.json.id,
    })).id;
    const view = (await this.make("ron", "/views", { object: "opportunity", name: WORDS, where: "amount > 1", shared: "me" })).id;
    const imported = await this.ask("ops", "POST", "/api/v1/imports",
      `--edge\r\nContent-Disposition: form-data; name="object"\r\n\r\ncustomer\r\n--edge\r\nContent-Disposition: form-data; ` +
      `name="file"; filename="z.csv"\r\nContent-Type: text/csv\r\n\r\nName\n${WORDS} Ltd\n\r\n--edge--\r\n`, form);
    if (imported.status !== 201) throw new Failure(`matrix: POST /imports: ${imported.status} ${imported.text}`);
    await this.make("", "/test/clock", { now: "2026-03-09T09:00:00+08:00" }, 200);
    const first = async (login, path) => (await this.ask(login, "GET", `/api/v1${path}`)).json.items[0].id;
    const alert = await first("sam", "/alerts");
    await this.make("sam", `/alerts/${alert}/interventions`, { kind: "call", text: `${WORDS} was called` });
    this.records = {
      customer, contact, opportunity, contact_log,
      commitment: await first("ron", "/records/commitment"), alert, task: await first("ron", "/tasks"),
      message: await first("ron", "/messages"), stage_stay: await first("ron", "/records/stage_stay"),
      intervention: await first("sam", "/records/intervention"), user: this.office.variables.ron,
      team: this.office.variables.south,
    };
    const shared = (await this.make("ron", `/records/customer/${customer}/shares`, { person: this.office.variables.sam, level: "read" })).id;
    this.others = { webhooks: ABSENT, workbooks: ABSENT, shares: shared, views: view, files: file.json.id, imports: imported.json.id };
    const own = (await this.make("sue", "/records/customer", { name: "North own", owner: this.office.variables.rob })).id;
    await this.make("rob", "/records/opportunity", { customer: own, amount: "5" });
    const logins = [...HIDDEN_FROM, "ron"];
    this.odd = await oddMake(this, {
      words: WORDS, roles: HIDDEN_ROLES, people: Object.fromEntries(logins.map((login) => [login, this.office.variables[login]])),
    });
    this.odd.words = WORDS;
    this.records[this.odd.name] = this.odd.foreign;
    this.records[this.odd.line] = this.odd.foreignLine;
    const secrets = { ...this.records, ...this.others };
    this.secrets = [...Object.values(secrets), WORDS, "77777"];
  }

  /* The same words for both ids: then the answers must be the same. */
  plain(text, id) {
    return text.replaceAll(id, "ID");
  }

  async same(login, method, path, body, foreign, headers) {
    const put = (value, id) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value).replaceAll("{id}", id)));
    const seen = await this.ask(login, method, path.replaceAll("{id}", foreign), put(body, foreign), headers);
    const never = await this.ask(login, method, path.replaceAll("{id}", ABSENT), put(body, ABSENT), headers);
    const [a, b] = [this.plain(seen.text, foreign), this.plain(never.text, ABSENT)];
    if (seen.status !== never.status || a !== b) {
      this.breach(`${login} ${method} ${path} ${JSON.stringify(body) ?? ""}: ${seen.status} ${a.slice(0, 300)}\n` +
        `      but for what is not there: ${never.status} ${b.slice(0, 300)}`);
    }
    return seen;
  }

  async clean(login, method, path, body) {
    const answer = await this.ask(login, method, path, body);
    const text = path.includes(".xlsx") && answer.status === 200 ? unzipped(await this.bytes(login, path)) : answer.text;
    const asked = decodeURIComponent(path) + JSON.stringify(body ?? "");
    for (const secret of this.secrets) {
      /* Words that were in the question may be in the answer. */
      if (text.includes(secret) && !asked.includes(secret)) {
        this.breach(`${login} ${method} ${path}: holds ${secret}: ${text.slice(0, 300)}`);
      }
    }
    return answer;
  }

  async bytes(login, path) {
    const answer = await fetch(`http://127.0.0.1:${this.server.port}${path}`, {
      headers: { authorization: `Bearer ${this.office.tokens[login]}` },
    });
    return Buffer.from(await answer.arrayBuffer());
  }

  /* ---- one endpoint ---- */

  async list(login, method, path, object) {
    const id = this.records[object] ?? ABSENT;
    const queries = path.includes("/records/") || path.includes("/export/")
      ? ["?limit=200", `?q=${WORDS}&count=exact`, `?where=${encodeURIComponent(`id = "${id}"`)}&count=exact`,
        `?where=${encodeURIComponent(`CONTAINS(name, "${WORDS}")`)}&count=exact`]
      : ["", "?limit=200", `?object=opportunity`, `?record=${id}`, `?q=${WORDS}`, "?assignee=all", "?open=0"];
    if (path.includes("/export/")) queries.splice(0, 1, "");
    for (const query of queries) {
      const answer = await this.clean(login, method, path + query);
      const isPointed = /\/(records|export|teams)\b/.test(path) && /where|q=/.test(query);
      if (isPointed && answer.status === 200 && answer.json && (answer.json.items?.length ?? 0) + (answer.json.count ?? 0) > 0) {
        this.breach(`${login} ${method} ${path}${query}: found ${answer.text.slice(0, 200)}`);
      }
    }
  }

  async sums(login, path, object) {
    const id = this.records[object] ?? ABSENT;
    await this.same(login, "POST", path, { where: 'id = "{id}"', values: ["COUNT()"] }, id);
    await this.clean(login, "POST", path, { group: ["id"], values: ["COUNT()"] });
    await this.clean(login, "POST", path, { group: ["owner"], values: ["COUNT()"] });
    await this.clean(login, "POST", path, { values: ["COUNT()", "SUM(amount)", "MAX(amount)", "MAX(name)"] });
  }

  /* A reference to what one may not see is refused as one to nothing. */
  async creates(login, path, object) {
    for (const { name, type, to } of this.definitions[object]?.fields ?? []) {
      const isMany = type === "many_to_many";
      const target = type === "reference" || isMany ? to : { person: "user", team: "team", file: "file" }[type];
      const id = target === "file" ? this.others.files : this.records[target];
      if (id) await this.same(login, "POST", path, { name: "North", [name]: isMany ? ["{id}"] : "{id}" }, id);
    }
    const mine = this.records[object];
    if (mine) await this.taken(login, path, object, mine);
  }

  /* A batch with one foreign record among its own is refused as one with a record that never was. */
  async changes(login, path, object) {
    const id = this.records[object] ?? ABSENT;
    await this.same(login, "PATCH", path, { records: [{ id: "{id}", name: "Taken" }] }, id);
    await this.same(login, "PATCH", path, { records: [{ id: "{id}", version: 1, owner: this.office.variables[login] }] }, id);
  }

  /* An id that is taken says no more than that. */
  async taken(login, path, object, id) {
    const body = { id, name: "North", conclusion: "x", next_action: "y", what: "z", due_at: "2026-03-20" };
    for (const name of Object.keys(body)) {
      if (name !== "id" && !this.definitions[object]?.fields.some((field) => field.name === name)) delete body[name];
    }
    await this.clean(login, "POST", path, body);
  }

  async measures(login, path) {
    const range = "from=2026-03-01&to=2026-04-01";
    for (const measure of ["phi", "action_timeliness", "information_completeness", "alert_response", "open_amount"]) {
      const at = path.replace("{measure}", measure);
      await this.same(login, "GET", `${at}?scope=user:{id}&${range}&drill=1`, undefined, this.office.variables.ron);
      await this.same(login, "GET", `${at}?scope=team:{id}&${range}&drill=1`, undefined, this.office.variables.south);
      await this.same(login, "GET", `${at}?scopes=me,user:{id}&${range}&drill=1`, undefined, this.office.variables.ron);
      await this.clean(login, "GET", `${at}?scope=me&${range}&drill=1`);
      for (const scope of ["region:S", "all"]) {
        const answer = await this.clean(login, "GET", `${at}?scope=${scope}&${range}&drill=1`);
        if (answer.status !== 403) this.breach(`${login} GET ${at}?scope=${scope}: ${answer.status}, wanted 403`);
      }
    }
  }

  /* Where {id} is one of this path: [id, object or ""]. */
  targets(path) {
    const object = /\/records\/(\w+)\//.exec(path)?.[1];
    if (object) return this.records[object] ? [this.records[object]] : [];
    const noun = /\/api\/v1\/(\w+)\/\{id\}/.exec(path)?.[1];
    const id = this.others[noun] ?? this.records[noun?.replace(/s$/, "")];
    if (!id) throw new Failure(`matrix: what is {id} in ${path}?`);
    return [id];
  }

  async single(login, method, path) {
    const ending = /\{id\}\/(\w+)$/.exec(path)?.[1];
    const isWrite = method !== "GET" && method !== "DELETE";
    const bodies = ending && isWrite ? [(BODIES[ending] ?? (() => ({})))(this.office.variables[login])] : [undefined];
    if (method === "PATCH") bodies.splice(0, 1, {}, { name: "Taken" }, { owner: this.office.variables[login] });
    for (const id of this.targets(path)) {
      for (const body of bodies) {
        await this.same(login, method, path, body, id);
        if (method === "DELETE" || body?.owner) await this.same(login, method, path, body, id, { "if-match": '"1"' });
      }
    }
  }

  async endpoint(login, method, template) {
    const route = `${method} ${template}`;
    if (APART.has(route)) return;
    if (this.needs.has(route) || SETUP.test(route) || template.includes("/layouts")) return this.setup(login, method, template.replace("{layout}", "opportunity"));
    if (template.includes("{measure}")) return this.measures(login, template);
    const objects = template.includes("{object}") ? this.objects : [""];
    for (const object of objects) {
      const path = template.replace("{object}", object).replace("{share}", this.others.shares).replace("{entry}", "1");
      const unknown = /\{(?!id\})\w+\}/.exec(path);
      const isDefinition = /\/(objects|pipelines)\//.test(path);
      if (unknown && !isDefinition) throw new Failure(`matrix: what is ${unknown[0]} in ${path}?`);
      if (path.includes("{id}")) await this.single(login, method, path);
      else if (path.includes("/query/")) await this.sums(login, path, object);
      else if (route === "POST /api/v1/records/{object}") await this.creates(login, path, object);
      else if (route === "PATCH /api/v1/records/{object}") await this.changes(login, path, object);
      else if (route === "GET /api/v1/files") await this.same(login, method, `${path}?ids={id}`, undefined, this.others.files);
      else if (route === "POST /api/v1/messages/read") await this.same(login, method, path, { ids: ["{id}"] }, this.records.message);
      else if (method === "GET" && !isDefinition) await this.list(login, method, path, object);
      else await this.clean(login, method, path.replace(/\{\w+\}/, "standard"), method === "GET" ? undefined : {});
    }
  }

  /* Setting up is not for them at all, whatever is named. */
  async setup(login, method, template) {
    const path = template.replace("{object}", "customer").replace("{field}", "name").replace("{pipeline}", "standard")
      .replace("{pack}", "sales").replace("{rule}", "stall_ladder").replace("{entry}", "1").replace("{job}", "1").replace("{role}", "rep").replace("{calendar}", "china").replace("{id}", this.office.variables.ron);
    const unknown = /\{\w+\}/.exec(path);
    if (unknown) throw new Failure(`matrix: what is ${unknown[0]} in ${template}? Teach me.`);
    const answer = await this.ask(login, method, path, method === "GET" || method === "DELETE" ? undefined : {});
    if (answer.status !== 403) this.breach(`${login} ${method} ${template}: ${answer.status}, wanted 403`);
  }

  /* ---- everybody ---- */

  async strangers(method, template, isOpen, keyScope) {
    const route = `${method} ${template}`;
    const path = template.replace(/\{object\}/, "customer").replace(/\{id\}/, ABSENT).replace(/\{\w+\}/g, "x");
    const body = method === "GET" || method === "DELETE" ? undefined : {};
    if (isOpen) return;
    for (const headers of [{}, { authorization: "Bearer nonsense" }, { cookie: "leadline_session=nonsense" }]) {
      const answer = await this.ask("", method, path, body, headers);
      if (answer.status !== 401) this.breach(`nobody ${route}: ${answer.status}, wanted 401`);
    }
    if (keyScope !== "audit") {
      const answer = await this.ask("", method, path, body, { authorization: `Bearer ${this.key}` });
      if (answer.status !== 403) this.breach(`a key without the scope ${route}: ${answer.status}, wanted 403`);
    }
    if (method === "GET" || READING_POSTS.has(route) || route === "POST /api/v1/formulas/form") return;
    const cookie = { cookie: `leadline_session=${this.office.tokens.admin}`, origin: "https://elsewhere.example" };
    const answer = await this.ask("", method, path, body, cookie);
    if (answer.status !== 403) this.breach(`a foreign site's ${route}: ${answer.status}, wanted 403`);
  }

  async snapshot() {
    const out = {};
    for (const [object, id] of Object.entries(this.records)) {
      const answer = await this.ask("admin", "GET", `/api/v1/records/${object}/${id}`);
      const { can, ...record } = answer.json ?? {};
      out[object] = answer.status === 200 ? record : answer.status;
    }
    return out;
  }

  /* It is no proof when nobody can see them: those who may, do. */
  async control() {
    for (const login of SEEN_BY) {
      for (const object of ["customer", "contact", "opportunity", "contact_log", "commitment", "alert"]) {
        const path = `/api/v1/records/${object}/${this.records[object]}`;
        const answer = await this.ask(login, "GET", path);
        if (answer.status !== 200) this.breach(`${login} GET ${path}: ${answer.status}, wanted 200`);
      }
    }
  }

  async streams(run) {
    const streams = HIDDEN_FROM.map((login) => [login, this.server.listen(this.office.tokens[login])]);
    for (const [, stream] of streams) await stream.ready;
    await run();
    await this.make("ron", `/records/opportunity/${this.records.opportunity}/move`, { stage: "contact" }, 200);
    await this.make("ron", "/records/contact_log", {
      opportunity: this.records.opportunity, conclusion: `${WORDS} 第二次谈话确认付款方式`, next_action: "继续",
      next_action_due: "2026-03-12T09:00:00+08:00",
    });
    await this.ask("ron", "PATCH", `/api/v1/records/${this.odd.name}/${this.odd.foreign}`, { name: `${WORDS} odder`, lines: [{ name: `${WORDS} other line` }] });
    await this.ask("admin", "PATCH", `/api/v1/records/${this.odd.name}/${this.odd.foreign}`, { hidden_text: `${WORDS} deeper` });
    /* Products are for everybody: when that event has come, all before it have. */
    await this.make("admin", "/records/product", { name: "For all" });
    for (const [login, stream] of streams) {
      for (let i = 0; i < 200 && !stream.events.some(({ event }) => event === "change"); i++) {
        await new Promise((wake) => setTimeout(wake, 10));
      }
      const text = JSON.stringify(stream.events);
      for (const secret of this.secrets) {
        if (text.includes(secret)) this.breach(`${login} GET /events: holds ${secret}: ${text.slice(0, 300)}`);
      }
      stream.close();
    }
  }

  async run() {
    await this.fill();
    const { json } = await this.ask("admin", "GET", "/api/v1/openapi.json");
    this.needs = new Set(Object.entries(json.paths).flatMap(([path, methods]) =>
      Object.entries(methods).filter(([, about]) => about["x-need"]).map(([method]) => `${method.toUpperCase()} ${path}`)));
    const routes = Object.entries(json.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, about]) => [method.toUpperCase(), path, about.security?.length === 0, about["x-key-scope"]]));
    this.key = (await this.make("admin", "/keys", { name: "Auditor", role: "auditor", scopes: ["audit"] })).secret;
    const objects = (await this.ask("admin", "GET", "/api/v1/objects")).json.items;
    this.definitions = Object.fromEntries(objects.map((object) => [object.name, object]));
    this.objects = [...new Set([...objects.map(({ name }) => name), ...ENGINE_OBJECTS])];
    await this.control();
    const before = await this.snapshot();
    await this.streams(async () => {
      for (const [method, path, isOpen, keyScope] of routes) {
        await this.strangers(method, path, isOpen, keyScope);
        await Promise.all(HIDDEN_FROM.map((login) => this.endpoint(login, method, path)));
      }
      await Promise.all(HIDDEN_FROM.map((login) => oddLook(this, login, this.odd)));
      const after = await this.snapshot();
      for (const object of Object.keys(before)) {
        const [a, b] = [JSON.stringify(before[object]), JSON.stringify(after[object])];
        if (a !== b) this.breach(`${object} was changed: ${a}\n      to ${b}`);
      }
    });
    await this.control();
  }
}

export async function matrixRun() {
  const matrix = new Matrix();
  await matrix.begin();
  try {
    await matrix.run();
    await matrix.server.stop();
  } finally {
    matrix.server.child.kill("SIGKILL");
  }
  if (matrix.breaches.length > 0) {
    const shown = matrix.breaches.slice(0, 40).join("\n    ");
    throw new Failure(`matrix: ${matrix.breaches.length} breaches in ${matrix.count} questions:\n    ${shown}`);
  }
  console.log(`   matrix: ${matrix.count} questions`);
}
