/* Migrations: all or nothing, each once, and never backwards. */
#include "db/fixture_test.h"
#include "tests/database.h"

static const struct migration migrations[] = {
    { 1, "first", "CREATE TABLE a (x BIGINT);\nCREATE INDEX a_x ON a (x);\n" },
    { 2, "second", "CREATE TABLE b (y TEXT);\nINSERT INTO b (y) VALUES ('a;b')" },
    { 3, "broken", "CREATE TABLE c (z TEXT);\nINSERT INTO nowhere VALUES (1);\n" },
};

TEST(migrate_applies_what_is_missing)
{
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        struct scope *scope = &fixture.scope;
        CHECK(db_migrate(scope, fixture.db, migrations, 1));
        CHECK(db_migrate(scope, fixture.db, migrations, 1));
        CHECK(db_migrate(scope, fixture.db, migrations, 2));
        CHECK_INT(fixture_int(&fixture, "SELECT count(*) FROM leadline_migration"), 2);
        CHECK_INT(fixture_int(&fixture, "SELECT count(*) FROM leadline_migration "
                                        "WHERE applied_at > 1700000000000"), 2);
        CHECK_INT(fixture_int(&fixture, "SELECT count(*) FROM b WHERE y = 'a;b'"), 1);
        /* A broken one leaves nothing of itself. */
        CHECK(!db_migrate(scope, fixture.db, migrations, 3));
        CHECK_INT(scope->error.code, ERROR_STORAGE);
        scope_error_clear(scope);
        CHECK_INT(fixture_int(&fixture, test_is_postgres() ? "SELECT count(*) FROM pg_tables WHERE "
                                                             "schemaname = current_schema() AND "
                                                             "tablename = 'c'"
                                                           : "SELECT count(*) FROM sqlite_schema "
                                                             "WHERE name = 'c'"), 0);
        CHECK_INT(fixture_int(&fixture, "SELECT MAX(version) FROM leadline_migration"), 2);
        /* An older program. */
        CHECK(!db_migrate(scope, fixture.db, migrations, 1));
        CHECK_INT(scope->error.code, ERROR_CONFLICT);
        CHECK_STR(str_of(scope->error.first->key), "db.too_new");
        CHECK_STR(scope->error.first->args[0].value, "2");
        scope_error_clear(scope);
        CHECK(!db_migrate(scope, fixture.db, migrations + 1, 2)); /* a gap */
    }
    fixture_end(&fixture);
}

TEST(migrate_under_faults)
{
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        bool ok = false;
        int fault = 0;
        while (!ok && fault < 100) {
            struct scope scope;
            scope_begin(&scope);
            fault += 1;
            db_fault_after(fixture.db, fault);
            ok = db_migrate(&scope, fixture.db, migrations, 2);
            db_fault_after(fixture.db, 0);
            scope_end(&scope);
        }
        CHECK(ok);
        CHECK_INT(fixture_int(&fixture, "SELECT count(*) FROM b"), 1);
    }
    fixture_end(&fixture);
}
