import { expect, test } from "vitest";
import { type Known, peopleOf } from "./people_paste.ts";

const known: Known = {
  roles: [{ name: "rep", zh: "销售员", en: "Rep" }, { name: "supervisor", zh: "主管", en: "Supervisor" }],
  logins: ["admin"], people: ["陈静"], role: "rep",
};

test("lines from a spreadsheet become people; a role by its name in either language", () => {
  const people = peopleOf("李娜\t138 0013 8000\t销售员\t华东一组\t王军\r\n王军\twangjun\tSupervisor\t华东一组\t陈静\n", known);
  expect(people.map(({ name, login, role, team, supervisor }) => [name, login, role, team, supervisor])).toEqual([
    ["李娜", "13800138000", "rep", "华东一组", "王军"], ["王军", "wangjun", "supervisor", "华东一组", "陈静"],
  ]);
  expect(people.flatMap((person) => person.problems)).toEqual([]);
});

test("a first line names the columns, in any order; no role means the usual one", () => {
  const people = peopleOf("手机号,姓名\n+86 13900139000,赵敏", known);
  expect(people).toEqual([{ name: "赵敏", login: "13900139000", role: "rep", team: "", supervisor: "", problems: [] }]);
});

test("what is wrong is said beside its line", () => {
  const people = peopleOf("\tadmin\n张三\tz3\t国王\n李四\tz3\t\t\t李四\n王五\t\t\t\t无名", known);
  expect(people.map((person) => person.problems)).toEqual([["no_name", "login_taken"], ["no_role"], ["login_twice", "supervisor_self"], ["no_login", "no_supervisor"]]);
});
