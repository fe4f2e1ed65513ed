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

static bool teams_load(struct scope *scope, struct db_conn *conn, struct actor *actor)
{
    if (uuid_is_nil(actor->team)) return true;
    static const char sql[] =
        "WITH RECURSIVE below(id, depth) AS ("
        "SELECT t.id, 0 FROM \"team\" AS t WHERE t.id = ? AND t.deleted_at IS NULL UNION ALL "
        "SELECT t.id, b.depth + 1 FROM \"team\" AS t JOIN below AS b ON t.parent = b.id "
        "WHERE t.deleted_at IS NULL AND b.depth < 16) SELECT id FROM below ORDER BY depth LIMIT ?";
    struct cell args[] = { cell_id(scope, actor->team), cell_int(ACCESS_TEAM_COUNT_MAX) };
    struct rows rows;
    if (!db_all(scope, conn, str_of(sql), args, 2, ACCESS_TEAM_COUNT_MAX, &rows)) return false;
    actor->teams = scope_new(scope, struct uuid, rows.count);
    actor->team_count = rows.count;
    for (int i = 0; i < rows.count; i++) {
        actor->teams[i] = cell_uuid(&rows.items[i].cells[0]);
    }
    return true;
}

bool actor_load(struct scope *scope, struct db_conn *conn, const struct access *access,
                struct uuid user, struct actor *out)
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
    return teams_load(scope, conn, out);
}
