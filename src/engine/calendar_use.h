#ifndef ENGINE_CALENDAR_USE_H
#define ENGINE_CALENDAR_USE_H

#include "engine/engine.h"

/* Which formulas of the configuration and of saved views count by which calendars. */
struct calendar_use {
    struct str kind, name; /* whose body: "object", "rule", "view", "saved view" … */
    struct str field;      /* of an object's fields; or empty */
    struct str member;     /* "formula", "default", "where" … */
    uint64_t calendars;    /* struct formula: calendars */
};
enum { CALENDAR_USE_COUNT_MAX = 500 };

/* Those that count by one of the calendars; each place once. schema with its formulas. */
MUST_USE bool calendar_uses_find(struct scope *scope, struct db_conn *conn,
                                 const struct schema *schema, uint64_t calendars,
                                 struct calendar_use **out, int *count);
/* The bit of a calendar that is called by name; 0: there is none. */
uint64_t calendar_bit(const struct schema *schema, struct str name);
/*
 * ERROR_CONFLICT "calendar.in_use" when a formula names the calendar: it cannot go. What is
 * shown stands as it does to the context's person.
 */
MUST_USE bool calendar_may_drop(struct scope *scope, struct db_conn *conn,
                                const struct engine_context *context, struct str name);

#endif
