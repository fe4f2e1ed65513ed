/*
 * Finding things in a snapshot. The counts are small (tens of objects, some
 * hundred fields), so a straight search beats a table that must be kept right.
 */
#include "base/utf8.h"
#include "schema/schema_inner.h"

enum { FOLD_SIZE_MAX = 1024 };

bool aliases_have(const struct aliases *aliases, struct str name)
{
    for (int i = 0; i < aliases->count; i++) {
        if (str_equal(aliases->names[i], name)) return true;
    }
    return false;
}

struct object *schema_object(const struct schema *schema, struct str name)
{
    for (int i = 0; i < schema->object_count; i++) {
        if (str_equal(schema->objects[i].name, name)) return &schema->objects[i];
    }
    for (int i = 0; i < schema->object_count; i++) {
        if (aliases_have(&schema->objects[i].aliases, name)) return &schema->objects[i];
    }
    return NULL;
}

struct object *schema_object_by_id(const struct schema *schema, int64_t id)
{
    for (int i = 0; i < schema->object_count; i++) {
        if (schema->objects[i].id == id) return &schema->objects[i];
    }
    return NULL;
}

struct field *object_field(const struct object *object, struct str name)
{
    for (int i = 0; i < object->field_count; i++) {
        if (str_equal(object->fields[i].name, name)) return &object->fields[i];
    }
    for (int i = 0; i < object->field_count; i++) {
        if (aliases_have(&object->fields[i].aliases, name)) return &object->fields[i];
    }
    return NULL;
}

struct field *object_field_by_id(const struct object *object, int64_t id)
{
    for (int i = 0; i < object->field_count; i++) {
        if (object->fields[i].id == id) return &object->fields[i];
    }
    return NULL;
}

/* Next code point that counts in a comparison: folded, without blanks; 0 at the end. */
static uint32_t folded_next(struct str text, size_t *offset)
{
    while (*offset < text.size) {
        uint32_t code_point = utf8_fold(utf8_next(text, offset));
        if (code_point != ' ' && code_point != '\t' && code_point != 0xA0) return code_point;
    }
    return 0;
}

static bool folded_equal(struct str a, struct str b)
{
    if (a.size > FOLD_SIZE_MAX || b.size > FOLD_SIZE_MAX) return false;
    size_t at_a = 0, at_b = 0;
    uint32_t left, right;
    do {
        left = folded_next(a, &at_a);
        right = folded_next(b, &at_b);
        if (left != right) return false;
    } while (left != 0);
    return true;
}

static bool label_matches(struct label label, struct str text)
{
    return folded_equal(label.zh, text) || folded_equal(label.en, text);
}

struct field *object_field_by_label(const struct object *object, struct str label)
{
    if (str_trim(label).size == 0) return NULL;
    for (int i = 0; i < object->field_count; i++) {
        if (label_matches(object->fields[i].label, label)) return &object->fields[i];
    }
    return NULL;
}

struct relation *object_relation(const struct object *object, struct str name)
{
    for (int i = 0; i < object->relation_count; i++) {
        if (str_equal(object->relations[i].name, name)) return &object->relations[i];
    }
    return NULL;
}

struct pipeline *schema_pipeline(const struct schema *schema, struct str name)
{
    for (int i = 0; i < schema->pipeline_count; i++) {
        if (str_equal(schema->pipelines[i].name, name)) return &schema->pipelines[i];
    }
    return NULL;
}

struct pipeline *schema_pipeline_by_id(const struct schema *schema, int64_t id)
{
    for (int i = 0; i < schema->pipeline_count; i++) {
        if (schema->pipelines[i].id == id) return &schema->pipelines[i];
    }
    return NULL;
}

struct stage *schema_stage_by_id(const struct schema *schema, int64_t id)
{
    int low = 0, high = schema->stage_count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (schema->stages[middle]->id == id) return schema->stages[middle];
        if (schema->stages[middle]->id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

struct stage *pipeline_stage(const struct pipeline *pipeline, struct str name)
{
    for (int i = 0; i < pipeline->stage_count; i++) {
        if (str_equal(pipeline->stages[i].name, name)) return &pipeline->stages[i];
    }
    for (int i = 0; i < pipeline->stage_count; i++) {
        if (aliases_have(&pipeline->stages[i].aliases, name)) return &pipeline->stages[i];
    }
    return NULL;
}

struct choice *field_choice(const struct field *field, struct str name_or_label)
{
    for (int i = 0; i < field->choice_count; i++) {
        if (str_equal(field->choices[i].name, name_or_label)) return &field->choices[i];
    }
    if (str_trim(name_or_label).size == 0) return NULL;
    for (int i = 0; i < field->choice_count; i++) {
        struct choice *choice = &field->choices[i];
        if (folded_equal(choice->name, name_or_label) ||
            label_matches(choice->label, name_or_label)) {
            return choice;
        }
    }
    for (int i = 0; i < field->choice_count; i++) {
        if (aliases_have(&field->choices[i].aliases, name_or_label)) return &field->choices[i];
    }
    return NULL;
}

struct choice *field_choice_by_id(const struct field *field, int64_t id)
{
    for (int i = 0; i < field->choice_count; i++) {
        if (field->choices[i].id == id) return &field->choices[i];
    }
    return NULL;
}

static int config_compare(const struct config *config, struct str kind, struct str name)
{
    int order = str_compare(config->kind, kind);
    return order != 0 ? order : str_compare(config->name, name);
}

/* First config that does not sort before (kind, name). */
static int config_lower_bound(const struct schema *schema, struct str kind, struct str name)
{
    int low = 0, high = schema->config_count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (config_compare(&schema->configs[middle], kind, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const struct config *schema_config(const struct schema *schema, struct str kind, struct str name)
{
    int at = config_lower_bound(schema, kind, name);
    if (at >= schema->config_count) return NULL;
    return config_compare(&schema->configs[at], kind, name) == 0 ? &schema->configs[at] : NULL;
}

const struct config *schema_configs(const struct schema *schema, struct str kind, int *count)
{
    int at = config_lower_bound(schema, kind, STR(""));
    int end = at;
    while (end < schema->config_count && str_equal(schema->configs[end].kind, kind)) end += 1;
    *count = end - at;
    return end > at ? &schema->configs[at] : NULL;
}

struct str label_text(struct label label, enum language language)
{
    struct str first = language == LANGUAGE_EN ? label.en : label.zh;
    if (first.size > 0) return first;
    return label.zh.size > 0 ? label.zh : label.en;
}

int zone_parse(struct str text, int fallback)
{
    /* Zones without daylight saving; others are given as an offset. */
    static const struct {
        const char *name;
        int zone_min;
    } zones[] = {
        { "Asia/Shanghai", 480 },  { "Asia/Urumqi", 360 },    { "Asia/Hong_Kong", 480 },
        { "Asia/Macau", 480 },     { "Asia/Taipei", 480 },    { "Asia/Singapore", 480 },
        { "Asia/Tokyo", 540 },     { "Asia/Seoul", 540 },     { "Asia/Bangkok", 420 },
        { "Asia/Kolkata", 330 },   { "Asia/Dubai", 240 },     { "UTC", 0 },
        { "Asia/Chongqing", 480 }, { "Asia/Ho_Chi_Minh", 420 },
    };
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        if (str_equal_nocase(text, str_of(zones[i].name))) return zones[i].zone_min;
    }
    int64_t hours, minutes;
    if (text.size != 6 || (text.data[0] != '+' && text.data[0] != '-') || text.data[3] != ':' ||
        !str_to_int64(str_slice(text, 1, 3), &hours) ||
        !str_to_int64(str_slice(text, 4, 6), &minutes) || hours < 0 || hours > 14 ||
        minutes < 0 || minutes > 59) {
        return fallback;
    }
    int zone_min = (int)(hours * 60 + minutes);
    return text.data[0] == '-' ? -zone_min : zone_min;
}

struct field *field_lines_via(const struct field *field)
{
    struct field *via = field->to ? field->to->owned_by : NULL;
    return via && via->to == field->object ? via : NULL;
}
