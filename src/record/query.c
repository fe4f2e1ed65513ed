/*
 * The one SELECT behind every list. Paging is by key: the cursor holds the order
 * values of the last row, so page 1000 costs what page 1 costs; nothing is
 * counted unless asked, and then at most to a cap.
 */
#include "record/query.h"

#include <stdlib.h>

#include "base/utf8.h"

struct plan {
    const struct record_query *query;
    const struct record_context *context;
    struct access_reader reader;
    struct formula_context formulas;
    struct query_order orders[QUERY_ORDER_COUNT_MAX];
    int order_count;
    bool is_id_descending;
    int field_count;
    const struct field_path *fields;
    const struct str *names;
    /* Reading only what is one's own: a branch per column that may hold the actor. */
    const struct field *own[ACCESS_COLUMN_COUNT_MAX];
    int branch_count; /* at least 1 */
};

/* ---- what is selected ---- */

static void plan_all_fields(struct scope *scope, struct plan *plan)
{
    const struct object *object = plan->query->object;
    struct field_path *fields = scope_new(scope, struct field_path, object->field_count);
    struct str *names = scope_new(scope, struct str, object->field_count);
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (field->is_hidden || str_is(field->name, "id") || str_is(field->name, "version")) {
            continue;
        }
        if (access_field_mode(plan->context->access, plan->context->actor, object, field) ==
            FIELD_HIDDEN) {
            continue;
        }
        fields[plan->field_count].fields[0] = field;
        fields[plan->field_count].count = 1;
        names[plan->field_count++] = field->name;
    }
    plan->fields = fields;
    plan->names = names;
}

static bool plan_order(struct scope *scope, struct plan *plan)
{
    const struct record_query *query = plan->query;
    plan->order_count = query->order_count;
    memcpy(plan->orders, query->orders, sizeof(plan->orders));
    if (plan->order_count == 0) {
        struct record_query fallback = { .object = query->object };
        struct str order = json_text(query->object->body, "order");
        if (order.size == 0) {
            order = object_field(query->object, STR("updated_at")) ? STR("-updated_at")
                                                                   : STR("-id");
        }
        if (!query_parse_order(scope, plan->context, order, &fallback)) return false;
        plan->order_count = fallback.order_count;
        memcpy(plan->orders, fallback.orders, sizeof(plan->orders));
    }
    plan->is_id_descending = plan->orders[plan->order_count - 1].is_descending;
    return true;
}

static bool plan_begin(struct scope *scope, struct plan *plan, const struct record_query *query,
                       const struct record_context *context)
{
    *plan = (struct plan){ .query = query, .context = context };
    access_reader_begin(&plan->reader, context->access, context->actor);
    plan->formulas = access_formula_context(context->access, context->actor, &plan->reader,
                                            STR("t"), context->now_ms);
    if (query->field_count > 0) {
        plan->field_count = query->field_count;
        plan->fields = query->fields;
        plan->names = query->field_names;
    } else {
        plan_all_fields(scope, plan);
    }
    plan->branch_count =
        access_own_columns(context->access, context->actor, query->object, plan->own);
    if (plan->branch_count == 0) plan->branch_count = 1;
    return plan_order(scope, plan);
}

/* The branch's column holds the actor and no earlier one does: each row comes once. */
static void put_own(struct sql *sql, const struct plan *plan, int branch)
{
    sql_column(sql, STR("t"), plan->own[branch]->column);
    sql_put(sql, STR(" = "));
    sql_id(sql, plan->context->actor->user);
    for (int i = 0; i < branch; i++) {
        sql_put(sql, STR(" AND ("));
        sql_column(sql, STR("t"), plan->own[i]->column);
        sql_put(sql, STR(" IS NULL OR "));
        sql_column(sql, STR("t"), plan->own[i]->column);
        sql_put(sql, STR(" <> "));
        sql_id(sql, plan->context->actor->user);
        sql_put(sql, STR(")"));
    }
}

static void put_from(struct sql *sql, const struct plan *plan, int branch)
{
    const struct object *object = plan->query->object;
    sql_put(sql, STR(" FROM "));
    sql_name(sql, object->table);
    sql_put(sql, STR(" AS t WHERE "));
    sql_put(sql, object->is_builtin ? STR("1=1") : STR("t.deleted_at IS NULL"));
    sql_put(sql, STR(" AND "));
    if (plan->query->action != ACTION_READ) {
        access_put(sql, plan->context->access, plan->context->actor, object, plan->query->action,
                   STR("t"));
        sql_put(sql, STR(" AND "));
    }
    if (plan->own[0]) {
        put_own(sql, plan, branch);
    } else {
        access_put(sql, plan->context->access, plan->context->actor, object, ACTION_READ,
                   STR("t"));
    }
    if (plan->query->where) {
        sql_put(sql, STR(" AND "));
        formula_put_condition(sql, &plan->formulas, plan->query->where);
    }
}

static void put_search(struct sql *sql, const struct plan *plan)
{
    const struct object *object = plan->query->object;
    if (plan->query->text.size == 0) return;
    /* Nobody finds a record by what they may not read of it. */
    bool is_open = object->search_count > 0;
    for (int i = 0; i < object->search_count; i++) {
        is_open = is_open && access_field_mode(plan->context->access, plan->context->actor, object,
                                               object->search[i]) < FIELD_MASKED;
    }
    if (!is_open) {
        sql_put(sql, STR(" AND 1=0"));
        return;
    }
    struct scope *scope = sql->text.scope;
    struct str match = db_search_query(scope, plan->query->text);
    if (match.size == 0) return;
    sql_put(sql, STR(" AND t.search_id IN (SELECT rowid FROM "));
    sql_name(sql, scope_format(scope, "%.*s_search", STR_ARG(object->table)));
    sql_put(sql, STR(" WHERE text MATCH "));
    sql_text(sql, match);
    sql_put(sql, STR(")"));
}

/* ---- order and cursor ---- */

/* Never blank, so the plain index order holds without NULLS LAST. */
static bool is_never_null(const struct field_path *path)
{
    const struct field *field = path->fields[0];
    return path->count == 1 && field->is_system &&
           (str_is(field->name, "id") || str_is(field->name, "version") ||
            str_is(field->name, "created_at") || str_is(field->name, "updated_at"));
}

/* By number of the result's columns, since the branches of a list are ordered together. */
static void put_order(struct sql *sql, const struct plan *plan, int first_key)
{
    sql_put(sql, STR(" ORDER BY "));
    for (int i = 0; i < plan->order_count; i++) {
        const struct query_order *order = &plan->orders[i];
        sql_putf(sql, "%d%s", first_key + i, order->is_descending ? " DESC" : " ASC");
        if (!is_never_null(&order->path)) sql_put(sql, STR(" NULLS LAST"));
        sql_put(sql, STR(", "));
    }
    sql_put(sql, plan->is_id_descending ? STR("1 DESC") : STR("1 ASC"));
}

static void put_hex(struct buf *out, struct str bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        buf_format(out, "%02x", (unsigned)(unsigned char)bytes.data[i]);
    }
}

static bool take_hex(struct scope *scope, struct str hex, struct str *out)
{
    char *bytes = scope_alloc(scope, hex.size / 2 + 1);
    if (hex.size % 2 != 0) return false;
    for (size_t i = 0; i < hex.size; i += 2) {
        char pair[3] = { hex.data[i], hex.data[i + 1], 0 };
        char *end = NULL;
        bytes[i / 2] = (char)strtoul(pair, &end, 16);
        if (end != pair + 2) return false;
    }
    *out = (struct str){ bytes, hex.size / 2 };
    return true;
}

/* The order values and the id of a row as an opaque text. */
static struct str cursor_make(struct scope *scope, const struct cell *cells, int count)
{
    struct buf text, hex;
    struct json_writer writer;
    buf_begin(&text, scope, 64 * 1024);
    json_begin(&writer, &text);
    json_list_begin(&writer);
    for (int i = 0; i < count; i++) {
        struct buf blob;
        switch (cells[i].kind) {
        case CELL_NULL: json_put_null(&writer); break;
        case CELL_INT: json_put_int(&writer, cells[i].integer); break;
        case CELL_REAL: json_put_real(&writer, cells[i].real); break;
        case CELL_TEXT: json_put_str(&writer, cells[i].text); break;
        case CELL_BLOB:
            buf_begin(&blob, scope, 1024);
            put_hex(&blob, cells[i].text);
            json_list_begin(&writer);
            json_put_str(&writer, buf_str(&blob));
            json_list_end(&writer);
            break;
        }
    }
    json_list_end(&writer);
    buf_begin(&hex, scope, 128 * 1024);
    put_hex(&hex, buf_str(&text));
    return buf_str(&hex);
}

static bool cursor_cell(struct scope *scope, const struct json *item, struct cell *out)
{
    struct str bytes;
    switch (item->kind) {
    case JSON_KIND_NULL: *out = cell_null(); return true;
    case JSON_KIND_INT: *out = cell_int(item->integer); return true;
    case JSON_KIND_REAL: *out = cell_real(item->real); return true;
    case JSON_KIND_STR: *out = cell_text(item->text); return true;
    case JSON_KIND_LIST:
        if (item->count != 1 || !take_hex(scope, item->items[0].text, &bytes)) return false;
        *out = cell_blob(bytes);
        return true;
    default: return false;
    }
}

static bool cursor_read(struct scope *scope, struct str text, struct cell *cells, int count)
{
    struct str plain;
    struct json list;
    bool is_good = take_hex(scope, text, &plain) && json_read(scope, plain, &list) &&
                   list.kind == JSON_KIND_LIST && list.count == count;
    for (int i = 0; is_good && i < count; i++) {
        is_good = cursor_cell(scope, &list.items[i], &cells[i]);
    }
    bool has_id = is_good && (cells[count - 1].kind == CELL_BLOB ||
                              cells[count - 1].kind == CELL_INT);
    if (has_id) return true;
    scope_error_clear(scope);
    return error_set(scope, ERROR_INVALID, "query.bad_cursor", STR("after"));
}

static void put_key(struct sql *sql, const struct plan *plan, int i)
{
    if (i == plan->order_count) {
        sql_put(sql, STR("t.id"));
    } else {
        field_path_put(sql, &plan->formulas, &plan->orders[i].path);
    }
}

/*
 * Rows after the cursor: key i lies behind, or equals it and key i+1 lies behind.
 * Blanks come last in either direction. A first key that is never blank is bounded
 * by a plain comparison as well, so that its index begins where the page begins.
 */
static void put_after(struct sql *sql, const struct plan *plan, const struct cell *cells)
{
    sql_put(sql, STR(" AND ("));
    if (is_never_null(&plan->orders[0].path)) {
        put_key(sql, plan, 0);
        sql_put(sql, plan->orders[0].is_descending ? STR(" <= ") : STR(" >= "));
        sql_value(sql, cells[0]);
        sql_put(sql, STR(" AND ("));
    } else {
        sql_put(sql, STR("("));
    }
    for (int i = 0; i <= plan->order_count; i++) {
        bool is_descending =
            i == plan->order_count ? plan->is_id_descending : plan->orders[i].is_descending;
        bool is_nullable = i < plan->order_count && !is_never_null(&plan->orders[i].path);
        if (cells[i].kind == CELL_NULL) {
            sql_put(sql, STR("1=0"));
        } else {
            put_key(sql, plan, i);
            sql_put(sql, is_descending ? STR(" < ") : STR(" > "));
            sql_value(sql, cells[i]);
            if (is_nullable) {
                sql_put(sql, STR(" OR "));
                put_key(sql, plan, i);
                sql_put(sql, STR(" IS NULL"));
            }
        }
        if (i == plan->order_count) break;
        sql_put(sql, STR(" OR ("));
        put_key(sql, plan, i);
        if (cells[i].kind == CELL_NULL) {
            sql_put(sql, STR(" IS NULL"));
        } else {
            sql_put(sql, STR(" = "));
            sql_value(sql, cells[i]);
        }
        sql_put(sql, STR(" AND ("));
    }
    for (int i = 0; i < plan->order_count; i++) sql_put(sql, STR("))"));
    sql_put(sql, STR("))"));
}

static void put_fields(struct sql *sql, const struct plan *plan)
{
    bool has_version = object_field(plan->query->object, STR("version")) != NULL;
    sql_put(sql, has_version ? STR(", t.version") : STR(", 1"));
    for (int i = 0; i < plan->field_count; i++) {
        sql_put(sql, STR(", "));
        field_path_put(sql, &plan->formulas, &plan->fields[i]);
    }
}

/* One branch: SELECT t.id, [version, fields…,] keys… of the rows the actor sees through it. */
static void put_branch(struct sql *sql, const struct plan *plan, int branch, bool has_fields)
{
    sql_put(sql, branch > 0 ? STR(" UNION ALL SELECT t.id AS id") : STR("SELECT t.id AS id"));
    if (has_fields) put_fields(sql, plan);
    for (int i = 0; i < plan->order_count; i++) {
        sql_put(sql, STR(", "));
        put_key(sql, plan, i);
        sql_putf(sql, " AS k%d", i);
    }
    put_from(sql, plan, branch);
    put_search(sql, plan);
}

/* All branches, behind the cursor, in order. */
static bool put_rows(struct scope *scope, struct sql *sql, const struct plan *plan,
                     bool has_fields)
{
    struct cell cells[QUERY_ORDER_COUNT_MAX + 1];
    bool is_on = plan->query->after.size > 0;
    if (is_on && !cursor_read(scope, plan->query->after, cells, plan->order_count + 1)) {
        return false;
    }
    for (int i = 0; i < plan->branch_count; i++) {
        put_branch(sql, plan, i, has_fields);
        if (is_on) put_after(sql, plan, cells);
    }
    put_order(sql, plan, has_fields ? 3 + plan->field_count : 2);
    return true;
}

/* Plain columns cost nothing; what is computed must not be so for rows off the page. */
static bool is_light(const struct plan *plan)
{
    for (int i = 0; i < plan->field_count; i++) {
        if (plan->fields[i].count > 1 || plan->fields[i].fields[0]->column.size == 0) return false;
    }
    return true;
}

/*
 * A page of rows: (id, version, fields…, keys…). Where fields are computed, the
 * page is found first by its keys alone and they are computed for its rows only;
 * in one go they would be computed for every row that is sorted.
 */
static bool put_page(struct scope *scope, struct sql *sql, const struct plan *plan, int limit)
{
    if (is_light(plan)) {
        if (!put_rows(scope, sql, plan, true)) return false;
        sql_put(sql, STR(" LIMIT "));
        sql_int(sql, limit);
        return true;
    }
    sql_put(sql, STR("SELECT t.id"));
    put_fields(sql, plan);
    for (int i = 0; i < plan->order_count; i++) sql_putf(sql, ", p.k%d", i);
    sql_put(sql, STR(" FROM ("));
    if (!put_rows(scope, sql, plan, false)) return false;
    sql_put(sql, STR(" LIMIT "));
    sql_int(sql, limit);
    sql_put(sql, STR(") AS p CROSS JOIN "));
    sql_name(sql, plan->query->object->table);
    sql_put(sql, STR(" AS t WHERE t.id = p.id"));
    put_order(sql, plan, 3 + plan->field_count);
    return true;
}

/* ---- rows out ---- */

/* 138****8000; at most the first three and last four characters of what is masked. */
static void write_masked(struct json_writer *writer, const struct cell *cell)
{
    if (cell->kind != CELL_TEXT) {
        json_put_null(writer);
        return;
    }
    struct buf text;
    buf_begin(&text, writer->out->scope, 64);
    bool is_long = cell->text.size >= 11;
    if (is_long) buf_put(&text, str_slice(cell->text, 0, 3));
    buf_put(&text, STR("****"));
    if (is_long) buf_put(&text, str_slice(cell->text, cell->text.size - 4, cell->text.size));
    struct str masked = buf_str(&text);
    json_put_str(writer, utf8_is_valid(masked) ? masked : STR("****"));
}

static enum field_mode path_mode(const struct plan *plan, const struct field_path *path)
{
    const struct object *object = plan->query->object;
    enum field_mode mode = FIELD_VISIBLE;
    for (int i = 0; i < path->count && object; i++) {
        enum field_mode here = access_field_mode(plan->context->access, plan->context->actor,
                                                 object, path->fields[i]);
        if (here > mode) mode = here;
        object = path->fields[i]->to;
    }
    return mode;
}

static void write_row(struct json_writer *writer, const struct plan *plan,
                      const struct value_context *values, const enum field_mode *modes,
                      const struct db_cursor *cursor)
{
    struct cell id = db_cell(cursor, 0);
    json_map_begin(writer);
    json_key(writer, STR("id"));
    if (id.kind == CELL_INT) {
        json_put_int(writer, id.integer); /* a row of the history has a number */
    } else {
        struct buf text;
        buf_begin(&text, writer->out->scope, 64);
        uuid_put(&text, cell_uuid(&id));
        json_put_str(writer, buf_str(&text));
    }
    json_member_int(writer, "version", db_cell(cursor, 1).integer);
    for (int i = 0; i < plan->field_count; i++) {
        const struct field_path *path = &plan->fields[i];
        struct cell cell = db_cell(cursor, i + 2);
        json_key(writer, plan->names[i]);
        if (modes[i] >= FIELD_MASKED) {
            write_masked(writer, &cell);
        } else {
            field_write(writer, values, path->fields[path->count - 1], &cell);
        }
    }
    json_map_end(writer);
}

static const enum field_mode *plan_modes(struct scope *scope, const struct plan *plan)
{
    enum field_mode *modes = scope_new(scope, enum field_mode, plan->field_count);
    for (int i = 0; i < plan->field_count; i++) modes[i] = path_mode(plan, &plan->fields[i]);
    return modes;
}

static struct value_context plan_values(const struct plan *plan)
{
    return (struct value_context){ plan->context->access->schema,
                                   plan->context->actor->language, plan->context->now_ms };
}

static bool write_count(struct scope *scope, struct db_conn *conn, const struct plan *plan,
                        struct json_writer *writer)
{
    if (plan->query->count == COUNT_NONE) return true;
    bool is_capped = plan->query->count == COUNT_CAPPED;
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT COUNT(*) FROM ("));
    for (int i = 0; i < plan->branch_count; i++) {
        sql_put(&sql, i > 0 ? STR(" UNION ALL SELECT 1") : STR("SELECT 1"));
        put_from(&sql, plan, i);
        put_search(&sql, plan);
    }
    if (is_capped) sql_putf(&sql, " LIMIT %d", QUERY_COUNT_CAP + 1);
    sql_put(&sql, STR(") AS counted"));
    struct row row;
    if (!sql_one(scope, conn, &sql, &row)) return false;
    int64_t count = row.cells[0].integer;
    if (is_capped) json_member_bool(writer, "count_capped", count > QUERY_COUNT_CAP);
    if (is_capped && count > QUERY_COUNT_CAP) count = QUERY_COUNT_CAP;
    json_member_int(writer, "count", count);
    return true;
}

static bool keep_keys(struct scope *scope, const struct plan *plan,
                      const struct db_cursor *cursor, struct cell *keys)
{
    for (int i = 0; i < plan->order_count; i++) {
        struct cell cell = db_cell(cursor, 2 + plan->field_count + i);
        keys[i] = cell_copy(scope, &cell);
    }
    struct cell id = db_cell(cursor, 0);
    keys[plan->order_count] = cell_copy(scope, &id);
    return true;
}

bool query_write(struct scope *scope, struct db_conn *conn, const struct record_context *context,
                 const struct record_query *query, struct json_writer *writer)
{
    struct plan plan;
    struct sql sql;
    sql_begin(&sql, scope);
    if (!plan_begin(scope, &plan, query, context) ||
        !put_page(scope, &sql, &plan, query->limit + 1)) {
        return false;
    }

    const enum field_mode *modes = plan_modes(scope, &plan);
    struct value_context values = plan_values(&plan);
    struct cell keys[QUERY_ORDER_COUNT_MAX + 1];
    struct db_cursor *cursor = NULL;
    if (!sql_query(scope, conn, &sql, &cursor)) return false;
    int count = 0;
    bool has_row = false, has_more = false;
    json_key(writer, STR("items"));
    json_list_begin(writer);
    while (db_next(scope, cursor, &has_row) && has_row) {
        if (count == query->limit) {
            has_more = true;
            break;
        }
        write_row(writer, &plan, &values, modes, cursor);
        count += 1;
        if (count == query->limit) keep_keys(scope, &plan, cursor, keys);
    }
    db_cursor_end(cursor);
    json_list_end(writer);
    if (error_is_set(scope)) return false;
    json_key(writer, STR("next"));
    if (has_more) {
        json_put_str(writer, cursor_make(scope, keys, plan.order_count + 1));
    } else {
        json_put_null(writer);
    }
    return write_count(scope, conn, &plan, writer);
}

bool query_each(struct scope *scope, struct db_conn *conn, const struct record_context *context,
                const struct record_query *query,
                bool (*each)(struct scope *scope, const struct query_row *row, void *user),
                void *user)
{
    struct plan plan;
    struct sql sql;
    sql_begin(&sql, scope);
    if (!plan_begin(scope, &plan, query, context) ||
        !(query->limit > 0 ? put_page(scope, &sql, &plan, query->limit)
                           : put_rows(scope, &sql, &plan, true))) {
        return false;
    }
    struct db_cursor *cursor = NULL;
    if (!sql_query(scope, conn, &sql, &cursor)) return false;
    struct cell *cells = scope_new(scope, struct cell, plan.field_count);
    bool has_row = false, is_going = true;
    while (is_going && db_next(scope, cursor, &has_row) && has_row) {
        struct cell id = db_cell(cursor, 0);
        for (int i = 0; i < plan.field_count; i++) cells[i] = db_cell(cursor, i + 2);
        struct query_row row = { cell_uuid(&id), db_cell(cursor, 1).integer, cells };
        is_going = each(scope, &row, user);
    }
    db_cursor_end(cursor);
    return is_going && !error_is_set(scope);
}

bool query_write_one(struct scope *scope, struct db_conn *conn,
                     const struct record_context *context, const struct record_query *query,
                     struct uuid id, struct json_writer *writer, int64_t *version)
{
    struct plan plan;
    struct sql sql;
    sql_begin(&sql, scope);
    if (!plan_begin(scope, &plan, query, context)) return false;
    plan.order_count = 0;
    plan.branch_count = 1;
    plan.own[0] = NULL; /* one row by its id: the plain predicate */
    put_branch(&sql, &plan, 0, true);
    sql_put(&sql, STR(" AND t.id = "));
    sql_id(&sql, id);
    struct value_context values = plan_values(&plan);
    struct db_cursor *cursor = NULL;
    if (!sql_query(scope, conn, &sql, &cursor)) return false;
    bool has_row = false;
    if (db_next(scope, cursor, &has_row) && has_row) {
        *version = db_cell(cursor, 1).integer;
        write_row(writer, &plan, &values, plan_modes(scope, &plan), cursor);
    }
    db_cursor_end(cursor);
    if (error_is_set(scope)) return false;
    return has_row || error_set(scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
}
