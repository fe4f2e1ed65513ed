/* Kept results: see memo.h. A slot is guarded by the memo's lock, an entry by its count. */
#include "base/memo.h"

#include <pthread.h>
#include <stdatomic.h>

struct memo_entry {
    struct scope scope; /* the entry itself lives in it */
    atomic_int holder_count;
    uint64_t hash;
    struct str key;
    const void *value;
};

struct memo {
    pthread_mutex_t lock;
    struct memo_entry **slots;
    int slot_count;
};

static void memo_end(void *context)
{
    struct memo *memo = context;
    for (int i = 0; i < memo->slot_count; i++) {
        if (memo->slots[i]) memo_release(memo->slots[i]);
    }
    pthread_mutex_destroy(&memo->lock);
}

struct memo *memo_make(struct scope *scope, int slot_count)
{
    struct memo *memo = scope_new(scope, struct memo, 1);
    memo->slots = scope_new(scope, struct memo_entry *, slot_count);
    memo->slot_count = slot_count;
    pthread_mutex_init(&memo->lock, NULL);
    scope_defer(scope, memo_end, memo);
    return memo;
}

static struct memo_entry **slot_of(struct memo *memo, uint64_t hash)
{
    return &memo->slots[hash % (uint64_t)memo->slot_count];
}

struct memo_entry *memo_take(struct memo *memo, struct str key)
{
    uint64_t hash = str_hash(key);
    pthread_mutex_lock(&memo->lock);
    struct memo_entry *entry = *slot_of(memo, hash);
    bool is_it = entry && entry->hash == hash && str_equal(entry->key, key);
    if (is_it) atomic_fetch_add(&entry->holder_count, 1);
    pthread_mutex_unlock(&memo->lock);
    return is_it ? entry : NULL;
}

const void *memo_value(const struct memo_entry *entry)
{
    return entry->value;
}

void memo_release(struct memo_entry *entry)
{
    if (atomic_fetch_sub(&entry->holder_count, 1) != 1) return;
    struct scope scope = entry->scope;
    scope_end(&scope);
}

struct memo_entry *memo_begin(struct str key, struct scope **out_scope)
{
    struct scope own;
    scope_begin(&own);
    struct memo_entry *entry = scope_new(&own, struct memo_entry, 1);
    entry->scope = own;
    entry->hash = str_hash(key);
    entry->key = scope_copy(&entry->scope, key);
    atomic_store(&entry->holder_count, 1);
    *out_scope = &entry->scope;
    return entry;
}

void memo_keep(struct memo *memo, struct memo_entry *entry, const void *value)
{
    entry->value = value;
    atomic_fetch_add(&entry->holder_count, 1); /* the slot's */
    pthread_mutex_lock(&memo->lock);
    struct memo_entry **slot = slot_of(memo, entry->hash);
    struct memo_entry *old = *slot;
    *slot = entry;
    pthread_mutex_unlock(&memo->lock);
    if (old) memo_release(old);
}
