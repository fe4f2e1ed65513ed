#include "base/memo.h"

#include <pthread.h>

#include "tests/test.h"

static struct memo_entry *keep(struct memo *memo, const char *key, int number)
{
    struct scope *scope = NULL;
    struct memo_entry *entry = memo_begin(str_of(key), &scope);
    int *value = scope_new(scope, int, 1);
    *value = number;
    memo_keep(memo, entry, value);
    return entry;
}

static int number_of(const struct memo_entry *entry)
{
    return *(const int *)memo_value(entry);
}

TEST(memo_gives_back_what_was_kept_under_the_same_key_only)
{
    struct scope scope;
    scope_begin(&scope);
    struct memo *memo = memo_make(&scope, 64);
    CHECK(!memo_take(memo, STR("a")));
    memo_release(keep(memo, "a", 7));
    struct memo_entry *found = memo_take(memo, STR("a"));
    CHECK(found && number_of(found) == 7);
    CHECK(!memo_take(memo, STR("ab")));
    memo_release(found);
    scope_end(&scope);
}

TEST(memo_entry_outlives_its_slot_while_it_is_held)
{
    struct scope scope;
    scope_begin(&scope);
    struct memo *memo = memo_make(&scope, 1);
    struct memo_entry *first = keep(memo, "first", 1);
    memo_release(keep(memo, "second", 2));
    CHECK(!memo_take(memo, STR("first")));
    CHECK_INT(number_of(first), 1);
    memo_release(first);
    struct memo_entry *second = memo_take(memo, STR("second"));
    CHECK(second && number_of(second) == 2);
    memo_release(second);
    scope_end(&scope);
}

struct crowd {
    struct memo *memo;
    bool is_wrong;
};

static void *crowd_run(void *context)
{
    struct crowd *crowd = context;
    for (int i = 0; i < 2000; i++) {
        char key[2] = { (char)('a' + i % 7), 0 };
        struct memo_entry *entry = memo_take(crowd->memo, str_of(key));
        if (!entry) entry = keep(crowd->memo, key, i % 7);
        if (number_of(entry) != i % 7) crowd->is_wrong = true;
        memo_release(entry);
    }
    return NULL;
}

TEST(memo_is_shared_by_threads)
{
    struct scope scope;
    scope_begin(&scope);
    struct crowd crowd = { memo_make(&scope, 3), false };
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, crowd_run, &crowd);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    CHECK(!crowd.is_wrong);
    scope_end(&scope);
}
