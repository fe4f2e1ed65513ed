#ifndef ENGINE_INNER_H
#define ENGINE_INNER_H

#include "engine/engine.h"
#include "outbox/outbox.h"

/* What the files of this room share; nobody else includes it. */
enum {
    RULE_DEPTH_MAX = 4,
    OWNED_DEPTH_MAX = 4, /* lines of lines */
    RULE_OVER_COUNT_MAX = 100, /* records one action may set over a relation */
    STAGE_REASON_SIZE_MAX = 2000,
    TASK_COUNT_MAX = 10000,
    STAY_STAGE_COUNT_MAX = 1000,
};

/* One write on its way through the steps of write.c. */
struct writing {
    struct scope *scope;
    struct db_conn *conn;
    const struct engine_context *context;
    struct record_context record_context;
    const struct write *write;
    const struct object *object;
    struct record before; /* cells NULL: created */
    struct record after;
    bool *changed; /* by field index */
    const struct stage *from, *to; /* a move, else both NULL */
    int depth;
    bool has_nested; /* a rule has written records: perhaps this one */
    struct record wholes[2]; /* a line: what it belonged to, belongs to; cells NULL: none */
};

MUST_USE bool engine_write_at(struct scope *scope, struct db_conn *conn,
                              const struct engine_context *context, const struct write *write,
                              int depth, struct record *out, bool *is_repeat);

/* audit.c: lines of configuration, and of people and teams. */
MUST_USE bool audit_config(struct scope *scope, struct db_conn *conn,
                           const struct engine_context *context, const char *what,
                           const struct schema_part *parts, int count);
MUST_USE bool audit_person(struct scope *scope, struct db_conn *conn,
                           const struct engine_context *context, const struct write *write,
                           struct uuid id);
/* engine.c: does the configuration as the connection sees it hold together? Keeps nothing. */
MUST_USE bool configuration_check(struct scope *scope, struct db_conn *conn, struct engine *engine);

/* ---- lines.c: records that belong to the one being written ---- */
/* The records of a sub-table as they are to be, in order; those not named go. */
struct line_list {
    struct write *items;
    int count;
};
/* A list of lines -> writes; mistakes are blamed as "lines[2].amount". */
MUST_USE bool lines_parse(struct scope *scope, const struct engine_context *context,
                          const struct field *field, const struct json *list,
                          struct cell *out);
/* What became of one line. before NULL: added, after NULL: removed; number: where it stands now. */
struct line_note {
    const struct record *before, *after;
    int number;
};
/* Of one sub-table. The order is told by titles, without what has not moved at both ends. */
struct line_notes {
    const struct field *field; /* the sub-table; NULL: none shows them, only the version grows */
    struct line_note *items;
    int count;
    const struct str *old_order, *new_order;
    int order_count;
    const struct record *whole; /* as it was before the sums it keeps followed; or NULL */
    bool is_quiet; /* a rule's doing: the record is not judged again, no rule follows */
};
/*
 * Writes what the changes say of sub-tables. When lines have changed, so has the record: it gets
 * a version (unless *is_changed already) and tells of them in its history.
 */
MUST_USE bool lines_write(struct writing *w, bool *is_changed);
/* The place of a new record behind those it belongs with. */
MUST_USE bool line_number_next(struct writing *w);
/*
 * A line that was written by itself: the record it belongs to, and belonged to, tells of it. What
 * that was is remembered before the sums it keeps of its lines follow.
 */
MUST_USE bool lines_remember(struct writing *w);
MUST_USE bool lines_tell(struct writing *w);
/* lines_note.c: what became of lines as the history keeps it, by the ids of fields. */
struct str lines_note(struct scope *scope, const struct line_notes *notes);
/* The record it is to belong to may be updated by the actor. */
MUST_USE bool lines_may_join(struct writing *w);
/* With their record they go, and come back those that went with it (deleted at that moment). */
MUST_USE bool lines_delete(struct writing *w);
MUST_USE bool lines_restore(struct writing *w, int64_t deleted_at_ms);
MUST_USE bool lines_deleted_at(struct writing *w, int64_t *out_ms);

/* roles.c. Whoever writes a person: somebody active stays who may configure and manage people. */
MUST_USE bool people_keep(const struct writing *writing);
/* After roles among the parts were stored: may the person give what they give now? */
MUST_USE bool roles_check(struct scope *scope, struct db_conn *conn,
                          const struct engine_context *context, const struct snapshot *after,
                          const struct schema_part *parts, int part_count);

/* effects.c: what the fired rules ask for. */
/* The system's powers, the person's name: what a rule does is theirs in the history. */
struct engine_context rule_context(struct scope *scope, const struct engine_context *person,
                                   struct str rule);
/* A formula's value as engine_write() takes it: a stage by its name, which every pipeline has. */
struct cell rule_value(const struct engine_context *context, const struct field *field,
                       struct cell value);
MUST_USE bool effects_apply(struct writing *writing, const struct judgement *judgement);
/*
 * "SET … WHERE …" over tasks; each task's assignee is told, nobody else. update is
 * a literal of our own.
 */
MUST_USE bool tasks_update(struct scope *scope, struct db_conn *conn, struct engine *engine,
                           struct str update, const struct cell *args, int arg_count);

/* ---- rows.c: of rows written many at once ---- */
/*
 * Would a stored formula of some other record have to be computed again, where these fields (by
 * index; NULL: all, of a new record) are written?
 */
bool rows_have_dependants(const struct schema *schema, const struct object *object,
                          const bool *fields);
/*
 * Is something asked of a record of the object that looks at others of it? Of rows written at
 * once each would be asked when those beside it are written already.
 */
bool rows_ask_others(const struct rules *rules, const struct object *object);
/* One by one, or of very many only that all is to be looked at again. */
void rows_tell(struct db_conn *conn, const struct engine_context *context,
               const struct event *events, int count);

/* history.c for put_rows.c. Are the events of the row its object's stages, in order of time? */
MUST_USE bool history_check(struct scope *scope, const struct history_row *row);
/* The record stands where the last event left it. */
void history_take(struct record *record, const struct history_row *row);
/* The row's events as stays; out has room for them. */
int history_stays(const struct history_row *row, const struct record *record, struct stay *out);
/* " IN (ids)" */
void history_put_ids(struct sql *sql, const struct history_row *rows, int count);
/* Stored formulas (those in fields, or all) of those rows, or (rows NULL) of all. */
MUST_USE bool history_compute(struct scope *scope, struct db_conn *conn,
                              const struct engine_context *context, const struct object *object,
                              const bool *fields, const struct history_row *rows, int count);

/* UPDATE … of the rows whose values are other than the formulas say; where puts " WHERE …" of t. */
void history_put_compute(struct sql *sql, const struct engine_context *context,
                         const struct object *object, const bool *due,
                         void (*where)(struct sql *sql, const void *range), const void *range);

/* engine.c: the snapshot of what the write has changed without changing a definition. */
MUST_USE bool configuration_renew(struct scope *scope, struct db_conn *conn,
                                  struct engine *engine);

/* timer.c: the timers and alerts of ladders and reminders. */
struct timer {
    bool is_under;     /* the watch's condition holds for the record */
    bool exists;
    struct cell since; /* as the timer has it */
    int level;         /* of a ladder: next to be raised */
    struct cell due;
    bool has_alert;    /* an open one of this rule */
};
/* Those of the record follow its present state. */
MUST_USE bool timers_sync(struct scope *scope, struct db_conn *conn,
                          const struct engine_context *context, const struct record *record);
/* The record is gone: no timer, no open alert, no open task. */
MUST_USE bool timers_forget(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context, const struct record *record);
/*
 * It is back: tasks and alerts that its deletion closed are open again, an alert only
 * when its level is still reached. Before timers_sync().
 */
MUST_USE bool timers_recall(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context, const struct record *record);
/* Set-wise, for new records. */
MUST_USE bool timers_begin(struct scope *scope, struct db_conn *conn,
                           const struct engine_context *context, const struct object *object,
                           const struct uuid *ids, int id_count);
/* Timers and open alerts of rules that are gone or switched off end. */
MUST_USE bool timers_retire(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context);
/* Set-wise, for all records of the object: timers and alerts as the rules stand now. */
MUST_USE bool timers_rebuild(struct scope *scope, struct db_conn *conn,
                             const struct engine_context *context, const struct object *object);

/* timer.c for ladder.c and remind.c. since: the record's moment in ms, or blank. */
struct cell timer_since(const struct engine_context *context, const struct watch *watch,
                        const struct record *record);
MUST_USE bool timer_load(struct scope *scope, struct db_conn *conn,
                         const struct engine_context *context, const struct watch *watch,
                         const struct record *record, struct timer *out);
MUST_USE bool timer_put(struct scope *scope, struct db_conn *conn, const struct watch *watch,
                        const struct record *record, struct cell since, int level,
                        struct cell due);
MUST_USE bool timer_drop(struct scope *scope, struct db_conn *conn, const struct watch *watch,
                         struct uuid record);
/* Over t, the object's table: its moment in ms; the condition; FROM … WHERE (of those ids). */
void watch_put_since(struct sql *sql, const struct engine_context *context,
                     const struct watch *watch);
void watch_put_under(struct sql *sql, const struct engine_context *context,
                     const struct watch *watch);
void watch_put_from(struct sql *sql, const struct engine_context *context,
                    const struct watch *watch, const struct uuid *ids, int id_count);

/* ladder.c, raise.c and remind.c: the same questions, of one rule. */
MUST_USE bool ladder_sync(struct scope *scope, struct db_conn *conn,
                          const struct engine_context *context, const struct ladder *ladder,
                          const struct record *record);
MUST_USE bool ladder_forget(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context, const struct ladder *ladder,
                            const struct record *record);
MUST_USE bool ladder_recall(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context, const struct ladder *ladder,
                            const struct record *record, int64_t deleted_at_ms);
MUST_USE bool ladder_fill(struct scope *scope, struct db_conn *conn,
                          const struct engine_context *context, const struct ladder *ladder,
                          const struct uuid *ids, int id_count);
MUST_USE bool ladder_retire(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context);
MUST_USE bool ladder_rebuild(struct scope *scope, struct db_conn *conn,
                             const struct engine_context *context, const struct ladder *ladder);
MUST_USE bool ladder_raise(struct scope *scope, struct db_conn *conn,
                           const struct engine_context *context, const struct ladder *ladder,
                           const struct record *record, const struct timer *timer);
const struct stage *stage_of_record(const struct schema *schema, const struct record *record);
/* Blank for LEVEL_NONE. */
struct cell ladder_due(const struct ladder *ladder, const struct stage *stage,
                       const struct cell *since, int level);
MUST_USE bool reminder_sync(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context,
                            const struct reminder *reminder, const struct record *record);
MUST_USE bool reminder_fill(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context,
                            const struct reminder *reminder, const struct uuid *ids,
                            int id_count);
MUST_USE bool reminder_rebuild(struct scope *scope, struct db_conn *conn,
                               const struct engine_context *context,
                               const struct reminder *reminder);
MUST_USE bool reminder_tell(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context,
                            const struct reminder *reminder, const struct record *record,
                            const struct timer *timer);

/* engine.c. What was added behind the mark is forgotten: its write was only tried. */
int events_mark(const struct engine *engine);
void events_cut(struct engine *engine, int mark);
/* ---- tell.c: texts, each with the eyes of who is to read it ---- */
enum { READER_COUNT_MAX = 64 };
/* People whose eyes one sweep has borrowed: many records are told to the same few. */
struct readers {
    const struct actor *items[READER_COUNT_MAX];
    int count;
};
/* The person as an actor; one who is gone or barred may do nothing. */
MUST_USE bool readers_find(struct scope *scope, struct db_conn *conn,
                           const struct engine_context *context, struct uuid person,
                           const struct actor **out);
/* A message about a record to everyone in `to`, once per key and person. */
struct telling {
    const struct record *record;
    const struct template *title, *body;
    const struct recipient *to;
    int to_count;
    struct uuid except; /* they did it themselves; nil: nobody */
    int level;
    struct str rule;
    struct str key; /* the person's id is put behind it */
};
MUST_USE bool people_tell(struct scope *scope, struct db_conn *conn,
                          const struct engine_context *context, const struct telling *telling);
struct task_source {
    const struct template *title; /* NULL: nobody knows any more what it was about */
    const struct ladder *ladder;  /* of its card; NULL: none */
};
struct task_source ladder_source(const struct ladder *ladder);
MUST_USE bool task_text_make(struct scope *scope, struct db_conn *conn,
                             const struct engine_context *context, const struct actor *reader,
                             const struct record *record, const struct task_source *source,
                             struct task_text *out);
/* The open tasks about the record that are the person's now speak to them. */
MUST_USE bool tasks_retell(struct scope *scope, struct db_conn *conn,
                           const struct engine_context *context, const struct record *record,
                           struct uuid person);

/* neighbour.c: events for other processes on the database; too many become EVENT_ALL. */
enum { NEIGHBOUR_EVENT_COUNT_MAX = 64 };
struct str events_write(struct scope *scope, const struct event *events, int count);
int events_read(struct str text, struct event *out, int count_max);

#endif
