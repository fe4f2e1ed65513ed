/*
 * Who may not see something learns nothing of it, whatever is asked: people with random roles ask random questions
 * of a random world (filters, orders, sums, groups, look-ups, roll-ups, formulas, searches, exports, histories, the
 * change feed); then everything they may not see is changed, and the same questions must be answered the same, byte
 * for byte. Nothing here knows what an answer should be, so nothing has to be taught when a function or a field type
 * is added to the lists below. SEED=n repeats a world, WORLDS=n makes more of them.
 */
import { randomMake, WORDS } from "./random.mjs";
import { Failure, Server, officeCopy } from "./server.mjs";

const QUESTIONS = Number(process.env.QUESTIONS ?? 100);
const PEOPLE = ["rob", "ray", "sue", "ron", "sam", "rita"];
const label = (text) => ({ zh: text, en: text });

/* ---- the world ---- */

const field = (name, type, more = {}) => ({ name, type, label: label(name), ...more });
const rollup = (name, relation, fn, of, more = {}) => field(name, "rollup", { relation, function: fn, ...(of && { field: of }), ...more });
const formula = (name, text, result, more = {}) => field(name, "formula", { formula: text, result, ...more });
const KINDS = ["red", "green", "blue"].map((name) => ({ name, label: label(name) }));

const OBJECTS = [
  { name: "firm", plural: "firms", search: ["name", "secret", "phone"], fields: [
    field("name", "text", { title: true }), field("rating", "integer", { index: true }), field("secret", "text"), field("kind", "choice", { choices: KINDS }),
    field("tags", "multi_choice", { choices: KINDS }), field("phone", "phone", { personal: "phone" }), field("opened", "date"),
    field("budget", "money"), field("above", "reference", { to: "firm" }), field("keeper", "person")] },
  { name: "deal", plural: "deals", search: ["name", "note"], fields: [
    field("name", "text", { title: true }), field("firm", "reference", { to: "firm" }), field("amount", "money"), field("cost", "money"),
    field("note", "long_text"), field("due", "datetime"), field("partners", "many_to_many", { to: "firm", back: "partner_deals" }), field("helper", "person"),
    field("firm_rating", "lookup", { via: "firm", field: "rating", stored: true }), field("firm_secret", "lookup", { via: "firm", field: "secret", stored: true }),
    field("firm_kind", "lookup", { via: "firm", field: "kind" }), formula("margin", "amount - cost", "money", { stored: true }),
    formula("line", 'firm.name & "/" & firm.secret', "text"), formula("mine", "OR(helper = ME(), amount > 500)", "boolean"),
    formula("moved", "TIMES_CHANGED(amount)", "integer"), formula("was", "PREVIOUS(amount)", "money")] },
  { name: "item", plural: "items", owner: false, fields: [
    field("name", "text", { title: true }), field("deal", "reference", { to: "deal", owned: true }), field("count", "integer"),
    field("price", "money"), field("maker", "reference", { to: "firm" }), field("maker_name", "lookup", { via: "maker", field: "name", stored: true })] },
  { name: "visit", plural: "visits", inherit: ["firm"], search: ["name"], fields: [
    field("name", "text", { title: true }), field("firm", "reference", { to: "firm" }), field("minutes", "integer"), field("remark", "text")] },
];
const LATER = {
  deal: [field("items", "sub_table", { to: "item", via: "deal" }), rollup("pieces", "items", "sum", "count", { stored: true }), rollup("dearest", "items", "max", "price")],
  firm: [
    rollup("total", "deals", "sum", "amount", { stored: true, index: true }), rollup("live", "deals", "avg", "amount"), rollup("newest", "deals", "last", "name", { stored: true }),
    rollup("big", "deals", "count", null, { where: "amount > 400" }), rollup("minutes", "visits", "sum", "minutes", { stored: true }),
    rollup("made", "items", "sum", "price"), formula("double", "total * 2 + COALESCE(minutes, 0)", "money", { stored: true }),
    formula("above_secret", "above.secret", "text"), formula("above_total", "above.total", "money", { stored: true }), formula("middle", "MEDIAN(deals.amount)", "number"),
    formula("names", 'LAST(deals.name, cost > 100) & "-" & LAST(visits.remark)', "text"), formula("every", "ALL(deals, cost > 50)", "boolean"),
    rollup("joined", "partner_deals", "count")],
};
const RELATIONS = { firm: ["deals", "visits", "items", "partner_deals", "firms"], deal: ["items"], item: [], visit: [] };
const NUMBERS = {
  firm: ["rating", "budget", "total", "live", "big", "minutes", "made", "double", "above_total", "middle", "joined"],
  deal: ["amount", "cost", "firm_rating", "margin", "moved", "was", "pieces", "dearest"], item: ["count", "price", "line_no"], visit: ["minutes"],
};
const TEXTS = {
  firm: ["name", "secret", "newest", "above_secret", "names", "phone", "kind"], deal: ["name", "note", "firm_secret", "line", "firm_kind"],
  item: ["name", "maker_name"], visit: ["name", "remark"],
};
const REFERENCES = { firm: { above: "firm" }, deal: { firm: "firm" }, item: { deal: "deal", maker: "firm" }, visit: { firm: "firm" } };
const PERSONS = { firm: ["owner", "keeper", "created_by"], deal: ["owner", "helper"], item: [], visit: ["owner"] };
const TARGET = { deals: "deal", visits: "visit", items: "item", partner_deals: "deal", firms: "firm" };
const NAMES = Object.keys(NUMBERS);

/* ---- random expressions of the language ---- */

class Tongue {
  constructor(random) {
    this.random = random;
  }

  path(object, lists, depth) {
    const { pick, odds } = this.random;
    const references = Object.entries(REFERENCES[object]);
    if (depth > 0 && references.length > 0 && odds(0.35)) {
      const [name, to] = pick(references);
      return `${name}.${this.path(to, lists, depth - 1)}`;
    }
    return pick(lists[object]);
  }

  number(object, depth = 2) {
    const { pick, odds, below } = this.random;
    const relations = RELATIONS[object];
    if (depth > 0 && relations.length > 0 && odds(0.4)) {
      const relation = pick(relations), to = TARGET[relation];
      const where = odds(0.5) ? `, ${this.condition(to, 0)}` : "";
      if (odds(0.3)) return `COUNT(${relation}${where})`;
      return `${pick(["SUM", "MAX", "MIN", "AVERAGE", "LAST", "MEDIAN", "COUNTUNIQUE"])}(${relation}.${pick(NUMBERS[to])}${where})`;
    }
    if (depth > 0 && odds(0.15)) return `IF(${this.condition(object, 0)}, ${this.number(object, 0)}, ${below(9)})`;
    if (depth > 0 && odds(0.1)) return `LEN(${this.text(object, 0)})`;
    return this.path(object, NUMBERS, 2);
  }

  text(object, depth = 2) {
    const { pick, odds } = this.random;
    const relations = RELATIONS[object];
    if (depth > 0 && relations.length > 0 && odds(0.3)) {
      const relation = pick(relations), to = TARGET[relation];
      return odds(0.5) ? `LAST(${relation}.${pick(TEXTS[to])})` : `TEXTJOIN(",", ${relation}.${pick(TEXTS[to])})`;
    }
    if (odds(0.15) && PERSONS[object].length > 0) return `${pick(PERSONS[object])}.${pick(["name", "login", "team.name"])}`;
    return this.path(object, TEXTS, 2);
  }

  condition(object, depth = 2) {
    const { pick, odds, below } = this.random;
    if (depth > 0 && odds(0.3)) return `(${this.condition(object, depth - 1)} ${pick(["AND", "OR"])} ${this.condition(object, depth - 1)})`;
    if (odds(0.1)) return `NOT ISBLANK(${odds(0.5) ? this.number(object, depth) : this.text(object, depth)})`;
    if (odds(0.08) && PERSONS[object].length > 0) return `${pick(PERSONS[object])} = ME()`;
    if (odds(0.5)) return `${this.number(object, depth)} ${pick([">", "<", "=", ">="])} ${below(odds(0.5) ? 10 : 900)}`;
    const word = pick(WORDS);
    return pick([`CONTAINS(${this.text(object, depth)}, "${word}")`, `${this.text(object, depth)} > "${word}"`, `STARTSWITH(${this.text(object, depth)}, "${word}")`]);
  }

  column(object) {
    const { odds } = this.random;
    return odds(0.5) ? this.path(object, NUMBERS, 2) : this.path(object, TEXTS, 2);
  }

  columns(object, count) {
    return [...new Set(Array.from({ length: count }, () => this.column(object)))];
  }

  /* One question: [method, path, body]. */
  question(object, seen) {
    const { pick, below, odds } = this.random;
    const text = encodeURIComponent;
    const id = seen[object].length > 0 ? pick(seen[object]) : "01957a3c-0000-7000-8000-00000000dead";
    const where = () => text(this.condition(object));
    const order = () => text((odds(0.5) ? "-" : "") + this.column(object));
    const query = () => {
      const values = ["COUNT()", ...Array.from({ length: 2 }, () => `${pick(["SUM", "MAX", "MIN", "AVERAGE"])}(${this.number(object)})`)];
      const group = odds(0.6) ? this.columns(object, 1) : [];
      return { values, ...(group.length > 0 && { group, order: odds(0.5) ? group[0] : undefined }), ...(odds(0.5) && { where: this.condition(object) }) };
    };
    return pick([
      () => ["GET", `/records/${object}?where=${where()}&count=exact&limit=200`],
      () => ["GET", `/records/${object}?order=${order()}&fields=${text(this.columns(object, 4).join(","))}&limit=${1 + below(50)}`],
      () => ["GET", `/records/${object}?where=${where()}&order=${order()}&limit=5`],
      () => ["POST", `/query/${object}`, query()],
      () => ["POST", `/query/${object}`, query()],
      () => ["POST", "/formulas/check", { object, formula: odds(0.5) ? this.number(object) : this.text(object), record: id }],
      () => ["POST", "/formulas/form", { object, record: id, conditions: [this.condition(object), this.condition(object)] }],
      () => ["GET", `/records/${object}?q=${text(pick(WORDS))}&limit=200&count=exact`],
      () => ["GET", `/records/${object}/${id}?fields=${text(this.columns(object, 5).join(","))}`],
      () => ["GET", `/records/${object}/${id}/history`],
      () => ["GET", `/export/${object}.csv?where=${where()}&fields=${text(this.columns(object, 3).join(","))}&order=${order()}`],
    ])();
  }
}

/* ---- one world ---- */

class World {
  constructor(seed, server, office) {
    Object.assign(this, { server, office, random: randomMake(seed), seed, ids: {}, leaks: [], good: 0, moved: 0 });
    this.tongue = new Tongue(this.random);
  }

  async ask(login, method, path, body) {
    const headers = { authorization: `Bearer ${this.office.tokens[login]}`, "accept-language": "en" };
    if (body !== undefined) headers["content-type"] = "application/json";
    return this.server.ask(method, `/api/v1${path}`, { headers, body: body && JSON.stringify(body) });
  }

  async done(login, method, path, body) {
    const answer = await this.ask(login, method, path, body);
    if (answer.status >= 300) throw new Failure(`blind: ${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  /* A value of a field, of a record that may be anybody's. */
  value({ type, to }) {
    const { below, pick, odds, word } = this.random;
    if (odds(0.1)) return type === "multi_choice" || type === "many_to_many" ? [] : null;
    switch (type) {
      case "integer": return below(12);
      case "money": return `${below(1000)}.${below(90) + 10}`;
      case "phone": return `139${1000 + below(9000)}0001`; // what a mask shows of it is the same
      case "date": return `2026-0${1 + below(9)}-1${below(10)}`;
      case "datetime": return `2026-0${1 + below(9)}-1${below(10)}T08:00:00+08:00`;
      case "choice": return pick(KINDS).name;
      case "multi_choice": return [pick(KINDS).name];
      case "person": return this.office.variables[pick(PEOPLE)];
      case "reference": return this.ids[to]?.length ? pick(this.ids[to]) : null;
      case "many_to_many": return this.ids[to]?.length ? [pick(this.ids[to])] : [];
      default: return word();
    }
  }

  isPlain({ type }) {
    return !["lookup", "rollup", "formula", "sub_table"].includes(type);
  }

  record(object, only = () => true) {
    const out = {};
    for (const one of object.fields) if (this.isPlain(one) && only(one)) out[one.name] = one.title ? this.random.word() : this.value(one);
    return out;
  }

  lines() {
    const items = OBJECTS.find(({ name }) => name === "item");
    return Array.from({ length: this.random.below(4) }, () => this.record(items, ({ name }) => name !== "deal"));
  }

  async role(login) {
    const { pick, odds } = this.random;
    const grants = { "*": { read: "none" }, user: { read: pick(["all", "team", "own"]) }, team: { read: "all" } }, fields = {};
    const formulas = { firm: 'CONTAINS(name, "a") OR owner = ME()', deal: "firm.rating > 5 OR owner = ME()", visit: "minutes > 5" };
    for (const { name, owner, fields: all } of OBJECTS) {
      if (owner !== false) grants[name] = { read: pick(["own", "own", "team", "all", { formula: formulas[name] }, "none"]), export: "all" };
      for (const { name: inner, title } of [...all, ...(LATER[name] ?? [])]) {
        if (!title && odds(0.15)) fields[`${name}.${inner}`] = pick(["hidden", "masked"]);
      }
    }
    /* What decides who sees a record is not taken away from them: then a change of it would rightly show. */
    for (const name of ["deal.firm", "visit.firm", "item.deal"]) delete fields[name];
    const formulaOf = (name) => typeof grants[name]?.read === "object";
    if (formulaOf("deal")) delete fields["firm.rating"];
    if (formulaOf("visit")) delete fields["visit.minutes"];
    await this.done("admin", "POST", "/roles", { name: `blind_${login}`, label: label(login), grants, fields, can: [] });
    await this.done("admin", "PATCH", `/users/${this.office.variables[login]}`, { role: `blind_${login}` });
    return { grants, fields };
  }

  async fill() {
    for (const object of OBJECTS) {
      await this.done("admin", "POST", "/objects", { label: label(object.name), label_plural: label(object.plural), owner: true, ...object });
    }
    for (const [name, fields] of Object.entries(LATER)) for (const one of fields) await this.done("admin", "POST", `/objects/${name}/fields`, one);
    for (const [name, count] of [["firm", 14], ["deal", 40], ["visit", 30]]) {
      const object = OBJECTS.find((other) => other.name === name);
      this.ids[name] = [];
      for (let i = 0; i < count; i++) {
        const body = { ...this.record(object), owner: this.office.variables[this.random.pick(PEOPLE)], ...(name === "deal" && { items: this.lines() }) };
        this.ids[name].push((await this.done("admin", "POST", `/records/${name}`, body)).id);
      }
    }
    for (const id of this.ids.deal.slice(0, 20)) await this.done("admin", "PATCH", `/records/deal/${id}`, { amount: `${this.random.below(900)}.00` });
  }

  async seenBy(login) {
    const seen = {};
    for (const name of NAMES) {
      const answer = await this.ask(login, "GET", `/records/${name}?limit=200&fields=name`);
      seen[name] = answer.status === 200 ? answer.json.items.map(({ id }) => id) : [];
    }
    return seen;
  }

  async answers(login, questions) {
    const out = [];
    for (const [method, path, body] of questions) {
      const { status, text } = await this.ask(login, method, path, body);
      /* How far the feed has come is the same for everybody; the last digits of a mean are those of the order it was added up in. */
      const plain = path.startsWith("/changes") ? text.replace(/"next":.*/, "") : text.replaceAll(/"version":\d+,/g, "");
      out.push(`${status} ${plain.replaceAll(/\d+\.\d{7,}/g, (number) => String(Number(Number(number).toFixed(6))))}`);
    }
    return out;
  }

  /* Everything about records that are not seen, whatever it is, is another than before. */
  async disturb(seen) {
    const { odds, below } = this.random;
    for (const name of ["firm", "deal", "visit"]) {
      const object = OBJECTS.find((other) => other.name === name);
      const unseen = this.ids[name].filter((id) => !seen[name].includes(id));
      for (const id of unseen) {
        /* What it points to stays: seen by way of it, or not, is a question of that record. */
        const change = this.record(object, (one) => one.type !== "reference" && !this.decides(name, one.name));
        await this.done("admin", "PATCH", `/records/${name}/${id}`, { ...change, ...(name === "deal" && { items: this.lines() }) });
      }
      /* With a firm would go what is seen for its owner's sake. */
      if (unseen.length === 0 || name === "firm" || odds(0.5)) continue;
      const gone = unseen[below(unseen.length)];
      await this.done("admin", "DELETE", `/records/${name}/${gone}`);
      this.ids[name] = this.ids[name].filter((id) => id !== gone);
    }
  }

  /* Whether it may have any other value and still be answered the same: of what is masked, that it is blank shows, and a text's ends. */
  isClosed(name, one, old) {
    const mode = this.rights.fields[`${name}.${one.name}`];
    if (!mode || this.decides(name, one.name)) return false;
    return mode === "hidden" || (old !== null && ["integer", "money", "date", "datetime"].includes(one.type));
  }

  /* The fields one may not read have other values, in the records one sees, too. */
  async rewrite() {
    const items = OBJECTS.find((other) => other.name === "item");
    for (const name of ["firm", "deal", "visit"]) {
      const object = OBJECTS.find((other) => other.name === name);
      for (const id of this.ids[name]) {
        const old = await this.done("admin", "GET", `/records/${name}/${id}`);
        const change = this.record(object, (one) => this.isClosed(name, one, old[one.name]));
        if (name === "deal") change.items = old.items.map((line) => ({ id: line.id, ...this.record(items, (one) => this.isClosed("item", one, line[one.name])) }));
        await this.done("admin", "PATCH", `/records/${name}/${id}`, change);
      }
    }
  }

  /* What a scope is made of stays, else the record would come into sight. */
  decides(object, name) {
    const text = JSON.stringify([this.rights.grants[object]?.read ?? "", object === "firm" ? this.rights.grants.deal.read : ""]);
    return new RegExp(`\\b${name}\\b`).test(text);
  }

  async compare(login, questions, what, disturb) {
    const seen = await this.seenBy(login);
    const before = await this.answers(login, questions);
    const control = await this.answers("boss", questions);
    await disturb(seen);
    const after = await this.answers(login, questions);
    const told = await this.answers("boss", questions);
    this.good += before.filter((text) => text.startsWith("200")).length;
    this.moved += told.filter((text, i) => text !== control[i]).length;
    if (JSON.stringify(await this.seenBy(login)) !== JSON.stringify(seen)) this.leaks.push(`${what}, ${login}: other records are seen`);
    questions.forEach(([method, path, body], i) => {
      const [a, b] = [before[i], after[i]];
      if (a === b) return;
      const at = [...a].findIndex((letter, k) => letter !== b[k]);
      this.leaks.push(`${what}, ${login}: ${method} ${decodeURIComponent(path)} ${JSON.stringify(body) ?? ""}\n` +
        `      …${a.slice(Math.max(0, at - 60), at + 160)}\n      …${b.slice(Math.max(0, at - 60), at + 160)}\n      ${JSON.stringify(this.rights)}`);
    });
  }

  async person(login) {
    this.rights = await this.role(login);
    const seen = await this.seenBy(login);
    const questions = Array.from({ length: QUESTIONS }, () => this.tongue.question(this.random.pick(NAMES), seen));
    const lists = NAMES.map((name) => ["GET", `/records/${name}?limit=200&order=name`]);
    await this.compare(login, [...questions, ...lists, ["GET", "/changes?since=0"]], "unseen records", (ids) => this.disturb(ids));
    /* That a record was changed is told; of what, nothing. */
    const timeless = questions.filter(([, path]) => !path.includes("/history"));
    await this.compare(login, [...timeless, ...lists], "closed fields", () => this.rewrite());
  }
}

export async function blindRun(office) {
  const first = Number(process.env.SEED ?? 1);
  for (let seed = first; seed < first + Number(process.env.WORLDS ?? 1); seed++) {
    const server = await new Server(officeCopy(office)).start();
    try {
      const world = new World(seed, server, office);
      await world.fill();
      for (const login of PEOPLE.slice(0, 5)) await world.person(login);
      console.log(`   blind: seed ${seed}, ${world.good} answers, ${world.moved} of them others for who sees all`);
      if (world.leaks.length > 0) throw new Failure(`blind: ${world.leaks.length} answers tell what is not seen:\n    ${world.leaks.slice(0, 12).join("\n    ")}`);
      await server.stop();
    } finally {
      server.child.kill("SIGKILL");
    }
  }
}
