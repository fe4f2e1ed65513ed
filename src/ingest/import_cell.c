/* One cell of the file as a value of its field. */
#include "base/decimal.h"
#include "ingest/import_inner.h"

enum { IMPORT_CHOICES_SIZE_MAX = 64 * 1024 };

struct str value_mapped(const struct import_options *options, const struct target *target,
                        struct str text)
{
    struct str trimmed = str_trim(text);
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < options->value_count; i++) {
            const struct import_value *value = &options->values[i];
            bool is_meant = str_equal(value->field, target->name) ||
                            (target->field && str_equal(value->field, target->field->name));
            bool is_same = pass == 0 ? str_equal(str_trim(value->from), trimmed)
                                     : str_equal_nocase(str_trim(value->from), trimmed);
            if (is_meant && is_same) return value->to;
        }
    }
    return trimmed;
}

const struct pipeline *pipeline_default(const struct object *object)
{
    for (int i = 0; i < object->pipeline_count; i++) {
        if (object->pipelines[i]->is_default) return object->pipelines[i];
    }
    return object->pipeline_count > 0 ? object->pipelines[0] : NULL;
}

const struct stage *stage_named(const struct pipeline *pipeline, struct str text)
{
    text = str_trim(text);
    for (int i = 0; pipeline && i < pipeline->stage_count; i++) {
        const struct stage *stage = &pipeline->stages[i];
        if (str_equal_nocase(stage->name, text) || str_equal_nocase(stage->label.zh, text) ||
            str_equal_nocase(stage->label.en, text)) {
            return stage;
        }
    }
    return NULL;
}

static bool refuse_value(struct scope *scope, const struct target *target, const char *key,
                         struct str text)
{
    error_add(scope, ERROR_INVALID, key, target->field ? target->field->name : target->name);
    return error_arg(scope, "value", str_slice(text, 0, IMPORT_SHOWN_SIZE_MAX));
}

static bool number_read(struct scope *scope, const struct value_context *values,
                        const struct target *target, const struct ingest_cell *in,
                        struct str text, struct cell *out)
{
    const struct field *field = target->field;
    int64_t units;
    /* A percentage means what the field's own type says it means. */
    bool is_plain = !in->is_percent && !str_ends_with(text, STR("%")) &&
                    str_find(text, STR("％")) == SIZE_MAX;
    if (is_plain && ingest_cell_decimal(in, field->scale, &units, NULL)) {
        text = decimal_format(scope, units, field->scale);
    } else if (in->is_percent && ingest_cell_decimal(in, 2, &units, NULL)) {
        struct str number = decimal_format(scope, units, 2);
        text = scope_format(scope, "%.*s%%", STR_ARG(number));
    }
    return field->type->read_text(scope, values, field, text, out);
}

/* A choice that the run will make (import_choice.c) is not there yet when it is only tried. */
static bool is_expected(const struct plan *plan, const struct field *field, struct str text)
{
    return plan->options->is_dry_run && plan->options->creates_refs && field->is_open &&
           !field_choice(field, text);
}

/* Stands for all of them: a number that none has. */
static int expected_id(const struct field *field)
{
    int id = 1;
    for (int i = 0; i < field->choice_count; i++) {
        if (field->choices[i].id >= id) id = field->choices[i].id + 1;
    }
    return id;
}

/* "a；b": what each of them is mapped to. */
static bool choices_read(struct scope *scope, const struct plan *plan,
                         const struct value_context *values, const struct target *target,
                         struct str text, struct cell *out)
{
    struct str rest = text, part;
    struct buf mapped;
    bool has_expected = false;
    buf_begin(&mapped, scope, IMPORT_CHOICES_SIZE_MAX);
    if (field_choice(target->field, text)) rest = STR("");
    while ((part = choices_part(&rest)).size > 0) {
        struct str meant = value_mapped(plan->options, target, part);
        if (is_expected(plan, target->field, meant)) {
            has_expected = true;
            continue;
        }
        if (mapped.size > 0) buf_put_char(&mapped, '|');
        buf_put(&mapped, meant);
    }
    if (mapped.size > 0 && !mapped.is_over) text = buf_str(&mapped);
    if (mapped.size == 0 && has_expected) {
        *out = choices_cell(scope, &(int){ expected_id(target->field) }, 1);
        return true;
    }
    return target->field->type->read_text(scope, values, target->field, text, out);
}

static bool field_take(struct scope *scope, const struct plan *plan, const struct target *target,
                       const struct ingest_cell *in, struct str text, struct cell *out)
{
    const struct field *field = target->field;
    int zone_min = plan->context.snapshot->schema->zone_min;
    struct value_context values = { plan->context.snapshot->schema, plan->context.actor.language,
                                    plan->context.now_ms };
    int64_t number;
    bool is_true;
    switch (field_kind(field)) {
    case VALUE_DATE:
        if (!ingest_cell_date(in, target->format, zone_min, &number)) {
            return refuse_value(scope, target, "field.not_date", text);
        }
        *out = cell_int(number);
        return true;
    case VALUE_DATETIME:
        if (!ingest_cell_moment(in, target->format, zone_min, &number)) {
            return refuse_value(scope, target, "field.not_time", text);
        }
        *out = cell_int(number);
        return true;
    case VALUE_BOOLEAN:
        if (!ingest_cell_bool(in, &is_true)) {
            return refuse_value(scope, target, "field.not_boolean", text);
        }
        *out = cell_int(is_true);
        return true;
    case VALUE_CHOICE:
        if (is_expected(plan, field, text)) {
            *out = cell_int(expected_id(field));
            return true;
        }
        return field->type->read_text(scope, &values, field, text, out);
    case VALUE_CHOICES: return choices_read(scope, plan, &values, target, text, out);
    case VALUE_NUMBER: return number_read(scope, &values, target, in, text, out);
    default: return field->type->read_text(scope, &values, field, text, out);
    }
}

bool target_read(struct scope *scope, const struct plan *plan, const struct target *target,
                 const struct ingest_cell *in, struct cell *out)
{
    *out = cell_null();
    if (in->note.size > 0) return refuse_value(scope, target, "import.cell_error", in->note);
    struct str text = ingest_cell_text(scope, in);
    struct str mapped = value_mapped(plan->options, target, text);
    struct ingest_cell changed = *in;
    if (!str_equal(mapped, str_trim(text))) {
        changed = (struct ingest_cell){ .kind = INGEST_CELL_TEXT, .text = mapped };
    }
    if (mapped.size == 0) return true;
    if (target->kind == TARGET_EVENT_AT) {
        int64_t number;
        if (!ingest_cell_moment(&changed, target->format,
                                plan->context.snapshot->schema->zone_min, &number)) {
            return refuse_value(scope, target, "field.not_time", mapped);
        }
        *out = cell_int(number);
        return true;
    }
    if (target->kind != TARGET_FIELD) {
        *out = cell_text(mapped);
        return true;
    }
    return field_take(scope, plan, target, &changed, mapped, out);
}
