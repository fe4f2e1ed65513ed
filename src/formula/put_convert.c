/* One type as another: scales, reals, dates as moments, names of choices as texts. */
#include "base/decimal.h"
#include "base/time.h"
#include "formula/inner.h"

enum { LABELS_PER_CALL = 50 };

void put_chosen(struct put *put, const struct formula_node *choices, int64_t id)
{
    put_node(put, choices);
    sql_putf(put->sql, " LIKE '%%,%04lld,%%'", (long long)id);
}

static void put_divided(struct put *put, int scale)
{
    if (scale == 0) return;
    put_text(put, " / 1");
    for (int i = 0; i < scale; i++) put_text(put, "0");
    put_text(put, ".0");
}

static void put_real(struct put *put, const struct formula_node *arg)
{
    int64_t units;
    int scale;
    if (arg->type.kind == FORMULA_DURATION) {
        put_text(put, "(");
        put_node(put, arg);
        put_text(put, " / 86400000.0)");
    } else if (node_constant(arg, &units, &scale)) {
        sql_value(put->sql, cell_real((double)units / (double)decimal_power(scale)));
    } else {
        put_text(put, "(CAST(");
        put_node(put, arg);
        put_text(put, " AS DOUBLE PRECISION)");
        put_divided(put, arg->type.scale);
        put_text(put, ")");
    }
}

static void put_number(struct put *put, const struct formula_node *arg, int scale)
{
    if (arg->type.kind == FORMULA_REAL) {
        put_text(put, "f_exact(");
        put_node(put, arg);
        sql_putf(put->sql, ", %d)", scale);
    } else if (arg->type.scale == scale) {
        put_node(put, arg);
    } else {
        put_text(put, "f_scale(");
        put_node(put, arg);
        sql_putf(put->sql, ", %d, %d)", arg->type.scale, scale);
    }
}

static struct str shown(struct label label, struct str name)
{
    return label.zh.size > 0 ? label.zh : label.en.size > 0 ? label.en : name;
}

static void put_when(struct put *put, int64_t id, struct str text)
{
    sql_putf(put->sql, " WHEN %lld THEN ", (long long)id);
    sql_text(put->sql, text);
}

/* The label of a choice, stage or pipeline. */
static void put_label(struct put *put, const struct formula_node *arg)
{
    const struct schema *schema = put->context->schema;
    const struct object *object = arg->type.object;
    put_text(put, "CASE ");
    put_node(put, arg);
    size_t empty = put->sql->text.size;
    for (int i = 0; arg->type.field && i < arg->type.field->choice_count; i++) {
        const struct choice *choice = &arg->type.field->choices[i];
        put_when(put, choice->id, shown(choice->label, choice->name));
    }
    for (int i = 0; arg->type.kind != FORMULA_CHOICE && i < schema->pipeline_count; i++) {
        const struct pipeline *pipeline = &schema->pipelines[i];
        if (object && object->pipeline_count > 0 && pipeline->object != object) continue;
        if (arg->type.kind == FORMULA_PIPELINE) {
            put_when(put, pipeline->id, shown(pipeline->label, pipeline->name));
        }
        for (int j = 0; arg->type.kind == FORMULA_STAGE && j < pipeline->stage_count; j++) {
            const struct stage *stage = &pipeline->stages[j];
            put_when(put, stage->id, shown(stage->label, stage->name));
        }
    }
    put_text(put, put->sql->text.size == empty ? " WHEN 0 THEN NULL END" : " END");
}

/* The labels of what was chosen, in the order of the list: "A、B". */
static void put_labels(struct put *put, const struct formula_node *arg)
{
    const struct field *field = arg->type.field;
    int open = 0;
    put_text(put, "NULLIF(SUBSTR(f_concat(''");
    for (int i = 0; i < field->choice_count; i++) {
        const struct choice *choice = &field->choices[i];
        if (i % LABELS_PER_CALL == LABELS_PER_CALL - 1) {
            put_text(put, ", f_concat(''");
            open++;
        }
        struct str name = shown(choice->label, choice->name);
        put_text(put, ", CASE WHEN ");
        put_chosen(put, arg, choice->id);
        put_text(put, " THEN ");
        sql_text(put->sql, scope_format(put->sql->text.scope, "、%.*s", STR_ARG(name)));
        put_text(put, " END");
    }
    for (int i = 0; i < open; i++) put_text(put, ")");
    put_text(put, "), 2), '')");
}

static void put_as_text(struct put *put, const struct formula_node *arg)
{
    switch (arg->type.kind) {
    case FORMULA_NUMBER:
        put_text(put, "f_text_number(");
        put_node(put, arg);
        sql_putf(put->sql, ", %d, %d)", arg->type.scale, arg->type.is_money);
        break;
    case FORMULA_REAL:
        put_text(put, "f_text_real(");
        put_node(put, arg);
        put_text(put, ")");
        break;
    case FORMULA_DURATION:
        put_text(put, "f_text_span(");
        put_node(put, arg);
        put_text(put, ")");
        break;
    case FORMULA_DATE:
        put_text(put, "f_text_date(");
        put_node(put, arg);
        put_text(put, ")");
        break;
    case FORMULA_DATETIME:
        put_text(put, "f_text_time(");
        put_node(put, arg);
        sql_putf(put->sql, ", %d)", put->context->schema->zone_min);
        break;
    case FORMULA_BOOLEAN:
        put_text(put, "CASE ");
        put_node(put, arg);
        put_text(put, " WHEN 1 THEN 'TRUE' WHEN 0 THEN 'FALSE' END");
        break;
    case FORMULA_TEXT: /* a field's value: "" is blank */
        put_text(put, "NULLIF(");
        put_node(put, arg);
        put_text(put, ", '')");
        break;
    case FORMULA_CHOICES:
        put_labels(put, arg);
        break;
    default:
        put_label(put, arg);
        break;
    }
}

/* A text that spells a choice, by name or label; blank when it is none of them. */
static void put_as_choice(struct put *put, const struct formula_node *node)
{
    const struct field *field = node->type.field;
    put_text(put, "CASE ");
    put_node(put, node->args[0]);
    for (int i = 0; i < field->choice_count; i++) {
        const struct choice *choice = &field->choices[i];
        struct str names[] = { choice->name, choice->label.zh, choice->label.en };
        for (int j = 0; j < 3; j++) {
            if (names[j].size == 0) continue;
            put_text(put, " WHEN ");
            sql_text(put->sql, names[j]);
            sql_putf(put->sql, " THEN %d", choice->id);
        }
    }
    put_text(put, field->choice_count == 0 ? " WHEN '' THEN CAST(NULL AS BIGINT) END" : " END");
}

void put_convert(struct put *put, const struct formula_node *node)
{
    const struct formula_node *arg = node->args[0];
    int zone_min = put->context->schema->zone_min;
    switch (node->type.kind) {
    case FORMULA_NUMBER:
        put_number(put, arg, node->type.scale);
        break;
    case FORMULA_REAL:
        put_real(put, arg);
        break;
    case FORMULA_TEXT:
        put_as_text(put, arg);
        break;
    case FORMULA_CHOICE:
        put_as_choice(put, node);
        break;
    case FORMULA_DURATION: /* a number of days, as differences of moments are */
        put_text(put, "f_exact(f_rmul(");
        put_real(put, arg);
        put_text(put, ", 86400000.0), 0)");
        break;
    case FORMULA_DATETIME:
        put_text(put, "(");
        put_node(put, arg);
        sql_putf(put->sql, " * %lld - %lld)", (long long)TIME_DAY_MS,
                 (long long)zone_min * TIME_MINUTE_MS);
        break;
    case FORMULA_DATE:
        put_text(put, "f_date_of(");
        put_node(put, arg);
        sql_putf(put->sql, ", %d)", zone_min);
        break;
    default:
        put_node(put, arg);
        break;
    }
}
