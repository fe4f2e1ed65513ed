/*
 * Changes of roles: nobody gives what they lack, and somebody stays who can give everything.
 * Asked of every change of configuration, by whatever door it came.
 */
#include "access/key.h"
#include "engine/inner.h"

enum { KEEPER_RIGHTS = RIGHT_CONFIGURE | RIGHT_MANAGE_PEOPLE };

static bool is_keeper_role(const struct role *role)
{
    return role && (role->rights & KEEPER_RIGHTS) == KEEPER_RIGHTS;
}

/* Active people whose role has both rights. */
static bool keepers_count(struct scope *scope, struct db_conn *conn, const struct access *access,
                          int64_t *out)
{
    struct sql sql;
    struct row row;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT COUNT(*) FROM \"user\" WHERE deleted_at IS NULL AND "
                      "COALESCE(disabled, 0) = 0 AND role IN (NULL"));
    for (int i = 0; i < access->role_count; i++) {
        if (!is_keeper_role(&access->roles[i])) continue;
        sql_put(&sql, STR(", "));
        sql_int(&sql, access->roles[i].id);
    }
    sql_put(&sql, STR(")"));
    if (!sql_one(scope, conn, &sql, &row)) return false;
    *out = row.cells[0].integer;
    return true;
}

static bool keeper_left(struct scope *scope, struct db_conn *conn, const struct access *access)
{
    int64_t count;
    if (!keepers_count(scope, conn, access, &count)) return false;
    return count > 0 || error_set(scope, ERROR_CONFLICT, "access.last_keeper", STR("role"));
}

static bool is_active_keeper(const struct access *access, const struct record *person)
{
    const struct field *role = object_field(person->object, STR("role"));
    const struct field *disabled = object_field(person->object, STR("disabled"));
    const struct cell *off = &person->cells[disabled->index];
    return is_keeper_role(access_role_by_id(access, person->cells[role->index].integer)) &&
           (off->kind == CELL_NULL || off->integer == 0);
}

bool people_keep(const struct writing *writing)
{
    const struct access *access = writing->context->snapshot->access;
    if (writing->object != access->user || !writing->before.cells) return true;
    if (!is_active_keeper(access, &writing->before)) return true;
    if (writing->write->verb != WRITE_DELETE && is_active_keeper(access, &writing->after)) {
        return true;
    }
    return keeper_left(writing->scope, writing->conn, access);
}

static bool give_check(struct scope *scope, const struct engine_context *context,
                       const struct snapshot *after, struct str name)
{
    const struct access *access = context->snapshot->access;
    const struct role *own = context->actor.role, *role = access_role(after->access, name);
    struct str word;
    if (!own || str_is(own->name, "admin")) return true;
    if (!actor_has_right(&context->actor, RIGHT_MANAGE_PEOPLE) || str_is(name, "admin")) {
        return error_set(scope, ERROR_DENIED, "access.denied", STR(""));
    }
    if (!role || access_covers(scope, access, own, access_role(access, name), after->access, role,
                               &word)) {
        return true;
    }
    error_set(scope, ERROR_DENIED, "role.give", name);
    return error_arg(scope, "word", word);
}

/*
 * A key acts as a role; when that goes, so does the key, by whatever door: what comes back under
 * the name later is another role, and nobody gave it to the program.
 */
static bool keys_end(struct scope *scope, struct db_conn *conn,
                     const struct engine_context *context, const struct role *role)
{
    struct key *keys;
    int count;
    if (!key_list(scope, conn, &keys, &count)) return false;
    for (int i = 0; i < count; i++) {
        if (keys[i].role != role->id) continue;
        struct audit_pair pairs[] = { { "what", STR("ended") },
                                      { "key", keys[i].name },
                                      { "role", role->name } };
        struct audit_line line = { .kind = "key", .detail = audit_detail(scope, pairs, 3) };
        if (!key_end(scope, conn, keys[i].id) || !audit_put(scope, conn, context, &line)) {
            return false;
        }
    }
    return true;
}

static bool roles_gone(struct scope *scope, struct db_conn *conn,
                       const struct engine_context *context, const struct access *after)
{
    const struct access *before = context->snapshot->access;
    for (int i = 0; i < before->role_count; i++) {
        const struct role *role = &before->roles[i];
        if (access_role_by_id(after, role->id)) continue;
        if (!keys_end(scope, conn, context, role)) return false;
    }
    return true;
}

bool roles_check(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                 const struct snapshot *after, const struct schema_part *parts, int part_count)
{
    int64_t before;
    bool is_any = false;
    for (int i = 0; i < part_count; i++) {
        if (!str_is(parts[i].kind, "role")) continue;
        is_any = true;
        if (!give_check(scope, context, after, parts[i].name)) return false;
    }
    if (!is_any) return true;
    if (!roles_gone(scope, conn, context, after->access)) return false;
    /* Where nobody ever kept the workspace from within, the command line does. */
    if (!keepers_count(scope, conn, context->snapshot->access, &before)) return false;
    return before == 0 || keeper_left(scope, conn, after->access);
}
