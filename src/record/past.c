/*
 * Records and lists as they were at a moment. What has not changed since is found
 * by the list's own SELECT; each record that has is led back by its history
 * (as_of.c) and judged by itself: its values of then stand in a SELECT of one row,
 * over which the same formulas and keys are put. So the database compares, and
 * only the merging of the two is done here. What stands on other records is not
 * known of then, and is not made up from what they are today.
 */
#include <stdlib.h>

#include "record/query.h"

struct past;
struct past_row {
    const struct past *past;
    struct uuid id;
    struct cell *keys; /* the order's values, then the id */
};

struct past {
    struct scope *scope;
    struct db_conn *conn;
    const struct record_context *context;
    struct record_query query; /* its order never empty */
    int64_t at_ms;
    struct access_reader reader;
    struct formula_context formulas;
    bool is_id_descending;
    bool has_after;
    struct cell after[QUERY_ORDER_COUNT_MAX + 1];
    struct past_row *rows;
    int row_count, row_capacity;
    int64_t match_count; /* before and after the cursor */
};

/* ---- what can be told of then ---- */

/* The first thing it stands on that is not the record's own; NULL: there is none. */
static const struct formula_use *foreign_use(const struct formula *formula)
{
    for (int i = 0; i < formula->use_count; i++) {
        const struct formula_use *use = &formula->uses[i];
        bool is_own = use->object == formula->object && !use->via;
        if (!is_own || (use->field && use->field->is_stored)) return use;
    }
    return NULL;
}

static bool stands_alone(const struct formula *formula)
{
    return !foreign_use(formula) && !formula->is_of_its_time && !formula->is_deep;
}

/* Lists and sub-tables are told of today only. */
static bool is_elsewhere(const struct field *field)
{
    return field_kind(field) == VALUE_LINKS || field_kind(field) == VALUE_LINES;
}

static bool is_told(const struct field *field)
{
    if (field->is_stored || is_elsewhere(field)) return false;
    return field->column.size > 0 || (field->formula && stands_alone(field->formula));
}

static bool refuse(struct scope *scope, const char *parameter, struct str name)
{
    error_set(scope, ERROR_INVALID, "query.past_field", str_of(parameter));
    return error_arg(scope, "name", name);
}

static bool check(struct past *past)
{
    struct record_query *query = &past->query;
    struct scope *scope = past->scope;
    if (query->object->is_builtin) {
        return error_set(scope, ERROR_INVALID, "query.no_past", STR("as_of"));
    }
    if (past->at_ms > past->context->now_ms) {
        return error_set(scope, ERROR_INVALID, "query.past_ahead", STR("as_of"));
    }
    if (query->text.size > 0) return refuse(scope, "q", STR("q"));
    if (query->where && !stands_alone(query->where)) {
        const struct formula_use *use = foreign_use(query->where);
        struct str name = use && use->object == query->object && use->field ? use->field->name
                          : use ? use->object->name
                                : STR("where");
        return refuse(scope, "where", name);
    }
    for (int i = 0; i < query->order_count; i++) {
        const struct field_path *path = &query->orders[i].path;
        const struct field *last = path->fields[path->count - 1];
        if (path->count > 1 || !is_told(last)) return refuse(scope, "order", last->name);
    }
    for (int i = 0; i < query->field_count; i++) {
        const struct field_path *path = &query->fields[i];
        if (path->count > 1 || is_elsewhere(path->fields[0])) {
            return refuse(scope, "fields", query->field_names[i]);
        }
    }
    return true;
}

static bool past_begin(struct past *past, struct scope *scope, struct db_conn *conn,
                       const struct record_context *context, const struct record_query *query,
                       int64_t at_ms)
{
    *past = (struct past){ .scope = scope, .conn = conn, .context = context, .query = *query,
                           .at_ms = at_ms };
    access_reader_begin(&past->reader, context->access, context->actor, context->now_ms);
    past->formulas = access_formula_context(context->access, context->actor, &past->reader,
                                            STR("t"), at_ms);
    return check(past);
}

/* ---- one record of then ---- */

static struct str cast_of(const struct field *field)
{
    switch (field_kind(field)) {
    case VALUE_TEXT:
    case VALUE_CHOICES:
    case VALUE_LINKS:
    case VALUE_JSON: return STR(" AS TEXT) AS ");
    case VALUE_ID: return STR(" AS BLOB) AS ");
    case VALUE_REAL: return STR(" AS REAL) AS ");
    default: return STR(" AS INTEGER) AS ");
    }
}

/* FROM (its values, under the names of the columns) AS t. */
static void put_row(struct sql *sql, const struct record *record)
{
    const struct object *object = record->object;
    bool is_first = true;
    sql_put(sql, STR(" FROM (SELECT "));
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (field->column.size == 0) continue;
        sql_put(sql, is_first ? STR("CAST(") : STR(", CAST("));
        sql_value(sql, field->is_stored ? cell_null() : record->cells[i]);
        sql_put(sql, cast_of(field));
        sql_name(sql, field->column);
        is_first = false;
    }
    sql_put(sql, STR(") AS t"));
}

/* The values of those fields that can be told; the others stay null. */
static bool values_load(const struct past *past, struct scope *scope, const struct record *record,
                        const struct field *const *fields, int count, struct cell *out)
{
    struct sql sql;
    struct row row;
    int told_count = 0;
    sql_begin(&sql, scope);
    for (int i = 0; i < count; i++) {
        struct field_path path = { .fields = { fields[i] }, .count = 1 };
        if (!is_told(fields[i])) continue;
        sql_put(&sql, told_count++ == 0 ? STR("SELECT ") : STR(", "));
        field_path_put(&sql, &past->formulas, &path);
    }
    if (told_count == 0) return true;
    put_row(&sql, record);
    if (!sql_one(scope, past->conn, &sql, &row)) return false;
    for (int i = 0, column = 0; i < count; i++) {
        out[i] = is_told(fields[i]) ? row.cells[column++] : cell_null();
    }
    return true;
}

static const struct field **fields_of(const struct past *past, struct scope *scope, int *count)
{
    const struct record_query *query = &past->query;
    const struct object *object = query->object;
    const struct field **fields =
        scope_new(scope, const struct field *, object->field_count + QUERY_FIELD_COUNT_MAX);
    for (*count = 0; *count < query->field_count; *count += 1) {
        fields[*count] = query->fields[*count].fields[0];
    }
    for (int i = 0; query->field_count == 0 && i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (field->is_hidden || str_is(field->name, "id") || str_is(field->name, "version") ||
            is_elsewhere(field) ||
            access_field_mode(past->context->access, past->context->actor, object, field) ==
                FIELD_HIDDEN) {
            continue;
        }
        fields[(*count)++] = field;
    }
    return fields;
}

/* The members of the map that is open in the writer. */
static bool write_members(const struct past *past, struct scope *scope,
                          const struct record *record, struct json_writer *writer)
{
    const struct record_context *context = past->context;
    struct value_context values = { context->access->schema, context->actor->language,
                                    past->at_ms };
    int count;
    const struct field **fields = fields_of(past, scope, &count);
    struct cell *cells = scope_new(scope, struct cell, count);
    if (!values_load(past, scope, record, fields, count, cells)) return false;
    struct cell id = cell_id(scope, record->id);
    json_key(writer, STR("id"));
    field_write(writer, &values, object_field(record->object, STR("id")), &id);
    json_member_int(writer, "version", record->version);
    for (int i = 0; i < count; i++) {
        json_key(writer, fields[i]->name);
        if (access_field_mode(context->access, context->actor, record->object, fields[i]) >=
            FIELD_MASKED) {
            query_write_masked(writer, fields[i], &cells[i]);
        } else {
            field_write(writer, &values, fields[i], &cells[i]);
        }
    }
    return true;
}

bool query_write_one_past(struct scope *scope, struct db_conn *conn,
                          const struct record_context *context, const struct record_query *query,
                          struct uuid id, int64_t at_ms, struct json_writer *writer)
{
    struct past past;
    struct record record;
    return past_begin(&past, scope, conn, context, query, at_ms) &&
           record_as_of(scope, conn, context, query->object, id, at_ms, &record) &&
           write_members(&past, scope, &record, writer);
}

/* ---- rows and their order ---- */

static int order_of(const struct cell *a, const struct cell *b)
{
    if (a->kind == CELL_INT && b->kind == CELL_INT) {
        return (a->integer > b->integer) - (a->integer < b->integer);
    }
    if (a->kind == CELL_TEXT || a->kind == CELL_BLOB) return str_compare(a->text, b->text);
    double x = a->kind == CELL_INT ? (double)a->integer : a->real;
    double y = b->kind == CELL_INT ? (double)b->integer : b->real;
    return (x > y) - (x < y);
}

/* As the database orders a list: blanks last in either direction, the id at the end. */
static int compare(const struct past *past, const struct cell *a, const struct cell *b)
{
    for (int i = 0; i <= past->query.order_count; i++) {
        bool is_descending = i == past->query.order_count ? past->is_id_descending
                                                          : past->query.orders[i].is_descending;
        bool is_a_null = a[i].kind == CELL_NULL, is_b_null = b[i].kind == CELL_NULL;
        if (is_a_null != is_b_null) return is_a_null ? 1 : -1;
        int order = is_a_null ? 0 : order_of(&a[i], &b[i]);
        if (order != 0) return is_descending ? -order : order;
    }
    return 0;
}

static int compare_rows(const void *a, const void *b)
{
    const struct past_row *left = a, *right = b;
    return compare(left->past, left->keys, right->keys);
}

static void row_add(struct past *past, struct uuid id, const struct cell *keys)
{
    int key_count = past->query.order_count;
    if (past->row_count == past->row_capacity) {
        int capacity = past->row_capacity * 2 + 64;
        struct past_row *rows = scope_new(past->scope, struct past_row, capacity);
        if (past->row_count > 0) {
            memcpy(rows, past->rows, sizeof(*rows) * (size_t)past->row_count);
        }
        past->rows = rows;
        past->row_capacity = capacity;
    }
    struct past_row *row = &past->rows[past->row_count++];
    *row = (struct past_row){ past, id, scope_new(past->scope, struct cell, key_count + 1) };
    for (int i = 0; i < key_count; i++) row->keys[i] = cell_copy(past->scope, &keys[i]);
    row->keys[key_count] = cell_id(past->scope, id);
}

/* ---- those that are as they were ---- */

static bool same_take(struct scope *scope, const struct query_row *row, void *user)
{
    (void)scope;
    row_add(user, row->id, row->cells);
    return true;
}

static bool row_count(struct scope *scope, const struct query_row *row, void *user)
{
    struct past *past = user;
    (void)scope;
    (void)row;
    past->match_count += 1;
    return true;
}

static bool same_load(struct past *past)
{
    struct record_query query = past->query;
    query.past = PAST_SAME;
    query.past_ms = past->at_ms;
    query.limit = past->query.limit + 1;
    query.field_count = query.order_count;
    for (int i = 0; i < query.order_count; i++) {
        query.fields[i] = query.orders[i].path;
        query.field_names[i] = STR("");
    }
    struct record_context then = *past->context;
    then.now_ms = past->at_ms; /* the formulas' clock */
    if (!query_each(past->scope, past->conn, &then, &query, same_take, past)) return false;
    if (past->query.count == COUNT_NONE) return true;
    query.after = STR("");
    query.field_count = 1;
    query.limit = past->query.count == COUNT_CAPPED ? QUERY_COUNT_CAP + 1 : 0;
    return query_each(past->scope, past->conn, &then, &query, row_count, past);
}

/* ---- those that have changed ---- */

struct changed {
    struct uuid ids[QUERY_PAST_COUNT_MAX];
    int count;
    bool is_over;
};

static bool changed_take(struct scope *scope, const struct query_row *row, void *user)
{
    struct changed *changed = user;
    (void)scope;
    changed->is_over = changed->count == QUERY_PAST_COUNT_MAX;
    if (!changed->is_over) changed->ids[changed->count++] = row->id;
    return true;
}

static bool changed_find(struct past *past, struct changed *out)
{
    const struct field *id = object_field(past->query.object, STR("id"));
    struct record_query query = { .object = past->query.object,
                                  .orders = { { .path = { .fields = { id }, .count = 1 } } },
                                  .order_count = 1,
                                  .fields = { { .fields = { id }, .count = 1 } },
                                  .field_names = { STR("") },
                                  .field_count = 1,
                                  .limit = QUERY_PAST_COUNT_MAX + 1,
                                  .action = past->query.action,
                                  .past = PAST_CHANGED,
                                  .past_ms = past->at_ms };
    if (!query_each(past->scope, past->conn, past->context, &query, changed_take, out)) {
        return false;
    }
    if (!out->is_over) return true;
    error_set(past->scope, ERROR_TOO_LARGE, "query.past_too_many", STR("as_of"));
    return error_arg(past->scope, "max",
                     scope_format(past->scope, "%d", QUERY_PAST_COUNT_MAX));
}

/* Was it there, and does it match? Then its keys are added. */
static bool changed_judge(struct past *past, struct scope *scope, struct uuid id)
{
    struct record record;
    struct sql sql;
    struct row row;
    if (!record_as_of(scope, past->conn, past->context, past->query.object, id, past->at_ms,
                      &record)) {
        bool is_absent = scope->error.code == ERROR_NOT_FOUND;
        if (is_absent) scope_error_clear(scope);
        return is_absent;
    }
    sql_begin(&sql, scope);
    for (int i = 0; i < past->query.order_count; i++) {
        sql_put(&sql, i == 0 ? STR("SELECT ") : STR(", "));
        field_path_put(&sql, &past->formulas, &past->query.orders[i].path);
    }
    put_row(&sql, &record);
    if (past->query.where) {
        sql_put(&sql, STR(" WHERE "));
        formula_put_condition(&sql, &past->formulas, past->query.where);
    }
    if (!sql_one(scope, past->conn, &sql, &row)) return false;
    if (row.count == 0) return true;
    past->match_count += 1;
    row_add(past, id, row.cells);
    const struct past_row *added = &past->rows[past->row_count - 1];
    if (past->has_after && compare(past, added->keys, past->after) <= 0) past->row_count -= 1;
    return true;
}

static void error_hand_up(struct scope *to, const struct scope *from)
{
    const struct error_item *item = from->error.first;
    if (from->error.code == ERROR_STORAGE || !item) {
        error_storage(to, scope_copy(to, from->error.detail));
    } else {
        error_set(to, from->error.code, item->key, scope_copy(to, item->field));
    }
}

static bool changed_load(struct past *past)
{
    struct changed *changed = scope_new(past->scope, struct changed, 1);
    if (!changed_find(past, changed)) return false;
    for (int i = 0; i < changed->count; i++) {
        struct scope inner;
        scope_begin(&inner);
        bool ok = changed_judge(past, &inner, changed->ids[i]);
        if (!ok) error_hand_up(past->scope, &inner);
        scope_end(&inner);
        if (!ok) return false;
    }
    return true;
}

/* ---- the list ---- */

static bool write_items(struct past *past, struct json_writer *writer)
{
    json_key(writer, STR("items"));
    json_list_begin(writer);
    for (int i = 0; i < past->row_count && i < past->query.limit; i++) {
        struct scope inner;
        struct record record;
        scope_begin(&inner);
        json_map_begin(writer);
        bool ok = record_as_of(&inner, past->conn, past->context, past->query.object,
                               past->rows[i].id, past->at_ms, &record) &&
                  write_members(past, &inner, &record, writer);
        json_map_end(writer);
        if (!ok) error_hand_up(past->scope, &inner);
        scope_end(&inner);
        if (!ok) return false;
    }
    json_list_end(writer);
    return true;
}

static void write_count(const struct past *past, struct json_writer *writer)
{
    int64_t count = past->match_count;
    if (past->query.count == COUNT_NONE) return;
    if (past->query.count == COUNT_CAPPED) {
        json_member_bool(writer, "count_capped", count > QUERY_COUNT_CAP);
        if (count > QUERY_COUNT_CAP) count = QUERY_COUNT_CAP;
    }
    json_member_int(writer, "count", count);
}

bool query_write_past(struct scope *scope, struct db_conn *conn,
                      const struct record_context *context, const struct record_query *query,
                      int64_t at_ms, struct json_writer *writer)
{
    struct record_query ordered = *query;
    struct past past;
    if (query->order_count == 0 && !query_order_default(scope, context, &ordered)) return false;
    if (!past_begin(&past, scope, conn, context, &ordered, at_ms)) return false;
    int order_count = ordered.order_count;
    past.is_id_descending = ordered.orders[order_count - 1].is_descending;
    past.has_after = query->after.size > 0;
    if ((past.has_after && !query_cursor_read(scope, query->after, past.after, order_count + 1)) ||
        !changed_load(&past) || !same_load(&past)) {
        return false;
    }
    if (past.row_count > 0) {
        qsort(past.rows, (size_t)past.row_count, sizeof(struct past_row), compare_rows);
    }
    if (!write_items(&past, writer)) return false;
    json_key(writer, STR("next"));
    if (past.row_count > query->limit) {
        json_put_str(writer,
                     query_cursor(scope, past.rows[query->limit - 1].keys, order_count + 1));
    } else {
        json_put_null(writer);
    }
    write_count(&past, writer);
    return true;
}
