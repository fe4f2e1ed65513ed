import { check, equal, test, until } from "./harness.mjs";

/* The newer field types and forms that follow their conditions, on an object made for it. */
const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
const OBJECT = {
  name: "site_visit", label: { zh: "现场勘察", en: "Site visit" }, label_plural: { zh: "现场勘察", en: "Site visits" },
  fields: [
    { name: "name", type: "text", label: { zh: "名称", en: "Name" }, required: true, width: 2 },
    {
      name: "tags", type: "multi_choice", label: { zh: "标签", en: "Tags" }, width: 2, choices: [
        { name: "vip", label: { zh: "重点", en: "Key" }, color: "red" }, { name: "cold", label: { zh: "冷链", en: "Cold chain" }, color: "blue" },
        { name: "far", label: { zh: "偏远", en: "Remote" }, color: "grey" }],
    },
    { name: "state", type: "choice", label: { zh: "状态", en: "State" }, choices: [{ name: "draft", label: { zh: "草稿", en: "Draft" } }, { name: "final", label: { zh: "定稿", en: "Final" } }], default: "\"draft\"" },
    { name: "spent", type: "duration", label: { zh: "用时", en: "Time spent" } },
    { name: "rate", type: "percent", label: { zh: "折扣", en: "Discount" }, readonly_if: "state = \"final\"" },
    { name: "code", type: "barcode", label: { zh: "设备条码", en: "Device code" } },
    { name: "reason", type: "long_text", label: { zh: "折扣理由", en: "Reason" }, visible_if: "rate > 0.1", required_if: "rate > 0.2" },
    { name: "site", type: "url", label: { zh: "网址", en: "Web address" } },
    { name: "spot", type: "geo", label: { zh: "位置", en: "Position" } },
    { name: "story", type: "rich_text", label: { zh: "纪要", en: "Notes" } },
    { name: "photo", type: "file", accept: "image", label: { zh: "照片", en: "Photo" } },
    { name: "voice", type: "file", accept: "audio", label: { zh: "录音", en: "Recording" } },
    { name: "signed", type: "signature", label: { zh: "签名", en: "Signature" } },
  ],
};

async function prepared(world) {
  const api = await world.api("admin");
  const known = (await api.get("/objects")).items.some((object) => object.name === OBJECT.name);
  if (!known) await api.post("/objects", OBJECT);
  return api;
}

async function sign(page) {
  const box = await page.locator("canvas#new-signed").boundingBox();
  await page.locator("canvas#new-signed").scrollIntoViewIfNeeded();
  const at = await page.locator("canvas#new-signed").boundingBox() ?? box;
  await page.mouse.move(at.x + 30, at.y + 70);
  await page.mouse.down();
  for (let i = 1; i <= 20; i += 1) await page.mouse.move(at.x + 30 + i * 8, at.y + 70 + Math.sin(i / 2) * 30);
  await page.mouse.up();
}

for (const isPhone of [false, true]) {
  test(`fields: a form follows its conditions and takes the new types${isPhone ? " on the phone" : ""}`, async (world) => {
    const api = await prepared(world);
    const page = await world.page("admin", `/o/${OBJECT.name}?create=${OBJECT.name}`, { isPhone });
    await page.context().grantPermissions(["geolocation"]);
    await page.context().setGeolocation({ latitude: 31.2304161, longitude: 121.4737 });
    const name = isPhone ? "手机勘察" : "桌面勘察";
    await page.fill("#new-name", name);
    await page.click('#new-tags button:has-text("冷链")');
    await page.click('#new-tags button:has-text("重点")');
    await page.fill("#new-spent", "2h 30m");
    check(!(await page.isVisible("#new-reason")), "the reason is shown before it is asked for");
    await page.fill("#new-rate", "15");
    await page.waitForSelector("#new-reason");
    check(!(await page.isVisible('label[for="new-reason"] .need')), "the reason is required at 15 %");
    await page.fill("#new-rate", "25");
    await page.waitForSelector('label[for="new-reason"] .need');
    await page.fill("#new-reason", "老客户");
    await page.fill("#new-code", "6901234567892");
    await page.fill("#new-site", "Example.com/a");
    await page.click('button:has-text("当前位置")');
    await until(async () => (await page.inputValue("#new-spot")).startsWith("31.230416"), "the position is taken");
    await page.fill("#new-story", "## 结论\n- **冷库**两间\n- 见 https://example.com");
    await page.click('.richtools button:has-text("预览")');
    await page.waitForSelector('.richlook li strong:has-text("冷库")');
    await page.setInputFiles('.formcell:has(> .formrow label[for="new-photo"]) input[data-pick="file"]', { name: "site.png", mimeType: "image/png", buffer: PNG });
    await sign(page);
    await page.click('button:has-text("完成签名")');
    await page.waitForSelector(".signatureshown img");
    await world.shoot(`fields form ${isPhone ? "phone" : "desktop"}`);
    await page.click('button:has-text("新建"):visible >> nth=-1');
    const found = await until(async () => (await world.records(api, OBJECT.name, `name = "${name}"`))[0], "the record is there");
    equal(found.tags, ["vip", "cold"], "the choices, in the order of the list");
    equal([found.spent, found.rate, found.site, found.reason], [9_000_000, 0.25, "https://example.com/a", "老客户"], "the values");
    equal(found.spot, { lat: 31.230416, lng: 121.4737 }, "the place");
    check(found.signed && found.photo, "the signature and the photo are there");
    await page.goto(`${world.url}/o/${OBJECT.name}/${found.id}`);
    await page.waitForSelector('.markdown li strong:has-text("冷库")');
    await page.waitForSelector('.choicetags .tag:has-text("重点")');
    await world.shoot(`fields record ${isPhone ? "phone" : "desktop"}`);
    /* Locked by what is stored. */
    check(await page.locator('[data-inline="rate"]').count() > 0, "the discount can be changed");
    await api.patch(`/records/${OBJECT.name}/${found.id}`, { state: "final" }, { "If-Match": `"${found.version}"` });
    await page.reload();
    await page.waitForSelector('[data-inline="spent"]');
    await until(async () => (await page.locator('[data-inline="rate"]').count()) === 0, "the discount is locked");
  });
}

test("fields: the list shows and filters several choices, and changes them for many at once", async (world) => {
  const api = await prepared(world);
  for (const tags of [["vip"], ["far"], ["vip", "far"]]) await api.post(`/records/${OBJECT.name}`, { name: `批量 ${tags.join("+")}`, tags });
  const page = await world.page("admin", `/o/${OBJECT.name}?where=${encodeURIComponent('tags IN ("far")')}`);
  await page.waitForSelector('.choicetags .tag:has-text("偏远")');
  await until(async () => (await page.locator('.gridrow:has-text("批量")').count()) === 2, "those with the choice");
  await world.shoot("fields list desktop");
});

test("fields: what cannot be read is refused by name, and no part of it is kept in its place", async (world) => {
  const api = await world.api("admin");
  const field = (name, type, zh, more = {}) => ({ name, type, label: { zh, en: name }, ...more });
  if (!(await api.get("/objects")).items.some((object) => object.name === "typed")) {
    await api.post("/objects", { name: "typed", label: { zh: "输入", en: "Typed" }, fields: [
      field("name", "text", "名称", { required: true }), field("price", "money", "单价"), field("pieces", "integer", "件数"), field("weight", "number", "重量"),
      field("share", "percent", "占比"), field("spent", "duration", "用时"), field("spot", "geo", "位置"), field("day", "date", "日期"),
    ] });
  }
  const page = await world.page("admin", "/o/typed?create=typed");
  const bad = { price: "50元左右", pieces: "1.5", weight: "12公斤", share: "两成", spent: "很久", spot: "仓库", day: "昨天" };
  await page.fill("#new-name", "甲");
  for (const [name, text] of Object.entries(bad)) await page.fill(`#new-${name}`, text);
  await page.click('dialog footer .btn.primary');
  for (const [name, text] of Object.entries(bad)) {
    await page.waitForSelector(`.formrow:has(#new-${name}) .formerror`);
    equal(await page.inputValue(`#new-${name}`), text, `what was typed for ${name}`);
  }
  await world.shot(page, "fields_refused");
  equal((await api.get("/records/typed")).items.length, 0, "records made of what was refused");
  const good = { price: "50万", pieces: "1,200", weight: "１２．５", share: "15%", spent: "2小时", spot: "31.23, 121.47", day: "2026年3月5日" };
  for (const [name, text] of Object.entries(good)) await page.fill(`#new-${name}`, text);
  await page.click('dialog footer .btn.primary');
  await page.waitForSelector("dialog", { state: "detached" });
  const [row] = (await api.get("/records/typed")).items;
  equal([row.price, row.pieces, Number(row.weight), Number(row.share), row.spent, row.spot, row.day], ["500000.00", 1200, 12.5, 0.15, 7_200_000, { lat: 31.23, lng: 121.47 }, "2026-03-05"], "what was taken");
  await page.goto(`${world.url}/o/typed/${row.id}`);
  await page.click('[data-inline="price"]');
  await page.fill(".inline.editing input", "60w");
  await page.keyboard.press("Enter");
  await page.waitForSelector('.inline .formerror:has-text("单价")');
  equal((await api.get(`/records/typed/${row.id}`)).price, "500000.00", "the price, refused on the page");
});
