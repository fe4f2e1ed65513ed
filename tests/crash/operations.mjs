/*
 * Operations × faults: a field's type changed by a job and changed back, a stored roll-up that a job fills, another
 * meaning for it and for what stands on it, an import, an upgrade of a pack, a bulk edit. Each is hit at a random moment by
 *   kill   kill -9, then a start
 *   full   no room on the disk (SQLite: the server's files may not grow), then room again
 *   down   PostgreSQL is stopped and started, the server lives on
 * and afterwards stands as before it or as after it, whole; as after it when it had been answered. What others had
 * been answered meanwhile is there, writes are taken again without anybody's help, `leadline check` finds nothing.
 */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure, Server, officeMake } from "../api/server.mjs";
import { zip } from "../api/workbook.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 2), TRUCKS = 1500, BULK = 1000, EDGE = "edge", BACK_MS_MAX = 20_000;
const FILE_SIZE_MAX = 64 * 1024;
const [onlyOperation, onlyFault] = (process.argv[2] ?? "").split("/");
let seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const postgres = process.env.LEADLINE_TEST_DB ?? "";

function random() {
  seed = (seed * 1103515245 + 12345) % 2147483648;
  return seed / 2147483648;
}

const wait = (ms) => new Promise((wake) => setTimeout(wake, ms));
const label = (zh, en) => ({ zh, en });
const uuid = (kind, i) => `01957a3c-000${kind}-7000-8000-${i.toString(16).padStart(12, "0")}`;

class Broken extends Error {} // the connection broke, or the server said that it cannot store now

/* ---- the workspace ---- */

const TRUCK = {
  name: "truck", label: label("卡车", "Truck"), fields: [
    { name: "name", type: "text", label: label("名称", "Name") },
    { name: "code", type: "text", label: label("编号", "Code") },
    { name: "note", type: "text", label: label("备注", "Note") },
  ],
};
const TRIP = {
  name: "trip", label: label("行程", "Trip"), fields: [
    { name: "name", type: "text", label: label("名称", "Name") },
    { name: "truck", type: "reference", to: "truck", label: label("卡车", "Truck") },
    { name: "km", type: "integer", label: label("里程", "Distance") },
  ],
};
const STOP = {
  name: "stop", label: label("站点", "Stop"), fields: [
    { name: "name", type: "text", label: label("名称", "Name") },
    { name: "number", type: "integer", label: label("号", "Number") },
  ],
};

/* Depots of a pack; its second version counts what is far, for every depot there is. */
function packOf(version) {
  const depot = {
    name: "depot", label: label("车库", "Depot"), fields: [
      { name: "name", type: "text", label: label(`名称 ${version}`, "Name") },
      { name: "far", type: "integer", label: label("距离", "Distance") },
      ...(version === "2" ? [{ name: "twice", type: "formula", stored: true, result: "integer", formula: "far * 2",
                               label: label("往返", "There and back") }] : []),
    ],
  };
  const files = [["pack.json", { name: "fleet", version, title: label("车队", "Fleet"), help: label("车队", "Fleet") }],
                 ["objects/depot.json", depot]];
  for (let i = 0; version === "2" && i < 12; i++) files.push([`objects/ramp_${i}.json`, { ...STOP, name: `ramp_${i}` }]);
  return zip(files.map(([name, body]) => [name, JSON.stringify(body)]));
}

class World {
  constructor(office) {
    this.office = office;
    this.server = new Server(office.data);
    this.codes = []; // of trucks: the value answered last, or those of which one must be there
    this.refusals = 0;
  }

  async ask(method, path, body, type = "application/json") {
    let answer;
    try {
      answer = await this.server.ask(method, `/api/v1${path}`, {
        body: body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body),
        headers: { authorization: `Bearer ${this.office.tokens.admin}`, ...(body === undefined ? {} : { "content-type": type }) },
      });
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw new Broken(error.message);
    }
    if (answer.status === 503) {
      if (!answer.json?.errors?.[0]?.message || answer.json.detail !== answer.json.errors[0].message) throw new Failure(`503, but not in words: ${answer.text}`);
      this.refusals += 1;
      throw new Broken(answer.text);
    }
    return answer;
  }

  async need(method, path, body, type) {
    const answer = await this.ask(method, path, body, type);
    if (answer.status >= 300) throw new Failure(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  form(name, bytes, fields = {}) {
    const parts = Object.entries(fields).map(([key, value]) =>
      `--${EDGE}\r\nContent-Disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`);
    return Buffer.concat([Buffer.from(`${parts.join("")}--${EDGE}\r\nContent-Disposition: form-data; name="file"; ` +
      `filename="${name}"\r\n\r\n`), bytes, Buffer.from(`\r\n--${EDGE}--\r\n`)]);
  }

  count(object, where = "") {
    return this.need("GET", `/records/${object}?count=exact&limit=1${where && `&where=${encodeURIComponent(where)}`}`).then(({ count }) => count);
  }

  async many(object, count, make) {
    for (let i = 0; i < count; i += BULK) {
      const records = Array.from({ length: Math.min(BULK, count - i) }, (_, k) => make(i + k));
      await this.need("POST", `/records/${object}`, { records });
    }
  }

  async begin() {
    await this.server.start();
    for (const object of [TRUCK, TRIP, STOP]) await this.need("POST", "/objects", object);
    await this.many("truck", TRUCKS, (i) => ({ id: uuid(1, i), name: `T${i}`, code: String(i), note: "a" }));
    await this.many("trip", TRUCKS, (i) => ({ name: `Trip ${i}`, truck: uuid(1, i), km: 7 }));
    for (let i = 0; i < TRUCKS; i++) this.codes[i] = [String(i)];
    await this.packApply("1");
    await this.many("depot", BULK, (i) => ({ name: `D${i}`, far: i }));
  }

  /* All jobs to their end; a step that has failed is tried again a while later. */
  async settle() {
    for (let i = 0; i < 100; i++) {
      if (i > 0) this.server.clock = new Date(Date.parse(this.server.clock) + 10_000).toISOString();
      await this.need("POST", "/test/clock", { now: this.server.clock });
      const { items } = await this.need("GET", "/jobs");
      const open = items.filter(({ state }) => state === "waiting" || state === "running");
      if (open.length === 0) return;
      await wait(50);
    }
    throw new Failure("a job that does not end");
  }

  async fields(object) {
    return (await this.need("GET", `/objects/${object}`)).fields;
  }

  async packApply(version) {
    const plan = await this.need("POST", "/packs/plan", this.form("fleet.zip", packOf(version)), `multipart/form-data; boundary=${EDGE}`);
    await this.need("POST", "/packs/apply", { plan: plan.id });
  }

  /* Somebody goes on working, on what an operation is about. */
  async writer() {
    for (let n = 1; !this.isOver; n++) {
      const i = Math.floor(random() * TRUCKS), code = String(100_000 * (1 + (n % 9)) + i);
      const before = this.codes[i];
      this.codes[i] = [...before, code]; // until it is answered either may be there
      try {
        const answer = await this.ask("PATCH", `/records/truck/${uuid(1, i)}`, { code });
        if (answer.status === 200) this.codes[i] = [code];
        else if (answer.status !== 412 && answer.status !== 409) throw new Failure(`PATCH: ${answer.status} ${answer.text}`);
        if (answer.status !== 200) this.codes[i] = before;
        else this.written += 1;
      } catch (error) {
        if (!(error instanceof Broken)) throw error;
        await wait(20);
      }
    }
  }

  async verifyCodes() {
    let seen = 0;
    for (let after = ""; ; ) {
      const page = await this.need("GET", `/records/truck?fields=code&limit=200${after && `&after=${encodeURIComponent(after)}`}`);
      for (const { id, code } of page.items) {
        const i = parseInt(id.slice(24), 16);
        if (!this.codes[i].includes(String(code))) throw new Failure(`truck ${i}: ${code}, answered: ${this.codes[i]}`);
        this.codes[i] = [String(code)];
        seen += 1;
      }
      if (!page.next) break;
      after = page.next;
    }
    if (seen !== TRUCKS) throw new Failure(`${seen} of ${TRUCKS} trucks`);
  }
}

/* ---- operations: run() answers when it was acknowledged; state() "old", "new", or what else it is ---- */

const operations = {
  type: (world) => ({
    async run() {
      this.to = (await this.type()) === "text" ? "integer" : "text";
      await world.need("PATCH", "/objects/truck/fields/code", { type: this.to, online: true });
      this.isAcknowledged = true; // from here on it is the job's to bring it to its end
      await world.need("POST", "/test/clock", { now: world.server.clock });
    },
    async type() {
      return (await world.fields("truck")).find(({ name }) => name === "code")?.type;
    },
    async state() {
      const type = await this.type();
      return type === this.to ? "new" : ["integer", "text"].includes(type) ? "old" : String(type);
    },
    async back() {},
  }),

  /* The former column and what was written since, by a job. */
  untype: (world) => ({
    async ready() {
      const now = (await world.fields("truck")).find(({ name }) => name === "code").type;
      for (const type of now === "text" ? ["integer"] : ["text", "integer"]) {
        await world.need("PATCH", "/objects/truck/fields/code", { type, online: true });
        await world.settle();
      }
      [{ id: this.entry }] = (await world.need("GET", "/config/history?kind=object&name=truck&limit=1")).items;
    },
    async run() {
      await world.need("POST", `/config/history/${this.entry}/undo`, {});
      this.isAcknowledged = true;
      await world.need("POST", "/test/clock", { now: world.server.clock });
    },
    async state() {
      const type = (await world.fields("truck")).find(({ name }) => name === "code")?.type;
      return type === "text" ? "new" : type === "integer" ? "old" : String(type);
    },
    async back() {},
  }),

  /* A column filled by a job: whoever reads meanwhile computes it. */
  rollup: (world) => ({
    async run() {
      await world.need("POST", "/objects/truck/fields", { name: "km", type: "rollup", relation: "trips", function: "sum",
        field: "km", stored: true, label: label("总里程", "All the way") });
      this.isAcknowledged = true;
      await world.need("POST", "/test/clock", { now: world.server.clock });
    },
    async state() {
      if (!(await world.fields("truck")).some(({ name }) => name === "km")) return "old";
      const right = await world.count("truck", "km = 7");
      return right === TRUCKS ? "new" : `${right} of ${TRUCKS} are right`;
    },
    back: () => world.need("DELETE", "/objects/truck/fields/km"),
  }),

  /* Two columns on two objects, one standing on the other, mean something else; somebody's writes move both. */
  refill: (world) => ({
    factor: 1,
    async ready() {
      if ((await world.fields("truck")).some(({ name }) => name === "load")) return;
      await world.need("POST", "/objects/truck/fields", { name: "load", type: "formula", stored: true, result: "integer",
        formula: "VALUE(code & \"\") * 1", label: label("负载", "Load") });
      await world.need("POST", "/objects/trip/fields", { name: "carried", type: "formula", stored: true, result: "integer",
        formula: "truck.load + km", label: label("运量", "Carried") });
      await world.settle();
    },
    async run() {
      this.to = this.factor + 1;
      await world.need("PATCH", "/objects/truck/fields/load", { formula: `VALUE(code & "") * ${this.to}` });
      this.isAcknowledged = true;
      await world.need("POST", "/test/clock", { now: world.server.clock });
    },
    async state() {
      const seen = [this.to, this.factor].map(async (factor) =>
        (await world.count("truck", `load = VALUE(code & "") * ${factor}`)) === TRUCKS &&
        (await world.count("trip", `carried = VALUE(truck.code & "") * ${factor} + km`)) === TRUCKS);
      const [isNew, isOld] = await Promise.all(seen);
      return isNew ? "new" : isOld ? "old" : "of neither meaning";
    },
    async back() {
      this.factor = this.to;
    },
  }),

  import: (world) => ({
    async run() {
      const rows = Array.from({ length: 3000 }, (_, i) => `Stop ${i},${i}`);
      const form = world.form("stops.csv", Buffer.from(`name,number\n${rows.join("\n")}`), { object: "stop" });
      const { id } = await world.need("POST", "/imports", form, `multipart/form-data; boundary=${EDGE}`);
      await world.need("POST", `/imports/${id}/run`, { map: { name: "name", number: "number" } });
      for (let state = "running"; state !== "done"; await wait(10)) {
        ({ state } = await world.need("GET", `/imports/${id}`));
        if (state === "failed" || world.isStruck) throw new Broken("failed, or cannot say so");
      }
    },
    /* What came in is what it says, and goes as one. */
    async state() {
      let report;
      for (let i = 0; i < 100 && (i === 0 || ["waiting", "running"].includes(report?.state)); i++) {
        if (i > 0) await wait(100);
        [report] = (await world.need("GET", "/imports?limit=1")).items;
      }
      const count = await world.count("stop");
      const isNothing = ["undone", "preview"].includes(report?.state) || (report?.state === "failed" && report.created === 0);
      if (!report || isNothing) return count === 0 ? "old" : `${count} stops`;
      if (report.created !== count) return `${report.created} told, ${count} there`;
      if (report.state === "done") return count === 3000 ? "new" : `done with ${count}`;
      if (report.state === "running" || !report.can_undo) return JSON.stringify(report);
      await world.need("DELETE", `/imports/${report.id}`);
      return (await world.count("stop")) === 0 ? "old" : "not taken back";
    },
    back: async () => world.need("DELETE", `/imports/${(await world.need("GET", "/imports?limit=1")).items[0].id}`),
  }),

  pack: (world) => ({
    run: () => world.packApply("2"),
    async state() {
      const pack = (await world.need("GET", "/packs")).items.find(({ name }) => name === "fleet");
      const fields = await world.fields("depot"), has = fields.some(({ name }) => name === "twice");
      const ramp = (await world.ask("GET", "/objects/ramp_11")).status === 200;
      const text = fields.find(({ name }) => name === "name").label.zh;
      if (pack.version === "1" && !has && !ramp && text === "名称 1") return "old";
      const right = has ? await world.count("depot", "twice = far * 2") : 0;
      return pack.version === "2" && ramp && text === "名称 2" && right === BULK ? "new" : JSON.stringify([pack.version, has, ramp, text, right]);
    },
    back: () => world.need("POST", "/packs/fleet/undo", {}),
  }),

  bulk: (world) => ({
    value: "a",
    async run() {
      this.to = this.value === "a" ? "b" : "a";
      const records = Array.from({ length: BULK }, (_, i) => ({ id: uuid(1, i), note: this.to }));
      await world.need("PATCH", "/records/truck", { records });
    },
    async state() {
      const b = await world.count("truck", 'note = "b"'), value = b === BULK ? "b" : b === 0 ? "a" : `${b} of ${BULK}`;
      return value === this.to ? "new" : value === this.value ? "old" : value;
    },
    async back() {
      this.value = this.to;
    },
  }),
};

/* ---- faults: strike, and what makes it good again ---- */

function run(...words) {
  const done = spawnSync(words[0], words.slice(1), { encoding: "utf8" });
  if (done.status !== 0) throw new Failure(`${words.join(" ")}: ${done.error?.message ?? done.stderr}`);
}

const script = join(dirname(fileURLToPath(import.meta.url)), "../../tools/postgres.sh");
const folder = postgres && new URL(postgres.replace("@/", "@localhost/")).searchParams.get("host");

const faults = {
  kill: {
    strike: (world) => world.server.kill(),
    mend: (world) => world.server.start(),
  },
  full: {
    isFor: !postgres,
    isRefusing: true,
    strike: (world) => run("prlimit", "--pid", String(world.server.child.pid), `--fsize=${FILE_SIZE_MAX}:unlimited`),
    mend: (world) => run("prlimit", "--pid", String(world.server.child.pid), "--fsize=unlimited"),
    /* Reading goes on. */
    meanwhile: async (world) => {
      if ((await world.count("trip")) !== TRUCKS) throw new Failure("reading without room");
    },
  },
  down: {
    isFor: postgres && folder,
    isRefusing: true,
    strike: () => run(script, "stop", folder),
    mend: () => run(script, "start", folder),
  },
};

/* ---- a round ---- */

let asked = 0;
async function isTaken(world) {
  try {
    asked += 1; // what changes nothing writes nothing
    return (await world.ask("PATCH", `/records/truck/${uuid(1, TRUCKS - 1)}`, { name: `still here ${asked}` })).status === 200;
  } catch (error) {
    if (error instanceof Broken) return false;
    throw error;
  }
}

/* A few may still find room. */
async function refused(world) {
  for (let i = 0; await isTaken(world); i++) {
    if (i === 50) throw new Failure("writes are taken that cannot be stored");
  }
}

async function back(world) {
  const start = Date.now();
  while (!(await isTaken(world))) {
    if (Date.now() - start > BACK_MS_MAX) throw new Failure(`no write is taken ${BACK_MS_MAX} ms after it was made good`);
    await wait(100);
  }
  return Date.now() - start;
}

async function round(world, operation, fault, took) {
  const moment = random() * took;
  await operation.ready?.();
  operation.isAcknowledged = false;
  world.isOver = world.isStruck = false;
  world.written = world.refusals = 0;
  const writer = world.writer(), start = Date.now();
  const running = operation.run().then(() => (operation.isAcknowledged = true), (error) => {
    if (!(error instanceof Broken)) throw error;
  });
  running.catch(() => {});
  writer.catch(() => {});
  await wait(moment);
  await fault.strike(world);
  world.isStruck = fault.isRefusing;
  try {
    await running;
    if (fault.isRefusing) await refused(world);
    if (fault.isRefusing) await fault.meanwhile?.(world);
  } finally {
    world.isOver = true;
    world.isStruck = false;
    await fault.mend(world);
  }
  await writer;
  await back(world);
  const between = await operation.state();
  world.server.check();
  await world.settle();
  const state = await operation.state();
  await world.verifyCodes();
  for (const seen of [between, state]) if (seen !== "old" && seen !== "new") throw new Failure(`neither old nor new: ${seen}`);
  if (between === "new" && state === "old") throw new Failure("it was there, and went");
  if (operation.isAcknowledged && state !== "new") throw new Failure(`answered, and not there: ${state}`);
  world.server.check();
  if (state === "new") await operation.back();
  return `${state}, hit after ${Math.round(moment)} of ${took} ms, ${world.written} writes beside it, ${Date.now() - start} ms`;
}

async function main() {
  console.log(`operations: seed ${seed}, ${ROUNDS} rounds`);
  const world = new World(await officeMake());
  let count = 0;
  await world.begin();
  for (const [name, make] of Object.entries(operations)) {
    if (onlyOperation && name !== onlyOperation) continue;
    const operation = make(world);
    await operation.ready?.();
    const start = Date.now();
    await operation.run(); // unharmed: how long it takes
    const took = Date.now() - start;
    await world.settle();
    const state = await operation.state();
    if (state !== "new") throw new Failure(`${name} unharmed: ${state}`);
    await operation.back();
    for (const [kind, fault] of Object.entries(faults)) {
      if (fault.isFor === false || fault.isFor === "" || (onlyFault && kind !== onlyFault)) continue;
      for (let i = 0; i < ROUNDS; i++) {
        try {
          console.log(`ok ${name}, ${kind}: ${await round(world, operation, fault, took)}`);
        } catch (error) {
          error.message = `${name}, ${kind}: ${error.message}`;
          throw error;
        }
        count += 1;
      }
    }
  }
  await world.server.stop();
  world.server.check();
  return count;
}

try {
  console.log(`${await main()} passed, 0 failed`);
} catch (error) {
  console.log(`FAILED operations: ${error.message}\n${error instanceof Failure ? "" : error.stack}`);
  console.log("0 passed, 1 failed");
  process.exitCode = 1;
}
process.exit();
