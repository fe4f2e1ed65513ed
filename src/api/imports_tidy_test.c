/* What lies in the folder of imports after a while. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/inner.h"
#include "base/time.h"
#include "tests/test.h"

static struct str file_make(struct scope *scope, const char *data, const char *name)
{
    struct str path = scope_format(scope, "%s/imports/%s", data, name);
    FILE *file = fopen(path.data, "w");
    if (CHECK(file != NULL)) CHECK(fclose(file) == 0);
    return path;
}

TEST(imports_tidy_takes_old_files_but_those_of_refused_rows)
{
    struct scope scope;
    struct stat about;
    scope_begin(&scope);
    const char *temporary = getenv("TMPDIR");
    char *data = (char *)(uintptr_t)scope_format(&scope, "%s/leadline-test-XXXXXX",
                                                 temporary ? temporary : "/tmp").data;
    if (!CHECK(mkdtemp(data) != NULL)) return;
    struct str folder = scope_format(&scope, "%s/imports", data);
    imports_tidy(str_of(data), 0); /* nothing there yet */
    CHECK(mkdir(folder.data, 0700) == 0);
    struct str file = file_make(&scope, data, "01957a3c");
    struct str book = file_make(&scope, data, "01957a3d.book");
    struct str errors = file_make(&scope, data, "01957a3c-errors.xlsx");
    CHECK(stat(file.data, &about) == 0);
    int64_t made_ms = (int64_t)about.st_mtime * 1000;
    imports_tidy(str_of(data), made_ms + 7 * TIME_DAY_MS);
    CHECK(access(file.data, F_OK) == 0 && access(book.data, F_OK) == 0);
    imports_tidy(str_of(data), made_ms + 8 * TIME_DAY_MS);
    CHECK(access(file.data, F_OK) != 0 && access(book.data, F_OK) != 0);
    CHECK(access(errors.data, F_OK) == 0);
    CHECK(unlink(errors.data) == 0 && rmdir(folder.data) == 0 && rmdir(data) == 0);
    scope_end(&scope);
}
