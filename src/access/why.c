/*
 * Why somebody may, or may not. The verdict is the predicate's own; what is told is which of
 * the conditions it is made of hold for the row, so the reasons cannot say other than it.
 */
#include "access/access.h"
#include "base/time.h"

enum { OWNED_COUNT_MAX = 3 }; /* as deep as sight goes through what owns a record */

struct asking {
    struct scope *scope;
    struct db_conn *conn;
    const struct access *access;
    const struct actor *reader, *subject;
    int64_t now_ms;
    const struct object *object;
    struct uuid record;
    enum access_action action;
    struct why *out;
};

static const char *const action_keys[ACTION_COUNT] = {
    [ACTION_READ] = "why.action.read",     [ACTION_UPDATE] = "why.action.update",
    [ACTION_DELETE] = "why.action.delete", [ACTION_EXPORT] = "why.action.export",
};

static const char *scope_key(enum access_scope scope)
{
    switch (scope) {
    case SCOPE_NONE: return "why.scope.none";
    case SCOPE_OWN: return "why.scope.own";
    case SCOPE_TEAM: return "why.scope.team";
    case SCOPE_TEAM_BELOW: return "why.scope.team_below";
    case SCOPE_REGION: return "why.scope.region";
    case SCOPE_FORMULA: return "why.scope.formula";
    case SCOPE_ALL: break;
    }
    return "why.scope.all";
}

static struct str word(const struct asking *asking, const char *key)
{
    return message_text(asking->scope, asking->reader->language, key, NULL, 0);
}

/* What a line says beyond role, action, object and scope. */
struct telling {
    struct str owner, field, by, with, level, until;
};

static void tell(const struct asking *asking, const char *key, const struct telling *telling)
{
    enum language language = asking->reader->language;
    const struct actor *subject = asking->subject;
    enum access_scope scope =
        access_scope(asking->access, subject, asking->object, asking->action);
    struct error_arg args[] = {
        { "role", label_text(subject->role->label, language) },
        { "action", word(asking, action_keys[asking->action]) },
        { "object", label_text(asking->object->label, language) },
        { "scope", word(asking, scope_key(scope)) },
        { "person", subject->name },
        { "owner", telling ? telling->owner : STR("") },
        { "field", telling ? telling->field : STR("") },
        { "by", telling ? telling->by : STR("") },
        { "with", telling ? telling->with : STR("") },
        { "level", telling ? telling->level : STR("") },
        { "until", telling ? telling->until : STR("") },
    };
    struct why *out = asking->out;
    if (out->line_count == WHY_LINE_COUNT_MAX) return;
    out->lines[out->line_count++] = message_text(asking->scope, language, key, args,
                                                 (int)(sizeof(args) / sizeof(args[0])));
}

/* Who stands in a column, for a reader who may read that column. */
static bool name_of(const struct asking *asking, const struct field *column, struct str *out)
{
    struct sql sql;
    struct row row;
    *out = word(asking, "why.nobody");
    if (!column) return true;
    sql_begin(&sql, asking->scope);
    sql_put(&sql, STR("SELECT u.name FROM "));
    sql_name(&sql, asking->object->table);
    sql_put(&sql, STR(" AS t JOIN \"user\" AS u ON u.id = "));
    sql_column(&sql, STR("t"), column->column);
    sql_put(&sql, STR(" WHERE t.id = "));
    sql_id(&sql, asking->record);
    if (!sql_one(asking->scope, asking->conn, &sql, &row)) return false;
    if (row.count > 0 && row.cells[0].kind == CELL_TEXT) *out = row.cells[0].text;
    if (row.count > 0 && column == asking->object->owner &&
        access_field_mode(asking->access, asking->reader, asking->object, column) >=
            FIELD_MASKED) {
        *out = word(asking, "why.unnamed");
    }
    return true;
}

static struct str until_text(const struct asking *asking, const struct cell *until)
{
    if (until->kind != CELL_INT) return STR("");
    struct buf text;
    int zone_min = asking->access->schema->zone_min;
    int64_t day = time_local_days(until->integer, zone_min);
    int minute = (int)((until->integer - time_day_start(day, zone_min)) / TIME_MINUTE_MS);
    buf_begin(&text, asking->scope, 64);
    time_put_date(&text, day);
    buf_format(&text, " %02d:%02d", minute / 60, minute % 60);
    struct error_arg arg = { "until", buf_str(&text) };
    return message_text(asking->scope, asking->reader->language, "why.until", &arg, 1);
}

/* The widest of the shares that open the row in this way. */
static bool tell_share(const struct asking *asking, const struct access_shared *shared)
{
    const struct field *reference = shared->reference;
    struct sql sql;
    struct row row;
    sql_begin(&sql, asking->scope);
    sql_put(&sql, STR("SELECT sh.level, sh.until, sb.name, st.name FROM share AS sh LEFT JOIN "
                      "\"user\" AS sb ON sb.id = sh.created_by LEFT JOIN \"team\" AS st ON "
                      "st.id = sh.team WHERE sh.record = (SELECT "));
    sql_column(&sql, STR("t"), reference ? reference->column : STR("id"));
    sql_put(&sql, STR(" FROM "));
    sql_name(&sql, asking->object->table);
    sql_put(&sql, STR(" AS t WHERE t.id = "));
    sql_id(&sql, asking->record);
    sql_put(&sql, STR(") AND "));
    access_share_put(&sql, asking->subject, shared->object, shared->level);
    sql_put(&sql, STR(" ORDER BY sh.level DESC, sh.until DESC LIMIT 1"));
    if (!sql_one(asking->scope, asking->conn, &sql, &row) || row.count == 0) {
        return !error_is_set(asking->scope);
    }
    bool can_update = row.cells[0].integer >= SHARE_UPDATE;
    bool has_by = row.cells[2].kind == CELL_TEXT, has_team = row.cells[3].kind == CELL_TEXT;
    struct telling telling = {
        .by = has_by ? row.cells[2].text : word(asking, "why.nobody"),
        .with = has_team ? row.cells[3].text : asking->subject->name,
        .level = word(asking, action_keys[can_update ? ACTION_UPDATE : ACTION_READ]),
        .until = until_text(asking, &row.cells[1]),
        .field = reference ? label_text(reference->label, asking->reader->language) : STR(""),
    };
    tell(asking, reference ? "why.shared_inherited" : "why.shared", &telling);
    return true;
}

static bool tell_way(const struct asking *asking, const struct access_way *way)
{
    struct telling telling = { .level = STR("") };
    if (way->kind == WAY_SHARED) return tell_share(asking, &way->shared);
    if (way->kind == WAY_FORMULA) {
        tell(asking, "why.formula", NULL);
        return true;
    }
    if (!name_of(asking, way->column, &telling.owner)) return false;
    if (way->kind == WAY_INHERITED) {
        telling.field = label_text(way->reference->label, asking->reader->language);
        tell(asking, "why.inherited", &telling);
        return true;
    }
    bool is_self = access_scope(asking->access, asking->subject, asking->object,
                                asking->action) == SCOPE_OWN ||
                   str_equal(telling.owner, asking->subject->name);
    tell(asking, is_self ? "why.own" : "why.within", &telling);
    return true;
}

static void put_verdict(struct sql *sql, const struct asking *asking)
{
    sql_put(sql, STR("CASE WHEN "));
    access_put(sql, asking->access, asking->subject, asking->now_ms, asking->object, ACTION_READ,
               STR("t"));
    sql_put(sql, STR(" THEN 1 ELSE 0 END, CASE WHEN "));
    access_put(sql, asking->access, asking->subject, asking->now_ms, asking->object,
               asking->action, STR("t"));
    sql_put(sql, STR(" THEN 1 ELSE 0 END"));
}

/* The row: may they read it, may they do this, and which of the ways are open. */
static bool look(const struct asking *asking, struct access_way *ways, int way_count,
                 struct row *row)
{
    struct sql sql;
    sql_begin(&sql, asking->scope);
    sql_put(&sql, STR("SELECT "));
    put_verdict(&sql, asking);
    for (int i = 0; i < way_count; i++) {
        sql_put(&sql, STR(", CASE WHEN "));
        access_way_put(&sql, asking->access, asking->subject, asking->now_ms, asking->object,
                       asking->action, i, STR("t"), &ways[i]);
        sql_put(&sql, STR(" THEN 1 ELSE 0 END"));
    }
    sql_put(&sql, STR(" FROM "));
    sql_name(&sql, asking->object->table);
    sql_put(&sql, STR(" AS t WHERE t.deleted_at IS NULL AND t.id = "));
    sql_id(&sql, asking->record);
    return sql_one(asking->scope, asking->conn, &sql, row);
}

static bool explain(const struct asking *asking)
{
    struct why *out = asking->out;
    int count = access_way_count(asking->subject, asking->object, asking->action);
    struct access_way *ways = scope_new(asking->scope, struct access_way, count);
    struct telling telling = { .level = STR("") };
    struct row row;
    if (!look(asking, ways, count, &row)) return false;
    if (row.count == 0) {
        return error_set(asking->scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
    }
    bool can_read = row.cells[0].integer != 0;
    out->is_allowed = can_read && row.cells[1].integer != 0;
    for (int i = 0; i < count; i++) {
        if (row.cells[2 + i].integer != 0 && !tell_way(asking, &ways[i])) return false;
    }
    if (row.cells[1].integer == 0) {
        bool is_formula = access_scope(asking->access, asking->subject, asking->object,
                                       asking->action) == SCOPE_FORMULA;
        if (!name_of(asking, asking->object->owner, &telling.owner)) return false;
        tell(asking, is_formula ? "why.outside_formula" : "why.outside", &telling);
    } else if (out->line_count == 0) {
        tell(asking, "why.other", NULL);
    }
    if (!can_read && row.cells[1].integer != 0) tell(asking, "why.unread", NULL);
    return true;
}

static bool answer(struct asking asking, bool is_blind)
{
    struct why *out = asking.out;
    enum access_scope reach =
        access_scope(asking.access, asking.subject, asking.object, asking.action);
    *out = (struct why){ .is_allowed = false };
    if (reach == SCOPE_NONE) {
        tell(&asking, "why.none", NULL);
        return true;
    }
    if (is_blind) {
        tell(&asking, "why.blind", NULL);
        return true;
    }
    if (reach != SCOPE_ALL) return explain(&asking);
    bool can_read = access_scope(asking.access, asking.subject, asking.object, ACTION_READ) ==
                    SCOPE_ALL;
    struct asking reading = asking;
    reading.action = ACTION_READ;
    if (!can_read && !explain(&reading)) return false;
    can_read = can_read || out->is_allowed;
    *out = (struct why){ .is_allowed = can_read };
    tell(&asking, "why.all", NULL);
    if (!can_read) tell(&asking, "why.unread", NULL);
    return true;
}

/* What belongs to another record: the question is what may be done to that one. */
static bool ask_whole(struct asking *asking, bool is_blind, struct str *out)
{
    const struct field *via = asking->object->owned_by;
    struct telling telling = { .field = label_text(via->to->label, asking->reader->language),
                               .level = word(asking, action_keys[access_owned_action(
                                                         asking->action)]) };
    struct sql sql;
    struct row row;
    *asking->out = (struct why){ .is_allowed = false };
    tell(asking, "why.owned", &telling);
    *out = asking->out->lines[0];
    if (!is_blind) {
        sql_begin(&sql, asking->scope);
        sql_put(&sql, STR("SELECT "));
        sql_name(&sql, via->column);
        sql_put(&sql, STR(" FROM "));
        sql_name(&sql, asking->object->table);
        sql_put(&sql, STR(" WHERE deleted_at IS NULL AND id = "));
        sql_id(&sql, asking->record);
        if (!sql_one(asking->scope, asking->conn, &sql, &row)) return false;
        if (row.count == 0 || row.cells[0].kind != CELL_BLOB) {
            return error_set(asking->scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
        }
        asking->record = cell_uuid(&row.cells[0]);
    }
    asking->action = access_owned_action(asking->action);
    asking->object = via->to;
    return true;
}

bool access_why(struct scope *scope, struct db_conn *conn, const struct access *access,
                const struct actor *reader, const struct actor *subject, int64_t now_ms,
                const struct object *object, struct uuid record, enum access_action action,
                bool is_blind, struct why *out)
{
    struct asking asking = { scope,  conn,   access, reader, subject,
                             now_ms, object, record, action, out };
    struct str wholes[OWNED_COUNT_MAX];
    int count = 0;
    while (asking.object->owned_by && count < OWNED_COUNT_MAX) {
        if (!ask_whole(&asking, is_blind, &wholes[count++])) return false;
    }
    if (!answer(asking, is_blind)) return false;
    for (int i = count - 1; i >= 0; i--) {
        if (out->line_count == WHY_LINE_COUNT_MAX) out->line_count -= 1;
        memmove(&out->lines[1], &out->lines[0], sizeof(out->lines[0]) * (size_t)out->line_count++);
        out->lines[0] = wholes[i];
    }
    return true;
}
