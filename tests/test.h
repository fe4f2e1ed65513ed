#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/*
 * TEST(name) { ... CHECK(...); } registers itself; tests/main.c runs them all
 * and goes on after a failed check. A test file stands beside the file it
 * tests; a test that needs the disk makes its own folder under TMPDIR.
 */
struct test {
    const char *name, *file;
    void (*run)(void);
    struct test *next;
};

void test_register(struct test *test);
/* Counts a failed check of the running test and prints where. Return is_true. */
bool test_check(bool is_true, const char *text, const char *file, int line);
bool test_check_int(int64_t got, int64_t wanted, const char *text, const char *file, int line);
bool test_check_str(struct str got, struct str wanted, const char *text, const char *file,
                    int line);

#define TEST(name)                                                            \
    static void test_##name(void);                                            \
    static struct test test_entry_##name = { #name, __FILE__, test_##name, 0 }; \
    __attribute__((constructor)) static void test_register_##name(void)       \
    {                                                                         \
        test_register(&test_entry_##name);                                    \
    }                                                                         \
    static void test_##name(void)

#define CHECK(condition) test_check((condition), #condition, __FILE__, __LINE__)
/* Print both values when they differ: CHECK_INT(row_count, 3). */
#define CHECK_INT(got, wanted) \
    test_check_int((int64_t)(got), (int64_t)(wanted), #got, __FILE__, __LINE__)
/* got is a struct str, wanted a C string. */
#define CHECK_STR(got, wanted) \
    test_check_str((got), str_of(wanted), #got, __FILE__, __LINE__)

#endif
