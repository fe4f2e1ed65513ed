/*
 * A line of the audit as a sentence: who did it, and what they did. The line keeps names as they
 * were when it was written; what still has that name is called by its label of today, a record by
 * its title where the reader may see it.
 */
#include "api/inner.h"
#include "base/time.h"

enum { ARG_COUNT_MAX = 4, FIELD_COUNT_MAX = 6 };

struct telling {
    struct call *call;
    const struct audit_row *row;
    struct error_arg args[ARG_COUNT_MAX];
    int arg_count;
};

static enum language language_of(const struct call *call)
{
    return call->context.actor.language;
}

static struct str word(struct call *call, const char *key)
{
    return message_text(call->scope, language_of(call), key, NULL, 0);
}

static struct str detail(const struct telling *t, const char *name)
{
    return json_text(&t->row->detail, name);
}

static void arg(struct telling *t, const char *name, struct str value)
{
    if (t->arg_count < ARG_COUNT_MAX) {
        t->args[t->arg_count++] = (struct error_arg){ name, value };
    }
}

static struct str say(struct telling *t, const char *key)
{
    return message_text(t->call->scope, language_of(t->call), key, t->args, t->arg_count);
}

/* Whom the line is about: a person or a team, or NULL where it is about a record. */
static const char *people_of(const struct audit_row *row)
{
    if (!str_is(row->kind, "person")) return NULL;
    return str_is(row->object, "team") ? "team" : "user";
}

void audit_want(struct call *call, const struct audit_row *row)
{
    const char *people = people_of(row);
    struct uuid id;
    if (people) {
        name_want(call, people, row->record);
    } else {
        title_want(call, schema_object(call->snapshot->schema, row->object), row->record);
    }
    if (uuid_parse(json_text(&row->detail, "person"), &id)) name_want(call, "user", id);
    if (uuid_parse(json_text(&row->detail, "team"), &id)) name_want(call, "team", id);
}

/* Of a person or team by the id in a detail; "?" when there is none any more. */
static bool name_by_id(struct call *call, const char *table, struct str text, struct str *out)
{
    struct uuid id;
    bool is_found = false;
    if (uuid_parse(text, &id) &&
        !name_find(call, call->conn, table, id, out, &is_found)) {
        return false;
    }
    if (!is_found) *out = STR("?");
    return true;
}

static bool arg_person(struct telling *t)
{
    struct str name;
    if (!name_by_id(t->call, "user", detail(t, "person"), &name)) return false;
    arg(t, "person", name);
    return true;
}

static const struct object *object_of(const struct telling *t, struct str *out)
{
    struct str name = t->row->object.size > 0 ? t->row->object : detail(t, "object");
    const struct object *object = schema_object(t->call->snapshot->schema, name);
    *out = object ? label_text(object->label, language_of(t->call)) : name;
    return object;
}

/* Machine “Crane 4”; without the title where there is none to be seen. */
static bool arg_record(struct telling *t)
{
    struct str label, title = STR("");
    const struct object *object = object_of(t, &label);
    if (object && !uuid_is_nil(t->row->record) &&
        !record_title(t->call, t->call->conn, object, t->row->record, &title)) {
        return false;
    }
    struct error_arg args[] = { { "object", label }, { "title", title } };
    arg(t, "record", title.size == 0 ? label
                                     : message_text(t->call->scope, language_of(t->call),
                                                    "audit.record", args, 2));
    return true;
}

/* ---- kinds ---- */

static bool tell_login(struct telling *t, struct str *out)
{
    bool is_failed = str_is(t->row->kind, "login_failed");
    bool is_invited = str_is(detail(t, "with"), "invitation");
    arg(t, "address", detail(t, "address"));
    *out = say(t, is_failed ? "audit.login_failed" : is_invited ? "audit.login_invited"
                                                                : "audit.login");
    return true;
}

static bool tell_logout(struct telling *t, struct str *out)
{
    struct str what = detail(t, "what"), person = detail(t, "person");
    struct uuid id;
    bool is_own = uuid_parse(person, &id) && uuid_equal(id, t->row->by);
    if (!str_is(what, "ended")) {
        *out = say(t, str_is(what, "all") ? "audit.logout_all" : "audit.logout");
        return true;
    }
    if (!arg_person(t)) return false;
    *out = say(t, is_own ? "audit.logout_one" : "audit.logout_other");
    return true;
}

static bool tell_secret(struct telling *t, struct str *out)
{
    bool is_otp = str_is(t->row->kind, "otp");
    struct str what = detail(t, "what");
    if (!arg_person(t)) return false;
    if (is_otp) {
        *out = say(t, str_is(what, "on")    ? "audit.otp_on"
                      : str_is(what, "off") ? "audit.otp_off"
                                            : "audit.otp_reset");
    } else {
        *out = say(t, str_is(what, "set") ? "audit.password_set" : "audit.password_changed");
    }
    return true;
}

static bool tell_key(struct telling *t, struct str *out)
{
    struct str what = detail(t, "what");
    arg(t, "key", detail(t, "key"));
    arg(t, "role", detail(t, "role"));
    *out = say(t, str_is(what, "made")    ? "audit.key_made"
                  : str_is(what, "ended") ? "audit.key_ended"
                                          : "audit.key_taken_back");
    return true;
}

static struct str fields_text(const struct telling *t, const struct object *object)
{
    bool is_zh = language_of(t->call) == LANGUAGE_ZH;
    struct str rest = detail(t, "fields"), name;
    struct buf out;
    int count = 0;
    buf_begin(&out, t->call->scope, 4096);
    while (count < FIELD_COUNT_MAX && rest.size > 0 && str_split(&rest, ' ', &name)) {
        const struct field *field = object ? object_field(object, name) : NULL;
        if (count++ > 0) buf_put(&out, is_zh ? STR("、") : STR(", "));
        buf_put(&out, field ? label_text(field->label, language_of(t->call)) : name);
    }
    if (rest.size > 0) buf_put(&out, STR(" …"));
    return buf_str(&out);
}

static bool tell_person(struct telling *t, struct str *out)
{
    struct str what = detail(t, "what"), name, label;
    const struct object *object = object_of(t, &label);
    bool is_found;
    if (!name_find(t->call, t->call->conn, people_of(t->row), t->row->record, &name,
                   &is_found)) {
        return false;
    }
    if (!is_found) name = STR("?");
    arg(t, "object", label);
    arg(t, "name", name);
    arg(t, "fields", fields_text(t, object));
    const char *key = str_is(what, "create")    ? "audit.person_create"
                      : str_is(what, "delete")  ? "audit.person_delete"
                      : str_is(what, "restore") ? "audit.person_restore"
                                                : "audit.person_update";
    *out = say(t, key);
    return true;
}

/* Has the sentence's table a row of that name? Else the name itself will do. */
static struct str word_or(struct call *call, const char *prefix, struct str name)
{
    const char *key = scope_format(call->scope, "%s%.*s", prefix, STR_ARG(name)).data;
    struct str text = word(call, key);
    return str_is(text, key) ? name : text;
}

static bool tell_config(struct telling *t, struct str *out)
{
    struct call *call = t->call;
    const struct schema *schema = call->snapshot->schema;
    struct str kind = detail(t, "kind"), name = detail(t, "name"), label = STR("");
    if (str_is(kind, "setting")) {
        arg(t, "name", word_or(call, "audit.setting_", name));
        *out = say(t, "audit.setting");
        return true;
    }
    const struct object *object = str_is(kind, "object") || str_is(kind, "layout")
                                      ? schema_object(schema, name) : NULL;
    const struct pipeline *pipeline =
        str_is(kind, "pipeline") ? schema_pipeline(schema, name) : NULL;
    const struct config *config = schema_config(schema, kind, name);
    const struct json *given = config ? json_get(&config->body, "label") : NULL;
    if (object) label = label_text(object->label, language_of(call));
    if (pipeline) label = label_text(pipeline->label, language_of(call));
    if (label.size == 0) {
        label = json_text(given, language_of(call) == LANGUAGE_ZH ? "zh" : "en");
    }
    if (label.size == 0 && given && given->kind == JSON_KIND_STR) label = given->text;
    arg(t, "kind", word_or(call, "audit.kind_", kind));
    arg(t, "name", label.size > 0 ? label : name);
    *out = say(t, str_is(detail(t, "what"), "drop") ? "audit.config_drop" : "audit.config_put");
    return true;
}

static struct str until_text(const struct telling *t)
{
    struct buf out;
    int64_t until_ms;
    int zone_min = t->call->snapshot->schema->zone_min;
    if (!time_parse(detail(t, "until"), zone_min, &until_ms)) return STR("");
    buf_begin(&out, t->call->scope, 64);
    time_put_date(&out, time_local_days(until_ms, zone_min));
    struct error_arg value = { "until", buf_str(&out) };
    return message_text(t->call->scope, language_of(t->call), "audit.until", &value, 1);
}

static bool tell_share(struct telling *t, struct str *out)
{
    struct str person = detail(t, "person"), whom;
    bool is_person = person.size > 0;
    if (!arg_record(t) || !name_by_id(t->call, is_person ? "user" : "team",
                                      is_person ? person : detail(t, "team"), &whom)) {
        return false;
    }
    bool is_update = str_is(detail(t, "level"), "update");
    arg(t, "whom", whom);
    arg(t, "level", word(t->call, is_update ? "audit.level_update" : "audit.level_read"));
    arg(t, "until", until_text(t));
    *out = say(t, str_is(t->row->kind, "unshare") ? "audit.unshare" : "audit.share");
    return true;
}

static bool tell_reveal(struct telling *t, struct str *out)
{
    struct str label, reason = detail(t, "reason");
    const struct object *object = object_of(t, &label);
    const struct field *field = object ? object_field(object, t->row->field) : NULL;
    if (!arg_record(t)) return false;
    arg(t, "field", field ? label_text(field->label, language_of(t->call)) : t->row->field);
    arg(t, "reason", reason);
    *out = say(t, reason.size > 0 ? "audit.reveal_because" : "audit.reveal");
    return true;
}

static bool tell_export(struct telling *t, struct str *out)
{
    struct str label;
    object_of(t, &label);
    arg(t, "object", label);
    arg(t, "rows", detail(t, "rows"));
    arg(t, "format", detail(t, "format"));
    arg(t, "export", detail(t, "export"));
    *out = say(t, detail(t, "export").size > 0 ? "audit.export" : "audit.export_cli");
    return true;
}

/* All of the workspace, out of it or in again. */
static bool tell_whole(struct telling *t, struct str *out)
{
    arg(t, "to", detail(t, "to"));
    arg(t, "file", detail(t, "file"));
    *out = say(t, scope_format(t->call->scope, "audit.%.*s", STR_ARG(t->row->kind)).data);
    return true;
}

static bool tell_import(struct telling *t, struct str *out)
{
    struct str label;
    object_of(t, &label);
    arg(t, "object", label);
    *out = say(t, str_is(detail(t, "what"), "undo") ? "audit.import_undo" : "audit.import");
    return true;
}

static bool tell_hook(struct telling *t, struct str *out)
{
    arg(t, "name", detail(t, "webhook"));
    *out = say(t, str_is(t->row->kind, "webhook.create")   ? "audit.webhook_create"
                  : str_is(t->row->kind, "webhook.delete") ? "audit.webhook_delete"
                                                           : "audit.webhook_change");
    return true;
}

static const struct {
    const char *kind;
    bool (*tell)(struct telling *t, struct str *out);
} tellers[] = {
    { "login", tell_login },            { "login_failed", tell_login },
    { "logout", tell_logout },          { "password", tell_secret },
    { "otp", tell_secret },             { "key", tell_key },
    { "person", tell_person },          { "config", tell_config },
    { "share", tell_share },            { "unshare", tell_share },
    { "reveal", tell_reveal },          { "export", tell_export },
    { "import", tell_import },          { "webhook.create", tell_hook },
    { "webhook.change", tell_hook },    { "webhook.delete", tell_hook },
    { "copy", tell_whole },             { "backup", tell_whole },
    { "restore", tell_whole },
};

bool audit_sentence(struct call *call, const struct audit_row *row, struct str *out)
{
    struct telling telling = { .call = call, .row = row };
    for (size_t i = 0; i < sizeof(tellers) / sizeof(tellers[0]); i++) {
        if (str_is(row->kind, tellers[i].kind)) return tellers[i].tell(&telling, out);
    }
    *out = row->kind;
    return true;
}

/* A person, the key of a program that acted for them, the command line, or the program itself. */
struct str audit_doer(struct call *call, const struct audit_row *row)
{
    struct str via = row->via;
    if (str_starts_with(via, STR("key:"))) {
        struct error_arg args[] = { { "key", str_slice(via, 4, via.size) },
                                    { "person", row->by_name } };
        return message_text(call->scope, language_of(call), "audit.by_key", args, 2);
    }
    if (row->by_name.size > 0) return row->by_name;
    if (str_is(via, "cli")) return word(call, "audit.by_cli");
    return word(call, "audit.by_system");
}
