#ifndef CLI_FOLDER_H
#define CLI_FOLDER_H

#include "cli/cli.h"

enum { FOLDER_DEPTH_MAX = 4 };

/*
 * Calls run for every regular file below folder/name, in the order of names, with its name
 * from folder on; hidden ones, links and what lies deeper than FOLDER_DEPTH_MAX are passed
 * over. A folder that is not there has no files. False when run says so.
 */
MUST_USE bool folder_files_each(struct cli *cli, struct str folder, struct str name,
                                bool (*run)(struct cli *cli, struct str folder, struct str name,
                                            void *context),
                                void *context);
/*
 * Gives the files below from/name to a folder of the same name in to, which is made: the bytes
 * are shared where both are on one file system, else copied, read again and compared. What
 * is there already under a name stays. *count is how many there are.
 */
MUST_USE bool folder_copy(struct cli *cli, struct str from, struct str to, struct str name,
                          int64_t *count);

#endif
