/* Every field type: what it takes, what it refuses, what comes out again. */
#include "base/decimal.h"
#include "schema/schema_fixture_test.h"
#include "schema/schema_inner.h"

struct bench {
    struct scope scope;
    struct schema schema;
    struct object object;
    struct value_context context;
};

static void bench_begin(struct bench *bench)
{
    *bench = (struct bench){ .schema = { .zone_min = 480 } };
    scope_begin(&bench->scope);
    bench->context = (struct value_context){ &bench->schema, LANGUAGE_ZH, 0 };
}

/* A field from its definition, by the same code that stores real ones. */
static struct field *field_of(struct bench *bench, const char *definition)
{
    const char *text = scope_format(&bench->scope,
                                    "{'name':'thing','fields':[{'name':'f',%s}]}", definition)
                           .data;
    struct json *body = scope_new(&bench->scope, struct json, 1);
    *body = quoted(&bench->scope, text);
    scope_error_clear(&bench->scope);
    if (!object_build(&bench->scope, body, &bench->object)) return NULL;
    return object_field(&bench->object, STR("f"));
}

static struct str as_json(struct bench *bench, const struct field *field, const struct cell *cell)
{
    struct buf out;
    struct json_writer writer;
    buf_begin(&out, &bench->scope, 100000);
    json_begin(&writer, &out);
    field_write(&writer, &bench->context, field, cell);
    return buf_str(&out);
}

/* JSON in, JSON out; the error's key when it is refused. */
static struct str through(struct bench *bench, const struct field *field, const char *json)
{
    struct cell cell, again;
    struct json in = quoted(&bench->scope, json);
    scope_error_clear(&bench->scope);
    if (!field_read(&bench->scope, &bench->context, field, &in, &cell)) {
        CHECK(bench->scope.error.code == ERROR_INVALID);
        CHECK_STR(bench->scope.error.last->field, "f");
        return str_of(bench->scope.error.last->key);
    }
    CHECK(!error_is_set(&bench->scope));
    struct str stored = field_store_text(&bench->scope, field, &cell);
    CHECK(field_load_text(&bench->scope, field, stored, &again));
    CHECK(cell_equal(&cell, &again));
    return as_json(bench, field, &cell);
}

/* Text in, text for people out; the error's key when it is refused. */
static struct str typed(struct bench *bench, const struct field *field, const char *text)
{
    struct cell cell;
    scope_error_clear(&bench->scope);
    if (!field->type->read_text(&bench->scope, &bench->context, field, str_of(text), &cell)) {
        return str_of(bench->scope.error.last->key);
    }
    return field_text(&bench->scope, &bench->context, field, &cell);
}

struct example {
    const char *in, *out;
};

static void check_json(struct bench *bench, const struct field *field,
                       const struct example *examples)
{
    if (!CHECK(field != NULL)) return;
    for (; examples->in; examples++) CHECK_STR(through(bench, field, examples->in), examples->out);
}

static void check_text(struct bench *bench, const struct field *field,
                       const struct example *examples)
{
    if (!CHECK(field != NULL)) return;
    for (; examples->in; examples++) CHECK_STR(typed(bench, field, examples->in), examples->out);
}

TEST(field_text_values)
{
    struct bench bench;
    bench_begin(&bench);
    static const struct example json[] = {
        { "'  abc '", "\"abc\"" },       { "''", "null" },
        { "'   '", "null" },             { "null", "null" },
        { "'a\\nb\\tc'", "\"a\\nb\\tc\"" }, { "'a\\r\\nb'", "\"a\\nb\"" },
        { "'a\\u0007'", "field.control" },
        { "'\\u0085x'", "field.control" },  { "5", "field.not_text" },
        { "true", "field.not_text" },    { "['a']", "field.not_text" },
        { "{'a':1}", "field.not_text" }, { "'一二三四五'", "\"一二三四五\"" },
        { "'一二三四五六'", "field.too_long" }, { NULL, NULL },
    };
    check_json(&bench, field_of(&bench, "'type':'text','size_max':5"), json);
    CHECK_INT(field_of(&bench, "'type':'text'")->size_max, 500);
    CHECK_INT(field_of(&bench, "'type':'long_text'")->size_max, 20000);
    CHECK(field_of(&bench, "'type':'text','size_max':0") == NULL);
    CHECK(field_of(&bench, "'type':'text','size_max':10001") == NULL);
    CHECK(field_of(&bench, "'type':'text','size_max':'many'") == NULL);
    scope_end(&bench.scope);
}

TEST(field_number_values)
{
    struct bench bench;
    bench_begin(&bench);
    static const struct example json[] = {
        { "12", "12.00" },     { "12.5", "12.50" },   { "'12.5'", "12.50" },
        { "-0.01", "-0.01" },  { "0.1", "0.10" },     { "280.07", "280.07" },
        { "null", "null" },    { "''", "null" },      { "1.005", "field.not_decimal" },
        { "1e3", "1000.00" },  { "1e300", "field.not_decimal" },
        { "'1,000'", "field.not_decimal" }, { "'abc'", "field.not_decimal" },
        { "true", "field.not_decimal" },    { "[1]", "field.not_decimal" },
        { "92233720368547758.07", "field.not_decimal" }, { "-100.01", "field.too_small" },
        { "1000.01", "field.too_large" },   { "9223372036854775807", "field.not_decimal" },
        { NULL, NULL },
    };
    check_json(&bench, field_of(&bench, "'type':'number','min':-100,'max':'1000.00'"), json);
    static const struct example text[] = {
        { "1,280.5", "1280.5000" }, { "１２．５", "12.5000" },     { " 7 ", "7.0000" },
        { "1,28", "field.not_decimal" }, { "12.5万", "125000.0000" },
        { "1.2亿", "120000000.0000" },
        { "万", "field.not_decimal" },   { "3 apples", "field.not_decimal" }, { "", "" },
        { "99999999999.9999", "99999999999.9999" }, { "100000000000", "field.too_large" },
        { "-100000000000", "field.too_small" },
        { NULL, NULL },
    };
    check_text(&bench, field_of(&bench, "'type':'number','scale':4"), text);
    CHECK(field_of(&bench, "'type':'number','scale':7") == NULL);
    CHECK(field_of(&bench, "'type':'number','scale':-1") == NULL);
    CHECK(field_of(&bench, "'type':'number','min':5,'max':4") == NULL);
    CHECK(field_of(&bench, "'type':'number','min':'x'") == NULL);
    static const struct example whole[] = {
        { "5", "5" }, { "5.0", "5" }, { "5.5", "field.not_integer" }, { "'7'", "7" },
        { "'7.5'", "field.not_integer" }, { "false", "field.not_integer" },
        { "999999999999999", "999999999999999" }, { "1000000000000000", "field.too_large" },
        { NULL, NULL },
    };
    check_json(&bench, field_of(&bench, "'type':'integer'"), whole);
    scope_end(&bench.scope);
}

TEST(field_money_values)
{
    struct bench bench;
    bench_begin(&bench);
    const struct field *field = field_of(&bench, "'type':'money'");
    static const struct example json[] = {
        { "'1280.50'", "\"1280.50\"" }, { "1280.5", "\"1280.50\"" }, { "0", "\"0.00\"" },
        { "'-3'", "\"-3.00\"" },        { "1280.505", "field.not_money" },
        { "'1280.505'", "field.not_money" }, { "'¥5'", "field.not_money" },
        { "'NaN'", "field.not_money" }, { "'1e3'", "field.not_money" },
        { "'99999999999999999999'", "field.not_money" }, { "true", "field.not_money" },
        { "1234567.89", "\"1234567.89\"" }, { NULL, NULL },
    };
    check_json(&bench, field, json);
    static const struct example text[] = {
        { "1,280.5", "1280.50" },  { "¥1,280.50", "1280.50" }, { "￥ 80", "80.00" },
        { "１２８０元", "1280.00" }, { "RMB 5", "5.00" },         { "-¥5", "-5.00" },
        { "¥-5", "-5.00" },        { "-¥-5", "field.not_money" }, { "$1,054", "1054.00" },
        { "12.3456万元", "123456.00" }, { "1.00001万", "10000.10" },
        { "1.0000001万", "field.not_money" }, { "元", "field.not_money" },
        { "12,34", "field.not_money" }, { "五百", "field.not_money" }, { "", "" },
        { "9999999999999.99", "9999999999999.99" }, { "10,000,000,000,000", "field.too_large" },
        { NULL, NULL },
    };
    check_text(&bench, field, text);
    scope_end(&bench.scope);
}

TEST(field_percent_and_boolean_values)
{
    struct bench bench;
    bench_begin(&bench);
    static const struct example percent_json[] = {
        { "0.25", "0.2500" }, { "1", "1.0000" }, { "'0.5'", "0.5000" },
        { "0.00001", "field.not_percent" }, { "'25%'", "field.not_percent" }, { NULL, NULL },
    };
    const struct field *percent = field_of(&bench, "'type':'percent'");
    check_json(&bench, percent, percent_json);
    static const struct example percent_text[] = {
        { "25%", "25.00%" }, { "２５％", "25.00%" }, { "0.25", "25.00%" }, { "12.5 %", "12.50%" },
        { "1", "100.00%" },  { "25", "field.not_percent" }, { "%", "field.not_percent" },
        { "12.345%", "field.not_percent" }, { "55555555555555552%", "field.too_large" },
        { NULL, NULL },
    };
    check_text(&bench, percent, percent_text);
    static const struct example boolean_json[] = {
        { "true", "true" }, { "false", "false" }, { "null", "null" },
        { "1", "field.not_boolean" }, { "'true'", "field.not_boolean" }, { NULL, NULL },
    };
    const struct field *boolean = field_of(&bench, "'type':'boolean'");
    check_json(&bench, boolean, boolean_json);
    static const struct example boolean_text[] = {
        { "是", "是" }, { "YES", "是" }, { "否", "否" }, { "０", "否" }, { "", "" },
        { "maybe", "field.not_boolean" }, { NULL, NULL },
    };
    check_text(&bench, boolean, boolean_text);
    scope_end(&bench.scope);
}

TEST(field_date_and_datetime_values)
{
    struct bench bench;
    bench_begin(&bench);
    const struct field *date = field_of(&bench, "'type':'date'");
    static const struct example date_json[] = {
        { "'2026-03-02'", "\"2026-03-02\"" }, { "'2024-02-29'", "\"2024-02-29\"" },
        { "'2026-02-29'", "field.not_date" }, { "'2026-3-2'", "field.not_date" },
        { "'2026-03-02T00:00:00Z'", "field.not_date" }, { "20260302", "field.not_date" },
        { "'yesterday'", "field.not_date" },  { NULL, NULL },
    };
    check_json(&bench, date, date_json);
    static const struct example date_text[] = {
        { "2026-03-02", "2026-03-02" }, { "2026/3/2", "2026-03-02" }, { "2026.3.2", "2026-03-02" },
        { "2026年3月2日", "2026-03-02" }, { "20260302", "2026-03-02" },
        { "２０２６－０３－０２", "2026-03-02" }, { "2026-03-02 00:00:00", "2026-03-02" },
        { "3/2/2026", "field.not_date" }, { "2026-13-01", "field.not_date" },
        { "2026-3-2-1", "field.not_date" }, { "20261302", "field.not_date" },
        { "2026/3-2", "field.not_date" }, { NULL, NULL },
    };
    check_text(&bench, date, date_text);
    const struct field *moment = field_of(&bench, "'type':'datetime'");
    static const struct example moment_json[] = {
        { "'2026-03-02T09:00:00+08:00'", "\"2026-03-02T01:00:00.000Z\"" },
        { "'2026-03-02'", "\"2026-03-01T16:00:00.000Z\"" },
        { "'2026-03-02T25:00:00Z'", "field.not_time" }, { "1772413200000", "field.not_time" },
        { "'now'", "field.not_time" }, { NULL, NULL },
    };
    check_json(&bench, moment, moment_json);
    static const struct example moment_text[] = {
        { "2026-03-02 09:00", "2026-03-02 09:00" }, { "2026/3/2 9:05", "2026-03-02 09:05" },
        { "2026年3月2日 09:05:30", "2026-03-02 09:05:30" }, { "2026-03-02", "2026-03-02 00:00" },
        { "2026/3/2 24:00", "field.not_time" }, { "2026/3/2 9", "field.not_time" },
        { "2026/3/2 9:5:5:5", "field.not_time" }, { "2026/3/2 -9:05", "field.not_time" },
        { NULL, NULL },
    };
    check_text(&bench, moment, moment_text);
    scope_end(&bench.scope);
}

TEST(field_choice_values)
{
    struct bench bench;
    bench_begin(&bench);
    const struct field *field = field_of(
        &bench, "'type':'choice','choices':[{'id':1,'name':'visit','label':{'zh':'拜访','en':"
                "'Visit'}},{'id':2,'name':'old','hidden':true}]");
    static const struct example json[] = {
        { "'visit'", "\"visit\"" }, { "'拜访'", "\"visit\"" }, { "'VISIT '", "\"visit\"" },
        { "'old'", "field.not_choice" }, { "'fax'", "field.not_choice" },
        { "1", "field.not_text" }, { "['visit']", "field.not_text" }, { NULL, NULL },
    };
    check_json(&bench, field, json);
    struct cell hidden = cell_int(2), unknown = cell_int(9);
    CHECK_STR(as_json(&bench, field, &hidden), "\"old\"");
    CHECK_STR(as_json(&bench, field, &unknown), "null");
    CHECK_STR(typed(&bench, field, "拜访"), "拜访");
    CHECK(field_of(&bench, "'type':'choice'") == NULL);
    CHECK(field_of(&bench, "'type':'choice','choices':[]") == NULL);
    CHECK(field_of(&bench, "'type':'choice','choices':[],'open':true") != NULL);
    CHECK(field_of(&bench, "'type':'choice','choices':['a','a']") == NULL);
    CHECK(field_of(&bench, "'type':'choice','choices':['']") == NULL);
    CHECK(field_of(&bench, "'type':'choice','choices':[5]") == NULL);
    scope_end(&bench.scope);
}

TEST(field_id_values)
{
    struct bench bench;
    bench_begin(&bench);
    static const char *const types[] = { "person", "team", "file" };
    static const struct example json[] = {
        { "'0190163D-8694-739B-AEA5-966C26F8AD91'", "\"0190163d-8694-739b-aea5-966c26f8ad91\"" },
        { "'0190163d'", "field.not_id" }, { "12", "field.not_id" }, { "''", "null" },
        { "['0190163d-8694-739b-aea5-966c26f8ad91']", "field.not_id" }, { NULL, NULL },
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        check_json(&bench,
                   field_of(&bench, scope_format(&bench.scope, "'type':'%s'", types[i]).data),
                   json);
    }
    check_json(&bench, field_of(&bench, "'type':'reference','to':'thing'"), json);
    CHECK(field_of(&bench, "'type':'reference'") == NULL);
    CHECK(field_of(&bench, "'type':'stage'") == NULL);
    CHECK(field_of(&bench, "'type':'json'") == NULL);
    CHECK(field_of(&bench, "'type':'colour'") == NULL);
    CHECK(field_of(&bench, "'label':'x'") == NULL);
    scope_end(&bench.scope);
}

TEST(field_phone_values)
{
    struct bench bench;
    bench_begin(&bench);
    static const struct example text[] = {
        { "13812345678", "13812345678" },          { "+86 138-1234-5678", "13812345678" },
        { "0086 138 1234 5678", "13812345678" },   { "8613812345678", "13812345678" },
        { "１３８１２３４５６７８", "13812345678" }, { "（０１０）１２３４５６７８", "field.not_phone" },
        { "(010) 62345678", "01062345678" },       { "010-62345678", "01062345678" },
        { "0755 8234567", "07558234567" },         { "+86 21 6234 5678", "02162345678" },
        { "010-62345678转801", "01062345678-801" }, { "010-62345678 ext. 12", "01062345678-12" },
        { "01062345678-801", "01062345678-801" },  { "0106234567-8", "0106234567-8" },
        { "0755-88888888-801", "075588888888-801" }, { "95588-1", "95588-1" },
        { "010-6234-5678", "01062345678" },        { "13812345678-1", "field.not_phone" },
        { "+1 415 555 2671 ext. 12", "+14155552671x12" }, { "+1-415-555-2671", "+14155552671" },
        { "+14155552671x12", "+14155552671x12" },  { "-1", "field.not_phone" },
        { "400-820-8820", "4008208820" },          { "95588", "95588" }, { "10086", "10086" },
        { "+1 (415) 555-2671", "+14155552671" },   { "00852 2345 6789", "+85223456789" },
        { "+44 20 7946 0018", "+442079460018" },
        { "12812345678", "field.not_phone" },      { "1381234567", "field.not_phone" },
        { "138123456789", "field.not_phone" },     { "62345678", "field.not_phone" },
        { "000", "field.not_phone" },              { "+", "field.not_phone" },
        { "+0123456789", "field.not_phone" },      { "+86", "field.not_phone" },
        { "+1234567890123456", "field.not_phone" }, { "138x", "field.not_phone" },
        { "abc", "field.not_phone" },              { "010-62345678转", "field.not_phone" },
        { "13812345678,13912345678", "field.not_phone" },
        { "1111111111111111111111111111111111111111111111111", "field.not_phone" },
        { "", "" }, { NULL, NULL },
    };
    const struct field *field = field_of(&bench, "'type':'phone'");
    check_text(&bench, field, text);
    CHECK_STR(through(&bench, field, "13812345678"), "field.not_text");
    CHECK_STR(through(&bench, field, "'138 1234 5678'"), "\"13812345678\"");
    scope_end(&bench.scope);
}

TEST(field_mail_values)
{
    struct bench bench;
    bench_begin(&bench);
    const struct field *field = field_of(&bench, "'type':'mail'");
    static const struct example json[] = {
        { "'Li.Na@Example.COM'", "\"Li.Na@example.com\"" },
        { "'a+b@sub.example.cn'", "\"a+b@sub.example.cn\"" },
        { "'a@b'", "field.not_mail" },     { "'@example.com'", "field.not_mail" },
        { "'a@'", "field.not_mail" },      { "'a@@example.com'", "field.not_mail" },
        { "'a b@example.com'", "field.not_mail" }, { "'.a@example.com'", "field.not_mail" },
        { "'a..b@example.com'", "field.not_mail" }, { "'a.@example.com'", "field.not_mail" },
        { "'a@-x.com'", "field.not_mail" }, { "'a@x-.com'", "field.not_mail" },
        { "'a@x..com'", "field.not_mail" }, { "'a@192.168.1.1'", "field.not_mail" },
        { "'a@example.c'", "field.not_mail" }, { "'a@exa_mple.com'", "field.not_mail" },
        { "'a@example.com,b@example.com'", "field.not_mail" }, { "7", "field.not_text" },
        { "''", "null" }, { NULL, NULL },
    };
    check_json(&bench, field, json);
    static const struct example text[] = {
        { "mailto:a@b.cn", "a@b.cn" }, { "a＠b.cn", "a@b.cn" }, { " a@b.cn ", "a@b.cn" },
        { NULL, NULL },
    };
    check_text(&bench, field, text);
    struct buf local;
    buf_begin(&local, &bench.scope, 400);
    for (int i = 0; i < 65; i++) buf_put_char(&local, 'a');
    buf_put(&local, STR("@example.com"));
    CHECK_STR(typed(&bench, field, local.data), "field.not_mail");
    scope_end(&bench.scope);
}

TEST(field_region_values)
{
    struct bench bench;
    bench_begin(&bench);
    static const struct example text[] = {
        { "上海", "上海市" }, { "上海市", "上海市" }, { "310000", "上海市" },
        { "31", "上海市" }, { "深圳", "广东省/深圳市" }, { "广东深圳", "广东省/深圳市" },
        { "广东省深圳市", "广东省/深圳市" }, { "广东省/深圳市", "广东省/深圳市" },
        { "440300", "广东省/深圳市" }, { "4403", "广东省/深圳市" }, { "中国广东省 深圳市", "广东省/深圳市" },
        { "广东省-深圳市-南山区", "广东省/深圳市/南山区" }, { "上海市浦东新区", "上海市/浦东新区" },
        { "北京朝阳区", "北京市/朝阳区" }, { "朝阳区", "朝阳区" }, { "朝阳", "辽宁省/朝阳市" },
        { "内蒙古", "内蒙古自治区" }, { "内蒙古呼和浩特", "内蒙古自治区/呼和浩特市" },
        { "吉林", "吉林省" }, { "吉林市", "吉林省/吉林市" }, { "吉林省吉林市", "吉林省/吉林市" },
        { "海南", "海南省" },          { "海南州", "青海省/海南藏族自治州" },
        { "延边", "吉林省/延边朝鲜族自治州" }, { "香港", "香港特别行政区" }, { "台湾", "台湾省" },
        { "新疆乌鲁木齐", "新疆维吾尔自治区/乌鲁木齐市" }, { "广西", "广西壮族自治区" },
        { "United States", "United States" }, { "East", "East" }, { "华南大区", "华南大区" },
        { "990000", "field.not_region" }, { "12345", "field.not_region" }, { "", "" },
        { "海淀", "海淀" }, { "浙江大学", "浙江大学" }, { NULL, NULL },
    };
    const struct field *field = field_of(&bench, "'type':'region'");
    check_text(&bench, field, text);
    CHECK_STR(through(&bench, field, "310000"), "field.not_text");
    /* What came out goes in again unchanged. */
    for (const struct example *example = text; example->in; example++) {
        if (!str_starts_with(str_of(example->out), STR("field."))) {
            CHECK_STR(typed(&bench, field, example->out), example->out);
        }
    }
    scope_end(&bench.scope);
}

TEST(field_formula_and_auto_number_definitions)
{
    struct bench bench;
    bench_begin(&bench);
    const struct field *field = field_of(&bench, "'type':'formula','formula':'1','result':'money'");
    CHECK(field && field->column.size == 0 && field_kind(field) == VALUE_NUMBER);
    CHECK(field && field->scale == 2);
    CHECK_STR(through(&bench, field, "5"), "field.computed");
    struct cell cell = cell_int(128050), real = cell_real(0.5);
    CHECK_STR(as_json(&bench, field, &cell), "\"1280.50\"");
    CHECK_STR(as_json(&bench, field, &real), "0.5");
    CHECK(field_of(&bench, "'type':'formula'") == NULL);
    CHECK(field_of(&bench, "'type':'formula','formula':'1','stored':true") == NULL);
    CHECK(field_of(&bench, "'type':'formula','formula':'1','result':'formula'") == NULL);
    CHECK(field_of(&bench, "'type':'formula','formula':'1','unique':true") == NULL);
    CHECK(field_of(&bench, "'type':'formula','formula':'1','required':true") == NULL);
    CHECK(field_of(&bench, "'type':'text','formula':'1'") == NULL);
    field = field_of(&bench, "'type':'formula','formula':'1','result':'boolean','stored':true");
    CHECK(field && field->is_stored && field->column.size > 0);
    static const char *const bad[] = { "", "SJ", "{0}{0}", "{yyyy}", "{00x}", "{0000", "0000}",
                                       "{0}9", "{0}{yyyy}", "{0000000000000}" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *text = scope_format(&bench.scope, "'type':'auto_number','pattern':'%s'", bad[i])
                               .data;
        CHECK(field_of(&bench, text) == NULL);
    }
    CHECK(field_of(&bench, "'type':'auto_number','pattern':'SJ-{yyyy}-{000000}'") != NULL);
    scope_end(&bench.scope);
}

TEST(field_multi_choice_values)
{
    struct bench bench;
    bench_begin(&bench);
    struct field *field = field_of(
        &bench, "'type':'multi_choice','choices':["
                "{'id':1,'name':'a','label':{'zh':'甲','en':'A, B'}},"
                "{'id':12,'name':'b','label':{'zh':'乙','en':'Bee'}},"
                "{'id':3,'name':'old','label':'旧','hidden':true}]");
    static const struct example json[] = {
        { "['a']", "['a']" },         { "['b','a','乙']", "['a','b']" }, { "[]", "null" },
        { "null", "null" },           { "''", "null" },
        { "['old','b']", "['old','b']" }, { "'a'", "field.not_choices" },
        { "[1]", "field.not_choices" }, { "['c']", "field.not_choice" },
        { "{'a':1}", "field.not_choices" }, { NULL, NULL },
    };
    for (const struct example *example = json; CHECK(field) && example->in; example++) {
        struct str out = through(&bench, field, example->in);
        struct json wanted = quoted(&bench.scope, example->out[0] == '[' ? example->out : "[]");
        bool is_list = example->out[0] == '[';
        CHECK_STR(is_list ? json_to_text(&bench.scope, &wanted) : str_of(example->out), out.data);
    }
    static const struct example text[] = {
        { "a；b", "甲、乙" }, { "乙、 甲", "甲、乙" }, { "Bee|a", "甲、乙" }, { "A, B", "甲" },
        { "a，，b", "甲、乙" }, { "", "" }, { ";", "" }, { "甲 乙", "field.not_choice" },
        { "旧", "field.not_choice" }, { "a;c", "field.not_choice" }, { NULL, NULL },
    };
    check_text(&bench, field, text);
    struct cell cell = choices_cell(&bench.scope, (int[]){ 12, 1, 12 }, 3);
    CHECK_STR(cell.text, ",0001,0012,");
    CHECK(choices_cell(&bench.scope, NULL, 0).kind == CELL_NULL);
    CHECK(field_of(&bench, "'type':'multi_choice'") == NULL);
    CHECK(field_of(&bench, "'type':'multi_choice','choices':[],'open':true") != NULL);
    scope_end(&bench.scope);
}

TEST(field_duration_values)
{
    struct bench bench;
    bench_begin(&bench);
    static const struct example json[] = {
        { "9000000", "9000000" }, { "0", "0" }, { "null", "null" }, { "-5", "field.too_small" },
        { "1.5", "field.not_duration" }, { "'2 h'", "field.not_duration" },
        { "true", "field.not_duration" }, { NULL, NULL },
    };
    static const struct example text[] = {
        { "2 h 30 min", "2 小时 30 分钟" }, { "2小时30分", "2 小时 30 分钟" }, { "1.5h", "1 小时 30 分钟" },
        { "90分钟", "1 小时 30 分钟" }, { "2:30", "2 小时 30 分钟" }, { "26:00:01", "26 小时 1 秒" },
        { "4 d", "4 天" }, { "3天2小时", "3 天 2 小时" }, { "0", "0 秒" },
        { "1.25 s", "1.250 秒" },           { "１个小时", "1 小时" },          { "", "" },
        { "150", "field.not_duration" }, { "2:75", "field.not_duration" },
        { "2:3", "field.not_duration" },
        { "30 min 2 h", "field.not_duration" }, { "h", "field.not_duration" },
        { "2 weeks", "field.not_duration" },
        { "-1h", "field.too_small" },       { NULL, NULL },
    };
    check_json(&bench, field_of(&bench, "'type':'duration','min':0"), json);
    check_text(&bench, field_of(&bench, "'type':'duration','min':0"), text);
    CHECK_STR(typed(&bench, field_of(&bench, "'type':'duration'"), "-1h 30m"), "-1 小时 30 分钟");
    CHECK_STR(duration_text(&bench.scope, LANGUAGE_EN, 9000000), "2 h 30 min");
    CHECK_STR(field_of(&bench, "'type':'duration','default':5400000")->default_source,
              "SECONDS(5400.000)");
    scope_end(&bench.scope);
}

TEST(field_url_values)
{
    struct bench bench;
    bench_begin(&bench);
    static const struct example json[] = {
        { "'https://Example.COM/A?b=1#c'", "\"https://example.com/A?b=1#c\"" },
        { "'HTTP://example.com'", "\"http://example.com\"" },
        { "'example.com/路径'", "\"https://example.com/路径\"" },
        { "'example.com:8080/x'", "\"https://example.com:8080/x\"" },
        { "'http://localhost:3000'", "\"http://localhost:3000\"" },
        { "''", "null" }, { "5", "field.not_text" },
        { "'javascript:alert(1)'", "field.not_url" },
        { "'JavaScript://x.cn/%0aalert(1)'", "field.not_url" },
        { "'data:text/html,x'", "field.not_url" }, { "'vbscript:x'", "field.not_url" },
        { "'mailto:a@b.cn'", "field.not_url" }, { "'https:example.com'", "field.not_url" },
        { "'https://'", "field.not_url" }, { "'https://a b.cn'", "field.not_url" },
        { "'https://user@evil.cn'", "field.not_url" }, { "'word'", "field.not_url" },
        { "'//example.com'", "field.not_url" }, { "'https://a..cn'", "field.not_url" },
        { "'ab.c\u3000d'", "field.not_url" }, { "'a.cn\uff0fx'", "field.not_url" },
        { "'https://a.cn\uff20evil.cn'", "field.not_url" },
        { NULL, NULL },
    };
    check_json(&bench, field_of(&bench, "'type':'url'"), json);
    scope_end(&bench.scope);
}

TEST(field_geo_values)
{
    struct bench bench;
    bench_begin(&bench);
    static const struct example json[] = {
        { "{'lat':31.2304161,'lng':121.4737008}", "{\"lat\":31.230416,\"lng\":121.473701}" },
        { "{'lat':-90,'lng':180}", "{\"lat\":-90.000000,\"lng\":180.000000}" },
        { "null", "null" },
        { "{'lat':90.000001,'lng':0}", "field.not_geo" },
        { "{'lat':0,'lng':-181}", "field.not_geo" },
        { "{'lat':'1','lng':2}", "field.not_geo" }, { "{'lat':1}", "field.not_geo" },
        { "[1,2]", "field.not_geo" }, { "'1,2'", "field.not_geo" }, { NULL, NULL },
    };
    static const struct example text[] = {
        { "31.230416,121.473701", "31.230416,121.473701" },
        { "31.2304169999，121.5", "31.230416,121.500000" },
        { "31.2 121.4", "31.200000,121.400000" }, { "121.4,31.2", "field.not_geo" },
        { "上海", "field.not_geo" }, { "1,2,3", "field.not_geo" }, { "", "" }, { NULL, NULL },
    };
    struct field *field = field_of(&bench, "'type':'geo'");
    check_json(&bench, field, json);
    check_text(&bench, field, text);
    scope_end(&bench.scope);
}

TEST(field_barcode_and_rich_text_values)
{
    struct bench bench;
    bench_begin(&bench);
    static const struct example code[] = {
        { "' 6901234567892 '", "\"6901234567892\"" }, { "'01\\u001d10AB'", "\"0110AB\"" },
        { "'a\\nb'", "field.control" }, { "'a\\rb'", "field.control" },
        { "5", "field.not_text" }, { NULL, NULL },
    };
    check_json(&bench, field_of(&bench, "'type':'barcode'"), code);
    static const struct example rich[] = {
        { "'# A\\n\\n- *b*\\n<script>'", "\"# A\\n\\n- *b*\\n<script>\"" }, { NULL, NULL },
    };
    check_json(&bench, field_of(&bench, "'type':'rich_text'"), rich);
    CHECK(field_of(&bench, "'type':'file','accept':'audio'")->accept == ACCEPT_AUDIO);
    CHECK(field_of(&bench, "'type':'signature'")->accept == ACCEPT_IMAGE);
    CHECK(field_of(&bench, "'type':'file','accept':'video'") == NULL);
    scope_end(&bench.scope);
}

/* What is left of a value under a class of personal data. */
static struct str masked(struct bench *bench, const char *properties, const char *text)
{
    struct field *field = field_of(bench, properties);
    struct cell cell = cell_text(str_of(text));
    return field ? field_mask(&bench->scope, field, &cell) : STR("no field");
}

TEST(field_masks)
{
    struct bench bench;
    bench_begin(&bench);
    static const struct {
        const char *properties, *value, *masked;
    } cases[] = {
        { "'type':'phone','personal':true", "13812341234", "138****1234" },
        { "'type':'text','personal':'phone'", "13812341234", "138****1234" },
        { "'type':'phone'", "12345", "****" },
        { "'type':'mail','personal':true", "zhang@x.cn", "z***@x.cn" },
        { "'type':'text','personal':'mail'", "nobody", "****" },
        { "'type':'text','personal':'id_number'", "110101199003071234", "110***********1234" },
        { "'type':'text','personal':'name'", "张三丰", "张*" },
        { "'type':'text','personal':'name'", "张", "*" },
        { "'type':'text','personal':'address'", "上海市浦东新区世纪大道100号", "上海市浦东新****" },
        { "'type':'text','personal':'address'", "上海", "****" },
        { "'type':'text','personal':'bank'", "6222021234567890123", "****0123" },
        { "'type':'text','personal':true", "an old secret of many words", "an ****ords" },
        { "'type':'text','personal':true", "秘密的话一共说了很多很多", "****" },
        { "'type':'geo','personal':true", "31.230416,121.473701", "" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CHECK_STR(masked(&bench, cases[i].properties, cases[i].value), cases[i].masked);
    }
    CHECK(field_of(&bench, "'type':'text','personal':'shoe'") == NULL);
    CHECK(field_of(&bench, "'type':'text','personal':false")->personal == PERSONAL_NO);
    CHECK(field_of(&bench, "'type':'text','width':2")->width == 2);
    CHECK(field_of(&bench, "'type':'text','width':3") == NULL);
    scope_end(&bench.scope);
}

TEST(field_types_are_complete)
{
    for (int i = 0; i < field_type_count; i++) {
        const struct field_type *type = field_types[i];
        CHECK(type->read && type->read_text && type->write && type->text);
        CHECK(field_type_find(str_of(type->name)) == type);
    }
    CHECK(field_type_find(STR("many_choices")) == NULL);
}
