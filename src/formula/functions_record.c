/*
 * Functions of the record at hand: who is asking, what it was before, at which
 * stage it stands, and how much its texts repeat earlier ones.
 */
#include "base/time.h"
#include "formula/inner.h"

enum { SIMILAR_COUNT_MAX = 50, TEAM_DEPTH_MAX = 32 };

static bool check_me(struct check *check, struct formula_node *node)
{
    node->type.object = schema_object(check->schema, STR("user"));
    return true;
}

static void put_me(struct put *put, const struct formula_node *node)
{
    (void)node;
    if (uuid_is_nil(put->context->person)) {
        put_text(put, "NULL");
    } else {
        sql_id(put->sql, put->context->person);
    }
}

static bool check_my_team(struct check *check, struct formula_node *node)
{
    node->type.object = schema_object(check->schema, STR("team"));
    return true;
}

static void put_my_team(struct put *put, const struct formula_node *node)
{
    (void)node;
    if (put->context->team_count == 0) {
        put_text(put, "NULL");
    } else {
        sql_id(put->sql, put->context->teams[0]);
    }
}

static bool check_in_team(struct check *check, struct formula_node *node)
{
    const struct object *user = schema_object(check->schema, STR("user"));
    const struct object *team = schema_object(check->schema, STR("team"));
    struct formula_type types[2] = { { .kind = FORMULA_ID, .object = user },
                                     { .kind = FORMULA_ID, .object = team } };
    bool is_possible = user && team && object_field(user, STR("team")) &&
                       object_field(team, STR("parent"));
    if (!is_possible) return check_fail(check, "formula.not_here", node, STR("IN_TEAM"), STR(""));
    for (int i = 0; i < 2; i++) {
        if (!check_convert(check, &node->args[i], types[i])) return false;
    }
    check->formula->is_deep = true;
    return true;
}

/* A field of a person. */
static void put_of_person(struct put *put, const struct formula_node *person, const char *field)
{
    const struct object *user = schema_object(put->context->schema, STR("user"));
    struct put inside = put_inside(put);
    put_text(put, "(SELECT ");
    sql_column(put->sql, inside.alias, object_field(user, str_of(field))->column);
    put_text(put, " FROM ");
    sql_name(put->sql, user->table);
    sql_putf(put->sql, " %.*s WHERE ", STR_ARG(inside.alias));
    sql_column(put->sql, inside.alias, STR("id"));
    put_text(put, " = ");
    put_node(put, person);
    put_text(put, ")");
}

static void put_team_of(struct put *put, const struct formula_node *person)
{
    put_of_person(put, person, "team");
}

static bool check_manager(struct check *check, struct formula_node *node)
{
    const struct object *user = schema_object(check->schema, STR("user"));
    struct formula_type person = { .kind = FORMULA_ID, .object = user };
    if (!user || !object_field(user, STR("supervisor"))) {
        return check_fail(check, "formula.not_here", node, STR("MANAGER"), STR(""));
    }
    node->type.object = user;
    check->formula->is_deep = true;
    return check_convert(check, &node->args[0], person);
}

static void put_manager(struct put *put, const struct formula_node *node)
{
    put_of_person(put, node->args[0], "supervisor");
}

/* My team and those below are known; of another team the tree is climbed from the person's. */
static void put_in_team(struct put *put, const struct formula_node *node)
{
    if (is_call(node->args[1], "MY_TEAM")) {
        put_text(put, "(");
        put_team_of(put, node->args[0]);
        put_text(put, " IN (");
        for (int i = 0; i < put->context->team_count; i++) {
            if (i > 0) put_text(put, ",");
            sql_id(put->sql, put->context->teams[i]);
        }
        put_text(put, put->context->team_count == 0 ? "NULL))" : "))");
        return;
    }
    const struct object *team = schema_object(put->context->schema, STR("team"));
    struct put up = put_inside(put), step = put_inside(put);
    put_text(put, "(");
    put_node(put, node->args[1]);
    sql_putf(put->sql, " IN (WITH RECURSIVE %.*s(id, depth) AS (SELECT ", STR_ARG(up.alias));
    put_team_of(put, node->args[0]);
    put_text(put, ", 0 UNION SELECT ");
    sql_column(put->sql, step.alias, object_field(team, STR("parent"))->column);
    sql_putf(put->sql, ", %.*s.depth + 1 FROM ", STR_ARG(up.alias));
    sql_name(put->sql, team->table);
    sql_putf(put->sql, " %.*s JOIN %.*s ON %.*s.\"id\" = %.*s.id WHERE %.*s.depth < %d)",
             STR_ARG(step.alias), STR_ARG(up.alias), STR_ARG(step.alias), STR_ARG(up.alias),
             STR_ARG(up.alias), TEAM_DEPTH_MAX);
    sql_putf(put->sql, " SELECT id FROM %.*s))", STR_ARG(up.alias));
}

/* OLD and CHANGED: a field of the record itself, kept in a column. */
static bool check_own_field(struct check *check, struct formula_node *node)
{
    struct formula_node *name = node->args[0];
    if (name->kind != NODE_NAME || name->part_count != 1 || check->hop != HOP_OWN) {
        return check_fail(check, "formula.own_field", name, STR(""),
                          str_of(node->function->signature));
    }
    if (!check_name(check, name)) return false;
    if (name->path.fields[0]->column.size == 0) {
        return check_fail(check, "formula.own_field", name, STR(""),
                          str_of(node->function->signature));
    }
    if (node->function->result == FORMULA_BLANK) node->type = name->type;
    return true;
}

static void put_old(struct put *put, const struct formula_node *node)
{
    const struct field *field = node->args[0]->path.fields[0];
    struct cell old = cell_null();
    if (put->context->old_values) old = put->context->old_values[field->index];
    if (old.kind == CELL_NULL) {
        put_text(put, "NULL");
    } else {
        sql_value(put->sql, old);
    }
}

static void put_changed(struct put *put, const struct formula_node *node)
{
    put_text(put, "(");
    put_node(put, node->args[0]);
    put_text(put, " IS DISTINCT FROM ");
    put_old(put, node);
    put_text(put, ")");
}

static void put_is_new(struct put *put, const struct formula_node *node)
{
    (void)node;
    put_text(put, put->context->is_new ? "(1 = 1)" : "(1 = 0)");
}

/* Without an argument: the stage of the record itself. */
static bool check_stage(struct check *check, struct formula_node *node)
{
    if (node->arg_count == 0) {
        if (!check->object->stage) {
            return check_fail(check, "formula.no_stage", node, str_of(node->function->name),
                              STR(""));
        }
        struct formula_node *name = node_new(check->scope, NODE_NAME, node->position, node->end);
        name->parts = scope_new(check->scope, struct name_part, 1);
        name->parts[0] = (struct name_part){ check->object->stage->name, false, node->position };
        name->part_count = 1;
        if (!check_name(check, name)) return false;
        node->args = scope_new(check->scope, struct formula_node *, 1);
        node->args[0] = name; /* arg_count stays 0: it was not written */
    } else if (node->args[0]->type.kind != FORMULA_STAGE) {
        return check_type_fail(check, node->args[0], kind_key(FORMULA_STAGE));
    }
    if (is_call(node, "STAGE_PROBABILITY")) node->type.scale = 3;
    return true;
}

/* The hours since the record came to its stage; the moment is written as its argument. */
static bool check_time_in_stage(struct check *check, struct formula_node *node)
{
    if (!check->object->stage_entered_at) {
        return check_fail(check, "formula.no_stage", node, str_of(node->function->name), STR(""));
    }
    struct formula_node *name = node_new(check->scope, NODE_NAME, node->position, node->end);
    name->parts = scope_new(check->scope, struct name_part, 1);
    name->parts[0] =
        (struct name_part){ check->object->stage_entered_at->name, false, node->position };
    name->part_count = 1;
    if (!check_name(check, name)) return false;
    node->args = scope_new(check->scope, struct formula_node *, 1);
    node->args[0] = name; /* arg_count stays 0: it was not written */
    return true;
}

static void put_time_in_stage(struct put *put, const struct formula_node *node)
{
    put_text(put, "((");
    sql_int(put->sql, put->context->now_ms);
    put_text(put, " - ");
    put_node(put, node->args[0]);
    put_text(put, ") / 3600000.0)");
}

static int stall_level(const struct formula_node *node)
{
    static const char *const names[LEVEL_COUNT] = { "", "yellow", "orange", "red" };
    for (int level = LEVEL_YELLOW; level < LEVEL_COUNT; level++) {
        if (is_text_literal(node) && str_equal_nocase(node->text, str_of(names[level]))) {
            return level;
        }
    }
    return LEVEL_NONE;
}

/* STAGE_STALL("red"): the stage is the record's own, not written; kept as a second argument. */
static bool check_stall(struct check *check, struct formula_node *node)
{
    if (stall_level(node->args[0]) == LEVEL_NONE) {
        return check_fail(check, "formula.constant", node->args[0], STR(""),
                          STR("\"yellow\", \"orange\", \"red\""));
    }
    if (!check->object->stage) {
        return check_fail(check, "formula.no_stage", node, str_of(node->function->name), STR(""));
    }
    struct formula_node **args = scope_new(check->scope, struct formula_node *, 2);
    struct formula_node *name = node_new(check->scope, NODE_NAME, node->position, node->end);
    name->parts = scope_new(check->scope, struct name_part, 1);
    name->parts[0] = (struct name_part){ check->object->stage->name, false, node->position };
    name->part_count = 1;
    if (!check_name(check, name)) return false;
    args[0] = node->args[0];
    args[1] = name;
    node->args = args; /* arg_count stays 1 */
    node->type.scale = 3;
    return true;
}

static const char *stage_kind_name(enum stage_kind kind)
{
    static const char *const names[] = {
        [STAGE_OPEN] = "open", [STAGE_WON] = "won", [STAGE_LOST] = "lost"
    };
    return names[kind];
}

static bool has_stage(const struct formula_node *stage, const struct pipeline *pipeline)
{
    const struct object *object = stage->type.object;
    return !object || object->pipeline_count == 0 || pipeline->object == object;
}

static void put_stage(struct put *put, const struct formula_node *node)
{
    const struct formula_node *arg = node->args[0];
    const struct schema *schema = put->context->schema;
    put_text(put, "CASE ");
    put_node(put, arg);
    bool is_empty = true;
    for (int i = 0; i < schema->pipeline_count; i++) {
        const struct pipeline *pipeline = &schema->pipelines[i];
        if (!has_stage(arg, pipeline)) continue;
        for (int j = 0; j < pipeline->stage_count; j++) {
            const struct stage *stage = &pipeline->stages[j];
            is_empty = false;
            sql_putf(put->sql, " WHEN %d THEN ", stage->id);
            if (is_call(node, "STAGE_KIND")) {
                sql_text(put->sql, str_of(stage_kind_name(stage->kind)));
            } else {
                bool is_index = is_call(node, "STAGE_INDEX");
                sql_int(put->sql, is_index ? stage->position : stage->probability);
            }
        }
    }
    bool is_text = is_call(node, "STAGE_KIND");
    put_text(put, !is_empty ? " END"
                  : is_text ? " WHEN 0 THEN NULL END"
                            : " WHEN 0 THEN CAST(NULL AS BIGINT) END");
}

/* Thousandths of an hour, so that "30m" has a value too; stages without a threshold are blank. */
static void put_stall(struct put *put, const struct formula_node *node)
{
    const struct formula_node *stage_name = node->args[1];
    const struct schema *schema = put->context->schema;
    int level = stall_level(node->args[0]);
    put_text(put, "CASE ");
    put_node(put, stage_name);
    for (int i = 0; i < schema->pipeline_count; i++) {
        const struct pipeline *pipeline = &schema->pipelines[i];
        if (!has_stage(stage_name, pipeline)) continue;
        for (int j = 0; j < pipeline->stage_count; j++) {
            int64_t stall_ms = pipeline->stages[j].stall_ms[level];
            if (stall_ms == 0) continue;
            sql_putf(put->sql, " WHEN %d THEN ", pipeline->stages[j].id);
            sql_int(put->sql, stall_ms / (TIME_HOUR_MS / 1000));
        }
    }
    put_text(put, " WHEN 0 THEN CAST(NULL AS BIGINT) END");
}

static bool check_similar(struct check *check, struct formula_node *node)
{
    if (!check->object->owner || check->hop != HOP_OWN) {
        return check_fail(check, "formula.not_here", node, STR("SIMILAR_RECENT"), STR(""));
    }
    int64_t count;
    int scale;
    bool is_constant = node_constant(node->args[1], &count, &scale) && scale == 0 && count > 0 &&
                       count <= SIMILAR_COUNT_MAX;
    if (!is_constant) {
        return check_fail(check, "formula.constant", node->args[1], STR(""), STR("1 … 50"));
    }
    struct formula_node *name = node->args[0];
    if (name->kind != NODE_NAME || name->part_count != 1) {
        return check_fail(check, "formula.own_field", name, STR(""),
                          str_of(node->function->signature));
    }
    if (!check_name(check, name)) return false;
    if (name->type.kind != FORMULA_TEXT || name->path.fields[0]->column.size == 0) {
        return check_type_fail(check, name, kind_key(FORMULA_TEXT));
    }
    check_use(check, check->object->owner);
    check->weight += 10;
    return true;
}

static void put_columns(struct put *put, struct str left, struct str right, const char *column,
                        const char *op)
{
    sql_putf(put->sql, "%.*s.\"%s\" %s %.*s.\"%s\"", STR_ARG(left), column, op, STR_ARG(right),
             column);
}

/* FROM the owner's n records before this one, the text of each as v. */
static void put_recent(struct put *put, const struct formula_node *node, struct str alias)
{
    const struct field *field = node->args[0]->path.fields[0];
    const struct object *object = node->type.object;
    struct put other = put_inside(put);
    put_text(put, " FROM (SELECT ");
    sql_column(put->sql, other.alias, field->column);
    put_text(put, " AS v FROM ");
    sql_name(put->sql, object->table);
    sql_putf(put->sql, " %.*s WHERE ", STR_ARG(other.alias));
    sql_column(put->sql, other.alias, object->owner->column);
    put_text(put, " = ");
    sql_column(put->sql, put->alias, object->owner->column);
    put_text(put, " AND ");
    sql_column(put->sql, other.alias, field->column);
    /* Said twice: the first is what an index on (owner, created_at) can use. */
    put_text(put, " IS NOT NULL AND ");
    put_columns(put, other.alias, put->alias, "created_at", "<=");
    put_text(put, " AND (");
    put_columns(put, other.alias, put->alias, "created_at", "<");
    put_text(put, " OR (");
    put_columns(put, other.alias, put->alias, "created_at", "=");
    put_text(put, " AND ");
    put_columns(put, other.alias, put->alias, "id", "<");
    put_text(put, "))");
    put_visible(&other, object);
    put_text(put, " ORDER BY ");
    sql_column(put->sql, other.alias, STR("created_at"));
    put_text(put, " DESC, ");
    sql_column(put->sql, other.alias, STR("id"));
    put_text(put, " DESC LIMIT ");
    put_node(put, node->args[1]);
    sql_putf(put->sql, ") %.*s", STR_ARG(alias));
}

/* The highest similarity to those; 0 when there is none. */
static void put_similar(struct put *put, const struct formula_node *node)
{
    struct str recent = put_inside(put).alias;
    put_text(put, "CASE WHEN ");
    put_node(put, node->args[0]);
    put_text(put, " IS NULL THEN NULL ELSE COALESCE((SELECT MAX(f_similarity(");
    put_node(put, node->args[0]);
    sql_putf(put->sql, ", %.*s.v))", STR_ARG(recent));
    put_recent(put, node, recent);
    put_text(put, "), 0.0) END");
}

/* What goes behind f_similarity_from(a, b */
static void put_bounded(struct put *put, enum op op, const struct formula_node *bound)
{
    put_text(put, ", ");
    put_node(put, bound);
    put_text(put, ")");
    put_text(put, op_sql(op));
    put_node(put, bound);
}

/* The most alike is below the bound when none is at it or above; 0 also stands for no records. */
static bool put_similar_recent(struct put *put, const struct formula_node *node, enum op op,
                               const struct formula_node *bound, int64_t units)
{
    bool is_none = op == OP_LESS || op == OP_LESS_EQUAL;
    if (units <= 0 || op == OP_EQUAL || op == OP_DIFFERENT) return false;
    struct str recent = put_inside(put).alias;
    put_text(put, "(");
    put_node(put, node->args[0]);
    put_text(put, is_none ? " IS NOT NULL AND NOT EXISTS (SELECT 1"
                          : " IS NOT NULL AND EXISTS (SELECT 1");
    put_recent(put, node, recent);
    put_text(put, " WHERE f_similarity_from(");
    put_node(put, node->args[0]);
    sql_putf(put->sql, ", %.*s.v", STR_ARG(recent));
    put_bounded(put, op == OP_LESS ? OP_MORE_EQUAL : op == OP_LESS_EQUAL ? OP_MORE : op, bound);
    put_text(put, "))");
    return true;
}

bool put_similarity(struct put *put, const struct formula_node *left, enum op op,
                    const struct formula_node *right)
{
    int64_t units;
    int scale;
    bool is_known = !put->is_plain && left->type.kind == FORMULA_REAL &&
                    right->type.kind == FORMULA_REAL && node_constant(right, &units, &scale);
    if (!is_known) return false;
    if (is_call(left, "SIMILAR_RECENT")) return put_similar_recent(put, left, op, right, units);
    if (!is_call(left, "SIMILARITY")) return false;
    put_text(put, "(f_similarity_from(");
    put_args(put, left);
    put_bounded(put, op, right);
    put_text(put, ")");
    return true;
}

static bool check_similar_recent(struct check *check, struct formula_node *node)
{
    node->type.object = check->object;
    check->formula->is_of_its_time = true;
    return check_node(check, node->args[1]) && check_similar(check, node);
}

static const struct function list[] = {
    { .name = "ME",
      .alias_zh = "我",
      .signature = "ME()",
      .args = "",
      .result = FORMULA_ID,
      .check = check_me,
      .put = put_me,
      .flags = FUNCTION_PERSON,
      .help_zh = "正在查看或操作的人。",
      .help_en = "The person who is asking.",
      .example = "owner = ME()" },
    { .name = "MY_TEAM",
      .alias_zh = "我的团队",
      .signature = "MY_TEAM()",
      .args = "",
      .result = FORMULA_ID,
      .check = check_my_team,
      .put = put_my_team,
      .flags = FUNCTION_PERSON,
      .help_zh = "正在查看或操作的人所在的团队。",
      .help_en = "The team of the person who is asking.",
      .example = "owner.team = MY_TEAM()" },
    { .name = "MANAGER",
      .alias_zh = "主管",
      .signature = "MANAGER(person)",
      .args = "*",
      .result = FORMULA_ID,
      .check = check_manager,
      .put = put_manager,
      .help_zh = "一个人的主管。",
      .help_en = "Whom a person reports to.",
      .example = "MANAGER(owner) = ME()" },
    { .name = "IN_TEAM",
      .alias_zh = "属于团队",
      .signature = "IN_TEAM(person, team)",
      .args = "**",
      .result = FORMULA_BOOLEAN,
      .check = check_in_team,
      .put_condition = put_in_team,
      .help_zh = "此人在该团队或其下级团队中。",
      .help_en = "The person is in the team or one below it.",
      .example = "IN_TEAM(owner, MY_TEAM())" },
    { .name = "OLD",
      .alias_zh = "原值",
      .signature = "OLD(field)",
      .args = "*",
      .check = check_own_field,
      .put = put_old,
      .flags = FUNCTION_CHANGE | FUNCTION_LAZY,
      .help_zh = "字段在这次修改之前的值。",
      .help_en = "The field's value before this change.",
      .example = "amount > OLD(amount)" },
    { .name = "CHANGED",
      .alias_zh = "已变更",
      .signature = "CHANGED(field)",
      .args = "*",
      .result = FORMULA_BOOLEAN,
      .check = check_own_field,
      .put_condition = put_changed,
      .flags = FUNCTION_CHANGE | FUNCTION_LAZY,
      .help_zh = "这次修改改变了该字段。",
      .help_en = "This change gives the field another value.",
      .example = "CHANGED(owner)" },
    { .name = "IS_NEW",
      .alias_zh = "是新建",
      .signature = "IS_NEW()",
      .args = "",
      .result = FORMULA_BOOLEAN,
      .put_condition = put_is_new,
      .flags = FUNCTION_CHANGE,
      .help_zh = "记录正在新建。",
      .help_en = "The record is being created.",
      .example = "IS_NEW() AND ISBLANK(owner)" },
    { .name = "STAGE_KIND",
      .alias_zh = "阶段类型",
      .signature = "STAGE_KIND([stage])",
      .args = "?*",
      .result = FORMULA_TEXT,
      .check = check_stage,
      .put = put_stage,
      .help_zh = "阶段是进行中 \"open\"、赢单 \"won\" 还是输单 \"lost\"。",
      .help_en = "Whether the stage is \"open\", \"won\" or \"lost\".",
      .example = "STAGE_KIND() = \"open\"" },
    { .name = "STAGE_INDEX",
      .alias_zh = "阶段序号",
      .signature = "STAGE_INDEX([stage])",
      .args = "?*",
      .result = FORMULA_NUMBER,
      .check = check_stage,
      .put = put_stage,
      .help_zh = "阶段在流程中排第几，从 0 开始。",
      .help_en = "The stage's place in its pipeline, from 0.",
      .example = "STAGE_INDEX() >= 2" },
    { .name = "STAGE_PROBABILITY",
      .alias_zh = "阶段概率",
      .signature = "STAGE_PROBABILITY([stage])",
      .args = "?*",
      .result = FORMULA_NUMBER,
      .check = check_stage,
      .put = put_stage,
      .help_zh = "阶段设定的赢单概率，0 到 1。",
      .help_en = "The probability set for the stage, 0 to 1.",
      .example = "amount * STAGE_PROBABILITY()" },
    { .name = "STAGE_STALL",
      .alias_zh = "阶段停滞时限",
      .signature = "STAGE_STALL(level)",
      .args = "t",
      .result = FORMULA_NUMBER,
      .check = check_stall,
      .put = put_stall,
      .help_zh = "本阶段设定的停滞时限，单位小时；级别为 \"yellow\"、\"orange\" "
                 "或 \"red\"；没有设定时为空。",
      .help_en = "The hours after which the stage counts as stalled at a level; blank when it "
                 "sets none.",
      .example = "HOURS_SINCE(stage_entered_at) >= STAGE_STALL(\"red\")" },
    { .name = "TIME_IN_STAGE",
      .alias_zh = "本阶段停留小时",
      .signature = "TIME_IN_STAGE()",
      .args = "",
      .result = FORMULA_REAL,
      .check = check_time_in_stage,
      .put = put_time_in_stage,
      .flags = FUNCTION_CLOCK,
      .help_zh = "记录在当前阶段停留了多少小时。",
      .help_en = "How many hours the record has been in its present stage.",
      .example = "TIME_IN_STAGE() > 72" },
    { .name = "SIMILAR_RECENT",
      .alias_zh = "近期相似度",
      .signature = "SIMILAR_RECENT(field, count)",
      .args = "**",
      .result = FORMULA_REAL,
      .check = check_similar_recent,
      .put = put_similar,
      .flags = FUNCTION_LAZY,
      .help_zh = "与同一负责人此前若干条记录的同一字段相比，最高的相似度，0 到 1。",
      .help_en = "How alike the text is to the owner's last records before it, at most; 0 to 1.",
      .example = "SIMILAR_RECENT(conclusion, 5) < 0.9" },
};

const struct function_group functions_record = { list, sizeof(list) / sizeof(list[0]) };
