/*
 * A workspace in which every kind of configuration is used, and the shipped app edited, is exported as a pack; the
 * pack, applied to an empty workspace on the other database and exported there, gives the same files byte for byte,
 * and so once more on the way back.
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Failure, Server, commandOk, folderMake, officeCopy, placeOf, postgresFind } from "./server.mjs";
import { asker, wholeConfigure, wholeEdit } from "./whole.mjs";

/* {path: bytes} */
function filesRead(folder) {
  return Object.fromEntries(readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name)).sort().map((path) => [path.slice(folder.length + 1), readFileSync(path)]));
}

function demandSame(what, a, b) {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  const other = names.find((name) => !a[name]?.equals(b[name] ?? Buffer.alloc(0)));
  if (other) throw new Failure(`${what}: ${other} is another:\n${a[other] ?? "-"}\n----\n${b[other] ?? "-"}`);
}

export async function packsAcrossRun(office) {
  const data = officeCopy(office), words = placeOf(data), folder = folderMake();
  const server = await new Server(data).start();
  const ask = asker(server, office.tokens);
  await wholeConfigure(ask);
  await wholeEdit(ask);
  await server.stop();
  const postgres = postgresFind(folder);
  const isServer = words.includes("--db");
  const place = (name, isOnServer) => ["--data", join(folder, name), ...(isOnServer && postgres ? ["--db", postgres.make()] : [])];
  const out = (name, from) => {
    commandOk(["pack", "export", join(folder, name), ...from]);
    return filesRead(join(folder, name));
  };
  try {
    const first = out("first", words);
    for (const kind of ["object/cargo", "object/slip", "object/customer", "pipeline/cargo_way", "rule/cargo_still", "role/porter", "layout/cargo", "calendar/depot"]) {
      const [room, name] = kind.split("/");
      if (!Object.keys(first).some((path) => path.startsWith(room) && path.endsWith(`/${name}.json`))) throw new Failure(`the pack lacks ${kind}: ${Object.keys(first)}`);
    }
    let before = "first";
    for (const [name, isOnServer] of [["away", !isServer], ["home", isServer]]) {
      const there = place(name, isOnServer);
      commandOk(["init", ...there, "--company", "Empty", "--admin", "admin", "--pack", "none"]);
      commandOk(["pack", "apply", join(folder, before), ...there]);
      demandSame(`out of ${name}`, first, out(`${name}.pack`, there));
      commandOk(["pack", "diff", join(folder, "first"), ...there]);
      commandOk(["check", ...there]);
      before = `${name}.pack`;
    }
  } finally {
    postgres?.stop();
  }
}
