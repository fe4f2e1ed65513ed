#ifndef ENGINE_PLAN_INNER_H
#define ENGINE_PLAN_INNER_H

#include "engine/engine.h"

/* What plan.c and plan_calendar.c share. */
struct plan {
    struct scope *scope;
    struct db_conn *conn;
    const struct engine_context *context;
    const struct schema *before, *after; /* before with its formulas */
    struct json_writer *out;
};

enum language plan_language(const struct plan *p);
/* A map {"kind", "text"} that is left open; the sentence has {name} and {other}. */
void plan_step_begin(struct plan *p, const char *kind, const char *key, struct str name,
                     struct str other);
struct str plan_config_label(const struct plan *p, struct str kind, struct str name);
struct str plan_kind_word(const struct plan *p, struct str kind);
struct str plan_place(const struct plan *p, struct str kind, struct str name, struct str field);

/* plan_calendar.c: the steps of calendars that are other than before. */
MUST_USE bool plan_calendars(struct plan *p);

#endif
