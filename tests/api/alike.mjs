/*
 * A list of writes does what its writes would do one by one. Two objects are alike but for a rule that never does
 * anything: where a rule may follow from a record, the engine writes a list one by one, where none may, together.
 * Random people send random lists to both, good ones and bad ones; all that is answered, and afterwards all that is
 * told of them anywhere (lists, histories, the change feed, searches, exports, tasks and messages when their time has
 * come) must be the same but for the name. SEED=n repeats a world, ROUNDS=n asks more of it.
 */
import { randomMake } from "./random.mjs";
import { Failure, Server, officeCopy } from "./server.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 300);
const PEOPLE = ["rob", "rob", "ray", "sue", "ron", "admin"];
const TWINS = ["alpha", "gamma"]; // as long as each other, and in this order in every list
const label = (text) => ({ zh: text, en: text });
const field = (name, type, more = {}) => ({ name, type, label: label(name), ...more });
const KINDS = ["red", "green", "blue"].map((name) => ({ name, label: label(name) }));

const FIRM = { name: "firm", plural: "firms", owner: true, label: label("firm"), label_plural: label("firms"),
  fields: [field("name", "text", { title: true }), field("rating", "integer")] };
const twin = (name) => ({ name, plural: `${name}s`, owner: true, label: label(name), label_plural: label(`${name}s`), search: ["name", "note"],
  unique: [["batch", "place"]], fields: [
    field("name", "text", { title: true, required: true }), field("number", "auto_number", { pattern: "N-{0000}" }), field("code", "text", { unique: true }),
    field("batch", "integer"), field("place", "text", { default: 'CONCAT("at ", name)' }), field("size", "integer", { validate: { formula: "size < 90", message: label("too large") } }),
    field("why", "text", { required_if: "size > 60" }), field("note", "long_text", { readonly_if: 'kind = "green"' }), field("kind", "choice", { choices: KINDS, default: '"red"' }),
    field("tags", "multi_choice", { choices: KINDS }), field("price", "money"), field("due", "datetime"), field("day", "date", { index: true }), field("phone", "phone", { personal: "phone" }),
    field("keeper", "person"), field("firm", "reference", { to: "firm" }), field("firms", "many_to_many", { to: "firm", back: `${name}_back` }),
    field("twice", "formula", { formula: "size * 2 + COALESCE(batch, 0)", result: "integer", stored: true, index: true }),
    field("rating", "lookup", { via: "firm", field: "rating", stored: true }), field("said", "formula", { formula: 'name & "/" & firm.name', result: "text" }),
    field("moved", "formula", { formula: "TIMES_CHANGED(size)", result: "integer" })] });
/* What is not theirs to write; they try all the same now and then. */
const CLOSED = { rob: ["phone", "price"], ray: ["phone", "price"], ron: ["phone", "price"], sue: ["place"] };
/* What is unique, and who owns or is linked to what: a list that changes them goes one by one with both. */
const MOVING = ["owner", "code", "batch", "place", "firms"];
const GRANT = { create: true, read: "own", update: "own", delete: "own", assign: "none" };

class Twins {
  constructor(seed, server, office) {
    Object.assign(this, { server, office, random: randomMake(seed), seed, firms: [], ids: [], good: 0, heard: 0, bad: {} });
  }

  async ask(login, method, path, body) {
    const headers = { authorization: `Bearer ${this.office.tokens[login]}`, "accept-language": "en", "content-type": "application/json" };
    return this.server.ask(method, `/api/v1${path}`, { headers, body: body && JSON.stringify(body) });
  }

  async done(login, method, path, body) {
    const answer = await this.ask(login, method, path, body);
    if (answer.status >= 300) throw new Failure(`alike: ${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  async begin() {
    await this.done("admin", "POST", "/objects", FIRM);
    for (const name of TWINS) {
      await this.done("admin", "POST", "/objects", twin(name));
      await this.done("admin", "POST", "/rules", { name: `${name}_due`, label: label("due"), kind: "remind", object: name, when: 'kind <> "blue"', since: "due", enabled: true,
        steps: [{ at: "-24h" }, { at: "0h" }], tell: ["owner", "keeper"], title: label("{name} {number}"), body: label("{said}") });
    }
    await this.done("admin", "POST", "/rules", { name: "never", label: label("never"), kind: "change", object: TWINS[1], on: ["create", "update", "delete"], when: 'name = "never"', enabled: true,
      actions: [{ do: "set", set: { note: '"never"' } }] });
    const grants = (scope) => Object.fromEntries([["user", { read: "team" }], ...["firm", ...TWINS].map((name) => [name, { ...GRANT, ...scope }])]);
    const fields = (all) => Object.fromEntries(TWINS.flatMap((name) => Object.entries(all).map(([one, mode]) => [`${name}.${one}`, mode])));
    await this.done("admin", "PATCH", "/roles/rep", { grants: grants({}), fields: fields({ phone: "masked", price: "readonly" }) });
    await this.done("admin", "PATCH", "/roles/supervisor", { grants: grants({ read: "team", update: "team", assign: "team" }), fields: fields({ place: "hidden" }) });
    for (let i = 0; i < 12; i++) {
      const body = { name: this.random.word(), rating: this.random.below(9), owner: this.office.variables[this.random.pick(PEOPLE)] };
      this.firms.push((await this.done("admin", "POST", "/records/firm", body)).id);
    }
  }

  value(one) {
    const { below, pick, odds, word } = this.random;
    switch (one) {
      case "name": return odds(0.01) ? "" : word();
      case "code": return `c${below(2000)}`;
      case "batch": return below(400);
      case "size": return below(odds(0.02) ? 100 : 62);
      case "kind": return pick(KINDS).name;
      case "tags": return [pick(KINDS).name];
      case "price": return `${below(900)}.50`;
      case "due": return `2026-03-${10 + below(9)}T0${below(9)}:00:00+08:00`;
      case "day": return `2026-0${1 + below(9)}-1${below(10)}`;
      case "phone": return `1390000${1000 + below(9000)}`;
      case "keeper":
      case "owner": return this.office.variables[odds(0.9) ? this.login : pick(PEOPLE)];
      case "firm": return this.mine.length > 0 ? pick(this.mine) : null;
      case "firms": return this.mine.filter(() => odds(0.3));
      default: return word();
    }
  }

  row(isNew, isPlain) {
    const { odds, below, pick } = this.random;
    const often = { code: 0.2, batch: 0.3, place: 0.2, size: 0.6, why: 0.6, note: 0.2, kind: 0.3, tags: 0.2, price: 0.2, due: 0.3, day: 0.3, phone: 0.2, keeper: 0.2, owner: 0.05, firm: 0.4, firms: 0.4 };
    const out = isNew && odds(0.99) ? { name: this.value("name") } : {};
    if (!isNew && odds(0.3)) out.name = this.value("name");
    for (const [one, share] of Object.entries(often)) {
      if (isPlain && MOVING.includes(one)) continue;
      if (odds(CLOSED[this.login]?.includes(one) ? 0.01 : share)) out[one] = odds(0.08) ? null : this.value(one);
    }
    if (!isNew) return { id: pick(this.ids), ...(odds(0.04) && { version: 1 + below(3) }), ...out };
    const id = odds(0.01) && this.ids.length > 0 ? pick(this.ids) : this.idMake();
    return { id, ...out };
  }

  /* Of this world's own making, so that both twins have the same. */
  idMake() {
    const hex = (length) => Array.from({ length }, () => this.random.below(16).toString(16)).join("");
    return `01957a3c-${hex(4)}-7${hex(3)}-8${hex(3)}-${hex(12)}`;
  }

  async same(login, method, path, body) {
    const answers = [];
    for (const name of TWINS) {
      const { status, text } = await this.ask(login, method, path.replaceAll("TWIN", name), body);
      answers.push(`${status} ${text.replaceAll(name, "TWIN")}`);
    }
    const [a, b] = answers;
    if (a !== b) {
      const at = [...a].findIndex((letter, k) => letter !== b[k]);
      throw new Failure(`alike, seed ${this.seed}: ${login} ${method} ${path} ${JSON.stringify(body) ?? ""}\n  together   ${a.slice(0, 4)}…${a.slice(Math.max(0, at - 120), at + 300)}\n` +
        `  one by one ${b.slice(0, 4)}…${b.slice(Math.max(0, at - 120), at + 300)}`);
    }
    return a;
  }

  async round() {
    const { below, pick, odds } = this.random;
    const login = pick(PEOPLE);
    this.login = login;
    const isNew = this.ids.length < 8 || odds(0.5);
    const { items } = await this.done(login, "GET", "/records/firm?fields=name&limit=50");
    this.mine = odds(0.05) ? this.firms : items.length > 0 ? items.map(({ id }) => id) : [];
    const seen = await this.done(login, "GET", `/records/${TWINS[0]}?fields=name&limit=200`);
    const all = this.ids, isPlain = !isNew && odds(0.6);
    if (!isNew && odds(0.9) && seen.items.length > 0) this.ids = seen.items.map(({ id }) => id);
    const records = Array.from({ length: 2 + below(5) }, () => this.row(isNew, isPlain));
    this.ids = all;
    const answer = await this.same(login, isNew ? "POST" : "PATCH", "/records/TWIN", { records });
    if (answer.startsWith("2")) {
      this.good += 1;
      if (isNew) this.ids = [...new Set([...this.ids, ...records.map(({ id }) => id)])];
    } else {
      for (const { code } of JSON.parse(answer.slice(4)).errors ?? []) this.bad[code] = (this.bad[code] ?? 0) + 1;
    }
  }

  async messages(login) {
    const out = [];
    for (let after = ""; after !== null; ) {
      const { items, next } = await this.done(login, "GET", `/messages?limit=200${after && `&after=${after}`}`);
      out.push(...items);
      after = next;
    }
    return out;
  }

  async told() {
    const ids = this.ids;
    for (const login of ["admin", "sue", "rob"]) {
      await this.same(login, "GET", "/records/TWIN?limit=200&order=number");
      await this.same(login, "GET", "/records/TWIN?limit=200&order=number&fields=name,twice,rating,firm.name,said&where=COUNT(firms)%20%3E%200");
      await this.same(login, "GET", "/export/TWIN.csv?order=number");
      for (const q of ["ada", "春", "bolt"]) await this.same(login, "GET", `/records/TWIN?q=${encodeURIComponent(q)}&order=number`);
      for (const id of ids) await this.same(login, "GET", `/records/TWIN/${id}/history`);
    }
    for (const id of this.firms) await this.same("admin", "GET", `/records/firm/${id}?fields=TWIN_back`);
    const feed = async (name) => {
      const out = [];
      for (let since = "0", more = true; more; ) {
        const { items, next, more: isMore } = await this.done("admin", "GET", `/changes?since=${since}&limit=500&objects=${name}`);
        for (const { position, ...rest } of items) out.push(JSON.stringify(rest).replaceAll(name, "TWIN"));
        more = isMore;
        since = next;
      }
      return out;
    };
    const [a, b] = [await feed(TWINS[0]), await feed(TWINS[1])];
    const at = a.findIndex((text, i) => text !== b[i]);
    if (at >= 0 || a.length !== b.length) throw new Failure(`alike, seed ${this.seed}: the feed tells\n  together   ${a[at]}\n  one by one ${b[at]}`);
    await this.done("admin", "POST", "/test/clock", { now: "2026-04-01T09:00:00+08:00" });
    for (const login of new Set(PEOPLE)) {
      const items = await this.messages(login);
      const of = (name) => items.filter(({ rule }) => rule === `${name}_due`).map(({ title, body, record, created_at: at }) => JSON.stringify([title, body, record, at])).sort().join("\n");
      if (of(TWINS[0]) !== of(TWINS[1])) throw new Failure(`alike, seed ${this.seed}: ${login} is told\n  together   ${of(TWINS[0])}\n  one by one ${of(TWINS[1])}`);
      this.heard += items.length;
    }
  }
}

export async function alikeRun(office) {
  const seed = Number(process.env.SEED ?? 1);
  const server = await new Server(officeCopy(office)).start();
  try {
    const twins = new Twins(seed, server, office);
    await twins.begin();
    for (let i = 0; i < ROUNDS; i++) await twins.round();
    await twins.told();
    await server.stop();
    server.check();
    console.log(`   alike: seed ${seed}, ${twins.good} lists taken, ${twins.ids.length} records, ${twins.heard} messages; refused: ${JSON.stringify(twins.bad)}`);
  } finally {
    server.child.kill("SIGKILL");
  }
}
