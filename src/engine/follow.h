#ifndef ENGINE_FOLLOW_H
#define ENGINE_FOLLOW_H

#include "engine/inner.h"

/*
 * What is stored follows a change of configuration (follow.c); what takes long is left to jobs
 * (fill.c), and until they are done the fields are read as if they were not stored.
 */

/* Fields, by position of their object and their index in it; shadows are never in one. */
struct field_set {
    bool **has;
};

struct following {
    const struct schema *before;
    const struct snapshot *after; /* the first one built of the change */
    struct field_set changed; /* mean something else now */
    struct field_set due;     /* stored ones whose columns do not say what they should */
    bool *is_watched;         /* by object: its timers are to be set right */
    bool has_rule;            /* a rule may be gone, or switched off */
};
struct field_set set_begin(struct scope *scope, const struct schema *schema); /* none of them */
bool *set_of(const struct following *f, const struct field_set *set, const struct object *object);
bool set_is_empty(const struct following *f, const struct field_set *set, int o);
bool stands_on(const struct following *f, const struct formula *formula,
               const struct field_set *set);
/* Adds what stands on fields of the set, and what stands on that, as far as it may join them. */
void set_spread(const struct following *f, struct field_set *set,
                bool (*may_join)(const struct following *f, const struct field *field));

/*
 * What the parts have changed, before and after. Of another zone (kind "setting", name "zone")
 * before has its formulas, too.
 */
struct following *follow_begin(struct scope *scope, const struct schema *before,
                               const struct snapshot *after, const struct schema_part *parts,
                               int part_count);
/* All that is due and is not left to a job, with the snapshot that is to come into force. */
MUST_USE bool follow_run(struct scope *scope, struct db_conn *conn,
                         const struct engine_context *system, struct following *f);

/*
 * Jobs for what is due of objects with many records, in the order in which one stands on another.
 * *is_any: there are some; then the snapshot is to be built anew, and with fills_leave() they are
 * not due any more. What cannot wait stays due.
 */
MUST_USE bool fills_begin(struct scope *scope, struct db_conn *conn,
                          const struct engine_context *context, const struct following *f,
                          struct field_set *online, bool *is_any);
void fills_leave(struct following *f, const struct field_set *online);
/* index.c: jobs for the indexes that the parts' objects ask for and that are not there. */
MUST_USE bool indexes_begin(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context, const struct schema *schema,
                            const struct schema_part *parts, int part_count);

#endif
