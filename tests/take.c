#include "tests/take.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/test.h"

struct str office_file(struct office *office, const char *name, struct str bytes)
{
    struct str path = scope_format(&office->scope, "%s/%s", office->folder, name);
    FILE *file = fopen(path.data, "wb");
    if (!CHECK(file != NULL)) return path;
    CHECK(fwrite(bytes.data, 1, bytes.size, file) == bytes.size);
    CHECK(fclose(file) == 0);
    return path;
}

bool take_try(struct office *office, struct import_task *task, struct str path, const char *json,
              struct import_report *out)
{
    struct import_options *options = scope_new(&office->scope, struct import_options, 1);
    struct json body;
    struct str text = scope_copy(&office->scope, str_of(json));
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\'') ((char *)(uintptr_t)text.data)[i] = '"';
    }
    *out = (struct import_report){ 0 };
    scope_error_clear(&office->scope);
    if (!CHECK(json_read(&office->scope, text, &body)) ||
        !CHECK(import_options_read(&office->scope, &body, options))) {
        return false;
    }
    task->by.engine = office->engine;
    task->path = path.data;
    task->options = options;
    bool ok = import_file(&office->scope, task, STR("file"), out);
    for (int i = 0; i < out->failed_kept && getenv("TEST_LOG"); i++) {
        printf("    row %lld: %.*s\n", (long long)out->failed[i].row,
               STR_ARG(out->failed[i].message));
    }
    return ok;
}

struct import_report take_file(struct office *office, struct import_task *task, struct str path,
                               const char *json)
{
    struct import_report report;
    if (!CHECK(take_try(office, task, path, json, &report))) {
        const struct error_item *item = office->scope.error.first;
        printf("    %s %.*s %.*s\n", item ? item->key : "", STR_ARG(item ? item->field : STR("")),
               STR_ARG(office->scope.error.detail));
    }
    return report;
}
