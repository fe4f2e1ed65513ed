/*
 * Stage histories: a file of events (which record, which stage, when) becomes the
 * stays of those records. Events are read, put in order of record and time,
 * and each record's stays are made anew. Events that follow one another in the
 * same stage are one stay.
 *
 * Memory holds EVENT_COUNT_MAX events: of a longer file the records fall into groups by the hash
 * of their key, and the file is read once for each group. So the order of the rows does not
 * matter, and nothing is written beside the file.
 */
#include <stdlib.h>

#include "ingest/import_inner.h"

enum { KEY_BATCH_SIZE = 100, KEY_FIELD_COUNT_MAX = 8, STAYS_SIZE_MAX = 64 * 1024 * 1024,
       STAY_COUNT_MAX = 10000,
       EVENT_COUNT_MAX = 200000,            /* what a group holds in the mean … */
       EVENT_OVER = 2,                      /* … and how many times that it may hold */
       EVENT_SIZE_MAX = 128 * 1024 * 1024 }; /* bytes of a group's texts */

struct staged {
    const struct name_entry *key; /* count: its place in the file */
    struct str key_text, stage, by, reason;
    int64_t at_ms, row;
};

/* A group of records and its events. */
struct staged_list {
    struct scope *scope; /* its own */
    struct name_map *keys;
    struct staged *items;
    int64_t count, capacity, size;
    uint64_t group, group_count;
};

static int event_compare(const void *left, const void *right)
{
    const struct staged *a = left, *b = right;
    if (a->key != b->key) return a->key->count < b->key->count ? -1 : 1;
    if (a->at_ms != b->at_ms) return a->at_ms < b->at_ms ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

static struct str text_of(const struct run *run, struct staged_list *events,
                          const struct line *line, const struct target *target)
{
    if (!target) return STR("");
    const struct cell *cell = &line->cells[target - run->plan.targets];
    if (cell->kind != CELL_TEXT) return STR("");
    events->size += (int64_t)cell->text.size;
    return scope_copy(events->scope, cell->text);
}

static void event_keep(const struct run *run, const struct line *line, struct str key,
                       struct name_entry *entry, struct staged_list *events)
{
    const struct plan *plan = &run->plan;
    struct staged *event = &events->items[events->count++];
    event->key_text = scope_copy(events->scope, key);
    event->stage = text_of(run, events, line, plan->event_stage);
    event->by = text_of(run, events, line, plan->event_by);
    event->reason = text_of(run, events, line, plan->event_reason);
    event->at_ms = line->cells[plan->event_at - plan->targets].integer;
    event->row = line->row.number;
    if (entry->count == 0) entry->count = (int)name_map_count(events->keys);
    event->key = entry;
}

/* A row without a key is of the first group: it is reported once. */
static bool is_of_group(struct scope *scope, const struct cell *key,
                        const struct staged_list *events)
{
    if (events->group_count == 1) return true;
    if (key->kind != CELL_TEXT) return events->group == 0;
    return str_hash(name_fold(scope, key->text)) % events->group_count == events->group;
}

/* One row of the group; what is missing in it is reported at once. */
static bool event_take(struct batch *batch, struct line *line, struct staged_list *events)
{
    const struct plan *plan = &batch->run->plan;
    const struct target *needed[] = { plan->event_key, plan->event_stage, plan->event_at };
    if (line->is_out) return true;
    for (int i = 0; i < 3; i++) {
        if (line->cells[needed[i] - plan->targets].kind != CELL_NULL) continue;
        error_add(batch->scope, ERROR_INVALID, "field.required", needed[i]->name);
    }
    if (error_is_set(batch->scope)) return line_fail(batch->scope, batch, line);
    if (events->count == events->capacity || events->size > EVENT_SIZE_MAX) {
        return error_set(batch->scope, ERROR_TOO_LARGE, "import.too_many_events", STR("key"));
    }
    struct str key = line->cells[plan->event_key - plan->targets].text;
    event_keep(batch->run, line, key, name_map_put(events->keys, batch->scope, key), events);
    return true;
}

static bool event_read(struct scope *scope, struct run *run, struct staged_list *events,
                       bool *has_row)
{
    struct ingest_row row;
    struct line line;
    struct batch *batch = scope_new(scope, struct batch, 1);
    batch->run = run;
    batch->scope = scope;
    if (!ingest_next(run->table, scope, &row, has_row)) return false;
    if (!*has_row) return true;
    if (!line_read(batch, &row, &line)) return false;
    const struct cell *key = &line.cells[run->plan.event_key - run->plan.targets];
    if (!is_of_group(scope, key, events)) return true;
    return event_take(batch, &line, events) && batch_keep(scope, batch);
}

static bool events_read(struct scope *scope, struct run *run, struct staged_list *events)
{
    events->keys = name_map_make(events->scope);
    events->items = scope_new(events->scope, struct staged, events->capacity);
    for (bool has_row = true; has_row;) {
        struct scope inner;
        scope_begin(&inner);
        bool ok = event_read(&inner, run, events, &has_row);
        if (!ok) error_pass(scope, &inner);
        scope_end(&inner);
        if (!ok) return false;
    }
    qsort(events->items, (size_t)events->count, sizeof(struct staged), event_compare);
    return true;
}

/* ---- whose events ---- */

/* The fields a key may be of: the one that was named, or every unique one and the title. */
static int key_fields(const struct plan *plan, const struct field **out)
{
    int count = 0;
    const struct object *object = plan->object;
    if (plan->options->key.size > 0) {
        out[0] = object_field(object, plan->options->key);
        return out[0] ? 1 : 0;
    }
    for (int i = 0; i < object->field_count && count < KEY_FIELD_COUNT_MAX - 1; i++) {
        const struct field *field = &object->fields[i];
        bool is_text = field->column.size > 0 && field_kind(field) == VALUE_TEXT;
        if (field->is_unique && is_text && field != object->title) out[count++] = field;
    }
    if (object->title) out[count++] = object->title;
    return count;
}

static bool record_find(struct scope *scope, struct db_conn *conn, struct run *run,
                        struct str text, struct uuid *id)
{
    const struct field *fields[KEY_FIELD_COUNT_MAX];
    int count = key_fields(&run->plan, fields);
    for (int i = 0; i < count; i++) {
        enum found found;
        int index = resolver_index(&run->resolvers, run->plan.object->name, fields[i]->name);
        if (index < 0) continue;
        if (!resolver_find(scope, conn, &run->plan.context, &run->resolvers.items[index], text,
                           &found, id)) {
            return false;
        }
        if (found == FOUND_ONE) return true;
        if (found == FOUND_MANY) {
            error_add(scope, ERROR_INVALID, "import.reference_many", STR("key"));
            error_arg(scope, "value", text);
            return error_arg(scope, "object", label_text(run->plan.object->label,
                                                         run->task->by.language));
        }
    }
    error_add(scope, ERROR_INVALID, "import.key_unknown", STR("key"));
    return error_arg(scope, "value", text);
}

/* A line that holds what the event said, for the report. */
static struct line *line_of(struct batch *batch, const struct staged *event)
{
    const struct run *run = batch->run;
    struct line *line = scope_new(batch->scope, struct line, 1);
    line->row.number = event->row;
    line->row.count = run->header.count;
    line->row.cells = scope_new(batch->scope, struct ingest_cell, run->header.count + 1);
    const struct target *targets[] = { run->plan.event_key, run->plan.event_stage };
    struct str texts[] = { event->key_text, event->stage };
    for (int i = 0; i < 2; i++) {
        if (targets[i]->column < 0) continue;
        line->row.cells[targets[i]->column] =
            (struct ingest_cell){ .kind = INGEST_CELL_TEXT, .text = texts[i] };
    }
    return line;
}

/* ---- one record ---- */

static bool by_find(struct scope *scope, struct db_conn *conn, struct run *run,
                    const struct staged *event, struct uuid *out)
{
    enum found found = FOUND_NONE;
    const struct target *by = run->plan.event_by;
    *out = (struct uuid){ { 0 } };
    if (!by || by->resolver < 0 || event->by.size == 0) return true;
    if (!resolver_find(scope, conn, &run->plan.context, &run->resolvers.items[by->resolver],
                       event->by, &found, out)) {
        return false;
    }
    if (found == FOUND_ONE) return true;
    error_add(scope, ERROR_INVALID, "import.reference_none", STR("by"));
    error_arg(scope, "value", event->by);
    return error_arg(scope, "object",
                     label_text(run->plan.context.snapshot->access->user->label,
                                run->task->by.language));
}

/* Events of a record as moves; those that do not fit are reported and left out. */
static bool moves_make(struct scope *scope, struct db_conn *conn, struct batch *batch,
                       const struct pipeline *pipeline, const struct staged *events, int64_t count,
                       struct history_row *out)
{
    out->events = scope_new(scope, struct stage_event, count);
    for (int64_t i = 0; i < count; i++) {
        struct scope inner;
        struct uuid by;
        scope_begin(&inner);
        const struct stage *stage = stage_named(pipeline, events[i].stage);
        if (!stage) {
            error_add(&inner, ERROR_INVALID, "field.not_choice", STR("stage"));
            error_arg(&inner, "value", events[i].stage);
        }
        bool ok = stage && by_find(&inner, conn, batch->run, &events[i], &by);
        bool is_alive = ok || line_fail(&inner, batch, line_of(batch, &events[i]));
        if (!is_alive) error_pass(scope, &inner);
        scope_end(&inner);
        if (!is_alive) return false;
        if (!ok) continue;
        bool is_same = out->event_count > 0 &&
                       out->events[out->event_count - 1].stage == stage;
        if (is_same) continue;
        out->events[out->event_count++] =
            (struct stage_event){ stage, events[i].at_ms, by, events[i].reason };
    }
    return true;
}

/* The stays as they are, for undoing: [[stage, entered_at, by, reason]]. */
static bool stays_text(struct scope *scope, struct db_conn *conn, const struct record *record,
                       struct buf *out)
{
    struct cell args[] = { cell_int(record->object->id), cell_id(scope, record->id) };
    struct rows rows;
    struct json_writer writer;
    if (!db_all(scope, conn,
                STR("SELECT stage, entered_at, \"by\", reason FROM stage_stay WHERE object = ? "
                    "AND record = ? ORDER BY entered_at, id"),
                args, 2, STAY_COUNT_MAX, &rows)) {
        return false;
    }
    json_begin(&writer, out);
    json_list_begin(&writer);
    for (int i = 0; i < rows.count; i++) {
        const struct cell *cells = rows.items[i].cells;
        json_list_begin(&writer);
        json_put_int(&writer, cells[0].integer);
        json_put_int(&writer, cells[1].integer);
        json_put_str(&writer, uuid_format(scope, cell_uuid(&cells[2])));
        json_put_str(&writer, cells[3].kind == CELL_TEXT ? cells[3].text : STR(""));
        json_list_end(&writer);
    }
    json_list_end(&writer);
    return !out->is_over || error_set(scope, ERROR_TOO_LARGE, "import.too_many_events", STR("key"));
}

static bool trace_stays(struct scope *scope, struct db_conn *conn, struct run *run,
                        const struct record *before, const struct record *after, struct str stays,
                        int64_t row)
{
    struct str text = before_text(scope, before, after);
    struct buf whole;
    if (run->task->options->is_dry_run) return true;
    buf_begin(&whole, scope, text.size + stays.size + 64);
    buf_put(&whole, str_slice(text, 0, text.size - 1));
    buf_put(&whole, STR(",\"stays\":"));
    buf_put(&whole, stays);
    buf_put(&whole, STR("}"));
    return trace_update(scope, conn, run, before->id, before->object->id, row, buf_str(&whole));
}

static bool record_put(struct scope *scope, struct db_conn *conn, struct batch *batch,
                       const struct staged *events, int64_t count)
{
    struct run *run = batch->run;
    const struct plan *plan = &run->plan;
    struct record_context record_context = engine_record_context(&plan->context);
    struct history_row row = { .object = plan->object };
    struct record before, after;
    if (!record_find(scope, conn, run, events[0].key_text, &row.id) ||
        !record_load(scope, conn, &record_context, plan->object, row.id, ACTION_UPDATE,
                     &before)) {
        return false;
    }
    const struct pipeline *pipeline = schema_pipeline_by_id(
        plan->context.snapshot->schema, record_cell(&before, plan->object->pipeline)->integer);
    if (!pipeline) pipeline = pipeline_default(plan->object);
    if (!moves_make(scope, conn, batch, pipeline, events, count, &row)) return false;
    if (row.event_count == 0) return true;
    struct buf stays;
    buf_begin(&stays, scope, STAYS_SIZE_MAX);
    if (!stays_text(scope, conn, &before, &stays)) return false;
    const struct field *created = object_field(plan->object, STR("created_at"));
    struct change change = { created, cell_int(row.events[0].at_ms) };
    if (row.events[0].at_ms < before.cells[created->index].integer) {
        row.changes = (struct changes){ &change, 1 };
    }
    if (!engine_put_stays(scope, conn, &plan->context, &row) ||
        !record_load(scope, conn, &record_context, plan->object, row.id, ACTION_READ, &after) ||
        !trace_stays(scope, conn, run, &before, &after, buf_str(&stays), events[0].row)) {
        return false;
    }
    batch->updated += 1;
    return true;
}

/* ---- batches of records ---- */

struct stages_batch {
    struct batch *batch;
    const struct staged *events;
    int64_t count;
};

static bool key_write(struct scope *scope, struct db_conn *conn, struct batch *batch,
                      const struct staged *events, int64_t count)
{
    struct scope inner;
    scope_begin(&inner);
    bool ok = db_savepoint_begin(&inner, conn);
    bool is_in = ok && record_put(&inner, conn, batch, events, count);
    if (ok && !is_in) {
        struct scope one;
        /* The same reason holds for every row of the record. */
        for (int64_t i = 0; ok && i < count; i++) {
            scope_begin(&one);
            error_pass(&one, &inner);
            ok = line_fail(&one, batch, line_of(batch, &events[i]));
            scope_end(&one);
        }
        if (ok) scope_error_clear(&inner);
    }
    if (ok) ok = db_savepoint_end(&inner, conn, is_in);
    if (!ok) error_pass(scope, &inner);
    scope_end(&inner);
    return ok;
}

static bool stages_write(struct scope *scope, struct db_conn *conn, void *context)
{
    struct stages_batch *part = context;
    struct batch *batch = part->batch;
    bool is_dry = batch->run->plan.options->is_dry_run;
    struct cell id = cell_id(scope, batch->run->task->id);
    struct row row;
    batch->run->plan.context.now_ms = engine_now_ms(batch->run->task->by.engine);
    if (!snapshot_check(scope, conn, batch->run->plan.snapshot)) return false;
    if (!is_dry &&
        !db_one(scope, conn, STR("SELECT state FROM import_run WHERE id = ?"), &id, 1, &row)) {
        return false;
    }
    batch->is_cancelled = !is_dry && (row.count == 0 || !str_is(row.cells[0].text, "running"));
    if (batch->is_cancelled) return true;
    if (is_dry && !db_savepoint_begin(scope, conn)) return false;
    for (int64_t at = 0; at < part->count;) {
        int64_t end = at + 1;
        while (end < part->count && part->events[end].key == part->events[at].key) end += 1;
        if (!key_write(scope, conn, batch, part->events + at, end - at)) return false;
        at = end;
    }
    if (is_dry) return db_savepoint_end(scope, conn, false);
    return run_progress(scope, conn, batch);
}

/* The next records of the group, up to KEY_BATCH_SIZE, as one write; *at goes behind them. */
static bool keys_write(struct scope *scope, struct run *run, const struct staged_list *events,
                       int64_t *at, bool *is_cancelled)
{
    int64_t end = *at;
    for (int keys = 0; end < events->count; end++) {
        bool is_new = end == *at || events->items[end].key != events->items[end - 1].key;
        if (is_new && ++keys > KEY_BATCH_SIZE) break;
    }
    struct batch *batch = scope_new(scope, struct batch, 1);
    batch->run = run;
    batch->scope = scope;
    batch->count = (int)(end - *at);
    struct stages_batch part = { batch, events->items + *at, end - *at };
    *at = end;
    if (!run_write(scope, run, stages_write, &part)) return false;
    *is_cancelled = batch->is_cancelled;
    return *is_cancelled || batch_keep(scope, batch);
}

static bool group_run(struct scope *scope, struct run *run, struct staged_list *events,
                      bool *is_cancelled)
{
    if (!events_read(scope, run, events)) return false;
    for (int64_t at = 0; at < events->count && !*is_cancelled;) {
        struct scope inner;
        scope_begin(&inner);
        bool ok = keys_write(&inner, run, events, &at, is_cancelled);
        if (!ok) error_pass(scope, &inner);
        scope_end(&inner);
        if (!ok) return false;
        if (run->task->progress && !*is_cancelled) {
            run->task->progress(run->task->progress_context, run->report->done,
                                run->report->rows);
        }
    }
    return true;
}

bool stages_run(struct scope *scope, struct run *run)
{
    int64_t mean = run->task->event_count_max > 0 ? run->task->event_count_max : EVENT_COUNT_MAX;
    uint64_t group_count = (uint64_t)(run->report->rows / mean) + 1;
    bool ok = true, is_cancelled = false;
    for (uint64_t group = 0; ok && !is_cancelled && group < group_count; group++) {
        struct scope own;
        scope_begin(&own);
        int64_t most = group_count == 1 ? run->report->rows + 1 : EVENT_OVER * mean;
        struct staged_list events = { .scope = &own, .capacity = most, .group = group,
                                      .group_count = group_count };
        ok = (group == 0 || ingest_rewind(run->table, &own, ingest_sheet_current(run->table),
                                          run->header.row)) &&
             group_run(&own, run, &events, &is_cancelled);
        if (!ok) error_pass(scope, &own);
        scope_end(&own);
    }
    run->report->state = is_cancelled ? STR("cancelled") : STR("done");
    return ok;
}
