#ifndef FORMULA_FORMULA_H
#define FORMULA_FORMULA_H

#include "schema/schema.h"

/*
 * One Excel-like language for computed fields, validations, gates, filters,
 * rules and measures. Text -> tree -> typed tree -> SQL. The database evaluates
 * it; there is no second evaluator.
 *
 * Blank: comparisons with blank are false, arithmetic with blank is blank,
 * & treats blank as "". NOT(blank) is true. Numbers are exact (units of
 * 10^-scale, the scale known at compile time) until a division or a function
 * such as SQRT makes them real; ROUND makes them exact again.
 */
enum formula_kind {
    FORMULA_BLANK = 0,
    FORMULA_BOOLEAN,
    FORMULA_NUMBER, /* exact, with scale */
    FORMULA_REAL,
    FORMULA_TEXT,
    FORMULA_DATE,
    FORMULA_DATETIME,
    FORMULA_CHOICE,   /* of field */
    FORMULA_STAGE,
    FORMULA_PIPELINE,
    FORMULA_OBJECT,
    FORMULA_ID, /* of object; object NULL: any */
    FORMULA_DURATION, /* ms: HOURS(24) */
    FORMULA_CHOICES,  /* several choices of field */
};

struct formula_type {
    enum formula_kind kind;
    int scale;
    bool is_money;
    const struct field *field;   /* FORMULA_CHOICE, FORMULA_CHOICES: whose choices */
    const struct object *object; /* FORMULA_ID */
};

enum { FORMULA_CALENDAR_BIT_MAX = 63 };
struct formula_node;

/*
 * What a stored formula must be computed again for: a change of `field` (NULL:
 * creation and deletion too) in records of `object` which point to the formula's
 * record through `via` (NULL: the record itself).
 */
struct formula_use {
    const struct object *object;
    const struct field *field;
    const struct field *via; /* reference in `object` to the formula's object (reverse relation);
                                or, with is_forward, the reference on the formula's own object */
    bool is_forward;
    bool is_many; /* via is a many-to-many field of the formula's own object */
};

struct formula {
    struct str source;           /* as written */
    const struct object *object; /* whose records it is about */
    struct formula_node *root;
    struct formula_type type;
    bool uses_clock;  /* NOW, TODAY, HOURS_SINCE: never stored */
    bool uses_person; /* ME, MY_TEAM: never stored */
    bool is_of_its_time; /* SIMILAR_RECENT: judged when it is written; later records may differ */
    bool uses_change; /* OLD, CHANGED, IS_NEW: only in rules, gates, validations */
    bool is_live;     /* a calendar or the history of changes: never stored */
    /*
     * The calendars it counts by. Bit 0: the workspace's own; 1 + i: the i-th of the schema's; the
     * last bit: any of those beyond.
     */
    uint64_t calendars;
    bool is_deep;     /* stands on records more than one step away: never stored */
    struct formula_use *uses;
    int use_count;
    int weight, depth; /* nodes and levels with the formulas of fields written out */
};

enum { FORMULA_SIZE_MAX = 8000, FORMULA_NODE_COUNT_MAX = 2000, FORMULA_DEPTH_MAX = 64 };

enum formula_flag {
    FORMULA_ALLOW_CHANGE = 1, /* OLD, CHANGED, IS_NEW may be used */
    FORMULA_ALLOW_CLOCK = 2,
    FORMULA_ALLOW_PERSON = 4,
    FORMULA_ALLOW_AGGREGATE = 8, /* COUNT(), SUM(amount) over the query's rows: /query values */
};

/*
 * Parses and type-checks. Fields by API name (amount), by label in braces
 * ({预计成交额}), along references (firm.region, owner.team.name), reverse
 * relations only inside COUNT, SUM, LAST …. Errors: ERROR_INVALID "formula.*"
 * with position (byte offset in source), the offending word as {word}, and a
 * hint where there is one ({hint}: the nearest field or function name).
 */
MUST_USE bool formula_compile(struct scope *scope, const struct schema *schema,
                              const struct object *object, struct str source, unsigned flags,
                              struct formula **out);
/*
 * As a value of the field: converted as a default is (a number to fen, a text to a choice). Stages
 * and pipelines stay as they are written: which one is meant, the record decides.
 */
MUST_USE bool formula_compile_value(struct scope *scope, const struct schema *schema,
                                    const struct object *object, struct str source,
                                    unsigned flags, const struct field *field,
                                    struct formula **out);
/* Refuses formulas of another type: "formula.type" with {expected} and {found}. */
MUST_USE bool formula_expect(struct scope *scope, const struct formula *formula,
                             enum formula_kind kind);
/*
 * Refuses what cannot stand in a predicate of access/, which is put into every statement:
 * anything but a yes or no, and what is more nested than there is room for ("formula.too_nested").
 */
MUST_USE bool formula_expect_predicate(struct scope *scope, const struct schema *schema,
                                       const struct formula *formula);
/* The formula's text with today's field names, canonical spacing, English function names. */
struct str formula_canonical(struct scope *scope, const struct formula *formula);

/* A word of a formula's text that names something of the configuration. */
enum formula_word_kind {
    FORMULA_WORD_FIELD = 1, /* field */
    FORMULA_WORD_RELATION,  /* relation */
    FORMULA_WORD_CHOICE,    /* of field, id */
    FORMULA_WORD_STAGE,     /* id: the first of those it stands for */
    FORMULA_WORD_PIPELINE,
    FORMULA_WORD_OBJECT,
};
struct formula_word {
    enum formula_word_kind kind;
    size_t start, end; /* in formula->source, with braces or quotes */
    struct str text;   /* without them */
    bool is_label;     /* in braces */
    const struct field *field;
    const struct relation *relation;
    int64_t id;
};
/* In the order of the text; returns how many. */
int formula_words(struct scope *scope, const struct formula *formula, struct formula_word **out);

/*
 * What a condition asks of the record's own fields before all else: the parts of the AND it is
 * made of that are as simple as CHANGED(a) OR IS_NEW(), ISBLANK(a), a = "x", a <> "x", NOT a.
 */
enum formula_demand_kind {
    FORMULA_DEMAND_CHANGE = 1, /* one of the fields must have changed */
    FORMULA_DEMAND_BLANK,
    FORMULA_DEMAND_IS,  /* the value, as it is written */
    FORMULA_DEMAND_NOT,
};
enum { FORMULA_DEMAND_FIELD_COUNT_MAX = 16 };
struct formula_demand {
    enum formula_demand_kind kind;
    const struct field *fields[FORMULA_DEMAND_FIELD_COUNT_MAX]; /* CHANGE: several, else one */
    int field_count;
    bool is_new_enough; /* CHANGE: or the record is new */
    struct str value;
};
/* In the order of the text; returns how many. */
int formula_demands(struct scope *scope, const struct formula *formula,
                    struct formula_demand **out);
/* What a formula that is nothing but one constant says, without quotes; else empty. */
struct str formula_constant(const struct formula *formula);

/*
 * Compiles every formula of the snapshot (fields, required_if, defaults,
 * validations, gates) into it, and refuses cycles ("formula.cycle"). Errors name
 * the field. Called once on a fresh snapshot, before others see it.
 */
MUST_USE bool formula_build(struct scope *scope, struct schema *schema);

/* What of a stored formula may be told from its column, which was computed as if all were seen. */
enum formula_telling {
    TELL_NEVER = 0, /* computed anew, from what the person sees */
    TELL_OWNED,     /* of rows that meet put_owned(); of others computed anew */
    TELL_ALWAYS,
};

/* Puts "may this person see this row of object" for alias onto the sql; part of a WHERE. */
struct formula_access {
    void (*put)(const void *context, const struct object *object, struct str alias,
                struct sql *sql);
    /* Of the row under alias, which the person sees. NULL: TELL_ALWAYS. */
    enum formula_telling (*tell)(const void *context, const struct field *field,
                                 struct str alias);
    void (*put_owned)(const void *context, const struct object *object, struct str alias,
                      struct sql *sql);
    const void *context;
};

struct formula_context {
    const struct schema *schema;
    struct str alias; /* of the row the formula is about: "t" */
    int64_t now_ms;
    struct uuid person;                  /* ME(); nil: the system */
    const struct uuid *teams;            /* MY_TEAM() and below: the first is one's own */
    int team_count;
    const struct formula_access *access; /* of rows reached through references and relations;
                                            NULL: all (rules, gates) */
    const struct cell *old_values; /* by field index, for OLD and CHANGED; NULL: a new record */
    bool is_new;
    bool is_before; /* the row's own fields as old_values has them: as it was before the change */
};

/*
 * Appends the formula as one SQL expression in parentheses, giving the cell its
 * type's kind stores (boolean: 0/1 or NULL; number: units at type.scale).
 * Stored formula fields are read from their column where that may be told, others are inlined.
 */
void formula_put(struct sql *sql, const struct formula_context *context,
                 const struct formula *formula);
/*
 * As a condition for WHERE or CASE WHEN, with elapsed-time comparisons rewritten
 * so that an index serves them: HOURS_SINCE(x) > 48 becomes x < now - 48 h. What
 * is false because of a blank may be NULL: negate it with IS NOT TRUE, not NOT.
 */
void formula_put_condition(struct sql *sql, const struct formula_context *context,
                           const struct formula *formula);

/* A field of the row as an expression (column, or its formula inlined), with a path allowed. */
struct field_path {
    const struct field *fields[4]; /* references, then the field itself */
    int count;
};
/* "owner.name" -> path; "field.unknown" with {field}. */
MUST_USE bool field_path_parse(struct scope *scope, const struct object *object, struct str text,
                               struct field_path *out);
void field_path_put(struct sql *sql, const struct formula_context *context,
                    const struct field_path *path);

/* ---- for editors and documents ---- */
struct formula_function_info {
    const char *name, *alias_zh, *signature, *help_zh, *help_en, *example;
};
int formula_function_count(void);
struct formula_function_info formula_function(int index);

/* The SQL functions formulas need on SQLite; given to db_functions_set before db_open. */
extern const struct db_function formula_functions_sqlite[];
extern const int formula_function_sqlite_count;
/* The same ones for PostgreSQL (fn_postgres.sql); given to db_functions_postgres_set. */
extern const char *const formula_functions_postgres[];
extern const int formula_functions_postgres_count;

#endif
