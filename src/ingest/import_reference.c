/*
 * What a row names in other records: found, made, or left for later when it is a
 * row of the same file that may not be in yet.
 */
#include "ingest/import_inner.h"

enum { NAME_MARK_COUNT_MAX = 8 }; /* marks within one name */

static struct str object_label(const struct run *run, const struct object *object)
{
    return label_text(object->label, run->task->by.language);
}

static bool refuse(struct scope *scope, const struct run *run, const struct target *target,
                   const char *key, struct str text)
{
    error_add(scope, ERROR_INVALID, key, target->field ? target->field->name : target->name);
    error_arg(scope, "value", str_slice(text, 0, IMPORT_SHOWN_SIZE_MAX));
    return error_arg(scope, "object",
                     target->to ? object_label(run, target->to) : STR(""));
}

/* Constants hold for what is made on the way too, when it is of the same object. */
static void constants_add(const struct plan *plan, const struct line *line,
                          const struct target *target, struct changes *out)
{
    for (int i = 0; target->is_own && i < plan->target_count; i++) {
        const struct target *other = &plan->targets[i];
        if (other->column >= 0 || other->kind != TARGET_FIELD) continue;
        if (line->cells[i].kind == CELL_NULL) continue;
        out->items[out->count++] = (struct change){ other->field, line->cells[i] };
    }
}

static bool may_make(const struct plan *plan, const struct object *to)
{
    const struct access *access = plan->context.snapshot->access;
    bool is_people = to == access->user || to == access->team;
    if (to->is_builtin) return false;
    return !is_people || actor_has_right(&plan->context.actor, RIGHT_MANAGE_PEOPLE);
}

static bool reference_make(struct scope *scope, struct db_conn *conn, struct batch *batch,
                           struct line *line, const struct target *target, struct str text,
                           struct cell *out)
{
    const struct plan *plan = &batch->run->plan;
    const struct field *named = target->match ? target->match : target->to->title;
    struct value_context values = { plan->context.snapshot->schema, plan->context.actor.language,
                                    plan->context.now_ms };
    if (!named || !may_make(plan, target->to)) {
        return refuse(scope, batch->run, target, "import.reference_none", text);
    }
    struct write write = { .verb = WRITE_CREATE, .object = target->to, .is_lenient = true };
    write.changes.items = scope_new(scope, struct change, plan->target_count + 2);
    struct change *change = &write.changes.items[write.changes.count++];
    change->field = named;
    if (!named->type->read_text(scope, &values, named, text, &change->cell)) return false;
    constants_add(plan, line, target, &write.changes);
    if (target->to == plan->context.snapshot->access->user && !str_is(named->name, "login")) {
        struct str login;
        if (!login_make(scope, conn, batch, text, &login)) return false;
        write.changes.items[write.changes.count++] = (struct change){
            object_field(target->to, STR("login")), cell_text(login)
        };
    }
    struct record made;
    if (!engine_write(scope, conn, &plan->context, &write, &made, NULL)) return false;
    batch_trace(batch, (struct trace){ .record = made.id, .object = target->to->id,
                                       .action = IMPORT_REFERENCE, .row = line->row.number });
    resolver_add(&batch->run->resolvers.items[target->resolver], text, made.id);
    *out = cell_id(scope, made.id);
    return true;
}

bool reference_resolve(struct scope *scope, struct db_conn *conn, struct batch *batch,
                       struct line *line, const struct target *target, struct str text,
                       struct cell *out, bool *is_later)
{
    struct run *run = batch->run;
    enum found found;
    struct uuid id;
    *is_later = false;
    if (target->resolver < 0) return refuse(scope, run, target, "import.reference_none", text);
    if (!resolver_find(scope, conn, &run->plan.context, &run->resolvers.items[target->resolver],
                       text, &found, &id)) {
        return false;
    }
    if (found == FOUND_MANY) return refuse(scope, run, target, "import.reference_many", text);
    if (found == FOUND_ONE) {
        *out = cell_id(scope, id);
        return true;
    }
    bool is_row = target->is_own && run->own_names && name_map_get(run->own_names, scope, text);
    if (is_row && run->later_count + batch->later_count < IMPORT_LATER_COUNT_MAX) {
        *is_later = true;
        return true;
    }
    if (run->task->options->creates_refs) {
        return reference_make(scope, conn, batch, line, target, text, out);
    }
    return refuse(scope, run, target, "import.reference_none", text);
}

/* The next name of the list: the shortest that is one, else up to the next mark. */
static bool name_take(struct scope *scope, struct db_conn *conn, struct run *run,
                      const struct target *target, struct str *rest, struct str *out)
{
    struct str whole = str_trim(*rest), after = whole;
    *out = choices_part(&after);
    struct str first_after = after, name = *out;
    for (int i = 0; target->resolver >= 0 && i < NAME_MARK_COUNT_MAX; i++) {
        enum found found;
        struct uuid id;
        if (!resolver_find(scope, conn, &run->plan.context,
                           &run->resolvers.items[target->resolver], name, &found, &id)) {
            return false;
        }
        if (found != FOUND_NONE) {
            *out = name;
            *rest = after;
            return true;
        }
        if (choices_part(&after).size == 0) break;
        size_t size = whole.size - after.size; /* with the mark behind it, unless it is the end */
        name = after.size == 0 ? whole : choices_trim(str_slice(whole, 0, size));
    }
    *rest = first_after;
    return true;
}

bool references_resolve(struct scope *scope, struct db_conn *conn, struct batch *batch,
                        struct line *line, const struct target *target, struct str text,
                        struct uuid record, struct cell *out)
{
    struct links links = { scope_new(scope, struct uuid, LINK_COUNT_MAX + 1), 0 };
    struct str rest = text, name;
    bool ok = true;
    for (;;) {
        struct cell cell = cell_null();
        bool is_later = false;
        if (!name_take(scope, conn, batch->run, target, &rest, &name)) return false;
        if (name.size == 0) break;
        if (links.count == LINK_COUNT_MAX) {
            return error_add(scope, ERROR_INVALID, "field.too_many_links", target->field->name);
        }
        if (!reference_resolve(scope, conn, batch, line, target, name, &cell, &is_later)) {
            if (scope->error.code == ERROR_STORAGE) return false;
            ok = false; /* all names that are missing are told at once */
        } else if (is_later) {
            line_later(batch, line, target, name, record);
        } else {
            links.ids[links.count++] = cell_uuid(&cell);
        }
    }
    links_sort(&links);
    *out = links_cell(scope, links);
    return ok;
}

/* ---- references to rows further down ---- */

struct late {
    struct batch *batch;
    const struct later *items;
    int count;
};

static bool late_one(struct scope *scope, struct db_conn *conn, struct batch *batch,
                     const struct later *later)
{
    struct run *run = batch->run;
    const struct plan *plan = &run->plan;
    const struct target *target = NULL;
    for (int i = 0; i < plan->target_count; i++) {
        if (plan->targets[i].field && str_equal(plan->targets[i].field->name, later->field)) {
            target = &plan->targets[i];
        }
    }
    enum found found;
    struct uuid id;
    if (!target || target->resolver < 0) return true;
    if (!resolver_find(scope, conn, &plan->context, &run->resolvers.items[target->resolver],
                       later->text, &found, &id)) {
        return false;
    }
    if (found != FOUND_ONE) {
        return refuse(scope, run, target,
                      found == FOUND_MANY ? "import.reference_many" : "import.reference_refused",
                      later->text);
    }
    struct links link = { &id, 1 };
    struct change change = { target->field, cell_id(scope, id) };
    if (target->is_list) {
        change.cell = links_change_cell(scope, link, (struct links){ NULL, 0 });
    }
    struct write write = {
        .verb = WRITE_UPDATE,
        .object = plan->object,
        .id = later->record,
        .changes = { &change, 1 },
        .is_history = plan->is_history,
        .is_lenient = true,
    };
    return engine_write(scope, conn, &plan->context, &write, NULL, NULL);
}

static bool late_write(struct scope *scope, struct db_conn *conn, void *context)
{
    struct late *late = context;
    if (!snapshot_check(scope, conn, late->batch->run->plan.snapshot)) return false;
    for (int i = 0; i < late->count; i++) {
        struct scope inner;
        scope_begin(&inner);
        const struct later *later = &late->items[i];
        struct line *line = scope_new(late->batch->scope, struct line, 1);
        line->row.number = later->row;
        bool ok = db_savepoint_begin(&inner, conn);
        bool is_in = ok && late_one(&inner, conn, late->batch, later);
        int count = late->batch->failure_count;
        if (!is_in) ok = ok && line_fail(&inner, late->batch, line);
        if (ok) ok = db_savepoint_end(&inner, conn, is_in);
        for (int f = count; f < late->batch->failure_count; f++) {
            late->batch->failures[f].column = later->column;
            late->batch->failures[f].value = later->text;
        }
        if (!ok) error_pass(scope, &inner);
        scope_end(&inner);
        if (!ok) return false;
    }
    return run_beat(scope, conn, late->batch->run->task->id);
}

bool references_late(struct scope *scope, struct run *run)
{
    resolvers_forget(&run->resolvers, true);
    for (int at = 0; at < run->later_count; at += IMPORT_BATCH_SIZE) {
        struct scope inner;
        scope_begin(&inner);
        struct batch batch = { .run = run, .scope = &inner };
        int rest = run->later_count - at;
        struct late late = { &batch, run->later + at,
                             rest < IMPORT_BATCH_SIZE ? rest : IMPORT_BATCH_SIZE };
        bool ok = run_write(&inner, run, late_write, &late);
        if (!ok && !error_is_set(scope)) error_pass(scope, &inner);
        batch.failed_rows = 0; /* the rows are in; only what they point to is missing */
        if (ok) ok = batch_keep(scope, &batch);
        scope_end(&inner);
        if (!ok) return false;
    }
    return true;
}
