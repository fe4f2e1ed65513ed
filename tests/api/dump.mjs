/*
 * What stands in a workspace's database, read by the database's own shell and by nothing of ours: every table with
 * every row, so that two of them, on SQLite or on PostgreSQL, can be compared. A cell is null, "i 5", "r 0.5",
 * "t words" or "b 0af3"; columns go by name, and rows have no order.
 */
import { spawnSync } from "node:child_process";

/* Not data: search indexes, which are made anew, and what the database room keeps about itself. */
const isData = (table) => !/^(leadline|sqlite)_|_search(_|$)/.test(table);
const quoted = (name) => `"${name.replaceAll('"', '""')}"`;

/* Every line it writes is JSON. */
function shell(program, args, sql) {
  const done = spawnSync(program, args, { encoding: "utf8", input: sql, maxBuffer: 1 << 28 });
  if (done.status !== 0 || done.stderr) throw new Error(`${program}: ${done.error?.message ?? done.stderr}`);
  return done.stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

const sqlite = (file) => ({
  ask: (sql) => shell("sqlite3", ["-readonly", file], sql),
  list: "json_array",
  columns: "SELECT json_array(m.name, c.name, c.type) FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%'",
  cell: (name) => `CASE typeof(${name}) WHEN 'null' THEN NULL WHEN 'blob' THEN 'b ' || lower(hex(${name})) ELSE substr(typeof(${name}), 1, 1) || ' ' || ${name} END`,
});

const KINDS = { text: "t", integer: "i", bigint: "i", "double precision": "r" };
const postgres = (url) => ({
  ask: (sql) => shell("psql", ["-qAtX", "-v", "ON_ERROR_STOP=1", url], sql),
  list: "json_build_array",
  columns: "SELECT json_build_array(table_name, column_name, data_type) FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name) WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'",
  cell(name, type) {
    if (type === "bytea") return `'b ' || encode(${name}, 'hex')`;
    if (!KINDS[type]) throw new Error(`${name} is of type ${type}`);
    return `'${KINDS[type]} ' || ${name}`;
  },
});

/* SQLite writes 0.10 as 0.1 and 1e3 as 1000.0; as a number they are the same. */
const plain = (cell) => (cell?.startsWith("r ") ? `r ${Number(cell.slice(2))}` : cell);

/* {table: {columns, rows}}; place: a file, or a URL of PostgreSQL. */
export function dump(place) {
  const { ask, list, columns, cell } = /^postgres/.test(place) ? postgres(place) : sqlite(place);
  const tables = {}, types = {};
  for (const [table, column, type] of ask(`${columns};`)) {
    if (!isData(table)) continue;
    (tables[table] ??= { columns: [], rows: [] }).columns.push(column);
    types[`${table} ${column}`] = type;
  }
  const selects = Object.entries(tables).map(([table, { columns: names }]) => {
    names.sort();
    const cells = names.map((name) => cell(quoted(name), types[`${table} ${name}`]));
    return `SELECT ${list}('${table}', ${cells.join(", ")}) FROM ${quoted(table)};`;
  });
  for (const [table, ...row] of ask(selects.join("\n"))) tables[table].rows.push(JSON.stringify(row.map(plain)));
  for (const { rows } of Object.values(tables)) rows.sort();
  return tables;
}

/* The first difference in words; "" when there is none. */
export function difference(a, b) {
  const [names, others] = [Object.keys(a).sort().join(), Object.keys(b).sort().join()];
  if (names !== others) return `tables ${names}\n  and ${others}`;
  for (const [table, { columns, rows }] of Object.entries(a)) {
    const other = b[table];
    if (columns.join() !== other.columns.join()) return `${table}: columns ${columns}\n  and ${other.columns}`;
    const i = rows.findIndex((row, k) => row !== other.rows[k]);
    if (i >= 0 || rows.length !== other.rows.length) {
      return `${table} (${columns}): ${rows.length} and ${other.rows.length} rows, first other one: ${rows[i] ?? "-"}\n  and ${other.rows[i < 0 ? rows.length : i] ?? "-"}`;
    }
  }
  return "";
}
