/*
 * Runs tests/api/*.test and the permission matrix, some at a time. When all of them ran, every route that the
 * server names in openapi.json must have been asked by a scenario.
 */
import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { typesOf } from "../../web/dev/api_types.mjs";
import { alikeRun } from "./alike.mjs";
import { blindRun } from "./blind.mjs";
import { copiesRun } from "./copies.mjs";
import { matrixRun } from "./matrix.mjs";
import { nineStagesRun } from "./nine_stages.mjs";
import { packsAcrossRun } from "./packs_across.mjs";
import { Scenario } from "./scenario.mjs";
import { sentBackRun } from "./sent_back.mjs";
import { Server, officeCopy, officeMake } from "./server.mjs";

const folder = "tests/api";
const words = process.argv.slice(2);
const jobs = Number(process.env.JOBS ?? 2);
const isChosen = (name) => words.length === 0 || words.some((word) => name.includes(word));

let passed = 0, failed = 0;
const asked = [];

function report(name, error, began) {
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  if (error) {
    failed += 1;
    console.log(`FAILED ${name} (${seconds} s)\n  ${(error.stack && !error.message.includes(":") ? error.stack : error.message).replaceAll("\n", "\n  ")}`);
  } else {
    passed += 1;
    console.log(`ok ${name} (${seconds} s)`);
  }
}

async function one(name, run) {
  const began = Date.now();
  try {
    await run();
    report(name, null, began);
  } catch (error) {
    report(name, error, began);
  }
}

async function routesCheck(office) {
  const server = await new Server(officeCopy(office)).start();
  const { json } = await server.ask("GET", "/api/v1/openapi.json");
  await server.stop();
  const missing = [];
  for (const [path, methods] of Object.entries(json.paths)) {
    const pattern = new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{[^}]*\}/g, "[^/]+")}$`);
    for (const method of Object.keys(methods)) {
      if (!asked.some(([m, p]) => m === method.toUpperCase() && pattern.test(p))) missing.push(`${method.toUpperCase()} ${path}`);
    }
  }
  if (missing.length > 0) throw new Error(`routes that no scenario asks: ${missing.join(", ")}`);
}

/* The web app's types are those of this server. */
async function typesCheck(office) {
  const server = await new Server(officeCopy(office)).start();
  const { json } = await server.ask("GET", "/api/v1/openapi.json");
  await server.stop();
  const kept = readFileSync("web/src/base/api.gen.ts", "utf8").split("\n");
  const made = typesOf(json).split("\n");
  const line = made.findIndex((text, i) => text !== kept[i]);
  if (line >= 0 || kept.length !== made.length) {
    throw new Error(`web/src/base/api.gen.ts is old from line ${line + 1} on ("${made[line] ?? ""}"); run: make api-types`);
  }
}

/* Scenarios, and the pages of the manual that have examples: those are promises, so they are run. */
function scenariosFind() {
  const pages = ["zh", "en"].flatMap((language) => readdirSync(`docs/manual/${language}`).map((name) => `docs/manual/${language}/${name}`))
    .filter((path) => readFileSync(path, "utf8").includes("```scenario"));
  const isForHere = (name) => !process.env.LEADLINE_TEST_DB || !name.endsWith(".sqlite.test");
  return [...readdirSync(folder).filter((name) => name.endsWith(".test") && isForHere(name)).map((name) => join(folder, name)), ...pages].filter(isChosen).sort();
}

const scenarios = scenariosFind();
const office = await officeMake();
const queue = scenarios.map((path) => async () => {
  const scenario = new Scenario(path, office);
  await one(path.endsWith(".md") ? path : basename(path, ".test"), () => scenario.run());
  asked.push(...scenario.asked);
});
if (isChosen("nine_stages")) queue.unshift(() => one("nine_stages", () => nineStagesRun(office)));
if (isChosen("packs_across")) queue.unshift(() => one("packs_across", () => packsAcrossRun(office)));
if (isChosen("sent_back")) queue.unshift(() => one("sent_back", () => sentBackRun(office)));
if (isChosen("copies")) queue.unshift(() => one("copies", () => copiesRun(office)));
if (isChosen("blind")) queue.unshift(() => one("blind", () => blindRun(office)));
if (isChosen("alike")) queue.unshift(() => one("alike", () => alikeRun(office)));
if (isChosen("matrix")) queue.unshift(() => one("matrix", matrixRun));
await Promise.all(Array.from({ length: jobs }, async () => {
  for (let run; (run = queue.shift());) await run();
}));
if (isChosen("types")) await one("types of the web app", () => typesCheck(office));
if (words.length === 0) await one("every route is asked", () => routesCheck(office));
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
