/*
 * leadline init: a new workspace. Nothing is asked and nothing written before
 * all that was given is known to be good; what fails half-way leaves no people,
 * and init may be called again.
 */
#include <sys/stat.h>

#include "access/session.h"
#include "base/time.h"
#include "cli/list.h"
#include "cli/user.h"
#include "cli/workspace.h"
#include "engine/pack.h"

static const char pack_default[] = "sales";

/* ---- the pack, with the chosen pipeline as the default of its object ---- */

static const struct schema_part *pipeline_part(const struct pack *pack, struct str name)
{
    for (int i = 0; i < pack->part_count; i++) {
        const struct schema_part *part = &pack->parts[i];
        if (str_is(part->kind, "pipeline") && str_equal(part->name, name)) return part;
    }
    return NULL;
}

static struct str pipeline_names(struct scope *scope, const struct pack *pack)
{
    struct buf names;
    buf_begin(&names, scope, CLI_TEXT_SIZE_MAX);
    for (int i = 0; i < pack->part_count; i++) {
        if (!str_is(pack->parts[i].kind, "pipeline")) continue;
        if (names.size > 0) buf_put(&names, STR(", "));
        buf_put(&names, pack->parts[i].name);
    }
    return buf_str(&names);
}

/* A copy of the map with "default" true or left out. */
static struct json body_marked(struct scope *scope, const struct json *body, bool is_default)
{
    struct json out = *body;
    out.names = scope_new(scope, struct str, body->count + 1);
    out.items = scope_new(scope, struct json, body->count + 1);
    out.count = 0;
    for (int i = 0; i < body->count; i++) {
        if (str_is(body->names[i], "default")) continue;
        out.names[out.count] = body->names[i];
        out.items[out.count++] = body->items[i];
    }
    if (is_default) {
        out.names[out.count] = STR("default");
        out.items[out.count++] = (struct json){ .kind = JSON_KIND_BOOL, .boolean = true };
    }
    return out;
}

static bool pipeline_find(struct cli *cli, const struct pack *pack, struct str name,
                          const struct schema_part **out)
{
    *out = pipeline_part(pack, name);
    if (*out) return true;
    error_set(cli->scope, ERROR_NOT_FOUND, "cli.no_pipeline", STR(""));
    error_arg(cli->scope, "name", name);
    return error_arg(cli->scope, "known", pipeline_names(cli->scope, pack));
}

struct choosing {
    const struct engine_context *context;
    const struct schema_part *parts;
    int count;
};

static bool choose_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct choosing *choosing = context;
    return engine_configure(scope, conn, choosing->context, choosing->parts, choosing->count);
}

/* A change of this workspace, which upgrades of the pack leave alone. */
static bool pipeline_choose(struct cli *cli, struct workspace *workspace, const struct pack *pack,
                            struct str name)
{
    const struct schema_part *chosen;
    struct engine_context context = workspace_context(workspace);
    struct schema_part *parts = scope_new(cli->scope, struct schema_part, pack->part_count + 1);
    struct choosing choosing = { &context, parts, 0 };
    if (!pipeline_find(cli, pack, name, &chosen)) return false;
    for (int i = 0; i < pack->part_count; i++) {
        const struct schema_part *part = &pack->parts[i];
        bool is_meant = str_is(part->kind, "pipeline") &&
                        str_equal(json_text(&part->body, "object"),
                                  json_text(&chosen->body, "object"));
        if (!is_meant) continue;
        parts[choosing.count] = *part;
        parts[choosing.count++].body = body_marked(cli->scope, &part->body, part == chosen);
    }
    if (!db_write_wait(cli->scope, engine_db(workspace->engine), choose_run, &choosing)) {
        return false;
    }
    workspace_refresh(workspace);
    return true;
}

bool workspace_apply(struct cli *cli, struct workspace *workspace, struct str pack_name,
                     struct str pipeline)
{
    struct pack pack;
    struct pack_plan plan;
    struct engine_context context = workspace_context(workspace);
    if (!pack_read(cli->scope, pack_name, &pack) ||
        !pack_apply_wait(cli->scope, &context, &pack, NULL, 0, &plan)) {
        return false;
    }
    workspace_refresh(workspace);
    return pipeline.size == 0 || pipeline_choose(cli, workspace, &pack, pipeline);
}

/* ---- the command ---- */

struct init {
    struct str company, login, pipeline, pack, password;
};

static bool init_read(struct cli *cli, struct init *init)
{
    struct pack pack;
    if (!cli_need(cli, "company", &init->company) || !cli_need(cli, "admin", &init->login)) {
        return false;
    }
    init->pipeline = cli_value(cli, "pipeline");
    init->pack = cli_value(cli, "pack");
    if (init->pack.size == 0) init->pack = str_of(pack_default);
    if (!pack_read(cli->scope, init->pack, &pack)) return false;
    const struct schema_part *chosen;
    if (init->pipeline.size > 0 && !pipeline_find(cli, &pack, init->pipeline, &chosen)) {
        return false;
    }
    return cli_password(cli, "admin-password", &init->password) &&
           password_check(cli->scope, init->password, "password");
}

static bool is_unused(struct cli *cli, const struct workspace *workspace)
{
    int64_t count;
    if (!workspace_user_count(cli, workspace, &count)) return false;
    if (count == 0) return true;
    error_set(cli->scope, ERROR_CONFLICT, "cli.workspace_exists", STR(""));
    return error_arg(cli->scope, "folder", workspace->folder);
}

static bool init_do(struct cli *cli, struct workspace *workspace, const struct init *init)
{
    const char *pairs[] = { "company", init->company.data, "setup_done", "no", NULL };
    struct user_new user = { .login = init->login, .name = init->login, .role = STR("admin") };
    struct uuid id;
    return is_unused(cli, workspace) &&
           workspace_apply(cli, workspace, init->pack, init->pipeline) &&
           workspace_settings(cli, workspace, pairs) &&
           user_create(cli, workspace, &user, &id) &&
           password_set(cli->scope, engine_db(workspace->engine), id, init->password,
                        time_now_ms());
}

static bool init_run(struct cli *cli)
{
    struct init init;
    struct workspace workspace;
    if (!init_read(cli, &init) || !workspace_open(cli, WORKSPACE_CREATED, 0, &workspace)) {
        return false;
    }
    bool ok = init_do(cli, &workspace, &init);
    workspace_close(&workspace);
    if (ok) {
        /* The URL is not said again: it may hold a password. */
        bool has_url = cli_value(cli, "db").size > 0;
        cli_say(cli, has_url ? "cli.init_done_db" : "cli.init_done", "company",
                init.company.data, "folder", workspace.folder.data, "login", init.login.data,
                NULL);
    }
    return ok;
}

static const struct flag init_flags[] = {
    { "company", "NAME" },  { "admin", "LOGIN" }, { "pipeline", "NAME" },
    { "pack", "sales|none" }, { NULL, NULL },
};

const struct command command_init = {
    .name = "init",
    .usage = "--company NAME --admin LOGIN [--pipeline NAME] [--pack sales|none]",
    .flags = init_flags,
    .run = init_run,
};
