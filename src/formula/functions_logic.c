/* Functions of conditions and choice: IF, IFS, SWITCH, AND, OR, NOT, IN, BETWEEN … */
#include "formula/inner.h"

static bool check_if(struct check *check, struct formula_node *node)
{
    return check_unify(check, node->args + 1, node->arg_count - 1, 1, &node->type);
}

/* An IF that stands in another's otherwise goes on in the same CASE. */
static void put_if(struct put *put, const struct formula_node *node)
{
    put_text(put, "CASE");
    for (;;) {
        put_text(put, " WHEN ");
        put_condition(put, node->args[0]);
        put_text(put, " THEN ");
        put_node(put, node->args[1]);
        if (node->arg_count < 3 || !is_call(node->args[2], "IF")) break;
        node = node->args[2];
    }
    if (node->arg_count == 3) {
        put_text(put, " ELSE ");
        put_node(put, node->args[2]);
    }
    put_text(put, " END");
}

static bool check_ifs(struct check *check, struct formula_node *node)
{
    if (node->arg_count % 2 != 0) {
        return check_fail(check, "formula.arity", node, STR("IFS"),
                          str_of(node->function->signature));
    }
    for (int i = 0; i < node->arg_count; i += 2) {
        if (!check_boolean(check, &node->args[i])) return false;
    }
    return check_unify(check, node->args + 1, node->arg_count - 1, 2, &node->type);
}

static void put_ifs(struct put *put, const struct formula_node *node)
{
    put_text(put, "CASE");
    for (int i = 0; i < node->arg_count; i += 2) {
        put_text(put, " WHEN ");
        put_condition(put, node->args[i]);
        put_text(put, " THEN ");
        put_node(put, node->args[i + 1]);
    }
    put_text(put, " END");
}

/* SWITCH(x, value, result, …[, otherwise]): results at 2, 4 …, the last one may stand alone. */
static bool check_switch(struct check *check, struct formula_node *node)
{
    bool has_default = node->arg_count % 2 == 0;
    int end = node->arg_count - has_default;
    if (!check_values(check, node, 1, 2, end)) return false;
    int count = 0;
    struct formula_node **results =
        scope_new(check->scope, struct formula_node *, node->arg_count);
    for (int i = 2; i < end; i += 2) results[count++] = node->args[i];
    if (has_default) results[count++] = node->args[node->arg_count - 1];
    if (!check_unify(check, results, count, 1, &node->type)) return false;
    count = 0;
    for (int i = 2; i < end; i += 2) node->args[i] = results[count++];
    if (has_default) node->args[node->arg_count - 1] = results[count];
    return true;
}

static void put_switch(struct put *put, const struct formula_node *node)
{
    bool has_default = node->arg_count % 2 == 0;
    put_text(put, "CASE ");
    put_node(put, node->args[0]);
    for (int i = 1; i + 1 < node->arg_count; i += 2) {
        const struct formula_node *value = node->args[i];
        int count = value->kind == NODE_SET ? value->id_count : 1;
        for (int j = 0; j < count; j++) {
            put_text(put, " WHEN ");
            if (value->kind == NODE_SET) {
                sql_int(put->sql, value->ids[j]);
            } else {
                put_node(put, value);
            }
            put_text(put, " THEN ");
            put_node(put, node->args[i + 1]);
        }
    }
    if (has_default) {
        put_text(put, " ELSE ");
        put_node(put, node->args[node->arg_count - 1]);
    }
    put_text(put, " END");
}

/* Balanced, because SQLite bounds the depth of an expression and reads chains as deep. */
static void put_chain(struct put *put, struct formula_node *const *args, int count,
                      const char *word)
{
    if (count == 1) {
        put_condition(put, args[0]);
        return;
    }
    put_text(put, "(");
    put_chain(put, args, count / 2, word);
    put_text(put, word);
    put_chain(put, args + count / 2, count - count / 2, word);
    put_text(put, ")");
}

static void put_and(struct put *put, const struct formula_node *node)
{
    put_chain(put, node->args, node->arg_count, " AND ");
}

static void put_or(struct put *put, const struct formula_node *node)
{
    put_chain(put, node->args, node->arg_count, " OR ");
}

static void put_not(struct put *put, const struct formula_node *node)
{
    put_text(put, "(");
    put_condition(put, node->args[0]);
    put_text(put, " IS NOT TRUE)");
}

/* True when an odd number of them holds; each must be seen, and blank counts as not holding. */
static void put_xor(struct put *put, const struct formula_node *node)
{
    put_text(put, "((0");
    for (int i = 0; i < node->arg_count; i++) {
        put_text(put, " + ");
        put_condition_value(put, node->args[i]);
    }
    put_text(put, ") % 2 = 1)");
}

bool check_chosen(struct check *check, const struct formula_node *choices,
                  struct formula_node **slot)
{
    struct formula_type one = { .kind = FORMULA_CHOICE, .field = choices->type.field };
    if (is_text_literal(*slot) || is_blank_literal(*slot)) return check_convert(check, slot, one);
    return check_text(check, slot);
}

void put_holds(struct put *put, const struct formula_node *choices,
               const struct formula_node *choice)
{
    const struct field *field = choices->type.field;
    put_text(put, "(");
    if (choice->kind == NODE_LITERAL) {
        /* Nothing is numbered 0: a blank is among none. */
        put_chosen(put, choices, choice->value.kind == CELL_INT ? choice->value.integer : 0);
        put_text(put, ")");
        return;
    }
    put_node(put, choices);
    put_text(put, " LIKE CASE ");
    put_node(put, choice);
    for (int i = 0; i < field->choice_count; i++) {
        struct str names[] = { field->choices[i].name, field->choices[i].label.zh,
                               field->choices[i].label.en };
        for (int k = 0; k < 3; k++) {
            if (names[k].size == 0) continue;
            put_text(put, " WHEN ");
            sql_text(put->sql, names[k]);
            sql_putf(put->sql, " THEN '%%,%04d,%%'", field->choices[i].id);
        }
    }
    put_text(put, field->choice_count == 0 ? " WHEN '' THEN '' END)" : " END)");
}

static bool check_in(struct check *check, struct formula_node *node)
{
    for (int i = 1; node->args[0]->type.kind == FORMULA_CHOICES; i++) {
        if (i == node->arg_count) return true;
        if (!check_chosen(check, node->args[0], &node->args[i])) return false;
    }
    return check_values(check, node, 1, 1, node->arg_count);
}

/* Of several choices: any of them is listed. Halved, as chains are. */
static void put_any(struct put *put, const struct formula_node *choices,
                    struct formula_node *const *args, int count)
{
    if (count == 1) {
        put_holds(put, choices, args[0]);
        return;
    }
    put_text(put, "(");
    put_any(put, choices, args, count / 2);
    put_text(put, " OR ");
    put_any(put, choices, args + count / 2, count - count / 2);
    put_text(put, ")");
}

static void put_in(struct put *put, const struct formula_node *node)
{
    if (node->args[0]->type.kind == FORMULA_CHOICES) {
        put_any(put, node->args[0], node->args + 1, node->arg_count - 1);
        return;
    }
    put_text(put, "(");
    put_node(put, node->args[0]);
    put_text(put, " IN (");
    for (int i = 1; i < node->arg_count; i++) {
        const struct formula_node *value = node->args[i];
        if (i > 1) put_text(put, ",");
        if (value->kind != NODE_SET) put_node(put, value);
        for (int j = 0; value->kind == NODE_SET && j < value->id_count; j++) {
            if (j > 0) put_text(put, ",");
            sql_int(put->sql, value->ids[j]);
        }
    }
    put_text(put, "))");
}

static bool check_between(struct check *check, struct formula_node *node)
{
    struct formula_node *value = node->args[0];
    switch (value->type.kind) {
    case FORMULA_CHOICE:
    case FORMULA_CHOICES:
    case FORMULA_STAGE:
    case FORMULA_PIPELINE:
    case FORMULA_OBJECT:
    case FORMULA_ID:
    case FORMULA_BOOLEAN:
        return check_fail(check, "formula.no_order", value, STR(""), STR(""));
    default:
        return check_values(check, node, 1, 1, 3);
    }
}

static void put_between(struct put *put, const struct formula_node *node)
{
    put_text(put, "(");
    put_node(put, node->args[0]);
    put_text(put, " BETWEEN ");
    put_node(put, node->args[1]);
    put_text(put, " AND ");
    put_node(put, node->args[2]);
    put_text(put, ")");
}

/* A column keeps blank as NULL; a text that was put together may be "" instead. */
static void put_isblank(struct put *put, const struct formula_node *node)
{
    const struct formula_node *arg = node->args[0];
    bool is_made = arg->type.kind == FORMULA_TEXT && arg->kind != NODE_NAME;
    put_text(put, is_made ? "(COALESCE(" : "(");
    put_node(put, arg);
    put_text(put, is_made ? ", '') = '')" : " IS NULL)");
}

static bool check_coalesce(struct check *check, struct formula_node *node)
{
    return check_unify(check, node->args, node->arg_count, 1, &node->type);
}

static void put_coalesce(struct put *put, const struct formula_node *node)
{
    if (node->arg_count == 1) {
        put_node(put, node->args[0]);
    } else {
        put_call(put, "COALESCE", node);
    }
}

static bool check_choice_count(struct check *check, struct formula_node *node)
{
    struct formula_node *arg = node->args[0];
    if (arg->type.kind == FORMULA_CHOICES) return true;
    return check_type_fail(check, arg, kind_key(FORMULA_CHOICES));
}

/* One comma more than choices. */
static void put_choice_count(struct put *put, const struct formula_node *node)
{
    put_text(put, "COALESCE(CAST(LENGTH(");
    put_node(put, node->args[0]);
    put_text(put, ") - LENGTH(REPLACE(");
    put_node(put, node->args[0]);
    put_text(put, ", ',', '')) - 1 AS INTEGER), 0)");
}

static void put_blank(struct put *put, const struct formula_node *node)
{
    (void)node;
    put_text(put, "NULL");
}

/* What there is no error for is blank: IFERROR is COALESCE of two. */
static bool is_number_kind(const struct formula_node *node)
{
    return is_numeric(node->args[0]->type.kind);
}

static void put_isnumber(struct put *put, const struct formula_node *node)
{
    if (!is_number_kind(node)) {
        put_text(put, "(1 = 0)");
        return;
    }
    put_text(put, "(");
    put_node(put, node->args[0]);
    put_text(put, " IS NOT NULL)");
}

static const struct function list[] = {
    { .name = "IF",
      .alias_zh = "如果",
      .signature = "IF(condition, value, [otherwise])",
      .args = "b*?*",
      .check = check_if,
      .put = put_if,
      .help_zh = "条件成立时取第一个值，否则取第二个值；没有第二个值时为空。",
      .help_en = "The first value when the condition holds, else the second, or blank.",
      .example = "IF(amount > 100000, \"A\", \"B\")" },
    { .name = "IFS",
      .alias_zh = "多条件",
      .signature = "IFS(condition, value, …)",
      .args = "**+",
      .check = check_ifs,
      .put = put_ifs,
      .help_zh = "依次检查条件，取第一个成立的条件后面的值。",
      .help_en = "The value behind the first condition that holds.",
      .example = "IFS(amount > 500000, \"A\", amount > 100000, \"B\", TRUE, \"C\")" },
    { .name = "SWITCH",
      .alias_zh = "匹配",
      .signature = "SWITCH(x, value, result, …, [otherwise])",
      .args = "***+",
      .check = check_switch,
      .put = put_switch,
      .help_zh = "x 等于哪个值，就取它后面的结果。",
      .help_en = "The result behind the value that x equals.",
      .example = "SWITCH(method, \"meeting\", 3, \"phone\", 2, 1)" },
    { .name = "AND",
      .alias_zh = "且",
      .signature = "a AND b",
      .args = "b+",
      .result = FORMULA_BOOLEAN,
      .put_condition = put_and,
      .flags = FUNCTION_MANY,
      .help_zh = "所有条件都成立。",
      .help_en = "All conditions hold.",
      .example = "amount > 0 AND NOT ISBLANK(owner)" },
    { .name = "OR",
      .alias_zh = "或",
      .signature = "a OR b",
      .args = "b+",
      .result = FORMULA_BOOLEAN,
      .put_condition = put_or,
      .flags = FUNCTION_MANY,
      .help_zh = "至少一个条件成立。",
      .help_en = "At least one condition holds.",
      .example = "amount > 500000 OR needs_support" },
    { .name = "NOT",
      .alias_zh = "非",
      .signature = "NOT(condition)",
      .args = "b",
      .result = FORMULA_BOOLEAN,
      .put_condition = put_not,
      .help_zh = "条件不成立或为空。",
      .help_en = "The condition does not hold, or is blank.",
      .example = "NOT(ISBLANK(phone))" },
    { .name = "XOR",
      .alias_zh = "异或",
      .signature = "XOR(a, b, …)",
      .args = "b+",
      .result = FORMULA_BOOLEAN,
      .put_condition = put_xor,
      .help_zh = "成立的条件有奇数个（两个条件时：恰好一个成立）。",
      .help_en = "An odd number of the conditions holds; of two: exactly one.",
      .example = "XOR(amount > 0, ISBLANK(owner))" },
    { .name = "IN",
      .alias_zh = "属于",
      .signature = "x IN (a, b, …)",
      .args = "**+",
      .result = FORMULA_BOOLEAN,
      .check = check_in,
      .put_condition = put_in,
      .flags = FUNCTION_MANY,
      .help_zh = "x 等于列出的值之一；多选字段：至少选了其中一项；相关记录：其中有一条。",
      .help_en = "x equals one of the values; of several choices or records: at least one of "
                 "them is listed.",
      .example = "method IN (\"meeting\", \"phone\")" },
    { .name = "BETWEEN",
      .alias_zh = "介于",
      .signature = "x BETWEEN low AND high",
      .args = "***",
      .result = FORMULA_BOOLEAN,
      .check = check_between,
      .put_condition = put_between,
      .help_zh = "x 不小于下限且不大于上限。",
      .help_en = "x is not below low and not above high.",
      .example = "BETWEEN(amount, 10000, 50000)" },
    { .name = "ISBLANK",
      .alias_zh = "为空",
      .signature = "ISBLANK(x)",
      .args = "*",
      .result = FORMULA_BOOLEAN,
      .put_condition = put_isblank,
      .help_zh = "没有填写；相关记录：一条也没有。",
      .help_en = "There is nothing in it; of related records: there are none.",
      .example = "ISBLANK(owner)" },
    { .name = "COALESCE",
      .alias_zh = "取非空",
      .signature = "COALESCE(a, b, …)",
      .args = "*+",
      .check = check_coalesce,
      .put = put_coalesce,
      .help_zh = "第一个不为空的值。",
      .help_en = "The first value that is not blank.",
      .example = "COALESCE(updated_at, created_at)" },
    { .name = "CHOICE_COUNT",
      .alias_zh = "选项数",
      .signature = "CHOICE_COUNT(choices)",
      .args = "*",
      .result = FORMULA_NUMBER,
      .check = check_choice_count,
      .put = put_choice_count,
      .help_zh = "多选字段选了几项；没有选时为 0。",
      .help_en = "How many choices were made; 0 when there are none.",
      .example = "CHOICE_COUNT(tags) > 1" },
    { .name = "IFERROR",
      .alias_zh = "如果出错",
      .signature = "IFERROR(value, otherwise)",
      .args = "**",
      .check = check_coalesce,
      .put = put_coalesce,
      .help_zh = "算不出来（为空）时用另一个值。",
      .help_en = "The other value when the first cannot be worked out, that is, is blank.",
      .example = "IFERROR(amount / pieces, 0)" },
    { .name = "ISNUMBER",
      .alias_zh = "是数",
      .signature = "ISNUMBER(x)",
      .args = "*",
      .result = FORMULA_BOOLEAN,
      .put_condition = put_isnumber,
      .help_zh = "是一个数，不是空值；文字要先用 VALUE 转换。",
      .help_en = "Is a number and not blank; a text is none until VALUE reads it.",
      .example = "ISNUMBER(VALUE(memo))" },
    { .name = "BLANK",
      .alias_zh = "空值",
      .signature = "BLANK()",
      .args = "",
      .put = put_blank,
      .help_zh = "空值。",
      .help_en = "Nothing.",
      .example = "IF(amount > 0, amount, BLANK())" },
};

const struct function_group functions_logic = { list, sizeof(list) / sizeof(list[0]) };
