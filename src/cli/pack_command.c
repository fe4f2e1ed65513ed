/* leadline pack list, apply, export, diff: configuration as files. */
#include <errno.h>
#include <sys/stat.h>

#include "cli/configuration.h"
#include "cli/list.h"
#include "cli/pretty.h"
#include "engine/pack.h"

enum { FILE_TEXT_SIZE_MAX = 4 * 1024 * 1024 };

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

static bool list_run(struct cli *cli)
{
    for (int i = 0; i < pack_file_count; i++) {
        struct str path = str_of(pack_files[i].path), name = path;
        struct json head;
        if (!str_ends_with(path, STR("/pack.json"))) continue;
        if (!str_split(&path, '/', &name)) continue;
        struct str text = { pack_files[i].text, pack_files[i].size };
        if (!json_read(cli->scope, text, &head)) return false;
        const struct json *title = json_get(&head, "title");
        struct label label = { json_text(title, "zh"), json_text(title, "en") };
        struct str shown = label_text(label, cli->language), version = json_text(&head, "version");
        printf("%-10.*s %-8.*s %.*s\n", STR_ARG(name), STR_ARG(version), STR_ARG(shown));
    }
    return true;
}

/* ---- apply ---- */

static bool apply(struct cli *cli, struct workspace *workspace)
{
    struct pack pack;
    struct engine_context context = workspace_context(workspace);
    if (!pack_find(cli, cli->arguments[0], &pack) ||
        !pack_apply(cli->scope, &context, &pack)) {
        return false;
    }
    const char *pairs[] = { "pack", scope_copy(cli->scope, pack.name).data, "pack_version",
                            scope_copy(cli->scope, pack.version).data, NULL };
    if (!workspace_settings(cli, workspace, pairs)) return false;
    cli_say(cli, "cli.pack_applied", "name", pairs[1], "version", pairs[3], NULL);
    return true;
}

static bool apply_run(struct cli *cli)
{
    struct workspace workspace;
    if (!workspace_open(cli, WORKSPACE_ALONE, 0, &workspace)) return false;
    bool ok = apply(cli, &workspace);
    workspace_close(&workspace);
    return ok;
}

/* ---- export ---- */

static bool folder_make(struct cli *cli, struct str path)
{
    if (mkdir(path.data, 0755) == 0 || errno == EEXIST) return true;
    struct str reason = str_of(strerror(errno));
    error_set(cli->scope, ERROR_INVALID, "cli.folder_not_made", STR(""));
    error_arg(cli->scope, "file", path);
    return error_arg(cli->scope, "reason", reason);
}

static bool file_write(struct cli *cli, struct str path, const struct json *json)
{
    struct buf text;
    buf_begin(&text, cli->scope, FILE_TEXT_SIZE_MAX);
    json_pretty(&text, json);
    FILE *file = fopen(path.data, "wb");
    bool ok = file && fwrite(text.data, 1, text.size, file) == text.size;
    ok = file && fclose(file) == 0 && ok && !text.is_over;
    if (ok) return true;
    struct str reason = str_of(strerror(errno));
    error_set(cli->scope, ERROR_INVALID, "cli.file_not_written", STR(""));
    error_arg(cli->scope, "file", path);
    return error_arg(cli->scope, "reason", reason);
}

/* Names of configuration are API names, but a file's name is decided by nobody else. */
static bool is_file_name(struct str name)
{
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '/' || (unsigned char)name.data[i] < 0x20) return false;
    }
    return name.size > 0 && name.size < 200 && name.data[0] != '.';
}

static bool part_export(struct cli *cli, struct str folder, const struct schema_part *part)
{
    struct str kind_folder =
        scope_format(cli->scope, "%s/%.*ss", folder.data, STR_ARG(part->kind));
    if (!is_file_name(part->name) || !is_file_name(part->kind)) return true;
    return folder_make(cli, kind_folder) &&
           file_write(cli,
                      scope_format(cli->scope, "%s/%.*s.json", kind_folder.data,
                                   STR_ARG(part->name)),
                      &part->body);
}

/* The head says what the pack is called; an existing one is a person's work and stays. */
static bool head_export(struct cli *cli, const struct workspace *workspace, struct str folder)
{
    struct stat found;
    struct str path = scope_format(cli->scope, "%s/pack.json", folder.data), name, version;
    if (stat(path.data, &found) == 0) return true;
    if (!workspace_setting(cli, workspace, "pack", &name) ||
        !workspace_setting(cli, workspace, "pack_version", &version)) {
        return false;
    }
    struct str names[] = { STR("name"), STR("version") };
    struct json items[] = {
        { .kind = JSON_KIND_STR, .text = name.size > 0 ? name : STR("workspace") },
        { .kind = JSON_KIND_STR, .text = version.size > 0 ? version : STR("0.1.0") },
    };
    struct json head = { .kind = JSON_KIND_MAP, .names = names, .items = items, .count = 2 };
    return file_write(cli, path, &head);
}

static bool export_parts(struct cli *cli, struct workspace *workspace)
{
    struct str folder = cli->arguments[0];
    struct schema_part *parts;
    int count;
    if (!configuration_parts(cli, workspace, &parts, &count) || !folder_make(cli, folder) ||
        !head_export(cli, workspace, folder)) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (!part_export(cli, folder, &parts[i])) return false;
    }
    cli_say(cli, "cli.pack_exported", "count", scope_format(cli->scope, "%d", count).data,
            "folder", folder.data, NULL);
    return true;
}

static bool export_run(struct cli *cli)
{
    struct workspace workspace;
    if (!workspace_open(cli, WORKSPACE_SHARED, 0, &workspace)) return false;
    bool ok = export_parts(cli, &workspace);
    workspace_close(&workspace);
    return ok;
}

/* ---- diff ---- */

static const struct schema_part *part_find(const struct schema_part *parts, int count,
                                           const struct schema_part *like)
{
    for (int i = 0; i < count; i++) {
        if (str_equal(parts[i].kind, like->kind) && str_equal(parts[i].name, like->name)) {
            return &parts[i];
        }
    }
    return NULL;
}

/* "~ object/x  fields.y.label": the workspace has it otherwise; + only it has; - it lacks. */
static int part_diff(struct cli *cli, const struct schema_part *own,
                     const struct schema_part *packed)
{
    struct buf lines;
    struct json body = body_portable(cli->scope, packed->kind, &packed->body);
    buf_begin(&lines, cli->scope, FILE_TEXT_SIZE_MAX);
    json_differences(&lines, &own->body, &body);
    struct str rest = buf_str(&lines), line;
    int count = 0;
    while (str_split(&rest, '\n', &line)) {
        if (line.size == 0) continue;
        printf("~ %.*s/%.*s %.*s\n", STR_ARG(own->kind), STR_ARG(own->name), STR_ARG(line));
        count += 1;
    }
    return count;
}

static bool diff(struct cli *cli, struct workspace *workspace)
{
    struct pack pack;
    struct schema_part *parts;
    int count, difference_count = 0;
    if (!pack_find(cli, cli->arguments[0], &pack) ||
        !configuration_parts(cli, workspace, &parts, &count)) {
        return false;
    }
    for (int i = 0; i < pack.part_count; i++) {
        const struct schema_part *packed = &pack.parts[i], *own = part_find(parts, count, packed);
        if (own) {
            difference_count += part_diff(cli, own, packed);
        } else {
            printf("- %.*s/%.*s\n", STR_ARG(packed->kind), STR_ARG(packed->name));
            difference_count += 1;
        }
    }
    for (int i = 0; i < count; i++) {
        if (part_find(pack.parts, pack.part_count, &parts[i])) continue;
        printf("+ %.*s/%.*s\n", STR_ARG(parts[i].kind), STR_ARG(parts[i].name));
        difference_count += 1;
    }
    cli->exit_code = difference_count > 0 ? CLI_PARTLY : CLI_DONE;
    return true;
}

static bool diff_run(struct cli *cli)
{
    struct workspace workspace;
    if (!workspace_open(cli, WORKSPACE_SHARED, 0, &workspace)) return false;
    bool ok = diff(cli, &workspace);
    workspace_close(&workspace);
    return ok;
}

/* ---- the commands ---- */

const struct command command_pack_list = { .name = "pack list", .usage = "", .run = list_run };
const struct command command_pack_apply = {
    .name = "pack apply",
    .usage = "NAME|DIR",
    .argument_count_min = 1,
    .argument_count_max = 1,
    .run = apply_run,
};
const struct command command_pack_export = {
    .name = "pack export",
    .usage = "DIR",
    .argument_count_min = 1,
    .argument_count_max = 1,
    .run = export_run,
};
const struct command command_pack_diff = {
    .name = "pack diff",
    .usage = "NAME|DIR",
    .argument_count_min = 1,
    .argument_count_max = 1,
    .run = diff_run,
};
