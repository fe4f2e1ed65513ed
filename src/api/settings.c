/* Settings of the workspace: what every document and every date of it goes by. */
#include "api/inner.h"

#include "schema/schema.h"

enum { COMPANY_SIZE_MAX = 200, OTP_ROLES_SIZE_MAX = 2000, ZONE_NONE = -10000 };

static bool is_company(struct str text)
{
    return text.size > 0 && text.size <= COMPANY_SIZE_MAX;
}

static bool is_zone(struct str text)
{
    return zone_parse(text, ZONE_NONE) != ZONE_NONE;
}

/* ISO 4217 */
static bool is_currency(struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < 'A' || text.data[i] > 'Z') return false;
    }
    return text.size == 3;
}

/* Names of roles with blanks between; who has one of them needs a second factor. */
static bool is_roles(struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == ' ';
        if (!is_word) return false;
    }
    return text.size <= OTP_ROLES_SIZE_MAX;
}

static bool is_language(struct str text)
{
    return str_is(text, "zh") || str_is(text, "en");
}

static bool is_yes_or_no(struct str text)
{
    return str_is(text, "yes") || str_is(text, "no");
}

static const struct {
    const char *name, *fallback;
    bool (*is_valid)(struct str text);
} settings[] = {
    { "company", "", is_company },
    { "zone", "Asia/Shanghai", is_zone },
    { "currency", "CNY", is_currency },
    { "otp_roles", "", is_roles },
    { "bi_language", "zh", is_language },   /* of labels in BI views */
    { "bi_personal", "no", is_yes_or_no },  /* do BI views have personal fields? */
    { "setup_done", "yes", is_yes_or_no },  /* led through the first steps? init writes no */
};
enum { SETTING_COUNT = sizeof(settings) / sizeof(settings[0]) };

static bool settings_put(struct call *call, struct db_conn *conn)
{
    json_map_begin(&call->out);
    for (int i = 0; i < SETTING_COUNT; i++) {
        struct str value;
        if (!setting_get(call->scope, conn, str_of(settings[i].name), &value)) return false;
        json_member_str(&call->out, settings[i].name,
                        value.size > 0 ? value : str_of(settings[i].fallback));
    }
    json_map_end(&call->out);
    return true;
}

bool api_settings(struct call *call)
{
    return settings_put(call, call->conn);
}

static bool setting_read(struct call *call, struct str name, const struct json *value)
{
    for (int i = 0; i < SETTING_COUNT; i++) {
        if (!str_is(name, settings[i].name)) continue;
        struct str text = value->kind == JSON_KIND_STR ? str_trim(value->text) : STR("");
        if (settings[i].is_valid(text)) return true;
        error_add(call->scope, ERROR_INVALID,
                  text.size == 0 ? "field.required" : "field.not_choice", name);
        return error_arg(call->scope, "value", text);
    }
    return error_add(call->scope, ERROR_INVALID, "field.unknown", name);
}

bool api_settings_change(struct call *call)
{
    if (!call_body_map(call)) return false;
    for (int i = 0; i < call->body.count; i++) {
        setting_read(call, call->body.names[i], &call->body.items[i]);
    }
    return !error_is_set(call->scope);
}

bool api_settings_change_write(struct call *call, struct db_conn *conn)
{
    for (int i = 0; i < call->body.count; i++) {
        struct str value = str_trim(call->body.items[i].text), before;
        if (!setting_get(call->scope, conn, call->body.names[i], &before)) return false;
        if (str_equal(value, before)) continue;
        if (!engine_setting_put(call->scope, conn, &call->context, call->body.names[i], value)) {
            return false;
        }
    }
    return settings_put(call, conn);
}
