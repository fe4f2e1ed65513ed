/* The face of the room: compiling one formula, paths, and what a formula must give. */
#include "formula/inner.h"

static bool too_heavy(struct check *check)
{
    struct formula *formula = check->formula;
    bool is_heavy = formula->weight > FORMULA_WEIGHT_MAX;
    bool is_deep = formula->depth > FORMULA_INLINE_DEPTH_MAX;
    if (!is_heavy && !is_deep) return false;
    struct problem problem = { .key = is_heavy ? "formula.too_many" : "formula.too_deep",
                               .limit = is_heavy ? FORMULA_WEIGHT_MAX
                                                 : FORMULA_INLINE_DEPTH_MAX };
    formula_fail(check->scope, check->blame, problem);
    return true;
}

/* As deeply nested as a person's predicate may be, so that there is room for it. */
static void put_stand_in(const void *unused, const struct object *object, struct str alias,
                         struct sql *sql)
{
    (void)unused, (void)alias;
    int depth = object->is_polymorphic ? FORMULA_ACCESS_NESTING_SHARED : FORMULA_ACCESS_NESTING;
    for (int i = 0; i < depth; i++) sql_put(sql, STR("("));
    sql_put(sql, STR("1"));
    for (int i = 0; i < depth; i++) sql_put(sql, STR(")"));
}

static bool stands_on_others(const struct field *field, int depth)
{
    for (int i = 0; i < field->formula->use_count && depth < FORMULA_CHAIN_COUNT_MAX; i++) {
        const struct formula_use *use = &field->formula->uses[i];
        if (use->via || use->object != field->object) return true;
        bool is_stored = use->field && use->field->is_stored && use->field->formula;
        if (is_stored && stands_on_others(use->field, depth + 1)) return true;
    }
    return false;
}

/* The longer way to write it, for those who may not be told from the column. */
static enum formula_telling tell_stand_in(const void *unused, const struct field *field,
                                          struct str alias)
{
    (void)unused, (void)alias;
    if (field->told_to) return TELL_OWNED;
    bool is_plain = field->formula->is_of_its_time || !stands_on_others(field, 0);
    return is_plain ? TELL_ALWAYS : TELL_OWNED;
}

/* Written once to see whether SQLite can read it, on either database; NULL: it can. */
static const char *why_not(struct scope *scope, const struct schema *schema,
                           const struct formula *formula, const struct formula_access *access,
                           int nesting_max)
{
    static const struct uuid nobody = { { 0 } };
    struct schema weighed = *schema;
    weighed.dialect = DB_SQLITE;
    struct formula_context context = { .schema = &weighed,
                                       .alias = STR("t"),
                                       .teams = &nobody,
                                       .team_count = 1,
                                       .access = access };
    struct sql sql;
    sql_begin(&sql, scope);
    sql.text.size_max = FORMULA_SQL_SIZE_MAX;
    /* A yes or no stands in conditions; as a value it has no query around it to speak of. */
    if (formula->type.kind == FORMULA_BOOLEAN) {
        formula_put_condition(&sql, &context, formula);
    } else {
        formula_put(&sql, &context, formula);
    }
    if (sql.text.is_over) return "formula.too_many";
    return sql_nesting(buf_str(&sql.text)) > nesting_max ? "formula.too_nested" : NULL;
}

static bool can_be_written(struct check *check)
{
    static const struct formula_access access = { .put = put_stand_in,
                                                  .tell = tell_stand_in,
                                                  .put_owned = put_stand_in };
    const char *key = why_not(check->scope, check->schema, check->formula, &access,
                              FORMULA_NESTING_MAX);
    struct problem problem = { .key = key, .limit = FORMULA_WEIGHT_MAX };
    return !key || formula_fail(check->scope, check->blame, problem);
}

/* Everything but what the caller wants the root to be. */
bool formula_compile_node(struct check *check, struct str source, struct formula **out)
{
    struct formula *formula = scope_new(check->scope, struct formula, 1);
    formula->source = scope_copy(check->scope, source);
    formula->object = check->object;
    check->formula = formula;
    *out = formula;
    if (!formula_parse(check->scope, formula->source, check->blame, &formula->root) ||
        !check_node(check, formula->root)) {
        return false;
    }
    formula->type = formula->root->type;
    formula->weight = check->weight;
    formula->depth = formula->root->depth + check->inline_depth;
    return !too_heavy(check) && can_be_written(check);
}

bool formula_compile(struct scope *scope, const struct schema *schema, const struct object *object,
                     struct str source, unsigned flags, struct formula **out)
{
    struct check check = { .scope = scope,
                           .schema = schema,
                           .object = object,
                           .blame = STR(""),
                           .flags = flags };
    return formula_compile_node(&check, source, out);
}

bool formula_compile_value(struct scope *scope, const struct schema *schema,
                           const struct object *object, struct str source, unsigned flags,
                           const struct field *field, struct formula **out)
{
    struct check check = { .scope = scope,
                           .schema = schema,
                           .object = object,
                           .blame = STR(""),
                           .flags = flags };
    enum value_kind kind = field_kind(field);
    if (!formula_compile_node(&check, source, out)) return false;
    if (kind == VALUE_STAGE || kind == VALUE_PIPELINE) return true;
    struct formula_type wanted = field_formula_type(field->object, field);
    if (!check_assign(&check, &(*out)->root, wanted)) return false;
    (*out)->type = wanted;
    return true;
}

bool formula_expect(struct scope *scope, const struct formula *formula, enum formula_kind kind)
{
    enum formula_kind found = formula->type.kind;
    if (found == kind || found == FORMULA_BLANK) return true;
    if (kind == FORMULA_REAL && found == FORMULA_NUMBER) return true;
    struct problem problem = { .key = "formula.type",
                               .word = formula->source,
                               .expected = kind_key(kind),
                               .found = kind_key(found) };
    return formula_fail(scope, STR(""), problem);
}

bool formula_expect_predicate(struct scope *scope, const struct schema *schema,
                              const struct formula *formula)
{
    if (!formula_expect(scope, formula, FORMULA_BOOLEAN)) return false;
    const char *key = why_not(scope, schema, formula, NULL, FORMULA_ACCESS_NESTING - 2);
    struct problem problem = { .key = key, .limit = FORMULA_WEIGHT_MAX };
    return !key || formula_fail(scope, STR(""), problem);
}

static bool path_fail(struct scope *scope, struct str text)
{
    return error_set(scope, ERROR_INVALID, "field.unknown", text);
}

bool field_path_parse(struct scope *scope, const struct object *object, struct str text,
                      struct field_path *out)
{
    struct str rest = text, name;
    *out = (struct field_path){ .count = 0 };
    while (str_split(&rest, '.', &name)) {
        struct field *field = object ? object_field(object, name) : NULL;
        if (!field || out->count == PATH_FIELD_COUNT_MAX) return path_fail(scope, text);
        out->fields[out->count++] = field;
        enum value_kind kind = field_kind(field);
        object = kind == VALUE_ID || kind == VALUE_LINKS ? field->to : NULL;
    }
    /* Of a list a text: those of its records, joined ("tags.name"). */
    for (int i = 0; i < out->count; i++) {
        if (field_kind(out->fields[i]) != VALUE_LINKS || i + 1 == out->count) continue;
        bool is_text = i == 0 && out->count == 2 && field_kind(out->fields[1]) == VALUE_TEXT;
        if (!is_text) return path_fail(scope, text);
    }
    return out->count > 0 || path_fail(scope, text);
}
