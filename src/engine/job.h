#ifndef ENGINE_JOB_H
#define ENGINE_JOB_H

#include "engine/engine.h"

/*
 * Long work in steps, each a write of bounded size; where it stands is in the database, so it
 * goes on after a crash. What it has done comes into force with its last step, all at once.
 */
enum { JOB_BATCH = 500, JOB_AT_ONCE_COUNT_MAX = 1000 };

struct job {
    int64_t id;
    struct str kind;  /* "type", "fill", "index", "purge" */
    struct str state; /* waiting, running, done, failed, cancelled */
    int object, field;
    struct json body;
    int64_t place, done, total;
    struct str error;
    int64_t created_at_ms;
    struct cell by, finished_at;
    int attempts;          /* of the step at hand that have failed */
    struct cell retry_at;  /* not before */
};
MUST_USE bool job_list(struct scope *scope, struct db_conn *conn, int limit, struct job **out,
                       int *count);
/*
 * Work to be done: kind, object, field, body, total; *id is its number. Whoever asked for it is
 * the actor. Inside a write.
 */
MUST_USE bool job_begin(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context, const struct job *job, int64_t *id);
/* The number of the last of the next count rows after one; the same: there are no more. */
MUST_USE bool job_range(struct scope *scope, struct db_conn *conn, const struct object *object,
                        int64_t after, int count, int64_t *until);
/*
 * Where a step has left it, and its body as it is now: place is the number of the last row,
 * state "waiting" (not before retry_at), "running" or "done". Inside a write.
 */
MUST_USE bool job_mark(struct scope *scope, struct db_conn *conn,
                       const struct engine_context *context, const struct job *job, int64_t place,
                       const char *state, struct cell retry_at);
/* ERROR_NOT_FOUND. */
MUST_USE bool job_load(struct scope *scope, struct db_conn *conn, int64_t id, struct job *out);
/*
 * One that is over stays as it is: ERROR_CONFLICT "job.over"; what is being emptied is lost
 * already: "job.no_way_back". Inside a write.
 */
MUST_USE bool job_cancel(struct scope *scope, struct db_conn *conn,
                         const struct engine_context *context, int64_t id);
/*
 * One that has failed or was cancelled goes on where it stood, if what it has done so far is
 * still right ("fill", "index"); others: ERROR_CONFLICT "job.no_retry". Inside a write.
 */
MUST_USE bool job_retry(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context, int64_t id);
MUST_USE bool job_is_due(struct scope *scope, struct db_conn *conn, int64_t now_ms, bool *out);
/*
 * A step of the oldest job that is due; *is_more: look again at once. Waits until it is durable.
 * A step the database fails is tried again later, up to JOB_ATTEMPT_COUNT_MAX times, and others
 * go on meanwhile; a job that cannot go on is marked failed, with the reason. Neither is an
 * error here; only that nothing could be written at all.
 */
enum { JOB_ATTEMPT_COUNT_MAX = 10 };
MUST_USE bool job_step(struct scope *scope, struct engine *engine, bool *is_more);

/*
 * Another type for a field, while everybody works: a column beside the old one is filled in
 * steps, what is written meanwhile is taken over, then the new field takes the old one's place
 * and name. The old one is kept as a removed field is, and undo brings it back. changes: what
 * is laid over the definition ("type", "choices" …). Without is_lossy a value that cannot be
 * converted fails the job and nothing has changed. Few records are done at once: *job_id is 0.
 * Inside a write; ERROR_INVALID "schema.type_change" where there is no way between the two.
 */
MUST_USE bool engine_retype(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context, const struct object *object,
                            const struct field *field, const struct json *changes,
                            bool is_lossy, int64_t *job_id);
/*
 * Such a change taken back: the former field has the values it had, and gets what was written
 * since, converted; then undo_apply(entry). was: its definition. Without is_lossy values that
 * have no counterpart are refused, with their number among the first records (ERROR_CONFLICT
 * "config.undo_lossy"); with it those records keep what they had before. *job_id as above.
 */
MUST_USE bool engine_retype_back(struct scope *scope, struct db_conn *conn,
                                 const struct engine_context *context, const struct field *field,
                                 const struct json *was, int64_t entry, bool is_lossy,
                                 int64_t *job_id);
/* One step of such a job, inside a write; *is_over: it was the last one. */
MUST_USE bool retype_step(struct scope *scope, struct db_conn *conn,
                          const struct engine_context *context, const struct job *job,
                          bool *is_over);
/* The definition of the field with the changes laid over it, as a type of its own. */
struct json retype_definition(struct scope *scope, const struct object *object,
                              const struct field *field, const struct json *changes);
/* The field whose text stands for a value when it becomes text: of a reference, the title. */
const struct field *retype_source(const struct field *field);
/* SELECT search_id and the values to be converted from the table as t; no WHERE yet. */
void retype_select(struct sql *sql, const struct object *object, const struct field *field);

/* fill.c: the columns of stored formulas; a step as above. */
MUST_USE bool fill_step(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context, const struct job *job,
                        bool *is_over);

/* index.c: one index that is missing. Not inside a write. */
MUST_USE bool index_step(struct scope *scope, struct engine *engine, const struct job *job);

/* How long what was taken away can come back. */
#define LIFE_KEPT_MS (30 * (int64_t)TIME_DAY_MS)
/* Makes a job for everything whose time has passed; now and then. Inside a write. */
MUST_USE bool engine_purge(struct scope *scope, struct db_conn *conn,
                           const struct engine_context *context);
MUST_USE bool purge_step(struct scope *scope, struct db_conn *conn,
                         const struct engine_context *context, const struct job *job,
                         bool *is_over);

#endif
