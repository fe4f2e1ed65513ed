#include "base/scope.h"

#include "base/buf.h"
#include "tests/test.h"

TEST(scope_memory_is_zeroed_and_aligned)
{
    struct scope scope;
    scope_begin(&scope);
    for (size_t size = 0; size < 100000; size = size * 3 + 1) {
        unsigned char *bytes = scope_alloc(&scope, size);
        CHECK(bytes != NULL);
        CHECK_INT((uintptr_t)bytes % 16, 0);
        size_t sum = 0;
        for (size_t i = 0; i < size; i++) sum += bytes[i];
        CHECK_INT(sum, 0);
        if (size > 0) memset(bytes, 0xa5, size); /* the next piece must not see this */
    }
    scope_end(&scope);
}

TEST(scope_pieces_do_not_overlap)
{
    enum { COUNT = 3000 };
    struct scope scope;
    scope_begin(&scope);
    int **pieces = scope_new(&scope, int *, COUNT);
    for (int i = 0; i < COUNT; i++) {
        pieces[i] = scope_new(&scope, int, 1 + i % 50);
        *pieces[i] = i;
    }
    int wrong = 0;
    for (int i = 0; i < COUNT; i++) wrong += *pieces[i] != i;
    CHECK_INT(wrong, 0);
    CHECK(scope_alloc(&scope, 0) != scope_alloc(&scope, 0));
    scope_end(&scope);
}

struct note {
    int *at;
    int value;
};

static void note_write(void *context)
{
    struct note *note = context;
    *note->at = *note->at * 10 + note->value;
}

TEST(scope_cleanups_run_last_first)
{
    struct scope scope;
    int result = 0;
    struct note notes[] = { { &result, 1 }, { &result, 2 }, { &result, 3 } };
    scope_begin(&scope);
    for (int i = 0; i < 3; i++) scope_defer(&scope, note_write, &notes[i]);
    scope_end(&scope);
    CHECK_INT(result, 321);
    scope_end(&scope); /* an ended scope is an empty one */
    CHECK_INT(result, 321);
}

TEST(scope_format_and_copy_end_in_nul)
{
    struct scope scope;
    scope_begin(&scope);
    CHECK_STR(scope_format(&scope, "%d-%s", 7, "x"), "7-x");
    CHECK_INT(scope_format(&scope, "%0*d", 5000, 1).size, 5000);
    struct str copy = scope_copy(&scope, str_slice(STR("abcdef"), 1, 3));
    CHECK_STR(copy, "bc");
    CHECK_INT(copy.data[2], 0);
    CHECK_INT(scope_copy(&scope, (struct str){ NULL, 0 }).data[0], 0);
    scope_end(&scope);
}

TEST(error_first_report_wins)
{
    struct scope scope;
    scope_begin(&scope);
    CHECK(!error_is_set(&scope));
    CHECK(error_last(&scope) == NULL);
    CHECK(!error_arg(&scope, "max", STR("5"))); /* nothing to add to: no harm */
    CHECK(!error_set(&scope, ERROR_INVALID, "field.too_long", STR("title")));
    CHECK(!error_arg(&scope, "max", STR("5")));
    CHECK(!error_set(&scope, ERROR_STORAGE, "storage.failed", STR("")));
    CHECK(!error_arg(&scope, "lost", STR("x")));
    error_last(&scope)->position = 99; /* of the dropped one */
    CHECK(!error_storage(&scope, STR("disk")));
    CHECK(scope.error.code == ERROR_INVALID);
    CHECK_INT(scope.error.item_count, 1);
    CHECK_STR(scope.error.first->field, "title");
    CHECK_INT(scope.error.first->arg_count, 1);
    CHECK_INT(scope.error.first->position, -1);
    CHECK_INT(scope.error.detail.size, 0);
    scope_error_clear(&scope);
    CHECK(!error_is_set(&scope) && error_last(&scope) == NULL);
    error_storage(&scope, STR("disk full"));
    CHECK(scope.error.code == ERROR_STORAGE);
    CHECK_STR(scope.error.detail, "disk full");
    scope_end(&scope);
}

TEST(error_add_collects_one_code_up_to_the_limit)
{
    struct scope scope;
    scope_begin(&scope);
    for (int i = 0; i < ERROR_ITEM_COUNT_MAX + 50; i++) {
        error_add(&scope, ERROR_INVALID, "field.required", STR("f"));
        error_arg(&scope, "n", scope_format(&scope, "%d", i));
    }
    error_add(&scope, ERROR_DENIED, "access.denied", STR(""));
    error_arg(&scope, "n", STR("denied"));
    CHECK(scope.error.code == ERROR_INVALID);
    CHECK_INT(scope.error.item_count, ERROR_ITEM_COUNT_MAX);
    int count = 0;
    for (struct error_item *item = scope.error.first; item; item = item->next) {
        CHECK_INT(item->arg_count, 1);
        struct str wanted = scope_format(&scope, "%d", count);
        CHECK_STR(item->args[0].value, wanted.data);
        count += 1;
    }
    CHECK_INT(count, ERROR_ITEM_COUNT_MAX);
    scope_end(&scope);
}

TEST(error_field_outlives_its_source)
{
    struct scope scope;
    char name[] = "title";
    scope_begin(&scope);
    error_set(&scope, ERROR_INVALID, "field.required", str_of(name));
    memset(name, 'x', 5);
    CHECK_STR(scope.error.first->field, "title");
    scope_end(&scope);
}
