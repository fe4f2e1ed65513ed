#ifndef BENCH_HELP_H
#define BENCH_HELP_H

#include <stdio.h>
#include <stdlib.h>

#include "engine/pack.h"

/* What the measuring programs share: they stop at the first thing that goes wrong. */
static inline void must(bool ok, const struct scope *scope, const char *what)
{
    if (ok) return;
    const struct error_item *item = scope->error.first;
    fprintf(stderr, "%s: %s %.*s %.*s\n", what, item ? item->key : "",
            STR_ARG(item ? item->field : STR("")), STR_ARG(scope->error.detail));
    exit(1);
}

/* The sales app, in a fresh workspace. */
static inline void pack_put(struct scope *scope, struct engine *engine)
{
    struct pack pack;
    struct pack_plan plan;
    const struct snapshot *snapshot = snapshot_take(engine);
    struct engine_context context = engine_system_context(engine, snapshot, "cli");
    must(pack_read(scope, STR("sales"), &pack) &&
             pack_apply_wait(scope, &context, &pack, NULL, 0, &plan),
         scope, "pack");
    snapshot_release(engine, snapshot);
}

#endif
