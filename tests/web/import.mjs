import { check, equal, test, until } from "./harness.mjs";

test("import: a file is mapped, checked, run with a reason per refused row, and undone without a trace", async (world) => {
  const api = await world.api("sales_ops");
  const mark = `导入验证${Date.now() % 100000}`;
  const file = ["客户名称,年采购额", `${mark}甲,120000.50`, `${mark}乙,不是数字`, `${mark}丙,88000`].join("\n");
  const page = await world.page("sales_ops", "/imports?object=customer");
  await page.waitForSelector(".upload");
  await page.setInputFiles(".upload input[type=file]", { name: "customers.csv", mimeType: "text/csv", buffer: Buffer.from(`\ufeff${file}\n`) });
  await page.waitForSelector(".mapping");
  equal(await page.locator(".mapping li:not(.head):not(.off)").count(), 2, "columns whose field was guessed");
  await page.click(".importfoot .primary");
  await page.waitForSelector(".importnumbers");
  await page.waitForSelector(`.failures td:has-text("不是数字")`);
  const book = await page.getAttribute('.failhead a[download]', "href");
  const refused = await page.request.get(world.url + book);
  check(refused.headers()["content-type"].includes("spreadsheetml"), `the refused rows come as a workbook: ${refused.headers()["content-type"]}`);
  const where = `CONTAINS(name, "${mark}")`;
  const made = await world.records(api, "customer", where, "&fields=name,annual_purchase");
  equal(made.map((row) => row.annual_purchase).sort(), ["120000.50", "88000.00"], "what went in");
  await page.click('.importfoot button:has-text("撤销这次导入")');
  await page.click("dialog footer .primary");
  await until(async () => (await world.records(api, "customer", where)).length === 0, "the records are gone");
  check((await page.locator(".toast.bad").count()) === 0, "undone without complaint");
});

test("import: what waits for another to end says so, and begins by itself", async (world) => {
  const mark = `排队验证${Date.now() % 100000}`;
  const page = await world.page("sales_ops", "/imports?object=customer");
  await page.waitForSelector(".upload");
  /* A long one is under way. */
  const long = await page.evaluate(async (name) => {
    const body = new FormData(), headers = { "X-Leadline-CSRF": "1" };
    body.append("object", "customer");
    body.append("file", new Blob([`客户名称\n${Array.from({ length: 90_000 }, (_, i) => `${name}${i}`).join("\n")}\n`]), "long.csv");
    const { id } = await (await fetch("/api/v1/imports", { method: "POST", body, headers })).json();
    await fetch(`/api/v1/imports/${id}/run`, { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify({ map: { 客户名称: "name" } }) });
    return id;
  }, mark);
  await page.setInputFiles(".upload input[type=file]", { name: "short.csv", mimeType: "text/csv", buffer: Buffer.from(`\ufeff客户名称\n${mark}短\n`) });
  await page.click(".importfoot .primary");
  await page.waitForSelector('.runpanel:has-text("马上开始")');
  await world.shot(page, "import_waiting");
  const api = await world.api("sales_ops");
  await api.post(`/imports/${long}/cancel`, {}).catch(() => undefined); /* it may have ended by itself */
  await page.waitForSelector(".importnumbers");
  await page.click('.importfoot button:has-text("撤销这次导入")');
  await page.click("dialog footer .primary");
  await page.waitForSelector('.tag:has-text("已撤销")');
  await api.remove(`/imports/${long}`);
});
