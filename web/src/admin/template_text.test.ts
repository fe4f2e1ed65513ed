import { expect, test } from "vitest";
import { pieces } from "./template_text.ts";

const told = (source: string) => pieces(source).map(({ kind, text, part }) => `${part ?? ""}${kind === "value" ? `(${text})` : text}`);

test("a rule's text is cut into values and parts that may be left out", () => {
  expect(told("{a}, at once")).toEqual(["(a)", ", at once"]);
  expect(told("{a.b}{[, {c}]}.{[ Last: {d}]}")).toEqual(["(a.b)", "0, ", "0(c)", ".", "1 Last: ", "1(d)"]);
});

test("a mark that stands alone is text", () => {
  expect(told("a ]} {[ b")).toEqual(["a ]} {[ b"]);
  expect(told("{a} {")).toEqual(["(a)", " {"]);
  expect(told("")).toEqual([]);
});
