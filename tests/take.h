#ifndef TESTS_TAKE_H
#define TESTS_TAKE_H

#include "ingest/import.h"
#include "tests/office.h"

/* Files that come in to an office. */

/* A file in the office's folder: its path. */
struct str office_file(struct office *office, const char *name, struct str bytes);
/*
 * Imports the file by options in JSON, whose quotes are '. The task's engine, path and options
 * are filled in. TEST_LOG=1 shows what was refused.
 */
bool take_try(struct office *office, struct import_task *task, struct str path, const char *json,
              struct import_report *out);
/* The same, where it must come to its end. */
struct import_report take_file(struct office *office, struct import_task *task, struct str path,
                               const char *json);

#endif
