/*
 * Ladders. For every record under a ladder there is one timer row: since when it
 * has been still, which level comes next, and when. A write that moves `since`
 * re-arms the timer and clears the alert in the same transaction; the sweep reads
 * timers that are due and nothing else, so it costs what is newly due. Raising an
 * alert, telling people and moving the timer on are one transaction: after a
 * crash either all of it has happened or it is still due.
 */
#include "engine/inner.h"

#include "base/json.h"

static const struct stage *stage_of(const struct schema *schema, const struct record *record)
{
    if (!record->object->has_pipeline) return NULL;
    return schema_stage_by_id(schema, record->cells[record->object->stage->index].integer);
}

/* ---- following a record ---- */

struct standing {
    bool is_under;      /* the ladder's condition holds */
    bool has_timer;
    struct cell since;  /* as the timer has it */
    int level;          /* next to be raised */
    struct cell due;
    bool has_alert;     /* an open one */
};

static bool standing_load(struct scope *scope, struct db_conn *conn,
                          const struct record_context *context, const struct ladder *ladder,
                          const struct record *record, struct standing *out)
{
    struct formula_context formulas =
        access_formula_context(context->access, context->actor, NULL, STR("t"), context->now_ms);
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT "));
    if (ladder->when) {
        sql_put(&sql, STR("CASE WHEN "));
        formula_put_condition(&sql, &formulas, ladder->when);
        sql_put(&sql, STR(" THEN 1 ELSE 0 END"));
    } else {
        sql_put(&sql, STR("1"));
    }
    sql_put(&sql, STR(", m.rule, m.since_at, m.level, m.due_at, CASE WHEN EXISTS (SELECT 1 FROM "
                      "alert AS al WHERE al.rule = "));
    sql_text(&sql, ladder->name);
    sql_put(&sql, STR(" AND al.record = t.id AND al.cleared_at IS NULL) THEN 1 ELSE 0 END FROM "));
    sql_name(&sql, record->object->table);
    sql_put(&sql, STR(" AS t LEFT JOIN timer AS m ON m.record = t.id AND m.rule = "));
    sql_int(&sql, ladder->id);
    sql_put(&sql, STR(" WHERE t.id = "));
    sql_id(&sql, record->id);
    struct row row;
    if (!sql_one(scope, conn, &sql, &row)) return false;
    *out = (struct standing){ 0 };
    if (row.count == 0) return true;
    out->is_under = row.cells[0].integer != 0;
    out->has_timer = row.cells[1].kind != CELL_NULL;
    out->since = row.cells[2];
    out->level = (int)row.cells[3].integer;
    out->due = row.cells[4];
    out->has_alert = row.cells[5].integer != 0;
    return true;
}

static bool timer_put(struct scope *scope, struct db_conn *conn, const struct ladder *ladder,
                      const struct record *record, struct cell since, int level, struct cell due)
{
    struct cell args[] = {
        cell_int(ladder->id), cell_id(scope, record->id), cell_int(record->object->id),
        since, cell_int(level), due,
    };
    return db_exec(scope, conn,
                   STR("INSERT INTO timer (rule, record, object, since_at, level, due_at) "
                       "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (rule, record) DO UPDATE SET "
                       "since_at = excluded.since_at, level = excluded.level, "
                       "due_at = excluded.due_at"),
                   args, 6);
}

static bool timer_drop(struct scope *scope, struct db_conn *conn, const struct ladder *ladder,
                       struct uuid record)
{
    struct cell args[] = { cell_int(ladder->id), cell_id(scope, record) };
    return db_exec(scope, conn, STR("DELETE FROM timer WHERE rule = ? AND record = ?"), args, 2);
}

static bool alert_clear(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context, const struct ladder *ladder,
                        const struct record *record, struct str why)
{
    struct cell args[] = { cell_int(context->now_ms), actor_cell(scope, &context->actor),
                           cell_text(why), cell_text(ladder->name), cell_id(scope, record->id) };
    struct row row;
    if (!db_one(scope, conn,
                STR("UPDATE alert SET cleared_at = ?, cleared_by = ?, cleared_why = ?, "
                    "version = version + 1 WHERE rule = ? AND record = ? AND cleared_at IS NULL "
                    "RETURNING id"),
                args, 5, &row)) {
        return false;
    }
    if (row.count == 0) return true;
    struct uuid alert = cell_uuid(&row.cells[0]);
    struct cell task_args[] = { args[0], args[1], cell_id(scope, alert) };
    event_tell(context->engine, conn,
              (struct event){ .kind = EVENT_ALERT, .object = record->object->id, .id = alert,
                              .record = record->id });
    event_tell(context->engine, conn, (struct event){ .kind = EVENT_TASK });
    return db_exec(scope, conn,
                   STR("UPDATE task SET done_at = ?, done_by = ?, outcome = 'cleared', "
                       "version = version + 1 WHERE alert = ? AND done_at IS NULL"),
                   task_args, 3);
}

static struct cell due_at(const struct ladder *ladder, const struct stage *stage,
                          const struct cell *since, int level)
{
    if (level == LEVEL_NONE) return cell_null();
    return cell_int(since->integer + ladder_after_ms(ladder, stage, level));
}

static bool sync_one(struct scope *scope, struct db_conn *conn,
                     const struct engine_context *context, const struct ladder *ladder,
                     const struct record *record)
{
    struct record_context record_context = engine_record_context(context);
    const struct stage *stage = stage_of(context->snapshot->schema, record);
    struct cell since = record->cells[ladder->since->index];
    struct standing standing;
    if (!standing_load(scope, conn, &record_context, ladder, record, &standing)) return false;
    if (!standing.is_under || since.kind != CELL_INT) {
        return (!standing.has_timer || timer_drop(scope, conn, ladder, record->id)) &&
               (!standing.has_alert ||
                alert_clear(scope, conn, context, ladder, record, STR("closed")));
    }
    /* Unmoved, or moved back (a log was deleted): what stands goes on standing. */
    if (standing.has_timer && since.integer <= standing.since.integer) {
        struct cell due = due_at(ladder, stage, &since, standing.level);
        bool is_same = cell_equal(&since, &standing.since) && cell_equal(&due, &standing.due);
        return is_same || timer_put(scope, conn, ladder, record, since, standing.level, due);
    }
    int level = ladder_next_level(ladder, stage, LEVEL_NONE);
    if (standing.has_alert &&
        !alert_clear(scope, conn, context, ladder, record, STR("moved"))) {
        return false;
    }
    return timer_put(scope, conn, ladder, record, since, level,
                     due_at(ladder, stage, &since, level));
}

bool ladder_sync(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                 const struct record *record)
{
    const struct rules *rules = context->snapshot->rules;
    for (int i = 0; i < rules->ladder_count; i++) {
        if (rules->ladders[i].object != record->object) continue;
        if (!sync_one(scope, conn, context, &rules->ladders[i], record)) return false;
    }
    return true;
}

bool ladder_forget(struct scope *scope, struct db_conn *conn,
                   const struct engine_context *context, const struct record *record)
{
    const struct rules *rules = context->snapshot->rules;
    for (int i = 0; i < rules->ladder_count; i++) {
        const struct ladder *ladder = &rules->ladders[i];
        if (ladder->object != record->object) continue;
        if (!timer_drop(scope, conn, ladder, record->id) ||
            !alert_clear(scope, conn, context, ladder, record, STR("deleted"))) {
            return false;
        }
    }
    struct cell args[] = { cell_int(context->now_ms), actor_cell(scope, &context->actor),
                           cell_id(scope, record->id) };
    return db_exec(scope, conn,
                   STR("UPDATE task SET done_at = ?, done_by = ?, outcome = 'deleted', "
                       "version = version + 1 WHERE record = ? AND done_at IS NULL"),
                   args, 3);
}

/* ---- set-wise ---- */

/* What a level means, by the row's stage: the milliseconds after which it is reached; 0 is NULL. */
static int64_t after_of(const struct ladder *ladder, const struct stage *stage, int level)
{
    return level == LEVEL_NONE ? 0 : ladder_after_ms(ladder, stage, level);
}
/* The milliseconds of the next level, and that level itself. */
static int64_t next_after_of(const struct ladder *ladder, const struct stage *stage, int level)
{
    return after_of(ladder, stage, ladder_next_level(ladder, stage, level));
}
static int64_t next_level_of(const struct ladder *ladder, const struct stage *stage, int level)
{
    return ladder_next_level(ladder, stage, level);
}

static void put_number(struct sql *sql, int64_t number, bool has_zero)
{
    if (number == 0 && !has_zero) {
        sql_put(sql, STR("NULL"));
    } else {
        sql_putf(sql, "%lld", (long long)number);
    }
}

/* value(stage of t, level) as an expression. */
static void put_by_stage(struct sql *sql, const struct ladder *ladder, int level, bool has_zero,
                         int64_t (*value)(const struct ladder *ladder, const struct stage *stage,
                                          int level))
{
    const struct object *object = ladder->object;
    int64_t otherwise = value(ladder, NULL, level);
    sql_put(sql, STR("CASE"));
    for (int p = 0; object->has_pipeline && p < object->pipeline_count; p++) {
        const struct pipeline *pipeline = object->pipelines[p];
        for (int s = 0; s < pipeline->stage_count; s++) {
            const struct stage *stage = &pipeline->stages[s];
            if (value(ladder, stage, level) == otherwise) continue;
            sql_putf(sql, " WHEN t.stage = %d THEN ", stage->id);
            put_number(sql, value(ladder, stage, level), has_zero);
        }
    }
    sql_put(sql, STR(" WHEN 1=0 THEN 0 ELSE "));
    put_number(sql, otherwise, has_zero);
    sql_put(sql, STR(" END"));
}

static void put_under(struct sql *sql, const struct engine_context *context,
                      const struct ladder *ladder)
{
    struct formula_context formulas = access_formula_context(
        context->snapshot->access, &context->actor, NULL, STR("t"), context->now_ms);
    sql_put(sql, STR("t.deleted_at IS NULL AND "));
    sql_column(sql, STR("t"), ladder->since->column);
    sql_put(sql, STR(" IS NOT NULL"));
    if (!ladder->when) return;
    sql_put(sql, STR(" AND "));
    formula_put_condition(sql, &formulas, ladder->when);
}

/* Timers of records that have none yet: of all, or of those named. */
static bool timers_fill(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context, const struct ladder *ladder,
                        const struct uuid *ids, int id_count)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("INSERT INTO timer (rule, record, object, since_at, level, due_at) SELECT "));
    sql_putf(&sql, "%d, t.id, %d, ", ladder->id, ladder->object->id);
    sql_column(&sql, STR("t"), ladder->since->column);
    sql_put(&sql, STR(", "));
    put_by_stage(&sql, ladder, LEVEL_NONE, true, next_level_of);
    sql_put(&sql, STR(", "));
    sql_column(&sql, STR("t"), ladder->since->column);
    sql_put(&sql, STR(" + "));
    put_by_stage(&sql, ladder, LEVEL_NONE, false, next_after_of);
    sql_put(&sql, STR(" FROM "));
    sql_name(&sql, ladder->object->table);
    sql_put(&sql, STR(" AS t WHERE "));
    put_under(&sql, context, ladder);
    for (int i = 0; i < id_count; i++) {
        sql_put(&sql, i == 0 ? STR(" AND t.id IN (") : STR(", "));
        sql_id(&sql, ids[i]);
    }
    if (id_count > 0) sql_put(&sql, STR(")"));
    sql_put(&sql, STR(" ON CONFLICT (rule, record) DO NOTHING"));
    return sql_exec(scope, conn, &sql);
}

/* Timers of records that have left the ladder, or whose clock says otherwise, and have no alert. */
static bool timers_prune(struct scope *scope, struct db_conn *conn,
                         const struct engine_context *context, const struct ladder *ladder)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("DELETE FROM timer WHERE rule = "));
    sql_int(&sql, ladder->id);
    sql_put(&sql, STR(" AND (NOT EXISTS (SELECT 1 FROM "));
    sql_name(&sql, ladder->object->table);
    sql_put(&sql, STR(" AS t WHERE t.id = timer.record AND "));
    put_under(&sql, context, ladder);
    sql_put(&sql, STR(") OR NOT EXISTS (SELECT 1 FROM alert AS a WHERE a.rule = "));
    sql_text(&sql, ladder->name);
    sql_put(&sql, STR(" AND a.record = timer.record AND a.cleared_at IS NULL))"));
    return sql_exec(scope, conn, &sql);
}

/* Tasks go with their alerts. */
static bool tasks_clear(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context)
{
    struct cell args[] = { cell_int(context->now_ms), actor_cell(scope, &context->actor) };
    return db_exec(scope, conn,
                   STR("UPDATE task SET done_at = ?, done_by = ?, outcome = 'cleared', "
                       "version = version + 1 WHERE done_at IS NULL AND alert IS NOT NULL AND "
                       "EXISTS (SELECT 1 FROM alert AS a WHERE a.id = task.alert AND "
                       "a.cleared_at IS NOT NULL)"),
                   args, 2);
}

static void put_clear(struct sql *sql, const struct engine_context *context)
{
    sql_put(sql, STR("UPDATE alert SET cleared_at = "));
    sql_int(sql, context->now_ms);
    sql_put(sql, STR(", cleared_by = "));
    sql_value(sql, actor_cell(sql->text.scope, &context->actor));
    sql_put(sql, STR(", cleared_why = 'rule', version = version + 1 "
                     "WHERE cleared_at IS NULL AND "));
}

/* Open alerts whose record is not under the ladder any more, or not at their level. */
static bool alerts_clear(struct scope *scope, struct db_conn *conn,
                         const struct engine_context *context, const struct ladder *ladder)
{
    struct sql sql;
    sql_begin(&sql, scope);
    put_clear(&sql, context);
    sql_put(&sql, STR("rule = "));
    sql_text(&sql, ladder->name);
    sql_put(&sql, STR(" AND NOT EXISTS (SELECT 1 FROM "));
    sql_name(&sql, ladder->object->table);
    sql_put(&sql, STR(" AS t WHERE t.id = alert.record AND "));
    put_under(&sql, context, ladder);
    sql_put(&sql, STR(" AND "));
    sql_column(&sql, STR("t"), ladder->since->column);
    sql_put(&sql, STR(" + CASE alert.level"));
    for (int level = LEVEL_YELLOW; level < LEVEL_COUNT; level++) {
        sql_putf(&sql, " WHEN %d THEN ", level);
        put_by_stage(&sql, ladder, level, false, after_of);
    }
    sql_put(&sql, STR(" END <= "));
    sql_int(&sql, context->now_ms);
    sql_put(&sql, STR(")"));
    return sql_exec(scope, conn, &sql) && tasks_clear(scope, conn, context);
}

/* Records with an open alert of this level wait for what is next above it now. */
static bool timers_align(struct scope *scope, struct db_conn *conn, const struct ladder *ladder,
                         int level)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("UPDATE timer SET (since_at, level, due_at) = (SELECT "));
    sql_column(&sql, STR("t"), ladder->since->column);
    sql_put(&sql, STR(", "));
    put_by_stage(&sql, ladder, level, true, next_level_of);
    sql_put(&sql, STR(", "));
    sql_column(&sql, STR("t"), ladder->since->column);
    sql_put(&sql, STR(" + "));
    put_by_stage(&sql, ladder, level, false, next_after_of);
    sql_put(&sql, STR(" FROM "));
    sql_name(&sql, ladder->object->table);
    sql_put(&sql, STR(" AS t WHERE t.id = timer.record) WHERE rule = "));
    sql_int(&sql, ladder->id);
    sql_put(&sql, STR(" AND record IN (SELECT a.record FROM alert AS a WHERE a.rule = "));
    sql_text(&sql, ladder->name);
    sql_putf(&sql, " AND a.cleared_at IS NULL AND a.level = %d)", level);
    return sql_exec(scope, conn, &sql);
}

bool ladder_retire(struct scope *scope, struct db_conn *conn,
                   const struct engine_context *context)
{
    const struct rules *rules = context->snapshot->rules;
    struct sql timers, alerts;
    sql_begin(&timers, scope);
    sql_begin(&alerts, scope);
    sql_put(&timers, STR("DELETE FROM timer WHERE rule NOT IN (0"));
    put_clear(&alerts, context);
    sql_put(&alerts, STR("rule NOT IN (''"));
    for (int i = 0; i < rules->ladder_count; i++) {
        sql_putf(&timers, ", %d", rules->ladders[i].id);
        sql_put(&alerts, STR(", "));
        sql_text(&alerts, rules->ladders[i].name);
    }
    sql_put(&timers, STR(")"));
    sql_put(&alerts, STR(")"));
    return sql_exec(scope, conn, &timers) && sql_exec(scope, conn, &alerts) &&
           tasks_clear(scope, conn, context);
}

bool ladder_begin(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                  const struct object *object, const struct uuid *ids, int id_count)
{
    const struct rules *rules = context->snapshot->rules;
    for (int i = 0; i < rules->ladder_count && id_count > 0; i++) {
        if (rules->ladders[i].object != object) continue;
        if (!timers_fill(scope, conn, context, &rules->ladders[i], ids, id_count)) return false;
    }
    return true;
}

bool ladder_rebuild(struct scope *scope, struct db_conn *conn,
                    const struct engine_context *context, const struct object *object)
{
    const struct rules *rules = context->snapshot->rules;
    for (int i = 0; i < rules->ladder_count; i++) {
        const struct ladder *ladder = &rules->ladders[i];
        if (ladder->object != object) continue;
        if (!alerts_clear(scope, conn, context, ladder) ||
            !timers_prune(scope, conn, context, ladder) ||
            !timers_fill(scope, conn, context, ladder, NULL, 0)) {
            return false;
        }
        for (int level = LEVEL_YELLOW; level < LEVEL_COUNT; level++) {
            if (!timers_align(scope, conn, ladder, level)) return false;
        }
    }
    return true;
}

/* ---- raising ---- */

struct raising {
    struct scope *scope;
    struct db_conn *conn;
    const struct engine_context *context;
    struct record_context record_context;
    const struct ladder *ladder;
    const struct record *record;
    const struct stage *stage;
    struct uuid alert;
    int level;
};

static const char *const level_columns[LEVEL_COUNT] = { "", "yellow_at", "orange_at", "red_at" };

/* The open alert rises, or there is a new one; levels passed on the way get the same moment. */
static bool alert_raise(struct raising *r)
{
    struct cell now = cell_int(r->context->now_ms);
    struct cell find_args[] = { cell_text(r->ladder->name), cell_id(r->scope, r->record->id) };
    struct row row;
    if (!db_one(r->scope, r->conn,
                STR("SELECT id FROM alert WHERE rule = ? AND record = ? AND cleared_at IS NULL"),
                find_args, 2, &row)) {
        return false;
    }
    if (row.count == 0) {
        const struct field *owner = r->record->object->owner;
        r->alert = uuid_make(r->context->now_ms);
        struct cell args[] = {
            cell_id(r->scope, r->alert), cell_text(r->ladder->name),
            cell_int(r->record->object->id), cell_id(r->scope, r->record->id),
            owner ? r->record->cells[owner->index] : cell_null(), now,
        };
        if (!db_exec(r->scope, r->conn,
                     STR("INSERT INTO alert (id, version, rule, object, record, level, owner, "
                         "opened_at) VALUES (?, 1, ?, ?, ?, 0, ?, ?)"),
                     args, 6)) {
            return false;
        }
    } else {
        r->alert = cell_uuid(&row.cells[0]);
    }
    struct sql sql;
    sql_begin(&sql, r->scope);
    sql_put(&sql, STR("UPDATE alert SET version = version + 1, level = "));
    sql_int(&sql, r->level);
    for (int level = LEVEL_YELLOW; level <= r->level; level++) {
        if (ladder_after_ms(r->ladder, r->stage, level) == 0) continue;
        sql_putf(&sql, ", %s = COALESCE(%s, ", level_columns[level], level_columns[level]);
        sql_value(&sql, now);
        sql_put(&sql, STR(")"));
    }
    sql_put(&sql, STR(" WHERE id = "));
    sql_id(&sql, r->alert);
    return sql_exec(r->scope, r->conn, &sql);
}

static struct str alert_key(const struct raising *r, struct uuid person)
{
    struct buf key;
    buf_begin(&key, r->scope, 256);
    buf_put(&key, STR("alert/"));
    uuid_put(&key, r->alert);
    buf_format(&key, "/%d/", r->level);
    uuid_put(&key, person);
    return buf_str(&key);
}

static bool tell(struct raising *r)
{
    const struct rung *rung = &r->ladder->rungs[r->level];
    struct uuid people[RULE_RECIPIENT_COUNT_MAX];
    int count = 0;
    struct str title, body;
    if (!recipients_find(r->scope, r->conn, &r->record_context, r->record, rung->tell,
                         rung->tell_count, people, RULE_RECIPIENT_COUNT_MAX, &count) ||
        !template_both(r->scope, r->conn, &r->record_context, r->record, &r->ladder->title,
                       &r->ladder->body, &title, &body)) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        struct outbox_message message = {
            .recipient = people[i], .channel = STR("inbox"), .level = r->level,
            .rule = r->ladder->name, .object = r->record->object->id, .record = r->record->id,
            .title = title, .body = body, .key = alert_key(r, people[i]),
        };
        if (!outbox_put(r->scope, r->conn, &message, r->context->now_ms, NULL)) return false;
        event_tell(r->context->engine, r->conn,
                  (struct event){ .kind = EVENT_MESSAGE, .person = people[i] });
    }
    return true;
}

/* The intervention card: the ladder's lines with their values at this moment. */
static bool card_make(struct raising *r, struct str *out)
{
    struct formula_context formulas = access_formula_context(
        r->record_context.access, r->record_context.actor, NULL, STR("t"), r->context->now_ms);
    struct sql sql;
    sql_begin(&sql, r->scope);
    sql_put(&sql, STR("SELECT 1"));
    for (int i = 0; i < r->ladder->card_count; i++) {
        sql_put(&sql, STR(", "));
        formula_put(&sql, &formulas, r->ladder->card[i].formula);
    }
    sql_put(&sql, STR(" FROM "));
    sql_name(&sql, r->record->object->table);
    sql_put(&sql, STR(" AS t WHERE t.id = "));
    sql_id(&sql, r->record->id);
    struct row row;
    if (!sql_one(r->scope, r->conn, &sql, &row)) return false;
    struct buf text;
    struct json_writer writer;
    buf_begin(&text, r->scope, 256 * 1024);
    json_begin(&writer, &text);
    json_map_begin(&writer);
    for (int i = 0; row.count > 0 && i < r->ladder->card_count; i++) {
        const struct card_line *line = &r->ladder->card[i];
        json_key(&writer, line->name);
        json_map_begin(&writer);
        json_key(&writer, STR("label"));
        json_put_raw(&writer, label_json(r->scope, line->label.zh, line->label.en));
        json_key(&writer, STR("value"));
        query_write_value(&writer, r->context->snapshot->schema, &line->formula->type,
                          &row.cells[i + 1]);
        json_map_end(&writer);
    }
    json_map_end(&writer);
    *out = buf_str(&text);
    return true;
}

/* One task per alert and person, also after a hand-over; a higher level brings it up to date. */
static bool give_task(struct raising *r, struct uuid person, bool is_owner, struct str title,
                      struct str card)
{
    struct buf key;
    buf_begin(&key, r->scope, 256);
    buf_put(&key, STR("alert/"));
    uuid_put(&key, r->alert);
    buf_format(&key, "/task/%d/", r->level);
    uuid_put(&key, person);
    int64_t due_ms = r->context->now_ms + r->ladder->respond_ms;
    struct cell args[] = {
        cell_id(r->scope, uuid_make(r->context->now_ms)),
        cell_text(is_owner ? STR("stall") : STR("intervene")),
        cell_text(title),
        cell_int(r->record->object->id),
        cell_id(r->scope, r->record->id),
        cell_id(r->scope, person),
        cell_int(due_ms),
        cell_int(r->context->now_ms),
        cell_text(buf_str(&key)),
        cell_id(r->scope, r->alert),
        cell_text(card),
    };
    event_tell(r->context->engine, r->conn,
              (struct event){ .kind = EVENT_TASK, .person = person });
    struct cell again_args[] = { args[6], args[10], args[9], args[5], args[1] };
    if (!db_exec(r->scope, r->conn,
                 STR("UPDATE task SET version = version + 1, due_at = ?, card = ?, "
                     "done_at = NULL, done_by = NULL, outcome = NULL "
                     "WHERE alert = ? AND assignee = ? AND kind = ?"),
                 again_args, 5)) {
        return false;
    }
    if (db_changes(r->conn) > 0) return true;
    return db_exec(r->scope, r->conn,
                   STR("INSERT INTO task (id, version, kind, title, object, record, assignee, "
                       "due_at, created_at, key, alert, card) "
                       "VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
                   args, 11);
}

static bool give_tasks(struct raising *r)
{
    const struct rung *rung = &r->ladder->rungs[r->level];
    if (rung->task_count == 0) return true;
    struct uuid people[RULE_RECIPIENT_COUNT_MAX];
    int count = 0;
    struct str title, card;
    const struct template *template = r->ladder->task_title.text.zh.size > 0
                                          ? &r->ladder->task_title
                                          : &r->ladder->title;
    if (!recipients_find(r->scope, r->conn, &r->record_context, r->record, rung->task,
                         rung->task_count, people, RULE_RECIPIENT_COUNT_MAX, &count) ||
        !template_both(r->scope, r->conn, &r->record_context, r->record, template, NULL, &title,
                       NULL) ||
        !card_make(r, &card)) {
        return false;
    }
    const struct field *owner = r->record->object->owner;
    for (int i = 0; i < count; i++) {
        bool is_owner = owner && uuid_equal(people[i],
                                            cell_uuid(&r->record->cells[owner->index]));
        if (!give_task(r, people[i], is_owner, title, card)) return false;
    }
    return true;
}

/* Everything that is due for one record: the highest level reached is the one told. */
static bool raise(struct raising *r, int first_level)
{
    struct cell since = r->record->cells[r->ladder->since->index];
    int level = first_level, next = first_level;
    while (next != LEVEL_NONE &&
           since.integer + ladder_after_ms(r->ladder, r->stage, next) <= r->context->now_ms) {
        level = next;
        next = ladder_next_level(r->ladder, r->stage, level);
    }
    r->level = level;
    if (!alert_raise(r) || !tell(r) || !give_tasks(r)) return false;
    event_tell(r->context->engine, r->conn,
              (struct event){ .kind = EVENT_ALERT, .object = r->record->object->id,
                              .id = r->alert, .record = r->record->id, .level = level });
    return timer_put(r->scope, r->conn, r->ladder, r->record, since, next,
                     due_at(r->ladder, r->stage, &since, next));
}

static bool sweep_one(struct scope *scope, struct db_conn *conn,
                      const struct engine_context *context, const struct cell *timer)
{
    const struct snapshot *snapshot = context->snapshot;
    const struct ladder *ladder = rules_ladder(snapshot->rules, timer[0].integer);
    struct uuid id = cell_uuid(&timer[1]);
    struct cell drop_args[] = { timer[0], timer[1] };
    struct str drop = STR("DELETE FROM timer WHERE rule = ? AND record = ?");
    struct record_context record_context = engine_record_context(context);
    struct record record;
    if (!ladder) return db_exec(scope, conn, drop, drop_args, 2);
    if (!record_load(scope, conn, &record_context, ladder->object, id, ACTION_READ, &record)) {
        if (scope->error.code != ERROR_NOT_FOUND) return false;
        scope_error_clear(scope);
        return db_exec(scope, conn, drop, drop_args, 2);
    }
    /* The timer may be older than a configuration change: look again before raising. */
    struct standing standing;
    if (!sync_one(scope, conn, context, ladder, &record) ||
        !standing_load(scope, conn, &record_context, ladder, &record, &standing)) {
        return false;
    }
    if (!standing.has_timer || standing.due.kind != CELL_INT ||
        standing.due.integer > context->now_ms) {
        return true;
    }
    struct raising raising = {
        .scope = scope, .conn = conn, .context = context, .record_context = record_context,
        .ladder = ladder, .record = &record, .stage = stage_of(snapshot->schema, &record),
    };
    return raise(&raising, standing.level);
}

bool engine_sweep(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                  int count_max, int *count)
{
    struct cell args[] = { cell_int(context->now_ms), cell_int(count_max) };
    struct rows rows;
    if (!db_all(scope, conn,
                STR("SELECT rule, record FROM timer WHERE due_at <= ? ORDER BY due_at LIMIT ?"),
                args, 2, count_max, &rows)) {
        return false;
    }
    *count = rows.count;
    for (int i = 0; i < rows.count; i++) {
        if (!sweep_one(scope, conn, context, rows.items[i].cells)) return false;
    }
    return true;
}

bool engine_next_due(struct scope *scope, struct db_conn *conn, int64_t *out_ms)
{
    struct row row;
    if (!db_one(scope, conn, STR("SELECT MIN(due_at) FROM timer"), NULL, 0, &row)) return false;
    *out_ms = row.cells[0].kind == CELL_INT ? row.cells[0].integer : 0;
    return true;
}
