#ifndef ENGINE_PACK_INNER_H
#define ENGINE_PACK_INNER_H

#include "engine/pack.h"

/* What the pack_ files share; nobody else includes it. */
struct part_set {
    struct schema_part *items;
    int count;
};
/* NULL when there is none. */
const struct schema_part *part_find(const struct part_set *set, struct str kind, struct str name);
/* Kinds whose things carry ids. */
bool part_has_ids(struct str kind);

/* The parts of a pack as they are stored: with their names, choices as maps. */
struct part_set pack_set(struct scope *scope, const struct pack *pack);

/* One merge of three configurations: what the plan is made from. */
struct part_merge {
    struct part_set base, mine, theirs;
    struct part_set other;       /* what other packs have shipped */
    bool is_checked;             /* drops are looked at: is it in use? */
    struct db_conn *conn;        /* when is_checked */
    const struct str *choices;
    int choice_count;
};
MUST_USE bool parts_merge(struct scope *scope, const struct part_merge *merge,
                          struct pack_plan *out);

/*
 * pack_names.c: both sets in the words of here, where things have got other names since base
 * was shipped. The parts themselves are not touched: the sets get new ones. Reads only.
 */
MUST_USE bool parts_translate(struct scope *scope, struct db_conn *conn, struct part_set *base,
                              struct part_set *theirs);

/* pack_use.c: is what the configuration has there in use? is_ok false: the database failed. */
struct use_question {
    struct db_conn *conn;
    const struct schema *schema;
    struct str kind, name; /* the part, as it is called here */
    struct str path;
};
MUST_USE bool pack_use(struct scope *scope, const struct use_question *question, bool *is_used);

/* pack_store.c: the tables. */
MUST_USE bool stored_parts(struct scope *scope, struct db_conn *conn, struct part_set *out);
MUST_USE bool base_parts(struct scope *scope, struct db_conn *conn, struct str pack,
                         struct part_set *out);
/* What all the other installed packs shipped. */
MUST_USE bool base_others(struct scope *scope, struct db_conn *conn, struct str pack,
                          struct part_set *out);
/* Pack and base as the pack given has them; head NULL: not installed any more. */
MUST_USE bool base_store(struct scope *scope, struct db_conn *conn, struct str name,
                         const struct json *head, const struct part_set *base, struct uuid by,
                         int64_t now_ms);

/* What one apply has done, for undo. A NULL body: there was none. */
struct pack_run {
    struct uuid id;
    struct str pack;
    struct json head_before;          /* NULL kind: it was not installed */
    struct part_set before, after;    /* of the configuration, what changed */
    struct part_set base_before;      /* all of the base */
};
MUST_USE bool run_store(struct scope *scope, struct db_conn *conn, const struct pack_run *run,
                        struct uuid by, int64_t now_ms);
/* The last one not undone; nil id: none. */
MUST_USE bool run_last(struct scope *scope, struct db_conn *conn, struct str pack,
                       struct pack_run *out);
MUST_USE bool run_undone(struct scope *scope, struct db_conn *conn, struct uuid id,
                         int64_t now_ms);

#endif
