/*
 * Who may make whom: writing people and teams needs the right to manage people, and nobody
 * gives rights, or touches one who has rights, that they lack themselves. Asked by every door
 * that writes records; the system, and rules, may.
 */
#include "engine/inner.h"

static bool may_give(const struct engine_context *context, int64_t role_id)
{
    const struct role *role = access_role_by_id(context->snapshot->access, role_id);
    const struct role *own = context->actor.role;
    if (!own || !role || str_is(own->name, "admin")) return true;
    return !str_is(role->name, "admin") && (role->rights & ~own->rights) == 0;
}

/* The role of one who is there already. */
static bool may_touch(struct scope *scope, struct db_conn *conn,
                      const struct engine_context *context, struct uuid id, bool *out)
{
    struct cell arg = cell_id(scope, id);
    struct row row;
    if (!db_one(scope, conn, STR("SELECT role FROM \"user\" WHERE id = ?"), &arg, 1, &row)) {
        return false;
    }
    *out = row.count == 0 || may_give(context, row.cells[0].integer);
    return true;
}

bool engine_people_check(struct scope *scope, struct db_conn *conn,
                         const struct engine_context *context, const struct object *object,
                         struct uuid id, const struct changes *changes)
{
    const struct access *access = context->snapshot->access;
    bool is_user = object == access->user, is_allowed = true;
    if ((!is_user && object != access->team) || !context->actor.role) return true;
    if (!actor_has_right(&context->actor, RIGHT_MANAGE_PEOPLE)) {
        return error_set(scope, ERROR_DENIED, "access.denied", STR(""));
    }
    for (int i = 0; is_user && changes && i < changes->count; i++) {
        if (!str_is(changes->items[i].field->name, "role")) continue;
        is_allowed = is_allowed && may_give(context, changes->items[i].cell.integer);
    }
    if (is_allowed && is_user && conn && !uuid_is_nil(id) &&
        !may_touch(scope, conn, context, id, &is_allowed)) {
        return false;
    }
    return is_allowed || error_set(scope, ERROR_DENIED, "access.give_role", STR("role"));
}
