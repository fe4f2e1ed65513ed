/*
 * Where a value stands among those of related records: median, percentile, rank;
 * how many different ones there are; whether all records meet a condition.
 */
#include "formula/inner.h"

static bool check_unique(struct check *check, struct formula_node *node)
{
    return check_over_relation(check, node, true);
}

static bool check_median(struct check *check, struct formula_node *node)
{
    return check_over_relation(check, node, true) && check_number(check, &node->args[0]);
}

/* PERCENTILE(records.field, share, [condition]): the share is written as a number. */
static bool check_percentile(struct check *check, struct formula_node *node)
{
    int64_t units, one = 1;
    int scale;
    struct formula_node *share = node->args[1], *pair[2] = { node->args[0], NULL };
    struct formula_node over = *node;
    if (!check_node(check, share)) return false;
    bool is_share = node_constant(share, &units, &scale) && units >= 0;
    for (int i = 0; is_share && i < scale; i++) one *= 10;
    if (!is_share || units > one) {
        return check_fail(check, "formula.constant", share, STR(""), STR("0 … 1"));
    }
    if (node->arg_count == 3) pair[1] = node->args[2];
    over.args = pair;
    over.arg_count = node->arg_count - 1;
    if (!check_over_relation(check, &over, true)) return false;
    node->args[0] = pair[0];
    if (node->arg_count == 3) node->args[2] = pair[1];
    return check_number(check, &node->args[0]);
}

/* RANK(value, records.field, [condition]) */
static bool check_rank(struct check *check, struct formula_node *node)
{
    struct formula_type type;
    struct formula_node over = *node;
    over.args = node->args + 1;
    over.arg_count = node->arg_count - 1;
    return check_node(check, node->args[0]) && check_number(check, &node->args[0]) &&
           check_over_relation(check, &over, true) && check_number(check, &node->args[1]) &&
           check_unify(check, node->args, 2, 1, &type);
}

static bool check_all(struct check *check, struct formula_node *node)
{
    return check_over_relation(check, node, false);
}

/* FROM … WHERE … of the records whose value is there and which meet the condition. */
static void put_those(struct put *put, struct put *inside, const struct formula_node *value,
                      const struct formula_node *condition)
{
    put_from(put, inside, &value->path);
    put_text(put, " AND ");
    put_node(inside, value);
    put_text(put, " IS NOT NULL");
    if (!condition) return;
    put_text(put, " AND ");
    put_condition(inside, condition);
}

/* The path of a value that may have been converted. */
static const struct formula_node *path_of(const struct formula_node *value)
{
    while (value->kind == NODE_CONVERT) value = value->args[0];
    return value;
}

static void put_unique(struct put *put, const struct formula_node *node)
{
    struct put inside = put_inside(put);
    put_text(put, "(SELECT COUNT(DISTINCT ");
    put_node(&inside, node->args[0]);
    put_text(put, ")");
    put_those(put, &inside, path_of(node->args[0]), node->arg_count == 2 ? node->args[1] : NULL);
    put_text(put, ")");
}

/*
 * Excel's PERCENTILE.INC: of c values in order, the one at (c - 1) * share, counted from 0, or
 * between two of them by their nearness to it.
 */
static void put_share(struct put *put, const struct formula_node *value, int64_t units, int scale,
                      const struct formula_node *condition)
{
    struct put inside = put_inside(put), ordered = put_inside(put);
    struct str q = ordered.alias;
    struct buf place;
    buf_begin(&place, put->sql->text.scope, 256);
    buf_format(&place, "ABS(%.*s.n - 1 - (%.*s.c - 1) * (%lld / 1", STR_ARG(q), STR_ARG(q),
               (long long)units);
    for (int i = 0; i < scale; i++) buf_put_char(&place, '0');
    buf_put(&place, STR(".0))"));
    sql_putf(put->sql, "(SELECT SUM(%.*s.v * (1.0 - ", STR_ARG(q));
    sql_put(put->sql, buf_str(&place));
    put_text(put, ")) FROM (SELECT ");
    put_node(&inside, value);
    put_text(put, " / 1");
    int digits = value->type.kind == FORMULA_NUMBER ? value->type.scale : 0;
    for (int i = 0; i < digits; i++) put_text(put, "0");
    put_text(put, ".0 AS v, ROW_NUMBER() OVER (ORDER BY ");
    put_node(&inside, value);
    put_text(put, ") AS n, COUNT(*) OVER () AS c");
    put_those(put, &inside, path_of(value), condition);
    sql_putf(put->sql, ") %.*s WHERE ", STR_ARG(q));
    sql_put(put->sql, buf_str(&place));
    put_text(put, " < 1)");
}

static void put_median(struct put *put, const struct formula_node *node)
{
    put_share(put, node->args[0], 5, 1, node->arg_count == 2 ? node->args[1] : NULL);
}

static void put_percentile(struct put *put, const struct formula_node *node)
{
    int64_t units = 0;
    int scale = 0;
    if (!node_constant(node->args[1], &units, &scale)) return; /* checked before */
    put_share(put, node->args[0], units, scale, node->arg_count == 3 ? node->args[2] : NULL);
}

static void put_rank(struct put *put, const struct formula_node *node)
{
    struct put inside = put_inside(put);
    put_text(put, "CASE WHEN ");
    put_node(put, node->args[0]);
    put_text(put, " IS NOT NULL THEN (SELECT COUNT(*) + 1");
    put_those(put, &inside, path_of(node->args[1]), node->arg_count == 3 ? node->args[2] : NULL);
    put_text(put, " AND ");
    put_node(&inside, node->args[1]);
    put_text(put, " > ");
    put_node(put, node->args[0]);
    put_text(put, ") END");
}

static void put_all(struct put *put, const struct formula_node *node)
{
    struct put inside = put_inside(put);
    put_text(put, "(NOT EXISTS (SELECT 1");
    put_from(put, &inside, &node->args[0]->path);
    put_text(put, " AND (");
    put_condition(&inside, node->args[1]);
    put_text(put, " IS NOT TRUE)))");
}

static const struct function list[] = {
    { .name = "COUNTUNIQUE",
      .alias_zh = "不同个数",
      .signature = "COUNTUNIQUE(records.field, [condition])",
      .args = "*?*",
      .result = FORMULA_NUMBER,
      .check = check_unique,
      .put = put_unique,
      .flags = FUNCTION_LAZY,
      .help_zh = "相关记录某个字段有多少个不同的值，空值不计。",
      .help_en = "How many different values a field of related records has; blanks are left out.",
      .example = "COUNTUNIQUE(notes.method)" },
    { .name = "MEDIAN",
      .alias_zh = "中位数",
      .signature = "MEDIAN(records.field, [condition])",
      .args = "*?*",
      .result = FORMULA_REAL,
      .check = check_median,
      .put = put_median,
      .flags = FUNCTION_LAZY,
      .help_zh = "相关记录某个字段的中位数，空值不计。",
      .help_en = "The median of a field of related records; blanks are left out.",
      .example = "MEDIAN(orders.amount, stage = \"won\")" },
    { .name = "PERCENTILE",
      .alias_zh = "百分位数",
      .signature = "PERCENTILE(records.field, share, [condition])",
      .args = "**?*",
      .result = FORMULA_REAL,
      .check = check_percentile,
      .put = put_percentile,
      .flags = FUNCTION_LAZY,
      .help_zh = "相关记录某个字段从小到大排在某个比例（0 到 1）处的值，与 Excel 的 PERCENTILE.INC 相同。",
      .help_en = "The value at a share (0 to 1) of a field of related records in order, as Excel's "
                 "PERCENTILE.INC.",
      .example = "PERCENTILE(orders.amount, 0.9)" },
    { .name = "RANK",
      .alias_zh = "排名",
      .signature = "RANK(value, records.field, [condition])",
      .args = "**?*",
      .result = FORMULA_NUMBER,
      .check = check_rank,
      .put = put_rank,
      .flags = FUNCTION_LAZY,
      .help_zh = "一个数在相关记录某个字段的值中从大到小排第几，并列同名次。",
      .help_en = "Where a number stands among the values of a field of related records, the "
                 "largest first; equal ones share a rank.",
      .example = "RANK(amount, firm.orders.amount)" },
    { .name = "ALL",
      .alias_zh = "全部满足",
      .signature = "ALL(records, condition)",
      .args = "**",
      .result = FORMULA_BOOLEAN,
      .check = check_all,
      .put_condition = put_all,
      .flags = FUNCTION_LAZY,
      .help_zh = "相关记录全都符合条件；没有记录时也成立。",
      .help_en = "All related records meet the condition; holds when there are none.",
      .example = "ALL(tasks, is_done)" },
};

const struct function_group functions_statistics = { list, sizeof(list) / sizeof(list[0]) };
