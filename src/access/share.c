/*
 * What is shared with a person, or with a team they are in or under. A share opens one
 * record, and for reading what inherits sight from it; never more than the role can do to
 * some record of the object. It ends by itself: an actor holds what was shared at the moment
 * they were loaded and the moment at which the first of it ends, so whoever keeps an actor
 * keeps them no longer than that. Who has no share gets no condition for it.
 */
#include "access/access.h"

enum { SHARE_ROW_COUNT_MAX = 4096 };

bool actor_shares_load(struct scope *scope, struct db_conn *conn, int64_t now_ms,
                       struct actor *actor)
{
    static const char sql[] =
        "WITH RECURSIVE above(id) AS (SELECT id FROM \"team\" WHERE id = ? UNION "
        "SELECT t.parent FROM above AS a JOIN \"team\" AS t ON t.id = a.id "
        "WHERE t.parent IS NOT NULL) "
        "SELECT object, team, MAX(level), MIN(until) FROM share "
        "WHERE (person = ? OR team IN (SELECT id FROM above)) AND (until IS NULL OR until > ?) "
        "GROUP BY object, team";
    struct cell args[] = { cell_id(scope, actor->team), cell_id(scope, actor->user),
                           cell_int(now_ms) };
    struct rows rows;
    if (!db_all(scope, conn, str_of(sql), args, 3, SHARE_ROW_COUNT_MAX, &rows)) return false;
    actor->shares = scope_new(scope, struct share_reach, rows.count);
    actor->share_count = rows.count;
    actor->shares_at_ms = now_ms;
    actor->shares_end_at_ms = INT64_MAX;
    for (int i = 0; i < rows.count; i++) {
        const struct cell *cells = rows.items[i].cells;
        actor->shares[i] = (struct share_reach){
            .object = (int)cells[0].integer,
            .team = cell_uuid(&cells[1]),
            .level = (enum share_level)cells[2].integer,
        };
        bool is_first = cells[3].kind == CELL_INT && cells[3].integer < actor->shares_end_at_ms;
        if (is_first) actor->shares_end_at_ms = cells[3].integer;
    }
    return true;
}

bool actor_has_shares(const struct actor *actor, const struct object *object,
                      enum share_level level)
{
    for (int i = 0; i < actor->share_count; i++) {
        if (actor->shares[i].object == object->id && actor->shares[i].level >= level) return true;
    }
    return false;
}

void access_share_put(struct sql *sql, const struct actor *actor, const struct object *object,
                      enum share_level level)
{
    bool is_first = true;
    sql_put(sql, STR("sh.object = "));
    sql_int(sql, object->id);
    sql_put(sql, STR(" AND ("));
    for (int i = 0; i < actor->share_count; i++) {
        const struct share_reach *share = &actor->shares[i];
        bool is_mine = uuid_is_nil(share->team);
        if (share->object != object->id || share->level < level) continue;
        sql_put(sql, is_first ? STR("") : STR(" OR "));
        sql_put(sql, is_mine ? STR("sh.person = ") : STR("sh.team = "));
        sql_id(sql, is_mine ? actor->user : share->team);
        is_first = false;
    }
    if (is_first) sql_put(sql, STR("1=0"));
    sql_put(sql, STR(") AND (sh.until IS NULL OR sh.until > "));
    sql_int(sql, actor->shares_at_ms);
    sql_put(sql, STR(")"));
    if (level > SHARE_READ) sql_putf(sql, " AND sh.level >= %d", (int)level);
}

void access_shared_put(struct sql *sql, const struct actor *actor,
                       const struct access_shared *shared, struct str alias)
{
    sql_column(sql, alias, shared->reference ? shared->reference->column : STR("id"));
    sql_put(sql, STR(" IN (SELECT sh.record FROM share AS sh WHERE "));
    access_share_put(sql, actor, shared->object, shared->level);
    sql_put(sql, STR(")"));
}

int access_shared(const struct actor *actor, const struct object *object,
                  enum access_action action, struct access_shared *out)
{
    int count = 0;
    enum share_level level = action == ACTION_UPDATE ? SHARE_UPDATE : SHARE_READ;
    if (actor->share_count == 0 || object->is_builtin) return 0;
    if (action != ACTION_READ && action != ACTION_UPDATE) return 0;
    if (actor_has_shares(actor, object, level)) {
        out[count++] = (struct access_shared){ NULL, object, level };
    }
    for (int i = 0; action == ACTION_READ && i < object->inherit_count; i++) {
        const struct field *field = object->inherit[i];
        if (count == ACCESS_SHARED_COUNT_MAX) break;
        if (!actor_has_shares(actor, field->to, SHARE_READ)) continue;
        out[count++] = (struct access_shared){ field, field->to, SHARE_READ };
    }
    return count;
}
