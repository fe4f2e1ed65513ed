/*
 * What was taken away is kept for a while, so that it can come back: a field's column, an
 * object's table. Then it is lost: first it is written down that nothing brings it back, in
 * the same write as the job that empties it; so a value is either all there or out of reach.
 */
#include "schema/schema_inner.h"

static bool exec(struct scope *scope, struct db_conn *conn, struct sql *sql)
{
    return sql_is_ok(scope, sql) && sql_exec(scope, conn, sql);
}

/* Computed ones come back computed anew; a sub-table's lines are records of their own. */
static bool is_due(const struct json *field, int64_t gone_before_ms)
{
    const struct field_type *type = field_type_find(json_text(field, "type"));
    int64_t gone_at_ms = json_int(field, "gone_at", 0);
    return gone_at_ms > 0 && gone_at_ms < gone_before_ms && !json_bool(field, "lost", false) &&
           type && !type->is_computed && type->kind != VALUE_LINES && json_int(field, "id", 0) > 0;
}

static bool field_lose(struct scope *scope, struct db_conn *conn, const struct row *row,
                       int64_t gone_before_ms, int *out)
{
    struct json body;
    if (!json_read(scope, row->cells[1].text, &body)) return false;
    const struct json *list = json_get(&body, "gone");
    int at = 0;
    while (list && at < list->count && !is_due(&list->items[at], gone_before_ms)) at += 1;
    if (!list || at == list->count) return true;
    struct json gone = tree_list(scope, list->count);
    for (int i = 0; i < list->count; i++) {
        struct json field = list->items[i];
        if (i == at) tree_set(scope, &field, "lost", tree_bool(true));
        tree_push(&gone, field);
    }
    tree_set(scope, &body, "gone", gone);
    *out = (int)json_int(&list->items[at], "id", 0);
    const struct cell args[] = { cell_text(json_to_text(scope, &body)), row->cells[0] };
    return db_exec(scope, conn,
                   STR("UPDATE config SET body = ? WHERE kind = 'object' AND id = ?"), args, 2);
}

static bool object_lose(struct scope *scope, struct db_conn *conn, int64_t gone_before_ms,
                        int *out)
{
    struct cell before = cell_int(gone_before_ms);
    struct row row;
    if (!db_one(scope, conn,
                STR("SELECT h.config FROM config_history AS h WHERE h.kind = 'object' AND "
                    "h.lost IS NULL AND h.config IS NOT NULL AND h.body IS NOT NULL AND NOT "
                    "EXISTS (SELECT 1 FROM config AS c WHERE c.kind = h.kind AND c.id = "
                    "h.config) GROUP BY h.config HAVING max(h.at) < ? ORDER BY h.config LIMIT 1"),
                &before, 1, &row)) {
        return false;
    }
    if (row.count == 0) return true;
    *out = (int)row.cells[0].integer;
    return db_exec(scope, conn,
                   STR("UPDATE config_history SET lost = 1 WHERE kind = 'object' AND config = ?"),
                   row.cells, 1);
}

bool schema_lose_next(struct scope *scope, struct db_conn *conn, int64_t gone_before_ms,
                      int *object, int *field)
{
    struct rows rows;
    *object = *field = 0;
    if (!db_all(scope, conn,
                STR("SELECT id, body FROM config WHERE kind = 'object' ORDER BY id"), NULL, 0,
                SCHEMA_CONFIG_COUNT_MAX, &rows)) {
        return false;
    }
    for (int i = 0; i < rows.count && *field == 0; i++) {
        if (!field_lose(scope, conn, &rows.items[i], gone_before_ms, field)) return false;
        if (*field != 0) *object = (int)rows.items[i].cells[0].integer;
    }
    return *field != 0 || object_lose(scope, conn, gone_before_ms, object);
}

/* ---- emptying ---- */

/* What the history says of the values goes with them: of one field, or with 0 of all. */
static bool changes_drop(struct scope *scope, struct db_conn *conn, struct str table, int object,
                         int field, int64_t from, int64_t to)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("DELETE FROM change WHERE object = "));
    sql_int(&sql, object);
    sql_put(&sql, STR(" AND record IN (SELECT id FROM "));
    sql_name(&sql, table);
    sql_put(&sql, STR(" WHERE search_id > "));
    sql_int(&sql, from);
    sql_put(&sql, STR(" AND search_id <= "));
    sql_int(&sql, to);
    sql_put(&sql, STR(")"));
    if (field != 0) {
        sql_put(&sql, STR(" AND field = "));
        sql_int(&sql, field);
    }
    return exec(scope, conn, &sql);
}

/* The ids of a list of links stand in a table of their own, too. */
static bool links_drop(struct scope *scope, struct db_conn *conn, int field)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("DROP TABLE IF EXISTS "));
    sql_name(&sql, scope_format(scope, "_link_%d", field));
    return exec(scope, conn, &sql);
}

bool schema_gone_field_empty(struct scope *scope, struct db_conn *conn,
                             const struct object *object, int field, int count, int64_t *place,
                             bool *is_over)
{
    struct str column = scope_format(scope, "_gone_%d", field);
    struct sql sql;
    int64_t last;
    if (!schema_last_row(scope, conn, object->table, &last)) return false;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("UPDATE "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" SET "));
    sql_name(&sql, column);
    sql_put(&sql, STR(" = NULL WHERE search_id > "));
    sql_int(&sql, *place);
    sql_put(&sql, STR(" AND search_id <= "));
    sql_int(&sql, *place + count);
    sql_put(&sql, STR(" AND "));
    sql_name(&sql, column);
    sql_put(&sql, STR(" IS NOT NULL"));
    if (!exec(scope, conn, &sql) ||
        !changes_drop(scope, conn, object->table, object->id, field, *place, *place + count)) {
        return false;
    }
    *place += count;
    *is_over = *place >= last;
    return !*is_over || links_drop(scope, conn, field);
}

bool schema_gone_object_empty(struct scope *scope, struct db_conn *conn, int object, int count,
                              int64_t *place, bool *is_over)
{
    struct str table = scope_format(scope, "_gone_%d", object);
    struct sql sql;
    int64_t last;
    if (!schema_last_row(scope, conn, table, &last)) return false;
    *is_over = *place >= last;
    if (!*is_over &&
        !changes_drop(scope, conn, table, object, 0, *place, *place + count)) {
        return false;
    }
    sql_begin(&sql, scope);
    sql_put(&sql, *is_over ? STR("DROP TABLE ") : STR("DELETE FROM "));
    sql_name(&sql, table);
    if (!*is_over) {
        *place += count;
        sql_put(&sql, STR(" WHERE search_id <= "));
        sql_int(&sql, *place);
    }
    return exec(scope, conn, &sql);
}
