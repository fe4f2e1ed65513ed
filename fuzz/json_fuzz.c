/*
 * JSON in: any bytes are either refused with a position, or become a tree that
 * writes itself as JSON, is read again, and writes itself the same way.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scope scope;
    struct json json, again;
    scope_begin(&scope);
    if (json_read(&scope, (struct str){ (const char *)data, size }, &json)) {
        struct str text = json_to_text(&scope, &json);
        assert(utf8_is_valid(text));
        bool is_read = json_read(&scope, text, &again);
        assert(is_read);
        assert(str_equal(text, json_to_text(&scope, &again)));
    } else {
        assert(scope.error.code == ERROR_MALFORMED);
        assert(scope.error.item_count == 1);
        assert(utf8_is_valid(scope.error.first->args[2].value));
    }
    scope_end(&scope);
    return 0;
}
