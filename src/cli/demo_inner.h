#ifndef CLI_DEMO_INNER_H
#define CLI_DEMO_INNER_H

#include "cli/demo.h"
#include "cli/demo_random.h"

/*
 * What the files of the generator share: demo_recipe.c makes these structures
 * of the JSON, demo_value.c evaluates values, demo_run.c makes the records,
 * demo_journey.c walks them through their stages.
 */
enum {
    DEMO_ENTITY_COUNT_MAX = 64,
    DEMO_DEPTH_MAX = 24,  /* of values in values and entities in entities */
    DEMO_STEP_COUNT_MAX = 4,
    DEMO_TEXT_SIZE_MAX = 4096,
    DEMO_COUNT_MAX = 20 * 1000 * 1000, /* records of one entity */
    DEMO_EVENT_COUNT_MAX = 2000,       /* of one journey */
};

struct entity;
struct expression;

struct words {
    struct str name;
    struct str *items;
    int64_t *sums;
    int count;
};

/* A table of the recipe as one entity sees it: its slots mean that entity's fields. */
struct entry {
    struct expression **values; /* by key of the set; NULL: blank */
    uint32_t number;            /* tells entries apart */
};
struct entry_table {
    struct str name;
    struct entry *entries;
    int64_t *sums;
    int count;
};
struct entry_set {
    struct str *keys;
    int key_count, key_capacity;
    struct entry_table *tables;
    int table_count;
};

enum path_base { PATH_OWN, PATH_UP, PATH_WORDS, PATH_NOW };
struct path {
    enum path_base base;
    int up; /* PATH_UP: how many parents up */
    const struct words *words;
    int steps[DEMO_STEP_COUNT_MAX]; /* fields, each of the row before it */
    int step_count;
    int entry_key; /* -1: none */
    bool is_created; /* at the end: when that row was created */
    struct entity *row_entity;   /* whose row the value is, or NULL */
    struct entry_set *entry_set; /* whose entry the value is, or NULL */
};

enum text_format { TEXT_PLAIN = 0, TEXT_MONTH_DAY, TEXT_WEEKDAY, TEXT_WAN };
struct text_part {
    struct str text; /* as it is, when there is no path */
    bool has_path;
    struct path path;
    enum text_format format;
};

enum expression_kind {
    EXPRESSION_LITERAL,
    EXPRESSION_TEXT,
    EXPRESSION_PATH,
    EXPRESSION_WORDS,
    EXPRESSION_WEIGHTED,
    EXPRESSION_RANGE,
    EXPRESSION_LOGNORMAL,
    EXPRESSION_SHARE,
    EXPRESSION_CHANCE,
    EXPRESSION_IF,
    EXPRESSION_BEFORE,
    EXPRESSION_SAME,
    EXPRESSION_FIRST,
    EXPRESSION_CASE,
    EXPRESSION_AGO,
    EXPRESSION_AFTER,
    EXPRESSION_DATE,
    EXPRESSION_MONTH_END,
    EXPRESSION_SEQUENCE,
    EXPRESSION_ROW,
    EXPRESSION_CHILD,
    EXPRESSION_ENTRY,
};

struct expression {
    enum expression_kind kind;
    struct demo_value literal;
    struct text_part *parts;
    int part_count;
    struct path path;
    const struct words *words;
    struct expression **items; /* options, arguments, branches */
    int item_count;
    struct str *keys; /* EXPRESSION_CASE */
    int64_t *sums;    /* EXPRESSION_WEIGHTED, EXPRESSION_ROW */
    int sum_count;
    int64_t low, high, step, min, max;
    double median, sigma, power;
    bool is_work_time, is_in_order;
    struct str prefix, suffix;
    int digits;
    int64_t counter;
    struct entity *entity; /* EXPRESSION_ROW, EXPRESSION_CHILD */
    int *where;            /* EXPRESSION_ROW: fields that must equal items */
    int weight_field;      /* -1: none */
    struct entry_set *entry_set;
    struct entity *row_entity; /* of the result, or NULL */
};

struct field {
    struct expression *value; /* NULL: set by the journey */
    struct entity *row_entity;
    struct entry_set *entry_set;
};

struct row_set { /* one of "rows": values instead of the entity's */
    struct expression **values; /* by field; NULL: the entity's */
};

struct journey;
struct entity {
    struct demo_entity_face face;
    struct entity *parent;
    struct field *fields;
    struct expression *count, *when, *at, *by, *change;
    struct row_set *rows;
    int row_count;
    bool is_scaled, is_kept;
    struct entity **then;
    int then_count;
    struct journey *journey;
    /* While generating: */
    int64_t made_count, planned_count;
    struct demo_record **records;
    int64_t record_capacity;
    int64_t *child_first; /* "per": by index of the parent */
};

struct stage_spec {
    double days_median, days_sigma, lose, back, skip;
};
struct journey_stage {
    struct str name;
    struct stage_spec usual, late;
    int64_t late_ms; /* 0: never late */
};
struct journey_pipeline {
    struct str name;
    struct journey_stage *stages;
    int count;
};
struct journey_field {
    int field;
    struct expression *value;
};
/* How a journey stands; the recipe may set fields for each. */
enum { JOURNEY_OPEN = 0, JOURNEY_WON, JOURNEY_LOST, JOURNEY_END_COUNT };
struct journey_end {
    struct journey_field *fields;
    int count;
};
struct journey {
    struct expression *pipeline, *idle_hours;
    struct journey_pipeline *pipelines;
    int pipeline_count;
    struct str won, lost;
    struct expression *reason_back, *reason_skip, *reason_lose;
    struct journey_end ends[JOURNEY_END_COUNT];
    double gap_median, gap_sigma, idle_chance;
    struct expression *pace;
    struct entity *event;
    int event_counts; /* field of event, or -1: all count */
    int64_t level_ms[3];
    int64_t alert_within_ms;
    struct entity *alert; /* NULL: none */
};

/* The fields a journey sets itself, first in the entity. */
enum { JOURNEY_STAGE = 0, JOURNEY_ENTERED_AT, JOURNEY_PRESET_COUNT };
enum { EVENT_AT = 0, EVENT_STAGE, EVENT_STEP, EVENT_TO, EVENT_PRESET_COUNT };
enum {
    ALERT_SINCE = 0,
    ALERT_LEVEL,
    ALERT_YELLOW_AT,
    ALERT_ORANGE_AT,
    ALERT_RED_AT,
    ALERT_CLEARED_AT,
    ALERT_PRESET_COUNT
};

struct demo_recipe {
    uint64_t seed;
    struct words *words;
    int word_list_count;
    const struct json *tables;
    struct entity **entities; /* all of them, also those inside others, by face.index */
    int entity_count;
    struct entity **top;
    int top_count;
    uint32_t entry_number;
};

/* ---- demo_recipe.c, demo_compile.c ---- */
struct compile {
    struct scope *scope;
    struct demo_recipe *recipe;
    struct entity *entity;
    struct str where; /* for messages: "company.name" */
    int depth;
};
bool recipe_refuse(struct compile *compile, const char *reason, struct str word);
MUST_USE bool expression_read(struct compile *compile, const struct json *json,
                              struct expression **out);
MUST_USE bool path_read(struct compile *compile, struct str text, struct path *out);
int entity_field(const struct entity *entity, struct str name); /* -1: none */
const struct entity *recipe_entity(const struct demo_recipe *recipe, struct str name);
MUST_USE bool entity_read(struct compile *compile, const struct json *json,
                          struct entity *parent, const char *const *presets, int preset_count,
                          struct entity **out);
MUST_USE bool journey_read(struct compile *compile, const struct json *json,
                           struct entity *entity);

/* ---- demo_value.c, demo_run.c ---- */
struct run {
    struct scope *main;  /* kept records */
    struct scope *scope; /* of the record being made */
    struct demo_recipe *recipe;
    const struct demo_options *options;
    const struct demo_sink *sink;
    struct demo_random random;
};
struct demo_value expression_value(struct run *run, struct expression *expression,
                                   struct demo_record *self);
bool value_is_true(const struct demo_value *value);
bool value_equal(const struct demo_value *a, const struct demo_value *b);
/* Into office hours of its own or a neighbouring working day, never later than now. */
int64_t work_time(struct run *run, int64_t time_ms);
int64_t expression_int(struct run *run, struct expression *expression, struct demo_record *self,
                       int64_t fallback);

/* Makes one record and, after giving it away, what hangs on it. presets fill the first fields. */
MUST_USE bool record_make(struct run *run, struct entity *entity, struct demo_record *parent,
                          const struct row_set *row, const struct demo_value *presets,
                          int preset_count, struct demo_record **out);
MUST_USE bool journey_walk(struct run *run, struct entity *entity, struct demo_record *record);
/* What hangs on a journey's record: events and alerts, after the record itself was given away. */
MUST_USE bool journey_events(struct run *run, struct entity *entity, struct demo_record *record);

#endif
