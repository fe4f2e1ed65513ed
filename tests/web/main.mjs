import { readdirSync } from "node:fs";
import { runAll } from "./harness.mjs";

/* Every other .mjs beside this file holds tests. */
const here = new URL(".", import.meta.url);
for (const name of readdirSync(here).sort()) {
  if (name.endsWith(".mjs") && name !== "main.mjs" && name !== "harness.mjs") await import(new URL(name, here));
}
process.exit((await runAll(process.argv.slice(2))) ? 0 : 1);
