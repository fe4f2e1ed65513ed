/*
 * A bump allocator with one error slot.
 *
 * Blocks form a list, the one being filled in front. Blocks double from 8 KiB
 * to 256 KiB, so a small request costs one malloc and a large one few. What
 * does not fit a quarter of a block gets a block of its own behind the front
 * one, so that a large body does not waste the rest of the block being filled.
 *
 * Under AddressSanitizer the unused part of a block is poisoned and every
 * piece is followed by a poisoned gap: reading past the end of an allocation
 * is caught as if each were its own malloc.
 */
#include "base/scope.h"

#include <assert.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SCOPE_HAS_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SCOPE_HAS_ASAN 1
#endif

#ifdef SCOPE_HAS_ASAN
#include <sanitizer/asan_interface.h>
enum { GAP_SIZE = 16 };
/* Not inlined: gcc would take the poisoning of fresh memory for a read of it. */
static __attribute__((noinline)) void poison(void *start, size_t size)
{
    __asan_poison_memory_region(start, size);
}
static void unpoison(void *start, size_t size)
{
    __asan_unpoison_memory_region(start, size);
}
#else
enum { GAP_SIZE = 0 };
static void poison(void *start, size_t size)
{
    (void)start, (void)size;
}
static void unpoison(void *start, size_t size)
{
    (void)start, (void)size;
}
#endif

enum { BLOCK_SIZE_FIRST = 8 * 1024, BLOCK_SIZE_MAX = 256 * 1024, ALIGNMENT = 16 };

struct scope_block {
    struct scope_block *next;
    size_t capacity, used;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

struct scope_cleanup {
    struct scope_cleanup *next;
    void (*run)(void *context);
    void *context;
};

static _Noreturn void out_of_memory(size_t size)
{
    log_line(LOG_ERROR, "out of memory: %zu bytes", size);
    abort();
}

static struct scope_block *block_make(size_t capacity)
{
    struct scope_block *block = malloc(sizeof(*block) + capacity);
    if (!block) out_of_memory(capacity);
    block->next = NULL;
    block->capacity = capacity;
    block->used = 0;
    poison(block->bytes, capacity);
    return block;
}

static void *block_take(struct scope_block *block, size_t size, size_t size_rounded)
{
    void *piece = block->bytes + block->used;
    block->used += size_rounded;
    unpoison(piece, size);
    return memset(piece, 0, size);
}

void scope_memory_keep(void)
{
#ifdef __GLIBC__
    enum { FROM_KERNEL_SIZE_MIN = 1024 * 1024, KEPT_SIZE = 8 * 1024 * 1024 };
    /* Left to itself glibc settles on thresholds by what is freed first: now above, now below. */
    mallopt(M_MMAP_THRESHOLD, FROM_KERNEL_SIZE_MIN);
    mallopt(M_TRIM_THRESHOLD, KEPT_SIZE);
#endif
}

void scope_begin(struct scope *scope)
{
    *scope = (struct scope){ 0 };
}

void scope_end(struct scope *scope)
{
    for (struct scope_cleanup *cleanup = scope->cleanups; cleanup; cleanup = cleanup->next) {
        cleanup->run(cleanup->context);
    }
    for (struct scope_block *block = scope->blocks; block;) {
        struct scope_block *next = block->next;
        unpoison(block->bytes, block->capacity);
        free(block);
        block = next;
    }
    *scope = (struct scope){ 0 };
}

void scope_error_clear(struct scope *scope)
{
    scope->error = (struct error){ 0 };
}

void *scope_alloc(struct scope *scope, size_t size)
{
    if (size > SIZE_MAX / 2) out_of_memory(size);
    size_t rounded = (size + GAP_SIZE + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (rounded == 0) rounded = ALIGNMENT; /* so that two pieces never share an address */

    struct scope_block *front = scope->blocks;
    if (front && rounded <= front->capacity - front->used) return block_take(front, size, rounded);

    size_t capacity = front ? front->capacity * 2 : BLOCK_SIZE_FIRST;
    if (capacity > BLOCK_SIZE_MAX) capacity = BLOCK_SIZE_MAX;
    if (front && rounded > capacity / 4) {
        struct scope_block *own = block_make(rounded);
        own->next = front->next;
        front->next = own;
        return block_take(own, size, rounded);
    }
    struct scope_block *block = block_make(rounded > capacity ? rounded : capacity);
    block->next = front;
    scope->blocks = block;
    return block_take(block, size, rounded);
}

void scope_defer(struct scope *scope, void (*run)(void *context), void *context)
{
    struct scope_cleanup *cleanup = scope_new(scope, struct scope_cleanup, 1);
    *cleanup = (struct scope_cleanup){ scope->cleanups, run, context };
    scope->cleanups = cleanup;
}

struct str scope_copy(struct scope *scope, struct str text)
{
    char *data = scope_alloc(scope, text.size + 1);
    if (text.size > 0) memcpy(data, text.data, text.size);
    return (struct str){ data, text.size };
}

struct str scope_format(struct scope *scope, const char *format, ...)
{
    assert(format);
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(size >= 0);
    char *data = scope_alloc(scope, (size_t)size + 1);
    vsnprintf(data, (size_t)size + 1, format, again);
    va_end(again);
    return (struct str){ data, (size_t)size };
}

static bool item_append(struct scope *scope, enum error_code code, const char *key,
                        struct str field)
{
    struct error *error = &scope->error;
    struct error_item *item = scope_new(scope, struct error_item, 1);
    *item = (struct error_item){ .key = key, .field = scope_copy(scope, field), .position = -1 };
    if (error->last) {
        error->last->next = item;
    } else {
        error->first = item;
    }
    error->code = code;
    error->last = error->newest = item;
    error->item_count += 1;
    return false;
}

/* Arguments that follow a dropped report must not land on an earlier one. */
static bool item_drop(struct scope *scope, const char *key)
{
    struct error *error = &scope->error;
    if (error->newest == error->last) error->newest = scope_new(scope, struct error_item, 1);
    *error->newest = (struct error_item){ .key = key, .position = -1 };
    return false;
}

bool error_set(struct scope *scope, enum error_code code, const char *key, struct str field)
{
    assert(code != ERROR_NONE && key);
    if (error_is_set(scope)) return item_drop(scope, key);
    return item_append(scope, code, key, field);
}

bool error_add(struct scope *scope, enum error_code code, const char *key, struct str field)
{
    assert(code != ERROR_NONE && key);
    const struct error *error = &scope->error;
    bool is_taken = error->code == ERROR_NONE ||
                    (error->code == code && error->item_count < ERROR_ITEM_COUNT_MAX);
    if (!is_taken) return item_drop(scope, key);
    return item_append(scope, code, key, field);
}

bool error_arg(struct scope *scope, const char *name, struct str value)
{
    struct error_item *item = scope->error.newest;
    if (!item || item != scope->error.last) return false;
    assert(item->arg_count < ERROR_ARG_COUNT_MAX);
    item->args[item->arg_count++] = (struct error_arg){ name, scope_copy(scope, value) };
    return false;
}

struct error_item *error_last(struct scope *scope)
{
    return scope->error.newest;
}

bool error_storage(struct scope *scope, struct str detail)
{
    bool is_first = !error_is_set(scope);
    error_set(scope, ERROR_STORAGE, "storage.failed", STR(""));
    if (is_first) scope->error.detail = scope_copy(scope, detail);
    return false;
}

void scope_take(struct scope *scope, void *memory)
{
    if (memory) scope_defer(scope, free, memory);
}
