import type { FieldDef } from "@/base/types.ts";
import { autoNumber } from "./auto_number/index.tsx";
import { boolean } from "./boolean/index.tsx";
import { choice } from "./choice/index.tsx";
import { date } from "./date/index.tsx";
import { datetime } from "./datetime/index.tsx";
import type { FieldType } from "./field.ts";
import { file } from "./file/index.tsx";
import { formulaType } from "./formula/index.tsx";
import { integer } from "./integer/index.tsx";
import { longText } from "./long_text/index.tsx";
import { mail } from "./mail/index.tsx";
import { manyToMany } from "./many_to_many/index.tsx";
import { money } from "./money/index.tsx";
import { number } from "./number/index.tsx";
import { person } from "./person/index.tsx";
import { phone } from "./phone/index.tsx";
import { reference } from "./reference/index.tsx";
import { region } from "./region/index.tsx";
import { subTable } from "./sub_table/index.tsx";
import { team } from "./team/index.tsx";
import { text } from "./text/index.tsx";

const types: Record<string, FieldType> = {
  text, long_text: longText, integer, number, money, boolean, date, datetime, choice, person, team,
  reference, file, phone, mail, region, auto_number: autoNumber,
  many_to_many: manyToMany, sub_table: subTable,
};

function typeNamed(name: string): FieldType {
  return types[name] ?? text;
}

const formulas = new WeakMap<FieldDef, FieldType>();

/* The type of a field on screen; a type this version does not know is shown as text. */
export function fieldType(field: FieldDef): FieldType {
  if (field.type !== "formula" && field.type !== "lookup" && field.type !== "rollup") return typeNamed(field.type);
  let type = formulas.get(field);
  if (!type) formulas.set(field, (type = formulaType(field, typeNamed)));
  return type;
}
