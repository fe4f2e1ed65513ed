#ifndef ENGINE_PACK_H
#define ENGINE_PACK_H

#include "engine/engine.h"
#include "engine/merge.h"

/*
 * Packs: configuration as files, <kind>s/<name>.json beside pack.json. Those of the
 * repository are built into the binary; others come from a folder or an archive.
 */
struct pack_file {
    const char *path; /* "sales/objects/x.json" */
    const char *text;
    size_t size;
};
extern const struct pack_file pack_files[]; /* made by tools/packs.c */
extern const int pack_file_count;

struct pack {
    struct str name, version;
    struct json head;          /* pack.json: name, version, title, help, needs, engine */
    struct schema_part *parts; /* NULL bodies do not occur */
    int part_count;
};
enum {
    PACK_PART_COUNT_MAX = 2000,
    PACK_FILE_SIZE_MAX = 1024 * 1024,
    PACK_SIZE_MAX = 32 * 1024 * 1024, /* all files together */
    PACK_NAME_SIZE_MAX = 50,
};

/* ---- reading ---- */
/* ERROR_NOT_FOUND "pack.not_found"; a file that is no JSON is named in the error. */
MUST_USE bool pack_read(struct scope *scope, struct str name, struct pack *out);
MUST_USE bool pack_read_folder(struct scope *scope, struct str path, struct pack *out);
/* For other vessels: begin, each file by its path within the pack, end. */
void pack_begin(struct scope *scope, struct pack *pack);
/* Files that are no part of a pack ("README.md") are passed over. */
MUST_USE bool pack_file_put(struct scope *scope, struct pack *pack, struct str path,
                            struct str text);
/* ERROR_INVALID "pack.head" when pack.json is missing or has no good name and version. */
MUST_USE bool pack_end(struct scope *scope, struct pack *pack);
/* The heads of those in the binary, as an array. */
MUST_USE bool pack_shipped(struct scope *scope, struct json **out, int *count);

/* ---- the configuration as a pack ---- */
/*
 * All configuration as it stands, portable, by kind and name. The head is that of the
 * installed pack most of it comes from; name and version (when not empty) replace its.
 */
MUST_USE bool pack_of_workspace(struct scope *scope, struct db_conn *conn, struct str name,
                                struct str version, struct pack *out);
/* All files of a pack, pack.json first; the same pack always gives the same bytes. */
struct pack_text {
    struct str path, text;
};
void pack_texts(struct scope *scope, const struct pack *pack, struct pack_text **out, int *count);
/* A pack as one JSON tree and back: {"head", "parts": [{"kind", "name", "body"}]}. */
struct json pack_to_json(struct scope *scope, const struct pack *pack);
MUST_USE bool pack_of_json(struct scope *scope, const struct json *json, struct pack *out);

/* A body without the ids that one workspace gave, and without what it once had. */
struct json pack_body(struct scope *scope, struct str kind, const struct json *body);
/*
 * Where two trees differ: one line per place, "fields.amount.label.zh". Members of maps in
 * any order; items of lists by their "name" where they have one.
 */
void pack_differences(struct buf *out, const struct json *a, const struct json *b);

/* ---- applying: a three-way merge, see merge.h ---- */
struct pack_step {
    struct str kind, name;   /* the part, as it is called here */
    struct merge_step change;
};
/* "object/permit", "object/permit.fields.x.label": what choices name. */
struct str pack_step_path(struct scope *scope, const struct pack_step *step);
/* In words: what happens there, and why when it does not. */
struct str pack_step_text(struct scope *scope, enum language language,
                          const struct pack_step *step);

struct pack_plan {
    struct str version_before;     /* empty: the pack is not installed */
    struct pack_step *steps;
    int step_count, conflict_count;
    struct schema_part *parts;     /* what is to be stored; a NULL body: dropped */
    int part_count;
};
/*
 * choices: paths (or what they begin with) where theirs is taken although mine was changed.
 * ERROR_CONFLICT "pack.version_old", "pack.version_same" (another content under the same
 * version), "pack.needs", "pack.engine". Reads only.
 */
MUST_USE bool pack_plan(struct scope *scope, struct db_conn *conn, const struct pack *pack,
                        const struct str *choices, int choice_count, struct pack_plan *out);
/* What was changed here since the pack was applied: steps MERGE_KEEP. */
MUST_USE bool pack_changed(struct scope *scope, struct db_conn *conn, struct str name,
                           struct pack_plan *out);
/* From one pack to another, whatever stands here: steps MERGE_TAKE. */
MUST_USE bool pack_compare(struct scope *scope, const struct pack *from, const struct pack *to,
                           struct pack_plan *out);
/* Plans and stores all of it inside the caller's write; what was before is kept for undo. */
MUST_USE bool pack_apply(struct scope *scope, struct db_conn *conn,
                         const struct engine_context *context, const struct pack *pack,
                         const struct str *choices, int choice_count, struct pack_plan *out);
/*
 * Takes the last apply of the pack back, in the caller's write: its changes only; what
 * was changed since stays, and what holds data is kept. ERROR_NOT_FOUND "pack.no_undo".
 */
MUST_USE bool pack_undo(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context, struct str name,
                        struct pack_plan *out);
/* As a write of its own, waiting: command line and tests. */
MUST_USE bool pack_apply_wait(struct scope *scope, const struct engine_context *context,
                              const struct pack *pack, const struct str *choices,
                              int choice_count, struct pack_plan *out);
MUST_USE bool pack_undo_wait(struct scope *scope, const struct engine_context *context,
                             struct str name, struct pack_plan *out);

struct pack_installed {
    struct str name, version;
    struct json head;
    int64_t applied_at_ms;
    struct uuid applied_by;  /* nil: the system */
    bool can_undo;
    struct str version_undo; /* what undo goes back to; empty: not installed */
};
/* By name. */
MUST_USE bool pack_list(struct scope *scope, struct db_conn *conn, struct pack_installed **out,
                        int *count);

/* A part as the installed pack has it that shipped it, whatever it has become here. */
MUST_USE bool pack_shipped_part(struct scope *scope, struct db_conn *conn, struct str kind,
                                struct str name, bool *is_found, struct json *out);

#endif
