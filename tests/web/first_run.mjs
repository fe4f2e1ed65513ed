import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, equal, test, until } from "./harness.mjs";
import { LOGIN, signedIn, Workspace } from "./workspace.mjs";

/* The first login in a workspace that was just made: company, people, pipeline, samples, done. */
test("first run: five steps, people pasted and put right, samples in and out, never shown again", async (world) => {
  const directory = mkdtempSync(join(tmpdir(), "leadline-first-"));
  const workspace = await new Workspace(directory).start();
  try {
    const api = await workspace.api(LOGIN);
    const page = await signedIn(world, workspace);
    await page.waitForURL("**/welcome");
    await page.fill("#w-company", "北辰冷链科技");
    await world.shot(page, "welcome_company");
    await page.click(".welcome > footer .btn.primary");
    await page.waitForSelector("#people-paste");
    equal((await api.get("/settings")).company, "北辰冷链科技", "the company");

    await page.fill("#people-paste", "姓名\t手机号\t角色\t团队\t主管\n李娜\t138 0013 8000\t销售员\t华东一组\t王军\n王军\twangjun\t主管\t华东一组\t\n张三\tadmin\t国王\t\t");
    await page.waitForSelector(".pasted tr.bad");
    check(await page.isDisabled(".welcome .panel .btn.primary"), "lines with problems can be added");
    /* Going on would lose them: that is asked first. */
    await page.click(".welcome > footer .btn.primary");
    await page.click('dialog:has-text("还有 3 人没有添加") button:has-text("留下来添加")');
    equal(await page.locator(".pasted tbody tr").count(), 3, "lines still there");
    await world.shot(page, "welcome_people");
    await page.fill(".pasted tr.bad [aria-label='登录名']", "zhangsan");
    await page.selectOption(".pasted tr.bad select", "rep");
    await page.click(".welcome .panel .btn.primary");
    await page.waitForSelector(".invites li:nth-child(3)");
    const people = (await api.get("/users?limit=50")).items;
    const of = (login) => people.find((person) => person.login === login);
    equal([of("13800138000").role, of("13800138000").supervisor, of("wangjun").role], ["rep", of("wangjun").id, "supervisor"], "who was added");
    const link = await page.inputValue(".invites input >> nth=0");
    equal((await fetch(link)).status, 200, "the link");
    await page.click(".welcome > footer .btn.primary");

    await page.waitForSelector('.pipelinechoice [aria-checked="true"]');
    await page.click('.pipelinechoice [role="radio"]:has-text("大客户")');
    await page.waitForSelector('.pipelinechoice [aria-checked="true"]:has-text("大客户")');
    const standing = (await api.get("/pipelines")).items.filter((pipeline) => pipeline.default).map((pipeline) => pipeline.name);
    equal(standing, ["key_account"], "the default pipeline");
    await world.shot(page, "welcome_pipeline");
    await page.click(".welcome > footer .btn.primary");

    await page.click('button:has-text("放入")');
    await page.waitForSelector('button:has-text("移除样例")');
    const samples = async () => (await api.get("/records/customer")).items.length;
    equal(await samples(), 3, "sample customers");
    await world.shot(page, "welcome_sample");
    await page.click(".welcome > footer .btn.primary");

    await world.shot(page, "welcome_done");
    await page.click(".welcome > footer .btn.primary");
    await page.waitForURL("**/today");
    equal((await api.get("/me")).workspace.setup_done, true, "it is done");
    await page.goto(`${workspace.url}/`);
    await page.waitForURL("**/today");
    await page.goto(`${workspace.url}/settings/company`);
    await page.click('button:has-text("移除样例")');
    await until(async () => (await samples()) === 0, "the samples are gone");
    await page.click('button:has-text("放入")');
    await until(async () => (await samples()) === 3, "the samples are back");
  } finally {
    workspace.stop();
    rmSync(directory, { recursive: true, force: true });
  }
});

test("first run: put off, and taken up again from the settings; on a phone, in the dark, in English", async (world) => {
  const directory = mkdtempSync(join(tmpdir(), "leadline-first-"));
  const workspace = await new Workspace(directory).start();
  try {
    const page = await signedIn(world, workspace, { isPhone: true, isDark: true, language: "en-GB" });
    await page.waitForURL("**/welcome");
    for (const step of ["company", "people", "pipeline", "sample", "done"]) {
      await page.goto(`${workspace.url}/welcome?step=${step}`);
      await page.waitForSelector(".welcome .panel h2");
      if (step === "people") await page.fill("#people-paste", "Li Na\tlina\tRep\tEast\tWang Jun\nWang Jun\tadmin\tKing");
      check((await page.evaluate(() => document.scrollingElement.scrollWidth)) <= 390, `${step} is wider than the phone`);
      await world.shot(page, `welcome_phone_${step}`);
    }
    await page.goto(`${workspace.url}/welcome?step=sample`);
    await page.click('button:has-text("Put in")');
    await page.waitForSelector('button:has-text("Remove the samples")');
    const api = await workspace.api(LOGIN);
    const names = (await api.get("/records/customer?fields=name&order=name")).items.map((row) => row.name);
    check(names.includes("[Sample] Herbhall Pharma") && names.length === 3, `the samples are in English: ${names}`);
    await page.goto(`${workspace.url}/welcome`);
    await page.click('button:has-text("Later")');
    await page.waitForURL("**/today");
    await page.goto(`${workspace.url}/settings`);
    await page.click('a:has-text("Continue the first steps")');
    await page.waitForURL("**/welcome");
  } finally {
    workspace.stop();
    rmSync(directory, { recursive: true, force: true });
  }
});
