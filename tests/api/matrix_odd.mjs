/*
 * An object nobody has thought of: defined while the test runs, under a name made up on the spot, with a reference,
 * a look-up, links to many, a formula, and on the other side roll-ups of it. Every role may read its own records;
 * some fields are hidden from all of them, or masked. So what the matrix holds of the sales app holds of any object.
 */
import { randomBytes } from "node:crypto";

const CLOSED = ["hidden_text", "hidden_amount", "hidden_copy", "masked_text"];
const label = (text) => ({ zh: text, en: text });

/* Defines it, lets the roles read their own, and puts in a foreign record and one of each person's own. */
export async function oddMake(matrix, { words, people, roles }) {
  const name = `odd_${randomBytes(4).toString("hex").replace(/^\d/, "o")}`, plural = `${name}s`;
  await matrix.make("admin", "/objects", {
    name, label: label("Odd"), label_plural: label("Odds"), plural, owner: true, search: ["name", "masked_text"],
    fields: [
      { name: "name", type: "text", label: label("Name"), title: true },
      { name: "customer", type: "reference", to: "customer", label: label("Of") },
      { name: "customer_name", type: "lookup", via: "customer", field: "name", label: label("Its name") },
      { name: "others", type: "many_to_many", to: "customer", label: label("Others") },
      { name: "hidden_text", type: "text", label: label("Hidden") },
      { name: "hidden_amount", type: "money", label: label("Amount") },
      { name: "hidden_copy", type: "formula", formula: 'hidden_text & "!"', label: label("Copy") },
      { name: "masked_text", type: "text", index: true, label: label("Masked") },
    ],
  });
  for (const [field, more] of Object.entries({ count: { function: "count" }, top: { function: "max", field: "hidden_amount" } })) {
    await matrix.make("admin", "/objects/customer/fields", {
      name: `${name}_${field}`, type: "rollup", relation: plural, label: label(field), ...more,
    });
  }
  const { json } = await matrix.ask("admin", "GET", "/api/v1/roles");
  for (const role of json.items.filter((other) => roles.includes(other.name))) {
    const grant = { read: "own", create: true, update: "own", delete: "own", assign: "own", export: "own" };
    const answer = await matrix.ask("admin", "PATCH", `/api/v1/roles/${role.name}`, {
      grants: { ...role.grants, [name]: grant },
      fields: { ...role.fields, [`${name}.hidden_text`]: "hidden", [`${name}.hidden_amount`]: "hidden", [`${name}.masked_text`]: "masked" },
    });
    if (answer.status !== 200) throw new Error(`matrix: the role ${role.name}: ${answer.status} ${answer.text}`);
  }
  /* What their own records point to is not for them; its id is, so it is none of the secrets. */
  const beyond = (await matrix.make("ron", "/records/customer", { name: `${words} beyond` })).id;
  const secret = { hidden_text: `${words} hidden`, hidden_amount: "77777", masked_text: `x7q${words}${words}9999` };
  const foreign = (await matrix.make("admin", `/records/${name}`, {
    name: `${words} odd`, customer: beyond, others: [beyond], owner: people.ron, ...secret,
  })).id;
  const own = {};
  for (const login of Object.keys(people).filter((other) => other !== "ron")) {
    own[login] = (await matrix.make("admin", `/records/${name}`, {
      name: "North odd", customer: beyond, others: [beyond], owner: people[login], ...secret,
    })).id;
  }
  return { name, foreign, own };
}

/* One's own record tells nothing of what is closed, by whatever way it leaves. */
export async function oddLook(matrix, login, { name, own }) {
  const api = "/api/v1", id = own[login], text = encodeURIComponent;
  const seen = await matrix.clean(login, "GET", `${api}/records/${name}/${id}`);
  if (seen.status !== 200) matrix.breach(`${login} GET one's own ${name}: ${seen.status}, wanted 200`);
  const past = text(new Date(Date.parse("2026-03-09T09:00:00+08:00")).toISOString());
  for (const path of [
    `/records/${name}`, `/records/${name}?fields=name,customer.name,customer_name,others,masked_text`, `/records/${name}?as_of=${past}`,
    `/records/${name}/${id}?as_of=${past}`, `/records/${name}/${id}/history`, `/records/${name}/${id}/moves`,
    `/records/${name}/${id}/why`, `/export/${name}.csv`, `/export/${name}.csv?plain=1`, `/export/${name}.xlsx`,
    `/export/${name}.jsonl`, `/changes?objects=${name}&records=true`, `/objects/${name}`, "/records/customer", "/export/customer.csv",
  ]) await matrix.clean(login, "GET", `${api}${path}`);
  await matrix.clean(login, "POST", `${api}/records/${name}/${id}/reveal`, { field: "masked_text", reason: "Because" });
  const refused = async (method, path, body) => {
    const answer = await matrix.clean(login, method, `${api}${path}`, body);
    if (answer.status !== 422) matrix.breach(`${login} ${method} ${path} ${JSON.stringify(body) ?? ""}: ${answer.status}, wanted 422`);
  };
  for (const field of CLOSED) {
    await refused("GET", `/records/${name}?where=${text(`NOT ISBLANK(${field})`)}`);
    await refused("GET", `/records/${name}?order=${field}`);
    await refused("GET", `/export/${name}.csv?where=${text(`NOT ISBLANK(${field})`)}`);
    await refused("POST", `/query/${name}`, { group: [field], values: ["COUNT()"] });
    await refused("POST", `/query/${name}`, { values: [`MAX(${field})`] });
    await refused("POST", `/query/${name}`, { where: `NOT ISBLANK(${field})`, values: ["COUNT()"] });
    await refused("PATCH", `/records/${name}/${id}`, { [field]: "1" });
    await matrix.clean(login, "POST", `${api}/formulas/check`, { object: name, formula: field, record: id });
    if (field !== "masked_text") await refused("GET", `/records/${name}?fields=${field}`);
  }
  await refused("GET", `/records/customer?where=${text(`${name}_top > 1`)}`);
  const found = await matrix.clean(login, "GET", `${api}/records/${name}?q=x7q`);
  if (found.json?.items?.length) matrix.breach(`${login} finds ${name} by a masked word`);
}
