/*
 * leadline demo: a workspace full of life to look around in. Everybody in it has
 * the same password, and everybody is told it.
 */
#include <unistd.h>

#include "base/time.h"
#include "cli/demo_fill.h"
#include "cli/list.h"
#include "cli/workspace.h"

enum { SCALE_MAX = 10000 };

/* ---- logins ---- */

bool demo_logins_print(struct cli *cli, const struct workspace *workspace)
{
    struct str is_demo, text;
    struct json logins;
    if (!workspace_setting(cli, workspace, "is_demo", &is_demo)) return false;
    if (!str_is(is_demo, "1")) return true;
    if (!workspace_setting(cli, workspace, "demo_logins", &text)) return false;
    if (text.size == 0) return true;
    if (!json_read(cli->scope, text, &logins)) return false;
    cli_say(cli, "cli.demo_logins", NULL);
    for (int i = 0; i < logins.count; i++) {
        const struct json *login = &logins.items[i], *role = json_get(login, "role_label");
        struct label label = { json_text(role, "zh"), json_text(role, "en") };
        printf("  %-12.*s %.*s  %.*s (%.*s)\n", STR_ARG(json_text(login, "login")),
               STR_ARG(json_text(login, "password")), STR_ARG(json_text(login, "name")),
               STR_ARG(label_text(label, cli->language)));
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
    if (!isatty(STDERR_FILENO)) return;
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
    struct demo_fill_options options = {
        .now_ms = engine_now_ms(workspace->engine),
        .scale_percent = scale_percent,
        .progress = progress,
        .progress_context = cli,
    };
    struct demo_report report;
    bool ok = demo_fill(cli->scope, workspace->engine, &options, &report);
    if (isatty(STDERR_FILENO)) fputc('\n', stderr);
    return ok;
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
