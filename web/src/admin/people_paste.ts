/*
 * People as they come out of a spreadsheet: one a line, cells between tabs (or commas), the columns in
 * their usual order or named by a first line. What is wrong with a line is said beside it.
 */
export interface PastedPerson {
  name: string;
  login: string;
  role: string | null;
  team: string;
  supervisor: string;
  problems: Problem[];
}
export type Problem = "no_name" | "no_login" | "login_twice" | "login_taken" | "no_role" | "no_supervisor" | "supervisor_self";
export type Column = "name" | "login" | "role" | "team" | "supervisor";

export interface Known {
  roles: { name: string; zh: string; en: string }[];
  logins: string[];
  people: string[];
  /* For lines that name no role. */
  role: string | null;
}

const COLUMNS: Column[] = ["name", "login", "role", "team", "supervisor"];
const HEADS: Record<Column, string[]> = {
  name: ["姓名", "名字", "员工", "name"], login: ["登录名", "账号", "手机", "手机号", "电话", "login", "phone", "mobile", "account"],
  role: ["角色", "岗位", "职位", "role", "position"], team: ["团队", "部门", "team", "department"], supervisor: ["主管", "上级", "直属上级", "supervisor", "manager"],
};

const cellsOf = (line: string) => (line.includes("\t") ? line.split("\t") : line.split(/[,，]/)).map((cell) => cell.trim());

/* The columns a first line names; null when it is a person. */
export function columnsOf(cells: string[]): (Column | null)[] | null {
  const found = cells.map((cell) => COLUMNS.find((column) => HEADS[column].includes(cell.toLowerCase())) ?? null);
  return found.filter(Boolean).length >= 2 ? found : null;
}

export const loginOf = (text: string) => text.replace(/[\s-]/g, "").replace(/^\+86(?=1\d{10}$)/, "").toLowerCase();

export function peopleOf(text: string, known: Known): PastedPerson[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim()).map(cellsOf);
  const named = lines[0] ? columnsOf(lines[0]) : null;
  const columns = named ?? COLUMNS;
  const people = lines.slice(named ? 1 : 0).map((cells): PastedPerson => {
    const cell = (column: Column) => cells[columns.indexOf(column)] ?? "";
    const role = cell("role").toLowerCase();
    const match = known.roles.find((one) => [one.name, one.zh, one.en].some((word) => word.toLowerCase() === role));
    return {
      name: cell("name"), login: loginOf(cell("login")), role: role ? (match?.name ?? null) : known.role,
      team: cell("team"), supervisor: cell("supervisor"), problems: [],
    };
  });
  return checked(people, known);
}

export function checked(people: PastedPerson[], known: Known): PastedPerson[] {
  const names = new Set([...known.people, ...people.map((person) => person.name)]);
  return people.map((person, at) => {
    const problems: Problem[] = [];
    if (!person.name) problems.push("no_name");
    if (!person.login) problems.push("no_login");
    else if (known.logins.includes(person.login)) problems.push("login_taken");
    else if (people.findIndex((other) => other.login === person.login) < at) problems.push("login_twice");
    if (!person.role) problems.push("no_role");
    if (person.supervisor && person.supervisor === person.name) problems.push("supervisor_self");
    else if (person.supervisor && !names.has(person.supervisor)) problems.push("no_supervisor");
    return { ...person, problems };
  });
}
