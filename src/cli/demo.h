#ifndef CLI_DEMO_H
#define CLI_DEMO_H

#include "base/json.h"
#include "base/uuid.h"

/*
 * The demo generator: interprets a recipe (data of a pack, packs/<pack>/demos)
 * and hands out records in an order in which every record comes after those it
 * points to. It knows no object of any app. The same recipe, seed and moment
 * give the same records, byte for byte; all times are relative to that moment.
 *
 * RECIPE = {"seed": 7, "company", "password", "logins": [{"login", "hint"}] (for the login page),
 *           "words": {NAME: [TEXT | [TEXT, WEIGHT]]},
 *           "tables": {NAME: [{KEY: VALUE, "weight": 2?}]}, "entities": [ENTITY]}
 *
 * ENTITY = {"name", "object" (default: name), "count": VALUE, "scaled": true?,
 *           "rows": [{FIELD: VALUE}]?       one record per row instead of count
 *           "per": NAME?                    count is for each record of that entity
 *           "when": VALUE?, "at": VALUE (created at), "by": VALUE (row of who),
 *           "live": true?                   to be written as that person would, rules and all
 *           "change": VALUE (row)?          no record of its own: that one gets "set" at "at"
 *           "set": {FIELD: VALUE}           in this order; names with _ are not stored
 *           "then": [ENTITY]?               made for each record, right behind it
 *           "journey": JOURNEY?}
 *
 * VALUE = number | true | false | null
 *   | "text {slot} text"     a slot is a path: own field, an entity above, words, "now"; behind a
 *                            row its fields and "created", behind an entry its keys.
 *                            "{parent.owner}" alone keeps its type. Formats:
 *                            {due|md} 3月5日, {due|weekday} 周四, {amount|wan} 35万
 *   | {"pick": NAME | [VALUE]}               | {"weighted": [[VALUE, WEIGHT]]}
 *   | {"range": [LOW, HIGH], "step": N?}
 *   | {"lognormal": [MEDIAN, SIGMA], "step", "min", "max"}
 *   | {"share": VALUE (percent), "of": VALUE, "step": N?}
 *   | {"chance": VALUE (percent), "then": VALUE, "else": VALUE}
 *   | {"if": VALUE, "then": VALUE, "else": VALUE}
 *   | {"before": [VALUE, VALUE]}  | {"same": [VALUE, VALUE]} | {"first": [VALUE]}  not blank
 *   | {"case": VALUE, "of": {TEXT: VALUE}, "else": VALUE}
 *   | {"ago": ["1h", "540d"], "power": 1.5, "in_order": true}    before now; the oldest first
 *   | {"after": VALUE, "by": ["1h", "3d"], "work": true}
 *   | {"date": VALUE}  | {"month_end": VALUE} | {"sequence": "CP-{000}"}
 *   | {"row": NAME, "weight": FIELD?, "where": {FIELD: VALUE}?}   any record of an entity
 *   | {"child": NAME, "of": VALUE}           any record made "per" that one
 *   | {"entry": VALUE (name of a table), "apart": VALUE (row)?}   one map of a table; with
 *                                            apart not one that row had lately
 *
 * JOURNEY = {"pipeline": VALUE, "stages": {PIPELINE: [STAGE]}, "won", "lost": names of the ends,
 *            "reasons": {"back", "skip", "lose": VALUE},
 *            "fields": {"open" | "won" | "lost": {FIELD: VALUE}},      set when the stays are known
 *            "idle": VALUE (hours an open one has been quiet),
 *            "events": {"gap_days": [MEDIAN, SIGMA], "pace": VALUE (percent)?, "counts": FIELD,
 *                       "idle_chance": PERCENT, "entity": ENTITY},
 *            "alerts": {"levels": ["48h", "72h", "5d"], "within": "180d", "entity": ENTITY}}
 * STAGE = {"stage", "days": [MEDIAN, SIGMA], "lose", "back", "skip": chance 0..1,
 *          "late": {"within": "75d", "days", "lose", "back", "skip"}}   for stays begun lately
 * The journey walks the stages from the record's "at" to an end or to now, and puts events
 * along the way. What it fills in: the entity itself has _stage and _entered_at (of the last
 * stay); the event _at, _stage, _to (the next stage) and _step: "on" the way, "done", "back",
 * "won", "lost" shortly before that move, "last" before the quiet, "idle" within it. An event
 * whose field "counts" is true, and every move, begins the quiet time anew. The alert has
 * _since, _level, _yellow_at, _orange_at, _red_at, _cleared_at.
 */
enum demo_kind {
    DEMO_BLANK = 0,
    DEMO_TEXT,
    DEMO_INT,
    DEMO_BOOL,
    DEMO_TIME, /* integer: UTC ms */
    DEMO_DATE, /* integer: days */
    DEMO_ROW,
    DEMO_ENTRY, /* only inside the generator */
};

struct demo_record;
struct demo_value {
    enum demo_kind kind;
    int64_t integer;
    struct str text;
    struct demo_record *row;
    const void *entry;
};

struct demo_stay {
    struct str stage, reason;
    const char *move; /* start, forward, skip, back, win, lose */
    int64_t entered_at_ms, left_at_ms; /* 0: still there */
};

enum { DEMO_STAY_COUNT_MAX = 32, DEMO_VARIABLE_COUNT_MAX = 64, DEMO_RECENT_COUNT = 20 };

struct demo_field {
    struct str name;
    bool is_stored; /* else a help of the recipe: not to be written */
};

/* What all records of one entity have in common. */
struct demo_entity_face {
    int index; /* 0 .. demo_entity_count - 1 */
    struct str name, object;
    bool is_live; /* "live": to be written as a person would, with rules and all */
    struct demo_field *fields;
    int field_count;
};

struct demo_record {
    const struct demo_entity_face *entity;
    struct demo_record *parent; /* the record it was made for, or NULL */
    int64_t index;              /* within its entity */
    struct uuid id;
    struct demo_record *change; /* the record to be changed instead of making one, or NULL */
    int64_t created_at_ms;
    struct demo_record *by; /* NULL: the system */
    struct demo_value *values; /* by field */
    struct str pipeline;    /* of a journey, else empty */
    const struct demo_stay *stays;
    int stay_count;
    bool is_closed; /* the last stay is an end */
    uint32_t *recent; /* "apart": entries this row had lately */
    int recent_count;
};

struct demo_recipe;
/* ERROR_INVALID "demo.recipe" with {where} and {reason}. The recipe keeps pointers into json. */
MUST_USE bool demo_recipe_read(struct scope *scope, const struct json *json,
                               struct demo_recipe **out);
int demo_entity_count(const struct demo_recipe *recipe);

struct demo_options {
    int64_t now_ms;
    int zone_min;
    int64_t scale_percent; /* 100: as the recipe says; "scaled" entities times this */
    uint64_t seed;         /* 0: the recipe's */
};

/*
 * Called for each record in order. The record and its texts live until put
 * returns, those of entities without a journey until the end. False stops.
 */
struct demo_sink {
    void *context;
    bool (*put)(struct scope *scope, void *context, const struct demo_record *record);
};

/* A recipe is good for one run: read it anew for the next. */
MUST_USE bool demo_generate(struct scope *scope, struct demo_recipe *recipe,
                            const struct demo_options *options, const struct demo_sink *sink);

/* Value of a field by name; blank when there is none. For sinks and tests. */
struct demo_value demo_value_of(const struct demo_record *record, const char *name);

#endif
