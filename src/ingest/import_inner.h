#ifndef INGEST_IMPORT_INNER_H
#define INGEST_IMPORT_INNER_H

#include "ingest/guess.h"
#include "ingest/import.h"
#include "ingest/name_map.h"
#include "ingest/table_write.h"
#include "ingest/value.h"

/* What the files of the import share; nobody else includes it. */
enum {
    IMPORT_BATCH_SIZE = 500,          /* rows per write */
    REPLAN_COUNT_MAX = 10,            /* of one batch, when the configuration changes */
    RESOLVER_COUNT_MAX = 50,
    RESOLVER_LOAD_MAX = 20000,        /* names of an object that small are all kept */
    RESOLVER_ENTRY_COUNT_MAX = 200000,
    IMPORT_LATER_COUNT_MAX = 500000,  /* references to rows further down */
    IMPORT_SHOWN_SIZE_MAX = 200,      /* bytes of a value in a sentence */
    IMPORT_SHOWN_LENGTH_MAX = 200,    /* code points of a value in the report */
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
    bool is_complete; /* a name that is not in the map does not exist */
    bool has_new;     /* records made in the write that is going on */
};
struct resolvers {
    struct scope scope; /* the names of objects and fields */
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
/* A record has been made; what was made is kept; or it was taken back. */
void resolver_add(struct resolver *resolver, struct str text, struct uuid id);
void resolvers_keep(struct resolvers *resolvers);
void resolvers_forget(struct resolvers *resolvers, bool is_all);

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
    struct str name;           /* "firm.name", as mapped */
    const struct field *field; /* NULL for the event's own */
    const struct object *to;   /* of a reference */
    const struct field *match; /* of to; NULL: title, login */
    int resolver;
    int column;                /* -1: constant */
    struct str constant;
    struct ingest_date_format format;
    bool is_own;  /* a reference to the object that is being imported */
    bool is_list; /* many-to-many: several names in one cell */
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
    bool is_quick_update; /* rows that are there already may be updated many at once */
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
    struct ingest_row row;
    struct cell *cells; /* by target; references and stages as text */
    bool is_out;        /* refused or skipped: nothing more to do */
    struct uuid same;   /* the record of that key, or nil */
    bool is_again;      /* the same key stands further up in the batch */
    bool is_alone;      /* does not go in with others: it is refused, or something follows */
};

/* A row of import_row to be written. */
struct trace {
    struct uuid record;
    int object;
    enum import_action action;
    int64_t row;
};

/* A reference to a row that may stand further down. */
struct later {
    struct uuid record;
    struct str field, text, column; /* by name: the configuration may change meanwhile */
    int64_t row;
};

/* ---- the run ---- */
struct run {
    struct scope *scope;
    const struct import_task *task;
    struct ingest_table *table;
    struct ingest_header header;
    struct ingest_date_format *formats;
    struct resolvers resolvers;
    struct name_map *own_names; /* titles in the file, when rows refer to one another */
    struct later *later;
    int later_count, later_capacity;
    struct import_report *report;
    struct table_writer *errors;
    struct table_column *error_columns;
    struct scope plan_scope;
    struct key_index *keys; /* the writer's thread's; empty where the field has an index itself */
    bool has_plan, has_begun;
    struct plan plan;
    int64_t login_number;    /* last one tried of user-1, user-2 … */
    struct str made_choices; /* JSON: {"field":["name"]}, or empty */
};

/* One batch: rows of the file, and what became of them. */
struct batch {
    struct run *run;
    struct scope *scope;
    struct line *lines;
    int count;
    int64_t created, updated, skipped, failed_rows;
    struct import_failure *failures;
    struct line **failed_lines;
    int failure_count, failure_capacity;
    struct later *later;
    int later_count, later_capacity;
    struct trace *traces;
    int trace_count, trace_capacity;
    int64_t change_last; /* newest row of change before the batch */
    struct str logins[2 * IMPORT_BATCH_SIZE]; /* given out in this batch */
    int login_count;
    bool is_cancelled;
    int64_t version; /* of the configuration its cells were read under */
};

/* Reads the row's cells; what does not fit becomes failures of the batch. */
MUST_USE bool line_read(struct batch *batch, const struct ingest_row *row, struct line *out);
/* Every item of the scope's error as a failure of the row; clears it. False: storage. */
MUST_USE bool line_fail(struct scope *scope, struct batch *batch, struct line *line);
/* Reports required fields that would stay blank in a new record. */
bool line_required(struct scope *scope, const struct plan *plan, const struct line *line);
/* The row's fields, with references looked up or made; false: refused, or storage. */
MUST_USE bool line_changes(struct scope *scope, struct db_conn *conn, struct batch *batch,
                           struct line *line, bool is_create, struct history_row *out);
void batch_failure(struct batch *batch, struct line *line, struct import_failure failure);
void batch_trace(struct batch *batch, struct trace trace);
void batch_later(struct batch *batch, struct later later);
/* A name of the line that is looked for again when all rows are in. */
void line_later(struct batch *batch, const struct line *line, const struct target *target,
                struct str text, struct uuid record);
/* On the writer: the batch as one transaction. */
MUST_USE bool batch_write(struct scope *scope, struct db_conn *conn, void *batch);
/* What was and is, of the fields that differ, as JSON for import_row. */
struct str before_text(struct scope *scope, const struct record *before,
                       const struct record *after);
/* A record was changed; written at once. */
MUST_USE bool trace_update(struct scope *scope, struct db_conn *conn, const struct run *run,
                           struct uuid record, int object, int64_t number, struct str before);
/* The same of many, whose rows and texts are given by place. */
MUST_USE bool trace_updates(struct scope *scope, struct db_conn *conn, const struct run *run,
                            const struct update_row *rows, struct line *const *lines, int count);
/* The records that were made. */
MUST_USE bool traces_put(struct scope *scope, struct db_conn *conn, struct batch *batch);

/*
 * import_batch.c: the fields of a row that is tried with others; *is_out when it was refused by
 * itself. Where references are made, it may have made one before it was refused: false without
 * an error, it must then be written alone.
 */
MUST_USE bool part_line(struct scope *scope, struct db_conn *conn, struct batch *batch,
                        struct line *line, bool is_create, struct history_row *out, bool *is_out);

/* ---- import_keys.c ---- */
struct key_index *keys_begin(struct scope *scope);
void keys_end(struct key_index *index);
/* Sets same and is_again of the batch's lines. */
MUST_USE bool keys_find(struct scope *scope, struct db_conn *conn, struct batch *batch);
/* The line has become a record: lines of the same key further down are of it. */
void key_note(struct batch *batch, const struct line *line, struct uuid id);

/* ---- import_update.c ---- */
/* Lines whose records are there, many at once; those that do not go in so are left. */
MUST_USE bool updates_write(struct scope *scope, struct db_conn *conn, struct batch *batch);

/* ---- import_reference.c ---- */
MUST_USE bool reference_resolve(struct scope *scope, struct db_conn *conn, struct batch *batch,
                                struct line *line, const struct target *target, struct str text,
                                struct cell *out, bool *is_later);
/*
 * "a；b" of a many-to-many field: each of them as above, those of rows further down left for
 * later. A name may hold a mark that stands between names when it is the name of a record.
 */
MUST_USE bool references_resolve(struct scope *scope, struct db_conn *conn, struct batch *batch,
                                 struct line *line, const struct target *target, struct str text,
                                 struct uuid record, struct cell *out);
/* When all rows are in: references to rows further down. */
MUST_USE bool references_late(struct scope *scope, struct run *run);

/* ---- import_person.c ---- */
/* A login that nobody has, from a name. */
MUST_USE bool login_make(struct scope *scope, struct db_conn *conn, struct batch *batch,
                         struct str name, struct str *out);

/* ---- import_choice.c ---- */
MUST_USE bool choices_make(struct scope *scope, struct run *run,
                           struct ingest_profile *const *profiles);
/* Choices an import made that no record has any more. */
MUST_USE bool choices_unmake(struct scope *scope, struct db_conn *conn,
                             const struct engine_context *context, struct str object,
                             const struct json *made);

/* ---- import_stages.c ---- */
MUST_USE bool stages_run(struct scope *scope, struct run *run);

/* ---- import_log.c: import_run and the error file ---- */
/* import_log.c: a line of the audit, inside a write. */
MUST_USE bool import_audit(struct scope *scope, struct db_conn *conn, const struct import_by *by,
                           struct uuid id, struct str object, const char *what);
MUST_USE bool run_begin(struct scope *scope, struct run *run);
/* Inside the batch's write. */
MUST_USE bool run_progress(struct scope *scope, struct db_conn *conn, struct batch *batch);
MUST_USE bool run_finish(struct scope *scope, struct run *run, const char *state);
/* After the batch is durable: counts, failures and the error file follow. */
MUST_USE bool batch_keep(struct scope *scope, struct batch *batch);

/* ---- import_recover.c ---- */
/* This process, as import_run names it. */
struct str import_owner(struct scope *scope);
/* A sign of life, of writes that tell no progress. */
MUST_USE bool run_beat(struct scope *scope, struct db_conn *conn, struct uuid id);

/* ---- import_run.c ---- */
/* The error of an inner scope, which is about to end. */
void error_pass(struct scope *to, const struct scope *from);
/* Snapshot, actor and mapping as they are now; the same ones while nothing changed. */
MUST_USE bool run_plan(struct scope *scope, struct run *run);
void run_plan_end(struct run *run);
/* Was it refused because the configuration has moved on since the plan was made? */
bool is_config_changed(const struct scope *scope);
/*
 * A write under the plan as it is, waiting. One that meets another configuration has done
 * nothing yet: the plan is made anew and it goes once more, REPLAN_COUNT_MAX times at most.
 */
MUST_USE bool run_write(struct scope *scope, struct run *run,
                        bool (*write)(struct scope *scope, struct db_conn *conn, void *context),
                        void *context);
/* ---- import_rows.c ---- */
/* The second reading: all rows, batch by batch. */
MUST_USE bool rows_run(struct scope *scope, struct run *run, bool *is_cancelled);
MUST_USE bool by_context(struct scope *scope, struct db_conn *conn, const struct import_by *by,
                         const struct snapshot *snapshot, struct engine_context *out);

#endif
