/* Lists and sums: pages against the whole list, counts, cursors; sums against the rows. */
#include <stdio.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "tests/office.h"
#include "tests/test.h"

enum { ROW_COUNT = 60, PAGE = 7 };

struct shop {
    struct office office;
    struct uuid accounts[3];
};

static uint64_t random_next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* Deals with many ties and blanks in amount, source, expected_close, customer's region. */
static void shop_begin(struct shop *shop)
{
    static const char *const regions[] = { "广东省", "江苏省", "" };
    static const char *const sources[] = { "\"web\"", "\"tender\"", "null" };
    uint64_t state = 7;
    office_begin(&shop->office);
    struct visit visit;
    visit_begin(&visit, &shop->office, shop->office.rob);
    for (int i = 0; i < 3; i++) {
        struct str json = scope_format(&visit.scope, "{\"name\":\"客户%d\",\"region\":\"%s\"}", i,
                                       regions[i]);
        shop->accounts[i] = visit_create(&visit, "customer", json.data);
        CHECK_STR(str_of(visit_error(&visit)), "");
    }
    for (int i = 0; i < ROW_COUNT; i++) {
        char amount[32] = "null", close[32] = "null";
        uint64_t pick = random_next(&state) % 6;
        if (pick > 1) snprintf(amount, sizeof(amount), "\"%d.%02d\"", (int)pick, (int)pick * 7);
        if (i % 3) {
            snprintf(close, sizeof(close), "\"2026-%02d-%02d\"",
                     (int)(1 + random_next(&state) % 12), (int)(1 + random_next(&state) % 28));
        }
        struct str json = scope_format(
            &visit.scope,
            "{\"name\":\"单%d\",\"customer\":\"%s\",\"amount\":%s,\"expected_close\":%s,"
            "\"source\":%s}",
            (int)(random_next(&state) % 9),
            uuid_format(&visit.scope, shop->accounts[random_next(&state) % 3]).data, amount, close,
            sources[random_next(&state) % 3]);
        visit_create(&visit, "opportunity", json.data);
        CHECK_STR(str_of(visit_error(&visit)), "");
    }
    visit_end(&visit, &shop->office);
}

static bool list(struct visit *visit, const char *order, int limit, struct str after,
                 struct json *out)
{
    struct record_context context = engine_record_context(&visit->context);
    struct record_query query = {
        .object = schema_object(visit->context.snapshot->schema, STR("opportunity")),
        .limit = limit, .after = after, .count = COUNT_CAPPED,
    };
    struct buf text;
    struct json_writer writer;
    struct db_conn *conn = NULL;
    scope_error_clear(&visit->scope);
    buf_begin(&text, &visit->scope, 4 * 1024 * 1024);
    json_begin(&writer, &text);
    json_map_begin(&writer);
    if (!query_parse_order(&visit->scope, &context, str_of(order), &query) ||
        !query_parse_fields(&visit->scope, &context, STR("name,amount,customer.region"), &query) ||
        !db_read_begin(&visit->scope, engine_db(visit->context.engine), &conn)) {
        return false;
    }
    bool ok = visit_list(visit, conn, &query, &writer);
    db_read_end(conn);
    json_map_end(&writer);
    return ok && json_read(&visit->scope, buf_str(&text), out);
}

static void check_pages(struct visit *visit, const char *order)
{
    struct json whole, page;
    struct str after = STR("");
    int seen = 0;
    if (!CHECK(list(visit, order, 1000, after, &whole))) return;
    const struct json *all = json_get(&whole, "items");
    CHECK_INT(all->count, ROW_COUNT);
    CHECK_INT(json_int(&whole, "count", -1), ROW_COUNT);
    for (int turn = 0; turn < ROW_COUNT; turn++) {
        if (!CHECK(list(visit, order, PAGE, after, &page))) return;
        const struct json *items = json_get(&page, "items");
        for (int i = 0; i < items->count && seen < all->count; i++, seen++) {
            if (!str_equal(json_text(&items->items[i], "id"),
                           json_text(&all->items[seen], "id"))) {
                CHECK_STR(json_text(&items->items[i], "id"), order);
                return;
            }
        }
        after = json_text(&page, "next");
        if (after.size == 0) break;
    }
    CHECK_INT(seen, ROW_COUNT);
}

TEST(query_pages_are_the_whole_list_in_any_order)
{
    static const char *const orders[] = {
        "", "amount", "-amount", "name,-amount", "-source,amount,name", "expected_close",
        "-expected_close,source", "customer.region,-name", "-customer.region,expected_close",
        "stage,-created_at", "weighted_amount", "-stalled_since,name", "log_count,-amount", "id",
        "-id", "customer.name,amount,source,expected_close",
    };
    struct shop shop;
    shop_begin(&shop);
    struct visit visit;
    visit_begin(&visit, &shop.office, shop.office.rob);
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        check_pages(&visit, orders[i]);
    }
    visit_end(&visit, &shop.office);
    office_end(&shop.office);
}

TEST(query_refuses_what_it_cannot_read)
{
    struct shop shop;
    shop_begin(&shop);
    struct visit visit;
    struct json page;
    visit_begin(&visit, &shop.office, shop.office.rob);
    static const char *const cursors[] = { "x", "00", "5b5d", "7b7d", "5b312c225c225d", "zz" };
    for (size_t i = 0; i < sizeof(cursors) / sizeof(cursors[0]); i++) {
        CHECK(!list(&visit, "amount", 5, str_of(cursors[i]), &page));
        CHECK_STR(str_of(visit_error(&visit)), "query.bad_cursor");
    }
    CHECK(list(&visit, "amount", 5, STR(""), &page));
    struct str next = json_text(&page, "next");
    CHECK(!list(&visit, "amount,name", 5, next, &page));
    CHECK_STR(str_of(visit_error(&visit)), "query.bad_cursor");
    CHECK(!list(&visit, "amout", 5, STR(""), &page));
    CHECK_STR(str_of(visit_error(&visit)), "field.unknown");
    CHECK(!list(&visit, "product.floor_price", 5, STR(""), &page));
    CHECK_STR(str_of(visit_error(&visit)), "field.unknown");
    CHECK(!list(&visit, "a,b,c,d,e", 5, STR(""), &page));
    visit_end(&visit, &shop.office);
    office_end(&shop.office);
}

static bool sum(struct visit *visit, const char *body, struct json *out)
{
    struct record_context context = engine_record_context(&visit->context);
    struct sum_query *query = scope_new(&visit->scope, struct sum_query, 1);
    struct json json;
    struct buf text;
    struct json_writer writer;
    struct db_conn *conn = NULL;
    scope_error_clear(&visit->scope);
    buf_begin(&text, &visit->scope, 1024 * 1024);
    json_begin(&writer, &text);
    json_map_begin(&writer);
    if (!json_read(&visit->scope, str_of(body), &json) ||
        !sum_parse(&visit->scope, &context,
                   schema_object(visit->context.snapshot->schema, STR("opportunity")), &json,
                   query) ||
        !db_read_begin(&visit->scope, engine_db(visit->context.engine), &conn)) {
        return false;
    }
    bool ok = sum_write(&visit->scope, conn, &context, query, &writer);
    db_read_end(conn);
    json_map_end(&writer);
    return ok && json_read(&visit->scope, buf_str(&text), out);
}

static int64_t fen(struct str text)
{
    int64_t units = 0;
    if (!decimal_parse(text, 2, false, &units)) return 0;
    return units;
}

TEST(query_sums_by_period_agree_with_the_rows)
{
    struct shop shop;
    shop_begin(&shop);
    struct visit visit;
    struct json by_month, by_week, whole;
    visit_begin(&visit, &shop.office, shop.office.rob);
    const char *values = "\"values\":[\"COUNT()\",\"SUM(amount)\"]";
    CHECK(sum(&visit, scope_format(&visit.scope, "{%s}", values).data, &whole));
    int64_t total = fen(json_text(&json_get(&whole, "rows")->items[0], "SUM(amount)"));
    CHECK_INT(total, office_number(&shop.office, "SELECT SUM(amount) FROM opportunity"));
    const char *group = "{\"group\":[{\"field\":\"expected_close\",\"by\":\"%s\"}],%s}";
    CHECK(sum(&visit, scope_format(&visit.scope, group, "month", values).data, &by_month));
    CHECK(sum(&visit, scope_format(&visit.scope, group, "week", values).data, &by_week));
    const struct json *const answers[] = { &by_month, &by_week };
    for (int a = 0; a < 2; a++) {
        const struct json *rows = json_get(answers[a], "rows");
        int64_t count = 0, amount = 0;
        for (int i = 0; i < rows->count; i++) {
            struct str day = json_text(&rows->items[i], "expected_close");
            int64_t days = 0;
            count += json_int(&rows->items[i], "COUNT()", 0);
            amount += fen(json_text(&rows->items[i], "SUM(amount)"));
            if (day.size == 0) continue; /* without a date */
            CHECK(time_parse_date(day, &days));
            if (a == 0) CHECK(str_ends_with(day, STR("-01")));
            if (a == 1) CHECK_INT(time_weekday(days), 1);
        }
        CHECK_INT(count, ROW_COUNT);
        CHECK_INT(amount, total);
    }
    struct json none;
    CHECK(sum(&visit, scope_format(&visit.scope, "{\"where\":\"amount > 100000\",%s}",
                                   values).data,
              &none));
    CHECK(json_get(&json_get(&none, "rows")->items[0], "SUM(amount)") != NULL);
    CHECK(!sum(&visit, "{\"values\":[\"SUM(product.floor_price)\"]}", &none));
    CHECK(!sum(&visit, "{\"values\":[]}", &none));
    CHECK(!sum(&visit, "{\"group\":[\"nothing\"],\"values\":[\"COUNT()\"]}", &none));
    visit_end(&visit, &shop.office);
    office_end(&shop.office);
}

/* The history's rows have numbers for ids: their pages hold together too. */
TEST(query_pages_of_the_history)
{
    struct shop shop;
    shop_begin(&shop);
    struct visit visit;
    visit_begin(&visit, &shop.office, shop.office.rob);
    struct record_context context = engine_record_context(&visit.context);
    struct record_query query = {
        .object = schema_object(visit.context.snapshot->schema, STR("change")), .limit = 20,
    };
    int seen = 0;
    CHECK(query_parse_order(&visit.scope, &context, STR("-id"), &query));
    for (int turn = 0; turn < 10; turn++) {
        struct buf text;
        struct json_writer writer;
        struct json page;
        struct db_conn *conn = NULL;
        buf_begin(&text, &visit.scope, 4 * 1024 * 1024);
        json_begin(&writer, &text);
        json_map_begin(&writer);
        CHECK(db_read_begin(&visit.scope, engine_db(shop.office.engine), &conn));
        CHECK(visit_list(&visit, conn, &query, &writer));
        db_read_end(conn);
        json_map_end(&writer);
        CHECK(json_read(&visit.scope, buf_str(&text), &page));
        seen += json_get(&page, "items")->count;
        query.after = json_text(&page, "next");
        if (query.after.size == 0) break;
    }
    CHECK_INT(seen, visit_count(&visit, "change", ""));
    CHECK(seen >= ROW_COUNT + 3);
    visit_end(&visit, &shop.office);
    office_end(&shop.office);
}
