#include "base/uuid.h"

#include <pthread.h>
#include <stdlib.h>

#include "tests/test.h"

static int order(struct uuid a, struct uuid b)
{
    return memcmp(a.bytes, b.bytes, sizeof(a.bytes));
}

TEST(uuid_is_version_7_of_its_moment)
{
    struct scope scope;
    scope_begin(&scope);
    int64_t now_ms = (int64_t)1 << 46; /* ahead of what the other tests use */
    struct uuid uuid = uuid_make(now_ms);
    struct str text = uuid_format(&scope, uuid);
    CHECK_STR(str_slice(text, 0, 15), "40000000-0000-7");
    CHECK(strchr("89ab", text.data[19]) != NULL);
    struct uuid again;
    CHECK(uuid_parse(text, &again) && uuid_equal(uuid, again));
    CHECK(!uuid_is_nil(uuid));
    scope_end(&scope);
}

TEST(uuid_order_holds_in_one_millisecond_and_over_a_clock_set_back)
{
    struct uuid last = uuid_make(5000);
    int wrong = 0;
    for (int i = 0; i < 20000; i++) {
        struct uuid next = uuid_make(i % 3 == 0 ? 4000 : 5000);
        wrong += order(last, next) >= 0;
        last = next;
    }
    CHECK_INT(wrong, 0);
}

enum { THREAD_COUNT = 4, PER_THREAD = 5000 };

struct batch {
    pthread_t thread;
    struct uuid uuids[PER_THREAD];
    int wrong;
};

static void *batch_run(void *context)
{
    struct batch *batch = context;
    for (int i = 0; i < PER_THREAD; i++) {
        batch->uuids[i] = uuid_make(6000 + i / 1000);
        if (i > 0) batch->wrong += order(batch->uuids[i - 1], batch->uuids[i]) >= 0;
    }
    return NULL;
}

static int order_any(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct uuid));
}

TEST(uuid_threads_never_share_one)
{
    struct scope scope;
    scope_begin(&scope);
    struct batch *batches = scope_new(&scope, struct batch, THREAD_COUNT);
    struct uuid *all = scope_new(&scope, struct uuid, THREAD_COUNT * PER_THREAD);
    for (int i = 0; i < THREAD_COUNT; i++) {
        CHECK_INT(pthread_create(&batches[i].thread, NULL, batch_run, &batches[i]), 0);
    }
    for (int i = 0; i < THREAD_COUNT; i++) {
        pthread_join(batches[i].thread, NULL);
        CHECK_INT(batches[i].wrong, 0);
        memcpy(all + i * PER_THREAD, batches[i].uuids, sizeof(batches[i].uuids));
    }
    qsort(all, THREAD_COUNT * PER_THREAD, sizeof(all[0]), order_any);
    int same = 0;
    for (int i = 1; i < THREAD_COUNT * PER_THREAD; i++) same += uuid_equal(all[i - 1], all[i]);
    CHECK_INT(same, 0);
    scope_end(&scope);
}

TEST(uuid_parse_is_strict)
{
    struct uuid uuid;
    CHECK(uuid_parse(STR("0198C0DE-0000-7abc-8000-0123456789aB"), &uuid));
    CHECK_INT(uuid.bytes[0], 0x01);
    CHECK_INT(uuid.bytes[15], 0xab);
    CHECK(uuid_parse(STR("00000000-0000-0000-0000-000000000000"), &uuid) && uuid_is_nil(uuid));
    static const char *const bad[] = { "", "0198c0de", "0198c0de00007abc80000123456789ab",
                                       "0198c0de-0000-7abc-8000-0123456789a",
                                       "0198c0de-0000-7abc-8000-0123456789abc",
                                       "0198c0de-0000-7abc-8000-0123456789ag",
                                       "0198c0de_0000-7abc-8000-0123456789ab",
                                       "0198c0de-00007-abc-8000-0123456789ab",
                                       "{198c0de-0000-7abc-8000-0123456789a}" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK(!uuid_parse(str_of(bad[i]), &uuid));
    }
}

TEST(random_bytes_differ)
{
    unsigned char a[300] = { 0 }, b[300] = { 0 };
    random_bytes(a, sizeof(a));
    random_bytes(b, sizeof(b));
    CHECK(memcmp(a, b, sizeof(a)) != 0);
    random_bytes(a, 0);
}
