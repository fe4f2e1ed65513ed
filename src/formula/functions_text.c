/*
 * Functions of texts. Lengths and positions count characters from 1, as in
 * Excel. Texts that a formula makes are bounded (FORMULA_TEXT_SIZE_MAX in
 * fn_sqlite.c): a longer one is blank.
 */
#include "formula/inner.h"

static void put_concat(struct put *put, const struct formula_node *node)
{
    put_call(put, "f_concat", node);
}

static void put_textjoin(struct put *put, const struct formula_node *node)
{
    put_text(put, "f_textjoin(");
    put_node(put, node->args[0]);
    put_text(put, ", ");
    put_condition_value(put, node->args[1]);
    for (int i = 2; i < node->arg_count; i++) {
        put_text(put, ", ");
        put_node(put, node->args[i]);
    }
    put_text(put, ")");
}

static bool check_text_call(struct check *check, struct formula_node *node)
{
    struct formula_node **value = &node->args[0];
    if (node->arg_count == 1) return check_text(check, value);
    bool is_formattable = is_numeric((*value)->type.kind) || is_temporal((*value)->type.kind);
    if (!is_formattable && !is_blank_literal(*value)) {
        return check_type_fail(check, *value, "formula.kind_number");
    }
    bool is_number = is_numeric((*value)->type.kind) || is_blank_literal(*value);
    return (!is_number || check_number(check, value)) && check_text(check, &node->args[1]);
}

/* TEXT(x, "0.00"), TEXT(date, "yyyy-mm-dd") */
static void put_text_call(struct put *put, const struct formula_node *node)
{
    const struct formula_node *value = node->args[0];
    if (node->arg_count == 1) {
        put_node(put, value);
        return;
    }
    switch (value->type.kind) {
    case FORMULA_DATE:
        put_text(put, "f_format_date(");
        put_node(put, value);
        break;
    case FORMULA_DATETIME:
        put_text(put, "f_format_time(");
        put_node(put, value);
        sql_putf(put->sql, ", %d", put->context->schema->zone_min);
        break;
    case FORMULA_REAL:
        put_text(put, "f_format_real(");
        put_node(put, value);
        break;
    default:
        put_text(put, "f_format_number(");
        put_node(put, value);
        sql_putf(put->sql, ", %d", value->type.scale);
        break;
    }
    put_text(put, ", ");
    put_node(put, node->args[1]);
    put_text(put, ")");
}

static bool check_contains(struct check *check, struct formula_node *node)
{
    if (node->args[0]->type.kind == FORMULA_CHOICES) {
        return check_chosen(check, node->args[0], &node->args[1]);
    }
    return check_text(check, &node->args[0]) && check_text(check, &node->args[1]);
}

static void put_contains(struct put *put, const struct formula_node *node)
{
    if (node->args[0]->type.kind == FORMULA_CHOICES) {
        put_holds(put, node->args[0], node->args[1]);
        return;
    }
    put_text(put, "(");
    put_call(put, "f_contains", node);
    put_text(put, " = 1)");
}

/* The phrases that are no substance, one a line: config kind "list", name "filler". */
static struct str filler_lines(const struct put *put)
{
    const struct config *config =
        schema_config(put->context->schema, STR("list"), STR("filler"));
    const struct json *items = config ? json_get(&config->body, "items") : NULL;
    struct buf lines;
    buf_begin(&lines, put->sql->text.scope, 64 * 1024);
    for (int i = 0; items && items->kind == JSON_KIND_LIST && i < items->count; i++) {
        if (items->items[i].kind != JSON_KIND_STR) continue;
        buf_put(&lines, items->items[i].text);
        buf_put_char(&lines, '\n');
    }
    return buf_str(&lines);
}

static void put_substance(struct put *put, const struct formula_node *node)
{
    put_text(put, "f_substance(");
    put_node(put, node->args[0]);
    put_text(put, ", ");
    sql_text(put->sql, filler_lines(put));
    put_text(put, ")");
}

/* FIND in texts of one case: letters keep their places when their case changes. */
static void put_search(struct put *put, const struct formula_node *node)
{
    put_text(put, "f_find(f_lower(");
    put_node(put, node->args[0]);
    put_text(put, "), f_lower(");
    put_node(put, node->args[1]);
    put_text(put, ")");
    if (node->arg_count == 3) {
        put_text(put, ", ");
        put_node(put, node->args[2]);
    }
    put_text(put, ")");
}

/* Metres are kilometres with three decimals. */
static bool check_distance(struct check *check, struct formula_node *node)
{
    (void)check;
    node->type.scale = 3;
    return true;
}

static void put_taxno_ok(struct put *put, const struct formula_node *node)
{
    put_text(put, "(");
    put_call(put, "f_taxno_ok", node);
    put_text(put, " = 1)");
}

/* STARTSWITH, ENDSWITH, EXACT: the text's beginning or end, or all of it, is the other one. */
static void put_same_end(struct put *put, const struct formula_node *node)
{
    bool is_exact = is_call(node, "EXACT");
    put_text(put, is_exact ? "(" : is_call(node, "STARTSWITH") ? "(f_left(" : "(f_right(");
    put_node(put, node->args[0]);
    if (!is_exact) {
        put_text(put, ", f_len(");
        put_node(put, node->args[1]);
        put_text(put, "))");
    }
    put_text(put, " = ");
    put_node(put, node->args[1]);
    put_text(put, ")");
}

static const struct function list[] = {
    { .name = "LEN",
      .alias_zh = "长度",
      .signature = "LEN(text)",
      .args = "t",
      .result = FORMULA_NUMBER,
      .sql = "f_len",
      .help_zh = "字数。",
      .help_en = "How many characters.",
      .example = "LEN(name)" },
    { .name = "CONCAT",
      .alias_zh = "连接",
      .signature = "CONCAT(a, b, …)",
      .args = "t+",
      .result = FORMULA_TEXT,
      .put = put_concat,
      .help_zh = "把几段文字连在一起，空值当作没有文字。",
      .help_en = "One text after the other; blank counts as no text.",
      .example = "CONCAT(name, \" \", phone)" },
    { .name = "TEXTJOIN",
      .alias_zh = "文本合并",
      .signature = "TEXTJOIN(between, leave_out_blank, a, b, …)",
      .args = "tbt+",
      .result = FORMULA_TEXT,
      .put = put_textjoin,
      .help_zh = "把几段文字连在一起，中间放上分隔的文字；第二个参数为 TRUE 时跳过空的。",
      .help_en = "One text after the other with a text between them; blank ones are left out when "
                 "the second argument is TRUE.",
      .example = "TEXTJOIN(\" · \", TRUE, name, region, phone)" },
    { .name = "LEFT",
      .alias_zh = "左侧",
      .signature = "LEFT(text, [count])",
      .args = "t?i",
      .result = FORMULA_TEXT,
      .sql = "f_left",
      .help_zh = "开头的几个字。",
      .help_en = "The first characters.",
      .example = "LEFT(name, 2)" },
    { .name = "RIGHT",
      .alias_zh = "右侧",
      .signature = "RIGHT(text, [count])",
      .args = "t?i",
      .result = FORMULA_TEXT,
      .sql = "f_right",
      .help_zh = "末尾的几个字。",
      .help_en = "The last characters.",
      .example = "RIGHT(phone, 4)" },
    { .name = "MID",
      .alias_zh = "中间",
      .signature = "MID(text, start, count)",
      .args = "tii",
      .result = FORMULA_TEXT,
      .sql = "f_mid",
      .help_zh = "从第几个字起的几个字。",
      .help_en = "So many characters from a position on.",
      .example = "MID(phone, 4, 4)" },
    { .name = "FIND",
      .alias_zh = "查找",
      .signature = "FIND(part, text, [start])",
      .args = "tt?i",
      .result = FORMULA_NUMBER,
      .sql = "f_find",
      .help_zh = "一段文字第一次出现在第几个字（区分大小写）；没有则为空。",
      .help_en = "Where a text first occurs (case matters); blank when it does not.",
      .example = "FIND(\"@\", email)" },
    { .name = "SEARCH",
      .alias_zh = "搜索",
      .signature = "SEARCH(part, text, [start])",
      .args = "tt?i",
      .result = FORMULA_NUMBER,
      .put = put_search,
      .help_zh = "这一段从第几个字开始，不分大小写，不用通配符；没有时为空。",
      .help_en = "At which character the part begins, in any case and without wildcards; blank "
                 "when it does not occur.",
      .example = "SEARCH(\"vip\", name)" },
    { .name = "REPLACE",
      .alias_zh = "按位替换",
      .signature = "REPLACE(text, start, count, new)",
      .args = "tiit",
      .result = FORMULA_TEXT,
      .sql = "f_replace",
      .help_zh = "从第几个字起的几个字换成另一段文字。",
      .help_en = "Another text in the place of so many characters from a position on.",
      .example = "REPLACE(phone, 4, 4, \"****\")" },
    { .name = "REPT",
      .alias_zh = "重复",
      .signature = "REPT(text, times)",
      .args = "ti",
      .result = FORMULA_TEXT,
      .sql = "f_rept",
      .help_zh = "把一段文字重复几次。",
      .help_en = "The text so many times over.",
      .example = "REPT(\"★\", 3)" },
    { .name = "SUBSTITUTE",
      .alias_zh = "替换",
      .signature = "SUBSTITUTE(text, old, new, [which])",
      .args = "ttt?i",
      .result = FORMULA_TEXT,
      .sql = "f_substitute",
      .help_zh = "把旧文字换成新文字；可只换第几处。",
      .help_en = "Replaces old by new, everywhere or only the which-th.",
      .example = "SUBSTITUTE(phone, \" \", \"\")" },
    { .name = "UPPER",
      .alias_zh = "大写",
      .signature = "UPPER(text)",
      .args = "t",
      .result = FORMULA_TEXT,
      .sql = "f_upper",
      .help_zh = "字母变大写。",
      .help_en = "In capital letters.",
      .example = "UPPER(credit_code)" },
    { .name = "LOWER",
      .alias_zh = "小写",
      .signature = "LOWER(text)",
      .args = "t",
      .result = FORMULA_TEXT,
      .sql = "f_lower",
      .help_zh = "字母变小写。",
      .help_en = "In small letters.",
      .example = "LOWER(email)" },
    { .name = "TRIM",
      .alias_zh = "去空格",
      .signature = "TRIM(text)",
      .args = "t",
      .result = FORMULA_TEXT,
      .sql = "f_trim",
      .help_zh = "去掉首尾空格，中间连续的空格只留一个。",
      .help_en = "Without blanks at both ends, and one blank where there were several.",
      .example = "TRIM(name)" },
    { .name = "TEXT",
      .alias_zh = "文本",
      .signature = "TEXT(value, [format])",
      .args = "*?*",
      .result = FORMULA_TEXT,
      .check = check_text_call,
      .put = put_text_call,
      .help_zh = "按格式写成文字，例如 \"#,##0.00\"、\"0%\"、\"yyyy-mm-dd\"、\"hh:mm\"。",
      .help_en = "As text in a format such as \"#,##0.00\", \"0%\", \"yyyy-mm-dd\", \"hh:mm\".",
      .example = "TEXT(amount, \"#,##0.00\")" },
    { .name = "CONTAINS",
      .alias_zh = "包含",
      .signature = "CONTAINS(text, part)",
      .args = "**",
      .result = FORMULA_BOOLEAN,
      .check = check_contains,
      .put_condition = put_contains,
      .help_zh = "文字里有这一段（不分大小写和全半角）；多选字段里选了这一项。",
      .help_en = "The part occurs in the text, case and width do not matter; or the choice is "
                 "among those chosen.",
      .example = "CONTAINS(name, \"医院\")" },
    { .name = "STARTSWITH",
      .alias_zh = "开头是",
      .signature = "STARTSWITH(text, part)",
      .args = "tt",
      .result = FORMULA_BOOLEAN,
      .put_condition = put_same_end,
      .help_zh = "文字以这一段开头，区分大小写。",
      .help_en = "The text begins with the part; capitals matter.",
      .example = "STARTSWITH(name, \"上海\")" },
    { .name = "ENDSWITH",
      .alias_zh = "结尾是",
      .signature = "ENDSWITH(text, part)",
      .args = "tt",
      .result = FORMULA_BOOLEAN,
      .put_condition = put_same_end,
      .help_zh = "文字以这一段结尾，区分大小写。",
      .help_en = "The text ends with the part; capitals matter.",
      .example = "ENDSWITH(name, \"公司\")" },
    { .name = "EXACT",
      .alias_zh = "完全相同",
      .signature = "EXACT(a, b)",
      .args = "tt",
      .result = FORMULA_BOOLEAN,
      .put_condition = put_same_end,
      .help_zh = "两段文字完全相同，区分大小写，和 = 一样。",
      .help_en = "Two texts are the same, capitals too, as = says.",
      .example = "EXACT(name, memo)" },
    { .name = "SUBSTANCE",
      .alias_zh = "实质字数",
      .signature = "SUBSTANCE(text)",
      .args = "t",
      .result = FORMULA_NUMBER,
      .put = put_substance,
      .help_zh = "去掉套话、标点和空格后还剩多少字。",
      .help_en = "How many characters are left without filler phrases, punctuation and blanks.",
      .example = "SUBSTANCE(conclusion) >= 10" },
    { .name = "PHONE_NORM",
      .alias_zh = "规范电话",
      .signature = "PHONE_NORM(text)",
      .args = "t",
      .result = FORMULA_TEXT,
      .sql = "f_phone_norm",
      .help_zh = "电话号码的统一写法，与电话字段相同；不是电话号码时为空。",
      .help_en = "A phone number in the spelling of phone fields; blank when it is none.",
      .example = "PHONE_NORM(\"+86 138-1234-5678\")" },
    { .name = "NAME_NORM",
      .alias_zh = "规范名称",
      .signature = "NAME_NORM(text)",
      .args = "t",
      .result = FORMULA_TEXT,
      .sql = "f_name_norm",
      .help_zh = "去掉空格、标点、全半角和大小写差别以及“有限公司”等后缀，用来比较单位名称。",
      .help_en = "A name for comparing: without case, width, blanks, punctuation and endings such "
                 "as “有限公司” or “Co., Ltd.”.",
      .example = "NAME_NORM(name)" },
    { .name = "TAXNO_OK",
      .alias_zh = "税号正确",
      .signature = "TAXNO_OK(text)",
      .args = "t",
      .result = FORMULA_BOOLEAN,
      .put_condition = put_taxno_ok,
      .help_zh = "统一社会信用代码（18 位）或旧税号（15 位）的校验位正确。",
      .help_en = "A unified social credit code (18 characters) or an old tax number (15) whose "
                 "check digit is right.",
      .example = "TAXNO_OK(\"91110000600037341L\")" },
    { .name = "DISTANCE_KM",
      .alias_zh = "距离公里",
      .signature = "DISTANCE_KM(place, place)",
      .args = "tt",
      .result = FORMULA_NUMBER,
      .check = check_distance,
      .sql = "f_distance_m",
      .help_zh = "两个位置相距多少公里（直线），精确到米；不是位置时为空。",
      .help_en = "Kilometres between two places as the crow flies, to the metre; blank when one of "
                 "them is no place.",
      .example = "DISTANCE_KM(\"31.23,121.47\", \"39.90,116.40\") < 1100" },
    { .name = "PINYIN",
      .alias_zh = "拼音",
      .signature = "PINYIN(text)",
      .args = "t",
      .result = FORMULA_TEXT,
      .sql = "f_pinyin",
      .help_zh = "汉字的拼音，不带声调，字间空一格；多音字取最常用的读音，其他文字不变。",
      .help_en = "How the Chinese characters are read, without tones, a blank between them: each "
                 "by its most frequent reading. Other text stays as it is.",
      .example = "PINYIN(name)" },
    { .name = "PINYIN_INITIALS",
      .alias_zh = "拼音首字母",
      .signature = "PINYIN_INITIALS(text)",
      .args = "t",
      .result = FORMULA_TEXT,
      .sql = "f_pinyin_initials",
      .help_zh = "汉字拼音的首字母连写，字母和数字照写（小写），其他省去。",
      .help_en = "The first letter of every character's reading; Latin letters and digits stay, "
                 "in small letters; all else is left out.",
      .example = "PINYIN_INITIALS(name)" },
    { .name = "SIMILARITY",
      .alias_zh = "相似度",
      .signature = "SIMILARITY(a, b)",
      .args = "tt",
      .result = FORMULA_REAL,
      .sql = "f_similarity",
      .help_zh = "两段文字有多像，0 到 1。",
      .help_en = "How alike two texts are, 0 to 1.",
      .example = "SIMILARITY(name, \"华东医院\") > 0.8" },
};

const struct function_group functions_text = { list, sizeof(list) / sizeof(list[0]) };
