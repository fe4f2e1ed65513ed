/* Roles as data: read from their bodies, formulas of scopes compiled, mistakes named. */
#include "access/access.h"

static const struct {
    const char *name;
    enum access_scope scope;
} scope_names[] = {
    { "none", SCOPE_NONE },   { "own", SCOPE_OWN }, { "team", SCOPE_TEAM },
    { "team_below", SCOPE_TEAM_BELOW }, { "region", SCOPE_REGION }, { "all", SCOPE_ALL },
};

static const char *const action_names[ACTION_COUNT] = { "read",   "create", "update", "delete",
                                                        "assign", "export", "import" };

static const struct {
    const char *name;
    enum access_right right;
} right_names[] = {
    { "configure", RIGHT_CONFIGURE },   { "manage_people", RIGHT_MANAGE_PEOPLE },
    { "skip_stage", RIGHT_SKIP_STAGE }, { "import_history", RIGHT_IMPORT_HISTORY },
    { "intervene", RIGHT_INTERVENE },   { "audit", RIGHT_AUDIT },
};

static const char *const mode_names[] = { "visible", "readonly", "masked", "hidden" };

const char *access_mode_name(enum field_mode mode)
{
    return mode_names[mode];
}

/* The scope's word; a formula has none. */
const char *access_scope_name(enum access_scope scope)
{
    return scope < SCOPE_FORMULA ? scope_names[scope].name : "formula";
}

const char *access_action_name(enum access_action action)
{
    return action_names[action];
}

/* ---- building roles ---- */

/* What is being read, for the words of errors. */
struct reading {
    struct scope *scope;
    const struct schema *schema;
    struct str role, object;
};

static bool role_error(const struct reading *reading, struct str word)
{
    error_set(reading->scope, ERROR_INVALID, "role.bad", reading->role);
    return error_arg(reading->scope, "word", word);
}

/* "object.read: ownn" */
static bool grant_error(const struct reading *reading, const char *action, struct str word)
{
    return role_error(reading, scope_format(reading->scope, "%.*s.%s%s%.*s",
                                            STR_ARG(reading->object), action,
                                            word.size > 0 ? ": " : "", STR_ARG(word)));
}

static bool word_read(const struct json *value, enum access_scope *out)
{
    if (value->kind == JSON_KIND_BOOL) {
        *out = value->boolean ? SCOPE_ALL : SCOPE_NONE;
        return true;
    }
    for (size_t i = 0; i < sizeof(scope_names) / sizeof(scope_names[0]); i++) {
        if (value->kind == JSON_KIND_STR && str_is(value->text, scope_names[i].name)) {
            *out = scope_names[i].scope;
            return true;
        }
    }
    return false;
}

/* {"formula": …}: which records; what is yet to be made is none, so creating has no formula. */
static bool formula_read(const struct reading *reading, const struct json *value, int action,
                         const struct object *object, const struct formula **out)
{
    struct str source = json_text(value, "formula");
    bool is_of_records = action != ACTION_CREATE && action != ACTION_IMPORT;
    if (source.size == 0 || !is_of_records || !object) {
        return grant_error(reading, action_names[action], STR("formula"));
    }
    struct formula *formula = NULL;
    if (formula_compile(reading->scope, reading->schema, object, source,
                        FORMULA_ALLOW_CLOCK | FORMULA_ALLOW_PERSON, &formula) &&
        formula_expect_predicate(reading->scope, reading->schema, formula)) {
        *out = formula;
        return true;
    }
    struct error_item *item = error_last(reading->scope);
    if (item) {
        item->field = scope_format(reading->scope, "%.*s.grants.%.*s.%s", STR_ARG(reading->role),
                                   STR_ARG(reading->object), action_names[action]);
    }
    return false;
}

static bool scope_read(const struct reading *reading, const struct json *value, int action,
                       const struct object *object, struct grant *out)
{
    if (value->kind == JSON_KIND_MAP) {
        out->scopes[action] = SCOPE_FORMULA;
        return formula_read(reading, value, action, object, &out->formulas[action]);
    }
    return word_read(value, &out->scopes[action]) ||
           grant_error(reading, action_names[action], value->text);
}

static bool reveal_fields_read(const struct reading *reading, const struct json *names,
                               const struct object *object, struct grant *out)
{
    if (!object) return grant_error(reading, "reveal", STR("fields"));
    out->reveals = scope_new(reading->scope, bool, object->field_count);
    for (int i = 0; i < names->count; i++) {
        const struct field *field = object_field(object, names->items[i].text);
        if (!field) return grant_error(reading, "reveal", names->items[i].text);
        out->reveals[field->index] = true;
    }
    return true;
}

/* true, a list of fields, or {"fields"?, "reason"?: must one be given}. */
static bool reveal_read(const struct reading *reading, const struct json *value,
                        const struct object *object, struct grant *out)
{
    const struct json *names = value->kind == JSON_KIND_MAP ? json_get(value, "fields") : value;
    bool is_known = value->kind == JSON_KIND_BOOL || value->kind == JSON_KIND_LIST ||
                    value->kind == JSON_KIND_MAP;
    if (!is_known) return grant_error(reading, "reveal", value->text);
    out->can_reveal = value->kind != JSON_KIND_BOOL || value->boolean;
    out->needs_reason = value->kind == JSON_KIND_MAP && json_bool(value, "reason", false);
    if (!names || names->kind != JSON_KIND_LIST) return true;
    return reveal_fields_read(reading, names, object, out);
}

static bool grant_read(const struct reading *reading, const struct json *body,
                       const struct object *object, struct grant *out)
{
    for (int i = 0; body && i < body->count; i++) {
        int action = 0;
        if (str_is(body->names[i], "reveal")) {
            if (!reveal_read(reading, &body->items[i], object, out)) return false;
            continue;
        }
        while (action < ACTION_COUNT && !str_is(body->names[i], action_names[action])) action += 1;
        if (action == ACTION_COUNT) {
            return grant_error(reading, scope_copy(reading->scope, body->names[i]).data, STR(""));
        }
        if (!scope_read(reading, &body->items[i], action, object, out)) return false;
    }
    return true;
}

static void scopes_note(struct role *role, const struct grant *grant)
{
    for (int i = 0; i < ACTION_COUNT; i++) role->has_scope[grant->scopes[i]] = true;
}

static bool grants_build(struct reading *reading, struct role *role, const struct json *body)
{
    const struct schema *schema = reading->schema;
    const struct json *grants = json_get(body, "grants");
    struct grant fallback = { .scopes = { 0 } };
    reading->object = STR("*");
    if (!grant_read(reading, json_get(grants, "*"), NULL, &fallback)) return false;
    role->grants = scope_new(reading->scope, struct grant, schema->object_count);
    struct grant builtin = { .scopes = { [ACTION_READ] = SCOPE_OWN } };
    for (int i = 0; i < schema->object_count; i++) {
        role->grants[i] = schema->objects[i].is_builtin ? builtin : fallback;
    }
    for (int i = 0; grants && i < grants->count; i++) {
        if (str_is(grants->names[i], "*")) continue;
        struct object *object = schema_object(schema, grants->names[i]);
        if (!object || object->is_builtin) return role_error(reading, grants->names[i]);
        struct grant grant = { .scopes = { 0 } };
        reading->object = object->name;
        if (!grant_read(reading, &grants->items[i], object, &grant)) return false;
        role->grants[object - schema->objects] = grant;
    }
    for (int i = 0; i < schema->object_count; i++) scopes_note(role, &role->grants[i]);
    return true;
}

static bool modes_build(const struct reading *reading, struct role *role, const struct json *body)
{
    struct scope *scope = reading->scope;
    const struct schema *schema = reading->schema;
    const struct json *fields = json_get(body, "fields");
    role->modes = scope_new(scope, enum field_mode *, schema->object_count);
    for (int i = 0; fields && i < fields->count; i++) {
        struct str rest = fields->names[i], object_name, field_name;
        if (!str_split(&rest, '.', &object_name) || !str_split(&rest, '.', &field_name)) {
            return role_error(reading, fields->names[i]);
        }
        struct object *object = schema_object(schema, object_name);
        struct field *field = object ? object_field(object, field_name) : NULL;
        size_t mode = 0;
        while (mode < 4 && !str_is(fields->items[i].text, mode_names[mode])) mode += 1;
        if (!field || mode == 4) return role_error(reading, fields->names[i]);
        enum field_mode **modes = &role->modes[object - schema->objects];
        if (!*modes) *modes = scope_new(scope, enum field_mode, object->field_count);
        (*modes)[field->index] = (enum field_mode)mode;
    }
    return true;
}

/* The strictest mode of what a computed field stands on, when it is masked or hidden. */
static enum field_mode mode_below(const struct schema *schema, const struct role *role,
                                  const struct field *field)
{
    enum field_mode mode = FIELD_VISIBLE;
    for (int i = 0; field->formula && i < field->formula->use_count; i++) {
        const struct formula_use *use = &field->formula->uses[i];
        const enum field_mode *modes = role->modes[use->object - schema->objects];
        if (!modes || !use->field) continue;
        if (modes[use->field->index] > mode) mode = modes[use->field->index];
    }
    return mode >= FIELD_MASKED ? mode : FIELD_VISIBLE;
}

/* What is computed from a field that is not shown is not shown: round by round, up the chains. */
static void modes_spread(struct scope *scope, const struct schema *schema, struct role *role)
{
    for (bool is_more = true; is_more;) {
        is_more = false;
        for (int i = 0; i < schema->object_count; i++) {
            const struct object *object = &schema->objects[i];
            enum field_mode **modes = &role->modes[i];
            for (int k = 0; k < object->field_count; k++) {
                enum field_mode mode = mode_below(schema, role, &object->fields[k]);
                if (mode <= (*modes ? (*modes)[k] : FIELD_VISIBLE)) continue;
                if (!*modes) *modes = scope_new(scope, enum field_mode, object->field_count);
                (*modes)[k] = mode;
                is_more = true;
            }
        }
    }
}

static bool rights_build(const struct reading *reading, struct role *role, const struct json *body)
{
    const struct json *can = json_get(body, "can");
    for (int i = 0; can && i < can->count; i++) {
        size_t right = 0, count = sizeof(right_names) / sizeof(right_names[0]);
        while (right < count && !str_is(can->items[i].text, right_names[right].name)) right += 1;
        if (right == count) return role_error(reading, can->items[i].text);
        role->rights |= right_names[right].right;
    }
    return true;
}

static bool all_is_seen(const struct schema *schema, const struct role *role)
{
    for (int i = 0; i < schema->object_count; i++) {
        const struct object *object = &schema->objects[i];
        bool is_open = object->is_builtin || object->owned_by ||
                       role->grants[i].scopes[ACTION_READ] == SCOPE_ALL;
        for (int k = 0; is_open && role->modes[i] && k < object->field_count; k++) {
            is_open = role->modes[i][k] < FIELD_MASKED;
        }
        if (!is_open) return false;
    }
    return true;
}

bool access_build(struct scope *scope, const struct schema *schema, struct access **out)
{
    struct access *access = scope_new(scope, struct access, 1);
    access->schema = schema;
    access->user = schema_object(schema, STR("user"));
    access->team = schema_object(schema, STR("team"));
    int count = 0;
    const struct config *configs = schema_configs(schema, STR("role"), &count);
    access->roles = scope_new(scope, struct role, count);
    access->role_count = count;
    for (int i = 0; i < count; i++) {
        struct role *role = &access->roles[i];
        const struct json *body = &configs[i].body;
        role->id = configs[i].id;
        role->name = configs[i].name;
        role->label = (struct label){ json_text(json_get(body, "label"), "zh"),
                                      json_text(json_get(body, "label"), "en") };
        struct reading reading = { scope, schema, role->name, STR("") };
        if (!grants_build(&reading, role, body) || !modes_build(&reading, role, body) ||
            !rights_build(&reading, role, body)) {
            return false;
        }
        modes_spread(scope, schema, role);
        role->sees_all = all_is_seen(schema, role);
    }
    *out = access;
    return true;
}

/* ---- what one role has more than another ---- */

static bool scope_covers(const struct grant *own, const struct grant *wanted, int action)
{
    enum access_scope have = own->scopes[action], want = wanted->scopes[action];
    if (have == SCOPE_ALL || want == SCOPE_NONE) return true;
    if (have == SCOPE_NONE || want == SCOPE_ALL) return false;
    if (have == SCOPE_FORMULA || want == SCOPE_FORMULA) {
        return have == want &&
               str_equal(own->formulas[action]->source, wanted->formulas[action]->source);
    }
    return have == want || want == SCOPE_OWN || (have == SCOPE_TEAM_BELOW && want == SCOPE_TEAM);
}

static bool reveal_covers(const struct grant *own, const struct grant *wanted,
                          const struct field *own_field, const struct field *field)
{
    bool is_wanted = wanted->can_reveal && (!wanted->reveals || wanted->reveals[field->index]);
    return !is_wanted ||
           (own->can_reveal && (!own->reveals || own->reveals[own_field->index]));
}

static enum field_mode mode_of(const struct role *role, int object, int field)
{
    return role->modes[object] ? role->modes[object][field] : FIELD_VISIBLE;
}

/* One object: at is its position before the change, to after it. */
static bool object_covers(struct scope *scope, const struct access *access,
                          const struct role *own, const struct role *before,
                          const struct access *after_access, const struct role *after, int at,
                          int to, struct str *word)
{
    static const struct grant nothing = { .scopes = { 0 } };
    const struct object *object = &access->schema->objects[at];
    const struct object *later = &after_access->schema->objects[to];
    const struct grant *had = before ? &before->grants[at] : &nothing;
    const struct grant *has = &after->grants[to];
    for (int action = 0; action < ACTION_COUNT; action++) {
        if (scope_covers(had, has, action) || scope_covers(&own->grants[at], has, action)) continue;
        *word = scope_format(scope, "%.*s.%s", STR_ARG(later->name), action_names[action]);
        return false;
    }
    for (int i = 0; i < later->field_count; i++) {
        const struct field *field = &later->fields[i];
        const struct field *old = object_field_by_id(object, field->id);
        if (!old) continue;
        enum field_mode mode = mode_of(after, to, i), mine = mode_of(own, at, old->index);
        bool is_open = (before && mode >= mode_of(before, at, old->index)) || mode >= mine;
        bool is_shown = reveal_covers(had, has, old, field) || mine < FIELD_MASKED ||
                        reveal_covers(&own->grants[at], has, old, field);
        /* A field of an object out of sight is no more open for its mode. */
        if (has->scopes[ACTION_READ] == SCOPE_NONE || (is_open && is_shown)) continue;
        *word = scope_format(scope, "%.*s.%.*s", STR_ARG(later->name), STR_ARG(field->name));
        return false;
    }
    return true;
}

bool access_covers(struct scope *scope, const struct access *access, const struct role *own,
                   const struct role *before, const struct access *after_access,
                   const struct role *after, struct str *word)
{
    unsigned more = after->rights & ~(before ? before->rights : 0) & ~own->rights;
    for (size_t i = 0; i < sizeof(right_names) / sizeof(right_names[0]); i++) {
        if (!(more & right_names[i].right)) continue;
        *word = str_of(right_names[i].name);
        return false;
    }
    const struct schema *later = after_access->schema;
    for (int to = 0; to < later->object_count; to++) {
        const struct object *object =
            schema_object_by_id(access->schema, later->objects[to].id);
        if (!object || object->is_builtin) continue;
        if (!object_covers(scope, access, own, before, after_access, after,
                           (int)(object - access->schema->objects), to, word)) {
            return false;
        }
    }
    return true;
}
