#ifndef INGEST_NAME_MAP_H
#define INGEST_NAME_MAP_H

#include "base/scope.h"
#include "base/uuid.h"

/*
 * Names -> ids, in memory: folded (case, width, runs of blanks), so "ACME  Corp"
 * and "Acme Corp" are one. Grows with the scope it was made in.
 */
struct name_entry {
    struct str name; /* folded */
    struct uuid id;
    int count; /* records of that name; 0: known to be none */
    struct name_entry *next;
};
struct name_map;

struct name_map *name_map_make(struct scope *scope);
struct name_entry *name_map_get(const struct name_map *map, struct scope *scope, struct str name);
/* The entry of the name, made (count 0) when there is none. */
struct name_entry *name_map_put(struct name_map *map, struct scope *scope, struct str name);
int64_t name_map_count(const struct name_map *map);
/* i = 0 … count - 1, in the order they came. */
const struct name_entry *name_map_at(const struct name_map *map, int64_t i);
struct str name_fold(struct scope *scope, struct str name);

#endif
