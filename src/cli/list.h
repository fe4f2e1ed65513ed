#ifndef CLI_LIST_H
#define CLI_LIST_H

#include "cli/cli.h"

/* Every command there is; each is defined at the end of its file, listed in commands.c. */
extern const struct command command_serve, command_init, command_demo, command_version,
    command_openapi;
extern const struct command command_user_add, command_user_passwd, command_user_disable,
    command_user_list;
extern const struct command command_import, command_export;
extern const struct command command_backup, command_restore, command_copy, command_check;
extern const struct command command_config_print, command_rules_run;
extern const struct command command_pack_list, command_pack_apply, command_pack_export,
    command_pack_diff, command_pack_undo;

#endif
