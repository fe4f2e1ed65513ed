/* Names -> ids: a hash table with chains, doubled when it is full. */
#include "ingest/name_map.h"

#include <assert.h>

#include "base/buf.h"
#include "base/utf8.h"

enum { SLOT_COUNT_FIRST = 1024, BLOCK_SIZE = 1024, BLOCK_COUNT_MAX = 4096 };

struct name_map {
    struct scope *scope;
    struct name_entry **slots;
    uint64_t slot_count; /* a power of two */
    int64_t count;
    struct name_entry *blocks[BLOCK_COUNT_MAX];
};

struct str name_fold(struct scope *scope, struct str name)
{
    struct str folded = str_trim(utf8_fold_text(scope, name));
    struct buf out;
    bool is_gap = false;
    if (str_find(folded, STR("  ")) == SIZE_MAX && str_find(folded, STR("\n")) == SIZE_MAX) {
        return folded;
    }
    buf_begin(&out, scope, folded.size + 1);
    for (size_t i = 0; i < folded.size; i++) {
        char byte = folded.data[i];
        bool is_blank = byte == ' ' || byte == '\t' || byte == '\n';
        if (is_blank && !is_gap) buf_put_char(&out, ' ');
        if (!is_blank) buf_put_char(&out, byte);
        is_gap = is_blank;
    }
    return buf_str(&out);
}

struct name_map *name_map_make(struct scope *scope)
{
    struct name_map *map = scope_new(scope, struct name_map, 1);
    map->scope = scope;
    map->slot_count = SLOT_COUNT_FIRST;
    map->slots = scope_new(scope, struct name_entry *, map->slot_count);
    return map;
}

static struct name_entry **slot_of(const struct name_map *map, struct str folded)
{
    return &map->slots[str_hash(folded) & (map->slot_count - 1)];
}

static struct name_entry *chain_find(struct name_entry *entry, struct str folded)
{
    while (entry && !str_equal(entry->name, folded)) entry = entry->next;
    return entry;
}

struct name_entry *name_map_get(const struct name_map *map, struct scope *scope, struct str name)
{
    struct str folded = name_fold(scope, name);
    return chain_find(*slot_of(map, folded), folded);
}

static void grow(struct name_map *map)
{
    map->slot_count *= 2;
    map->slots = scope_new(map->scope, struct name_entry *, map->slot_count);
    for (int64_t i = 0; i < map->count; i++) {
        struct name_entry *entry = &map->blocks[i / BLOCK_SIZE][i % BLOCK_SIZE];
        struct name_entry **slot = slot_of(map, entry->name);
        entry->next = *slot;
        *slot = entry;
    }
}

struct name_entry *name_map_put(struct name_map *map, struct scope *scope, struct str name)
{
    struct str folded = name_fold(scope, name);
    struct name_entry *entry = chain_find(*slot_of(map, folded), folded);
    if (entry) return entry;
    assert(map->count < (int64_t)BLOCK_SIZE * BLOCK_COUNT_MAX); /* rows of a file are bounded */
    if ((uint64_t)map->count >= map->slot_count) grow(map);
    struct name_entry **block = &map->blocks[map->count / BLOCK_SIZE];
    if (!*block) *block = scope_new(map->scope, struct name_entry, BLOCK_SIZE);
    entry = &(*block)[map->count++ % BLOCK_SIZE];
    entry->name = scope_copy(map->scope, folded);
    struct name_entry **slot = slot_of(map, folded);
    entry->next = *slot;
    *slot = entry;
    return entry;
}

int64_t name_map_count(const struct name_map *map)
{
    return map->count;
}

const struct name_entry *name_map_at(const struct name_map *map, int64_t i)
{
    return &map->blocks[i / BLOCK_SIZE][i % BLOCK_SIZE];
}
