/*
 * Lines whose records are there already, updated together. A line that does not pass, or that a
 * rule follows from, is marked to be written alone; the others are tried again without it.
 */
#include "ingest/import_inner.h"

enum { PASS_COUNT_MAX = 3 };

struct update_part {
    struct update_row *rows;
    struct line **lines;
    int count;
};

static bool is_due(const struct line *line)
{
    return !line->is_out && !line->is_again && !line->is_alone && !uuid_is_nil(line->same);
}

/* The fields of all lines; *is_whole is false when one must be written alone. */
static bool part_fill(struct scope *scope, struct db_conn *conn, struct batch *batch,
                      struct update_part *part, bool *is_whole)
{
    part->count = 0;
    *is_whole = true;
    for (int i = 0; i < batch->count; i++) {
        struct line *line = &batch->lines[i];
        struct history_row row;
        bool is_out = false;
        if (!is_due(line)) continue;
        if (part_line(scope, conn, batch, line, false, &row, &is_out)) {
            if (is_out) continue;
            part->lines[part->count] = line;
            part->rows[part->count++] =
                (struct update_row){ .id = line->same, .changes = row.changes };
            continue;
        }
        if (error_is_set(scope)) return false;
        line->is_alone = true;
        *is_whole = false;
    }
    return true;
}

static bool part_try(struct scope *scope, struct db_conn *conn, struct batch *batch,
                     struct update_part *part, bool *is_in)
{
    const struct plan *plan = &batch->run->plan;
    bool is_whole = false, is_refused = false;
    if (!part_fill(scope, conn, batch, part, &is_whole)) return false;
    *is_in = is_whole;
    if (!is_whole) return true;
    if (!engine_update_rows(scope, conn, &plan->context, plan->object, part->rows, part->count,
                            plan->is_history, plan->options->accepts_missing, &is_refused)) {
        return false;
    }
    *is_in = !is_refused;
    for (int i = 0; i < part->count; i++) part->lines[i]->is_alone = part->rows[i].is_out;
    return true;
}

/* In a savepoint of its own, as if a try that fails had never been. */
static bool part_write(struct scope *scope, struct db_conn *conn, struct batch *batch,
                       struct update_part *part, bool *is_in)
{
    int traces = batch->trace_count, laters = batch->later_count, logins = batch->login_count;
    if (!db_savepoint_begin(scope, conn) || !part_try(scope, conn, batch, part, is_in) ||
        !db_savepoint_end(scope, conn, *is_in)) {
        return false;
    }
    if (*is_in) return true;
    batch->trace_count = traces;
    batch->later_count = laters;
    batch->login_count = logins;
    resolvers_forget(&batch->run->resolvers, false);
    return true;
}

static void part_count(struct batch *batch, const struct update_part *part)
{
    for (int i = 0; i < part->count; i++) {
        part->lines[i]->is_out = true;
        if (part->rows[i].is_changed) {
            batch->updated += 1;
        } else {
            batch->skipped += 1;
        }
    }
}

bool updates_write(struct scope *scope, struct db_conn *conn, struct batch *batch)
{
    struct update_part part = { scope_new(scope, struct update_row, batch->count),
                                scope_new(scope, struct line *, batch->count), 0 };
    bool is_in = false;
    for (int i = 0; i < PASS_COUNT_MAX && !is_in; i++) {
        if (!part_write(scope, conn, batch, &part, &is_in)) return false;
    }
    if (!is_in) return true;
    part_count(batch, &part);
    return batch->run->plan.options->is_dry_run ||
           trace_updates(scope, conn, batch->run, part.rows, part.lines, part.count);
}
