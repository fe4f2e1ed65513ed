/* See bench/table. Each row: what, how long, what others have published for it and who (docs/performance.md). */
import { setTimeout as sleep } from "node:timers/promises";
import { officeMake, Server } from "../tests/api/server.mjs";

const FIELD_COUNT = 20, FILE_ROWS = 10_000, BATCH = 1000, LARGE_ROWS = 100_000, CONNECTIONS = 64;
const KINDS = ["text", "text", "integer", "number", "money", "date", "datetime", "boolean", "choice", "text"];

const choices = ["red", "blue", "green"].map((name) => ({ name, label: { zh: name, en: name } }));
const field = (i, more = {}) => {
  const type = KINDS[i % KINDS.length];
  return { name: `f${i}`, type, label: { zh: `列${i}`, en: `Column ${i}` }, ...(type === "choice" ? { choices } : {}), ...more };
};
const FIELDS = Array.from({ length: FIELD_COUNT }, (_, i) => field(i, i === 0 ? { title: true } : {}));

/* The value of row n in column i, n times as different as real ones are. */
function valueOf(i, n) {
  switch (KINDS[i % KINDS.length]) {
    case "integer": return n;
    case "number": return (n % 1000) / 4;
    case "money": return `${n}.50`;
    case "date": return `2026-0${1 + (n % 9)}-1${n % 10}`;
    case "datetime": return `2026-0${1 + (n % 9)}-1${n % 10}T08:00:00Z`;
    case "boolean": return n % 2 === 0;
    case "choice": return choices[n % 3].name;
    default: return `华东 row ${n} of ${i}`;
  }
}
const rowOf = (n) => Object.fromEntries(FIELDS.map(({ name }, i) => [name, valueOf(i, n)]));

class Bench {
  async begin() {
    const office = await officeMake();
    this.tokens = office.tokens;
    this.people = office.variables;
    this.server = await new Server(office.data, { clock: null }).start();
  }

  async ask(login, method, path, body, headers = { "content-type": "application/json" }) {
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    const answer = await this.server.ask(method, `/api/v1${path}`, {
      body: text, headers: { ...headers, authorization: `Bearer ${this.tokens[login]}` },
    });
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${answer.text.slice(0, 500)}`);
    return answer.json;
  }

  /* Seconds. */
  async time(run) {
    const start = process.hrtime.bigint();
    await run();
    return Number(process.hrtime.bigint() - start) / 1e9;
  }

  say(what, seconds, others = "") {
    const ours = seconds < 1 ? `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms` : `${seconds.toFixed(1)} s`;
    console.log(`${what.padEnd(66)} | ${ours.padEnd(9)} | ${others}`);
  }

  async jobs() {
    for (;;) {
      const { items } = await this.ask("admin", "GET", "/jobs");
      if (!items.some(({ state }) => state === "waiting" || state === "running")) return;
      await sleep(5);
    }
  }
}

const object = (name, fields, more = {}) => ({
  name, plural: `${name}s`, owner: true, label: { zh: name, en: name }, label_plural: { zh: name, en: name }, fields, ...more,
});

async function grant(bench, objects) {
  const { items } = await bench.ask("admin", "GET", "/roles");
  const rep = items.find(({ name }) => name === "rep");
  const rights = (scope) => Object.fromEntries(["create", "read", "update", "delete"].map((what) => [what, scope]));
  await bench.ask("admin", "PATCH", "/roles/rep", { grants: { ...rep.grants, ...Object.fromEntries(objects.map(([name, scope]) => [name, { ...rights("all"), ...scope }])) } });
}

async function table(bench) {
  let seconds = await bench.time(async () => {
    await bench.ask("admin", "POST", "/objects", object("sheet", FIELDS));
    await bench.ask("admin", "POST", "/records/sheet", { records: Array.from({ length: BATCH }, (_, n) => rowOf(n)) });
  });
  bench.say("a table of 20 fields with its first 1,000 rows", seconds, "2.7 s, Teable");
  await grant(bench, [["sheet", { read: "all" }]]);

  const csv = [FIELDS.map(({ label }) => label.zh).join(","), ...Array.from({ length: FILE_ROWS }, (_, n) => FIELDS.map((_, i) => valueOf(i, n)).join(","))].join("\r\n");
  seconds = await bench.time(async () => {
    const edge = "----edge";
    const body = `--${edge}\r\nContent-Disposition: form-data; name="object"\r\n\r\nsheet\r\n--${edge}\r\n` +
      `Content-Disposition: form-data; name="file"; filename="rows.csv"\r\nContent-Type: text/csv\r\n\r\n${csv}\r\n--${edge}--\r\n`;
    const made = await bench.ask("admin", "POST", "/imports", body, { "content-type": `multipart/form-data; boundary=${edge}` });
    await bench.ask("admin", "POST", `/imports/${made.id}/run`, { map: Object.fromEntries(FIELDS.map(({ name, label }) => [label.zh, name])) });
    for (;;) {
      const now = await bench.ask("admin", "GET", `/imports/${made.id}`);
      if (now.state === "done") return;
      if (now.state === "failed") throw new Error(JSON.stringify(now));
      await sleep(5);
    }
  });
  bench.say("a CSV of 10,000 rows of 20 fields, uploaded and imported", seconds, "46 s, Teable");

  let made;
  seconds = await bench.time(async () => {
    made = await bench.ask("rob", "POST", "/records/sheet", { records: Array.from({ length: BATCH }, (_, n) => rowOf(n)) });
  });
  bench.say("1,000 rows of 20 fields made at once", seconds, "2.3 s, Teable");
  const changes = made.records.map(({ id }, n) => ({ id, ...rowOf(n + 7) }));
  seconds = await bench.time(() => bench.ask("rob", "PATCH", "/records/sheet", { records: changes }));
  bench.say("the 20 fields of 1,000 rows changed at once", seconds, "3.0 s, Teable");

  seconds = await bench.time(async () => {
    let after = "";
    for (let read = 0; read < FILE_ROWS;) {
      const page = await bench.ask("rob", "GET", `/records/sheet?limit=200&fields=${FIELDS.map(({ name }) => name).join(",")}${after}`);
      read += page.items.length;
      after = `&after=${page.next}`;
    }
  });
  bench.say("10,000 rows of 20 fields read page by page", seconds, "3.8 s (50 fields), Teable");

  seconds = await bench.time(async () => {
    for (let i = 0; i < 19; i++) await bench.ask("admin", "POST", "/objects/sheet/fields", field(FIELD_COUNT + i));
  });
  bench.say("19 fields added, one by one, to 12,000 rows", seconds, "17 s, Teable");
  const formulas = ["f2 * 2", "f3 + f2", "f4 * 0.13", "CONCAT(f0, \" / \", f1)", "IF(f7, DAYS_BETWEEN(f5, TODAY()), 0)"];
  seconds = await bench.time(async () => {
    for (const [i, formula] of formulas.entries()) await bench.ask("admin", "POST", "/objects/sheet/fields", { name: `x${i}`, type: "formula", formula, label: { zh: `算${i}`, en: `Formula ${i}` } });
  });
  bench.say("5 formulas added to 12,000 rows", seconds, "6.4 s, Teable");
  seconds = await bench.time(async () => {
    await bench.ask("admin", "POST", "/objects/sheet/fields", { name: "kept", type: "formula", formula: "f4 * f3", result: "money", stored: true, index: true, label: { zh: "存", en: "Kept" } });
    await bench.jobs();
  });
  bench.say("a stored formula with an index, filled for 12,000 rows", seconds, "2.5 s (10,000), Teable");
}

/* Rows that a rule over a many-to-many relation shows: those whose tag is somebody's. */
async function rule(bench) {
  await bench.ask("admin", "POST", "/objects", object("tag", [
    { name: "name", type: "text", title: true, label: { zh: "名", en: "Name" } }, { name: "keeper", type: "person", index: true, label: { zh: "人", en: "Keeper" } }]));
  await bench.ask("admin", "POST", "/objects", object("part", [
    { name: "name", type: "text", title: true, label: { zh: "名", en: "Name" } }, { name: "size", type: "integer", index: true, label: { zh: "量", en: "Size" } },
    { name: "tags", type: "many_to_many", to: "tag", back: "parts", label: { zh: "签", en: "Tags" } }]));
  await grant(bench, [["sheet", { read: "all" }], ["tag", { read: "all" }], ["part", { read: { formula: "COUNT(tags, keeper = ME()) > 0" } }]]);
  const people = ["rob", "ray", "ron", "sue"];
  const { records: tags } = await bench.ask("admin", "POST", "/records/tag", { records: Array.from({ length: 200 }, (_, n) => ({ name: `tag ${n}`, keeper: bench.people[people[n % 4]] })) });
  const batches = Array.from({ length: LARGE_ROWS / BATCH }, (_, b) => Array.from({ length: BATCH }, (_, n) =>
    ({ name: `part ${b * BATCH + n}`, size: (b * BATCH + n) * 7919 % LARGE_ROWS, tags: [tags[(b + n) % 200].id, tags[(b * 31 + n * 7) % 200].id] })));
  let seconds = await bench.time(async () => {
    for (const records of batches) await bench.ask("admin", "POST", "/records/part", { records });
  });
  bench.say("100,000 rows with two links each, a thousand at once", seconds, "");

  const repeat = async (login, path) => {
    await bench.ask(login, "GET", path);
    return (await bench.time(async () => {
      for (let i = 0; i < 50; i++) await bench.ask(login, "GET", path);
    })) / 50;
  };
  bench.say("a page of 20 of 100,000 rows, filtered and sorted", await repeat("admin", "/records/part?limit=20&order=-size&where=size%20%3C%2050000"), "13 ms, PocketBase");
  bench.say("the same under a rule over the many-to-many relation", await repeat("rob", "/records/part?limit=20&order=-size"), "2,000 ms, PocketBase");
}

async function creates(bench) {
  await bench.ask("admin", "POST", "/objects", object("note", [{ name: "name", type: "text", title: true, label: { zh: "名", en: "Name" } }, field(2), field(4)]));
  await grant(bench, [["sheet", { read: "all" }], ["note", { read: "own" }]]);
  let next = 0;
  const COUNT = 20_000;
  const worker = async () => {
    while (next < COUNT) await bench.ask("rob", "POST", "/records/note", { name: `note ${next++}`, f2: next, f4: "12.50" });
  };
  const seconds = await bench.time(() => Promise.all(Array.from({ length: CONNECTIONS }, worker)));
  bench.say(`rows made one by one over 64 connections: ${Math.round(COUNT / seconds)}/s`, seconds, "2,015/s, PocketBase; 150/s, NocoBase");
}

const bench = new Bench();
await bench.begin();
try {
  console.log(`${"what".padEnd(66)} | ours      | others`);
  await table(bench);
  await rule(bench);
  await creates(bench);
} finally {
  await bench.server.stop();
}
