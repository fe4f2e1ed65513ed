import { check, equal, test, until } from "./harness.mjs";

test("setup: the company's name, zone and currency are changed, shown at once, and put back by one tap", async (world) => {
  const api = await world.api("admin");
  const before = await api.get("/settings");
  const page = await world.page("admin", "/settings/company");
  await page.waitForSelector("#company");
  await page.fill("#company", "北辰冷链（华东）");
  await page.click("#zone");
  await page.click('.pop .option:has-text("Asia/Tokyo")');
  await page.click('.savebar .btn.primary');
  await page.waitForSelector('.brand:has-text("北辰冷链（华东）")');
  equal(await api.get("/settings"), { ...before, company: "北辰冷链（华东）", zone: "Asia/Tokyo" }, "the settings");
  await page.click('.toast button:has-text("撤销")');
  await until(async () => JSON.stringify(await api.get("/settings")) === JSON.stringify(before), "the settings are as they were");
  await page.waitForSelector(`.brand:has-text("${before.company}")`);
});

test("setup: a reminder reads as one, in both languages", async (world) => {
  const page = await world.page("sales_ops", "/settings/rules");
  await page.waitForSelector('.rulelist li:has-text("承诺到期提醒"):has-text("提前 1 天的 18:00、当天 08:30")');
  await page.waitForSelector('.rulelist li:has-text("承诺逾期提醒"):has-text("到点时")');
  const other = await world.page("sales_ops", "/settings/rules", { language: "en" });
  await other.waitForSelector('.rulelist li:has-text("1 day before at 18:00, on the day at 08:30")');
});

test("setup: the table of process health is three requests, however many people are in it", async (world) => {
  const page = await world.page("director", "/login");
  const asked = [];
  page.on("request", (request) => request.url().includes("/measures/phi?") && asked.push(new URL(request.url()).searchParams));
  await page.goto(`${world.url}/measures`);
  await page.waitForSelector(".scopetable tbody tr:nth-child(8) .figure");
  await until(() => asked.some((params) => params.has("scopes") && params.has("by")), "the lines are asked for");
  equal(asked.filter((params) => params.has("scopes")).length, 3, "requests for the table");
  check(asked.length <= 6, `${asked.length} requests for one measure`);
});
