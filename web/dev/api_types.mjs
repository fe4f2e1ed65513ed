/*
 * openapi.json -> src/base/api.gen.ts: an interface for every shape, and for every endpoint what it
 * takes and answers. `make api-types` writes the file; tests/api checks that it is up to date.
 *
 *   leadline openapi | node dev/api_types.mjs > src/base/api.gen.ts
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const HEAD = `/*
 * Made by \`make api-types\` from the server's openapi.json (src/api/shapes.c, src/api/routes.c).
 * Not to be edited.
 */
`;
const WIDTH = 110;

/* What the web calls them; some names mean something else in TypeScript. */
const NAMES = {
  Record: "Row", RecordList: "RowList", RecordBatch: "RowBatch", Object: "ObjectDef", ObjectList: "ObjectDefList", Field: "FieldDef",
  File: "FileInfo", FileList: "FileInfoList", Function: "FunctionDef", FunctionList: "FunctionDefList", Pipeline: "PipelineDef",
  PipelineList: "PipelineDefList", Stage: "StageDef",
};
const nameOf = (shape) => NAMES[shape] ?? shape;

function union(parts) {
  return [...new Set(parts)].join(" | ");
}

function typeOf(schema) {
  if (!schema || Object.keys(schema).length === 0) return "unknown";
  if (schema.$ref) return nameOf(schema.$ref.split("/").pop());
  if (schema.enum) return union(schema.enum.map((value) => JSON.stringify(value)));
  if (schema.anyOf) return union(schema.anyOf.map((one) => typeOf(one)));
  const kinds = [schema.type ?? "unknown"].flat();
  return union(kinds.map((kind) => {
    if (kind === "array") {
      const item = typeOf(schema.items);
      return /[ |]/.test(item) ? `(${item})[]` : `${item}[]`;
    }
    if (kind === "object") return schema.properties ? members(schema, true) : `Record<string, ${valueType(schema)}>`;
    return { string: "string", integer: "number", number: "number", boolean: "boolean", null: "null" }[kind] ?? "unknown";
  }));
}

function valueType(schema) {
  return typeof schema.additionalProperties === "object" ? typeOf(schema.additionalProperties) : "unknown";
}

function members(schema, isInline) {
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties).map(([name, of]) => `${name}${required.has(name) ? "" : "?"}: ${typeOf(of)};`);
  if (schema.additionalProperties) rows.push("[member: string]: unknown;");
  return isInline ? `{ ${rows.join(" ")} }` : `{\n${rows.map((row) => `  ${row}\n`).join("")}}`;
}

/* "GET /records/{object}" -> what it takes and answers. */
function endpoints({ paths, components }) {
  const shapes = new Map(Object.entries(components.schemas).map(([name, schema]) => [JSON.stringify(schema.properties), name]));
  /* A shape without its "required" is a change of it. */
  const taken = (schema) => {
    const shape = schema?.properties && !schema.required ? shapes.get(JSON.stringify(schema.properties)) : undefined;
    return shape ? `Partial<${nameOf(shape)}>` : typeOf(schema);
  };
  const rows = [];
  for (const [path, methods] of Object.entries(paths)) {
    if (!path.startsWith("/api/v1")) continue;
    for (const [method, about] of Object.entries(methods)) {
      const json = (part) => part?.content?.["application/json"]?.schema;
      const takes = about.requestBody ? taken(json(about.requestBody)) : "undefined";
      const gives = about.responses["2XX"] ? typeOf(json(about.responses["2XX"])) : "undefined";
      const row = `  "${method.toUpperCase()} ${path.slice(7)}": { takes: ${takes}; gives: ${gives} };`;
      rows.push(row.length <= WIDTH ? row : row.replace("{ takes: ", "{\n    takes: ").replace("; gives: ", ";\n    gives: ").replace(/ };$/, ";\n  };"));
    }
  }
  return `export interface Endpoints {\n${rows.join("\n")}\n}\n`;
}

export function typesOf(openapi) {
  const shapes = Object.entries(openapi.components.schemas).map(([name, schema]) =>
    Object.keys(schema.properties ?? {}).length === 0
      ? `export type ${nameOf(name)} = Record<string, unknown>;\n`
      : `export interface ${nameOf(name)} ${members(schema, false)}\n`);
  return `${HEAD}\n${shapes.join("\n")}\n${endpoints(openapi)}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  process.stdout.write(typesOf(JSON.parse(readFileSync(0, "utf8"))));
}
