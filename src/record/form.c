/*
 * What a form over a draft must show: asked of the database in one SELECT over the values as they
 * stand in the form, so that there is no second evaluator. Nothing is stored.
 */
#include "record/inner.h"

struct asking {
    struct sql sql;
    struct formula_context now, before;
    struct record_form *forms;
    bool **answers; /* by column: what it decides; NULL: nothing */
    int count;
};

static void ask(struct asking *asking, const struct formula_context *context,
                const struct formula *formula, bool *answer)
{
    sql_put(&asking->sql, asking->count == 0 ? STR("SELECT CASE WHEN ") : STR(", CASE WHEN "));
    formula_put_condition(&asking->sql, context, formula);
    sql_put(&asking->sql, STR(" THEN 1 ELSE 0 END"));
    asking->answers[asking->count++] = answer;
}

static void ask_field(struct asking *asking, const struct field *field, bool has_before)
{
    struct record_form *form = &asking->forms[field->index];
    form->is_asked = field->visible_if || field->required_if || field->readonly_if;
    if (field->visible_if) ask(asking, &asking->now, field->visible_if, &form->is_visible);
    if (field->required_if) ask(asking, &asking->now, field->required_if, &form->is_required);
    if (!field->readonly_if) return;
    ask(asking, &asking->now, field->readonly_if, &form->is_readonly);
    if (has_before) ask(asking, &asking->before, field->readonly_if, &form->is_readonly);
}

bool record_form(struct scope *scope, struct db_conn *conn, const struct record_context *context,
                 const struct record *before, const struct record *draft,
                 const struct form_conditions *conditions, struct record_form **out)
{
    const struct object *object = draft->object;
    struct access_reader reader;
    struct asking asking = { .count = 0 };
    access_reader_begin(&reader, context->access, context->actor, context->now_ms);
    asking.now = access_formula_context(context->access, context->actor, &reader, STR("v"),
                                        context->now_ms);
    asking.now.old_values = before ? before->cells : NULL;
    asking.now.is_new = before == NULL;
    asking.before = asking.now;
    asking.before.is_before = true;
    asking.forms = scope_new(scope, struct record_form, object->field_count);
    asking.answers = scope_new(scope, bool *, object->field_count * 4 + conditions->count);
    sql_begin(&asking.sql, scope);
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        asking.forms[i].is_visible = !field->visible_if;
        ask_field(&asking, field, before != NULL);
    }
    for (int i = 0; i < conditions->count; i++) {
        const struct formula *formula = conditions->formulas[i];
        if (formula) ask(&asking, &asking.now, formula, &conditions->holds[i]);
    }
    *out = asking.forms;
    if (asking.count == 0) return true;
    struct row row;
    sql_put(&asking.sql, STR(" FROM "));
    record_put_draft(&asking.sql, context, draft, before == NULL);
    if (!sql_one(scope, conn, &asking.sql, &row)) return false;
    for (int i = 0; i < asking.count && i < row.count; i++) {
        if (row.cells[i].integer != 0) *asking.answers[i] = true;
    }
    return true;
}
