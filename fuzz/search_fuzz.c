/* Whatever is typed into the search box: a small expression of quoted terms, nothing else. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "db/db.h"
#include "db/terms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scope scope;
    scope_begin(&scope);
    struct str text = { (const char *)data, size };
    struct term term;
    size_t offset = 0, last = 0;
    while (term_next(text, &offset, &term)) {
        if (term.start < last || term.end <= term.start || term.end > size) abort();
        last = term.end;
    }
    struct str query = db_search_query(&scope, text);
    size_t quotes = 0;
    for (size_t i = 0; i < query.size; i++) {
        bool is_inside = quotes % 2 == 1;
        if (query.data[i] == '"') quotes += 1;
        else if (!is_inside && !strchr(" AND*", query.data[i])) abort();
    }
    if (quotes % 2 != 0 || query.size > 8 * 1024) abort();
    scope_end(&scope);
    return 0;
}
