import { check, equal, test, until } from "./harness.mjs";

/* The editor of formulas: completion by sound, the value on a record, a fault put right by a tap. */
const BOX = ".formulabox textarea";

test("formula: pinyin finds a field, Tab takes it, Ctrl Z takes it back", async (world) => {
  const page = await world.page("sales_ops", "/settings/objects/opportunity?field=new");
  await page.selectOption("#f-type", "formula");
  await page.click(BOX);
  await page.keyboard.type("yjcje");
  await page.waitForSelector('.fxlist [aria-selected="true"]:has-text("amount")');
  await page.keyboard.press("Tab");
  equal(await page.inputValue(BOX), "amount", "what was taken");
  await page.keyboard.press("Control+z");
  equal(await page.inputValue(BOX), "yjcje", "what was typed before");
  await page.keyboard.press("End");
  await page.keyboard.press("Control+ ");
  await page.waitForSelector(".fxlist");
  await page.keyboard.press("Escape");
  await page.waitForSelector(".fxlist", { state: "detached" });
  check(await page.isVisible("dialog[open]"), "Escape closed the dialog instead of the list");
});

test("formula: the value on a record is shown live, with the rights of who asks", async (world) => {
  const api = await world.api("sales_ops");
  const [deal] = (await api.get("/records/opportunity?limit=1&order=-updated_at&fields=amount")).items;
  const page = await world.page("sales_ops", "/settings/objects/opportunity?field=new");
  await page.selectOption("#f-type", "formula");
  await page.click(BOX);
  await page.keyboard.type("amount * 2");
  const shown = await until(() => page.locator(".formulavalue").textContent({ timeout: 500 }).catch(() => null), "a value is shown");
  equal(Number(shown.replace(/[^\d.]/g, "")), Number(deal.amount) * 2, "the value");
  await page.waitForSelector('.formulaok:has-text("金额")');
});

test("formula: a fault is marked where it is, and its hint is one tap away", async (world) => {
  const page = await world.page("sales_ops", "/settings/objects/opportunity?field=new");
  await page.selectOption("#f-type", "formula");
  await page.click(BOX);
  await page.keyboard.type("1 + amuont ");
  await page.waitForSelector('.fx-fault:has-text("amuont")');
  await page.click('.formulaproblem button:has-text("amount")');
  equal(await page.inputValue(BOX), "1 + amount ", "the formula put right");
  await page.waitForSelector(".formulavalue");
});

test("formula: full-width brackets and Chinese names are taken, the argument is shown", async (world) => {
  const page = await world.page("sales_ops", "/settings/objects/opportunity?field=new");
  await page.selectOption("#f-type", "formula");
  await page.click(BOX);
  await page.keyboard.insertText("如果（amount＞1，");
  await page.waitForSelector(".formulahelp mark");
  await page.keyboard.insertText("“大”，“小”）");
  await page.waitForSelector('.formulaok:has-text("文字")');
});
