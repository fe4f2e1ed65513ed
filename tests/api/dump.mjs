/*
 * What stands in a workspace's database, read by the database's own shell and by nothing of ours: every table with
 * every row, so that two of them, on SQLite or on PostgreSQL, can be compared. A cell is null, "i 5", "r 0.5",
 * "t words" or "b 0af3"; columns go by name, and rows have no order.
 */
import { spawnSync } from "node:child_process";

/* Not data: search indexes, which are made anew, and what the database room keeps about itself. */
const isData = (table) => !/^(leadline|sqlite)_|_search(_|$)/.test(table);
const quoted = (name) => `"${name.replaceAll('"', '""')}"`;

function shell(program, args, sql) {
  const done = spawnSync(program, args, { encoding: "utf8", input: sql, maxBuffer: 1 << 28 });
  if (done.status !== 0 || done.stderr) throw new Error(`${program}: ${done.error?.message ?? done.stderr}`);
  return done.stdout;
}

function sqliteOpen(file) {
  const ask = (sql) => JSON.parse(shell("sqlite3", ["-readonly", "-json", file], sql) || "[]");
  const cell = (name) => `CASE typeof(${name}) WHEN 'null' THEN NULL WHEN 'blob' THEN 'b ' || lower(hex(${name})) ELSE substr(typeof(${name}), 1, 1) || ' ' || ${name} END`;
  return {
    columns: () => ask("SELECT m.name AS tab, c.name AS col FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%'"),
    rows: (table, names) => ask(`SELECT ${names.map((name, i) => `${cell(quoted(name))} AS c${i}`).join(", ")} FROM ${quoted(table)}`)
      .map((row) => names.map((_, i) => row[`c${i}`])),
  };
}

function postgresOpen(url) {
  const ask = (sql) => JSON.parse(shell("psql", ["-qAtX", "-v", "ON_ERROR_STOP=1", url], `SELECT COALESCE(json_agg(x), '[]') FROM (${sql}) AS x;`));
  const kinds = { bytea: "b", text: "t", integer: "i", bigint: "i", "double precision": "r" };
  const types = {};
  const cell = (table, name) => {
    const kind = kinds[types[`${table} ${name}`]];
    if (!kind) throw new Error(`${table}.${name} is of type ${types[`${table} ${name}`]}`);
    return kind === "b" ? `'b ' || encode(${quoted(name)}, 'hex')` : `'${kind} ' || ${quoted(name)}`;
  };
  return {
    columns: () => ask("SELECT table_name AS tab, column_name AS col, data_type AS type FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name) WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'")
      .map((row) => { types[`${row.tab} ${row.col}`] = row.type; return row; }),
    rows: (table, names) => ask(`SELECT json_build_array(${names.map((name) => cell(table, name)).join(", ")}) AS r FROM ${quoted(table)}`)
      .map(({ r }) => r),
  };
}

/* SQLite writes 0.10 as 0.1 and 1e3 as 1000.0; as a number they are the same. */
const plain = (cell) => (cell?.startsWith("r ") ? `r ${Number(cell.slice(2))}` : cell);

/* {table: {columns, rows}}; place: a file, or a URL of PostgreSQL. */
export function dump(place) {
  const database = /^postgres/.test(place) ? postgresOpen(place) : sqliteOpen(place);
  const tables = {};
  for (const { tab, col } of database.columns()) {
    if (isData(tab)) (tables[tab] ??= []).push(col);
  }
  return Object.fromEntries(Object.entries(tables).map(([table, columns]) => {
    columns.sort();
    return [table, { columns, rows: database.rows(table, columns).map((row) => JSON.stringify(row.map(plain))).sort() }];
  }));
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
