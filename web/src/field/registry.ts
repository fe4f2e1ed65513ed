import type { FieldDef } from "@/base/types.ts";
import { autoNumber } from "./auto_number/index.tsx";
import { barcode } from "./barcode/index.tsx";
import { boolean } from "./boolean/index.tsx";
import { choice } from "./choice/index.tsx";
import { date } from "./date/index.tsx";
import { datetime } from "./datetime/index.tsx";
import { duration } from "./duration/index.tsx";
import type { FieldType } from "./field.ts";
import { file } from "./file/index.tsx";
import { formulaType } from "./formula/index.tsx";
import { geo } from "./geo/index.tsx";
import { integer } from "./integer/index.tsx";
import { longText } from "./long_text/index.tsx";
import { mail } from "./mail/index.tsx";
import { manyToMany } from "./many_to_many/index.tsx";
import { money } from "./money/index.tsx";
import { multiChoice } from "./multi_choice/index.tsx";
import { number } from "./number/index.tsx";
import { percent } from "./percent/index.tsx";
import { person } from "./person/index.tsx";
import { phone } from "./phone/index.tsx";
import { reference } from "./reference/index.tsx";
import { region } from "./region/index.tsx";
import { richText } from "./rich_text/index.tsx";
import { signature } from "./signature/index.tsx";
import { subTable } from "./sub_table/index.tsx";
import { team } from "./team/index.tsx";
import { text } from "./text/index.tsx";
import { url } from "./url/index.tsx";

const types: Record<string, FieldType> = {
  text, long_text: longText, integer, number, money, boolean, date, datetime, choice, person, team,
  reference, file, phone, mail, region, auto_number: autoNumber, multi_choice: multiChoice,
  duration, url, rich_text: richText, geo, barcode, signature, percent,
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
