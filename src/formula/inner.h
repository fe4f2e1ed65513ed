#ifndef FORMULA_INNER_H
#define FORMULA_INNER_H

#include "formula/formula.h"

/*
 * What the files of this room share and nobody else sees: tokens, nodes, the
 * function table and the hands that check and write nodes.
 *
 * text --lexer--> tokens --parse--> nodes --check--> typed nodes --put--> SQL
 */
enum {
    PATH_FIELD_COUNT_MAX = 4,  /* owner.team.name is 3 */
    PATH_PART_COUNT_MAX = 9,   /* references, a relation, fields behind it */
    FUNCTION_ARG_COUNT_MAX = 60, /* SQLite takes 127 */
    FORMULA_WEIGHT_MAX = 20000, /* nodes with the formulas of fields written out */
    FORMULA_INLINE_DEPTH_MAX = 128, /* SQLite refuses expressions deeper than 1000 */
    FORMULA_NESTING_MAX = 84, /* of SQLite's 100; the rest is for the query around it */
    /* What access predicates take: of most objects; of those seen through what they hang on. */
    FORMULA_ACCESS_NESTING = 32,
    FORMULA_ACCESS_NESTING_SHARED = 48,
    FORMULA_SQL_SIZE_MAX = 128 * 1024,
    FORMULA_CHAIN_COUNT_MAX = 32, /* formula fields that stand on each other */
};

/* ---- tokens ---- */
enum op {
    OP_NONE = 0,
    OP_EQUAL,
    OP_DIFFERENT,
    OP_LESS,
    OP_LESS_EQUAL,
    OP_MORE,
    OP_MORE_EQUAL,
    OP_JOIN,
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_POWER,
    OP_NEGATE,
    OP_PERCENT,
};

enum token_kind {
    TOKEN_END = 0,
    TOKEN_NUMBER,
    TOKEN_TEXT,
    TOKEN_NAME,
    TOKEN_LABEL, /* {in braces} */
    TOKEN_OP,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_COMMA,
    TOKEN_DOT,
};

struct token {
    enum token_kind kind;
    enum op op;
    size_t start, end; /* in the source */
    struct str text;   /* a name, a label, a text without its quotes */
    int64_t units;     /* a number: units of 10^-scale */
    int scale;
};

struct lexer {
    struct scope *scope;
    struct str source, blame;
    size_t offset;
};
MUST_USE bool lexer_next(struct lexer *lexer, struct token *out);

/* ---- nodes ---- */
enum node_kind {
    NODE_LITERAL = 1, /* value; text: as it was written, when the value was made of a text */
    NODE_NAME,        /* parts, after checking path */
    NODE_OP,
    NODE_CALL,
    NODE_SET,     /* ids: what a stage, pipeline or object name stands for */
    NODE_CONVERT, /* args[0] as type */
};

struct name_part {
    struct str text;
    bool is_label;
    size_t position;
};

/* References (prefix), the way back along one (relation), fields on the other side. */
struct path {
    const struct field *prefix[PATH_FIELD_COUNT_MAX];
    int prefix_count;
    const struct relation *relation;
    const struct field *fields[PATH_FIELD_COUNT_MAX];
    int count;
};

struct function;
struct formula_node {
    enum node_kind kind;
    enum op op;
    size_t position, end;
    int depth; /* of the tree below, 1 for a leaf */
    struct formula_type type;
    struct cell value;
    struct str text;
    struct name_part *parts;
    int part_count;
    struct path path;
    const struct function *function;
    struct formula_node **args;
    int arg_count;
    int64_t *ids;
    int id_count;
    bool is_aggregate; /* runs over the rows of the query */
};

/* Source to tree; names are not looked up yet, functions are. */
MUST_USE bool formula_parse(struct scope *scope, struct str source, struct str blame,
                            struct formula_node **out);
struct formula_node *node_new(struct scope *scope, enum node_kind kind, size_t position,
                              size_t end);

/* ---- errors ---- */
struct problem {
    const char *key;
    size_t position;
    struct str word, hint;
    const char *expected, *found; /* rows "formula.kind_*" */
    int64_t limit;
};
/* ERROR_INVALID with texts in both languages; blame: the field being defined, or empty. */
bool formula_fail(struct scope *scope, struct str blame, struct problem problem);
const char *kind_key(enum formula_kind kind);
/* The nearest of the candidates by edit distance, or empty when none is near. */
struct nearest {
    struct scope *scope;
    struct str word, best;
    int best_distance;
};
void nearest_begin(struct nearest *nearest, struct scope *scope, struct str word);
void nearest_try(struct nearest *nearest, struct str candidate);
void nearest_try_object(struct nearest *nearest, const struct object *object);

/* ---- checking ---- */
enum hop { HOP_OWN = 0, HOP_FORWARD, HOP_REVERSE, HOP_MANY, HOP_DEEP };
struct build;
struct check {
    struct scope *scope;
    const struct schema *schema;
    const struct object *object; /* whose fields names mean: changes inside a relation */
    struct formula *formula;
    struct str blame;
    unsigned flags;
    enum hop hop;              /* how object hangs on the formula's own */
    const struct field *via;   /* HOP_REVERSE: the reference back; HOP_MANY: the list */
    int aggregate_depth;
    int weight, inline_depth;
    struct build *build; /* formula_build only: compiles fields on demand */
};
MUST_USE bool check_node(struct check *check, struct formula_node *node);
MUST_USE bool check_fail(struct check *check, const char *key, const struct formula_node *node,
                         struct str word, struct str hint);
bool check_type_fail(struct check *check, const struct formula_node *node, const char *expected);
/* Makes *slot of the wanted type or reports why it can't be. */
MUST_USE bool check_convert(struct check *check, struct formula_node **slot,
                            struct formula_type type);
/* Like check_convert, but also rounds and translates: for a field's declared result. */
MUST_USE bool check_assign(struct check *check, struct formula_node **slot,
                           struct formula_type type);
MUST_USE bool check_text(struct check *check, struct formula_node **slot);
MUST_USE bool check_number(struct check *check, struct formula_node **slot);
MUST_USE bool check_boolean(struct check *check, struct formula_node **slot);
/* One type for all, of the branches of an IF. */
MUST_USE bool check_unify(struct check *check, struct formula_node **slots, int count, int step,
                          struct formula_type *out);
MUST_USE bool check_compare(struct check *check, struct formula_node *node);
MUST_USE bool check_pair(struct check *check, struct formula_node **left,
                         struct formula_node **right, bool is_ordered);
MUST_USE bool check_arithmetic(struct check *check, struct formula_node *node);
/* A path of fields only / one that goes through a relation (fields behind it optional). */
MUST_USE bool check_name(struct check *check, struct formula_node *node);
MUST_USE bool check_relation(struct check *check, struct formula_node *node);
/* How the records behind the path's relation hang on the formula's record. */
enum hop check_hop(const struct check *check, const struct path *path);
/* The object whose records a name that ends in a relation leads to; NULL: it is no such name. */
const struct object *check_behind(const struct check *check, const struct formula_node *node);
/* Whether the name leads through a relation. */
bool check_is_relation(const struct check *check, const struct formula_node *node);
/* Notes that the formula stands on this field of check->object. */
void check_use(struct check *check, const struct field *field);
/* Checks a condition on the records behind the relation of a checked path. */
MUST_USE bool check_inside(struct check *check, const struct path *path,
                           struct formula_node **slot);
struct formula_type field_formula_type(const struct object *object, const struct field *field);
bool formula_type_equal(struct formula_type a, struct formula_type b);
bool is_blank_literal(const struct formula_node *node);
bool is_text_literal(const struct formula_node *node);
bool is_numeric(enum formula_kind kind);
bool is_temporal(enum formula_kind kind);
/* The constant as an exact number; false when it depends on a row. */
bool node_constant(const struct formula_node *node, int64_t *units, int *scale);
/* The literal's units at a scale, when it is one and they fit. */
bool rescale_literal(struct formula_node *node, int scale);
struct formula_node *convert_new(struct check *check, struct formula_node *node,
                                 struct formula_type type);
/* Field compiled when formula_build reaches it through another formula. */
MUST_USE bool build_field(struct check *check, const struct field *field,
                          const struct formula_node *node);
MUST_USE bool formula_compile_node(struct check *check, struct str source, struct formula **out);

/* ---- functions ---- */
struct put;
enum function_flag {
    FUNCTION_LAZY = 1,    /* check looks at the arguments itself */
    FUNCTION_CLOCK = 2,
    FUNCTION_PERSON = 4,
    FUNCTION_CHANGE = 8,
    FUNCTION_MANY = 16,   /* more than FUNCTION_ARG_COUNT_MAX arguments are fine */
};

/*
 * One entry per function. args is a letter per argument: t text, n number,
 * i whole number, d date, m moment, b condition, * anything; ? begins the
 * optional ones, + repeats the last. check (NULL: args and result say all) sets
 * node->type; put (NULL: a call of sql with the arguments) writes the value;
 * put_condition is for those that are conditions by nature.
 */
struct function {
    const char *name, *alias_zh, *signature;
    const char *alias; /* another name people bring along ("AVG"); NULL: none */
    const char *args;
    enum formula_kind result;
    const char *sql;
    bool (*check)(struct check *check, struct formula_node *node);
    void (*put)(struct put *put, const struct formula_node *node);
    void (*put_condition)(struct put *put, const struct formula_node *node);
    unsigned flags;
    const char *help_zh, *help_en, *example;
};
struct function_group {
    const struct function *functions;
    int count;
};
extern const struct function_group functions_logic, functions_number, functions_text,
    functions_date, functions_relation, functions_record, functions_work,
    functions_history, functions_statistics;
/* (relation or relation.field, [condition]) */
MUST_USE bool check_over_relation(struct check *check, struct formula_node *node,
                                  bool needs_field);
/* By name in any case or by alias; NULL. */
const struct function *function_find(struct str name);
const struct function *function_at(int index);
bool is_call(const struct formula_node *node, const char *name);
/* Checks the arguments as entry->args says. */
MUST_USE bool check_call(struct check *check, struct formula_node *node);
/* args[first..] by step become of the kind of args[0]: the values of IN and SWITCH. */
MUST_USE bool check_values(struct check *check, struct formula_node *node, int first, int step,
                           int end);

/* ---- writing SQL ---- */
struct put {
    struct sql *sql;
    const struct formula_context *context;
    struct str alias;
    int *alias_count;
    int depth;
    bool is_plain; /* tests: without rewriting */
    bool is_filter; /* a condition every row must meet, or part of an AND that is one */
};
struct put put_begin(struct sql *sql, const struct formula_context *context, int *alias_count);
void put_text(struct put *put, const char *sql);
void put_node(struct put *put, const struct formula_node *node);
void put_condition(struct put *put, const struct formula_node *node);
void put_args(struct put *put, const struct formula_node *node);
void put_call(struct put *put, const char *function, const struct formula_node *node);
/* A condition as a value: 1 or 0. */
void put_condition_value(struct put *put, const struct formula_node *node);
/* A field of the row under put->alias: its column, or its formula written out. */
void put_field(struct put *put, const struct field *field);
void put_fields(struct put *put, const struct field *const *fields, int count);
void put_convert(struct put *put, const struct formula_node *node);
/* The condition that the choice is among those chosen. */
void put_chosen(struct put *put, const struct formula_node *choices, int64_t id);
/* The same for a choice, or the text that spells one. */
void put_holds(struct put *put, const struct formula_node *choices,
               const struct formula_node *choice);
/* What may be asked to be among them: a name of the list, or any text. */
MUST_USE bool check_chosen(struct check *check, const struct formula_node *choices,
                           struct formula_node **slot);
void put_compare(struct put *put, const struct formula_node *node);
/* left op right, both of one type; rewrites what an index could serve. */
void put_pair(struct put *put, const struct formula_node *left, enum op op,
              const struct formula_node *right);
/* HOURS_SINCE(x) > n and its kin as a range of x; false when it is nothing of the kind. */
bool put_elapsed(struct put *put, const struct formula_node *left, enum op op,
                 const struct formula_node *right);
/* The number without the conversions that only change how it is kept. */
const struct formula_node *number_inside(const struct formula_node *node);
/* WORKHOURS_SINCE(x) and WORKDAYS_SINCE(x) likewise. */
bool put_worked_since(struct put *put, const struct formula_node *left, enum op op,
                      const struct formula_node *right);
/* SIMILARITY and SIMILAR_RECENT against a constant: no more is compared than tells the answer. */
bool put_similarity(struct put *put, const struct formula_node *left, enum op op,
                    const struct formula_node *right);
/* x, a moment or date, against a bound of its kind. */
void put_time_bound(struct put *put, const struct formula_node *x, enum op op, int64_t bound);
/* The moment or date a node without row fields stands for. */
bool put_constant_time(const struct put *put, const struct formula_node *node, int64_t *out);
const char *op_sql(enum op op);
enum op op_mirror(enum op op);
/* A put for rows of another table: the same statement, a fresh alias. */
struct put put_inside(struct put *put);
/* FROM … WHERE … of the records behind a relation, which inside is about. */
void put_from(struct put *put, struct put *inside, const struct path *path);
/* " AND r1.deleted_at IS NULL AND (what the reader may see)". */
void put_visible(struct put *inside, const struct object *object);
/* What COUNT, SUM … are made of; inside is about the rows they run over. */
void put_aggregate(struct put *inside, const char *name, const struct formula_node *value,
                   const struct formula_node *condition);
/* EXISTS (…) of a relation call's records. */
void put_exists(struct put *put, const struct formula_node *call);
/* When a record happened: the object's "time_field", else its first moment, else created_at. */
const struct field *object_time_field(const struct object *object);

/* Symbols on the stack of the database's parser at the innermost point of an expression. */
int sql_nesting(struct str sql);

/* Tests: the condition with nothing rewritten. */
void formula_put_condition_plain(struct sql *sql, const struct formula_context *context,
                                 const struct formula *formula);

#endif
