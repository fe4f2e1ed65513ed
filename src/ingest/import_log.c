/*
 * The import's own row, which others watch while it runs, the reasons that are
 * kept, and the file of refused rows.
 */
#include "ingest/import_inner.h"

enum { REPORT_SIZE_MAX = 4 * 1024 * 1024 };

static bool may_see(const struct engine_context *context, const struct cell *by)
{
    return actor_has_right(&context->actor, RIGHT_CONFIGURE) ||
           uuid_equal(cell_uuid(by), context->actor.user);
}

bool import_register(struct scope *scope, struct db_conn *conn,
                     const struct engine_context *context, struct str object,
                     enum import_kind kind, struct str file_name, struct str preview,
                     struct uuid *out)
{
    const struct object *meant = schema_object(context->snapshot->schema, object);
    if (!meant) {
        error_set(scope, ERROR_NOT_FOUND, "import.object_unknown", STR("object"));
        return error_arg(scope, "name", object);
    }
    if (!access_check(scope, context->snapshot->access, &context->actor, meant, ACTION_IMPORT)) {
        return false;
    }
    *out = uuid_make(context->now_ms);
    struct cell args[] = {
        cell_id(scope, *out),
        cell_text(kind == IMPORT_STAGES ? STR("stage_history") : STR("records")),
        cell_text(object),
        cell_text(file_name),
        cell_int(context->now_ms),
        cell_id(scope, context->actor.user),
        preview.size > 0 ? cell_text(scope_format(scope, "{\"preview\":%.*s}", STR_ARG(preview)))
                         : cell_null(),
    };
    return db_exec(scope, conn,
                   STR("INSERT INTO import_run (id, kind, object, state, file_name, created_at, "
                       "\"by\", report) VALUES (?, ?, ?, 'preview', ?, ?, ?, ?)"),
                   args, 7);
}

bool import_find(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                 struct uuid id, struct str *object, enum import_kind *kind, struct str *state)
{
    struct cell arg = cell_id(scope, id);
    struct row row;
    if (!db_one(scope, conn,
                STR("SELECT \"by\", object, kind, state FROM import_run WHERE id = ?"), &arg, 1,
                &row)) {
        return false;
    }
    if (row.count == 0 || !may_see(context, &row.cells[0])) {
        return error_set(scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
    }
    *object = row.cells[1].text;
    *state = row.cells[3].text;
    return import_kind_read(row.cells[2].text, kind);
}

/* ---- until it runs ---- */

static bool wait_write(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct uuid *id = context;
    struct cell args[] = { cell_text(import_owner(scope)), cell_id(scope, *id) };
    if (!db_exec(scope, conn,
                 STR("UPDATE import_run SET state = 'waiting', owner = ?, version = version + 1 "
                     "WHERE id = ? AND state = 'preview'"),
                 args, 2)) {
        return false;
    }
    return db_changes(conn) > 0 || error_set(scope, ERROR_CONFLICT, "import.already_run", STR(""));
}

static bool unwait_write(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct uuid *id = context;
    struct cell arg = cell_id(scope, *id);
    return db_exec(scope, conn,
                   STR("UPDATE import_run SET state = 'preview', version = version + 1 "
                       "WHERE id = ? AND state = 'waiting'"),
                   &arg, 1);
}

bool import_wait(struct scope *scope, struct engine *engine, struct uuid id)
{
    return db_write_wait(scope, engine_db(engine), wait_write, &id);
}

bool import_unwait(struct scope *scope, struct engine *engine, struct uuid id)
{
    return db_write_wait(scope, engine_db(engine), unwait_write, &id);
}

/* ---- while it runs ---- */

bool import_audit(struct scope *scope, struct db_conn *conn, const struct import_by *by,
                  struct uuid id, struct str object, const char *what)
{
    struct engine_context context = engine_system_context(by->engine, NULL, "import");
    struct audit_pair pairs[] = { { "what", str_of(what) },
                                  { "object", object },
                                  { "import", uuid_format(scope, id) } };
    struct audit_line line = { .kind = "import", .detail = audit_detail(scope, pairs, 3) };
    context.actor.user = by->user;
    return audit_put(scope, conn, &context, &line);
}

static bool begin_write(struct scope *scope, struct db_conn *conn, void *context)
{
    struct run *run = context;
    const struct import_task *task = run->task;
    struct cell args[] = {
        cell_text(import_options_text(scope, task->options)),
        cell_int(run->report->rows),
        cell_int(engine_now_ms(task->by.engine)),
        cell_text(import_owner(scope)),
        cell_id(scope, task->id),
    };
    if (!db_exec(scope, conn,
                 STR("UPDATE import_run SET state = 'running', mapping = ?, rows = ?, "
                     "started_at = ?, owner = ?, version = version + 1 "
                     "WHERE id = ? AND state IN ('preview', 'waiting')"),
                 args, 5)) {
        return false;
    }
    if (db_changes(conn) > 0) {
        return import_audit(scope, conn, &task->by, task->id, task->options->object, "run");
    }
    return error_set(scope, ERROR_CONFLICT, "import.already_run", STR(""));
}

bool run_begin(struct scope *scope, struct run *run)
{
    if (run->task->options->is_dry_run) return true;
    run->has_begun =
        db_write_wait(scope, engine_db(run->task->by.engine), begin_write, run);
    return run->has_begun;
}

bool run_progress(struct scope *scope, struct db_conn *conn, struct batch *batch)
{
    struct cell args[] = {
        cell_int(batch->count),   cell_int(batch->created),     cell_int(batch->updated),
        cell_int(batch->skipped), cell_int(batch->failed_rows),
        cell_id(scope, batch->run->task->id),
    };
    return db_exec(scope, conn,
                   STR("UPDATE import_run SET done = done + ?, created = created + ?, "
                       "updated = updated + ?, skipped = skipped + ?, failed = failed + ?, "
                       "version = version + 1 WHERE id = ?"),
                   args, 6);
}

static void failure_put(struct json_writer *writer, const struct import_failure *failure)
{
    json_map_begin(writer);
    json_member_int(writer, "row", failure->row);
    json_member_str(writer, "column", failure->column);
    json_member_str(writer, "value", failure->value);
    json_member_str(writer, "code", failure->code);
    json_member_str(writer, "message", failure->message);
    json_map_end(writer);
}

static struct str report_text(struct scope *scope, const struct run *run)
{
    struct buf out;
    struct json_writer writer;
    buf_begin(&out, scope, REPORT_SIZE_MAX);
    json_begin(&writer, &out);
    json_map_begin(&writer);
    json_key(&writer, STR("failed"));
    json_list_begin(&writer);
    for (int i = 0; i < run->report->failed_kept; i++) {
        failure_put(&writer, &run->report->failed[i]);
    }
    json_list_end(&writer);
    if (run->made_choices.size > 0) {
        json_key(&writer, STR("choices"));
        json_put_raw(&writer, run->made_choices);
    }
    json_map_end(&writer);
    return out.is_over ? STR("{\"failed\":[]}") : buf_str(&out);
}

struct finish {
    struct run *run;
    const char *state;
};

static bool finish_write(struct scope *scope, struct db_conn *conn, void *context)
{
    struct finish *finish = context;
    const struct import_task *task = finish->run->task;
    struct cell args[] = {
        cell_text(str_of(finish->state)),
        cell_text(report_text(scope, finish->run)),
        cell_int(engine_now_ms(task->by.engine)),
        cell_id(scope, task->id),
    };
    return db_exec(scope, conn,
                   STR("UPDATE import_run SET state = CASE WHEN state = 'running' THEN ? ELSE "
                       "state END, report = ?, finished_at = ?, version = version + 1 "
                       "WHERE id = ?"),
                   args, 4);
}

bool run_finish(struct scope *scope, struct run *run, const char *state)
{
    struct finish finish = { run, state };
    run->report->state = str_of(state);
    if (run->task->options->is_dry_run) return true;
    return db_write_wait(scope, engine_db(run->task->by.engine), finish_write, &finish);
}

/* ---- refused rows ---- */

static bool errors_open(struct scope *scope, struct run *run)
{
    int count = run->header.count;
    run->error_columns = scope_new(run->scope, struct table_column, count + 1);
    for (int i = 0; i < count; i++) {
        run->error_columns[i] =
            (struct table_column){ run->header.names[i], run->header.names[i], TABLE_TEXT, 0 };
    }
    struct str title =
        message_text(scope, run->task->by.language, "import.reason_column", NULL, 0);
    run->error_columns[count] = (struct table_column){ title, title, TABLE_TEXT, 0 };
    static const struct table_options options = { .has_bom = true };
    bool is_book = str_ends_with(str_of(run->task->errors_path), STR(".xlsx"));
    enum table_format format = is_book ? TABLE_XLSX : TABLE_CSV;
    if (table_writer_open(run->scope, format, run->task->errors_path, run->error_columns,
                          count + 1, &options, &run->errors)) {
        return true;
    }
    return error_storage(scope, STR("the file of refused rows could not be written"));
}

/* A row's reasons stand one behind the other in the list. */
static bool errors_row(struct scope *scope, struct run *run, const struct batch *batch, int *at)
{
    const struct line *line = batch->failed_lines[*at];
    int count = run->header.count;
    struct table_value *values = scope_new(scope, struct table_value, count + 1);
    struct buf reason;
    buf_begin(&reason, scope, 64 * 1024);
    for (int i = 0; line->row.cells && i < count && i < line->row.count; i++) {
        struct str text = ingest_cell_text(scope, &line->row.cells[i]);
        values[i] = (struct table_value){ .is_set = text.size > 0, .text = text };
    }
    while (*at < batch->failure_count && batch->failed_lines[*at] == line) {
        if (reason.size > 0) buf_put(&reason, STR(" "));
        buf_put(&reason, batch->failures[(*at)++].message);
    }
    values[count] = (struct table_value){ .is_set = true, .text = buf_str(&reason) };
    return table_writer_row(run->errors, scope, values);
}

static bool errors_write(struct scope *scope, struct run *run, const struct batch *batch)
{
    if (!run->task->errors_path || batch->failure_count == 0) return true;
    if (!run->errors && !errors_open(scope, run)) return false;
    for (int at = 0; at < batch->failure_count;) {
        if (!errors_row(scope, run, batch, &at)) return false;
    }
    return true;
}

bool batch_keep(struct scope *scope, struct batch *batch)
{
    struct run *run = batch->run;
    struct import_report *report = run->report;
    report->done += batch->count;
    report->created += batch->created;
    report->updated += batch->updated;
    report->skipped += batch->skipped;
    report->failed_count += batch->failed_rows;
    for (int i = 0; i < batch->failure_count; i++) {
        if (report->failed_kept == IMPORT_FAILURE_COUNT_MAX) break;
        const struct import_failure *from = &batch->failures[i];
        report->failed[report->failed_kept++] = (struct import_failure){
            .row = from->row,
            .column = scope_copy(run->scope, from->column),
            .value = scope_copy(run->scope, from->value),
            .code = scope_copy(run->scope, from->code),
            .message = scope_copy(run->scope, from->message),
        };
    }
    for (int i = 0; i < batch->later_count; i++) {
        if (run->later_count == run->later_capacity) {
            run->later_capacity = run->later_capacity ? run->later_capacity * 2 : 256;
            struct later *more = scope_new(run->scope, struct later, run->later_capacity);
            if (run->later_count > 0) {
                memcpy(more, run->later, sizeof(*more) * (size_t)run->later_count);
            }
            run->later = more;
        }
        struct later *later = &run->later[run->later_count++];
        *later = batch->later[i];
        later->field = scope_copy(run->scope, later->field);
        later->text = scope_copy(run->scope, later->text);
    }
    return errors_write(scope, run, batch);
}

/* ---- telling ---- */

static bool is_one_of(struct str state, const char *const *states)
{
    for (int i = 0; states[i]; i++) {
        if (str_is(state, states[i])) return true;
    }
    return false;
}

static void put_time(struct json_writer *writer, const char *name, const struct cell *cell)
{
    json_key(writer, str_of(name));
    if (cell->kind == CELL_INT) {
        json_put_time(writer, cell->integer);
    } else {
        json_put_null(writer);
    }
}

static const char run_columns[] =
    "SELECT i.id, i.state, i.rows, i.created, i.updated, i.skipped, i.failed, i.done, i.object, "
    "i.kind, i.file_name, i.created_at, i.finished_at, i.\"by\", u.name, i.undone_at, i.report "
    "FROM import_run AS i LEFT JOIN \"user\" AS u ON u.id = i.\"by\"";

/* What was found in a file that has not been run yet. */
static void preview_put(struct json_writer *writer, const struct json *preview)
{
    static const char *const names[] = { "columns", "warnings" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct json *member = json_get(preview, names[i]);
        if (!member) continue;
        json_key(writer, str_of(names[i]));
        json_put_tree(writer, member);
    }
}

static bool run_put(struct scope *scope, struct json_writer *writer, const struct cell *cells,
                    bool is_full)
{
    static const char *const undoable[] = { "done", "failed", "cancelled", NULL };
    struct json report = { .kind = JSON_KIND_NULL };
    if (cells[16].kind == CELL_TEXT && !json_read(scope, cells[16].text, &report)) return false;
    json_member_str(writer, "id", uuid_format(scope, cell_uuid(&cells[0])));
    json_member_str(writer, "state", cells[1].text);
    const struct json *preview = json_get(&report, "preview");
    json_member_int(writer, "rows",
                    preview ? json_int(preview, "rows", 0) : cells[2].integer);
    json_member_int(writer, "created", cells[3].integer);
    json_member_int(writer, "updated", cells[4].integer);
    json_member_int(writer, "skipped", cells[5].integer);
    json_member_int(writer, "failed_count", cells[6].integer);
    json_key(writer, STR("failed"));
    const struct json *failed = json_get(&report, "failed");
    if (failed && is_full) {
        json_put_tree(writer, failed);
    } else {
        json_list_begin(writer);
        json_list_end(writer);
    }
    json_key(writer, STR("progress"));
    json_map_begin(writer);
    json_member_int(writer, "done", cells[7].integer);
    json_member_int(writer, "total", cells[2].integer);
    json_map_end(writer);
    json_member_str(writer, "object", cells[8].text);
    json_member_str(writer, "kind", cells[9].text);
    json_member_str(writer, "file", cells[10].kind == CELL_TEXT ? cells[10].text : STR(""));
    put_time(writer, "created_at", &cells[11]);
    put_time(writer, "finished_at", &cells[12]);
    put_time(writer, "undone_at", &cells[15]);
    json_member_str(writer, "by_name", cells[14].kind == CELL_TEXT ? cells[14].text : STR(""));
    json_member_bool(writer, "can_undo",
                     is_one_of(cells[1].text, undoable) &&
                         cells[3].integer + cells[4].integer > 0);
    if (preview && is_full) preview_put(writer, preview);
    return true;
}

bool import_report_put(struct scope *scope, struct db_conn *conn,
                       const struct engine_context *context, struct uuid id,
                       struct json_writer *writer)
{
    struct row row;
    struct cell arg = cell_id(scope, id);
    struct str sql = scope_format(scope, "%s WHERE i.id = ?", run_columns);
    if (!db_one(scope, conn, sql, &arg, 1, &row)) return false;
    if (row.count == 0 || !may_see(context, &row.cells[13])) {
        return error_set(scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
    }
    return run_put(scope, writer, row.cells, true);
}

bool import_list_put(struct scope *scope, struct db_conn *conn,
                     const struct engine_context *context, int limit, struct json_writer *writer)
{
    struct rows rows;
    bool is_all = actor_has_right(&context->actor, RIGHT_CONFIGURE);
    struct cell args[] = { cell_id(scope, context->actor.user), cell_int(is_all),
                           cell_int(limit) };
    struct str sql = scope_format(
        scope, "%s WHERE (i.\"by\" = ? OR ? = 1) ORDER BY i.created_at DESC, i.id DESC LIMIT ?",
        run_columns);
    if (!db_all(scope, conn, sql, args, 3, limit, &rows)) return false;
    json_key(writer, STR("items"));
    json_list_begin(writer);
    for (int i = 0; i < rows.count; i++) {
        json_map_begin(writer);
        if (!run_put(scope, writer, rows.items[i].cells, false)) return false;
        json_map_end(writer);
    }
    json_list_end(writer);
    return true;
}

bool import_cancel(struct scope *scope, struct db_conn *conn,
                   const struct engine_context *context, struct uuid id)
{
    struct str object, state;
    enum import_kind kind;
    struct cell arg = cell_id(scope, id);
    if (!import_find(scope, conn, context, id, &object, &kind, &state)) return false;
    if (!db_exec(scope, conn,
                 STR("UPDATE import_run SET state = 'cancelled', version = version + 1 "
                     "WHERE id = ? AND state IN ('running', 'waiting', 'preview')"),
                 &arg, 1)) {
        return false;
    }
    return db_changes(conn) > 0 || error_set(scope, ERROR_CONFLICT, "import.not_running", STR(""));
}

struct settling {
    struct engine *engine;
    struct uuid id;
};

static bool settle_write(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct settling *settling = context;
    struct cell args[] = { cell_int(engine_now_ms(settling->engine)),
                           cell_id(scope, settling->id) };
    return db_exec(scope, conn,
                   STR("UPDATE import_run SET state = 'failed', finished_at = ?, "
                       "version = version + 1 WHERE id = ? AND state IN ('running', 'waiting')"),
                   args, 2);
}

bool import_settle(struct scope *scope, struct engine *engine, struct uuid id)
{
    struct settling settling = { engine, id };
    return db_write_wait(scope, engine_db(engine), settle_write, &settling);
}
