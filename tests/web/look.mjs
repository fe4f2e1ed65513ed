import { readFileSync } from "node:fs";
import { check, test } from "./harness.mjs";

/* Every screen, light and dark, desktop and phone: nothing serious found by axe, nothing cut off. */
const axe = readFileSync(new URL("../../web/node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const SCREENS = {
  rep: [
    ["/today", ".today"], ["/inbox", ".inbox"], ["/o/customer", ".gridrow"], ["/o/opportunity?layout=board", ".stagecolumn"],
    ["/o/opportunity?layout=grid", ".gridrow"], ["/o/opportunity?view=opportunity_calendar", ".calendarday, .agenda, .calendarview .state"],
    ["/o/customer?layout=gallery", ".gallerycard"], ["/today?log=new", ".logsheet"], ["/me", ".me"],
  ],
  admin: [
    ["/alerts", ".wall"], ["/measures", "main .panel"], ["/funnel", "main .panel"], ["/imports", ".imports"],
    ["/settings", ".menulist"], ["/settings/users", ".adminlist"], ["/settings/users/new", "dialog"], ["/settings/teams", ".adminlist"],
    ["/settings/roles", ".adminlist"], ["/settings/roles/rep", ".rolepage"], ["/settings/security", ".otproles"], ["/settings/audit", ".auditlist"],
    ["/settings/pipelines", ".stageline"], ["/settings/rules", ".rulelist"], ["/settings/calendars", ".calday"],
    ["/settings/objects", ".objectcards"], ["/settings/objects/customer", ".fieldtable"], ["/settings/layouts/customer", ".layoutsection"],
    ["/settings/packs", ".pack"], ["/settings/from_excel", ".drop"], ["/settings/webhooks", ".settingspart"], ["/settings/webhooks/new", "dialog"],
    ["/settings/keys", ".settingspart"], ["/settings/bi", ".biform"], ["/settings/company", ".companyform"],
  ],
};

async function eachScreen(world, options, look) {
  const found = [];
  for (const [role, screens] of Object.entries(SCREENS)) {
    const page = await world.page(role, "/me", options);
    for (const [path, sign] of screens) {
      await page.goto(world.url + path);
      await page.waitForSelector(sign);
      await page.waitForTimeout(400);
      found.push(...(await look(page)).map((fault) => `${path} ${fault}`));
    }
  }
  check(found.length === 0, found.join("\n        "));
}

async function axeFaults(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations
    .filter((violation) => violation.impact === "serious" || violation.impact === "critical")
    .map((violation) => `${violation.id}: ${violation.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ")}`);
}

async function phoneFaults(page) {
  const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
  /* A dialog on a phone is as wide as the phone; what is in it or on the page is not cut at its side. */
  const cut = await page.evaluate(() => {
    const box = (element) => element.getBoundingClientRect();
    const isScrolled = (element) => { for (let up = element.parentElement; up; up = up.parentElement) if (/auto|scroll|hidden/.test(getComputedStyle(up).overflowX)) return true; return false; };
    const narrow = [...document.querySelectorAll("dialog[open]")].filter((dialog) => box(dialog).width < innerWidth).map((dialog) => `a dialog is ${Math.round(box(dialog).width)} px wide`);
    const over = [...document.querySelectorAll("main *, dialog[open] *")].filter((element) => element.checkVisibility() && box(element).width > 0 && box(element).right > innerWidth + 1 && box(element).left < innerWidth && !isScrolled(element))
      .map((element) => `${element.className || element.tagName} reaches ${Math.round(box(element).right)} px`);
    return [...narrow, ...over.slice(0, 2)];
  });
  const small = await page.$$eval("main button:not(.card *):not([inert] *), nav a, dialog button", (buttons) => buttons
    .filter((button) => button.offsetParent && button.getBoundingClientRect().height < 32)
    .map((button) => `${button.className || "button"} “${button.textContent.trim().slice(0, 12)}” is ${Math.round(button.getBoundingClientRect().height)} px high`));
  return [...(wide > 390 ? [`is ${wide} px wide`] : []), ...cut, ...small.slice(0, 3)];
}

for (const isDark of [false, true]) {
  test(`look: axe finds nothing serious on any screen (${isDark ? "dark" : "light"})`, (world) => eachScreen(world, { isDark }, axeFaults));
}

test("look: no screen is wider than a phone of 390 px, and what is pressed is large enough", (world) =>
  eachScreen(world, { isPhone: true }, phoneFaults));

test("look: the first screen needs at most 300 KB of JavaScript, compressed", async (world) => {
  const page = await world.page(null, "/login");
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  const kinds = new Map();
  let bytes = 0;
  session.on("Network.responseReceived", ({ requestId, type }) => kinds.set(requestId, type));
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (kinds.get(requestId) === "Script") bytes += encodedDataLength;
  });
  const { name } = world.login("rep");
  await page.reload();
  await page.click(`.demo button:has-text("${name}")`);
  await page.waitForSelector(".today .panel, .taskcard, .stack .state");
  check(bytes > 20_000, `only ${bytes} bytes of script were seen`);
  check(bytes <= 300 * 1024, `${Math.round(bytes / 1024)} KB of script`);
});
