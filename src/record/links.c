/*
 * Many-to-many fields: the link table follows the row, in the same transaction. Who changes a
 * list keeps what they cannot see of it, and may add only what they can.
 */
#include "record/inner.h"
#include "record/titles.h"

enum { LINK_GROUP_COUNT = 200, SEEN_GROUP_COUNT = 500 };

static bool is_links(const struct field *field)
{
    return field_kind(field) == VALUE_LINKS;
}

static void put_ids(struct sql *sql, struct links links, int first, int end)
{
    sql_put(sql, STR("("));
    for (int i = first; i < end; i++) {
        if (i > first) sql_put(sql, STR(", "));
        sql_id(sql, links.ids[i]);
    }
    sql_put(sql, STR(")"));
}

static bool part_seen(struct scope *scope, struct db_conn *conn,
                      const struct record_context *context, const struct object *target,
                      struct links links, int first, int end, struct links *out)
{
    struct sql sql;
    struct rows rows;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT t.id FROM "));
    sql_name(&sql, target->table);
    sql_put(&sql, STR(" AS t WHERE t.id IN "));
    put_ids(&sql, links, first, end);
    if (!target->is_builtin) sql_put(&sql, STR(" AND t.deleted_at IS NULL"));
    sql_put(&sql, STR(" AND "));
    access_put(&sql, context->access, context->actor, context->now_ms, target, ACTION_READ,
               STR("t"));
    if (!sql_all(scope, conn, &sql, SEEN_GROUP_COUNT, &rows)) return false;
    for (int i = 0; i < rows.count; i++) {
        out->ids[out->count++] = cell_uuid(&rows.items[i].cells[0]);
    }
    return true;
}

bool records_seen(struct scope *scope, struct db_conn *conn, const struct record_context *context,
                  const struct object *target, struct links links, struct links *out)
{
    *out = (struct links){ scope_new(scope, struct uuid, links.count + 1), 0 };
    for (int first = 0; first < links.count; first += SEEN_GROUP_COUNT) {
        int end = first + SEEN_GROUP_COUNT < links.count ? first + SEEN_GROUP_COUNT : links.count;
        if (!part_seen(scope, conn, context, target, links, first, end, out)) return false;
    }
    links_sort(out);
    return true;
}

void links_want(struct titles *titles, const struct field *field, const struct cell *cell)
{
    struct links links = links_of(titles->scope, cell);
    for (int i = 0; i < links.count; i++) titles_want(titles, field->to, links.ids[i]);
}

bool links_seen(struct titles *titles, struct db_conn *conn, const struct field *field,
                struct cell *cell)
{
    struct links links = links_of(titles->scope, cell);
    struct links seen = { scope_new(titles->scope, struct uuid, links.count + 1), 0 };
    links_want(titles, field, cell);
    for (int i = 0; i < links.count; i++) {
        struct str title;
        bool is_seen;
        if (!titles_find(titles, conn, field->to, links.ids[i], &title, &is_seen)) return false;
        if (is_seen) seen.ids[seen.count++] = links.ids[i];
    }
    *cell = links_cell(titles->scope, seen);
    return true;
}

static bool settle(struct scope *scope, struct db_conn *conn,
                   const struct record_context *context, const struct field *field,
                   const struct cell *before, struct cell *after)
{
    struct links old = links_of(scope, before);
    struct links given = links_apply(scope, old, after), seen, fresh, unseen;
    if (!records_seen(scope, conn, context, field->to, old, &seen)) return false;
    unseen = links_minus(scope, old, seen);
    fresh = links_minus(scope, given, old);
    if (!records_seen(scope, conn, context, field->to, fresh, &seen)) return false;
    if (seen.count < fresh.count) {
        error_add(scope, ERROR_INVALID, "field.not_reference", field->name);
        return true; /* told with the other mistakes */
    }
    struct links whole = links_plus(scope, given, unseen);
    if (whole.count > LINK_COUNT_MAX) {
        error_add(scope, ERROR_INVALID, "field.too_many_links", field->name);
    }
    *after = links_cell(scope, whole);
    return true;
}

/* What new records name is looked for all at once. */
static bool settle_new(struct scope *scope, struct db_conn *conn,
                       const struct record_context *context, const struct field *field,
                       struct record *records, int count)
{
    static const struct links none;
    struct links *given = scope_new(scope, struct links, count), all = { NULL, 0 }, seen;
    int total = 0;
    for (int i = 0; i < count; i++) {
        given[i] = links_apply(scope, none, &records[i].cells[field->index]);
        total += given[i].count;
    }
    all.ids = scope_new(scope, struct uuid, total + 1);
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < given[i].count; k++) all.ids[all.count++] = given[i].ids[k];
    }
    links_sort(&all);
    if (!records_seen(scope, conn, context, field->to, all, &seen)) return false;
    for (int i = 0; i < count; i++) {
        if (links_minus(scope, given[i], seen).count > 0) {
            error_add(scope, ERROR_INVALID, "field.not_reference", field->name);
            continue;
        }
        if (given[i].count > LINK_COUNT_MAX) {
            error_add(scope, ERROR_INVALID, "field.too_many_links", field->name);
        }
        records[i].cells[field->index] = links_cell(scope, given[i]);
    }
    return true;
}

bool links_settle_new(struct scope *scope, struct db_conn *conn,
                      const struct record_context *context, struct record *records, int count)
{
    const struct object *object = records[0].object;
    for (int f = 0; f < object->field_count; f++) {
        const struct field *field = &object->fields[f];
        if (is_links(field) &&
            !settle_new(scope, conn, context, field, records, count)) {
            return false;
        }
    }
    return true;
}

bool links_settle(struct scope *scope, struct db_conn *conn, const struct record_context *context,
                  const struct record *before, struct record *after)
{
    if (!before) return links_settle_new(scope, conn, context, after, 1);
    for (int i = 0; i < after->object->field_count; i++) {
        const struct field *field = &after->object->fields[i];
        if (!is_links(field) || cell_equal(&before->cells[i], &after->cells[i])) continue;
        if (!settle(scope, conn, context, field, &before->cells[i], &after->cells[i])) {
            return false;
        }
    }
    return true;
}

/* ---- the link table ---- */

/* Rows on their way into the link table of a field. */
struct pairs {
    struct scope *scope;
    struct db_conn *conn;
    const struct field *field;
    struct sql sql;
    int count;
};

static bool pairs_flush(struct pairs *pairs)
{
    bool is_any = pairs->count > 0;
    pairs->count = 0;
    return !is_any || sql_exec(pairs->scope, pairs->conn, &pairs->sql);
}

static bool pairs_put(struct pairs *pairs, struct uuid record, struct links links)
{
    struct sql *sql = &pairs->sql;
    for (int i = 0; i < links.count; i++) {
        if (pairs->count == LINK_GROUP_COUNT && !pairs_flush(pairs)) return false;
        if (pairs->count == 0) {
            sql_begin(sql, pairs->scope);
            sql_put(sql, STR("INSERT INTO "));
            sql_name(sql, pairs->field->link_table);
            sql_put(sql, STR(" (record, target) VALUES "));
        }
        sql_put(sql, pairs->count++ > 0 ? STR(", (") : STR("("));
        sql_id(sql, record);
        sql_put(sql, STR(", "));
        sql_id(sql, links.ids[i]);
        sql_put(sql, STR(")"));
    }
    return true;
}

static bool insert(struct scope *scope, struct db_conn *conn, const struct field *field,
                   struct uuid record, struct links links)
{
    struct pairs pairs = { .scope = scope, .conn = conn, .field = field };
    return pairs_put(&pairs, record, links) && pairs_flush(&pairs);
}

bool links_insert(struct scope *scope, struct db_conn *conn, const struct record *records,
                  int count)
{
    const struct object *object = records[0].object;
    for (int f = 0; f < object->field_count; f++) {
        struct pairs pairs = { .scope = scope, .conn = conn, .field = &object->fields[f] };
        if (!is_links(pairs.field)) continue;
        for (int i = 0; i < count; i++) {
            if (!pairs_put(&pairs, records[i].id, links_of(scope, &records[i].cells[f]))) {
                return false;
            }
        }
        if (!pairs_flush(&pairs)) return false;
    }
    return true;
}

static bool remove_links(struct scope *scope, struct db_conn *conn, const struct field *field,
                         struct uuid record, struct links links)
{
    if (links.count == 0) return true;
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("DELETE FROM "));
    sql_name(&sql, field->link_table);
    sql_put(&sql, STR(" WHERE record = "));
    sql_id(&sql, record);
    sql_put(&sql, STR(" AND target IN "));
    put_ids(&sql, links, 0, links.count);
    return sql_exec(scope, conn, &sql);
}

bool links_follow(struct scope *scope, struct db_conn *conn, const struct record *before,
                  const struct record *after)
{
    for (int i = 0; i < after->object->field_count; i++) {
        const struct field *field = &after->object->fields[i];
        if (!is_links(field) || cell_equal(&before->cells[i], &after->cells[i])) continue;
        struct links old = links_of(scope, &before->cells[i]);
        struct links now = links_of(scope, &after->cells[i]);
        if (!remove_links(scope, conn, field, after->id, links_minus(scope, old, now)) ||
            !insert(scope, conn, field, after->id, links_minus(scope, now, old))) {
            return false;
        }
    }
    return true;
}

static bool rebuild(struct scope *scope, struct db_conn *conn, const struct object *object,
                    const struct field *field)
{
    struct sql sql;
    struct db_cursor *cursor = NULL;
    bool has_row = false, is_ok = true;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("DELETE FROM "));
    sql_name(&sql, field->link_table);
    if (!sql_exec(scope, conn, &sql)) return false;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT id, "));
    sql_name(&sql, field->column);
    sql_put(&sql, STR(" FROM "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" WHERE "));
    sql_name(&sql, field->column);
    sql_put(&sql, STR(" IS NOT NULL"));
    if (!sql_query(scope, conn, &sql, &cursor)) return false;
    while (is_ok && db_next(scope, cursor, &has_row) && has_row) {
        struct scope row;
        struct cell id = db_cell(cursor, 0), list = db_cell(cursor, 1);
        scope_begin(&row);
        is_ok = insert(&row, conn, field, cell_uuid(&id), links_of(&row, &list));
        if (!is_ok) error_storage(scope, scope_copy(scope, row.error.detail));
        scope_end(&row);
    }
    db_cursor_end(cursor);
    return is_ok && !error_is_set(scope);
}

bool links_rebuild(struct scope *scope, struct db_conn *conn, const struct object *object)
{
    for (int i = 0; i < object->field_count; i++) {
        if (!is_links(&object->fields[i])) continue;
        if (!rebuild(scope, conn, object, &object->fields[i])) return false;
    }
    return true;
}
