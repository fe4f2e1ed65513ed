import { digits } from "../api/scenario.mjs";
import { check, equal, test, until } from "./harness.mjs";

test("account: two-step log-in is set up by scanning, and asked for from then on", async (world) => {
  const { login, password } = world.login("finance");
  const page = await world.page("finance", "/me");
  await page.click('button:has-text("设置")');
  await page.fill("#otp-password", password);
  await page.click('dialog button:has-text("下一步")');
  await page.waitForSelector(".qr");
  const secret = (await page.textContent(".otpsecret")).replaceAll(" ", "");
  await page.fill("#otp-digits", digits(secret));
  await page.click('dialog button:has-text("确认启用")');
  await page.waitForSelector(".otpcodes li:nth-child(10)");
  const recovery = await page.textContent(".otpcodes li:nth-child(1)");
  await page.click('dialog button:has-text("我已保存")');
  await page.waitForSelector(".twostepmark.on");

  const fresh = await world.page(null, "/login");
  await fresh.fill("#login", login);
  await fresh.fill("#password", password);
  await fresh.keyboard.press("Enter");
  await fresh.waitForSelector("#otp");
  await fresh.fill("#otp", "000000");
  await fresh.keyboard.press("Enter");
  await fresh.waitForSelector(".notice.bad");
  await fresh.fill("#otp", recovery.trim());
  await fresh.keyboard.press("Enter");
  await fresh.waitForSelector(".topbar");

  /* Both are seen, and the other one is ended from here. */
  await page.reload();
  await page.waitForSelector(".sessionlist li:nth-child(2)");
  await page.click('.sessionlist li:not(:has(.tag)) button:has-text("退出")');
  await until(async () => (await fresh.request.get(`${world.url}/api/v1/me`)).status() === 401, "the other one is signed out");
});

test("sharing: a record is opened to a person, told why, and closed again", async (world) => {
  const admin = await world.api("admin");
  const rep = await world.api("rep");
  const me = (await rep.get("/me")).user;
  const [row] = await world.records(admin, "customer", `owner <> "${me.id}"`, "&limit=1&fields=name,owner");
  const sees = () => rep.get(`/records/customer/${row.id}`).then(() => true, () => false);
  check(!(await sees()), "the rep does not see it yet");
  const page = await world.page("admin", `/o/customer/${row.id}`);
  await page.click('.recordhead button[aria-label="谁能看"]');
  await page.waitForSelector(".shareadd");
  await page.fill('.shareadd .combo input', me.name);
  await page.click(`.pop .option:has-text("${me.name}")`);
  /* An end that cannot be read is not the same as none. */
  await page.fill('.shareadd [aria-label^="结束时间"]', "下周");
  await page.click('.shareadd button:has-text("共享")');
  await page.waitForSelector('.shareadd .notice.bad:has-text("结束时间“下周”看不懂")');
  check(!(await sees()), "shared without the end that was meant");
  await page.fill('.shareadd [aria-label^="结束时间"]', "");
  await page.click('.shareadd button:has-text("共享")');
  await page.waitForSelector(`.shares li:has-text("${me.name}")`);
  check(await sees(), "the rep sees it");
  await page.fill('.why .combo input', me.name);
  await page.click(`.pop .option:has-text("${me.name}")`);
  await page.waitForSelector('.why li:has-text("共享给了") .whymark.yes');
  const theirs = await world.page("rep", `/o/customer/${row.id}`);
  await theirs.waitForSelector(`h1:has-text("${row.name}")`);
  await page.click(".shares li button.icon");
  await page.waitForSelector(".shares li", { state: "detached" });
  check(!(await sees()), "the rep does not see it any more");
  await theirs.waitForSelector('.state:has-text("没有权限")'); // where they were looking at it, too
  check(!(await theirs.textContent("main")).includes(row.name), "nothing of it is left on screen");
});

test("keys: made by clicking, shown once, and what it did is in the audit", async (world) => {
  const page = await world.page("admin", "/settings/keys");
  await page.click('button:has-text("新建密钥")');
  await page.fill("#key-name", "ERP");
  await page.fill('dialog .combo input[aria-label="角色"]', "管理员");
  await page.click('.pop .option:has-text("管理员")');
  await page.click('dialog button:has-text("生成密钥")');
  const secret = await page.textContent(".keysecret");
  const answer = await fetch(`${world.url}/api/v1/records/customer?limit=1`, { headers: { authorization: `Bearer ${secret}` } });
  equal(answer.status, 200, "the key opens the list");
  await page.click('dialog button:has-text("我已保存")');
  await page.goto(`${world.url}/settings/audit`);
  await page.waitForSelector('.auditlist li:has-text("ERP")');
});

test("people: an administrator sees where somebody is logged in, ends it, and takes a lost second factor off", async (world) => {
  const { login, password } = world.login("legal");
  const me = await world.page("legal", "/me");
  await me.click('button:has-text("设置")');
  await me.fill("#otp-password", password);
  await me.click('dialog button:has-text("下一步")');
  const secret = (await me.textContent(".otpsecret")).replaceAll(" ", "");
  await me.fill("#otp-digits", digits(secret));
  await me.click('dialog button:has-text("确认启用")');
  await me.click('dialog button:has-text("我已保存")');

  const admin = await world.api("admin");
  const person = (await admin.get(`/users?q=${login}`)).items.find((item) => item.login === login);
  const page = await world.page("admin", `/settings/users/${person.id}`);
  await page.waitForSelector('.persontwostep:has-text("还剩 10 个恢复码")');
  await page.click('.personsecurity li:not(.persontwostep) button:has-text("退出")');
  await until(async () => (await me.request.get(`${world.url}/api/v1/me`)).status() === 401, "their session is over");
  await page.click('.persontwostep button:has-text("取消")');
  await page.click(`dialog:has-text("取消${person.name}的两步验证？") footer button:has-text("取消") >> nth=1`);
  await page.waitForSelector('.persontwostep:has-text("没有启用")');
  const { items } = await admin.get("/audit?limit=2");
  equal(items.map((line) => line.text), [`取消了${person.name}的两步验证`, `让${person.name}的一台设备退出了登录`], "the audit says so in words");
  await page.goto(`${world.url}/settings/audit`);
  await page.waitForSelector(`.auditlist li:has-text("取消了${person.name}的两步验证")`);
});

test("security: which roles need two steps is ticked, told with how many it touches, and undone", async (world) => {
  const admin = await world.api("admin");
  const page = await world.page("admin", "/settings/security");
  await page.check('.otproles [data-role="auditor"]');
  await page.waitForSelector('.savebar:has-text("1 人受影响")');
  await page.click('.savebar button:has-text("保存")');
  await until(async () => (await admin.get("/settings")).otp_roles === "auditor", "it is stored");
  const auditor = await world.page("auditor", "/today");
  await auditor.waitForSelector(".twostep");
  await page.click('.toast button:has-text("撤销")');
  await until(async () => (await admin.get("/settings")).otp_roles === "", "it is taken back");
});

test("settings: one search finds settings, keys and calendars by sound, and lands on the thing itself", async (world) => {
  const admin = await world.api("admin");
  const { key } = await admin.post("/keys", { name: "门店收银机", role: "rep", scopes: ["records:read"] });
  const page = await world.page("admin", "/settings");
  const search = async (text, wanted) => {
    await page.fill('.settingsmenu input', text);
    await page.click(`.settingsmenu .menulist a:has-text("${wanted}")`);
  };
  await search("lbyz", "哪些角色必须两步验证");
  await page.waitForSelector("#otp_roles.landed");
  await search("shiqu", "时区");
  await page.waitForFunction(() => document.activeElement?.id === "zone");
  await search("mdsyj", "门店收银机");
  await page.waitForSelector(`[id="key-${key.id}"].landed`);
  await search("holiday", "工作日历");
  await page.waitForSelector(".calday");
  await admin.remove(`/keys/${key.id}`);
});

test("bi: the views are listed as they stand in the database, with what they leave out, and how to connect", async (world) => {
  const api = await world.api("sales_ops");
  const told = await api.get("/bi");
  const customer = told.items.find((view) => view.name === "bi_customer");
  const page = await world.page("sales_ops", "/settings/bi");
  await page.waitForSelector(`.biconnect pre:has-text("${told.database === "postgres" ? `GRANT USAGE ON SCHEMA ${told.schema}` : "leadline restore"}")`);
  await page.waitForSelector(".bilist > li");
  equal(await page.locator(".bilist > li").count(), told.items.length, "how many views are listed");
  const own = told.items.filter((view) => !/^bi_(user|team|stage_stay|alert|intervention|task)$/.test(view.name));
  equal(await page.locator(".bilist > li").first().getAttribute("id"), own[0].name, "the app's own objects come first");

  /* Found by a field of theirs, too, by pinyin; unfolded, its columns are those of the view. */
  await page.fill(".biviews .settingssearch input", "bi_customer");
  await page.click("#bi_customer [aria-expanded]");
  equal(await page.$$eval("#bi_customer tbody code", (all) => all.map((one) => one.textContent)), customer.columns.map((column) => column.name), "the columns");
  const absence = customer.left_out.find((other) => other.why === "personal");
  await page.waitForSelector(`#bi_customer .biout li:has(code:text-is("${absence.field}")):has-text("个人信息")`);

  /* What is personal comes in by the setting, at once, and goes again. */
  await page.click('#bi_personal button:has-text("放进视图"):not(:has-text("不"))');
  await page.waitForSelector(`#bi_customer tbody code:text-is("${absence.field}")`);
  await page.click('#bi_personal button:has-text("不放进视图")');
  await page.waitForSelector(`#bi_customer .biout code:text-is("${absence.field}")`);
  await page.fill(".biviews .settingssearch input", "qqqqzz");
  await page.waitForSelector('.biviews .nohits:has-text("qqqqzz")');
});
