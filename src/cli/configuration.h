#ifndef CLI_CONFIGURATION_H
#define CLI_CONFIGURATION_H

#include "cli/workspace.h"

/* All configuration of a workspace as parts of a pack (portable bodies), by kind, then name. */
MUST_USE bool configuration_parts(struct cli *cli, const struct workspace *workspace,
                                  struct schema_part **out, int *out_count);

#endif
