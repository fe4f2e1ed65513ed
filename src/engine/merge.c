/* The three-way merge; see merge.h. JSON_DEPTH_MAX bounds every recursion. */
#include "engine/merge.h"

#include <stdio.h>

enum { LIST_COUNT_MAX = 3000, WORD_KEY_SIZE_MAX = 80 };

static bool is_local(const struct merge *merge, struct str name)
{
    static const char *const names[] = { "id", "to_id", "object_id", "gone", "was" };
    for (size_t i = 0; merge->has_ids && i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_is(name, names[i])) return true;
    }
    return false;
}

/* A field that the schema makes by itself, from "inherit". */
static bool is_made(const struct merge *merge, const struct json *item)
{
    return merge->has_ids && str_starts_with(json_text(item, "name"), STR("seen_by_")) &&
           json_bool(item, "hidden", false);
}

/* ---- equality, apart from what is local ---- */

static bool is_same(const struct merge *merge, const struct json *a, const struct json *b);

static bool is_part_of(const struct merge *merge, const struct json *a, const struct json *b)
{
    for (int i = 0; i < a->count; i++) {
        if (is_local(merge, a->names[i])) continue;
        const struct json *other = json_get_str(b, a->names[i]);
        if (!other || !is_same(merge, &a->items[i], other)) return false;
    }
    return true;
}

static int next_item(const struct merge *merge, const struct json *list, int at)
{
    while (at < list->count && is_made(merge, &list->items[at])) at += 1;
    return at;
}

static bool is_same_list(const struct merge *merge, const struct json *a, const struct json *b)
{
    int i = next_item(merge, a, 0), k = next_item(merge, b, 0);
    while (i < a->count && k < b->count) {
        if (!is_same(merge, &a->items[i], &b->items[k])) return false;
        i = next_item(merge, a, i + 1);
        k = next_item(merge, b, k + 1);
    }
    return i == a->count && k == b->count;
}

static bool is_same(const struct merge *merge, const struct json *a, const struct json *b)
{
    if (!a || !b) return a == b;
    if (a->kind != b->kind) return false;
    if (a->kind == JSON_KIND_MAP) return is_part_of(merge, a, b) && is_part_of(merge, b, a);
    if (a->kind == JSON_KIND_LIST) return is_same_list(merge, a, b);
    return json_is_same(a, b);
}

bool merge_is_same(bool has_ids, const struct json *a, const struct json *b)
{
    struct merge merge = { .has_ids = has_ids };
    return is_same(&merge, a, b);
}

/* ---- where we are, as a path and in words ---- */

struct place {
    size_t path_size;
    struct label words;
};

static struct str joined(struct merge *merge, struct str place, struct str more)
{
    return scope_format(merge->scope, "%.*s%s%.*s", STR_ARG(place), place.size > 0 ? " › " : "",
                        STR_ARG(more));
}

static struct str word_of(struct merge *merge, enum language language, struct str name)
{
    char key[WORD_KEY_SIZE_MAX];
    snprintf(key, sizeof(key), "pack.word.%.*s", STR_ARG(name));
    struct str word = message_text(merge->scope, language, key, NULL, 0);
    return str_is(word, key) ? name : word;
}

/* thing: the item of a list that stands there, called by its label; NULL: a member of a map. */
static struct place enter(struct merge *merge, struct str name, const struct json *thing)
{
    struct place old = { merge->path_size, merge->place };
    if (merge->path_size + name.size + 2 < MERGE_PATH_SIZE_MAX) {
        if (merge->path_size > 0) merge->path[merge->path_size++] = '.';
        memcpy(merge->path + merge->path_size, name.data, name.size);
        merge->path_size += name.size;
    }
    const struct json *label = thing ? json_get(thing, "label") : NULL;
    struct str zh = json_text(label, "zh"), en = json_text(label, "en");
    if (zh.size == 0) zh = word_of(merge, LANGUAGE_ZH, name);
    if (en.size == 0) en = word_of(merge, LANGUAGE_EN, name);
    merge->place.zh = joined(merge, merge->place.zh, zh);
    merge->place.en = joined(merge, merge->place.en, en);
    return old;
}

static void leave(struct merge *merge, struct place old)
{
    merge->path_size = old.path_size;
    merge->place = old.words;
}

static struct str path_of(const struct merge *merge)
{
    return (struct str){ merge->path, merge->path_size };
}

static struct merge_step *step_put(struct merge *merge, enum merge_kind kind,
                                   const struct json *base, const struct json *mine,
                                   const struct json *theirs)
{
    static struct merge_step nowhere; /* beyond the bound nobody reads it */
    if (merge->step_count == MERGE_STEP_COUNT_MAX) return &nowhere;
    if (merge->step_count == merge->step_capacity) {
        int capacity = merge->step_capacity > 0 ? 2 * merge->step_capacity : 64;
        struct merge_step *steps = scope_new(merge->scope, struct merge_step, capacity);
        if (merge->steps) memcpy(steps, merge->steps, sizeof(*steps) * (size_t)merge->step_count);
        merge->steps = steps;
        merge->step_capacity = capacity;
    }
    struct merge_step *step = &merge->steps[merge->step_count++];
    *step = (struct merge_step){ .kind = kind, .base = base, .mine = mine, .theirs = theirs,
                                 .path = scope_copy(merge->scope, path_of(merge)),
                                 .place = merge->place,
                                 .takes_theirs = kind == MERGE_TAKE };
    return step;
}

/* ---- one property ---- */

/* What comes back takes the id it had, and with it its values. */
static const struct json *returned(struct merge *merge, const struct json *theirs,
                                   const struct json *base)
{
    int64_t id = json_int(base, "id", 0);
    if (!merge->has_ids || !theirs || theirs->kind != JSON_KIND_MAP || id == 0) return theirs;
    struct json *out = scope_new(merge->scope, struct json, 1);
    *out = *theirs;
    json_set(merge->scope, out, STR("id"), (struct json){ .kind = JSON_KIND_INT, .integer = id });
    return out;
}

static const struct json *property(struct merge *merge, const struct json *base,
                                   const struct json *mine, const struct json *theirs)
{
    bool is_mine_new = !is_same(merge, base, mine), is_theirs_new = !is_same(merge, base, theirs);
    if (!theirs && merge->is_addition) return mine;
    if (!is_theirs_new) {
        step_put(merge, MERGE_KEEP, base, mine, theirs);
        return mine;
    }
    bool may_take = theirs || !merge->may_drop || merge->may_drop(merge, path_of(merge), mine);
    if (!may_take && !is_mine_new) {
        step_put(merge, MERGE_STAY, base, mine, theirs);
        return mine;
    }
    enum merge_kind kind = is_mine_new ? MERGE_CONFLICT : MERGE_TAKE;
    struct merge_step *step = step_put(merge, kind, base, mine, theirs);
    if (is_mine_new) {
        step->takes_theirs = may_take && merge->is_chosen &&
                             merge->is_chosen(merge, path_of(merge));
    }
    if (!step->takes_theirs) return mine;
    return mine ? theirs : returned(merge, theirs, base);
}

static const struct json *merged(struct merge *merge, const struct json *base,
                                 const struct json *mine, const struct json *theirs);

/* ---- maps ---- */

static void member_put(struct merge *merge, struct json *out, struct str name,
                       const struct json *base, const struct json *mine,
                       const struct json *theirs)
{
    const struct json *value = mine;
    if (!is_same(merge, mine, theirs)) {
        struct place old = enter(merge, name, NULL);
        value = merged(merge, base, mine, theirs);
        leave(merge, old);
    }
    if (!value) return;
    out->names[out->count] = name;
    out->items[out->count++] = *value;
}

/* In the order of theirs; what only mine has comes behind. */
static const struct json *merged_maps(struct merge *merge, const struct json *base,
                                      const struct json *mine, const struct json *theirs)
{
    struct json *out = scope_new(merge->scope, struct json, 1);
    int capacity = mine->count + theirs->count + 1;
    *out = (struct json){ .kind = JSON_KIND_MAP,
                          .names = scope_new(merge->scope, struct str, capacity),
                          .items = scope_new(merge->scope, struct json, capacity) };
    for (int i = 0; i < theirs->count; i++) {
        struct str name = theirs->names[i];
        if (is_local(merge, name)) continue;
        member_put(merge, out, name, json_get_str(base, name), json_get_str(mine, name),
                   &theirs->items[i]);
    }
    for (int i = 0; i < mine->count; i++) {
        struct str name = mine->names[i];
        if (is_local(merge, name)) {
            if (!str_is(name, "id") && !str_is(name, "was")) continue;
            out->names[out->count] = name;
            out->items[out->count++] = mine->items[i];
        } else if (!json_get_str(theirs, name)) {
            member_put(merge, out, name, json_get_str(base, name), &mine->items[i], NULL);
        }
    }
    return out;
}

/* ---- lists of named things ---- */

/* What an item is called by: the text itself (key empty), or its member of that name. */
static struct str key_of(const struct json *item, const char *key)
{
    if (key[0]) return json_text(item, key);
    return item->kind == JSON_KIND_STR ? item->text : STR("");
}

static bool has_keys(const struct json *list, const char *key)
{
    if (!list) return true;
    if (list->kind != JSON_KIND_LIST || list->count > LIST_COUNT_MAX) return false;
    for (int i = 0; i < list->count; i++) {
        struct str name = key_of(&list->items[i], key);
        if (name.size == 0) return false;
        for (int k = 0; k < i; k++) {
            if (str_equal(name, key_of(&list->items[k], key))) return false;
        }
    }
    return true;
}

/* NULL: these lists are one property each. */
static const char *list_key(const struct json *base, const struct json *mine,
                            const struct json *theirs)
{
    static const char *const keys[] = { "name", "", "level", "measure", "field", "key", "on" };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        bool is_good = has_keys(base, keys[i]) && has_keys(mine, keys[i]) &&
                       has_keys(theirs, keys[i]);
        if (is_good) return keys[i];
    }
    return NULL;
}

/* One thing of the three lists; an index is -1 where it is not. */
struct entry {
    int base, mine, theirs;
    const struct json *result;
};

struct lists {
    const struct json *base, *mine, *theirs;
    const char *key;
    struct entry *entries;
    int count;
    bool *is_mine_taken;
};

static int index_by_id(const struct json *list, int64_t id)
{
    for (int i = 0; list && id != 0 && i < list->count; i++) {
        if (json_int(&list->items[i], "id", 0) == id) return i;
    }
    return -1;
}

static int index_by_key(const struct json *list, const char *key, struct str name)
{
    for (int i = 0; list && name.size > 0 && i < list->count; i++) {
        if (str_equal(key_of(&list->items[i], key), name)) return i;
    }
    return -1;
}

/* The thing of base that an item of theirs is: by id (undo), by its name, by what it was. */
static int base_of(const struct merge *merge, const struct json *base, const struct json *item,
                   const char *key)
{
    int at = merge->has_ids ? index_by_id(base, json_int(item, "id", 0)) : -1;
    if (at < 0) at = index_by_key(base, key, key_of(item, key));
    if (at < 0 && key[0]) at = index_by_key(base, key, json_text(item, "was"));
    return at;
}

/* Where it stands in mine, by the id base has, else by name. */
static int mine_of(const struct merge *merge, const struct lists *lists,
                   const struct json *base_item, const struct json *item)
{
    const char *key = lists->key;
    int at = merge->has_ids ? index_by_id(lists->mine, json_int(base_item, "id", 0)) : -1;
    if (at < 0 && base_item) at = index_by_key(lists->mine, key, key_of(base_item, key));
    if (at < 0) at = index_by_key(lists->mine, key, key_of(item, key));
    if (at < 0 && !base_item && key[0]) {
        at = index_by_key(lists->mine, key, json_text(item, "was"));
    }
    return at >= 0 && !lists->is_mine_taken[at] ? at : -1;
}

static void entry_put(struct merge *merge, struct lists *lists, int base, int mine, int theirs)
{
    const struct json *items[] = {
        base >= 0 ? &lists->base->items[base] : NULL,
        mine >= 0 ? &lists->mine->items[mine] : NULL,
        theirs >= 0 ? &lists->theirs->items[theirs] : NULL,
    };
    const struct json *shown = items[1] ? items[1] : items[2];
    struct entry *entry = &lists->entries[lists->count++];
    *entry = (struct entry){ base, mine, theirs, items[1] };
    if (mine >= 0) lists->is_mine_taken[mine] = true;
    if (is_same(merge, items[1], items[2])) return;
    struct place old = enter(merge, key_of(shown, lists->key), shown);
    entry->result = merged(merge, items[0], items[1], items[2]);
    leave(merge, old);
}

static void entries_make(struct merge *merge, struct lists *lists)
{
    for (int i = 0; i < lists->theirs->count; i++) {
        const struct json *item = &lists->theirs->items[i];
        if (is_made(merge, item)) continue;
        int base = base_of(merge, lists->base, item, lists->key);
        const struct json *base_item = base >= 0 ? &lists->base->items[base] : NULL;
        entry_put(merge, lists, base, mine_of(merge, lists, base_item, item), i);
    }
    for (int i = 0; i < lists->mine->count; i++) {
        const struct json *item = &lists->mine->items[i];
        if (lists->is_mine_taken[i] || is_made(merge, item)) continue;
        int base = merge->has_ids ? index_by_id(lists->base, json_int(item, "id", 0)) : -1;
        if (base < 0) base = index_by_key(lists->base, lists->key, key_of(item, lists->key));
        entry_put(merge, lists, base, i, -1);
    }
}

/* ---- their order ---- */

enum side { SIDE_BASE, SIDE_MINE, SIDE_THEIRS };

static int place_in(const struct entry *entry, enum side side)
{
    return side == SIDE_BASE ? entry->base : side == SIDE_MINE ? entry->mine : entry->theirs;
}

/* Entries in the order of a side, those it has; returns how many. */
static int order_of(struct merge *merge, const struct lists *lists, enum side side, int **out)
{
    const struct json *list = side == SIDE_BASE   ? lists->base
                              : side == SIDE_MINE ? lists->mine
                                                  : lists->theirs;
    int size = list ? list->count : 0, count = 0;
    int *at = scope_new(merge->scope, int, size + 1);
    *out = scope_new(merge->scope, int, lists->count + 1);
    for (int i = 0; i < size; i++) at[i] = -1;
    for (int e = 0; e < lists->count; e++) {
        int place = place_in(&lists->entries[e], side);
        if (place >= 0) at[place] = e;
    }
    for (int i = 0; i < size; i++) {
        if (at[i] >= 0) (*out)[count++] = at[i];
    }
    return count;
}

/* Do both sides have what they have in common (and, with a base, with it) in one order? */
static bool is_same_order(struct merge *merge, const struct lists *lists, enum side a,
                          enum side b)
{
    int *left, *right;
    int left_count = order_of(merge, lists, a, &left);
    int right_count = order_of(merge, lists, b, &right);
    int i = 0, k = 0;
    for (;;) {
        const struct entry *entry;
        for (; i < left_count; i++) {
            entry = &lists->entries[left[i]];
            if (entry->mine >= 0 && entry->theirs >= 0 && (!lists->base || entry->base >= 0)) break;
        }
        for (; k < right_count; k++) {
            entry = &lists->entries[right[k]];
            if (entry->mine >= 0 && entry->theirs >= 0 && (!lists->base || entry->base >= 0)) break;
        }
        if (i == left_count || k == right_count) return i == left_count && k == right_count;
        if (left[i++] != right[k++]) return false;
    }
}

/* Is it the order of mine that counts? */
static bool is_order_mine(struct merge *merge, const struct lists *lists)
{
    if (is_same_order(merge, lists, SIDE_MINE, SIDE_THEIRS)) return false;
    struct place old = enter(merge, STR("(order)"), NULL);
    bool is_mine_new = !lists->base || !is_same_order(merge, lists, SIDE_BASE, SIDE_MINE);
    bool is_theirs_new = !lists->base || !is_same_order(merge, lists, SIDE_BASE, SIDE_THEIRS);
    enum merge_kind kind = !is_theirs_new ? MERGE_KEEP : is_mine_new ? MERGE_CONFLICT : MERGE_TAKE;
    struct merge_step *step = step_put(merge, kind, NULL, NULL, NULL);
    if (kind == MERGE_CONFLICT) {
        step->takes_theirs = merge->is_chosen && merge->is_chosen(merge, path_of(merge));
    }
    leave(merge, old);
    return !step->takes_theirs;
}

/* One side's order, and each thing only the other has behind the one before it there. */
static const struct json *in_order(struct merge *merge, const struct lists *lists)
{
    enum side side = is_order_mine(merge, lists) ? SIDE_MINE : SIDE_THEIRS;
    int *order, *other;
    int count = order_of(merge, lists, side, &order);
    int other_count =
        order_of(merge, lists, side == SIDE_MINE ? SIDE_THEIRS : SIDE_MINE, &other);
    for (int k = 0; k < other_count; k++) {
        if (place_in(&lists->entries[other[k]], side) >= 0) continue;
        int at = 0;
        for (int i = 0; k > 0 && i < count; i++) {
            if (order[i] == other[k - 1]) at = i + 1;
        }
        memmove(order + at + 1, order + at, sizeof(int) * (size_t)(count - at));
        order[at] = other[k];
        count += 1;
    }
    struct json *out = scope_new(merge->scope, struct json, 1);
    *out = (struct json){ .kind = JSON_KIND_LIST,
                          .items = scope_new(merge->scope, struct json, count + 1) };
    for (int i = 0; i < count; i++) {
        const struct json *result = lists->entries[order[i]].result;
        if (result) out->items[out->count++] = *result;
    }
    return out;
}

static const struct json *merged_lists(struct merge *merge, const char *key,
                                       const struct json *base, const struct json *mine,
                                       const struct json *theirs)
{
    struct lists lists = {
        .base = base, .mine = mine, .theirs = theirs, .key = key,
        .entries = scope_new(merge->scope, struct entry, mine->count + theirs->count + 1),
        .is_mine_taken = scope_new(merge->scope, bool, mine->count + 1),
    };
    entries_make(merge, &lists);
    return in_order(merge, &lists);
}

/* ---- all of it ---- */

static const struct json *as(const struct json *json, enum json_kind kind)
{
    return json && json->kind == kind ? json : NULL;
}

static const struct json *merged(struct merge *merge, const struct json *base,
                                 const struct json *mine, const struct json *theirs)
{
    if (is_same(merge, mine, theirs)) return mine;
    if (as(mine, JSON_KIND_MAP) && as(theirs, JSON_KIND_MAP)) {
        return merged_maps(merge, as(base, JSON_KIND_MAP), mine, theirs);
    }
    if (as(mine, JSON_KIND_LIST) && as(theirs, JSON_KIND_LIST)) {
        const struct json *list = as(base, JSON_KIND_LIST);
        const char *key = list_key(list, mine, theirs);
        if (key) return merged_lists(merge, key, list, mine, theirs);
    }
    return property(merge, base, mine, theirs);
}

const struct json *merge_run(struct merge *merge, const struct json *base,
                             const struct json *mine, const struct json *theirs)
{
    return merged(merge, base, mine, theirs);
}

/* ---- the next base ---- */

static const struct json *like_item(const struct json *list, const struct json *item,
                                    const struct json *known)
{
    int at = index_by_id(list, json_int(known, "id", 0));
    if (at < 0) at = index_by_key(list, "name", json_text(item, "name"));
    return at >= 0 ? &list->items[at] : NULL;
}

struct json merge_base(struct scope *scope, const struct json *theirs, const struct json *base,
                       const struct json *stored)
{
    struct merge plain = { .has_ids = true };
    struct json out = *theirs;
    if (theirs->kind == JSON_KIND_LIST) {
        out.items = scope_new(scope, struct json, theirs->count + 1);
        for (int i = 0; i < theirs->count; i++) {
            const struct json *item = &theirs->items[i];
            int at = as(base, JSON_KIND_LIST) ? base_of(&plain, base, item, "name") : -1;
            const struct json *known = at >= 0 ? &base->items[at] : NULL;
            out.items[i] = merge_base(scope, item, known,
                                      like_item(as(stored, JSON_KIND_LIST), item, known));
        }
    }
    if (theirs->kind != JSON_KIND_MAP) return out;
    out.items = scope_new(scope, struct json, theirs->count + 1);
    out.names = scope_new(scope, struct str, theirs->count + 1);
    out.count = 0;
    for (int i = 0; i < theirs->count; i++) {
        struct str name = theirs->names[i];
        if (is_local(&plain, name)) continue;
        out.names[out.count] = name;
        out.items[out.count++] = merge_base(scope, &theirs->items[i], json_get_str(base, name),
                                            json_get_str(stored, name));
    }
    int64_t id = json_int(base, "id", json_int(stored, "id", 0));
    if (id != 0) {
        json_set(scope, &out, STR("id"), (struct json){ .kind = JSON_KIND_INT, .integer = id });
    }
    return out;
}
