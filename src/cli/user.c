/* leadline user add, passwd, disable, list: people without the web app. */
#include "cli/user.h"

#include <inttypes.h>

#include "access/session.h"
#include "base/time.h"
#include "base/utf8.h"
#include "cli/list.h"

enum { LIST_COUNT_MAX = 100000, JSON_SIZE_MAX = 16 * 1024 };

/* ---- writing ---- */

static void member_id(struct json_writer *writer, struct scope *scope, const char *name,
                      struct uuid id)
{
    if (!uuid_is_nil(id)) json_member_str(writer, name, uuid_format(scope, id));
}

static bool changes_of(struct cli *cli, const struct engine_context *context,
                       const struct object *object, struct str text, struct changes *out)
{
    struct json map;
    return json_read(cli->scope, text, &map) &&
           engine_parse(cli->scope, context, object, &map, false, out);
}

static const struct object *user_object(const struct workspace *workspace)
{
    return workspace->snapshot->access->user;
}

bool user_create(struct cli *cli, const struct workspace *workspace, const struct user_new *user,
                 struct uuid *out)
{
    struct engine_context context = workspace_context(workspace);
    struct buf text;
    struct json_writer writer;
    buf_begin(&text, cli->scope, JSON_SIZE_MAX);
    json_begin(&writer, &text);
    json_map_begin(&writer);
    json_member_str(&writer, "login", user->login);
    json_member_str(&writer, "name", user->name);
    json_member_str(&writer, "role", user->role);
    member_id(&writer, cli->scope, "team", user->team);
    member_id(&writer, cli->scope, "supervisor", user->supervisor);
    if (user->region.size > 0) json_member_str(&writer, "region", user->region);
    json_map_end(&writer);
    struct write write = { .verb = WRITE_CREATE, .object = user_object(workspace) };
    struct record record;
    if (!changes_of(cli, &context, write.object, buf_str(&text), &write.changes) ||
        !engine_write_wait(cli->scope, &context, &write, &record)) {
        return false;
    }
    *out = record.id;
    return true;
}

/* ---- add ---- */

struct invite {
    struct uuid user;
    struct str token;
};

static bool invite_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct invite *invite = context;
    return invite_make(scope, conn, invite->user, time_now_ms(), &invite->token);
}

static bool invite_print(struct cli *cli, const struct workspace *workspace, struct uuid user)
{
    struct invite invite = { .user = user };
    struct str listen = cli_value(cli, "listen");
    if (!db_write_wait(cli->scope, engine_db(workspace->engine), invite_run, &invite)) return false;
    struct str link = scope_format(cli->scope, "http://%s/invite/%.*s",
                                   listen.size > 0 ? listen.data : "127.0.0.1:8080",
                                   STR_ARG(invite.token));
    cli_say(cli, "cli.user_invited", "link", link.data, NULL);
    return true;
}

static bool user_read(struct cli *cli, const struct workspace *workspace, struct user_new *out)
{
    struct str team = cli_value(cli, "team"), supervisor = cli_value(cli, "supervisor");
    *out = (struct user_new){ .login = cli->arguments[0], .region = cli_value(cli, "region") };
    return cli_need(cli, "name", &out->name) && cli_need(cli, "role", &out->role) &&
           (team.size == 0 || workspace_team(cli, workspace, team, &out->team)) &&
           (supervisor.size == 0 ||
            workspace_user(cli, workspace, supervisor, &out->supervisor));
}

struct giving {
    const struct workspace *workspace;
    struct uuid user;
    struct str hash;
};

static bool giving_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct giving *giving = context;
    struct engine_context system = workspace_context(giving->workspace);
    struct audit_pair pairs[] = { { "what", STR("set") },
                                  { "person", uuid_format(scope, giving->user) } };
    struct audit_line line = { .kind = "password", .detail = audit_detail(scope, pairs, 2) };
    return password_store(scope, conn, giving->user, giving->hash, time_now_ms()) &&
           session_end_all(scope, conn, giving->user) &&
           audit_put(scope, conn, &system, &line);
}

static bool password_give(struct cli *cli, struct workspace *workspace, struct uuid user,
                          struct str password)
{
    struct giving giving = { .workspace = workspace, .user = user };
    return password_check(cli->scope, password, "password") &&
           password_hash(cli->scope, password, &giving.hash) &&
           db_write_wait(cli->scope, engine_db(workspace->engine), giving_run, &giving);
}

static bool user_add(struct cli *cli, struct workspace *workspace)
{
    struct user_new user;
    struct uuid id;
    struct str password = cli_value(cli, "user-password");
    if (!user_read(cli, workspace, &user) ||
        (password.size > 0 && !password_check(cli->scope, password, "password")) ||
        !user_create(cli, workspace, &user, &id)) {
        return false;
    }
    cli_say(cli, "cli.user_added", "login", user.login.data, NULL);
    if (password.size == 0) return invite_print(cli, workspace, id);
    return password_give(cli, workspace, id, password);
}

/* ---- passwd, disable ---- */

static bool user_passwd(struct cli *cli, struct workspace *workspace)
{
    struct uuid id;
    struct str password;
    if (!workspace_user(cli, workspace, cli->arguments[0], &id) ||
        !cli_password(cli, "user-password", &password) ||
        !password_give(cli, workspace, id, password)) {
        return false;
    }
    cli_say(cli, "cli.user_password_set", "login", cli->arguments[0].data, NULL);
    return true;
}

struct disabling {
    const struct engine_context *context;
    struct write write;
};

static bool disable_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct disabling *disabling = context;
    return snapshot_check(scope, conn, disabling->context->snapshot) &&
           engine_write(scope, conn, disabling->context, &disabling->write, NULL, NULL) &&
           session_end_all(scope, conn, disabling->write.id);
}

static bool user_disable(struct cli *cli, struct workspace *workspace)
{
    struct engine_context context = workspace_context(workspace);
    struct disabling disabling = { .context = &context };
    disabling.write = (struct write){ .verb = WRITE_UPDATE, .object = user_object(workspace) };
    if (!workspace_user(cli, workspace, cli->arguments[0], &disabling.write.id) ||
        !changes_of(cli, &context, disabling.write.object, STR("{\"disabled\":true}"),
                    &disabling.write.changes) ||
        !db_write_wait(cli->scope, engine_db(workspace->engine), disable_run, &disabling)) {
        return false;
    }
    cli_say(cli, "cli.user_disabled", "login", cli->arguments[0].data, NULL);
    return true;
}

/* ---- list ---- */

static struct str role_name(const struct workspace *workspace, const struct cell *cell)
{
    const struct role *role = access_role_by_id(workspace->snapshot->access, cell->integer);
    return role ? role->name : STR("-");
}

static bool user_list(struct cli *cli, struct workspace *workspace)
{
    static const char sql[] =
        "SELECT u.login, u.name, u.role, t.name, s.login, u.disabled FROM \"user\" AS u "
        "LEFT JOIN team AS t ON t.id = u.team LEFT JOIN \"user\" AS s ON s.id = u.supervisor "
        "WHERE u.deleted_at IS NULL ORDER BY u.login, u.id";
    struct db_conn *conn = NULL;
    struct rows rows;
    if (!db_read_begin(cli->scope, engine_db(workspace->engine), &conn)) return false;
    bool ok = db_all(cli->scope, conn, str_of(sql), NULL, 0, LIST_COUNT_MAX, &rows);
    db_read_end(conn);
    if (!ok) return false;
    for (int i = 0; i < rows.count; i++) {
        const struct cell *cells = rows.items[i].cells;
        struct str role = role_name(workspace, &cells[2]);
        /* One line per person, columns by tabs: for people and for cut(1). */
        printf("%.*s\t%.*s\t%.*s\t%.*s\t%.*s\t%s\n", STR_ARG(cells[0].text),
               STR_ARG(cells[1].text), STR_ARG(role), STR_ARG(cells[3].text),
               STR_ARG(cells[4].text), cells[5].integer ? "disabled" : "");
    }
    return true;
}

/* ---- the commands ---- */

static bool with_workspace(struct cli *cli, bool (*run)(struct cli *, struct workspace *))
{
    struct workspace workspace;
    if (!workspace_open(cli, WORKSPACE_SHARED, 0, &workspace)) return false;
    bool ok = run(cli, &workspace);
    workspace_close(&workspace);
    return ok;
}

static bool add_run(struct cli *cli)
{
    return with_workspace(cli, user_add);
}

static bool passwd_run(struct cli *cli)
{
    return with_workspace(cli, user_passwd);
}

static bool disable_command_run(struct cli *cli)
{
    return with_workspace(cli, user_disable);
}

static bool list_run(struct cli *cli)
{
    return with_workspace(cli, user_list);
}

static const struct flag add_flags[] = {
    { "name", "NAME" },        { "role", "ROLE" },     { "team", "TEAM" },
    { "supervisor", "LOGIN" }, { "region", "REGION" }, { NULL, NULL },
};

const struct command command_user_add = {
    .name = "user add",
    .usage = "LOGIN --name NAME --role ROLE [--team TEAM] [--supervisor LOGIN] [--region REGION]",
    .argument_count_min = 1,
    .argument_count_max = 1,
    .flags = add_flags,
    .run = add_run,
};
const struct command command_user_passwd = {
    .name = "user passwd",
    .usage = "LOGIN",
    .argument_count_min = 1,
    .argument_count_max = 1,
    .run = passwd_run,
};
const struct command command_user_disable = {
    .name = "user disable",
    .usage = "LOGIN",
    .argument_count_min = 1,
    .argument_count_max = 1,
    .run = disable_command_run,
};
const struct command command_user_list = { .name = "user list", .usage = "", .run = list_run };
