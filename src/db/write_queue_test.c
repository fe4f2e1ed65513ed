/* Group commit, savepoints, answers, faults. */
#include "db/db.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>

#include "db/fixture_test.h"
#include "tests/database.h"

static bool insert_thing(struct scope *scope, struct db_conn *conn, int number, struct str name)
{
    unsigned char id[8];
    for (int i = 0; i < 8; i++) id[i] = (unsigned char)((uint64_t)number >> (8 * (7 - i)));
    struct cell args[3] = { cell_blob((struct str){ (const char *)id, sizeof(id) }),
                            cell_text(name), cell_int(number) };
    return db_exec(scope, conn, STR("INSERT INTO thing (id, name, amount) VALUES (?, ?, ?)"), args,
                   3);
}

/* One write of a batch that is queued while the writer is held back. */
struct member {
    struct db_write write;
    struct scope scope;
    int number;
    bool is_failing;
    bool is_done, is_committed;
    atomic_int *after_count;
};

static void count_after(void *context)
{
    atomic_fetch_add((atomic_int *)context, 1);
}

static bool member_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct member *member = context;
    db_after_commit(conn, count_after, member->after_count);
    struct str name = scope_format(scope, "thing %d", member->number);
    if (!insert_thing(scope, conn, member->number, name)) return false;
    if (!member->is_failing) return true;
    return error_set(scope, ERROR_INVALID, "test.refused", STR("name"));
}

static void member_done(bool is_committed, void *context)
{
    struct member *member = context;
    member->is_committed = is_committed;
    member->is_done = true;
}

static void member_begin(struct member *member, int number, bool is_failing,
                         atomic_int *after_count)
{
    *member = (struct member){
        .number = number, .is_failing = is_failing, .after_count = after_count
    };
    scope_begin(&member->scope);
    member->write = (struct db_write){
        .scope = &member->scope, .run = member_run, .done = member_done, .context = member
    };
}

/* Holds the writer back, so that what is queued meanwhile makes one group. */
struct hold {
    struct db_write write;
    struct scope scope;
    sem_t has_begun, gate;
};

static bool hold_run(struct scope *scope, struct db_conn *conn, void *context)
{
    (void)scope;
    (void)conn;
    struct hold *hold = context;
    sem_post(&hold->has_begun);
    sem_wait(&hold->gate);
    return true;
}

static void hold_done(bool is_committed, void *context)
{
    (void)is_committed;
    (void)context;
}

static void hold_begin(struct hold *hold, struct db *db)
{
    scope_begin(&hold->scope);
    sem_init(&hold->has_begun, 0, 0);
    sem_init(&hold->gate, 0, 0);
    hold->write = (struct db_write){
        .scope = &hold->scope, .run = hold_run, .done = hold_done, .context = hold
    };
    CHECK(db_write_submit(db, &hold->write));
    sem_wait(&hold->has_begun);
}

static void hold_end(struct hold *hold)
{
    scope_end(&hold->scope);
    sem_destroy(&hold->has_begun);
    sem_destroy(&hold->gate);
}

static bool nothing_run(struct scope *scope, struct db_conn *conn, void *context)
{
    (void)scope;
    (void)conn;
    (void)context;
    return true;
}

/* Queues all members behind a write that waits, so that they make one group. */
static void run_as_one_group(struct fixture *fixture, struct member *members, int count)
{
    struct hold hold;
    hold_begin(&hold, fixture->db);
    for (int i = 0; i < count; i++) CHECK(db_write_submit(fixture->db, &members[i].write));
    sem_post(&hold.gate);
    struct scope scope;
    scope_begin(&scope);
    CHECK(db_write_wait(&scope, fixture->db, nothing_run, NULL));
    scope_end(&scope);
    hold_end(&hold);
}

enum { MEMBER_COUNT = 10 };

TEST(write_queue_one_failing_member_fails_alone)
{
    struct fixture fixture;
    struct member members[MEMBER_COUNT];
    atomic_int after_count = 0;
    if (fixture_begin(&fixture, NULL)) {
        for (int i = 0; i < MEMBER_COUNT; i++) {
            member_begin(&members[i], i, i == 3 || i == 9, &after_count);
        }
        run_as_one_group(&fixture, members, MEMBER_COUNT);
        for (int i = 0; i < MEMBER_COUNT; i++) {
            CHECK(members[i].is_done);
            CHECK_INT(members[i].is_committed, !members[i].is_failing);
            CHECK_INT(members[i].scope.error.code, members[i].is_failing ? ERROR_INVALID : 0);
            scope_end(&members[i].scope);
        }
        CHECK_INT(fixture_int(&fixture, "SELECT count(*) FROM thing"), 8);
        CHECK_INT(fixture_int(&fixture, "SELECT count(*) FROM thing WHERE amount IN (3, 9)"), 0);
        CHECK_INT(after_count, 8);
    }
    fixture_end(&fixture);
}

TEST(write_queue_group_is_one_commit)
{
    struct fixture fixture;
    struct member members[MEMBER_COUNT];
    atomic_int after_count = 0;
    if (fixture_begin(&fixture, NULL)) {
        for (int i = 0; i < MEMBER_COUNT; i++) member_begin(&members[i], i, false, &after_count);
        int64_t before = db_call_count(fixture.db);
        run_as_one_group(&fixture, members, MEMBER_COUNT);
        /* Two groups of two commands, a savepoint and an insert each, a savepoint for the last. */
        CHECK(db_call_count(fixture.db) - before <= 6 + 2 * MEMBER_COUNT + 1);
        for (int i = 0; i < MEMBER_COUNT; i++) scope_end(&members[i].scope);
    }
    fixture_end(&fixture);
}

enum { FAULT_MEMBER_COUNT = 4 };

/* One group of four, the second of which refuses itself; true when no fault came in between. */
static bool group_with_fault(struct fixture *fixture, int fault)
{
    struct member members[FAULT_MEMBER_COUNT];
    atomic_int after_count = 0;
    struct hold hold;
    struct scope scope;
    scope_begin(&scope);
    hold_begin(&hold, fixture->db);
    for (int i = 0; i < FAULT_MEMBER_COUNT; i++) {
        member_begin(&members[i], fault * 10 + i, i == 1, &after_count);
        CHECK(db_write_submit(fixture->db, &members[i].write));
    }
    db_fault_after(fixture->db, fault);
    sem_post(&hold.gate);
    bool is_last_ok = db_write_wait(&scope, fixture->db, nothing_run, NULL);
    db_fault_after(fixture->db, 0);
    int committed_count = 0;
    for (int i = 0; i < FAULT_MEMBER_COUNT; i++) {
        char sql[100];
        snprintf(sql, sizeof(sql), "SELECT count(*) FROM thing WHERE amount = %d",
                 members[i].number);
        CHECK(members[i].is_done);
        CHECK_INT(fixture_int(fixture, sql), members[i].is_committed);
        CHECK_INT(error_is_set(&members[i].scope), !members[i].is_committed);
        committed_count += members[i].is_committed;
    }
    CHECK_INT(after_count, committed_count);
    bool is_through = is_last_ok && committed_count == FAULT_MEMBER_COUNT - 1 &&
                      members[1].scope.error.code == ERROR_INVALID && !error_is_set(&hold.scope);
    for (int i = 0; i < FAULT_MEMBER_COUNT; i++) scope_end(&members[i].scope);
    scope_end(&scope);
    hold_end(&hold);
    return is_through;
}

/*
 * Whichever touch of the database fails, what is answered as committed is
 * there, what isn't is not, and nothing is left unanswered.
 */
TEST(write_queue_group_under_faults)
{
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        int fault = 1;
        while (fault < 100 && !group_with_fault(&fixture, fault)) fault += 1;
        CHECK(fault > 15 && fault < 100);
        CHECK(db_check(&fixture.scope, fixture.db));
    }
    fixture_end(&fixture);
}

static bool several_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const int *number = context;
    struct row row;
    if (!insert_thing(scope, conn, *number, STR("first"))) return false;
    if (!db_savepoint_begin(scope, conn)) return false;
    bool is_part_ok = insert_thing(scope, conn, *number + 1, STR("second"));
    if (!db_savepoint_end(scope, conn, is_part_ok) || !is_part_ok) return false;
    return db_exec(scope, conn, STR("UPDATE thing SET amount = amount + 1000"), NULL, 0) &&
           db_changes(conn) == 2 &&
           db_one(scope, conn, STR("SELECT SUM(amount) FROM thing"), NULL, 0, &row) &&
           db_exec(scope, conn, STR("DELETE FROM thing WHERE name = 'first'"), NULL, 0);
}

TEST(write_queue_many_statements_under_faults)
{
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        bool ok = false;
        int fault = 0;
        while (!ok && fault < 200) {
            struct scope scope;
            scope_begin(&scope);
            int number = 1;
            fault += 1;
            db_fault_after(fixture.db, fault);
            ok = db_write_wait(&scope, fixture.db, several_run, &number);
            db_fault_after(fixture.db, 0);
            if (!ok) {
                CHECK_INT(scope.error.code, ERROR_STORAGE);
                CHECK_INT(fixture_int(&fixture, "SELECT count(*) FROM thing"), 0);
            }
            scope_end(&scope);
        }
        CHECK(fault >= 9 && fault < 200);
        CHECK_INT(fixture_int(&fixture, "SELECT amount FROM thing"), 1002);
    }
    fixture_end(&fixture);
}

static bool parts_run(struct scope *scope, struct db_conn *conn, void *context)
{
    (void)context;
    struct scope part;
    scope_begin(&part);
    bool ok = insert_thing(scope, conn, 1, STR("kept")) && db_savepoint_begin(scope, conn) &&
              insert_thing(scope, conn, 2, STR("taken back")) && db_savepoint_begin(scope, conn) &&
              insert_thing(scope, conn, 3, STR("inner")) && db_savepoint_end(scope, conn, true);
    bool is_refused = !insert_thing(&part, conn, 4, STR("kept"));
    ok = ok && is_refused && part.error.code == ERROR_CONFLICT &&
         db_savepoint_end(scope, conn, false) && insert_thing(scope, conn, 5, STR("also kept"));
    scope_end(&part);
    return ok;
}

TEST(write_queue_a_part_can_fail_alone)
{
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        CHECK(db_write_wait(&fixture.scope, fixture.db, parts_run, NULL));
        CHECK_INT(fixture_int(&fixture, "SELECT count(*) FROM thing"), 2);
        CHECK_INT(fixture_int(&fixture, "SELECT SUM(amount) FROM thing"), 6);
    }
    fixture_end(&fixture);
}

/* A failing SELECT and a cursor left open must not hurt the next write. */
static bool careless_run(struct scope *scope, struct db_conn *conn, void *context)
{
    (void)context;
    struct db_cursor *cursor;
    bool has_row;
    return insert_thing(scope, conn, 1, STR("a")) && insert_thing(scope, conn, 2, STR("b")) &&
           db_query(scope, conn, STR("UPDATE thing SET amount = 7 RETURNING id"), NULL, 0,
                    &cursor) &&
           db_next(scope, cursor, &has_row) && has_row;
}

TEST(write_queue_ends_forgotten_cursors)
{
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        struct scope scope;
        scope_begin(&scope);
        CHECK(db_write_wait(&scope, fixture.db, careless_run, NULL));
        CHECK_INT(fixture_int(&fixture, "SELECT SUM(amount) FROM thing"), 14);
        scope_end(&scope);
        CHECK(fixture_exec(&fixture, "DELETE FROM thing"));
    }
    fixture_end(&fixture);
}

static bool silent_run(struct scope *scope, struct db_conn *conn, void *context)
{
    (void)context;
    (void)(insert_thing(scope, conn, 1, STR("a")));
    return false;
}

TEST(write_queue_failure_without_a_reason_is_an_error_too)
{
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        CHECK(!db_write_wait(&fixture.scope, fixture.db, silent_run, NULL));
        CHECK_INT(fixture.scope.error.code, ERROR_STORAGE);
        CHECK_INT(fixture_int(&fixture, "SELECT count(*) FROM thing"), 0);
    }
    fixture_end(&fixture);
}

static bool sql_run(struct scope *scope, struct db_conn *conn, void *context)
{
    return db_exec(scope, conn, str_of(context), NULL, 0);
}

static void check_conflict(struct fixture *fixture, const char *sql, const char *key,
                           const char *field)
{
    struct scope scope;
    scope_begin(&scope);
    CHECK(!db_write_wait(&scope, fixture->db, sql_run, (void *)(uintptr_t)sql));
    if (CHECK_INT(scope.error.code, ERROR_CONFLICT)) {
        CHECK_STR(str_of(scope.error.first->key), key);
        CHECK_STR(scope.error.first->field, field);
    }
    scope_end(&scope);
}

TEST(write_queue_conflicts_are_named)
{
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        CHECK(fixture_exec(&fixture, "CREATE UNIQUE INDEX thing_pair ON thing (amount, note)"));
        CHECK(fixture_exec(&fixture, "CREATE UNIQUE INDEX thing_folded ON thing (lower(note))"));
        CHECK(fixture_exec(&fixture, "CREATE TABLE part (thing BLOB REFERENCES thing (id))"));
        CHECK(fixture_exec(&fixture, "CREATE TABLE late (thing BLOB REFERENCES thing (id) "
                                     "DEFERRABLE INITIALLY DEFERRED)"));
        CHECK(fixture_exec(&fixture, "INSERT INTO thing VALUES (x'01', 'a', 1, 'x')"));
        check_conflict(&fixture, "INSERT INTO thing VALUES (x'01', 'b', 2, 'y')", "db.unique",
                       "thing.id");
        check_conflict(&fixture, "INSERT INTO thing VALUES (x'02', 'a', 2, 'y')", "db.unique",
                       "thing.name");
        check_conflict(&fixture, "INSERT INTO thing VALUES (x'02', 'b', 1, 'X')", "db.unique",
                       "thing_folded");
        CHECK(fixture_exec(&fixture, "DROP INDEX thing_folded"));
        check_conflict(&fixture, "INSERT INTO thing VALUES (x'02', 'b', 1, 'x')", "db.unique",
                       "thing.amount, thing.note");
        check_conflict(&fixture, "INSERT INTO part VALUES (x'77')", "db.reference", "");
        /* On PostgreSQL the commit would say so, to the whole group: db_engine.h. */
        if (!test_is_postgres()) {
            check_conflict(&fixture, "INSERT INTO late VALUES (x'77')", "db.reference", "");
        }
        CHECK_INT(fixture_int(&fixture, "SELECT count(*) FROM thing"), 1);
        CHECK_INT(fixture_int(&fixture, "SELECT count(*) FROM late"), 0);
    }
    fixture_end(&fixture);
}

TEST(write_queue_is_bounded)
{
    struct fixture fixture;
    struct db_options options = { .queue_size_max = 3 };
    struct member members[4];
    atomic_int after_count = 0;
    if (fixture_begin(&fixture, &options)) {
        struct hold hold;
        hold_begin(&hold, fixture.db);
        for (int i = 0; i < 4; i++) {
            member_begin(&members[i], i, false, &after_count);
            CHECK_INT(db_write_submit(fixture.db, &members[i].write), i < 3);
        }
        CHECK_INT(members[3].scope.error.code, ERROR_STORAGE);
        CHECK(!members[3].is_done);
        sem_post(&hold.gate);
        db_close(fixture.db); /* finishes what is queued */
        fixture.db = NULL;
        CHECK_INT(after_count, 3);
        for (int i = 0; i < 4; i++) scope_end(&members[i].scope);
        hold_end(&hold);
    }
    fixture_end(&fixture);
}

struct client {
    struct db *db;
    int number;
    int committed_count;
};

enum { CLIENT_COUNT = 64, WRITES_PER_CLIENT = 25 };


static bool client_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const int *number = context;
    bool ok = insert_thing(scope, conn, *number, scope_format(scope, "n%d", *number));
    /* Every fifth changes its mind. */
    return ok && (*number % 5 != 0 || error_set(scope, ERROR_INVALID, "test.refused", STR("")));
}

static void *client_main(void *context)
{
    struct client *client = context;
    for (int i = 0; i < WRITES_PER_CLIENT; i++) {
        struct scope scope;
        scope_begin(&scope);
        int number = client->number * WRITES_PER_CLIENT + i + 1;
        bool ok = db_write_wait(&scope, client->db, client_run, &number);
        client->committed_count += ok;
        /* What is answered is visible to a reader that begins now. */
        struct db_conn *conn;
        if (ok && db_read_begin(&scope, client->db, &conn)) {
            struct cell arg = cell_int(number);
            struct row row;
            bool is_there = db_one(&scope, conn, STR("SELECT 1 FROM thing WHERE amount = ?"), &arg,
                                   1, &row) && row.count == 1;
            db_read_end(conn);
            if (!is_there) client->committed_count -= 1000000;
        }
        scope_end(&scope);
    }
    return NULL;
}

TEST(write_queue_sixty_four_clients)
{
    struct fixture fixture;
    static struct client clients[CLIENT_COUNT];
    pthread_t threads[CLIENT_COUNT];
    if (fixture_begin(&fixture, NULL)) {
        CHECK(fixture_exec(&fixture, "CREATE INDEX thing_amount ON thing (amount)"));
        for (int i = 0; i < CLIENT_COUNT; i++) {
            clients[i] = (struct client){ .db = fixture.db, .number = i };
            pthread_create(&threads[i], NULL, client_main, &clients[i]);
        }
        int committed_count = 0;
        for (int i = 0; i < CLIENT_COUNT; i++) {
            pthread_join(threads[i], NULL);
            committed_count += clients[i].committed_count;
        }
        CHECK_INT(committed_count, CLIENT_COUNT * WRITES_PER_CLIENT * 4 / 5);
        CHECK_INT(fixture_int(&fixture, "SELECT count(*) FROM thing"), committed_count);
        CHECK(db_check(&fixture.scope, fixture.db));
    }
    fixture_end(&fixture);
}

/* ---- the last thing before the commit ---- */

enum { BEFORE_NUMBER = 1000, BEFORE_FAILING = 7 };

static atomic_int before_call_count;

static bool before_run(struct scope *scope, struct db_conn *conn, const void *contexts, int count)
{
    const int *numbers = contexts;
    atomic_fetch_add(&before_call_count, 1);
    for (int i = 0; i < count; i++) {
        if (numbers[i] == BEFORE_FAILING) {
            return error_storage(scope, STR("refused before the commit"));
        }
        if (!insert_thing(scope, conn, BEFORE_NUMBER + numbers[i],
                          scope_format(scope, "before %d", numbers[i]))) {
            return false;
        }
    }
    return true;
}

static bool with_before_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct member *member = context;
    db_before_commit(conn, before_run, &member->number, sizeof(member->number));
    return member_run(scope, conn, context);
}

static void run_with_before(struct fixture *fixture, struct member *members, int first, int count)
{
    static atomic_int after_count;
    for (int i = 0; i < count; i++) {
        member_begin(&members[i], first + i, first + i == 2, &after_count);
        members[i].write.run = with_before_run;
    }
    run_as_one_group(fixture, members, count);
}

TEST(write_queue_runs_what_comes_before_the_commit_for_kept_members_only)
{
    struct fixture fixture;
    struct member members[4];
    if (!fixture_begin(&fixture, NULL)) return;
    atomic_store(&before_call_count, 0);
    run_with_before(&fixture, members, 0, 4);
    CHECK_INT(before_call_count, 1); /* of the three that are kept at once */
    for (int i = 0; i < 4; i++) {
        CHECK_INT(members[i].is_committed, i != 2);
        scope_end(&members[i].scope);
    }
    CHECK_INT(fixture_int(&fixture, "SELECT count(*) FROM thing WHERE amount >= 1000"), 3);
    CHECK_INT(fixture_int(&fixture, "SELECT count(*) FROM thing WHERE amount = 1002"), 0);

    /* What fails there fails its group, and leaves nothing of it. */
    atomic_int after_count = 0;
    member_begin(&members[0], BEFORE_FAILING, false, &after_count);
    CHECK(!db_write_wait(&members[0].scope, fixture.db, with_before_run, &members[0]));
    CHECK_INT(members[0].scope.error.code, ERROR_STORAGE);
    CHECK_INT(after_count, 0);
    scope_end(&members[0].scope);
    CHECK_INT(fixture_int(&fixture, "SELECT count(*) FROM thing"), 6);
    fixture_end(&fixture);
}
