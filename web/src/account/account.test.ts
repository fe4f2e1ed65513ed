import { expect, test } from "vitest";
import { deviceOf } from "./device.ts";
import { qrOf } from "./qr.ts";

test("a device is told from what browsers say of themselves", () => {
  const safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1";
  const edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0 Safari/537.36 Edg/123.0.0.0";
  expect(deviceOf(safari)).toBe("Safari · iPhone");
  expect(deviceOf(edge)).toBe("Edge · Windows");
  expect(deviceOf("")).toBe("");
});

/* Read back with another program's decoder when it was written; here its outline and one known square. */
test("a QR code has its version, its finders and its timing", () => {
  const rows = qrOf("HELLO", 0)!;
  expect(rows.length).toBe(21);
  expect(qrOf("x".repeat(213))!.length).toBe(10 * 4 + 17);
  expect(qrOf("x".repeat(214))!.length).toBe(11 * 4 + 17);
  expect(qrOf("x".repeat(700))).toBeNull();
  const line = rows[0]!.map((dark) => (dark ? "#" : ".")).join("");
  expect(line.startsWith("#######.")).toBe(true);
  expect(line.endsWith(".#######")).toBe(true);
  expect(rows[6]!.slice(8, 13)).toEqual([true, false, true, false, true]);
});
