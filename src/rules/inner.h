#ifndef RULES_INNER_H
#define RULES_INNER_H

#include "rules/rules.h"

/* What the files of this room share; nobody else includes it. */
struct builder {
    struct scope *scope;
    const struct schema *schema;
    const struct object *object; /* of the rule at hand */
    struct str rule;
    struct str place; /* where in its body: "", "actions[2]." */
    struct rules *rules;
};

/* read.c: ERROR_INVALID naming the rule, and false; a member that is absent reads as nothing. */
bool read_bad(const struct builder *builder, struct str word);
struct label read_label(const struct json *json);
MUST_USE bool read_formula(const struct builder *builder, struct str source, unsigned flags,
                           const struct formula **out);
/* About the records of another object than the rule's. */
MUST_USE bool read_formula_of(const struct builder *builder, const struct object *object,
                              struct str source, unsigned flags, const struct formula **out);
MUST_USE bool read_template(const struct builder *builder, const struct json *body,
                            const char *member, struct template *out);
MUST_USE bool read_condition(const struct builder *builder, const struct json *body,
                             unsigned flags, const struct formula **out);
MUST_USE bool read_recipients(const struct builder *builder, const struct json *list,
                              struct recipient *out, int *count);
MUST_USE bool read_level(const struct builder *builder, struct str word, int *out);

/* read_change.c */
MUST_USE bool read_change(const struct builder *builder, const struct config *config,
                          struct change_rule *rule);
/* read_watch.c */
MUST_USE bool read_ladder(const struct builder *builder, const struct config *config,
                          struct ladder *ladder);
MUST_USE bool read_reminder(const struct builder *builder, const struct config *config,
                            struct reminder *reminder);

/* value_text.c: a value as a sentence has it. */
struct value_speech {
    struct value_context values;
    struct str currency; /* "CNY" */
};
struct str value_speak(struct scope *scope, const struct value_speech *speech,
                       const struct field *field, const struct cell *cell);
bool value_is_money(const struct field *field);

#endif
