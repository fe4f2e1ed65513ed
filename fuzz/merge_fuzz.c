/*
 * Any three JSON trees, one a line, as base, mine and theirs. A side that changed nothing
 * leaves the other's tree; what comes out is a tree again and is its own merge; the same for
 * trees with ids, and as an addition.
 */
#include <stdlib.h>

#include "engine/merge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool choose(const struct merge *merge, struct str path)
{
    (void)merge;
    return path.size % 2 == 0;
}

static const struct json *run(struct scope *scope, bool has_ids, const struct json *trees[3],
                              int *step_count)
{
    struct merge merge = { .scope = scope, .has_ids = has_ids, .is_chosen = choose };
    const struct json *out = merge_run(&merge, trees[0], trees[1], trees[2]);
    for (int i = 0; i < merge.step_count; i++) {
        if (merge.steps[i].path.size > MERGE_PATH_SIZE_MAX) abort();
    }
    *step_count = merge.step_count;
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct scope scope;
    scope_begin(&scope);
    struct str rest = { (const char *)data + 1, size - 1 }, line;
    bool has_ids = data[0] & 1;
    struct json trees[3];
    const struct json *sides[3] = { NULL, NULL, NULL };
    for (int i = 0; i < 3 && str_split(&rest, '\n', &line); i++) {
        scope_error_clear(&scope);
        if (json_read(&scope, line, &trees[i])) sides[i] = &trees[i];
    }
    int step_count;
    const struct json *out = run(&scope, has_ids, sides, &step_count);
    if (out) (void)json_to_text(&scope, out);
    const struct json *same[3] = { out, out, out };
    if (!merge_is_same(has_ids, run(&scope, has_ids, same, &step_count), out)) abort();
    if (step_count != 0) abort();
    if (!has_ids && sides[1]) {
        const struct json *mine[3] = { sides[0], sides[1], sides[0] };
        if (!merge_is_same(false, run(&scope, false, mine, &step_count), sides[1])) abort();
    }
    if (sides[2]) (void)merge_base(&scope, sides[2], sides[0], sides[1]);
    scope_end(&scope);
    return 0;
}
