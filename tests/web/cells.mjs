import { check, equal, test, until } from "./harness.mjs";

const COLUMNS = ["name", "amount", "competitor", "expected_close", "source", "number"];
const list = (where) => `/o/opportunity?layout=grid&columns=${COLUMNS.join(",")}&order=-amount&where=${encodeURIComponent(where)}`;
const OPEN = 'owner = ME() AND STAGE_KIND() = "open"';

async function deals(world, api, count = 5) {
  const rows = await world.records(api, "opportunity", OPEN, `&limit=${count}&order=-amount&fields=name,amount,competitor,version`);
  check(rows.length >= 4, "the demo's rep has four open deals");
  return rows;
}

const cell = (page, row, column) => page.locator(`.gridrow[aria-rowindex="${row + 1}"] .cell:not(.markcell) >> nth=${column}`);
const paste = (page, text) => page.evaluate((words) => {
  const data = new DataTransfer();
  data.setData("text/plain", words);
  document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}, text);

test("cells: F2 edits, Enter and Tab go on, Escape leaves it, Ctrl+Z takes it back", async (world) => {
  const api = await world.api("rep");
  const [first, second] = await deals(world, api);
  const now = async (id, field) => (await api.get(`/records/opportunity/${id}`))[field];
  const page = await world.page("rep", list(OPEN));
  await page.waitForSelector(".gridrow");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("F2");
  await page.waitForSelector(".grid.sheet .cell.spot");
  await cell(page, 0, 2).click();
  await page.keyboard.press("F2");
  await page.fill(".celleditor input", "先看看");
  await page.keyboard.press("Escape");
  equal(await now(first.id, "competitor"), first.competitor, "after Escape");
  await page.keyboard.type("甲公司");
  await page.keyboard.press("Enter");
  await until(async () => (await now(first.id, "competitor")) === "甲公司", "the first is saved");
  await page.keyboard.type("乙公司");
  await page.keyboard.press("Tab");
  await until(async () => (await now(second.id, "competitor")) === "乙公司", "the second is saved");
  check((await cell(page, 1, 3).getAttribute("class")).includes("spot"), "Tab went to the right");
  await page.keyboard.press("Control+z");
  await until(async () => (await now(second.id, "competitor")) === second.competitor, "the second is taken back");
  await page.keyboard.press("Control+z");
  await until(async () => (await now(first.id, "competitor")) === first.competitor, "the first is taken back");
  await cell(page, 0, 5).click();
  await page.keyboard.press("Enter");
  await page.waitForSelector('.toast:has-text("不能在这里改")');
});

test("cells: a range is pasted from a spreadsheet; what is wrong says why at its cell, the rest is saved, one undo", async (world) => {
  const api = await world.api("rep");
  const rows = await deals(world, api);
  const read = async () => {
    const now = await world.records(api, "opportunity", OPEN, "&limit=200&fields=amount,competitor");
    return rows.slice(0, 4).map((row) => now.find(({ id }) => id === row.id)).map(({ amount, competitor }) => [amount, competitor]);
  };
  const before = await read();
  const page = await world.page("rep", `${list(OPEN)}&edit=1`);
  await page.waitForSelector(".grid.sheet .gridrow");
  await cell(page, 0, 1).click();
  await paste(page, "¥912,000\t丙公司\n三十万\t丁公司\n-5\t戊公司\n91.5万\t\"己\t公司\"\n");
  await page.waitForSelector('.toast:has-text("没有保存")');
  await until(async () => (await read())[3][0] === "915000.00", "what is right is saved");
  const after = await read();
  equal(after[0], ["912000.00", "丙公司"], "row 1");
  equal(after[1], [before[1][0], "丁公司"], "row 2: the amount that cannot be read is as it was");
  equal(after[2], before[2], "row 3: refused by the server as a whole");
  equal(after[3], ["915000.00", "己\t公司"], "row 4");
  equal(await page.locator(".cell.bad").count(), 2, "cells that say why");
  await cell(page, 1, 1).click();
  await page.waitForSelector('.cellerror:has-text("三十万")');
  await page.click('.toast button:has-text("撤销")');
  await until(async () => JSON.stringify(await read()) === JSON.stringify(before), "all is as it was");
});

test("cells: copying gives what a spreadsheet takes, a choice is picked from its list", async (world) => {
  const api = await world.api("rep");
  const rows = await deals(world, api);
  const page = await world.page("rep", `${list(OPEN)}&edit=1`);
  await page.waitForSelector(".grid.sheet .gridrow");
  await cell(page, 0, 0).click();
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Shift+ArrowDown");
  const text = await page.evaluate(() => {
    const data = new DataTransfer();
    document.activeElement.dispatchEvent(new ClipboardEvent("copy", { clipboardData: data, bubbles: true, cancelable: true }));
    return data.getData("text/plain");
  });
  equal(text, rows.slice(0, 2).map(({ name, amount }) => `${name}\t${amount}`).join("\n"), "the clipboard");
  await cell(page, 0, 4).dblclick();
  await page.click('.pop .option:has-text("展会")');
  await until(async () => (await api.get(`/records/opportunity/${rows[0].id}`)).source === "exhibition", "the choice is saved");
});

test("cells: many at once, with what will change, what was refused and why, and back again", async (world) => {
  const api = await world.api("admin");
  const page = await world.page("admin", list('STAGE_KIND() = "open"'));
  await page.waitForSelector(".gridrow");
  await page.click(".gridhead .markcell input");
  await page.click(".bulkbar .linklike");
  const { count } = await api.get(`/records/opportunity?where=${encodeURIComponent('STAGE_KIND() = "open"')}&limit=1&count=exact`);
  await until(async () => (await page.textContent(".bulkbar strong")).includes(` ${count} `), "all that match are selected");
  await page.click('.bulkbar .btn:has-text("批量修改")');
  await page.fill("#bulk-field", "竞争对手");
  await page.keyboard.press("Enter");
  await page.fill("#bulk-value", "统一竞品");
  await page.waitForSelector(`.bulkpreview:has-text("${count} 条会改变")`);
  await page.click("dialog footer .primary");
  await page.waitForSelector(`dialog .notice.good:has-text("已修改 ${count} 条")`, { timeout: 20_000 });
  const changed = async () => (await api.get(`/records/opportunity?where=${encodeURIComponent('competitor = "统一竞品"')}&limit=1&count=exact`)).count;
  equal(await changed(), count, "changed on the server");
  await page.click('dialog footer .btn:has-text("撤销")');
  await page.waitForSelector(`.toast:has-text("已撤销 ${count} 条")`);
  equal(await changed(), 0, "left after the undo");
  await page.click('.bulkbar .btn:has-text("批量修改")');
  await page.fill("#bulk-field", "阶段");
  await page.keyboard.press("Enter");
  await page.fill("#bulk-value", "输单");
  await page.keyboard.press("Enter");
  await page.click("dialog footer .primary");
  await page.waitForSelector(`dialog .notice.warn:has-text("${count} 条没有改")`, { timeout: 40_000 });
  check((await page.textContent(".bulkrefused")).includes("输单原因"), "each says what is missing");
});

test("cells: what colleagues change while a cell is typed into moves nothing under the hand, and is not overwritten", async (world) => {
  const api = await world.api("rep");
  const [first, second, third] = await deals(world, api);
  const now = async (id, field) => (await api.get(`/records/opportunity/${id}`))[field];
  const page = await world.page("rep", `${list(OPEN)}&edit=1`);
  await page.waitForSelector(".grid.sheet .cell.spot");
  const heard = () => page.waitForResponse((answer) => answer.url().includes("/records/opportunity?") && answer.ok());
  const quietly = async (change) => {
    const told = heard();
    await change();
    await told;
  };
  /* The first row goes from the list: the second one does not take its place under the caret. */
  await cell(page, 1, 2).click();
  await page.keyboard.press("F2");
  await page.fill(".celleditor input", "丙公司");
  await quietly(() => api.post(`/records/opportunity/${first.id}/move`, { stage: "lost", reason: "对手更便宜", fields: { lost_reason: "price" } }));
  await page.keyboard.press("Enter");
  await until(async () => (await now(second.id, "competitor")) === "丙公司", "the row that was typed into has it");
  equal(await now(third.id, "competitor"), third.competitor, "the next one");
  /* The cell itself: refused, said at the cell, and theirs stays. */
  await page.waitForFunction((text) => !document.querySelector(".grid").textContent.includes(text), first.name);
  await cell(page, 0, 2).click();
  await page.keyboard.press("F2");
  await page.fill(".celleditor input", "丁公司");
  await quietly(() => api.patch(`/records/opportunity/${second.id}`, { competitor: "戊公司" }));
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowUp");
  await page.waitForSelector(".cellerror");
  equal(await now(second.id, "competitor"), "戊公司", "what a colleague wrote");
  /* Left as it was: nothing is written back. */
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("F2");
  await page.waitForSelector(".celleditor:not(.latent) input");
  await quietly(() => api.patch(`/records/opportunity/${third.id}`, { competitor: "己公司" }));
  await page.keyboard.press("Enter");
  await cell(page, 1, 2).getByText("己公司").waitFor();
  equal(await now(third.id, "competitor"), "己公司", "what a colleague wrote");
});
