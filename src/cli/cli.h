#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdio.h>

#include "base/message.h"

/*
 * The command line. A command is one struct command at the end of its own file
 * and one line in commands.c; its help texts are the rows "cli.command.<name>"
 * and "cli.flag.<name>" of base/message.c (blanks and hyphens as _).
 *
 * What a person may set comes from a flag, else from the environment
 * (LEADLINE_DATA for --data), else from the configuration file, else it is the
 * default. Secrets never come from a flag.
 */
enum {
    CLI_ARGUMENT_COUNT_MAX = 64,
    CLI_GIVEN_COUNT_MAX = 64,
    CLI_TEXT_SIZE_MAX = 64 * 1024,
};

enum cli_exit {
    CLI_DONE = 0,
    CLI_PARTLY = 1,  /* some of it was refused, or something was found wrong */
    CLI_NOTHING = 2, /* not done: wrong usage, or it could not be done */
};

struct flag {
    const char *name;  /* "company": --company */
    const char *value; /* "NAME" as shown in the help; NULL: a switch */
};

struct cli;
struct command {
    const char *name;  /* "serve", "user add" */
    const char *usage; /* what follows the name, for the help */
    int argument_count_min, argument_count_max;
    const struct flag *flags; /* ended by a NULL name; may be NULL */
    /* False: nothing was done, the scope's error says why. Else cli->exit_code holds. */
    bool (*run)(struct cli *cli);
};

/* A flag that was given; a switch has the value "1". */
struct given {
    const char *name;
    struct str value;
};

struct cli {
    struct scope *scope;
    enum language language;
    const struct command *command;
    int exit_code; /* enum cli_exit */
    struct str arguments[CLI_ARGUMENT_COUNT_MAX]; /* each ends in NUL */
    int argument_count;
    struct given given[CLI_GIVEN_COUNT_MAX]; /* in the order of the command line */
    int given_count;
    struct given *from_file; /* of the configuration file */
    int from_file_count;
};

/* ---- commands.c ---- */
int cli_main(int argument_count, char **arguments);
/* Of names, the one that is spelled most like word; NULL when none is near. */
const char *cli_nearest(struct str word, const char *const *names, int count);

/* ---- options.c: what was set ---- */
/* Reads the words behind the command's name, then the configuration file. */
MUST_USE bool options_read(struct cli *cli, int word_count, char **words);
/* Value of one of the command's flags or of a setting; empty when it is not set. Ends in NUL. */
struct str cli_value(const struct cli *cli, const char *name);
bool cli_is_set(const struct cli *cli, const char *name);
/* The same flag may be given several times: the index-th value; false behind the last. */
bool cli_value_at(const struct cli *cli, const char *name, int index, struct str *out);
/* ERROR_INVALID "cli.flag_missing" when it is empty. */
MUST_USE bool cli_need(struct cli *cli, const char *name, struct str *out);
/* The flags that every command has, for the help. */
extern const struct flag cli_common_flags[];

/* ---- say.c: talking to the person ---- */
/* Name and value pairs follow, ended by NULL: cli_say(cli, "cli.done", "file", path.data, NULL). */
void cli_say(struct cli *cli, const char *key, ...) __attribute__((sentinel)); /* to stdout */
void cli_note(struct cli *cli, const char *key, ...) __attribute__((sentinel)); /* to stderr */
/* What went wrong, one line per item, to stderr. */
void cli_complain(struct cli *cli);
/*
 * A password from the setting (environment or file), else asked for twice without
 * echo when standard input is a terminal, else ERROR_INVALID "cli.no_password".
 */
MUST_USE bool cli_password(struct cli *cli, const char *setting, struct str *out);
/* Writes to standard output; ERROR_STORAGE when that fails (full disk, closed pipe). */
MUST_USE bool cli_write(struct cli *cli, struct str text);

#endif
