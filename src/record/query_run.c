/*
 * Running what query.c has made: rows go from the columns straight into JSON, and
 * values that follow the clock are bound for this moment.
 */
#include "record/query_inner.h"

enum { NAMED_SIZE_MAX = 16 * 1024 * 1024 };

void query_write_masked(struct json_writer *writer, const struct field *field,
                        const struct cell *cell)
{
    struct str text = field_mask(writer->out->scope, field, cell);
    if (text.size > 0) {
        json_put_str(writer, text);
    } else {
        json_put_null(writer);
    }
}

/* With a moving value bound anew, and the id (NULL: none) at its place. */
static bool ready_query(struct scope *scope, struct db_conn *conn, const struct ready *ready,
                        int64_t passed_ms, const struct cell *id, int id_arg,
                        struct db_cursor **out)
{
    struct cell *args = scope_new(scope, struct cell, ready->arg_count);
    for (int i = 0; i < ready->arg_count; i++) {
        args[i] = ready->args[i];
        if (ready->is_moving && ready->is_moving[i]) args[i].integer += passed_ms;
    }
    if (id) args[id_arg] = *id;
    return db_query(scope, conn, ready->sql, args, ready->arg_count, out);
}

static struct value_context values_of(const struct record_context *context)
{
    return (struct value_context){ context->access->schema, context->actor->language,
                                   context->now_ms };
}

static void write_abilities(struct json_writer *writer, const struct query_plan *plan,
                            const struct db_cursor *cursor)
{
    json_key(writer, STR("can"));
    json_map_begin(writer);
    for (int i = 0; i < plan->ability_count; i++) {
        json_member_bool(writer, plan->abilities[i].name,
                         db_cell(cursor, 2 + plan->field_count + i).integer != 0);
    }
    json_map_end(writer);
}

/* The sub-tables of a page: lines[field][row]; fields that are none are NULL. */
struct page_lines {
    struct str **of;
    int row;
};

static bool lines_of_page(struct scope *scope, struct db_conn *conn,
                          const struct record_context *context, const struct query_plan *plan,
                          const struct uuid *ids, int count, struct page_lines *out)
{
    out->of = scope_new(scope, struct str *, plan->field_count + 1);
    for (int i = 0; i < plan->field_count; i++) {
        const struct field *field = plan->fields[i].fields[0];
        bool is_lines = plan->fields[i].count == 1 && field_kind(field) == VALUE_LINES;
        if (!is_lines || plan->modes[i] >= FIELD_MASKED) continue;
        out->of[i] = scope_new(scope, struct str, count + 1);
        if (!lines_load(scope, conn, context, field, ids, count, out->of[i])) return false;
    }
    return true;
}

static void write_row(struct json_writer *writer, const struct query_plan *plan,
                      const struct value_context *values, const struct db_cursor *cursor,
                      const struct page_lines *lines)
{
    struct cell id = db_cell(cursor, 0);
    json_map_begin(writer);
    json_key(writer, STR("id"));
    if (id.kind == CELL_INT) {
        json_put_int(writer, id.integer); /* a row of the history has a number */
    } else {
        json_put_id(writer, cell_uuid(&id));
    }
    json_member_int(writer, "version", db_cell(cursor, 1).integer);
    for (int i = 0; i < plan->field_count; i++) {
        const struct field_path *path = &plan->fields[i];
        struct cell cell = db_cell(cursor, i + 2);
        json_put_key(writer, plan->keys[i]);
        if (lines->of && lines->of[i]) {
            json_put_raw(writer, lines->of[i][lines->row]);
            continue;
        }
        if (plan->modes[i] >= FIELD_MASKED) {
            query_write_masked(writer, path->fields[path->count - 1], &cell);
        } else {
            field_write(writer, values, path->fields[path->count - 1], &cell);
        }
    }
    if (plan->ability_count > 0) write_abilities(writer, plan, cursor);
    json_map_end(writer);
}

static bool write_count(struct scope *scope, struct db_conn *conn,
                        const struct query_plan *plan, int64_t passed_ms,
                        struct json_writer *writer)
{
    struct db_cursor *cursor = NULL;
    bool has_row = false;
    if (plan->count == COUNT_NONE) return true;
    if (!ready_query(scope, conn, &plan->counting, passed_ms, NULL, 0, &cursor)) return false;
    int64_t count = db_next(scope, cursor, &has_row) && has_row ? db_cell(cursor, 0).integer : 0;
    db_cursor_end(cursor);
    if (error_is_set(scope)) return false;
    if (plan->count == COUNT_CAPPED) {
        json_member_bool(writer, "count_capped", count > QUERY_COUNT_CAP);
        if (count > QUERY_COUNT_CAP) count = QUERY_COUNT_CAP;
    }
    json_member_int(writer, "count", count);
    return true;
}

static void keep_keys(struct scope *scope, const struct query_plan *plan,
                      const struct db_cursor *cursor, struct cell *keys)
{
    for (int i = 0; i < plan->order_count; i++) {
        struct cell cell = db_cell(cursor, 2 + plan->field_count + i);
        keys[i] = cell_copy(scope, &cell);
    }
    struct cell id = db_cell(cursor, 0);
    keys[plan->order_count] = cell_copy(scope, &id);
}

/* The page's records first, then their lines: the snapshot is one, so the rows are the same. */
static bool page_lines_load(struct scope *scope, struct db_conn *conn,
                            const struct record_context *context, const struct query_plan *plan,
                            struct page_lines *out)
{
    struct db_cursor *cursor = NULL;
    struct uuid *ids = scope_new(scope, struct uuid, plan->limit + 1);
    int count = 0;
    bool has_row = false;
    if (!ready_query(scope, conn, &plan->rows, context->now_ms - plan->made_at_ms, NULL, 0,
                     &cursor)) {
        return false;
    }
    while (count < plan->limit && db_next(scope, cursor, &has_row) && has_row) {
        struct cell id = db_cell(cursor, 0);
        ids[count++] = cell_uuid(&id);
    }
    db_cursor_end(cursor);
    return !error_is_set(scope) && lines_of_page(scope, conn, context, plan, ids, count, out);
}

bool query_list(struct scope *scope, struct db_conn *conn, const struct record_context *context,
                const struct query_plan *plan, struct json_writer *writer)
{
    int64_t passed_ms = context->now_ms - plan->made_at_ms;
    struct value_context values = values_of(context);
    struct cell keys[QUERY_ORDER_COUNT_MAX + 1];
    struct db_cursor *cursor = NULL;
    struct page_lines lines = { NULL, 0 };
    if (plan->has_lines && !page_lines_load(scope, conn, context, plan, &lines)) return false;
    if (!ready_query(scope, conn, &plan->rows, passed_ms, NULL, 0, &cursor)) return false;
    int count = 0;
    bool has_row = false, has_more = false;
    json_key(writer, STR("items"));
    json_list_begin(writer);
    while (db_next(scope, cursor, &has_row) && has_row) {
        if (count == plan->limit) {
            has_more = true;
            break;
        }
        lines.row = count;
        write_row(writer, plan, &values, cursor, &lines);
        count += 1;
        if (count == plan->limit) keep_keys(scope, plan, cursor, keys);
    }
    db_cursor_end(cursor);
    json_list_end(writer);
    if (error_is_set(scope)) return false;
    json_key(writer, STR("next"));
    if (has_more) {
        json_put_str(writer, query_cursor(scope, keys, plan->order_count + 1));
    } else {
        json_put_null(writer);
    }
    return write_count(scope, conn, plan, passed_ms, writer);
}

bool query_write(struct scope *scope, struct db_conn *conn, const struct record_context *context,
                 const struct record_query *query, struct json_writer *writer)
{
    struct query_plan *plan = NULL;
    return query_plan_list(scope, context, query, PLAN_ONCE, &plan) &&
           query_list(scope, conn, context, plan, writer);
}

bool query_one(struct scope *scope, struct db_conn *conn, const struct record_context *context,
               const struct query_plan *plan, struct uuid id, struct json_writer *writer,
               int64_t *version)
{
    struct value_context values = values_of(context);
    struct cell id_cell = cell_id(scope, id);
    struct page_lines lines = { NULL, 0 };
    if (plan->has_lines && !lines_of_page(scope, conn, context, plan, &id, 1, &lines)) {
        return false;
    }
    struct db_cursor *cursor = NULL;
    if (!ready_query(scope, conn, &plan->rows, context->now_ms - plan->made_at_ms, &id_cell,
                     plan->id_arg, &cursor)) {
        return false;
    }
    bool has_row = false;
    if (db_next(scope, cursor, &has_row) && has_row) {
        *version = db_cell(cursor, 1).integer;
        write_row(writer, plan, &values, cursor, &lines);
    }
    db_cursor_end(cursor);
    if (error_is_set(scope)) return false;
    return has_row || error_set(scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
}

/* The row that the cursor is at, as JSON, wherever its id is asked for. */
static bool named_put(struct scope *scope, const struct query_plan *plan,
                      const struct value_context *values, const struct db_cursor *cursor,
                      const struct record_query *query, struct page_lines *lines, struct str *out)
{
    struct cell cell = db_cell(cursor, 0);
    struct uuid id = cell_uuid(&cell);
    struct json_writer writer;
    struct buf text = { 0 };
    for (int i = 0; i < query->id_count; i++) {
        if (!uuid_equal(query->ids[i], id)) continue;
        if (text.size == 0) {
            lines->row = i;
            buf_begin(&text, scope, NAMED_SIZE_MAX);
            json_begin(&writer, &text);
            write_row(&writer, plan, values, cursor, lines);
        }
        out[i] = buf_str(&text);
    }
    return !text.is_over || error_set(scope, ERROR_TOO_LARGE, "db.too_large", STR(""));
}

bool query_named(struct scope *scope, struct db_conn *conn, const struct record_context *context,
                 const struct record_query *query, struct str *out)
{
    struct value_context values = values_of(context);
    struct page_lines lines = { NULL, 0 };
    struct query_plan *plan = NULL;
    struct db_cursor *cursor = NULL;
    bool has_row = false, is_ok = true;
    for (int i = 0; i < query->id_count; i++) out[i] = STR("");
    if (query->id_count == 0) return true;
    if (!query_plan_one(scope, context, query, PLAN_ONCE, &plan) ||
        (plan->has_lines &&
         !lines_of_page(scope, conn, context, plan, query->ids, query->id_count, &lines)) ||
        !ready_query(scope, conn, &plan->rows, 0, NULL, 0, &cursor)) {
        return false;
    }
    while (is_ok && db_next(scope, cursor, &has_row) && has_row) {
        is_ok = named_put(scope, plan, &values, cursor, query, &lines, out);
    }
    db_cursor_end(cursor);
    return is_ok && !error_is_set(scope);
}
