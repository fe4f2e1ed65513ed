/*
 * Many new records of one object in a few statements: numbers are taken for all at once, what
 * a default does not need the row for is computed once, rows and their history go in with some
 * tens per statement. Each statement that the database may have to take back alone costs it a
 * savepoint that walks over what the transaction has written, so that rows put in one by one
 * cost the more the more of them there are.
 */
#include "record/inner.h"

enum { STATEMENT_ROW_COUNT = 125, STATEMENT_ARG_COUNT_MAX = 20000 };

static bool is_default_due(const struct field *field, const struct record *record)
{
    return field->column.size > 0 && field->default_value &&
           record->cells[field->index].kind == CELL_NULL;
}

static bool is_any_due(const struct field *field, const struct record *records, int count)
{
    for (int i = 0; i < count; i++) {
        if (is_default_due(field, &records[i])) return true;
    }
    return false;
}

/* ---- defaults that are the same for every row ---- */

/* The default's text over a row called alias; false: it does not look at the row. */
static bool default_put(struct sql *sql, const struct record_context *context,
                        const struct field *field, struct str alias)
{
    struct formula_context formulas =
        access_formula_context(context->access, context->actor, NULL, alias, context->now_ms);
    formulas.is_new = true;
    size_t start = sql->text.size;
    formula_put(sql, &formulas, field->default_value);
    struct str made = str_slice(buf_str(&sql->text), start, sql->text.size);
    return str_find(made, alias) != SIZE_MAX;
}

/*
 * Is the default the same for every row, and does no other one that looks at the row look at
 * this field? (It would have to see it blank, as it was given.)
 */
static bool is_constant(struct scope *scope, const struct record_context *context,
                        const struct record *records, int count, const struct field *field)
{
    static const struct str alias = STR_INIT("row_as_given");
    struct sql sql, column;
    sql_begin(&sql, scope);
    sql_begin(&column, scope);
    sql_column(&column, alias, field->column);
    if (default_put(&sql, context, field, alias)) return false;
    for (int i = 0; i < field->object->field_count; i++) {
        const struct field *other = &field->object->fields[i];
        if (other == field || !is_any_due(other, records, count)) continue;
        default_put(&sql, context, other, alias);
    }
    return str_find(buf_str(&sql.text), buf_str(&column.text)) == SIZE_MAX;
}

static bool constants_fill(struct scope *scope, struct db_conn *conn,
                           const struct record_context *context, struct record *records,
                           int count)
{
    const struct object *object = records[0].object;
    const struct field **fields = scope_new(scope, const struct field *, object->field_count);
    int field_count = 0;
    struct sql sql;
    struct row row;
    sql_begin(&sql, scope);
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (!is_any_due(field, records, count) ||
            !is_constant(scope, context, records, count, field)) {
            continue;
        }
        sql_put(&sql, field_count == 0 ? STR("SELECT ") : STR(", "));
        default_put(&sql, context, field, STR("t"));
        fields[field_count++] = field;
    }
    if (field_count == 0) return true;
    if (!sql_one(scope, conn, &sql, &row)) return false;
    for (int i = 0; i < count; i++) {
        for (int f = 0; f < field_count; f++) {
            if (!is_default_due(fields[f], &records[i])) continue;
            records[i].cells[fields[f]->index] = row.cells[f];
        }
    }
    return true;
}

/* ---- defaults that look at the row ---- */

/*
 * After the rows are in, in one statement, so that each sees the row as it was given. The old
 * values on the right side of SET are those before the statement.
 */
static bool defaults_fill(struct scope *scope, struct db_conn *conn,
                          const struct record_context *context, const struct record *records,
                          int count)
{
    const struct object *object = records[0].object;
    struct sql sql, alias;
    const char *separator = " SET ";
    sql_begin(&alias, scope);
    sql_name(&alias, object->table);
    sql_begin(&sql, scope);
    sql_put(&sql, STR("UPDATE "));
    sql_name(&sql, object->table);
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (!is_any_due(field, records, count)) continue;
        sql_put(&sql, str_of(separator));
        separator = ", ";
        sql_name(&sql, field->column);
        sql_put(&sql, STR(" = COALESCE("));
        sql_column(&sql, buf_str(&alias.text), field->column);
        sql_put(&sql, STR(", "));
        default_put(&sql, context, field, buf_str(&alias.text));
        sql_put(&sql, STR(")"));
    }
    if (separator[0] == ' ') return true;
    const char *comma = " WHERE id IN (";
    for (int i = 0; i < count; i++) {
        bool is_due = false;
        for (int f = 0; f < object->field_count && !is_due; f++) {
            is_due = is_default_due(&object->fields[f], &records[i]);
        }
        if (!is_due) continue;
        sql_put(&sql, str_of(comma));
        comma = ", ";
        sql_id(&sql, records[i].id);
    }
    sql_put(&sql, STR(")"));
    return sql_exec(scope, conn, &sql);
}

/* ---- rows ---- */

static bool numbers_fill(struct scope *scope, struct db_conn *conn,
                         const struct record_context *context, struct record *records, int count)
{
    const struct object *object = records[0].object;
    struct cell **cells = scope_new(scope, struct cell *, count);
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (field->pattern.size == 0) continue;
        for (int r = 0; r < count; r++) cells[r] = &records[r].cells[i];
        if (!auto_numbers_fill(scope, conn, context->access->schema, object, field,
                               context->now_ms, cells, count)) {
            return false;
        }
    }
    return true;
}

static void put_row(struct sql *sql, const struct record *record)
{
    const char *separator = "(";
    for (int i = 0; i < record->object->field_count; i++) {
        if (record->object->fields[i].column.size == 0) continue;
        sql_put(sql, str_of(separator));
        separator = ", ";
        sql_value(sql, record->cells[i]);
    }
    sql_put(sql, STR(")"));
}

static bool rows_insert(struct scope *scope, struct db_conn *conn, const struct record *records,
                        int count)
{
    const struct object *object = records[0].object;
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("INSERT INTO "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" ("));
    record_put_columns(&sql, object, STR(""));
    sql_put(&sql, STR(") VALUES "));
    for (int i = 0; i < count; i++) {
        if (i > 0) sql_put(&sql, STR(", "));
        put_row(&sql, &records[i]);
    }
    return sql_exec(scope, conn, &sql);
}

static bool created_insert(struct scope *scope, struct db_conn *conn,
                           const struct record_context *context, const struct record *records,
                           int count)
{
    struct cell by = actor_cell(scope, context->actor);
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("INSERT INTO change (object, record, version, field, old, new, at, \"by\", "
                      "via) VALUES "));
    for (int i = 0; i < count; i++) {
        sql_put(&sql, i == 0 ? STR("(") : STR(", ("));
        sql_int(&sql, records[i].object->id);
        sql_put(&sql, STR(", "));
        sql_id(&sql, records[i].id);
        sql_putf(&sql, ", 1, %d, NULL, NULL, ", CHANGE_CREATED);
        sql_int(&sql, context->now_ms);
        sql_put(&sql, STR(", "));
        sql_value(&sql, by);
        sql_put(&sql, STR(", "));
        sql_text(&sql, str_of(context->via));
        sql_put(&sql, STR(")"));
    }
    return sql_exec(scope, conn, &sql);
}

/* How many rows of so many values a statement takes; the same every time, so that it is cached. */
static int rows_per_statement(int column_count)
{
    int fitting = STATEMENT_ARG_COUNT_MAX / (column_count + 1);
    if (fitting < 1) return 1;
    return fitting < STATEMENT_ROW_COUNT ? fitting : STATEMENT_ROW_COUNT;
}

bool records_insert(struct scope *scope, struct db_conn *conn,
                    const struct record_context *context, struct record *records, int count)
{
    if (count == 0) return true;
    for (int i = 0; i < count; i++) record_fill_system(scope, context, &records[i]);
    if (!numbers_fill(scope, conn, context, records, count) ||
        !constants_fill(scope, conn, context, records, count)) {
        return false;
    }
    int step = rows_per_statement(records[0].object->field_count);
    for (int at = 0; at < count; at += step) {
        int rest = count - at < step ? count - at : step;
        if (!rows_insert(scope, conn, records + at, rest) ||
            !created_insert(scope, conn, context, records + at, rest)) {
            return false;
        }
    }
    return links_insert(scope, conn, records, count) &&
           defaults_fill(scope, conn, context, records, count);
}

/* ---- stays ---- */

static void put_stay(struct sql *sql, struct scope *scope, const struct record_context *context,
                     const struct object *object, const struct stay *stay)
{
    const struct cell values[] = {
        cell_id(scope, uuid_make(context->now_ms)),
        cell_int(object->id),
        cell_id(scope, stay->record),
        cell_int(stay->to->pipeline->id),
        cell_int(stay->to->id),
        cell_int(stay->at_ms),
        stay->left_at,
        stay->from ? cell_int(stay->from->id) : cell_null(),
        uuid_is_nil(stay->by) ? actor_cell(scope, context->actor) : cell_id(scope, stay->by),
        stay->owner,
        cell_int(stage_move_kind(stay->from, stay->to)),
        stay->reason.size > 0 ? cell_text(stay->reason) : cell_null(),
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        sql_put(sql, i == 0 ? STR("(") : STR(", "));
        sql_value(sql, values[i]);
    }
    sql_put(sql, STR(")"));
}

bool stays_insert(struct scope *scope, struct db_conn *conn, const struct record_context *context,
                  const struct object *object, const struct stay *stays, int count)
{
    for (int at = 0; at < count; at += STATEMENT_ROW_COUNT) {
        struct sql sql;
        sql_begin(&sql, scope);
        sql_put(&sql, STR("INSERT INTO stage_stay (id, object, record, pipeline, stage, "
                          "entered_at, left_at, entered_from, \"by\", owner, move, reason) "
                          "VALUES "));
        for (int i = at; i < count && i < at + STATEMENT_ROW_COUNT; i++) {
            if (i > at) sql_put(&sql, STR(", "));
            put_stay(&sql, scope, context, object, &stays[i]);
        }
        if (!sql_exec(scope, conn, &sql)) return false;
    }
    return true;
}
