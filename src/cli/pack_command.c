/* leadline pack list, apply, undo, export, diff: configuration as files. */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/list.h"
#include "cli/workspace.h"
#include "engine/pack.h"

enum { CHOICE_COUNT_MAX = CLI_GIVEN_COUNT_MAX, DIFFERENCE_SIZE_MAX = 4 * 1024 * 1024 };

/* A name of a pack in the binary, or else a folder: one that has a '/' or exists. */
static bool pack_find(struct cli *cli, struct str name, struct pack *out)
{
    struct stat found;
    bool is_folder = str_find(name, STR("/")) != SIZE_MAX || str_is(name, ".") ||
                     stat(name.data, &found) == 0;
    if (is_folder) return pack_read_folder(cli->scope, name, out);
    return pack_read(cli->scope, name, out);
}

/* ---- list ---- */

static struct str title_of(const struct cli *cli, const struct json *head)
{
    const struct json *title = json_get(head, "title");
    return label_text((struct label){ json_text(title, "zh"), json_text(title, "en") },
                      cli->language);
}

/* What stands in the workspace, when there is one. */
static bool installed_read(struct cli *cli, struct pack_installed **out, int *count)
{
    struct workspace workspace;
    struct db_conn *conn;
    bool is_there = false;
    *count = 0;
    if (!workspace_locate(cli, WORKSPACE_SHARED, &workspace, &is_there) || !is_there) {
        scope_error_clear(cli->scope);
        return true;
    }
    if (!workspace_open(cli, WORKSPACE_SHARED, 0, &workspace)) return false;
    bool ok = db_read_begin(cli->scope, engine_db(workspace.engine), &conn);
    if (ok) {
        ok = pack_list(cli->scope, conn, out, count);
        db_read_end(conn);
    }
    workspace_close(&workspace);
    return ok;
}

static void pack_say(struct cli *cli, const struct json *head, struct str installed)
{
    struct str name = json_text(head, "name"), version = json_text(head, "version");
    printf("%-12.*s %-8.*s %-8.*s %.*s\n", STR_ARG(name), STR_ARG(version),
           STR_ARG(installed.size > 0 ? installed : STR("-")), STR_ARG(title_of(cli, head)));
}

/* NAME, the version in the binary, the version in the workspace, TITLE. */
static bool list_run(struct cli *cli)
{
    struct json *heads;
    struct pack_installed *installed = NULL;
    int head_count, installed_count;
    if (!pack_shipped(cli->scope, &heads, &head_count) ||
        !installed_read(cli, &installed, &installed_count)) {
        return false;
    }
    for (int i = 0; i < head_count; i++) {
        struct str version = STR("");
        for (int k = 0; k < installed_count; k++) {
            bool is_it = str_equal(installed[k].name, json_text(&heads[i], "name"));
            if (is_it) version = installed[k].version;
        }
        pack_say(cli, &heads[i], version);
    }
    for (int k = 0; k < installed_count; k++) {
        bool is_shipped = false;
        for (int i = 0; i < head_count; i++) {
            is_shipped = is_shipped ||
                         str_equal(installed[k].name, json_text(&heads[i], "name"));
        }
        if (!is_shipped) pack_say(cli, &installed[k].head, installed[k].version);
    }
    return true;
}

/* ---- apply, undo ---- */

static char step_sign(const struct merge_step *step)
{
    switch (step->kind) {
    case MERGE_TAKE: return !step->mine ? '+' : !step->theirs ? '-' : '~';
    case MERGE_KEEP: return '=';
    case MERGE_CONFLICT: return '!';
    case MERGE_STAY: break;
    }
    return '=';
}

/* "! sentence  [object/permit.fields.x.label]" */
static void plan_say(struct cli *cli, const struct pack_plan *plan)
{
    for (int i = 0; i < plan->step_count; i++) {
        const struct pack_step *step = &plan->steps[i];
        struct str text = pack_step_text(cli->scope, cli->language, step);
        struct str path = pack_step_path(cli->scope, step);
        printf("%c %.*s  [%.*s]\n", step_sign(&step->change), STR_ARG(text), STR_ARG(path));
    }
}

static bool plan_only(struct cli *cli, struct workspace *workspace, const struct pack *pack,
                      const struct str *choices, int choice_count, struct pack_plan *plan)
{
    struct db_conn *conn;
    if (!db_read_begin(cli->scope, engine_db(workspace->engine), &conn)) return false;
    bool ok = pack_plan(cli->scope, conn, pack, choices, choice_count, plan);
    db_read_end(conn);
    return ok;
}

static bool apply(struct cli *cli, struct workspace *workspace)
{
    struct pack pack;
    struct pack_plan plan;
    struct str choices[CHOICE_COUNT_MAX];
    int choice_count = 0;
    struct engine_context context = workspace_context(workspace);
    bool is_dry_run = cli_is_set(cli, "dry-run");
    while (cli_value_at(cli, "take", choice_count, &choices[choice_count])) choice_count += 1;
    if (!pack_find(cli, cli->arguments[0], &pack)) return false;
    if (!(is_dry_run ? plan_only(cli, workspace, &pack, choices, choice_count, &plan)
                     : pack_apply_wait(cli->scope, &context, &pack, choices, choice_count,
                                       &plan))) {
        return false;
    }
    plan_say(cli, &plan);
    cli_say(cli, is_dry_run ? "cli.pack_planned" : "cli.pack_applied", "name",
            scope_copy(cli->scope, pack.name).data, "version",
            scope_copy(cli->scope, pack.version).data, "conflicts",
            scope_format(cli->scope, "%d", plan.conflict_count).data, NULL);
    return true;
}

static bool undo(struct cli *cli, struct workspace *workspace)
{
    struct pack_plan plan;
    struct engine_context context = workspace_context(workspace);
    if (!pack_undo_wait(cli->scope, &context, cli->arguments[0], &plan)) return false;
    plan_say(cli, &plan);
    cli_say(cli, "cli.pack_undone", "name", cli->arguments[0].data, NULL);
    return true;
}

static bool run_in(struct cli *cli, enum workspace_need need,
                   bool (*run)(struct cli *cli, struct workspace *workspace))
{
    struct workspace workspace;
    if (!workspace_open(cli, need, 0, &workspace)) return false;
    bool ok = run(cli, &workspace);
    workspace_close(&workspace);
    return ok;
}

static bool apply_run(struct cli *cli)
{
    return run_in(cli, cli_is_set(cli, "dry-run") ? WORKSPACE_SHARED : WORKSPACE_ALONE, apply);
}

static bool undo_run(struct cli *cli)
{
    return run_in(cli, WORKSPACE_ALONE, undo);
}

/* ---- export ---- */

static bool cannot(struct cli *cli, const char *key, struct str path)
{
    struct str reason = str_of(strerror(errno));
    error_set(cli->scope, ERROR_INVALID, key, STR(""));
    error_arg(cli->scope, "file", path);
    return error_arg(cli->scope, "reason", reason);
}

static bool folder_make(struct cli *cli, struct str path)
{
    return mkdir(path.data, 0755) == 0 || errno == EEXIST ||
           cannot(cli, "cli.folder_not_made", path);
}

static bool file_write(struct cli *cli, struct str path, struct str text)
{
    FILE *file = fopen(path.data, "wb");
    bool ok = file && fwrite(text.data, 1, text.size, file) == text.size;
    if (file) ok = fclose(file) == 0 && ok;
    return ok || cannot(cli, "cli.file_not_written", path);
}

/* A folder that has something but no pack in it is not a place for one. */
static bool folder_check(struct cli *cli, struct str folder)
{
    struct stat found;
    struct dirent **entries = NULL;
    int count = scandir(folder.data, &entries, NULL, NULL);
    for (int i = 0; i < count; i++) scope_take(cli->scope, entries[i]);
    scope_take(cli->scope, entries);
    struct str head = scope_format(cli->scope, "%s/pack.json", folder.data);
    if (count <= 2 || stat(head.data, &found) == 0) return true; /* "." and ".." */
    error_set(cli->scope, ERROR_CONFLICT, "cli.pack_folder", STR(""));
    return error_arg(cli->scope, "folder", folder);
}

/* A part of an earlier export that is no more. */
static bool old_remove(struct cli *cli, struct str folder, const struct pack_text *texts,
                       int count)
{
    struct pack old;
    struct pack_text *olds;
    int old_count;
    if (!pack_read_folder(cli->scope, folder, &old)) {
        scope_error_clear(cli->scope); /* none, or a broken one: written over */
        return true;
    }
    pack_texts(cli->scope, &old, &olds, &old_count);
    for (int i = 1; i < old_count; i++) {
        bool is_kept = false;
        for (int k = 0; k < count; k++) {
            is_kept = is_kept || str_equal(olds[i].path, texts[k].path);
        }
        struct str path = scope_format(cli->scope, "%s/%s", folder.data, olds[i].path.data);
        if (!is_kept && unlink(path.data) != 0 && errno != ENOENT) {
            return cannot(cli, "cli.file_not_written", path);
        }
    }
    return true;
}

static bool text_write(struct cli *cli, struct str folder, const struct pack_text *text)
{
    size_t slash = str_find(text->path, STR("/"));
    if (slash != SIZE_MAX &&
        !folder_make(cli, scope_format(cli->scope, "%s/%.*s", folder.data, (int)slash,
                                       text->path.data))) {
        return false;
    }
    return file_write(cli, scope_format(cli->scope, "%s/%.*s", folder.data, STR_ARG(text->path)),
                      text->text);
}

static bool workspace_pack(struct cli *cli, struct workspace *workspace, struct pack *out)
{
    struct db_conn *conn;
    if (!db_read_begin(cli->scope, engine_db(workspace->engine), &conn)) return false;
    bool ok = pack_of_workspace(cli->scope, conn, cli_value(cli, "pack-name"),
                                cli_value(cli, "pack-version"), out);
    db_read_end(conn);
    return ok;
}

static bool export(struct cli *cli, struct workspace *workspace)
{
    struct str folder = cli->arguments[0];
    struct pack pack;
    struct pack_text *texts;
    int count;
    if (!workspace_pack(cli, workspace, &pack) || !folder_check(cli, folder)) return false;
    pack_texts(cli->scope, &pack, &texts, &count);
    if (!folder_make(cli, folder) || !old_remove(cli, folder, texts, count)) return false;
    for (int i = 0; i < count; i++) {
        if (!text_write(cli, folder, &texts[i])) return false;
    }
    cli_say(cli, "cli.pack_exported", "count",
            scope_format(cli->scope, "%d", pack.part_count).data, "folder", folder.data, NULL);
    return true;
}

static bool export_run(struct cli *cli)
{
    return run_in(cli, WORKSPACE_SHARED, export);
}

/* ---- diff ---- */

static const struct schema_part *part_like(const struct pack *pack, const struct schema_part *like)
{
    for (int i = 0; i < pack->part_count; i++) {
        const struct schema_part *part = &pack->parts[i];
        if (str_equal(part->kind, like->kind) && str_equal(part->name, like->name)) return part;
    }
    return NULL;
}

/* "~ object/x  fields.y.label": own has it otherwise; + only own has it; - it lacks. */
static int part_diff(struct cli *cli, const struct schema_part *own,
                     const struct schema_part *other)
{
    struct buf lines;
    struct json body = pack_body(cli->scope, other->kind, &other->body);
    buf_begin(&lines, cli->scope, DIFFERENCE_SIZE_MAX);
    pack_differences(&lines, &own->body, &body);
    struct str rest = buf_str(&lines), line;
    int count = 0;
    while (str_split(&rest, '\n', &line)) {
        if (line.size == 0) continue;
        printf("~ %.*s/%.*s %.*s\n", STR_ARG(own->kind), STR_ARG(own->name), STR_ARG(line));
        count += 1;
    }
    return count;
}

static void packs_diff(struct cli *cli, const struct pack *own, const struct pack *other)
{
    int count = 0;
    for (int i = 0; i < other->part_count; i++) {
        const struct schema_part *part = &other->parts[i], *mine = part_like(own, part);
        if (mine) {
            count += part_diff(cli, mine, part);
        } else {
            printf("- %.*s/%.*s\n", STR_ARG(part->kind), STR_ARG(part->name));
            count += 1;
        }
    }
    for (int i = 0; i < own->part_count; i++) {
        const struct schema_part *part = &own->parts[i];
        if (part_like(other, part)) continue;
        printf("+ %.*s/%.*s\n", STR_ARG(part->kind), STR_ARG(part->name));
        count += 1;
    }
    cli->exit_code = count > 0 ? CLI_PARTLY : CLI_DONE;
}

static bool diff(struct cli *cli, struct workspace *workspace)
{
    struct pack other, own;
    if (!pack_find(cli, cli->arguments[0], &other) || !workspace_pack(cli, workspace, &own)) {
        return false;
    }
    packs_diff(cli, &own, &other);
    return true;
}

/* One pack: the workspace beside it. Two: the second beside the first, without a workspace. */
static bool diff_run(struct cli *cli)
{
    struct pack from, to;
    if (cli->argument_count == 1) return run_in(cli, WORKSPACE_SHARED, diff);
    if (!pack_find(cli, cli->arguments[0], &from) || !pack_find(cli, cli->arguments[1], &to)) {
        return false;
    }
    packs_diff(cli, &to, &from);
    return true;
}

/* ---- the commands ---- */

static const struct flag apply_flags[] = {
    { "dry-run", NULL },
    { "take", "PATH" },
    { NULL, NULL },
};
static const struct flag export_flags[] = {
    { "pack-name", "NAME" },
    { "pack-version", "VERSION" },
    { NULL, NULL },
};

const struct command command_pack_list = { .name = "pack list", .usage = "", .run = list_run };
const struct command command_pack_apply = {
    .name = "pack apply",
    .usage = "NAME|DIR",
    .argument_count_min = 1,
    .argument_count_max = 1,
    .flags = apply_flags,
    .run = apply_run,
};
const struct command command_pack_undo = {
    .name = "pack undo",
    .usage = "NAME",
    .argument_count_min = 1,
    .argument_count_max = 1,
    .run = undo_run,
};
const struct command command_pack_export = {
    .name = "pack export",
    .usage = "DIR",
    .argument_count_min = 1,
    .argument_count_max = 1,
    .flags = export_flags,
    .run = export_run,
};
const struct command command_pack_diff = {
    .name = "pack diff",
    .usage = "NAME|DIR [NAME|DIR]",
    .argument_count_min = 1,
    .argument_count_max = 2,
    .run = diff_run,
};
