import type { Label } from "@/base/types.ts";

/*
 * A role as it is edited: what a cell of the table says, what choosing another value makes of the
 * body, and how two roles differ. Objects without a row of their own follow "*".
 */
export const ACTS = ["read", "create", "update", "delete", "assign", "export", "import"] as const;
export type Act = (typeof ACTS)[number];
export const SCOPES = ["none", "own", "team", "team_below", "region", "all"] as const;
export type Scope = (typeof SCOPES)[number];
export const MODES = ["visible", "readonly", "masked", "hidden"] as const;
export type Mode = (typeof MODES)[number];
export const RIGHTS = ["configure", "manage_people", "skip_stage", "import_history", "intervene", "audit"] as const;
export type Right = (typeof RIGHTS)[number];

export type Formula = { formula: string };
export type Reveal = boolean | string[] | { fields?: string[]; reason?: boolean };
export type Grant = Record<string, Scope | boolean | Formula | Reveal | undefined>;
export interface RoleBody {
  label: Label;
  grants: Record<string, Grant>;
  fields: Record<string, string>;
  can: string[];
}

/* What a cell says: a scope's word, or the formula. */
export type Cell = Scope | Formula;

export function isFormula(value: unknown): value is Formula {
  return typeof value === "object" && value !== null && typeof (value as Formula).formula === "string";
}

/* Creating and importing make records: there are none yet to choose from. */
export function isYesNo(act: Act): boolean {
  return act === "create" || act === "import";
}

export function cellOf(body: RoleBody, object: string, act: Act): Cell {
  const value = (body.grants[object] ?? body.grants["*"] ?? {})[act];
  if (isFormula(value)) return value;
  if (typeof value === "boolean") return value ? "all" : "none";
  const scope = SCOPES.find((other) => other === value) ?? "none";
  return isYesNo(act) && scope !== "none" ? "all" : scope;
}

export function hasOwnRow(body: RoleBody, object: string): boolean {
  return object === "*" || body.grants[object] !== undefined;
}

/* The row's own copy of what it followed until now. */
function rowOf(body: RoleBody, object: string): Grant {
  const row: Grant = {};
  for (const act of ACTS) {
    const cell = cellOf(body, object, act);
    row[act] = isYesNo(act) ? cell === "all" : cell;
  }
  const reveal = (body.grants[object] ?? body.grants["*"])?.reveal;
  if (reveal !== undefined) row.reveal = reveal;
  return row;
}

export function withCell(body: RoleBody, object: string, act: Act, cell: Cell): RoleBody {
  const value = isYesNo(act) ? cell === "all" : cell;
  return { ...body, grants: { ...body.grants, [object]: { ...rowOf(body, object), [act]: value } } };
}

export function withoutRow(body: RoleBody, object: string): RoleBody {
  const { [object]: _, ...grants } = body.grants;
  return { ...body, grants };
}

/* The next scope when a cell is turned round; a formula is chosen, never come across. */
export function nextCell(act: Act, cell: Cell): Cell {
  if (isYesNo(act)) return cell === "all" ? "none" : "all";
  if (isFormula(cell)) return "none";
  return SCOPES[(SCOPES.indexOf(cell) + 1) % SCOPES.length]!;
}

export function isSameCell(a: Cell, b: Cell): boolean {
  return isFormula(a) || isFormula(b) ? isFormula(a) && isFormula(b) && a.formula === b.formula : a === b;
}

export function modeOf(body: RoleBody, object: string, field: string): Mode {
  return MODES.find((mode) => mode === body.fields[`${object}.${field}`]) ?? "visible";
}

export function withMode(body: RoleBody, object: string, field: string, mode: Mode): RoleBody {
  const { [`${object}.${field}`]: _, ...fields } = body.fields;
  return { ...body, fields: mode === "visible" ? fields : { ...fields, [`${object}.${field}`]: mode } };
}

export function modesOf(body: RoleBody, object: string): { field: string; mode: Mode }[] {
  return Object.entries(body.fields).filter(([path]) => path.startsWith(`${object}.`))
    .map(([path, mode]) => ({ field: path.slice(object.length + 1), mode: mode as Mode }));
}

/* How masked values of an object may be shown: not at all, each one logged, or with a reason. */
export type RevealWay = "no" | "yes" | "reason";
export function revealOf(body: RoleBody, object: string): RevealWay {
  const reveal = (body.grants[object] ?? body.grants["*"])?.reveal as Reveal | undefined;
  if (reveal === undefined || reveal === false) return "no";
  return typeof reveal === "object" && !Array.isArray(reveal) && reveal.reason ? "reason" : "yes";
}

/* Which fields it was narrowed to stays as it was. */
export function withReveal(body: RoleBody, object: string, way: RevealWay): RoleBody {
  const { reveal: before, ...row } = rowOf(body, object);
  const fields = Array.isArray(before) ? before : typeof before === "object" && "fields" in before ? before.fields : undefined;
  const reveal: Reveal = way === "reason" ? { ...(fields ? { fields } : {}), reason: true } : (fields ?? true);
  return { ...body, grants: { ...body.grants, [object]: way === "no" ? row : { ...row, reveal } } };
}

/* How many cells, fields and rights differ: what there is to save, or to compare. */
export function differences(a: RoleBody, b: RoleBody, objects: string[]): number {
  let count = 0;
  for (const object of objects) {
    for (const act of ACTS) count += isSameCell(cellOf(a, object, act), cellOf(b, object, act)) ? 0 : 1;
    count += revealOf(a, object) === revealOf(b, object) ? 0 : 1;
  }
  for (const path of new Set([...Object.keys(a.fields), ...Object.keys(b.fields)])) {
    count += (a.fields[path] ?? "visible") === (b.fields[path] ?? "visible") ? 0 : 1;
  }
  for (const right of new Set([...a.can, ...b.can])) count += a.can.includes(right) === b.can.includes(right) ? 0 : 1;
  return count + (a.label.zh === b.label.zh && a.label.en === b.label.en ? 0 : 1);
}

export function bodyOf(role: { label: Label; grants?: unknown; fields?: unknown; can?: string[] }): RoleBody {
  return {
    label: role.label, grants: (role.grants ?? {}) as RoleBody["grants"],
    fields: (role.fields ?? {}) as RoleBody["fields"], can: role.can ?? [],
  };
}

/* A name for a copy: letters, digits and underscores, none that is taken. */
export function freeName(name: string, taken: string[]): string {
  for (let i = 2; ; i += 1) if (!taken.includes(`${name}_${i}`)) return `${name}_${i}`;
}
