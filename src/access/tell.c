/*
 * What the column of a stored formula may tell. It was computed as if all were seen, so it is
 * read only where the actor is sure to see everything it stands on; elsewhere the formula is
 * written out with the actor's predicate. This is asked for every such field of a statement,
 * never per row: rows are told apart by a condition in the statement (TELL_OWNED). So are the
 * engine's own texts, each written with the eyes of one person.
 */
#include "access/access.h"

enum { TELL_DEPTH_MAX = 8 };

/* Whoever reads a record within scope `less` for its owner's sake reads it within `more`, too. */
static bool reaches_as_far(enum access_scope more, enum access_scope less)
{
    if (more == SCOPE_FORMULA || less == SCOPE_FORMULA) return false;
    if (more == SCOPE_ALL || more == less) return true;
    bool are_nested = more <= SCOPE_TEAM_BELOW && less <= SCOPE_TEAM_BELOW;
    return are_nested ? more > less : more == SCOPE_REGION && less == SCOPE_OWN;
}

static bool inherits_along(const struct object *object, const struct field *via)
{
    for (int i = 0; i < object->inherit_count; i++) {
        if (object->inherit[i] == via && object->seen_by[i]) return true;
    }
    return false;
}

static enum formula_telling telling_of(const struct access *access, const struct actor *actor,
                                       const struct field *field, int depth)
{
    enum formula_telling telling = TELL_ALWAYS;
    const struct object *own = field->object;
    if (depth == TELL_DEPTH_MAX) return TELL_NEVER;
    for (int i = 0; i < field->formula->use_count && telling != TELL_NEVER; i++) {
        const struct formula_use *use = &field->formula->uses[i];
        enum access_scope scope = access_scope(access, actor, use->object, ACTION_READ);
        enum formula_telling here = TELL_ALWAYS;
        bool is_own = !use->via && use->object == own;
        /* What belongs to a record is seen with it, and it with that. */
        bool is_joint = use->via && use->via->is_owned;
        if (!is_own && !is_joint && scope != SCOPE_ALL) {
            enum access_scope own_scope = access_scope(access, actor, own, ACTION_READ);
            bool is_seen = !use->is_forward && !use->is_many && own->owner &&
                           inherits_along(use->object, use->via) &&
                           reaches_as_far(scope, own_scope);
            here = is_seen ? TELL_OWNED : TELL_NEVER;
        }
        bool is_stored = use->field && use->field->is_stored && use->field->formula;
        if (is_stored && !use->field->is_hidden) {
            enum formula_telling below = telling_of(access, actor, use->field, depth + 1);
            /* Behind a reference nobody knows by whose sake the row is read. */
            if (!is_own && below == TELL_OWNED) below = TELL_NEVER;
            if (below < here) here = below;
        }
        if (here < telling) telling = here;
    }
    return telling;
}

enum formula_telling access_telling(const struct access *access, const struct actor *actor,
                                    const struct field *field)
{
    if (actor_is_system(actor)) return TELL_ALWAYS;
    if (field->told_to) return actor->role->sees_all ? TELL_ALWAYS : TELL_OWNED;
    /* A verdict of its time cannot be found again; the engine's own columns tell of nobody's. */
    bool is_exempt = field->is_hidden || field->formula->is_of_its_time;
    if (is_exempt) return TELL_ALWAYS;
    return telling_of(access, actor, field, 0);
}
