/*
 * Taking an import back. Deleting and restoring goes through the engine, on behalf
 * of the person but with the system's reach, so that it is complete even where
 * somebody else owns the record now. Rules stay silent.
 */
#include "ingest/import_inner.h"

enum { UNDO_BATCH_SIZE = 100, PEOPLE_COUNT_MAX = 100000 };

struct undoing {
    const struct import_by *by;
    struct uuid id;
    int phase;           /* which rows: see undo_write() */
    struct uuid after;   /* the last record looked at */
    int count;           /* rows of the last batch */
    int64_t gone, kept;
};

static bool undo_context(struct scope *scope, struct db_conn *conn, const struct undoing *undoing,
                         const struct snapshot *snapshot, struct engine_context *out)
{
    if (!by_context(scope, conn, undoing->by, snapshot, out)) return false;
    out->actor.role = NULL;
    return true;
}

/* ---- is anything else using it ---- */

static bool uses_of(struct scope *scope, struct db_conn *conn, const struct object *from,
                    const struct field *field, struct uuid id, bool *out)
{
    struct sql sql;
    struct row row;
    if (field->column.size == 0 || str_is(field->name, "created_by") ||
        str_is(field->name, "updated_by") || str_is(field->name, "id")) {
        return true;
    }
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT 1 FROM "));
    sql_name(&sql, from->table);
    sql_put(&sql, STR(" WHERE deleted_at IS NULL AND "));
    sql_name(&sql, field->column);
    sql_put(&sql, STR(" = "));
    sql_id(&sql, id);
    sql_put(&sql, STR(" LIMIT 1"));
    if (!sql_one(scope, conn, &sql, &row)) return false;
    *out = *out || row.count > 0;
    return true;
}

static bool is_used(struct scope *scope, struct db_conn *conn, const struct schema *schema,
                    const struct object *object, struct uuid id, bool *out)
{
    *out = false;
    for (int o = 0; o < schema->object_count && !*out; o++) {
        const struct object *from = &schema->objects[o];
        if (from->is_builtin) continue;
        for (int i = 0; i < from->field_count && !*out; i++) {
            const struct field *field = &from->fields[i];
            if (field->to != object || field_kind(field) != VALUE_ID || field->is_stored) continue;
            if (!uses_of(scope, conn, from, field, id, out)) return false;
        }
    }
    return true;
}

/* ---- one record ---- */

static bool take_away(struct scope *scope, struct db_conn *conn,
                      const struct engine_context *context, const struct object *object,
                      struct uuid id, bool is_only_unused, struct undoing *undoing)
{
    bool used = false;
    if (is_only_unused &&
        !is_used(scope, conn, context->snapshot->schema, object, id, &used)) {
        return false;
    }
    if (used) {
        undoing->kept += 1;
        return true;
    }
    struct write write = { .verb = WRITE_DELETE, .object = object, .id = id, .is_history = true };
    if (engine_write(scope, conn, context, &write, NULL, NULL)) {
        undoing->gone += 1;
        return true;
    }
    if (scope->error.code != ERROR_NOT_FOUND) return false;
    scope_error_clear(scope); /* somebody was faster */
    return true;
}

static bool is_text_of(struct scope *scope, const struct field *field, const struct cell *cell,
                       const struct json *text)
{
    if (!text || text->kind != JSON_KIND_STR) return cell->kind == CELL_NULL;
    return cell->kind != CELL_NULL &&
           str_equal(field_store_text(scope, field, cell), text->text);
}

/* Old values of the fields that still hold what the import wrote. */
static bool changes_back(struct scope *scope, struct record *record, const struct json *before,
                         struct changes *out)
{
    const struct json *old = json_get(before, "old"), *new = json_get(before, "new");
    *out = (struct changes){ scope_new(scope, struct change, old ? old->count + 1 : 1), 0 };
    for (int i = 0; old && i < old->count; i++) {
        const struct field *field = object_field(record->object, old->names[i]);
        if (!field) continue;
        struct cell cell = cell_null();
        if (!is_text_of(scope, field, record_cell(record, field),
                        json_get_str(new, old->names[i]))) {
            continue;
        }
        bool is_set = old->items[i].kind == JSON_KIND_STR;
        if (is_set && !field_load_text(scope, field, old->items[i].text, &cell)) {
            scope_error_clear(scope);
            continue;
        }
        out->items[out->count++] = (struct change){ field, cell };
    }
    return true;
}

static bool stays_back(struct scope *scope, struct db_conn *conn,
                       const struct engine_context *context, const struct record *record,
                       const struct json *stays, const struct changes *changes)
{
    struct history_row row = { .object = record->object, .id = record->id };
    row.events = scope_new(scope, struct stage_event, stays->count + 1);
    for (int i = 0; i < stays->count; i++) {
        const struct json *stay = &stays->items[i];
        if (stay->kind != JSON_KIND_LIST || stay->count != 4) continue;
        struct stage_event *event = &row.events[row.event_count];
        event->stage = schema_stage_by_id(context->snapshot->schema, stay->items[0].integer);
        event->at_ms = stay->items[1].integer;
        if (!uuid_parse(stay->items[2].text, &event->by)) continue;
        event->reason = stay->items[3].text;
        row.event_count += event->stage != NULL;
    }
    row.changes = *changes;
    return row.event_count == 0 || engine_put_stays(scope, conn, context, &row);
}

static bool put_back(struct scope *scope, struct db_conn *conn,
                     const struct engine_context *context, const struct object *object,
                     struct uuid id, struct str text)
{
    struct json before;
    struct record record;
    struct changes changes;
    struct record_context record_context = engine_record_context(context);
    if (!json_read(scope, text, &before)) return false;
    if (!record_load(scope, conn, &record_context, object, id, ACTION_UPDATE, &record)) {
        if (scope->error.code != ERROR_NOT_FOUND) return false;
        scope_error_clear(scope);
        return true;
    }
    if (!changes_back(scope, &record, &before, &changes)) return false;
    const struct json *stays = json_get(&before, "stays");
    if (stays && object->has_pipeline) {
        return stays_back(scope, conn, context, &record, stays, &changes);
    }
    struct write write = {
        .verb = WRITE_UPDATE,
        .object = object,
        .id = id,
        .changes = changes,
        .is_history = true,
        .is_lenient = true,
    };
    return changes.count == 0 || engine_write(scope, conn, context, &write, NULL, NULL);
}

/* ---- batches ---- */

static bool row_undo(struct scope *scope, struct db_conn *conn,
                     const struct engine_context *context, const struct cell *cells,
                     struct undoing *undoing)
{
    const struct access *access = context->snapshot->access;
    const struct object *object =
        schema_object_by_id(context->snapshot->schema, cells[1].integer);
    struct uuid id = cell_uuid(&cells[0]);
    if (!object) return true;
    if (cells[2].integer == IMPORT_UPDATED) {
        return cells[3].kind != CELL_TEXT ||
               put_back(scope, conn, context, object, id, cells[3].text);
    }
    bool is_people = object == access->user || object == access->team;
    bool is_only_unused = is_people || cells[2].integer == IMPORT_REFERENCE;
    return take_away(scope, conn, context, object, id, is_only_unused, undoing);
}

static bool undo_write(struct scope *scope, struct db_conn *conn, void *context)
{
    /* Changed ones first; people after what they own, teams after their people. */
    static const char *const conditions[] = {
        "action = 2", "action IN (1, 4) AND object NOT IN (1, 2)",
        "action = 3 AND object NOT IN (1, 2)",
        "action <> 2 AND object = 1", "action <> 2 AND object = 2",
    };
    struct undoing *undoing = context;
    const struct snapshot *snapshot = snapshot_take(undoing->by->engine);
    struct engine_context by;
    struct rows rows;
    struct cell args[] = { cell_id(scope, undoing->id), cell_id(scope, undoing->after),
                           cell_int(UNDO_BATCH_SIZE) };
    struct str sql = scope_format(scope,
                                  "SELECT record, object, action, before FROM import_row WHERE "
                                  "import = ? AND record > ? AND %s ORDER BY record LIMIT ?",
                                  conditions[undoing->phase]);
    bool ok = undo_context(scope, conn, undoing, snapshot, &by) &&
              db_all(scope, conn, sql, args, 3, UNDO_BATCH_SIZE, &rows);
    undoing->count = ok ? rows.count : 0;
    for (int i = 0; ok && i < rows.count; i++) {
        struct scope inner;
        scope_begin(&inner);
        ok = row_undo(&inner, conn, &by, rows.items[i].cells, undoing);
        if (!ok) error_pass(scope, &inner);
        scope_end(&inner);
        undoing->after = cell_uuid(&rows.items[i].cells[0]);
    }
    snapshot_release(undoing->by->engine, snapshot);
    return ok && run_beat(scope, conn, undoing->id);
}

/* Only the one who imported, or who configures; and only what has ended. */
static bool begin_write(struct scope *scope, struct db_conn *conn, void *context)
{
    struct undoing *undoing = context;
    const struct snapshot *snapshot = snapshot_take(undoing->by->engine);
    struct engine_context by;
    struct str object, state;
    enum import_kind kind;
    struct cell args[] = { cell_text(import_owner(scope)), cell_id(scope, undoing->id) };
    bool ok = by_context(scope, conn, undoing->by, snapshot, &by) &&
              import_find(scope, conn, &by, undoing->id, &object, &kind, &state);
    if (ok) {
        const struct object *meant = schema_object(snapshot->schema, object);
        ok = meant ? access_check(scope, snapshot->access, &by.actor, meant, ACTION_IMPORT)
                   : error_set(scope, ERROR_NOT_FOUND, "import.object_unknown", STR("object"));
    }
    snapshot_release(undoing->by->engine, snapshot);
    if (!ok || !db_exec(scope, conn,
                        STR("UPDATE import_run SET state = 'undoing', owner = ?, "
                            "version = version + 1 "
                            "WHERE id = ? AND state IN ('done', 'failed', 'cancelled')"),
                        args, 2)) {
        return false;
    }
    if (db_changes(conn) > 0) {
        return import_audit(scope, conn, undoing->by, undoing->id, object, "undo");
    }
    return error_set(scope, ERROR_CONFLICT, "import.not_undoable", STR(""));
}

/* The lowest id a moment gives: those of messages are in order of time. */
static struct uuid id_floor(int64_t at_ms)
{
    struct uuid id = { { 0 } };
    for (int i = 0; i < 6; i++) id.bytes[i] = (uint8_t)((uint64_t)at_ms >> (40 - 8 * i));
    return id;
}

/*
 * What people were told about records that are no more, or about changes taken back while the
 * import ran, leaves their inbox; what has not gone out yet does not go out.
 */
static bool messages_withdraw(struct scope *scope, struct db_conn *conn,
                              const struct undoing *undoing, const struct cell *started_at,
                              const struct cell *finished_at)
{
    static const char condition[] =
        " FROM message WHERE id >= ? AND (channel = 'inbox' OR sent_at IS NULL) AND EXISTS "
        "(SELECT 1 FROM import_row AS r WHERE r.import = ? AND r.record = message.record AND "
        "(r.action <> 2 OR message.created_at <= ?))";
    if (started_at->kind != CELL_INT) return true;
    int64_t until_ms = finished_at->kind == CELL_INT ? finished_at->integer : INT64_MAX;
    struct cell args[] = { cell_id(scope, id_floor(started_at->integer)),
                           cell_id(scope, undoing->id), cell_int(until_ms) };
    struct rows people;
    if (!db_all(scope, conn, scope_format(scope, "SELECT DISTINCT recipient%s", condition), args,
                3, PEOPLE_COUNT_MAX, &people) ||
        !db_exec(scope, conn, scope_format(scope, "DELETE%s", condition), args, 3)) {
        return false;
    }
    for (int i = 0; i < people.count; i++) {
        event_tell(undoing->by->engine, conn,
                   (struct event){ .kind = EVENT_MESSAGE,
                                   .person = cell_uuid(&people.items[i].cells[0]) });
    }
    return true;
}

static bool end_write(struct scope *scope, struct db_conn *conn, void *context)
{
    struct undoing *undoing = context;
    struct cell args[] = { cell_int(engine_now_ms(undoing->by->engine)),
                           cell_id(scope, undoing->id) };
    struct row row;
    struct json report = { .kind = JSON_KIND_NULL };
    if (!run_beat(scope, conn, undoing->id) ||
        !db_one(scope, conn, STR("SELECT object, report, started_at, finished_at FROM import_run "
                                  "WHERE id = ?"),
                &args[1], 1, &row)) {
        return false;
    }
    if (row.count == 0) return error_set(scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
    if (row.cells[1].kind == CELL_TEXT && !json_read(scope, row.cells[1].text, &report)) {
        return false;
    }
    if (!messages_withdraw(scope, conn, undoing, &row.cells[2], &row.cells[3])) return false;
    const struct json *made = json_get(&report, "choices");
    const struct snapshot *snapshot = snapshot_take(undoing->by->engine);
    struct engine_context by;
    bool ok = undo_context(scope, conn, undoing, snapshot, &by) &&
              choices_unmake(scope, conn, &by, row.cells[0].text, made);
    snapshot_release(undoing->by->engine, snapshot);
    return ok && db_exec(scope, conn,
                         STR("UPDATE import_run SET state = 'undone', undone_at = ?, "
                             "version = version + 1 WHERE id = ?"),
                         args, 2);
}

static bool failed_write(struct scope *scope, struct db_conn *conn, void *context)
{
    struct undoing *undoing = context;
    struct cell args[] = { cell_id(scope, undoing->id), cell_text(import_owner(scope)) };
    return db_exec(scope, conn,
                   STR("UPDATE import_run SET state = 'failed', version = version + 1 "
                       "WHERE id = ? AND state = 'undoing' AND owner = ?"),
                   args, 2);
}

static bool phase_run(struct scope *scope, struct db *db, struct undoing *undoing)
{
    undoing->after = (struct uuid){ { 0 } };
    do {
        struct scope inner;
        struct undoing next = *undoing;
        scope_begin(&inner);
        bool ok = db_write_wait(&inner, db, undo_write, &next);
        if (!ok) error_pass(scope, &inner);
        scope_end(&inner);
        if (!ok) return false;
        *undoing = next;
    } while (undoing->count == UNDO_BATCH_SIZE);
    return true;
}

bool import_undo(struct scope *scope, const struct import_by *by, struct uuid id)
{
    enum { PHASE_COUNT = 5, PEOPLE_PASS_MAX = 8 };
    struct undoing undoing = { .by = by, .id = id };
    struct db *db = engine_db(by->engine);
    if (!db_write_wait(scope, db, begin_write, &undoing)) return false;
    bool ok = true;
    for (int phase = 0; ok && phase < PHASE_COUNT; phase++) {
        undoing.phase = phase;
        /* Who is used only by another who goes can go in the next pass. */
        for (int pass = 0; ok && pass < PEOPLE_PASS_MAX; pass++) {
            undoing.gone = undoing.kept = 0;
            ok = phase_run(scope, db, &undoing);
            if (undoing.kept == 0 || undoing.gone == 0) break;
        }
    }
    ok = ok && db_write_wait(scope, db, end_write, &undoing);
    if (!ok) {
        struct scope inner;
        scope_begin(&inner);
        if (!db_write_wait(&inner, db, failed_write, &undoing)) scope_error_clear(&inner);
        scope_end(&inner);
    }
    return ok;
}
