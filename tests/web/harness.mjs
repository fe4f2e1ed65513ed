/*
 * What the browser tests share: the server under test, pages that are already signed in, a small
 * client of the API to arrange and to check, and test() itself. Tests run one after the other.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "../../web/node_modules/playwright-core/index.mjs";

const ARGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
const WAIT_MS = 8000;
/*
 * A Wednesday, 10:30 where the company is. The demo is made for the time it is asked at: with one time everybody tests
 * the same one. CLOCK=now, or another time, looks at others.
 */
const CLOCK = "2026-11-18T02:30:00Z";
const SHOTS = process.env.SHOTS ?? "build/web/shots";

const tests = [];
export function test(name, run) {
  tests.push({ name, run });
}

/* ---- checks ---- */

export class Failure extends Error {}

export function check(isTrue, message) {
  if (!isTrue) throw new Failure(message);
}

export function equal(seen, wanted, what) {
  const [a, b] = [JSON.stringify(seen), JSON.stringify(wanted)];
  if (a !== b) throw new Failure(`${what}: ${a}, wanted ${b}`);
}

/* Asks until the answer is right; what appears live needs a moment. */
export async function until(ask, what, ms = WAIT_MS) {
  const end = Date.now() + ms;
  let seen;
  do {
    seen = await ask();
    if (seen) return seen;
    await new Promise((wake) => setTimeout(wake, 60));
  } while (Date.now() < end);
  throw new Failure(`${what}: not within ${ms} ms (last seen: ${JSON.stringify(seen)})`);
}

/* ---- the server ---- */

/*
 * By the mouse from a point [x, y] to others [x, y, steps]. What was dropped keeps the clicks of the next moment to
 * itself, so that letting go of it presses nothing.
 */
export async function drag(page, from, ...path) {
  await page.mouse.move(...from);
  await page.mouse.down();
  for (const [x, y, steps] of path) await page.mouse.move(x, y, { steps });
  await page.mouse.up();
  await page.waitForTimeout(100);
}

/* The day of a moment, where the companies of these tests are. */
export function dayOf(ms) {
  return new Date(ms + 8 * 3_600_000).toISOString().slice(0, 10);
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function serverStart() {
  if (process.env.LEADLINE_WEB_URL) return { url: process.env.LEADLINE_WEB_URL, stop: () => {} };
  const binary = process.env.LEADLINE ?? "build/release/leadline";
  if (!existsSync(binary)) throw new Error(`${binary} is not there; build it with: make release`);
  const directory = mkdtempSync(join(tmpdir(), "leadline-web-"));
  const data = join(directory, "data");
  /* Served a second after it was made: what is done from now on is later than what was there. */
  const now = process.env.CLOCK === "now" ? Math.floor(Date.now() / 60_000) * 60_000 : Date.parse(process.env.CLOCK ?? CLOCK);
  const [made, clock] = [now, now + 1000].map((ms) => new Date(ms).toISOString());
  const testMode = ["--test-mode", "--clock"];
  const database = process.env.LEADLINE_TEST_DB;
  const where = ["--data", data, ...(database ? ["--db", database] : [])];
  const filled = spawnSync(binary, ["demo", ...where, ...testMode, made], { encoding: "utf8" });
  if (filled.status !== 0) throw new Error(`leadline demo failed: ${filled.stderr}`);
  const port = await freePort();
  const log = [];
  const child = spawn(binary, ["serve", ...where, "--listen", `127.0.0.1:${port}`, ...testMode, clock]);
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => log.push(String(text)));
  const url = `http://127.0.0.1:${port}`;
  const stop = () => {
    child.kill("SIGTERM");
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await until(() => fetch(`${url}/readyz`).then((answer) => answer.ok, () => false), "the server is ready", 20_000);
  } catch (error) {
    stop();
    throw new Error(`${error.message}\n${log.join("")}`);
  }
  return { url, stop, log, clock };
}

/* ---- the world a test gets ---- */

class World {
  constructor(browser, server, logins) {
    this.browser = browser;
    this.url = server.url;
    this.clock = server.clock ?? new Date().toISOString();
    this.logins = logins;
    this.contexts = [];
    this.noise = [];
  }

  login(role) {
    const found = this.logins.find((entry) => entry.role === role);
    check(found, `the demo offers a ${role}`);
    return found;
  }

  /* The day of the server's clock. */
  today() {
    return dayOf(Date.parse(this.clock));
  }

  /* The API as one of the roles: api(role).get("/tasks?open=1"). */
  async api(role) {
    const { login, password } = this.login(role);
    const { token } = await this.call("POST", "/session", { login, password });
    const as = (method, path, body, headers) => this.call(method, path, body, { Authorization: `Bearer ${token}`, ...headers });
    return {
      get: (path) => as("GET", path),
      post: (path, body, headers) => as("POST", path, body, headers),
      patch: (path, body, headers) => as("PATCH", path, body, headers),
      remove: (path, headers) => as("DELETE", path, undefined, headers),
    };
  }

  async call(method, path, body, headers = {}) {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method, headers: { "Content-Type": "application/json", "Accept-Language": "zh-CN", "X-Leadline-CSRF": "1", ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Failure(`${method} ${path} answered ${answer.status}: ${text.slice(0, 400)}`);
    return text ? JSON.parse(text) : undefined;
  }

  async records(api, object, where, more = "") {
    return (await api.get(`/records/${object}?where=${encodeURIComponent(where)}${more}`)).items;
  }

  /* A page signed in as a role (or nobody), at a path. */
  async page(role, path, { isPhone = false, language = "zh-CN", isDark = false, hasWorker = false } = {}) {
    const context = await this.browser.newContext({
      viewport: isPhone ? { width: 390, height: 844 } : { width: 1440, height: 900 }, hasTouch: isPhone,
      locale: language, colorScheme: isDark ? "dark" : "light", timezoneId: "Asia/Shanghai", reducedMotion: "reduce",
      serviceWorkers: hasWorker ? "allow" : "block",
    });
    context.setDefaultTimeout(WAIT_MS);
    this.contexts.push(context);
    if (role) {
      const { login, password } = this.login(role);
      const answer = await context.request.post(`${this.url}/api/v1/session`, {
        data: { login, password }, headers: { "X-Leadline-CSRF": "1" },
      });
      check(answer.ok(), `signing in as ${login} answered ${answer.status()}`);
    }
    const page = await context.newPage();
    page.on("pageerror", (error) => this.noise.push(`page error: ${error.message}`));
    page.on("console", (message) => {
      /* A refused request is shown to the person; everything else in the console is a fault. */
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) this.noise.push(`console: ${message.text()}`);
    });
    await page.goto(this.url + path);
    return page;
  }

  async close() {
    for (const context of this.contexts) await context.close();
    this.contexts = [];
  }

  /* For the eyes of who works on a screen: SHOTS=folder keeps a picture at this point. */
  async shot(page, name) {
    if (!process.env.SHOTS) return;
    mkdirSync(SHOTS, { recursive: true });
    await page.waitForTimeout(250);
    await page.screenshot({ path: join(SHOTS, `${name}.png`) });
  }

  async shoot(name) {
    mkdirSync(SHOTS, { recursive: true });
    const pages = this.contexts.flatMap((context) => context.pages());
    const file = `${process.env.LEADLINE_TEST_DB ? "postgres-" : ""}${name.replace(/\W+/g, "-")}`;
    await Promise.all(pages.map((page, i) => page.screenshot({ path: join(SHOTS, `${file}${i ? `-${i}` : ""}.png`) }).catch(() => {})));
  }
}

export async function runAll(words) {
  const chosen = tests.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  const server = await serverStart();
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: ARGS });
  let failed = 0;
  try {
    const { logins } = await fetch(`${server.url}/api/v1/demo`).then((answer) => answer.json());
    const world = new World(browser, server, logins);
    for (const { name, run } of chosen) {
      const start = Date.now();
      world.noise = [];
      try {
        await run(world);
        check(world.noise.length === 0, world.noise.join("; "));
        console.log(`  ok    ${name} (${Date.now() - start} ms)`);
      } catch (error) {
        failed += 1;
        console.log(`  FAIL  ${name}\n        ${error instanceof Failure ? error.message : error.stack}`);
        await world.shoot(name);
      }
      await world.close();
    }
  } finally {
    await browser.close();
    server.stop();
  }
  console.log(`${chosen.length - failed} passed, ${failed} failed`);
  return failed === 0;
}
