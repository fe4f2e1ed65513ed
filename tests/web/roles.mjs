import { check, equal, test, until } from "./harness.mjs";

const cell = (object, act) => `[data-cell="${object}.${act}"]`;

test("roles: copied, changed cell by cell and by formula, saved, undone by one tap, and deleted with an heir", async (world) => {
  const api = await world.api("admin");
  const page = await world.page("admin", "/settings/roles");
  await page.click('[data-role="rep"]');
  await page.waitForSelector(cell("customer", "read"));
  await page.click('.rolebar .btn:has-text("复制")');
  await page.fill("#new-zh", "华东助理");
  await page.fill("#new-en", "East assistant");
  await page.fill("#new-name", "assistant");
  await page.click('dialog .btn.primary');
  await page.waitForURL("**/settings/roles/assistant");
  await page.waitForSelector('#role-zh[value="华东助理"]');

  /* By the menu, by the keyboard, by a formula. */
  await page.click(cell("customer", "delete"));
  await page.waitForSelector(".scopemenu");
  await world.shot(page, "roles_menu");
  await page.click('.scopemenu .option:has-text("本团队")');
  await page.focus(cell("customer", "delete"));
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press(" ");
  equal(await page.textContent(`${cell("customer", "assign")} .cut`), "自己的", "the space bar takes the next scope");
  await page.click(cell("opportunity", "read"));
  await page.click('.scopemenu .option:has-text("按公式")');
  await page.fill(".scopeformula textarea", "amout > 5");
  await page.waitForSelector(".formulaproblem");
  check(await page.isDisabled("dialog .btn.primary"), "a wrong formula cannot be used");
  await page.fill(".scopeformula textarea", "amount > 100000 OR owner = ME()");
  await page.waitForSelector("dialog .btn.primary:not([disabled])");
  await world.shot(page, "roles_formula");
  await page.click("dialog .btn.primary");
  await page.click('[data-fields="contact"]');
  await page.click('[data-field="phone"] .segment button:has-text("遮挡")');
  await page.click('.revealline .segment button:has-text("须写原因")');
  await world.shot(page, "roles_fields");
  await page.click('dialog footer .btn.primary');
  await page.click('[data-right="audit"]');
  await page.waitForSelector('.savebar:has-text("6 处未保存")');
  await world.shot(page, "roles");
  await page.click(".savebar .btn.primary");
  await until(async () => (await page.$(".savebar")) === null, "the bar goes when all is saved");
  const role = async (name) => (await api.get("/roles")).items.find((other) => other.name === name);
  const saved = await role("assistant");
  equal(saved.grants.opportunity.read, { formula: "amount > 100000 OR owner = ME()" }, "the formula");
  equal([saved.grants.customer.delete, saved.grants.customer.assign], ["team", "own"], "the scopes");
  equal([saved.fields["contact.phone"], saved.grants.contact.reveal, saved.can], ["masked", { reason: true }, ["audit"]], "fields and rights");
  await page.click('.toast button:has-text("撤销")');
  await until(async () => (await role("assistant")).can.length === 0, "one tap puts it back");

  /* Beside another role; what somebody would see; gone. */
  await page.click('.rolecompare input');
  await page.click('.pop .option:has-text("主管")');
  await page.waitForSelector(".scopecell.other");
  await world.shot(page, "roles_compare");
  await page.click('.rolebar .btn:has-text("以此角色查看")');
  await page.click("#preview-person");
  await page.click('.pop .option:has-text("李娜")');
  await page.waitForSelector(".previewlist .sharebar");
  await world.shot(page, "roles_preview");
  await page.click('dialog header .btn[aria-label="关闭"]');
  await page.click('.rolebar .btn[aria-label="删除"]');
  await page.click("dialog footer .btn.danger");
  await page.waitForURL("**/settings/roles");
  equal(await role("assistant"), undefined, "the role");
  await page.click('[data-role="rep"]');
  await page.click('.rolebar .btn[aria-label="删除"]');
  check(await page.isDisabled("dialog footer .btn.danger"), "a role that people have needs an heir");
});

test("roles: the designer on a phone, in the dark, in English", async (world) => {
  const page = await world.page("admin", "/settings/roles/supervisor", { isPhone: true, isDark: true, language: "en" });
  await page.waitForSelector(cell("*", "read"));
  const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
  check(wide <= 390, `the designer is ${wide} px wide`);
  await world.shot(page, "roles_phone");
});

test("roles: a masked value is shown on a press, with a reason, and written down; it masks itself again", async (world) => {
  const api = await world.api("admin");
  const { grants, fields } = (await api.get("/roles")).items.find((role) => role.name === "rep");
  const contact = { ...grants.contact, reveal: { fields: ["phone"], reason: true } };
  await api.patch("/roles/rep", { grants: { ...grants, contact }, fields: { ...fields, "contact.phone": "masked", "contact.email": "masked" } });
  try {
    const rep = await world.api("rep");
    const [someone] = await world.records(rep, "contact", "owner = ME()", "&limit=1");
    check(/\*/.test(someone.phone), `the number is masked: ${someone.phone}`);
    const page = await world.page("rep", `/o/contact/${someone.id}`);
    await page.waitForSelector("[data-reveal=phone]");
    equal(await page.$("[data-reveal=email]"), null, "no eye where nothing is revealed");
    await page.click("[data-reveal=phone]");
    await page.fill("#reveal-why", "快递要送样品");
    await world.shot(page, "reveal_why");
    await page.keyboard.press("Enter");
    await page.waitForSelector('[data-reveal=phone][aria-pressed="true"]');
    await world.shot(page, "reveal");
    const text = await page.textContent(".reveal");
    check(/1\d\d \d{4} \d{4}/.test(text), `the number is shown: ${text}`);
    await page.click("[data-reveal=phone]");
    await page.waitForSelector('[data-reveal=phone][aria-pressed="false"]');
    const lines = (await api.get("/audit?limit=20")).items;
    check(lines.some((line) => line.kind === "reveal" && JSON.stringify(line).includes("快递要送样品")), "the audit says who looked, and why");
  } finally {
    await api.patch("/roles/rep", { grants, fields });
  }
});
