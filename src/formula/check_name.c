/*
 * Names: fields, paths along references, the way back along a relation. Every
 * field met is noted as a use of the formula, with how it hangs on the
 * formula's record: on it, one reference away, one relation away, or further.
 */
#include "formula/inner.h"

struct formula_type field_formula_type(const struct object *object, const struct field *field)
{
    const struct field_type *shown = field->result_type ? field->result_type : field->type;
    bool is_money = strcmp(shown->name, "money") == 0;
    struct formula_type type = { .kind = FORMULA_BLANK };
    switch (shown->kind) {
    case VALUE_TEXT:
        type.kind = FORMULA_TEXT;
        break;
    case VALUE_NUMBER:
        type = (struct formula_type){ FORMULA_NUMBER, field->scale, is_money, NULL, NULL };
        break;
    case VALUE_REAL:
        type.kind = FORMULA_REAL;
        break;
    case VALUE_BOOLEAN:
        type.kind = FORMULA_BOOLEAN;
        break;
    case VALUE_DATE:
        type.kind = FORMULA_DATE;
        break;
    case VALUE_DATETIME:
        type.kind = FORMULA_DATETIME;
        break;
    case VALUE_CHOICE:
        type = (struct formula_type){ .kind = FORMULA_CHOICE, .field = field };
        break;
    case VALUE_STAGE:
        type = (struct formula_type){ .kind = FORMULA_STAGE, .object = object };
        break;
    case VALUE_PIPELINE:
        type = (struct formula_type){ .kind = FORMULA_PIPELINE, .object = object };
        break;
    case VALUE_OBJECT:
        type.kind = FORMULA_OBJECT;
        break;
    case VALUE_ID: {
        bool is_own = field->is_system && str_is(field->name, "id");
        type = (struct formula_type){ .kind = FORMULA_ID, .object = is_own ? object : field->to };
        break;
    }
    case VALUE_DURATION:
        type.kind = FORMULA_DURATION;
        break;
    case VALUE_CHOICES:
        type = (struct formula_type){ .kind = FORMULA_CHOICES, .field = field };
        break;
    case VALUE_JSON:
    case VALUE_LINKS:
    case VALUE_LINES:
        break;
    }
    return type;
}

/* ---- uses ---- */

static void use_add(struct check *check, struct formula_use use)
{
    struct formula *formula = check->formula;
    for (int i = 0; i < formula->use_count; i++) {
        const struct formula_use *known = &formula->uses[i];
        if (known->object == use.object && known->field == use.field && known->via == use.via &&
            known->is_forward == use.is_forward && known->is_many == use.is_many) {
            return;
        }
    }
    int count = formula->use_count;
    if ((count & (count - 1)) == 0) {
        struct formula_use *uses =
            scope_new(check->scope, struct formula_use, count ? count * 2 : 1);
        if (count > 0) memcpy(uses, formula->uses, sizeof(*uses) * (size_t)count);
        formula->uses = uses;
    }
    formula->uses[formula->use_count++] = use;
}

static void use_record(struct check *check, const struct object *object,
                       const struct field *field, enum hop hop, const struct field *via)
{
    if (hop == HOP_DEEP) check->formula->is_deep = true;
    struct formula_use use = { object, field, hop == HOP_OWN ? NULL : via, hop == HOP_FORWARD,
                               hop == HOP_MANY };
    use_add(check, use);
}

/* What stands on a formula kept in no column stands on what that is made of, too. */
static void use_formula(struct check *check, const struct formula *inner, enum hop hop,
                        const struct field *via)
{
    check->formula->uses_clock |= inner->uses_clock;
    check->formula->is_of_its_time |= inner->is_of_its_time;
    check->formula->uses_person |= inner->uses_person;
    check->formula->is_live |= inner->is_live;
    check->formula->calendars |= inner->calendars;
    check->formula->is_deep |= inner->is_deep;
    for (int i = 0; i < inner->use_count; i++) {
        struct formula_use use = inner->uses[i];
        if (hop == HOP_OWN) {
            use_add(check, use);
        } else {
            enum hop further = use.via ? HOP_DEEP : hop;
            use_record(check, use.object, use.field, further, via);
        }
    }
}

static void use_field(struct check *check, const struct object *object, const struct field *field,
                      enum hop hop, const struct field *via)
{
    if (field->formula && field->column.size == 0) {
        check->weight += field->formula->weight;
        if (field->formula->depth > check->inline_depth) {
            check->inline_depth = field->formula->depth;
        }
        use_formula(check, field->formula, hop, via);
    }
    use_record(check, object, field, hop, via);
}

void check_use(struct check *check, const struct field *field)
{
    use_field(check, check->object, field, check->hop, check->via);
}

/* Along references, from an object that hangs on the formula's by hop. */
static void use_path(struct check *check, const struct object *object, enum hop hop,
                     const struct field *via, const struct field *const *fields, int count)
{
    for (int i = 0; i < count; i++) {
        use_field(check, object, fields[i], hop, via);
        if (i + 1 == count) break;
        hop = hop == HOP_OWN ? HOP_FORWARD : HOP_DEEP;
        via = fields[i];
        object = fields[i]->to;
        use_record(check, object, NULL, hop, via);
        check->weight += 2;
    }
}

/* ---- looking names up ---- */

static bool is_label_of(struct label label, struct str text)
{
    return (label.zh.size > 0 && str_equal(label.zh, text)) ||
           (label.en.size > 0 && str_equal_nocase(label.en, text));
}

static const struct relation *relation_by_label(const struct object *object, struct str text)
{
    for (int i = 0; i < object->relation_count; i++) {
        const struct object *from = object->relations[i].from;
        if (is_label_of(from->label, text) || is_label_of(from->label_plural, text)) {
            return &object->relations[i];
        }
    }
    return NULL;
}

/*
 * What a name stands for: a field or a relation, neither when nobody knows it.
 * API names win over labels ({braces}: the other way round), fields over relations.
 */
struct found {
    const struct field *field;
    const struct relation *relation;
};

/* A list of ids is not a value in a formula, but the records it names; so is a sub-table. */
static struct found as_relation(const struct object *object, struct found found)
{
    for (int i = 0; found.field && i < object->relation_count; i++) {
        const struct relation *relation = &object->relations[i];
        bool is_it = relation->is_many
                         ? !relation->is_back && relation->field == found.field
                         : field_kind(found.field) == VALUE_LINES &&
                               relation->field == field_lines_via(found.field);
        if (is_it) return (struct found){ .relation = relation };
    }
    return found;
}

static struct found find_named(const struct object *object, struct str text)
{
    struct found found = { .field = object_field(object, text) };
    if (!found.field) found.relation = object_relation(object, text);
    return found;
}

static struct found find_labelled(const struct object *object, struct str text)
{
    struct found found = { .field = object_field_by_label(object, text) };
    if (!found.field) found.relation = relation_by_label(object, text);
    return found;
}

static struct found find(const struct object *object, const struct name_part *part)
{
    struct found found = part->is_label ? find_labelled(object, part->text)
                                        : find_named(object, part->text);
    if (!found.field && !found.relation) {
        found = part->is_label ? find_named(object, part->text)
                               : find_labelled(object, part->text);
    }
    return as_relation(object, found);
}

static bool part_fail(struct check *check, const char *key, const struct name_part *part,
                      struct str hint)
{
    struct problem problem = {
        .key = key, .position = part->position, .word = part->text, .hint = hint
    };
    return formula_fail(check->scope, check->blame, problem);
}

static bool unknown_name(struct check *check, const struct object *object,
                         const struct name_part *part)
{
    struct nearest nearest;
    nearest_begin(&nearest, check->scope, part->text);
    nearest_try_object(&nearest, object);
    return part_fail(check, "formula.no_field", part, nearest.best);
}

/* The object behind a part that is not the last one. */
static const struct object *step(const struct field *field)
{
    const struct field_type *shown = field->result_type ? field->result_type : field->type;
    return shown->kind == VALUE_ID ? field->to : NULL;
}

static bool path_add(struct check *check, struct path *path, const struct field *field,
                     const struct formula_node *node, const struct name_part *part)
{
    if (path->count == PATH_FIELD_COUNT_MAX) {
        return part_fail(check, "formula.path_depth", part, STR(""));
    }
    path->fields[path->count++] = field;
    return build_field(check, field, node);
}

static bool resolve(struct check *check, struct formula_node *node, bool is_relation_wanted)
{
    struct path *path = &node->path;
    const struct object *object = check->object;
    for (int i = 0; i < node->part_count; i++) {
        const struct name_part *part = &node->parts[i];
        struct found found = find(object, part);
        const struct field *field = found.field;
        bool is_last = i + 1 == node->part_count;
        if (field) {
            if (!path_add(check, path, field, node, part)) return false;
            const struct object *next = step(field);
            if (!is_last && !next) return part_fail(check, "formula.no_path", part, STR(""));
            if (!is_last) object = next;
            continue;
        }
        const struct relation *relation = found.relation;
        if (!relation) return unknown_name(check, object, part);
        if (!is_relation_wanted || path->relation) {
            return part_fail(check, "formula.relation_alone", part, STR(""));
        }
        memcpy(path->prefix, path->fields, sizeof(path->prefix));
        path->prefix_count = path->count;
        path->count = 0;
        path->relation = relation;
        object = relation->from;
    }
    if (path->count > 0) {
        const struct field *last = path->fields[path->count - 1];
        const struct object *owner = path->count > 1 ? step(path->fields[path->count - 2])
                                     : path->relation ? path->relation->from
                                                      : check->object;
        node->type = field_formula_type(owner, last);
        if (node->type.kind == FORMULA_BLANK) {
            return part_fail(check, "formula.not_usable", &node->parts[node->part_count - 1],
                             STR(""));
        }
    } else {
        node->type = (struct formula_type){ .kind = FORMULA_ID, .object = object };
    }
    return true;
}

bool check_name(struct check *check, struct formula_node *node)
{
    if (!resolve(check, node, false)) return false;
    if ((check->flags & FORMULA_ALLOW_AGGREGATE) && check->aggregate_depth == 0) {
        return check_fail(check, "formula.not_aggregated", node, STR(""), STR("SUM()"));
    }
    use_path(check, check->object, check->hop, check->via, node->path.fields, node->path.count);
    return true;
}

bool check_is_relation(const struct check *check, const struct formula_node *node)
{
    if (node->kind != NODE_NAME) return false;
    const struct object *object = check->object;
    for (int i = 0; i < node->part_count && object; i++) {
        struct found found = find(object, &node->parts[i]);
        if (!found.field) return found.relation != NULL;
        object = step(found.field);
    }
    return false;
}

const struct object *check_behind(const struct check *check, const struct formula_node *node)
{
    const struct object *object = check->object;
    if (node->kind != NODE_NAME) return NULL;
    for (int i = 0; i < node->part_count && object; i++) {
        struct found found = find(object, &node->parts[i]);
        bool is_last = i + 1 == node->part_count;
        if (!found.field) return is_last && found.relation ? found.relation->from : NULL;
        object = step(found.field);
    }
    return NULL;
}

enum hop check_hop(const struct check *check, const struct path *path)
{
    bool is_own = check->hop == HOP_OWN && path->prefix_count == 0;
    bool is_many = path->relation->is_many && !path->relation->is_back;
    return !is_own ? HOP_DEEP : is_many ? HOP_MANY : HOP_REVERSE;
}

/* What says which records those are: the reference over there, or the list on this side. */
static void use_link(struct check *check, const struct path *path, enum hop hop)
{
    const struct field *field = path->relation->field;
    if (hop == HOP_MANY) {
        use_record(check, check->object, field, HOP_OWN, NULL);
    } else {
        use_record(check, field->object, field, hop, field);
    }
}

bool check_relation(struct check *check, struct formula_node *node)
{
    if (node->kind != NODE_NAME) {
        return check_fail(check, "formula.relation_wanted", node, STR(""), STR(""));
    }
    if (!resolve(check, node, true)) return false;
    struct path *path = &node->path;
    if (!path->relation) {
        return check_fail(check, "formula.relation_wanted", node, STR(""), STR(""));
    }
    if ((check->flags & FORMULA_ALLOW_AGGREGATE) && check->aggregate_depth == 0) {
        return check_fail(check, "formula.not_aggregated", node, STR(""), STR("SUM()"));
    }
    const struct object *from = path->relation->from;
    enum hop hop = check_hop(check, path);
    if (path->prefix_count > 0) {
        use_path(check, check->object, check->hop, check->via, path->prefix, path->prefix_count);
    }
    use_record(check, from, NULL, hop, path->relation->field);
    use_link(check, path, hop);
    use_path(check, from, hop, path->relation->field, path->fields, path->count);
    check->weight += 4;
    return true;
}

bool check_inside(struct check *check, const struct path *path, struct formula_node **slot)
{
    struct check outside = *check;
    check->hop = check_hop(&outside, path);
    check->via = path->relation->field;
    check->object = path->relation->from;
    check->flags &= ~(unsigned)(FORMULA_ALLOW_AGGREGATE | FORMULA_ALLOW_CHANGE);
    check->aggregate_depth++;
    bool is_ok = check_node(check, *slot) && check_boolean(check, slot);
    check->hop = outside.hop;
    check->via = outside.via;
    check->object = outside.object;
    check->flags = outside.flags;
    check->aggregate_depth = outside.aggregate_depth;
    return is_ok;
}
