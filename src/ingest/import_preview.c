/* What a file holds, told to the person who is about to import it. */
#include "ingest/import_guess.h"

struct telling {
    const struct engine_context *context;
    const struct seen *seen;
    struct json_writer *writer;
    struct scope *scope;
};

static void warn(const struct telling *t, const char *key, struct str column, struct str field,
                 int64_t count)
{
    struct error_arg args[] = {
        { "column", column },
        { "field", field },
        { "count", scope_format(t->scope, "%lld", (long long)count) },
    };
    json_map_begin(t->writer);
    json_member_str(t->writer, "code", message_code(key));
    json_member_str(t->writer, "column", column);
    json_member_str(t->writer, "message",
                    message_text(t->scope, t->context->actor.language, key, args, 3));
    json_map_end(t->writer);
}

static void values_put(const struct telling *t, const struct seen_column *column)
{
    bool is_many = column->guess.is_distinct_over ||
                   column->guess.distinct_count > GUESS_VALUE_COUNT_MAX;
    if (!column->values || (is_many && !column->has_field)) return;
    json_key(t->writer, STR("values"));
    json_map_begin(t->writer);
    json_key(t->writer, STR("distinct"));
    json_list_begin(t->writer);
    for (int i = 0; i < column->value_count; i++) {
        const struct seen_value *value = &column->values[i];
        json_map_begin(t->writer);
        json_member_str(t->writer, "value", value->text);
        json_member_int(t->writer, "count", value->count);
        if (value->to.size > 0) {
            json_member_str(t->writer, "to", value->to);
        } else {
            json_member_null(t->writer, "to");
        }
        json_map_end(t->writer);
    }
    json_list_end(t->writer);
    json_member_bool(t->writer, "more", is_many);
    json_map_end(t->writer);
}

static void column_put(const struct telling *t, const struct seen_column *column)
{
    json_map_begin(t->writer);
    json_member_str(t->writer, "name", column->name);
    json_member_str(t->writer, "type", str_of(ingest_type_name(column->guess.type)));
    json_member_int(t->writer, "blank", column->guess.blank_count);
    json_key(t->writer, STR("samples"));
    json_list_begin(t->writer);
    for (int i = 0; i < column->sample_count; i++) json_put_str(t->writer, column->samples[i]);
    json_list_end(t->writer);
    if (column->has_field) {
        json_member_str(t->writer, "field", column->target.name);
        json_member_int(t->writer, "score", column->score);
    } else {
        json_member_null(t->writer, "field");
    }
    bool is_date = column->guess.type == INGEST_TYPE_DATE ||
                   column->guess.type == INGEST_TYPE_MOMENT;
    if (is_date) {
        static const char *const orders[] = { "ymd", "dmy", "mdy" };
        json_member_str(t->writer, "date_order", str_of(orders[column->guess.format.order]));
    }
    values_put(t, column);
    json_map_end(t->writer);
}

static void warnings_put(const struct telling *t)
{
    json_key(t->writer, STR("warnings"));
    json_list_begin(t->writer);
    for (int i = 0; i < t->seen->header.count; i++) {
        const struct seen_column *column = &t->seen->columns[i];
        const struct ingest_guess *guess = &column->guess;
        if (guess->is_ambiguous) warn(t, "import.date_ambiguous", column->name, STR(""), 0);
        if (guess->misfit_count > 0) {
            warn(t, "import.misfits", column->name, STR(""), guess->misfit_count);
        }
        const struct field *field = column->has_field ? column->target.field : NULL;
        if (field && field->is_required && guess->blank_count > 0) {
            warn(t, "import.blanks", column->name,
                 label_text(field->label, t->context->actor.language), guess->blank_count);
        }
    }
    for (int f = 0; f < t->seen->object->field_count; f++) {
        const struct field *field = &t->seen->object->fields[f];
        bool is_mapped = false;
        for (int i = 0; i < t->seen->header.count; i++) {
            is_mapped = is_mapped || (t->seen->columns[i].has_field &&
                                      t->seen->columns[i].target.field == field);
        }
        if (is_mapped || !field->is_required || field->is_system || field->default_value) continue;
        warn(t, "import.required_unmapped", STR(""),
             label_text(field->label, t->context->actor.language), 0);
    }
    json_list_end(t->writer);
}

bool import_preview(struct scope *scope, struct db_conn *conn,
                    const struct engine_context *context, const char *path, struct str object,
                    enum import_kind kind, struct json_writer *writer)
{
    struct seen seen = { .object = schema_object(context->snapshot->schema, object) };
    struct ingest_table *table;
    struct resolvers *resolvers = scope_new(scope, struct resolvers, 1);
    if (!seen.object) {
        error_set(scope, ERROR_NOT_FOUND, "import.object_unknown", STR("object"));
        return error_arg(scope, "name", object);
    }
    if (!access_check(scope, context->snapshot->access, &context->actor, seen.object,
                      ACTION_IMPORT) ||
        !ingest_open_file(scope, path, NULL, &table) || !seen_read(scope, table, &seen)) {
        return false;
    }
    resolvers_begin(resolvers);
    bool ok = seen_guess(scope, conn, context, resolvers, kind, &seen);
    if (ok) {
        struct telling telling = { context, &seen, writer, scope };
        json_member_int(writer, "rows", seen.rows);
        json_key(writer, STR("columns"));
        json_list_begin(writer);
        for (int i = 0; i < seen.header.count; i++) column_put(&telling, &seen.columns[i]);
        json_list_end(writer);
        warnings_put(&telling);
    }
    resolvers_end(resolvers);
    return ok;
}
