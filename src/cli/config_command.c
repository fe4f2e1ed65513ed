/* leadline config print: everything the workspace is made of, as JSON. */
#include "cli/list.h"
#include "cli/workspace.h"
#include "engine/pack.h"

enum { PART_COUNT_MAX = 10000, TEXT_SIZE_MAX = 64 * 1024 * 1024 };

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

static bool parts_read(struct cli *cli, const struct workspace *workspace, struct pack *out)
{
    struct db_conn *conn = NULL;
    if (!db_read_begin(cli->scope, engine_db(workspace->engine), &conn)) return false;
    bool ok = pack_of_workspace(cli->scope, conn, STR(""), STR(""), out);
    db_read_end(conn);
    return ok;
}

/* {"settings": {…}, "object": {NAME: BODY}, "pipeline": {…} …} */
static bool configuration_put(struct cli *cli, const struct workspace *workspace,
                              struct json_writer *writer)
{
    struct pack pack;
    json_map_begin(writer);
    if (!settings_put(cli, workspace, writer) || !parts_read(cli, workspace, &pack)) return false;
    const struct schema_part *parts = pack.parts;
    for (int i = 0; i < pack.part_count; i++) {
        if (i == 0 || !str_equal(parts[i].kind, parts[i - 1].kind)) {
            if (i > 0) json_map_end(writer);
            json_key(writer, parts[i].kind);
            json_map_begin(writer);
        }
        json_key(writer, parts[i].name);
        json_put_tree(writer, &parts[i].body);
    }
    if (pack.part_count > 0) json_map_end(writer);
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
