import { check, drag, equal, test, until } from "./harness.mjs";

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
  await page.locator(".linesinput [data-add]").click();
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

const names = (quote) => quote.lines.map((line) => line.name);

async function editLines(page) {
  await page.locator(".lines tbody tr").nth(1).waitFor();
  await page.locator('[data-inline="lines"]').click();
  await page.locator(".linesinput .lines").waitFor();
}

test("relations: lines are put in another order by keyboard and by dragging; the history tells; undo puts them back", async (world) => {
  const { api, name, quote } = await arrange(world);
  const now = () => api.get(`/records/${name}/${quote.id}`);
  const page = await world.page("admin", `/o/${name}/${quote.id}`);
  await editLines(page);
  const handle = (i) => page.locator(".linesinput .draghandle").nth(i);
  await handle(0).focus();
  await page.keyboard.press("Alt+ArrowDown");
  await until(async () => (await page.locator(".linesinput tbody input").first().inputValue()) === "安装", "the second line is first");
  equal(await page.evaluate(() => document.activeElement?.className), "draghandle", "the handle keeps the focus");
  await page.locator(".linesinput tbody input").first().focus();
  await page.keyboard.press("Enter");
  await until(async () => names(await now()).join() === "安装,压缩机", "the order is saved");
  await page.locator(".toast button").click();
  await until(async () => names(await now()).join() === "压缩机,安装", "undo puts it back");
  await editLines(page);
  const [from, to] = [await handle(1).boundingBox(), await handle(0).boundingBox()];
  await drag(page, [from.x + 8, from.y + 8], [from.x + 8, from.y - 4, 3], [to.x + 8, to.y + 8, 5]);
  await until(async () => (await page.locator(".linesinput tbody input").first().inputValue()) === "安装", "dragged");
  await page.locator(".linesinput tbody input").first().focus();
  await page.keyboard.press("Enter");
  await until(async () => names(await now()).join() === "安装,压缩机", "the dragged order is saved");
  await page.getByRole("radio", { name: "变更" }).or(page.getByRole("tab", { name: "变更" })).first().click().catch(() => {});
  await page.locator(".lineschange").first().waitFor();
  await world.shoot("relations lines history");
  check((await page.locator(".lineschange").first().textContent()).includes("顺序"), "the history tells of the order");
});

test("relations: lines are pasted from a spreadsheet; what is refused is marked at its cell", async (world) => {
  const { api, name, quote } = await arrange(world);
  const page = await world.page("admin", `/o/${name}/${quote.id}`);
  await editLines(page);
  await page.locator(".linesinput tbody input").nth(3).focus();
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.setData("text/plain", "安装\t2\t300.50\r\n调试\t许多\t50\r\n运输\t1\t1,200\r\n");
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await page.locator(".linesinput tbody tr").nth(3).waitFor();
  const wrong = page.locator(".linesinput tbody tr").nth(2).locator("td .formerror");
  await wrong.waitFor();
  check((await wrong.textContent()).includes("许多"), "the very cell says what is wrong");
  await world.shoot("relations lines pasted");
  await page.locator(".linesinput tbody tr").nth(2).locator("input").nth(1).fill("3");
  equal(await wrong.count(), 0, "typing over it takes the mark away");
  await page.keyboard.press("Enter");
  await until(async () => names(await api.get(`/records/${name}/${quote.id}`)).join() === "压缩机,安装,调试,运输", "all are saved");
  await api.patch(`/objects/${name}_line/fields/pieces`, { min: 1 });
  await page.reload();
  await editLines(page);
  const cell = page.locator(".linesinput tbody tr").nth(1).locator("input").nth(1);
  await cell.fill("0");
  await page.keyboard.press("Enter");
  await page.locator(".linesinput tbody tr").nth(1).locator('td[data-column="pieces"] .formerror').waitFor();
  equal(await page.locator(".linesinput td .formerror").count(), 1, "one cell is marked");
  await world.shoot("relations lines refused");
});

test("relations: on a phone every line is a card and nothing is cut off", async (world) => {
  const { name, quote } = await arrange(world);
  const page = await world.page("admin", `/o/${name}/${quote.id}`, { isPhone: true });
  await page.locator(".lines tbody tr").first().waitFor();
  const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
  await world.shoot("relations phone");
  check(wide <= 390, `the page is ${wide} px wide`);
});

test("relations: a list of records is filtered by, changed and pasted into in the cells of a list", async (world) => {
  const { api, name, quote, parts } = await arrange(world);
  const bare = await api.post(`/records/${name}`, { name: "二号报价" });
  const now = async (id) => (await api.get(`/records/${name}/${id}`)).parts;
  const page = await world.page("admin", `/o/${name}?layout=grid&columns=name,parts&order=name&where=${encodeURIComponent("ISBLANK(parts)")}`);
  await page.locator(".gridrow", { hasText: "二号报价" }).waitFor();
  equal(await page.locator(".gridrow").count(), 1, "only the one without parts");
  await page.getByRole("button", { name: /筛选/ }).first().click();
  equal(await page.locator(".conditionop").first().inputValue(), "blank", "the filter reads back as “is blank”");
  await page.locator(".conditionop").first().selectOption("in");
  await page.locator(".conditionvalue input").fill("压缩");
  await page.getByRole("option", { name: "压缩机" }).click();
  await page.locator(".gridrow", { hasText: "一号报价" }).waitFor();
  await until(async () => (await page.locator(".gridrow").count()) === 1, "only the one with the part");
  await world.shoot("relations filter");
  await page.goto(`${world.url}/o/${name}?layout=grid&columns=name,parts&order=name&edit=1`);
  await page.locator(".grid.sheet .gridrow").nth(1).waitFor();
  const cell = (row) => page.locator(`.gridrow[aria-rowindex="${row + 1}"] .cell:not(.markcell)`).nth(1);
  await cell(1).click();
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.setData("text/plain", "换热器；膨胀阀");
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  const first = (await page.locator(".gridrow").first().textContent()).includes("一号") ? [quote, bare] : [bare, quote];
  await until(async () => (await now(first[1].id)).join() === [parts[1].id, parts[2].id].sort().join(), "both names are understood");
  await cell(0).click();
  await page.keyboard.press("Enter");
  await page.locator(".celleditor .linksinput input").fill("膨胀");
  await page.getByRole("option", { name: "膨胀阀" }).waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".celleditor .tag", { hasText: "膨胀阀" }).waitFor();
  await page.keyboard.press("Tab");
  await until(async () => (await now(first[0].id)).includes(parts[2].id), "the picked one is saved");
  await world.shoot("relations cells");
  await page.keyboard.press("Control+z");
  await until(async () => !(await now(first[0].id)).includes(parts[2].id), "and taken back");
});
