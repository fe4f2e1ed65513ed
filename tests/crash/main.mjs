/*
 * Writers log contacts and move deals as fast as they can, the clock runs so that alerts fall due, files come in;
 * at a random moment the server is killed with -9. After a restart:
 *   - every answer that was given is still true (ids, versions, files)
 *   - leadline check finds nothing
 *   - no record has two open alerts, nobody was told the same twice, no log has two commitments
 * Some rounds in a row on the same workspace, so that later rounds begin where earlier ones died.
 */
import { Failure, Server, officeMake } from "../api/server.mjs";

const rounds = Number(process.env.ROUNDS ?? 4), writers = Number(process.env.WRITERS ?? 16);
const LOAD_MS = [300, 1500];
let seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
console.log(`crash: seed ${seed}, ${rounds} rounds, ${writers} writers`);

/* A small generator, so that a run can be tried again with its seed. */
function random() {
  seed = (seed * 1103515245 + 12345) % 2147483648;
  return seed / 2147483648;
}

function uuid(number) {
  const hex = number.toString(16).padStart(12, "0");
  return `01957a3c-0000-7000-8000-${hex}`;
}

class Crash {
  constructor(office) {
    this.office = office;
    this.server = new Server(office.data);
    this.logs = new Set();     // ids that were acknowledged
    this.versions = new Map(); // deal -> version that was acknowledged
    this.files = new Map();
    this.next = 1;
    this.now = Date.parse("2026-03-02T09:00:00+08:00");
  }

  async ask(login, method, path, body, headers = {}) {
    return this.server.ask(method, `/api/v1${path}`, {
      body: typeof body === "object" ? JSON.stringify(body) : body,
      headers: { authorization: `Bearer ${this.office.tokens[login]}`, "content-type": "application/json", ...headers },
    });
  }

  async need(login, method, path, body, status) {
    const answer = await this.ask(login, method, path, body);
    if (answer.status !== status) throw new Failure(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  async begin() {
    await this.server.start();
    const { id: customer } = await this.need("rob", "POST", "/records/customer", { name: "Crash" }, 201);
    this.deals = [];
    for (let i = 0; i < 40; i++) {
      const deal = await this.need("rob", "POST", "/records/opportunity", { customer, name: `Deal ${i}` }, 201);
      this.deals.push(deal.id);
    }
  }

  /* A refusal would be a fault of the test; a broken connection is what it is for. */
  async write(number) {
    const deal = this.deals[Math.floor(random() * (this.deals.length / 2))]; // the other half is left to stall
    const kind = number % 10;
    if (kind === 9) {
      const form = '--edge\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n' +
        `Content-Type: text/plain\r\n\r\ncontent ${number}\r\n--edge--\r\n`;
      const answer = await this.ask("rob", "POST", "/files", form, { "content-type": "multipart/form-data; boundary=edge" });
      if (answer.status !== 201) throw new Failure(`POST /files: ${answer.status} ${answer.text}`);
      this.files.set(answer.json.id, `content ${number}`);
    } else if (kind === 8) {
      const answer = await this.ask("rob", "PATCH", `/records/opportunity/${deal}`, { amount: String(number) });
      if (answer.status !== 200) throw new Failure(`PATCH: ${answer.status} ${answer.text}`);
      if (answer.json.version > (this.versions.get(deal) ?? 0)) this.versions.set(deal, answer.json.version);
    } else {
      const id = uuid(number);
      const answer = await this.ask("rob", "POST", "/records/contact_log", {
        id, opportunity: deal, conclusion: `第 ${number} 次沟通，确认了第 ${number * 7919} 号技术条款`, next_action: `第 ${number} 步`,
        ...(kind === 1 ? { next_action_due: new Date(this.now + 3_600_000).toISOString() } : {}),
      });
      if (answer.status !== 201) throw new Failure(`POST log: ${answer.status} ${answer.text}`);
      this.logs.add(id);
    }
  }

  async writer() {
    while (!this.isOver) {
      try {
        await this.write(this.next++);
      } catch (error) {
        if (error instanceof Failure) throw error;
        return; // the connection broke
      }
    }
  }

  /* Twelve hours at a time, so that alerts rise while others write. */
  async clock() {
    while (!this.isOver) {
      try {
        const now = this.now + 12 * 3_600_000;
        const answer = await this.ask("rob", "POST", "/test/clock", { now: new Date(now).toISOString() });
        if (answer.status !== 200) throw new Failure(`clock: ${answer.status} ${answer.text}`);
        this.now = now;
      } catch (error) {
        if (error instanceof Failure) throw error;
        return;
      }
      await new Promise((wake) => setTimeout(wake, 60));
    }
  }

  async round() {
    this.isOver = false;
    const before = this.logs.size;
    const load = Promise.all([...Array.from({ length: writers }, () => this.writer()), this.clock()]);
    load.catch(() => {});
    await Promise.race([load, new Promise((wake) =>
      setTimeout(wake, LOAD_MS[0] + random() * (LOAD_MS[1] - LOAD_MS[0])))]);
    this.isOver = true;
    await this.server.kill();
    await load;
    this.server.clock = new Date(this.now).toISOString();
    await this.server.start();
    return this.logs.size - before;
  }

  async all(login, path) {
    const items = [];
    for (let after = ""; ; ) {
      const page = await this.need(login, "GET", `${path}&limit=200${after && `&after=${encodeURIComponent(after)}`}`, undefined, 200);
      items.push(...page.items);
      if (!page.next) return items;
      after = page.next;
    }
  }

  async verify() {
    const logs = new Set((await this.all("rob", "/records/contact_log?fields=created_at")).map(({ id }) => id));
    const lost = [...this.logs].filter((id) => !logs.has(id));
    if (lost.length > 0) throw new Failure(`${lost.length} acknowledged logs are lost, such as ${lost[0]}`);
    for (const [id, version] of this.versions) {
      const deal = await this.need("rob", "GET", `/records/opportunity/${id}?fields=name`, undefined, 200);
      if (deal.version < version) throw new Failure(`deal ${id}: version ${deal.version} after ${version} was acknowledged`);
    }
    for (const [id, content] of this.files) {
      const file = await this.ask("rob", "GET", `/files/${id}`);
      if (file.text !== content) throw new Failure(`file ${id}: ${file.status} ${file.text}`);
    }
    await this.once();
  }

  twice(items, key, what) {
    const seen = new Set();
    for (const item of items) {
      const name = key(item);
      if (name !== null && seen.has(name)) throw new Failure(`${what} twice: ${name}`);
      seen.add(name);
    }
    return seen.size;
  }

  /* In the end those left to stall are red, once each, and the supervisor was told of each once. */
  async quiet() {
    this.now += 6 * 86_400_000;
    await this.need("rob", "POST", "/test/clock", { now: new Date(this.now).toISOString() }, 200);
    const told = (await this.all("sue", "/messages?unread=1")).filter(({ level }) => level === "red");
    for (const deal of this.deals.slice(this.deals.length / 2)) {
      const alerts = await this.all("rob", `/alerts?record=${deal}`);
      if (alerts.length !== 1 || alerts[0].level !== "red") throw new Failure(`deal ${deal}: ${JSON.stringify(alerts)}`);
      const count = told.filter(({ record }) => record === deal).length;
      if (count !== 1) throw new Failure(`deal ${deal}: the supervisor was told of red ${count} times`);
    }
    await this.once();
  }

  async once() {
    const alerts = await this.all("rob", "/alerts?open=1");
    this.twice(alerts, ({ record }) => record, "an open alert");
    for (const login of ["rob", "sue"]) {
      const messages = await this.all(login, "/messages?unread=1");
      this.twice(messages, ({ rule, record, level, created_at }) => `${rule} ${record} ${level} ${created_at}`, `${login} was told`);
      const red = messages.filter(({ level }) => level === "red");
      this.twice(red.filter(({ record }) => this.deals.indexOf(record) >= this.deals.length / 2), ({ record }) => record,
        `${login} was told of red`);
    }
    const promises = await this.all("rob", "/records/commitment?fields=contact_log");
    this.twice(promises, ({ contact_log }) => contact_log, "a commitment");
  }
}

async function main() {
  const crash = new Crash(await officeMake());
  await crash.begin();
  for (let i = 1; i <= rounds; i++) {
    const count = await crash.round();
    await crash.verify();
    crash.server.check();
    console.log(`ok round ${i}: ${count} logs acknowledged, killed, all there`);
  }
  await crash.quiet();
  await crash.server.stop();
  crash.server.check();
  if (crash.logs.size === 0) throw new Failure("nothing was acknowledged in any round");
}

try {
  await main();
  console.log(`${rounds} passed, 0 failed`);
} catch (error) {
  console.log(`FAILED crash: ${error.message}\n${error instanceof Failure ? "" : error.stack}`);
  console.log(`0 passed, 1 failed`);
  process.exitCode = 1;
}
process.exit();
