/*
 * A workspace in which everything is used goes from one database to the other and back, by `copy --to` and by backup
 * and restore, and loses nothing: each table, read by the database's own shell, holds what it held before, the copy
 * is whole by its own account, and the server goes on with it. A copy that is refused changes nothing.
 */
import { join } from "node:path";
import { difference, dump } from "./dump.mjs";
import { Failure, Server, command, folderMake, officeCopy, placeOf, postgresFind, psql } from "./server.mjs";
import { asker, wholeConfigure, wholeEdit, wholeFill } from "./whole.mjs";

/* Has rows only while something runs. */
const PASSING = new Set(["filling"]);

function run(words, code = 0, expected = /./) {
  const done = command(words);
  if (done.code !== code || !expected.test(done.out + done.err)) throw new Failure(`leadline ${words.join(" ")}: ${done.code}\n${done.out}${done.err}`);
}

function demand(isTrue, text) {
  if (!isTrue) throw new Failure(text);
}

/* Where to read it: the URL, or the file in the folder. */
const place = (words) => (words.includes("--db") ? words[words.indexOf("--db") + 1] : join(words[1], "leadline.db"));
const target = (words) => (words.includes("--db") ? place(words) : words[1]);
const check = (words) => run(["check", ...words, "--test-mode", "--clock", "2026-03-09T09:00:00+08:00"]);

/* What the audit says of the moving itself apart: [the rest, how often it says that]. */
function withoutMoves(tables, kind) {
  const isMove = (row) => /"t (copy|backup|restore)"/.test(row);
  const { columns, rows } = tables.audit;
  return [{ ...tables, audit: { columns, rows: rows.filter((row) => !isMove(row)) } }, rows.filter((row) => row.includes(`"t ${kind}"`)).length];
}

function demandSame(what, before, words) {
  const found = difference(before, withoutMoves(dump(place(words)))[0]);
  if (found) throw new Failure(`${what}: ${found}`);
  check(words);
}

/* All of it is there for those who work with it: lines, links, shares, files, keys, history, undo, the pack's base. */
async function demandAlive(words, office, made) {
  const server = await new Server(words[1], { clock: "2026-03-09T09:00:00+08:00", words }).start();
  try {
    const ask = asker(server, office.tokens);
    const cargo = await ask("rob", "GET", `/records/cargo/${made.cargo}`);
    demand(cargo.slips_in.length === 2 && cargo.partners.length === 2 && cargo.total === "3.01" && cargo.stage === "kept", `the cargo is ${JSON.stringify(cargo)}`);
    demand((await ask("rob", "GET", `/records/cargo?q=${encodeURIComponent("Salmon")}`)).items.length === 1, "the search finds nothing");
    demand((await ask("ron", "GET", `/records/cargo/${made.cargo}`)).id === made.cargo, "the share is gone");
    demand((await ask(made.key, "GET", "/records/customer?where=cargo_count%3D1")).items.length === 1, "the key or the roll-up is gone");
    await ask("rob", "GET", `/files/${made.note}`);
    await ask("rob", "POST", "/records/cargo", { name: "After", customer: made.customer, kind: "cold" });
    const { items } = await ask("admin", "GET", "/config/history?kind=object&name=customer&limit=20");
    const removal = items.find(({ action, summary }) => action === "change" && /short/i.test(JSON.stringify(summary)));
    demand(removal, `the history of customer is ${JSON.stringify(items.map(({ summary }) => summary))}`);
    await ask("admin", "POST", `/config/history/${removal.id}/undo`, {}, 204);
    demand((await ask("rob", "GET", `/records/customer/${made.customer}`)).short_lived === "gone soon", "undo brings nothing back");
    const packs = await ask("admin", "GET", "/packs");
    demand(packs.items.find(({ name }) => name === "sales").changed_count > 0, "the pack has forgotten its base");
  } finally {
    await server.stop();
  }
  check(words);
}

/* Neither a workspace, nor a database somebody else uses, nor one of a later version is written into. */
function refusals(from, full, postgres) {
  const refused = (to, expected) => {
    const was = dump(place(to)), own = dump(place(from));
    run(["copy", ...from, "--to", target(to)], 2, expected);
    const found = difference(was, dump(place(to))) || difference(own, dump(place(from)));
    if (found) throw new Failure(`a refused copy has changed something: ${found}`);
  };
  const made = (sql) => {
    const url = postgres.make();
    psql(`CREATE SCHEMA leadline; SET search_path TO leadline; ${sql}`, url);
    return ["--db", url];
  };
  const MIGRATION = "CREATE TABLE leadline_migration (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)";
  refused(full, /something at the target/);
  if (!postgres) return;
  refused(made("CREATE TABLE theirs (a INTEGER); INSERT INTO theirs VALUES (1)"), /something at the target/);
  refused(made(`${MIGRATION}; INSERT INTO leadline_migration VALUES (9999, 'later', 0)`), /later|newer/);
  refused(made(`${MIGRATION}; INSERT INTO leadline_migration VALUES (1, 'earlier', 0); CREATE TABLE config (kind TEXT, name TEXT)`), /something at the target/);
}

export async function copiesRun(office) {
  const data = officeCopy(office), words = placeOf(data), folder = folderMake();
  const server = await new Server(data).start();
  const ask = asker(server, office.tokens);
  await wholeConfigure(ask);
  await wholeEdit(ask);
  const made = await wholeFill(ask, office);
  await server.stop();
  check(words);
  const before = dump(place(words));
  const empty = Object.entries(before).filter(([table, { rows }]) => rows.length === 0 && !PASSING.has(table)).map(([table]) => table).sort().join();
  demand(empty === "", `nothing is in ${empty}: fill it, or this proves less than it says`);

  const postgres = postgresFind(folder);
  const isServer = words.includes("--db");
  const onFolder = (name) => ["--data", join(folder, name)], onServer = () => ["--data", data, "--db", postgres.make()];
  const away = isServer || !postgres ? onFolder("away") : onServer(), home = isServer ? onServer() : onFolder("home");
  const restored = onFolder("restored"), tar = join(folder, "kept.tar");
  try {
    run(["copy", ...words, "--to", target(away)]);
    demandSame("the copy", before, away);
    run(["copy", ...away, "--to", target(home)]);
    demandSame("the copy of the copy", before, home);
    refusals(words, home, postgres);
    run(["backup", tar, ...away]);
    run(["restore", tar, ...restored]);
    demandSame("the restored backup", before, restored);
    for (const [kind, where] of [["copy", words], ["copy", away], ["backup", away], ["restore", restored]]) {
      demand(withoutMoves(dump(place(where)), kind)[1] === 1, `the audit does not say once: ${kind}`);
    }
    await demandAlive(away, office, made);
    await demandAlive(home, office, made);
    await demandAlive(restored, office, made);
  } finally {
    postgres?.stop();
  }
}
