import { describe, expect, it } from "vitest";
import { bodyOf, cellOf, differences, freeName, hasOwnRow, modeOf, modesOf, nextCell, revealOf, type RoleBody, withCell, withMode, withoutRow, withReveal } from "./role_edit.ts";

const body: RoleBody = bodyOf({
  label: { zh: "角色", en: "Role" }, can: ["audit"], fields: { "deal.price": "hidden" },
  grants: { "*": { read: "own", create: true }, deal: { read: { formula: "price > 1" }, update: "team", reveal: ["phone"] } },
});

describe("a role that is edited", () => {
  it("says of an object without a row what all others say", () => {
    expect(cellOf(body, "thing", "read")).toBe("own");
    expect(cellOf(body, "thing", "create")).toBe("all");
    expect(cellOf(body, "deal", "create")).toBe("none");
    expect(cellOf(body, "deal", "read")).toEqual({ formula: "price > 1" });
  });
  it("gives an object its own row with the first change, and back", () => {
    const changed = withCell(body, "thing", "delete", "team");
    expect(hasOwnRow(changed, "thing")).toBe(true);
    expect(cellOf(changed, "thing", "read")).toBe("own");
    expect(changed.grants.thing!.create).toBe(true);
    expect(differences(changed, body, ["*", "thing", "deal"])).toBe(1);
    expect(differences(withoutRow(changed, "thing"), body, ["*", "thing", "deal"])).toBe(0);
  });
  it("turns a cell round, and yes into no", () => {
    expect(nextCell("read", "own")).toBe("team");
    expect(nextCell("read", "all")).toBe("none");
    expect(nextCell("create", "all")).toBe("none");
    expect(nextCell("read", { formula: "x" })).toBe("none");
  });
  it("keeps only what is limited", () => {
    expect(modeOf(body, "deal", "price")).toBe("hidden");
    expect(withMode(body, "deal", "price", "visible").fields).toEqual({});
    expect(modesOf(withMode(body, "deal", "phone", "masked"), "deal")).toHaveLength(2);
  });
  it("narrows revealing to the same fields, with or without a reason", () => {
    expect(revealOf(body, "deal")).toBe("yes");
    const strict = withReveal(body, "deal", "reason");
    expect(strict.grants.deal!.reveal).toEqual({ fields: ["phone"], reason: true });
    expect(withReveal(strict, "deal", "yes").grants.deal!.reveal).toEqual(["phone"]);
    expect(withReveal(strict, "deal", "no").grants.deal).not.toHaveProperty("reveal");
  });
  it("finds a free name for a copy", () => {
    expect(freeName("rep", ["rep", "rep_2"])).toBe("rep_3");
  });
});
