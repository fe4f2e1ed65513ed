/* What a client asks of a list, checked: names exist and may be read, formulas compile. */
#include "record/query.h"

static bool path_read(struct scope *scope, const struct record_context *context,
                      const struct object *object, struct str text, struct field_path *out)
{
    return field_path_parse(scope, object, text, out) &&
           access_check_path(scope, context->access, context->actor, object, out);
}

bool query_parse_order(struct scope *scope, const struct record_context *context, struct str text,
                       struct record_query *query)
{
    struct str part;
    while (text.size > 0 && str_split(&text, ',', &part)) {
        part = str_trim(part);
        if (query->order_count == QUERY_ORDER_COUNT_MAX) {
            return error_set(scope, ERROR_INVALID, "query.too_many_orders", STR("order"));
        }
        struct query_order *order = &query->orders[query->order_count++];
        order->is_descending = str_starts_with(part, STR("-"));
        if (order->is_descending) part = str_slice(part, 1, part.size);
        if (!path_read(scope, context, query->object, part, &order->path)) return false;
    }
    return true;
}

static bool is_asked(const struct record_query *query, struct str name)
{
    for (int i = 0; i < query->field_count; i++) {
        if (str_equal(query->field_names[i], name)) return true;
    }
    return false;
}

bool query_parse_fields(struct scope *scope, const struct record_context *context,
                        struct str text, struct record_query *query)
{
    struct str part;
    while (text.size > 0 && str_split(&text, ',', &part)) {
        part = str_trim(part);
        if (part.size == 0 || str_is(part, "id") || str_is(part, "version")) continue;
        if (is_asked(query, part)) continue; /* a member has one value */
        if (query->field_count == QUERY_FIELD_COUNT_MAX) {
            return error_set(scope, ERROR_INVALID, "query.too_many_fields", STR("fields"));
        }
        struct field_path *path = &query->fields[query->field_count];
        if (!field_path_parse(scope, query->object, part, path)) return false;
        const struct object *object = query->object;
        for (int i = 0; i < path->count && object; i++) {
            if (access_field_mode(context->access, context->actor, object, path->fields[i]) ==
                FIELD_HIDDEN) {
                return error_set(scope, ERROR_INVALID, "field.unknown", part);
            }
            object = path->fields[i]->to;
        }
        query->field_names[query->field_count++] = part;
    }
    return true;
}

static bool condition_read(struct scope *scope, const struct record_context *context,
                           const struct object *object, struct str text,
                           const struct formula **out)
{
    struct formula *formula = NULL;
    if (!formula_compile(scope, context->access->schema, object, text,
                         FORMULA_ALLOW_CLOCK | FORMULA_ALLOW_PERSON, &formula) ||
        !formula_expect(scope, formula, FORMULA_BOOLEAN) ||
        !access_check_formula(scope, context->access, context->actor, formula)) {
        struct error_item *item = error_last(scope);
        if (item && item->field.size == 0) item->field = STR("where");
        return false;
    }
    *out = formula;
    return true;
}

bool query_parse_where(struct scope *scope, const struct record_context *context, struct str text,
                       struct record_query *query)
{
    if (str_trim(text).size == 0) return true;
    return condition_read(scope, context, query->object, text, &query->where);
}

/* ---- sums ---- */

static bool value_compile(struct scope *scope, const struct record_context *context,
                          const struct object *object, struct str text, unsigned flags,
                          const struct formula **out)
{
    struct formula *formula = NULL;
    if (!formula_compile(scope, context->access->schema, object, text, flags, &formula)) {
        return false;
    }
    *out = formula;
    return access_check_formula(scope, context->access, context->actor, formula);
}

static const struct {
    const char *name;
    enum period period;
    const char *format; /* a formula with the field for %s */
} periods[] = {
    { "day", PERIOD_DAY, "DATE(YEAR(%s), MONTH(%s), DAY(%s))" },
    { "week", PERIOD_WEEK, "DATE(YEAR(%s), MONTH(%s), DAY(%s)) - (WEEKDAY(%s, 2) - 1)" },
    { "month", PERIOD_MONTH, "DATE(YEAR(%s), MONTH(%s), 1)" },
    { "quarter", PERIOD_QUARTER,
      "DATE(YEAR(%s), IF(MONTH(%s) < 4, 1, IF(MONTH(%s) < 7, 4, IF(MONTH(%s) < 10, 7, 10))), 1)" },
    { "year", PERIOD_YEAR, "DATE(YEAR(%s), 1, 1)" },
};

static struct str period_formula(struct scope *scope, const char *format, struct str field)
{
    struct buf out;
    buf_begin(&out, scope, FORMULA_SIZE_MAX);
    struct str rest = str_of(format);
    for (size_t at; (at = str_find(rest, STR("%s"))) != SIZE_MAX;) {
        buf_put(&out, str_slice(rest, 0, at));
        buf_put(&out, field);
        rest = str_slice(rest, at + 2, rest.size);
    }
    buf_put(&out, rest);
    return buf_str(&out);
}

static bool group_read(struct scope *scope, const struct record_context *context,
                       const struct json *in, struct sum_query *query)
{
    if (query->group_count == QUERY_GROUP_COUNT_MAX) {
        return error_set(scope, ERROR_INVALID, "query.too_many_groups", STR("group"));
    }
    struct query_group *group = &query->groups[query->group_count++];
    group->name = in->kind == JSON_KIND_STR ? in->text : json_text(in, "field");
    if (!path_read(scope, context, query->object, group->name, &group->path)) return false;
    struct str by = json_text(in, "by");
    if (by.size == 0) return true;
    for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++) {
        if (!str_is(by, periods[i].name)) continue;
        group->by = periods[i].period;
        return value_compile(scope, context, query->object,
                             period_formula(scope, periods[i].format, group->name), 0,
                             &group->formula);
    }
    error_set(scope, ERROR_INVALID, "field.not_choice", STR("by"));
    return error_arg(scope, "value", by);
}

static bool values_read(struct scope *scope, const struct record_context *context,
                        const struct json *values, struct sum_query *query)
{
    if (!values || values->kind != JSON_KIND_LIST || values->count == 0) {
        return error_set(scope, ERROR_INVALID, "field.required", STR("values"));
    }
    for (int i = 0; i < values->count; i++) {
        if (query->value_count == QUERY_VALUE_COUNT_MAX) {
            return error_set(scope, ERROR_INVALID, "query.too_many_values", STR("values"));
        }
        struct query_value *value = &query->values[query->value_count++];
        value->name = values->items[i].text;
        if (!value_compile(scope, context, query->object, value->name,
                           FORMULA_ALLOW_AGGREGATE | FORMULA_ALLOW_CLOCK | FORMULA_ALLOW_PERSON,
                           &value->formula)) {
            return false;
        }
    }
    return true;
}

static bool order_read(struct scope *scope, struct str text, struct sum_query *query)
{
    if (text.size == 0) return true;
    query->is_descending = str_starts_with(text, STR("-"));
    if (query->is_descending) text = str_slice(text, 1, text.size);
    for (int i = 0; i < query->group_count; i++) {
        if (str_equal(query->groups[i].name, text)) query->order_column = i + 1;
    }
    for (int i = 0; i < query->value_count; i++) {
        if (str_equal(query->values[i].name, text)) {
            query->order_column = query->group_count + i + 1;
        }
    }
    if (query->order_column > 0) return true;
    return error_set(scope, ERROR_INVALID, "field.unknown", STR("order"));
}

bool sum_parse(struct scope *scope, const struct record_context *context,
               const struct object *object, const struct json *body, struct sum_query *out)
{
    *out = (struct sum_query){ .object = object };
    struct str where = json_text(body, "where");
    if (str_trim(where).size > 0 && !condition_read(scope, context, object, where, &out->where)) {
        return false;
    }
    const struct json *groups = json_get(body, "group");
    for (int i = 0; groups && i < groups->count; i++) {
        if (!group_read(scope, context, &groups->items[i], out)) return false;
    }
    if (!values_read(scope, context, json_get(body, "values"), out)) return false;
    int64_t limit = json_int(body, "limit", QUERY_LIMIT_MAX);
    if (limit < 1 || limit > QUERY_ROW_COUNT_MAX) {
        error_set(scope, ERROR_INVALID, "field.too_large", STR("limit"));
        return error_arg(scope, "max", scope_format(scope, "%d", QUERY_ROW_COUNT_MAX));
    }
    out->limit = (int)limit;
    return order_read(scope, json_text(body, "order"), out);
}
