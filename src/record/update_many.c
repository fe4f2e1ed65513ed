/*
 * Many records of one object loaded and updated in a few statements: one SELECT for all, one
 * UPDATE … FROM a list of new values for as many as a statement takes, their history in one
 * INSERT. A column is named when it differs in one of the rows; in the others it is set to what
 * it was.
 */
#include "record/inner.h"

enum { STATEMENT_ROW_COUNT = 125, STATEMENT_ARG_COUNT_MAX = 20000 };

/* ---- loading ---- */

static void place(struct record *records, const struct uuid *ids, int count,
                  const struct record *loaded)
{
    for (int i = 0; i < count; i++) {
        if (uuid_equal(ids[i], loaded->id)) records[i] = *loaded;
    }
}

static bool part_load(struct scope *scope, struct db_conn *conn,
                      const struct record_context *context, const struct object *object,
                      const struct uuid *ids, int count, enum access_action action,
                      struct record *out)
{
    const struct field *version = object_field(object, STR("version"));
    struct sql sql;
    struct rows rows;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT "));
    record_put_columns(&sql, object, STR("t"));
    sql_put(&sql, STR(", t.id FROM "));
    sql_name(&sql, object->table);
    for (int i = 0; i < count; i++) {
        sql_put(&sql, i == 0 ? STR(" AS t WHERE t.id IN (") : STR(", "));
        sql_id(&sql, ids[i]);
    }
    sql_put(&sql, STR(") AND t.deleted_at IS NULL AND "));
    access_put(&sql, context->access, context->actor, context->now_ms, object, ACTION_READ,
               STR("t"));
    sql_put(&sql, STR(" AND "));
    access_put(&sql, context->access, context->actor, context->now_ms, object, action, STR("t"));
    if (!sql_all(scope, conn, &sql, count, &rows)) return false;
    for (int i = 0; i < rows.count; i++) {
        struct record record = record_blank(scope, object);
        int last = record_take_cells(object, &rows.items[i], record.cells);
        record.id = cell_uuid(&rows.items[i].cells[last]);
        record.version = version ? record.cells[version->index].integer : 1;
        place(out, ids, count, &record);
    }
    return true;
}

bool records_load(struct scope *scope, struct db_conn *conn,
                  const struct record_context *context, const struct object *object,
                  const struct uuid *ids, int count, enum access_action action,
                  struct record *out)
{
    memset(out, 0, sizeof(*out) * (size_t)count);
    for (int at = 0; at < count; at += STATEMENT_ROW_COUNT) {
        int rest = count - at < STATEMENT_ROW_COUNT ? count - at : STATEMENT_ROW_COUNT;
        if (!part_load(scope, conn, context, object, ids + at, rest, action, out + at)) {
            return false;
        }
    }
    return true;
}

/* ---- updating ---- */

/* Places of the records that differ, and the fields one of them differs in. */
struct differing {
    const struct record *before, *after;
    const int *places;
    int count;
    const struct field **fields;
    int field_count;
};

static void fields_find(struct differing *set, const struct object *object)
{
    for (int f = 0; f < object->field_count; f++) {
        bool is_one = false;
        if (object->fields[f].column.size == 0) continue;
        for (int i = 0; i < set->count && !is_one; i++) {
            int at = set->places[i];
            is_one = !cell_equal(&set->before[at].cells[f], &set->after[at].cells[f]);
        }
        if (is_one) set->fields[set->field_count++] = &object->fields[f];
    }
}

/* Named, as PostgreSQL and SQLite number unnamed ones each in its way. */
static void put_values(struct sql *sql, const struct differing *set, int from, int to)
{
    sql_put(sql, STR("WITH v (id, was"));
    for (int f = 0; f < set->field_count; f++) sql_putf(sql, ", n%d", f);
    sql_put(sql, STR(") AS (VALUES "));
    for (int i = from; i < to; i++) {
        int at = set->places[i];
        sql_put(sql, i == from ? STR("(CAST(") : STR(", (CAST("));
        sql_id(sql, set->after[at].id);
        sql_put(sql, STR(" AS BLOB), "));
        record_put_typed(sql, cell_int(set->before[at].version), VALUE_NUMBER);
        for (int f = 0; f < set->field_count; f++) {
            sql_put(sql, STR(", "));
            record_put_typed(sql, set->after[at].cells[set->fields[f]->index],
                             field_kind(set->fields[f]));
        }
        sql_put(sql, STR(")"));
    }
    sql_put(sql, STR(") "));
}

static bool part_update(struct scope *scope, struct db_conn *conn, const struct differing *set,
                        int from, int to)
{
    const struct object *object = set->after[set->places[0]].object;
    struct sql sql, alias;
    sql_begin(&sql, scope);
    sql_begin(&alias, scope);
    sql_name(&alias, object->table);
    struct str table = buf_str(&alias.text);
    put_values(&sql, set, from, to);
    sql_put(&sql, STR("UPDATE "));
    sql_put(&sql, table);
    for (int f = 0; f < set->field_count; f++) {
        sql_put(&sql, f == 0 ? STR(" SET ") : STR(", "));
        sql_name(&sql, set->fields[f]->column);
        sql_putf(&sql, " = v.n%d", f);
    }
    sql_put(&sql, STR(" FROM v WHERE "));
    sql_column(&sql, table, STR("id"));
    sql_put(&sql, STR(" = v.id AND "));
    sql_column(&sql, table, STR("version"));
    sql_put(&sql, STR(" = v.was AND "));
    sql_column(&sql, table, STR("deleted_at"));
    sql_put(&sql, STR(" IS NULL"));
    if (!sql_exec(scope, conn, &sql)) return false;
    if (db_changes(conn) == to - from) return true;
    return error_set(scope, ERROR_STALE, "record.stale", STR(""));
}

/* ---- history ---- */

static void put_change(struct sql *sql, struct scope *scope, const struct record_context *context,
                       const struct record *before, const struct record *after,
                       const struct field *field)
{
    const struct cell values[] = {
        cell_int(after->object->id),
        cell_id(scope, after->id),
        cell_int(after->version),
        cell_int(field->id),
        history_text(scope, field, &before->cells[field->index]),
        history_text(scope, field, &after->cells[field->index]),
        cell_int(context->now_ms),
        actor_cell(scope, context->actor),
        cell_text(str_of(context->via)),
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        sql_put(sql, i == 0 ? STR("(") : STR(", "));
        sql_value(sql, values[i]);
    }
    sql_put(sql, STR(")"));
}

bool history_put(struct scope *scope, struct db_conn *conn, const struct record_context *context,
                 const struct record *before, const struct record *after, int count)
{
    struct sql sql;
    int row_count = 0;
    for (int i = 0; i < count; i++) {
        const struct object *object = after[i].object;
        for (int f = 0; f < object->field_count; f++) {
            if (!history_has(&object->fields[f]) ||
                cell_equal(&before[i].cells[f], &after[i].cells[f])) {
                continue;
            }
            if (row_count == STATEMENT_ROW_COUNT) {
                if (!sql_exec(scope, conn, &sql)) return false;
                row_count = 0;
            }
            if (row_count == 0) {
                sql_begin(&sql, scope);
                sql_put(&sql, STR("INSERT INTO change (object, record, version, field, old, new, "
                                  "at, \"by\", via) VALUES "));
            }
            if (row_count++ > 0) sql_put(&sql, STR(", "));
            put_change(&sql, scope, context, &before[i], &after[i], &object->fields[f]);
        }
    }
    return row_count == 0 || sql_exec(scope, conn, &sql);
}

bool records_update(struct scope *scope, struct db_conn *conn,
                    const struct record_context *context, const struct record *before,
                    struct record *after, int count, bool *changed)
{
    int *places = scope_new(scope, int, count + 1);
    struct differing set = { .before = before, .after = after, .places = places };
    for (int i = 0; i < count; i++) {
        changed[i] = record_advance(scope, context, &before[i], &after[i]);
        if (changed[i]) places[set.count++] = i;
    }
    if (set.count == 0) return true;
    const struct object *object = after[places[0]].object;
    set.fields = scope_new(scope, const struct field *, object->field_count);
    fields_find(&set, object);
    int step = STATEMENT_ARG_COUNT_MAX / (set.field_count + 2);
    if (step > STATEMENT_ROW_COUNT) step = STATEMENT_ROW_COUNT;
    for (int at = 0; at < set.count; at += step) {
        int end = set.count - at < step ? set.count : at + step;
        if (!part_update(scope, conn, &set, at, end)) return false;
    }
    for (int i = 0; i < set.count; i++) {
        if (record_is_search_changed(&before[places[i]], &after[places[i]])) {
            words_follow(conn, &after[places[i]]);
        }
    }
    return history_put(scope, conn, context, before, after, count);
}
