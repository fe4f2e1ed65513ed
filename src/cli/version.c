#include "cli/version.h"

#include "cli/list.h"

static bool version_run(struct cli *cli)
{
    return cli_write(cli, STR("leadline " LEADLINE_VERSION "\n"));
}

const struct command command_version = { .name = "version", .usage = "", .run = version_run };
