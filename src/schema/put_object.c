/*
 * Storing the definition of an object. What comes in names things; what is
 * stored also has ids, and keeps what was taken away ("gone" fields, hidden
 * choices), because history and old values still speak of it.
 *
 *   normalise   match fields and choices with the stored ones by id, else by
 *               name; give ids to new ones; resolve "to"
 *   build       check all of it (build.c)
 *   table       make the table so (table.c)
 *   store       config row, history row, schema version
 */
#include "schema/schema_inner.h"

/* ---- helpers on definitions ---- */

static const struct json *member_by_id(const struct json *list, int64_t id)
{
    for (int i = 0; list && id != 0 && i < list->count; i++) {
        if (json_int(&list->items[i], "id", 0) == id) return &list->items[i];
    }
    return NULL;
}

static const struct json *member_by_name(const struct json *list, struct str name)
{
    for (int i = 0; list && name.size > 0 && i < list->count; i++) {
        if (str_equal(json_text(&list->items[i], "name"), name)) return &list->items[i];
    }
    return NULL;
}

static const struct json *list_of(const struct json *map, const char *name)
{
    const struct json *list = json_get(map, name);
    return list && list->kind == JSON_KIND_LIST ? list : NULL;
}

/* The stored id of an object, 0: there is none. */
static bool object_id_of(struct scope *scope, struct db_conn *conn, struct str name, int *out)
{
    const struct json *builtin = builtin_object(scope, name);
    *out = builtin ? (int)json_int(builtin, "id", 0) : 0;
    if (builtin) return true;
    struct config_row row;
    if (!config_get(scope, conn, STR("object"), name, &row)) return false;
    *out = row.is_found ? row.id : 0;
    return true;
}

/* ---- normalising ---- */

struct normal {
    const struct put *put;
    const struct json *old_fields, *old_gone;
    const struct json *own_fields; /* of user and team: the engine's */
    int object_id;
    struct str object_name;
};

/* Choices get ids; those not named any more stay, hidden. */
static void choices_normalise(struct scope *scope, const struct json *old_definition,
                              struct json *definition)
{
    const struct json *given = list_of(definition, "choices");
    const struct json *stored = old_definition ? list_of(old_definition, "choices") : NULL;
    if (!given || given->count > SCHEMA_CHOICE_COUNT_MAX) return;
    int stored_count = stored ? stored->count : 0;
    int64_t id_max = 0;
    for (int i = 0; i < stored_count; i++) {
        int64_t id = json_int(&stored->items[i], "id", 0);
        if (id > id_max) id_max = id;
    }
    struct json list = tree_list(scope, given->count + stored_count);
    for (int i = 0; i < given->count; i++) {
        struct json choice = given->items[i];
        if (choice.kind == JSON_KIND_STR) {
            choice = tree_map();
            tree_set(scope, &choice, "name", given->items[i]);
        }
        if (choice.kind == JSON_KIND_MAP) {
            const struct json *same = member_by_id(stored, json_int(&choice, "id", 0));
            if (!same) same = member_by_name(stored, str_trim(json_text(&choice, "name")));
            int64_t id = same ? json_int(same, "id", 0) : 0;
            if (id == 0 || member_by_id(&list, id)) {
                id = ++id_max;
                same = NULL;
            }
            tree_set(scope, &choice, "id", tree_int(id));
            tree_alias(scope, same, &choice);
        }
        tree_push(&list, choice);
    }
    for (int i = 0; i < stored_count; i++) {
        struct json choice = stored->items[i];
        if (member_by_id(&list, json_int(&choice, "id", 0))) continue;
        if (member_by_name(&list, json_text(&choice, "name"))) {
            /* Its name went to another one; what was chosen must still be told apart. */
            struct str name = json_text(&choice, "name");
            tree_set(scope, &choice, "name",
                     tree_text(scope_format(scope, "%.*s (%lld)", STR_ARG(name),
                                            (long long)json_int(&choice, "id", 0))));
        }
        tree_set(scope, &choice, "hidden", tree_bool(true));
        tree_push(&list, choice);
    }
    tree_set(scope, definition, "choices", list);
}

static bool to_normalise(struct scope *scope, const struct normal *normal, struct str field_name,
                         struct json *definition)
{
    tree_remove(scope, definition, "to_id");
    struct str to = json_text(definition, "to"), type = json_text(definition, "type");
    if (!str_is(type, "reference") && !str_is(type, "many_to_many") &&
        !str_is(type, "sub_table")) {
        tree_remove(scope, definition, "to");
        return true;
    }
    int id = 0;
    if (str_equal(to, normal->object_name)) {
        id = normal->object_id;
    } else if (to.size > 0 && !object_id_of(scope, normal->put->conn, to, &id)) {
        return false;
    }
    if (id == 0 && to.size > 0) {
        struct field field = { .name = field_name };
        define_refuse(scope, &field, "to", "schema.no_such_object");
        return error_arg(scope, "name", to);
    }
    if (id != 0) tree_set(scope, definition, "to_id", tree_int(id));
    return true;
}

/* Adds the field to the list, with ids; fields of the engine are passed over. */
static bool field_normalise(struct scope *scope, const struct normal *normal,
                            const struct json *given, struct json *list)
{
    struct json definition = *given;
    struct str name = str_trim(json_text(given, "name"));
    if (given->kind != JSON_KIND_MAP) {
        tree_push(list, definition); /* refused by build.c, with its place */
        return true;
    }
    /* What schema_write_object says about system fields comes back unread. */
    if (json_bool(given, "system", false) && name_is_system_field(name)) return true;
    tree_remove(scope, &definition, "system");
    tree_remove(scope, &definition, "filling");
    if (member_by_name(normal->own_fields, name)) {
        tree_remove(scope, &definition, "id");
        tree_push(list, definition);
        return true;
    }
    int64_t id = json_int(given, "id", 0);
    const struct json *same = member_by_id(normal->old_fields, id);
    if (!same) same = member_by_id(normal->old_gone, id);
    if (!same) same = member_by_name(normal->old_fields, name);
    id = same ? json_int(same, "id", 0) : 0;
    if (id == 0 || member_by_id(list, id)) {
        int next_id;
        if (!config_id_next(scope, normal->put->conn, "field", &next_id)) return false;
        id = next_id;
        same = NULL;
    }
    tree_set(scope, &definition, "id", tree_int(id));
    tree_remove(scope, &definition, "gone_at");
    tree_alias(scope, same, &definition);
    choices_normalise(scope, same, &definition);
    if (!define_members_check(scope, name, given)) return false;
    if (!to_normalise(scope, normal, name, &definition) ||
        !derived_normalise(scope, normal->put, normal->object_name, &definition)) {
        return false;
    }
    tree_push(list, definition);
    return true;
}

/* Fields that were and are no more: kept, so that they can come back. */
static struct json gone_fields(struct scope *scope, const struct normal *normal,
                               const struct json *fields)
{
    int old_count = normal->old_fields ? normal->old_fields->count : 0;
    int gone_count = normal->old_gone ? normal->old_gone->count : 0;
    struct json list = tree_list(scope, old_count + gone_count);
    for (int i = 0; i < gone_count; i++) {
        const struct json *field = &normal->old_gone->items[i];
        if (!member_by_id(fields, json_int(field, "id", 0))) tree_push(&list, *field);
    }
    for (int i = 0; i < old_count; i++) {
        const struct json *field = &normal->old_fields->items[i];
        int64_t id = json_int(field, "id", 0);
        if (id == 0 || member_by_id(fields, id)) continue;
        struct json gone = *field;
        tree_set(scope, &gone, "gone_at", tree_int(normal->put->now_ms));
        tree_push(&list, gone);
    }
    return list;
}

/*
 * For each reference along which sight is inherited, the column that holds the
 * other record's owner where that is somebody else; see struct object.
 */
static bool seen_by_fields(struct scope *scope, const struct normal *normal, struct json *fields)
{
    const struct json *inherit = list_of(normal->put->body, "inherit");
    bool has_owner = json_bool(normal->put->body, "owner", true);
    for (int i = 0; inherit && i < inherit->count && i < SCHEMA_INHERIT_COUNT_MAX; i++) {
        struct str ref = inherit->items[i].text;
        struct str name = scope_format(scope, SCHEMA_SEEN_BY "%.*s", STR_ARG(ref));
        if (ref.size == 0 || member_by_name(fields, name)) continue;
        struct json field = tree_map();
        tree_set(scope, &field, "name", tree_text(name));
        tree_set(scope, &field, "type", tree_text(STR("formula")));
        tree_set(scope, &field, "result", tree_text(STR("person")));
        tree_set(scope, &field, "stored", tree_bool(true));
        tree_set(scope, &field, "hidden", tree_bool(true));
        tree_set(scope, &field, "formula",
                 tree_text(has_owner
                               ? scope_format(scope, "IF(%.*s.owner = owner, BLANK(), %.*s.owner)",
                                              STR_ARG(ref), STR_ARG(ref))
                               : scope_format(scope, "%.*s.owner", STR_ARG(ref))));
        if (!field_normalise(scope, normal, &field, fields)) return false;
    }
    return true;
}

/* A name that a field has now is no other field's alias any more. */
static void aliases_settle(struct scope *scope, struct json *fields)
{
    for (int i = 0; i < fields->count; i++) {
        const struct json *aliases = list_of(&fields->items[i], "aliases");
        struct json kept = tree_list(scope, ALIAS_COUNT_MAX);
        for (int k = 0; aliases && k < aliases->count; k++) {
            if (member_by_name(fields, aliases->items[k].text)) continue;
            tree_push(&kept, aliases->items[k]);
        }
        if (!aliases || kept.count == aliases->count) continue;
        if (kept.count > 0) {
            tree_set(scope, &fields->items[i], "aliases", kept);
        } else {
            tree_remove(scope, &fields->items[i], "aliases");
        }
    }
}

static bool body_normalise(struct scope *scope, const struct normal *normal, struct json *out)
{
    static const char *const derived[] = { "id",      "gone",        "relations", "title_field",
                                           "builtin", "polymorphic", "system",    "version" };
    const struct json *given = json_get(normal->put->body, "fields");
    *out = *normal->put->body;
    for (size_t i = 0; i < sizeof(derived) / sizeof(derived[0]); i++) {
        tree_remove(scope, out, derived[i]);
    }
    tree_set(scope, out, "name", tree_text(normal->object_name));
    tree_set(scope, out, "id", tree_int(normal->object_id));
    if (given && (given->kind != JSON_KIND_LIST || given->count > SCHEMA_FIELD_COUNT_MAX)) {
        return true; /* refused by build.c */
    }
    struct json fields = tree_list(scope, (given ? given->count : 0) + SCHEMA_INHERIT_COUNT_MAX);
    bool is_ok = true;
    for (int i = 0; given && i < given->count; i++) {
        is_ok = field_normalise(scope, normal, &given->items[i], &fields) && is_ok;
        if (!is_ok && scope->error.code != ERROR_INVALID) return false;
    }
    is_ok = is_ok && seen_by_fields(scope, normal, &fields);
    aliases_settle(scope, &fields);
    struct json gone = gone_fields(scope, normal, &fields);
    tree_set(scope, out, "fields", fields);
    if (gone.count > 0) tree_set(scope, out, "gone", gone);
    return is_ok;
}

/* ---- what may change ---- */

static bool type_may_change(const struct field *from, const struct field *to)
{
    struct str before = str_of(from->type->name), after = str_of(to->type->name);
    if (str_equal(before, after)) return from->scale == to->scale;
    bool is_plain = str_is(after, "text") || str_is(after, "long_text") ||
                    str_is(after, "rich_text");
    return is_plain && from->type->kind == VALUE_TEXT;
}

static int64_t to_id_of(const struct object *object, const struct field *field)
{
    return json_int(member_by_id(list_of(object->body, "fields"), field->id), "to_id", 0);
}

static bool changes_check(struct scope *scope, const struct object *old_object,
                          const struct object *object)
{
    bool is_ok = true;
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        const struct field *before = object_field_by_id(old_object, field->id);
        if (!before || field->id < SCHEMA_FIELD_ID_FIRST) continue;
        bool is_computed = before->type == field->type && field->type->is_computed;
        if (!is_computed && !type_may_change(before, field)) {
            is_ok = define_refuse(scope, field, "type", "schema.type_change");
        } else if (to_id_of(old_object, before) != to_id_of(object, field)) {
            is_ok = define_refuse(scope, field, "to", "schema.type_change");
        }
    }
    return is_ok;
}

/* A hidden field that comes back must still be what its column holds. */
static bool returns_check(struct scope *scope, const struct json *old_gone,
                          const struct object *object)
{
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        const struct json *gone = member_by_id(old_gone, field->id);
        if (gone && json_bool(gone, "lost", false)) {
            return error_set(scope, ERROR_CONFLICT, "config.undo_lost", field->name);
        }
        if (!gone || str_is(json_text(gone, "type"), field->type->name)) continue;
        return define_refuse(scope, field, "type", "schema.type_change");
    }
    return true;
}

static bool pipeline_kept_check(struct scope *scope, struct db_conn *conn,
                                const struct object *old_object, const struct object *object)
{
    if (!old_object->has_pipeline || object->has_pipeline) return true;
    struct sql sql;
    struct row row;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT 1 FROM "));
    sql_name(&sql, old_object->table);
    sql_put(&sql, STR(" LIMIT 1"));
    if (!sql_is_ok(scope, &sql) || !sql_one(scope, conn, &sql, &row)) return false;
    return row.count == 0 ||
           error_add(scope, ERROR_INVALID, "schema.pipeline_in_use", STR("pipeline"));
}

/* ---- the two doors ---- */

/* The definition in force: for user and team, the engine's part with the stored one over it. */
static bool definition_build(struct scope *scope, const struct json *builtin,
                             const struct json *stored, struct object *out)
{
    struct json *body = scope_new(scope, struct json, 1);
    *body = *stored;
    if (builtin) *body = builtin_merge(scope, builtin, stored);
    return object_build(scope, body, out);
}

static bool name_is_free(struct scope *scope, const struct put *put, struct str name)
{
    struct config_row other;
    if (str_equal(name, put->name)) return true;
    if (!config_get(scope, put->conn, STR("object"), name, &other)) return false;
    return !other.is_found ||
           error_add(scope, ERROR_INVALID, "schema.duplicate", STR("name"));
}

static bool object_count_check(struct scope *scope, struct db_conn *conn)
{
    struct row row;
    if (!db_one(scope, conn, STR("SELECT count(*) FROM config WHERE kind = 'object'"), NULL, 0,
                &row)) {
        return false;
    }
    return row.cells[0].integer < SCHEMA_OBJECT_COUNT_MAX ||
           error_add(scope, ERROR_INVALID, "schema.too_many", STR("objects"));
}

/*
 * An object that was taken away comes back under its id, with its table: row gets the body it
 * had then. Its records are there until the history says that they are lost.
 */
static bool deleted_find(struct scope *scope, const struct put *put, int64_t id,
                         struct config_row *row)
{
    struct cell args[] = { cell_int(id) };
    struct row found;
    if (id < SCHEMA_OBJECT_ID_FIRST) return true;
    if (!db_one(scope, put->conn,
                STR("SELECT h.version, h.body FROM config_history AS h WHERE h.kind = 'object' "
                    "AND h.config = ? AND h.lost IS NULL AND NOT EXISTS (SELECT 1 FROM config AS "
                    "c WHERE c.kind = h.kind AND c.id = h.config) ORDER BY h.seq DESC LIMIT 1"),
                args, 1, &found)) {
        return false;
    }
    if (found.count == 0 || found.cells[1].kind == CELL_NULL) return true;
    row->id = (int)id;
    row->version = found.cells[0].integer + 1;
    return json_read(scope, found.cells[1].text, &row->body);
}

static bool object_id_settle(struct scope *scope, const struct put *put,
                             const struct json *builtin, const struct config_row *row, int *out)
{
    *out = row->id;
    if (row->is_found || row->id != 0) return true;
    if (builtin) {
        *out = (int)json_int(builtin, "id", 0);
        return true;
    }
    return object_count_check(scope, put->conn) &&
           config_id_next(scope, put->conn, "object", out);
}

static bool builtin_check(struct scope *scope, const struct json *builtin, struct str name,
                          struct str name_after)
{
    if (!builtin && builtin_object(scope, name_after)) {
        return error_add(scope, ERROR_INVALID, "schema.name_reserved", STR("name"));
    }
    if (!builtin) return true;
    if (json_bool(builtin, "builtin", false) || !str_equal(name, name_after)) {
        return error_add(scope, ERROR_INVALID, "schema.builtin", STR("name"));
    }
    return true;
}

/* A stored look-up or roll-up that leads nowhere has no column to be kept in. */
static bool derived_check(struct scope *scope, const struct object *object)
{
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (!field->derivation || !field->is_stored || field->result_type) continue;
        return define_refuse(scope, field, "result", "schema.result_missing");
    }
    return true;
}

bool object_put(struct scope *scope, const struct put *put)
{
    struct config_row row;
    struct str name_after = str_trim(json_text(put->body, "name"));
    if (name_after.size == 0) name_after = put->name;
    const struct json *builtin = builtin_object(scope, put->name);
    struct normal normal = { .put = put, .object_name = name_after };
    if (!builtin_check(scope, builtin, put->name, name_after) ||
        !config_get(scope, put->conn, put->kind, put->name, &row) ||
        (!row.is_found && !builtin &&
         !deleted_find(scope, put, json_int(put->body, "id", 0), &row)) ||
        !name_is_free(scope, put, name_after) ||
        !object_id_settle(scope, put, builtin, &row, &normal.object_id)) {
        return false;
    }
    bool is_return = !row.is_found && row.id != 0;
    bool has_row = row.is_found || is_return;
    normal.old_fields = has_row ? list_of(&row.body, "fields") : NULL;
    normal.old_gone = has_row ? list_of(&row.body, "gone") : NULL;
    normal.own_fields = builtin ? json_get(builtin, "fields") : NULL;

    struct json body;
    struct object object, old_object, *before = NULL;
    struct json nothing = tree_map();
    /* A row without a name was only reserved by schema_put_all. */
    bool has_table = builtin || (has_row && json_get(&row.body, "name"));
    if (!body_normalise(scope, &normal, &body)) return false;
    if (row.is_found) tree_alias(scope, &row.body, &body);
    if (!definition_build(scope, builtin, &body, &object) || !derived_check(scope, &object)) {
        return false;
    }
    if (has_table) {
        before = &old_object;
        if (!definition_build(scope, builtin, has_row ? &row.body : &nothing, before) ||
            (!put->is_trial && !changes_check(scope, before, &object)) ||
            !returns_check(scope, normal.old_gone, &object) ||
            !pipeline_kept_check(scope, put->conn, before, &object)) {
            return false;
        }
    }
    const struct config_change change = {
        .kind = put->kind, .name = put->name, .name_after = name_after, .body = &body,
        .id = normal.object_id, .by = put->by, .now_ms = put->now_ms,
        .is_follow = put->is_follow,
    };
    bool has_tables = put->is_trial ||
                      (is_return ? table_show(scope, put->conn, before, &object)
                                 : table_change(scope, put->conn, before, &object));
    return has_tables &&
           config_store(scope, put->conn, &row, &change);
}

static bool goes_too(const struct put *put, struct str name)
{
    for (int i = 0; i < put->part_count; i++) {
        const struct schema_part *part = &put->parts[i];
        bool is_it = str_is(part->kind, "object") && str_equal(part->name, name);
        if (is_it && part->body.kind == JSON_KIND_NULL) return true;
    }
    return false;
}

/* Another object's reference or a pipeline that would point nowhere. */
static bool use_check(struct scope *scope, const struct put *put, int object_id)
{
    struct db_conn *conn = put->conn;
    struct rows rows;
    if (!db_all(scope, conn,
                STR("SELECT name, id, body FROM config WHERE kind IN ('object', 'pipeline')"),
                NULL, 0, SCHEMA_CONFIG_COUNT_MAX, &rows)) {
        return false;
    }
    for (int i = 0; i < rows.count; i++) {
        struct json body;
        if (!json_read(scope, rows.items[i].cells[2].text, &body)) return false;
        bool is_used = json_int(&body, "object_id", 0) == object_id;
        const struct json *fields = list_of(&body, "fields");
        bool is_self = rows.items[i].cells[1].integer == object_id && fields;
        for (int k = 0; fields && !is_self && k < fields->count; k++) {
            is_used = is_used || json_int(&fields->items[k], "to_id", 0) == object_id;
        }
        if (!is_used || (fields && goes_too(put, rows.items[i].cells[0].text))) continue;
        error_add(scope, ERROR_INVALID, "schema.in_use", STR("name"));
        return error_arg(scope, "name", rows.items[i].cells[0].text);
    }
    return true;
}

bool object_drop(struct scope *scope, const struct put *put)
{
    struct config_row row;
    struct object object;
    if (builtin_object(scope, put->name)) {
        return error_add(scope, ERROR_INVALID, "schema.builtin", STR("name"));
    }
    if (!config_get(scope, put->conn, put->kind, put->name, &row)) return false;
    if (!row.is_found) return error_set(scope, ERROR_NOT_FOUND, "schema.not_found", STR("name"));
    const struct config_change change = {
        .kind = put->kind, .name = put->name, .id = row.id, .by = put->by,
        .now_ms = put->now_ms,
    };
    return use_check(scope, put, row.id) && object_build(scope, &row.body, &object) &&
           (put->is_trial || table_hide(scope, put->conn, &object)) &&
           config_store(scope, put->conn, &row, &change);
}
