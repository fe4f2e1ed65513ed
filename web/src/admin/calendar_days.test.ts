import { expect, test } from "vitest";
import { daysOf, hoursOf, isWorked, monthsOf, runsOf } from "./calendar_days.ts";

const calendar = {
  days: ["mon", "tue", "wed", "thu", "fri"],
  holidays: [{ on: "2026-02-15..2026-02-17", label: { zh: "春节", en: "Spring Festival" } }, "2026-02-18"],
  workdays: ["2026-02-14", "2026-02-17"],
};

test("days: what is worked wins, what is named is a holiday, the rest is as the week says", () => {
  const marks = daysOf(calendar);
  expect([...marks.values()].map((day) => `${day.on} ${day.kind}`)).toEqual([
    "2026-02-15 holiday", "2026-02-16 holiday", "2026-02-17 workday", "2026-02-18 off", "2026-02-14 workday",
  ]);
  expect(isWorked(calendar, marks.get("2026-02-14"), "2026-02-14")).toBe(true);
  expect(isWorked(calendar, undefined, "2026-02-21")).toBe(false);
  expect(isWorked(calendar, { on: "2026-02-20", kind: "plain" }, "2026-02-20")).toBe(true);
});

test("months stand under their weekdays; days that follow one another are one run", () => {
  const february = monthsOf(2026)[1]!;
  expect([february.blanks, february.days.length]).toEqual([6, 28]);
  expect(monthsOf(2028)[1]!.days.length).toBe(29);
  expect(runsOf(february.days, daysOf(calendar)).map((run) => `${run.from}..${run.to}`)).toEqual([
    "2026-02-14..2026-02-14", "2026-02-15..2026-02-16", "2026-02-17..2026-02-17", "2026-02-18..2026-02-18",
  ]);
});

test("hours: minutes worked and the breaks between", () => {
  expect(hoursOf(["13:00-18:00", "09:00-12:00"])).toEqual({ minutes: 480, breaks: ["12:00–13:00"] });
  expect(hoursOf(["09:00-12:00", "12:00-13:00"]).breaks).toEqual([]);
});
