/*
 * Judging a written row: required-if, read-only-if, validations, gates and rule
 * conditions in one SELECT over the stored row, old values bound. Whether a field was
 * read-only is asked of the row as it was: else a change could lift, or fall under,
 * what it itself brings about. Each asks for one 0/1 column;
 * the list of questions says what a column means.
 */
#include "rules/rules.h"

enum question_kind { ASK_REQUIRED_IF, ASK_READONLY_IF, ASK_VALIDATION, ASK_GATE, ASK_RULE };

struct question {
    enum question_kind kind;
    const struct field *field;
    const struct gate *gate;
    const struct change_rule *rule;
    const struct formula *formula;
};

enum { QUESTION_COUNT_MAX = 600 };

struct questions {
    struct question *items;
    int count;
};

static void ask(struct questions *questions, struct question question)
{
    if (questions->count < QUESTION_COUNT_MAX) questions->items[questions->count++] = question;
}

/* Does the formula look at a field of the row that has changed? */
static bool is_touched(const struct formula *formula, const struct judgement_request *request)
{
    for (int i = 0; i < formula->use_count; i++) {
        const struct formula_use *use = &formula->uses[i];
        if (use->object != request->after->object || !use->field) continue;
        if (request->changed[use->field->index]) return true;
    }
    return false;
}

static void ask_fields(struct questions *questions, const struct judgement_request *request)
{
    const struct object *object = request->after->object;
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        bool is_blank = request->after->cells[i].kind == CELL_NULL;
        bool is_due = !request->before || request->changed[i];
        if (field->required_if && is_blank && !request->is_lenient &&
            (is_due || is_touched(field->required_if, request))) {
            ask(questions, (struct question){ ASK_REQUIRED_IF, field, NULL, NULL,
                                              field->required_if });
        }
        if (field->readonly_if && request->before && request->changed[i] && !request->is_free) {
            ask(questions, (struct question){ ASK_READONLY_IF, field, NULL, NULL,
                                              field->readonly_if });
        }
        if (field->validate.formula && !is_blank &&
            (is_due || is_touched(field->validate.formula, request))) {
            ask(questions, (struct question){ ASK_VALIDATION, field, NULL, NULL,
                                              field->validate.formula });
        }
    }
}

static void ask_gates(struct questions *questions, const struct judgement_request *request)
{
    const struct stage *from = request->from, *to = request->to;
    if (!to || request->is_history) return;
    bool is_forward = from && from->kind == STAGE_OPEN && to->kind != STAGE_LOST &&
                      to->position > stage_place(from, to->pipeline);
    for (int i = 0; is_forward && i < from->leave_count; i++) {
        const struct gate *gate = &from->leave[i];
        ask(questions, (struct question){ ASK_GATE, NULL, gate, NULL, gate->formula });
    }
    for (int i = 0; i < to->enter_count; i++) {
        const struct gate *gate = &to->enter[i];
        ask(questions, (struct question){ ASK_GATE, NULL, gate, NULL, gate->formula });
    }
}

static void ask_rules(struct questions *questions, const struct rules *rules,
                      const struct judgement_request *request, struct judgement *out)
{
    unsigned event = request->is_delete ? RULE_DELETE
                     : request->before  ? RULE_UPDATE
                                        : RULE_CREATE;
    for (int i = 0; i < rules->change_count && !request->is_history; i++) {
        const struct change_rule *rule = &rules->changes[i];
        if (rule->object != request->after->object || !(rule->events & event)) continue;
        if (rule->when) {
            ask(questions, (struct question){ ASK_RULE, NULL, NULL, rule, rule->when });
        } else {
            out->fired[out->fired_count++] = rule;
        }
    }
}

static void refuse_gate(struct scope *scope, const struct gate *gate)
{
    error_add(scope, ERROR_INVALID, "gate.gate", gate->needs_field);
    struct error_item *item = error_last(scope);
    item->gate = gate->name;
    item->text_zh = gate->message.zh;
    item->text_en = gate->message.en;
    item->needs_field = gate->needs_field;
    item->needs_object = gate->needs_object;
}

static void refuse_value(struct scope *scope, const struct field *field)
{
    error_add(scope, ERROR_INVALID, "field.invalid", field->name);
    struct error_item *item = error_last(scope);
    item->text_zh = field->validate.message.zh;
    item->text_en = field->validate.message.en;
}

static void answer(struct scope *scope, const struct question *question, bool is_true,
                   struct judgement *out)
{
    switch (question->kind) {
    case ASK_REQUIRED_IF:
        if (is_true) error_add(scope, ERROR_INVALID, "field.required", question->field->name);
        break;
    case ASK_READONLY_IF:
        if (is_true) error_add(scope, ERROR_INVALID, "field.locked", question->field->name);
        break;
    case ASK_VALIDATION:
        if (!is_true) refuse_value(scope, question->field);
        break;
    case ASK_GATE:
        if (!is_true) refuse_gate(scope, question->gate);
        break;
    case ASK_RULE:
        if (is_true) out->fired[out->fired_count++] = question->rule;
        break;
    }
}

static struct formula_context row_context(const struct record_context *context,
                                          const struct record *before)
{
    struct formula_context formulas = access_formula_context(
        context->access, context->actor, NULL, STR("t"), context->now_ms);
    formulas.old_values = before ? before->cells : NULL;
    formulas.is_new = before == NULL;
    return formulas;
}

static void put_row_of(struct sql *sql, const struct record *record)
{
    sql_put(sql, STR(" FROM "));
    sql_name(sql, record->object->table);
    sql_put(sql, STR(" AS t WHERE t.id = "));
    sql_id(sql, record->id);
}

static bool questions_run(struct scope *scope, struct db_conn *conn,
                          const struct record_context *context,
                          const struct judgement_request *request,
                          const struct questions *questions, struct judgement *out)
{
    if (questions->count == 0) return true;
    struct formula_context formulas = row_context(context, request->before);
    struct sql sql;
    sql_begin(&sql, scope);
    for (int i = 0; i < questions->count; i++) {
        sql_put(&sql, i == 0 ? STR("SELECT CASE WHEN ") : STR(", CASE WHEN "));
        formulas.is_before = questions->items[i].kind == ASK_READONLY_IF;
        formula_put_condition(&sql, &formulas, questions->items[i].formula);
        sql_put(&sql, STR(" THEN 1 ELSE 0 END"));
    }
    put_row_of(&sql, request->after);
    struct row row;
    if (!sql_one(scope, conn, &sql, &row)) return false;
    for (int i = 0; i < questions->count && i < row.count; i++) {
        answer(scope, &questions->items[i], row.cells[i].integer != 0, out);
    }
    return true;
}

static void check_required(struct scope *scope, const struct judgement_request *request)
{
    const struct object *object = request->after->object;
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (!field->is_required || field->is_system || field->is_stored) continue;
        if (request->after->cells[i].kind != CELL_NULL) continue;
        if (!request->before || request->changed[i]) {
            error_add(scope, ERROR_INVALID, "field.required", field->name);
        }
    }
}

bool rules_judge(struct scope *scope, struct db_conn *conn, const struct record_context *context,
                 const struct rules *rules, const struct judgement_request *request,
                 struct judgement *out)
{
    *out = (struct judgement){ .fired = scope_new(scope, const struct change_rule *,
                                                  rules->change_count + 1) };
    struct questions questions = { scope_new(scope, struct question, QUESTION_COUNT_MAX), 0 };
    if (!request->is_lenient && !request->is_delete) check_required(scope, request);
    if (!request->is_delete) {
        ask_fields(&questions, request);
        ask_gates(&questions, request);
    }
    ask_rules(&questions, rules, request, out);
    return questions_run(scope, conn, context, request, &questions, out) &&
           !error_is_set(scope);
}

static bool values_select(struct scope *scope, struct db_conn *conn,
                          const struct formula_context *context, const struct record *record,
                          const struct formula *const *formulas, int count, struct cell **out)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT 1"));
    for (int i = 0; i < count; i++) {
        sql_put(&sql, STR(", "));
        formula_put(&sql, context, formulas[i]);
    }
    put_row_of(&sql, record);
    struct row row;
    if (!sql_one(scope, conn, &sql, &row)) return false;
    if (row.count == 0) return error_storage(scope, STR("the row of a rule's action is gone"));
    *out = row.cells + 1;
    return true;
}

bool action_values(struct scope *scope, struct db_conn *conn,
                   const struct record_context *context, const struct record *before,
                   const struct record *after, const struct action *action, struct cell **out)
{
    struct formula_context row = row_context(context, before);
    const struct formula **formulas =
        scope_new(scope, const struct formula *, action->set_count + 2);
    int count = 0;
    for (int i = 0; i < action->set_count; i++) formulas[count++] = action->set[i].formula;
    if (action->assignee) formulas[count++] = action->assignee;
    if (action->due) formulas[count++] = action->due;
    return values_select(scope, conn, &row, after, formulas, count, out);
}

bool formulas_values(struct scope *scope, struct db_conn *conn,
                     const struct record_context *context, const struct record *record,
                     const struct formula *const *formulas, int count, struct cell **out)
{
    struct formula_context row = row_context(context, NULL);
    row.is_new = false;
    return values_select(scope, conn, &row, record, formulas, count, out);
}

bool formulas_seen(struct scope *scope, struct db_conn *conn,
                   const struct record_context *context, const struct record *record,
                   const struct formula *const *formulas, int count, struct cell **out)
{
    struct access_reader reader;
    struct sql sql;
    struct row row;
    if (actor_is_system(context->actor)) {
        return formulas_values(scope, conn, context, record, formulas, count, out);
    }
    access_reader_begin(&reader, context->access, context->actor, context->now_ms);
    struct formula_context seen = access_formula_context(context->access, context->actor, &reader,
                                                         STR("t"), context->now_ms);
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT 1"));
    for (int i = 0; i < count; i++) {
        sql_put(&sql, STR(", "));
        if (access_check_formula(scope, context->access, context->actor, formulas[i])) {
            formula_put(&sql, &seen, formulas[i]);
        } else {
            scope_error_clear(scope);
            sql_put(&sql, STR("NULL"));
        }
    }
    put_row_of(&sql, record);
    sql_put(&sql, STR(" AND "));
    access_put(&sql, context->access, context->actor, context->now_ms, record->object,
               ACTION_READ, STR("t"));
    if (!sql_one(scope, conn, &sql, &row)) return false;
    *out = row.count > 0 ? row.cells + 1 : scope_new(scope, struct cell, count + 1);
    return true;
}
