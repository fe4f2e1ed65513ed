/*
 * One of a list. The column keeps the choice's id, so that a choice can be
 * renamed; a choice taken off the list still shows where it was chosen.
 */
#include "schema/schema_inner.h"

static bool choose(struct scope *scope, const struct field *field, struct str text,
                   struct cell *out)
{
    const struct choice *choice = field_choice(field, str_trim(text));
    if (!choice || choice->is_hidden) {
        return value_refuse_with(scope, field, "field.not_choice", "value", text);
    }
    *out = cell_int(choice->id);
    return true;
}

static bool read_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out)
{
    (void)context;
    *out = cell_null();
    if (str_trim(in).size == 0) return true;
    return choose(scope, field, in, out);
}

static void write_json(struct json_writer *writer, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)context;
    const struct choice *choice = field_choice_by_id(field, in->integer);
    if (choice) {
        json_put_str(writer, choice->name);
    } else {
        json_put_null(writer);
    }
}

static struct str text(struct scope *scope, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)scope;
    const struct choice *choice = field_choice_by_id(field, in->integer);
    return choice ? label_text(choice->label, context->language) : STR("");
}

const struct field_type field_type_choice = {
    .name = "choice",
    .kind = VALUE_CHOICE,
    .is_creatable = true,
    .read = value_read,
    .read_text = read_text,
    .write = write_json,
    .text = text,
    .define = define_choices,
};
