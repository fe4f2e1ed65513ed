#ifndef ENGINE_INNER_H
#define ENGINE_INNER_H

#include "engine/engine.h"
#include "outbox/outbox.h"

/* What the files of this room share; nobody else includes it. */
enum { RULE_DEPTH_MAX = 4, STAGE_REASON_SIZE_MAX = 2000, STAY_STAGE_COUNT_MAX = 1000 };

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
};

MUST_USE bool engine_write_at(struct scope *scope, struct db_conn *conn,
                              const struct engine_context *context, const struct write *write,
                              int depth, struct record *out, bool *is_repeat);

/* effects.c: what the fired rules ask for. */
MUST_USE bool effects_apply(struct writing *writing, const struct judgement *judgement);
MUST_USE bool tasks_finish(struct scope *scope, struct db_conn *conn,
                           const struct record_context *context, int object, struct uuid record,
                           struct str kind, struct str outcome);

/* ladder.c */
/* Timers and alerts of the record's ladders follow its present state. */
MUST_USE bool ladder_sync(struct scope *scope, struct db_conn *conn,
                          const struct engine_context *context, const struct record *record);
/* The record is gone: no timer, no open alert, no open task. */
MUST_USE bool ladder_forget(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context, const struct record *record);
/* Set-wise, for new records. */
MUST_USE bool ladder_begin(struct scope *scope, struct db_conn *conn,
                           const struct engine_context *context, const struct object *object,
                           const struct uuid *ids, int id_count);
/* Timers and open alerts of ladders that are gone or switched off end. */
MUST_USE bool ladder_retire(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context);
/* Set-wise, for all records of the object: timers and alerts as the ladders stand now. */
MUST_USE bool ladder_rebuild(struct scope *scope, struct db_conn *conn,
                             const struct engine_context *context, const struct object *object);

/* engine.c: kept back until the commit. */
void event_tell(struct engine *engine, struct db_conn *conn, struct event event);
/* What was added behind the mark is forgotten: its write was only tried. */
int events_mark(const struct engine *engine);
void events_cut(struct engine *engine, int mark);
/* Both languages as {"zh","en"}. */
struct str label_json(struct scope *scope, struct str zh, struct str en);
/* Title and body (NULL: none) for a record, each as {"zh","en"}. */
MUST_USE bool template_both(struct scope *scope, struct db_conn *conn,
                            const struct record_context *context, const struct record *record,
                            const struct template *title, const struct template *body,
                            struct str *title_out, struct str *body_out);

#endif
