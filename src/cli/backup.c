/*
 * leadline backup and restore. A backup is one tar file: the database as it was
 * at one moment, then the uploaded files, which never change once they are there
 * (so copying them later cannot tear the picture). A server may be running.
 *
 * Restore unpacks beside the workspace, checks, and only then moves things: what
 * was there before is kept in a folder of its own.
 */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/archive.h"
#include "cli/copy.h"
#include "cli/folder.h"
#include "cli/list.h"
#include "cli/workspace.h"

static bool cannot(struct cli *cli, const char *key, struct str file)
{
    struct str reason = str_of(strerror(errno));
    error_set(cli->scope, ERROR_INVALID, key, STR(""));
    error_arg(cli->scope, "file", file);
    return error_arg(cli->scope, "reason", reason);
}

/* ---- folders ---- */

static void folder_remove(struct cli *cli, struct str path, int depth)
{
    struct dirent **entries = NULL;
    int count = depth < FOLDER_DEPTH_MAX + 2 ? scandir(path.data, &entries, NULL, NULL) : 0;
    for (int i = 0; i < count; i++) {
        struct str entry = str_of(entries[i]->d_name);
        struct str inner = scope_format(cli->scope, "%.*s/%.*s", STR_ARG(path), STR_ARG(entry));
        bool is_other = !str_is(entry, ".") && !str_is(entry, "..");
        if (is_other && unlink(inner.data) != 0) folder_remove(cli, inner, depth + 1);
        scope_take(cli->scope, entries[i]);
    }
    scope_take(cli->scope, entries);
    rmdir(path.data);
}

/* ---- backup ---- */

static bool file_add(struct cli *cli, struct str folder, struct str name, void *context)
{
    struct scope inner; /* one file after the other */
    scope_begin(&inner);
    struct str path = scope_format(&inner, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name));
    bool ok = archive_add(&inner, context, name, path);
    if (!ok) cannot(cli, "cli.file_not_written", name);
    scope_end(&inner);
    return ok;
}

static bool archive_make(struct cli *cli, const struct workspace *workspace, struct str copy,
                         struct str path)
{
    FILE *file = fopen(path.data, "wbx");
    if (!file) return cannot(cli, "cli.file_not_written", path);
    bool ok = archive_add(cli->scope, file, STR("leadline.db"), copy) &&
              folder_files_each(cli, workspace->folder, STR("files"), file_add, file) &&
              archive_end(cli->scope, file);
    bool is_kept = fflush(file) == 0 && fsync(fileno(file)) == 0;
    is_kept = fclose(file) == 0 && is_kept;
    return ok && (is_kept || cannot(cli, "cli.file_not_written", path));
}

/* Without its line in the audit no backup is left. */
static bool backup_note(struct cli *cli, const struct workspace *workspace, struct str path)
{
    struct engine_context context = workspace_context(workspace);
    struct audit_pair file = { "file", path };
    struct audit_line line = { .kind = "backup", .detail = audit_detail(cli->scope, &file, 1) };
    return audit_write(cli->scope, &context, &line);
}

static bool backup(struct cli *cli, struct workspace *workspace)
{
    struct stat found;
    struct str path = cli->arguments[0];
    struct str copy = scope_format(cli->scope, "%s.db-part", path.data);
    struct str part = scope_format(cli->scope, "%s.part", path.data);
    if (stat(path.data, &found) == 0) {
        error_set(cli->scope, ERROR_CONFLICT, "cli.file_exists", STR(""));
        return error_arg(cli->scope, "file", path);
    }
    unlink(copy.data);
    unlink(part.data);
    struct db *db = engine_db(workspace->engine);
    struct copied copied;
    /* Of PostgreSQL the backup is a SQLite file too: it can be restored anywhere. */
    bool is_saved = db_is_shared(db) ? copy_to_url(cli->scope, db, copy, &copied)
                                     : db_backup(cli->scope, db, copy);
    bool ok = is_saved &&
              archive_make(cli, workspace, copy, part) && backup_note(cli, workspace, path);
    unlink(copy.data);
    if (ok && rename(part.data, path.data) != 0) ok = cannot(cli, "cli.file_not_written", path);
    if (!ok) unlink(part.data);
    return ok;
}

static bool backup_run(struct cli *cli)
{
    struct workspace workspace;
    umask(077); /* what is in it is nobody else's business */
    if (!workspace_open(cli, WORKSPACE_SHARED, 0, &workspace)) return false;
    bool ok = backup(cli, &workspace);
    workspace_close(&workspace);
    if (ok) cli_say(cli, "cli.backup_done", "file", cli->arguments[0].data, NULL);
    return ok;
}

/* ---- restore ---- */

static bool unpack(struct cli *cli, struct str folder)
{
    FILE *file = fopen(cli->arguments[0].data, "rb");
    if (!file) return cannot(cli, "cli.file_unreadable", cli->arguments[0]);
    bool ok = archive_unpack(cli->scope, file, folder);
    fclose(file);
    return ok;
}

static bool restore_note(struct cli *cli, struct engine *engine)
{
    const struct snapshot *snapshot = snapshot_take(engine);
    struct engine_context context = engine_system_context(engine, snapshot, "cli");
    struct audit_pair file = { "file", cli->arguments[0] };
    struct audit_line line = { .kind = "restore", .detail = audit_detail(cli->scope, &file, 1) };
    context.now_ms = time_now_ms();
    bool ok = audit_write(cli->scope, &context, &line);
    snapshot_release(engine, snapshot);
    return ok;
}

/*
 * It opens, is whole, and belongs to no later version of the program; then its audit says that
 * it goes on from here.
 */
static bool unpacked_check(struct cli *cli, struct str folder)
{
    static struct clock clock;
    struct stat found;
    struct engine *engine = NULL;
    struct engine_options options = {
        .url = scope_format(cli->scope, "%s/leadline.db", folder.data),
        .clock = &clock,
    };
    if (stat(options.url.data, &found) != 0) {
        return error_set(cli->scope, ERROR_MALFORMED, "archive.malformed", STR(""));
    }
    if (!engine_open(cli->scope, &options, &engine)) return false;
    bool ok = db_check(cli->scope, engine_db(engine)) && restore_note(cli, engine);
    engine_close(engine);
    return ok;
}

static const char *const members[] = { "leadline.db", "leadline.db-wal", "leadline.db-shm",
                                       "files" };
enum { MEMBER_COUNT = sizeof(members) / sizeof(members[0]) };

static bool members_move(struct cli *cli, struct str from, struct str to)
{
    for (int i = 0; i < MEMBER_COUNT; i++) {
        struct stat found;
        struct str source = scope_format(cli->scope, "%s/%s", from.data, members[i]);
        struct str target = scope_format(cli->scope, "%s/%s", to.data, members[i]);
        if (lstat(source.data, &found) != 0) continue;
        if (rename(source.data, target.data) != 0) {
            return cannot(cli, "cli.file_not_written", target);
        }
    }
    return true;
}

static bool put_aside(struct cli *cli, const struct workspace *workspace)
{
    struct civil now = time_civil(time_now_ms(), 0);
    struct str folder = scope_format(cli->scope, "%s/replaced-%04d%02d%02dT%02d%02d%02dZ",
                                     workspace->folder.data, now.year, now.month, now.day,
                                     now.hour, now.minute, now.second);
    if (mkdir(folder.data, 0700) != 0) return cannot(cli, "cli.folder_not_made", folder);
    if (!members_move(cli, workspace->folder, folder)) return false;
    cli_say(cli, "cli.restore_aside", "folder", folder.data, NULL);
    return true;
}

static bool restore(struct cli *cli, const struct workspace *workspace, bool exists)
{
    struct str part = scope_format(cli->scope, "%s/restore.part", workspace->folder.data);
    if (exists && !cli_is_set(cli, "force")) {
        error_set(cli->scope, ERROR_CONFLICT, "cli.restore_exists", STR(""));
        return error_arg(cli->scope, "folder", workspace->folder);
    }
    folder_remove(cli, part, 0);
    if (mkdir(part.data, 0700) != 0) return cannot(cli, "cli.folder_not_made", part);
    bool ok = unpack(cli, part) && unpacked_check(cli, part) &&
              (!exists || put_aside(cli, workspace)) && members_move(cli, part, workspace->folder);
    folder_remove(cli, part, 0);
    return ok;
}

static bool restore_run(struct cli *cli)
{
    struct workspace workspace;
    bool exists;
    if (!workspace_locate(cli, WORKSPACE_CREATED, &workspace, &exists)) return false;
    bool ok = restore(cli, &workspace, exists);
    workspace_close(&workspace);
    if (ok) cli_say(cli, "cli.restore_done", "folder", workspace.folder.data, NULL);
    return ok;
}

static const struct flag restore_flags[] = { { "force", NULL }, { NULL, NULL } };

const struct command command_backup = {
    .name = "backup",
    .usage = "FILE",
    .argument_count_min = 1,
    .argument_count_max = 1,
    .run = backup_run,
};
const struct command command_restore = {
    .name = "restore",
    .usage = "FILE [--force]",
    .argument_count_min = 1,
    .argument_count_max = 1,
    .flags = restore_flags,
    .run = restore_run,
};
