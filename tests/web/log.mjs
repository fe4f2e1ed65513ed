import { check, equal, test, until } from "./harness.mjs";

async function openDeal(world, api, more = "") {
  const rows = await world.records(api, "opportunity", `owner = ME() AND STAGE_KIND() = "open"${more}`, "&limit=5&order=-amount&fields=name,stage,pipeline,last_contact_at,stall_level");
  check(rows.length > 0, "the demo's rep has an open deal");
  return rows;
}

test("log: N opens the sheet for the record on screen, thin text gets a hint, saving shows it in the timeline", async (world) => {
  const api = await world.api("rep");
  const [row] = await openDeal(world, api);
  const page = await world.page("rep", `/o/opportunity/${row.id}`);
  await page.waitForSelector(".recordhead h1");
  await page.keyboard.press("n");
  await page.waitForSelector(`.logtarget:has-text("${row.name}")`);
  await page.click('.methods button:has-text("拜访")');
  await page.fill("#log-conclusion", "已沟通");
  await page.waitForSelector(".substance.thin");
  const text = `客户确认二期预算已经批下来，要求月底前报价 ${Date.now() % 100000}`;
  await page.fill("#log-conclusion", text);
  await page.waitForSelector(".substance:not(.thin) svg");
  await page.fill("#log-next", "周三带工程师到现场勘查");
  await page.click(".duerow .chip >> nth=1");
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector(".toast");
  await page.waitForSelector(`.event.logs:has-text("${text}")`);
  const [log] = await world.records(api, "contact_log", `opportunity = "${row.id}"`, "&order=-contacted_at&limit=1");
  equal(log.conclusion, text, "the conclusion on the server");
  equal(log.method, "visit", "the method on the server");
  check(log.substantive === true, "the log counts as substantive");
  check(log.next_action_due !== null, "the next step has its time");
});

test("log: undo takes it back, where the role may delete", async (world) => {
  const api = await world.api("rep");
  const mayDelete = (await api.get("/me")).permissions.objects.contact_log.delete;
  const [, row] = await openDeal(world, api);
  const page = await world.page("rep", `/o/opportunity/${row.id}?log=opportunity:${row.id}`);
  await page.waitForSelector(`.logtarget:has-text("${row.name}")`);
  const text = `这一条是误记的，马上撤销，客户并没有这样说 ${Date.now() % 100000}`;
  await page.fill("#log-conclusion", text);
  await page.fill("#log-next", "没有下一步");
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector(".toast");
  if (!mayDelete) return equal(await page.locator(".toast button").count(), 0, "ways to undo");
  await page.click('.toast button:has-text("撤销")');
  await until(async () => (await world.records(api, "contact_log", `opportunity = "${row.id}"`, "&order=-created_at&limit=3")).every((log) => log.conclusion !== text), "the log is gone");
});

test("log: without a network it is kept on the device and sent later", async (world) => {
  const api = await world.api("rep");
  const [row] = await openDeal(world, api);
  const page = await world.page("rep", `/o/opportunity/${row.id}`);
  await page.waitForSelector(".recordhead h1");
  await page.keyboard.press("n");
  await page.waitForSelector(`.logtarget:has-text("${row.name}")`);
  const text = `电梯里没有信号时记下的，客户同意下周签约 ${Date.now() % 100000}`;
  await page.fill("#log-conclusion", text);
  await page.fill("#log-next", "带合同过去");
  await page.context().setOffline(true);
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector('.toast:has-text("没有网络")');
  await page.context().setOffline(false);
  await until(async () => (await world.records(api, "contact_log", `opportunity = "${row.id}"`, "&order=-created_at&limit=3")).some((log) => log.conclusion === text), "the log arrives");
});

test("log: a session that ends takes nothing along, neither what is saved then nor what is being written", async (world) => {
  const api = await world.api("rep"), { login, password } = world.login("rep");
  const [row] = await openDeal(world, api);
  const page = await world.page("rep", `/o/opportunity/${row.id}`);
  const end = () => page.context().request.delete(`${world.url}/api/v1/session`, { headers: { "X-Leadline-CSRF": "1" } });
  const back = async () => {
    await page.waitForURL(/\/login/);
    await page.fill("#login", login);
    await page.fill("#password", password);
    await page.click('button[type="submit"]');
    await page.waitForSelector(".frame");
  };
  const begin = async (text) => {
    await page.goto(`${world.url}/o/opportunity/${row.id}?log=opportunity:${row.id}`);
    await page.waitForSelector(`.logtarget:has-text("${row.name}")`);
    await page.fill("#log-conclusion", text);
    await page.fill("#log-next", "把签字版带过去");
  };
  /* While one writes: it is there afterwards, to be looked at and sent. */
  const written = `写到一半被退出，对方财务要求分两次开票 ${Date.now() % 100000}`;
  await begin(written);
  await end();
  await back();
  await page.goto(`${world.url}/me`);
  await page.click('.mepending .btn:has-text("修改后再发")');
  await page.waitForSelector(".logsheet");
  equal(await page.inputValue("#log-conclusion"), written, "what was being written");
  /* On saving: it is sent when they are back. */
  await page.route("**/events", (route) => route.abort());
  const saved = `保存时登录刚好失效，对方同意周五签字 ${Date.now() % 100000}`;
  await begin(saved);
  await end();
  await page.keyboard.press("Control+Enter");
  await back();
  const found = async () => (await world.records(api, "contact_log", `opportunity = "${row.id}"`, "&order=-created_at&limit=3")).some((log) => log.conclusion === saved);
  await until(found, "the log arrives", 40_000);
});

test("today: a card goes when a real outcome is logged, and the next one shows", async (world) => {
  const page = await world.page("rep", "/today");
  await page.waitForSelector(".taskcard");
  for (let i = 0; i < 30 && (await page.locator(".taskcard header .level").count()) === 0; i += 1) await page.keyboard.press("j");
  const title = await page.textContent(".taskcard h2");
  await page.keyboard.press("n");
  await page.waitForSelector(".logtarget");
  await page.fill("#log-conclusion", `总经理同意先做两个门店试点，费用从本季度预算出 ${Date.now() % 100000}`);
  await page.fill("#log-next", "发试点方案");
  await page.keyboard.press("Control+Enter");
  await until(async () => (await page.textContent(".taskcard h2, .stack .state h3")) !== title, "the next card");
});

test("phone: the log is reached by thumb and saved, nothing is cut off at 390 px", async (world) => {
  const api = await world.api("rep");
  const [row] = await openDeal(world, api);
  const page = await world.page("rep", "/today", { isPhone: true });
  await page.click(".tablog");
  await page.fill("#log-target", row.name);
  await page.click(`.pop .option:has-text("${row.name}")`);
  await page.click('.methods button:has-text("电话")');
  await page.fill("#log-conclusion", "电话里说竞争对手报价低一成，但更看重我们的校准服务");
  await page.fill("#log-next", "补发校准证书");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  check(wide <= 390, `the page is ${wide} px wide`);
  await page.click(".dialog footer .primary");
  await page.waitForSelector(".toast");
});

test("log: a field added to the object is in the sheet at once, and moves where the new form has it", async (world) => {
  const api = await world.api("admin");
  const object = (await api.get("/app")).log.object;
  const shipped = (await api.get("/app")).layouts[object];
  await api.post(`/objects/${object}/fields`, { name: "mood", type: "choice", label: { zh: "客户情绪", en: "Mood" }, choices: [{ name: "warm", label: { zh: "热情", en: "Warm" } }, { name: "cold", label: { zh: "冷淡", en: "Cold" } }] });
  const rep = await world.api("rep");
  const [deal] = await world.records(rep, "opportunity", 'owner = ME() AND STAGE_KIND() = "open"', "&limit=1");
  const page = await world.page("rep", `/o/opportunity/${deal.id}?log=opportunity:${deal.id}`);
  await page.waitForSelector(".logsheet");
  await page.click('.logsheet button:has-text("更多字段")');
  await page.getByText("客户情绪").waitFor();
  await api.patch(`/layouts/${shipped.name}`, { create: ["opportunity", "customer", "method", "mood", "conclusion", "next_action", "next_action_due"] });
  await page.reload();
  await page.waitForSelector(".logsheet .logfields");
  await world.shoot("log fields");
  const order = await page.evaluate(() => [...document.querySelectorAll(".logsheet .methods, .logsheet .logfields, #log-conclusion, #log-next")].map((one) => one.id || one.className));
  equal(order.slice(0, 4), ["methods", "logfields", "log-conclusion", "log-next"], "the order of the new form");
  await page.click('.logfields .chip:has-text("热情")');
  await page.fill("#log-conclusion", `总经理看过样机，要我们报两台的价，预算在本季度 ${Date.now() % 100000}`);
  await page.fill("#log-next", "发两台的报价单");
  await page.click(".chips .chip:has-text('明天上午')");
  await page.keyboard.press("Control+Enter");
  await until(async () => (await world.records(rep, object, `opportunity = "${deal.id}" AND mood = "warm"`, "&limit=1")).length === 1, "the log has what was picked");
  await api.post(`/layouts/${shipped.name}/reset`, {});
  await api.remove(`/objects/${object}/fields/mood`);
});
