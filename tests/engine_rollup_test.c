/*
 * Roll-ups that are kept against sums done by hand: random records are made, changed, moved to
 * another firm, taken away and brought back; after each step every roll-up must be what the
 * rows of the model come to.
 */
#include "tests/office.h"
#include "tests/test.h"

enum { FIRM_COUNT = 3, SALE_COUNT = 12, STEP_COUNT = 120 };

static const char *const FIRM_JSON =
    "{\"name\":\"firm\",\"plural\":\"firms\",\"fields\":["
    "{\"name\":\"name\",\"type\":\"text\",\"title\":true},"
    "{\"name\":\"total\",\"type\":\"rollup\",\"relation\":\"sales\",\"function\":\"sum\","
    "\"field\":\"pieces\",\"where\":\"is_paid\",\"stored\":true},"
    "{\"name\":\"number\",\"type\":\"rollup\",\"relation\":\"sales\",\"function\":\"count\","
    "\"stored\":true},"
    "{\"name\":\"most\",\"type\":\"rollup\",\"relation\":\"sales\",\"function\":\"max\","
    "\"field\":\"pieces\",\"stored\":true},"
    "{\"name\":\"double\",\"type\":\"formula\",\"formula\":\"total * 2\",\"result\":\"integer\","
    "\"stored\":true}]}";
static const char *const SALE_JSON =
    "{\"name\":\"sale\",\"plural\":\"sales\",\"fields\":["
    "{\"name\":\"name\",\"type\":\"text\",\"title\":true},"
    "{\"name\":\"firm\",\"type\":\"reference\",\"to\":\"firm\"},"
    "{\"name\":\"pieces\",\"type\":\"integer\"},{\"name\":\"is_paid\",\"type\":\"boolean\"},"
    "{\"name\":\"firm_total\",\"type\":\"lookup\",\"via\":\"firm\",\"field\":\"name\","
    "\"stored\":true}]}";

struct sale {
    struct uuid id;
    int firm, pieces;
    bool is_paid, is_there;
};

struct model {
    struct office office;
    struct uuid firms[FIRM_COUNT];
    struct sale sales[SALE_COUNT];
    uint32_t state;
};

static int draw(struct model *model, int below)
{
    model->state = model->state * 1664525u + 1013904223u;
    return (int)((model->state >> 8) % (uint32_t)below);
}

static const char *sale_json(struct model *model, struct visit *visit, struct sale *sale)
{
    sale->firm = draw(model, FIRM_COUNT);
    sale->pieces = draw(model, 50);
    sale->is_paid = draw(model, 2) == 1;
    return scope_format(&visit->scope, "{\"firm\":\"%s\",\"pieces\":%d,\"is_paid\":%s}",
                        uuid_format(&visit->scope, model->firms[sale->firm]).data, sale->pieces,
                        sale->is_paid ? "true" : "false")
        .data;
}

static void step(struct model *model, struct visit *visit)
{
    struct sale *sale = &model->sales[draw(model, SALE_COUNT)];
    bool is_new = uuid_is_nil(sale->id);
    if (is_new) {
        sale->id = visit_create(visit, "sale", sale_json(model, visit, sale));
        sale->is_there = true;
    } else if (!sale->is_there) {
        sale->is_there = CHECK(visit_restore(visit, "sale", sale->id));
    } else if (draw(model, 4) == 0) {
        sale->is_there = !CHECK(visit_delete(visit, "sale", sale->id));
    } else {
        CHECK(visit_update(visit, "sale", sale->id, sale_json(model, visit, sale), ""));
    }
    CHECK_STR(str_of(visit_error(visit)), "");
}

static void compare(struct model *model, struct visit *visit)
{
    for (int f = 0; f < FIRM_COUNT; f++) {
        int total = 0, number = 0, most = -1;
        for (int i = 0; i < SALE_COUNT; i++) {
            const struct sale *sale = &model->sales[i];
            if (!sale->is_there || sale->firm != f) continue;
            number += 1;
            if (sale->is_paid) total += sale->pieces;
            if (sale->pieces > most) most = sale->pieces;
        }
        struct scope *scope = &visit->scope;
        const char *largest = most < 0 ? "null" : scope_format(scope, "%d", most).data;
        struct uuid id = model->firms[f];
        CHECK_STR(visit_value(visit, "firm", id, "total"), scope_format(scope, "%d", total).data);
        CHECK_STR(visit_value(visit, "firm", id, "number"), scope_format(scope, "%d", number).data);
        CHECK_STR(visit_value(visit, "firm", id, "most"), largest);
        CHECK_STR(visit_value(visit, "firm", id, "double"),
                  scope_format(scope, "%d", total * 2).data);
    }
}

TEST(engine_keeps_rollups_equal_to_sums_done_by_hand)
{
    static struct model model;
    struct visit visit;
    model = (struct model){ .state = 20260302 };
    office_begin(&model.office);
    const struct schema_part parts[] = {
        part_of_text(&model.office.scope, "object", "firm", FIRM_JSON),
        part_of_text(&model.office.scope, "object", "sale", SALE_JSON),
    };
    CHECK(office_configure(&model.office, parts, 2));
    visit_begin(&visit, &model.office, (struct uuid){ { 0 } });
    for (int f = 0; f < FIRM_COUNT; f++) {
        model.firms[f] = visit_create(&visit, "firm", "{\"name\":\"f\"}");
    }
    visit_end(&visit, &model.office);
    for (int i = 0; i < STEP_COUNT; i++) {
        visit_begin(&visit, &model.office, (struct uuid){ { 0 } });
        step(&model, &visit);
        compare(&model, &visit);
        visit_end(&visit, &model.office);
    }
    office_end(&model.office);
}
