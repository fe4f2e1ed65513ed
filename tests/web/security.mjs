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
  await page.click('.recordhead button[aria-label="更多"]');
  await page.click('.pop .option:has-text("谁能看")');
  await page.waitForSelector(".shareadd");
  await page.fill('.shareadd .combo input', me.name);
  await page.click(`.pop .option:has-text("${me.name}")`);
  await page.click('.shareadd button:has-text("共享")');
  await page.waitForSelector(`.shares li:has-text("${me.name}")`);
  check(await sees(), "the rep sees it");
  await page.fill('.why .combo input', me.name);
  await page.click(`.pop .option:has-text("${me.name}")`);
  await page.waitForSelector('.why li:has-text("共享给了") .whymark.yes');
  await page.click(".shares li button.icon");
  await page.waitForSelector(".shares li", { state: "detached" });
  check(!(await sees()), "the rep does not see it any more");
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
