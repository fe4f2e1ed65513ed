#ifndef CLI_DEMO_FILL_H
#define CLI_DEMO_FILL_H

#include "engine/engine.h"

/*
 * Fills a workspace from the recipe kept as configuration (kind "demo", name
 * "demo"): people with passwords, records with their past, and then the clock of
 * the last weeks played again, so that alerts, tasks and messages are the
 * engine's own. What it does to an empty workspace it does in one go; a fill
 * that was interrupted is to be thrown away with its workspace.
 */
struct demo_fill_options {
    int64_t now_ms;
    int64_t scale_percent; /* 100: the recipe's size; 0 means 100 */
    uint64_t seed;         /* 0: the recipe's */
    bool is_bare;          /* only records and stays: no passwords, no alerts, no clock (bench) */
    void (*progress)(int64_t row_count, void *context); /* NULL: silent; now and then */
    void *progress_context;
};

struct demo_report {
    int64_t row_count;
    int alert_count; /* raised by the clock */
    int person_count;
};

/* ERROR_NOT_FOUND "demo.no_recipe" when the workspace's packs have none. Not inside a write. */
MUST_USE bool demo_fill(struct scope *scope, struct engine *engine,
                        const struct demo_fill_options *options, struct demo_report *out);

/* The password everybody in the demo has; empty when there is no recipe. */
struct str demo_password(const struct schema *schema);

#endif
