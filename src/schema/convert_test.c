/* Values of one type as values of another: what is kept, what has no counterpart. */
#include "schema/schema_fixture_test.h"
#include "schema/schema_inner.h"

struct bench {
    struct scope scope;
    struct schema schema;
    struct object objects[2];
    struct value_context context;
};

static const struct field *field_of(struct bench *bench, int side, const char *definition)
{
    const char *text = scope_format(&bench->scope,
                                    "{'name':'thing','fields':[{'id':1,'name':'f',%s}]}",
                                    definition)
                           .data;
    struct json *body = scope_new(&bench->scope, struct json, 1);
    *body = quoted(&bench->scope, text);
    if (!CHECK(object_build(&bench->scope, body, &bench->objects[side]))) return NULL;
    return object_field(&bench->objects[side], STR("f"));
}

/* What people read of the converted value; "lost" when there is none. */
static struct str converted(struct bench *bench, const char *from_definition, const char *typed,
                            const char *to_definition)
{
    const struct field *from = field_of(bench, 0, from_definition);
    const struct field *to = field_of(bench, 1, to_definition);
    struct cell in, out;
    if (!from || !to || !CHECK(field_may_convert(from, to)) ||
        !CHECK(from->type->read_text(&bench->scope, &bench->context, from, str_of(typed), &in))) {
        return STR("");
    }
    bool is_kept = value_convert(&bench->scope, &bench->context, from, &in, to, &out);
    CHECK(!error_is_set(&bench->scope));
    CHECK(is_kept || out.kind == CELL_NULL);
    if (!is_kept) return STR("lost");
    if (out.kind == CELL_NULL) return STR("blank");
    return field_text(&bench->scope, &bench->context, to, &out);
}

#define CHOICES                                                                       \
    "'type':'choice','choices':[{'id':1,'name':'new','label':{'zh':'新签','en':'New'}}," \
    "{'id':2,'name':'old','label':{'zh':'续签','en':'Old'}}]"

TEST(convert_keeps_what_the_other_type_can_hold)
{
    static const struct {
        const char *from, *typed, *to, *wanted;
    } cases[] = {
        { "'type':'text'", "1,280", "'type':'integer'", "1280" },
        { "'type':'text'", "12.5", "'type':'number','scale':2", "12.50" },
        { "'type':'text'", "twelve", "'type':'integer'", "lost" },
        { "'type':'text'", "12.5", "'type':'integer'", "lost" },
        { "'type':'text'", "2026-03-02", "'type':'date'", "2026-03-02" },
        { "'type':'text'", "soon", "'type':'date'", "lost" },
        { "'type':'text'", "是", "'type':'boolean'", "是" },
        { "'type':'text'", "续签", CHOICES, "续签" },
        { "'type':'text'", "New", CHOICES, "新签" },
        { "'type':'text'", "neither", CHOICES, "lost" },
        { "'type':'text'", "", "'type':'integer'", "blank" },
        /* Numbers are counted over; a decimal that would be rounded away is a loss. */
        { "'type':'number','scale':2", "12.50", "'type':'number','scale':1", "12.5" },
        { "'type':'number','scale':2", "12.55", "'type':'number','scale':1", "lost" },
        { "'type':'number','scale':2", "12", "'type':'integer'", "12" },
        { "'type':'number','scale':2", "12.01", "'type':'integer'", "lost" },
        { "'type':'integer'", "7", "'type':'integer','max':5", "lost" },
        { "'type':'integer'", "-7", "'type':'integer','min':0", "lost" },
        { "'type':'integer'", "7", "'type':'integer','min':0,'max':7", "7" },
        { "'type':'integer'", "1280", "'type':'text'", "1280" },
        { "'type':'number','scale':4", "0.5", "'type':'text'", "0.5" },
        { "'type':'number','scale':2", "100", "'type':'text'", "100" },
        /* Days and moments by the workspace's zone. */
        { "'type':'date'", "2026-03-02", "'type':'datetime'", "2026-03-02 00:00" },
        { "'type':'datetime'", "2026-03-02 23:30", "'type':'date'", "2026-03-02" },
        { "'type':'datetime'", "2026-03-02 00:15", "'type':'date'", "2026-03-02" },
        { CHOICES, "新签", "'type':'text'", "新签" },
        { "'type':'text'", "abcdef", "'type':'text','size_max':3", "lost" },
    };
    struct bench bench = { .schema = { .zone_min = 480 } };
    scope_begin(&bench.scope);
    bench.context = (struct value_context){ &bench.schema, LANGUAGE_ZH, 0 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CHECK_STR(converted(&bench, cases[i].from, cases[i].typed, cases[i].to), cases[i].wanted);
    }
    scope_end(&bench.scope);
}

TEST(convert_refuses_what_has_no_way)
{
    static const struct {
        const char *from, *to;
        bool is_way;
    } cases[] = {
        { "'type':'text'", "'type':'person'", false },
        { "'type':'person'", "'type':'text'", true },
        { "'type':'person'", "'type':'integer'", false },
        { "'type':'reference','to':'thing'", "'type':'text'", true },
        { "'type':'text'", "'type':'reference','to':'thing'", false },
        { "'type':'file'", "'type':'text'", false },
        { "'type':'formula','formula':'1'", "'type':'text'", false },
        { "'type':'text'", "'type':'formula','formula':'1'", false },
        { "'type':'auto_number','pattern':'N{0}'", "'type':'text'", true },
        { "'type':'money'", "'type':'percent'", true },
    };
    struct bench bench = { .schema = { .zone_min = 480 } };
    scope_begin(&bench.scope);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct field *from = field_of(&bench, 0, cases[i].from);
        const struct field *to = field_of(&bench, 1, cases[i].to);
        if (from && to) CHECK_INT(field_may_convert(from, to), cases[i].is_way);
    }
    scope_end(&bench.scope);
}
