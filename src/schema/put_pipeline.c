/*
 * Storing a pipeline. Stages keep their ids by name (or by id, when renamed): a
 * record stands in a stage by id, and history speaks of ids for good. A stage is
 * only taken away when no record stands in it; its name stays for the history.
 */
#include "schema/schema_inner.h"

static const struct json *member(const struct json *list, int64_t id, struct str name)
{
    if (!list || list->kind != JSON_KIND_LIST) return NULL;
    for (int i = 0; id != 0 && i < list->count; i++) {
        if (json_int(&list->items[i], "id", 0) == id) return &list->items[i];
    }
    for (int i = 0; name.size > 0 && i < list->count; i++) {
        if (str_equal(json_text(&list->items[i], "name"), name)) return &list->items[i];
    }
    return NULL;
}

static bool has_id(const struct json *list, int64_t id)
{
    return id != 0 && member(list, id, STR("")) != NULL;
}

static bool gates_normalise(struct scope *scope, struct db_conn *conn,
                            const struct json *old_stage, const char *door, struct json *stage)
{
    const struct json *given = json_get(stage, door), *stored = json_get(old_stage, door);
    if (!given || given->kind != JSON_KIND_LIST || given->count > SCHEMA_GATE_COUNT_MAX) {
        return true;
    }
    struct json list = tree_list(scope, given->count);
    for (int i = 0; i < given->count; i++) {
        struct json gate = given->items[i];
        if (gate.kind == JSON_KIND_MAP) {
            const struct json *same = member(stored, json_int(&gate, "id", 0),
                                             json_text(&gate, "name"));
            int id = (int)json_int(same, "id", 0);
            if (id == 0 || has_id(&list, id)) {
                if (!config_id_next(scope, conn, "gate", &id)) return false;
            }
            tree_set(scope, &gate, "id", tree_int(id));
        }
        tree_push(&list, gate);
    }
    tree_set(scope, stage, door, list);
    return true;
}

static bool stage_normalise(struct scope *scope, struct db_conn *conn,
                            const struct json *old_body, const struct json *given,
                            struct json *list)
{
    struct json stage = *given;
    if (given->kind == JSON_KIND_MAP) {
        int64_t given_id = json_int(given, "id", 0);
        struct str name = str_trim(json_text(given, "name"));
        const struct json *same = member(json_get(old_body, "stages"), given_id, name);
        if (!same) same = member(json_get(old_body, "gone"), given_id, name);
        int id = (int)json_int(same, "id", 0);
        if (id == 0 || has_id(list, id)) {
            if (!config_id_next(scope, conn, "stage", &id)) return false;
            same = NULL;
        }
        tree_set(scope, &stage, "id", tree_int(id));
        tree_alias(scope, same, &stage);
        if (!gates_normalise(scope, conn, same, "enter", &stage) ||
            !gates_normalise(scope, conn, same, "leave", &stage)) {
            return false;
        }
    }
    tree_push(list, stage);
    return true;
}

/* Stages that were and are no more, earlier removed ones first. */
static struct json gone_stages(struct scope *scope, const struct json *old_body,
                               const struct json *stages)
{
    static const char *const lists[] = { "gone", "stages" };
    int count = 0;
    for (size_t i = 0; i < 2; i++) {
        const struct json *from = json_get(old_body, lists[i]);
        count += from ? from->count : 0;
    }
    struct json gone = tree_list(scope, count);
    for (size_t i = 0; i < 2; i++) {
        const struct json *from = json_get(old_body, lists[i]);
        for (int k = 0; from && k < from->count; k++) {
            struct json stage = from->items[k];
            if (has_id(stages, json_int(&stage, "id", 0))) continue;
            tree_remove(scope, &stage, "enter");
            tree_remove(scope, &stage, "leave");
            tree_push(&gone, stage);
        }
    }
    return gone;
}

static bool body_normalise(struct scope *scope, const struct put *put,
                           const struct json *old_body, struct json *out)
{
    const struct json *given = json_get(put->body, "stages");
    *out = *put->body;
    tree_remove(scope, out, "gone");
    tree_remove(scope, out, "object_id");
    if (json_text(out, "name").size == 0) tree_set(scope, out, "name", tree_text(put->name));
    if (!given || given->kind != JSON_KIND_LIST || given->count > SCHEMA_STAGE_COUNT_MAX) {
        return true; /* refused by build_pipeline.c */
    }
    struct json stages = tree_list(scope, given->count);
    for (int i = 0; i < given->count; i++) {
        if (!stage_normalise(scope, put->conn, old_body, &given->items[i], &stages)) return false;
    }
    struct json gone = gone_stages(scope, old_body, &stages);
    tree_set(scope, out, "stages", stages);
    if (gone.count > 0) tree_set(scope, out, "gone", gone);
    return true;
}

/* The object whose records run here; it must exist and have pipelines. */
static bool object_of(struct scope *scope, const struct put *put, const struct json *old_body,
                      struct object *out)
{
    struct str name = json_text(put->body, "object");
    struct config_row row = { .is_found = false };
    int64_t old_id = json_int(old_body, "object_id", 0);
    if (name.size == 0 && old_id != 0 &&
        !config_name_of(scope, put->conn, STR("object"), old_id, &name)) {
        return false;
    }
    if (name.size > 0 && !config_get(scope, put->conn, STR("object"), name, &row)) return false;
    if (!row.is_found) {
        error_add(scope, ERROR_INVALID, "schema.no_such_object", STR("object"));
        return error_arg(scope, "name", name);
    }
    struct json *body = scope_new(scope, struct json, 1);
    *body = row.body;
    if (!object_build(scope, body, out)) return false;
    if (old_id != 0 && old_id != row.id) {
        return error_add(scope, ERROR_INVALID, "schema.pipeline_object", STR("object"));
    }
    return out->has_pipeline ||
           error_add(scope, ERROR_INVALID, "schema.no_pipeline", STR("object"));
}

static bool gates_check(struct scope *scope, struct db_conn *conn, const struct object *object,
                        const struct stage *stage, const struct gate *gates, int count)
{
    for (int i = 0; i < count; i++) {
        const struct gate *gate = &gates[i];
        struct str path = scope_format(scope, "stages.%.*s.needs", STR_ARG(stage->name));
        if (gate->needs_field.size > 0 && !object_field(object, gate->needs_field)) {
            error_add(scope, ERROR_INVALID, "schema.no_such_field", path);
            return error_arg(scope, "name", gate->needs_field);
        }
        if (gate->needs_object.size == 0) continue;
        struct config_row row;
        if (!config_get(scope, conn, STR("object"), gate->needs_object, &row)) return false;
        if (row.is_found || builtin_object(scope, gate->needs_object)) continue;
        error_add(scope, ERROR_INVALID, "schema.no_such_object", path);
        return error_arg(scope, "name", gate->needs_object);
    }
    return true;
}

/* Whether any record, deleted ones too (they may come back), stands in a stage. */
static bool is_occupied(struct scope *scope, struct db_conn *conn, const struct object *object,
                        const struct field *field, int64_t id, bool *out)
{
    struct sql sql;
    struct row row;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT 1 FROM "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" WHERE "));
    sql_name(&sql, field->column);
    sql_put(&sql, STR(" = "));
    sql_int(&sql, id);
    sql_put(&sql, STR(" LIMIT 1"));
    if (!sql_is_ok(scope, &sql) || !sql_one(scope, conn, &sql, &row)) return false;
    *out = row.count > 0;
    return true;
}

static bool removals_check(struct scope *scope, struct db_conn *conn,
                           const struct object *object, const struct json *old_body,
                           const struct pipeline *pipeline)
{
    const struct json *stages = json_get(old_body, "stages");
    for (int i = 0; stages && i < stages->count; i++) {
        int64_t id = json_int(&stages->items[i], "id", 0);
        bool is_kept = false, has_records = false;
        for (int k = 0; k < pipeline->stage_count; k++) {
            is_kept = is_kept || pipeline->stages[k].id == id;
        }
        if (is_kept) continue;
        if (!is_occupied(scope, conn, object, object->stage, id, &has_records)) return false;
        if (!has_records) continue;
        struct str name = json_text(&stages->items[i], "name");
        return error_add(scope, ERROR_INVALID, "schema.stage_in_use",
                         scope_format(scope, "stages.%.*s", STR_ARG(name)));
    }
    return true;
}

/* There is one default: making this one it takes the mark off the others. */
static bool others_unmark(struct scope *scope, const struct put *put, int id, int object_id)
{
    struct rows rows;
    if (!db_all(scope, put->conn,
                STR("SELECT name, id FROM config WHERE kind = 'pipeline' ORDER BY id"), NULL, 0,
                SCHEMA_CONFIG_COUNT_MAX, &rows)) {
        return false;
    }
    for (int i = 0; i < rows.count; i++) {
        struct config_row row;
        struct str name = rows.items[i].cells[0].text;
        if (rows.items[i].cells[1].integer == id) continue;
        if (!config_get(scope, put->conn, put->kind, name, &row)) return false;
        bool is_marked = json_int(&row.body, "object_id", 0) == object_id &&
                         json_bool(&row.body, "default", false);
        if (!is_marked) continue;
        struct json body = row.body;
        tree_remove(scope, &body, "default");
        const struct config_change change = { .kind = put->kind, .name = name, .body = &body,
                                              .id = row.id, .by = put->by,
                                              .now_ms = put->now_ms };
        if (!config_store(scope, put->conn, &row, &change)) return false;
    }
    return true;
}

static bool name_is_free(struct scope *scope, const struct put *put, struct str name)
{
    struct config_row other;
    if (str_equal(name, put->name)) return true;
    if (!config_get(scope, put->conn, put->kind, name, &other)) return false;
    return !other.is_found ||
           error_add(scope, ERROR_INVALID, "schema.duplicate", STR("name"));
}

static bool pipeline_check(struct scope *scope, const struct put *put,
                           const struct object *object, const struct json *old_body,
                           const struct pipeline *pipeline)
{
    for (int i = 0; i < pipeline->stage_count; i++) {
        const struct stage *stage = &pipeline->stages[i];
        if (!gates_check(scope, put->conn, object, stage, stage->enter, stage->enter_count) ||
            !gates_check(scope, put->conn, object, stage, stage->leave, stage->leave_count)) {
            return false;
        }
    }
    return removals_check(scope, put->conn, object, old_body, pipeline) &&
           name_is_free(scope, put, pipeline->name);
}

bool pipeline_put(struct scope *scope, const struct put *put)
{
    struct config_row row;
    struct object object;
    struct pipeline pipeline;
    struct json body;
    if (!config_get(scope, put->conn, put->kind, put->name, &row)) return false;
    const struct json *old_body = row.is_found ? &row.body : NULL;
    int id = row.id;
    if (!object_of(scope, put, old_body, &object) ||
        !body_normalise(scope, put, old_body, &body)) {
        return false;
    }
    if (!row.is_found && !config_id_next(scope, put->conn, "pipeline", &id)) return false;
    tree_set(scope, &body, "id", tree_int(id));
    tree_set(scope, &body, "object", tree_text(object.name));
    tree_set(scope, &body, "object_id", tree_int(object.id));
    if (!pipeline_build(scope, &body, &pipeline) ||
        !pipeline_check(scope, put, &object, old_body, &pipeline)) {
        return false;
    }
    if (pipeline.is_default && !others_unmark(scope, put, id, object.id)) return false;
    const struct config_change change = {
        .kind = put->kind, .name = put->name, .name_after = pipeline.name, .body = &body,
        .id = id, .by = put->by, .now_ms = put->now_ms, .is_follow = put->is_follow,
    };
    return config_store(scope, put->conn, &row, &change);
}

bool pipeline_drop(struct scope *scope, const struct put *put)
{
    struct config_row row;
    struct object object;
    bool has_records = false;
    if (!config_get(scope, put->conn, put->kind, put->name, &row)) return false;
    if (!row.is_found) return error_set(scope, ERROR_NOT_FOUND, "schema.not_found", STR("name"));
    struct put again = *put;
    again.body = &row.body;
    if (!object_of(scope, &again, &row.body, &object) ||
        !is_occupied(scope, put->conn, &object, object.pipeline, row.id, &has_records)) {
        return false;
    }
    if (has_records) return error_add(scope, ERROR_INVALID, "schema.stage_in_use", STR("name"));
    const struct config_change change = { .kind = put->kind, .name = put->name, .id = row.id,
                                          .by = put->by, .now_ms = put->now_ms };
    return config_store(scope, put->conn, &row, &change);
}
