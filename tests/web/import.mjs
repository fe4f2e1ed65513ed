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
  const where = `CONTAINS(name, "${mark}")`;
  const made = await world.records(api, "customer", where, "&fields=name,annual_purchase");
  equal(made.map((row) => row.annual_purchase).sort(), ["120000.50", "88000.00"], "what went in");
  await page.click('.importfoot button:has-text("撤销这次导入")');
  await page.click("dialog footer .primary");
  await until(async () => (await world.records(api, "customer", where)).length === 0, "the records are gone");
  check((await page.locator(".toast.bad").count()) === 0, "undone without complaint");
});
