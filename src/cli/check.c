/* leadline check: is everything in the workspace as it must be? See check.h. */
#include "cli/check.h"

#include "cli/list.h"

bool check_rows(struct check *check, struct sql *sql, const char *key, struct str object,
                struct str name, bool *is_wrong)
{
    struct row row;
    if (!sql_one(check->cli->scope, check->conn, sql, &row)) return false;
    int64_t count = row.cells[0].integer;
    if (is_wrong) *is_wrong = count > 0;
    if (count == 0) return true;
    check->found_count += 1;
    struct scope *scope = check->cli->scope;
    cli_say(check->cli, key, "count", scope_format(scope, "%lld", (long long)count).data, "record",
            uuid_format(scope, cell_uuid(&row.cells[1])).data, "object",
            scope_copy(scope, object).data, "name", scope_copy(scope, name).data, NULL);
    return true;
}

static bool check_database(struct check *check)
{
    struct scope inner;
    scope_begin(&inner);
    if (!db_check(&inner, engine_db(check->workspace->engine))) {
        check->found_count += 1;
        cli_say(check->cli, "cli.check.database", "reason",
                scope_copy(check->cli->scope, inner.error.detail).data, NULL);
    }
    scope_end(&inner);
    return true;
}

static bool check_audit(struct check *check)
{
    int64_t broken = 0;
    if (!audit_check(check->cli->scope, check->conn, &broken)) return false;
    if (broken == 0) return true;
    check->found_count += 1;
    cli_say(check->cli, "cli.check.audit", "number",
            scope_format(check->cli->scope, "%lld", (long long)broken).data, NULL);
    return true;
}

static bool check_all(struct check *check)
{
    static bool (*const checks[])(struct check *) = {
        check_database, check_stays,   check_history, check_links, check_stored,
        check_search,   check_ladders, check_files,   check_audit,
    };
    struct scope *scope = check->cli->scope;
    if (!db_read_begin(scope, engine_db(check->workspace->engine), &check->conn)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof(checks) / sizeof(checks[0]); i++) ok = checks[i](check);
    db_read_end(check->conn);
    return ok;
}

/* ---- mending ---- */

static bool mend_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct check *check = context;
    const struct schema *schema = check->workspace->snapshot->schema;
    if (!mend_search(scope, conn, check)) return false;
    bool is_linked_anew = false; /* then any stored formula may be another */
    for (int i = 0; i < schema->object_count; i++) {
        if (!check->is_link_wrong[i]) continue;
        if (!links_rebuild(scope, conn, &schema->objects[i])) return false;
        is_linked_anew = true;
    }
    if (check->is_timer_wrong && !mend_timers(scope, conn, check)) return false;
    for (int i = 0; i < schema->object_count; i++) {
        const struct object *object = &schema->objects[i];
        bool is_due = check->is_formula_wrong[i] || check->is_timer_wrong || is_linked_anew;
        if (!is_due) continue;
        if (object->is_builtin) continue;
        if (!engine_recompute(scope, conn, &check->context, object)) return false;
    }
    return true;
}

static bool is_mendable(const struct check *check)
{
    bool is_any = check->is_timer_wrong;
    for (int i = 0; i < check->workspace->snapshot->schema->object_count; i++) {
        is_any = is_any || check->is_formula_wrong[i] || check->is_search_wrong[i] ||
                 check->is_link_wrong[i];
    }
    return is_any;
}

static void begin(struct check *check, struct cli *cli, struct workspace *workspace)
{
    int count = workspace->snapshot->schema->object_count;
    *check = (struct check){
        .cli = cli,
        .workspace = workspace,
        .context = workspace_context(workspace),
        .is_formula_wrong = scope_new(cli->scope, bool, count),
        .is_search_wrong = scope_new(cli->scope, bool, count),
        .is_link_wrong = scope_new(cli->scope, bool, count),
    };
}

static bool check_workspace(struct cli *cli, struct workspace *workspace)
{
    struct check check;
    begin(&check, cli, workspace);
    if (!check_all(&check)) return false;
    if (check.found_count > 0 && is_mendable(&check) && cli_is_set(cli, "repair")) {
        if (!db_write_wait(cli->scope, engine_db(workspace->engine), mend_run, &check)) {
            return false;
        }
        cli_say(cli, "cli.check.mended", NULL);
        begin(&check, cli, workspace);
        if (!check_all(&check)) return false;
    } else if (check.found_count > 0 && is_mendable(&check)) {
        cli_say(cli, "cli.check.mendable", NULL);
    }
    cli->exit_code = check.found_count > 0 ? CLI_PARTLY : CLI_DONE;
    if (check.found_count == 0) cli_say(cli, "cli.check.clean", NULL);
    return true;
}

static bool check_run(struct cli *cli)
{
    struct workspace workspace;
    bool is_alone = cli_is_set(cli, "repair");
    if (!workspace_open(cli, is_alone ? WORKSPACE_ALONE : WORKSPACE_SHARED, 0, &workspace)) {
        return false;
    }
    bool ok = check_workspace(cli, &workspace);
    workspace_close(&workspace);
    return ok;
}

static const struct flag check_flags[] = { { "repair", NULL }, { NULL, NULL } };

const struct command command_check = {
    .name = "check",
    .usage = "[--repair]",
    .flags = check_flags,
    .run = check_run,
};
