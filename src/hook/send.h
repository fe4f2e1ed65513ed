#ifndef HOOK_SEND_H
#define HOOK_SEND_H

#include <stdatomic.h>

#include "hook/hook.h"

/* Some requests at once, each to its own address; for the files of this room only. */
struct request {
    const struct hook *hook;
    struct str id, body;
    struct hook_answer answer; /* out */
    /* send.c's own */
    const struct guard *guard;
    size_t answer_size;
    bool is_refused; /* the address is inside */
};

/* Returns when all have an answer or their time is up, or soon after *is_stopping is set. */
MUST_USE bool requests_send(struct scope *scope, const struct guard *guard,
                            struct request *requests, int count, int64_t now_ms,
                            const atomic_bool *is_stopping);

#endif
