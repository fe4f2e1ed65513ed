/* Form bodies; the boundary is the first line of the input, so that it can be hit. */
#include <stdlib.h>

#include "base/utf8.h"
#include "http/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = { (const char *)data, size }, line;
    if (!str_split(&rest, '\n', &line)) return 0;
    struct scope scope;
    scope_begin(&scope);
    struct str type = scope_format(&scope, "multipart/form-data; boundary=%.*s", STR_ARG(line));
    struct str body = scope_copy(&scope, rest);
    struct multipart form;
    if (multipart_read(&scope, type, body, &form)) {
        for (int i = 0; i < form.part_count; i++) {
            const struct multipart_part *part = &form.parts[i];
            if (part->name.size == 0 || !utf8_is_valid(part->name)) abort();
            if (!utf8_is_valid(part->filename)) abort();
            if (memchr(part->filename.data ? part->filename.data : "", '/', part->filename.size)) {
                abort();
            }
            if (part->body.size > body.size) abort();
        }
    } else if (!error_is_set(&scope)) {
        abort();
    }
    scope_end(&scope);
    return 0;
}
