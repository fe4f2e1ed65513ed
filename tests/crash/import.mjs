/*
 * kill -9 during an import, through the server and on the command line: afterwards the import says that it failed,
 * what came in is what it says came in, the workspace is sound, and taking the import back leaves nothing.
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { BINARY, Failure, Server, folderMake, officeMake, placeOf } from "../api/server.mjs";

const ROW_COUNT = Number(process.env.ROWS ?? 20_000), EDGE = "edge";
const rounds = Number(process.env.ROUNDS ?? 3);

function rowsMake() {
  const lines = ["name,customer,amount,stage,created,closed"];
  for (let i = 0; i < ROW_COUNT; i++) {
    const stage = ["lead", "proposal", "won"][i % 3];
    lines.push(`Deal ${i},Customer ${i % 700},${i}.50,${stage},2025-01-${10 + (i % 20)},${stage === "won" ? "2025-03-01" : ""}`);
  }
  return lines.join("\n");
}

const OPTIONS = {
  map: { name: "name", customer: "customer.name", amount: "amount", stage: "stage", created: "created_at", closed: "closed_at" },
  refs: "create", missing: "accept",
};

class ImportCrash {
  constructor(office) {
    this.office = office;
    this.server = new Server(office.data);
  }

  async ask(method, path, body, type = "application/json") {
    const answer = await this.server.ask(method, `/api/v1${path}`, {
      body: typeof body === "object" ? JSON.stringify(body) : body,
      headers: { authorization: `Bearer ${this.office.tokens.ops}`, "content-type": type },
    });
    if (answer.status >= 300) throw new Failure(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  async count(object) {
    const { count } = await this.ask("GET", `/records/${object}?count=exact&limit=1`);
    return count;
  }

  async until(what, isTrue) {
    for (let i = 0; i < 3000; i++) {
      if (await isTrue()) return;
      await new Promise((wake) => setTimeout(wake, 5));
    }
    throw new Failure(`never: ${what}`);
  }

  newest() {
    return this.ask("GET", "/imports?limit=1").then(({ items }) => items[0]);
  }

  /* The server itself dies at about the share of the rows that is given. */
  async throughServer(share) {
    const form = `--${EDGE}\r\nContent-Disposition: form-data; name="object"\r\n\r\nopportunity\r\n` +
      `--${EDGE}\r\nContent-Disposition: form-data; name="file"; filename="deals.csv"\r\n\r\n${rowsMake()}\r\n--${EDGE}--\r\n`;
    const { id } = await this.ask("POST", "/imports", form, `multipart/form-data; boundary=${EDGE}`);
    await this.ask("POST", `/imports/${id}/run`, OPTIONS);
    await this.until("rows came in", async () => (await this.ask("GET", `/imports/${id}`)).created >= ROW_COUNT * share);
    await this.server.kill();
    await this.server.start();
  }

  /* The command dies beside a server that lives, which learns of it when it starts again. */
  async onCommandLine(share) {
    const path = join(folderMake(), "deals.csv");
    writeFileSync(path, rowsMake());
    const map = Object.entries(OPTIONS.map).map(([column, field]) => `${field}=${column}`).join(",");
    const child = spawn(BINARY, ["import", path, ...placeOf(this.office.data), "--object", "opportunity", "--map", map,
      "--refs", "create", "--missing", "accept", "--as", "ops"], { stdio: "ignore" });
    const ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve(signal)));
    await this.until("rows came in", async () => {
      const { state, created } = await this.newest();
      return state === "running" && created >= ROW_COUNT * share;
    });
    child.kill("SIGKILL");
    if ((await ended) !== "SIGKILL") throw new Failure("the import was over before it was killed");
    await this.server.stop();
    await this.server.start();
  }

  async verify(name) {
    const report = await this.newest();
    const [deals, customers] = [await this.count("opportunity"), await this.count("customer")];
    if (report.state !== "failed" || !report.can_undo) throw new Failure(`${name}: ${JSON.stringify(report)}`);
    if (report.created !== deals - this.deals) throw new Failure(`${name}: ${report.created} told, ${deals - this.deals} there`);
    if (deals === this.deals || deals - this.deals >= ROW_COUNT) throw new Failure(`${name}: ${deals} deals, killed too late`);
    if (customers === this.customers) throw new Failure(`${name}: no customer was made`);
    await this.check();
    await this.ask("DELETE", `/imports/${report.id}`);
    if (await this.count("opportunity") !== this.deals) throw new Failure(`${name}: deals are left`);
    if (await this.count("customer") !== this.customers) throw new Failure(`${name}: customers are left`);
    if ((await this.newest()).state !== "undone") throw new Failure(`${name}: not undone`);
    await this.check();
    console.log(`ok ${name}: ${report.created} of ${ROW_COUNT} rows were in, taken back`);
  }

  async check() {
    await this.server.stop();
    this.server.check();
    await this.server.start();
  }

  async run() {
    await this.server.start();
    [this.deals, this.customers] = [await this.count("opportunity"), await this.count("customer")];
    for (let i = 0; i < rounds; i++) {
      const share = (i + 1) / (rounds + 2);
      await this.throughServer(share);
      await this.verify(`server killed, round ${i + 1}`);
    }
    await this.onCommandLine(0.3);
    await this.verify("command killed");
    await this.server.stop();
  }
}

try {
  await new ImportCrash(await officeMake()).run();
  console.log(`${rounds + 1} passed, 0 failed`);
} catch (error) {
  console.log(`FAILED crash import: ${error.message}\n${error instanceof Failure ? "" : error.stack}`);
  console.log("0 passed, 1 failed");
  process.exitCode = 1;
}
process.exit();
