import { check, equal, test, until } from "./harness.mjs";

test("login: the demo offers its roles and one press signs in", async (world) => {
  const page = await world.page(null, "/o/opportunity?layout=grid");
  await page.waitForURL(/\/login\?next=/);
  const { name } = world.login("rep");
  await page.click(`.demo button:has-text("${name}")`);
  await page.waitForURL(/\/o\/opportunity\?layout=grid/);
  await page.waitForSelector(".gridrow");
});

test("login: a wrong password is said so and signs nobody in", async (world) => {
  const page = await world.page(null, "/login");
  const { login } = world.login("rep");
  await page.fill("#login", login);
  await page.fill("#password", "certainly not this");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".notice.bad");
  check(page.url().includes("/login"), "still on the login page");
});

test("login: signing out ends the session everywhere in the page", async (world) => {
  const page = await world.page("rep", "/today");
  await page.waitForSelector(".today");
  await page.click("button.person");
  await page.click('.pop .option:has-text("退出登录")');
  await page.waitForURL(/\/login/);
  await page.goto(`${world.url}/today`);
  await page.waitForURL(/\/login\?next=/);
});

test("login: signing out in one tab ends the other one, too, by itself", async (world) => {
  const page = await world.page("rep", "/today");
  await page.waitForSelector(".today");
  const other = await page.context().newPage();
  await other.goto(`${world.url}/o/customer?layout=grid`);
  await other.waitForSelector(".gridrow");
  await page.click("button.person");
  await page.click('.pop .option:has-text("退出登录")');
  await page.waitForURL(/\/login/);
  await other.waitForURL(/\/login/, { timeout: 15_000 });
  check((await other.locator(".gridrow").count()) === 0, "nothing of theirs is left on screen");
});

test("frame: the rail holds what the role may open, and the palette finds records", async (world) => {
  const page = await world.page("rep", "/today");
  await page.waitForSelector(".railitem");
  const api = await world.api("rep");
  const [row] = await world.records(api, "customer", "owner = ME()", "&limit=1&fields=name");
  await page.keyboard.press("Control+k");
  await page.fill(".paletteinput input", row.name);
  await page.waitForSelector(`.palettelist .option:has-text("${row.name}")`);
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`/o/customer/${row.id}`));
  await until(async () => (await page.textContent("h1")) === row.name, "the record's page");
});

/* Types into the palette; what stands first when it has settled on it. */
async function palette(page, typed, first) {
  if (!(await page.isVisible(".paletteinput input"))) await page.keyboard.press("Control+k");
  await page.fill(".paletteinput input", typed);
  const here = '.palettelist .option[aria-selected="true"]';
  await page.waitForSelector(`${here} .grow:text-is("${first}")`);
}

test("palette: commands and pages by name, by pinyin and by initials, in both languages", async (world) => {
  const page = await world.page("sales_ops", "/today");
  await page.waitForSelector(".railitem");
  await palette(page, "kehu", "客户");
  await palette(page, "kh", "客户");
  await palette(page, "xjkh", "新建客户");
  await palette(page, "xin jian ke hu", "新建客户");
  await palette(page, "customers", "客户");
  await palette(page, "jinri", "今日");
  await palette(page, "jjr", "设置 › 工作日历");
  await palette(page, "settings roles", "设置 › 角色");
  await palette(page, "js", "设置 › 角色");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/settings\/roles$/);

  /* What was used stands first, before anything is typed. */
  await page.keyboard.press("Control+k");
  await page.waitForSelector('.palettelist .poptitle:text-is("最近用过")');
  await palette(page, "", "设置 › 角色");
  await page.fill(".paletteinput input", "qqqqzz");
  await page.waitForSelector('.palettenone:has-text("qqqqzz")');
  await page.keyboard.press("Escape");
  await page.waitForSelector(".palette", { state: "detached" });
});

test("palette: on the phone it is closed by a button", async (world) => {
  const page = await world.page("sales_ops", "/me", { isPhone: true });
  await page.click('.melist button:has-text("搜索")');
  await page.fill(".paletteinput input", "jiaose");
  await page.waitForSelector('.palettelist .option:has-text("设置 › 角色")');
  await page.click('.paletteinput button[aria-label="关闭"]');
  await page.waitForSelector(".palette", { state: "detached" });
});

test("palette: in English, too, by either language; a page one may not open is not offered", async (world) => {
  const page = await world.page("rep", "/today", { language: "en-US" });
  await page.waitForSelector('.railitem:has-text("Today")');
  await palette(page, "cust", "Customers");
  await palette(page, "new cust", "New Customer");
  await palette(page, "kehu", "Customers");
  await palette(page, "jinri", "Today");
  await page.fill(".paletteinput input", "roles");
  await page.waitForSelector(".palettenone");
});

test("frame: another language is one choice away and complete", async (world) => {
  const page = await world.page("rep", "/today");
  await page.waitForSelector(".today");
  await page.click("button.person");
  await page.click('.pop .option:has-text("English")');
  await until(async () => (await page.getAttribute("html", "lang")) === "en", "the page is in English");
  await page.waitForSelector('.railitem:has-text("Today")');
  const words = await page.$$eval(".rail, .topbar", (parts) => parts.map((part) => part.textContent).join(" "));
  const { name } = world.login("rep");
  const me = await (await world.api("rep")).get("/me");
  const rest = words.replaceAll(name, "").replaceAll(name.slice(-2), "").replaceAll(me.workspace.company, "");
  equal(rest.match(/\p{Script=Han}+/gu), null, "Chinese left in the English frame");
});
