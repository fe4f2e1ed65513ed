import { check, equal, test, until } from "./harness.mjs";

/* Calendars by clicking and by keys: a day, several days, the week, a published arrangement, taken back. */
const worked = async (api, from, to) => {
  const { value } = await api.post("/formulas/check", { object: "customer", formula: `NETWORKDAYS(DATE(${from}), DATE(${to}))`, record: await first(api) });
  return Number(value);
};
const first = async (api) => (await api.get("/records/customer?limit=1&fields=name")).items[0].id;

async function save(page) {
  await page.click('.savebar button:has-text("看影响并保存")');
  await page.waitForSelector(".calplandays td");
  await page.click('dialog footer button:has-text("保存")');
  await page.waitForSelector("dialog.dialog", { state: "detached" });
}

test("calendars: a day and a span are changed with a look at what follows, and taken back", async (world) => {
  const api = await world.api("admin");
  const before = await worked(api, "2027, 3, 1", "2027, 3, 31");
  const page = await world.page("admin", "/settings/calendars/china?year=2027");
  await page.waitForSelector(".notice.warn:has-text('2027')");
  await page.click('[data-day="2027-03-03"]');
  await page.click('.calmenu [data-kind="holiday"]');
  await page.fill("#cal-name", "司庆日");
  await page.keyboard.press("Enter");
  await page.waitForSelector('[data-day="2027-03-03"].holiday.draft');
  /* By keys: two days down and a week on, Shift takes the day beside it, too. */
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".calmenu .poptitle:has-text('2 天')");
  await page.click('.calmenu [data-kind="off"]');
  await page.waitForSelector('[data-day="2027-03-11"].off.draft');
  await page.waitForSelector('[data-day="2027-03-12"].off.draft');
  equal(await worked(api, "2027, 3, 1", "2027, 3, 31"), before, "nothing has changed yet");
  await save(page);
  await page.waitForSelector('[data-day="2027-03-03"].holiday:not(.draft)');
  equal(await worked(api, "2027, 3, 1", "2027, 3, 31"), before - 3, "three days are off");
  await page.click('.toast button:has-text("撤销")');
  await until(async () => (await worked(api, "2027, 3, 1", "2027, 3, 31")) === before, "it is taken back");
  await page.waitForSelector('[data-day="2027-03-03"]:not(.holiday)');
});

test("calendars: the State Council's notice is pasted; what is not understood is quoted", async (world) => {
  const api = await world.api("admin");
  const page = await world.page("admin", "/settings/calendars/china?year=2027");
  await page.click('button:has-text("导入安排")');
  await page.fill("#cal-text", "国务院办公厅关于2027年部分节假日安排的通知\n一、元旦：1月1日（周五）至3日（周日）放假，共3天。\n" +
    "二、春节：2月5日（周五）至11日（周四）放假调休，共7天。2月20日（周六）上班。\n三、清明节：4月3日（周日）至5日放假，共3天。\n国务院办公厅\n");
  await page.waitForSelector(".calfound:has-text('读到 11 天')");
  const refused = await page.textContent(".calrefused li");
  check(refused.includes("第 4 行") && refused.includes("4月3日（周日）") && refused.includes("周六"), `the refusal says where and why: ${refused}`);
  check(await page.isChecked('.calimport input[type="checkbox"]'), "a whole year is replaced");
  await page.click('dialog button:has-text("下一步")');
  await page.waitForSelector(".calplandays td:has-text('春节')");
  await page.click('dialog footer button:has-text("保存")');
  await page.waitForSelector('[data-day="2027-02-20"].workday');
  equal(await page.getAttribute('[data-day="2027-02-08"]', "aria-label"), "2月8日 · 周一 · 节假日 · 春节", "the day says what it is");
  equal(await worked(api, "2027, 2, 1", "2027, 2, 28"), 16, "working days of February");
  await page.click('button[aria-label="修改记录"]');
  await page.waitForSelector(".confighistory li:has-text('11 天')");
  /* Taken back where it stands, so that the calendar is as its pack ships it. */
  await page.click(".confighistory li:has-text('11 天') .entryhead");
  await page.click('.confighistory button:has-text("撤销")');
  await until(async () => (await worked(api, "2027, 2, 1", "2027, 2, 28")) === 20, "the arrangement is gone again");
});

test("calendars: another week for a calendar of its own, on a phone", async (world) => {
  const api = await world.api("admin");
  const page = await world.page("admin", "/settings/calendars", { isPhone: true });
  await page.click('button[aria-label="更多"]');
  await page.click('.pop .option:has-text("新建日历")');
  await page.fill("#cal-zh", "门店");
  await page.fill("#cal-api", "shop");
  await page.click('dialog footer button:has-text("新建")');
  await page.waitForSelector('.calbar .chip[aria-pressed="true"]:has-text("门店")');
  await page.click('.calweekdays .chip:has-text("周六")');
  await page.fill(".calhours li:nth-child(2) input:last-of-type", "20:00");
  await page.click('.calweek button:has-text("看影响并保存")');
  await page.waitForSelector(".planview li");
  await page.click('dialog footer button:has-text("保存")');
  await page.waitForSelector("dialog.dialog", { state: "detached" });
  const shop = (await api.get("/calendars")).items.find((calendar) => calendar.name === "shop");
  equal([shop.days.length, shop.hours], [6, ["09:00-12:00", "13:00-20:00"]], "the shop's week");
  check((await page.evaluate(() => document.scrollingElement.scrollWidth)) <= 390, "nothing is wider than the phone");
  await api.remove("/calendars/shop");
});
