/* Actors: a person with role, team, the teams below it and region, read anew for each request. */
#include "access/access.h"

struct actor actor_system(void)
{
    return (struct actor){ .name = STR("system"), .language = LANGUAGE_ZH };
}

struct cell actor_cell(struct scope *scope, const struct actor *actor)
{
    return uuid_is_nil(actor->user) ? cell_null() : cell_id(scope, actor->user);
}

static bool team_seen(const struct actor *actor, struct uuid team)
{
    for (int i = 0; i < actor->team_count; i++) {
        if (uuid_equal(actor->teams[i], team)) return true;
    }
    return false;
}

/* Level by level: most people's team has none below it, and one index probe says so. */
static bool teams_load(struct scope *scope, struct db_conn *conn, struct actor *actor)
{
    if (uuid_is_nil(actor->team)) return true;
    int capacity = 16;
    actor->teams = scope_new(scope, struct uuid, capacity);
    actor->teams[actor->team_count++] = actor->team;
    for (int i = 0; i < actor->team_count; i++) {
        struct cell parent = cell_id(scope, actor->teams[i]);
        struct rows rows;
        if (!db_all(scope, conn,
                    STR("SELECT id FROM \"team\" WHERE parent = ? AND deleted_at IS NULL"),
                    &parent, 1, ACCESS_TEAM_COUNT_MAX, &rows)) {
            return false;
        }
        for (int k = 0; k < rows.count && actor->team_count < ACCESS_TEAM_COUNT_MAX; k++) {
            struct uuid team = cell_uuid(&rows.items[k].cells[0]);
            if (team_seen(actor, team)) continue; /* a circle ends here */
            if (actor->team_count == capacity) {
                struct uuid *more = scope_new(scope, struct uuid, capacity * 2);
                memcpy(more, actor->teams, sizeof(*more) * (size_t)capacity);
                actor->teams = more;
                capacity *= 2;
            }
            actor->teams[actor->team_count++] = team;
        }
    }
    return true;
}

/* ---- who is within reach ---- */

static void put_within(struct sql *sql, const struct actor *actor, enum access_scope reach)
{
    if (reach == SCOPE_REGION) {
        sql_put(sql, STR("region = "));
        sql_text(sql, actor->region);
        return;
    }
    sql_put(sql, STR("team IN ("));
    for (int i = 0; i < (reach == SCOPE_TEAM ? 1 : actor->team_count); i++) {
        if (i > 0) sql_put(sql, STR(","));
        sql_id(sql, actor->teams[i]);
    }
    sql_put(sql, STR(")"));
}

/* Oneself first; whoever has left still owns what they owned. */
static bool people_load(struct scope *scope, struct db_conn *conn, const struct actor *actor,
                        enum access_scope reach, struct person_list *out)
{
    bool is_alone = reach == SCOPE_OWN || (reach == SCOPE_REGION && actor->region.size == 0) ||
                    (reach != SCOPE_REGION && actor->team_count == 0);
    struct rows rows = { .count = 0 };
    if (!is_alone) {
        struct sql sql;
        sql_begin(&sql, scope);
        sql_put(&sql, STR("SELECT id FROM \"user\" WHERE "));
        put_within(&sql, actor, reach);
        sql_putf(&sql, " LIMIT %d", ACCESS_PERSON_COUNT_MAX + 1);
        if (!sql_all(scope, conn, &sql, ACCESS_PERSON_COUNT_MAX + 1, &rows)) return false;
    }
    *out = (struct person_list){ .is_known = rows.count <= ACCESS_PERSON_COUNT_MAX };
    out->ids = scope_new(scope, struct uuid, rows.count + 1);
    out->ids[out->count++] = actor->user;
    for (int i = 0; i < rows.count; i++) {
        struct uuid person = cell_uuid(&rows.items[i].cells[0]);
        if (!uuid_equal(person, actor->user)) out->ids[out->count++] = person;
    }
    return true;
}

static bool reaches_load(struct scope *scope, struct db_conn *conn, struct actor *actor)
{
    for (int reach = SCOPE_OWN; reach < SCOPE_ALL; reach++) {
        if (reach != SCOPE_OWN && !actor->role->has_scope[reach]) continue;
        if (!people_load(scope, conn, actor, (enum access_scope)reach, &actor->people[reach])) {
            return false;
        }
    }
    return true;
}

bool actor_load(struct scope *scope, struct db_conn *conn, const struct access *access,
                struct uuid user, int64_t now_ms, struct actor *out)
{
    return actor_load_as(scope, conn, access, user, NULL, now_ms, out);
}

bool actor_load_as(struct scope *scope, struct db_conn *conn, const struct access *access,
                   struct uuid user, const struct role *as, int64_t now_ms, struct actor *out)
{
    static const char sql[] =
        "SELECT login, name, role, team, supervisor, region, locale FROM \"user\" "
        "WHERE id = ? AND deleted_at IS NULL AND COALESCE(disabled, 0) = 0";
    struct cell id = cell_id(scope, user);
    struct row row;
    if (!db_one(scope, conn, str_of(sql), &id, 1, &row)) return false;
    const struct role *role =
        row.count > 0 ? access_role_by_id(access, row.cells[2].integer) : NULL;
    if (!role) return error_set(scope, ERROR_UNAUTHENTICATED, "session.ended", STR(""));
    if (as) role = as;
    *out = (struct actor){
        .user = user,
        .login = row.cells[0].text,
        .name = row.cells[1].text,
        .role = role,
        .team = cell_uuid(&row.cells[3]),
        .supervisor = cell_uuid(&row.cells[4]),
        .region = row.cells[5].kind == CELL_TEXT ? row.cells[5].text : STR(""),
        .language = str_is(row.cells[6].text, "en") ? LANGUAGE_EN : LANGUAGE_ZH,
    };
    return teams_load(scope, conn, out) && reaches_load(scope, conn, out) &&
           actor_shares_load(scope, conn, now_ms, out);
}
