#ifndef CLI_USER_H
#define CLI_USER_H

#include "cli/workspace.h"

struct user_new {
    struct str login, name, role;
    struct uuid team, supervisor; /* nil: none */
    struct str region;            /* empty: none */
};
/* Through the engine's door, as the system; errors blame the fields of user. */
MUST_USE bool user_create(struct cli *cli, const struct workspace *workspace,
                          const struct user_new *user, struct uuid *out);

#endif
