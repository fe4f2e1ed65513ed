#ifndef INGEST_SKETCH_H
#define INGEST_SKETCH_H

#include "ingest/import.h"

/*
 * A workbook somebody has lived in so far, as objects it could become: a sheet is an
 * object, a column a field with the type its cells have, few repeated words are
 * choices, a column of another sheet's titles is a reference to it. Nothing here
 * decides or changes anything: a person corrects it first.
 */
enum {
    SKETCH_SHEET_COUNT_MAX = 30,
    SKETCH_COLUMN_COUNT_MAX = 120,
    SKETCH_CHOICE_COUNT_MAX = 30,
    SKETCH_SAMPLE_COUNT = 5,
};

/*
 * Writes "sheets":[{"sheet","rows","object":{as POST /objects takes it},"map":{column: field},
 * "columns":[{"name","field","samples","filled","blank","misfits"}]}] as a member of the open
 * map: first what others refer to. Sheets without a row under their header are left out.
 * ERROR_INVALID "sketch.*" when there is nothing to make, or too much.
 */
MUST_USE bool sketch_write(struct scope *scope, struct db_conn *conn,
                           const struct engine_context *context, const char *path,
                           struct json_writer *writer);

#endif
