/*
 * The list of field types, and what can be done with any field by asking its
 * type. A formula field is its result's type with a value it does not keep.
 *
 * To add a type: field_<name>.c, a line in each of the two lists here, the rows
 * of its sentences in base/message.c. Nothing else changes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "schema/schema_inner.h"

extern const struct field_type field_type_text, field_type_long_text, field_type_integer,
    field_type_number, field_type_money, field_type_percent, field_type_boolean, field_type_date,
    field_type_datetime, field_type_choice, field_type_person, field_type_team,
    field_type_reference, field_type_file, field_type_phone, field_type_mail, field_type_region,
    field_type_auto_number, field_type_formula, field_type_stage, field_type_pipeline,
    field_type_object, field_type_field, field_type_json, field_type_id,
    field_type_localized, field_type_lookup, field_type_rollup, field_type_multi_choice,
    field_type_duration, field_type_url, field_type_rich_text, field_type_geo, field_type_barcode,
    field_type_signature, field_type_many_to_many,
    field_type_sub_table;

const struct field_type *const field_types[] = {
    &field_type_text,      &field_type_long_text, &field_type_integer,     &field_type_number,
    &field_type_money,     &field_type_percent,   &field_type_boolean,     &field_type_date,
    &field_type_datetime,  &field_type_choice,    &field_type_person,      &field_type_team,
    &field_type_reference, &field_type_file,      &field_type_phone,       &field_type_mail,
    &field_type_region,    &field_type_auto_number, &field_type_formula,   &field_type_stage,
    &field_type_pipeline,  &field_type_object,    &field_type_field,       &field_type_json,
    &field_type_id,        &field_type_localized, &field_type_lookup,      &field_type_rollup,
    &field_type_multi_choice, &field_type_duration, &field_type_url,       &field_type_rich_text,
    &field_type_geo,       &field_type_barcode,   &field_type_signature, &field_type_many_to_many,
    &field_type_sub_table,
};

const int field_type_count = sizeof(field_types) / sizeof(field_types[0]);

const struct field_type *field_type_find(struct str name)
{
    for (int i = 0; i < field_type_count; i++) {
        if (str_is(name, field_types[i]->name)) return field_types[i];
    }
    return NULL;
}

/* The type that knows the value: of a computed field, the result's. */
static const struct field_type *value_type(const struct field *field)
{
    if (!field->type->is_computed) return field->type;
    return field->result_type ? field->result_type : &field_type_text;
}

enum value_kind field_kind(const struct field *field)
{
    return value_type(field)->kind;
}

bool field_is_file(const struct field *field)
{
    return field->type == &field_type_file || field->type == &field_type_signature;
}

void field_write(struct json_writer *writer, const struct value_context *context,
                 const struct field *field, const struct cell *in)
{
    if (in->kind == CELL_NULL && field_kind(field) != VALUE_LINKS) {
        json_put_null(writer);
    } else if (in->kind == CELL_REAL) {
        json_put_real(writer, in->real);
    } else {
        value_type(field)->write(writer, context, field, in);
    }
}

bool field_read(struct scope *scope, const struct value_context *context,
                const struct field *field, const struct json *in, struct cell *out)
{
    return field->type->read(scope, context, field, in, out);
}

struct str field_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, const struct cell *in)
{
    if (in->kind == CELL_NULL) return STR("");
    if (in->kind == CELL_REAL) return scope_format(scope, "%.10g", in->real);
    return value_type(field)->text(scope, context, field, in);
}

struct str field_store_text(struct scope *scope, const struct field *field, const struct cell *in)
{
    (void)field;
    switch (in->kind) {
    case CELL_INT: return scope_format(scope, "%lld", (long long)in->integer);
    case CELL_REAL: return scope_format(scope, "%.17g", in->real);
    case CELL_TEXT: return scope_copy(scope, in->text);
    case CELL_INTS:
    case CELL_BLOB: return uuid_format(scope, cell_uuid(in));
    case CELL_NULL: break;
    }
    return STR("");
}

bool field_load_text(struct scope *scope, const struct field *field, struct str text,
                     struct cell *out)
{
    *out = cell_null();
    if (text.size == 0) return true;
    enum value_kind kind = field_kind(field);
    bool is_text = kind == VALUE_TEXT || kind == VALUE_JSON || kind == VALUE_CHOICES ||
                   kind == VALUE_LINKS;
    if (is_text) {
        *out = cell_text(scope_copy(scope, text));
        return true;
    }
    if (kind == VALUE_ID) {
        struct uuid id;
        if (!uuid_parse(text, &id)) return value_refuse(scope, field, "field.not_id");
        *out = cell_id(scope, id);
        return true;
    }
    int64_t integer;
    if (kind != VALUE_REAL && str_to_int64(text, &integer)) {
        *out = cell_int(integer);
        return true;
    }
    struct str copy = scope_copy(scope, text);
    char *end = NULL;
    double real = strtod(copy.data, &end);
    if (*end != 0) return value_refuse(scope, field, "field.not_number");
    *out = cell_real(real);
    return true;
}

void field_write_kept(struct scope *scope, struct json_writer *writer,
                      const struct value_context *context, const struct field *field,
                      const struct cell *kept)
{
    struct cell cell = cell_null();
    if (kept && kept->kind == CELL_TEXT && !field_load_text(scope, field, kept->text, &cell)) {
        scope_error_clear(scope);
        cell = cell_null();
    }
    field_write(writer, context, field, &cell);
}
