#include "base/version.h"

#include "api/api.h"
#include "cli/list.h"

static bool version_run(struct cli *cli)
{
    return cli_write(cli, STR("leadline " LEADLINE_VERSION "\n"));
}

const struct command command_version = { .name = "version", .usage = "", .run = version_run };

/* What a program needs to know before it talks to the server, without a server. */
static bool openapi_run(struct cli *cli)
{
    return cli_write(cli, api_description(cli->scope, LEADLINE_VERSION)) &&
           cli_write(cli, STR("\n"));
}

const struct command command_openapi = { .name = "openapi", .usage = "", .run = openapi_run };
