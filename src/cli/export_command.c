/* leadline export: records to standard output, as the person named may see them. */
#include <stdlib.h>
#include <unistd.h>

#include "cli/list.h"
#include "cli/workspace.h"
#include "ingest/export.h"

enum { COPY_SIZE = 64 * 1024 };

static bool options_take(struct cli *cli, struct export_options *out)
{
    struct str format = cli_value(cli, "format"), headers = cli_value(cli, "headers");
    *out = (struct export_options){
        .object = cli->arguments[0],
        .where = cli_value(cli, "where"),
        .fields = cli_value(cli, "fields"),
        .order = cli_value(cli, "order"),
        .is_plain = !str_is(headers, "labels"),
    };
    if (format.size > 0 && !export_format_read(format, &out->format)) {
        return error_set(cli->scope, ERROR_INVALID, "export.format", STR("format"));
    }
    if (headers.size == 0 || str_is(headers, "labels") || str_is(headers, "names")) return true;
    error_set(cli->scope, ERROR_INVALID, "cli.bad_pairs", STR(""));
    error_arg(cli->scope, "flag", STR("headers"));
    return error_arg(cli->scope, "value", headers);
}

static bool file_copy_out(struct cli *cli, const char *path)
{
    FILE *file = fopen(path, "rb");
    char *bytes = scope_alloc(cli->scope, COPY_SIZE);
    bool ok = file != NULL;
    for (size_t size = 1; ok && size > 0;) {
        size = fread(bytes, 1, COPY_SIZE, file);
        ok = size == 0 || cli_write(cli, (struct str){ bytes, size });
    }
    if (file) fclose(file);
    return ok;
}

/* Without its line in the audit nothing goes out. */
static bool export_note(struct cli *cli, const struct engine_context *context,
                        const struct export_options *options, int64_t count)
{
    struct str format = cli_value(cli, "format");
    struct audit_pair pairs[] = {
        { "format", format.size > 0 ? format : STR("csv") },
        { "rows", scope_format(cli->scope, "%lld", (long long)count) },
        { "where", options->where },
        { "fields", options->fields },
    };
    struct audit_line line = {
        .kind = "export",
        .object = schema_object(context->snapshot->schema, options->object),
        .detail = audit_detail(cli->scope, pairs, 4),
    };
    return audit_write(cli->scope, context, &line);
}

static bool export_out(struct cli *cli, struct workspace *workspace,
                       const struct export_options *options, const char *path)
{
    struct engine_context context = workspace_context(workspace);
    struct db_conn *conn = NULL;
    struct str login = cli_value(cli, "as");
    int64_t count;
    context.actor.language = cli->language;
    if (login.size > 0 && !workspace_actor(cli, workspace, login, &context.actor)) return false;
    if (!db_read_begin(cli->scope, engine_db(workspace->engine), &conn)) return false;
    bool ok = export_run(cli->scope, conn, &context, options, path, &count);
    db_read_end(conn);
    return ok && export_note(cli, &context, options, count) && file_copy_out(cli, path);
}

static bool export_command(struct cli *cli)
{
    struct workspace workspace;
    struct export_options options;
    const char *folder = getenv("TMPDIR");
    struct str path = scope_format(cli->scope, "%s/leadline-export-XXXXXX",
                                   folder ? folder : "/tmp");
    if (!options_take(cli, &options)) return false;
    int file = mkstemp((char *)(uintptr_t)path.data);
    if (file < 0) {
        error_set(cli->scope, ERROR_INVALID, "cli.file_not_written", STR(""));
        return error_arg(cli->scope, "file", path);
    }
    close(file);
    bool ok = workspace_open(cli, WORKSPACE_SHARED, 0, &workspace);
    if (ok) {
        ok = export_out(cli, &workspace, &options, path.data);
        workspace_close(&workspace);
    }
    unlink(path.data);
    return ok;
}

static const struct flag export_flags[] = {
    { "where", "FORMULA" },       { "fields", "FIELD,…" }, { "order", "FIELD,…" },
    { "format", "csv|xlsx|jsonl" }, { "headers", "names|labels" },
    { "as", "LOGIN" },            { NULL, NULL },
};

const struct command command_export = {
    .name = "export",
    .usage = "O [--where FORMULA] [--fields FIELD,…] [--format csv|xlsx|jsonl]",
    .argument_count_min = 1,
    .argument_count_max = 1,
    .flags = export_flags,
    .run = export_command,
};
