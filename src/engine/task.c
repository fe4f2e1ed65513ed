/* Tasks and interventions: what people answer, each with its moment and its author. */
#include "engine/inner.h"

#include "base/utf8.h"

enum { OUTCOME_SIZE_MAX = 4000, KIND_SIZE_MAX = 50 };

static bool text_check(struct scope *scope, struct str text, size_t size_max, const char *field)
{
    if (text.size == 0) return error_set(scope, ERROR_INVALID, "field.required", str_of(field));
    if (text.size <= size_max) return true;
    error_set(scope, ERROR_INVALID, "field.too_long", str_of(field));
    return error_arg(scope, "max", scope_format(scope, "%zu", size_max));
}

/* A row of a built-in object the actor may see, as a record. */
static bool builtin_load(struct scope *scope, struct db_conn *conn,
                         const struct engine_context *context, const char *object_name,
                         struct uuid id, struct record *out)
{
    struct record_context record_context = engine_record_context(context);
    const struct object *object = schema_object(context->snapshot->schema, str_of(object_name));
    return record_load(scope, conn, &record_context, object, id, ACTION_READ, out);
}

static struct cell cell_of(const struct record *record, const char *field)
{
    return record->cells[object_field(record->object, str_of(field))->index];
}

/* One's own task, or one of a person whose alerts one may answer. */
static bool task_load(struct scope *scope, struct db_conn *conn,
                      const struct engine_context *context, struct uuid id, struct record *out)
{
    if (!builtin_load(scope, conn, context, "task", id, out)) return false;
    struct cell assignee = cell_of(out, "assignee");
    bool is_own = uuid_equal(cell_uuid(&assignee), context->actor.user);
    if (!is_own && !actor_has_right(&context->actor, RIGHT_INTERVENE)) {
        return error_set(scope, ERROR_DENIED, "access.denied", STR(""));
    }
    if (cell_of(out, "done_at").kind != CELL_NULL) {
        return error_set(scope, ERROR_CONFLICT, "task.is_done", STR(""));
    }
    return true;
}

static void tell_task(const struct engine_context *context, struct db_conn *conn,
                      const struct record *task)
{
    struct cell assignee = cell_of(task, "assignee");
    event_tell(context->engine, conn,
              (struct event){ .kind = EVENT_TASK, .id = task->id,
                              .person = cell_uuid(&assignee) });
}

/* An alert's task ends with the alert (or, for those who were to intervene, with an answer). */
static bool alert_is_answered(struct scope *scope, struct db_conn *conn,
                              const struct engine_context *context, const struct record *task,
                              bool *is_answered)
{
    struct cell alert = cell_of(task, "alert");
    *is_answered = true;
    if (alert.kind != CELL_BLOB) return true;
    struct cell kind = cell_of(task, "kind");
    struct cell args[] = { cell_id(scope, context->actor.user), alert };
    struct row row;
    if (!db_one(scope, conn,
                STR("SELECT cleared_at, (SELECT COUNT(*) FROM intervention AS i "
                    "WHERE i.alert = a.id AND i.\"by\" = ?) FROM alert AS a WHERE a.id = ?"),
                args, 2, &row)) {
        return false;
    }
    if (row.count == 0 || row.cells[0].kind != CELL_NULL) return true;
    *is_answered = str_is(kind.text, "intervene") && row.cells[1].integer > 0;
    return true;
}

/* The action of the rule that made the task, as it stands now; NULL: none. */
static const struct action *task_action(const struct engine_context *context,
                                        const struct record *task)
{
    struct cell rule = cell_of(task, "rule"), kind = cell_of(task, "kind");
    if (rule.kind != CELL_TEXT || cell_of(task, "record").kind != CELL_BLOB) return NULL;
    return rules_task_action(context->snapshot->rules, rule.text, kind.text);
}

/* The record the task is about; *is_gone when it is no more. */
static bool source_load(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *system, const struct record *task,
                        struct record *out, bool *is_gone)
{
    struct record_context record_context = engine_record_context(system);
    struct cell object = cell_of(task, "object"), id = cell_of(task, "record");
    *is_gone = false;
    if (record_load(scope, conn, &record_context,
                    schema_object_by_id(system->snapshot->schema, object.integer), cell_uuid(&id),
                    ACTION_READ, out)) {
        return true;
    }
    if (scope->error.code != ERROR_NOT_FOUND) return false;
    scope_error_clear(scope);
    *is_gone = true;
    return true;
}

/* What the rule says that finishing writes into the record (on_done), as the rule. */
static bool source_complete(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context, const struct record *task,
                            struct str outcome)
{
    const struct action *action = task_action(context, task);
    if (!action || action->done_count == 0) return true;
    struct cell name = cell_of(task, "rule");
    struct engine_context rule = rule_context(scope, context, name.text);
    struct record_context record_context = engine_record_context(&rule);
    struct record source;
    bool is_gone = false;
    if (!source_load(scope, conn, &rule, task, &source, &is_gone)) return false;
    if (is_gone || source.object != action->target) return true;
    const struct formula **formulas =
        scope_new(scope, const struct formula *, action->done_count);
    int count = 0;
    for (int i = 0; i < action->done_count; i++) {
        if (action->done[i].formula) formulas[count++] = action->done[i].formula;
    }
    struct cell *value = NULL;
    if (!formulas_values(scope, conn, &record_context, &source, formulas, count, &value)) {
        return false;
    }
    struct change *changes = scope_new(scope, struct change, action->done_count);
    for (int i = 0; i < action->done_count; i++) {
        const struct field *field = action->done[i].field;
        struct str text = field->size_max > 0 ? utf8_prefix(outcome, (size_t)field->size_max)
                                              : outcome;
        changes[i] = (struct change){
            field, action->done[i].formula ? rule_value(&rule, field, *value++) : cell_text(text)
        };
    }
    struct write write = { .verb = WRITE_UPDATE, .object = source.object, .id = source.id,
                           .changes = { changes, action->done_count } };
    return engine_write(scope, conn, &rule, &write, NULL, NULL);
}

bool engine_task_done(struct scope *scope, struct db_conn *conn,
                      const struct engine_context *context, struct uuid id, struct str outcome)
{
    struct record task;
    bool is_answered = false;
    outcome = str_trim(outcome);
    if (!text_check(scope, outcome, OUTCOME_SIZE_MAX, "outcome") ||
        !task_load(scope, conn, context, id, &task) ||
        !alert_is_answered(scope, conn, context, &task, &is_answered)) {
        return false;
    }
    if (!is_answered) return error_set(scope, ERROR_INVALID, "task.alert_stands", STR("outcome"));
    struct cell args[] = { cell_int(context->now_ms), actor_cell(scope, &context->actor),
                           cell_text(outcome), cell_id(scope, id) };
    tell_task(context, conn, &task);
    return db_exec(scope, conn,
                   STR("UPDATE task SET done_at = ?, done_by = ?, outcome = ?, "
                       "version = version + 1 WHERE id = ? AND done_at IS NULL"),
                   args, 4) &&
           source_complete(scope, conn, context, &task, outcome);
}

bool engine_task_reschedule(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context, struct uuid id,
                            int64_t due_at_ms)
{
    struct record task;
    if (due_at_ms <= context->now_ms) {
        return error_set(scope, ERROR_INVALID, "task.due_in_past", STR("due_at"));
    }
    if (!task_load(scope, conn, context, id, &task)) return false;
    tell_task(context, conn, &task);
    /* A due that is a field of the record is moved there: its rules then set the task right. */
    const struct action *action = task_action(context, &task);
    if (action && action->due_field) {
        struct cell record = cell_of(&task, "record");
        struct change change = { action->due_field, cell_int(due_at_ms) };
        struct write write = { .verb = WRITE_UPDATE, .object = action->target,
                               .id = cell_uuid(&record), .changes = { &change, 1 } };
        return engine_write(scope, conn, context, &write, NULL, NULL);
    }
    struct cell args[] = { cell_int(due_at_ms), cell_id(scope, id) };
    return db_exec(scope, conn,
                   STR("UPDATE task SET due_at = ?, version = version + 1 WHERE id = ? AND "
                       "done_at IS NULL"),
                   args, 2);
}

static bool intervention_put(struct scope *scope, struct db_conn *conn,
                             const struct engine_context *context, struct uuid id,
                             struct uuid alert, struct str kind, struct str text)
{
    struct cell args[] = { cell_id(scope, id), cell_id(scope, alert), cell_text(kind),
                           text.size > 0 ? cell_text(text) : cell_null(),
                           actor_cell(scope, &context->actor), cell_int(context->now_ms) };
    struct cell answer_args[] = { cell_int(context->now_ms), cell_id(scope, alert) };
    struct cell task_args[] = { cell_int(context->now_ms), actor_cell(scope, &context->actor),
                                cell_text(kind), cell_id(scope, alert),
                                cell_id(scope, context->actor.user) };
    return db_exec(scope, conn,
                   STR("INSERT INTO intervention (id, alert, kind, text, \"by\", at) "
                       "VALUES (?, ?, ?, ?, ?, ?)"),
                   args, 6) &&
           db_exec(scope, conn,
                   STR("UPDATE alert SET first_response_at = COALESCE(first_response_at, ?), "
                       "version = version + 1 WHERE id = ?"),
                   answer_args, 2) &&
           db_exec(scope, conn,
                   STR("UPDATE task SET done_at = ?, done_by = ?, outcome = ?, "
                       "version = version + 1 WHERE alert = ? AND assignee = ? AND "
                       "kind = 'intervene' AND done_at IS NULL"),
                   task_args, 5);
}

/* The owner hears that somebody stepped in; their own answer needs no message. */
static bool tell_owner(struct scope *scope, struct db_conn *conn,
                       const struct engine_context *context, const struct record *alert,
                       struct uuid id, struct str text)
{
    struct cell owner = cell_of(alert, "owner"), object = cell_of(alert, "object");
    struct cell record = cell_of(alert, "record"), level = cell_of(alert, "level");
    struct cell rule = cell_of(alert, "rule");
    if (owner.kind != CELL_BLOB || uuid_equal(cell_uuid(&owner), context->actor.user)) {
        return true;
    }
    struct error_arg name = { "name", context->actor.name };
    struct outbox_message message = {
        .recipient = cell_uuid(&owner), .channel = STR("inbox"), .level = (int)level.integer,
        .rule = rule.text, .object = (int)object.integer, .record = cell_uuid(&record),
        .title = label_json(scope,
                            message_text(scope, LANGUAGE_ZH, "alert.intervened", &name, 1),
                            message_text(scope, LANGUAGE_EN, "alert.intervened", &name, 1)),
        .body = label_json(scope, text, text),
        .key = scope_format(scope, "intervention/%.*s", STR_ARG(uuid_format(scope, id))),
    };
    event_tell(context->engine, conn,
              (struct event){ .kind = EVENT_MESSAGE, .person = message.recipient });
    return outbox_put(scope, conn, &message, context->now_ms, NULL);
}

bool engine_intervene(struct scope *scope, struct db_conn *conn,
                      const struct engine_context *context, struct uuid alert, struct str kind,
                      struct str text, struct uuid *out_id)
{
    struct record found;
    kind = str_trim(kind);
    text = str_trim(text);
    if (!text_check(scope, kind, KIND_SIZE_MAX, "kind")) return false;
    if (text.size > OUTCOME_SIZE_MAX) return text_check(scope, text, OUTCOME_SIZE_MAX, "text");
    if (!builtin_load(scope, conn, context, "alert", alert, &found)) return false;
    if (!actor_has_right(&context->actor, RIGHT_INTERVENE)) {
        return error_set(scope, ERROR_DENIED, "alert.intervene_denied", STR(""));
    }
    if (cell_of(&found, "cleared_at").kind != CELL_NULL) {
        return error_set(scope, ERROR_CONFLICT, "alert.is_cleared", STR(""));
    }
    struct cell object = cell_of(&found, "object"), record = cell_of(&found, "record");
    *out_id = uuid_make(context->now_ms);
    event_tell(context->engine, conn,
              (struct event){ .kind = EVENT_ALERT, .id = alert, .object = (int)object.integer,
                              .record = cell_uuid(&record) });
    event_tell(context->engine, conn,
               (struct event){ .kind = EVENT_TASK, .person = context->actor.user });
    return intervention_put(scope, conn, context, *out_id, alert, kind, text) &&
           tell_owner(scope, conn, context, &found, *out_id, text);
}
