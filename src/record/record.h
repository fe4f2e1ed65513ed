#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include "access/access.h"

/*
 * One object's rows: load, store with version and history, stage stays, stored
 * formulas. No function here decides whether something is allowed beyond the
 * predicate it is given; none of them starts or ends a transaction.
 */
struct record {
    const struct object *object;
    struct uuid id;
    int64_t version;
    struct cell *cells; /* by field index; computed fields stay CELL_NULL */
};

/* What every function here needs to know about the moment and the person. */
struct record_context {
    const struct access *access; /* and its schema */
    const struct actor *actor;
    int64_t now_ms;
    const char *via; /* where a change comes from: "web", "api", "import", "rule:<name>" … */
    /*
     * Many rows are put in: record_insert() leaves out what costs a statement each;
     * the caller calls record_words() for all of them, and cells of fields with a
     * default formula stay as given.
     */
    bool is_bulk;
};

struct record record_blank(struct scope *scope, const struct object *object);
struct record record_copy(struct scope *scope, const struct record *record);
struct cell *record_cell(struct record *record, const struct field *field);

/*
 * Loads with the predicate of the action in the WHERE. A row that may not even
 * be read is ERROR_NOT_FOUND "record.not_found"; one that may be read but not
 * acted upon is ERROR_DENIED "access.denied".
 */
MUST_USE bool record_load(struct scope *scope, struct db_conn *conn,
                          const struct record_context *context, const struct object *object,
                          struct uuid id, enum access_action action, struct record *out);
/* As above, for a deleted one (restore). */
MUST_USE bool record_load_deleted(struct scope *scope, struct db_conn *conn,
                                  const struct record_context *context,
                                  const struct object *object, struct uuid id,
                                  struct record *out);
/* ERROR_INVALID "field.not_reference" naming the field when the target is absent or invisible. */
MUST_USE bool record_check_references(struct scope *scope, struct db_conn *conn,
                                      const struct record_context *context,
                                      const struct record *before, const struct record *after);

/*
 * Many-to-many fields of after become what they are to be: {"add", "remove"} applied, what the
 * actor cannot see of the list kept. Adds ERROR_INVALID "field.not_reference" for what they
 * may not add; false only when the database failed.
 */
MUST_USE bool links_settle(struct scope *scope, struct db_conn *conn,
                           const struct record_context *context, const struct record *before,
                           struct record *after);

/* As above, for many new records of one object at once. */
MUST_USE bool links_settle_new(struct scope *scope, struct db_conn *conn,
                               const struct record_context *context, struct record *records,
                               int count);
/* Those of the ids (sorted, each once) that the actor may read of the object. */
MUST_USE bool records_seen(struct scope *scope, struct db_conn *conn,
                           const struct record_context *context, const struct object *target,
                           struct links links, struct links *out);

/* All link tables of the object made anew from its rows. */
MUST_USE bool links_rebuild(struct scope *scope, struct db_conn *conn,
                            const struct object *object);

/*
 * Inserts; fields left blank get their default formula in the same statement, stored
 * formulas their values (not when context->is_bulk), auto-numbers their next number.
 * record->cells then holds what is stored.
 */
MUST_USE bool record_insert(struct scope *scope, struct db_conn *conn,
                            const struct record_context *context, struct record *record);
/*
 * Many new records of one object, as record_insert() with is_bulk for each, in a few
 * statements for all. What a default computes from the row itself is in the table only.
 */
MUST_USE bool records_insert(struct scope *scope, struct db_conn *conn,
                             const struct record_context *context, struct record *records,
                             int count);
/* The words for the search of those records, or (ids NULL) of all, that have none yet. */
MUST_USE bool record_words(struct scope *scope, struct db_conn *conn,
                           const struct object *object, const struct uuid *ids, int id_count);
/* The words of all records, into an index that has none at all: a copied database's. */
MUST_USE bool record_words_fill(struct scope *scope, struct db_conn *conn,
                                const struct object *object);
/*
 * Updates what differs, version + 1, a change row per changed field. *changed
 * tells whether anything did. ERROR_STALE when the row moved on meanwhile.
 */
MUST_USE bool record_update(struct scope *scope, struct db_conn *conn,
                            const struct record_context *context, const struct record *before,
                            struct record *after, bool *changed);
/*
 * Many records of one object, as record_load() and record_update() for each, in a few statements
 * for all. Loading: records of ids that are not there, or not the actor's to act upon, have cells
 * NULL. Updating: changed by place; no many-to-many field may differ. ERROR_STALE when one of
 * the rows moved on meanwhile.
 */
MUST_USE bool records_load(struct scope *scope, struct db_conn *conn,
                           const struct record_context *context, const struct object *object,
                           const struct uuid *ids, int count, enum access_action action,
                           struct record *out);
MUST_USE bool records_update(struct scope *scope, struct db_conn *conn,
                             const struct record_context *context, const struct record *before,
                             struct record *after, int count, bool *changed);
/* What belongs to it has changed: a version for that, though none of its own values differ. */
MUST_USE bool record_touch(struct scope *scope, struct db_conn *conn,
                           const struct record_context *context, struct record *record);
/* What became of a field that is no column, told in the history of the record's present version. */
MUST_USE bool record_note(struct scope *scope, struct db_conn *conn,
                          const struct record_context *context, const struct record *record,
                          const struct field *field, struct str note);
MUST_USE bool record_delete(struct scope *scope, struct db_conn *conn,
                            const struct record_context *context, struct record *record);
MUST_USE bool record_restore(struct scope *scope, struct db_conn *conn,
                             const struct record_context *context, struct record *record);

/* ---- as it was (as_of.c) ---- */
enum { RECORD_CHANGE_COUNT_MAX = 100000 };
/*
 * The record as it was at a moment, when the actor may read it today; ERROR_NOT_FOUND
 * when it was not there then. Computed fields are blank, stored formulas of today.
 */
MUST_USE bool record_as_of(struct scope *scope, struct db_conn *conn,
                           const struct record_context *context, const struct object *object,
                           struct uuid id, int64_t at_ms, struct record *out);
/* What a loaded record was created with: the values the history's first row does not repeat. */
MUST_USE bool record_at_creation(struct scope *scope, struct db_conn *conn,
                                 const struct record *record, struct record *out);

/* ---- a form over a record that is being filled in (form.c) ---- */
struct record_form {
    bool is_asked; /* the field has a condition at all */
    bool is_visible, is_required;
    bool is_readonly; /* by the values now, or by the record as it is stored */
};
/* More conditions on the same draft (of a layout); a formula NULL does not hold. */
struct form_conditions {
    const struct formula **formulas;
    bool *holds;
    int count;
};
/* By field index; before NULL: a new record. Read with the actor's eyes. */
MUST_USE bool record_form(struct scope *scope, struct db_conn *conn,
                          const struct record_context *context, const struct record *before,
                          const struct record *draft, const struct form_conditions *conditions,
                          struct record_form **out);

/* ---- stage stays ---- */
/*
 * Where a stage stands in a pipeline: its position, in another pipeline that of the
 * stage of the same name; -1 when there is none.
 */
int stage_place(const struct stage *stage, const struct pipeline *pipeline);
/* What kind of move it is (MOVE_START …); from NULL: the start. */
int stage_move_kind(const struct stage *from, const struct stage *to);
/* True when the move passes over a stage that is not optional (also into another pipeline). */
bool stage_move_skips(const struct stage *from, const struct stage *to);
/* Ends the open stay and begins the next, at the record's own stage_entered_at. */
MUST_USE bool stay_move(struct scope *scope, struct db_conn *conn,
                        const struct record_context *context, const struct record *record,
                        const struct stage *from, const struct stage *to, struct str reason);

/* Stays as they were; left_at blank: the present one. by nil: the actor. */
struct stay {
    struct uuid record;
    const struct stage *from, *to; /* from NULL: the start */
    int64_t at_ms;
    struct cell left_at, owner;
    struct uuid by;
    struct str reason;
};
MUST_USE bool stays_insert(struct scope *scope, struct db_conn *conn,
                           const struct record_context *context, const struct object *object,
                           const struct stay *stays, int count);

/* ---- stored formulas ---- */
/* A record whose stored formulas depend on one that has just been written. */
struct dependant {
    const struct object *object;
    struct uuid id;
    bool *fields; /* by field index: the stored formulas to compute again */
};
enum { DEPENDANT_COUNT_MAX = 20000 };
struct dependants {
    struct dependant *items;
    int count, capacity;
    int done_count; /* the caller's: how many it has computed; one of them may come again */
};
/*
 * Computes stored formulas of the record again, those marked in fields (NULL: all),
 * then those that use one that got another value. New values are put into the row,
 * into record->cells, and marked in changed (by field index; may be NULL).
 */
MUST_USE bool stored_compute(struct scope *scope, struct db_conn *conn,
                             const struct record_context *context, struct record *record,
                             const bool *fields, bool *changed);
/* Marks the stored formulas of the record itself that use a changed field. */
bool stored_affected(const struct object *object, const bool *changed, bool *fields);
/*
 * Adds the records to compute again after a write: those this one points to now
 * or pointed to before (before NULL: created; after NULL: deleted), and those that
 * point to it, when their stored formulas use what changed (by field index).
 */
MUST_USE bool stored_dependants(struct scope *scope, struct db_conn *conn,
                                const struct schema *schema, const struct record *before,
                                const struct record *after, const bool *changed,
                                struct dependants *out);

#endif
