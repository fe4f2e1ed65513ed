/*
 * Gives every node its type, from the leaves up. Where a type has to become
 * another one, a NODE_CONVERT is put in between or the literal is changed on the
 * spot, so that writing SQL never has to think about types again.
 */
#include "base/decimal.h"
#include "base/time.h"
#include "formula/inner.h"

bool check_fail(struct check *check, const char *key, const struct formula_node *node,
                struct str word, struct str hint)
{
    struct problem problem = {
        .key = key, .position = node->position, .word = word, .hint = hint
    };
    if (word.size == 0) {
        problem.word = str_slice(check->formula->source, node->position, node->end);
    }
    return formula_fail(check->scope, check->blame, problem);
}

bool check_type_fail(struct check *check, const struct formula_node *node, const char *expected)
{
    struct problem problem = { .key = "formula.type",
                               .position = node->position,
                               .word = str_slice(check->formula->source, node->position,
                                                 node->end),
                               .expected = expected,
                               .found = kind_key(node->type.kind) };
    bool is_text_for_number = node->type.kind == FORMULA_TEXT && !is_text_literal(node) &&
                              strcmp(expected, kind_key(FORMULA_NUMBER)) == 0;
    if (is_text_for_number) problem.hint = STR("VALUE()");
    return formula_fail(check->scope, check->blame, problem);
}

bool is_text_literal(const struct formula_node *node)
{
    return node->kind == NODE_LITERAL && node->type.kind == FORMULA_TEXT;
}

/* BLANK(), or "" where something else than a text is wanted. */
bool is_blank_literal(const struct formula_node *node)
{
    if (node->type.kind == FORMULA_BLANK) return true;
    if (node->kind == NODE_LITERAL && node->value.kind == CELL_NULL) return true;
    return is_text_literal(node) && node->value.text.size == 0;
}

bool is_numeric(enum formula_kind kind)
{
    return kind == FORMULA_NUMBER || kind == FORMULA_REAL || kind == FORMULA_DURATION;
}

bool is_temporal(enum formula_kind kind)
{
    return kind == FORMULA_DATE || kind == FORMULA_DATETIME;
}

bool formula_type_equal(struct formula_type a, struct formula_type b)
{
    if (a.kind != b.kind) return false;
    switch (a.kind) {
    case FORMULA_NUMBER:
        return a.scale == b.scale;
    case FORMULA_CHOICE:
    case FORMULA_CHOICES:
        return a.field == b.field || (a.field && b.field && a.field->choices == b.field->choices);
    case FORMULA_ID:
        return !a.object || !b.object || a.object == b.object;
    default:
        return true;
    }
}

struct formula_node *convert_new(struct check *check, struct formula_node *node,
                                 struct formula_type type)
{
    struct formula_node *convert = node_new(check->scope, NODE_CONVERT, node->position, node->end);
    convert->type = type;
    convert->args = scope_new(check->scope, struct formula_node *, 1);
    convert->args[0] = node;
    convert->arg_count = 1;
    convert->depth = node->depth + 1;
    check->weight++;
    return convert;
}

bool rescale_literal(struct formula_node *node, int scale)
{
    if (node->kind != NODE_LITERAL || node->type.kind != FORMULA_NUMBER) return false;
    if (node->value.kind == CELL_NULL) {
        node->type.scale = scale;
        return true;
    }
    int64_t units;
    if (scale < node->type.scale ||
        !decimal_rescale(node->value.integer, node->type.scale, scale, &units)) {
        return false;
    }
    node->value.integer = units;
    node->type.scale = scale;
    return true;
}

static bool ids_add(struct check *check, struct formula_node *node, int64_t id)
{
    if ((node->id_count & (node->id_count - 1)) == 0) {
        int64_t *ids = scope_new(check->scope, int64_t, node->id_count ? node->id_count * 2 : 1);
        for (int i = 0; i < node->id_count; i++) ids[i] = node->ids[i];
        node->ids = ids;
    }
    node->ids[node->id_count++] = id;
    return true;
}

static bool is_named(struct str text, struct str name, struct label label)
{
    return str_equal(text, name) || (label.zh.size > 0 && str_equal(text, label.zh)) ||
           (label.en.size > 0 && str_equal_nocase(text, label.en));
}

static void name_try(struct nearest *nearest, struct str name, struct label label)
{
    nearest_try(nearest, name);
    nearest_try(nearest, label.zh);
    nearest_try(nearest, label.en);
}

/*
 * The stages of that name or label in all pipelines of the object (of the workspace,
 * when it has none). Gives their API name.
 */
static struct str find_stages(struct check *check, struct formula_node *node,
                              const struct object *object, struct nearest *nearest)
{
    bool is_any = !object || object->pipeline_count == 0;
    struct str found = STR("");
    for (int i = 0; i < check->schema->pipeline_count; i++) {
        const struct pipeline *pipeline = &check->schema->pipelines[i];
        if (!is_any && pipeline->object != object) continue;
        for (int j = 0; j < pipeline->stage_count; j++) {
            const struct stage *stage = &pipeline->stages[j];
            name_try(nearest, stage->name, stage->label);
            if (!is_named(node->text, stage->name, stage->label) &&
                !aliases_have(&stage->aliases, node->text)) {
                continue;
            }
            ids_add(check, node, stage->id);
            found = stage->name;
        }
    }
    return found;
}

static struct str find_pipelines(struct check *check, struct formula_node *node,
                                 const struct object *object, struct nearest *nearest)
{
    bool is_any = !object || object->pipeline_count == 0;
    struct str found = STR("");
    for (int i = 0; i < check->schema->pipeline_count; i++) {
        const struct pipeline *pipeline = &check->schema->pipelines[i];
        if (!is_any && pipeline->object != object) continue;
        name_try(nearest, pipeline->name, pipeline->label);
        if (!is_named(node->text, pipeline->name, pipeline->label)) continue;
        ids_add(check, node, pipeline->id);
        found = pipeline->name;
    }
    return found;
}

static struct str find_objects(struct check *check, struct formula_node *node,
                               struct nearest *nearest)
{
    struct str found = STR("");
    for (int i = 0; i < check->schema->object_count; i++) {
        const struct object *object = &check->schema->objects[i];
        name_try(nearest, object->name, object->label);
        if (!is_named(node->text, object->name, object->label)) continue;
        ids_add(check, node, object->id);
        found = object->name;
    }
    return found;
}

/* A stage, pipeline or object name becomes the set of ids it stands for. */
static bool literal_to_set(struct check *check, struct formula_node *node,
                           struct formula_type type)
{
    struct nearest nearest;
    nearest_begin(&nearest, check->scope, node->text);
    struct str name = type.kind == FORMULA_STAGE ? find_stages(check, node, type.object, &nearest)
                      : type.kind == FORMULA_PIPELINE
                          ? find_pipelines(check, node, type.object, &nearest)
                          : find_objects(check, node, &nearest);
    if (node->id_count == 0) {
        return check_fail(check, "formula.no_choice", node, node->text, nearest.best);
    }
    node->kind = NODE_SET;
    node->type = type;
    node->text = name;
    return true;
}

static bool literal_to_choice(struct check *check, struct formula_node *node,
                              struct formula_type type)
{
    const struct choice *choice = field_choice(type.field, node->text);
    if (!choice) {
        struct nearest nearest;
        nearest_begin(&nearest, check->scope, node->text);
        for (int i = 0; i < type.field->choice_count; i++) {
            name_try(&nearest, type.field->choices[i].name, type.field->choices[i].label);
        }
        return check_fail(check, "formula.no_choice", node, node->text, nearest.best);
    }
    node->type = type;
    node->value = cell_int(choice->id);
    node->text = choice->name;
    return true;
}

/* "a, b": the set of both. */
static bool literal_to_choices(struct check *check, struct formula_node *node,
                               struct formula_type type)
{
    struct str rest = node->text, part;
    int *ids = scope_new(check->scope, int, node->text.size + 1), count = 0;
    while ((part = choices_part(&rest)).size > 0) {
        struct formula_node name = *node;
        name.text = part;
        struct formula_type one = { .kind = FORMULA_CHOICE, .field = type.field };
        if (!literal_to_choice(check, &name, one)) return false;
        ids[count++] = (int)name.value.integer;
    }
    node->type = type;
    node->value = choices_cell(check->scope, ids, count);
    return true;
}

static bool literal_to_time(struct check *check, struct formula_node *node,
                            struct formula_type type)
{
    int64_t value;
    bool is_date = type.kind == FORMULA_DATE;
    bool is_ok = is_date ? time_parse_date(node->text, &value)
                         : time_parse(node->text, check->schema->zone_min, &value);
    if (!is_ok) {
        return check_fail(check, is_date ? "formula.no_date" : "formula.no_time", node, node->text,
                          STR(""));
    }
    node->type = type;
    node->value = cell_int(value);
    return true;
}

/* A text written in the formula, as what it is compared with; set: a name may mean several ids. */
static bool literal_convert(struct check *check, struct formula_node *node,
                            struct formula_type type, bool *is_done)
{
    *is_done = true;
    switch (type.kind) {
    case FORMULA_CHOICE:
        return literal_to_choice(check, node, type);
    case FORMULA_CHOICES:
        return literal_to_choices(check, node, type);
    case FORMULA_STAGE:
    case FORMULA_PIPELINE:
    case FORMULA_OBJECT:
        return literal_to_set(check, node, type);
    case FORMULA_DATE:
    case FORMULA_DATETIME:
        return literal_to_time(check, node, type);
    case FORMULA_ID: {
        struct uuid id;
        if (!uuid_parse(node->text, &id)) {
            return check_fail(check, "formula.no_id", node, node->text, STR(""));
        }
        node->type = type;
        node->value = cell_id(check->scope, id);
        return true;
    }
    default:
        *is_done = false;
        return true;
    }
}

static bool number_convert(struct check *check, struct formula_node **slot,
                           struct formula_type type)
{
    struct formula_node *node = *slot;
    if (!rescale_literal(node, type.scale)) *slot = convert_new(check, node, type);
    (*slot)->type.is_money = type.is_money || node->type.is_money;
    return true;
}

bool check_convert(struct check *check, struct formula_node **slot, struct formula_type type)
{
    struct formula_node *node = *slot;
    if (type.kind != FORMULA_TEXT && is_blank_literal(node)) {
        node->value = cell_null();
        node->type = type;
        return true;
    }
    if (formula_type_equal(node->type, type)) return true;
    if (is_text_literal(node)) {
        bool is_done;
        if (!literal_convert(check, node, type, &is_done)) return false;
        if (is_done) return true;
    }
    if (node->type.kind == FORMULA_NUMBER && type.kind == FORMULA_NUMBER) {
        return number_convert(check, slot, type);
    }
    bool is_possible = (type.kind == FORMULA_REAL && is_numeric(node->type.kind)) ||
                       (type.kind == FORMULA_DATETIME && node->type.kind == FORMULA_DATE);
    if (!is_possible) return check_type_fail(check, node, kind_key(type.kind));
    *slot = convert_new(check, node, type);
    return true;
}

bool check_assign(struct check *check, struct formula_node **slot, struct formula_type type)
{
    struct formula_node *node = *slot;
    enum formula_kind from = node->type.kind;
    if (is_text_literal(node) || is_blank_literal(node)) return check_convert(check, slot, type);
    bool is_possible =
        (type.kind == FORMULA_NUMBER && (from == FORMULA_REAL || from == FORMULA_DURATION)) ||
        (type.kind == FORMULA_DURATION && (from == FORMULA_REAL || from == FORMULA_NUMBER)) ||
        (type.kind == FORMULA_CHOICE && from == FORMULA_TEXT) ||
        (type.kind == FORMULA_TEXT && from == FORMULA_TEXT);
    if (is_possible && from == FORMULA_DURATION) {
        struct formula_type real = { .kind = FORMULA_REAL };
        node = convert_new(check, node, real);
    }
    if (is_possible) {
        *slot = convert_new(check, node, type);
        return true;
    }
    bool is_name = type.kind == FORMULA_TEXT && (from == FORMULA_CHOICE || from == FORMULA_STAGE ||
                                                 from == FORMULA_PIPELINE ||
                                                 from == FORMULA_CHOICES);
    return is_name ? check_text(check, slot) : check_convert(check, slot, type);
}

bool check_text(struct check *check, struct formula_node **slot)
{
    struct formula_node *node = *slot;
    struct formula_type type = { .kind = FORMULA_TEXT };
    if (node->type.kind == FORMULA_TEXT) return true;
    if (node->type.kind == FORMULA_BLANK) {
        node->type = type;
        return true;
    }
    if (node->type.kind == FORMULA_ID || node->type.kind == FORMULA_OBJECT) {
        const struct object *object = node->type.object;
        struct str hint = STR("");
        if (node->kind == NODE_NAME && object && object->title) {
            struct str own = str_slice(check->formula->source, node->position, node->end);
            hint = scope_format(check->scope, "%.*s.%.*s", STR_ARG(own),
                                STR_ARG(object->title->name));
        }
        return check_fail(check, "formula.no_text", node, STR(""), hint);
    }
    *slot = convert_new(check, node, type);
    return true;
}

bool check_number(struct check *check, struct formula_node **slot)
{
    struct formula_node *node = *slot;
    if (is_blank_literal(node)) {
        node->value = cell_null();
        node->type = (struct formula_type){ .kind = FORMULA_NUMBER };
        return true;
    }
    if (node->type.kind == FORMULA_DURATION) {
        return check_convert(check, slot, (struct formula_type){ .kind = FORMULA_REAL });
    }
    if (is_numeric(node->type.kind)) return true;
    return check_type_fail(check, node, kind_key(FORMULA_NUMBER));
}

bool check_boolean(struct check *check, struct formula_node **slot)
{
    return check_convert(check, slot, (struct formula_type){ .kind = FORMULA_BOOLEAN });
}

static bool check_op(struct check *check, struct formula_node *node)
{
    for (int i = 0; i < node->arg_count; i++) {
        if (!check_node(check, node->args[i])) return false;
    }
    if (node->op >= OP_EQUAL && node->op <= OP_MORE_EQUAL) return check_compare(check, node);
    if (node->op != OP_JOIN) return check_arithmetic(check, node);
    for (int i = 0; i < node->arg_count; i++) {
        if (!check_text(check, &node->args[i])) return false;
    }
    node->type.kind = FORMULA_TEXT;
    return true;
}

bool check_node(struct check *check, struct formula_node *node)
{
    check->weight++;
    switch (node->kind) {
    case NODE_NAME:
        return check_name(check, node);
    case NODE_OP:
        return check_op(check, node);
    case NODE_CALL:
        return check_call(check, node);
    default:
        return true;
    }
}
