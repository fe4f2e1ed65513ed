/* Sums and counts by groups: one SELECT … GROUP BY under the reader's predicate. */
#include "record/query.h"

#include "base/decimal.h"
#include "base/time.h"

/*
 * Pipelines of one object share stage names, and an answer names stages: those of
 * one name are one group, under the id of the first.
 */
static void put_stage(struct sql *sql, const struct formula_context *formulas,
                      const struct field_path *path)
{
    const struct object *object = path->fields[path->count - 1]->object;
    sql_put(sql, STR("CASE "));
    field_path_put(sql, formulas, path);
    sql_put(sql, STR(" WHEN -1 THEN -1")); /* a CASE needs one */
    for (int p = 0; p < object->pipeline_count; p++) {
        for (int s = 0; s < object->pipelines[p]->stage_count; s++) {
            const struct stage *stage = &object->pipelines[p]->stages[s], *first = NULL;
            for (int k = 0; k < p && !first; k++) {
                first = pipeline_stage(object->pipelines[k], stage->name);
            }
            if (first) sql_putf(sql, " WHEN %d THEN %d", stage->id, first->id);
        }
    }
    sql_put(sql, STR(" ELSE "));
    field_path_put(sql, formulas, path);
    sql_put(sql, STR(" END"));
}

static void put_group(struct sql *sql, const struct formula_context *formulas,
                      const struct query_group *group)
{
    if (group->formula) {
        formula_put(sql, formulas, group->formula);
    } else if (group->path.fields[group->path.count - 1]->id == FIELD_STAGE) {
        put_stage(sql, formulas, &group->path);
    } else {
        field_path_put(sql, formulas, &group->path);
    }
}

static void put_condition(struct sql *sql, const struct record_context *context,
                          const struct formula_context *formulas, const struct sum_query *query,
                          const struct access_reach *reach, int branch)
{
    sql_put(sql, STR(" FROM "));
    sql_name(sql, query->object->table);
    sql_put(sql, STR(" AS t WHERE "));
    sql_put(sql, query->object->is_builtin ? STR("1=1") : STR("t.deleted_at IS NULL"));
    sql_put(sql, STR(" AND "));
    if (reach) {
        access_reach_put(sql, reach, branch, STR("t"));
    } else {
        access_put(sql, context->access, context->actor, context->now_ms, query->object,
                   ACTION_READ, STR("t"));
    }
    if (!query->where) return;
    sql_put(sql, STR(" AND "));
    formula_put_condition(sql, formulas, query->where);
}

/* What the text reads of the rows: no other column need be fetched. */
static void put_columns_in(struct sql *sql, const struct object *object, struct str text)
{
    sql_put(sql, STR("SELECT t.id"));
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (field->column.size == 0 || str_is(field->column, "id")) continue;
        struct sql mark;
        sql_begin(&mark, sql->text.scope);
        sql_column(&mark, STR("t"), field->column);
        bool is_read = str_find(text, buf_str(&mark.text)) != SIZE_MAX;
        bool is_plain = str_find(text, scope_format(sql->text.scope, "t.%.*s",
                                                    STR_ARG(field->column))) != SIZE_MAX;
        if (!is_read && !is_plain) continue;
        sql_put(sql, STR(", "));
        sql_column(sql, STR("t"), field->column);
    }
}

/*
 * Where persons tell what is read, the rows come from one index per column and each of
 * them from an index alone, when one holds all that is summed; with OR between the
 * columns the database would go through all rows in the order of the group.
 */
static void put_rows(struct sql *sql, const struct record_context *context,
                     const struct formula_context *formulas, const struct sum_query *query,
                     struct str text)
{
    struct access_reach reach;
    if (!access_reach(context->access, context->actor, query->object, &reach)) {
        put_condition(sql, context, formulas, query, NULL, 0);
        return;
    }
    for (int i = 0; i < access_reach_count(&reach); i++) {
        sql_put(sql, i == 0 ? STR(" FROM (") : STR(" UNION ALL "));
        put_columns_in(sql, query->object, text);
        put_condition(sql, context, formulas, query, &reach, i);
    }
    sql_put(sql, STR(") AS t"));
}

static void put_sum(struct sql *sql, const struct record_context *context,
                    const struct formula_context *formulas, const struct sum_query *query)
{
    const char *separator = "SELECT ";
    for (int i = 0; i < query->group_count; i++, separator = ", ") {
        sql_put(sql, str_of(separator));
        put_group(sql, formulas, &query->groups[i]);
    }
    for (int i = 0; i < query->value_count; i++, separator = ", ") {
        sql_put(sql, str_of(separator));
        formula_put(sql, formulas, query->values[i].formula);
    }
    put_rows(sql, context, formulas, query, scope_copy(sql->text.scope, buf_str(&sql->text)));
    for (int i = 0; i < query->group_count; i++) {
        sql_putf(sql, "%s%d", i == 0 ? " GROUP BY " : ", ", i + 1);
    }
    if (query->order_column > 0) {
        sql_putf(sql, " ORDER BY %d%s NULLS LAST", query->order_column,
                 query->is_descending ? " DESC" : " ASC");
    }
    for (int i = 0; i < query->group_count; i++) {
        sql_putf(sql, "%s%d", i == 0 && query->order_column == 0 ? " ORDER BY " : ", ", i + 1);
    }
    sql_put(sql, STR(" LIMIT "));
    sql_int(sql, query->limit);
}

static void write_number(struct json_writer *writer, const struct formula_type *type,
                         int64_t units)
{
    struct buf text;
    buf_begin(&text, writer->out->scope, 64);
    int64_t rounded = units;
    if (type->is_money) {
        if (decimal_rescale(units, type->scale, 2, &rounded)) {
            decimal_put(&text, rounded, 2);
            json_put_str(writer, buf_str(&text));
        } else {
            json_put_null(writer);
        }
        return;
    }
    decimal_put(&text, units, type->scale);
    json_put_raw(writer, buf_str(&text));
}

static void write_exact(struct json_writer *writer, const struct schema *schema,
                        const struct formula_type *type, const struct cell *cell)
{
    struct buf text;
    buf_begin(&text, writer->out->scope, 64);
    struct choice *choice = NULL;
    struct stage *stage = NULL;
    struct pipeline *pipeline = NULL;
    struct object *object = NULL;
    switch (type->kind) {
    case FORMULA_BOOLEAN: json_put_bool(writer, cell->integer != 0); return;
    case FORMULA_NUMBER: write_number(writer, type, cell->integer); return;
    case FORMULA_DATE:
        time_put_date(&text, cell->integer);
        json_put_str(writer, buf_str(&text));
        return;
    case FORMULA_DATETIME: json_put_time(writer, cell->integer); return;
    case FORMULA_DURATION: json_put_int(writer, cell->integer); return;
    case FORMULA_CHOICE:
        choice = field_choice_by_id(type->field, cell->integer);
        json_put_str(writer, choice ? choice->name : STR(""));
        return;
    case FORMULA_STAGE:
        stage = schema_stage_by_id(schema, cell->integer);
        json_put_str(writer, stage ? stage->name : STR(""));
        return;
    case FORMULA_PIPELINE:
        pipeline = schema_pipeline_by_id(schema, cell->integer);
        json_put_str(writer, pipeline ? pipeline->name : STR(""));
        return;
    case FORMULA_OBJECT:
        object = schema_object_by_id(schema, cell->integer);
        json_put_str(writer, object ? object->name : STR(""));
        return;
    default: json_put_int(writer, cell->integer); return;
    }
}

void query_write_value(struct json_writer *writer, const struct schema *schema,
                       const struct formula_type *type, const struct cell *cell)
{
    struct buf text;
    switch (cell->kind) {
    case CELL_NULL: json_put_null(writer); return;
    case CELL_REAL: json_put_real(writer, cell->real); return;
    case CELL_TEXT: json_put_str(writer, cell->text); return;
    case CELL_INTS:
    case CELL_BLOB:
        buf_begin(&text, writer->out->scope, 64);
        uuid_put(&text, cell_uuid(cell));
        json_put_str(writer, buf_str(&text));
        return;
    case CELL_INT: write_exact(writer, schema, type, cell); return;
    }
}

static void write_sum_row(struct json_writer *writer, const struct value_context *values,
                          const struct sum_query *query, const struct db_cursor *cursor)
{
    json_map_begin(writer);
    for (int i = 0; i < query->group_count; i++) {
        const struct query_group *group = &query->groups[i];
        struct cell cell = db_cell(cursor, i);
        json_key(writer, group->name);
        if (group->formula) {
            query_write_value(writer, values->schema, &group->formula->type, &cell);
        } else {
            field_write(writer, values, group->path.fields[group->path.count - 1], &cell);
        }
    }
    for (int i = 0; i < query->value_count; i++) {
        struct cell cell = db_cell(cursor, query->group_count + i);
        json_key(writer, query->values[i].name);
        query_write_value(writer, values->schema, &query->values[i].formula->type, &cell);
    }
    json_map_end(writer);
}

bool sum_write(struct scope *scope, struct db_conn *conn, const struct record_context *context,
               const struct sum_query *query, struct json_writer *writer)
{
    struct access_reader reader;
    access_reader_begin(&reader, context->access, context->actor, context->now_ms);
    struct formula_context formulas = access_formula_context(
        context->access, context->actor, &reader, STR("t"), context->now_ms);
    struct value_context values = { context->access->schema, context->actor->language,
                                    context->now_ms };
    struct sql sql;
    sql_begin(&sql, scope);
    put_sum(&sql, context, &formulas, query);
    struct db_cursor *cursor = NULL;
    if (!sql_query(scope, conn, &sql, &cursor)) return false;
    json_key(writer, STR("rows"));
    json_list_begin(writer);
    bool has_row = false;
    while (db_next(scope, cursor, &has_row) && has_row) {
        write_sum_row(writer, &values, query, cursor);
    }
    db_cursor_end(cursor);
    json_list_end(writer);
    return !error_is_set(scope);
}

bool query_formula(struct scope *scope, struct db_conn *conn,
                   const struct record_context *context, const struct formula *formula,
                   struct uuid id, bool *is_found, struct cell *out)
{
    struct access_reader reader;
    access_reader_begin(&reader, context->access, context->actor, context->now_ms);
    struct formula_context formulas = access_formula_context(
        context->access, context->actor, &reader, STR("t"), context->now_ms);
    struct sql sql;
    struct row row;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT "));
    formula_put(&sql, &formulas, formula);
    sql_put(&sql, STR(" FROM "));
    sql_name(&sql, formula->object->table);
    sql_put(&sql, STR(" AS t WHERE t.id = "));
    sql_id(&sql, id);
    if (!formula->object->is_builtin) sql_put(&sql, STR(" AND t.deleted_at IS NULL"));
    sql_put(&sql, STR(" AND "));
    access_put(&sql, context->access, context->actor, context->now_ms, formula->object,
               ACTION_READ, STR("t"));
    if (!sql_one(scope, conn, &sql, &row)) return false;
    *is_found = row.count > 0;
    if (*is_found) *out = row.cells[0];
    return true;
}
