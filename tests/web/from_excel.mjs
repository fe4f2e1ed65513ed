import { equal, test } from "./harness.mjs";
import { workbook } from "../api/workbook.mjs";

test("from Excel: a workbook becomes objects with data, which stand in the menu", async (world) => {
  const api = await world.api("admin");
  const buffer = workbook({
    冷藏车: [["车牌", "座位", "状况"], ["京A1", 5, "在用"], ["京A2", 7, "在用"], ["京A3", 5, "停用"], ["京A4", 5, "停用"]],
  });
  const page = await world.page("admin", "/settings/from_excel");
  await page.setInputFiles("input[type=file]", { name: "fleet.xlsx", mimeType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", buffer });
  await page.waitForSelector('.importfoot .btn.primary:has-text("创建 1 个对象并导入")');
  equal(await page.inputValue("input.mono >> nth=0"), "lengcangche", "the proposed name");
  await page.click(".importfoot .btn.primary");
  await page.waitForSelector('.notice:has-text("全部完成")');
  await page.waitForSelector('.rail a:has-text("冷藏车")');
  await page.click('.delivery a:has-text("打开")');
  await page.waitForURL("**/o/lengcangche");
  await page.waitForSelector('.gridrow:has-text("京A4")');
  equal((await api.get("/records/lengcangche?count=exact")).count, 4, "rows");
  await api.remove("/objects/lengcangche");
});
