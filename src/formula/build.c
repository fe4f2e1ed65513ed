/*
 * Compiles all formulas of a snapshot. A formula field met while another formula
 * is checked is compiled on the spot; meeting one that is under way is a cycle,
 * however the names lead there (fields, references or relations).
 */
#include "formula/inner.h"

enum state { STATE_NEW = 0, STATE_UNDER_WAY, STATE_DONE };

struct build {
    struct scope *scope;
    struct schema *schema;
    unsigned char **states; /* by object and field */
    const struct field *chain[FORMULA_CHAIN_COUNT_MAX];
    int chain_count;
};

static struct check check_of(struct build *build, const struct object *object, struct str blame,
                             unsigned flags)
{
    return (struct check){ .scope = build->scope,
                           .schema = build->schema,
                           .object = object,
                           .blame = blame,
                           .flags = flags,
                           .build = build };
}

static const struct field_type *type_named(const char *name)
{
    return field_type_find(str_of(name));
}

/* The field type that shows a formula's result, when the definition names none. */
static void infer(struct field *field, const struct formula *formula)
{
    const struct formula_type *type = &formula->type;
    switch (type->kind) {
    case FORMULA_BOOLEAN:
        field->result_type = type_named("boolean");
        break;
    case FORMULA_NUMBER:
        field->scale = type->scale;
        field->result_type = type_named(type->is_money && type->scale == 2 ? "money" : "number");
        break;
    case FORMULA_REAL:
        field->scale = 4;
        field->result_type = type_named("number");
        break;
    case FORMULA_DATE:
        field->result_type = type_named("date");
        break;
    case FORMULA_DATETIME:
        field->result_type = type_named("datetime");
        break;
    case FORMULA_DURATION:
        field->result_type = type_named("duration");
        break;
    case FORMULA_CHOICE:
    case FORMULA_CHOICES:
        field->result_type = type_named(type->kind == FORMULA_CHOICE ? "choice" : "multi_choice");
        field->choices = type->field->choices;
        field->choice_count = type->field->choice_count;
        break;
    case FORMULA_ID:
        field->result_type = type_named("reference");
        field->to = (struct object *)(uintptr_t)type->object;
        break;
    default: /* stages and pipelines show their label */
        field->result_type = type_named("text");
        break;
    }
}

static const struct field *named_field(const struct formula_node *node)
{
    bool is_name = node->kind == NODE_NAME && node->path.count > 0;
    return is_name ? node->path.fields[node->path.count - 1] : NULL;
}

/* The field whose values a look-up, or a roll-up that keeps them as they are, shows. */
static const struct field *shown_field(const struct field *field, const struct formula *formula)
{
    const struct formula_node *node = formula->root;
    if (!field->derivation) return NULL;
    bool is_mean = str_is(field->derivation->function, "avg");
    bool is_counted = str_is(field->derivation->function, "count");
    if (node->kind == NODE_CALL && !is_mean && !is_counted) node = node->args[0];
    return named_field(node);
}

/*
 * A copy looks masked as what it is a copy of. Of anything else nothing shows: its ends could
 * be those of an amount, and that it is there may be the answer to a condition.
 */
static enum personal mask_of(const struct field *field, const struct formula *formula)
{
    bool is_chosen = field->derivation && field->derivation->where.size > 0;
    const struct field *from = field->derivation ? shown_field(field, formula)
                                                 : named_field(formula->root);
    if (field->personal > PERSONAL_YES) return field->personal;
    if (!from || is_chosen) return PERSONAL_WHOLE;
    return from->mask != PERSONAL_NO ? from->mask : from->personal;
}

/*
 * Look-ups and roll-ups look as what they show: type, choices, decimals. One that is kept has
 * its column already; then only what belongs to the same kind of column is taken over.
 */
static void adopt(struct field *field, const struct field *from)
{
    const struct field_type *type = from->type->is_computed ? from->result_type : from->type;
    bool is_kept = field->result_type != NULL;
    bool is_plain = type && (type->is_creatable || type->kind == VALUE_ID) &&
                    type->kind != VALUE_STAGE && type->kind != VALUE_PIPELINE && from->name.size &&
                    from->id != FIELD_ID;
    if (!is_plain || (is_kept && type->kind != field->result_type->kind)) return;
    field->to = from->to;
    field->choices = from->choices;
    field->choice_count = from->choice_count;
    if (is_kept) return;
    field->result_type = type;
    field->scale = from->scale;
}

static bool build_fail(struct check *check, const char *key)
{
    struct problem problem = { .key = key, .word = check->blame };
    return formula_fail(check->scope, check->blame, problem);
}

/* The root becomes what the field holds. */
static bool finish(struct check *check, struct field *field, struct formula *formula)
{
    const struct field *shown = shown_field(field, formula);
    if (shown) adopt(field, shown);
    field->mask = mask_of(field, formula);
    bool is_counted = field->derivation && str_is(field->derivation->function, "count");
    if (is_counted && !field->result_type) field->result_type = type_named("integer");
    if (!field->result_type) infer(field, formula);
    if (!field->result_type) return build_fail(check, "formula.no_result");
    struct formula_type wanted = field_formula_type(check->object, field);
    if (!check_assign(check, &formula->root, wanted)) return false;
    if (wanted.kind == FORMULA_TEXT && formula->root->kind != NODE_CONVERT &&
        formula->root->kind != NODE_LITERAL && formula->root->kind != NODE_NAME) {
        formula->root = convert_new(check, formula->root, wanted);
    }
    formula->type = wanted;
    if (!field->is_stored) return true;
    if (formula->uses_clock || formula->uses_person) return build_fail(check, "formula.stored");
    if (formula->is_live) return build_fail(check, "formula.stored_live");
    /* A shadow's turn only comes when it stands on nothing that is far; else it may be wrong. */
    return !formula->is_deep || field->is_shadow || build_fail(check, "formula.stored_path");
}

static bool cycle(struct check *check, const struct build *build, const struct field *field,
                  const struct formula_node *node)
{
    struct buf chain;
    buf_begin(&chain, check->scope, 4096);
    bool is_inside = false;
    for (int i = 0; i < build->chain_count; i++) {
        is_inside = is_inside || build->chain[i] == field;
        if (!is_inside) continue;
        buf_put(&chain, build->chain[i]->name);
        buf_put(&chain, STR(" → "));
    }
    buf_put(&chain, field->name);
    return check_fail(check, "formula.cycle", node, buf_str(&chain), STR(""));
}

static bool build_value(struct build *build, struct object *object, struct field *field)
{
    unsigned flags = field->is_stored ? 0 : FORMULA_ALLOW_CLOCK | FORMULA_ALLOW_PERSON;
    struct check check = check_of(build, object, field->name, flags);
    struct formula *formula;
    unsigned char *state = &build->states[object - build->schema->objects][field->index];
    if (build->chain_count == FORMULA_CHAIN_COUNT_MAX) {
        struct problem problem = { .key = "formula.too_deep", .limit = FORMULA_CHAIN_COUNT_MAX };
        return formula_fail(build->scope, field->name, problem);
    }
    build->chain[build->chain_count++] = field;
    *state = STATE_UNDER_WAY;
    if (!formula_compile_node(&check, field->formula_source, &formula)) return false;
    if (!finish(&check, field, formula)) return false;
    field->formula = formula;
    *state = STATE_DONE;
    build->chain_count--;
    return true;
}

bool build_field(struct check *check, const struct field *field, const struct formula_node *node)
{
    struct build *build = check->build;
    if (field->formula_source.size == 0 || field->formula) return true;
    if (!build) {
        bool is_column = field->column.size > 0 && field->result_type;
        return is_column || check_fail(check, "formula.not_usable", node, field->name, STR(""));
    }
    struct object *own = field->object;
    if (build->states[own - build->schema->objects][field->index] == STATE_UNDER_WAY) {
        return cycle(check, build, field, node);
    }
    return build_value(build, own, &own->fields[field->index]);
}

static bool build_condition(struct build *build, const struct object *object, struct str blame,
                            struct str source, struct formula **out)
{
    struct check check = check_of(
        build, object, blame, FORMULA_ALLOW_CHANGE | FORMULA_ALLOW_CLOCK | FORMULA_ALLOW_PERSON);
    *out = NULL;
    if (source.size == 0) return true;
    if (!formula_compile_node(&check, source, out)) return false;
    struct formula *formula = *out;
    if (!check_boolean(&check, &formula->root)) return false;
    formula->type = formula->root->type;
    return true;
}

static bool build_default(struct build *build, const struct object *object, struct field *field)
{
    struct check check =
        check_of(build, object, field->name, FORMULA_ALLOW_CLOCK | FORMULA_ALLOW_PERSON);
    if (field->default_source.size == 0) return true;
    if (!formula_compile_node(&check, field->default_source, &field->default_value)) return false;
    struct formula *formula = field->default_value;
    struct formula_type wanted = field_formula_type(object, field);
    if (!check_assign(&check, &formula->root, wanted)) return false;
    if (formula->root->kind == NODE_SET && formula->root->id_count > 1) {
        return build_fail(&check, "formula.no_result");
    }
    formula->type = wanted;
    return true;
}

static bool build_object(struct build *build, struct object *object)
{
    for (int i = 0; i < object->field_count; i++) {
        struct field *field = &object->fields[i];
        if (field_kind(field) == VALUE_LINES && !field_lines_via(field)) {
            return error_add(build->scope, ERROR_INVALID, "schema.sub_table", field->name);
        }
        if (field->formula_source.size > 0 && !field->formula &&
            !build_value(build, object, field)) {
            return false;
        }
        bool is_ok = build_condition(build, object, field->name, field->required_if_source,
                                     &field->required_if) &&
                     build_default(build, object, field) &&
                     build_condition(build, object, field->name, field->validate.source,
                                     &field->validate.formula) &&
                     build_condition(build, object, field->name, field->visible_if_source,
                                     &field->visible_if) &&
                     build_condition(build, object, field->name, field->readonly_if_source,
                                     &field->readonly_if);
        if (!is_ok) return false;
    }
    return true;
}

static bool build_gates(struct build *build, const struct object *object, struct gate *gates,
                        int count)
{
    for (int i = 0; i < count; i++) {
        if (!build_condition(build, object, gates[i].name, gates[i].source, &gates[i].formula)) {
            return false;
        }
    }
    return true;
}

static bool build_pipeline(struct build *build, struct pipeline *pipeline)
{
    for (int i = 0; i < pipeline->stage_count; i++) {
        struct stage *stage = &pipeline->stages[i];
        if (!build_gates(build, pipeline->object, stage->enter, stage->enter_count) ||
            !build_gates(build, pipeline->object, stage->leave, stage->leave_count)) {
            return false;
        }
    }
    return true;
}

bool formula_build(struct scope *scope, struct schema *schema)
{
    struct build build = { .scope = scope, .schema = schema };
    build.states = scope_new(scope, unsigned char *, schema->object_count + 1);
    for (int i = 0; i < schema->object_count; i++) {
        build.states[i] = scope_new(scope, unsigned char, schema->objects[i].field_count + 1);
    }
    for (int i = 0; i < schema->object_count; i++) {
        if (!build_object(&build, &schema->objects[i])) return false;
    }
    for (int i = 0; i < schema->pipeline_count; i++) {
        if (!build_pipeline(&build, &schema->pipelines[i])) return false;
    }
    return true;
}
