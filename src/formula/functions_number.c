/*
 * Functions of numbers. Exact ones stay exact: their scale is known when the
 * formula is checked, so the number of decimals ROUND keeps must be written as
 * a number.
 */
#include "base/decimal.h"
#include "formula/inner.h"

enum round_mode { ROUND_HALF = 0, ROUND_UP, ROUND_DOWN, ROUND_FLOOR };

static int digits_of(const struct formula_node *node)
{
    int64_t units;
    int scale;
    if (node->arg_count < 2 || !node_constant(node->args[1], &units, &scale)) return 0;
    return (int)units;
}

static bool check_round(struct check *check, struct formula_node *node)
{
    if (node->arg_count == 2) {
        int64_t units;
        int scale;
        bool is_ok = node_constant(node->args[1], &units, &scale) && scale == 0 &&
                     units >= -DECIMAL_SCALE_MAX && units <= DECIMAL_SCALE_MAX;
        if (!is_ok) return check_fail(check, "formula.constant", node->args[1], STR(""), STR(""));
    }
    const struct formula_type *type = &node->args[0]->type;
    int digits = digits_of(node);
    int scale = digits > 0 ? digits : 0;
    if (type->kind == FORMULA_NUMBER && type->scale < scale) scale = type->scale;
    node->type = (struct formula_type){ .kind = FORMULA_NUMBER,
                                        .scale = scale,
                                        .is_money = type->is_money };
    return true;
}

static void put_rounded(struct put *put, const struct formula_node *node, enum round_mode mode)
{
    const struct formula_node *arg = node->args[0];
    int digits = digits_of(node);
    if (arg->type.kind == FORMULA_REAL) {
        put_text(put, "f_round_real(");
        put_node(put, arg);
        sql_putf(put->sql, ", %d, %d)", digits, (int)mode);
    } else if (digits >= arg->type.scale) {
        put_node(put, arg);
    } else {
        put_text(put, "f_round(");
        put_node(put, arg);
        sql_putf(put->sql, ", %d, %d, %d)", arg->type.scale, digits, (int)mode);
    }
}

static void put_round(struct put *put, const struct formula_node *node)
{
    put_rounded(put, node, ROUND_HALF);
}

static void put_roundup(struct put *put, const struct formula_node *node)
{
    put_rounded(put, node, ROUND_UP);
}

static void put_rounddown(struct put *put, const struct formula_node *node)
{
    put_rounded(put, node, ROUND_DOWN);
}

static void put_int(struct put *put, const struct formula_node *node)
{
    put_rounded(put, node, ROUND_FLOOR);
}

static bool check_abs(struct check *check, struct formula_node *node)
{
    (void)check;
    node->type = node->args[0]->type;
    return true;
}

static void put_abs(struct put *put, const struct formula_node *node)
{
    put_call(put, node->type.kind == FORMULA_REAL ? "ABS" : "f_abs", node);
}

static bool check_mod(struct check *check, struct formula_node *node)
{
    return check_unify(check, node->args, 2, 1, &node->type);
}

static void put_mod(struct put *put, const struct formula_node *node)
{
    put_call(put, node->type.kind == FORMULA_REAL ? "f_rmod" : "f_mod", node);
}

/* CEILING and FLOOR: to a multiple of 1 when no step is written. */
static bool check_multiple(struct check *check, struct formula_node *node)
{
    if (node->arg_count == 1) {
        struct formula_node **args = scope_new(check->scope, struct formula_node *, 2);
        struct formula_node *one = node_new(check->scope, NODE_LITERAL, node->position, node->end);
        one->type = (struct formula_type){ .kind = FORMULA_NUMBER };
        one->value = cell_int(1);
        args[0] = node->args[0];
        args[1] = one;
        node->args = args; /* arg_count stays 1: it was not written */
    }
    return check_unify(check, node->args, 2, 1, &node->type);
}

static void put_multiple(struct put *put, const struct formula_node *node)
{
    put_text(put, node->type.kind == FORMULA_REAL ? "f_multiple_real(" : "f_multiple(");
    put_node(put, node->args[0]);
    put_text(put, ", ");
    put_node(put, node->args[1]);
    put_text(put, is_call(node, "CEILING") ? ", 1)" : ", 3)");
}

/* EVEN and ODD: of a number with decimals, two is so many units. */
static bool check_even(struct check *check, struct formula_node *node)
{
    (void)check;
    node->type = node->args[0]->type;
    return true;
}

static void put_even(struct put *put, const struct formula_node *node)
{
    bool is_real = node->type.kind == FORMULA_REAL;
    long long two = 2;
    for (int i = 0; i < node->type.scale; i++) two *= 10;
    put_text(put, is_real ? "f_even_real(" : "f_even(");
    put_node(put, node->args[0]);
    if (!is_real) sql_putf(put->sql, ", %lld", two);
    put_text(put, is_call(node, "ODD") ? ", 1)" : ", 0)");
}

static bool check_reals(struct check *check, struct formula_node *node)
{
    struct formula_type real = { .kind = FORMULA_REAL };
    for (int i = 0; i < node->arg_count; i++) {
        if (!check_convert(check, &node->args[i], real)) return false;
    }
    return true;
}

static bool check_clamp(struct check *check, struct formula_node *node)
{
    return check_unify(check, node->args, 3, 1, &node->type);
}

static void put_clamp(struct put *put, const struct formula_node *node)
{
    put_text(put, "CASE WHEN ");
    put_node(put, node->args[0]);
    put_text(put, " IS NOT NULL THEN f_min(f_max(");
    put_node(put, node->args[0]);
    put_text(put, ", ");
    put_node(put, node->args[1]);
    put_text(put, "), ");
    put_node(put, node->args[2]);
    put_text(put, ") END");
}

/* VALUE gives six decimals: enough for what people write, and exact. */
static bool check_value(struct check *check, struct formula_node *node)
{
    (void)check;
    node->type.scale = DECIMAL_SCALE_MAX;
    return true;
}

static bool check_rmb(struct check *check, struct formula_node *node)
{
    struct formula_type fen = { .kind = FORMULA_NUMBER, .scale = 2 };
    return check_assign(check, &node->args[0], fen);
}

static const struct function list[] = {
    { .name = "ROUND",
      .alias_zh = "四舍五入",
      .signature = "ROUND(number, [decimals])",
      .args = "n?i",
      .check = check_round,
      .put = put_round,
      .help_zh = "四舍五入到指定的小数位数，结果是精确的数。",
      .help_en = "Rounds half away from zero to so many decimals; the result is exact.",
      .example = "ROUND(amount * 0.13, 2)" },
    { .name = "ROUNDUP",
      .alias_zh = "向上舍入",
      .signature = "ROUNDUP(number, [decimals])",
      .args = "n?i",
      .check = check_round,
      .put = put_roundup,
      .help_zh = "向远离零的方向舍入。",
      .help_en = "Rounds away from zero.",
      .example = "ROUNDUP(amount / 3, 0)" },
    { .name = "ROUNDDOWN",
      .alias_zh = "向下舍入",
      .alias = "TRUNC",
      .signature = "ROUNDDOWN(number, [decimals])",
      .args = "n?i",
      .check = check_round,
      .put = put_rounddown,
      .help_zh = "向零的方向舍入。",
      .help_en = "Rounds toward zero.",
      .example = "ROUNDDOWN(amount / 3, 0)" },
    { .name = "INT",
      .alias_zh = "取整",
      .signature = "INT(number)",
      .args = "n",
      .check = check_round,
      .put = put_int,
      .help_zh = "不大于该数的最大整数。",
      .help_en = "The largest whole number that is not above it.",
      .example = "INT(amount / 1000)" },
    { .name = "CEILING",
      .alias_zh = "向上取整",
      .signature = "CEILING(number, [step])",
      .args = "n?n",
      .check = check_multiple,
      .put = put_multiple,
      .help_zh = "向上取到步长的倍数，不写步长为 1；与 Excel 一样，数和步长都为负时远离零。",
      .help_en = "Up to a multiple of the step (1 when none is given); as in Excel, away from "
                 "zero when both are negative.",
      .example = "CEILING(amount, 100)" },
    { .name = "FLOOR",
      .alias_zh = "向下取整",
      .signature = "FLOOR(number, [step])",
      .args = "n?n",
      .check = check_multiple,
      .put = put_multiple,
      .help_zh = "向下取到步长的倍数，不写步长为 1；与 Excel 一样，数和步长都为负时靠近零。",
      .help_en = "Down to a multiple of the step (1 when none is given); as in Excel, towards "
                 "zero when both are negative.",
      .example = "FLOOR(amount, 100)" },
    { .name = "EVEN",
      .alias_zh = "取偶",
      .signature = "EVEN(number)",
      .args = "n",
      .check = check_even,
      .put = put_even,
      .help_zh = "远离零的方向上最近的偶数。",
      .help_en = "The next even whole number, away from zero.",
      .example = "EVEN(pieces)" },
    { .name = "ODD",
      .alias_zh = "取奇",
      .signature = "ODD(number)",
      .args = "n",
      .check = check_even,
      .put = put_even,
      .help_zh = "远离零的方向上最近的奇数；0 得 1。",
      .help_en = "The next odd whole number, away from zero; of 0 it is 1.",
      .example = "ODD(pieces)" },
    { .name = "SIGN",
      .alias_zh = "正负",
      .signature = "SIGN(number)",
      .args = "n",
      .result = FORMULA_NUMBER,
      .sql = "f_sign",
      .help_zh = "正数为 1，零为 0，负数为 -1。",
      .help_en = "1, 0 or -1: the number's sign.",
      .example = "SIGN(amount - 1000)" },
    { .name = "EXP",
      .alias_zh = "指数",
      .signature = "EXP(number)",
      .args = "n",
      .result = FORMULA_REAL,
      .sql = "f_exp",
      .check = check_reals,
      .help_zh = "e 的乘方。",
      .help_en = "e to the power of the number.",
      .example = "EXP(1)" },
    { .name = "LN",
      .alias_zh = "自然对数",
      .signature = "LN(number)",
      .args = "n",
      .result = FORMULA_REAL,
      .sql = "f_ln",
      .check = check_reals,
      .help_zh = "自然对数；零和负数为空。",
      .help_en = "The natural logarithm; blank for zero and negative numbers.",
      .example = "LN(10)" },
    { .name = "LOG10",
      .alias_zh = "常用对数",
      .signature = "LOG10(number)",
      .args = "n",
      .result = FORMULA_REAL,
      .sql = "f_log10",
      .check = check_reals,
      .help_zh = "以 10 为底的对数；零和负数为空。",
      .help_en = "The logarithm to base 10; blank for zero and negative numbers.",
      .example = "LOG10(1000)" },
    { .name = "CLAMP",
      .alias_zh = "限制",
      .signature = "CLAMP(number, low, high)",
      .args = "nnn",
      .check = check_clamp,
      .put = put_clamp,
      .help_zh = "不小于下限、不大于上限；上下限为空时不限。",
      .help_en = "No less than low and no more than high; a blank bound bounds nothing.",
      .example = "CLAMP(quality, 0, 10)" },
    { .name = "ABS",
      .alias_zh = "绝对值",
      .signature = "ABS(number)",
      .args = "n",
      .check = check_abs,
      .put = put_abs,
      .help_zh = "去掉负号。",
      .help_en = "Without its sign.",
      .example = "ABS(amount - 1000)" },
    { .name = "MOD",
      .alias_zh = "余数",
      .signature = "MOD(number, divisor)",
      .args = "nn",
      .check = check_mod,
      .put = put_mod,
      .help_zh = "相除后的余数，符号与除数相同。",
      .help_en = "What is left after dividing, with the divisor's sign.",
      .example = "MOD(DAY(created_at), 2)" },
    { .name = "POWER",
      .alias_zh = "乘方",
      .signature = "POWER(number, exponent)",
      .args = "nn",
      .result = FORMULA_REAL,
      .sql = "f_pow",
      .check = check_reals,
      .help_zh = "乘方，与 ^ 相同。",
      .help_en = "To the power of, like ^.",
      .example = "POWER(2, 10)" },
    { .name = "SQRT",
      .alias_zh = "平方根",
      .signature = "SQRT(number)",
      .args = "n",
      .result = FORMULA_REAL,
      .sql = "f_sqrt",
      .check = check_reals,
      .help_zh = "平方根；负数为空。",
      .help_en = "The square root; blank for a negative number.",
      .example = "SQRT(2)" },
    { .name = "VALUE",
      .alias_zh = "数值",
      .signature = "VALUE(text)",
      .args = "t",
      .result = FORMULA_NUMBER,
      .sql = "f_value",
      .check = check_value,
      .help_zh = "把文字读成数（可带千分位逗号，最多六位小数）；读不出时为空。",
      .help_en = "The number a text spells (commas allowed, at most six decimals), else blank.",
      .example = "VALUE(\"1,280.5\")" },
    { .name = "RMBUPPER",
      .alias_zh = "人民币大写",
      .signature = "RMBUPPER(amount)",
      .args = "n",
      .result = FORMULA_TEXT,
      .sql = "f_rmb",
      .check = check_rmb,
      .help_zh = "金额的中文大写，例如“壹仟贰佰捌拾元伍角整”。",
      .help_en = "The amount in Chinese capital numerals.",
      .example = "RMBUPPER(amount)" },
};

const struct function_group functions_number = { list, sizeof(list) / sizeof(list[0]) };
