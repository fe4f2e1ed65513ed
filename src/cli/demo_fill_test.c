/* The shipped demo, filled at a tenth of its size into an office of its own. */
#include <stdio.h>

#include "access/session.h"
#include "cli/demo_fill.h"
#include "tests/office.h"
#include "tests/test.h"

static int progress_count;

static void progress(int64_t row_count, void *context)
{
    (void)context;
    progress_count += row_count > 0;
}

TEST(demo_fill_makes_a_living_company)
{
    struct office office;
    struct demo_report report;
    office_begin(&office);
    struct demo_fill_options options = { .now_ms = OFFICE_START_MS, .scale_percent = 10,
                                         .progress = progress };
    progress_count = 0;
    bool ok = demo_fill(&office.scope, office.engine, &options, &report);
    CHECK(ok);
    if (!ok) {
        CHECK_STR(office.scope.error.first ? office.scope.error.first->args[1].value : STR(""), "");
    }
    CHECK_INT(report.person_count, 24);
    CHECK(report.row_count > 2000 && report.alert_count > 3 && progress_count > 1);
    CHECK(office_number(&office, "SELECT count(*) FROM opportunity") >= 98);
    /* What is stored is what the formulas say of the records behind it. */
    CHECK_INT(office_number(&office,
                            "SELECT count(*) FROM opportunity o WHERE last_contact_at IS NOT "
                            "(SELECT max(contacted_at) FROM contact_log l "
                            "WHERE l.opportunity = o.id AND l.substantive = 1)"),
              0);
    CHECK(office_number(&office, "SELECT count(*) FROM contact_log WHERE substantive = 0") > 20);
    /* One stay is open per deal, and it is the deal's stage. */
    CHECK_INT(office_number(&office, "SELECT count(*) FROM opportunity o WHERE 1 <> (SELECT "
                                     "count(*) FROM stage_stay s WHERE s.record = o.id AND "
                                     "s.left_at IS NULL AND s.stage = o.stage)"),
              0);
    office_end(&office);
}

TEST(demo_fill_alerts_stand_as_the_clock_says)
{
    struct office office;
    struct demo_report report;
    office_begin(&office);
    struct demo_fill_options options = { .now_ms = OFFICE_START_MS, .scale_percent = 10 };
    CHECK(demo_fill(&office.scope, office.engine, &options, &report));
    char sql[600];
    snprintf(sql, sizeof(sql),
             "SELECT count(*) FROM opportunity o WHERE closed_at IS NULL AND "
             "(CASE WHEN %lld - stalled_since >= 432000000 THEN 3 "
             "WHEN %lld - stalled_since >= 259200000 THEN 2 "
             "WHEN %lld - stalled_since >= 172800000 THEN 1 ELSE 0 END) <> "
             "COALESCE((SELECT level FROM alert a WHERE a.record = o.id AND cleared_at IS NULL), "
             "0)",
             (long long)OFFICE_START_MS, (long long)OFFICE_START_MS, (long long)OFFICE_START_MS);
    CHECK_INT(office_number(&office, sql), 0);
    CHECK_INT(office_number(&office, "SELECT count(*) FROM alert a JOIN opportunity o ON "
                                     "o.id = a.record WHERE cleared_at IS NULL AND "
                                     "red_at <> o.stalled_since + 432000000"),
              0);
    CHECK(office_number(&office, "SELECT count(*) FROM task WHERE done_at IS NULL") > 5);
    CHECK(office_number(&office, "SELECT count(*) FROM message") > 3);
    CHECK_INT(office_number(&office, "SELECT count(*) FROM message WHERE "
                                     "created_at > 1772413200000"),
              0);
    office_end(&office);
}

TEST(demo_fill_people_can_log_in)
{
    struct office office;
    struct demo_report report;
    struct visit visit;
    struct credential credential;
    office_begin(&office);
    struct demo_fill_options options = { .now_ms = OFFICE_START_MS, .scale_percent = 1 };
    CHECK(demo_fill(&office.scope, office.engine, &options, &report));
    visit_begin(&visit, &office, (struct uuid){ { 0 } });
    struct db_conn *conn;
    CHECK(db_read_begin(&visit.scope, engine_db(office.engine), &conn));
    CHECK(credential_find(&visit.scope, conn, STR("lina"), &credential));
    CHECK(credential.is_found);
    CHECK(password_matches(credential.hash, demo_password(visit.context.snapshot->schema)));
    struct str logins;
    struct json list;
    CHECK(setting_get(&visit.scope, conn, STR("demo_logins"), &logins));
    CHECK(json_read(&visit.scope, logins, &list) && list.count >= 10);
    CHECK_STR(json_text(&list.items[0], "role"), "rep");
    db_read_end(conn);
    visit_end(&visit, &office);
    office_end(&office);
}

TEST(demo_fill_bare_is_records_only)
{
    struct office office;
    struct demo_report report;
    office_begin(&office);
    struct demo_fill_options options = { .now_ms = OFFICE_START_MS, .scale_percent = 1,
                                         .is_bare = true };
    CHECK(demo_fill(&office.scope, office.engine, &options, &report));
    CHECK_INT(office_number(&office, "SELECT count(*) FROM alert"), 0);
    CHECK_INT(office_number(&office, "SELECT count(*) FROM task"), 0);
    CHECK(office_number(&office, "SELECT count(*) FROM contact_log") > 50);
    CHECK(office_number(&office, "SELECT count(*) FROM timer") > 0);
    office_end(&office);
}
