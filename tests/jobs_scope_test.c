/*
 * Every scope of every action, against an independent computation: random teams, people,
 * roles and records; what a list, a sum, a reference, a stored count and the lines of a record
 * show is what plain loops over the same people and records say. Also that mistakes of a role
 * leave the roles as they were.
 */
#include <stdio.h>

#include "tests/office.h"
#include "tests/test.h"

enum { TEAM_COUNT = 7, PERSON_COUNT = 12, ROLE_COUNT = 9, CUSTOMER_COUNT = 30, DEAL_COUNT = 40,
       ACTION_TRIED_COUNT = 5, REGION_COUNT = 3, SEED_COUNT = 2 };

static const char *const actions[ACTION_TRIED_COUNT] = { "read", "update", "delete", "assign",
                                                         "export" };
static const enum access_action action_ids[ACTION_TRIED_COUNT] = {
    ACTION_READ, ACTION_UPDATE, ACTION_DELETE, ACTION_ASSIGN, ACTION_EXPORT
};
static const char *const scopes[] = { "none", "own", "team", "team_below", "region", "all" };
enum { SCOPE_WORD_COUNT = 6, FORMULA_COUNT = 4 };
/* By object, then formula: what is_true() says in C. */
static const char *const formulas[2][FORMULA_COUNT] = {
    { "grade = \\\"a\\\"", "grade = \\\"a\\\" OR owner = ME()", "IN_TEAM(owner, MY_TEAM())",
      "NOT (owner = ME())" },
    { "customer.grade = \\\"a\\\"", "customer.grade = \\\"a\\\" OR owner = ME()",
      "IN_TEAM(owner, MY_TEAM())", "customer.owner = ME()" },
};
static const char *const object_names[2] = { "customer", "opportunity" };

struct person {
    struct uuid id;
    int team, region, role; /* -1: none */
};
struct thing {
    struct uuid id;
    int owner, customer;
    bool is_a;
};
struct world {
    struct office office;
    uint64_t random;
    int parents[TEAM_COUNT];
    struct uuid teams[TEAM_COUNT];
    struct person people[PERSON_COUNT];
    int grants[ROLE_COUNT][2][ACTION_TRIED_COUNT]; /* a scope, or behind them a formula */
    struct thing customers[CUSTOMER_COUNT], deals[DEAL_COUNT];
};

static int pick(struct world *world, int count)
{
    world->random = world->random * 6364136223846793005u + 1442695040888963407u;
    return (int)((world->random >> 33) % (uint64_t)count);
}

/* ---- making ---- */

static struct uuid made(struct world *world, const char *object, const char *json)
{
    struct visit visit;
    visit_begin(&visit, &world->office, (struct uuid){ { 0 } });
    struct uuid id = visit_create(&visit, object, json);
    CHECK_STR(str_of(visit_error(&visit)), "");
    visit_end(&visit, &world->office);
    return id;
}

static bool role_put(struct visit *visit, const char *name, const char *json)
{
    const struct schema_part part = part_of_text(&visit->scope, "role", name, json);
    return visit_configure(visit, &part, 1);
}

/* Each deal gets a line of its own. */
static void parts_configure(struct world *world)
{
    const struct schema_part part = part_of_text(
        &world->office.scope, "object", "part",
        "{\"name\":\"part\",\"plural\":\"parts\",\"owner\":false,\"fields\":["
        "{\"name\":\"name\",\"type\":\"text\",\"title\":true},"
        "{\"name\":\"deal\",\"type\":\"reference\",\"to\":\"opportunity\",\"owned\":true}]}");
    CHECK(office_configure(&world->office, &part, 1));
}

static void put_grant(struct buf *json, int object, int action, int scope)
{
    if (scope < SCOPE_WORD_COUNT) {
        buf_format(json, "\"%s\":\"%s\",", actions[action], scopes[scope]);
    } else {
        buf_format(json, "\"%s\":{\"formula\":\"%s\"},", actions[action],
                   formulas[object][scope - SCOPE_WORD_COUNT]);
    }
}

static void roles_make(struct world *world)
{
    for (int r = 0; r < ROLE_COUNT; r++) {
        struct visit visit;
        struct buf json;
        visit_begin(&visit, &world->office, (struct uuid){ { 0 } });
        buf_begin(&json, &visit.scope, 8000);
        buf_format(&json, "{\"label\":{\"zh\":\"r\",\"en\":\"r\"},\"grants\":{");
        for (int o = 0; o < 2; o++) {
            buf_format(&json, "\"%s\":{", object_names[o]);
            for (int a = 0; a < ACTION_TRIED_COUNT; a++) {
                int scope = pick(world, SCOPE_WORD_COUNT + FORMULA_COUNT);
                world->grants[r][o][a] = scope;
                put_grant(&json, o, a, scope);
            }
            buf_format(&json, "\"create\":true},");
        }
        buf_format(&json, "\"user\":{\"read\":\"all\"}}}");
        char name[24];
        snprintf(name, sizeof(name), "scope_%d", r);
        CHECK(role_put(&visit, name, json.data));
        CHECK_STR(str_of(visit_error(&visit)), "");
        visit_end(&visit, &world->office);
    }
}

static void people_make(struct world *world)
{
    char json[500];
    for (int i = 0; i < TEAM_COUNT; i++) {
        struct scope scope;
        scope_begin(&scope);
        world->parents[i] = i == 0 ? -1 : pick(world, i + 1) - 1;
        struct uuid parent = world->parents[i] < 0 ? (struct uuid){ { 0 } }
                                                   : world->teams[world->parents[i]];
        snprintf(json, sizeof(json), "{\"name\":\"t%d\",\"parent\":%s%s%s}", i,
                 world->parents[i] < 0 ? "" : "\"",
                 world->parents[i] < 0 ? "null" : uuid_format(&scope, parent).data,
                 world->parents[i] < 0 ? "" : "\"");
        world->teams[i] = made(world, "team", json);
        scope_end(&scope);
    }
    for (int i = 0; i < PERSON_COUNT; i++) {
        struct person *person = &world->people[i];
        struct scope scope;
        scope_begin(&scope);
        person->team = pick(world, TEAM_COUNT + 1) - 1;
        person->region = pick(world, REGION_COUNT + 1) - 1;
        person->role = pick(world, ROLE_COUNT);
        int size = snprintf(json, sizeof(json),
                            "{\"name\":\"p%d\",\"login\":\"q%d\",\"role\":\"scope_%d\"", i, i,
                            person->role);
        if (person->team >= 0) {
            size += snprintf(json + size, sizeof(json) - (size_t)size, ",\"team\":\"%s\"",
                             uuid_format(&scope, world->teams[person->team]).data);
        }
        if (person->region >= 0) {
            size += snprintf(json + size, sizeof(json) - (size_t)size, ",\"region\":\"R%d\"",
                             person->region);
        }
        snprintf(json + size, sizeof(json) - (size_t)size, "}");
        person->id = made(world, "user", json);
        scope_end(&scope);
    }
}

static void rows_make(struct world *world)
{
    char json[500];
    for (int i = 0; i < CUSTOMER_COUNT + DEAL_COUNT; i++) {
        bool is_deal = i >= CUSTOMER_COUNT;
        struct thing *row = is_deal ? &world->deals[i - CUSTOMER_COUNT] : &world->customers[i];
        struct scope scope;
        scope_begin(&scope);
        row->owner = pick(world, PERSON_COUNT);
        row->customer = is_deal ? pick(world, CUSTOMER_COUNT) : i;
        row->is_a = pick(world, 2) == 1;
        const char *owner = uuid_format(&scope, world->people[row->owner].id).data;
        if (is_deal) {
            snprintf(json, sizeof(json), "{\"customer\":\"%s\",\"owner\":\"%s\"}",
                     uuid_format(&scope, world->customers[row->customer].id).data, owner);
        } else {
            snprintf(json, sizeof(json), "{\"name\":\"c%d\",\"owner\":\"%s\",\"grade\":%s}", i,
                     owner, row->is_a ? "\"a\"" : pick(world, 2) ? "\"b\"" : "null");
        }
        row->id = made(world, object_names[is_deal], json);
        if (is_deal) {
            snprintf(json, sizeof(json), "{\"name\":\"part\",\"deal\":\"%s\"}",
                     uuid_format(&scope, row->id).data);
            made(world, "part", json);
        }
        scope_end(&scope);
    }
}

/* ---- the oracle ---- */

static bool is_below(const struct world *world, int team, int top)
{
    while (team >= 0 && team != top) team = world->parents[team];
    return team >= 0 && team == top;
}

static bool is_within(const struct world *world, int me, int owner, int scope)
{
    const struct person *a = &world->people[me], *b = &world->people[owner];
    switch (scope) {
    case 0: return false;
    case 1: return me == owner;
    case 2: return me == owner || (a->team >= 0 && a->team == b->team);
    case 3: return me == owner || (a->team >= 0 && is_below(world, b->team, a->team));
    case 4: return me == owner || (a->region >= 0 && a->region == b->region);
    default: return true;
    }
}

static bool is_true(const struct world *world, int me, int object, const struct thing *row,
                    int formula)
{
    const struct person *a = &world->people[me], *b = &world->people[row->owner];
    const struct thing *customer = &world->customers[row->customer];
    switch (formula) {
    case 0: return customer->is_a;
    case 1: return customer->is_a || row->owner == me;
    case 2: return a->team >= 0 && is_below(world, b->team, a->team);
    default: return object == 0 ? row->owner != me : customer->owner == me;
    }
}

static bool may(const struct world *world, int me, int object, const struct thing *row, int action)
{
    int scope = world->grants[world->people[me].role][object][action];
    if (scope >= SCOPE_WORD_COUNT) {
        return is_true(world, me, object, row, scope - SCOPE_WORD_COUNT);
    }
    if (is_within(world, me, row->owner, scope)) return true;
    /* What hangs on a customer is read by the customer's owner, within the same scope. */
    return object == 1 && action == 0 && scope != 0 &&
           is_within(world, me, world->customers[row->customer].owner, scope);
}

/* ---- looking ---- */

static struct json listed(struct visit *visit, int object, enum access_action action)
{
    struct record_context context = engine_record_context(&visit->context);
    struct record_query query = {
        .object = schema_object(visit->context.snapshot->schema, str_of(object_names[object])),
        .limit = 1000, .count = COUNT_EXACT, .action = action,
    };
    struct buf out;
    struct json_writer writer;
    struct json answer;
    struct db_conn *conn = NULL;
    buf_begin(&out, &visit->scope, 1024 * 1024);
    json_begin(&writer, &out);
    json_map_begin(&writer);
    CHECK(query_parse_fields(&visit->scope, &context,
                             object == 1 ? STR("owner,customer.name") : STR("owner"), &query));
    CHECK(db_read_begin(&visit->scope, engine_db(visit->context.engine), &conn));
    CHECK(visit_list(visit, conn, &query, &writer));
    db_read_end(conn);
    json_map_end(&writer);
    CHECK(json_read(&visit->scope, buf_str(&out), &answer));
    return answer;
}

static const struct json *item_of(struct visit *visit, const struct json *items, struct uuid id)
{
    struct str text = uuid_format(&visit->scope, id);
    for (int i = 0; i < items->count; i++) {
        if (str_equal(json_text(&items->items[i], "id"), text)) return &items->items[i];
    }
    return NULL;
}

static void check_list(struct world *world, struct visit *visit, int me, int object, int action)
{
    struct json answer = listed(visit, object, action_ids[action]);
    const struct json *items = json_get(&answer, "items");
    int wanted = 0, count = object == 0 ? CUSTOMER_COUNT : DEAL_COUNT;
    for (int i = 0; i < count; i++) {
        const struct thing *row = object == 0 ? &world->customers[i] : &world->deals[i];
        bool is_wanted = may(world, me, object, row, 0) && may(world, me, object, row, action);
        const struct json *item = item_of(visit, items, row->id);
        wanted += is_wanted;
        if (!CHECK_INT(item != NULL, is_wanted)) {
            fprintf(stderr, "    person %d role %d %s %s scope %d row %d\n", me,
                    world->people[me].role, object_names[object], actions[action],
                    world->grants[world->people[me].role][object][action], i);
        }
        if (!item || object == 0) continue;
        bool has_name = json_text(item, "customer.name").size > 0;
        CHECK_INT(has_name, may(world, me, 0, &world->customers[row->customer], 0));
    }
    CHECK_INT(json_int(&answer, "count", -1), wanted);
    if (action == 0) CHECK_INT(visit_count(visit, object_names[object], ""), wanted);
}

/* Lines are seen with their deal, and through them no customer who is not. */
static void check_lines(struct world *world, struct visit *visit, int me)
{
    int wanted = 0, wanted_a = 0;
    for (int i = 0; i < DEAL_COUNT; i++) {
        const struct thing *deal = &world->deals[i];
        const struct thing *customer = &world->customers[deal->customer];
        if (!may(world, me, 1, deal, 0)) continue;
        wanted += 1;
        wanted_a += customer->is_a && may(world, me, 0, customer, 0);
    }
    CHECK_INT(visit_count(visit, "part", ""), wanted);
    CHECK_INT(visit_count(visit, "part", "deal.customer.grade = \"a\""), wanted_a);
}

/* A count that is stored as one sees it who sees all, told to those who see some. */
static void check_counts(struct world *world, struct visit *visit, int me)
{
    for (int i = 0; i < CUSTOMER_COUNT; i++) {
        const struct thing *customer = &world->customers[i];
        int wanted = 0;
        char text[16];
        if (!may(world, me, 0, customer, 0)) continue;
        for (int k = 0; k < DEAL_COUNT; k++) {
            wanted += world->deals[k].customer == i && may(world, me, 1, &world->deals[k], 0);
        }
        snprintf(text, sizeof(text), "%d", wanted);
        CHECK_STR(visit_value(visit, "customer", customer->id, "open_count"), text);
    }
}

TEST(access_scopes_agree_with_plain_loops)
{
    for (int seed = 1; seed <= SEED_COUNT; seed++) {
        static struct world place;
        struct world *world = &place;
        *world = (struct world){ .random = (uint64_t)seed * 7919 };
        office_begin(&world->office);
        roles_make(world);
        parts_configure(world);
        people_make(world);
        rows_make(world);
        for (int me = 0; me < PERSON_COUNT; me++) {
            struct visit looking;
            visit_begin(&looking, &world->office, world->people[me].id);
            check_lines(world, &looking, me);
            check_counts(world, &looking, me);
            visit_end(&looking, &world->office);
            for (int object = 0; object < 2; object++) {
                for (int action = 0; action < ACTION_TRIED_COUNT; action++) {
                    struct visit visit;
                    visit_begin(&visit, &world->office, world->people[me].id);
                    check_list(world, &visit, me, object, action);
                    visit_end(&visit, &world->office);
                }
            }
        }
        office_end(&world->office);
    }
}

/* A scope reads with full sight, so formulas that go round in circles through others still end. */
TEST(access_scope_formulas_do_not_ask_for_themselves)
{
    static struct world place;
    struct world *world = &place;
    struct visit visit;
    office_begin(&world->office);
    visit_begin(&visit, &world->office, (struct uuid){ { 0 } });
    CHECK(role_put(&visit, "round",
                   "{\"grants\":{\"customer\":{\"read\":{\"formula\":"
                   "\"COUNT(opportunities) = 0\"}},\"opportunity\":{\"read\":{\"formula\":"
                   "\"COUNT(customer.opportunities) > 1\"}}}}"));
    CHECK_STR(str_of(visit_error(&visit)), "");
    visit_end(&visit, &world->office);
    static const char *const wrong[] = {
        "{\"grants\":{\"customer\":{\"read\":{\"formula\":\"OLD(name) = \\\"x\\\"\"}}}}",
        "{\"grants\":{\"customer\":{\"read\":{\"formula\":\"SUM(opportunities.amount)\"}}}}",
        "{\"grants\":{\"customer\":{\"read\":{}}}}",
        "{\"grants\":{\"*\":{\"read\":{\"formula\":\"1 = 1\"}}}}",
        "{\"grants\":{\"customer\":{\"reveal\":[\"nothing\"]}}}",
        "{\"grants\":{\"alert\":{\"read\":\"all\"}}}",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        visit_begin(&visit, &world->office, (struct uuid){ { 0 } });
        CHECK(!role_put(&visit, "round", wrong[i]));
        visit_end(&visit, &world->office);
    }
    char json[300];
    struct scope scope;
    scope_begin(&scope);
    struct uuid eye = made(world, "user", "{\"name\":\"e\",\"login\":\"eye\",\"role\":\"round\"}");
    for (int i = 0; i < 3; i++) {
        struct uuid customer = made(world, "customer", "{\"name\":\"x\"}");
        snprintf(json, sizeof(json), "{\"customer\":\"%s\"}", uuid_format(&scope, customer).data);
        for (int k = 0; k < i; k++) made(world, "opportunity", json);
    }
    scope_end(&scope);
    visit_begin(&visit, &world->office, eye);
    CHECK_INT(visit_count(&visit, "customer", ""), 1);
    CHECK_INT(visit_count(&visit, "opportunity", ""), 2);
    visit_end(&visit, &world->office);
    office_end(&world->office);
}
