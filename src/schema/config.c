/*
 * Rows of config, setting and counter. Every change of a row leaves the old
 * body in config_history (a NULL body: there was none) and makes the schema
 * version grow, by which everybody sees that their snapshot is old.
 */
#include "schema/schema_inner.h"

bool setting_get(struct scope *scope, struct db_conn *conn, struct str name, struct str *out)
{
    struct row row;
    struct cell arg = cell_text(name);
    *out = STR("");
    if (!db_one(scope, conn, STR("SELECT value FROM setting WHERE name = ?"), &arg, 1, &row)) {
        return false;
    }
    if (row.count > 0) *out = row.cells[0].text;
    return true;
}

bool version_grow(struct scope *scope, struct db_conn *conn)
{
    return db_exec(scope, conn,
                   STR("INSERT INTO setting (name, value) VALUES ('schema_version', '1') "
                       "ON CONFLICT (name) DO UPDATE SET "
                       "value = CAST(CAST(setting.value AS BIGINT) + 1 AS TEXT)"),
                   NULL, 0);
}

bool schema_version(struct scope *scope, struct db_conn *conn, int64_t *out)
{
    struct str text;
    *out = 0;
    if (!setting_get(scope, conn, STR("schema_version"), &text)) return false;
    if (!str_to_int64(text, out)) *out = 0;
    return true;
}

bool setting_put(struct scope *scope, struct db_conn *conn, struct str name, struct str value)
{
    const struct cell args[] = { cell_text(name), cell_text(value) };
    return db_exec(scope, conn,
                   STR("INSERT INTO setting (name, value) VALUES (?, ?) "
                       "ON CONFLICT (name) DO UPDATE SET value = excluded.value"),
                   args, 2) &&
           version_grow(scope, conn);
}

bool counter_take(struct scope *scope, struct db_conn *conn, int object_id, int field_id,
                  struct str period, int64_t count, int64_t *out_last)
{
    const struct cell args[] = { cell_int(object_id), cell_int(field_id), cell_text(period),
                                 cell_int(count) };
    struct row row;
    bool is_ok = db_one(scope, conn,
                        STR("INSERT INTO counter (object, field, period, value) "
                            "VALUES (?, ?, ?, ?) ON CONFLICT (object, field, period) "
                            "DO UPDATE SET value = counter.value + excluded.value "
                            "RETURNING value"),
                        args, 4, &row);
    if (!is_ok) return false;
    if (row.count == 0) return error_storage(scope, STR("counter gave no value"));
    *out_last = row.cells[0].integer;
    return true;
}

bool counter_next(struct scope *scope, struct db_conn *conn, int object_id, int field_id,
                  struct str period, int64_t *out)
{
    return counter_take(scope, conn, object_id, field_id, period, 1, out);
}

bool config_id_next(struct scope *scope, struct db_conn *conn, const char *what, int *out)
{
    int64_t count;
    if (!counter_next(scope, conn, 0, 0, str_of(what), &count)) return false;
    int64_t first = 1;
    if (strcmp(what, "object") == 0) first = SCHEMA_OBJECT_ID_FIRST;
    if (strcmp(what, "field") == 0) first = SCHEMA_FIELD_ID_FIRST;
    *out = (int)(first + count - 1);
    return true;
}

bool config_get(struct scope *scope, struct db_conn *conn, struct str kind, struct str name,
                struct config_row *out)
{
    const struct cell args[] = { cell_text(kind), cell_text(name) };
    struct row row;
    *out = (struct config_row){ .is_found = false };
    bool is_ok = db_one(scope, conn,
                        STR("SELECT id, version, body FROM config WHERE kind = ? AND name = ?"),
                        args, 2, &row);
    if (!is_ok || row.count == 0) return is_ok;
    out->is_found = true;
    out->id = (int)row.cells[0].integer;
    out->version = row.cells[1].integer;
    out->body_text = row.cells[2].text;
    return json_read(scope, out->body_text, &out->body);
}

bool config_name_of(struct scope *scope, struct db_conn *conn, struct str kind, int64_t id,
                    struct str *out)
{
    const struct cell args[] = { cell_text(kind), cell_int(id) };
    struct row row;
    *out = STR("");
    bool is_ok = db_one(scope, conn, STR("SELECT name FROM config WHERE kind = ? AND id = ?"),
                        args, 2, &row);
    if (is_ok && row.count > 0) *out = row.cells[0].text;
    return is_ok;
}

static struct cell by_cell(struct scope *scope, struct uuid by)
{
    return uuid_is_nil(by) ? cell_null() : cell_id(scope, by);
}

static bool history_put(struct scope *scope, struct db_conn *conn, const struct config_row *row,
                        const struct config_change *change)
{
    /* An empty body was only a place kept by schema_put_all. */
    bool had_body = row->is_found && row->body.count > 0;
    const struct cell args[] = {
        cell_text(change->kind),  cell_text(change->name),
        cell_int(row->version),   had_body ? cell_text(row->body_text) : cell_null(),
        cell_int(change->now_ms), by_cell(scope, change->by),
        cell_int(change->id),     cell_int(change->is_follow),
    };
    return db_exec(scope, conn,
                   STR("INSERT INTO config_history (kind, name, version, body, at, \"by\", "
                       "config, is_follow) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
                   args, 8);
}

static bool row_put(struct scope *scope, struct db_conn *conn, const struct config_row *row,
                    const struct config_change *change)
{
    struct str body = json_to_text(scope, change->body);
    struct str name = change->name_after.size > 0 ? change->name_after : change->name;
    const struct cell args[] = {
        cell_text(name),
        cell_int(change->id),
        cell_int(row->version + 1),
        cell_text(body),
        cell_int(change->now_ms),
        by_cell(scope, change->by),
        cell_text(change->kind),
        cell_text(change->name),
    };
    if (row->is_found) {
        return db_exec(scope, conn,
                       STR("UPDATE config SET name = ?, id = ?, version = ?, body = ?, "
                           "updated_at = ?, updated_by = ? WHERE kind = ? AND name = ?"),
                       args, 8);
    }
    return db_exec(scope, conn,
                   STR("INSERT INTO config (name, id, version, body, updated_at, updated_by, "
                       "kind) VALUES (?, ?, ?, ?, ?, ?, ?)"),
                   args, 7);
}

bool config_store(struct scope *scope, struct db_conn *conn, const struct config_row *row,
                  const struct config_change *change)
{
    if (!history_put(scope, conn, row, change)) return false;
    if (change->body) {
        if (!row_put(scope, conn, row, change)) return false;
    } else {
        const struct cell args[] = { cell_text(change->kind), cell_text(change->name) };
        if (!db_exec(scope, conn, STR("DELETE FROM config WHERE kind = ? AND name = ?"), args,
                     2)) {
            return false;
        }
    }
    return version_grow(scope, conn);
}
