/*
 * What is read of the configuration can be sent back as it is, by whoever changes one member of it: nothing is refused,
 * and nothing is changed by it. On a workspace in which everything is used.
 */
import { isDeepStrictEqual } from "node:util";
import { Failure, Server, officeCopy } from "./server.mjs";
import { asker, wholeConfigure, wholeEdit } from "./whole.mjs";

const LISTS = [
  ["/objects", ({ name }) => name], ["/pipelines", ({ name }) => name], ["/rules", ({ name }) => name], ["/roles", ({ name }) => name],
  ["/layouts", ({ name }) => name], ["/calendars", ({ name }) => name], ["/views", ({ id }) => encodeURIComponent(id)],
];
const withoutVersion = ({ version, ...rest }) => rest;

export async function sentBackRun(office) {
  const server = await new Server(officeCopy(office)).start();
  const ask = asker(server, office.tokens);
  await wholeConfigure(ask);
  await wholeEdit(ask);
  for (const [list, nameOf] of LISTS) {
    const before = (await ask("admin", "GET", list)).items;
    if (before.length === 0) throw new Failure(`GET ${list}: there is none`);
    for (const item of before) await ask("admin", "PATCH", `${list}/${nameOf(item)}`, item);
    const after = (await ask("admin", "GET", list)).items;
    for (const [i, item] of before.entries()) {
      if (isDeepStrictEqual(withoutVersion(item), withoutVersion(after[i]))) continue;
      throw new Failure(`${list}/${nameOf(item)} is another one after being sent back: ${JSON.stringify(item)} ${JSON.stringify(after[i])}`);
    }
  }
  server.check();
  await server.stop();
}
