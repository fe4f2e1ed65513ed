#ifndef CLI_WORKSPACE_H
#define CLI_WORKSPACE_H

#include "cli/cli.h"
#include "engine/engine.h"

/*
 * The workspace a command works on: a folder (0700) with the database
 * leadline.db, files/ and a lock. A server holds the lock; so does a command
 * that must be alone (restore, changes of configuration). All others may run
 * while a server does.
 */
enum workspace_need {
    WORKSPACE_SHARED,  /* it exists; a server may be running */
    WORKSPACE_ALONE,   /* it exists; nobody else has the lock */
    WORKSPACE_CREATED, /* made when it is not there; nobody else has the lock */
};

struct workspace {
    struct str folder; /* as given, without '/' at its end */
    struct str database; /* its path, or the URL of a PostgreSQL database */
    bool is_server;      /* a URL: the folder has uploaded files only, and there is no lock */
    struct clock clock;
    struct engine *engine;
    const struct snapshot *snapshot; /* of the moment of opening */
    int lock; /* a file descriptor, or -1 */
};

/* The settings data, db, clock, test-mode. reader_count_max 0: the default. */
MUST_USE bool workspace_open(struct cli *cli, enum workspace_need need, int reader_count_max,
                             struct workspace *out);
void workspace_close(struct workspace *workspace);
/* Folder, path and lock only, without opening the database; *out_exists: there is one. */
MUST_USE bool workspace_locate(struct cli *cli, enum workspace_need need, struct workspace *out,
                               bool *out_exists);
/* Takes the newest snapshot, after the configuration was changed. */
void workspace_refresh(struct workspace *workspace);
/* The system, acting for whoever may open the files. */
struct engine_context workspace_context(const struct workspace *workspace);
/* The person with this login. ERROR_NOT_FOUND "cli.no_login". */
MUST_USE bool workspace_actor(struct cli *cli, const struct workspace *workspace,
                              struct str login, struct actor *out);
/* Id of a person by login, or of a team by name; ERROR_NOT_FOUND "cli.no_login", "cli.no_team". */
MUST_USE bool workspace_user(struct cli *cli, const struct workspace *workspace, struct str login,
                             struct uuid *out);
MUST_USE bool workspace_team(struct cli *cli, const struct workspace *workspace, struct str name,
                             struct uuid *out);
/* How many people there are; none: the workspace is not set up yet. */
MUST_USE bool workspace_user_count(struct cli *cli, const struct workspace *workspace,
                                   int64_t *out);
/* Stores settings in one write (name and value pairs ended by NULL) and refreshes. */
MUST_USE bool workspace_settings(struct cli *cli, struct workspace *workspace,
                                 const char *const *pairs);
MUST_USE bool workspace_setting(struct cli *cli, const struct workspace *workspace,
                                const char *name, struct str *out);

/* One row of a statement with one text or blob argument, through a reader. */
MUST_USE bool workspace_row(struct cli *cli, const struct workspace *workspace, const char *sql,
                            const struct cell *args, int arg_count, struct row *out);

/* demo_command.c: one login per role with its password, when this is a demo workspace. */
MUST_USE bool demo_logins_print(struct cli *cli, const struct workspace *workspace);
/* init.c: an empty workspace gets a pack. pipeline: empty or the name of the default one. */
MUST_USE bool workspace_apply(struct cli *cli, struct workspace *workspace, struct str pack_name,
                              struct str pipeline);

#endif
