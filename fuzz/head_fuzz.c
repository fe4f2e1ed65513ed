/*
 * The door of the server: arbitrary bytes as a request head and as a chunked
 * body. Fed at once and byte by byte, the verdict must be the same.
 */
#include <stdlib.h>

#include "http/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true)
{
    if (!is_true) abort();
}

static void fuzz_head(const char *data, size_t size)
{
    const struct head_limits limits = { 4096, 20 };
    struct head_scan whole = { 0 }, single = { 0 };
    size_t used = head_scan(&whole, &limits, data, size);
    size_t used_single = 0;
    while (used_single < size && !single.is_done && single.status == 0) {
        used_single += head_scan(&single, &limits, data + used_single, 1);
    }
    check(used == used_single && whole.is_done == single.is_done &&
          whole.status == single.status && whole.line_count == single.line_count);
    if (!whole.is_done) return;

    struct scope scope;
    struct head head;
    scope_begin(&scope);
    /* A copy of its own, so that reading past it is seen. */
    struct str bytes = scope_copy(&scope, (struct str){ data, used });
    if (head_parse(&scope, bytes, whole.line_count, &head) == 0) {
        check(head.header_count == whole.line_count - 1);
        check(!head.is_chunked || head.content_length == 0);
        check(head.path.size > 0);
        for (int i = 0; i < head.header_count; i++) {
            struct str value = head.headers[i].value;
            check(head_is_token(head.headers[i].name));
            check(!memchr(value.data, '\n', value.size) && !memchr(value.data, 0, value.size));
        }
    }
    scope_end(&scope);
}

static void fuzz_chunks(struct str rest)
{
    struct chunk_reader whole = { 0 }, single = { 0 };
    struct str run, all = rest;
    int64_t total = 0;
    size_t used = 0;
    while (rest.size > 0 && !whole.is_done && whole.status == 0) {
        size_t step = chunk_read(&whole, 4096, rest, &run);
        check(step > 0 && run.size <= step);
        total += (int64_t)run.size;
        used += step;
        rest = str_slice(rest, step, rest.size);
    }
    check(used + rest.size == all.size);
    check(total == whole.total && total <= 4096);
    for (size_t i = 0; i < all.size && !single.is_done && single.status == 0; i++) {
        chunk_read(&single, 4096, str_slice(all, i, i + 1), &run);
    }
    check(single.is_done == whole.is_done && single.status == whole.status);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_head((const char *)data, size);
    fuzz_chunks((struct str){ (const char *)data, size });
    return 0;
}
