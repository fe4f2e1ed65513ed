/*
 * Any text as a value of any field type. The first byte chooses the type, the second the class
 * of personal data; the rest is read as text of a file and, where it is JSON, as a client's
 * value. What is taken comes out again as it went in, and nothing that comes out, masks
 * included, is anything but UTF-8.
 */
#include <stdlib.h>

#include "base/utf8.h"
#include "schema/schema_inner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const definitions[] = {
    "'text'", "'long_text'", "'rich_text'", "'url'", "'barcode'", "'geo'", "'duration'",
    "'multi_choice','choices':[{'name':'a','label':{'zh':'甲'},'id':1},{'name':'b','id':2}]",
    "'choice','choices':[{'name':'a','label':{'zh':'甲'},'id':1},{'name':'b','id':2}]",
    "'phone'", "'mail'", "'region'", "'money'", "'number','scale':3", "'integer'", "'percent'",
    "'boolean'", "'date'", "'datetime'",
};
enum { DEFINITION_COUNT = sizeof(definitions) / sizeof(definitions[0]) };

static struct {
    struct scope scope;
    struct schema schema;
    struct object objects[DEFINITION_COUNT];
} bench;

static void must(bool is_ok)
{
    if (!is_ok) abort();
}

static void begin(void)
{
    scope_begin(&bench.scope);
    bench.schema.zone_min = 480;
    for (int i = 0; i < DEFINITION_COUNT; i++) {
        struct buf text;
        struct json *body = scope_new(&bench.scope, struct json, 1);
        buf_begin(&text, &bench.scope, 1024);
        buf_put(&text, STR("{\"name\":\"thing\",\"fields\":[{\"name\":\"f\",\"type\":"));
        for (const char *c = definitions[i]; *c; c++) buf_put_char(&text, *c == '\'' ? '"' : *c);
        buf_put(&text, STR("}]}"));
        must(json_read(&bench.scope, buf_str(&text), body));
        must(object_build(&bench.scope, body, &bench.objects[i]));
    }
}

static struct str as_json(struct scope *scope, const struct value_context *context,
                          const struct field *field, const struct cell *cell)
{
    struct buf out;
    struct json_writer writer;
    buf_begin(&out, scope, 1024 * 1024);
    json_begin(&writer, &out);
    field_write(&writer, context, field, cell);
    return buf_str(&out);
}

/* A value that was taken: written, kept, said and masked. */
static void check(struct scope *scope, const struct value_context *context,
                  const struct field *field, const struct cell *cell)
{
    struct cell again;
    struct json tree;
    struct str json = as_json(scope, context, field, cell);
    must(json_read(scope, json, &tree));
    must(field_read(scope, context, field, &tree, &again) && cell_equal(cell, &again));
    must(field_load_text(scope, field, field_store_text(scope, field, cell), &again));
    must(cell_equal(cell, &again));
    if (cell->kind == CELL_NULL) return;
    must(utf8_is_valid(field_text(scope, context, field, cell)));
    struct str mask = field_mask(scope, field, cell);
    must(utf8_is_valid(mask));
    must(cell->kind != CELL_TEXT || mask.size == 0 || !str_equal(mask, cell->text) ||
         str_find(mask, STR("*")) != SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!bench.scope.error.code && bench.objects[0].field_count == 0) begin();
    if (size < 2) return 0;
    struct scope scope;
    scope_begin(&scope);
    struct value_context context = { &bench.schema, LANGUAGE_ZH, 1772416800000 };
    struct field field = *object_field(&bench.objects[data[0] % DEFINITION_COUNT], STR("f"));
    field.personal = (enum personal)(data[1] % (PERSONAL_BANK + 1));
    struct str text = { (const char *)data + 2, size - 2 };
    struct cell cell;
    struct json json;
    bool is_text = utf8_is_valid(text) && memchr(text.data, 0, text.size) == NULL;
    if (is_text && field.type->read_text(&scope, &context, &field, text, &cell)) {
        check(&scope, &context, &field, &cell);
    }
    scope_error_clear(&scope);
    if (json_read(&scope, text, &json) && field_read(&scope, &context, &field, &json, &cell)) {
        check(&scope, &context, &field, &cell);
    }
    /* What an older version let in is masked as well. */
    cell = cell_text(text);
    if (is_text) must(utf8_is_valid(field_mask(&scope, &field, &cell)));
    scope_end(&scope);
    return 0;
}
