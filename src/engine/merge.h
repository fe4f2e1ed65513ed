#ifndef ENGINE_MERGE_H
#define ENGINE_MERGE_H

#include "schema/schema.h"

/*
 * Three trees into one, property by property: base is what was shipped last time, theirs
 * what is shipped now, mine what stands here. NULL is "not there". What only they changed
 * is taken, what only I changed is kept, what both changed is a conflict that mine wins
 * unless chosen otherwise. Maps are merged by member, lists of things that have a name
 * (or are one) by name, with their order; all else is one property.
 *
 * Things that carry an id are followed through renames: of mine by the id that base has,
 * of theirs by "was". The tree that comes out keeps the ids of mine.
 */
enum merge_kind {
    MERGE_TAKE = 1, /* they changed it */
    MERGE_KEEP,     /* I changed it */
    MERGE_CONFLICT, /* both did */
    MERGE_STAY,     /* they dropped it, but it is in use here */
};

struct merge_step {
    enum merge_kind kind;
    struct str path;    /* "fields.amount.label.zh"; empty: all of it */
    struct label place; /* the same in words */
    const struct json *base, *mine, *theirs;
    bool takes_theirs;  /* what comes out is theirs */
};

enum { MERGE_PATH_SIZE_MAX = 400, MERGE_STEP_COUNT_MAX = 20000 };

struct merge {
    struct scope *scope;
    bool has_ids;     /* "id", "to_id", "object_id", "gone", "was" are no properties */
    bool is_addition; /* what theirs does not name is not dropped: base is another's */
    /* Is theirs chosen for the conflict at the path? */
    bool (*is_chosen)(const struct merge *merge, struct str path);
    /* May what I have there, unchanged, go? NULL: anything may. */
    bool (*may_drop)(const struct merge *merge, struct str path, const struct json *mine);
    void *context;
    struct merge_step *steps;
    int step_count, step_capacity;
    char path[MERGE_PATH_SIZE_MAX];
    size_t path_size;
    struct label place;
};

/* The tree that comes out, NULL when nothing is left; steps are appended. */
const struct json *merge_run(struct merge *merge, const struct json *base,
                             const struct json *mine, const struct json *theirs);
/* Apart from what is local; NULL is the same as NULL only. */
bool merge_is_same(bool has_ids, const struct json *a, const struct json *b);
/*
 * theirs with the ids under which its things stand here, for the next merge's base:
 * those base knew, else those of what has the same name in stored. "was" is left out.
 */
struct json merge_base(struct scope *scope, const struct json *theirs, const struct json *base,
                       const struct json *stored);

#endif
