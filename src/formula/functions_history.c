/*
 * Functions of what a record has been through: its stays in stages and the
 * changes of its fields, as the engine keeps them. They read the history when
 * they are asked, so nothing computed with them is ever stored, and a record as
 * it was at another time does not have them.
 */
#include "base/time.h"
#include "formula/inner.h"

static void note_history(struct check *check)
{
    check->formula->is_live = true;
    check->formula->is_of_its_time = true;
    check->weight += 10;
}

/* The record's own stage, then a stage by its name in any of the object's pipelines. */
static bool check_stay(struct check *check, struct formula_node *node)
{
    struct formula_node *stage = node->args[0];
    if (stage->kind != NODE_NAME || stage->part_count != 1 || check->hop != HOP_OWN) {
        return check_fail(check, "formula.own_field", stage, STR(""),
                          str_of(node->function->signature));
    }
    if (!check_name(check, stage)) return false;
    if (!check->object->stage || stage->path.fields[0] != check->object->stage) {
        return check_type_fail(check, stage, kind_key(FORMULA_STAGE));
    }
    note_history(check);
    return check_node(check, node->args[1]) &&
           check_convert(check, &node->args[1], stage->type);
}

static void put_stays(struct put *put, const struct formula_node *node, struct str alias)
{
    const struct formula_node *stage = node->args[1];
    sql_putf(put->sql, " FROM stage_stay %.*s WHERE ", STR_ARG(alias));
    sql_column(put->sql, alias, STR("record"));
    put_text(put, " = ");
    sql_column(put->sql, put->alias, STR("id"));
    put_text(put, " AND ");
    sql_column(put->sql, alias, STR("stage"));
    put_text(put, " IN (");
    if (stage->kind != NODE_SET) put_node(put, stage);
    for (int i = 0; stage->kind == NODE_SET && i < stage->id_count; i++) {
        if (i > 0) put_text(put, ",");
        sql_int(put->sql, stage->ids[i]);
    }
    put_text(put, ")");
}

static void put_entered_at(struct put *put, const struct formula_node *node)
{
    struct str alias = put_inside(put).alias;
    put_text(put, "(SELECT MIN(");
    sql_column(put->sql, alias, STR("entered_at"));
    put_text(put, ")");
    put_stays(put, node, alias);
    put_text(put, ")");
}

/* A stay that goes on lasts until now. */
static void put_time_in(struct put *put, const struct formula_node *node)
{
    struct str alias = put_inside(put).alias;
    put_text(put, "((SELECT CAST(COALESCE(SUM(COALESCE(");
    sql_column(put->sql, alias, STR("left_at"));
    put_text(put, ", ");
    sql_int(put->sql, put->context->now_ms);
    put_text(put, ") - ");
    sql_column(put->sql, alias, STR("entered_at"));
    put_text(put, "), 0) AS BIGINT)");
    put_stays(put, node, alias);
    put_text(put, ") / 3600000.0)");
}

static const char *const moves[] = { "", "start", "forward", "skip", "back", "win", "lose" };
enum { MOVE_COUNT = sizeof(moves) / sizeof(moves[0]) };

static int move_of(const struct formula_node *node)
{
    int move = 1;
    if (!is_text_literal(node)) return MOVE_COUNT;
    while (move < MOVE_COUNT && !str_equal_nocase(node->text, str_of(moves[move]))) move++;
    return move;
}

/* What kind of move brought the record to a stage; the kind is written. */
static bool check_moved(struct check *check, struct formula_node *node)
{
    if (!check->object->stage || check->hop != HOP_OWN) {
        return check_fail(check, "formula.no_stage", node, str_of(node->function->name), STR(""));
    }
    note_history(check);
    if (move_of(node->args[0]) < MOVE_COUNT) return true;
    return check_fail(check, "formula.constant", node->args[0], STR(""),
                      STR("\"forward\", \"skip\", \"back\", \"win\", \"lose\", \"start\""));
}

static void put_moved(struct put *put, const struct formula_node *node)
{
    struct str alias = put_inside(put).alias;
    sql_putf(put->sql, "(SELECT COUNT(*) FROM stage_stay %.*s WHERE ", STR_ARG(alias));
    sql_column(put->sql, alias, STR("record"));
    put_text(put, " = ");
    sql_column(put->sql, put->alias, STR("id"));
    put_text(put, " AND ");
    sql_column(put->sql, alias, STR("move"));
    sql_putf(put->sql, " = %d)", move_of(node->args[0]));
}

/* A field of the record itself whose changes are kept. */
static bool check_kept_field(struct check *check, struct formula_node *node)
{
    struct formula_node *name = node->args[0];
    if (name->kind != NODE_NAME || name->part_count != 1 || check->hop != HOP_OWN) {
        return check_fail(check, "formula.own_field", name, STR(""),
                          str_of(node->function->signature));
    }
    if (!check_name(check, name)) return false;
    const struct field *field = name->path.fields[0];
    const struct object *object = check->object;
    bool is_moved = field == object->owner || field == object->stage || field == object->pipeline;
    bool is_kept = object->has_history && field->column.size > 0 && !field->is_stored &&
                   (!field->is_system || is_moved);
    if (!is_kept) return check_fail(check, "formula.no_history", name, field->name, STR(""));
    note_history(check);
    if (node->function->result == FORMULA_BLANK) node->type = name->type;
    return true;
}

static void put_changes(struct put *put, const struct formula_node *node, struct str alias)
{
    const struct field *field = node->args[0]->path.fields[0];
    sql_putf(put->sql, " FROM change %.*s WHERE ", STR_ARG(alias));
    sql_column(put->sql, alias, STR("object"));
    sql_putf(put->sql, " = %d AND ", field->object->id);
    sql_column(put->sql, alias, STR("record"));
    put_text(put, " = ");
    sql_column(put->sql, put->alias, STR("id"));
    put_text(put, " AND ");
    sql_column(put->sql, alias, STR("field"));
    sql_putf(put->sql, " = %d", field->id);
}

static void put_times_changed(struct put *put, const struct formula_node *node)
{
    struct str alias = put_inside(put).alias;
    put_text(put, "(SELECT COUNT(*)");
    put_changes(put, node, alias);
    put_text(put, ")");
}

/* The history keeps texts (field_store_text); here they become cells again. */
static void put_previous(struct put *put, const struct formula_node *node)
{
    struct str alias = put_inside(put).alias;
    enum formula_kind kind = node->type.kind;
    bool is_text = kind == FORMULA_TEXT, is_id = kind == FORMULA_ID;
    put_text(put, is_text ? "(SELECT " : is_id ? "(SELECT f_uuid(" : "(SELECT CAST(");
    sql_column(put->sql, alias, STR("old"));
    put_text(put, is_text ? "" : is_id ? ")" : " AS BIGINT)");
    put_changes(put, node, alias);
    put_text(put, " ORDER BY ");
    sql_column(put->sql, alias, STR("id"));
    put_text(put, " DESC LIMIT 1)");
}

static const struct function list[] = {
    { .name = "ENTERED_AT",
      .alias_zh = "进入时间",
      .signature = "ENTERED_AT(stage, which)",
      .args = "**",
      .result = FORMULA_DATETIME,
      .check = check_stay,
      .put = put_entered_at,
      .flags = FUNCTION_LAZY,
      .help_zh = "记录第一次进入某个阶段的时间；从未进入时为空。",
      .help_en = "When the record first entered a stage; blank when it never did.",
      .example = "ENTERED_AT(stage, \"won\")" },
    { .name = "TIME_IN",
      .alias_zh = "停留小时",
      .signature = "TIME_IN(stage, which)",
      .args = "**",
      .result = FORMULA_REAL,
      .check = check_stay,
      .put = put_time_in,
      .flags = FUNCTION_LAZY | FUNCTION_CLOCK,
      .help_zh = "记录在某个阶段一共停留了多少小时，几次进入合起来算，还在其中时算到现在。",
      .help_en = "How many hours the record has been in a stage, all its stays together and up "
                 "to now when it still is.",
      .example = "TIME_IN(stage, \"won\") > 24" },
    { .name = "TIMES_MOVED",
      .alias_zh = "流转次数",
      .signature = "TIMES_MOVED(\"forward|skip|back|win|lose|start\")",
      .args = "t",
      .result = FORMULA_NUMBER,
      .check = check_moved,
      .put = put_moved,
      .help_zh = "记录在阶段之间前进、跳过、退回、赢单或输单了几次。",
      .help_en = "How often the record went forward, skipped stages, went back, was won or lost.",
      .example = "TIMES_MOVED(\"back\") > 1" },
    { .name = "TIMES_CHANGED",
      .alias_zh = "变更次数",
      .signature = "TIMES_CHANGED(field)",
      .args = "*",
      .result = FORMULA_NUMBER,
      .check = check_kept_field,
      .put = put_times_changed,
      .flags = FUNCTION_LAZY,
      .help_zh = "字段改过几次，新建时填写的不算。",
      .help_en = "How often the field has been changed since the record was created.",
      .example = "TIMES_CHANGED(owner) >= 3" },
    { .name = "PREVIOUS",
      .alias_zh = "上一个值",
      .signature = "PREVIOUS(field)",
      .args = "*",
      .check = check_kept_field,
      .put = put_previous,
      .flags = FUNCTION_LAZY,
      .help_zh = "字段在最近一次修改之前的值；没有改过时为空。",
      .help_en = "What the field was before its latest change; blank when it never changed.",
      .example = "PREVIOUS(owner) = ME()" },
};

const struct function_group functions_history = { list, sizeof(list) / sizeof(list[0]) };
