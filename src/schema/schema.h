#ifndef SCHEMA_SCHEMA_H
#define SCHEMA_SCHEMA_H

#include "base/json.h"
#include "base/message.h"
#include "db/sql.h"

/*
 * Objects, fields, relations and pipelines as one frozen snapshot, loaded from
 * the config table. It never changes: a schema change builds a new one. All its
 * memory belongs to the scope it was loaded with; requests share it read-only.
 *
 * Names are API names (renamable); ids are small integers that stay for good.
 * Stored bodies name fields by API name; columns carry the API name too.
 */
struct formula; /* formula/formula.h fills the formula pointers in */

struct label {
    struct str zh, en;
};

/* What a value is to a formula and in a cell. */
enum value_kind {
    VALUE_TEXT = 1, /* CELL_TEXT */
    VALUE_NUMBER,   /* CELL_INT, units of 10^-scale (money: scale 2) */
    VALUE_REAL,     /* CELL_REAL; only as a formula's result */
    VALUE_BOOLEAN,  /* CELL_INT 0/1 */
    VALUE_DATE,     /* CELL_INT days */
    VALUE_DATETIME, /* CELL_INT UTC ms */
    VALUE_CHOICE,   /* CELL_INT choice id */
    VALUE_STAGE,    /* CELL_INT stage id */
    VALUE_PIPELINE, /* CELL_INT pipeline id */
    VALUE_OBJECT,   /* CELL_INT object id (polymorphic references: alert.object) */
    VALUE_ID,       /* CELL_BLOB 16 bytes: a reference, person, team, file */
    VALUE_JSON,     /* CELL_TEXT, JSON as stored; not for formulas */
    VALUE_DURATION, /* CELL_INT ms */
    VALUE_CHOICES,  /* CELL_TEXT: ids of choices in order, ",0003,0007,"; never empty */
    VALUE_LINES,    /* never a cell: the records owned through a reference of theirs */
    VALUE_LINKS,    /* CELL_TEXT, ids of other records: struct links; in formulas a relation */
};

/* Names a thing had before, by which requests may still call it; a name in use always wins. */
struct aliases {
    struct str *names;
    int count;
};
enum { ALIAS_COUNT_MAX = 20 };

struct choice {
    int id; /* unique within its field, never used again */
    struct str name;
    struct label label;
    struct str color;
    struct aliases aliases;
    bool is_hidden; /* taken off the list: old values still show, new ones are refused */
};

/* What may be uploaded into a field of files. */
enum accept { ACCEPT_ANY = 0, ACCEPT_IMAGE, ACCEPT_AUDIO };

/* How a personal value looks to those who may only see it masked; see field_mask(). */
enum personal {
    PERSONAL_NO = 0,
    PERSONAL_YES, /* as its type or length says */
    PERSONAL_PHONE,
    PERSONAL_MAIL,
    PERSONAL_ID_NUMBER,
    PERSONAL_NAME,
    PERSONAL_ADDRESS,
    PERSONAL_BANK,
    PERSONAL_WHOLE, /* nothing of it: what a formula makes of other values; no class to be named */
};

/* Ids of the system fields, the same in every object. */
enum {
    FIELD_ID = -1,
    FIELD_VERSION = -2,
    FIELD_CREATED_AT = -3,
    FIELD_CREATED_BY = -4,
    FIELD_UPDATED_AT = -5,
    FIELD_UPDATED_BY = -6,
    FIELD_OWNER = -7,
    FIELD_PIPELINE = -8,
    FIELD_STAGE = -9,
    FIELD_STAGE_ENTERED_AT = -10,
    FIELD_CLOSED_AT = -11,
    FIELD_LINE_NO = -12, /* of records that belong to another one: their place in it, from 1 */
};
/* What stands in change.field when it is no field. */
enum { CHANGE_CREATED = 0, CHANGE_DELETED = -100, CHANGE_RESTORED = -101,
       CHANGE_SHARED = -102, CHANGE_UNSHARED = -103 /* nothing of the record itself */ };
/* The ids of choices that the engine itself writes. */
enum {
    MOVE_START = 1,
    MOVE_FORWARD,
    MOVE_SKIP,
    MOVE_BACK,
    MOVE_WIN,
    MOVE_LOSE,
};

struct validation {
    struct formula *formula;
    struct str source;
    struct label message;
};

/*
 * What a look-up or a roll-up is made of. Links go by id where the definition has one, so
 * that renames break nothing; load.c writes the field's formula from them.
 */
struct derivation {
    struct str via;      /* look-up: a reference of the same object */
    struct str relation; /* roll-up: a way back, or a many-to-many field */
    struct str function; /* roll-up: count, sum, min, max, avg, last */
    struct str field;    /* of the object behind; empty: only counted */
    struct str where;    /* roll-up: a condition on the records behind; empty: all */
    int64_t via_id, field_id;
    int64_t relation_id; /* of the field that points here */
};

struct field {
    int id;    /* unique in the workspace; system fields: negative, the same in every object */
    int index; /* position in object->fields */
    struct object *object; /* whose field it is */
    struct str name;
    struct aliases aliases;
    struct label label, help;
    const struct field_type *type;
    struct str column;      /* empty: computed on read (formula not stored) */
    int scale;              /* VALUE_NUMBER */
    bool is_title;          /* the field that names a record */
    bool is_required, is_unique, is_indexed;
    bool is_system;         /* kept by the engine: id, version, created_at … */
    bool is_readonly;       /* not writable through the API (system, formula, auto-number) */
    bool is_stored;         /* a formula kept in a column by the writing transaction */
    /*
     * A stored formula whose column is still being filled is in the snapshot as one that is not
     * stored, so whoever reads it computes it. Once its turn has come its shadow stands behind
     * the other fields: the same, hidden, with the column, which writes keep right meanwhile.
     */
    int64_t fill_job;       /* the job that fills it; 0: none */
    bool is_shadow;
    bool is_hidden;         /* the engine's own column: not shown, not asked for (seen_by_…) */
    bool is_open;           /* a choice field that may get new choices by import */
    enum personal personal; /* personal data: maskable */
    enum personal mask;     /* computed: how it looks masked; PERSONAL_NO: as personal says */
    enum accept accept;     /* file, signature */
    int width;              /* columns it takes in a form, 1 or 2; 0: as its type does */
    int64_t size_max;       /* text: code points */
    bool has_min, has_max;
    int64_t min, max;       /* numbers, in units */
    struct choice *choices;
    int choice_count;
    struct object *to;      /* references, persons ("user"), teams ("team"); NULL: any object */
    bool is_owned;          /* a reference whose record goes, comes and is seen with the other */
    struct str via;         /* sub-table: the owned reference over there */
    struct str link_table;  /* many-to-many: (record, target), kept beside the column */
    struct str back;        /* many-to-many: the name of the way back; empty: none was chosen */
    struct str pattern;     /* auto-number: "SJ-{yyyy}-{000000}" */
    struct str formula_source, required_if_source, default_source, visible_if_source;
    struct str readonly_if_source;
    struct derivation *derivation; /* look-ups and roll-ups; NULL: others */
    struct formula *formula;     /* value of a computed field */
    struct formula *required_if; /* NULL: none */
    struct formula *readonly_if; /* NULL: none; true: no update may change the field */
    struct formula *visible_if;  /* NULL: none; only forms go by it */
    struct formula *default_value;
    struct validation validate;  /* formula NULL: none */
    /*
     * Formula fields: what they look like. NULL when the definition names no
     * "result" (only those not stored): formula_build gives it then.
     */
    const struct field_type *result_type;
    struct str choices_from; /* choices are the configs of this kind (user.role: "role") */
    struct field *told_to; /* the engine's own texts: whom this one was written for; NULL: others */
};

/* The way back along a reference: team.users for user.team. */
struct relation {
    struct str name;     /* "users": the other object's plural */
    struct object *from; /* object whose records point here */
    struct field *field; /* its reference field */
    /*
     * Many-to-many: the field is a list of ids, and the relation is there on both sides; on
     * the field's own it has the field's name, and from is the object pointed to.
     */
    bool is_many, is_back;
};

struct gate {
    int id; /* unique in the workspace */
    struct str name;
    struct label label;
    struct str source;
    struct formula *formula;
    struct label message;
    struct str needs_field, needs_object;
};

enum stage_kind { STAGE_OPEN = 0, STAGE_WON, STAGE_LOST };
enum { LEVEL_NONE = 0, LEVEL_YELLOW, LEVEL_ORANGE, LEVEL_RED, LEVEL_COUNT };

struct stage {
    int id; /* unique in the workspace */
    struct str name;
    struct aliases aliases;
    struct label label;
    enum stage_kind kind;
    bool is_optional;
    int probability; /* per mille, 0..1000 */
    int position;    /* 0, 1, … in its pipeline */
    struct pipeline *pipeline;
    struct gate *enter, *leave;
    int enter_count, leave_count;
    int64_t stall_ms[LEVEL_COUNT]; /* by level; 0: the rule's own threshold holds */
};

struct pipeline {
    int id;
    struct str name;
    struct label label;
    struct object *object;
    struct stage *stages;
    int stage_count;
    struct stage *gone; /* removed ones, for the history's sake; position -1 */
    int gone_count;
    bool is_default; /* exactly one of an object's */
};

enum { UNIQUE_FIELD_COUNT_MAX = 6 };
struct unique {
    const struct field *fields[UNIQUE_FIELD_COUNT_MAX];
    int count; /* at least 2 */
};

struct object {
    int id;
    struct str name, table, plural; /* plural names relations: "users" */
    struct aliases aliases;
    struct label label, label_plural;
    struct str icon;
    struct field *fields; /* system fields first */
    int field_count;
    struct relation *relations;
    int relation_count;
    struct pipeline **pipelines;
    int pipeline_count;
    struct field **inherit; /* references along which sight is inherited */
    /*
     * By inherit: the stored owner of the record behind the reference where that is
     * somebody else than this record's owner; made by put_object.c. So "who may see
     * this" is a question to columns of the row itself, which indexes serve.
     */
    struct field **seen_by;
    int inherit_count;
    /* Combinations of values that no two living records share; blank in one of them: free. */
    struct unique *uniques;
    int unique_count;
    bool has_pipeline;
    bool has_owner;
    bool is_in_menu; /* lists of it are one tap away, without an app saying so */
    bool is_builtin;    /* kept by the engine, not written through the records API: alert … */
    bool is_polymorphic;/* has object + record columns and is seen by those who see that record */
    bool has_history;   /* changes are kept (all but built-ins) */
    /*
     * Fields whose text is searched; 0: not searchable. Their texts, joined by a
     * blank, are kept by record/ in the table "<table>_search"(text), whose rowid
     * is the record's search_id (a column of every record table, not a field).
     */
    struct field **search;
    int search_count;
    struct field *owned_by; /* its owned reference; NULL: it stands by itself */
    struct field *title;
    struct field *owner, *stage, *pipeline, *stage_entered_at, *closed_at, *line_no;
    const struct json *body; /* the definition as stored */
};

/* A stored piece of configuration of a kind the schema itself does not know. */
struct config {
    struct str kind, name; /* kind: rule, role, measure, view, app, list, demo … */
    int id;
    int64_t version;
    struct json body;
};

/*
 * Working time (calendar.c). Days have numbers: that of a day is how many working days lie
 * before it, counted from Monday 1969-12-29. Outside of the days from first_day on, of which sums
 * has one entry each, weeks are plain: 7 days, week_count of them worked. A day has slots of
 * slot_ms, each worked through or not at all. All is in rows of numbers, so that both databases
 * look things up in them.
 */
enum {
    CALENDAR_PLAIN_BITS = 4,
    CALENDAR_NTH_BITS = 3,
    CALENDAR_WEEK_SHIFT = 120000, /* weeks that keep days above zero */
    CALENDAR_DAY_SHIFT = 840003,  /* as days; day 0 was a Thursday */
};
struct calendar {
    struct str name;
    struct label label;
    bool is_default;
    int week_count, week_mask; /* bit 0: Monday */
    int64_t plain; /* by weekday, CALENDAR_PLAIN_BITS each: as sums, in a week of its own */
    int64_t nth;   /* the weekdays that are worked, CALENDAR_NTH_BITS each */
    int slot_ms;
    int day_ms;        /* worked in a working day */
    int64_t first_day; /* a Monday */
    int day_count;
    int off;           /* how many more of these days are worked than in plain weeks */
    int64_t number;    /* of first_day */
    struct cell sums;  /* by day from first_day: its number * 2, + 1 when it is worked */
    struct cell slots; /* by slot: ms worked before it, less its beginning if it is worked; then by
                          slot: 1 if it is worked; then by worked slot: its beginning, less the ms
                          worked before it */
    struct cell days;  /* by number from number: the day */
};

struct schema {
    int64_t version; /* grows with every change of configuration */
    int zone_min;
    enum db_dialect dialect; /* whose planner the statements are made for */
    struct object *objects;
    int object_count;
    struct pipeline *pipelines;
    int pipeline_count;
    struct stage **stages; /* of all pipelines, removed ones too, in the order of their ids */
    int stage_count;
    struct config *configs; /* sorted by kind, then name */
    int config_count;
    struct calendar *calendars; /* sorted by name */
    int calendar_count;
    const struct calendar *calendar; /* the one marked "default", else the first; never NULL */
};

/*
 * ---- finding things; NULL when there is no such thing ----
 * Objects, fields, stages and choices are found by their name, else by one they had before.
 */
bool aliases_have(const struct aliases *aliases, struct str name);
struct object *schema_object(const struct schema *schema, struct str name);
struct object *schema_object_by_id(const struct schema *schema, int64_t id);
struct field *object_field(const struct object *object, struct str name);
struct field *object_field_by_id(const struct object *object, int64_t id);
/* By label in any language, folded; for {标签} in formulas and import headers. */
struct field *object_field_by_label(const struct object *object, struct str label);
struct relation *object_relation(const struct object *object, struct str name);
struct pipeline *schema_pipeline(const struct schema *schema, struct str name);
struct pipeline *schema_pipeline_by_id(const struct schema *schema, int64_t id);
struct stage *schema_stage_by_id(const struct schema *schema, int64_t id); /* removed ones too */
struct stage *pipeline_stage(const struct pipeline *pipeline, struct str name);
/* By API name or label in any language. */
struct choice *field_choice(const struct field *field, struct str name_or_label);
struct choice *field_choice_by_id(const struct field *field, int64_t id);
/*
 * An error item "db.unique" as the database reports it becomes "field.not_unique" of the field, or
 * "field.not_unique_together" with the labels as {fields}. Of another table it stays as it is.
 */
void unique_settle(struct scope *scope, const struct object *object, enum language language,
                   struct error_item *item);
/* The reference by which the records of a sub-table belong to theirs; NULL: there is none. */
struct field *field_lines_via(const struct field *field);
const struct config *schema_config(const struct schema *schema, struct str kind, struct str name);
/* First of a kind and how many follow it. */
const struct config *schema_configs(const struct schema *schema, struct str kind, int *count);
const struct calendar *schema_calendar(const struct schema *schema, struct str name);
struct str label_text(struct label label, enum language language);

/* ---- field types: one file each, listed once in field_types.c ---- */
struct value_context {
    const struct schema *schema; /* never NULL */
    enum language language;
    int64_t now_ms;
};

struct field_type {
    const char *name; /* "money" */
    enum value_kind kind;
    bool is_creatable; /* may be chosen for a user's own field */
    bool is_computed;  /* formula, look-up, roll-up: never given */
    /*
     * JSON from a client -> cell of the stored kind; null and "" give CELL_NULL. Reports every
     * mistake with error_add(ERROR_INVALID, key, field->name); does not check required.
     */
    bool (*read)(struct scope *scope, const struct value_context *context,
                 const struct field *field, const struct json *in, struct cell *out);
    /* Text of a file or a form -> cell; lenient about spelling ("1,280.5", "是"), never guessing. */
    bool (*read_text)(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out);
    /* Cell -> JSON as 50-interfaces says; CELL_NULL is written by field_write, not here. */
    void (*write)(struct json_writer *writer, const struct value_context *context,
                  const struct field *field, const struct cell *in);
    /* Cell -> text for people (exports, titles, messages). */
    struct str (*text)(struct scope *scope, const struct value_context *context,
                       const struct field *field, const struct cell *in);
    /* Reads the type's own properties from a definition ("scale", "choices", "to", "max" …);
     * NULL: none. */
    bool (*define)(struct scope *scope, const struct json *definition, struct field *field);
};

const struct field_type *field_type_find(struct str name);
extern const struct field_type *const field_types[];
extern const int field_type_count;
/* For formula fields: by their result type. */
void field_write(struct json_writer *writer, const struct value_context *context,
                 const struct field *field, const struct cell *in);
MUST_USE bool field_read(struct scope *scope, const struct value_context *context,
                         const struct field *field, const struct json *in, struct cell *out);
struct str field_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, const struct cell *in);
/* The cell as text that survives renames: kept in change.old and change.new. */
struct str field_store_text(struct scope *scope, const struct field *field, const struct cell *in);
bool field_load_text(struct scope *scope, const struct field *field, struct str text,
                     struct cell *out);
/* A value kept so, as JSON; null when there is none (NULL too) or it cannot be read any more. */
void field_write_kept(struct scope *scope, struct json_writer *writer,
                      const struct value_context *context, const struct field *field,
                      const struct cell *kept);
enum value_kind field_kind(const struct field *field); /* formula fields: of the result */
bool field_is_file(const struct field *field);         /* holds the id of an uploaded file */
/*
 * What is left of a personal value for those who may see it masked only: 138****1234, a***@x.cn,
 * 张*; empty: nothing. As the field's class says, else its type, else its length; a copy (a
 * look-up) looks as what it is a copy of, and of what a formula makes of others nothing shows.
 */
struct str field_mask(struct scope *scope, const struct field *field, const struct cell *cell);
/* The ids in a cell of VALUE_CHOICES, one by one: while (choices_next(&rest, &id)). */
bool choices_next(struct str *rest, int *id);
/* Ids that are kept together as one cell; sorts them and drops what is there twice. */
struct cell choices_cell(struct scope *scope, int *ids, int count);
/* The next name of a text that lists several choices: "a；b、c"; empty: no more. */
struct str choices_part(struct str *rest);
/* Without the separator at its end. */
struct str choices_trim(struct str text);
/* "2 h 30 min", "2 小时 30 分钟". */
struct str duration_text(struct scope *scope, enum language language, int64_t span_ms);
/* ",0003,": how a chosen id stands in such a cell. */
struct str choices_mark(struct scope *scope, int64_t id);

/* ---- loading and changing ---- */
/* The whole configuration as a snapshot in the scope. Formulas are still NULL. */
MUST_USE bool schema_load(struct scope *scope, struct db_conn *conn, struct schema **out);

/*
 * Tables for the objects of a configuration whose rows were put into the database as they are
 * (a copy of a workspace): from what the tables were made for, to what the rows say now.
 */
MUST_USE bool schema_tables_make(struct scope *scope, struct db_conn *conn,
                                 const struct schema *before, const struct schema *after);

/*
 * Stores one piece of configuration and does what it needs in the database
 * (tables, columns, indexes), inside the caller's write. Gives ids to what has
 * none. kind "object", "pipeline", or any other kind, which is just kept.
 * The old body goes to config_history. The caller builds a new snapshot and
 * checks it (formulas) before letting the transaction end.
 */
MUST_USE bool schema_put(struct scope *scope, struct db_conn *conn, struct str kind,
                         struct str name, const struct json *body, struct uuid by,
                         int64_t now_ms);
MUST_USE bool schema_drop(struct scope *scope, struct db_conn *conn, struct str kind,
                          struct str name, struct uuid by, int64_t now_ms);
/* Objects may refer to one another in any order; else like one schema_put after the other. */
struct schema_part {
    struct str kind, name;
    struct json body; /* of kind JSON_KIND_NULL: the part is dropped */
};
MUST_USE bool schema_put_all(struct scope *scope, struct db_conn *conn,
                             const struct schema_part *parts, int part_count, struct uuid by,
                             int64_t now_ms);
/*
 * After a change, with the snapshot loaded from it: writes the links of look-ups and roll-ups
 * back into their definitions, by id and by today's name.
 */
MUST_USE bool schema_settle(struct scope *scope, struct db_conn *conn,
                            const struct schema *schema);
/* The same for what only follows another thing's new name; the history says so. */
MUST_USE bool schema_follow_all(struct scope *scope, struct db_conn *conn,
                                const struct schema_part *parts, int part_count, struct uuid by,
                                int64_t now_ms, bool is_trial);
/*
 * The rows of configuration as schema_put_all() leaves them, but no tables are touched, so it
 * takes the same at any size: to look at what would be. The caller takes its savepoint back.
 */
MUST_USE bool schema_try_all(struct scope *scope, struct db_conn *conn,
                             const struct schema_part *parts, int part_count, struct uuid by,
                             int64_t now_ms);
/*
 * ---- another type for a field (convert.c) ----
 * Are there conversions between these two at all?
 */
bool field_may_convert(const struct field *from, const struct field *to);
/* False: this value has no counterpart; *out is blank then. No error is reported. */
bool value_convert(struct scope *scope, const struct value_context *context,
                   const struct field *from, const struct cell *in, const struct field *to,
                   struct cell *out);
/* A definition as a field that stands alone: its type and what belongs to it. */
MUST_USE bool schema_field_read(struct scope *scope, const struct object *object,
                                const struct json *definition, struct field *out);
/*
 * A column beside the others that nobody sees yet, with an id of its own; it comes into
 * force when schema_put() is given a field with that id. Inside a write.
 */
MUST_USE bool schema_field_begin(struct scope *scope, struct db_conn *conn,
                                 const struct object *object, const struct json *definition,
                                 int64_t now_ms, struct field *out);
/*
 * One thing that was taken away before that moment, and that from here on nothing brings back:
 * a field of *object, or with *field 0 the object itself; *object 0: there is none. Inside a
 * write, which has to see to it that what it holds is emptied: rows in the order of their
 * numbers, count of them from *place on; at the end *is_over.
 */
MUST_USE bool schema_lose_next(struct scope *scope, struct db_conn *conn, int64_t gone_before_ms,
                               int *object, int *field);
/*
 * The highest number of a row of the table, 0 in an empty one. There are no more rows than that:
 * numbers grow, with gaps where writes have failed.
 */
MUST_USE bool schema_last_row(struct scope *scope, struct db_conn *conn, struct str table,
                              int64_t *out);
MUST_USE bool schema_gone_field_empty(struct scope *scope, struct db_conn *conn,
                                      const struct object *object, int field, int count,
                                      int64_t *place, bool *is_over);
MUST_USE bool schema_gone_object_empty(struct scope *scope, struct db_conn *conn, int object,
                                       int count, int64_t *place, bool *is_over);
/*
 * ---- stored formulas whose columns are being filled (fill.c); inside a write ----
 * Is the field stored, or will it be? Of a shadow: no, it is the same field again.
 */
bool field_is_kept(const struct field *field);
/* Could it be read as if it were not stored? Not where its column is what others look at. */
bool field_may_wait(const struct field *field);
/* The job is to fill it: from the next snapshot on it is computed when it is read. */
MUST_USE bool schema_fill_begin(struct scope *scope, struct db_conn *conn,
                                const struct field *field, int64_t job);
/* The job begins: in the next snapshot the fields have their shadows. */
MUST_USE bool schema_fill_turn(struct scope *scope, struct db_conn *conn, int64_t job);
/* It is done: in the next snapshot they are stored. */
MUST_USE bool schema_fill_end(struct scope *scope, struct db_conn *conn, int64_t job);
/*
 * How many indexes the definition asks for that are not there yet, and one of them for
 * db_index_make(): where there are many records schema_put() leaves all but unique ones to a job.
 */
MUST_USE bool schema_index_next(struct scope *scope, struct db_conn *conn, int object_id,
                                struct str *name, struct str *on, int *count);
/* The version the configuration has in what the connection sees; one small look. */
MUST_USE bool schema_version(struct scope *scope, struct db_conn *conn, int64_t *out);
/* "Asia/Shanghai", "+08:00" → 480; fallback when it is neither. */
int zone_parse(struct str text, int fallback);
/* Workspace settings ("zone", "company", "currency", "is_demo" …); *out empty when not set. */
MUST_USE bool setting_get(struct scope *scope, struct db_conn *conn, struct str name,
                          struct str *out);
/* Also makes the schema version grow, so that snapshots are built anew. */
MUST_USE bool setting_put(struct scope *scope, struct db_conn *conn, struct str name,
                          struct str value);
/* ---- links: the value of a many-to-many field (links.c), sorted, each id once ---- */
enum { LINK_COUNT_MAX = 500 };
struct links {
    struct uuid *ids;
    int count;
};
struct links links_of(struct scope *scope, const struct cell *cell);
struct cell links_cell(struct scope *scope, struct links links);
void links_sort(struct links *links);
bool links_have(struct links links, struct uuid id);
struct links links_minus(struct scope *scope, struct links from, struct links other);
struct links links_plus(struct scope *scope, struct links a, struct links b);
/* What a client asks for: all of them, or {"add", "remove"} to what there is. */
struct cell links_change_cell(struct scope *scope, struct links add, struct links remove);
struct links links_apply(struct scope *scope, struct links before, const struct cell *change);

/* As API names are: a small letter, then small letters, digits and "_". */
bool name_is_valid(struct str name);

enum { LINE_COUNT_MAX = 200 }; /* records of one sub-table of a record */

/* The next number of a counter, beginning with 1; inside a write. */
MUST_USE bool counter_next(struct scope *scope, struct db_conn *conn, int object_id, int field_id,
                           struct str period, int64_t *out);
/* Takes count of them at once; *out_last is the last, the first is count - 1 before it. */
MUST_USE bool counter_take(struct scope *scope, struct db_conn *conn, int object_id, int field_id,
                           struct str period, int64_t count, int64_t *out_last);
/*
 * The next value of an auto-number field, inside the write that stores it.
 * "SJ-{yyyy}-{000000}" starts again every year, with {mm} every month, with {dd} every day.
 */
MUST_USE bool auto_number_next(struct scope *scope, struct db_conn *conn,
                               const struct schema *schema, const struct object *object,
                               const struct field *field, int64_t now_ms, struct cell *out);
/* A number that came from elsewhere (import) is not given out again. */
MUST_USE bool auto_number_seen(struct scope *scope, struct db_conn *conn,
                               const struct object *object, const struct field *field,
                               struct str text);
/*
 * Both of that for many records at once, with a statement or two for all: a number for each
 * blank one of the cells; none of those that came from elsewhere, in any order.
 */
MUST_USE bool auto_numbers_fill(struct scope *scope, struct db_conn *conn,
                                const struct schema *schema, const struct object *object,
                                const struct field *field, int64_t now_ms,
                                struct cell *const *cells, int count);
/* A phone number in its one spelling (field_phone.c); false: none. */
bool phone_normal(struct scope *scope, struct str text, struct str *out);
/* Chinese regions by code, full or short name: "广东深圳" -> "广东省/深圳市"; false: none. */
bool region_find(struct scope *scope, struct str text, struct str *out);
/* The engine's own tables: config, change, stage_stay, alert, task, message, session … */
extern const struct migration schema_migrations[];
extern const int schema_migration_count;

/* ---- out ---- */
/* The definition as the API gives it (50-interfaces), with relations and result types. */
void schema_write_object(struct json_writer *writer, const struct object *object);
void schema_write_pipeline(struct json_writer *writer, const struct pipeline *pipeline);

#endif
