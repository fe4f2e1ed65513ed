#ifndef RULES_RULES_H
#define RULES_RULES_H

#include "record/record.h"

/*
 * What must hold and what must follow: validations, gates, change rules, ladders, reminders.
 * Everything an object asks of a written row is evaluated by ONE select on the
 * stored row; this room builds that select, reads its answer, and says what
 * follows. It changes nothing; the engine applies what it says.
 */
enum rule_event { RULE_CREATE = 1, RULE_UPDATE = 2, RULE_DELETE = 4 };
enum action_kind {
    ACTION_DO_CREATE = 1, /* a record of target with set */
    ACTION_DO_SET,        /* fields of this record, of the one behind along, of those over */
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

/* A sentence with {path} and {[optional parts]} in it, both languages. */
struct template {
    struct label text;
};

/* A text in which a mark of a part stands alone: it is text, as it was before there were any. */
struct loose_text {
    const struct loose_text *next;
    struct str rule, member; /* "stall", "body" */
    struct label text;
};

/* What finishing a task writes into its record. */
struct completion {
    const struct field *field;
    const struct formula *formula; /* NULL: the outcome the person gave */
};

struct action {
    enum action_kind kind;
    const struct object *target; /* create; set along or over: the object at the other end */
    const struct field *along;
    const struct relation *over;  /* set: the records that point here … */
    const struct formula *where;  /* … and meet this condition of their own; NULL: all */
    struct assignment *set;
    int set_count;
    struct str task_kind;
    struct template title, body;
    const struct formula *assignee, *due;
    const struct field *due_field; /* due is nothing but this field: moving the task moves it */
    struct completion *done;       /* on_done */
    int done_count;
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

/*
 * A rule that waits: what a ladder and a reminder have in common. It watches the
 * records for which `when` holds, each from its own moment `since` on.
 */
struct watch {
    int id;
    struct str name;
    struct label label;
    const struct object *object;
    const struct formula *when; /* NULL: always */
    const struct field *since;  /* stored; of a reminder also a date: its local midnight */
    struct template title, body;
    const struct ladder *ladder; /* one of the two, the other NULL */
    const struct reminder *reminder;
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
    const struct formula *zh, *en; /* en NULL: the same value in both languages */
};

struct ladder {
    struct watch watch;
    struct rung rungs[LEVEL_COUNT];
    int64_t respond_ms;
    struct template task_title;
    struct card_line *card;
    int card_count;
};

enum { REMINDER_STEP_COUNT_MAX = 12 };
struct reminder_step {
    bool is_on_day; /* at a time of a day counted from the local day of since */
    int day;        /* -1: the day before */
    int64_t at_ms;  /* after the day's midnight; or after since (negative: before) */
};

struct reminder {
    struct watch watch;
    struct reminder_step *steps;
    int step_count;
    struct recipient tell[RULE_RECIPIENT_COUNT_MAX];
    int tell_count;
    int level;
};

struct rules {
    const struct schema *schema;
    struct change_rule *changes;
    int change_count;
    struct ladder *ladders;
    int ladder_count;
    struct reminder *reminders;
    int reminder_count;
    const struct watch **watches; /* of all ladders and reminders */
    int watch_count;
    const struct loose_text *loose;
};

/* From the rule bodies of a snapshot whose formulas are built. Errors name rule and key. */
MUST_USE bool rules_build(struct scope *scope, const struct schema *schema, struct rules **out);
/*
 * Refuses rules that would set one another off without end: "rule.ring" with the chain, unless
 * the rule was in such a ring already before (what is stored stays repairable). What only the
 * values of a record decide is cut when it runs.
 */
MUST_USE bool rules_refuse_rings(struct scope *scope, const struct rules *before,
                                 const struct rules *after);
/* "rule.part_unbalanced" for a text with a loose mark that was not stored like that before. */
MUST_USE bool rules_refuse_loose(struct scope *scope, const struct rules *before,
                                 const struct rules *after);
const struct watch *rules_watch(const struct rules *rules, int64_t id);
/* The first task action of the rule that makes tasks of this kind, or NULL. */
const struct action *rules_task_action(const struct rules *rules, struct str rule, struct str kind);
/* The threshold of a level for a record in a stage (NULL: no stage); 0: there is none. */
int64_t ladder_after_ms(const struct ladder *ladder, const struct stage *stage, int level);
/* The next level above `level` that has a threshold, or LEVEL_NONE. */
int ladder_next_level(const struct ladder *ladder, const struct stage *stage, int level);
/* The moment a step is due for a record whose moment is since_ms. */
int64_t reminder_due_ms(const struct reminder_step *step, int64_t since_ms, int zone_min);

/* ---- judging a written row ---- */
struct judgement_request {
    const struct record *before; /* NULL: created */
    const struct record *after;
    const bool *changed;         /* by field index */
    const struct stage *from, *to; /* a stage move, else both NULL */
    bool is_history;  /* imported as it was: gates and rules are not asked, only validations */
    bool is_lenient;  /* required fields may be blank (import, "missing": accept) */
    bool is_free;     /* what is read-only under a condition may change: the system writes */
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
/*
 * The values of formulas for the row; no old values. formulas_seen(): with the eyes of the
 * context's actor: blank where one reads what is closed to them, or the row is.
 */
MUST_USE bool formulas_values(struct scope *scope, struct db_conn *conn,
                              const struct record_context *context, const struct record *record,
                              const struct formula *const *formulas, int count,
                              struct cell **out);
MUST_USE bool formulas_seen(struct scope *scope, struct db_conn *conn,
                            const struct record_context *context, const struct record *record,
                            const struct formula *const *formulas, int count, struct cell **out);
/*
 * Templates for the row, in both languages, with one SELECT: {path} replaced by the fields'
 * texts as people read them: "¥1,280,000.00", "3月5日（周四）15:00", labels, titles of references.
 * The context's actor is who will read it: what is masked for them is masked, what they may
 * not read is "…", also all of a record that is not theirs to see. A part {[…]} with a value
 * in it that is blank or that they may not read is left out.
 */
MUST_USE bool templates_render(struct scope *scope, struct db_conn *conn,
                               const struct record_context *context, const struct record *record,
                               const struct template *const *templates, int count,
                               struct label *out);
/*
 * ERROR_INVALID when a {path} of it is no field of the object, when a part is not closed, holds
 * another or no value; member is the name it goes by. *is_loose: a mark of a part stands alone.
 */
MUST_USE bool template_check(struct scope *scope, const struct object *object, struct str member,
                             const struct template *template, bool *is_loose);
/* The people behind recipients, without duplicates and without nil; at most count_max. */
MUST_USE bool recipients_find(struct scope *scope, struct db_conn *conn,
                              const struct record_context *context, const struct record *record,
                              const struct recipient *recipients, int recipient_count,
                              struct uuid *out, int count_max, int *out_count);

#endif
