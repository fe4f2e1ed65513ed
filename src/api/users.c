/*
 * People and teams, for those with the right to manage people. Records of user
 * and team are written through the engine like all others; passwords and
 * invitations lie beside them.
 */
#include "api/inner.h"

struct person {
    struct write write;
    struct str hash; /* of the password given, or empty */
    bool is_disabled;
};

/* The right to manage people was checked; what one's role grants on records plays no part. */
static struct engine_context people_context(const struct call *call)
{
    struct engine_context context = call->context;
    context.actor.role = NULL;
    return context;
}

/* ---- lists ---- */

static bool people_list(struct call *call, const struct object *object)
{
    struct record_query *query = scope_new(call->scope, struct record_query, 1);
    struct str where, order;
    *query = (struct record_query){ .object = object, .action = ACTION_READ };
    call->object = object;
    if (!call_param(call, "where", &where) || !call_param(call, "order", &order) ||
        !call_param(call, "q", &query->text) || !call_param(call, "after", &query->after) ||
        !call_param_limit(call, PAGE_LIMIT_MAX, QUERY_LIMIT_MAX, &query->limit)) {
        return false;
    }
    call->source = where;
    if (!query_parse_where(call->scope, &call->records, where, query) ||
        !query_parse_order(call->scope, &call->records, order.size > 0 ? order : STR("name"),
                           query)) {
        return false;
    }
    json_map_begin(&call->out);
    if (!query_write(call->scope, call->conn, &call->records, query, &call->out)) return false;
    json_map_end(&call->out);
    return true;
}

bool api_users(struct call *call)
{
    return people_list(call, call->snapshot->access->user);
}

bool api_teams(struct call *call)
{
    return people_list(call, call->snapshot->access->team);
}

/* ---- people ---- */

/* On a worker: a password is slow to hash. */
static bool person_read(struct call *call, enum write_verb verb)
{
    struct person *person = scope_new(call->scope, struct person, 1);
    struct engine_context context = people_context(call);
    struct json map = call->body;
    struct str password, id = json_text(&call->body, "id");
    call->state = person;
    call->object = call->snapshot->access->user;
    person->write = (struct write){ .verb = verb, .object = call->object, .id = call->id,
                                    .version = call_if_match(call) };
    if (!call_text(call, "password", false, &password)) return false;
    if (verb == WRITE_CREATE && id.size > 0 && !uuid_parse(id, &person->write.id)) {
        return error_set(call->scope, ERROR_INVALID, "field.not_id", STR("id"));
    }
    json_unset(call->scope, &map, STR("password"));
    person->is_disabled = json_bool(&map, "disabled", false);
    if (!engine_parse(call->scope, &context, call->object, &map, false, &person->write.changes) ||
        !people_check(call, call->conn, call->object, call->id, &person->write.changes)) {
        return false;
    }
    if (person->is_disabled && uuid_equal(call->id, call->context.actor.user)) {
        return error_set(call->scope, ERROR_INVALID, "user.disable_self", STR("disabled"));
    }
    return password.size == 0 || (password_check(call->scope, password, "password") &&
                                  password_hash(call->scope, password, &person->hash));
}

static bool person_write(struct call *call, struct db_conn *conn)
{
    struct person *person = call->state;
    struct engine_context context = people_context(call);
    struct record record;
    bool has_password = person->hash.size > 0;
    if (!engine_write(call->scope, conn, &context, &person->write, &record, NULL)) return false;
    if (has_password &&
        !password_store(call->scope, conn, record.id, person->hash, api_wall_ms())) {
        return false;
    }
    struct audit_pair pairs[] = { { "what", STR("set") },
                                  { "person", uuid_format(call->scope, record.id) } };
    if (has_password &&
        !call_audit(call, conn, "password", (struct uuid){ { 0 } }, pairs, 2)) {
        return false;
    }
    bool is_ending = person->is_disabled || (has_password && person->write.verb == WRITE_UPDATE);
    if (is_ending) {
        who_ended(call->api, conn, record.id);
    } else {
        who_forget_after(call->api, conn);
    }
    if (is_ending && !session_end_all(call->scope, conn, record.id)) return false;
    call->id = record.id;
    if (!record_answer(call, conn, call->object, record.id, record.version)) return false;
    call_etag(call, record.version);
    return true;
}

static bool login_check(struct call *call)
{
    struct str login, role;
    return call_text(call, "login", true, &login) && call_text(call, "role", true, &role);
}

bool api_user_create(struct call *call)
{
    return call_body_map(call) && login_check(call) && person_read(call, WRITE_CREATE);
}

/* Without a password the answer carries an invitation, told this once. */
bool api_user_create_write(struct call *call, struct db_conn *conn)
{
    const struct person *person = call->state;
    struct str token;
    call->request->response.status = 201;
    if (!person_write(call, conn)) return false;
    if (person->hash.size > 0) return true;
    if (!invite_make(call->scope, conn, call->id, api_wall_ms(), &token)) return false;
    buf_cut(call->out.out, call->out.out->size - 1);
    call->out.needs_comma = true;
    json_member_str(&call->out, "invite", token);
    json_map_end(&call->out);
    return true;
}

bool api_user_change(struct call *call)
{
    return call_body_map(call) && call_capture_id(call, 0, &call->id) &&
           person_read(call, WRITE_UPDATE);
}

bool api_user_change_write(struct call *call, struct db_conn *conn)
{
    return person_write(call, conn);
}

bool api_user_invite(struct call *call)
{
    call->object = call->snapshot->access->user;
    return call_capture_id(call, 0, &call->id) &&
           people_check(call, call->conn, call->object, call->id, NULL);
}

bool api_user_invite_write(struct call *call, struct db_conn *conn)
{
    struct record record;
    struct str token;
    if (!record_load(call->scope, conn, &call->records, call->object, call->id, ACTION_READ,
                     &record) ||
        !invite_make(call->scope, conn, call->id, api_wall_ms(), &token)) {
        return false;
    }
    call->request->response.status = 201;
    json_map_begin(&call->out);
    json_member_str(&call->out, "token", token);
    json_map_end(&call->out);
    return true;
}

/* ---- teams ---- */

static bool team_read(struct call *call, enum write_verb verb)
{
    struct engine_context context = people_context(call);
    struct write *write = scope_new(call->scope, struct write, 1);
    struct str id = json_text(&call->body, "id");
    call->state = write;
    call->object = call->snapshot->access->team;
    *write = (struct write){ .verb = verb, .object = call->object, .id = call->id,
                             .version = call_if_match(call) };
    if (verb == WRITE_CREATE && id.size > 0 && !uuid_parse(id, &write->id)) {
        return error_set(call->scope, ERROR_INVALID, "field.not_id", STR("id"));
    }
    return engine_parse(call->scope, &context, call->object, &call->body, false,
                        &write->changes);
}

/* A team below itself would be below nobody. */
static bool tree_check(struct call *call, struct db_conn *conn, struct uuid id)
{
    struct cell arg = cell_id(call->scope, id);
    struct row row;
    if (!db_one(call->scope, conn,
                STR("WITH RECURSIVE above(id, depth) AS (SELECT parent, 1 FROM team WHERE id = ? "
                    "UNION ALL SELECT t.parent, a.depth + 1 FROM team AS t JOIN above AS a "
                    "ON t.id = a.id WHERE a.depth < 40) "
                    "SELECT COUNT(*) FROM above WHERE depth >= 16 AND id IS NOT NULL"),
                &arg, 1, &row)) {
        return false;
    }
    return row.cells[0].integer == 0 ||
           error_set(call->scope, ERROR_INVALID, "team.circle", STR("parent"));
}

static bool team_write(struct call *call, struct db_conn *conn)
{
    struct engine_context context = people_context(call);
    struct record record;
    if (!engine_write(call->scope, conn, &context, call->state, &record, NULL) ||
        !tree_check(call, conn, record.id) ||
        !record_answer(call, conn, call->object, record.id, record.version)) {
        return false;
    }
    call_etag(call, record.version);
    return true;
}

bool api_team_create(struct call *call)
{
    return call_body_map(call) && team_read(call, WRITE_CREATE);
}

bool api_team_create_write(struct call *call, struct db_conn *conn)
{
    call->request->response.status = 201;
    return team_write(call, conn);
}

bool api_team_change(struct call *call)
{
    return call_body_map(call) && call_capture_id(call, 0, &call->id) &&
           team_read(call, WRITE_UPDATE);
}

bool api_team_change_write(struct call *call, struct db_conn *conn)
{
    return team_write(call, conn);
}
