import { check, equal, test, until } from "./harness.mjs";

/* A deal of the rep in a stage of the standard pipeline, made for the test. */
async function deal(world, api, stage, fields = {}) {
  const [customer] = await world.records(api, "customer", "owner = ME()", "&limit=1&fields=name");
  const made = await api.post("/records/opportunity", { name: `看板验证 ${stage} ${Date.now() % 1000000}`, customer: customer.id, pipeline: "standard", ...fields });
  const path = ["lead", "contact", "requirement"];
  let row = made;
  for (const next of path.slice(1, path.indexOf(stage) + 1)) row = await api.post(`/records/opportunity/${made.id}/move`, { stage: next });
  return row;
}

test("move: a refused gate names what is missing, the dialog fills it in and the move is made", async (world) => {
  const api = await world.api("rep");
  const row = await deal(world, api, "requirement");
  const page = await world.page("rep", `/o/opportunity/${row.id}`);
  await page.waitForSelector(".stagebar .here");
  await page.click('.stagebar li:has-text("方案提交") button');
  await page.waitForSelector("dialog .gates");
  check((await page.locator("dialog .gates li").count()) >= 2, "every unmet condition is named");
  equal((await api.get(`/records/opportunity/${row.id}`)).stage, "requirement", "the refused move changed nothing");
  if (await page.locator("#gate-amount").count()) await page.fill("#gate-amount", "268000");
  if (await page.locator("#gate-expected_close").count()) {
    await page.click("#gate-expected_close");
    await page.click('.calendar footer button:has-text("一周后")');
  }
  if (await page.locator("#need-contact_log-conclusion").count()) {
    await page.fill("#need-contact_log-conclusion", "客户书面确认了二十个测点、四个门店的范围和验收方式");
    await page.fill("#need-contact_log-next_action", "提交正式方案");
    const visit = page.locator('dialog .chip:has-text("拜访")');
    if (await visit.count()) await visit.click();
  }
  await page.click("dialog footer .primary");
  await page.waitForSelector('.stagebar .here:has-text("方案提交")');
  const after = await api.get(`/records/opportunity/${row.id}`);
  equal(after.stage, "proposal", "the stage on the server");
  equal(after.amount, "268000.00", "the amount was saved with it");
  await page.waitForSelector('.event.stages:has-text("推进到“方案提交”")');
});

test("move: losing asks for the reason it needs", async (world) => {
  const api = await world.api("rep");
  const row = await deal(world, api, "contact", { amount: "12000" });
  const page = await world.page("rep", `/o/opportunity/${row.id}`);
  await page.click('.stagebar button:has-text("输单")');
  await page.click('.pop .option:has-text("输单")');
  await page.waitForSelector("dialog .gates");
  if (await page.locator("dialog .chips .chip").count()) await page.click("dialog .chips .chip >> nth=0");
  else {
    await page.click("#gate-lost_reason");
    await page.click(".pop .option >> nth=0");
  }
  await page.click("dialog footer .primary");
  await page.waitForSelector(".lostmark");
  equal((await api.get(`/records/opportunity/${row.id}`)).stage, "lost", "the stage on the server");
});

test("move: dragging a card on the board moves the deal", async (world) => {
  const api = await world.api("rep");
  const row = await deal(world, api, "lead", { amount: "987654321" });
  const page = await world.page("rep", `/o/opportunity?layout=board&q=${encodeURIComponent(row.name)}`);
  const card = page.locator(`.card:has-text("${row.name}")`);
  await card.waitFor();
  const from = await card.boundingBox();
  const to = await page.locator('.stagecolumn[aria-label="接触"]').boundingBox();
  await page.mouse.move(from.x + 40, from.y + 20);
  await page.mouse.down();
  await page.mouse.move(from.x + 80, from.y + 30, { steps: 4 });
  await page.mouse.move(to.x + 90, to.y + 160, { steps: 8 });
  await page.waitForSelector(".stagecolumn.over");
  await page.mouse.up();
  await page.waitForSelector(`.stagecolumn[aria-label="接触"] .card:has-text("${row.name}")`);
  await until(async () => (await api.get(`/records/opportunity/${row.id}`)).stage === "contact", "the stage on the server");
});

test("move: by keyboard a card goes from one stage to the next on the board", async (world) => {
  const api = await world.api("rep");
  const row = await deal(world, api, "lead");
  const page = await world.page("rep", `/o/opportunity?layout=board&view=opportunity_open&pipeline=standard&q=${encodeURIComponent(row.name)}`);
  await page.locator(".card", { hasText: row.name }).focus();
  for (const key of ["Space", "ArrowRight", "Space"]) {
    await page.keyboard.press(key);
    await page.waitForTimeout(150);
  }
  await until(async () => (await api.get(`/records/opportunity/${row.id}`)).stage === "contact", "the deal is in the next stage");
});

test("record: a value is edited where it stands; a refused value says why; another's change is not overwritten", async (world) => {
  const api = await world.api("rep");
  const row = await deal(world, api, "lead", { amount: "1000" });
  const page = await world.page("rep", `/o/opportunity/${row.id}`);
  await page.click('.summary [data-inline="amount"]');
  await page.fill(".summary .editing input", "86000.5");
  await page.keyboard.press("Enter");
  await page.waitForSelector('.summary .first:has-text("¥86,000.50")');
  const fresh = await api.get(`/records/opportunity/${row.id}`);
  await page.click('.summary [data-inline="amount"]');
  await page.fill(".summary .editing input", "77");
  await page.route("**/events", (route) => route.abort());
  await api.patch(`/records/opportunity/${row.id}`, { competitor: "对手甲" }, { "If-Match": `"${fresh.version}"` });
  await page.keyboard.press("Enter");
  await page.waitForSelector(".toast.bad, .summary .first:has-text('¥77.00')");
  equal((await api.get(`/records/opportunity/${row.id}`)).competitor, "对手甲", "the other's change");
});

test("record: a value that a colleague changes while it is edited is not overwritten, neither by leaving nor by typing", async (world) => {
  const api = await world.api("rep");
  const row = await deal(world, api, "lead", { amount: "1000" });
  const amount = async () => (await api.get(`/records/opportunity/${row.id}`)).amount;
  const page = await world.page("rep", `/o/opportunity/${row.id}`);
  await page.click('.summary [data-inline="amount"]');
  await page.waitForSelector(".summary .editing input");
  await api.patch(`/records/opportunity/${row.id}`, { amount: "2000" });
  await page.waitForSelector('.timeline:has-text("¥2,000.00")'); // the page has heard of it
  await page.keyboard.press("Enter");
  await page.waitForSelector('.summary .first:has-text("¥2,000.00")');
  equal(await amount(), "2000.00", "after leaving it as it was");
  await page.click('.summary [data-inline="amount"]');
  await page.fill(".summary .editing input", "77");
  await api.patch(`/records/opportunity/${row.id}`, { amount: "3000" });
  await page.waitForSelector('.timeline:has-text("¥3,000.00")');
  await page.keyboard.press("Enter");
  await page.waitForSelector(".toast.bad");
  equal(await amount(), "3000.00", "after typing over it");
  await page.click('.toast.bad button:has-text("仍然保存")');
  await page.waitForSelector('.summary .first:has-text("¥77.00")');
});

test("live: what a colleague changes appears without a reload", async (world) => {
  const api = await world.api("rep");
  const row = await deal(world, api, "lead", { amount: "1000" });
  const page = await world.page("rep", `/o/opportunity/${row.id}`);
  await page.waitForSelector('.summary .first:has-text("¥1,000.00")');
  await page.waitForTimeout(300);
  await api.patch(`/records/opportunity/${row.id}`, { amount: "4321.00" }, { "If-Match": `"${row.version}"` });
  await page.waitForSelector('.summary .first:has-text("¥4,321.00")');
});
