/*
 * run-tests [--list] [WORD...] [-WORD...]: runs the tests whose "file:name"
 * contains one of the words, or all, but for those with a word after a hyphen.
 * The log is silent unless TEST_LOG is set, because most of what tests provoke
 * are errors. Ends with "N passed, N failed", counting tests; the exit code is 1
 * when one failed or none ran.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "tests/test.h"

static struct {
    struct test *first, *last;
    int failed_checks; /* of the running test */
} tests;

void test_register(struct test *test)
{
    if (tests.last) {
        tests.last->next = test;
    } else {
        tests.first = test;
    }
    tests.last = test;
}

bool test_check(bool is_true, const char *text, const char *file, int line)
{
    if (is_true) return true;
    tests.failed_checks += 1;
    printf("%s:%d: failed: %s\n", file, line, text);
    return false;
}

bool test_check_int(int64_t got, int64_t wanted, const char *text, const char *file, int line)
{
    if (got == wanted) return true;
    test_check(false, text, file, line);
    printf("    got    %lld\n    wanted %lld\n", (long long)got, (long long)wanted);
    return false;
}

bool test_check_str(struct str got, struct str wanted, const char *text, const char *file,
                    int line)
{
    if (str_equal(got, wanted)) return true;
    test_check(false, text, file, line);
    printf("    got    \"%.*s\"\n    wanted \"%.*s\"\n", STR_ARG(got), STR_ARG(wanted));
    return false;
}

static bool is_chosen(const struct test *test, int argc, char **argv)
{
    char title[512];
    snprintf(title, sizeof(title), "%s:%s", test->file, test->name);
    bool is_named = false, has_names = false;
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-') {
            if (strstr(title, argv[i] + 1)) return false;
            continue;
        }
        has_names = true;
        is_named = is_named || strstr(title, argv[i]);
    }
    return is_named || !has_names;
}

int main(int argc, char **argv)
{
    bool is_list = argc > 1 && strcmp(argv[1], "--list") == 0;
    if (is_list) argc -= 1, argv += 1;
    int passed = 0, failed = 0;
    log_level_set(getenv("TEST_LOG") ? LOG_DEBUG : LOG_OFF);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (struct test *test = tests.first; test; test = test->next) {
        if (!is_chosen(test, argc, argv)) continue;
        if (is_list) {
            printf("%s:%s\n", test->file, test->name);
            continue;
        }
        tests.failed_checks = 0;
        test->run();
        if (tests.failed_checks > 0) {
            printf("FAILED %s:%s\n", test->file, test->name);
            failed += 1;
        } else {
            passed += 1;
        }
    }
    if (is_list) return 0;
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 || passed == 0;
}
