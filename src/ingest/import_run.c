/*
 * An import from beginning to end. The file is read twice: once to count its rows
 * and to learn how its dates are written and which names and choices it has; once
 * to write (import_rows.c).
 */
#include "ingest/import_guess.h"

void error_pass(struct scope *to, const struct scope *from)
{
    for (const struct error_item *item = from->error.first; item; item = item->next) {
        error_add(to, from->error.code, item->key, scope_copy(to, item->field));
        for (int i = 0; i < item->arg_count; i++) {
            error_arg(to, item->args[i].name, item->args[i].value);
        }
        struct error_item *copy = error_last(to);
        copy->text_zh = scope_copy(to, item->text_zh);
        copy->text_en = scope_copy(to, item->text_en);
        copy->position = item->position;
    }
    if (!error_is_set(to)) error_storage(to, from->error.detail);
    if (to->error.detail.size == 0) to->error.detail = scope_copy(to, from->error.detail);
}

bool by_context(struct scope *scope, struct db_conn *conn, const struct import_by *by,
                const struct snapshot *snapshot, struct engine_context *out)
{
    *out = engine_system_context(by->engine, snapshot, "import");
    if (!uuid_is_nil(by->user) &&
        !actor_load(scope, conn, snapshot->access, by->user, out->now_ms, &out->actor)) {
        return false;
    }
    out->actor.language = by->language;
    return true;
}

/* ---- the plan, kept up to date ---- */

void run_plan_end(struct run *run)
{
    if (!run->has_plan) return;
    snapshot_release(run->task->by.engine, run->plan.snapshot);
    scope_end(&run->plan_scope);
    run->has_plan = false;
}

bool run_plan(struct scope *scope, struct run *run)
{
    struct engine *engine = run->task->by.engine;
    if (!engine_refresh(scope, engine)) return false;
    const struct snapshot *snapshot = snapshot_take(engine);
    if (run->has_plan && run->plan.snapshot->version == snapshot->version) {
        snapshot_release(engine, snapshot);
        return true;
    }
    run_plan_end(run);
    scope_begin(&run->plan_scope);
    run->has_plan = true;
    run->plan = (struct plan){ .snapshot = snapshot, .options = run->task->options };
    struct db_conn *conn;
    if (!db_read_begin(scope, engine_db(engine), &conn)) return false;
    struct scope *own = &run->plan_scope;
    bool ok = by_context(own, conn, &run->task->by, snapshot, &run->plan.context);
    db_read_end(conn);
    ok = ok && plan_make(own, &run->plan, run->header, run->formats, &run->resolvers);
    if (!ok) error_pass(scope, own);
    if (run->task->is_single) run->plan.is_quick = run->plan.is_quick_update = false;
    return ok;
}

bool is_config_changed(const struct scope *scope)
{
    return scope->error.code == ERROR_STALE && scope->error.first &&
           str_is(str_of(scope->error.first->key), "config.changed");
}

bool run_write(struct scope *scope, struct run *run,
               bool (*write)(struct scope *scope, struct db_conn *conn, void *context),
               void *context)
{
    struct db *db = engine_db(run->task->by.engine);
    for (int i = 0; i <= REPLAN_COUNT_MAX; i++) {
        scope_error_clear(scope);
        if (!run_plan(scope, run)) return false;
        if (db_write_wait(scope, db, write, context)) return true;
        if (!is_config_changed(scope)) return false;
    }
    return false;
}

/* ---- first reading ---- */

static bool is_profiled(const struct target *target)
{
    if (target->column < 0) return false;
    if (target->kind == TARGET_EVENT_AT) return true;
    if (target->kind != TARGET_FIELD) return false;
    enum value_kind kind = field_kind(target->field);
    return kind == VALUE_DATE || kind == VALUE_DATETIME ||
           ((kind == VALUE_CHOICE || kind == VALUE_CHOICES) && target->field->is_open);
}

/* The columns whose values other rows of the file may name. */
static void own_names_begin(struct run *run, bool *is_named)
{
    const struct plan *plan = &run->plan;
    for (int i = 0; i < plan->target_count; i++) {
        const struct target *target = &plan->targets[i];
        if (target->kind != TARGET_REFERENCE || !target->is_own) continue;
        const struct field *match = target->match ? target->match : plan->object->title;
        for (int k = 0; k < plan->target_count; k++) {
            if (plan->targets[k].field != match || plan->targets[k].column < 0) continue;
            is_named[plan->targets[k].column] = true;
            if (!run->own_names) run->own_names = name_map_make(run->scope);
        }
    }
}

static bool first_row(struct scope *scope, struct run *run, const bool *is_named,
                      struct ingest_profile *const *profiles, bool *has_row)
{
    struct ingest_row row;
    if (!ingest_next(run->table, scope, &row, has_row)) return false;
    run->report->rows += *has_row;
    for (int i = 0; *has_row && i < row.count; i++) {
        if (profiles[i]) ingest_profile_add(profiles[i], row.number, &row.cells[i]);
        if (!is_named[i] || row.cells[i].kind == INGEST_CELL_BLANK) continue;
        struct str text = ingest_cell_text(scope, &row.cells[i]);
        if (text.size > 0) name_map_put(run->own_names, scope, text);
    }
    return true;
}

static bool first_reading(struct scope *scope, struct run *run)
{
    int count = run->header.count;
    struct ingest_profile **profiles = scope_new(run->scope, struct ingest_profile *, count + 1);
    bool *is_named = scope_new(run->scope, bool, count + 1);
    const struct plan *plan = &run->plan;
    for (int i = 0; i < plan->target_count; i++) {
        const struct target *target = &plan->targets[i];
        if (is_profiled(target) && !profiles[target->column]) {
            profiles[target->column] = ingest_profile_begin(run->scope);
        }
    }
    own_names_begin(run, is_named);
    for (bool has_row = true; has_row;) {
        struct scope inner;
        scope_begin(&inner);
        bool ok = first_row(&inner, run, is_named, profiles, &has_row);
        if (!ok) error_pass(scope, &inner);
        scope_end(&inner);
        if (!ok) return false;
    }
    run->formats = scope_new(run->scope, struct ingest_date_format, count + 1);
    for (int i = 0; i < count; i++) {
        struct ingest_guess guess;
        if (!profiles[i]) continue;
        ingest_profile_end(profiles[i], false, &guess);
        run->formats[i] = guess.format;
    }
    for (int i = 0; i < run->plan.target_count; i++) {
        struct target *target = &run->plan.targets[i];
        if (target->column >= 0) target->format = run->formats[target->column];
    }
    return run_begin(scope, run) && choices_make(scope, run, profiles) && run_plan(scope, run) &&
           ingest_rewind(run->table, scope, ingest_sheet_current(run->table), run->header.row);
}

static bool records_run(struct scope *scope, struct run *run)
{
    bool is_cancelled = false;
    bool is_dry = run->task->options->is_dry_run;
    if (!rows_run(scope, run, &is_cancelled)) return false;
    if (!is_cancelled && !is_dry && run->later_count > 0 && !references_late(scope, run)) {
        return false;
    }
    run->report->state = is_cancelled ? STR("cancelled") : STR("done");
    return true;
}

/* ---- all of it ---- */

/* No mapping given: what the preview would offer. */
static bool options_guess(struct scope *scope, struct run *run, struct import_options *options)
{
    struct engine *engine = run->task->by.engine;
    const struct snapshot *snapshot = snapshot_take(engine);
    struct db_conn *conn;
    struct seen seen = { .object = schema_object(snapshot->schema, options->object) };
    struct engine_context context;
    bool ok = seen.object || error_set(scope, ERROR_NOT_FOUND, "import.object_unknown",
                                       STR("object"));
    if (!ok) error_arg(scope, "name", options->object);
    ok = ok && seen_read(scope, run->table, &seen) &&
         db_read_begin(scope, engine_db(engine), &conn);
    if (ok) {
        ok = by_context(scope, conn, &run->task->by, snapshot, &context) &&
             seen_guess(scope, conn, &context, &run->resolvers, options->kind, &seen);
        db_read_end(conn);
    }
    if (ok) seen_options(scope, &seen, options);
    snapshot_release(engine, snapshot);
    resolvers_forget(&run->resolvers, true);
    return ok && ingest_rewind(run->table, scope, ingest_sheet_current(run->table), 0);
}

static bool run_open(struct scope *scope, struct run *run)
{
    const struct ingest_options options = { .sheet = run->task->options->sheet };
    if (!ingest_open_file(scope, run->task->path, &options, &run->table)) return false;
    run->header = ingest_header(run->table);
    return true;
}

static bool run_rows(struct scope *scope, struct run *run)
{
    if (!first_reading(scope, run)) return false;
    return run->task->options->kind == IMPORT_STAGES ? stages_run(scope, run)
                                                     : records_run(scope, run);
}

/* The state says how it ended, whatever the reason; the reason stays the caller's. */
static bool run_end(struct scope *scope, struct run *run, bool ok, bool has_begun)
{
    struct scope inner;
    scope_begin(&inner);
    if (run->errors && !table_writer_end(run->errors, &inner)) ok = false;
    struct str state = ok ? run->report->state : STR("failed");
    char name[16] = { 0 };
    memcpy(name, state.data, state.size < sizeof(name) - 1 ? state.size : sizeof(name) - 1);
    if (has_begun && !run_finish(&inner, run, name)) ok = false;
    run->report->state = scope_copy(scope, state);
    if (!ok && !error_is_set(scope)) error_pass(scope, &inner);
    scope_end(&inner);
    return ok;
}

bool import_run(struct scope *scope, const struct import_task *task, struct import_report *out)
{
    *out = (struct import_report){ .id = task->id, .state = STR("preview") };
    out->failed = scope_new(scope, struct import_failure, IMPORT_FAILURE_COUNT_MAX);
    struct import_options options = *task->options;
    struct import_task own = *task;
    own.options = &options;
    struct run *run = scope_new(scope, struct run, 1);
    run->scope = scope;
    run->task = &own;
    run->report = out;
    run->keys = keys_begin(scope);
    resolvers_begin(&run->resolvers);
    bool ok = run_open(scope, run) &&
              (options.map_count > 0 || options_guess(scope, run, &options)) &&
              run_plan(scope, run) && run_rows(scope, run);
    ok = run_end(scope, run, ok, run->has_begun);
    run_plan_end(run);
    resolvers_end(&run->resolvers);
    keys_end(run->keys);
    return ok;
}

bool import_check(struct scope *scope, const struct import_task *task)
{
    struct import_options options = *task->options;
    struct import_task own = *task;
    own.options = &options;
    struct run *run = scope_new(scope, struct run, 1);
    run->scope = scope;
    run->task = &own;
    resolvers_begin(&run->resolvers);
    bool ok = run_open(scope, run) &&
              (options.map_count > 0 || options_guess(scope, run, &options)) &&
              run_plan(scope, run);
    run_plan_end(run);
    resolvers_end(&run->resolvers);
    return ok;
}

/* ---- register and run ---- */

struct registering {
    struct import_task *task;
    struct str file_name;
};

static bool register_write(struct scope *scope, struct db_conn *conn, void *context)
{
    struct registering *registering = context;
    struct import_task *task = registering->task;
    const struct snapshot *snapshot = snapshot_take(task->by.engine);
    struct engine_context by;
    bool ok = by_context(scope, conn, &task->by, snapshot, &by) &&
              import_register(scope, conn, &by, task->options->object, task->options->kind,
                              registering->file_name, STR(""), &task->id);
    snapshot_release(task->by.engine, snapshot);
    return ok;
}

bool import_file(struct scope *scope, struct import_task *task, struct str file_name,
                 struct import_report *out)
{
    struct registering registering = { task, file_name };
    *out = (struct import_report){ .state = STR("preview") };
    if (!task->options->is_dry_run &&
        !db_write_wait(scope, engine_db(task->by.engine), register_write, &registering)) {
        return false;
    }
    return import_run(scope, task, out);
}
