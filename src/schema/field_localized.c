/*
 * A sentence the engine has written in every language, {"zh","en"} as stored (a
 * task's title, a message): each reader gets their own. Only for the engine's
 * objects; what is no such map is taken as it is.
 */
#include "schema/schema_inner.h"

static struct str in_language(struct scope *scope, const struct value_context *context,
                              struct str stored)
{
    struct scope reading;
    struct json both;
    struct str text = stored;
    scope_begin(&reading);
    if (json_read(&reading, stored, &both) && both.kind == JSON_KIND_MAP) {
        struct label label = { json_text(&both, "zh"), json_text(&both, "en") };
        text = label_text(label, context->language);
    }
    text = scope_copy(scope, text);
    scope_end(&reading);
    return text;
}

static void write_json(struct json_writer *writer, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)field;
    json_put_str(writer, in_language(writer->out->scope, context, in->text));
}

static struct str text(struct scope *scope, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)field;
    return in_language(scope, context, in->text);
}

static bool define(struct scope *scope, const struct json *definition, struct field *field)
{
    return define_size(scope, definition, field, LONG_TEXT_SIZE_DEFAULT, LONG_TEXT_SIZE_MAX);
}

const struct field_type field_type_localized = {
    .name = "localized",
    .kind = VALUE_TEXT,
    .read = value_read,
    .read_text = value_read_text,
    .write = write_json,
    .text = text,
    .define = define,
};
