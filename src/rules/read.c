/* What the bodies of all kinds of rules are made of: formulas, sentences, recipients, levels. */
#include "rules/inner.h"

bool read_bad(const struct builder *builder, struct str word)
{
    error_set(builder->scope, ERROR_INVALID, "rule.bad", builder->rule);
    return error_arg(builder->scope, "word", word);
}

struct label read_label(const struct json *json)
{
    if (json && json->kind == JSON_KIND_STR) return (struct label){ json->text, json->text };
    return (struct label){ json_text(json, "zh"), json_text(json, "en") };
}

bool read_formula_of(const struct builder *builder, const struct object *object,
                     struct str source, unsigned flags, const struct formula **out)
{
    struct formula *formula = NULL;
    *out = NULL;
    if (source.size == 0) return true;
    if (!formula_compile(builder->scope, builder->schema, object, source, flags, &formula)) {
        struct error_item *item = error_last(builder->scope);
        if (item) item->field = builder->rule;
        return false;
    }
    *out = formula;
    return true;
}

bool read_formula(const struct builder *builder, struct str source, unsigned flags,
                  const struct formula **out)
{
    return read_formula_of(builder, builder->object, source, flags, out);
}

/* A sentence with {path} in it: a misspelt one is refused here, not in the middle of a sweep. */
bool read_template(const struct builder *builder, const struct json *body, const char *member,
                   struct template *out)
{
    struct scope *scope = builder->scope;
    struct str name = scope_format(scope, "%.*s%s", STR_ARG(builder->place), member);
    bool is_loose = false;
    out->text = read_label(json_get(body, member));
    if (!template_check(scope, builder->object, name, out, &is_loose)) {
        struct error_item *item = error_last(scope);
        if (item) item->field = builder->rule;
        return false;
    }
    if (!is_loose) return true;
    struct loose_text *loose = scope_new(scope, struct loose_text, 1);
    *loose = (struct loose_text){ builder->rules->loose, builder->rule, name, out->text };
    builder->rules->loose = loose;
    return true;
}

bool read_condition(const struct builder *builder, const struct json *body, unsigned flags,
                    const struct formula **out)
{
    if (!read_formula(builder, json_text(body, "when"), flags, out)) return false;
    return !*out || formula_expect(builder->scope, *out, FORMULA_BOOLEAN);
}

static bool recipient_read(const struct builder *builder, struct str word, struct recipient *out)
{
    if (str_is(word, "owner")) {
        out->kind = TO_OWNER;
    } else if (str_is(word, "supervisor")) {
        out->kind = TO_SUPERVISOR;
    } else if (str_is(word, "actor")) {
        out->kind = TO_ACTOR;
    } else {
        out->kind = TO_FIELD;
        out->field = object_field(builder->object, word);
        if (!out->field || field_kind(out->field) != VALUE_ID) return read_bad(builder, word);
    }
    return true;
}

/* A list of recipients; `true` stands for the owner. */
bool read_recipients(const struct builder *builder, const struct json *list,
                     struct recipient *out, int *count)
{
    *count = 0;
    if (!list || (list->kind == JSON_KIND_BOOL && !list->boolean)) return true;
    if (list->kind == JSON_KIND_BOOL) {
        out[(*count)++].kind = TO_OWNER;
        return true;
    }
    for (int i = 0; i < list->count; i++) {
        if (*count == RULE_RECIPIENT_COUNT_MAX) return read_bad(builder, STR("tell"));
        if (!recipient_read(builder, list->items[i].text, &out[(*count)++])) return false;
    }
    return true;
}

bool read_level(const struct builder *builder, struct str word, int *out)
{
    static const char *const names[] = { "", "yellow", "orange", "red" };
    for (int level = LEVEL_NONE; level < LEVEL_COUNT; level++) {
        if (str_is(word, names[level])) {
            *out = level;
            return true;
        }
    }
    return read_bad(builder, word);
}
