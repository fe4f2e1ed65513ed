/*
 * A workspace with a server on it: made, started, killed, stopped, checked. Shared by the scenarios, the
 * permission matrix and the crash test. Requests go over plain node:http with kept connections.
 */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { createHash } from "node:crypto";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const BINARY = process.env.LEADLINE ?? "build/debug/leadline";
export const START = "2026-03-02T09:00:00+08:00"; // a Monday
const START_MS_MAX = 60_000;
const ENVIRONMENT = { ...process.env, LANG: "C.UTF-8", LC_ALL: "C.UTF-8", LEADLINE_ADMIN_PASSWORD: "office-pass-1",
  LEADLINE_WEBHOOK_ALLOW: "127.0.0.1" };
export const PASSWORD = "office-pass-1";

export class Failure extends Error {}

/*
 * With LEADLINE_TEST_DB=postgresql://… each workspace is a database of that server, named after its folder; the
 * folder then has uploaded files only. psql, from the PostgreSQL the tests need anyway, makes and copies them.
 */
const DATABASE_SERVER = process.env.LEADLINE_TEST_DB ?? "";

function databaseName(data) {
  return `w_${createHash("sha256").update(data).digest("hex").slice(0, 20)}`;
}

export function psql(sql, url = DATABASE_SERVER) {
  const done = spawnSync("psql", ["-qAtX", "-v", "ON_ERROR_STOP=1", "-c", sql, url], { encoding: "utf8" });
  if (done.status !== 0) throw new Failure(`psql: ${done.error?.message ?? done.stderr}`);
}

/* --data, and --db where that is a server's. */
export function placeOf(data) {
  if (!DATABASE_SERVER) return ["--data", data];
  return ["--data", data, "--db", databaseOn(DATABASE_SERVER, databaseName(data))];
}

function databaseOn(server, name) {
  const url = new URL(server.replace("@/", "@localhost/"));
  url.pathname = `/${name}`;
  return server.includes("@/") ? url.href.replace("@localhost/", "@/") : url.href;
}

/*
 * A PostgreSQL to make databases on, also where the workspaces are on SQLite; null where there is none. Databases go
 * with the server, or with stop().
 */
export function postgresFind(folder) {
  const made = [];
  let server = DATABASE_SERVER;
  if (!server) {
    chmodSync(folder, 0o755); // PostgreSQL does not run as root
    const done = spawnSync("tools/postgres.sh", ["start", join(folder, "postgres")], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    if (done.status !== 0 && /no initdb/.test(done.stderr)) return null;
    if (done.status !== 0) throw new Failure(`PostgreSQL did not start: ${done.stderr}`);
    server = done.stdout.trim();
  }
  return {
    make() {
      const name = databaseName(`${folder}/${made.length}`);
      psql(`CREATE DATABASE ${name} TEMPLATE template0`, server);
      made.push(name);
      return databaseOn(server, name);
    },
    stop() {
      if (!DATABASE_SERVER) return spawnSync("tools/postgres.sh", ["stop", join(folder, "postgres")]);
      for (const name of made) psql(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

function databaseMake(data, from = "template0") {
  if (DATABASE_SERVER) psql(`CREATE DATABASE ${databaseName(data)} TEMPLATE ${from}`);
}

function databaseDrop(data) {
  if (DATABASE_SERVER) psql(`DROP DATABASE IF EXISTS ${databaseName(data)} WITH (FORCE)`);
}

const folders = new Set();
process.on("exit", () => {
  if (process.env.KEEP) return;
  for (const folder of folders) databaseDrop(join(folder, "data"));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export function folderMake() {
  const folder = mkdtempSync(join(tmpdir(), "leadline-api-"));
  folders.add(folder);
  return folder;
}

/* Runs a command to its end; stdout and stderr as text. */
export function command(args, environment = {}) {
  const done = spawnSync(BINARY, args, { encoding: "utf8", env: { ...ENVIRONMENT, ...environment } });
  if (done.error) throw new Failure(`${BINARY}: ${done.error.message}`);
  return { code: done.status, out: done.stdout, err: done.stderr };
}

export function commandOk(args) {
  const done = command(args);
  if (done.code !== 0) throw new Failure(`leadline ${args.join(" ")}: ${done.code}\n${done.out}${done.err}`);
  return done;
}

export class Server {
  constructor(data, { clock = START, words = placeOf(data) } = {}) {
    this.data = data;
    this.words = words;
    this.clock = clock;
    this.log = "";
    this.agent = new Agent({ keepAlive: true, maxSockets: 64 });
  }

  async start() {
    const time = this.clock ? ["--test-mode", "--clock", this.clock] : [];
    const child = spawn(BINARY, ["serve", ...this.words, "--listen", "127.0.0.1:0", ...time], {
      env: ENVIRONMENT,
    });
    this.child = child;
    this.ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve({ code, signal })));
    this.port = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Failure(`the server did not start\n${this.log}`)), START_MS_MAX);
      const hear = (text) => {
        this.log += text;
        const address = /http:\/\/127\.0\.0\.1:(\d+)/.exec(this.log.slice(this.logStart));
        if (!address) return;
        clearTimeout(timer);
        resolve(Number(address[1]));
      };
      this.logStart = this.log.length;
      child.stdout.setEncoding("utf8").on("data", hear);
      child.stderr.setEncoding("utf8").on("data", (text) => (this.log += text));
      this.ended.then(({ code }) => {
        clearTimeout(timer);
        reject(new Failure(`the server ended with ${code}\n${this.log}`));
      });
    });
    return this;
  }

  /* kill -9, as a power cut would be for the process. */
  async kill() {
    this.child.kill("SIGKILL");
    await this.ended;
    this.agent.destroy();
    this.agent = new Agent({ keepAlive: true, maxSockets: 64 });
  }

  /* SIGTERM; it must end by itself, and a sanitizer must have nothing to say. */
  async stop() {
    this.child.kill("SIGTERM");
    const { code, signal } = await this.ended;
    this.agent.destroy();
    this.agent = new Agent({ keepAlive: true, maxSockets: 64 });
    this.complain();
    if (code !== 0) throw new Failure(`the server ended with ${code ?? signal}\n${this.log.slice(-4000)}`);
  }

  complain() {
    const found = /(ERROR: \w+Sanitizer|runtime error:)[\s\S]{0,3000}/.exec(this.log);
    if (found) throw new Failure(`the server's log: ${found[0]}`);
  }

  check() {
    const done = command(["check", ...this.words, "--test-mode", "--clock", this.clock ?? START]);
    if (done.code !== 0) throw new Failure(`leadline check: ${done.code}\n${done.out}${done.err}`);
  }

  /* {status, headers, text, json}; path as it goes over the wire. */
  async ask(method, path, { body, headers = {} } = {}) {
    return new Promise((resolve, reject) => {
      const sent = request(
        { host: "127.0.0.1", port: this.port, agent: this.agent, method, path, headers: { ...headers } },
        (answer) => {
          const parts = [];
          answer.on("data", (part) => parts.push(part));
          answer.on("error", reject);
          answer.on("end", () => {
            const text = Buffer.concat(parts).toString("utf8");
            let json;
            if (/^application\/(problem\+)?json/.test(answer.headers["content-type"] ?? "")) {
              try {
                json = JSON.parse(text);
              } catch (error) {
                return reject(new Failure(`${method} ${path}: the answer is no JSON: ${error.message}\n${text}`));
              }
            }
            resolve({ status: answer.statusCode, headers: answer.headers, text, json });
          });
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });
  }

  /* A stream of events, kept in order as {event, data}. */
  listen(token) {
    const stream = { events: [], seen: 0 };
    stream.ready = new Promise((resolve, reject) => {
      const sent = request(
        {
          host: "127.0.0.1", port: this.port, path: "/api/v1/events", agent: false,
          headers: { authorization: `Bearer ${token}` },
        },
        (answer) => {
          let rest = "";
          if (answer.statusCode !== 200) return reject(new Failure(`GET /events: ${answer.statusCode}`));
          answer.setEncoding("utf8").on("data", (text) => {
            const blocks = (rest + text).split("\n\n");
            rest = blocks.pop();
            for (const block of blocks) {
              const event = /^event: (.*)$/m.exec(block)?.[1];
              const data = /^data: (.*)$/m.exec(block)?.[1];
              if (event) stream.events.push({ event, data: data ? JSON.parse(data) : null });
              if (event === "hello") resolve();
            }
          });
          answer.on("error", () => {});
        },
      );
      stream.close = () => sent.destroy();
      sent.on("error", reject);
      sent.end();
    });
    stream.ready.catch(() => {});
    return stream;
  }
}

/* ---- the office: the people every scenario begins with ---- */

const teams = ["north", "south"];
const people = [
  { login: "boss", role: "director" },
  { login: "ops", role: "sales_ops" },
  { login: "rita", role: "region_manager", region: "N" },
  { login: "sue", role: "supervisor", team: "north", supervisor: "boss", region: "N" },
  { login: "rob", role: "rep", team: "north", supervisor: "sue", region: "N" },
  { login: "ray", role: "rep", team: "north", supervisor: "sue", region: "N" },
  { login: "sam", role: "supervisor", team: "south", supervisor: "boss", region: "S" },
  { login: "ron", role: "rep", team: "south", supervisor: "sam", region: "S" },
];

/*
 * Made once and copied for each scenario, since hashing passwords under a sanitizer takes its time. Answers the
 * folder, and the variables of a scenario: ids of people and teams by name, and their tokens.
 */
export async function officeMake(more = []) {
  const data = join(folderMake(), "data");
  databaseMake(data);
  commandOk(["init", ...placeOf(data), "--company", "Office", "--admin", "admin", "--test-mode", "--clock", START]);
  const server = await new Server(data).start();
  const variables = {}, tokens = {};
  const post = async (login, path, body, status) => {
    const headers = { "content-type": "application/json" };
    if (tokens[login]) headers.authorization = `Bearer ${tokens[login]}`;
    const answer = await server.ask("POST", `/api/v1${path}`, { body: JSON.stringify(body), headers });
    if (answer.status !== status) throw new Failure(`office: POST ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  };
  const enter = async (login) => {
    const session = await post("", "/session", { login, password: PASSWORD }, 200);
    tokens[login] = session.token;
    variables[login] = session.user.id;
  };
  await enter("admin");
  for (const name of teams) variables[name] = (await post("admin", "/teams", { name }, 201)).id;
  for (const { login, role, team, supervisor, region } of [...people, ...more]) {
    const body = { login, name: login, role, password: PASSWORD };
    if (team) body.team = variables[team];
    if (supervisor) body.supervisor = variables[supervisor];
    if (region) body.region = region;
    await post("admin", "/users", body, 201);
    await enter(login);
  }
  await server.stop();
  return { data, variables, tokens };
}

export function officeCopy(office) {
  const data = join(folderMake(), "data");
  cpSync(office.data, data, { recursive: true });
  databaseMake(data, databaseName(office.data));
  return data;
}
