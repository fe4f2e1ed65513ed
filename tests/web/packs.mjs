import { check, test } from "./harness.mjs";

/* App packs: what was changed here is told, an uploaded version is planned, chosen, applied and taken back. */
test("packs: exported, edited, uploaded, chosen, applied, taken back", async (world) => {
  const page = await world.page("admin", "/settings/packs");
  await page.waitForSelector(".pack .packsame");
  const api = await world.api("admin");
  await api.patch("/objects/customer/fields/industry", { label: { zh: "所属行业", en: "Line of business" } });
  await page.reload();
  await page.click(".packmore");
  check((await page.locator(".packline").count()) === 2, "two places were changed");

  /* The next version: the archive that the export makes, with other texts of the same length. */
  const zip = Buffer.from(await (await page.request.get(`${world.url}/api/v1/packs/export?version=0.2.0`)).body());
  const next = retexted(zip, "Line of business", "Business segment");
  await page.setInputFiles(".packs input[type=file]", { name: "next.zip", mimeType: "application/zip", buffer: next });
  await page.waitForSelector(".packconflicts li");
  check((await page.locator(".packconflicts li").count()) === 1, "one place was changed on both sides");
  await page.locator(".packoption").nth(1).click();
  await page.locator(".packfoot .btn.primary").click();
  await page.waitForSelector('.packversion:has-text("0.2.0")');
  const field = async () => (await api.get("/objects/customer")).fields.find((one) => one.name === "industry").label.en;
  check((await field()) === "Business segment", "the pack's text was taken");

  await page.click('.pack header .btn.quiet');
  await page.click("dialog .btn.danger");
  await page.waitForSelector('.packversion:has-text("0.1.0")');
  check((await field()) === "Line of business", "and is taken back");
  await api.patch("/objects/customer/fields/industry", { label: { zh: "行业", en: "Industry" } });
});

/* Files of the export are stored as they are: a text is replaced, and its file's checksum made right. */
function retexted(zip, from, to) {
  const out = Buffer.from(zip);
  const at = out.indexOf(from);
  out.write(to, at);
  for (let entry = out.indexOf("PK\x01\x02", 0, "latin1"); entry >= 0; entry = out.indexOf("PK\x01\x02", entry + 4, "latin1")) {
    const local = out.readUInt32LE(entry + 42), size = out.readUInt32LE(entry + 20);
    const start = local + 30 + out.readUInt16LE(local + 26);
    if (at < start || at >= start + size) continue;
    const sum = crc32(out.subarray(start, start + size));
    out.writeUInt32LE(sum, entry + 16);
    out.writeUInt32LE(sum, local + 14);
  }
  return out;
}

function crc32(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return (sum ^ 0xffffffff) >>> 0;
}
