/*
 * Applying a pack and taking it back: one merge, stored through engine_configure() in the
 * caller's write, so that all of it holds or nothing does.
 *
 * Undo is a merge as well: from what the apply left (base) back to what was before (theirs),
 * over what stands here now (mine). So it takes back what the apply did, and nothing else.
 */
#include "engine/pack_inner.h"

/* As the parts stand now; those that are not there have a NULL body. */
static bool parts_now(struct scope *scope, struct db_conn *conn, const struct pack_plan *plan,
                      bool is_after, struct part_set *out)
{
    struct part_set stored;
    if (!stored_parts(scope, conn, &stored)) return false;
    *out = (struct part_set){ .items = scope_new(scope, struct schema_part, plan->part_count + 1),
                              .count = plan->part_count };
    for (int i = 0; i < plan->part_count; i++) {
        const struct schema_part *part = &plan->parts[i];
        struct str name = part->name;
        /* An object or pipeline may have got another name. */
        if (is_after && part_has_ids(part->kind) && json_text(&part->body, "name").size > 0) {
            name = json_text(&part->body, "name");
        }
        const struct schema_part *now = part_find(&stored, part->kind, name);
        out->items[i] = (struct schema_part){ part->kind, name,
                                              now ? now->body
                                                  : (struct json){ .kind = JSON_KIND_NULL } };
    }
    return true;
}

static bool plan_store(struct scope *scope, struct db_conn *conn,
                       const struct engine_context *context, const struct pack_plan *plan,
                       struct pack_run *run)
{
    return parts_now(scope, conn, plan, false, &run->before) &&
           (plan->part_count == 0 ||
            engine_configure(scope, conn, context, plan->parts, plan->part_count)) &&
           parts_now(scope, conn, plan, true, &run->after);
}

static bool head_before(struct scope *scope, struct db_conn *conn, struct str name,
                        struct json *out)
{
    const struct cell arg = cell_text(name);
    struct row row;
    *out = (struct json){ .kind = JSON_KIND_NULL };
    if (!db_one(scope, conn, STR("SELECT head FROM pack WHERE name = ?"), &arg, 1, &row)) {
        return false;
    }
    return row.count == 0 || json_read(scope, row.cells[0].text, out);
}

/* What the pack ships, with the ids its things have here. */
static bool base_make(struct scope *scope, struct db_conn *conn, const struct part_set *theirs,
                      const struct part_set *before, struct part_set *out)
{
    struct part_set stored;
    if (!stored_parts(scope, conn, &stored)) return false;
    *out = (struct part_set){ .items = scope_new(scope, struct schema_part, theirs->count + 1),
                              .count = theirs->count };
    for (int i = 0; i < theirs->count; i++) {
        const struct schema_part *part = &theirs->items[i];
        out->items[i] = *part;
        if (!part_has_ids(part->kind)) continue;
        const struct schema_part *base = part_find(before, part->kind, part->name);
        struct str was = json_text(&part->body, "was");
        if (!base && was.size > 0) base = part_find(before, part->kind, was);
        const struct schema_part *now = NULL;
        for (int k = 0; base && k < stored.count && !now; k++) {
            bool is_it = str_equal(stored.items[k].kind, part->kind) &&
                         json_int(&stored.items[k].body, "id", -1) ==
                             json_int(&base->body, "id", 0);
            if (is_it) now = &stored.items[k];
        }
        if (!now) now = part_find(&stored, part->kind, part->name);
        out->items[i].body = merge_base(scope, &part->body, base ? &base->body : NULL,
                                        now ? &now->body : NULL);
    }
    return true;
}

bool pack_apply(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                const struct pack *pack, const struct str *choices, int choice_count,
                struct pack_plan *out)
{
    struct part_set theirs = pack_set(scope, pack), base;
    struct pack_run run = { .id = uuid_make(context->now_ms), .pack = pack->name };
    if (!pack_plan(scope, conn, pack, choices, choice_count, out) ||
        !head_before(scope, conn, pack->name, &run.head_before) ||
        !base_parts(scope, conn, pack->name, &run.base_before) ||
        !plan_store(scope, conn, context, out, &run) ||
        !base_make(scope, conn, &theirs, &run.base_before, &base)) {
        return false;
    }
    bool is_nothing = out->part_count == 0 && str_equal(out->version_before, pack->version);
    return is_nothing || (base_store(scope, conn, pack->name, &pack->head, &base,
                                     context->actor.user, context->now_ms) &&
                          run_store(scope, conn, &run, context->actor.user, context->now_ms));
}

/* The parts of a set that are there. */
static struct part_set there(struct scope *scope, const struct part_set *set)
{
    struct part_set out = { .items = scope_new(scope, struct schema_part, set->count + 1) };
    for (int i = 0; i < set->count; i++) {
        if (set->items[i].body.kind == JSON_KIND_MAP) out.items[out.count++] = set->items[i];
    }
    return out;
}

bool pack_undo(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
               struct str name, struct pack_plan *out)
{
    struct pack_run run, undoing = { .pack = name };
    struct part_merge merge = { .conn = conn, .is_checked = true };
    *out = (struct pack_plan){ .steps = NULL };
    if (!run_last(scope, conn, name, &run)) return false;
    if (uuid_is_nil(run.id)) {
        error_set(scope, ERROR_NOT_FOUND, "pack.no_undo", STR("name"));
        return error_arg(scope, "name", name);
    }
    merge.base = there(scope, &run.after);
    merge.theirs = there(scope, &run.before);
    if (!parts_translate(scope, conn, &merge.base, &merge.theirs) ||
        !stored_parts(scope, conn, &merge.mine) || !parts_merge(scope, &merge, out)) {
        return false;
    }
    const struct json *head = run.head_before.kind == JSON_KIND_MAP ? &run.head_before : NULL;
    return plan_store(scope, conn, context, out, &undoing) &&
           base_store(scope, conn, name, head, &run.base_before, context->actor.user,
                      context->now_ms) &&
           run_undone(scope, conn, run.id, context->now_ms);
}

/* ---- as a write of its own ---- */

struct waiting {
    const struct engine_context *context;
    const struct pack *pack; /* NULL: undo */
    struct str name;
    const struct str *choices;
    int choice_count;
    struct pack_plan *plan;
};

static bool wait_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct waiting *w = context;
    if (!w->pack) return pack_undo(scope, conn, w->context, w->name, w->plan);
    return pack_apply(scope, conn, w->context, w->pack, w->choices, w->choice_count, w->plan);
}

bool pack_apply_wait(struct scope *scope, const struct engine_context *context,
                     const struct pack *pack, const struct str *choices, int choice_count,
                     struct pack_plan *out)
{
    struct waiting waiting = { context, pack, pack->name, choices, choice_count, out };
    return db_write_wait(scope, engine_db(context->engine), wait_run, &waiting);
}

bool pack_undo_wait(struct scope *scope, const struct engine_context *context, struct str name,
                    struct pack_plan *out)
{
    struct waiting waiting = { .context = context, .name = name, .plan = out };
    return db_write_wait(scope, engine_db(context->engine), wait_run, &waiting);
}
