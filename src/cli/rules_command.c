/* leadline rules run: what is due by now happens now, as the server would do it. */
#include "cli/list.h"
#include "cli/workspace.h"
#include "jobs/jobs.h"

static bool run_run(struct cli *cli)
{
    struct workspace workspace;
    if (!workspace_open(cli, WORKSPACE_SHARED, 0, &workspace)) return false;
    bool ok = jobs_run_due(cli->scope, workspace.engine);
    workspace_close(&workspace);
    return ok;
}

const struct command command_rules_run = { .name = "rules run", .usage = "", .run = run_run };
