import { check, equal, test, until } from "./harness.mjs";

/* Chips for a list of records, an editable table for the lines of one, sums that lead to what they are made of. */
async function arrange(world) {
  const api = await world.api("admin");
  const name = `q${Date.now().toString(36)}`;
  const label = (zh, en) => ({ zh, en });
  await api.post("/objects", { name: `${name}_part`, plural: `${name}_parts`, owner: false, label: label("零件", "Part"), fields: [{ name: "name", type: "text", title: true, label: label("名称", "Name") }] });
  await api.post("/objects", { name, plural: `${name}s`, label: label("报价单", "Quote"), fields: [
    { name: "name", type: "text", title: true, label: label("名称", "Name") },
    { name: "parts", type: "many_to_many", to: `${name}_part`, back: "quotes", label: label("相关零件", "Parts") }] });
  await api.post("/objects", { name: `${name}_line`, plural: `${name}_lines`, owner: false, label: label("明细行", "Line"), fields: [
    { name: "name", type: "text", title: true, label: label("品名", "Item") },
    { name: "whole", type: "reference", to: name, owned: true, label: label("报价单", "Quote") },
    { name: "pieces", type: "integer", label: label("数量", "Pieces") },
    { name: "price", type: "money", label: label("单价", "Price") },
    { name: "amount", type: "formula", formula: "pieces * price", result: "money", stored: true, label: label("金额", "Amount") }] });
  await api.post(`/objects/${name}/fields`, { name: "lines", type: "sub_table", to: `${name}_line`, via: "whole", label: label("明细", "Lines") });
  await api.post(`/objects/${name}/fields`, { name: "total", type: "rollup", relation: "lines", function: "sum", field: "amount", stored: true, label: label("合计", "Total") });
  const parts = [];
  for (const one of ["压缩机", "换热器", "膨胀阀"]) parts.push(await api.post(`/records/${name}_part`, { name: one }));
  const quote = await api.post(`/records/${name}`, { name: "一号报价", parts: [parts[0].id], lines: [{ name: "压缩机", pieces: 2, price: "1200" }, { name: "安装", pieces: 1, price: "300.50" }] });
  return { api, name, quote, parts };
}

test("relations: chips are added by typing and taken off by keyboard", async (world) => {
  const { api, name, quote, parts } = await arrange(world);
  const page = await world.page("admin", `/o/${name}/${quote.id}`);
  await page.locator(".detail .links .tag", { hasText: "压缩机" }).waitFor();
  await page.locator('[data-inline="parts"]').click();
  const box = page.locator(".linksinput input");
  await box.waitFor();
  await box.fill("膨胀");
  await page.getByRole("option", { name: "膨胀阀" }).waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".linksinput .tag", { hasText: "膨胀阀" }).waitFor();
  await world.shoot("relations chips");
  await page.locator(".linksinput input").focus();
  await page.keyboard.press("Enter");
  const now = async () => (await api.get(`/records/${name}/${quote.id}`)).parts;
  await until(async () => (await now()).length === 2, "both are saved");
  equal(await now(), [parts[0].id, parts[2].id].sort(), "the list");
});

test("relations: lines are added, changed and summed; a roll-up leads to them", async (world) => {
  const { api, name, quote } = await arrange(world);
  const page = await world.page("admin", `/o/${name}/${quote.id}`);
  await page.locator(".lines tbody tr").nth(1).waitFor();
  await world.shoot("relations lines");
  await page.locator('[data-inline="lines"]').click();
  await page.locator(".linesinput .lines").waitFor();
  await page.locator(".linesinput > button").click();
  const row = page.locator(".linesinput tbody tr").nth(2).locator("input");
  await row.nth(0).fill("调试");
  await page.keyboard.press("Tab");
  await row.nth(1).fill("4");
  await page.keyboard.press("Tab");
  await row.nth(2).fill("50");
  await world.shoot("relations lines editing");
  await page.keyboard.press("Enter");
  await until(async () => (await api.get(`/records/${name}/${quote.id}`)).total === "2900.50", "the sum follows");
  const link = page.locator("a.behind").first();
  await link.waitFor();
  check((await link.getAttribute("href")).includes(`/o/${name}_line?where=`), "the sum leads to its lines");
});

test("relations: on a phone every line is a card and nothing is cut off", async (world) => {
  const { name, quote } = await arrange(world);
  const page = await world.page("admin", `/o/${name}/${quote.id}`, { isPhone: true });
  await page.locator(".lines tbody tr").first().waitFor();
  const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
  await world.shoot("relations phone");
  check(wide <= 390, `the page is ${wide} px wide`);
});
