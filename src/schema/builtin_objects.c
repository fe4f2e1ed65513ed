/*
 * The objects that the engine itself defines: user and team, which a pack or an
 * administrator may extend with fields, and the engine's records that can be
 * read like any others (alerts, tasks, stage stays, history …) but are written
 * by the engine alone. Their tables are in migrations.c; the two files agree,
 * which builtin_objects_test.c checks column by column.
 *
 * Ids: objects 1 to 99, fields below 1000, never used again.
 */
#include <assert.h>

#include "schema/schema_inner.h"

struct builtin_field {
    int id;
    const char *name, *type, *zh, *en;
    const char *more; /* further properties, as members of a JSON map */
};

struct builtin {
    int id;
    const char *name, *plural, *zh, *en;
    const char *more;
    const struct builtin_field *fields;
};

/* clang-format off */
static const struct builtin_field user_fields[] = {
    { 101, "name", "text", "姓名", "Name", "\"title\":true,\"required\":true,\"size_max\":100" },
    { 102, "login", "text", "登录名", "Login", "\"unique\":true,\"size_max\":100" },
    { 103, "role", "choice", "角色", "Role", "\"choices_from\":\"role\",\"index\":true" },
    { 104, "team", "team", "团队", "Team", NULL },
    { 105, "supervisor", "person", "主管", "Supervisor", NULL },
    { 106, "region", "text", "区域", "Region", "\"index\":true" },
    { 107, "mail", "mail", "邮箱", "Mail", "\"personal\":true" },
    { 108, "phone", "phone", "电话", "Phone", "\"personal\":true" },
    { 109, "locale", "text", "语言", "Language", "\"size_max\":20" },
    { 110, "disabled", "boolean", "已停用", "Disabled", "\"default\":false" },
    { 0 },
};

static const struct builtin_field team_fields[] = {
    { 201, "name", "text", "名称", "Name", "\"title\":true,\"required\":true,\"size_max\":100" },
    { 202, "parent", "team", "上级团队", "Parent team", NULL },
    { 203, "head", "person", "负责人", "Head", NULL },
    { 0 },
};

/* The choice ids are MOVE_START … in schema.h. */
#define MOVE_CHOICES \
    "\"choices\":[" \
    "{\"id\":1,\"name\":\"start\",\"label\":{\"zh\":\"开始\",\"en\":\"Start\"}}," \
    "{\"id\":2,\"name\":\"forward\",\"label\":{\"zh\":\"前进\",\"en\":\"Forward\"}}," \
    "{\"id\":3,\"name\":\"skip\",\"label\":{\"zh\":\"跳过\",\"en\":\"Skip\"}}," \
    "{\"id\":4,\"name\":\"back\",\"label\":{\"zh\":\"退回\",\"en\":\"Back\"}}," \
    "{\"id\":5,\"name\":\"win\",\"label\":{\"zh\":\"赢单\",\"en\":\"Win\"}}," \
    "{\"id\":6,\"name\":\"lose\",\"label\":{\"zh\":\"输单\",\"en\":\"Lose\"}}]"

/* The choice ids are LEVEL_YELLOW … in schema.h. */
#define LEVEL_CHOICES \
    "\"choices\":[" \
    "{\"id\":1,\"name\":\"yellow\",\"color\":\"yellow\"," \
    "\"label\":{\"zh\":\"黄色\",\"en\":\"Yellow\"}}," \
    "{\"id\":2,\"name\":\"orange\",\"color\":\"orange\"," \
    "\"label\":{\"zh\":\"橙色\",\"en\":\"Orange\"}}," \
    "{\"id\":3,\"name\":\"red\",\"color\":\"red\"," \
    "\"label\":{\"zh\":\"红色\",\"en\":\"Red\"}}]"

static const struct builtin_field stage_stay_fields[] = {
    { 301, "object", "object", "对象", "Object", NULL },
    { 302, "record", "reference", "记录", "Record", NULL },
    { 303, "pipeline", "pipeline", "流程", "Pipeline", NULL },
    { 304, "stage", "stage", "阶段", "Stage", NULL },
    { 305, "entered_at", "datetime", "进入时间", "Entered at", NULL },
    { 306, "left_at", "datetime", "离开时间", "Left at", NULL },
    { 307, "entered_from", "stage", "来自阶段", "Entered from", NULL },
    { 308, "move", "choice", "变动方式", "Move", MOVE_CHOICES },
    { 309, "by", "person", "操作人", "By", NULL },
    { 310, "owner", "person", "负责人", "Owner", NULL },
    { 311, "reason", "text", "原因", "Reason", "\"size_max\":2000" },
    { 0 },
};

static const struct builtin_field change_fields[] = {
    { 400, "id", "integer", "序号", "Number", NULL },
    { 401, "object", "object", "对象", "Object", NULL },
    { 402, "record", "reference", "记录", "Record", NULL },
    { 403, "version", "integer", "版本", "Version", NULL },
    { 404, "field", "field", "字段", "Field", NULL },
    { 405, "old", "long_text", "原值", "Old value", NULL },
    { 406, "new", "long_text", "新值", "New value", NULL },
    { 407, "at", "datetime", "时间", "At", NULL },
    { 408, "by", "person", "操作人", "By", NULL },
    { 409, "via", "text", "途径", "Via", NULL },
    { 0 },
};

static const struct builtin_field alert_fields[] = {
    { 501, "rule", "text", "规则", "Rule", NULL },
    { 502, "object", "object", "对象", "Object", NULL },
    { 503, "record", "reference", "记录", "Record", NULL },
    { 504, "level", "choice", "级别", "Level", LEVEL_CHOICES },
    { 505, "owner", "person", "负责人", "Owner", NULL },
    { 506, "opened_at", "datetime", "触发时间", "Opened at", NULL },
    { 507, "yellow_at", "datetime", "黄色预警时间", "Yellow at", NULL },
    { 508, "orange_at", "datetime", "橙色预警时间", "Orange at", NULL },
    { 509, "red_at", "datetime", "红色预警时间", "Red at", NULL },
    { 510, "first_response_at", "datetime", "首次响应时间", "First response at", NULL },
    { 511, "cleared_at", "datetime", "解除时间", "Cleared at", NULL },
    { 512, "cleared_by", "person", "解除人", "Cleared by", NULL },
    { 513, "cleared_why", "text", "解除原因", "Cleared why", NULL },
    { 0 },
};

static const struct builtin_field intervention_fields[] = {
    { 601, "alert", "reference", "预警", "Alert", "\"to\":\"alert\"" },
    { 602, "kind", "text", "方式", "Kind", NULL },
    { 603, "text", "long_text", "内容", "Text", NULL },
    { 604, "by", "person", "介入人", "By", NULL },
    { 605, "at", "datetime", "时间", "At", NULL },
    { 0 },
};

static const struct builtin_field task_fields[] = {
    { 701, "kind", "text", "类型", "Kind", NULL },
    { 702, "title", "localized", "标题", "Title", "\"title\":true" },
    { 703, "object", "object", "对象", "Object", NULL },
    { 704, "record", "reference", "记录", "Record", NULL },
    { 705, "assignee", "person", "执行人", "Assignee", NULL },
    { 706, "due_at", "datetime", "到期时间", "Due at", NULL },
    { 707, "done_at", "datetime", "完成时间", "Done at", NULL },
    { 708, "done_by", "person", "完成人", "Done by", NULL },
    { 709, "outcome", "long_text", "结果", "Outcome", NULL },
    { 710, "key", "text", "去重键", "Key", NULL },
    { 711, "alert", "reference", "预警", "Alert", "\"to\":\"alert\"" },
    { 712, "card", "json", "卡片", "Card", NULL },
    { 713, "rule", "text", "规则", "Rule", NULL },
    { 0 },
};

static const struct builtin_field message_fields[] = {
    { 801, "recipient", "person", "接收人", "Recipient", NULL },
    { 802, "channel", "text", "渠道", "Channel", NULL },
    { 803, "level", "choice", "级别", "Level", LEVEL_CHOICES },
    { 804, "rule", "text", "规则", "Rule", NULL },
    { 805, "object", "object", "对象", "Object", NULL },
    { 806, "record", "reference", "记录", "Record", NULL },
    { 807, "title", "localized", "标题", "Title", "\"title\":true" },
    { 808, "body", "localized", "内容", "Body", NULL },
    { 809, "sent_at", "datetime", "发送时间", "Sent at", NULL },
    { 810, "read_at", "datetime", "阅读时间", "Read at", NULL },
    { 811, "key", "text", "去重键", "Key", NULL },
    { 0 },
};

static const struct builtin builtins[] = {
    { 1, "user", "users", "人员", "User",
      "\"owner\":false,\"icon\":\"users\",\"label_plural\":{\"zh\":\"人员\",\"en\":\"Users\"},"
      "\"search\":[\"name\",\"login\"]", user_fields },
    { 2, "team", "teams", "团队", "Team",
      "\"owner\":false,\"icon\":\"team\",\"label_plural\":{\"zh\":\"团队\",\"en\":\"Teams\"},"
      "\"search\":[\"name\"]", team_fields },
    { 3, "stage_stay", "stage_stays", "阶段停留", "Stage stay",
      "\"builtin\":true,\"polymorphic\":true,\"system\":[\"id\"]", stage_stay_fields },
    { 4, "change", "changes", "变更", "Change",
      "\"builtin\":true,\"polymorphic\":true,\"system\":[]", change_fields },
    { 5, "alert", "alerts", "预警", "Alert",
      "\"builtin\":true,\"polymorphic\":true,\"system\":[\"id\",\"version\"]", alert_fields },
    { 6, "intervention", "interventions", "介入", "Intervention",
      "\"builtin\":true,\"system\":[\"id\"],\"inherit\":[\"alert\"]", intervention_fields },
    { 7, "task", "tasks", "任务", "Task",
      "\"builtin\":true,\"polymorphic\":true,"
      "\"system\":[\"id\",\"version\",\"created_at\",\"created_by\"]", task_fields },
    { 8, "message", "messages", "消息", "Message",
      "\"builtin\":true,\"polymorphic\":true,\"system\":[\"id\",\"created_at\"]", message_fields },
};
/* clang-format on */

enum { BUILTIN_COUNT = sizeof(builtins) / sizeof(builtins[0]), BUILTIN_TEXT_SIZE_MAX = 64 * 1024 };

static void label_put(struct json_writer *writer, const char *zh, const char *en)
{
    json_key(writer, STR("label"));
    json_map_begin(writer);
    json_member_str(writer, "zh", str_of(zh));
    json_member_str(writer, "en", str_of(en));
    json_map_end(writer);
}

/* Members written as JSON text go in behind a comma of their own. */
static void more_put(struct buf *out, const char *more)
{
    if (!more) return;
    buf_put_char(out, ',');
    buf_put(out, str_of(more));
}

static void builtin_put(struct buf *out, const struct builtin *builtin)
{
    struct json_writer writer;
    json_begin(&writer, out);
    json_map_begin(&writer);
    json_member_int(&writer, "id", builtin->id);
    json_member_str(&writer, "name", str_of(builtin->name));
    json_member_str(&writer, "plural", str_of(builtin->plural));
    label_put(&writer, builtin->zh, builtin->en);
    more_put(out, builtin->more);
    json_key(&writer, STR("fields"));
    json_list_begin(&writer);
    for (const struct builtin_field *field = builtin->fields; field->name; field++) {
        json_map_begin(&writer);
        json_member_int(&writer, "id", field->id);
        json_member_str(&writer, "name", str_of(field->name));
        json_member_str(&writer, "type", str_of(field->type));
        label_put(&writer, field->zh, field->en);
        more_put(out, field->more);
        json_map_end(&writer);
    }
    json_list_end(&writer);
    json_map_end(&writer);
}

static void builtin_read(struct scope *scope, const struct builtin *builtin, struct json *out)
{
    struct buf text;
    buf_begin(&text, scope, BUILTIN_TEXT_SIZE_MAX);
    builtin_put(&text, builtin);
    bool is_ok = json_read(scope, buf_str(&text), out);
    assert(is_ok); /* the text above is ours */
    (void)is_ok;
}

void builtin_objects(struct scope *scope, const struct json **out, int *count)
{
    struct json *list = scope_new(scope, struct json, BUILTIN_COUNT);
    for (int i = 0; i < BUILTIN_COUNT; i++) builtin_read(scope, &builtins[i], &list[i]);
    *out = list;
    *count = BUILTIN_COUNT;
}

const struct json *builtin_object(struct scope *scope, struct str name)
{
    for (int i = 0; i < BUILTIN_COUNT; i++) {
        if (!str_is(name, builtins[i].name)) continue;
        struct json *body = scope_new(scope, struct json, 1);
        builtin_read(scope, &builtins[i], body);
        return body;
    }
    return NULL;
}

static int member_index(const struct json *fields, struct str name)
{
    for (int i = 0; i < fields->count; i++) {
        if (str_equal(json_text(&fields->items[i], "name"), name)) return i;
    }
    return -1;
}

/* Of the engine's own fields only what people see may be said anew. */
static struct json field_overlay(struct scope *scope, const struct json *own,
                                 const struct json *stored)
{
    static const char *const open[] = { "label", "help", "personal", "required", "validate" };
    struct json merged = *own;
    for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
        const struct json *value = json_get(stored, open[i]);
        if (value) tree_set(scope, &merged, open[i], *value);
    }
    return merged;
}

struct json builtin_merge(struct scope *scope, const struct json *builtin,
                          const struct json *stored)
{
    static const char *const engine_only[] = { "id",     "name",        "plural", "owner",
                                               "system", "polymorphic", "builtin", "pipeline" };
    const struct json *own = json_get(builtin, "fields"), *more = json_get(stored, "fields");
    int more_count = more && more->kind == JSON_KIND_LIST ? more->count : 0;
    struct json fields = tree_list(scope, own->count + more_count);
    for (int i = 0; i < own->count; i++) tree_push(&fields, own->items[i]);
    for (int i = 0; i < more_count; i++) {
        int at = member_index(own, json_text(&more->items[i], "name"));
        if (at >= 0) {
            fields.items[at] = field_overlay(scope, &own->items[at], &more->items[i]);
        } else {
            tree_push(&fields, more->items[i]);
        }
    }
    struct json merged = *stored;
    if (merged.kind != JSON_KIND_MAP) merged = tree_map();
    for (size_t i = 0; i < sizeof(engine_only) / sizeof(engine_only[0]); i++) {
        tree_remove(scope, &merged, engine_only[i]);
    }
    for (int i = 0; i < builtin->count; i++) {
        const char *name = scope_copy(scope, builtin->names[i]).data;
        bool is_engine = false;
        for (size_t k = 0; k < sizeof(engine_only) / sizeof(engine_only[0]); k++) {
            is_engine = is_engine || str_is(builtin->names[i], engine_only[k]);
        }
        if (is_engine || !json_get(&merged, name)) {
            tree_set(scope, &merged, name, builtin->items[i]);
        }
    }
    tree_set(scope, &merged, "fields", fields);
    return merged;
}
