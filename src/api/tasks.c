/* Tasks: lists under the reader's predicate, done, put off. */
#include "api/inner.h"

/* Kept beside the columns of task_columns. */
enum task_column {
    TASK_ID,
    TASK_KIND,
    TASK_TITLE,
    TASK_OBJECT,
    TASK_RECORD,
    TASK_ASSIGNEE,
    TASK_DUE,
    TASK_DONE,
    TASK_OUTCOME,
    TASK_CARD,
    TASK_ALERT,
    TASK_LEVEL,
    TASK_CREATED,
    TASK_DONE_BY,
    TASK_VERSION,
    TASK_RULE,
};

static const char task_columns[] =
    "t.id, t.kind, t.title, t.object, t.record, t.assignee, t.due_at, t.done_at, t.outcome, "
    "t.card, t.alert, (SELECT a.level FROM alert AS a WHERE a.id = t.alert), t.created_at, "
    "t.done_by, t.version, t.rule";

/* The text stands there as its assignee may read it; for anybody else it is made anew. */
static bool take_text(struct call *call, struct db_conn *conn, const struct object *object,
                      const struct cell *row, struct cell *title, struct cell *card)
{
    const struct actor *actor = &call->context.actor;
    bool is_theirs = actor_is_system(actor) || actor->role->sees_all ||
                     uuid_equal(cell_uuid(&row[TASK_ASSIGNEE]), actor->user);
    struct task_text text;
    *title = row[TASK_TITLE];
    *card = row[TASK_CARD];
    if (is_theirs || !object) return true;
    if (!engine_task_text(call->scope, conn, &call->context, object,
                          cell_uuid(&row[TASK_RECORD]), row[TASK_RULE].text, row[TASK_KIND].text,
                          &text)) {
        return false;
    }
    *title = cell_text(text.title);
    if (card->kind != CELL_NULL) *card = text.card.size > 0 ? cell_text(text.card) : cell_null();
    return true;
}

static const struct object *object_of(const struct call *call, const struct cell *row)
{
    return schema_object_by_id(call->snapshot->schema, row[TASK_OBJECT].integer);
}

static bool put_task(struct call *call, struct db_conn *conn, const struct cell *row)
{
    struct json_writer *out = &call->out;
    struct str title;
    struct cell text, card;
    const struct object *object = object_of(call, row);
    if (!take_text(call, conn, object, row, &text, &card)) return false;
    if (!record_title(call, conn, object, cell_uuid(&row[TASK_RECORD]), &title)) return false;
    const char *level = level_name(row[TASK_LEVEL].integer);
    json_map_begin(out);
    member_id(out, "id", &row[TASK_ID]);
    json_member_int(out, "version", row[TASK_VERSION].integer);
    member_text(out, "kind", &row[TASK_KIND]);
    member_both(call, "title", &text);
    member_object(call, "object", &row[TASK_OBJECT]);
    member_id(out, "record", &row[TASK_RECORD]);
    json_member_str(out, "record_title", title);
    member_id(out, "assignee", &row[TASK_ASSIGNEE]);
    if (!member_name_of(call, conn, "assignee_name", "user", &row[TASK_ASSIGNEE])) return false;
    member_time(out, "due_at", &row[TASK_DUE]);
    member_time(out, "done_at", &row[TASK_DONE]);
    member_id(out, "done_by", &row[TASK_DONE_BY]);
    member_text(out, "outcome", &row[TASK_OUTCOME]);
    member_json(call, "card", &card);
    member_id(out, "alert", &row[TASK_ALERT]);
    if (level) {
        json_member_str(out, "level", str_of(level));
    } else {
        json_member_null(out, "level");
    }
    member_time(out, "created_at", &row[TASK_CREATED]);
    json_key(out, STR("source"));
    if (row[TASK_ALERT].kind == CELL_NULL && object) {
        json_map_begin(out);
        json_member_str(out, "object", object->name);
        member_id(out, "id", &row[TASK_RECORD]);
        json_map_end(out);
    } else {
        json_put_null(out);
    }
    json_map_end(out);
    return true;
}

static void put_from(struct call *call, struct sql *sql)
{
    const struct object *task = schema_object(call->snapshot->schema, STR("task"));
    sql_put(sql, STR(" FROM task AS t WHERE "));
    access_put(sql, call->snapshot->access, &call->context.actor, call->context.now_ms, task,
               ACTION_READ, STR("t"));
}

/* ---- the list ---- */

/* Dates without a due time come last; closed ones are told newest first. */
static const char due_key[] = "COALESCE(t.due_at, 253402300800000)";

static bool put_person(struct call *call, struct sql *sql, struct str assignee)
{
    struct uuid id = call->context.actor.user;
    if (str_is(assignee, "all")) return true;
    bool is_me = assignee.size == 0 || str_is(assignee, "me");
    if (!is_me && !uuid_parse(assignee, &id)) {
        return error_set(call->scope, ERROR_INVALID, "field.not_id", STR("assignee"));
    }
    sql_put(sql, STR(" AND t.assignee = "));
    sql_id(sql, id);
    return true;
}

static bool put_filters(struct call *call, struct sql *sql, bool *is_open_asked)
{
    struct str assignee, kind, record, object;
    bool is_given = false, is_open = false;
    struct uuid id;
    if (!call_param_bool(call, "open", &is_given, &is_open) ||
        !call_param(call, "assignee", &assignee) || !call_param(call, "kind", &kind) ||
        !call_param(call, "record", &record) || !call_param(call, "object", &object)) {
        return false;
    }
    *is_open_asked = is_given && is_open;
    if (is_given) {
        sql_put(sql, is_open ? STR(" AND t.done_at IS NULL") : STR(" AND t.done_at IS NOT NULL"));
    }
    if (kind.size > 0) {
        sql_put(sql, STR(" AND t.kind = "));
        sql_text(sql, kind);
    }
    if (record.size > 0) {
        if (!uuid_parse(record, &id)) {
            return error_set(call->scope, ERROR_INVALID, "field.not_id", STR("record"));
        }
        sql_put(sql, STR(" AND t.record = "));
        sql_id(sql, id);
        if (assignee.size == 0) assignee = STR("all");
    }
    return put_person(call, sql, assignee);
}

static bool put_total(struct call *call, const struct sql *filters, bool is_open)
{
    struct sql sql;
    struct row row;
    sql_begin(&sql, call->scope);
    sql_put(&sql, STR("SELECT COUNT(*)"));
    sql_append(&sql, filters);
    if (!sql_one(call->scope, call->conn, &sql, &row)) return false;
    json_member_int(&call->out, "count", row.cells[0].integer);
    if (!is_open) return true;
    int zone_min = call->snapshot->schema->zone_min;
    int64_t today = time_local_days(call->context.now_ms, zone_min);
    struct cell args[] = { cell_id(call->scope, call->context.actor.user),
                           cell_int(time_day_start(today, zone_min)) };
    if (!db_one(call->scope, call->conn,
                STR("SELECT COUNT(*) FROM task WHERE assignee = ? AND done_at >= ?"), args, 2,
                &row)) {
        return false;
    }
    json_member_int(&call->out, "done_today", row.cells[0].integer);
    return true;
}

static bool put_page(struct call *call, struct sql *sql)
{
    struct str after;
    int limit;
    struct rows rows;
    if (!call_param(call, "after", &after) ||
        !call_param_limit(call, PAGE_LIMIT, PAGE_LIMIT_MAX, &limit)) {
        return false;
    }
    if (after.size > 0) {
        int64_t due;
        struct uuid id;
        if (!cursor_take(call->scope, after, &due, 1, &id)) return false;
        sql_putf(sql, " AND (%s, t.id) > (", due_key);
        sql_int(sql, due);
        sql_put(sql, STR(", "));
        sql_id(sql, id);
        sql_put(sql, STR(")"));
    }
    sql_putf(sql, " ORDER BY %s, t.id LIMIT ", due_key);
    sql_int(sql, limit + 1);
    if (!sql_all(call->scope, call->conn, sql, PAGE_LIMIT_MAX + 1, &rows)) return false;
    for (int i = 0; i < rows.count && i < limit; i++) {
        const struct cell *row = rows.items[i].cells;
        name_want(call, "user", cell_uuid(&row[TASK_ASSIGNEE]));
        title_want(call, object_of(call, row), cell_uuid(&row[TASK_RECORD]));
    }
    json_key(&call->out, STR("items"));
    json_list_begin(&call->out);
    for (int i = 0; i < rows.count && i < limit; i++) {
        if (!put_task(call, call->conn, rows.items[i].cells)) return false;
    }
    struct str next = STR("");
    if (rows.count > limit) {
        const struct cell *last = rows.items[limit - 1].cells;
        int64_t due = last[TASK_DUE].kind == CELL_INT ? last[TASK_DUE].integer : 253402300800000;
        next = cursor_put(call->scope, &due, 1, cell_uuid(&last[TASK_ID]));
    }
    list_next(call, next);
    return true;
}

bool api_tasks(struct call *call)
{
    struct sql filters, sql;
    bool is_open = false;
    sql_begin(&filters, call->scope);
    put_from(call, &filters);
    if (!put_filters(call, &filters, &is_open)) return false;
    sql_begin(&sql, call->scope);
    sql_putf(&sql, "SELECT %s", task_columns);
    sql_append(&sql, &filters);
    json_map_begin(&call->out);
    if (!put_page(call, &sql) || !put_total(call, &filters, is_open)) return false;
    json_map_end(&call->out);
    return true;
}

/* ---- one task ---- */

static bool task_answer(struct call *call, struct db_conn *conn)
{
    struct sql sql;
    struct row row;
    sql_begin(&sql, call->scope);
    sql_putf(&sql, "SELECT %s", task_columns);
    put_from(call, &sql);
    sql_put(&sql, STR(" AND t.id = "));
    sql_id(&sql, call->id);
    if (!sql_one(call->scope, conn, &sql, &row)) return false;
    if (row.count == 0) {
        return error_set(call->scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
    }
    return put_task(call, conn, row.cells);
}

bool api_task(struct call *call)
{
    return call_capture_id(call, 0, &call->id) && task_answer(call, call->conn);
}

/* A phrase that says nothing is no outcome; the list "filler" holds them. */
static bool is_filler(struct call *call, struct str text)
{
    static const char *const marks[] = { "。", ".", "!", "！", "~", "～", "，", "," };
    const struct config *list =
        schema_config(call->snapshot->schema, STR("list"), STR("filler"));
    const struct json *items = list ? json_get(&list->body, "items") : NULL;
    text = str_trim(text);
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        struct str mark = str_of(marks[i]);
        while (text.size > 0 && str_ends_with(text, mark)) {
            text = str_slice(text, 0, text.size - mark.size);
        }
    }
    for (int i = 0; items && i < items->count; i++) {
        if (str_equal_nocase(text, items->items[i].text)) return true;
    }
    return false;
}

bool api_task_done(struct call *call)
{
    struct str outcome;
    if (!call_capture_id(call, 0, &call->id) || !call_body_map(call) ||
        !call_text(call, "outcome", true, &outcome)) {
        return false;
    }
    if (!is_filler(call, outcome)) return true;
    return error_set(call->scope, ERROR_INVALID, "task.outcome_filler", STR("outcome"));
}

bool api_task_done_write(struct call *call, struct db_conn *conn)
{
    return engine_task_done(call->scope, conn, &call->context, call->id,
                            json_text(&call->body, "outcome")) &&
           task_answer(call, conn);
}

bool api_task_reschedule(struct call *call)
{
    int64_t *due_at_ms = scope_new(call->scope, int64_t, 1);
    call->state = due_at_ms;
    return call_capture_id(call, 0, &call->id) && call_body_map(call) &&
           call_time(call, "due_at", due_at_ms);
}

/*
 * A record's rule may have closed this task and made another; then the answer is
 * the open one that stands in its place.
 */
static bool task_follow(struct call *call, struct db_conn *conn)
{
    struct cell args[] = { cell_id(call->scope, call->id), cell_id(call->scope, call->id) };
    struct row row;
    if (!db_one(call->scope, conn,
                STR("SELECT n.id FROM task AS o JOIN task AS n ON n.record = o.record AND "
                    "n.kind = o.kind AND n.done_at IS NULL AND n.id <> ? "
                    "WHERE o.id = ? AND o.done_at IS NOT NULL ORDER BY n.created_at DESC LIMIT 1"),
                args, 2, &row)) {
        return false;
    }
    if (row.count > 0) call->id = cell_uuid(&row.cells[0]);
    return true;
}

bool api_task_reschedule_write(struct call *call, struct db_conn *conn)
{
    return engine_task_reschedule(call->scope, conn, &call->context, call->id,
                                  *(const int64_t *)call->state) &&
           task_follow(call, conn) && task_answer(call, conn);
}
