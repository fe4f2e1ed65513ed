#ifndef CLI_ARCHIVE_H
#define CLI_ARCHIVE_H

#include <stdio.h>

#include "base/scope.h"

/*
 * Tar files (ustar), so that any tool can look into a backup: regular files
 * only, written and read as streams.
 */
MUST_USE bool archive_add(struct scope *scope, FILE *archive, struct str name, struct str path);
MUST_USE bool archive_end(struct scope *scope, FILE *archive);
/*
 * Unpacks into a folder that exists, making the folders below it. Names that
 * would lead out of it, links and devices are refused: ERROR_MALFORMED
 * "archive.malformed".
 */
MUST_USE bool archive_unpack(struct scope *scope, FILE *archive, struct str folder);

#endif
