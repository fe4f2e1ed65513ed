/*
 * Any bytes as the text of a template about a small object. Cut into pieces it is still the same
 * text; what is taken has parts that begin and end in turn, each with a path that leads somewhere.
 */
#include <stdlib.h>

#include "rules/rules.h"
#include "rules/template.h"
#include "schema/schema_inner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
    struct scope scope;
    struct object object;
} bench;

static void must(bool is_ok)
{
    if (!is_ok) abort();
}

static void begin(void)
{
    static const char body[] = "{\"name\":\"thing\",\"fields\":[{\"name\":\"a\",\"type\":\"text\"},"
                               "{\"name\":\"due_at\",\"type\":\"datetime\"}]}";
    scope_begin(&bench.scope);
    struct json *tree = scope_new(&bench.scope, struct json, 1);
    must(json_read(&bench.scope, str_of(body), tree));
    must(object_build(&bench.scope, tree, &bench.object));
}

/* *is_paired: parts begin and end in turn, and in none is there no path. */
static bool is_whole(struct str text, bool *is_paired)
{
    struct template_scan scan = template_begin(text);
    struct template_piece piece;
    size_t at = 0;
    int path_count = 0;
    *is_paired = true;
    for (bool is_in_part = false; template_next(&scan, &piece); is_in_part = scan.is_in_part) {
        bool is_begin = piece.kind == PIECE_PART_BEGIN, is_end = piece.kind == PIECE_PART_END;
        if (piece.source.size == 0 || piece.source.data != text.data + at) return false;
        at += piece.source.size;
        if (is_begin == is_in_part && (is_begin || is_end)) *is_paired = false;
        if (is_begin) path_count = 0;
        if (piece.kind == PIECE_VALUE) path_count += 1;
        if (is_end && path_count == 0) *is_paired = false;
    }
    *is_paired = *is_paired && !scan.is_in_part;
    return at == text.size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!bench.object.field_count) begin();
    struct scope scope;
    scope_begin(&scope);
    struct str text = { (const char *)data, size };
    struct template template = { { text, STR("") } };
    bool is_paired = false, is_loose = false;
    must(is_whole(text, &is_paired));
    if (template_check(&scope, &bench.object, STR("title"), &template, &is_loose)) {
        must(is_paired);
    } else {
        must(scope.error.code == ERROR_INVALID && error_last(&scope));
    }
    scope_end(&scope);
    return 0;
}
