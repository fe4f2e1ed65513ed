#ifndef BASE_MEMO_H
#define BASE_MEMO_H

#include "base/scope.h"

/*
 * Results that are kept for whoever asks the same again: a fixed number of slots
 * chosen by the key's hash, where a newer entry takes an older one's place. What
 * is kept never changes; an entry lives in a scope of its own until nobody holds
 * it and another took its slot. All functions may be called from any thread.
 */
struct memo;
struct memo_entry;

/* Ends the memo by itself when scope ends; nobody may hold an entry then. */
struct memo *memo_make(struct scope *scope, int slot_count);

/* The entry of exactly this key, held for the caller; NULL: none. */
struct memo_entry *memo_take(struct memo *memo, struct str key);
/* What memo_begin()'s caller has put into it. */
const void *memo_value(const struct memo_entry *entry);
void memo_release(struct memo_entry *entry);

/*
 * A new entry, held by the caller alone: fill it with memory of *out_scope, then
 * memo_keep() with its value, or memo_release() to drop it. The key is copied.
 */
struct memo_entry *memo_begin(struct str key, struct scope **out_scope);
void memo_keep(struct memo *memo, struct memo_entry *entry, const void *value);

#endif
