/* A write that is judged and never kept: what a card may be dragged to, and why not. */
#include "engine/inner.h"

bool engine_try(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                const struct write *write, bool *is_allowed, struct error *reasons)
{
    int mark = events_mark(context->engine);
    struct write tried = *write;
    tried.is_dry_run = true;
    if (!db_savepoint_begin(scope, conn)) return false;
    *is_allowed = engine_write(scope, conn, context, &tried, NULL, NULL);
    *reasons = scope->error;
    bool is_storage = scope->error.code == ERROR_STORAGE;
    if (!is_storage) scope_error_clear(scope);
    events_cut(context->engine, mark);
    return db_savepoint_end(scope, conn, false) && !is_storage;
}
