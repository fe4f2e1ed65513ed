/* leadline import: files become records, with the options of the command line. */
#include <unistd.h>

#include "cli/list.h"
#include "cli/workspace.h"
#include "ingest/import.h"

enum { FAILURE_SHOWN_MAX = 20 };

/*
 * "field=Column,field=Column": the next pair of *rest. What has no = belongs to the
 * text before it, so a column's name may hold a comma.
 */
static bool pair_next(struct str *rest, struct str *name, struct str *value)
{
    struct str part, text = *rest;
    if (rest->size == 0 || !str_split(&text, '=', name)) return false;
    *name = str_trim(*name);
    size_t end = 0;
    for (struct str left = text; left.size > 0;) {
        const char *start = left.data;
        if (!str_split(&left, ',', &part)) break;
        if (end > 0 && str_find(part, STR("=")) != SIZE_MAX) {
            left = (struct str){ start, (size_t)(text.data + text.size - start) };
            *value = str_trim(str_slice(text, 0, end - 1));
            *rest = left;
            return true;
        }
        end = (size_t)(part.data + part.size - text.data) + 1;
    }
    *value = str_trim(text);
    if (str_ends_with(*value, STR(","))) *value = str_slice(*value, 0, value->size - 1);
    *rest = STR("");
    return name->size > 0;
}

static bool refuse(struct cli *cli, const char *flag, struct str text)
{
    error_set(cli->scope, ERROR_INVALID, "cli.bad_pairs", STR(""));
    error_arg(cli->scope, "flag", str_of(flag));
    return error_arg(cli->scope, "value", text);
}

static bool maps_read(struct cli *cli, const char *flag, struct import_map *out, int *count)
{
    struct str text, name, value;
    for (int i = 0; cli_value_at(cli, flag, i, &text); i++) {
        for (struct str rest = text; rest.size > 0;) {
            if (!pair_next(&rest, &name, &value) || *count == IMPORT_MAP_COUNT_MAX) {
                return refuse(cli, flag, text);
            }
            out[(*count)++] = (struct import_map){ value, name };
        }
    }
    return true;
}

static bool is_target(const struct import_options *options, struct str name)
{
    for (int i = 0; i < options->map_count; i++) {
        struct str rest = options->maps[i].field, first;
        if (str_equal(rest, name)) return true;
        if (str_split(&rest, '.', &first) && str_equal(first, name)) return true;
    }
    return false;
}

/* "field:from=to,from=to,other:from=to": a field holds until the next one. */
static bool values_read(struct cli *cli, struct import_options *out)
{
    struct str text, name, value;
    for (int i = 0; cli_value_at(cli, "values", i, &text); i++) {
        struct str field = STR("");
        for (struct str rest = text; rest.size > 0;) {
            if (!pair_next(&rest, &name, &value) || out->value_count == IMPORT_VALUE_COUNT_MAX) {
                return refuse(cli, "values", text);
            }
            size_t colon = str_find(name, STR(":"));
            bool is_field = colon != SIZE_MAX &&
                            (field.size == 0 || is_target(out, str_slice(name, 0, colon)));
            if (is_field) {
                field = str_slice(name, 0, colon);
                name = str_trim(str_slice(name, colon + 1, name.size));
            }
            if (field.size == 0) return refuse(cli, "values", text);
            out->values[out->value_count++] = (struct import_value){ field, name, value };
        }
    }
    return true;
}

static bool word_read(struct cli *cli, const char *flag, const char *const *words, int *out)
{
    struct str text = cli_value(cli, flag);
    if (text.size == 0) return true;
    for (int i = 0; words[i]; i++) {
        if (!str_is(text, words[i])) continue;
        *out = i;
        return true;
    }
    return refuse(cli, flag, text);
}

static bool options_take(struct cli *cli, struct import_options *out)
{
    static const char *const refs[] = { "match", "create", NULL };
    static const char *const missing[] = { "refuse", "accept", NULL };
    static const char *const duplicates[] = { "create", "skip", "update", NULL };
    int makes = 0, accepts = 0, duplicate;
    *out = (struct import_options){
        .maps = scope_new(cli->scope, struct import_map, IMPORT_MAP_COUNT_MAX),
        .sets = scope_new(cli->scope, struct import_map, IMPORT_MAP_COUNT_MAX),
        .values = scope_new(cli->scope, struct import_value, IMPORT_VALUE_COUNT_MAX),
        .key = cli_value(cli, "key"),
        .is_dry_run = cli_is_set(cli, "dry-run"),
    };
    duplicate = out->key.size > 0 ? DUPLICATE_UPDATE : DUPLICATE_CREATE;
    if (!import_kind_read(cli_value(cli, "kind"), &out->kind)) {
        return refuse(cli, "kind", cli_value(cli, "kind"));
    }
    if (!cli_need(cli, "object", &out->object) ||
        !maps_read(cli, "map", out->maps, &out->map_count) ||
        !maps_read(cli, "set", out->sets, &out->set_count) || !values_read(cli, out) ||
        !word_read(cli, "refs", refs, &makes) || !word_read(cli, "missing", missing, &accepts) ||
        !word_read(cli, "on-duplicate", duplicates, &duplicate)) {
        return false;
    }
    out->creates_refs = makes == 1;
    out->accepts_missing = accepts == 1;
    out->duplicate = (enum import_duplicate)duplicate;
    return true;
}

/* ---- telling ---- */

static void progress(void *context, int64_t done, int64_t total)
{
    (void)context;
    if (!isatty(STDERR_FILENO)) return;
    fprintf(stderr, "\r%lld / %lld", (long long)done, (long long)total);
    if (done >= total) fputc('\n', stderr);
}

static void report_say(struct cli *cli, struct str path, const struct import_report *report)
{
    char numbers[5][24];
    const int64_t counts[] = { report->rows, report->created, report->updated, report->skipped,
                               report->failed_count };
    for (int i = 0; i < 5; i++) {
        snprintf(numbers[i], sizeof(numbers[i]), "%lld", (long long)counts[i]);
    }
    cli_say(cli, "cli.import_done", "file", path.data, "rows", numbers[0], "created", numbers[1],
            "updated", numbers[2], NULL);
    if (report->skipped + report->failed_count > 0) {
        cli_say(cli, "cli.import_left", "skipped", numbers[3], "failed", numbers[4], NULL);
    }
    for (int i = 0; i < report->failed_kept && i < FAILURE_SHOWN_MAX; i++) {
        const struct import_failure *failure = &report->failed[i];
        char row[24];
        snprintf(row, sizeof(row), "%lld", (long long)failure->row);
        cli_note(cli, "cli.import_failure", "row", row, "column",
                 scope_copy(cli->scope, failure->column).data, "value",
                 scope_copy(cli->scope, failure->value).data, "message",
                 scope_copy(cli->scope, failure->message).data, NULL);
    }
    if (report->failed_kept > FAILURE_SHOWN_MAX) {
        cli_note(cli, "cli.import_more", "failed", numbers[4], NULL);
    }
}

static bool files_import(struct cli *cli, struct workspace *workspace,
                         const struct import_options *options)
{
    struct import_task task = {
        .by = { workspace->engine, { { 0 } }, cli->language },
        .options = options,
        .progress = progress,
    };
    struct str login = cli_value(cli, "as"), errors = cli_value(cli, "errors");
    if (login.size > 0 && !workspace_user(cli, workspace, login, &task.by.user)) return false;
    if (errors.size > 0) task.errors_path = errors.data;
    for (int i = 0; i < cli->argument_count; i++) {
        struct str path = cli->arguments[i], rest = path, name = path;
        struct import_report report;
        while (rest.size > 0 && str_split(&rest, '/', &name)) continue;
        task.path = path.data;
        if (!import_file(cli->scope, &task, name, &report)) {
            if (i == 0 && report.created + report.updated == 0) return false;
            cli->exit_code = CLI_PARTLY;
            cli_complain(cli);
            scope_error_clear(cli->scope);
        }
        report_say(cli, path, &report);
        if (report.failed_count > 0 || report.failed_kept > 0) cli->exit_code = CLI_PARTLY;
    }
    return true;
}

static bool import_command(struct cli *cli)
{
    struct workspace workspace;
    struct import_options options;
    if (!options_take(cli, &options) || !workspace_open(cli, WORKSPACE_SHARED, 0, &workspace)) {
        return false;
    }
    bool ok = files_import(cli, &workspace, &options);
    workspace_close(&workspace);
    return ok;
}

static const struct flag import_flags[] = {
    { "object", "O" },         { "kind", "KIND" },          { "map", "FIELD=COLUMN,…" },
    { "set", "FIELD=VALUE,…" }, { "key", "FIELD" },          { "values", "FIELD:FROM=TO,…" },
    { "refs", "match|create" }, { "on-duplicate", "skip|update|create" },
    { "missing", "refuse|accept" }, { "errors", "FILE" },   { "dry-run", NULL },
    { "as", "LOGIN" },         { NULL, NULL },
};

const struct command command_import = {
    .name = "import",
    .usage = "FILE… --object O [--map FIELD=COLUMN,…] [--set FIELD=VALUE,…] [--key FIELD]",
    .argument_count_min = 1,
    .argument_count_max = CLI_ARGUMENT_COUNT_MAX,
    .flags = import_flags,
    .run = import_command,
};
