#ifndef ENGINE_PACK_H
#define ENGINE_PACK_H

#include "engine/engine.h"

/*
 * Packs: configuration as files, <pack>/<kind>s/<name>.json. Those of the
 * repository are built into the binary; others are read from a folder.
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
    struct schema_part *parts; /* in the order they can be applied */
    int part_count;
};
enum { PACK_PART_COUNT_MAX = 2000, PACK_FILE_SIZE_MAX = 1024 * 1024 };

/* ERROR_NOT_FOUND "pack.not_found"; a file that is no JSON is named in the error. */
MUST_USE bool pack_read(struct scope *scope, struct str name, struct pack *out);
MUST_USE bool pack_read_folder(struct scope *scope, struct str path, struct pack *out);
/* Stores all of it in one write and waits: either the whole pack or nothing. */
MUST_USE bool pack_apply(struct scope *scope, const struct engine_context *context,
                         const struct pack *pack);

#endif
