import { randomBytes } from "node:crypto";
import { createServer, request } from "node:http";
import { deflateSync } from "node:zlib";
import { check, equal, test, until } from "./harness.mjs";

const isReady = (page) => page.waitForFunction(() => navigator.serviceWorker.controller !== null);
const whole = (page) => page.evaluate(async () => {
  const open = (name) => new Promise((resolve, reject) => {
    const asked = indexedDB.open(name, 1);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  const db = await open("leadline");
  const all = (store) => new Promise((resolve) => {
    const asked = db.transaction(store).objectStore(store).getAll();
    asked.onsuccess = () => resolve(asked.result);
  });
  const out = { seen: await all("seen"), queue: await all("queue"), local: { ...localStorage }, session: { ...sessionStorage }, caches: [] };
  for (const name of await caches.keys()) {
    for (const request of await (await caches.open(name)).keys()) out.caches.push(new URL(request.url).pathname);
  }
  db.close();
  return JSON.stringify(out);
});

async function deal(world, api, more = "") {
  const [row] = await world.records(api, "opportunity", `owner = ME() AND STAGE_KIND() = "open"${more}`, "&limit=1&order=-amount&fields=name");
  return row;
}

/* The same server behind a door that gives out another build's worker, or says that it is away, once it is told to. */
async function door(url) {
  const out = { isNew: false, isAway: false };
  const server = createServer((from, to) => {
    if (out.isAway && from.url.startsWith("/api/")) {
      to.writeHead(503, { "content-type": "application/problem+json" });
      return to.end(JSON.stringify({ status: 503, title: "Service Unavailable", detail: "The database is away" }));
    }
    const { hostname, port } = new URL(url);
    const headers = from.url === "/worker.js" ? { ...from.headers, "accept-encoding": "identity", "if-none-match": "" } : from.headers;
    from.pipe(request({ hostname, port, path: from.url, method: from.method, headers }, async (answer) => {
      if (from.url !== "/worker.js" || !out.isNew) {
        to.writeHead(answer.statusCode, answer.headers);
        return answer.pipe(to);
      }
      let text = "";
      for await (const part of answer) text += part;
      const { "content-length": _size, etag: _etag, ...rest } = answer.headers;
      to.writeHead(200, rest);
      to.end(text.replace(/VERSION = "\w+"/, 'VERSION = "another"'));
    }).on("error", () => to.destroy()));
  });
  await new Promise((wake) => server.listen(0, "127.0.0.1", wake));
  out.url = `http://127.0.0.1:${server.address().port}`;
  out.leave = () => { out.isAway = true; server.closeAllConnections(); };
  out.close = () => { server.closeAllConnections(); server.close(); };
  return out;
}

/* A picture of noise, so large that it is worth making smaller. */
function picture(side) {
  const crcs = Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k += 1) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1; return n >>> 0; });
  const crc = (bytes) => { let c = 0xffffffff; for (const byte of bytes) c = crcs[(c ^ byte) & 255] ^ (c >>> 8); return (c ^ 0xffffffff) >>> 0; };
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const size = Buffer.alloc(4);
    const sum = Buffer.alloc(4);
    size.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc(body));
    return Buffer.concat([size, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const rows = randomBytes((side * 3 + 1) * side);
  for (let i = 0; i < side; i += 1) rows[i * (side * 3 + 1)] = 0;
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head), chunk("IDAT", deflateSync(rows, { level: 1 })), chunk("IEND", Buffer.alloc(0))]);
}

test("offline: the app can be installed, starts without a network, and shows the lists and records seen last", async (world) => {
  const api = await world.api("rep");
  const row = await deal(world, api);
  const page = await world.page("rep", "/o/opportunity?layout=grid", { hasWorker: true, isPhone: true });
  await page.waitForSelector(".gridrow");
  await isReady(page);
  const devtools = await page.context().newCDPSession(page);
  const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
  equal(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito"), [], "what stands against installing");
  await page.goto(`${world.url}/o/opportunity/${row.id}`);
  await page.waitForSelector(".recordhead h1");
  await page.context().setOffline(true);
  await page.reload();
  await page.waitForSelector(`.recordhead h1:has-text("${row.name}")`);
  await page.waitForSelector('.lostbar:has-text("没有网络")');
  await page.goto(`${world.url}/o/opportunity?layout=grid`);
  await page.waitForSelector(".gridrow");
  check((await page.locator(".gridrow").count()) > 3, "the list is there");
  await page.context().setOffline(false);
  await page.reload();
  await page.waitForSelector(".gridrow");
  await until(async () => (await page.locator(".lostbar").count()) === 0, "the bar goes when the network is back");
});

test("offline: a log with its photo waits on the device, survives a restart, and arrives whole", async (world) => {
  const api = await world.api("rep");
  const row = await deal(world, api);
  const page = await world.page("rep", `/o/opportunity/${row.id}`, { hasWorker: true, isPhone: true });
  await page.waitForSelector(".recordhead h1");
  await isReady(page);
  await page.context().setOffline(true);
  await page.click(".tablog");
  await page.waitForSelector(`.logtarget:has-text("${row.name}")`);
  const text = `地下冷库里没有信号，主任当面确认了验收时间 ${Date.now() % 100000}`;
  await page.fill("#log-conclusion", text);
  await page.fill("#log-next", "发验收清单");
  await page.setInputFiles('[data-pick="camera"]', { name: "冷库.png", mimeType: "image/png", buffer: picture(900) });
  await page.waitForSelector('.attachment:has-text("没有网络")');
  await page.click(".dialog footer .primary");
  await page.waitForSelector('.toast:has-text("没有网络")');
  await page.waitForSelector('.lostbar:has-text("1 条待发送")');
  await page.waitForSelector(`.event.logs:has-text("${text}"):has-text("待发送")`);
  await page.reload();
  await page.waitForSelector('.lostbar:has-text("1 条待发送")');
  await page.context().setOffline(false);
  const log = await until(async () => (await world.records(api, "contact_log", `opportunity = "${row.id}"`, "&order=-created_at&limit=3")).find((one) => one.conclusion === text), "the log arrives", 40_000);
  check(log.attachment, "the photo came with it");
  const { items: [file] } = await api.get(`/files?ids=${log.attachment}`);
  equal([file.name, file.type], ["冷库.jpg", "image/jpeg"], "the photo, made smaller on the way");
  await page.waitForSelector(".filepicture img");
  await until(() => page.evaluate(() => document.querySelector(".filepicture img").naturalWidth > 0), "the thumbnail is drawn");
  equal(JSON.parse(await whole(page)).queue.length, 0, "what waits");
});

test("offline: what the server refuses is kept with its reason, corrected and sent", async (world) => {
  const api = await world.api("rep");
  const row = await deal(world, api);
  const page = await world.page("rep", `/o/opportunity/${row.id}`, { hasWorker: true });
  await page.waitForSelector(".recordhead h1");
  await isReady(page);
  await page.context().setOffline(true);
  await page.keyboard.press("n");
  await page.waitForSelector(`.logtarget:has-text("${row.name}")`);
  const text = `回程路上补记，客户同意先付三成 ${Date.now() % 100000}`;
  await page.fill("#log-conclusion", text);
  await page.fill("#log-next", "长".repeat(600));
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector('.toast:has-text("没有网络")');
  await page.context().setOffline(false);
  await page.waitForSelector('.lostbar.bad:has-text("1 条没有发出去")', { timeout: 40_000 });
  await page.click(".lostbar a");
  await page.waitForSelector(".mepending .formerror");
  await page.click('.mepending .btn:has-text("修改后再发")');
  await page.waitForSelector(`.logtarget:has-text("${row.name}")`);
  equal(await page.inputValue("#log-conclusion"), text, "what was written");
  await page.fill("#log-next", "发收款通知");
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector('.toast:has-text("已记下")');
  await page.waitForSelector(".mepending", { state: "detached" });
  const logs = (await world.records(api, "contact_log", `opportunity = "${row.id}"`, "&order=-created_at&limit=5")).filter((one) => one.conclusion === text);
  equal(logs.length, 1, "logs made of it");
});

test("offline: nothing of one person is left for the next one, and nothing is sent in their name", async (world) => {
  const api = await world.api("rep");
  const row = await deal(world, api);
  const { user } = await api.get("/me");
  const page = await world.page("rep", `/o/opportunity/${row.id}`, { hasWorker: true });
  await page.waitForSelector(".recordhead h1");
  await isReady(page);
  await until(async () => (await whole(page)).includes(row.name), "the record is kept");
  await page.context().setOffline(true);
  await page.keyboard.press("n");
  await page.waitForSelector(".logtarget");
  await page.fill("#log-conclusion", "退出时还没有发出去的一条记录");
  await page.fill("#log-next", "再说");
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector('.toast:has-text("没有网络")');
  const leave = async () => {
    await page.click(".person");
    await page.click('.pop .option:has-text("退出登录")');
  };
  await leave();
  await page.waitForSelector('dialog:has-text("还有 1 条没有发出去")');
  await page.click('dialog .btn:has-text("取消")');
  await leave();
  await page.click('dialog .btn:has-text("丢弃并退出")');
  await page.waitForSelector("#login");
  const left = await whole(page);
  for (const word of [row.name, row.id, user.id, user.name, "退出时"]) check(!left.includes(word), `${word} is still on the device: ${left.slice(0, 600)}`);
  check(!/\/api\//.test(left), "the worker keeps no answers");
  await page.reload();
  await page.waitForSelector("#login");
  await page.context().setOffline(false);
  await page.reload();
  await page.waitForSelector("#login");
  await until(async () => (await page.context().request.get(`${world.url}/api/v1/me`)).status() === 401, "the session on the server is over");
});

test("offline: another build of the app is picked up and offered", async (world) => {
  const front = await door(world.url);
  const back = world.url;
  world.url = front.url;
  try {
    const page = await world.page("rep", "/today", { hasWorker: true });
    await isReady(page);
    const [version] = await page.evaluate(() => caches.keys());
    front.isNew = true;
    await page.evaluate(async () => { await (await navigator.serviceWorker.getRegistration()).update(); });
    await page.waitForSelector('.toast:has-text("有新版本")');
    const names = await page.evaluate(() => caches.keys());
    check(names.includes("leadline-app-another") && names.includes(version), `caches: ${names}`);
    await page.click('.toast button:has-text("现在换上")');
    await page.waitForSelector(".stack, .taskcard");
  } finally {
    await world.close();
    world.url = back;
    front.close();
  }
});

test("offline: while the server says it is away a log waits on the device; when it is back the log goes and the page lives", async (world) => {
  const front = await door(world.url);
  const back = world.url;
  const api = await world.api("rep");
  const row = await deal(world, api);
  world.url = front.url;
  try {
    const page = await world.page("rep", `/o/opportunity/${row.id}`, { hasWorker: true, isPhone: true });
    await page.waitForSelector(".recordhead h1");
    front.leave();
    await page.waitForSelector('.lostbar:has-text("连不上服务器")');
    await page.click(".tablog");
    await page.waitForSelector(`.logtarget:has-text("${row.name}")`);
    const text = `仓库主任说上周的报警准了两次，想先签一个季度 ${Date.now() % 100000}`;
    await page.fill("#log-conclusion", text);
    await page.click(".dialog footer .primary");
    await page.waitForSelector('.dialog .formerror:has-text("请填写")');
    await page.fill("#log-next", "带季度合同上门");
    await page.click(".dialog footer .primary");
    await page.waitForSelector('.lostbar:has-text("1 条待发送")');
    front.isAway = false;
    await page.waitForSelector(".lostbar", { state: "detached", timeout: 20_000 });
    const find = async () => (await world.records(api, "contact_log", `opportunity = "${row.id}"`, "&order=-created_at&limit=3")).find((one) => one.conclusion === text);
    world.url = back;
    await until(find, "the log arrives");
    /* The stream of events is open again, too: a colleague's change appears by itself. */
    const name = `${row.name} ${Date.now() % 1000}`;
    await api.patch(`/records/opportunity/${row.id}`, { name });
    await page.waitForSelector(`.recordhead h1:has-text("${name}")`, { timeout: 15_000 });
  } finally {
    await world.close();
    world.url = back;
    front.close();
  }
});
