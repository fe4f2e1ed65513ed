#ifndef ENGINE_LIFE_H
#define ENGINE_LIFE_H

#include "engine/engine.h"

/*
 * The life of the configuration: what was changed, by whom, back again; and what a change
 * would do before it is made.
 */

/* One change of one piece of configuration. */
struct config_entry {
    int64_t id;
    struct str kind, name; /* name: as it was before */
    int64_t version;       /* before; 0: it was new */
    int64_t at_ms;
    struct cell by;        /* nobody: the system */
    struct cell by_name;
    int64_t config;        /* the piece's own id within its kind */
    bool is_follow;        /* it only follows another thing's new name */
    bool is_lost;          /* a deleted object whose records are gone for good */
    bool has_before, has_after;
    struct json before, after;
};
/* ERROR_NOT_FOUND when there is none. */
MUST_USE bool config_entry_load(struct scope *scope, struct db_conn *conn, int64_t id,
                                struct config_entry *out);
/*
 * Newest first; kind and name empty: all of them. An object's entries are found by any name it
 * has had. after_id: only older ones than that; 0: from the newest.
 */
MUST_USE bool config_entries(struct scope *scope, struct db_conn *conn, struct str kind,
                             struct str name, int64_t after_id, int limit,
                             struct config_entry **out, int *count);
/* "create", "change" or "delete". */
const char *config_entry_action(const struct config_entry *entry);
/* In words: "field 金额 renamed to 合同额; field 备注 removed". */
struct str config_entry_summary(struct scope *scope, const struct config_entry *entry,
                                enum language language);

/*
 * Takes one change back and leaves what was changed since: three-way, member by member.
 * ERROR_CONFLICT "config.undo_conflict" names each member that was changed again;
 * "config.undo_gone" when the thing itself is not there any more. After a change of type what
 * was written since is converted back: see engine_retype_back() for is_lossy and *job_id (0: it
 * is done). Inside a write.
 */
MUST_USE bool engine_undo(struct scope *scope, struct db_conn *conn,
                          const struct engine_context *context, int64_t entry_id, bool is_lossy,
                          int64_t *job_id);
/* The same of the definitions alone. */
MUST_USE bool undo_apply(struct scope *scope, struct db_conn *conn,
                         const struct engine_context *context, int64_t entry_id);
/*
 * The current body without what changed from before to after; conflicts are reported with
 * error_add. False: there were some.
 */
bool config_take_back(struct scope *scope, const struct json *before, const struct json *after,
                      const struct json *current, struct json *out);

/*
 * What a change would do, as JSON {"steps", "breaks"}; inside a write, all of which is taken
 * back here. Bounded at any size of the data: what is counted is counted up to a limit and
 * over the first records only ("examined").
 */
MUST_USE bool engine_plan(struct scope *scope, struct db_conn *conn,
                          const struct engine_context *context, const struct schema_part *parts,
                          int part_count, struct json_writer *out);

#endif
