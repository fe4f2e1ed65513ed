/*
 * One row of the file: first its cells as values, which needs no database, then,
 * inside the batch's write, its references and its stay in the stages.
 */
#include "base/utf8.h"
#include "ingest/import_inner.h"

static void *grown(struct scope *scope, void *items, int count, int *capacity, size_t size)
{
    if (count < *capacity) return items;
    *capacity = *capacity ? *capacity * 2 : 64;
    void *more = scope_alloc(scope, size * (size_t)*capacity);
    if (count > 0) memcpy(more, items, size * (size_t)count);
    return more;
}

void batch_failure(struct batch *batch, struct line *line, struct import_failure failure)
{
    int lines_capacity = batch->failure_capacity;
    batch->failed_lines = grown(batch->scope, batch->failed_lines, batch->failure_count,
                                &lines_capacity, sizeof(struct line *));
    batch->failures = grown(batch->scope, batch->failures, batch->failure_count,
                            &batch->failure_capacity, sizeof(struct import_failure));
    batch->failed_lines[batch->failure_count] = line;
    batch->failures[batch->failure_count++] = failure;
}

void batch_trace(struct batch *batch, struct trace trace)
{
    batch->traces = grown(batch->scope, batch->traces, batch->trace_count,
                          &batch->trace_capacity, sizeof(struct trace));
    batch->traces[batch->trace_count++] = trace;
}

void batch_later(struct batch *batch, struct later later)
{
    batch->later = grown(batch->scope, batch->later, batch->later_count, &batch->later_capacity,
                         sizeof(struct later));
    batch->later[batch->later_count++] = later;
}

/* ---- reasons ---- */

static const struct target *target_named(const struct plan *plan, struct str field)
{
    for (int i = 0; i < plan->target_count; i++) {
        const struct target *target = &plan->targets[i];
        if (str_equal(target->name, field)) return target;
        if (target->field && str_equal(target->field->name, field)) return target;
    }
    return NULL;
}

static struct import_failure failure_of(struct batch *batch, const struct line *line,
                                        struct error_item *item)
{
    struct scope *scope = batch->scope;
    const struct run *run = batch->run;
    const struct plan *plan = &run->plan;
    enum language language = run->task->by.language;
    unique_settle(scope, plan->object, language, item);
    const struct target *target = target_named(plan, item->field);
    struct error_item labelled = *item;
    const struct field *field = object_field(plan->object, item->field);
    if (field && labelled.arg_count < ERROR_ARG_COUNT_MAX) {
        labelled.args[labelled.arg_count++] =
            (struct error_arg){ "field", label_text(field->label, language) };
    }
    struct import_failure failure = {
        .row = line->row.number,
        .code = scope_copy(scope, item->gate.size > 0 ? STR("gate") : message_code(item->key)),
        .message = scope_copy(scope, message_of_error(scope, language, &labelled)),
        .column = STR(""),
        .value = STR(""),
    };
    if (target && target->column >= 0 && target->column < line->row.count) {
        struct str text = ingest_cell_text(scope, &line->row.cells[target->column]);
        failure.column = run->header.names[target->column];
        failure.value = utf8_prefix(text, IMPORT_SHOWN_LENGTH_MAX);
    }
    return failure;
}

bool line_fail(struct scope *scope, struct batch *batch, struct line *line)
{
    if (scope->error.code == ERROR_STORAGE) return false;
    for (struct error_item *item = scope->error.first; item; item = item->next) {
        batch_failure(batch, line, failure_of(batch, line, item));
    }
    if (!line->is_out) batch->failed_rows += 1;
    line->is_out = true;
    scope_error_clear(scope);
    return true;
}

bool line_required(struct scope *scope, const struct plan *plan, const struct line *line)
{
    if (plan->options->accepts_missing) return true;
    for (int i = 0; i < plan->object->field_count; i++) {
        const struct field *field = &plan->object->fields[i];
        if (!field->is_required || field->is_system || field->default_value ||
            field->formula_source.size > 0 || field->pattern.size > 0) {
            continue;
        }
        bool is_given = false;
        for (int t = 0; t < plan->target_count; t++) {
            is_given = is_given || (plan->targets[t].field == field &&
                                    line->cells[t].kind != CELL_NULL);
        }
        if (!is_given) error_add(scope, ERROR_INVALID, "field.required", field->name);
    }
    return !error_is_set(scope);
}

/* ---- cells ---- */

bool line_read(struct batch *batch, const struct ingest_row *row, struct line *out)
{
    const struct plan *plan = &batch->run->plan;
    struct scope *scope = batch->scope;
    *out = (struct line){ .row = *row, .cells = scope_new(scope, struct cell, plan->target_count) };
    for (int i = 0; i < plan->target_count; i++) {
        const struct target *target = &plan->targets[i];
        struct ingest_cell constant = { .kind = INGEST_CELL_TEXT, .text = target->constant };
        const struct ingest_cell *in =
            target->column >= 0 ? &row->cells[target->column] : &constant;
        if (target->column >= 0 && in->kind == INGEST_CELL_BLANK && in->note.size == 0) continue;
        if (!target_read(scope, plan, target, in, &out->cells[i])) out->cells[i] = cell_null();
    }
    return !error_is_set(scope) || line_fail(scope, batch, out);
}

static const struct cell *cell_of(const struct plan *plan, const struct line *line,
                                  const struct target *target)
{
    static const struct cell blank;
    return target ? &line->cells[target - plan->targets] : &blank;
}

/* ---- stages ---- */

static bool stage_find(struct scope *scope, const struct plan *plan, const struct line *line,
                       const struct stage **out)
{
    const struct cell *chosen = cell_of(plan, line, plan->pipeline);
    const struct pipeline *pipeline =
        chosen->kind == CELL_INT
            ? schema_pipeline_by_id(plan->context.snapshot->schema, chosen->integer)
            : pipeline_default(plan->object);
    const struct cell *name = cell_of(plan, line, plan->stage);
    if (!pipeline || pipeline->object != plan->object || pipeline->stage_count == 0) {
        return error_set(scope, ERROR_INVALID, "field.not_choice", STR("pipeline"));
    }
    *out = name->kind == CELL_TEXT ? stage_named(pipeline, name->text) : &pipeline->stages[0];
    if (*out) return true;
    error_add(scope, ERROR_INVALID, "field.not_choice", STR("stage"));
    return error_arg(scope, "value", name->text);
}

/*
 * What is known of a record's way: where it stands, when it was made, when it got
 * there. A closed one stood in the first stage from its beginning.
 */
static bool events_make(struct scope *scope, const struct plan *plan, const struct line *line,
                        struct uuid owner, struct history_row *out, int64_t *created_at)
{
    const struct stage *stage = NULL;
    if (!stage_find(scope, plan, line, &stage)) return false;
    const struct cell *created = cell_of(plan, line, plan->created_at);
    const struct cell *entered = cell_of(plan, line, plan->entered_at);
    const struct cell *closed = cell_of(plan, line, plan->closed_at);
    bool is_end = stage->kind != STAGE_OPEN;
    const struct cell *at = is_end && closed->kind == CELL_INT ? closed : entered;
    *created_at = created->kind == CELL_INT ? created->integer : plan->context.now_ms;
    int64_t at_ms = at->kind == CELL_INT ? at->integer : *created_at;
    if (created->kind != CELL_INT && at_ms < *created_at) *created_at = at_ms;
    if (at_ms < *created_at) {
        const struct target *target = is_end && plan->closed_at ? plan->closed_at
                                                                : plan->entered_at;
        return error_set(scope, ERROR_INVALID, "import.before_created",
                         target ? target->name : STR("stage"));
    }
    const struct stage *first = &stage->pipeline->stages[0];
    out->events = scope_new(scope, struct stage_event, 2);
    if (stage != first && at->kind == CELL_INT && created->kind == CELL_INT) {
        out->events[out->event_count++] =
            (struct stage_event){ .stage = first, .at_ms = *created_at, .by = owner };
    }
    out->events[out->event_count++] =
        (struct stage_event){ .stage = stage, .at_ms = at_ms, .by = owner };
    return true;
}

/* ---- all of it ---- */

static void change_add(struct history_row *out, const struct field *field, struct cell cell)
{
    out->changes.items[out->changes.count++] = (struct change){ field, cell };
}

void line_later(struct batch *batch, const struct line *line, const struct target *target,
                struct str text, struct uuid record)
{
    batch_later(batch, (struct later){
        .record = record,
        .field = scope_copy(batch->scope, target->field->name),
        .text = scope_copy(batch->scope, text),
        .column = target->column >= 0 ? batch->run->header.names[target->column] : STR(""),
        .row = line->row.number,
    });
}

static bool reference_take(struct scope *scope, struct db_conn *conn, struct batch *batch,
                           struct line *line, const struct target *target, struct cell *cell,
                           struct history_row *out)
{
    bool is_later = false;
    struct str text = line->cells[target - batch->run->plan.targets].text;
    if (target->is_list) {
        return references_resolve(scope, conn, batch, line, target, text, out->id, cell);
    }
    if (!reference_resolve(scope, conn, batch, line, target, text, cell, &is_later)) return false;
    if (!is_later) return true;
    *cell = cell_null();
    line_later(batch, line, target, text, out->id);
    return true;
}

static bool login_add(struct scope *scope, struct db_conn *conn, struct batch *batch,
                      struct history_row *out)
{
    struct str name = STR(""), login;
    for (int i = 0; i < out->changes.count; i++) {
        if (out->changes.items[i].field == out->object->title) {
            name = out->changes.items[i].cell.text;
        }
    }
    if (!login_make(scope, conn, batch, name, &login)) return false;
    change_add(out, object_field(out->object, STR("login")), cell_text(login));
    return true;
}

static bool is_of_events(const struct plan *plan, const struct target *target)
{
    return target == plan->pipeline || target == plan->created_at ||
           target == plan->entered_at || target == plan->closed_at;
}

bool line_changes(struct scope *scope, struct db_conn *conn, struct batch *batch,
                  struct line *line, bool is_create, struct history_row *out)
{
    const struct plan *plan = &batch->run->plan;
    const struct object *object = plan->object;
    bool has_events = is_create && object->has_pipeline;
    struct uuid owner = { { 0 } };
    *out = (struct history_row){ .object = object, .id = line->same };
    if (is_create) out->id = uuid_make(plan->context.now_ms);
    out->changes.items = scope_new(scope, struct change, plan->target_count + 3);
    for (int i = 0; i < plan->target_count; i++) {
        const struct target *target = &plan->targets[i];
        struct cell cell = line->cells[i];
        if (cell.kind == CELL_NULL) continue;
        if (str_is(target->field->name, "id")) {
            if (is_create) out->id = cell_uuid(&cell);
            continue;
        }
        if (has_events && (target == plan->stage || is_of_events(plan, target))) continue;
        if (target->kind == TARGET_REFERENCE &&
            !reference_take(scope, conn, batch, line, target, &cell, out)) {
            if (scope->error.code == ERROR_STORAGE) return false;
            continue;
        }
        if (target == plan->owner) owner = cell_uuid(&cell);
        if (target->kind == TARGET_STAGE) {
            const struct stage *stage = NULL;
            if (!stage_find(scope, plan, line, &stage)) continue;
            cell = cell_text(stage->name);
        }
        if (cell.kind != CELL_NULL) change_add(out, target->field, cell);
    }
    int64_t created_at = 0;
    if (has_events && !error_is_set(scope) &&
        events_make(scope, plan, line, owner, out, &created_at)) {
        change_add(out, object_field(object, STR("created_at")), cell_int(created_at));
    }
    if (is_create && plan->makes_login && !error_is_set(scope) &&
        !login_add(scope, conn, batch, out)) {
        return false;
    }
    return !error_is_set(scope);
}
