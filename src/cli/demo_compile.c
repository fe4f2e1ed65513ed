/*
 * Values of a recipe: JSON -> expressions, with every slot looked up, so that a
 * misspelt name is an error of the recipe and not a hole in a text.
 */
#include "cli/demo_inner.h"

#include "base/decimal.h"
#include "base/time.h"

bool recipe_refuse(struct compile *compile, const char *reason, struct str word)
{
    error_set(compile->scope, ERROR_INVALID, "demo.recipe", STR(""));
    error_arg(compile->scope, "where", compile->where);
    return error_arg(compile->scope, "reason",
                     scope_format(compile->scope, "%s: %.*s", reason, STR_ARG(word)));
}

int entity_field(const struct entity *entity, struct str name)
{
    for (int i = 0; i < entity->face.field_count; i++) {
        if (str_equal(entity->face.fields[i].name, name)) return i;
    }
    return -1;
}

const struct entity *recipe_entity(const struct demo_recipe *recipe, struct str name)
{
    for (int i = 0; i < recipe->entity_count; i++) {
        if (str_equal(recipe->entities[i]->face.name, name)) return recipe->entities[i];
    }
    return NULL;
}

static const struct words *find_words(const struct demo_recipe *recipe, struct str name)
{
    for (int i = 0; i < recipe->word_list_count; i++) {
        if (str_equal(recipe->words[i].name, name)) return &recipe->words[i];
    }
    return NULL;
}

static struct expression *expression_new(struct compile *compile, enum expression_kind kind)
{
    struct expression *made = scope_new(compile->scope, struct expression, 1);
    made->kind = kind;
    made->weight_field = -1;
    return made;
}

/* ---- paths ---- */

/* One more name behind a row or an entry. */
static bool path_step(struct compile *compile, struct str name, struct path *path)
{
    if (path->entry_set) {
        for (int i = 0; i < path->entry_set->key_count; i++) {
            if (!str_equal(path->entry_set->keys[i], name)) continue;
            path->entry_key = i;
            path->entry_set = NULL;
            return true;
        }
        return recipe_refuse(compile, "no such key in these tables", name);
    }
    if (!path->row_entity) return recipe_refuse(compile, "nothing can stand behind this", name);
    if (str_is(name, "created")) {
        path->is_created = true;
        path->row_entity = NULL;
        return true;
    }
    int field = entity_field(path->row_entity, name);
    if (field < 0) return recipe_refuse(compile, "no such field", name);
    if (path->step_count == DEMO_STEP_COUNT_MAX) {
        return recipe_refuse(compile, "path too long", name);
    }
    path->steps[path->step_count++] = field;
    const struct field *next = &path->row_entity->fields[field];
    path->row_entity = next->row_entity;
    path->entry_set = next->entry_set;
    return true;
}

static bool path_begin(struct compile *compile, struct str name, struct path *path)
{
    if (str_is(name, "now")) {
        path->base = PATH_NOW;
        return true;
    }
    if (compile->entity && entity_field(compile->entity, name) >= 0) {
        path->base = PATH_OWN;
        path->row_entity = compile->entity;
        return path_step(compile, name, path);
    }
    int up = 0;
    for (struct entity *entity = compile->entity; entity; entity = entity->parent, up++) {
        if (!str_equal(entity->face.name, name)) continue;
        path->base = up == 0 ? PATH_OWN : PATH_UP;
        path->up = up;
        path->row_entity = entity;
        return true;
    }
    path->words = find_words(compile->recipe, name);
    if (!path->words) return recipe_refuse(compile, "no such field, entity or word list", name);
    path->base = PATH_WORDS;
    return true;
}

bool path_read(struct compile *compile, struct str text, struct path *out)
{
    *out = (struct path){ .entry_key = -1 };
    struct str rest = text, part;
    bool is_first = true;
    while (str_split(&rest, '.', &part)) {
        bool ok = is_first ? path_begin(compile, part, out) : path_step(compile, part, out);
        if (!ok) return false;
        is_first = false;
    }
    return true;
}

/* ---- texts ---- */

static bool slot_read(struct compile *compile, struct str slot, struct text_part *part)
{
    static const struct {
        const char *name;
        enum text_format format;
    } formats[] = { { "md", TEXT_MONTH_DAY }, { "weekday", TEXT_WEEKDAY }, { "wan", TEXT_WAN } };
    struct str path = slot, format = STR("");
    size_t bar = str_find(slot, STR("|"));
    if (bar != SIZE_MAX) {
        path = str_slice(slot, 0, bar);
        format = str_slice(slot, bar + 1, slot.size);
        for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
            if (str_is(format, formats[i].name)) part->format = formats[i].format;
        }
        if (part->format == TEXT_PLAIN) {
            return recipe_refuse(compile, "no such text format", format);
        }
    }
    part->has_path = true;
    return path_read(compile, path, &part->path);
}

static int part_count_max(struct str text)
{
    int count = 1;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '{') count += 2;
    }
    return count;
}

static bool text_read(struct compile *compile, struct str text, struct expression **out)
{
    if (str_find(text, STR("{")) == SIZE_MAX) {
        *out = expression_new(compile, EXPRESSION_LITERAL);
        (*out)->literal = (struct demo_value){ .kind = DEMO_TEXT, .text = text };
        return true;
    }
    struct expression *made = *out = expression_new(compile, EXPRESSION_TEXT);
    made->parts = scope_new(compile->scope, struct text_part, part_count_max(text));
    for (size_t at = 0; at < text.size;) {
        struct str rest = str_slice(text, at, text.size);
        size_t open = str_find(rest, STR("{"));
        if (open == SIZE_MAX) open = rest.size;
        if (open > 0) made->parts[made->part_count++].text = str_slice(rest, 0, open);
        at += open;
        if (at >= text.size) break;
        size_t close = str_find(str_slice(text, at, text.size), STR("}"));
        if (close == SIZE_MAX) return recipe_refuse(compile, "{ without }", text);
        struct text_part *part = &made->parts[made->part_count++];
        if (!slot_read(compile, str_slice(text, at + 1, at + close), part)) return false;
        at += close + 1;
    }
    if (made->part_count == 1 && made->parts[0].format == TEXT_PLAIN) {
        made->kind = EXPRESSION_PATH;
        made->path = made->parts[0].path;
        made->row_entity = made->path.row_entity;
        made->entry_set = made->path.entry_set;
    }
    return true;
}

/* ---- numbers and lists ---- */

static double number_of(const struct json *json, double fallback)
{
    if (!json) return fallback;
    if (json->kind == JSON_KIND_INT) return (double)json->integer;
    return json->kind == JSON_KIND_REAL ? json->real : fallback;
}

static bool is_pair(const struct json *json)
{
    return json && json->kind == JSON_KIND_LIST && json->count == 2;
}

static bool duration_pair(struct compile *compile, const struct json *json,
                          struct expression *made)
{
    if (is_pair(json) && time_parse_duration(json->items[0].text, &made->low) &&
        time_parse_duration(json->items[1].text, &made->high)) {
        return true;
    }
    return recipe_refuse(compile, "two durations are wanted", STR("[\"1h\", \"3d\"]"));
}

static bool items_read(struct compile *compile, const struct json *list, struct expression *made)
{
    if (!list || list->kind != JSON_KIND_LIST || list->count == 0) {
        return recipe_refuse(compile, "a list is wanted", STR("[…]"));
    }
    made->items = scope_new(compile->scope, struct expression *, list->count);
    made->item_count = list->count;
    for (int i = 0; i < list->count; i++) {
        if (!expression_read(compile, &list->items[i], &made->items[i])) return false;
    }
    return true;
}

static void row_from_items(struct expression *made)
{
    for (int i = 0; i < made->item_count; i++) {
        if (!made->items[i]) continue;
        if (!made->row_entity) made->row_entity = made->items[i]->row_entity;
        if (!made->entry_set) made->entry_set = made->items[i]->entry_set;
    }
}

static bool read_pick(struct compile *compile, const struct json *json, struct expression **out)
{
    const struct json *from = json_get(json, "pick");
    if (from->kind == JSON_KIND_STR) {
        struct expression *made = *out = expression_new(compile, EXPRESSION_WORDS);
        made->words = find_words(compile->recipe, from->text);
        return made->words || recipe_refuse(compile, "no such word list", from->text);
    }
    struct expression *made = *out = expression_new(compile, EXPRESSION_WEIGHTED);
    if (!items_read(compile, from, made)) return false;
    made->sums = scope_new(compile->scope, int64_t, made->item_count);
    for (int i = 0; i < made->item_count; i++) made->sums[i] = i + 1;
    row_from_items(made);
    return true;
}

static bool read_weighted(struct compile *compile, const struct json *json,
                          struct expression **out)
{
    const struct json *list = json_get(json, "weighted");
    struct expression *made = *out = expression_new(compile, EXPRESSION_WEIGHTED);
    if (list->kind != JSON_KIND_LIST || list->count == 0) {
        return recipe_refuse(compile, "a list of pairs is wanted", STR("weighted"));
    }
    made->items = scope_new(compile->scope, struct expression *, list->count);
    made->sums = scope_new(compile->scope, int64_t, list->count);
    made->item_count = list->count;
    int64_t sum = 0;
    for (int i = 0; i < list->count; i++) {
        const struct json *pair = &list->items[i];
        if (!is_pair(pair)) return recipe_refuse(compile, "a pair is wanted", STR("weighted"));
        if (!expression_read(compile, &pair->items[0], &made->items[i])) return false;
        sum += (int64_t)(number_of(&pair->items[1], 0) * 1000);
        made->sums[i] = sum;
    }
    row_from_items(made);
    return true;
}

static bool read_range(struct compile *compile, const struct json *json, struct expression **out)
{
    const struct json *pair = json_get(json, "range");
    struct expression *made = *out = expression_new(compile, EXPRESSION_RANGE);
    if (!is_pair(pair)) return recipe_refuse(compile, "two numbers are wanted", STR("range"));
    made->low = pair->items[0].integer;
    made->high = pair->items[1].integer;
    made->step = json_int(json, "step", 1);
    return made->step > 0 || recipe_refuse(compile, "above 0", STR("step"));
}

static bool read_lognormal(struct compile *compile, const struct json *json,
                           struct expression **out)
{
    const struct json *pair = json_get(json, "lognormal");
    struct expression *made = *out = expression_new(compile, EXPRESSION_LOGNORMAL);
    if (!is_pair(pair)) return recipe_refuse(compile, "two numbers are wanted", STR("lognormal"));
    made->median = number_of(&pair->items[0], 0);
    made->sigma = number_of(&pair->items[1], 0);
    made->step = json_int(json, "step", 1);
    made->min = json_int(json, "min", 0);
    made->max = json_int(json, "max", INT64_C(1000000000000));
    return made->step > 0 || recipe_refuse(compile, "above 0", STR("step"));
}

/* ---- branches ---- */

/* The members named, as items in that order; absent ones stay NULL (blank). */
static bool members_read(struct compile *compile, const struct json *json,
                         const char *const *names, int count, struct expression *made)
{
    made->items = scope_new(compile->scope, struct expression *, count);
    made->item_count = count;
    for (int i = 0; i < count; i++) {
        const struct json *member = json_get(json, names[i]);
        if (member && !expression_read(compile, member, &made->items[i])) return false;
    }
    row_from_items(made);
    return true;
}

static bool read_chance(struct compile *compile, const struct json *json, struct expression **out)
{
    static const char *const names[] = { "chance", "then", "else" };
    *out = expression_new(compile, EXPRESSION_CHANCE);
    return members_read(compile, json, names, 3, *out);
}

static bool read_if(struct compile *compile, const struct json *json, struct expression **out)
{
    static const char *const names[] = { "if", "then", "else" };
    *out = expression_new(compile, EXPRESSION_IF);
    return members_read(compile, json, names, 3, *out);
}

static bool read_share(struct compile *compile, const struct json *json, struct expression **out)
{
    static const char *const names[] = { "share", "of" };
    *out = expression_new(compile, EXPRESSION_SHARE);
    (*out)->step = json_int(json, "step", 1);
    if ((*out)->step <= 0) return recipe_refuse(compile, "above 0", STR("step"));
    return members_read(compile, json, names, 2, *out);
}

static bool read_two(struct compile *compile, const struct json *list,
                     enum expression_kind kind, struct expression **out)
{
    *out = expression_new(compile, kind);
    if (!is_pair(list)) return recipe_refuse(compile, "two values are wanted", STR("[a, b]"));
    return items_read(compile, list, *out);
}

static bool read_before(struct compile *compile, const struct json *json, struct expression **out)
{
    return read_two(compile, json_get(json, "before"), EXPRESSION_BEFORE, out);
}

static bool read_same(struct compile *compile, const struct json *json, struct expression **out)
{
    return read_two(compile, json_get(json, "same"), EXPRESSION_SAME, out);
}

static bool read_first(struct compile *compile, const struct json *json, struct expression **out)
{
    *out = expression_new(compile, EXPRESSION_FIRST);
    if (!items_read(compile, json_get(json, "first"), *out)) return false;
    row_from_items(*out);
    return true;
}

/* items: the branches, then what is asked, then the rest ("else", may be NULL). */
static bool read_case(struct compile *compile, const struct json *json, struct expression **out)
{
    struct expression *made = *out = expression_new(compile, EXPRESSION_CASE);
    const struct json *of = json_get(json, "of");
    if (!of || of->kind != JSON_KIND_MAP) {
        return recipe_refuse(compile, "a map is wanted", STR("of"));
    }
    made->keys = of->names;
    made->items = scope_new(compile->scope, struct expression *, of->count + 2);
    made->item_count = of->count + 2;
    for (int i = 0; i < of->count; i++) {
        if (!expression_read(compile, &of->items[i], &made->items[i])) return false;
    }
    row_from_items(made);
    if (!expression_read(compile, json_get(json, "case"), &made->items[of->count])) return false;
    const struct json *rest = json_get(json, "else");
    return !rest || expression_read(compile, rest, &made->items[of->count + 1]);
}

/* ---- times ---- */

static bool read_ago(struct compile *compile, const struct json *json, struct expression **out)
{
    struct expression *made = *out = expression_new(compile, EXPRESSION_AGO);
    made->power = number_of(json_get(json, "power"), 1);
    made->is_in_order = json_bool(json, "in_order", false);
    made->entity = compile->entity;
    made->is_work_time = json_bool(json, "work", false);
    return duration_pair(compile, json_get(json, "ago"), made);
}

static bool read_after(struct compile *compile, const struct json *json, struct expression **out)
{
    struct expression *made = *out = expression_new(compile, EXPRESSION_AFTER);
    static const char *const names[] = { "after" };
    made->is_work_time = json_bool(json, "work", false);
    return members_read(compile, json, names, 1, made) &&
           duration_pair(compile, json_get(json, "by"), made);
}

static bool read_date(struct compile *compile, const struct json *json, struct expression **out)
{
    static const char *const names[] = { "date" };
    *out = expression_new(compile, EXPRESSION_DATE);
    return members_read(compile, json, names, 1, *out);
}

static bool read_month_end(struct compile *compile, const struct json *json,
                           struct expression **out)
{
    static const char *const names[] = { "month_end" };
    *out = expression_new(compile, EXPRESSION_MONTH_END);
    return members_read(compile, json, names, 1, *out);
}

static bool read_sequence(struct compile *compile, const struct json *json,
                          struct expression **out)
{
    struct expression *made = *out = expression_new(compile, EXPRESSION_SEQUENCE);
    struct str pattern = json_text(json, "sequence");
    size_t open = str_find(pattern, STR("{")), close = str_find(pattern, STR("}"));
    if (open == SIZE_MAX || close == SIZE_MAX || close < open) {
        return recipe_refuse(compile, "a pattern with {000} is wanted", pattern);
    }
    made->prefix = str_slice(pattern, 0, open);
    made->suffix = str_slice(pattern, close + 1, pattern.size);
    made->digits = (int)(close - open) - 1;
    return true;
}

/* ---- rows and entries ---- */

static bool find_kept(struct compile *compile, struct str name, struct entity **out)
{
    const struct entity *found = recipe_entity(compile->recipe, name);
    if (!found) return recipe_refuse(compile, "no such entity before this one", name);
    *out = compile->recipe->entities[found->face.index];
    return found->is_kept || recipe_refuse(compile, "records of this one are not kept", name);
}

static bool read_row(struct compile *compile, const struct json *json, struct expression **out)
{
    struct expression *made = *out = expression_new(compile, EXPRESSION_ROW);
    if (!find_kept(compile, json_text(json, "row"), &made->entity)) return false;
    made->row_entity = made->entity;
    struct str weight = json_text(json, "weight");
    if (weight.size > 0) {
        made->weight_field = entity_field(made->entity, weight);
        if (made->weight_field < 0) return recipe_refuse(compile, "no such field", weight);
    }
    const struct json *where = json_get(json, "where");
    if (!where) return true;
    made->items = scope_new(compile->scope, struct expression *, where->count);
    made->where = scope_new(compile->scope, int, where->count);
    made->item_count = where->count;
    for (int i = 0; i < where->count; i++) {
        made->where[i] = entity_field(made->entity, where->names[i]);
        if (made->where[i] < 0) return recipe_refuse(compile, "no such field", where->names[i]);
        if (!expression_read(compile, &where->items[i], &made->items[i])) return false;
    }
    return true;
}

static bool read_child(struct compile *compile, const struct json *json, struct expression **out)
{
    static const char *const names[] = { "of" };
    struct expression *made = *out = expression_new(compile, EXPRESSION_CHILD);
    if (!find_kept(compile, json_text(json, "child"), &made->entity)) return false;
    if (!members_read(compile, json, names, 1, made) || !made->items[0]) return false;
    if (made->items[0]->row_entity != made->entity->parent || !made->entity->parent) {
        return recipe_refuse(compile, "not made per that one", json_text(json, "child"));
    }
    made->row_entity = made->entity;
    made->entry_set = NULL;
    return true;
}

static int set_key(struct compile *compile, struct entry_set *set, struct str name)
{
    for (int i = 0; i < set->key_count; i++) {
        if (str_equal(set->keys[i], name)) return i;
    }
    if (set->key_count == set->key_capacity) {
        struct str *keys = scope_new(compile->scope, struct str, set->key_capacity * 2 + 8);
        for (int i = 0; i < set->key_count; i++) keys[i] = set->keys[i];
        set->keys = keys;
        set->key_capacity = set->key_capacity * 2 + 8;
    }
    set->keys[set->key_count] = name;
    return set->key_count++;
}

static bool entry_read(struct compile *compile, const struct json *json, struct entry_set *set,
                       struct entry *out)
{
    if (json->kind != JSON_KIND_MAP) return recipe_refuse(compile, "a map is wanted", STR("entry"));
    for (int i = 0; i < json->count; i++) {
        if (str_is(json->names[i], "weight")) continue;
        int key = set_key(compile, set, json->names[i]);
        if (!expression_read(compile, &json->items[i], &out->values[key])) return false;
    }
    out->number = ++compile->recipe->entry_number;
    return true;
}

enum { ENTRY_KEY_COUNT_MAX = 32 };

static bool table_read(struct compile *compile, struct str name, struct entry_set *set)
{
    const struct json *rows = json_get_str(compile->recipe->tables, name);
    if (!rows || rows->kind != JSON_KIND_LIST || rows->count == 0) {
        return recipe_refuse(compile, "no such table", name);
    }
    for (int i = 0; i < set->table_count; i++) {
        if (str_equal(set->tables[i].name, name)) return true;
    }
    struct entry_table *table = &set->tables[set->table_count++];
    table->name = name;
    table->count = rows->count;
    table->entries = scope_new(compile->scope, struct entry, rows->count);
    table->sums = scope_new(compile->scope, int64_t, rows->count);
    int64_t sum = 0;
    for (int i = 0; i < rows->count; i++) {
        struct entry *entry = &table->entries[i];
        entry->values = scope_new(compile->scope, struct expression *, ENTRY_KEY_COUNT_MAX);
        if (!entry_read(compile, &rows->items[i], set, entry)) return false;
        if (set->key_count > ENTRY_KEY_COUNT_MAX) {
            return recipe_refuse(compile, "too many keys", name);
        }
        sum += (int64_t)(number_of(json_get(&rows->items[i], "weight"), 1) * 1000);
        table->sums[i] = sum;
    }
    return true;
}

/* Every plain text in the value that chooses the table is a table's name. */
static bool tables_collect(struct compile *compile, const struct expression *from,
                           struct entry_set *set, bool is_choice)
{
    if (!from) return true;
    if (from->kind == EXPRESSION_LITERAL) {
        return !is_choice || from->literal.kind != DEMO_TEXT ||
               table_read(compile, from->literal.text, set);
    }
    for (int i = 0; i < from->item_count; i++) {
        bool is_asked = (from->kind == EXPRESSION_CASE && i == from->item_count - 2) ||
                        (from->kind == EXPRESSION_CHANCE && i == 0) ||
                        (from->kind == EXPRESSION_IF && i == 0);
        if (!tables_collect(compile, from->items[i], set, is_choice && !is_asked)) return false;
    }
    return true;
}

static bool read_entry(struct compile *compile, const struct json *json, struct expression **out)
{
    static const char *const names[] = { "entry", "apart" };
    struct expression *made = *out = expression_new(compile, EXPRESSION_ENTRY);
    if (!members_read(compile, json, names, 2, made)) return false;
    struct entry_set *set = scope_new(compile->scope, struct entry_set, 1);
    set->tables = scope_new(compile->scope, struct entry_table, compile->recipe->tables->count);
    if (!tables_collect(compile, made->items[0], set, true)) return false;
    if (set->table_count == 0) return recipe_refuse(compile, "names no table", STR("entry"));
    made->entry_set = set;
    made->row_entity = NULL;
    return true;
}

/* ---- the table of values ---- */

static const struct value_kind_reader {
    const char *name;
    bool (*read)(struct compile *compile, const struct json *json, struct expression **out);
} readers[] = {
    { "pick", read_pick },           { "weighted", read_weighted },
    { "range", read_range },         { "lognormal", read_lognormal },
    { "share", read_share },
    { "chance", read_chance },       { "if", read_if },
    { "before", read_before },       { "same", read_same },
    { "first", read_first },         { "case", read_case },
    { "ago", read_ago },             { "after", read_after },
    { "date", read_date },           { "month_end", read_month_end },
    { "sequence", read_sequence },   { "row", read_row },
    { "child", read_child },         { "entry", read_entry },
};

static bool map_read(struct compile *compile, const struct json *json, struct expression **out)
{
    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        if (json_get(json, readers[i].name)) return readers[i].read(compile, json, out);
    }
    return recipe_refuse(compile, "no such kind of value",
                         json->count > 0 ? json->names[0] : STR("{}"));
}

bool expression_read(struct compile *compile, const struct json *json, struct expression **out)
{
    if (compile->depth >= DEMO_DEPTH_MAX) {
        return recipe_refuse(compile, "values too deep in each other", STR(""));
    }
    compile->depth++;
    bool ok = true;
    switch (json->kind) {
    case JSON_KIND_STR:
        ok = text_read(compile, json->text, out);
        break;
    case JSON_KIND_MAP:
        ok = map_read(compile, json, out);
        break;
    case JSON_KIND_INT:
        *out = expression_new(compile, EXPRESSION_LITERAL);
        (*out)->literal = (struct demo_value){ .kind = DEMO_INT, .integer = json->integer };
        break;
    case JSON_KIND_BOOL:
        *out = expression_new(compile, EXPRESSION_LITERAL);
        (*out)->literal = (struct demo_value){ .kind = DEMO_BOOL, .integer = json->boolean };
        break;
    case JSON_KIND_NULL:
        *out = expression_new(compile, EXPRESSION_LITERAL);
        break;
    default:
        ok = recipe_refuse(compile, "not a value", STR("a list or a number with decimals"));
    }
    compile->depth--;
    return ok;
}
