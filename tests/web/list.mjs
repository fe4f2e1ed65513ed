import { check, equal, test, until } from "./harness.mjs";

test("list: a filter is a formula in the URL, the count is the server's, rows come by pages", async (world) => {
  const page = await world.page("director", "/o/contact_log");
  await page.waitForSelector(".gridrow");
  await until(async () => /1,000\+/.test(await page.textContent(".listfoot")), "the capped count");
  const seen = new Set();
  for (let i = 0; i < 14; i += 1) {
    for (const index of await page.$$eval(".gridrow", (rows) => rows.map((row) => row.getAttribute("aria-rowindex")))) seen.add(index);
    await page.evaluate(() => document.querySelector(".grid").scrollBy(0, 900));
    await page.waitForTimeout(120);
  }
  check(seen.size > 200, `only ${seen.size} rows were seen`);
  check((await page.locator(".gridrow").count()) < 80, "only rows in sight are in the page");
});

test("list: conditions are clicked together and narrow the list", async (world) => {
  const api = await world.api("rep");
  const page = await world.page("rep", "/o/opportunity?layout=grid");
  await page.waitForSelector(".gridrow");
  await page.keyboard.press("f");
  await page.fill(".addcondition input", "预计成交额");
  await page.keyboard.press("Enter");
  await page.selectOption(".conditionop", "ge");
  await page.fill(".conditionvalue input", "300000");
  await until(() => new URL(page.url()).searchParams.get("where") === "amount >= 300000", "the formula in the URL");
  const { count } = await api.get(`/records/opportunity?where=${encodeURIComponent("amount >= 300000")}&limit=1&count=exact`);
  await until(async () => (await page.textContent(".listfoot")).includes(`${count} `), `the list shows ${count} rows`);
});

test("list: a view is saved, found again and deleted", async (world) => {
  const page = await world.page("rep", "/o/opportunity?layout=grid&where=amount%20%3E%201000");
  await page.waitForSelector(".gridrow");
  await page.click(".viewmenu");
  await page.click('.pop .option:has-text("保存为新视图")');
  const name = `千元以上 ${Date.now() % 100000}`;
  await page.fill("#view-name", name);
  await page.click("dialog footer .primary");
  await page.waitForSelector(`.viewmenu:has-text("${name}")`);
  await page.reload();
  await page.waitForSelector(`.viewmenu:has-text("${name}")`);
  await page.click(".viewmenu");
  await page.click(`.pop .option.danger`);
  await page.waitForSelector('.toast:has-text("视图已删除")');
  const { items } = await (await world.api("rep")).get("/views?object=opportunity");
  check(items.every((view) => view.name !== name), "the view is gone");
});

test("list: the keyboard walks, opens beside the list and closes", async (world) => {
  const page = await world.page("rep", "/o/opportunity?layout=grid");
  await page.waitForSelector(".gridrow");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".drawer h1");
  const first = new URL(page.url()).searchParams.get("r");
  await page.keyboard.press("ArrowDown");
  await until(() => new URL(page.url()).searchParams.get("r") !== first, "the next record");
  await page.keyboard.press("Escape");
  await page.waitForSelector(".drawer", { state: "detached" });
});

test("access: another team's record is not there, in the list or by its address", async (world) => {
  const rep = await world.api("rep");
  const director = await world.api("director");
  const me = await rep.get("/me");
  const all = await world.records(director, "opportunity", `NOT owner = "${me.user.id}"`, "&limit=200&fields=name,owner");
  let foreign = null;
  for (const row of all) {
    const found = await world.records(rep, "opportunity", `id = "${row.id}"`);
    if (found.length === 0) {
      foreign = row;
      break;
    }
  }
  check(foreign, "there is a record the rep may not see");
  const page = await world.page("rep", `/o/opportunity/${foreign.id}`);
  await page.waitForSelector(".state h3");
  check(!(await page.textContent("body")).includes(foreign.name), "the name does not appear");
});

test("create: what is missing is named beside its field, then the record opens", async (world) => {
  const api = await world.api("rep");
  const [customer] = await world.records(api, "customer", "owner = ME()", "&limit=1&fields=name");
  const page = await world.page("rep", "/o/opportunity?layout=grid&create=opportunity");
  await page.waitForSelector("dialog #new-name");
  await page.click("dialog footer .primary");
  await page.waitForSelector("dialog .formerror");
  const name = `新建验证 ${Date.now() % 1000000}`;
  await page.fill("#new-name", name);
  await page.fill("#new-customer", customer.name);
  await page.click(`.pop .option:has-text("${customer.name}")`);
  await page.click('dialog footer button:has-text("新建并打开")');
  await page.waitForURL(/\/o\/opportunity\/[0-9a-f-]{36}/);
  await until(async () => (await page.textContent("h1")) === name, "the new record's page");
  equal((await world.records(api, "opportunity", `name = "${name}"`)).length, 1, "records made");
});

test("list: opening a record does not move it: its head stays one line", async (world) => {
  const page = await world.page("admin", "/o/contact_log?view=all&layout=grid");
  await page.waitForSelector(".gridrow");
  const height = () => page.$eval(".listhead", (head) => head.getBoundingClientRect().height);
  const before = await height();
  await page.click(".gridrow >> nth=1");
  await page.waitForURL(/[?&]r=/);
  await page.waitForTimeout(300);
  equal(await height(), before, "the head beside a record");
});
