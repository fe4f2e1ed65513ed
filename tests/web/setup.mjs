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

test("setup: a reminder reads as one, and what a rule says as it is said, in both languages", async (world) => {
  const page = await world.page("sales_ops", "/settings/rules");
  await page.waitForSelector('.rulelist li:has-text("承诺到期提醒"):has-text("提前 1 天的 18:00、当天 08:30")');
  await page.waitForSelector('.rulelist li:has-text("承诺逾期提醒"):has-text("到点时")');
  equal(await page.textContent(".ladder .rulesaid .maybe:last-child"), "最近结论：最近结论", "what is left out when it is blank");
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

/* What is too small to be hit by a thumb, by its words; of a box to tick its label counts. */
const small = (page) => page.$$eval("#content button, #content a.btn, #content select, #content label.settingssearch", (all) => all.flatMap((one) => {
  const { width, height } = one.getBoundingClientRect();
  const isInText = one.closest("table, .preview, .layoutpreview, .respreview") !== null;
  return width === 0 || isInText || (height >= 40 && (width >= 40 || !one.matches(".icon"))) ? [] : [`${one.className} “${(one.textContent || one.getAttribute("aria-label")).trim().slice(0, 30)}” ${Math.round(width)}×${Math.round(height)}`];
}));

test("setup: on a phone everything of its screens can be hit, and nothing goes sideways", async (world) => {
  const page = await world.page("sales_ops", "/settings", { isPhone: true, isDark: true, language: "en-US" });
  await page.waitForSelector(".settings.phone .menulist");
  const paths = await page.$$eval(".menulist a", (links) => links.map((link) => link.getAttribute("href")));
  check(paths.length > 12, `the menu has ${paths.length} sections`);
  for (const path of [...paths.filter((path) => path !== "/settings/layouts" && path !== "/settings/calendars"), "/settings/pipelines/key_account?stage=proposal"]) {
    await page.goto(world.url + path);
    await page.waitForSelector(".settingsbody .settingspart, .settingsbody .state");
    await until(async () => (await page.locator("#content .skeleton").count()) === 0, `${path} is there`);
    equal(await small(page), [], `too small on ${path}`);
    equal(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), true, `${path} goes sideways`);
  }
});
