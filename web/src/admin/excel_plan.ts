import type * as gen from "@/base/api.gen.ts";
import type { Label } from "@/base/types.ts";

/* What a workbook will become, as it is corrected: the server's guess and what a person makes of it. */
export interface FieldPlan {
  name: string; type: string; label: Label; title?: boolean; required?: boolean; to?: string; scale?: number;
  choices?: { name: string; label: Label; color?: string }[];
  isKept: boolean;
  guess: { type: string; to?: string; choices?: FieldPlan["choices"] };
}
export interface SheetPlan {
  sheet: string; rows: number; isKept: boolean;
  object: { name: string; label: Label; fields: FieldPlan[] };
  map: Record<string, string>;
  columns: gen.SheetColumn[];
}
export interface Plan { id: string; file: string; sheets: SheetPlan[] }

export function planOf(book: gen.Workbook): Plan {
  return {
    id: book.id, file: book.file,
    sheets: book.sheets.map((sheet) => {
      const object = sheet.object as { name: string; label: Label; fields: Omit<FieldPlan, "isKept" | "guess">[] };
      return {
        sheet: sheet.sheet, rows: sheet.rows ?? 0, isKept: true, map: sheet.map as Record<string, string>, columns: sheet.columns ?? [],
        object: { ...object, fields: object.fields.map((field) => ({ ...field, isKept: true, guess: { type: field.type, to: field.to, choices: field.choices } })) },
      };
    }),
  };
}

/* A reference back or choices only where the guess has them; a title is a text. */
export function withType(field: FieldPlan, type: string): FieldPlan {
  const { to: _to, choices: _choices, scale: _scale, ...rest } = field;
  const next: FieldPlan = { ...rest, type };
  if (type === "reference") next.to = field.guess.to;
  if (type === "choice") next.choices = field.guess.choices;
  if (type === "number") next.scale = field.scale ?? 2;
  if (type !== "text") next.title = false;
  return next;
}

/* One sheet as it is now; when its object is called otherwise, those that refer to it follow. */
export function withSheet(plan: Plan, at: number, next: SheetPlan): Plan {
  const before = plan.sheets[at]!.object.name, name = next.object.name;
  const follow = (field: FieldPlan): FieldPlan => ({
    ...field, ...(field.to === before ? { to: name } : {}), guess: field.guess.to === before ? { ...field.guess, to: name } : field.guess,
  });
  return {
    ...plan,
    sheets: plan.sheets.map((sheet, i) => {
      const here = i === at ? next : sheet;
      return before === name ? here : { ...here, object: { ...here.object, fields: here.object.fields.map(follow) } };
    }),
  };
}

/* A sheet that is left out cannot be referred to: those columns become text. */
export function withoutSheet(plan: Plan, at: number): Plan {
  const gone = plan.sheets[at]!.object.name;
  return {
    ...plan,
    sheets: plan.sheets.map((sheet, i) => (i === at ? { ...sheet, isKept: false } : {
      ...sheet,
      object: { ...sheet.object, fields: sheet.object.fields.map((field) => (field.to === gone ? withType({ ...field, guess: { ...field.guess, type: "text" } }, "text") : field)) },
    })),
  };
}

export function nameProblem(name: string): boolean {
  return !/^[a-z][a-z0-9_]{1,39}$/.test(name);
}

/* What is sent: columns that are kept, without what only this screen knows. */
export function keepColumns(sheet: SheetPlan) {
  const fields = sheet.object.fields.filter((field) => field.isKept);
  const names = new Set(fields.map((field) => field.name));
  return {
    sheet: sheet.sheet,
    object: { ...sheet.object, fields: fields.map(({ isKept: _kept, guess: _guess, ...field }) => field) },
    map: Object.fromEntries(Object.entries(sheet.map).filter(([, name]) => names.has(name))),
  };
}
