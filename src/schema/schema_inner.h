#ifndef SCHEMA_SCHEMA_INNER_H
#define SCHEMA_SCHEMA_INNER_H

#include "schema/schema.h"

/* Inside schema/ only: what its files share. */
/* Names the hidden columns of inherited sight: seen_by_<reference>. */
#define SCHEMA_SEEN_BY "seen_by_"

enum {
    SCHEMA_NAME_SIZE_MAX = 50,
    SCHEMA_OBJECT_COUNT_MAX = 500,
    SCHEMA_FIELD_COUNT_MAX = 500,
    SCHEMA_CHOICE_COUNT_MAX = 500,
    SCHEMA_INDEX_COUNT_MAX = 40,
    SCHEMA_INHERIT_COUNT_MAX = 4,
    SCHEMA_INDEX_FIELD_COUNT_MAX = 6,
    SCHEMA_UNIQUE_COUNT_MAX = 20,
    SCHEMA_STAGE_COUNT_MAX = 50,
    SCHEMA_GATE_COUNT_MAX = 20,
    SCHEMA_LABEL_SIZE_MAX = 200,
    SCHEMA_FORMULA_SIZE_MAX = 8000,
    SCHEMA_CONFIG_COUNT_MAX = 20000,
    SCHEMA_BODY_SIZE_MAX = 4 * 1024 * 1024,
    /* Below are the ids of what the engine itself defines. */
    SCHEMA_OBJECT_ID_FIRST = 100,
    SCHEMA_FIELD_ID_FIRST = 1000,
    TEXT_SIZE_DEFAULT = 500,
    TEXT_SIZE_MAX = 10000,
    LONG_TEXT_SIZE_DEFAULT = 20000,
    LONG_TEXT_SIZE_MAX = 200000,
    URL_SIZE_MAX = 2000,
    BARCODE_SIZE_MAX = 200,
    VALUE_TEXT_SIZE_MAX = 4096, /* a value as text, other than text itself */
};

/* ---- value.c: what field types have in common ---- */
/* ERROR_INVALID about the field's value. Returns false. */
bool value_refuse(struct scope *scope, const struct field *field, const char *key);
/* The same with one argument for the sentence. */
bool value_refuse_with(struct scope *scope, const struct field *field, const char *key,
                       const char *name, struct str value);
/* null, "" and blank text: *out becomes CELL_NULL and the answer is true. */
bool value_is_blank(const struct json *in, struct cell *out);
/* Trimmed, bounded by size_max, without control characters. */
bool value_text_clean(struct scope *scope, const struct field *field, struct str in,
                      struct cell *out);
/* Units of the field's scale within its bounds, and of at most fifteen digits. */
bool value_bounds(struct scope *scope, const struct field *field, int64_t units, struct cell *out);
bool value_number_read(struct scope *scope, const struct field *field, const struct json *in,
                       const char *key, struct cell *out);
/* Half-width, lower case, without blanks around. */
struct str value_fold(struct scope *scope, struct str in);
struct str value_day_text(struct scope *scope, int64_t days);
/* The text behind a number word, "12.5万": digits with group commas, and 万 or 亿. */
bool value_amount_parse(struct str text, int scale, int64_t *out);
/* A date as people write it: 2026-03-02, 2026/3/2, 2026.3.2, 2026年3月2日, 20260302. */
bool value_date_parse(struct str text, int64_t *out_days);

/* Ids, persons, teams, references and files read and write alike. */
bool value_id_read(struct scope *scope, const struct value_context *context,
                   const struct field *field, const struct json *in, struct cell *out);
bool value_id_read_text(struct scope *scope, const struct value_context *context,
                        const struct field *field, struct str in, struct cell *out);
void value_id_write(struct json_writer *writer, const struct value_context *context,
                    const struct field *field, const struct cell *in);
struct str value_id_text(struct scope *scope, const struct value_context *context,
                         const struct field *field, const struct cell *in);
/* Plain text in and out: types that only check more. */
/* .read of types whose JSON is a text: what .read_text makes of it, null and "" being blank. */
bool value_read(struct scope *scope, const struct value_context *context,
                const struct field *field, const struct json *in, struct cell *out);
/* .read_text of plain texts: cleaned, within their size. */
bool value_read_text(struct scope *scope, const struct value_context *context,
                     const struct field *field, struct str in, struct cell *out);
void value_text_write(struct json_writer *writer, const struct value_context *context,
                      const struct field *field, const struct cell *in);
struct str value_text_text(struct scope *scope, const struct value_context *context,
                           const struct field *field, const struct cell *in);

/* ---- field_formula.c: values that are computed, never given ---- */
bool computed_read(struct scope *scope, const struct value_context *context,
                   const struct field *field, const struct json *in, struct cell *out);
bool computed_read_text(struct scope *scope, const struct value_context *context,
                        const struct field *field, struct str in, struct cell *out);
void computed_write(struct json_writer *writer, const struct value_context *context,
                    const struct field *field, const struct cell *in);
struct str computed_text(struct scope *scope, const struct value_context *context,
                         const struct field *field, const struct cell *in);
/* "result" and what belongs to its type. */
bool computed_result(struct scope *scope, const struct json *definition, struct field *field);

/* ---- derive.c: look-ups and roll-ups ---- */
/* "sum" -> "SUM"; NULL: no function of roll-ups. */
const char *derivation_function(struct str name);
/* The field's derivation, with "field" in it; NULL: it was given a formula, which is refused. */
struct derivation *derivation_begin(struct scope *scope, const struct json *definition,
                                    struct field *field);
/* field->formula_source from field->derivation. */
void derivation_write(struct scope *scope, struct field *field);
/* Links by id, with today's names; at the end of schema_load. */
void derivations_link(struct scope *scope, struct schema *schema);

/* ---- fill.c ---- */
/* Fields whose columns are being filled become what they are until then; the last of loading. */
bool fills_load(struct scope *scope, struct db_conn *conn, struct schema *schema);

/* ---- define.c: reading definitions ---- */
/* ERROR_INVALID about a property: blames "fields.<name>.<property>". Returns false. */
bool define_refuse(struct scope *scope, const struct field *field, const char *property,
                   const char *key);
bool define_label(struct scope *scope, const struct json *json, struct str path,
                  struct label *out);
bool define_bool(struct scope *scope, const struct json *definition, const char *name,
                 struct str path, bool *out);
bool define_text(struct scope *scope, const struct json *definition, const char *name,
                 struct str path, size_t size_max, struct str *out);
/* "size_max": between 1 and the type's own ceiling. */
bool define_size(struct scope *scope, const struct json *definition, struct field *field,
                 int64_t fallback, int64_t ceiling);
/* "min" and "max" in units of the field's scale. */
bool define_bounds(struct scope *scope, const struct json *definition, struct field *field);
/* "personal": true or the name of a class. */
bool define_personal(struct scope *scope, const struct json *definition, struct field *field);
const char *personal_name(enum personal personal); /* "phone"; NULL for yes and no */
/* "accept": any, image or audio. */
bool define_accept(struct scope *scope, const struct json *definition, struct field *field);
const char *accept_name(enum accept accept);
/* "width": 1 or 2. */
bool define_width(struct scope *scope, const struct json *definition, struct field *field);
/* Refuses members of a field's definition that mean nothing; said once, when it is put. */
bool define_members_check(struct scope *scope, struct str field_name,
                          const struct json *definition);
/* "aliases": former names; what is no text is passed over. */
void define_aliases(struct scope *scope, const struct json *definition, struct aliases *out);
bool define_choices(struct scope *scope, const struct json *definition, struct field *field);
bool name_is_reserved_field(struct str name);
bool name_is_system_field(struct str name); /* one that every object has, or its kind brings */
bool name_is_reserved_object(struct str name);

/* ---- build.c: a definition as stored -> struct object, not yet linked ---- */
/*
 * Checks everything that can be checked without other objects; collects
 * ERROR_INVALID items. References are linked by schema_load.
 */
bool object_build(struct scope *scope, const struct json *body, struct object *out);
bool pipeline_build(struct scope *scope, const struct json *body, struct pipeline *out);

/* ---- calendar.c ---- */
/* Refuses with "schema.calendar", naming the member and the value. */
bool calendar_build(struct scope *scope, struct str name, const struct json *body,
                    struct calendar *out);
bool calendars_load(struct scope *scope, struct schema *schema);

/* ---- builtin_objects.c ---- */
/* The engine's own objects as JSON definitions, in the order of their ids. */
void builtin_objects(struct scope *scope, const struct json **out, int *count);
/* NULL: not one of them. */
const struct json *builtin_object(struct scope *scope, struct str name);
/* The stored part of user and team laid over the engine's part. */
struct json builtin_merge(struct scope *scope, const struct json *builtin,
                          const struct json *stored);

/* ---- tree.c: definitions that change; the input is never touched ---- */
struct json tree_text(struct str text);
struct json tree_int(int64_t integer);
struct json tree_bool(bool boolean);
struct json tree_map(void);
struct json tree_list(struct scope *scope, int capacity);
/* Replaces or appends. */
void tree_set(struct scope *scope, struct json *map, const char *name, struct json value);
void tree_remove(struct scope *scope, struct json *map, const char *name);
void tree_push(struct json *list, struct json value); /* room was made by tree_list */
/* When the name is another than before, the former one becomes an alias. */
void tree_alias(struct scope *scope, const struct json *before, struct json *map);

/* ---- config.c: rows of config and setting ---- */
struct config_row {
    bool is_found;
    int id;
    int64_t version;
    struct str body_text;
    struct json body;
};
bool config_get(struct scope *scope, struct db_conn *conn, struct str kind, struct str name,
                struct config_row *out);
/* Everybody's snapshot is old from here on. */
bool version_grow(struct scope *scope, struct db_conn *conn);
/* Name of a configuration by id; empty: none. */
bool config_name_of(struct scope *scope, struct db_conn *conn, struct str kind, int64_t id,
                    struct str *out);
struct config_change {
    struct str kind;
    struct str name;          /* as it is stored now; or the new one's */
    struct str name_after;    /* empty: unchanged */
    bool is_follow;
    const struct json *body;  /* NULL: drop */
    int id;
    struct uuid by;
    int64_t now_ms;
};
bool config_store(struct scope *scope, struct db_conn *conn, const struct config_row *row,
                  const struct config_change *change);
bool config_id_next(struct scope *scope, struct db_conn *conn, const char *what, int *out);

/* ---- put_object.c, put_pipeline.c ---- */
struct put {
    struct db_conn *conn;
    struct str kind, name;
    const struct json *body;
    struct uuid by;
    int64_t now_ms;
    const struct schema_part *parts; /* all of the change this is a part of */
    int part_count;
    bool is_follow; /* only for the history */
    bool is_trial;  /* rows of configuration only, no tables */
};
/* Gives a stored look-up or roll-up the "result" its column is made for. */
bool derived_normalise(struct scope *scope, const struct put *put, struct str object_name,
                       struct json *definition);
bool object_put(struct scope *scope, const struct put *put);
bool object_drop(struct scope *scope, const struct put *put);
bool pipeline_put(struct scope *scope, const struct put *put);
bool pipeline_drop(struct scope *scope, const struct put *put);

/* ---- table.c: tables, columns, indexes ---- */
/* Makes the tables of an object what its definition says; old NULL: a new object. */
bool table_change(struct scope *scope, struct db_conn *conn, const struct object *old_object,
                  const struct object *object);
/* Puts the table of a dropped object out of the way; its rows stay. */
bool table_column_add(struct scope *scope, struct db_conn *conn, struct str table,
                      const struct field *field);
/* Brings it back, as what the definition is now. */
bool table_show(struct scope *scope, struct db_conn *conn, const struct object *old_object,
                const struct object *object);
bool table_hide(struct scope *scope, struct db_conn *conn, const struct object *object);

#endif
