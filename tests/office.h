#ifndef TESTS_OFFICE_H
#define TESTS_OFFICE_H

#include "engine/engine.h"

/*
 * A office of its own for a test: a database in a fresh folder, the sales pack
 * applied, a clock that stands still, and six people:
 *   boss (director) · north (team): sue (supervisor), rob, ray (reps) ·
 *   south (team): sam (supervisor), ron (rep)
 */
struct office {
    struct scope scope; /* lives as long as the office */
    struct clock clock;
    struct engine *engine;
    struct uuid boss, sue, rob, ray, sam, ron, north, south;
    char folder[200];
};

extern const int64_t OFFICE_START_MS; /* 2026-03-02T09:00:00+08:00 */

void office_begin(struct office *office);
void office_end(struct office *office);
/* Closes and opens the database again, as after a restart. */
void office_restart(struct office *office);

/* A request: snapshot, reader and actor for one scope; nil user: the system. */
struct visit {
    struct scope scope;
    struct engine_context context;
};
void visit_begin(struct visit *visit, struct office *office, struct uuid user);
void visit_end(struct visit *visit, struct office *office);

/* A piece of configuration as JSON text; NULL: it is dropped. */
struct schema_part part_of_text(struct scope *scope, const char *kind, const char *name,
                                const char *json);
/* Pieces of configuration, as the visit's person; else the error is in visit->scope. */
bool visit_configure(struct visit *visit, const struct schema_part *parts, int count);
/* As the system; the error's key is told. */
bool office_configure(struct office *office, const struct schema_part *parts, int count);
/* JSON text in; the record's id, or nil with the error in visit->scope. */
struct uuid visit_create(struct visit *visit, const char *object, const char *json);
bool visit_update(struct visit *visit, const char *object, struct uuid id, const char *json,
                  const char *reason);
bool visit_delete(struct visit *visit, const char *object, struct uuid id);
bool visit_restore(struct visit *visit, const char *object, struct uuid id);
/* How many records of the object the person sees under a condition ("": all); -1 on errors. */
int visit_count(struct visit *visit, const char *object, const char *where);
/* One field of one record as JSON text, "" when it is not to be seen. */
struct str visit_value(struct visit *visit, const char *object, struct uuid id,
                       const char *field);
/* The list as members of the map that is open in the writer. */
bool visit_list(struct visit *visit, struct db_conn *conn, const struct record_query *query,
                struct json_writer *writer);
/* First column of the first row as an integer; -1 when there is none. */
int64_t office_number(struct office *office, const char *sql);
/* The first error's key, or "". */
const char *visit_error(const struct visit *visit);

#endif
