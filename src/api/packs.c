/*
 * App packs: what is installed, what an upgrade would change, applying and taking back. A
 * plan keeps the pack it was made of (pack_upload) for a day, with the version of the
 * configuration it was made for: what is applied is what was shown.
 */
#include "api/inner.h"
#include "engine/life.h"
#include "engine/pack.h"
#include "http/multipart.h"
#include "ingest/pack_zip.h"

enum {
    CHANGED_COUNT_MAX = 500,
    CHOICE_COUNT_MAX = 2000,
    VALUE_SIZE_MAX = 2000,
    TRIAL_SIZE_MAX = 16 * 1024 * 1024,
    UPLOAD_KEPT_MS = 24 * 3600 * 1000,
};

/* ---- out ---- */

static const char *const step_kinds[] = { "", "take", "keep", "conflict", "stay" };

static const char *step_action(const struct merge_step *step)
{
    bool is_mine = step->kind == MERGE_KEEP || step->kind == MERGE_CONFLICT;
    const struct json *from = is_mine ? step->base : step->mine;
    const struct json *to = is_mine ? step->mine : step->theirs;
    if (!from && to) return "add";
    return from && !to ? "remove" : "change";
}

/* Null: there is none, or it is too long to be read. */
static void put_value(struct call *call, const char *name, const struct json *json)
{
    struct str text = json ? json_to_text(call->scope, json) : STR("null");
    json_key(&call->out, str_of(name));
    json_put_raw(&call->out, text.size <= VALUE_SIZE_MAX ? text : STR("null"));
}

static void put_step(struct call *call, const struct pack_step *step)
{
    const struct merge_step *change = &step->change;
    enum language language = call->context.actor.language;
    struct json_writer *out = &call->out;
    json_map_begin(out);
    json_member_str(out, "kind", str_of(step_kinds[change->kind]));
    json_member_str(out, "action", str_of(step_action(change)));
    json_member_str(out, "path", pack_step_path(call->scope, step));
    json_member_str(out, "part", scope_format(call->scope, "%.*s/%.*s", STR_ARG(step->kind),
                                              STR_ARG(step->name)));
    json_member_str(out, "place", label_text(change->place, language));
    json_member_str(out, "text", pack_step_text(call->scope, language, step));
    json_member_bool(out, "theirs_taken", change->takes_theirs);
    put_value(call, "base", change->base);
    put_value(call, "mine", change->mine);
    put_value(call, "theirs", change->theirs);
    json_map_end(out);
}

static void put_steps(struct call *call, const char *name, const struct pack_plan *plan, int max)
{
    json_key(&call->out, str_of(name));
    json_list_begin(&call->out);
    for (int i = 0; i < plan->step_count && i < max; i++) put_step(call, &plan->steps[i]);
    json_list_end(&call->out);
}

static void put_plan(struct call *call, const struct pack_plan *plan)
{
    json_member_int(&call->out, "conflicts", plan->conflict_count);
    json_member_int(&call->out, "parts", plan->part_count);
    put_steps(call, "steps", plan, plan->step_count);
}

static void put_both(struct call *call, const char *name, const struct json *label)
{
    member_label(&call->out, name, (struct label){ json_text(label, "zh"),
                                                   json_text(label, "en") });
}

static void put_text_or_null(struct call *call, const char *name, struct str text)
{
    struct cell cell = text.size > 0 ? cell_text(text) : cell_null();
    member_text(&call->out, name, &cell);
}

static void put_head(struct call *call, const struct json *head)
{
    json_member_str(&call->out, "name", json_text(head, "name"));
    put_both(call, "title", json_get(head, "title"));
    put_both(call, "help", json_get(head, "help"));
}

/* ---- GET /packs ---- */

static const struct json *head_named(const struct json *heads, int count, struct str name)
{
    for (int i = 0; i < count; i++) {
        if (str_equal(json_text(&heads[i], "name"), name)) return &heads[i];
    }
    return NULL;
}

static bool put_installed(struct call *call, const struct pack_installed *pack,
                          const struct json *shipped)
{
    struct pack_plan changed;
    struct cell at = cell_int(pack->applied_at_ms);
    struct cell by = uuid_is_nil(pack->applied_by) ? cell_null()
                                                   : cell_id(call->scope, pack->applied_by);
    if (!pack_changed(call->scope, call->conn, pack->name, &changed)) return false;
    json_map_begin(&call->out);
    put_head(call, &pack->head);
    json_member_str(&call->out, "version", pack->version);
    put_text_or_null(call, "shipped", json_text(shipped, "version"));
    member_time(&call->out, "applied_at", &at);
    if (!member_name_of(call, call->conn, "applied_by", "user", &by)) return false;
    json_member_bool(&call->out, "can_undo", pack->can_undo);
    put_text_or_null(call, "version_undo", pack->version_undo);
    json_member_int(&call->out, "changed_count", changed.step_count);
    put_steps(call, "changed", &changed, CHANGED_COUNT_MAX);
    json_map_end(&call->out);
    return true;
}

static void put_shipped(struct call *call, const struct json *head)
{
    json_map_begin(&call->out);
    put_head(call, head);
    json_member_null(&call->out, "version");
    put_text_or_null(call, "shipped", json_text(head, "version"));
    json_member_null(&call->out, "applied_at");
    json_member_null(&call->out, "applied_by");
    json_member_bool(&call->out, "can_undo", false);
    json_member_null(&call->out, "version_undo");
    json_member_int(&call->out, "changed_count", 0);
    json_key(&call->out, STR("changed"));
    json_put_raw(&call->out, STR("[]"));
    json_map_end(&call->out);
}

bool api_packs(struct call *call)
{
    struct pack_installed *packs;
    struct json *heads;
    int count, head_count;
    if (!pack_list(call->scope, call->conn, &packs, &count) ||
        !pack_shipped(call->scope, &heads, &head_count)) {
        return false;
    }
    list_begin(call);
    for (int i = 0; i < count; i++) {
        if (!put_installed(call, &packs[i], head_named(heads, head_count, packs[i].name))) {
            return false;
        }
    }
    for (int i = 0; i < head_count; i++) {
        bool is_installed = false;
        for (int k = 0; k < count; k++) {
            is_installed = is_installed ||
                           str_equal(packs[k].name, json_text(&heads[i], "name"));
        }
        if (!is_installed) put_shipped(call, &heads[i]);
    }
    list_end(call);
    return true;
}

/* ---- GET /packs/export ---- */

bool api_pack_export(struct call *call)
{
    struct str name, version, zip;
    struct pack pack;
    if (!call_param(call, "name", &name) || !call_param(call, "version", &version) ||
        !pack_of_workspace(call->scope, call->conn, name, version, &pack) ||
        !pack_zip_write(call->scope, &pack, &zip)) {
        return false;
    }
    http_header_add(call->request, STR("Content-Disposition"),
                    scope_format(call->scope, "attachment; filename=\"%.*s-%.*s.zip\"",
                                 STR_ARG(pack.name), STR_ARG(pack.version)));
    http_header_add(call->request, STR("X-Content-Type-Options"), STR("nosniff"));
    http_body_refer(call->request, "application/zip", zip);
    return true;
}

/* ---- POST /packs/plan ---- */

struct planning {
    struct pack pack;
    struct pack_plan plan;
};

/* {"pack": NAME} for one in the program, or a form with the archive as "file". */
static bool pack_take(struct call *call, struct pack *out)
{
    struct str type = http_header(call->request, "content-type"), name;
    if (!str_starts_with(type, STR("multipart/"))) {
        return json_read(call->scope, call->request->body, &call->body) && call_body_map(call) &&
               call_text(call, "pack", true, &name) && pack_read(call->scope, name, out);
    }
    struct multipart *parts = scope_new(call->scope, struct multipart, 1);
    if (!multipart_read(call->scope, type, call->request->body, parts)) return false;
    const struct multipart_part *file = multipart_get(parts, "file");
    if (!file || file->body.size == 0) {
        return error_set(call->scope, ERROR_INVALID, "field.required", STR("file"));
    }
    return pack_zip_read(call->scope, file->body, out);
}

bool api_pack_plan(struct call *call)
{
    struct planning *planning = scope_new(call->scope, struct planning, 1);
    call->state = planning;
    return pack_take(call, &planning->pack) &&
           pack_plan(call->scope, call->conn, &planning->pack, NULL, 0, &planning->plan);
}

static bool upload_put(struct call *call, struct db_conn *conn, const struct pack *pack,
                       struct uuid id)
{
    struct json body = pack_to_json(call->scope, pack);
    int64_t now_ms = call->context.now_ms, version = call->snapshot->version;
    json_set(call->scope, &body, STR("config"),
             (struct json){ .kind = JSON_KIND_INT, .integer = version });
    const struct cell old = cell_int(now_ms - UPLOAD_KEPT_MS);
    const struct cell args[] = { cell_id(call->scope, id),
                                 cell_text(json_to_text(call->scope, &body)), cell_int(now_ms),
                                 cell_id(call->scope, call->context.actor.user) };
    return db_exec(call->scope, conn, STR("DELETE FROM pack_upload WHERE at < ?"), &old, 1) &&
           db_exec(call->scope, conn,
                   STR("INSERT INTO pack_upload (id, body, at, \"by\") VALUES (?, ?, ?, ?)"),
                   args, 4);
}

/* The result is tried, and all of it taken back: what of it would be refused, and where. */
static bool put_breaks(struct call *call, struct db_conn *conn, const struct pack_plan *plan)
{
    struct buf text;
    struct json_writer writer;
    struct json tried;
    buf_begin(&text, call->scope, TRIAL_SIZE_MAX);
    json_begin(&writer, &text);
    if (!engine_plan(call->scope, conn, &call->context, plan->parts, plan->part_count, &writer) ||
        !json_read(call->scope, buf_str(&text), &tried)) {
        return false;
    }
    json_key(&call->out, STR("breaks"));
    json_put_tree(&call->out, json_get(&tried, "breaks"));
    return true;
}

bool api_pack_plan_write(struct call *call, struct db_conn *conn)
{
    const struct planning *planning = call->state;
    struct uuid id = uuid_make(call->context.now_ms);
    if (!upload_put(call, conn, &planning->pack, id)) return false;
    json_map_begin(&call->out);
    json_key(&call->out, STR("id"));
    json_put_id(&call->out, id);
    put_head(call, &planning->pack.head);
    json_member_str(&call->out, "version", planning->pack.version);
    put_text_or_null(call, "version_before", planning->plan.version_before);
    put_plan(call, &planning->plan);
    if (!put_breaks(call, conn, &planning->plan)) return false;
    json_map_end(&call->out);
    return true;
}

/* ---- POST /packs/apply, /packs/{pack}/undo ---- */

struct choosing {
    struct uuid plan;
    struct str *choices;
    int count;
};

/* A pack holds roles, so it decides about everybody. */
static bool admin_check(struct call *call)
{
    return call_is_admin(call) ||
           error_set(call->scope, ERROR_DENIED, "access.denied", STR(""));
}

bool api_pack_apply(struct call *call)
{
    struct choosing *choosing = scope_new(call->scope, struct choosing, 1);
    struct str plan;
    call->state = choosing;
    if (!admin_check(call) || !call_body_map(call) || !call_text(call, "plan", true, &plan)) {
        return false;
    }
    if (!uuid_parse(plan, &choosing->plan)) {
        return error_set(call->scope, ERROR_NOT_FOUND, "pack.not_planned", STR("plan"));
    }
    const struct json *choices = json_get(&call->body, "choices");
    int count = choices && choices->kind == JSON_KIND_MAP ? choices->count : 0;
    if (count > CHOICE_COUNT_MAX) {
        return error_set(call->scope, ERROR_TOO_LARGE, "pack.too_large", STR("choices"));
    }
    choosing->choices = scope_new(call->scope, struct str, count + 1);
    for (int i = 0; i < count; i++) {
        if (!str_is(choices->items[i].text, "theirs")) continue;
        choosing->choices[choosing->count++] = choices->names[i];
    }
    return true;
}

static bool upload_take(struct call *call, struct db_conn *conn, struct uuid id, struct pack *out)
{
    const struct cell args[] = { cell_id(call->scope, id),
                                 cell_id(call->scope, call->context.actor.user) };
    struct row row;
    struct json body;
    int64_t version;
    if (!db_one(call->scope, conn,
                STR("SELECT body FROM pack_upload WHERE id = ? AND \"by\" = ?"), args, 2, &row)) {
        return false;
    }
    if (row.count == 0) {
        return error_set(call->scope, ERROR_NOT_FOUND, "pack.not_planned", STR("plan"));
    }
    if (!json_read(call->scope, row.cells[0].text, &body) ||
        !schema_version(call->scope, conn, &version)) {
        return false;
    }
    if (json_int(&body, "config", 0) != version) {
        return error_set(call->scope, ERROR_CONFLICT, "pack.not_planned", STR("plan"));
    }
    return pack_of_json(call->scope, &body, out) &&
           db_exec(call->scope, conn, STR("DELETE FROM pack_upload WHERE id = ?"), args, 1);
}

static void put_done(struct call *call, struct str name, const struct pack_plan *plan)
{
    json_map_begin(&call->out);
    json_member_str(&call->out, "name", name);
    put_plan(call, plan);
    json_map_end(&call->out);
}

bool api_pack_apply_write(struct call *call, struct db_conn *conn)
{
    const struct choosing *choosing = call->state;
    struct pack pack;
    struct pack_plan plan;
    if (!upload_take(call, conn, choosing->plan, &pack) ||
        !pack_apply(call->scope, conn, &call->context, &pack, choosing->choices, choosing->count,
                    &plan)) {
        return false;
    }
    put_done(call, pack.name, &plan);
    return true;
}

bool api_pack_undo(struct call *call)
{
    return admin_check(call);
}

bool api_pack_undo_write(struct call *call, struct db_conn *conn)
{
    struct pack_plan plan;
    if (!pack_undo(call->scope, conn, &call->context, call->captures[0], &plan)) return false;
    put_done(call, call->captures[0], &plan);
    return true;
}
