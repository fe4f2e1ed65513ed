#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/memo.h"
#include "base/time.h"
#include "record/query.h"
#include "rules/rules.h"

/*
 * The two doors. Everything that changes a record (API, import, rule, timer,
 * pack) comes through engine_write(), inside one transaction: load with the
 * actor's predicate, may they, merge, store with version and history, compute
 * stored formulas, judge (validations, gates), effects, outbox. Any failure
 * leaves nothing. Reads go through record/query.h with engine_record_context().
 */

/* The configuration as it stands, compiled; immutable and shared. */
struct snapshot {
    struct schema *schema;
    struct access *access;
    struct rules *rules;
    int64_t version;
    struct memo *memo; /* what was made of this configuration and is worth keeping */
};

struct engine;
struct engine_options {
    struct str url;     /* database */
    struct clock *clock;
    int reader_count_max;
    int cache_mib; /* as in db_options; 0: the default */
};

/* Opens, migrates and loads. */
MUST_USE bool engine_open(struct scope *scope, const struct engine_options *options,
                          struct engine **out);
void engine_close(struct engine *engine);
struct db *engine_db(struct engine *engine);
int64_t engine_now_ms(struct engine *engine);
struct clock *engine_clock(struct engine *engine);

/* Never NULL. Every take needs its release; quick, lock-free enough for each request. */
const struct snapshot *snapshot_take(struct engine *engine);
void snapshot_release(struct engine *engine, const struct snapshot *snapshot);

/*
 * Inside a write: is the snapshot still the configuration as this write sees it?
 * ERROR_STALE "config.changed" when it has moved on, here or in another process:
 * what was planned with it must be planned anew.
 */
MUST_USE bool snapshot_check(struct scope *scope, struct db_conn *conn,
                             const struct snapshot *snapshot);
/*
 * Outside of writes: when another process has changed the configuration, takes the
 * snapshot of it and tells the listener (EVENT_SCHEMA). One small look when not.
 */
MUST_USE bool engine_refresh(struct scope *scope, struct engine *engine);

/* On whose behalf, with which configuration, when, by which way. */
struct engine_context {
    struct engine *engine;
    const struct snapshot *snapshot;
    struct actor actor;
    int64_t now_ms;
    const char *via; /* "web", "api", "import", "rule:stall_ladder", "cli" … */
    struct readers *readers; /* engine's own; NULL */
};
struct record_context engine_record_context(const struct engine_context *context);
/* The system at this moment with the snapshot given. */
struct engine_context engine_system_context(struct engine *engine,
                                            const struct snapshot *snapshot, const char *via);

/* ---- records ---- */
struct change {
    const struct field *field;
    struct cell cell; /* of a sub-table: engine_parse() alone makes it and the write reads it */
};
struct changes {
    struct change *items;
    int count;
};
/*
 * A JSON map of API names -> cells. Unknown names, fields the actor may not
 * write, and values that do not fit are all reported (ERROR_INVALID, one item each).
 * "stage" and "pipeline" are names; "owner" is an id. With is_history, system
 * fields may be given too (created_at, created_by, closed_at, stage_entered_at).
 */
MUST_USE bool engine_parse(struct scope *scope, const struct engine_context *context,
                           const struct object *object, const struct json *map, bool is_history,
                           struct changes *out);

enum write_verb { WRITE_CREATE = 1, WRITE_UPDATE, WRITE_DELETE, WRITE_RESTORE };
struct line_notes; /* engine/inner.h */
struct write {
    enum write_verb verb;
    const struct object *object;
    struct uuid id;      /* create: the client's, or nil for a new one */
    int64_t version;     /* what the client saw; 0: whatever there is */
    struct changes changes; /* a change of "stage" is a stage move, of "owner" a hand-over */
    struct str reason;   /* of a stage move back, or over stages */
    bool is_history;     /* import of history: gates and rules stay silent, dates are kept;
                            needs RIGHT_IMPORT_HISTORY */
    bool is_lenient;     /* required fields may stay blank (import) */
    bool is_dry_run;     /* judge only; the caller takes the savepoint back */
    bool is_line;        /* written with the record it belongs to, which tells of it */
    const struct line_notes *touched; /* engine/lines.c: nothing but what became of its lines */
};
/*
 * Runs inside a write (on the writer's connection). out holds the stored record.
 * A create whose id exists already and was made by the same person answers with
 * that record and *is_repeat (may be NULL) true: creating is idempotent.
 */
MUST_USE bool engine_write(struct scope *scope, struct db_conn *conn,
                           const struct engine_context *context, const struct write *write,
                           struct record *out, bool *is_repeat);
/*
 * Judges the write exactly as engine_write() would and takes everything back,
 * events too. *is_allowed tells; why not is in *reasons (memory of scope). False
 * only when the database failed.
 */
MUST_USE bool engine_try(struct scope *scope, struct db_conn *conn,
                         const struct engine_context *context, const struct write *write,
                         bool *is_allowed, struct error *reasons);
/*
 * May the actor write these changes of a person or team? True for other objects. Every write is
 * asked this; callers ask ahead to refuse early. id nil, conn NULL: a new record. ERROR_DENIED.
 */
MUST_USE bool engine_people_check(struct scope *scope, struct db_conn *conn,
                                  const struct engine_context *context,
                                  const struct object *object, struct uuid id,
                                  const struct changes *changes);
/*
 * As a write of its own, waiting until it is durable: command line, jobs, tests.
 * The context's snapshot must be current: snapshot_check().
 */
MUST_USE bool engine_write_wait(struct scope *scope, const struct engine_context *context,
                                const struct write *write, struct record *out);

/*
 * The fast door for histories (import of old stages, demo): rows that are taken
 * as they are, with their stays. Stages must be in time order; the first begins
 * at created_at when its time is 0. Validations, gates and rules are not asked;
 * stored formulas, ladders' timers and search are kept right. changes must hold
 * everything (created_at, owner …).
 */
struct stage_event {
    const struct stage *stage;
    int64_t at_ms;
    struct uuid by;
    struct str reason;
};
struct history_row {
    const struct object *object;
    struct uuid id;
    struct changes changes;
    struct stage_event *events;
    int event_count;
};
MUST_USE bool engine_put_history(struct scope *scope, struct db_conn *conn,
                                 const struct engine_context *context,
                                 const struct history_row *row);
/* After many history rows: stored formulas and timers of all records of the object, set-wise. */
MUST_USE bool engine_recompute(struct scope *scope, struct db_conn *conn,
                               const struct engine_context *context,
                               const struct object *object);

/*
 * Many new records of one object at once, as the actor: rows as for
 * engine_put_history(), but judged (required fields, validations, unique) and with
 * stored formulas and timers right at the end of the call. *is_refused when at
 * least one row does not pass: the caller takes its savepoint back and writes
 * the rows one by one to learn which and why. References must have been checked.
 * Only where engine_may_put_rows() says that nothing else follows from a create.
 */
bool engine_may_put_rows(const struct engine_context *context, const struct object *object,
                         bool is_history);
MUST_USE bool engine_put_rows(struct scope *scope, struct db_conn *conn,
                              const struct engine_context *context,
                              const struct history_row *rows, int count, bool is_lenient,
                              bool *is_refused);
/*
 * Updates of many records of one object at once, as the actor, each as engine_write() does one:
 * history, stored formulas, what is asked of the row, timers. A row that does not pass or that a
 * rule follows from is marked is_out; with *is_refused the caller takes its savepoint back, and
 * may try those that are not out again: the others are written one by one. References must have
 * been checked. Only where engine_may_update_rows() says that writing these fields (by index)
 * asks for nothing that is done record by record.
 */
struct update_row {
    struct uuid id; /* no two the same */
    int64_t version; /* what the client saw; 0: whatever there is */
    struct changes changes;
    struct record before, after; /* afterwards: as it was, as it is */
    bool is_changed, is_out;
};
bool engine_may_update_rows(const struct engine_context *context, const struct object *object,
                            const bool *fields, bool is_history);
MUST_USE bool engine_update_rows(struct scope *scope, struct db_conn *conn,
                                 const struct engine_context *context,
                                 const struct object *object, struct update_row *rows, int count,
                                 bool is_history, bool is_lenient, bool *is_refused);
/*
 * Writes of one object and verb that came in one list, in few statements for all of them where
 * nothing else follows from each. *is_done false: nothing was done; the caller takes them to
 * engine_write() one by one, and learns which is refused and why. out[i]: id and version.
 */
MUST_USE bool engine_write_list(struct scope *scope, struct db_conn *conn,
                                const struct engine_context *context, const struct write *writes,
                                int count, struct record *out, bool *is_done);
/*
 * The stays of a record that exists, made anew from events (at least one, in time
 * order); its stage becomes the last one's. changes: further fields to set; of many-to-many ones
 * what the actor cannot see is kept, as engine_write() keeps it.
 */
MUST_USE bool engine_put_stays(struct scope *scope, struct db_conn *conn,
                               const struct engine_context *context,
                               const struct history_row *row);

/* ---- tasks, alerts ---- */
/* ERROR_INVALID when the outcome is blank, or its alert still stands. */
MUST_USE bool engine_task_done(struct scope *scope, struct db_conn *conn,
                               const struct engine_context *context, struct uuid id,
                               struct str outcome);
MUST_USE bool engine_task_reschedule(struct scope *scope, struct db_conn *conn,
                                     const struct engine_context *context, struct uuid id,
                                     int64_t due_at_ms);
/*
 * What a task of this rule and kind about the record says to the context's actor, who need not
 * be its assignee: title as label_json() makes it; card: JSON, empty when there is none.
 */
struct task_text {
    struct str title, card;
};
MUST_USE bool engine_task_text(struct scope *scope, struct db_conn *conn,
                               const struct engine_context *context, const struct object *object,
                               struct uuid record, struct str rule, struct str kind,
                               struct task_text *out);
/* First of an alert sets first_response_at. kind: a short name; text: what was done. */
MUST_USE bool engine_intervene(struct scope *scope, struct db_conn *conn,
                               const struct engine_context *context, struct uuid alert,
                               struct str kind, struct str text, struct uuid *out_id);

/*
 * Raises what is due at context->now_ms, at most count_max records; *count is
 * how many were due (less than count_max: all done). Inside a write, as the system.
 */
MUST_USE bool engine_sweep(struct scope *scope, struct db_conn *conn,
                           const struct engine_context *context, int count_max, int *count);
/* The earliest moment something falls due, or 0 when nothing is waiting. */
MUST_USE bool engine_next_due(struct scope *scope, struct db_conn *conn, int64_t *out_ms);

/* ---- shares (share.c) ---- */
enum { SHARE_COUNT_MAX = 100 /* of one record */ };
struct share {
    struct uuid id;
    struct uuid person, team; /* one of them */
    enum share_level level;
    int64_t until_ms; /* it ends then by itself; 0: when it is taken back */
};
/* ERROR_NOT_FOUND or ERROR_DENIED when the actor may not update it by their role. */
MUST_USE bool engine_may_share(struct scope *scope, struct db_conn *conn,
                               const struct engine_context *context, const struct object *object,
                               struct uuid record);
/* Inside a write. In place of what was shared with the same before; sets share->id. */
MUST_USE bool engine_share(struct scope *scope, struct db_conn *conn,
                           const struct engine_context *context, const struct object *object,
                           struct uuid record, struct share *share);
MUST_USE bool engine_unshare(struct scope *scope, struct db_conn *conn,
                             const struct engine_context *context, const struct object *object,
                             struct uuid record, struct uuid share);
const char *share_level_name(enum share_level level); /* "read", "update" */
bool share_level_read(struct str name, enum share_level *out);

/* ---- configuration ---- */
/*
 * Stores pieces of configuration, builds and checks the snapshot that follows,
 * and makes it current when the transaction is durable; inside a write.
 * Needs RIGHT_CONFIGURE. Ladders' timers follow changed thresholds.
 */
MUST_USE bool engine_configure(struct scope *scope, struct db_conn *conn,
                               const struct engine_context *context,
                               const struct schema_part *parts, int part_count);
MUST_USE bool engine_unconfigure(struct scope *scope, struct db_conn *conn,
                                 const struct engine_context *context, struct str kind,
                                 struct str name);
/*
 * Stores a setting of the workspace and makes the snapshot that follows current; inside a
 * write. After another "zone" all stored formulas are computed and all timers set anew.
 */
MUST_USE bool engine_setting_put(struct scope *scope, struct db_conn *conn,
                                 const struct engine_context *context, struct str name,
                                 struct str value);

/* A text in both languages as messages and tasks keep it: {"zh","en"}. */
struct str label_json(struct scope *scope, struct str zh, struct str en);

/* ---- audit ---- */
/*
 * A line in the table audit, inside the write that it tells of: kind "reveal", "export", …;
 * object, field: as they are named today, or NULL; record: or nil; detail: JSON, or empty.
 */
struct audit_line {
    const char *kind;
    const struct object *object;
    struct uuid record;
    const struct field *field;
    struct str detail;
};
MUST_USE bool audit_put(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context, const struct audit_line *line);
/* As a write of its own, waiting until it is durable. */
MUST_USE bool audit_write(struct scope *scope, const struct engine_context *context,
                          const struct audit_line *line);
/* A detail of texts by name; empty ones are left out. */
struct audit_pair {
    const char *name;
    struct str text;
};
struct str audit_detail(struct scope *scope, const struct audit_pair *pairs, int count);
/* Are all lines as they were written? *broken: the number of the first that is not, or 0. */
MUST_USE bool audit_check(struct scope *scope, struct db_conn *conn, int64_t *broken);

/* ---- live events ---- */
enum event_kind { EVENT_RECORD = 1, EVENT_DELETED, EVENT_ALERT, EVENT_TASK, EVENT_MESSAGE,
                  EVENT_SCHEMA, EVENT_CLOCK, EVENT_SIGHT /* what a person, or anybody, may see */,
                  EVENT_JOB /* one is further; for those who configure */,
                  EVENT_ALL /* too many to name: look at all */ };
struct event {
    enum event_kind kind;
    int object;          /* of a record or of the record an alert is about */
    struct uuid id;      /* record, alert, task */
    struct uuid record;  /* of an alert */
    struct uuid person;  /* whose task or message */
    int64_t version;
    int level;
};
/* Inside a write: kept back until its commit, forgotten with it. */
void event_tell(struct engine *engine, struct db_conn *conn, struct event event);
/* Called after a commit, on the writer's thread: must be quick. One listener. */
void engine_listen(struct engine *engine,
                   void (*listener)(const struct event *events, int count, void *context),
                   void *context);

#endif
