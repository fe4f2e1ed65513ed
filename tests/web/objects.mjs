import { equal, test, until } from "./harness.mjs";

test("objects: one is built by clicking, with a choice, a formula and a rule; a field goes and comes back", async (world) => {
  const api = await world.api("admin");
  const page = await world.page("admin", "/settings/objects");
  await page.click('button:has-text("新建对象")');
  await page.fill("#o-zh", "冷链资质");
  await page.fill("#o-en", "Cold chain permit");
  equal(await page.inputValue("#o-name"), "cold_chain_permit", "the proposed name");
  await page.click('.templates button:has-text("证照")');
  await page.click('.dialog .btn.primary');
  await page.waitForSelector('h2:has-text("冷链资质")');
  await page.click('button:has-text("添加字段")');
  await page.fill("#f-zh", "级别");
  equal(await page.inputValue("#f-name"), "jibie", "the name proposed for a label in Chinese");
  await page.selectOption("#f-type", "choice");
  await page.click('button:has-text("添加选项")');
  await page.fill('.choiceeditor li:last-child input >> nth=0', "甲级");
  await page.click('.dialog .btn.primary');
  await page.waitForSelector('.fieldtable:has-text("甲级")');
  const made = await api.get("/objects/cold_chain_permit");
  equal(made.fields.some((field) => field.name === "days_left" && field.type === "formula"), true, "the template's formula");
  equal(made.fields.find((field) => field.name === "jibie").choices[0].name, "jiaji", "the name of the choice");
  /* Lines of an object that does not refer here yet: the way back is made by one press. */
  await page.click('button:has-text("添加字段")');
  await page.fill("#f-zh", "联系人明细");
  await page.selectOption("#f-type", "sub_table");
  await page.waitForSelector('.dialog footer:has-text("还差：明细对象")');
  await page.selectOption("#f-to", "contact");
  await page.click('.dialog .notice button:has-text("添加这个字段")');
  await page.waitForSelector('.dialog footer .btn.primary:not([disabled])');
  await page.click('.dialog footer .btn.primary');
  await page.waitForSelector('.toast:has-text("已添加字段“联系人明细”")');
  const back = (await api.get("/objects/contact")).fields.find((field) => field.name === "cold_chain_permit");
  equal([back.type, back.to, back.owned], ["reference", "cold_chain_permit", true], "the way back");
  await page.click('.fieldtable .linklike:has-text("种类")');
  await page.click('button:has-text("删除字段")');
  await page.waitForSelector('.planview');
  await page.click('.dialog .btn.danger');
  /* Whatever stands beside it, a toast takes back what it speaks of. */
  await page.click('button:has-text("添加字段")');
  await page.fill("#f-zh", "备忘");
  await page.click('.dialog .btn.primary');
  await page.waitForSelector('.toast:has-text("备忘")');
  await page.click('.toast:has-text("种类") button:has-text("撤销")');
  await until(async () => (await api.get("/objects/cold_chain_permit")).fields.some((field) => field.name === "kind"), "the field is back");
  /* A contact belongs to nothing again: what comes after looks at contacts. */
  const lines = (await api.get("/objects/cold_chain_permit")).fields.find((field) => field.type === "sub_table");
  await api.remove(`/objects/cold_chain_permit/fields/${lines.name}`);
  await api.remove("/objects/contact/fields/cold_chain_permit");
});

test("objects: what a job does for an object comes and goes by itself, can be stopped and goes on", async (world) => {
  const api = await world.api("admin"), label = (zh) => ({ zh, en: zh });
  await api.post("/objects", { name: "parcel", label: label("包裹"), fields: [{ name: "name", type: "text", label: label("名称") }, { name: "weight", type: "integer", label: label("重量") }] });
  for (let i = 0; i < 2; i++) {
    await api.post("/records/parcel", { records: Array.from({ length: 600 }, (_, k) => ({ name: `P${i}-${k}`, weight: k })) });
  }
  const page = await world.page("admin", "/settings/objects/parcel");
  await page.waitForSelector('.fieldtable:has-text("重量")');
  await api.post("/objects/parcel/fields", { name: "double", type: "formula", stored: true, result: "integer", formula: "weight * 2", label: label("双倍") });
  await page.waitForSelector('.objectjobs:has-text("正在计算“双倍”的值")');
  await page.waitForSelector('.fieldtable tr:has-text("双倍"):has-text("计算中")');
  equal((await world.records(api, "parcel", "double = 1198")).length, 2, "computed while it is read");
  await page.click('.objectjobs button:has-text("停止")');
  await page.waitForSelector('.objectjobs:has-text("已停止计算")');
  await page.click('.objectjobs button:has-text("继续计算")');
  await page.waitForSelector('.objectjobs [role="progressbar"]');
  await api.post("/test/clock", { now: world.clock });
  await page.waitForSelector(".objectjobs", { state: "detached" });
  await page.waitForSelector('.fieldtable tr:has-text("双倍"):not(:has-text("计算中"))');
  equal((await world.records(api, "parcel", "double = 1198")).length, 2, "read from its column");
});
