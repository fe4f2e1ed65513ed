/*
 * leadline demo: a workspace full of life to look around in. Everybody in it has
 * the same password, and everybody is told it.
 */
#include "base/time.h"
#include "cli/demo_fill.h"
#include "cli/list.h"
#include "cli/workspace.h"

enum { LOGIN_COUNT_MAX = 200, SCALE_MAX = 10000 };

/* ---- logins ---- */

/* The first person of each role by the order in which they came. */
static bool logins_find(struct cli *cli, const struct workspace *workspace, struct rows *out)
{
    static const char sql[] =
        "SELECT u.login, u.name, u.role FROM \"user\" AS u WHERE u.deleted_at IS NULL AND "
        "COALESCE(u.disabled, 0) = 0 AND u.role IS NOT NULL AND NOT EXISTS (SELECT 1 FROM \"user\" "
        "AS v WHERE v.role = u.role AND v.deleted_at IS NULL AND COALESCE(v.disabled, 0) = 0 AND "
        "(v.created_at < u.created_at OR (v.created_at = u.created_at AND v.login < u.login))) "
        "ORDER BY u.role";
    struct db_conn *conn = NULL;
    if (!db_read_begin(cli->scope, engine_db(workspace->engine), &conn)) return false;
    bool ok = db_all(cli->scope, conn, str_of(sql), NULL, 0, LOGIN_COUNT_MAX, out);
    db_read_end(conn);
    return ok;
}

bool demo_logins_print(struct cli *cli, const struct workspace *workspace)
{
    struct str is_demo;
    struct rows rows;
    if (!workspace_setting(cli, workspace, "is_demo", &is_demo)) return false;
    if (!str_is(is_demo, "1")) return true;
    if (!logins_find(cli, workspace, &rows)) return false;
    struct str password = demo_password(workspace->snapshot->schema);
    cli_say(cli, "cli.demo_logins", "password", scope_copy(cli->scope, password).data, NULL);
    for (int i = 0; i < rows.count; i++) {
        const struct cell *cells = rows.items[i].cells;
        const struct role *role =
            access_role_by_id(workspace->snapshot->access, cells[2].integer);
        if (!role) continue;
        struct str label = label_text(role->label, cli->language);
        printf("  %-12.*s %.*s (%.*s)\n", STR_ARG(cells[0].text), STR_ARG(cells[1].text),
               STR_ARG(label));
    }
    fflush(stdout);
    return true;
}

/* ---- filling ---- */

static bool scale_read(struct cli *cli, int64_t *out)
{
    struct str text = cli_value(cli, "scale");
    *out = 100;
    if (text.size == 0 || (str_to_int64(text, out) && *out > 0 && *out <= SCALE_MAX)) return true;
    error_set(cli->scope, ERROR_INVALID, "cli.bad_scale", STR(""));
    return error_arg(cli->scope, "value", text);
}

static void progress(int64_t row_count, void *context)
{
    struct cli *cli = context;
    struct scope scope; /* many lines, small memory */
    scope_begin(&scope);
    char number[32];
    snprintf(number, sizeof(number), "%lld", (long long)row_count);
    struct error_arg args[] = { { "count", str_of(number) } };
    struct str text = message_text(&scope, cli->language, "cli.demo_progress", args, 1);
    fprintf(stderr, "\r%.*s", STR_ARG(text));
    scope_end(&scope);
}

static bool fill(struct cli *cli, struct workspace *workspace, int64_t scale_percent)
{
    int64_t count;
    if (!workspace_user_count(cli, workspace, &count)) return false;
    if (count > 0) {
        error_set(cli->scope, ERROR_CONFLICT, "cli.demo_not_empty", STR(""));
        return error_arg(cli->scope, "folder", workspace->folder);
    }
    if (!workspace_apply(cli, workspace, STR("sales"), STR(""))) return false;
    const struct config *recipe =
        schema_config(workspace->snapshot->schema, STR("demo"), STR("demo"));
    struct str company = recipe ? json_text(&recipe->body, "company") : STR("");
    struct demo_fill_options options = {
        .now_ms = engine_now_ms(workspace->engine),
        .scale_percent = scale_percent,
        .progress = progress,
        .progress_context = cli,
    };
    struct demo_report report;
    bool ok = demo_fill(cli->scope, workspace->engine, &options, &report);
    fputc('\n', stderr);
    const char *pairs[] = { "is_demo", "1", "company", scope_copy(cli->scope, company).data, NULL };
    return ok && workspace_settings(cli, workspace, pairs);
}

static bool demo_run(struct cli *cli)
{
    struct workspace workspace;
    int64_t scale_percent;
    if (!scale_read(cli, &scale_percent) ||
        !workspace_open(cli, WORKSPACE_CREATED, 0, &workspace)) {
        return false;
    }
    bool ok = fill(cli, &workspace, scale_percent);
    if (ok) {
        cli_say(cli, "cli.demo_done", "folder", workspace.folder.data, NULL);
        ok = demo_logins_print(cli, &workspace);
    }
    workspace_close(&workspace);
    return ok;
}

static const struct flag demo_flags[] = { { "scale", "PERCENT" }, { NULL, NULL } };

const struct command command_demo = {
    .name = "demo",
    .usage = "[--scale PERCENT]",
    .flags = demo_flags,
    .run = demo_run,
};
