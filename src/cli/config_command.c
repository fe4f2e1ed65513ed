/* leadline config print: everything the workspace is made of, as JSON. */
#include "cli/configuration.h"
#include "cli/list.h"
#include "cli/pretty.h"

enum { PART_COUNT_MAX = 10000, TEXT_SIZE_MAX = 64 * 1024 * 1024 };

bool configuration_parts(struct cli *cli, const struct workspace *workspace,
                         struct schema_part **out, int *out_count)
{
    struct db_conn *conn = NULL;
    struct rows rows;
    if (!db_read_begin(cli->scope, engine_db(workspace->engine), &conn)) return false;
    bool ok = db_all(cli->scope, conn,
                     STR("SELECT kind, name, body FROM config ORDER BY kind, name"), NULL, 0,
                     PART_COUNT_MAX, &rows);
    db_read_end(conn);
    if (!ok) return false;
    *out = scope_new(cli->scope, struct schema_part, rows.count + 1);
    *out_count = rows.count;
    for (int i = 0; i < rows.count; i++) {
        struct schema_part *part = &(*out)[i];
        struct json body;
        part->kind = rows.items[i].cells[0].text;
        part->name = rows.items[i].cells[1].text;
        if (!json_read(cli->scope, rows.items[i].cells[2].text, &body)) return false;
        part->body = body_portable(cli->scope, part->kind, &body);
    }
    return true;
}

static bool settings_put(struct cli *cli, const struct workspace *workspace,
                         struct json_writer *writer)
{
    struct db_conn *conn = NULL;
    struct rows rows;
    if (!db_read_begin(cli->scope, engine_db(workspace->engine), &conn)) return false;
    bool ok = db_all(cli->scope, conn, STR("SELECT name, value FROM setting ORDER BY name"), NULL,
                     0, PART_COUNT_MAX, &rows);
    db_read_end(conn);
    json_key(writer, STR("settings"));
    json_map_begin(writer);
    for (int i = 0; ok && i < rows.count; i++) {
        json_key(writer, rows.items[i].cells[0].text);
        json_put_str(writer, rows.items[i].cells[1].text);
    }
    json_map_end(writer);
    return ok;
}

/* {"settings": {…}, "object": {NAME: BODY}, "pipeline": {…} …} */
static bool configuration_put(struct cli *cli, const struct workspace *workspace,
                              struct json_writer *writer)
{
    struct schema_part *parts;
    int count;
    json_map_begin(writer);
    if (!settings_put(cli, workspace, writer) ||
        !configuration_parts(cli, workspace, &parts, &count)) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (i == 0 || !str_equal(parts[i].kind, parts[i - 1].kind)) {
            if (i > 0) json_map_end(writer);
            json_key(writer, parts[i].kind);
            json_map_begin(writer);
        }
        json_key(writer, parts[i].name);
        json_put_tree(writer, &parts[i].body);
    }
    if (count > 0) json_map_end(writer);
    json_map_end(writer);
    return true;
}

static bool print_run(struct cli *cli)
{
    struct workspace workspace;
    struct buf text, pretty;
    struct json_writer writer;
    struct json all;
    if (!workspace_open(cli, WORKSPACE_SHARED, 0, &workspace)) return false;
    buf_begin(&text, cli->scope, TEXT_SIZE_MAX);
    buf_begin(&pretty, cli->scope, TEXT_SIZE_MAX);
    json_begin(&writer, &text);
    bool ok = configuration_put(cli, &workspace, &writer) &&
              json_read(cli->scope, buf_str(&text), &all);
    workspace_close(&workspace);
    if (!ok) return false;
    json_pretty(&pretty, &all);
    return cli_write(cli, buf_str(&pretty));
}

const struct command command_config_print = {
    .name = "config print",
    .usage = "",
    .run = print_run,
};
