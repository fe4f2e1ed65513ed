#ifndef RULES_RULES_H
#define RULES_RULES_H

#include "record/record.h"

/*
 * What must hold and what must follow: validations, gates, change rules, ladders.
 * Everything an object asks of a written row is evaluated by ONE select on the
 * stored row; this room builds that select, reads its answer, and says what
 * follows. It changes nothing; the engine applies what it says.
 */
enum rule_event { RULE_CREATE = 1, RULE_UPDATE = 2, RULE_DELETE = 4 };
enum action_kind {
    ACTION_DO_CREATE = 1, /* a record of target with set */
    ACTION_DO_SET,        /* fields of this record, or of the one behind along */
    ACTION_DO_TASK,
    ACTION_DO_FINISH_TASKS,
    ACTION_DO_NOTIFY,
};
enum { RULE_RECIPIENT_COUNT_MAX = 8 };

enum recipient_kind { TO_OWNER = 1, TO_SUPERVISOR, TO_ACTOR, TO_FIELD };
struct recipient {
    enum recipient_kind kind;
    const struct field *field; /* TO_FIELD */
};

struct assignment {
    const struct field *field;
    const struct formula *formula;
};

/* A sentence with {path} in it, both languages. */
struct template {
    struct label text;
};

struct action {
    enum action_kind kind;
    const struct object *target; /* create; set along: the referenced object */
    const struct field *along;
    struct assignment *set;
    int set_count;
    struct str task_kind;
    struct template title, body;
    const struct formula *assignee, *due;
    struct str outcome;
    struct recipient to[RULE_RECIPIENT_COUNT_MAX];
    int to_count;
    int level;
};

struct change_rule {
    int id;
    struct str name;
    const struct object *object;
    unsigned events;
    const struct formula *when; /* NULL: always */
    struct action *actions;
    int action_count;
};

struct rung {
    int64_t after_ms; /* where the stage has no threshold of its own; 0: no such rung */
    struct recipient tell[RULE_RECIPIENT_COUNT_MAX];
    int tell_count;
    struct recipient task[RULE_RECIPIENT_COUNT_MAX];
    int task_count;
};

struct card_line {
    struct str name;
    struct label label;
    const struct formula *formula;
};

struct ladder {
    int id;
    struct str name;
    struct label label;
    const struct object *object;
    const struct formula *when; /* NULL: always */
    const struct field *since;
    struct rung rungs[LEVEL_COUNT];
    int64_t respond_ms;
    struct template title, body, task_title;
    struct card_line *card;
    int card_count;
};

struct rules {
    const struct schema *schema;
    struct change_rule *changes;
    int change_count;
    struct ladder *ladders;
    int ladder_count;
};

/* From the rule bodies of a snapshot whose formulas are built. Errors name rule and key. */
MUST_USE bool rules_build(struct scope *scope, const struct schema *schema, struct rules **out);
const struct ladder *rules_ladder(const struct rules *rules, int64_t id);
/* The threshold of a level for a record in a stage (NULL: no stage); 0: there is none. */
int64_t ladder_after_ms(const struct ladder *ladder, const struct stage *stage, int level);
/* The next level above `level` that has a threshold, or LEVEL_NONE. */
int ladder_next_level(const struct ladder *ladder, const struct stage *stage, int level);

/* ---- judging a written row ---- */
struct judgement_request {
    const struct record *before; /* NULL: created */
    const struct record *after;
    const bool *changed;         /* by field index */
    const struct stage *from, *to; /* a stage move, else both NULL */
    bool is_history;  /* imported as it was: gates and rules are not asked, only validations */
    bool is_lenient;  /* required fields may be blank (import, "missing": accept) */
    bool is_delete;   /* only the rules on deletion are asked */
};

/* Rules whose condition held. */
struct judgement {
    const struct change_rule **fired;
    int fired_count;
};

/*
 * Runs the one SELECT. False with ERROR_INVALID and one item per failed
 * requirement: "field.required", the validation's own message, or a gate with
 * its name, message and what it needs.
 */
MUST_USE bool rules_judge(struct scope *scope, struct db_conn *conn,
                          const struct record_context *context, const struct rules *rules,
                          const struct judgement_request *request, struct judgement *out);

/* The values of an action's formulas for the row, in the order of set, then assignee and due. */
MUST_USE bool action_values(struct scope *scope, struct db_conn *conn,
                            const struct record_context *context, const struct record *before,
                            const struct record *after, const struct action *action,
                            struct cell **out);
/* A template for the row in one language: {path} replaced by the fields' texts. */
MUST_USE bool template_render(struct scope *scope, struct db_conn *conn,
                              const struct record_context *context, const struct record *record,
                              const struct template *template, enum language language,
                              struct str *out);
/* Several templates at once, in both languages, with one SELECT. */
MUST_USE bool templates_render(struct scope *scope, struct db_conn *conn,
                               const struct record_context *context, const struct record *record,
                               const struct template *const *templates, int count,
                               struct label *out);
/* ERROR_INVALID when a {path} of it is no field of the object. */
MUST_USE bool template_check(struct scope *scope, const struct object *object,
                             const struct template *template);
/* The people behind recipients, without duplicates and without nil; at most count_max. */
MUST_USE bool recipients_find(struct scope *scope, struct db_conn *conn,
                              const struct record_context *context, const struct record *record,
                              const struct recipient *recipients, int recipient_count,
                              struct uuid *out, int count_max, int *out_count);

#endif
