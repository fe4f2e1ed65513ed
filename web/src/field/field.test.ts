import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { FieldDef, ObjectDef } from "@/base/types.ts";
import { readSpan, spanText } from "./duration/span.ts";
import { readPlace } from "./geo/place.ts";
import { readNumber } from "./number/read.ts";
import { shifted } from "./percent/shift.ts";
import { Markdown, plainOf } from "./rich_text/markdown.tsx";
import { stateOf } from "./state.ts";
import { hrefOf } from "./url/index.tsx";

test("lengths of time are read as people write them, and never guessed", () => {
  const hour = 3_600_000;
  for (const [text, ms] of [["2h 30m", 2.5 * hour], ["2:30", 2.5 * hour], ["90分钟", 1.5 * hour], ["1.5 小时", 1.5 * hour], ["3天2小时", 74 * hour], ["26:00:01", 26 * hour + 1000], ["0", 0], ["-1h", -hour]] as const) {
    expect(readSpan(text), text).toBe(ms);
  }
  for (const text of ["150", "2:75", "30 min 2 h", "h", "2 weeks", ""]) expect(readSpan(text), text).toBeNull();
  for (const ms of [0, 1500, 60_000, 9_000_000, 4 * 24 * hour, 100 * 24 * hour + 61_000]) expect(readSpan(spanText(ms)), String(ms)).toBe(ms);
});

test("places have their latitude first; percent is shifted as text", () => {
  expect(readPlace("31.23，121.47")).toEqual({ lat: 31.23, lng: 121.47 });
  for (const text of ["121.47, 31.23", "31.23", "a, b", "1,2,3"]) expect(readPlace(text), text).toBeNull();
  for (const [text, places, out] of [["0.25", 2, "25"], ["0.1234", 2, "12.34"], ["12.34", -2, "0.1234"], ["-5", -2, "-0.05"], ["100", -2, "1"], ["0", 2, "0"], ["1.5", 2, "150"]] as const) {
    expect(shifted(text, places), text).toBe(out);
  }
});

const html = (source: string) => renderToStaticMarkup(createElement(Markdown, { source })).replace(/^<div class="markdown">|<\/div>$/g, "");

test("Markdown becomes elements", () => {
  expect(html("# A **b**\n\none\ntwo")).toBe("<h3>A <strong>b</strong></h3><p>one<br/>two</p>");
  expect(html("- a\n- *b*\n\n2. c\n3. d")).toBe('<ul><li>a</li><li><em>b</em></li></ul><ol start="2"><li>c</li><li>d</li></ol>');
  expect(html("> q\n\n---\n```\n<b>\n```")).toBe("<blockquote>q</blockquote><hr/><pre><code>&lt;b&gt;</code></pre>");
  expect(html("a_b_c 2*3*4 `x*y*`")).toBe("<p>a_b_c 2*3*4 <code>x*y*</code></p>");
  expect(plainOf("# A\n- **b** [c](https://x.cn)")).toBe("A b c");
});

test("nothing that was written can run", () => {
  for (const source of [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html,<script>1</script>)", "[**x**](vbscript:x)", "https://x.cn/\"onmouseover=alert(1)", "`<b onclick=x>`", "[<img src=x>](https://x.cn)",
  ]) {
    const out = html(source);
    expect(out, source).not.toMatch(/<(script|img|b |svg|iframe)/i);
    expect(out, source).not.toMatch(/href="(?!https?:)/i);
    expect(out, source).not.toMatch(/<[^>]*\son\w+=/i);
  }
  expect(html("*".repeat(5000)).length).toBeLessThan(20_000);
  expect(hrefOf("javascript://x.cn/%0aalert(1)")).toBeNull();
  expect(hrefOf("HTTPS://x.cn")).toBe("https://x.cn/");
});

test("a field under a condition is not shown before the server has answered", () => {
  const object = { fields: [{ name: "a", visible_if: "x" }, { name: "b" }] as FieldDef[] } as ObjectDef;
  const before = stateOf(object, undefined);
  expect([before.isVisible("a"), before.isVisible("b"), before.isRequired("a")]).toEqual([false, true, false]);
  const after = stateOf(object, { a: { visible: true, required: true, readonly: true } });
  expect([after.isVisible("a"), after.isRequired("a"), after.isReadonly("a"), after.isVisible("b")]).toEqual([true, true, true, true]);
});

test("numbers are read as people write them, exactly, or not at all", () => {
  for (const [text, out] of [["1,200", "1200"], ["￥３．５", "3.5"], ["50万", "500000"], ["1.2亿", "120000000"], ["0.1万", "1000"], ["-3", "-3"], ["12.34567万", "123456.7"]] as const) {
    expect(readNumber(text, false), text).toBe(out);
  }
  for (const text of ["12a", "1.2.3", "五十", "1e3", "-", "1 2万元", "万"]) expect(readNumber(text, false), text).toBeNull();
  expect(readNumber("1.5", true)).toBeNull();
  expect(readNumber("1.5万", true)).toBe("15000");
});
