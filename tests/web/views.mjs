import { check, drag, equal, test, until } from "./harness.mjs";

/* Views that are kept and shared, and the kinds of views beside list and board. */
test("views: a supervisor shares one with the team; who is in it sees it, may not change it", async (world) => {
  const page = await world.page("supervisor", "/o/customer?view=all");
  await page.waitForSelector(".gridrow");
  await page.goto(`${world.url}/o/customer?where=${encodeURIComponent('grade = "a"')}&layout=gallery`);
  await page.waitForSelector(".gallerycard");
  await page.click(".viewmenu");
  await page.click('.option:has-text("保存为新视图")');
  await page.fill("#view-name", "重点客户卡片");
  await page.click('dialog .segment button:has-text("我的团队")');
  await page.click("dialog .btn.primary");
  await page.waitForSelector('.viewmenu:has-text("重点客户卡片")');
  await page.waitForSelector(".gallerycard");
  const api = await world.api("supervisor");
  const kept = (await api.get("/views?object=customer")).items.find((view) => view.name === "重点客户卡片");
  equal([kept.shared, kept.layout, kept.where], ["team", "gallery", 'grade = "a"'], "what was kept");
  const rep = await world.page("rep", `/o/customer?view=${kept.id}`);
  await rep.waitForSelector('.viewmenu:has-text("重点客户卡片")');
  await rep.waitForSelector(".gallery, .state");
  await rep.click(".viewmenu");
  await rep.waitForSelector('.poptitle:has-text("团队视图")');
  check(!(await rep.isVisible('.option:has-text("删除")')), "a rep is offered to delete a view of the team");
  await api.remove(`/views/${kept.id}`);
});

test("views: dragged to another day in the calendar, and put back by one tap", async (world) => {
  const api = await world.api("rep");
  const today = world.today();
  const [deal] = await world.records(api, "opportunity", 'owner = ME() AND STAGE_KIND() = "open"', "&limit=1&fields=id");
  const name = "日历上挪动的商机";
  const from = `${today.slice(0, 8)}12`;
  const to = `${today.slice(0, 8)}14`;
  await api.patch(`/records/opportunity/${deal.id}`, { name, expected_close: from });
  const page = await world.page("rep", "/o/opportunity?layout=calendar&view=opportunity_open");
  const chip = page.locator(`[data-day="${from}"] .daychip`, { hasText: name });
  await chip.waitFor();
  const target = page.locator(`[data-day="${to}"]`);
  const [a, b] = [await chip.boundingBox(), await target.boundingBox()];
  await drag(page, [a.x + 20, a.y + 8], [a.x + 40, a.y + 12, 3], [b.x + b.width / 2, b.y + b.height / 2, 6]);
  const day = async () => (await api.get(`/records/opportunity/${deal.id}?fields=expected_close`)).expected_close;
  await until(async () => (await day()) === to, "the deal is on its new day");
  await page.locator(`[data-day="${to}"] .daychip`, { hasText: name }).waitFor();
  await page.click('.toast button:has-text("撤销")');
  await until(async () => (await day()) === from, "the deal is back");

  /* A quick hand lets go before anything is painted: the last move and the release come as one. */
  await chip.waitFor();
  const c = await chip.boundingBox();
  await page.mouse.move(c.x + 20, c.y + 8);
  await page.mouse.down();
  await page.mouse.move(c.x + 40, c.y + 12, { steps: 3 });
  await page.evaluate(([x, y]) => {
    const at = { clientX: x, clientY: y, bubbles: true, button: 0 };
    document.dispatchEvent(new MouseEvent("mousemove", at));
    document.dispatchEvent(new PointerEvent("pointerup", at));
    document.dispatchEvent(new MouseEvent("mouseup", at));
  }, [b.x + b.width / 2, b.y + b.height / 2]);
  await page.mouse.up();
  await until(async () => (await day()) === to, "the deal is on the day where it was let go");
});

test("views: a card is taken to another day by keyboard", async (world) => {
  const api = await world.api("rep");
  const month = world.today().slice(0, 8);
  const [deal] = await world.records(api, "opportunity", 'owner = ME() AND STAGE_KIND() = "open"', "&limit=1&fields=id");
  const name = "用键盘挪动的商机";
  await api.patch(`/records/opportunity/${deal.id}`, { name, expected_close: `${month}10` });
  const page = await world.page("rep", "/o/opportunity?layout=calendar&view=opportunity_open");
  const chip = page.locator(`[data-day="${month}10"] .daychip`, { hasText: name });
  await chip.focus();
  for (const key of ["Space", "ArrowDown", "ArrowDown", "ArrowUp", "Space"]) {
    await page.keyboard.press(key);
    await page.waitForTimeout(150);
  }
  const day = async () => (await api.get(`/records/opportunity/${deal.id}?fields=expected_close`)).expected_close;
  await until(async () => (await day()) === `${month}17`, "the deal is a week later");
});

test("views: groups, a pinned column and colours by condition, kept in the URL", async (world) => {
  const look = { pinned: 1, density: "compact", colors: [{ where: "amount > 0", color: "blue" }] };
  const page = await world.page("supervisor", `/o/opportunity?layout=grid&group=owner&look=${encodeURIComponent(JSON.stringify(look))}`);
  await page.waitForSelector(".gridrow.tint-blue");
  await page.waitForSelector(".groupline .num");
  check(await page.isVisible(".gridrow .cell.pinned"), "no column is pinned");
  await page.click('button[aria-label="显示方式"]');
  await page.click('.swatch[aria-label="红"]');
  await page.waitForSelector(".gridrow.tint-red");
});

test("views: on a phone the calendar is a list of days", async (world) => {
  const page = await world.page("supervisor", "/o/opportunity?view=opportunity_calendar", { isPhone: true, language: "en" });
  await page.waitForSelector(".agenda h3, .state h3");
});

test("views: groups are folded by pressing and by keyboard, and stay so", async (world) => {
  const page = await world.page("supervisor", "/o/opportunity?layout=grid&group=owner&view=opportunity_open");
  await page.waitForSelector(".groupline .num");
  const rows = () => page.locator(".gridrow").count();
  const first = page.locator(".groupline").first();
  const before = await page.locator(".gridrow").first().textContent();
  await first.click();
  await page.waitForSelector('.groupline[aria-expanded="false"]');
  check((await page.locator(".gridrow").first().textContent()) !== before, "the group's rows are out of sight");
  await world.shoot("views folded");
  await page.reload();
  await page.waitForSelector('.groupline[aria-expanded="false"]');
  await page.keyboard.press("ArrowDown");
  await page.waitForSelector(".groupline.active");
  await page.keyboard.press("ArrowRight");
  await until(async () => (await page.locator('.groupline[aria-expanded="false"]').count()) === 0, "unfolded by keyboard");
  await page.keyboard.press("ArrowDown");
  await page.waitForSelector(".gridrow.active");
  await page.keyboard.press("ArrowLeft");
  await page.waitForSelector('.groupline.active[aria-expanded="false"]');
  await page.keyboard.press("Enter");
  await page.waitForSelector('.groupline.active[aria-expanded="true"]');
  await first.click({ modifiers: ["Alt"] });
  await until(async () => (await rows()) === 0, "all are folded with Alt");
  await first.click({ modifiers: ["Alt"] });
  await until(async () => (await rows()) > 0, "and unfolded");
});

test("views: what was filled in is not thrown away by Escape", async (world) => {
  const page = await world.page("admin", "/settings/objects/customer?field=new");
  await page.waitForSelector(".fieldeditor");
  await page.keyboard.press("Escape");
  await page.waitForSelector(".fieldeditor", { state: "detached" });
  await page.goto(`${world.url}/settings/objects/customer?field=new`);
  await page.fill("#f-zh", "冷库容量");
  await page.keyboard.press("Escape");
  await page.waitForSelector('dialog:has-text("放弃填写的内容")');
  await world.shoot("views escape");
  await page.keyboard.press("Escape");
  await page.waitForSelector('dialog:has-text("放弃填写的内容")', { state: "detached" });
  equal(await page.inputValue("#f-zh"), "冷库容量", "what was typed is still there");
  await page.keyboard.press("Escape");
  await page.click('dialog button:has-text("放弃")');
  await page.waitForSelector(".fieldeditor", { state: "detached" });
  const api = await world.api("rep");
  const [deal] = await world.records(api, "opportunity", "owner = ME()", "&limit=1");
  const record = await world.page("rep", `/o/opportunity/${deal.id}`);
  await record.locator('[data-inline="notes"]').first().click();
  await record.locator(".inline.editing textarea").fill("一段很长的备注");
  await record.keyboard.press("Escape");
  await record.waitForSelector('dialog:has-text("放弃填写的内容")');
  await record.click('dialog button:has-text("继续填写")');
  equal(await record.inputValue(".inline.editing textarea"), "一段很长的备注", "the note is still there");
});

test("views: an object that asks to be in the menu is reached on the phone", async (world) => {
  const api = await world.api("admin");
  await api.post("/objects", { name: "depot", plural: "depots", menu: true, label: { zh: "仓库", en: "Depot" }, fields: [{ name: "name", type: "text", title: true, label: { zh: "名称", en: "Name" } }] });
  const page = await world.page("admin", "/me", { isPhone: true });
  await page.locator(".melist a", { hasText: "仓库" }).click();
  await page.waitForURL("**/o/depot");
  await api.remove("/objects/depot");
});

test("views: a shared one becomes part of the app by clicking, changes are kept and undone, and it is taken out again", async (world) => {
  const api = await world.api("admin");
  const made = await api.post("/views", { object: "customer", name: "重点跟进", where: 'grade = "a"', columns: ["name", "grade"], shared: "all" });
  await api.patch(`/views/${made.id}`, { where: 'grade = "b"' });
  const page = await world.page("admin", `/o/customer?view=${made.id}`);
  await page.waitForSelector('.viewmenu:has-text("重点跟进")');
  await page.click(".viewmenu");
  await page.click('.option:has-text("修改记录")');
  await page.locator(".viewhistory li", { hasText: "改了筛选" }).waitFor();
  await world.shoot("views history");
  await page.click(".viewhistory .btn");
  await until(async () => (await api.get("/views?object=customer")).items.find((view) => view.id === made.id).where === 'grade = "a"', "the filter is back");
  await page.keyboard.press("Escape");
  await page.click(".viewmenu");
  await page.click('.option:has-text("纳入应用")');
  await page.fill("#adopt-en", "Key customers");
  await page.fill("#adopt-name", "customer_key");
  await world.shoot("views adopt");
  await page.click("dialog .btn.primary");
  await until(async () => (await api.get("/views?object=customer")).items.some((view) => view.id === "customer_key" && view.owner === null), "it is part of the app");
  await page.goto(`${world.url}/o/customer?view=${made.id}`);
  await page.waitForSelector('.viewmenu:has-text("重点跟进")');
  await page.goto(`${world.url}/o/customer?view=customer_key&where=${encodeURIComponent('grade = "c"')}`);
  await page.waitForSelector(".changedmark");
  await page.click(".viewmenu");
  await page.click('.option:has-text("更新")');
  await until(async () => (await api.get("/views?object=customer")).items.find((view) => view.id === "customer_key").where === 'grade = "c"', "the app's view is changed in place");
  await page.click(".viewmenu");
  await page.click('.option:has-text("修改记录")');
  await page.waitForSelector(".confighistory .entryhead");
  await page.keyboard.press("Escape");
  await page.click(".viewmenu");
  await page.click('.option:has-text("移出应用")');
  await until(async () => (await api.get("/views?object=customer")).items.some((view) => view.id === made.id && view.shared === "all"), "it is a saved one again");
  await page.waitForSelector('.viewmenu:has-text("重点跟进")');
  await page.click(".viewmenu");
  await page.click('.option:has-text("删除")');
  await page.click('.toast button:has-text("撤销")');
  await until(async () => (await api.get("/views?object=customer")).items.some((view) => view.id === made.id), "deleting is taken back");
  await api.remove(`/views/${made.id}`);
});

test("views: what a role may no longer see goes from lists that are open, also from what they are sorted and summed by", async (world) => {
  const admin = await world.api("admin");
  const role = (await admin.get("/roles")).items.find(({ name }) => name === "rep");
  const page = await world.page("rep", "/o/opportunity?layout=grid&order=-amount");
  await page.waitForSelector('.gridhead:has-text("预计成交额"), .grid:has-text("预计成交额")');
  try {
    await admin.patch("/roles/rep", { fields: { ...role.fields, "opportunity.amount": "hidden" } });
    await page.waitForFunction(() => document.querySelector(".gridrow") && !document.querySelector("main").textContent.includes("¥"));
    check(!(await page.textContent("main")).includes("预计成交额"), "its name is gone, too");
    await page.goto(`${world.url}/o/opportunity?layout=board`);
    await page.waitForSelector(".card, .kancard, .boardcard");
    check((await page.locator("main .state").count()) === 0, "no column of the board failed");
    await admin.patch("/roles/rep", { fields: { ...role.fields, "opportunity.amount": "masked" } });
    await page.goto(`${world.url}/o/opportunity?layout=grid&order=-amount`);
    await page.waitForSelector(".gridrow");
    check(!(await page.textContent("main")).includes("¥"), "masked amounts are not shown");
    await page.goto(`${world.url}/measures`);
    await page.waitForSelector(".others, .panel");
    check(!(await page.textContent("main")).includes("¥"), "nor sums of them");
  } finally {
    await admin.patch("/roles/rep", { fields: role.fields });
  }
});
