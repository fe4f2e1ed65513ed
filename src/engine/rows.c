/* What rows that are written many at once have in common: put_rows.c, update_rows.c. */
#include "engine/inner.h"

enum { TELL_COUNT_MAX = 20 };

/* Must what uses it so be computed again after that write? fields NULL: a new record. */
static bool is_moved_by(const struct formula_use *use, const bool *fields)
{
    if (!fields) return !use->is_forward;
    if (use->field && (fields[use->field->index] || use->field->is_stored)) return true;
    return !use->is_forward && !use->is_many && fields[use->via->index];
}

static bool stands_on_rows(const struct formula *formula, const struct object *object,
                           const bool *fields)
{
    for (int i = 0; i < formula->use_count; i++) {
        const struct formula_use *use = &formula->uses[i];
        if (use->via && use->object == object && is_moved_by(use, fields)) return true;
    }
    return false;
}

bool rows_have_dependants(const struct schema *schema, const struct object *object,
                          const bool *fields)
{
    for (int o = 0; o < schema->object_count; o++) {
        for (int i = 0; i < schema->objects[o].field_count; i++) {
            const struct field *field = &schema->objects[o].fields[i];
            bool is_kept = field->is_stored && field->formula;
            if (is_kept && stands_on_rows(field->formula, object, fields)) return true;
        }
    }
    return false;
}

/* Does the formula look at other records of the object it is about? */
static bool sees_others(const struct formula *formula, const struct object *object)
{
    for (int i = 0; formula && i < formula->use_count; i++) {
        if (formula->uses[i].via && formula->uses[i].object == object) return true;
    }
    return formula && formula->is_of_its_time;
}

bool rows_ask_others(const struct rules *rules, const struct object *object)
{
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (sees_others(field->required_if, object) || sees_others(field->readonly_if, object) ||
            sees_others(field->validate.formula, object) ||
            (field->is_stored && sees_others(field->formula, object))) {
            return true;
        }
    }
    for (int i = 0; i < rules->change_count; i++) {
        const struct change_rule *rule = &rules->changes[i];
        if (rule->object == object && sees_others(rule->when, object)) return true;
    }
    return false;
}

void rows_tell(struct db_conn *conn, const struct engine_context *context,
               const struct event *events, int count)
{
    if (count > TELL_COUNT_MAX) {
        event_tell(context->engine, conn, (struct event){ .kind = EVENT_ALL });
        return;
    }
    for (int i = 0; i < count; i++) event_tell(context->engine, conn, events[i]);
}
