/* The pipeline a record runs in. Kept by the engine in objects that have pipelines. */
#include "schema/schema_inner.h"

static const struct pipeline *find(const struct schema *schema, const struct field *field,
                                   struct str text)
{
    (void)field;
    const struct pipeline *pipeline = schema_pipeline(schema, text);
    for (int i = 0; !pipeline && i < schema->pipeline_count; i++) {
        struct label label = schema->pipelines[i].label;
        if (text.size > 0 && (str_equal(label.zh, text) || str_equal(label.en, text))) {
            pipeline = &schema->pipelines[i];
        }
    }
    return pipeline;
}

static bool read_json(struct scope *scope, const struct value_context *context,
                      const struct field *field, const struct json *in, struct cell *out)
{
    if (value_is_blank(in, out)) return true;
    if (in->kind != JSON_KIND_STR) return value_refuse(scope, field, "field.not_text");
    const struct pipeline *pipeline = find(context->schema, field, str_trim(in->text));
    if (!pipeline) return value_refuse_with(scope, field, "field.not_choice", "value", in->text);
    *out = cell_int(pipeline->id);
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
    const struct pipeline *pipeline = schema_pipeline_by_id(context->schema, in->integer);
    if (pipeline) {
        json_put_str(writer, pipeline->name);
    } else {
        json_put_null(writer);
    }
}

static struct str text(struct scope *scope, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)scope, (void)field;
    const struct pipeline *pipeline = schema_pipeline_by_id(context->schema, in->integer);
    return pipeline ? label_text(pipeline->label, context->language) : STR("");
}

const struct field_type field_type_pipeline = {
    .name = "pipeline",
    .kind = VALUE_PIPELINE,
    .read = read_json,
    .read_text = read_text,
    .write = write_json,
    .text = text,
};
