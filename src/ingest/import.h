#ifndef INGEST_IMPORT_H
#define INGEST_IMPORT_H

#include "engine/engine.h"
#include "ingest/table.h"

/*
 * A file becomes records. An import is one row of import_run: it is registered
 * (state "preview"), looked at, run in batches that are each one write, and can
 * be undone as a whole. Every row goes in as the person who imports: with their
 * permissions, the object's rules, and a place in the history.
 *
 * States: preview, waiting (asked to run, not begun), running, done, failed (by the storage
 * or the file, between two batches), cancelled, undoing, undone. What went in before a
 * failure stays and can be undone.
 */
enum import_kind { IMPORT_RECORDS = 0, IMPORT_STAGES };
enum import_duplicate { DUPLICATE_CREATE = 0, DUPLICATE_SKIP, DUPLICATE_UPDATE };

enum {
    IMPORT_MAP_COUNT_MAX = 200,
    IMPORT_VALUE_COUNT_MAX = 5000,
    IMPORT_FAILURE_COUNT_MAX = 1000, /* kept with their reason; all are counted */
    IMPORT_CHOICE_COUNT_MAX = 500,   /* new choices of one field */
};

/* Which column fills which field; a column may fill several. */
struct import_map {
    struct str column, field;
};
struct import_value {
    struct str field, from, to;
};
struct import_options {
    struct str object;
    enum import_kind kind;
    struct import_map *maps; /* count 0: as the preview guesses */
    int map_count;
    struct import_map *sets; /* column is the value here */
    int set_count;
    struct import_value *values;
    int value_count;
    struct str sheet; /* of a workbook; empty: the first visible one */
    struct str key; /* field that says which record a row is; empty: none */
    bool creates_refs, accepts_missing, is_dry_run;
    enum import_duplicate duplicate;
};

/*
 * {"map":{COLUMN: FIELD | [FIELD]},"set":{FIELD: VALUE},"key","values":{FIELD:{FROM:TO}},
 *  "sheet","refs":"match|create","on_duplicate":"skip|update|create","missing":"refuse|accept"};
 * on_duplicate is update when there is a key. Every mistake is reported.
 */
MUST_USE bool import_options_read(struct scope *scope, const struct json *json,
                                  struct import_options *out);
struct str import_options_text(struct scope *scope, const struct import_options *options);
bool import_kind_read(struct str text, enum import_kind *out); /* "records", "stage_history" */

/* Who imports; user nil: the system. */
struct import_by {
    struct engine *engine;
    struct uuid user;
    enum language language;
};

/*
 * Reads all of the file and writes "rows", "columns", "warnings" as members of the
 * open map: what each column holds, which field it seems to be, and for choices,
 * stages and references what each value seems to mean. Changes nothing.
 */
MUST_USE bool import_preview(struct scope *scope, struct db_conn *conn,
                             const struct engine_context *context, const char *path,
                             struct str object, enum import_kind kind,
                             struct json_writer *writer);

struct import_failure {
    int64_t row; /* as a spreadsheet program numbers it */
    struct str column, value, code, message;
};
struct import_report {
    struct uuid id;
    struct str state;
    int64_t rows; /* in the file; 0 before it has been counted */
    int64_t done, created, updated, skipped, failed_count;
    struct import_failure *failed; /* the first IMPORT_FAILURE_COUNT_MAX */
    int failed_kept;
};

/*
 * Registers an import; needs ACTION_IMPORT on the object. Inside a write. preview: a JSON map
 * with what import_preview() wrote, kept until the import is run; may be empty.
 */
MUST_USE bool import_register(struct scope *scope, struct db_conn *conn,
                              const struct engine_context *context, struct str object,
                              enum import_kind kind, struct str file_name, struct str preview,
                              struct uuid *out);
/*
 * Somebody wants it run and this process will: "waiting", so that nobody else starts it and
 * everybody sees it, however long others or the first reading of a large file take. Each is a
 * write, waited for. ERROR_CONFLICT "import.already_run" when it is not in preview.
 * import_unwait: it is not to be run after all; in preview again.
 */
MUST_USE bool import_wait(struct scope *scope, struct engine *engine, struct uuid id);
MUST_USE bool import_unwait(struct scope *scope, struct engine *engine, struct uuid id);
/*
 * Runs a registered import to its end, on the calling thread, waiting for each
 * batch. errors_path (may be NULL): the refused rows as they were in the file with
 * their reasons, made when there is one: a workbook when it ends in .xlsx, else CSV.
 * progress (may be NULL) is called after each batch. With is_dry_run everything is taken
 * back and nothing is kept.
 * False: nothing was done, or it stopped between batches (state failed); out is
 * filled in as far as it came.
 */
struct import_task {
    struct import_by by;
    struct uuid id;
    const char *path;
    const struct import_options *options;
    const char *errors_path;
    int event_count_max; /* of stage_history, kept in memory at once; 0: as many as is usual */
    bool is_single; /* every row is written by itself: what many at once are measured against */
    void (*progress)(void *context, int64_t done, int64_t total);
    void *progress_context;
};
MUST_USE bool import_run(struct scope *scope, const struct import_task *task,
                         struct import_report *out);
/* Would it start? Opens the file and checks the mapping and permissions; writes nothing. */
MUST_USE bool import_check(struct scope *scope, const struct import_task *task);
/* Register and run, for those who have the file at hand. */
MUST_USE bool import_file(struct scope *scope, struct import_task *task, struct str file_name,
                          struct import_report *out);
/* A running import stops before its next batch, one that waits is not begun. Inside a write. */
MUST_USE bool import_cancel(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context, struct uuid id);
/*
 * Takes back what an import did, in several writes, waiting: records it made are
 * deleted, fields it changed get their old values where nobody changed them since,
 * references and choices it made go where nothing else uses them.
 * ERROR_CONFLICT "import.not_undoable" in other states than done, failed, cancelled.
 */
MUST_USE bool import_undo(struct scope *scope, const struct import_by *by, struct uuid id);
/*
 * Marks imports failed that nobody runs any more (one that only waited is in preview again):
 * at start (watch all zero) and then every IMPORT_RECOVER_SECONDS with the same watch.
 * Those of this machine whose process is gone at once; others when they have stood still from
 * one look to the next. A command that imports beside the server is left alone.
 */
enum { IMPORT_WATCH_COUNT_MAX = 100, IMPORT_RECOVER_SECONDS = 180 };
struct import_watch {
    struct uuid ids[IMPORT_WATCH_COUNT_MAX];
    int64_t versions[IMPORT_WATCH_COUNT_MAX];
    int count;
    bool has_looked;
};
MUST_USE bool import_recover(struct scope *scope, struct engine *engine,
                             struct import_watch *watch);
/* One whose import_run() is over and that could not store how it ended: failed. */
MUST_USE bool import_settle(struct scope *scope, struct engine *engine, struct uuid id);

/*
 * Writes the members of the report as 50-interfaces has it, with progress, into the open map;
 * of one that has not been run yet also what the preview had ("columns", "warnings").
 */
MUST_USE bool import_report_put(struct scope *scope, struct db_conn *conn,
                                const struct engine_context *context, struct uuid id,
                                struct json_writer *writer);
/* Writes "items":[…], newest first, at most limit; those of others only with RIGHT_CONFIGURE. */
MUST_USE bool import_list_put(struct scope *scope, struct db_conn *conn,
                              const struct engine_context *context, int limit,
                              struct json_writer *writer);
/* The object and kind of an import the actor may see. */
MUST_USE bool import_find(struct scope *scope, struct db_conn *conn,
                          const struct engine_context *context, struct uuid id,
                          struct str *object, enum import_kind *kind, struct str *state);

#endif
