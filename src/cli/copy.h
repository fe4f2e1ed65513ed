#ifndef CLI_COPY_H
#define CLI_COPY_H

#include "cli/cli.h"
#include "db/db.h"

/* Rows and tables that were copied and found the same on both sides. */
struct copied {
    int64_t row_count;
    int table_count;
};

/*
 * All of a workspace's database into another one, which is empty but for the engine's own tables:
 * both ways between SQLite and PostgreSQL. All of it comes in one write, and every table is read
 * again and compared before that write is kept; on failure the other one stays empty.
 */
MUST_USE bool copy_database(struct scope *scope, struct db *from, struct db *to,
                            struct copied *out);
/*
 * Opens an empty database at the url and copies into it. ERROR_CONFLICT "cli.copy_not_empty": one
 * with anything in it is not touched, not even to bring an older workspace up to date.
 */
MUST_USE bool copy_to_url(struct scope *scope, struct db *from, struct str url,
                          struct copied *out);

#endif
