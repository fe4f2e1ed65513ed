import { check, drag, equal, test, until } from "./harness.mjs";

/* The designer of pages: what is arranged there is what everybody's record page shows. */
const labels = (page) => page.$$eval(".details section:first-child dt", (all) => all.map((one) => one.textContent));

test("layout: a field is moved by keyboard and another dragged, saved, seen on the page, and reset to what was shipped", async (world) => {
  const api = await world.api("admin");
  const shipped = (await api.get("/app")).layouts.customer;
  const page = await world.page("admin", "/settings/layouts/customer");
  await page.waitForSelector(".previewpage .detail");
  const [first, second] = shipped.sections[0].fields;
  const last = shipped.sections[0].fields.at(-1);
  await page.focus(`[data-field="${second}"]`);
  await page.keyboard.press("Alt+ArrowUp");
  await page.keyboard.press("Alt+ArrowUp");
  check(await page.evaluate((name) => document.activeElement?.getAttribute("data-field") === name, second), "the field lost the focus");
  const source = await page.locator(`[data-field="${last}"]`).boundingBox();
  const target = await page.locator(`[data-field="${first}"]`).boundingBox();
  await drag(page, [source.x + 20, source.y + 10], [source.x + 30, source.y + 2, 3], [target.x + 30, target.y + 12, 8]);
  const order = () => page.locator(".layoutsection").first().locator("[data-field]").evaluateAll((all) => all.slice(0, 3).map((one) => one.dataset.field).join());
  await until(async () => await order() === [second, last, first].join(), "the field is dropped");
  await page.locator(".layoutsection").first().locator('button:has-text("两列")').click();
  await page.waitForSelector(".previewpage .two");
  await page.click(".savebar .btn.primary");
  await page.waitForSelector('.toast:has-text("布局已保存")');
  const kept = (await api.get("/app")).layouts.customer.sections[0];
  equal([kept.columns, kept.fields.slice(0, 3)], [2, [second, last, first]], "what was kept");

  const rep = await world.api("rep");
  const [customer] = (await rep.get("/records/customer?limit=1")).items;
  const record = await world.page("rep", `/o/customer/${customer.id}`);
  await record.waitForSelector(".details .two dt");
  const objects = (await rep.get("/objects")).items.find((object) => object.name === "customer");
  const label = (name) => objects.fields.find((field) => field.name === name).label.zh;
  equal((await labels(record)).slice(0, 3), [label(second), label(last), label(first)], "the page");

  await page.click('.layoutbar button[aria-label="恢复为应用自带的布局"]');
  await page.click('.option:has-text("自带")');
  await until(async () => JSON.stringify((await api.get("/app")).layouts.customer.sections) === JSON.stringify(shipped.sections), "the layout is as shipped");
});

test("layout: a section with a condition is there only where it holds", async (world) => {
  const api = await world.api("rep");
  const [open] = await world.records(api, "opportunity", 'STAGE_KIND() = "open"', "&limit=1");
  const [won] = await world.records(api, "opportunity", 'STAGE_KIND() = "won"', "&limit=1");
  const page = await world.page("rep", `/o/opportunity/${won.id}`);
  await page.waitForSelector('.details h3:has-text("结果")');
  await page.goto(`${world.url}/o/opportunity/${open.id}`);
  await page.waitForSelector('.details h3:has-text("打法")');
  await page.waitForTimeout(300);
  check(!(await page.isVisible('.details h3:has-text("结果")')), "the section of closed deals is shown for an open one");
});

test("layout: one for a role is seen by that role only", async (world) => {
  const api = await world.api("admin");
  const page = await world.page("admin", "/settings/layouts/product");
  await page.click('.layoutwhose button:has-text("为角色另设")');
  await page.locator(".option").first().click();
  await page.waitForURL(/layout=product_/);
  const { items } = await api.get("/layouts");
  const made = items.find((layout) => layout.name.startsWith("product_"));
  check(made?.for_roles.length === 1, "no layout for a role was made");
  await api.remove(`/layouts/${made.name}`);
});

test("layout: one field is shown on a condition, made only by clicking; the page, the phone and the preview follow", async (world) => {
  const api = await world.api("admin");
  const shipped = (await api.get("/app")).layouts.customer;
  const field = shipped.sections[0].fields.find((name) => name === "industry") ?? shipped.sections[0].fields[1];
  const object = (await api.get("/objects")).items.find((one) => one.name === "customer");
  const label = object.fields.find((one) => one.name === field).label.zh;
  const page = await world.page("admin", "/settings/layouts/customer");
  await page.waitForSelector(".previewpage .detail");
  await page.getByRole("button", { name: `${label} 什么时候显示` }).click();
  await page.locator(".fieldcondition .addcondition input").fill("客户等级");
  await page.getByRole("option", { name: "客户等级", exact: true }).click();
  await page.locator(".fieldcondition .chips .chip", { hasText: "A" }).first().click();
  await world.shoot("layout condition");
  await page.click(".savebar .btn.primary");
  await page.waitForSelector('.toast:has-text("布局已保存")');
  equal((await api.get("/app")).layouts.customer.fields_if, { [field]: 'grade IN ("a")' }, "the condition that was kept");
  const [best] = await world.records(api, "customer", 'grade = "a"', "&limit=1");
  const [other] = await world.records(api, "customer", 'grade = "b"', "&limit=1");
  for (const isPhone of [false, true]) {
    const record = await world.page("admin", `/o/customer/${best.id}?tab=details`, { isPhone });
    await record.locator(".details dt", { hasText: label }).first().waitFor();
    await record.goto(`${world.url}/o/customer/${other.id}?tab=details`);
    await record.locator(".details dt").first().waitFor();
    await record.waitForTimeout(400);
    equal(await record.locator(".details dt", { hasText: new RegExp(`^${label}$`) }).count(), 0, `shown although its condition does not hold (${isPhone ? "phone" : "desktop"})`);
  }
  await page.getByRole("button", { name: `${label} 什么时候显示` }).click();
  await page.click('.fieldcondition button:has-text("总是显示")');
  await page.click(".savebar .btn.primary");
  await until(async () => (await api.get("/app")).layouts.customer.fields_if === undefined, "always shown again");
  await api.post("/layouts/customer/reset", {});
});
