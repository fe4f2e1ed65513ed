/*
 * leadline copy --to: the workspace into another database, in either direction. A folder gets
 * the uploaded files too; beside a server's database they stay where they are: served with the
 * same --data they are found again.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/copy.h"
#include "cli/folder.h"
#include "cli/list.h"
#include "cli/workspace.h"

/* A folder to copy into gets the database under its usual name. */
static bool target_url(struct cli *cli, struct str to, struct str *out)
{
    struct stat found;
    *out = to;
    if (db_url_is_server(to)) return true;
    while (to.size > 1 && to.data[to.size - 1] == '/') to.size -= 1;
    struct str folder = scope_copy(cli->scope, to);
    *out = scope_format(cli->scope, "%s/leadline.db", folder.data);
    if (mkdir(folder.data, 0700) != 0 && errno != EEXIST) {
        error_set(cli->scope, ERROR_INVALID, "cli.folder_not_made", STR(""));
        error_arg(cli->scope, "file", folder);
        return error_arg(cli->scope, "reason", str_of(strerror(errno)));
    }
    if (stat(out->data, &found) != 0) return true;
    error_set(cli->scope, ERROR_CONFLICT, "cli.copy_not_empty", STR(""));
    return error_arg(cli->scope, "to", folder);
}

/* Where it went, for the audit: without the name and password of a database. */
static struct str target_shown(struct str to)
{
    size_t at = to.size;
    while (at > 0 && to.data[at - 1] != '@') at -= 1;
    return db_url_is_server(to) ? str_slice(to, at, to.size) : to;
}

static bool copy_note(struct cli *cli, const struct workspace *workspace, struct str to,
                      struct str rows)
{
    struct engine_context context = workspace_context(workspace);
    struct audit_pair pairs[] = { { "to", target_shown(to) }, { "rows", rows } };
    struct audit_line line = { .kind = "copy", .detail = audit_detail(cli->scope, pairs, 2) };
    return audit_write(cli->scope, &context, &line);
}

static bool copy_command(struct cli *cli)
{
    struct workspace workspace;
    struct copied copied;
    struct str to, url;
    char rows[24], tables[16], files[24];
    umask(077);
    if (!cli_need(cli, "to", &to) || !target_url(cli, to, &url)) return false;
    if (!workspace_open(cli, WORKSPACE_SHARED, 0, &workspace)) return false;
    bool ok = copy_to_url(cli->scope, engine_db(workspace.engine), url, &copied);
    int64_t file_count = 0;
    bool is_folder = !db_url_is_server(to);
    ok = ok && (!is_folder || folder_copy(cli, workspace.folder, to, STR("files"), &file_count));
    if (ok) snprintf(rows, sizeof(rows), "%lld", (long long)copied.row_count);
    ok = ok && copy_note(cli, &workspace, to, str_of(rows));
    workspace_close(&workspace);
    if (!ok && is_folder) unlink(url.data);
    if (!ok) return false;
    snprintf(tables, sizeof(tables), "%d", copied.table_count);
    snprintf(files, sizeof(files), "%lld", (long long)file_count);
    cli_say(cli, is_folder ? "cli.copy_done_folder" : "cli.copy_done", "rows", rows, "tables",
            tables, "count", files, "files",
            scope_format(cli->scope, "%s/files", workspace.folder.data).data, NULL);
    return true;
}

static const struct flag copy_flags[] = { { "to", "URL|DIR" }, { NULL, NULL } };

const struct command command_copy = {
    .name = "copy",
    .usage = "--to URL|DIR",
    .flags = copy_flags,
    .run = copy_command,
};
