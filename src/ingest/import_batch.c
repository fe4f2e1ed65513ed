/*
 * A batch as one transaction. New rows go in together where nothing else follows
 * from them; around one that does not pass, or where rules follow, row by row,
 * each in a savepoint, so that a refused row takes nothing with it. What was done
 * is written beside it, in the same transaction, for undoing.
 */
#include "ingest/import_inner.h"

/* More than a record and its changes can be: of what was cut off nothing could be put back. */
enum { BEFORE_SIZE_MAX = 64 * 1024 * 1024, QUICK_COUNT_MIN = 16, QUICK_DEPTH_MAX = 16 };

/* ---- traces ---- */

static bool is_traced(const struct field *field)
{
    return field->column.size > 0 && !field->is_stored && !str_is(field->name, "version") &&
           !str_is(field->name, "updated_at") && !str_is(field->name, "updated_by");
}

static void side_put(struct scope *scope, struct json_writer *writer, const char *name,
                     const struct record *before, const struct record *after, bool is_old)
{
    const struct record *record = is_old ? before : after;
    json_key(writer, str_of(name));
    json_map_begin(writer);
    for (int i = 0; i < record->object->field_count; i++) {
        const struct field *field = &record->object->fields[i];
        if (!is_traced(field) || cell_equal(&before->cells[i], &after->cells[i])) continue;
        json_key(writer, field->name);
        if (record->cells[i].kind == CELL_NULL) {
            json_put_null(writer);
        } else {
            json_put_str(writer, field_store_text(scope, field, &record->cells[i]));
        }
    }
    json_map_end(writer);
}

struct str before_text(struct scope *scope, const struct record *before,
                       const struct record *after)
{
    struct buf out;
    struct json_writer writer;
    buf_begin(&out, scope, BEFORE_SIZE_MAX);
    json_begin(&writer, &out);
    json_map_begin(&writer);
    side_put(scope, &writer, "old", before, after, true);
    side_put(scope, &writer, "new", before, after, false);
    json_map_end(&writer);
    return out.is_over ? STR("{}") : buf_str(&out);
}

bool traces_put(struct scope *scope, struct db_conn *conn, struct batch *batch)
{
    struct sql sql;
    for (int at = 0; at < batch->trace_count; at += IMPORT_BATCH_SIZE) {
        sql_begin(&sql, scope);
        sql_put(&sql, STR("INSERT INTO import_row (import, record, object, action, row, before) "
                          "VALUES "));
        for (int i = at; i < batch->trace_count && i < at + IMPORT_BATCH_SIZE; i++) {
            const struct trace *trace = &batch->traces[i];
            sql_put(&sql, i == at ? STR("(") : STR(", ("));
            sql_id(&sql, batch->run->task->id);
            sql_put(&sql, STR(", "));
            sql_id(&sql, trace->record);
            sql_put(&sql, STR(", "));
            sql_int(&sql, trace->object);
            sql_put(&sql, STR(", "));
            sql_int(&sql, trace->action);
            sql_put(&sql, STR(", "));
            sql_int(&sql, trace->row);
            sql_put(&sql, STR(", NULL)"));
        }
        /* A row that was changed after it was made is still one that was made. */
        sql_put(&sql, STR(" ON CONFLICT (import, record) DO UPDATE SET action = "
                          "excluded.action, before = excluded.before"));
        if (!sql_exec(scope, conn, &sql)) return false;
    }
    return true;
}

/* Members of a that are not in b, then those of b. */
static void merged_put(struct json_writer *writer, const char *name, const struct json *a,
                       const struct json *b)
{
    json_key(writer, str_of(name));
    json_map_begin(writer);
    for (int i = 0; a && i < a->count; i++) {
        if (json_get_str(b, a->names[i])) continue;
        json_key(writer, a->names[i]);
        json_put_tree(writer, &a->items[i]);
    }
    for (int i = 0; b && i < b->count; i++) {
        json_key(writer, b->names[i]);
        json_put_tree(writer, &b->items[i]);
    }
    json_map_end(writer);
}

/* Of a record touched twice: what it was and where it stood at first, what was written last. */
static bool before_merge(struct scope *scope, struct str first, struct str second,
                         struct str *out)
{
    struct json a, b;
    struct buf text;
    struct json_writer writer;
    if (!json_read(scope, first, &a) || !json_read(scope, second, &b)) return false;
    buf_begin(&text, scope, BEFORE_SIZE_MAX);
    json_begin(&writer, &text);
    json_map_begin(&writer);
    merged_put(&writer, "old", json_get(&b, "old"), json_get(&a, "old"));
    merged_put(&writer, "new", json_get(&a, "new"), json_get(&b, "new"));
    const struct json *stays = json_get(json_get(&a, "stays") ? &a : &b, "stays");
    if (stays) {
        json_key(&writer, STR("stays"));
        json_put_tree(&writer, stays);
    }
    json_map_end(&writer);
    *out = buf_str(&text);
    return !text.is_over || error_set(scope, ERROR_TOO_LARGE, "query.too_large", STR(""));
}

bool trace_update(struct scope *scope, struct db_conn *conn, const struct run *run,
                  struct uuid record, int object, int64_t number, struct str before)
{
    struct cell key[] = { cell_id(scope, run->task->id), cell_id(scope, record) };
    struct row row;
    if (!db_one(scope, conn,
                STR("SELECT action, before FROM import_row WHERE import = ? AND record = ?"), key,
                2, &row)) {
        return false;
    }
    if (row.count == 0) {
        struct cell args[] = { key[0], key[1], cell_int(object), cell_int(IMPORT_UPDATED),
                               cell_int(number), cell_text(before) };
        return db_exec(scope, conn,
                       STR("INSERT INTO import_row (import, record, object, action, row, before) "
                           "VALUES (?, ?, ?, ?, ?, ?)"),
                       args, 6);
    }
    if (row.cells[0].integer != IMPORT_UPDATED) return true;
    struct str merged;
    if (!before_merge(scope, row.cells[1].text, before, &merged)) return false;
    struct cell args[] = { cell_text(merged), key[0], key[1] };
    return db_exec(scope, conn,
                   STR("UPDATE import_row SET before = ? WHERE import = ? AND record = ?"), args,
                   3);
}

/* Which of the records the import has a row of already; such rows are merged, one by one. */
static bool traced_find(struct scope *scope, struct db_conn *conn, const struct run *run,
                        const struct update_row *rows, int count, struct rows *out)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT record FROM import_row WHERE import = "));
    sql_id(&sql, run->task->id);
    sql_put(&sql, STR(" AND record IN (NULL"));
    for (int i = 0; i < count; i++) {
        sql_put(&sql, STR(", "));
        sql_id(&sql, rows[i].id);
    }
    sql_put(&sql, STR(")"));
    return sql_all(scope, conn, &sql, count + 1, out);
}

static bool is_traced_already(const struct rows *traced, struct uuid id)
{
    for (int i = 0; i < traced->count; i++) {
        if (uuid_equal(cell_uuid(&traced->items[i].cells[0]), id)) return true;
    }
    return false;
}

bool trace_updates(struct scope *scope, struct db_conn *conn, const struct run *run,
                   const struct update_row *rows, struct line *const *lines, int count)
{
    struct rows traced;
    struct sql sql;
    int put_count = 0;
    if (!traced_find(scope, conn, run, rows, count, &traced)) return false;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("INSERT INTO import_row (import, record, object, action, row, before) "
                      "VALUES "));
    for (int i = 0; i < count; i++) {
        const struct update_row *row = &rows[i];
        if (!row->is_changed) continue;
        int object = row->after.object->id;
        struct str before = before_text(scope, &row->before, &row->after);
        if (is_traced_already(&traced, row->id)) {
            if (!trace_update(scope, conn, run, row->id, object, lines[i]->row.number, before)) {
                return false;
            }
            continue;
        }
        const struct cell values[] = { cell_id(scope, run->task->id), cell_id(scope, row->id),
                                       cell_int(object), cell_int(IMPORT_UPDATED),
                                       cell_int(lines[i]->row.number), cell_text(before) };
        if (put_count++ > 0) sql_put(&sql, STR(", "));
        for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
            sql_put(&sql, k == 0 ? STR("(") : STR(", "));
            sql_value(&sql, values[k]);
        }
        sql_put(&sql, STR(")"));
    }
    return put_count == 0 || sql_exec(scope, conn, &sql);
}

/*
 * Records that rules have made, by the rows of change since the batch began. Of a sum no index
 * knows the order, so that the database does not walk through all of change to find doubles.
 */
static bool followers_trace(struct scope *scope, struct db_conn *conn, struct batch *batch)
{
    struct cell args[] = { cell_int(batch->change_last) };
    struct rows rows;
    if (batch->run->plan.is_history) return true;
    if (!db_all(scope, conn,
                STR("SELECT DISTINCT object + 0, record FROM change WHERE id > ? AND field = 0 "
                    "AND via LIKE 'rule:%'"),
                args, 1, 100000, &rows)) {
        return false;
    }
    for (int i = 0; i < rows.count; i++) {
        batch_trace(batch, (struct trace){ .record = cell_uuid(&rows.items[i].cells[1]),
                                           .object = (int)rows.items[i].cells[0].integer,
                                           .action = IMPORT_FOLLOWED });
    }
    return true;
}

/* ---- one row ---- */

static void line_trace(struct batch *batch, const struct line *line, struct uuid record)
{
    batch_trace(batch, (struct trace){ record, batch->run->plan.object->id, IMPORT_CREATED,
                                       line->row.number });
}

static bool line_create(struct scope *scope, struct db_conn *conn, struct batch *batch,
                        struct line *line)
{
    const struct plan *plan = &batch->run->plan;
    struct history_row row;
    struct record made;
    if (!line_required(scope, plan, line) ||
        !line_changes(scope, conn, batch, line, true, &row)) {
        return false;
    }
    struct write write = {
        .verb = WRITE_CREATE,
        .object = plan->object,
        .id = row.id,
        .changes = row.changes,
        .is_history = plan->is_history,
        .is_lenient = plan->options->accepts_missing,
        .reason = STR("import"), /* of a row that begins in a later stage */
    };
    if (plan->object->has_pipeline) {
        const struct stage_event *last = &row.events[row.event_count - 1];
        struct change *items = scope_new(scope, struct change, row.changes.count + 3);
        memcpy(items, row.changes.items, sizeof(*items) * (size_t)row.changes.count);
        int count = row.changes.count;
        items[count++] =
            (struct change){ plan->object->pipeline, cell_int(last->stage->pipeline->id) };
        items[count++] = (struct change){ plan->object->stage, cell_int(last->stage->id) };
        if (plan->is_history) {
            items[count++] = (struct change){ plan->object->stage_entered_at,
                                              cell_int(last->at_ms) };
        }
        write.changes = (struct changes){ items, count };
    }
    bool is_repeat = false;
    if (!engine_write(scope, conn, &plan->context, &write, &made, &is_repeat)) return false;
    if (is_repeat) return error_set(scope, ERROR_CONFLICT, "record.exists", STR("id"));
    if (plan->is_history && row.event_count > 1) {
        row.changes.count = 0;
        if (!engine_put_stays(scope, conn, &plan->context, &row)) return false;
    }
    line_trace(batch, line, made.id);
    key_note(batch, line, made.id);
    batch->created += 1;
    return true;
}

static bool line_update(struct scope *scope, struct db_conn *conn, struct batch *batch,
                        struct line *line)
{
    const struct plan *plan = &batch->run->plan;
    struct record_context record_context = engine_record_context(&plan->context);
    struct history_row row;
    struct record before, after;
    if (!line_changes(scope, conn, batch, line, false, &row) ||
        !record_load(scope, conn, &record_context, plan->object, line->same, ACTION_UPDATE,
                     &before)) {
        return false;
    }
    struct write write = {
        .verb = WRITE_UPDATE,
        .object = plan->object,
        .id = line->same,
        .changes = row.changes,
        .is_history = plan->is_history,
        .is_lenient = plan->options->accepts_missing,
    };
    if (!engine_write(scope, conn, &plan->context, &write, &after, NULL)) return false;
    if (after.version == before.version) {
        batch->skipped += 1;
        return true;
    }
    batch->updated += 1;
    return batch->run->plan.options->is_dry_run ||
           trace_update(scope, conn, batch->run, line->same, plan->object->id, line->row.number,
                        before_text(scope, &before, &after));
}

static bool line_put(struct scope *scope, struct db_conn *conn, struct batch *batch,
                     struct line *line)
{
    enum import_duplicate duplicate = batch->run->plan.options->duplicate;
    bool is_same = !uuid_is_nil(line->same);
    if (!is_same || duplicate == DUPLICATE_CREATE) return line_create(scope, conn, batch, line);
    if (duplicate == DUPLICATE_UPDATE) return line_update(scope, conn, batch, line);
    batch->skipped += 1;
    return true;
}

/* With a savepoint of its own; false: storage. */
static bool line_write(struct scope *scope, struct db_conn *conn, struct batch *batch,
                       struct line *line)
{
    struct scope inner;
    int traces = batch->trace_count, laters = batch->later_count, logins = batch->login_count;
    scope_begin(&inner);
    bool ok = db_savepoint_begin(&inner, conn);
    bool is_in = ok && line_put(&inner, conn, batch, line);
    if (ok && !is_in) {
        ok = line_fail(&inner, batch, line);
        batch->trace_count = traces;
        batch->later_count = laters;
        batch->login_count = logins;
    }
    if (ok) ok = db_savepoint_end(&inner, conn, is_in);
    if (ok && !is_in) resolvers_forget(&batch->run->resolvers, false);
    if (!ok) error_pass(scope, &inner);
    line->is_out = true;
    scope_end(&inner);
    return ok;
}

/* ---- many rows ---- */

static bool is_new(const struct batch *batch, const struct line *line)
{
    if (line->is_out || line->is_again) return false;
    return uuid_is_nil(line->same) || batch->run->plan.options->duplicate == DUPLICATE_CREATE;
}

/* Part of a batch that is tried at once, and those of its rows that go in. */
struct part {
    int from, to;
    struct history_row *rows;
    struct line **lines;
    int count;
};

bool part_line(struct scope *scope, struct db_conn *conn, struct batch *batch, struct line *line,
               bool is_create, struct history_row *out, bool *is_out)
{
    const struct plan *plan = &batch->run->plan;
    int laters = batch->later_count, logins = batch->login_count;
    *is_out = is_create && !line_required(scope, plan, line);
    if (*is_out) return line_fail(scope, batch, line);
    if (line_changes(scope, conn, batch, line, is_create, out)) return true;
    if (scope->error.code == ERROR_STORAGE) return false;
    *is_out = !plan->options->creates_refs;
    batch->later_count = laters;
    batch->login_count = logins;
    if (*is_out) return line_fail(scope, batch, line);
    scope_error_clear(scope);
    return false;
}

/* False: a row does not pass (or storage, then the scope has the error). */
static bool part_try(struct scope *scope, struct db_conn *conn, struct batch *batch,
                     struct part *part)
{
    const struct plan *plan = &batch->run->plan;
    for (int i = part->from; i < part->to; i++) {
        struct line *line = &batch->lines[i];
        bool is_out = false;
        if (!is_new(batch, line)) continue;
        if (!part_line(scope, conn, batch, line, true, &part->rows[part->count], &is_out)) {
            return false;
        }
        if (!is_out) part->lines[part->count++] = line;
    }
    bool is_refused = false;
    return engine_put_rows(scope, conn, &plan->context, part->rows, part->count,
                           plan->options->accepts_missing, &is_refused) &&
           !is_refused;
}

/* In a savepoint; *is_in: all that was tried has gone in. False: storage. */
static bool part_write(struct scope *scope, struct db_conn *conn, struct batch *batch,
                       int from, int to, bool *is_in)
{
    struct part part = { from, to, scope_new(scope, struct history_row, to - from),
                         scope_new(scope, struct line *, to - from), 0 };
    int traces = batch->trace_count, laters = batch->later_count, logins = batch->login_count;
    if (!db_savepoint_begin(scope, conn)) return false;
    *is_in = part_try(scope, conn, batch, &part);
    if (error_is_set(scope) || !db_savepoint_end(scope, conn, *is_in)) return false;
    if (!*is_in) {
        batch->trace_count = traces;
        batch->later_count = laters;
        batch->login_count = logins;
        resolvers_forget(&batch->run->resolvers, false);
        return true;
    }
    for (int i = 0; i < part.count; i++) {
        line_trace(batch, part.lines[i], part.rows[i].id);
        key_note(batch, part.lines[i], part.rows[i].id);
        part.lines[i]->is_out = true;
    }
    batch->created += part.count;
    return true;
}

/*
 * A part with a row that does not pass is halved, so that one such row among hundreds leaves
 * only some few to be written one by one. The parts that wait stand on a stack.
 */
static bool quick_write(struct scope *scope, struct db_conn *conn, struct batch *batch)
{
    struct {
        int from, to;
    } waiting[QUICK_DEPTH_MAX] = { { 0, batch->count } };
    for (int depth = 1; depth > 0;) {
        int from = waiting[depth - 1].from, to = waiting[depth - 1].to;
        int middle = from + (to - from) / 2;
        bool is_in = false;
        depth -= 1;
        if (!part_write(scope, conn, batch, from, to, &is_in)) return false;
        if (is_in || to - from <= QUICK_COUNT_MIN || depth + 2 > QUICK_DEPTH_MAX) continue;
        waiting[depth].from = middle;
        waiting[depth++].to = to;
        waiting[depth].from = from;
        waiting[depth++].to = middle;
    }
    return true;
}

/* ---- the batch ---- */

static bool is_wanted(struct scope *scope, struct db_conn *conn, struct batch *batch)
{
    struct cell id = cell_id(scope, batch->run->task->id);
    struct row row;
    if (!db_one(scope, conn, STR("SELECT state FROM import_run WHERE id = ?"), &id, 1, &row)) {
        return false;
    }
    batch->is_cancelled = row.count == 0 || !str_is(row.cells[0].text, "running");
    return true;
}

static bool changes_mark(struct scope *scope, struct db_conn *conn, struct batch *batch)
{
    struct row row;
    if (!db_one(scope, conn, STR("SELECT COALESCE(MAX(id), 0) FROM change"), NULL, 0, &row)) {
        return false;
    }
    batch->change_last = row.cells[0].integer;
    return true;
}

static bool batch_put(struct scope *scope, struct db_conn *conn, struct batch *batch)
{
    const struct plan *plan = &batch->run->plan;
    if (!changes_mark(scope, conn, batch) || !keys_find(scope, conn, batch)) return false;
    if (plan->is_quick && !quick_write(scope, conn, batch)) return false;
    if (plan->is_quick_update && !updates_write(scope, conn, batch)) return false;
    for (int i = 0; i < batch->count; i++) {
        if (batch->lines[i].is_out) continue;
        if (!line_write(scope, conn, batch, &batch->lines[i])) return false;
    }
    return followers_trace(scope, conn, batch);
}

bool batch_write(struct scope *scope, struct db_conn *conn, void *context)
{
    struct batch *batch = context;
    bool is_dry = batch->run->plan.options->is_dry_run;
    if (!snapshot_check(scope, conn, batch->run->plan.snapshot)) return false;
    if (!is_dry && !is_wanted(scope, conn, batch)) return false;
    if (batch->is_cancelled) return true;
    if (!is_dry) {
        return batch_put(scope, conn, batch) && traces_put(scope, conn, batch) &&
               run_progress(scope, conn, batch);
    }
    bool ok = db_savepoint_begin(scope, conn) && batch_put(scope, conn, batch) &&
              db_savepoint_end(scope, conn, false);
    resolvers_forget(&batch->run->resolvers, false);
    return ok;
}
