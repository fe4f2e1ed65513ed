/*
 * Whose records a measure is about, and whether the actor may look at all of
 * them. The rows are read under the actor's predicate as well; this check says so
 * plainly instead of giving a number over a part.
 */
#include "metric/inner.h"

#include "base/time.h"

static const struct {
    const char *name;
    enum period by;
} period_names[] = { { "", PERIOD_NONE }, { "day", PERIOD_DAY }, { "week", PERIOD_WEEK },
                     { "month", PERIOD_MONTH } };

static bool scope_parse(struct scope *scope, struct str text, struct measure_query *out)
{
    out->scope_text = text;
    if (text.size == 0 || str_is(text, "me")) {
        out->scope = MEASURE_ME;
        out->scope_text = STR("me");
        return true;
    }
    if (str_is(text, "all")) {
        out->scope = MEASURE_ALL;
        return true;
    }
    if (str_starts_with(text, STR("region:")) && text.size > 7) {
        out->scope = MEASURE_REGION;
        out->region = str_slice(text, 7, text.size);
        return true;
    }
    out->scope = str_starts_with(text, STR("user:")) ? MEASURE_USER : MEASURE_TEAM;
    if ((out->scope == MEASURE_USER || str_starts_with(text, STR("team:"))) &&
        uuid_parse(str_slice(text, 5, text.size), &out->id)) {
        return true;
    }
    return error_set(scope, ERROR_INVALID, "measure.bad_scope", STR("scope"));
}

static bool moment_parse(struct scope *scope, const struct engine_context *context,
                         struct str text, const char *name, int64_t fallback, int64_t *out)
{
    *out = fallback;
    if (text.size == 0) return true;
    if (time_parse(text, context->snapshot->schema->zone_min, out)) return true;
    return error_set(scope, ERROR_INVALID, "field.not_time", str_of(name));
}

bool measure_parse(struct scope *scope, const struct engine_context *context, struct str name,
                   struct str scope_text, struct str from, struct str to, struct str by,
                   bool has_drill, struct measure_query *out)
{
    int zone = context->snapshot->schema->zone_min;
    struct civil today = time_civil(context->now_ms, zone);
    int64_t month = time_day_start(time_days_from_civil(today.year, today.month, 1), zone);
    int64_t tomorrow = time_day_start(time_local_days(context->now_ms, zone) + 1, zone);
    *out = (struct measure_query){ .name = name, .has_drill = has_drill };
    if (!scope_parse(scope, scope_text, out) ||
        !moment_parse(scope, context, from, "from", month, &out->from_ms) ||
        !moment_parse(scope, context, to, "to", tomorrow, &out->to_ms)) {
        return false;
    }
    if (out->to_ms <= out->from_ms) {
        return error_set(scope, ERROR_INVALID, "measure.bad_period", STR("to"));
    }
    for (size_t i = 0; i < sizeof(period_names) / sizeof(period_names[0]); i++) {
        if (!str_is(by, period_names[i].name)) continue;
        out->by = period_names[i].by;
        return true;
    }
    error_set(scope, ERROR_INVALID, "field.not_choice", STR("by"));
    return error_arg(scope, "value", by);
}

/* How far the actor sees: for rows that hang on records, as far as on the records themselves. */
static enum access_scope reach(const struct engine_context *context,
                               const struct object *object)
{
    const struct access *access = context->snapshot->access;
    if (!object->is_builtin) return access_scope(access, &context->actor, object, ACTION_READ);
    enum access_scope widest = SCOPE_NONE;
    for (int i = 0; i < access->schema->object_count; i++) {
        const struct object *other = &access->schema->objects[i];
        if (other->is_builtin || !other->has_pipeline) continue;
        enum access_scope scope = access_scope(access, &context->actor, other, ACTION_READ);
        if (scope == SCOPE_ALL) return scope;
        if (scope > widest) widest = scope;
    }
    return widest;
}

static bool is_own_team(const struct actor *actor, struct uuid team, bool is_below_too)
{
    int count = is_below_too ? actor->team_count : (actor->team_count > 0 ? 1 : 0);
    for (int i = 0; i < count; i++) {
        if (uuid_equal(actor->teams[i], team)) return true;
    }
    return false;
}

/* True when every person of the team tree is of the actor's region. */
static bool is_region_team(struct scope *scope, struct db_conn *conn, const struct actor *actor,
                           struct uuid team, bool *is_inside)
{
    struct cell args[] = { cell_id(scope, team), cell_text(actor->region) };
    struct row row;
    *is_inside = false;
    if (actor->region.size == 0) return true;
    if (!db_one(scope, conn,
                STR("WITH RECURSIVE below(id, depth) AS (SELECT t.id, 0 FROM \"team\" AS t "
                    "WHERE t.id = ? UNION ALL SELECT t.id, b.depth + 1 FROM \"team\" AS t "
                    "JOIN below AS b ON t.parent = b.id WHERE b.depth < 16) "
                    "SELECT COUNT(*), COALESCE(SUM(CASE WHEN u.region = ? THEN 1 ELSE 0 END), 0) "
                    "FROM \"user\" AS u WHERE u.deleted_at IS NULL AND "
                    "u.team IN (SELECT id FROM below)"),
                args, 2, &row)) {
        return false;
    }
    *is_inside = row.cells[0].integer > 0 && row.cells[0].integer == row.cells[1].integer;
    return true;
}

static bool is_user_inside(struct scope *scope, struct db_conn *conn, const struct actor *actor,
                           enum access_scope reach_scope, struct uuid user, bool *is_inside)
{
    struct cell id = cell_id(scope, user);
    struct row row;
    *is_inside = uuid_equal(user, actor->user);
    if (*is_inside) return true;
    if (!db_one(scope, conn, STR("SELECT team, region FROM \"user\" WHERE id = ?"), &id, 1,
                &row)) {
        return false;
    }
    if (row.count == 0) return true;
    struct uuid team = cell_uuid(&row.cells[0]);
    if (reach_scope == SCOPE_REGION) {
        *is_inside = actor->region.size > 0 && str_equal(row.cells[1].text, actor->region);
    } else if (reach_scope >= SCOPE_TEAM) {
        *is_inside = is_own_team(actor, team, reach_scope == SCOPE_TEAM_BELOW);
    }
    return true;
}

bool measure_scope_check(struct scope *scope, struct db_conn *conn,
                         const struct engine_context *context, const struct measure *measure,
                         const struct measure_query *query)
{
    enum access_scope reach_scope = reach(context, measure->object);
    const struct actor *actor = &context->actor;
    /* A formula picks records, not people: whoever is asked about, only those are counted. */
    bool is_inside = reach_scope == SCOPE_ALL || reach_scope == SCOPE_FORMULA;
    bool ok = true;
    if (!measure->person && query->scope != MEASURE_ALL) {
        return error_set(scope, ERROR_INVALID, "measure.no_person", STR("scope"));
    }
    if (!is_inside && reach_scope != SCOPE_NONE) {
        switch (query->scope) {
        case MEASURE_ME: is_inside = true; break;
        case MEASURE_USER:
            ok = is_user_inside(scope, conn, actor, reach_scope, query->id, &is_inside);
            break;
        case MEASURE_TEAM:
            if (reach_scope == SCOPE_REGION) {
                ok = is_region_team(scope, conn, actor, query->id, &is_inside);
            } else if (reach_scope >= SCOPE_TEAM) {
                is_inside = is_own_team(actor, query->id, reach_scope == SCOPE_TEAM_BELOW);
            }
            break;
        case MEASURE_REGION:
            is_inside = reach_scope == SCOPE_REGION && str_equal(query->region, actor->region);
            break;
        case MEASURE_ALL: break;
        }
    }
    if (!ok || is_inside) return ok;
    return error_set(scope, ERROR_DENIED, "measure.scope_denied", STR("scope"));
}

bool measure_scope_put(struct scope *scope, struct db_conn *conn,
                       const struct engine_context *context, const struct measure *measure,
                       const struct measure_query *query, struct sql *sql)
{
    (void)scope;
    (void)conn;
    if (query->scope == MEASURE_ALL || !measure->person) return true;
    sql_put(sql, STR(" AND "));
    sql_column(sql, STR("t"), measure->person->column);
    switch (query->scope) {
    case MEASURE_ME:
        sql_put(sql, STR(" = "));
        sql_id(sql, context->actor.user);
        break;
    case MEASURE_USER:
        sql_put(sql, STR(" = "));
        sql_id(sql, query->id);
        break;
    case MEASURE_TEAM:
        sql_put(sql, STR(" IN (WITH RECURSIVE below(id, depth) AS (SELECT mt.id, 0 FROM \"team\" "
                         "AS mt WHERE mt.id = "));
        sql_id(sql, query->id);
        sql_put(sql, STR(" UNION ALL SELECT mt.id, b.depth + 1 FROM \"team\" AS mt JOIN below AS b "
                         "ON mt.parent = b.id WHERE b.depth < 16) SELECT mu.id FROM \"user\" AS mu "
                         "WHERE mu.team IN (SELECT id FROM below))"));
        break;
    case MEASURE_REGION:
        sql_put(sql, STR(" IN (SELECT mu.id FROM \"user\" AS mu WHERE mu.region = "));
        sql_text(sql, query->region);
        sql_put(sql, STR(")"));
        break;
    case MEASURE_ALL: break;
    }
    return true;
}

static void scope_item(struct json_writer *writer, struct str text, struct str label, int level)
{
    json_map_begin(writer);
    json_member_str(writer, "scope", text);
    json_member_str(writer, "label", label);
    json_member_int(writer, "level", level);
    json_map_end(writer);
}

/* Teams and people under the actor's own sight; each team before its people. */
static bool teams_write(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context, enum access_scope reach_scope,
                        struct json_writer *writer)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT t.id, t.name, u.id, u.name FROM \"team\" AS t "
                      "LEFT JOIN \"user\" AS u ON u.team = t.id AND u.deleted_at IS NULL AND "
                      "COALESCE(u.disabled, 0) = 0 WHERE t.deleted_at IS NULL "
                      "ORDER BY t.name, t.id, u.name LIMIT 3000"));
    struct rows rows;
    if (!sql_all(scope, conn, &sql, 3000, &rows)) return false;
    struct uuid last = { { 0 } };
    bool is_inside = false;
    for (int i = 0; i < rows.count; i++) {
        const struct cell *cells = rows.items[i].cells;
        struct uuid team = cell_uuid(&cells[0]);
        if (!uuid_equal(team, last)) {
            last = team;
            is_inside = reach_scope == SCOPE_ALL;
            if (reach_scope == SCOPE_TEAM || reach_scope == SCOPE_TEAM_BELOW) {
                is_inside = is_own_team(&context->actor, team, reach_scope == SCOPE_TEAM_BELOW);
            } else if (reach_scope == SCOPE_REGION &&
                       !is_region_team(scope, conn, &context->actor, team, &is_inside)) {
                return false;
            }
            if (!is_inside) continue;
            struct str id = uuid_format(scope, team);
            scope_item(writer, scope_format(scope, "team:%.*s", STR_ARG(id)), cells[1].text, 1);
        }
        if (!is_inside) continue;
        if (cells[2].kind != CELL_BLOB) continue;
        struct str id = uuid_format(scope, cell_uuid(&cells[2]));
        scope_item(writer, scope_format(scope, "user:%.*s", STR_ARG(id)), cells[3].text, 2);
    }
    return true;
}

bool measure_scopes_write(struct scope *scope, struct db_conn *conn,
                          const struct engine_context *context, struct json_writer *writer)
{
    const struct object *any = schema_object(context->snapshot->schema, STR("alert"));
    enum access_scope reach_scope = reach(context, any);
    json_map_begin(writer);
    json_key(writer, STR("items"));
    json_list_begin(writer);
    scope_item(writer, STR("me"), context->actor.name, 0);
    bool ok = true;
    if (reach_scope == SCOPE_ALL) {
        struct rows regions;
        scope_item(writer, STR("all"), STR(""), 0);
        ok = db_all(scope, conn,
                    STR("SELECT DISTINCT region FROM \"user\" WHERE region IS NOT NULL AND "
                        "deleted_at IS NULL ORDER BY region"),
                    NULL, 0, 1000, &regions);
        for (int i = 0; ok && i < regions.count; i++) {
            struct str region = regions.items[i].cells[0].text;
            scope_item(writer, scope_format(scope, "region:%.*s", STR_ARG(region)), region, 0);
        }
    } else if (reach_scope == SCOPE_FORMULA) {
        scope_item(writer, STR("all"), STR(""), 0);
    } else if (reach_scope == SCOPE_REGION && context->actor.region.size > 0) {
        scope_item(writer,
                   scope_format(scope, "region:%.*s", STR_ARG(context->actor.region)),
                   context->actor.region, 0);
    }
    if (ok && reach_scope > SCOPE_OWN && reach_scope != SCOPE_FORMULA) {
        ok = teams_write(scope, conn, context, reach_scope, writer);
    }
    json_list_end(writer);
    json_map_end(writer);
    return ok;
}
