/*
 * What is shared, against what the predicate says: lists (merged from branches), counts, sums,
 * single records and the reasons given must agree for everybody, before and after a share ends.
 */
#include "base/time.h"
#include "tests/office.h"
#include "tests/test.h"

enum { RECORD_COUNT = 12 };

struct sharing {
    struct visit *visit;
    const struct object *object;
    struct uuid record;
    struct share share;
    bool is_end;
};

static bool share_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct sharing *sharing = context;
    if (sharing->is_end) {
        return engine_unshare(scope, conn, &sharing->visit->context, sharing->object,
                              sharing->record, sharing->share.id);
    }
    return engine_share(scope, conn, &sharing->visit->context, sharing->object, sharing->record,
                        &sharing->share);
}

static struct str share_as(struct office *office, struct uuid user, struct uuid record,
                            struct share *share, bool is_end)
{
    struct visit visit;
    visit_begin(&visit, office, user);
    struct sharing sharing = { &visit, schema_object(visit.context.snapshot->schema,
                                                     STR("customer")),
                               record, *share, is_end };
    bool is_ok = db_write_wait(&visit.scope, engine_db(office->engine), share_run, &sharing);
    *share = sharing.share;
    struct str error = str_of(is_ok ? "" : visit_error(&visit)); /* a key is a literal */
    visit_end(&visit, office);
    return error;
}

/* Every record: is the single look, the list and the reason of one mind? */
static int seen_by(struct office *office, struct uuid user, const struct uuid *records)
{
    int count = 0;
    struct visit visit;
    visit_begin(&visit, office, user);
    const struct access *access = visit.context.snapshot->access;
    const struct object *object = schema_object(access->schema, STR("customer"));
    struct record_context context = engine_record_context(&visit.context);
    struct db_conn *conn = NULL;
    CHECK(db_read_begin(&visit.scope, engine_db(office->engine), &conn));
    for (int i = 0; i < RECORD_COUNT; i++) {
        static const enum access_action actions[] = { ACTION_READ, ACTION_UPDATE };
        for (int a = 0; a < 2; a++) {
            struct record record;
            struct why why;
            bool may = record_load(&visit.scope, conn, &context, object, records[i], actions[a],
                                   &record);
            scope_error_clear(&visit.scope);
            CHECK(access_why(&visit.scope, conn, access, &visit.context.actor,
                             &visit.context.actor, visit.context.now_ms, object, records[i],
                             actions[a], false, &why));
            CHECK(why.is_allowed == may);
            CHECK(why.line_count > 0);
            if (a == 0) count += may;
        }
    }
    db_read_end(conn);
    CHECK_INT(visit_count(&visit, "customer", ""), count);
    visit_end(&visit, office);
    return count;
}

TEST(shares_of_records)
{
    struct office office;
    struct uuid records[RECORD_COUNT];
    struct str error;
    struct uuid system = { { 0 } };
    office_begin(&office);
    for (int i = 0; i < RECORD_COUNT; i++) {
        struct visit visit;
        visit_begin(&visit, &office, i % 2 == 0 ? office.rob : office.ron);
        records[i] = visit_create(&visit, "customer",
                                  scope_format(&visit.scope, "{\"name\":\"C%d\"}", i).data);
        visit_end(&visit, &office);
    }
    CHECK_INT(seen_by(&office, office.ron, records), 6);
    CHECK_INT(seen_by(&office, office.sue, records), 6);

    /* Shared with a person, with their team, and what they own anyway: each row once. */
    struct share person = { .person = office.ron, .level = SHARE_READ,
                            .until_ms = OFFICE_START_MS + TIME_HOUR_MS };
    struct share team = { .team = office.south, .level = SHARE_UPDATE };
    struct share own = { .team = office.north, .level = SHARE_READ };
    error = share_as(&office, office.rob, records[0], &person, false);
    CHECK_STR(error, "field.not_reference");
    error = share_as(&office, system, records[0], &person, false);
    CHECK_STR(error, "");
    error = share_as(&office, system, records[0], &team, false);
    CHECK_STR(error, "");
    error = share_as(&office, system, records[2], &team, false);
    CHECK_STR(error, "");
    error = share_as(&office, office.rob, records[4], &own, false);
    CHECK_STR(error, "");
    CHECK_INT(seen_by(&office, office.ron, records), 8);
    CHECK_INT(seen_by(&office, office.sam, records), 8);
    CHECK_INT(seen_by(&office, office.rob, records), 6);
    CHECK_INT(seen_by(&office, office.ray, records), 1);

    /* Who has it by a share alone passes it on to nobody, and takes nothing back. */
    struct share more = { .person = office.sam, .level = SHARE_READ };
    error = share_as(&office, office.ron, records[2], &more, false);
    CHECK_STR(error, "access.denied");
    error = share_as(&office, office.ron, records[2], &team, true);
    CHECK_STR(error, "access.denied");

    /* The person's share ends; the team's stays until it is taken back. */
    office.clock.fixed_ms = OFFICE_START_MS + 2 * TIME_HOUR_MS;
    CHECK_INT(seen_by(&office, office.ron, records), 8);
    error = share_as(&office, system, records[2], &team, true);
    CHECK_STR(error, "");
    CHECK_INT(seen_by(&office, office.ron, records), 7);
    office_end(&office);
}
