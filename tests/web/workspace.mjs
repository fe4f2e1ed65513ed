import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, freePort, until } from "./harness.mjs";

const BINARY = process.env.LEADLINE ?? "build/release/leadline";
export const PASSWORD = "cold-chain-2026";
export const LOGIN = "admin";

/* A workspace as leadline init makes it, on a server of its own. */
export class Workspace {
  constructor(directory, database) {
    this.where = ["--data", directory, ...(database ? ["--db", database] : [])];
    this.run("init", "--company", "北辰冷链", "--admin", LOGIN);
  }

  run(...words) {
    const done = spawnSync(BINARY, [...words, ...this.where], { encoding: "utf8", env: { ...process.env, LEADLINE_ADMIN_PASSWORD: PASSWORD } });
    check(done.status === 0, `leadline ${words.join(" ")}: ${done.stderr}`);
  }

  async start() {
    const port = await freePort();
    this.url = `http://127.0.0.1:${port}`;
    this.child = spawn(BINARY, ["serve", "--listen", `127.0.0.1:${port}`, ...this.where], { stdio: "ignore" });
    await until(() => fetch(`${this.url}/readyz`).then((answer) => answer.ok, () => false), "the server is ready", 20_000);
    return this;
  }

  stop() {
    this.child?.kill("SIGTERM");
  }

  /* The API as somebody; what is refused is an answer as well. */
  async api(login, password = PASSWORD) {
    const ask = async (method, path, body, token) => {
      const answer = await fetch(`${this.url}/api/v1${path}`, {
        method, body: body === undefined ? undefined : JSON.stringify(body),
        headers: { "Content-Type": "application/json", "Accept-Language": "zh-CN", ...(token && { Authorization: `Bearer ${token}` }) },
      });
      const text = await answer.text();
      return { status: answer.status, ...(text && JSON.parse(text)) };
    };
    const { token } = await ask("POST", "/session", { login, password });
    return { get: (path) => ask("GET", path, undefined, token), post: (path, body) => ask("POST", path, body, token), patch: (path, body) => ask("PATCH", path, body, token) };
  }

  /* All files of the configuration, by their path. */
  exported() {
    const directory = mkdtempSync(join(tmpdir(), "leadline-pack-"));
    this.run("pack", "export", join(directory, "pack"), "--pack-name", "cold_chain", "--pack-version", "1.0.0");
    const files = readdirSync(directory, { recursive: true }).filter((name) => statSync(join(directory, name)).isFile()).sort();
    const out = files.map((name) => [name, readFileSync(join(directory, name), "utf8")]);
    rmSync(directory, { recursive: true });
    return out;
  }
}

/* Signed in through the login page, in a browser of its own. */
export async function signedIn(world, workspace, { isPhone = false, isDark = false, language = "zh-CN" } = {}) {
  const context = await world.browser.newContext({ viewport: isPhone ? { width: 390, height: 844 } : { width: 1440, height: 900 }, colorScheme: isDark ? "dark" : "light", locale: language, timezoneId: "Asia/Shanghai", reducedMotion: "reduce", serviceWorkers: "block", acceptDownloads: true });
  context.setDefaultTimeout(8000);
  world.contexts.push(context);
  const page = await context.newPage();
  page.on("pageerror", (error) => world.noise.push(`page error: ${error.message}`));
  await page.goto(`${workspace.url}/login`);
  await page.fill("#login", LOGIN);
  await page.fill("#password", PASSWORD);
  await page.click('button[type="submit"]');
  await page.waitForSelector(".frame, .welcome");
  return page;
}
