/*
 * The stage a record stands in. A name may occur in several pipelines: who
 * knows the record's pipeline asks pipeline_stage() instead of reading here.
 */
#include "schema/schema_inner.h"

/* By name or label; of several pipelines that have such a stage, the default one wins. */
static const struct stage *find(const struct schema *schema, const struct field *field,
                                struct str text)
{
    const struct stage *found = NULL;
    for (int i = 0; i < schema->pipeline_count; i++) {
        const struct pipeline *pipeline = &schema->pipelines[i];
        bool is_own = !field->object || !field->object->has_pipeline ||
                      pipeline->object == field->object;
        if (!is_own) continue;
        for (int k = 0; k < pipeline->stage_count; k++) {
            const struct stage *stage = &pipeline->stages[k];
            bool is_it = str_equal(stage->name, text) || str_equal(stage->label.zh, text) ||
                         str_equal_nocase(stage->label.en, text);
            if (!is_it || text.size == 0) continue;
            if (!found || (pipeline->is_default && !found->pipeline->is_default)) found = stage;
            break;
        }
    }
    return found;
}

static bool read_json(struct scope *scope, const struct value_context *context,
                      const struct field *field, const struct json *in, struct cell *out)
{
    if (value_is_blank(in, out)) return true;
    if (in->kind != JSON_KIND_STR) return value_refuse(scope, field, "field.not_text");
    const struct stage *stage = find(context->schema, field, str_trim(in->text));
    if (!stage) return value_refuse_with(scope, field, "field.not_choice", "value", in->text);
    *out = cell_int(stage->id);
    return true;
}

static bool read_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out)
{
    struct json json = tree_text(in);
    return read_json(scope, context, field, &json, out);
}

static void write_json(struct json_writer *writer, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)field;
    const struct stage *stage = schema_stage_by_id(context->schema, in->integer);
    if (stage) {
        json_put_str(writer, stage->name);
    } else {
        json_put_null(writer);
    }
}

static struct str text(struct scope *scope, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)scope, (void)field;
    const struct stage *stage = schema_stage_by_id(context->schema, in->integer);
    return stage ? label_text(stage->label, context->language) : STR("");
}

const struct field_type field_type_stage = {
    .name = "stage",
    .kind = VALUE_STAGE,
    .read = read_json,
    .read_text = read_text,
    .write = write_json,
    .text = text,
};
