#ifndef ENGINE_BI_H
#define ENGINE_BI_H

#include "engine/engine.h"

/*
 * Views for programs that read the database themselves: bi_<object>, with real moments, dates
 * and decimals, labels, names and titles. They are nothing to the engine: no snapshot knows
 * them, nothing of ours reads them; who has the database's password sees what they show. On
 * PostgreSQL they stand in a schema of their own, "<schema>_bi", so that one grant is enough.
 *
 * Left out: deleted records, hidden fields, what is computed on read, and, unless the setting
 * "bi_personal" is "yes", personal fields, stored formulas that stand on them, and the texts of
 * tasks, which may name them. Labels are in the language of the setting "bi_language".
 */

/*
 * The views as this configuration wants them: those that are otherwise made are made anew, the
 * others are not touched, so it costs one look where nothing has changed. Inside a write; the
 * snapshot with its formulas. No views where the database does not let us have that schema.
 */
MUST_USE bool bi_settle(struct scope *scope, struct db_conn *conn, const struct schema *schema);
/* Is there anything to do? For a reader. */
MUST_USE bool bi_is_settled(struct scope *scope, struct db_conn *conn,
                            const struct schema *schema, bool *out);

struct bi {
    struct scope *scope;
    const struct schema *schema;
    enum db_dialect dialect;
    enum language language;
    bool has_personal;
};

/* ---- which there are, for who sets up a BI tool ---- */
struct bi_view {
    struct str name;
    const struct object *object;
    const struct field *links; /* its pairs, "record" and "target"; NULL: the object's records */
};
struct bi_list {
    struct bi bi;
    struct str place; /* PostgreSQL: the schema they stand in, quoted; empty: beside the tables */
    bool is_barred;   /* the database does not let us have that schema: there are none */
    struct bi_view *items;
    int count;
};
MUST_USE bool bi_list(struct scope *scope, struct db_conn *conn, const struct schema *schema,
                      struct bi_list *out);

struct bi_column {
    const struct field *field;
    bool is_read;              /* what people read instead: a label or a title */
    const struct field *title; /* … a title: the field it is the value of */
    struct str name;
};
/* In the order of the view; out has room for two for each field. */
int bi_columns(const struct bi *bi, const struct object *object, struct bi_column *out);
/* "text", "integer", "decimal", "boolean", "date", "datetime" or "id". */
const char *bi_column_type(const struct bi_column *column);

enum bi_absence {
    BI_SHOWN = 0,
    BI_PERSONAL, /* or stands on what is */
    BI_COMPUTED, /* when it is read, so that the database has it not */
    BI_RELATED,  /* several records: they have a view of their own */
    BI_INNER,    /* no value for a table */
    BI_OWN,      /* the engine's own, of which nobody is told */
};
/* Why the object's view has no column of the field. */
enum bi_absence bi_absence(const struct bi *bi, const struct field *field);

/* ---- bi.c and bi_columns.c share ---- */

/* "expression AS name, …" of the object's row, which is called t. */
void bi_columns_put(struct sql *sql, const struct bi *bi, const struct object *object);
/* May this field's value be shown? */
bool bi_shows(const struct bi *bi, const struct field *field);
/* An id in a column as people and programs write it. */
void bi_id_put(struct sql *sql, const struct bi *bi, const char *alias, struct str column);

#endif
