/*
 * Stage histories: a file of events (which record, which stage, when) becomes the
 * stays of those records. All events are read, put in order of record and time,
 * and each record's stays are made anew. Events that follow one another in the
 * same stage are one stay.
 */
#include <stdlib.h>

#include "ingest/import_inner.h"

enum { KEY_BATCH_SIZE = 100, KEY_FIELD_COUNT_MAX = 8, STAYS_SIZE_MAX = 1024 * 1024,
       STAY_COUNT_MAX = 10000 };

struct staged {
    const struct name_entry *key; /* count: its place in the file */
    struct str key_text, stage, by, reason;
    int64_t at_ms, row;
};

struct staged_list {
    struct staged *items;
    int64_t count;
};

static int event_compare(const void *left, const void *right)
{
    const struct staged *a = left, *b = right;
    if (a->key != b->key) return a->key->count < b->key->count ? -1 : 1;
    if (a->at_ms != b->at_ms) return a->at_ms < b->at_ms ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

static struct str text_of(struct run *run, const struct line *line, const struct target *target)
{
    if (!target) return STR("");
    const struct cell *cell = &line->cells[target - run->plan.targets];
    return cell->kind == CELL_TEXT ? scope_copy(run->scope, cell->text) : STR("");
}

/* One row; what is missing in it is reported at once. */
static bool event_take(struct batch *batch, struct name_map *keys, struct line *line,
                       struct staged_list *events)
{
    struct run *run = batch->run;
    const struct plan *plan = &run->plan;
    const struct target *needed[] = { plan->event_key, plan->event_stage, plan->event_at };
    if (line->is_out) return true;
    for (int i = 0; i < 3; i++) {
        if (line->cells[needed[i] - plan->targets].kind != CELL_NULL) continue;
        error_add(batch->scope, ERROR_INVALID, "field.required", needed[i]->name);
    }
    if (error_is_set(batch->scope)) return line_fail(batch->scope, batch, line);
    struct staged *event = &events->items[events->count++];
    event->key_text = text_of(run, line, plan->event_key);
    event->stage = text_of(run, line, plan->event_stage);
    event->by = text_of(run, line, plan->event_by);
    event->reason = text_of(run, line, plan->event_reason);
    event->at_ms = line->cells[plan->event_at - plan->targets].integer;
    event->row = line->row.number;
    struct name_entry *entry = name_map_put(keys, batch->scope, event->key_text);
    if (entry->count == 0) entry->count = (int)name_map_count(keys);
    event->key = entry;
    return true;
}

static bool events_read(struct scope *scope, struct run *run, struct staged_list *events)
{
    struct name_map *keys = name_map_make(run->scope);
    events->items = scope_new(run->scope, struct staged, run->report->rows + 1);
    for (bool has_row = true; has_row;) {
        struct scope inner;
        struct ingest_row row;
        struct line line;
        scope_begin(&inner);
        struct batch *batch = scope_new(&inner, struct batch, 1);
        batch->run = run;
        batch->scope = &inner;
        bool ok = ingest_next(run->table, &inner, &row, &has_row);
        if (ok && has_row && events->count <= run->report->rows) {
            ok = line_read(batch, &row, &line) && event_take(batch, keys, &line, events) &&
                 batch_keep(&inner, batch);
        }
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
    return true;
}

static bool trace_stays(struct scope *scope, struct db_conn *conn, struct run *run,
                        const struct record *before, const struct record *after, struct str stays,
                        int64_t row)
{
    struct str text = before_text(scope, before, after);
    struct buf whole;
    if (run->task->options->is_dry_run) return true;
    buf_begin(&whole, scope, STAYS_SIZE_MAX * 2);
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

bool stages_run(struct scope *scope, struct run *run)
{
    struct staged_list events = { .count = 0 };
    if (!events_read(scope, run, &events)) return false;
    run->report->state = STR("done");
    for (int64_t at = 0; at < events.count;) {
        int64_t end = at;
        for (int keys = 0; end < events.count; end++) {
            bool is_new = end == at || events.items[end].key != events.items[end - 1].key;
            if (is_new && ++keys > KEY_BATCH_SIZE) break;
        }
        struct scope inner;
        scope_begin(&inner);
        struct batch *batch = scope_new(&inner, struct batch, 1);
        batch->run = run;
        batch->scope = &inner;
        batch->count = (int)(end - at);
        struct stages_batch part = { batch, events.items + at, end - at };
        bool ok = run_plan(&inner, run) &&
                  db_write_wait(&inner, engine_db(run->task->by.engine), stages_write, &part) &&
                  (batch->is_cancelled || batch_keep(&inner, batch));
        bool is_cancelled = batch->is_cancelled;
        if (!ok) error_pass(scope, &inner);
        scope_end(&inner);
        if (!ok) return false;
        if (is_cancelled) {
            run->report->state = STR("cancelled");
            return true;
        }
        if (run->task->progress) {
            run->task->progress(run->task->progress_context, run->report->done,
                                run->report->rows);
        }
        at = end;
    }
    return true;
}
