/*
 * The value of a many-to-many field: the ids it points to, as one text, sorted and each once,
 * so that equal sets are equal texts. The row keeps it like any other value (history, import,
 * undo and copies need no more); the same ids stand in the field's link table, by which both
 * sides are found.
 */
#include <stdlib.h>

#include "schema/schema_inner.h"

enum { ID_TEXT_SIZE = 36 };

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct uuid));
}

void links_sort(struct links *links)
{
    int kept = 0;
    if (links->count > 1) {
        qsort(links->ids, (size_t)links->count, sizeof(struct uuid), compare_ids);
    }
    for (int i = 0; i < links->count; i++) {
        if (kept == 0 || !uuid_equal(links->ids[kept - 1], links->ids[i])) {
            links->ids[kept++] = links->ids[i];
        }
    }
    links->count = kept;
}

struct links links_of(struct scope *scope, const struct cell *cell)
{
    struct links links = { NULL, 0 };
    struct str rest = cell->kind == CELL_TEXT ? cell->text : STR(""), part;
    links.ids = scope_new(scope, struct uuid, rest.size / ID_TEXT_SIZE + 1);
    while (rest.size > 0 && str_split(&rest, ',', &part)) {
        if (uuid_parse(part, &links.ids[links.count])) links.count += 1;
    }
    return links;
}

struct cell links_cell(struct scope *scope, struct links links)
{
    struct buf out;
    if (links.count == 0) return cell_null();
    buf_begin(&out, scope, (size_t)links.count * (ID_TEXT_SIZE + 1) + 1);
    for (int i = 0; i < links.count; i++) {
        if (i > 0) buf_put_char(&out, ',');
        uuid_put(&out, links.ids[i]);
    }
    return cell_text(buf_str(&out));
}

bool links_have(struct links links, struct uuid id)
{
    return links.count > 0 &&
           bsearch(&id, links.ids, (size_t)links.count, sizeof(struct uuid), compare_ids) != NULL;
}

struct links links_minus(struct scope *scope, struct links from, struct links other)
{
    struct links out = { scope_new(scope, struct uuid, from.count + 1), 0 };
    for (int i = 0; i < from.count; i++) {
        if (!links_have(other, from.ids[i])) out.ids[out.count++] = from.ids[i];
    }
    return out;
}

struct links links_plus(struct scope *scope, struct links a, struct links b)
{
    struct links out = { scope_new(scope, struct uuid, a.count + b.count + 1), 0 };
    for (int i = 0; i < a.count; i++) out.ids[out.count++] = a.ids[i];
    for (int i = 0; i < b.count; i++) out.ids[out.count++] = b.ids[i];
    links_sort(&out);
    return out;
}

/* ---- changes: "+ids-ids" until the record they are meant for is known ---- */

struct cell links_change_cell(struct scope *scope, struct links add, struct links remove)
{
    struct cell plus = links_cell(scope, add), minus = links_cell(scope, remove);
    return cell_text(scope_format(scope, "+%.*s|%.*s", (int)plus.text.size,
                                  plus.kind == CELL_TEXT ? plus.text.data : "",
                                  (int)minus.text.size,
                                  minus.kind == CELL_TEXT ? minus.text.data : ""));
}

struct links links_apply(struct scope *scope, struct links before, const struct cell *change)
{
    if (change->kind != CELL_TEXT || change->text.data[0] != '+') return links_of(scope, change);
    struct str rest = str_slice(change->text, 1, change->text.size), plus, minus = STR("");
    if (!str_split(&rest, '|', &plus)) plus = STR("");
    minus = rest;
    struct cell plus_cell = cell_text(plus), minus_cell = cell_text(minus);
    struct links kept = links_minus(scope, before, links_of(scope, &minus_cell));
    return links_plus(scope, kept, links_of(scope, &plus_cell));
}
