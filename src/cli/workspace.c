/* Opening and finding things in a workspace; see workspace.h. */
#include "cli/workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"

static const char data_default[] = "./leadline-data";

static bool cannot(struct cli *cli, const char *key, struct str file)
{
    struct str reason = str_of(strerror(errno));
    error_set(cli->scope, ERROR_INVALID, key, STR(""));
    error_arg(cli->scope, "file", file);
    return error_arg(cli->scope, "reason", reason);
}

/* ---- folder, lock, clock ---- */

static bool folder_find(struct cli *cli, struct workspace *out)
{
    struct str url = cli_value(cli, "db"), folder = cli_value(cli, "data");
    if (url.size > 0 && !db_url_is_server(url)) {
        error_set(cli->scope, ERROR_INVALID, "cli.db_unsupported", STR(""));
        return error_arg(cli->scope, "url", url);
    }
    if (folder.size == 0) folder = str_of(data_default);
    while (folder.size > 1 && folder.data[folder.size - 1] == '/') folder.size -= 1;
    out->folder = scope_copy(cli->scope, folder);
    out->is_server = url.size > 0;
    out->database = out->is_server ? scope_copy(cli->scope, url)
                                   : scope_format(cli->scope, "%s/leadline.db", out->folder.data);
    return true;
}

/* Its parents must be there: a slip of the pen shall not make a tree of folders. */
static bool folder_make(struct cli *cli, const struct workspace *workspace)
{
    if (mkdir(workspace->folder.data, 0700) == 0 || errno == EEXIST) return true;
    return cannot(cli, "cli.folder_not_made", workspace->folder);
}

static bool lock_take(struct cli *cli, struct workspace *workspace)
{
    struct str path = scope_format(cli->scope, "%s/leadline.lock", workspace->folder.data);
    workspace->lock = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (workspace->lock < 0) return cannot(cli, "cli.folder_not_usable", workspace->folder);
    if (flock(workspace->lock, LOCK_EX | LOCK_NB) == 0) return true;
    close(workspace->lock);
    workspace->lock = -1;
    error_set(cli->scope, ERROR_CONFLICT, "cli.workspace_in_use", STR(""));
    return error_arg(cli->scope, "folder", workspace->folder);
}

static void lock_leave(struct workspace *workspace)
{
    if (workspace->lock >= 0) close(workspace->lock);
    workspace->lock = -1;
}

static bool clock_set(struct cli *cli, struct workspace *out)
{
    struct str text = cli_value(cli, "clock");
    int64_t now_ms;
    if (text.size == 0) return true;
    if (!cli_is_set(cli, "test-mode")) {
        return error_set(cli->scope, ERROR_INVALID, "cli.clock_alone", STR(""));
    }
    if (!time_parse(text, TIME_ZONE_SHANGHAI_MIN, &now_ms) || now_ms <= 0) {
        error_set(cli->scope, ERROR_INVALID, "cli.bad_clock", STR(""));
        return error_arg(cli->scope, "value", text);
    }
    atomic_store(&out->clock.fixed_ms, now_ms);
    return true;
}

bool workspace_locate(struct cli *cli, enum workspace_need need, struct workspace *out,
                      bool *out_exists)
{
    *out = (struct workspace){ .lock = -1 };
    if (!folder_find(cli, out) || !clock_set(cli, out)) return false;
    if (!db_exists(cli->scope, out->database, out_exists)) return false;
    if (!*out_exists && need != WORKSPACE_CREATED) {
        error_set(cli->scope, ERROR_NOT_FOUND, "cli.no_workspace", STR(""));
        return error_arg(cli->scope, "folder", out->is_server ? out->database : out->folder);
    }
    bool is_folder_wanted = need == WORKSPACE_CREATED || out->is_server;
    if (is_folder_wanted && !folder_make(cli, out)) return false;
    /* Several servers may work on one PostgreSQL; each write there is alone anyway. */
    return need == WORKSPACE_SHARED || out->is_server || lock_take(cli, out);
}

bool workspace_open(struct cli *cli, enum workspace_need need, int reader_count_max,
                    struct workspace *out)
{
    bool exists;
    if (!workspace_locate(cli, need, out, &exists)) return false;
    struct engine_options options = { .url = out->database,
                                      .clock = &out->clock,
                                      .reader_count_max = reader_count_max };
    if (!engine_open(cli->scope, &options, &out->engine)) {
        lock_leave(out);
        return false;
    }
    out->snapshot = snapshot_take(out->engine);
    return true;
}

void workspace_close(struct workspace *workspace)
{
    if (workspace->snapshot) snapshot_release(workspace->engine, workspace->snapshot);
    if (workspace->engine) engine_close(workspace->engine);
    workspace->snapshot = NULL;
    workspace->engine = NULL;
    lock_leave(workspace);
}

void workspace_refresh(struct workspace *workspace)
{
    snapshot_release(workspace->engine, workspace->snapshot);
    workspace->snapshot = snapshot_take(workspace->engine);
}

struct engine_context workspace_context(const struct workspace *workspace)
{
    return engine_system_context(workspace->engine, workspace->snapshot, "cli");
}

/* ---- people, teams, settings ---- */

bool workspace_row(struct cli *cli, const struct workspace *workspace, const char *sql,
                   const struct cell *args, int arg_count, struct row *out)
{
    struct db_conn *conn = NULL;
    if (!db_read_begin(cli->scope, engine_db(workspace->engine), &conn)) return false;
    bool ok = db_one(cli->scope, conn, str_of(sql), args, arg_count, out);
    db_read_end(conn);
    return ok;
}

static bool id_find(struct cli *cli, const struct workspace *workspace, const char *sql,
                    struct str name, const char *key, struct uuid *out)
{
    struct cell arg = cell_text(name);
    struct row row;
    if (!workspace_row(cli, workspace, sql, &arg, 1, &row)) return false;
    if (row.count > 0) {
        *out = cell_uuid(&row.cells[0]);
        return true;
    }
    error_set(cli->scope, ERROR_NOT_FOUND, key, STR(""));
    return error_arg(cli->scope, "name", name);
}

bool workspace_user(struct cli *cli, const struct workspace *workspace, struct str login,
                    struct uuid *out)
{
    return id_find(cli, workspace,
                   "SELECT id FROM \"user\" WHERE login = ? AND deleted_at IS NULL", login,
                   "cli.no_login", out);
}

bool workspace_team(struct cli *cli, const struct workspace *workspace, struct str name,
                    struct uuid *out)
{
    return id_find(cli, workspace, "SELECT id FROM team WHERE name = ? AND deleted_at IS NULL",
                   name, "cli.no_team", out);
}

bool workspace_user_count(struct cli *cli, const struct workspace *workspace, int64_t *out)
{
    struct row row;
    if (!workspace_row(cli, workspace, "SELECT COUNT(*) FROM \"user\"", NULL, 0, &row)) {
        return false;
    }
    *out = row.cells[0].integer;
    return true;
}

bool workspace_actor(struct cli *cli, const struct workspace *workspace, struct str login,
                     struct actor *out)
{
    struct uuid user;
    struct db_conn *conn = NULL;
    if (!workspace_user(cli, workspace, login, &user) ||
        !db_read_begin(cli->scope, engine_db(workspace->engine), &conn)) {
        return false;
    }
    bool ok = actor_load(cli->scope, conn, workspace->snapshot->access, user,
                         engine_now_ms(workspace->engine), out);
    db_read_end(conn);
    return ok;
}

static bool settings_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const char *const *pairs = context;
    for (int i = 0; pairs[i]; i += 2) {
        if (!setting_put(scope, conn, str_of(pairs[i]), str_of(pairs[i + 1]))) return false;
    }
    return true;
}

bool workspace_settings(struct cli *cli, struct workspace *workspace, const char *const *pairs)
{
    if (!db_write_wait(cli->scope, engine_db(workspace->engine), settings_run,
                       (void *)(uintptr_t)pairs) ||
        !engine_refresh(cli->scope, workspace->engine)) {
        return false;
    }
    workspace_refresh(workspace);
    return true;
}

bool workspace_setting(struct cli *cli, const struct workspace *workspace, const char *name,
                       struct str *out)
{
    struct db_conn *conn = NULL;
    if (!db_read_begin(cli->scope, engine_db(workspace->engine), &conn)) return false;
    bool ok = setting_get(cli->scope, conn, str_of(name), out);
    db_read_end(conn);
    return ok;
}
