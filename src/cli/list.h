#ifndef CLI_LIST_H
#define CLI_LIST_H

#include "cli/cli.h"

/* Every command there is; each is defined at the end of its file, listed in commands.c. */
extern const struct command command_serve, command_init, command_demo, command_version;
extern const struct command command_user_add, command_user_passwd, command_user_disable,
    command_user_list;

#endif
