/*
 * People of the demo. They share one password, which is no secret: it stands on
 * the login page. One hash serves all, since making one is slow on purpose.
 */
#include "cli/demo_people.h"

#include "access/session.h"

void people_begin(struct scope *scope, struct people *people)
{
    people->scope = scope;
    people->items = scope_new(scope, struct person, DEMO_PERSON_COUNT_MAX);
    people->count = 0;
}

static struct str text_of(struct scope *scope, const struct demo_record *record, const char *name)
{
    struct demo_value value = demo_value_of(record, name);
    return value.kind == DEMO_TEXT ? scope_copy(scope, value.text) : STR("");
}

bool people_add(struct scope *scope, struct people *people, const struct demo_record *record)
{
    if (!str_is(record->entity->object, "user")) return true;
    if (people->count == DEMO_PERSON_COUNT_MAX) {
        return error_set(scope, ERROR_TOO_LARGE, "demo.too_many", STR(""));
    }
    people->items[people->count++] = (struct person){
        .id = record->id,
        .login = text_of(people->scope, record, "login"),
        .name = text_of(people->scope, record, "name"),
        .role = text_of(people->scope, record, "role"),
    };
    return true;
}

/* ---- the login page ---- */

static const struct person *find(const struct people *people, struct str login)
{
    for (int i = 0; i < people->count; i++) {
        if (str_equal(people->items[i].login, login)) return &people->items[i];
    }
    return NULL;
}

static void put_login(struct json_writer *out, const struct snapshot *snapshot,
                      const struct json *offered, const struct person *person,
                      struct str password)
{
    const struct role *role = access_role(snapshot->access, person->role);
    const struct json *hint = json_get(offered, "hint");
    json_map_begin(out);
    json_member_str(out, "login", person->login);
    json_member_str(out, "password", password);
    json_member_str(out, "role", person->role);
    json_key(out, STR("role_label"));
    json_map_begin(out);
    json_member_str(out, "zh", role ? role->label.zh : person->role);
    json_member_str(out, "en", role ? role->label.en : person->role);
    json_map_end(out);
    json_member_str(out, "name", person->name);
    if (hint) {
        json_key(out, STR("hint"));
        json_put_tree(out, hint);
    }
    json_map_end(out);
}

static struct str logins_text(struct scope *scope, const struct snapshot *snapshot,
                              const struct json *recipe, const struct people *people)
{
    struct buf text;
    struct json_writer out;
    const struct json *logins = json_get(recipe, "logins");
    buf_begin(&text, scope, 1024 * 1024);
    json_begin(&out, &text);
    json_list_begin(&out);
    for (int i = 0; logins && i < logins->count; i++) {
        const struct json *offered = &logins->items[i];
        const struct person *person = find(people, json_text(offered, "login"));
        if (!person) continue;
        put_login(&out, snapshot, offered, person, json_text(recipe, "password"));
    }
    json_list_end(&out);
    return buf_str(&text);
}

/* ---- storing ---- */

struct welcome {
    const struct people *people;
    struct str company, hash, logins;
    int64_t now_ms;
};

static bool welcome_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct welcome *welcome = context;
    for (int i = 0; welcome->hash.size > 0 && i < welcome->people->count; i++) {
        if (!password_store(scope, conn, welcome->people->items[i].id, welcome->hash,
                            welcome->now_ms)) {
            return false;
        }
    }
    return setting_put(scope, conn, STR("company"), welcome->company) &&
           setting_put(scope, conn, STR("is_demo"), STR("1")) &&
           setting_put(scope, conn, STR("demo_logins"), welcome->logins);
}

bool people_welcome(struct scope *scope, struct engine *engine, const struct snapshot *snapshot,
                    const struct json *recipe, const struct people *people, int64_t now_ms)
{
    struct welcome welcome = {
        .people = people,
        .company = json_text(recipe, "company"),
        .logins = logins_text(scope, snapshot, recipe, people),
        .now_ms = now_ms,
    };
    struct str password = json_text(recipe, "password");
    if (password.size > 0 && !password_hash(scope, password, &welcome.hash)) return false;
    return db_write_wait(scope, engine_db(engine), welcome_run, &welcome);
}
