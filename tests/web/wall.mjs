import { check, equal, test, until } from "./harness.mjs";

/*
 * These move the simulated clock, so they come last (file names are taken in order). The deal that
 * will turn red first is found through the API; the clock is set just past its fifth day. Tiles are
 * told by the name of their deal, so a deal is taken whose name no other one has.
 */
const DAY_MS = 86_400_000;

async function firstAlone(world, api, items, nameOf) {
  for (const item of items) {
    const alike = await world.records(api, "opportunity", `name = "${nameOf(item)}" AND STAGE_KIND() = "open"`);
    if (alike.length === 1) return item;
  }
}

async function nextRed(world, api) {
  const { now } = await api.get("/me");
  const rows = await world.records(api, "opportunity", 'STAGE_KIND() = "open" AND stall_level = "orange"', "&limit=200&fields=name,owner,owner.name,stalled_since");
  rows.sort((a, b) => Date.parse(a.stalled_since) - Date.parse(b.stalled_since));
  const row = await firstAlone(world, api, rows, (one) => one.name);
  check(row, "the supervisor's team has an orange deal");
  return { row, redAt: Date.parse(row.stalled_since) + 5 * DAY_MS, now: Date.parse(now) };
}

async function clockTo(world, ms) {
  await world.call("POST", "/test/clock", { now: new Date(ms).toISOString() });
}

test("wall: a deal turns red on the wall while one looks at it, and is answered in one tap", async (world) => {
  const api = await world.api("supervisor");
  const { row, redAt } = await nextRed(world, api);
  const page = await world.page("supervisor", "/alerts");
  await page.waitForSelector(".wall");
  await page.waitForTimeout(600);
  const tile = page.locator(`.tile.red:has(.tilename:text-is("${row.name}"))`);
  equal(await tile.count(), 0, "red tiles of the deal before its time");
  const before = (await api.get("/me/counts")).alerts.red;
  await clockTo(world, redAt + 60_000);
  await tile.waitFor();
  await until(async () => (await api.get("/me/counts")).alerts.red > before, "one more red alert is counted");
  await until(async () => Number(await page.textContent(".railred")) > 0, "the rail shows the red ones");

  await tile.click();
  await page.waitForSelector(`.walldrawer h2:has-text("${row.name}")`);
  await page.fill(".walldrawer textarea", "周四我和你一起去，先把报价里的安装费单列出来");
  await page.click(".walldrawer .kinds button >> nth=0");
  await page.waitForSelector(".toast:not(.bad)");
  const { items } = await api.get(`/alerts?open=1&record=${row.id}`);
  const alert = items.find((item) => item.level === "red");
  equal(alert.interventions.length, 1, "interventions on the server");
  check(alert.first_response_at, "the response clock has stopped");
  equal(alert.interventions[0].text, "周四我和你一起去，先把报价里的安装费单列出来", "what was said");
  await page.waitForSelector(`.tile.answered:has(.tilename:text-is("${row.name}"))`);
});

test("wall: a substantive log clears the alert from the wall without a reload; an empty phrase does not", async (world) => {
  const api = await world.api("supervisor");
  const reds = (await api.get("/alerts?open=1&level=red")).items;
  const alert = await firstAlone(world, api, reds, (one) => one.record_title);
  check(alert, "there is a red alert");
  const page = await world.page("supervisor", "/alerts");
  const tile = page.locator(`.tile:has(.tilename:text-is("${alert.record_title}"))`);
  await tile.waitFor();
  const admin = await world.api("admin");
  const log = (conclusion) => admin.post("/records/contact_log", {
    opportunity: alert.record, method: "phone", conclusion, next_action: "下周一发修订后的方案",
  });
  await log("已沟通");
  await page.waitForTimeout(1200);
  check((await tile.count()) === 1, "an empty phrase leaves the tile on the wall");
  await log(`客户总经理同意分两期验收，首期付款提高到四成 ${Date.now() % 100000}`);
  await tile.waitFor({ state: "detached" });
  equal((await api.get(`/alerts?open=1&record=${alert.record}`)).items.length, 0, "open alerts of the deal");
});

test("inbox: a message arrives while one works, is counted, and opens what it is about", async (world) => {
  const api = await world.api("supervisor");
  const page = await world.page("supervisor", "/inbox");
  await page.waitForSelector(".inbox");
  await page.waitForTimeout(400);
  const before = (await api.get("/messages?unread=1&limit=1")).unread;
  const { redAt } = await nextRed(world, api);
  await clockTo(world, redAt + 60_000);
  const after = await until(async () => {
    const { unread } = await api.get("/messages?unread=1&limit=1");
    return unread > before && unread;
  }, "a new message");
  await until(async () => (await page.textContent(".inboxbtn .badge").catch(() => "")) === (after > 99 ? "99+" : String(after)), "the live count");
  await page.click(".messages button.unread >> nth=0");
  await page.waitForURL(/\/o\/\w+\/[0-9a-f-]{36}/);
  await until(async () => (await api.get("/messages?unread=1&limit=1")).unread === after - 1, "the message is read");
});
