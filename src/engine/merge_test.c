/* The three-way merge: cases by hand, and what must hold for any edits on both sides. */
#include "engine/merge.h"

#include "tests/test.h"

static struct json tree(struct scope *scope, const char *text)
{
    struct json json = { 0 };
    CHECK(json_read(scope, str_of(text), &json));
    return json;
}

static bool choose_all(const struct merge *merge, struct str path)
{
    (void)merge;
    (void)path;
    return true;
}

struct outcome {
    struct str text;
    int take, keep, conflict;
};

static struct outcome outcome_of(struct scope *scope, const char *base, const char *mine,
                                 const char *theirs, bool is_all_theirs)
{
    struct json trees[] = { tree(scope, base), tree(scope, mine), tree(scope, theirs) };
    struct merge merge = { .scope = scope, .has_ids = true,
                           .is_chosen = is_all_theirs ? choose_all : NULL };
    struct outcome outcome = { .take = 0 };
    const struct json *out = merge_run(&merge, &trees[0], &trees[1], &trees[2]);
    for (int i = 0; i < merge.step_count; i++) {
        outcome.take += merge.steps[i].kind == MERGE_TAKE;
        outcome.keep += merge.steps[i].kind == MERGE_KEEP;
        outcome.conflict += merge.steps[i].kind == MERGE_CONFLICT;
    }
    outcome.text = out ? json_to_text(scope, out) : STR("");
    return outcome;
}

static void expect(const char *base, const char *mine, const char *theirs, const char *wanted,
                   int take, int keep, int conflict)
{
    struct scope scope;
    scope_begin(&scope);
    struct outcome outcome = outcome_of(&scope, base, mine, theirs, false);
    CHECK_STR(outcome.text, wanted);
    CHECK_INT(outcome.take, take);
    CHECK_INT(outcome.keep, keep);
    CHECK_INT(outcome.conflict, conflict);
    scope_end(&scope);
}

TEST(merge_takes_theirs_keeps_mine_and_tells_conflicts)
{
    expect("{\"a\":1,\"b\":1,\"c\":1}", "{\"a\":2,\"b\":1,\"c\":2}", "{\"a\":1,\"b\":3,\"c\":3}",
           "{\"a\":2,\"b\":3,\"c\":2}", 1, 1, 1);
    expect("{\"a\":1}", "{\"a\":2}", "{\"a\":2}", "{\"a\":2}", 0, 0, 0);
    expect("{\"a\":1,\"b\":1}", "{\"a\":1,\"b\":1,\"m\":1}", "{\"a\":1,\"t\":1}",
           "{\"a\":1,\"t\":1,\"m\":1}", 2, 1, 0);
    /* What I removed stays away; when they changed it meanwhile I am asked. */
    expect("{\"a\":1,\"b\":1}", "{\"a\":1}", "{\"a\":1,\"b\":1}", "{\"a\":1}", 0, 1, 0);
    expect("{\"a\":1,\"b\":1}", "{\"a\":1}", "{\"a\":1,\"b\":2}", "{\"a\":1}", 0, 0, 1);
    expect("{\"a\":{\"x\":1}}", "{\"a\":{\"x\":1}}", "{\"a\":[1]}", "{\"a\":[1]}", 1, 0, 0);
}

TEST(merge_follows_things_by_id_and_by_was)
{
    /* I renamed x to z; they changed its label. */
    expect("{\"f\":[{\"id\":7,\"name\":\"x\",\"label\":1}]}",
           "{\"f\":[{\"id\":7,\"name\":\"z\",\"label\":1}]}",
           "{\"f\":[{\"name\":\"x\",\"label\":2}]}",
           "{\"f\":[{\"name\":\"z\",\"label\":2,\"id\":7}]}", 1, 1, 0);
    /* They renamed x to y; I changed its label. */
    expect("{\"f\":[{\"id\":7,\"name\":\"x\",\"label\":1}]}",
           "{\"f\":[{\"id\":7,\"name\":\"x\",\"label\":5}]}",
           "{\"f\":[{\"name\":\"y\",\"was\":\"x\",\"label\":1}]}",
           "{\"f\":[{\"name\":\"y\",\"label\":5,\"id\":7}]}", 1, 1, 0);
    /* Chosen again, what I had removed comes back under its id, and so with its values. */
    struct scope scope;
    scope_begin(&scope);
    struct outcome back = outcome_of(&scope, "{\"f\":[{\"id\":7,\"name\":\"x\",\"l\":1}]}",
                                     "{\"f\":[]}", "{\"f\":[{\"name\":\"x\",\"l\":2}]}", true);
    CHECK_STR(back.text, "{\"f\":[{\"name\":\"x\",\"l\":2,\"id\":7}]}");
    scope_end(&scope);
}

TEST(merge_keeps_the_order_of_who_changed_it)
{
#define ABC "{\"l\":[\"a\",\"b\",\"c\"]}"
    expect(ABC, "{\"l\":[\"a\",\"m\",\"b\",\"c\"]}", "{\"l\":[\"a\",\"b\",\"t\",\"c\"]}",
           "{\"l\":[\"a\",\"m\",\"b\",\"t\",\"c\"]}", 1, 1, 0);
    expect(ABC, "{\"l\":[\"c\",\"b\",\"a\"]}", "{\"l\":[\"a\",\"b\",\"c\",\"t\"]}",
           "{\"l\":[\"c\",\"t\",\"b\",\"a\"]}", 1, 1, 0);
    expect(ABC, "{\"l\":[\"a\",\"b\",\"m\",\"c\"]}", "{\"l\":[\"c\",\"a\",\"b\"]}",
           "{\"l\":[\"c\",\"a\",\"b\",\"m\"]}", 1, 1, 0);
    expect(ABC, "{\"l\":[\"b\",\"a\",\"c\"]}", "{\"l\":[\"c\",\"a\",\"b\"]}",
           "{\"l\":[\"b\",\"a\",\"c\"]}", 0, 0, 1);
    /* A list of what has no names is one property. */
    expect("{\"l\":[1,2]}", "{\"l\":[1,2,3]}", "{\"l\":[0,1,2]}", "{\"l\":[1,2,3]}", 0, 0, 1);
}

TEST(merge_leaves_what_only_one_workspace_knows)
{
    expect("{\"id\":4,\"name\":\"o\",\"fields\":[{\"id\":9,\"name\":\"x\"}]}",
           "{\"id\":4,\"name\":\"o\",\"gone\":[{\"id\":8}],\"fields\":[{\"id\":9,\"name\":\"x\","
           "\"to_id\":3},{\"id\":10,\"name\":\"seen_by_x\",\"hidden\":true}]}",
           "{\"name\":\"o\",\"l\":1,\"fields\":[{\"name\":\"x\"}]}",
           "{\"name\":\"o\",\"l\":1,\"fields\":[{\"id\":9,\"name\":\"x\",\"to_id\":3},{\"id\":10,"
           "\"name\":\"seen_by_x\",\"hidden\":true}],\"id\":4}",
           1, 0, 0);
}

/* ---- generated: random edits on both sides ---- */

enum { ROUND_COUNT = 400, THING_COUNT = 5, TEXT_SIZE_MAX = 100000 };

/* A configuration small enough to be known by heart: things with two properties each. */
struct model {
    bool is_there[2 * THING_COUNT];
    int label[2 * THING_COUNT], size[2 * THING_COUNT];
    int title;
};

static uint32_t dice;
static int roll(int sides)
{
    dice = dice * 1664525u + 1013904223u;
    return (int)((dice >> 16) % (uint32_t)sides);
}

static struct json model_tree(struct scope *scope, const struct model *model)
{
    struct buf text;
    struct json json = { 0 };
    bool is_first = true;
    buf_begin(&text, scope, TEXT_SIZE_MAX);
    buf_format(&text, "{\"title\":%d,\"fields\":[", model->title);
    for (int i = 0; i < 2 * THING_COUNT; i++) {
        if (!model->is_there[i]) continue;
        buf_format(&text, "%s{\"name\":\"f%d\",\"label\":{\"zh\":%d},\"size\":%d}",
                   is_first ? "" : ",", i, model->label[i], model->size[i]);
        is_first = false;
    }
    buf_put(&text, STR("]}"));
    CHECK(json_read(scope, buf_str(&text), &json));
    return json;
}

/* New things of mine have odd numbers, of theirs even ones, behind those of the base. */
static struct model edited(const struct model *base, int side)
{
    struct model out = *base;
    for (int i = 0; i < THING_COUNT; i++) {
        if (!out.is_there[i]) continue;
        if (roll(5) == 0) out.is_there[i] = false;
        if (roll(4) == 0) out.label[i] = 1 + roll(3);
        if (roll(4) == 0) out.size[i] = 1 + roll(3);
    }
    for (int i = THING_COUNT + side; i < 2 * THING_COUNT; i += 2) {
        out.is_there[i] = roll(3) == 0;
    }
    if (roll(3) == 0) out.title = 1 + roll(3);
    return out;
}

static int value_merged(int base, int mine, int theirs)
{
    return mine == base ? theirs : mine;
}

static bool thing_same(const struct model *a, const struct model *b, int i)
{
    return a->label[i] == b->label[i] && a->size[i] == b->size[i];
}

/* The same answer by another way: property by property, over numbered things. */
static struct model model_merged(const struct model *base, const struct model *mine,
                                 const struct model *theirs)
{
    struct model out = *mine;
    out.title = value_merged(base->title, mine->title, theirs->title);
    for (int i = 0; i < 2 * THING_COUNT; i++) {
        if (mine->is_there[i] && theirs->is_there[i]) {
            out.label[i] = value_merged(base->label[i], mine->label[i], theirs->label[i]);
            out.size[i] = value_merged(base->size[i], mine->size[i], theirs->size[i]);
        } else if (theirs->is_there[i] && !base->is_there[i]) {
            out.is_there[i] = true;
            out.label[i] = theirs->label[i];
            out.size[i] = theirs->size[i];
        } else if (mine->is_there[i] && base->is_there[i] && thing_same(base, mine, i)) {
            out.is_there[i] = false;
        }
    }
    return out;
}

static const struct json *run(struct scope *scope, const struct json *base,
                              const struct json *mine, const struct json *theirs, bool is_chosen,
                              int *conflict_count, int *change_count)
{
    struct merge merge = { .scope = scope, .is_chosen = is_chosen ? choose_all : NULL };
    const struct json *out = merge_run(&merge, base, mine, theirs);
    *conflict_count = *change_count = 0;
    for (int i = 0; i < merge.step_count; i++) {
        *conflict_count += merge.steps[i].kind == MERGE_CONFLICT;
        *change_count += merge.steps[i].kind == MERGE_TAKE;
    }
    return out;
}

/* Things by name, whatever their order. */
static bool is_same_model(struct scope *scope, const struct json *got, const struct model *wanted)
{
    struct json tree = model_tree(scope, wanted);
    const struct json *left = json_get(got, "fields"), *right = json_get(&tree, "fields");
    if (left->count != right->count || json_int(got, "title", 0) != wanted->title) return false;
    for (int i = 0; i < right->count; i++) {
        bool is_found = false;
        for (int k = 0; k < left->count; k++) {
            is_found = is_found || json_is_same(&left->items[k], &right->items[i]);
        }
        if (!is_found) return false;
    }
    return true;
}

TEST(merge_of_random_edits_holds_what_it_promises)
{
    struct scope scope;
    int conflict_count, take_count, conflict_sum = 0, take_sum = 0;
    dice = 20260302;
    for (int round = 0; round < ROUND_COUNT; round++) {
        scope_begin(&scope);
        struct model models[3] = { { .title = 0 } };
        for (int i = 0; i < THING_COUNT; i++) models[0].is_there[i] = roll(4) > 0;
        models[1] = edited(&models[0], 0);
        models[2] = edited(&models[0], 1);
        struct json base = model_tree(&scope, &models[0]), mine = model_tree(&scope, &models[1]),
                    theirs = model_tree(&scope, &models[2]);
        struct model wanted = model_merged(&models[0], &models[1], &models[2]);
        const struct json *out = run(&scope, &base, &mine, &theirs, false, &conflict_count,
                                     &take_count);
        CHECK(is_same_model(&scope, out, &wanted));
        conflict_sum += conflict_count;
        take_sum += take_count;
        /* Applied again (base is theirs now), nothing changes and nothing is taken. */
        const struct json *again = run(&scope, &theirs, out, &theirs, false, &conflict_count,
                                       &take_count);
        CHECK(json_is_same(again, out));
        CHECK_INT(conflict_count + take_count, 0);
        /* Only they changed: theirs. Only I did: mine. Both the same: that. */
        CHECK(json_is_same(run(&scope, &base, &base, &theirs, false, &conflict_count,
                               &take_count), &theirs));
        CHECK_INT(conflict_count, 0);
        CHECK(json_is_same(run(&scope, &base, &mine, &base, false, &conflict_count, &take_count),
                           &mine));
        CHECK_INT(conflict_count + take_count, 0);
        CHECK(json_is_same(run(&scope, &base, &mine, &mine, false, &conflict_count, &take_count),
                           &mine));
        CHECK_INT(conflict_count + take_count, 0);
        scope_end(&scope);
    }
    CHECK(conflict_sum > 50 && take_sum > 200);
}
