#ifndef INGEST_IMPORT_INNER_H
#define INGEST_IMPORT_INNER_H

#include "ingest/guess.h"
#include "ingest/import.h"
#include "ingest/name_map.h"
#include "ingest/table_write.h"
#include "ingest/value.h"

/* What the files of the import share; nobody else includes it. */
enum {
    IMPORT_BATCH_SIZE = 200,          /* rows per write */
    RESOLVER_COUNT_MAX = 50,
    RESOLVER_LOAD_MAX = 20000,        /* names of an object that small are all kept */
    RESOLVER_ENTRY_COUNT_MAX = 200000,
    IMPORT_LATER_COUNT_MAX = 500000,  /* references to rows further down */
    IMPORT_SHOWN_SIZE_MAX = 200,      /* bytes of a value in the report */
};

/* Actions of import_row. */
enum import_action {
    IMPORT_CREATED = 1,
    IMPORT_UPDATED,
    IMPORT_REFERENCE, /* made because a row named it */
    IMPORT_FOLLOWED,  /* made or changed by a rule */
};

/* ---- import_resolve.c: names of other records ---- */
enum found { FOUND_NONE = 0, FOUND_ONE, FOUND_MANY };
struct resolver {
    struct str object, match; /* API names; match empty: title, and login of people */
    struct name_map *map;     /* folded text -> id; count 0: known to be absent */
    struct scope scope;       /* the map's */
    bool is_loaded, is_complete;
};
struct resolvers {
    struct resolver items[RESOLVER_COUNT_MAX];
    int count;
};
void resolvers_begin(struct resolvers *resolvers);
void resolvers_end(struct resolvers *resolvers);
/* Index of the resolver of an object and match field; -1: too many. */
int resolver_index(struct resolvers *resolvers, struct str object, struct str match);
MUST_USE bool resolver_find(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context, struct resolver *resolver,
                            struct str text, enum found *found, struct uuid *id);
/* After a record has been made, or when a write that made some was taken back. */
void resolver_add(struct resolver *resolver, struct str text, struct uuid id);
void resolver_forget(struct resolver *resolver);

/* ---- import_plan.c: the mapping, against one snapshot and one header ---- */
enum target_kind {
    TARGET_FIELD = 1,
    TARGET_REFERENCE,
    TARGET_STAGE,
    TARGET_EVENT_KEY, /* of stage_history */
    TARGET_EVENT_STAGE,
    TARGET_EVENT_AT,
    TARGET_EVENT_BY,
    TARGET_EVENT_REASON,
};

struct target {
    enum target_kind kind;
    struct str name;           /* "customer.name", as mapped */
    const struct field *field; /* NULL for the event's own */
    const struct object *to;   /* of a reference */
    const struct field *match; /* of to; NULL: title, login */
    int resolver;
    int column;                /* -1: constant */
    struct str constant;
    struct ingest_date_format format;
    bool is_own; /* a reference to the object that is being imported */
};

struct plan {
    const struct snapshot *snapshot;
    struct engine_context context;
    const struct object *object;
    const struct import_options *options;
    struct target targets[IMPORT_MAP_COUNT_MAX];
    int target_count;
    const struct target *key;     /* NULL: none */
    const struct target *stage, *pipeline, *created_at, *closed_at, *entered_at, *owner;
    const struct target *event_key, *event_stage, *event_at, *event_by, *event_reason;
    bool is_history; /* dates and stages are as they were: rules stay silent */
    bool is_quick;   /* rows may be put in many at once */
    bool makes_login;
};

/* Names of columns found in the header; formats by column (NULL: not known yet). */
MUST_USE bool plan_make(struct scope *scope, struct plan *plan, struct ingest_header header,
                        const struct ingest_date_format *formats, struct resolvers *resolvers);
/* The field or path a mapping names; reports what is wrong with it. */
MUST_USE bool plan_target(struct scope *scope, const struct engine_context *context,
                          const struct object *object, enum import_kind kind, struct str name,
                          struct target *out);
int header_find(const struct ingest_header *header, struct str name);

/* ---- import_cell.c: one text as a value ---- */
/* What the value map says instead, or the text itself. */
struct str value_mapped(const struct import_options *options, const struct target *target,
                        struct str text);
/* Cell of the target's field; references stay text (CELL_TEXT). Mistakes are reported. */
MUST_USE bool target_read(struct scope *scope, const struct plan *plan,
                          const struct target *target, const struct ingest_cell *in,
                          struct cell *out);
/* By API name or label, in the pipeline; NULL: none. */
const struct stage *stage_named(const struct pipeline *pipeline, struct str text);
const struct pipeline *pipeline_default(const struct object *object);

/* ---- import_line.c: one row of the file ---- */
struct line {
    int64_t row;
    struct str *texts;  /* by column, as a person reads them; for reports */
    struct cell *cells; /* by target */
    bool is_out;        /* refused or skipped: nothing more to do */
};
/* ---- the run ---- */
struct later {
    struct uuid record;
    int target;
    int64_t row;
    struct str text;
};

struct run {
    struct scope *scope;
    const struct import_task *task;
    struct ingest_table *table;
    struct ingest_header header;
    struct ingest_date_format *formats;
    struct resolvers resolvers;
    struct scope names_scope;
    struct name_map *own_names; /* titles in the file, when rows refer to one another */
    struct later *later;
    int later_count, later_capacity;
    struct import_report *report;
    struct table_writer *errors;
    struct scope plan_scope;
    bool has_plan;
    struct plan plan;
    int64_t change_last; /* newest row of change before the batch */
};

/* One batch: rows of the file, and what became of them. */
struct batch {
    struct run *run;
    struct line *lines;
    int count;
    int64_t created, updated, skipped;
    struct import_failure *failures;
    int failure_count, failure_capacity;
    struct later *later;
    int later_count;
    bool is_cancelled;
    bool is_last;
};

MUST_USE bool line_read(struct scope *scope, struct batch *batch, const struct ingest_row *row,
                        struct line *out);
/* Every item of the scope's error as a failure of the row; clears it. False: storage. */
MUST_USE bool line_fail(struct scope *scope, struct batch *batch, struct line *line);
/* On the writer: the batch as one transaction. */
MUST_USE bool batch_write(struct scope *scope, struct db_conn *conn, void *context);
/* Changes of a row, with references looked up or made; false: refused or storage. */
MUST_USE bool line_changes(struct scope *scope, struct db_conn *conn, struct batch *batch,
                           struct line *line, bool is_create, struct history_row *out);
MUST_USE bool row_put(struct scope *scope, struct db_conn *conn, struct run *run,
                      struct uuid record, int object, enum import_action action, int64_t row,
                      struct str before);

/* ---- import_reference.c ---- */
MUST_USE bool reference_resolve(struct scope *scope, struct db_conn *conn, struct batch *batch,
                                const struct line *line, const struct target *target,
                                struct str text, struct cell *out, bool *is_later);
MUST_USE bool reference_later(struct scope *scope, struct run *run);

/* ---- import_person.c ---- */
/* A login that nobody has, from a name. */
MUST_USE bool login_make(struct scope *scope, struct db_conn *conn, struct run *run,
                         struct str name, struct str *out);

/* ---- import_choice.c ---- */
MUST_USE bool choices_make(struct scope *scope, struct run *run,
                           struct ingest_profile **profiles);
/* Choices an import made that no record has any more. */
MUST_USE bool choices_unmake(struct scope *scope, struct db_conn *conn,
                             const struct engine_context *context, const struct json *made);

/* ---- import_stages.c ---- */
MUST_USE bool stages_run(struct scope *scope, struct run *run);

/* ---- import_log.c: import_run and the error file ---- */
MUST_USE bool run_state(struct scope *scope, struct db_conn *conn, struct uuid id,
                        struct str *out);
MUST_USE bool run_begin(struct scope *scope, struct run *run);
MUST_USE bool run_progress(struct scope *scope, struct db_conn *conn, const struct run *run);
MUST_USE bool run_finish(struct scope *scope, struct run *run, const char *state);
MUST_USE bool failures_keep(struct scope *scope, struct run *run, const struct batch *batch);

/* ---- import_run.c ---- */
/* Snapshot, actor and mapping as they are now; the same ones while nothing changed. */
MUST_USE bool run_plan(struct scope *scope, struct run *run);
void run_plan_end(struct run *run);

#endif
