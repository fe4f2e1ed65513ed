import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, dayOf, equal, test } from "./harness.mjs";
import { LOGIN, PASSWORD, signedIn, Workspace } from "./workspace.mjs";

/*
 * What a person who knows a spreadsheet can build by clicking and typing alone: an object with its
 * rules, its form, its view, who may read it, and what a customer shows of it. Used by API at once,
 * and taken as a pack to a workspace on the other database, where it is the same to the byte.
 */
const KIND = "yunshuxuke";
const FIELDS = ["证书编号", "种类", "有效期至", "客户", "剩余天数"];

/* A hand with a mouse and a keyboard that counts what it does. */
class Hand {
  constructor(page) {
    this.page = page;
    this.clicks = 0;
    this.fields = 0;
  }
  async click(what) { this.clicks += 1; await this.page.click(what); }
  async fill(what, text) { this.fields += 1; await this.page.fill(what, text); }
  async select(what, value) { this.clicks += 2; await this.page.selectOption(what, value); }
  async formula(within, text) {
    /* Conditions are put together by clicking; this one is written. */
    const written = `${within} button:visible:has-text("用公式")`;
    if (await this.page.locator(written).count()) await this.click(written);
    await this.click(`${within} .formulabox textarea`);
    this.fields += 1;
    await this.page.keyboard.insertText(text);
  }
  shown(what) { return this.page.waitForSelector(what); }
  gone(what) { return this.page.waitForSelector(what, { state: "detached" }); }
}

async function field(hand, zh, en, type, more = async () => {}) {
  await hand.click('button:has-text("添加字段")');
  await hand.fill("#f-zh", zh);
  await hand.fill("#f-en", en);
  if (type !== "text") await hand.select("#f-type", type);
  await more();
  await hand.click('.dialog footer .btn.primary');
  await hand.gone(".dialog");
  await hand.shown(`.fieldtable:has-text("${zh}")`);
}

async function objectMake(hand, world, workspace) {
  await hand.page.goto(`${workspace.url}/settings/objects`);
  await hand.click('button:has-text("新建对象")');
  await hand.fill("#o-zh", "冷链资质");
  await hand.fill("#o-en", "Cold chain permit");
  await hand.click('.dialog footer .btn.primary');
  await hand.shown('h2:has-text("冷链资质")');
  /* The title that every object begins with becomes the number of the certificate. */
  await hand.click('.fieldtable .linklike:has-text("名称")');
  await hand.fill("#f-zh", "证书编号");
  await hand.fill("#f-en", "Certificate number");
  await hand.fill("#f-name", "number");
  await hand.click('.dialog .chip:has-text("不可重复")');
  await hand.click('.dialog footer .btn.primary');
  await hand.shown('.fieldtable:has-text("证书编号")');
  await field(hand, "种类", "Kind", "choice", async () => {
    for (const label of ["运输许可", "冷库备案", "温控检测报告"]) {
      await hand.click('button:has-text("添加选项")');
      await hand.fill(".choiceeditor li:last-child input >> nth=0", label);
    }
  });
  await field(hand, "有效期至", "Valid until", "date", async () => {
    await hand.click('.dialog summary:has-text("填写要求")');
    await hand.formula('.dialog .wide:has-text("必须满足")', "valid_until >= DATE(2000, 1, 1)");
    await hand.fill("#f-mzh", "有效期不能早于 2000 年");
    await hand.fill("#f-men", "A certificate is valid until after the year 2000");
  });
  await field(hand, "客户", "Customer", "reference", () => hand.select("#f-to", "customer"));
  await field(hand, "剩余天数", "Days left", "formula", async () => {
    await hand.formula(".dialog", "valid_until - TODAY()");
    await hand.shown(".formulaok");
  });
  await world.shoot("coldchain object");
}

async function layoutMake(hand) {
  await hand.click('button:has-text("页面布局")');
  await hand.click('button:has-text("添加分区")');
  await hand.fill('.layoutsection [aria-label="分区名称（中文）"]', "资质");
  await hand.fill('.layoutsection [aria-label="分区名称（英文）"]', "Permit");
  for (const name of FIELDS) await hand.click(`.freefields .chip:has-text("${name}")`);
  await hand.click('.layoutsection button:has-text("两列")');
  await hand.click(".savebar .btn.primary");
  await hand.gone(".savebar");
}

async function roleMake(hand, workspace) {
  await hand.page.goto(`${workspace.url}/settings/roles`);
  await hand.click('button:has-text("新建角色")');
  await hand.fill("#new-zh", "资质查看");
  await hand.fill("#new-en", "Permit reader");
  await hand.fill("#new-name", "permit_reader");
  await hand.click('.dialog footer .btn.primary');
  await hand.click('[data-cell="cold_chain_permit.read"]');
  await hand.click('.scopemenu .option:has-text("全部")');
  await hand.click(".savebar .btn.primary");
  await hand.gone(".savebar");
}

async function rollupMake(hand, workspace) {
  await hand.page.goto(`${workspace.url}/settings/objects/customer`);
  await field(hand, "冷链资质数", "Permits", "rollup", () => hand.select("#f-relation", "cold_chain_permits"));
}

/* The number of a certificate that runs out soon is what one looks for. */
async function viewMake(hand) {
  await hand.click('.rail a:has-text("冷链资质")');
  await hand.click('.listhead button:has-text("筛选")');
  await hand.click('.addcondition input');
  await hand.click('.pop .option:has-text("剩余天数")');
  await hand.select(".conditionop", "lt");
  await hand.fill(".conditionvalue input", "90");
  await hand.click(".viewmenu");
  await hand.click('.option:has-text("保存为新视图")');
  await hand.fill("#view-name", "即将到期");
  await hand.click('dialog .segment button:has-text("所有人")');
  await hand.click("dialog .btn.primary");
  await hand.shown('.viewmenu:has-text("即将到期")');
}

/* The same object in either workspace: written, counted, refused. */
/* These workspaces have the machine's clock. */
const today = () => dayOf(Date.now());

async function objectWorks(workspace, today) {
  const admin = await workspace.api(LOGIN);
  const day = (days) => new Date(Date.parse(today) + days * 86_400_000).toISOString().slice(0, 10);
  const customer = await admin.post("/records/customer", { name: "鲜达冷链物流" });
  equal(customer.status, 201, `a customer: ${JSON.stringify(customer)}`);
  const values = { number: "LL-2026-001", kind: KIND, valid_until: day(30), customer: customer.id };
  const permit = await admin.post("/records/cold_chain_permit", values);
  equal([permit.status, permit.days_left], [201, 30], "a permit by API, with its formula");
  const late = await admin.post("/records/cold_chain_permit", { ...values, number: "LL-2026-002", valid_until: "1999-12-31" });
  equal([late.status, late.fields?.valid_until?.message ?? late.errors?.[0]?.message], [422, "有效期不能早于 2000 年"], `the validation: ${JSON.stringify(late)}`);
  const again = await admin.post("/records/cold_chain_permit", values);
  equal(again.status >= 400, true, "the same number twice");
  const counted = await admin.get(`/records/customer/${customer.id}`);
  equal(counted.permits, 1, `the roll-up: ${JSON.stringify(counted)}`);
  const soon = await admin.get(`/records/cold_chain_permit?where=${encodeURIComponent("days_left < 90")}`);
  equal(soon.items.length, 1, "those that run out soon");
  const made = await admin.post("/users", { name: "周敏", login: "reader", role: "permit_reader", password: PASSWORD });
  equal(made.status, 201, `a reader: ${JSON.stringify(made)}`);
  const reader = await workspace.api("reader");
  equal((await reader.get(`/records/cold_chain_permit/${permit.id}`)).number, "LL-2026-001", "a reader reads");
  equal((await reader.patch(`/records/cold_chain_permit/${permit.id}`, { number: "X" })).status, 403, "a reader changes nothing");
  equal((await reader.post("/records/cold_chain_permit", { ...values, number: "X" })).status, 403, "a reader makes nothing");
  return { customer, permit };
}

async function pageShows(world, workspace, { permit, customer }) {
  const page = await signedIn(world, workspace);
  await page.goto(`${workspace.url}/o/cold_chain_permit/${permit.id}`);
  await page.waitForSelector('.details h3:has-text("资质")');
  equal(await page.$$eval(".details .two dt", (all) => all.map((one) => one.textContent)), FIELDS, "the form");
  await page.goto(`${workspace.url}/o/customer/${customer.id}`);
  await page.waitForSelector('.details dt:has-text("冷链资质数")');
}

test("coldchain: an object of one's own, only by clicking; used by API, taken as a pack to the other database", async (world) => {
  const directory = mkdtempSync(join(tmpdir(), "leadline-cold-"));
  chmodSync(directory, 0o755);
  const started = [];
  const postgres = postgresStart(join(directory, "postgres"));
  try {
    const first = await new Workspace(join(directory, "first")).start();
    started.push(first);
    const page = await signedIn(world, first);
    const hand = new Hand(page);
    const begun = Date.now();
    await objectMake(hand, world, first);
    await layoutMake(hand);
    await viewMake(hand);
    await roleMake(hand, first);
    await rollupMake(hand, first);
    console.log(`        by ${hand.clicks} clicks and ${hand.fields} fields typed, in ${Math.round((Date.now() - begun) / 1000)} s`);
    await world.shoot("coldchain built");
    await pageShows(world, first, await objectWorks(first, today()));
    await hand.page.goto(`${first.url}/settings/packs`);
    await hand.click('button:has-text("导出当前配置")');
    const [download] = await Promise.all([page.waitForEvent("download"), hand.click('.dialog a:has-text("下载")')]);
    if (!postgres) {
      console.log("        no PostgreSQL on this machine: the second half was left out (make setup-test installs it)");
      return;
    }
    const second = await new Workspace(join(directory, "second"), postgres).start();
    started.push(second);
    const other = await signedIn(world, second);
    await other.goto(`${second.url}/settings/packs`);
    await other.setInputFiles(".packs input[type=file]", await download.path());
    await other.click(".packfoot .btn.primary");
    await other.waitForSelector(".rail a:has-text('冷链资质')");
    equal(second.exported(), first.exported(), "what both export");
    await pageShows(world, second, await objectWorks(second, today()));
  } finally {
    for (const workspace of started) workspace.stop();
    if (postgres) spawnSync("tools/postgres.sh", ["stop", join(directory, "postgres")]);
    rmSync(directory, { recursive: true, force: true });
  }
});

/* The URL of a database of one's own; null where there is no PostgreSQL. */
function postgresStart(directory) {
  const done = spawnSync("tools/postgres.sh", ["start", directory], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (done.status !== 0 && /no initdb/.test(done.stderr)) return null;
  check(done.status === 0, `PostgreSQL did not start: ${done.stderr}`);
  return done.stdout.trim();
}
