/*
 * An object nobody has thought of: defined while the test runs, under a name made up on the spot, with a reference,
 * a look-up, links to many, a formula, lines, a value that must be unique, a rule that tells people of it, and on the
 * other side roll-ups of it. Every role may read its own records; some fields are hidden from all of them, or masked.
 * So what the matrix holds of the sales app holds of any object.
 */
import { randomBytes } from "node:crypto";

const CLOSED = ["hidden_text", "hidden_amount", "hidden_copy", "hidden_last", "masked_text"];
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
      { name: "code", type: "text", unique: true, label: label("Code") },
    ],
  });
  const line = `${name}_line`;
  await matrix.make("admin", "/objects", {
    name: line, label: label("Line"), label_plural: label("Lines"), plural: `${line}s`, owner: false, search: ["name"],
    fields: [
      { name: "name", type: "text", label: label("Name"), title: true },
      { name: "whole", type: "reference", to: name, owned: true, label: label("Of") },
      { name: "customer", type: "reference", to: "customer", label: label("For") },
      { name: "customer_name", type: "lookup", via: "customer", field: "name", stored: true, label: label("Its name") },
      { name: "hidden_text", type: "text", label: label("Hidden") },
    ],
  });
  await matrix.make("admin", `/objects/${name}/fields`, { name: "lines", type: "sub_table", to: line, via: "whole", label: label("Lines") });
  await matrix.make("admin", `/objects/${name}/fields`, { name: "hidden_last", type: "rollup", relation: "lines", function: "last", field: "hidden_text", stored: true, label: label("Last") });
  const told = "{hidden_text} {hidden_amount} {hidden_copy} {masked_text} {customer} {customer.name} {customer_name} {hidden_last}";
  await matrix.make("admin", "/rules", { name: `${name}_told`, kind: "change", object: name, on: ["create"], actions: [
    { do: "notify", to: ["owner"], title: label(`News: ${told}`), body: label(told) }, { do: "task", kind: "look", title: label(`Look: ${told}`), assignee: "owner" }] });
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
      fields: { ...role.fields, [`${name}.hidden_text`]: "hidden", [`${name}.hidden_amount`]: "hidden", [`${name}.masked_text`]: "masked", [`${line}.hidden_text`]: "hidden" },
    });
    if (answer.status !== 200) throw new Error(`matrix: the role ${role.name}: ${answer.status} ${answer.text}`);
  }
  /* What their own records point to is not for them; its id is, so it is none of the secrets. */
  const beyond = (await matrix.make("ron", "/records/customer", { name: `${words} beyond` })).id;
  const secret = { hidden_text: `${words} hidden`, hidden_amount: "77777", masked_text: `x7q${words}${words}9999` };
  const foreign = (await matrix.make("admin", `/records/${name}`, {
    name: `${words} odd`, customer: beyond, others: [beyond], owner: people.ron, code: `${words}-1`, ...secret,
    lines: [{ name: `${words} line`, customer: beyond, hidden_text: `${words} hidden` }],
  })).id;
  const foreignLine = (await matrix.ask("admin", "GET", `/api/v1/records/${name}/${foreign}`)).json.lines[0].id;
  const own = {};
  for (const login of Object.keys(people).filter((other) => other !== "ron")) {
    own[login] = (await matrix.make("admin", `/records/${name}`, {
      name: "North odd", customer: beyond, others: [beyond], owner: people[login], ...secret,
      lines: [{ name: "North line", customer: beyond, hidden_text: `${words} hidden` }],
    })).id;
  }
  return { name, foreign, own, line, foreignLine };
}

/* One's own record tells nothing of what is closed, by whatever way it leaves. */
export async function oddLook(matrix, login, { name, own, line, words }) {
  const api = "/api/v1", id = own[login], text = encodeURIComponent;
  const seen = await matrix.clean(login, "GET", `${api}/records/${name}/${id}`);
  if (seen.status !== 200) matrix.breach(`${login} GET one's own ${name}: ${seen.status}, wanted 200`);
  const past = text(new Date(Date.parse("2026-03-09T09:00:00+08:00")).toISOString());
  for (const path of [
    `/records/${name}`, `/records/${name}?fields=name,customer.name,customer_name,others,masked_text`, `/records/${name}?as_of=${past}`,
    `/records/${name}/${id}?as_of=${past}`, `/records/${name}/${id}/history`, `/records/${name}/${id}/moves`,
    `/records/${name}/${id}/why`, `/export/${name}.csv`, `/export/${name}.csv?plain=1`, `/export/${name}.xlsx`,
    `/export/${name}.jsonl`, `/changes?objects=${name}&records=true`, `/objects/${name}`, "/records/customer", "/export/customer.csv",
    `/records/${name}?fields=lines`, `/records/${line}?fields=name,customer.name,customer_name,whole.name`, `/records/${line}?as_of=${past}`,
    `/export/${line}.csv`, `/changes?objects=${line}&records=true`, `/records/${line}?where=${text("NOT ISBLANK(whole)")}&order=-customer_name`,
    "/messages?limit=100", "/tasks?assignee=all&limit=100", "/records/task?limit=100", "/records/message?limit=100", "/export/task.csv", "/export/message.jsonl",
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
  await refused("GET", `/records/${line}?where=${text("NOT ISBLANK(hidden_text)")}`);
  await refused("GET", `/records/${name}?where=${text("COUNT(lines, NOT ISBLANK(hidden_text)) > 0")}`);
  await refused("POST", `/query/${line}`, { group: ["hidden_text"], values: ["COUNT()"] });
  await matrix.clean(login, "POST", `${api}/query/${line}`, { group: ["customer_name", "customer"], values: ["COUNT()", "MAX(name)"] });
  for (const object of ["task", "message"]) await matrix.clean(login, "POST", `${api}/query/${object}`, { group: ["title"], values: ["COUNT()"] });
  const mine = (await matrix.ask(login, "GET", `${api}/messages?limit=100`)).json.items.filter(({ title }) => title.startsWith("News"));
  if (mine.length !== 1) matrix.breach(`${login} was told ${mine.length} times of one's own ${name}`);
  /* A section of a page whose condition reads what is closed is not shown, whatever is in there. */
  const conditions = [...CLOSED.map((field) => `NOT ISBLANK(${field})`), "NOT ISBLANK(customer.name)", "COUNT(lines, NOT ISBLANK(hidden_text)) > 0", "NOT ISBLANK(name)"];
  const form = await matrix.clean(login, "POST", `${api}/formulas/form`, { object: name, record: id, conditions });
  const held = conditions.filter((_, i) => form.json?.conditions?.[i]);
  if (held.join() !== "NOT ISBLANK(name)") matrix.breach(`${login} a page's conditions: ${held}, of ${form.text}`);
  /* That a code is taken must be said; of what, not. */
  const taken = await matrix.ask(login, "POST", `${api}/records/${name}`, { name: "North again", code: `${words}-1` });
  if (taken.status !== 409 || matrix.secrets.some((secret) => taken.text.includes(secret))) matrix.breach(`${login} taking a code: ${taken.status} ${taken.text}`);
  await refused("GET", `/records/customer?where=${text(`${name}_top > 1`)}`);
  const found = await matrix.clean(login, "GET", `${api}/records/${name}?q=x7q`);
  if (found.json?.items?.length) matrix.breach(`${login} finds ${name} by a masked word`);
}
