import { expect, test } from "vitest";
import { type Entry, hitsOf } from "./settings_search.ts";

const entry = (label: string, ...words: string[]): Entry => ({ label, sub: "", href: `/${label}`, icon: "box", words });
const entries = [
  entry("登录安全", "Sign-in security", "otp 2fa 动态码"), entry("工作日历", "Calendars", "节假日 放假"), entry("时区", "Time zone", "zone"),
  entry("密钥", "Keys", "api token"), entry("客户名称", "name"),
];
const found = (typed: string) => hitsOf(entries, typed).map((hit) => hit.label);

test("settings are found in both languages, by sound, by initials and by what else they are called", () => {
  expect(found("工作")).toEqual(["工作日历"]);
  expect(found("calendar")).toEqual(["工作日历"]);
  expect(found("gzrl")).toEqual(["工作日历"]);
  expect(found("gongzuorili")).toEqual(["工作日历"]);
  expect(found("jjr")).toEqual(["工作日历"]);
  expect(found("2FA")).toEqual(["登录安全"]);
  expect(found("shiqu")).toEqual(["时区"]);
  expect(found("mingcheng")).toEqual(["客户名称"]);
  expect(found("nothing at all")).toEqual([]);
});

test("what begins with the text comes before what only speaks of it", () => {
  expect(hitsOf([entry("审计日志", "密钥"), entry("新密钥"), entry("密钥")], "密钥").map((hit) => hit.label)).toEqual(["密钥", "新密钥", "审计日志"]);
});
