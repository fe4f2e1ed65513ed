/*
 * Is a piece of configuration in use, so that taking it away would take data out of
 * sight? Asked before something that a pack dropped goes.
 */
#include "engine/pack_inner.h"

/* "SELECT 1 FROM table WHERE …": has it a row? */
static bool has_row(struct scope *scope, struct db_conn *conn, struct sql *sql, bool *out)
{
    struct row row;
    sql_put(sql, STR(" LIMIT 1"));
    if (!sql_is_ok(scope, sql) || !sql_one(scope, conn, sql, &row)) return false;
    *out = row.count > 0;
    return true;
}

static void select_from(struct sql *sql, struct scope *scope, const struct object *object)
{
    sql_begin(sql, scope);
    sql_put(sql, STR("SELECT 1 FROM "));
    sql_name(sql, object->table);
}

static bool object_use(struct scope *scope, struct db_conn *conn, const struct object *object,
                       bool *out)
{
    struct sql sql;
    select_from(&sql, scope, object);
    return has_row(scope, conn, &sql, out);
}

/* Deleted records count, too: they may come back. */
static bool field_use(struct scope *scope, struct db_conn *conn, const struct field *field,
                      bool *out)
{
    struct sql sql;
    *out = false;
    if (field->formula_source.size > 0) return true;
    *out = field->column.size == 0; /* kept elsewhere: not looked for, so taken to be there */
    if (*out) return true;
    select_from(&sql, scope, field->object);
    sql_put(&sql, STR(" WHERE "));
    sql_name(&sql, field->column);
    sql_put(&sql, STR(" IS NOT NULL"));
    return has_row(scope, conn, &sql, out);
}

static bool column_use(struct scope *scope, struct db_conn *conn, const struct field *field,
                       int64_t value, bool *out)
{
    struct sql sql;
    if (!field || field->column.size == 0) return true;
    select_from(&sql, scope, field->object);
    sql_put(&sql, STR(" WHERE "));
    sql_name(&sql, field->column);
    sql_put(&sql, STR(" = "));
    sql_int(&sql, value);
    return has_row(scope, conn, &sql, out);
}

/* Does a record name it as its choice (a person's role)? */
static bool config_use(struct scope *scope, const struct use_question *q, bool *out)
{
    const struct config *config = schema_config(q->schema, q->kind, q->name);
    for (int o = 0; config && o < q->schema->object_count; o++) {
        const struct object *object = &q->schema->objects[o];
        for (int i = 0; i < object->field_count && !*out; i++) {
            if (!str_equal(object->fields[i].choices_from, q->kind)) continue;
            if (!column_use(scope, q->conn, &object->fields[i], config->id, out)) return false;
        }
    }
    return true;
}

/* "fields.amount" -> "amount"; empty when the path is another or goes deeper. */
static struct str below(struct str path, struct str list)
{
    if (!str_starts_with(path, list)) return STR("");
    struct str name = str_slice(path, list.size, path.size);
    return str_find(name, STR(".")) == SIZE_MAX ? name : STR("");
}

bool pack_use(struct scope *scope, const struct use_question *q, bool *is_used)
{
    *is_used = false;
    if (str_is(q->kind, "object")) {
        const struct object *object = schema_object(q->schema, q->name);
        if (!object) return true;
        if (q->path.size == 0) return object_use(scope, q->conn, object, is_used);
        const struct field *field = object_field(object, below(q->path, STR("fields.")));
        return !field || field_use(scope, q->conn, field, is_used);
    }
    if (str_is(q->kind, "pipeline")) {
        const struct pipeline *pipeline = schema_pipeline(q->schema, q->name);
        if (!pipeline) return true;
        if (q->path.size == 0) {
            return column_use(scope, q->conn, pipeline->object->pipeline, pipeline->id, is_used);
        }
        const struct stage *stage = pipeline_stage(pipeline, below(q->path, STR("stages.")));
        return !stage || column_use(scope, q->conn, pipeline->object->stage, stage->id, is_used);
    }
    return q->path.size > 0 || config_use(scope, q, is_used);
}
