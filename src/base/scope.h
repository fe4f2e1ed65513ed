#ifndef BASE_SCOPE_H
#define BASE_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Goes before every function whose failure the caller must look at. */
#define MUST_USE __attribute__((warn_unused_result))

/*
 * A scope answers two questions for everything called with it: what may I
 * allocate from, and where do I report failure. A request, a job and a test
 * each own exactly one. Ending the scope frees every byte at once.
 *
 * Allocation never returns NULL: sizes are bounded where bytes enter the
 * program, so running out here means the machine is out of memory and the
 * process stops. A scope is used by one thread at a time.
 */
enum error_code {
    ERROR_NONE = 0,
    ERROR_MALFORMED,       /* 400: not even readable (bad JSON, bad UTF-8) */
    ERROR_UNAUTHENTICATED, /* 401 */
    ERROR_DENIED,          /* 403: the actor may not do this */
    ERROR_NOT_FOUND,       /* 404: no such thing, or not visible to the actor */
    ERROR_CONFLICT,        /* 409: collides with what is there (unique, duplicate) */
    ERROR_STALE,           /* 412: somebody else changed it first */
    ERROR_TOO_LARGE,       /* 413 */
    ERROR_UNSUPPORTED,     /* 415: bytes of a kind that is not taken here */
    ERROR_INVALID,         /* 422: the caller's data breaks a rule it can fix */
    ERROR_RATE,            /* 429: too many requests; try again later */
    ERROR_STORAGE,         /* 503: the database said no; details go to the log only */
};

enum { ERROR_ARG_COUNT_MAX = 4, ERROR_ITEM_COUNT_MAX = 100 };

struct error_arg {
    const char *name; /* the {name} in the message text */
    struct str value;
};

/* One thing that is wrong. Becomes one entry of "errors" in problem+json. */
struct error_item {
    const char *key;  /* message key, a row of base/message.c; its text is made at the edge */
    struct str field; /* API name of the field to blame, or empty */
    struct error_arg args[ERROR_ARG_COUNT_MAX];
    int arg_count;
    /* Texts that come from configuration (gates, validations); they win over key. */
    struct str text_zh, text_en;
    struct str gate;         /* name of the refused gate, or empty */
    struct str needs_field;  /* what a gate asks for, or empty */
    struct str needs_object;
    int64_t position; /* byte offset in a formula or row number of a file; -1: none */
    struct error_item *next;
};

struct error {
    enum error_code code;
    struct error_item *first, *last;
    int item_count;
    struct error_item *newest; /* of the newest report; not in the list when that was dropped */
    struct str detail; /* for the log, never for the user */
};

struct scope_block;
struct scope_cleanup;
struct scope {
    struct scope_block *blocks;
    struct scope_cleanup *cleanups;
    struct error error;
};

/*
 * Once per process, before there are threads: the C library keeps what scopes give back up to some
 * MiB per thread, instead of asking the kernel for the same pages again with every request.
 */
void scope_memory_keep(void);

void scope_begin(struct scope *scope);
/* Runs the cleanups, last registered first, then frees everything. */
void scope_end(struct scope *scope);
/* Forget the error, keep the memory. */
void scope_error_clear(struct scope *scope);

/* Zeroed memory that lives until scope_end(). */
void *scope_alloc(struct scope *scope, size_t size);
#define scope_new(scope, type, count) ((type *)scope_alloc((scope), sizeof(type) * (size_t)(count)))
/* Memory a C library has malloc'ed for us is freed with the scope; NULL is fine. */
void scope_take(struct scope *scope, void *memory);
/* Calls run(context) at scope_end(): for files, statements, sockets. */
void scope_defer(struct scope *scope, void (*run)(void *context), void *context);

/* The copy is NUL-terminated for the sake of C libraries; size does not count the NUL. */
struct str scope_copy(struct scope *scope, struct str text);
/* Any length; the result is NUL-terminated too. */
struct str scope_format(struct scope *scope, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Record why the current call failed and return false, so that a caller can
 * write: return error_set(...). The first report wins: later ones are noise
 * caused by the first.
 */
bool error_set(struct scope *scope, enum error_code code, const char *key, struct str field);
/*
 * Like error_set, but collects: a further item of the same code is appended
 * (up to ERROR_ITEM_COUNT_MAX), so that a form can show all its mistakes.
 */
bool error_add(struct scope *scope, enum error_code code, const char *key, struct str field);
/* Adds {name} = value to the newest item. The value is copied. Returns false. */
bool error_arg(struct scope *scope, const char *name, struct str value);
/*
 * The newest item, to fill in texts, gate or position; NULL when nothing was
 * ever reported. After a report that was dropped it is an item nobody reads.
 */
struct error_item *error_last(struct scope *scope);
/*
 * ERROR_STORAGE; detail is kept in error.detail for whoever ends the scope
 * (http, jobs, cli) to log. Returns false.
 */
bool error_storage(struct scope *scope, struct str detail);
static inline bool error_is_set(const struct scope *scope)
{
    return scope->error.code != ERROR_NONE;
}

#endif
