/* The chain of the audit: whole as written, broken from the first line that was touched on. */
#include "tests/office.h"
#include "tests/test.h"

enum { LINE_COUNT = 20 };

struct forging {
    const struct engine_context *context;
    const char *sql; /* NULL: writes lines */
};

static bool forge_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct forging *forging = context;
    if (forging->sql) return db_exec(scope, conn, str_of(forging->sql), NULL, 0);
    for (int i = 0; i < LINE_COUNT; i++) {
        struct audit_pair pairs[] = { { "n", scope_format(scope, "%d", i) } };
        struct audit_line line = { .kind = "test", .detail = audit_detail(scope, pairs, 1) };
        if (!audit_put(scope, conn, forging->context, &line)) return false;
        /* What is taken back leaves no gap. */
        bool ok = db_savepoint_begin(scope, conn) &&
                  audit_put(scope, conn, forging->context, &line) &&
                  db_savepoint_end(scope, conn, false);
        if (!ok) return false;
    }
    return true;
}

static int64_t broken_after(struct office *office, const char *sql)
{
    struct visit visit;
    struct db_conn *conn = NULL;
    int64_t broken = -1;
    visit_begin(&visit, office, office->sue);
    struct forging forging = { &visit.context, sql };
    CHECK(db_write_wait(&visit.scope, engine_db(office->engine), forge_run, &forging));
    CHECK(db_read_begin(&visit.scope, engine_db(office->engine), &conn));
    CHECK(audit_check(&visit.scope, conn, &broken));
    db_read_end(conn);
    visit_end(&visit, office);
    return broken;
}

TEST(audit_is_one_chain)
{
    struct office office;
    office_begin(&office);
    CHECK_INT(broken_after(&office, NULL), 0);
    int64_t last = office_number(&office, "SELECT MAX(seq) FROM audit");
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM audit"), last);
    int64_t fifth = last - 15;
    struct str sql = scope_format(&office.scope, "UPDATE audit SET detail = '{}' WHERE seq = %d",
                                  (int)fifth);
    CHECK_INT(broken_after(&office, sql.data), fifth);
    office_end(&office);

    office_begin(&office);
    CHECK_INT(broken_after(&office, NULL), 0);
    sql = scope_format(&office.scope, "DELETE FROM audit WHERE seq = %d", (int)fifth);
    CHECK_INT(broken_after(&office, sql.data), fifth + 1);
    office_end(&office);

    /* Lines in between, and a hash of another line. */
    office_begin(&office);
    CHECK_INT(broken_after(&office, NULL), 0);
    sql = scope_format(&office.scope,
                       "UPDATE audit SET hash = (SELECT hash FROM audit WHERE seq = 1) "
                       "WHERE seq = %d",
                       (int)last);
    CHECK_INT(broken_after(&office, sql.data), last);
    office_end(&office);
}
