#ifndef ENGINE_NAMES_H
#define ENGINE_NAMES_H

#include "engine/engine.h"

/*
 * Stored bodies call things by their API names. When one is renamed every body that
 * names it is written anew in the same transaction; when one is taken away, these are
 * the bodies that it breaks. What a member of a body means is a table in names.c.
 */
struct name_loss {
    struct str kind, name; /* whose body */
    struct str field;      /* of an object's fields; or empty */
    struct str member;     /* "where", "columns" … */
    struct str word;       /* what is not there any more */
    const struct field *lost; /* NULL: a choice, stage, object or relation */
};

enum { NAME_LOSS_COUNT_MAX = 200 };
struct names {
    struct scope *scope;
    const struct schema *before; /* with its formulas: formula_build() */
    const struct schema *after;  /* formulas are not looked at */
    struct name_loss losses[NAME_LOSS_COUNT_MAX];
    int loss_count;
    /* Whose body is being looked at. */
    struct str kind, name, field;
    bool is_changed;
    bool is_trial; /* no tables are touched */
    int rewritten_count;
    /* Called with every formula that is met; NULL: nobody wants to know. */
    void (*meet)(struct names *names, const struct formula *formula, struct str member);
    void *context;
};

/* Is anything called otherwise, or gone? Nothing is: there is nothing to follow. */
bool names_differ(const struct schema *before, const struct schema *after);
/* The body with the names of after, in place; names->is_changed tells. */
void names_follow(struct names *names, struct str kind, struct str name, struct json *body);
/* A formula or path of the object with the names of after. */
struct str names_formula(struct names *names, const struct object *object, struct str text);
/* The same as a trial: what would be rewritten and lost. before with its formulas. */
MUST_USE bool names_try(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context, const struct schema *before,
                        const struct schema *after, struct names *out);
/*
 * Goes through all bodies of the schema, which has its formulas, and through saved views; only
 * meet, context and scope of the names are set. Nothing is changed.
 */
MUST_USE bool names_walk(struct names *names, struct db_conn *conn, const struct schema *schema);
/*
 * All bodies as they stand in this transaction, and saved views; rewritten where names have
 * changed. before gets the formulas' new texts, so that a rename alone computes nothing anew.
 */
MUST_USE bool names_settle(struct scope *scope, struct db_conn *conn,
                           const struct engine_context *context, struct schema *before);

#endif
