/*
 * Functions over several records: those behind a relation (COUNT(notes,
 * condition)), the rows of a query (SUM(amount), where that is allowed), or,
 * for SUM, MIN and MAX, simply the values between the brackets.
 */
#include "formula/inner.h"

static bool is_relation_form(const struct formula_node *node)
{
    return node->arg_count > 0 && node->args[0]->kind == NODE_NAME && node->args[0]->path.relation;
}

static bool may_aggregate(const struct check *check)
{
    return (check->flags & FORMULA_ALLOW_AGGREGATE) && check->aggregate_depth == 0;
}

/* (relation or relation.field, [condition]) */
bool check_over_relation(struct check *check, struct formula_node *node, bool needs_field)
{
    struct formula_node *name = node->args[0];
    if (node->arg_count > 2) {
        return check_fail(check, "formula.arity", node, str_of(node->function->name),
                          str_of(node->function->signature));
    }
    if (!check_relation(check, name)) return false;
    if (needs_field && name->path.count == 0) {
        return check_fail(check, "formula.relation_field", name, STR(""),
                          str_of(node->function->signature));
    }
    return node->arg_count == 1 || check_inside(check, &name->path, &node->args[1]);
}

/* (value, [condition]) over the query's rows */
static bool check_over_rows(struct check *check, struct formula_node *node)
{
    node->is_aggregate = true;
    if (node->arg_count > 2) {
        return check_fail(check, "formula.arity", node, str_of(node->function->name),
                          str_of(node->function->signature));
    }
    check->aggregate_depth++;
    bool is_ok = true;
    for (int i = 0; i < node->arg_count && is_ok; i++) is_ok = check_node(check, node->args[i]);
    if (is_ok && node->arg_count == 2) is_ok = check_boolean(check, &node->args[1]);
    check->aggregate_depth--;
    return is_ok;
}

static bool check_args(struct check *check, struct formula_node *node)
{
    for (int i = 0; i < node->arg_count; i++) {
        if (!check_node(check, node->args[i])) return false;
    }
    return true;
}

static bool no_relation(struct check *check, const struct formula_node *node)
{
    const struct formula_node *at = node->arg_count > 0 ? node->args[0] : node;
    return check_fail(check, "formula.relation_wanted", at, STR(""),
                      str_of(node->function->signature));
}

static bool check_count(struct check *check, struct formula_node *node)
{
    if (node->arg_count > 0 && check_is_relation(check, node->args[0])) {
        return check_over_relation(check, node, false);
    }
    if (may_aggregate(check)) return check_over_rows(check, node);
    return no_relation(check, node);
}

static bool check_sum(struct check *check, struct formula_node *node)
{
    bool is_relation = check_is_relation(check, node->args[0]);
    bool is_rows = !is_relation && may_aggregate(check);
    bool is_ok = is_relation ? check_over_relation(check, node, true)
                 : is_rows   ? check_over_rows(check, node)
                             : check_args(check, node);
    int count = is_relation || is_rows ? 1 : node->arg_count;
    bool are_spans = is_ok;
    for (int i = 0; i < count; i++) {
        are_spans = are_spans && node->args[i]->type.kind == FORMULA_DURATION;
    }
    for (int i = 0; i < count && is_ok && !are_spans; i++) {
        is_ok = check_number(check, &node->args[i]);
    }
    return is_ok && check_unify(check, node->args, count, 1, &node->type);
}

static bool check_average(struct check *check, struct formula_node *node)
{
    struct formula_type real = { .kind = FORMULA_REAL };
    bool is_relation = check_is_relation(check, node->args[0]);
    if (is_relation || may_aggregate(check)) {
        bool is_ok = is_relation ? check_over_relation(check, node, true)
                                 : check_over_rows(check, node);
        if (is_ok && node->args[0]->type.kind == FORMULA_DURATION) {
            node->type = node->args[0]->type;
            return true;
        }
        return is_ok && check_number(check, &node->args[0]);
    }
    bool is_ok = check_args(check, node);
    for (int i = 0; i < node->arg_count && is_ok; i++) {
        is_ok = check_number(check, &node->args[i]) && check_convert(check, &node->args[i], real);
    }
    return is_ok;
}

static bool check_extreme(struct check *check, struct formula_node *node)
{
    bool is_relation = check_is_relation(check, node->args[0]);
    bool is_rows = !is_relation && may_aggregate(check);
    bool is_ok = is_relation ? check_over_relation(check, node, true)
                 : is_rows   ? check_over_rows(check, node)
                             : check_args(check, node);
    int count = is_relation || is_rows ? 1 : node->arg_count;
    if (!is_ok || !check_unify(check, node->args, count, 1, &node->type)) return false;
    enum formula_kind kind = node->type.kind;
    if (is_numeric(kind) || is_temporal(kind) || kind == FORMULA_TEXT) return true;
    return check_fail(check, "formula.no_order", node->args[0], STR(""), STR(""));
}

static bool check_newest(struct check *check, struct formula_node *node)
{
    if (!check_over_relation(check, node, false)) return false;
    const struct path *path = &node->args[0]->path;
    struct check inside = *check; /* the formula stands on the time, too */
    inside.object = path->relation->from;
    inside.hop = check_hop(check, path);
    inside.via = path->relation->field;
    check_use(&inside, object_time_field(inside.object));
    node->type = node->args[0]->type;
    return true;
}

static bool check_exists(struct check *check, struct formula_node *node)
{
    if (!check_is_relation(check, node->args[0])) return no_relation(check, node);
    return check_over_relation(check, node, false);
}

/* ---- writing ---- */

static void put_sum_of(struct put *put, const struct formula_node *value,
                       const struct formula_node *condition, const char *half)
{
    put_text(put, "SUM(");
    if (condition) {
        put_text(put, "CASE WHEN ");
        put_condition(put, condition);
        put_text(put, " THEN ");
    }
    put_node(put, value);
    put_text(put, half);
    put_text(put, condition ? " END)" : ")");
}

/*
 * SQLite stops a query whose integer sum overflows, so exact sums run in two halves. PostgreSQL's
 * own sum of integers is a decimal, and the value is computed once for each row, not twice.
 */
static void put_sum(struct put *put, const struct formula_node *value,
                    const struct formula_node *condition)
{
    if (value->type.kind == FORMULA_REAL) {
        put_text(put, "COALESCE(");
        put_sum_of(put, value, condition, "");
        put_text(put, ", 0.0)");
        return;
    }
    if (put->context->schema->dialect == DB_POSTGRES) {
        put_text(put, "f_fit(COALESCE(pg_catalog.");
        put_sum_of(put, value, condition, "");
        put_text(put, ", 0))");
        return;
    }
    put_text(put, "f_sum(");
    put_sum_of(put, value, condition, " >> 32");
    put_text(put, ", ");
    put_sum_of(put, value, condition, " & 4294967295");
    put_text(put, ")");
}

void put_aggregate(struct put *inside, const char *name, const struct formula_node *value,
                   const struct formula_node *condition)
{
    if (strcmp(name, "SUM") == 0) {
        put_sum(inside, value, condition);
        return;
    }
    bool is_average = strcmp(name, "AVERAGE") == 0;
    bool is_scaled = is_average && value->type.kind == FORMULA_NUMBER && value->type.scale > 0;
    bool is_span = is_average && value->type.kind == FORMULA_DURATION;
    if (is_span) put_text(inside, "f_exact(CAST(");
    if (is_scaled) put_text(inside, "(");
    put_text(inside, is_average ? "AVG" : name);
    put_text(inside, "(");
    bool is_count_if = strcmp(name, "COUNT") == 0 && value && value->type.kind == FORMULA_BOOLEAN;
    if (condition || is_count_if) {
        put_text(inside, "CASE WHEN ");
        if (condition) put_condition(inside, condition);
        if (condition && is_count_if) put_text(inside, " AND ");
        if (is_count_if) put_condition(inside, value);
        put_text(inside, " THEN ");
    }
    if (is_count_if || (!value && condition)) {
        put_text(inside, "1");
    } else if (!value) {
        put_text(inside, "*");
    } else {
        put_node(inside, value);
    }
    put_text(inside, condition || is_count_if ? " END)" : ")");
    if (is_span) put_text(inside, " AS DOUBLE PRECISION), 0)");
    if (is_scaled) {
        put_text(inside, " / 1");
        for (int i = 0; i < value->type.scale; i++) put_text(inside, "0");
        put_text(inside, ".0)");
    }
}

static void put_over_relation(struct put *put, const struct formula_node *node)
{
    struct put inside = put_inside(put);
    bool is_count = is_call(node, "COUNT");
    put_text(put, "(SELECT ");
    put_aggregate(&inside, node->function->name, is_count ? NULL : node->args[0], NULL);
    put_from(put, &inside, &node->args[0]->path);
    if (node->arg_count == 2) {
        put_text(put, " AND ");
        put_condition(&inside, node->args[1]);
    }
    if (is_count && node->args[0]->path.count > 0) { /* COUNT(logs.obstacle): those not blank */
        put_text(put, " AND ");
        put_node(&inside, node->args[0]);
        put_text(put, " IS NOT NULL");
    }
    put_text(put, ")");
}

static void put_many(struct put *put, const struct formula_node *node)
{
    if (is_relation_form(node)) {
        put_over_relation(put, node);
        return;
    }
    put_aggregate(put, node->function->name, node->arg_count > 0 ? node->args[0] : NULL,
                  node->arg_count > 1 ? node->args[1] : NULL);
}

static void put_sum_call(struct put *put, const struct formula_node *node)
{
    if (node->is_aggregate || is_relation_form(node)) {
        put_many(put, node);
        return;
    }
    put_call(put, node->type.kind == FORMULA_REAL ? "f_rsum" : "f_total", node);
}

static void put_average_call(struct put *put, const struct formula_node *node)
{
    if (node->is_aggregate || is_relation_form(node)) {
        put_many(put, node);
    } else {
        put_call(put, "f_average", node);
    }
}

/* The first in order, not the extreme of all: an index over (reference, field) ends the search. */
static void put_extreme_of(struct put *put, const struct formula_node *node)
{
    struct put inside = put_inside(put);
    const struct formula_node *value = node->args[0];
    put_text(put, "(SELECT ");
    put_node(&inside, value);
    put_from(put, &inside, &value->path);
    put_text(put, " AND ");
    put_node(&inside, value);
    put_text(put, " IS NOT NULL");
    if (node->arg_count == 2) {
        put_text(put, " AND ");
        put_condition(&inside, node->args[1]);
    }
    put_text(put, " ORDER BY ");
    put_node(&inside, value);
    put_text(put, is_call(node, "MAX") ? " DESC LIMIT 1)" : " ASC LIMIT 1)");
}

static void put_extreme(struct put *put, const struct formula_node *node)
{
    if (is_relation_form(node)) {
        put_extreme_of(put, node);
    } else if (node->is_aggregate) {
        put_many(put, node);
    } else if (node->arg_count == 1) {
        put_node(put, node->args[0]);
    } else {
        put_call(put, is_call(node, "MIN") ? "f_min" : "f_max", node);
    }
}

static void put_newest(struct put *put, const struct formula_node *node)
{
    struct put inside = put_inside(put);
    const struct path *path = &node->args[0]->path;
    const char *order = is_call(node, "LAST") ? " DESC" : " ASC NULLS LAST";
    put_text(put, "(SELECT ");
    put_node(&inside, node->args[0]);
    put_from(put, &inside, path);
    if (node->arg_count == 2) {
        put_text(put, " AND ");
        put_condition(&inside, node->args[1]);
    }
    put_text(put, " ORDER BY ");
    const struct field *when = object_time_field(path->relation->from);
    put_fields(&inside, &when, 1);
    put_text(put, order);
    put_text(put, ", ");
    sql_column(put->sql, inside.alias, STR("id"));
    put_text(put, is_call(node, "LAST") ? " DESC LIMIT 1)" : " LIMIT 1)");
}

void put_exists(struct put *put, const struct formula_node *call)
{
    struct put inside = put_inside(put);
    put_text(put, "EXISTS (SELECT 1");
    put_from(put, &inside, &call->args[0]->path);
    if (call->arg_count == 2) {
        put_text(put, " AND ");
        put_condition(&inside, call->args[1]);
    }
    put_text(put, ")");
}

static void put_exists_call(struct put *put, const struct formula_node *node)
{
    put_exists(put, node);
}

static const struct function list[] = {
    { .name = "COUNT",
      .alias_zh = "计数",
      .alias = "COUNTIFS",
      .signature = "COUNT(records, [condition])",
      .args = "?**",
      .result = FORMULA_NUMBER,
      .check = check_count,
      .put = put_many,
      .flags = FUNCTION_LAZY,
      .help_zh = "有多少条相关记录（符合条件的）。",
      .help_en = "How many related records there are (that meet the condition).",
      .example = "COUNT(notes, method = \"meeting\")" },
    { .name = "SUM",
      .alias_zh = "求和",
      .alias = "SUMIFS",
      .signature = "SUM(records.field, [condition])",
      .args = "*+",
      .check = check_sum,
      .put = put_sum_call,
      .flags = FUNCTION_LAZY,
      .help_zh = "相关记录某个字段的合计，或几个数的和；空值不计。",
      .help_en = "The total of a field of related records, or of numbers; blanks are left out.",
      .example = "SUM(orders.amount, stage = \"won\")" },
    { .name = "AVERAGE",
      .alias_zh = "平均值",
      .alias = "AVG",
      .signature = "AVERAGE(records.field, [condition]) / AVERAGE(a, b, …)",
      .args = "*+",
      .result = FORMULA_REAL,
      .check = check_average,
      .put = put_average_call,
      .flags = FUNCTION_LAZY,
      .help_zh = "相关记录某个字段的平均值，或几个数的平均值；空值不计。",
      .help_en = "The average of a field of related records, or of numbers; blanks are left out.",
      .example = "AVERAGE(notes.quality)" },
    { .name = "MIN",
      .alias_zh = "最小值",
      .signature = "MIN(a, b, …) / MIN(records.field, [condition])",
      .args = "*+",
      .check = check_extreme,
      .put = put_extreme,
      .flags = FUNCTION_LAZY,
      .help_zh = "最小（最早）的值，空值不计。",
      .help_en = "The smallest or earliest value; blanks are left out.",
      .example = "MIN(tasks.due_at, ISBLANK(done_at))" },
    { .name = "MAX",
      .alias_zh = "最大值",
      .signature = "MAX(a, b, …) / MAX(records.field, [condition])",
      .args = "*+",
      .check = check_extreme,
      .put = put_extreme,
      .flags = FUNCTION_LAZY,
      .help_zh = "最大（最晚）的值，空值不计。",
      .help_en = "The largest or latest value; blanks are left out.",
      .example = "MAX(notes.contacted_at)" },
    { .name = "LAST",
      .alias_zh = "最后",
      .signature = "LAST(records.field, [condition])",
      .args = "*?*",
      .check = check_newest,
      .put = put_newest,
      .flags = FUNCTION_LAZY,
      .help_zh = "时间最晚的一条相关记录的字段。",
      .help_en = "A field of the latest related record.",
      .example = "LAST(notes.conclusion)" },
    { .name = "FIRST",
      .alias_zh = "最早",
      .signature = "FIRST(records.field, [condition])",
      .args = "*?*",
      .check = check_newest,
      .put = put_newest,
      .flags = FUNCTION_LAZY,
      .help_zh = "时间最早的一条相关记录的字段。",
      .help_en = "A field of the earliest related record.",
      .example = "FIRST(notes.contacted_at)" },
    { .name = "EXISTS",
      .alias_zh = "存在",
      .alias = "ANY",
      .signature = "EXISTS(records, [condition])",
      .args = "*?*",
      .result = FORMULA_BOOLEAN,
      .check = check_exists,
      .put_condition = put_exists_call,
      .flags = FUNCTION_LAZY,
      .help_zh = "有符合条件的相关记录。",
      .help_en = "There is a related record that meets the condition.",
      .example = "EXISTS(people, decision_role = \"decides\")" },
};

const struct function_group functions_relation = { list, sizeof(list) / sizeof(list[0]) };
