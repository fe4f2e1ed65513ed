/*
 * A pipeline as stored -> struct pipeline: stages in their order, the gates at
 * their doors, how long a record may stand still in each.
 */
#include "base/decimal.h"
#include "base/time.h"
#include "schema/schema_inner.h"

enum { PROBABILITY_SCALE = 3, STALL_MS_MAX_DAYS = 3660 };

static bool gate_build(struct scope *scope, const struct json *body, struct str path,
                       struct gate *out)
{
    if (body->kind != JSON_KIND_MAP) {
        return error_add(scope, ERROR_INVALID, "schema.not_map", path);
    }
    const size_t size_max = 4 * SCHEMA_LABEL_SIZE_MAX;
    const struct json *needs = json_get(body, "needs");
    out->id = (int)json_int(body, "id", 0);
    bool is_ok = define_text(scope, body, "name", path, size_max, &out->name) &&
                 define_text(scope, body, "formula", path, SCHEMA_FORMULA_SIZE_MAX,
                             &out->source) &&
                 define_label(scope, json_get(body, "label"), path, &out->label) &&
                 define_label(scope, json_get(body, "message"), path, &out->message);
    if (is_ok && needs && needs->kind == JSON_KIND_MAP) {
        is_ok = define_text(scope, needs, "field", path, size_max, &out->needs_field) &&
                define_text(scope, needs, "object", path, size_max, &out->needs_object);
    }
    if (!is_ok) return false;
    if (out->name.size == 0) out->name = scope_format(scope, "gate_%d", out->id);
    bool asks = out->source.size > 0 || out->needs_field.size > 0 || out->needs_object.size > 0;
    if (!asks) return error_add(scope, ERROR_INVALID, "schema.gate_empty", path);
    if (out->source.size == 0 && out->needs_field.size > 0) {
        out->source = scope_format(scope, "NOT ISBLANK(%.*s)", STR_ARG(out->needs_field));
    }
    return true;
}

static bool gates_build(struct scope *scope, const struct json *list, struct str path,
                        struct gate **out, int *count)
{
    *count = 0;
    if (!list || list->kind == JSON_KIND_NULL) return true;
    if (list->kind != JSON_KIND_LIST) {
        return error_add(scope, ERROR_INVALID, "schema.not_list", path);
    }
    if (list->count > SCHEMA_GATE_COUNT_MAX) {
        return error_add(scope, ERROR_INVALID, "schema.too_many", path);
    }
    *out = scope_new(scope, struct gate, list->count + 1);
    for (int i = 0; i < list->count; i++) {
        struct str gate_path = scope_format(scope, "%.*s.%d", STR_ARG(path), i);
        if (!gate_build(scope, &list->items[i], gate_path, &(*out)[i])) return false;
        *count += 1;
    }
    return true;
}

static bool kind_read(struct scope *scope, const struct json *body, struct str path,
                      enum stage_kind *out)
{
    struct str kind;
    if (!define_text(scope, body, "kind", path, SCHEMA_NAME_SIZE_MAX, &kind)) return false;
    *out = STAGE_OPEN;
    if (kind.size == 0 || str_is(kind, "open")) return true;
    *out = str_is(kind, "won") ? STAGE_WON : STAGE_LOST;
    if (*out == STAGE_WON || str_is(kind, "lost")) return true;
    return error_add(scope, ERROR_INVALID, "schema.stage_kind",
                     scope_format(scope, "%.*s.kind", STR_ARG(path)));
}

static bool probability_read(struct scope *scope, const struct json *json, struct str path,
                             struct stage *stage)
{
    stage->probability = stage->kind == STAGE_WON ? 1000 : 0;
    if (!json || json->kind == JSON_KIND_NULL) return true;
    int64_t units = -1;
    bool is_ok = false;
    if (json->kind == JSON_KIND_INT && json->integer >= 0 && json->integer <= 1) {
        units = json->integer * 1000;
        is_ok = true;
    } else if (json->kind == JSON_KIND_REAL) {
        is_ok = decimal_from_real(json->real, PROBABILITY_SCALE, &units);
    } else if (json->kind == JSON_KIND_STR) {
        is_ok = decimal_parse(json->text, PROBABILITY_SCALE, false, &units);
    }
    if (!is_ok || units < 0 || units > 1000) {
        return error_add(scope, ERROR_INVALID, "schema.probability",
                         scope_format(scope, "%.*s.probability", STR_ARG(path)));
    }
    stage->probability = (int)units;
    return true;
}

static bool stall_read(struct scope *scope, const struct json *body, struct str path,
                       struct stage *stage)
{
    static const char *const levels[LEVEL_COUNT] = { "", "yellow", "orange", "red" };
    const struct json *stall = json_get(body, "stall");
    if (!stall || stall->kind == JSON_KIND_NULL) return true;
    struct str stall_path = scope_format(scope, "%.*s.stall", STR_ARG(path));
    int64_t before_ms = 0;
    for (int level = LEVEL_YELLOW; level < LEVEL_COUNT; level++) {
        const struct json *json = json_get(stall, levels[level]);
        if (!json || json->kind == JSON_KIND_NULL) continue;
        int64_t span_ms;
        bool is_ok = json->kind == JSON_KIND_STR && time_parse_duration(json->text, &span_ms) &&
                     span_ms > 0 && span_ms <= (int64_t)STALL_MS_MAX_DAYS * TIME_DAY_MS;
        if (!is_ok) return error_add(scope, ERROR_INVALID, "schema.duration", stall_path);
        if (span_ms <= before_ms) {
            return error_add(scope, ERROR_INVALID, "schema.stall_order", stall_path);
        }
        before_ms = stage->stall_ms[level] = span_ms;
    }
    if (stall->kind == JSON_KIND_MAP) return true;
    return error_add(scope, ERROR_INVALID, "schema.not_map", stall_path);
}

static bool stage_build(struct scope *scope, const struct json *body, int position,
                        struct pipeline *pipeline, struct stage *out)
{
    struct str place = scope_format(scope, "stages.%d", position);
    *out = (struct stage){ .position = position, .pipeline = pipeline };
    if (body->kind != JSON_KIND_MAP) {
        return error_add(scope, ERROR_INVALID, "schema.not_map", place);
    }
    if (!define_text(scope, body, "name", place, SCHEMA_NAME_SIZE_MAX * 4, &out->name)) {
        return false;
    }
    if (!name_is_valid(out->name)) {
        return error_add(scope, ERROR_INVALID, "schema.name",
                         scope_format(scope, "%s.name", place.data));
    }
    struct str path = scope_format(scope, "stages.%.*s", STR_ARG(out->name));
    struct str enter_path = scope_format(scope, "%s.enter", path.data);
    struct str leave_path = scope_format(scope, "%s.leave", path.data);
    out->id = (int)json_int(body, "id", 0);
    define_aliases(scope, body, &out->aliases);
    bool is_ok = define_label(scope, json_get(body, "label"), path, &out->label) &&
                 define_bool(scope, body, "optional", path, &out->is_optional) &&
                 kind_read(scope, body, path, &out->kind) &&
                 probability_read(scope, json_get(body, "probability"), path, out) &&
                 stall_read(scope, body, path, out) &&
                 gates_build(scope, json_get(body, "enter"), enter_path, &out->enter,
                             &out->enter_count) &&
                 gates_build(scope, json_get(body, "leave"), leave_path, &out->leave,
                             &out->leave_count);
    if (out->label.zh.size == 0) out->label = (struct label){ out->name, out->name };
    return is_ok;
}

/* Open ones first, then an end for each outcome: so "forward" and "back" have a meaning. */
static bool stage_order_check(struct scope *scope, const struct pipeline *pipeline)
{
    int counts[3] = { 0, 0, 0 };
    for (int i = 0; i < pipeline->stage_count; i++) {
        const struct stage *stage = &pipeline->stages[i];
        counts[stage->kind] += 1;
        bool is_after_end = stage->kind == STAGE_OPEN &&
                            counts[STAGE_WON] + counts[STAGE_LOST] > 0;
        if (is_after_end) {
            return error_add(scope, ERROR_INVALID, "schema.stage_order",
                             scope_format(scope, "stages.%.*s", STR_ARG(stage->name)));
        }
        for (int k = 0; k < i; k++) {
            if (!str_equal(pipeline->stages[k].name, stage->name)) continue;
            return error_add(scope, ERROR_INVALID, "schema.duplicate",
                             scope_format(scope, "stages.%.*s", STR_ARG(stage->name)));
        }
    }
    if (counts[STAGE_OPEN] > 0 && counts[STAGE_WON] > 0 && counts[STAGE_LOST] > 0) return true;
    return error_add(scope, ERROR_INVALID, "schema.stage_kinds", STR("stages"));
}

/* Removed stages are kept by name for the history. */
static bool gone_build(struct scope *scope, const struct json *list, struct pipeline *out)
{
    if (!list || list->kind != JSON_KIND_LIST) return true;
    out->gone = scope_new(scope, struct stage, list->count + 1);
    for (int i = 0; i < list->count; i++) {
        struct stage *stage = &out->gone[i];
        if (!stage_build(scope, &list->items[i], -1, out, stage)) return false;
        out->gone_count += 1;
    }
    return true;
}

bool pipeline_build(struct scope *scope, const struct json *body, struct pipeline *out)
{
    *out = (struct pipeline){ .id = (int)json_int(body, "id", 0) };
    const struct json *stages = json_get(body, "stages");
    const size_t size_max = 4 * SCHEMA_LABEL_SIZE_MAX;
    if (!define_text(scope, body, "name", STR(""), size_max, &out->name) ||
        !define_label(scope, json_get(body, "label"), STR("label"), &out->label) ||
        !define_bool(scope, body, "default", STR(""), &out->is_default)) {
        return false;
    }
    if (!name_is_valid(out->name)) {
        return error_add(scope, ERROR_INVALID, "schema.name", STR("name"));
    }
    if (out->label.zh.size == 0) out->label = (struct label){ out->name, out->name };
    if (!stages || stages->kind != JSON_KIND_LIST) {
        return error_add(scope, ERROR_INVALID, "schema.not_list", STR("stages"));
    }
    if (stages->count > SCHEMA_STAGE_COUNT_MAX) {
        return error_add(scope, ERROR_INVALID, "schema.too_many", STR("stages"));
    }
    out->stages = scope_new(scope, struct stage, stages->count + 1);
    for (int i = 0; i < stages->count; i++) {
        if (!stage_build(scope, &stages->items[i], i, out, &out->stages[i])) return false;
        out->stage_count += 1;
    }
    return stage_order_check(scope, out) && gone_build(scope, json_get(body, "gone"), out);
}
