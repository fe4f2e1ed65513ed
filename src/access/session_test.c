/* Passwords, locks, invitations and sessions, against a real database. */
#include "access/session.h"

#include "base/time.h"
#include "schema/schema_fixture_test.h"
#include "tests/test.h"

static const int64_t now_ms = 1772413200000; /* 2026-03-02T01:00:00Z */

struct desk {
    struct workspace workspace;
    struct scope *scope;
    struct uuid ann;
};

static bool ann_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct desk *desk = context;
    struct cell args[] = { cell_id(scope, desk->ann), cell_int(now_ms), cell_int(now_ms) };
    return db_exec(scope, conn,
                   STR("INSERT INTO \"user\" (id, version, created_at, updated_at, name, login) "
                       "VALUES (?, 1, ?, ?, 'Ann', 'ann')"),
                   args, 3);
}

static void desk_begin(struct desk *desk)
{
    CHECK(workspace_begin(&desk->workspace));
    desk->scope = desk->workspace.scope;
    desk->ann = uuid_make(now_ms);
    CHECK(db_write_wait(desk->scope, desk->workspace.fixture.db, ann_run, desk));
}

/* One call inside a write, for the test's convenience. */
struct step {
    struct desk *desk;
    struct str text, token;
    int64_t at_ms;
    bool (*run)(struct scope *scope, struct db_conn *conn, struct step *step);
};

static bool step_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct step *step = context;
    return step->run(scope, conn, step);
}

static bool write_step(struct desk *desk, struct step *step)
{
    step->desk = desk;
    return db_write_wait(desk->scope, desk->workspace.fixture.db, step_run, step);
}

static bool begin_step(struct scope *scope, struct db_conn *conn, struct step *step)
{
    return session_begin(scope, conn, step->desk->ann, STR("127.0.0.1"), STR("test"), step->at_ms,
                         &step->token);
}

static bool fail_step(struct scope *scope, struct db_conn *conn, struct step *step)
{
    return credential_failed(scope, conn, step->desk->ann, step->at_ms);
}

static bool touch_step(struct scope *scope, struct db_conn *conn, struct step *step)
{
    unsigned char hash[SESSION_HASH_SIZE];
    session_hash(step->token, hash);
    return session_touch(scope, conn, hash, step->at_ms);
}

static bool invite_step(struct scope *scope, struct db_conn *conn, struct step *step)
{
    return invite_make(scope, conn, step->desk->ann, step->at_ms, &step->token);
}

static bool end_step(struct scope *scope, struct db_conn *conn, struct step *step)
{
    return session_end_all(scope, conn, step->desk->ann);
}

/* The key of the error with which the token is refused; "" when it holds. */
static const char *refused(struct desk *desk, struct str token, int64_t at_ms)
{
    struct scope scope;
    struct db_conn *conn = NULL;
    struct session session;
    const char *key = "";
    scope_begin(&scope);
    CHECK(db_read_begin(&scope, desk->workspace.fixture.db, &conn));
    if (session_find(&scope, conn, token, at_ms, &session)) {
        CHECK(uuid_equal(session.user, desk->ann));
        CHECK(session.csrf.size > 10);
    } else {
        key = scope.error.first ? scope.error.first->key : "storage";
    }
    db_read_end(conn);
    scope_end(&scope);
    return key;
}

static struct credential credential_now(struct desk *desk)
{
    struct db_conn *conn = NULL;
    struct credential credential = { .is_found = false };
    CHECK(db_read_begin(desk->scope, desk->workspace.fixture.db, &conn));
    CHECK(credential_find(desk->scope, conn, STR("ann"), &credential));
    db_read_end(conn);
    return credential;
}

TEST(password_that_is_too_short_or_too_long_is_refused)
{
    struct scope scope;
    char long_text[PASSWORD_SIZE_MAX + 2];
    memset(long_text, 'a', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = 0;
    scope_begin(&scope);
    CHECK(!password_check(&scope, STR("1234567"), "password"));
    CHECK_STR(str_of(scope.error.first->key), "password.too_short");
    scope_error_clear(&scope);
    CHECK(!password_check(&scope, str_of(long_text), "password"));
    CHECK_STR(str_of(scope.error.first->key), "field.too_long");
    scope_error_clear(&scope);
    CHECK(password_check(&scope, STR("八个字符的密码呀"), "password"));
    scope_end(&scope);
}

TEST(password_matches_only_itself)
{
    struct scope scope;
    struct str first, second;
    scope_begin(&scope);
    CHECK(password_hash(&scope, STR("correct horse"), &first));
    CHECK(password_hash(&scope, STR("correct horse"), &second));
    CHECK(!str_equal(first, second)); /* salted */
    CHECK(str_starts_with(first, STR("$argon2id$v=19$m=19456,t=2,p=1$")));
    CHECK(password_matches(first, STR("correct horse")));
    CHECK(!password_matches(first, STR("correct horsf")));
    CHECK(!password_matches(first, STR("")));
    CHECK(!password_matches(STR(""), STR("")));
    CHECK(!password_matches(STR("garbage"), STR("garbage")));
    scope_end(&scope);
}

/* So that nobody learns from the time it takes which logins exist. */
TEST(password_of_nobody_takes_as_long)
{
    struct scope scope;
    struct str hash;
    scope_begin(&scope);
    CHECK(password_hash(&scope, STR("correct horse"), &hash));
    int64_t start = time_monotonic_ms();
    for (int i = 0; i < 5; i++) CHECK(!password_matches(hash, STR("wrong")));
    int64_t known = time_monotonic_ms() - start;
    start = time_monotonic_ms();
    for (int i = 0; i < 5; i++) CHECK(!password_matches(STR(""), STR("wrong")));
    int64_t unknown = time_monotonic_ms() - start;
    CHECK(unknown * 5 >= known);
    scope_end(&scope);
}

TEST(password_set_makes_a_login_and_ends_sessions)
{
    struct desk desk;
    struct step step = { .at_ms = now_ms, .run = begin_step };
    desk_begin(&desk);
    CHECK(credential_now(&desk).is_found);
    CHECK_INT(credential_now(&desk).hash.size, 0);
    CHECK(write_step(&desk, &step));
    CHECK_STR(str_of(refused(&desk, step.token, now_ms)), "");
    CHECK(password_set(desk.scope, desk.workspace.fixture.db, desk.ann, STR("correct horse"),
                       now_ms));
    CHECK(password_matches(credential_now(&desk).hash, STR("correct horse")));
    CHECK_STR(str_of(refused(&desk, step.token, now_ms)), "session.expired");
    workspace_end(&desk.workspace);
}

TEST(login_rests_longer_after_each_wrong_password)
{
    struct desk desk;
    struct step step = { .at_ms = now_ms, .run = fail_step };
    desk_begin(&desk);
    for (int i = 1; i < LOGIN_FAILED_COUNT_MAX; i++) CHECK(write_step(&desk, &step));
    CHECK_INT(credential_now(&desk).locked_until_ms, 0);
    CHECK(write_step(&desk, &step));
    int64_t first = credential_now(&desk).locked_until_ms - now_ms;
    CHECK(first > 0);
    CHECK(write_step(&desk, &step));
    CHECK_INT(credential_now(&desk).locked_until_ms - now_ms, 2 * first);
    for (int i = 0; i < 20; i++) CHECK(write_step(&desk, &step));
    CHECK_INT(credential_now(&desk).locked_until_ms - now_ms, 15 * TIME_MINUTE_MS);
    step.run = begin_step; /* the right password forgives */
    CHECK(write_step(&desk, &step));
    CHECK_INT(credential_now(&desk).failed_count, 0);
    CHECK_INT(credential_now(&desk).locked_until_ms, 0);
    workspace_end(&desk.workspace);
}

TEST(session_token_is_not_in_the_database)
{
    struct desk desk;
    struct step step = { .at_ms = now_ms, .run = begin_step };
    desk_begin(&desk);
    CHECK(write_step(&desk, &step));
    CHECK_INT(step.token.size, SESSION_TOKEN_SIZE);
    CHECK_INT(workspace_int(&desk.workspace,
                            "SELECT COUNT(*) FROM session WHERE length(token_hash) = 32"),
              1);
    CHECK_STR(str_of(refused(&desk, STR("nonsense"), now_ms)), "session.expired");
    CHECK_STR(str_of(refused(&desk, step.token, now_ms)), "");
    workspace_end(&desk.workspace);
}

TEST(session_slides_but_not_for_ever)
{
    struct desk desk;
    const int64_t day = TIME_DAY_MS;
    struct step step = { .at_ms = now_ms, .run = begin_step };
    desk_begin(&desk);
    CHECK(write_step(&desk, &step));
    CHECK_STR(str_of(refused(&desk, step.token, now_ms + 29 * day)), "");
    CHECK_STR(str_of(refused(&desk, step.token, now_ms + 30 * day)), "session.expired");
    step.run = touch_step;
    for (int at = 20; at <= 80; at += 20) {
        step.at_ms = now_ms + at * day;
        CHECK(write_step(&desk, &step));
    }
    CHECK_STR(str_of(refused(&desk, step.token, now_ms + 89 * day)), "");
    CHECK_STR(str_of(refused(&desk, step.token, now_ms + 90 * day)), "session.expired");
    workspace_end(&desk.workspace);
}

TEST(session_ends_everywhere_at_once)
{
    struct desk desk;
    struct step one = { .at_ms = now_ms, .run = begin_step }, two = one, end = one;
    desk_begin(&desk);
    end.run = end_step;
    CHECK(write_step(&desk, &one) && write_step(&desk, &two));
    CHECK(!str_equal(one.token, two.token));
    CHECK(write_step(&desk, &end));
    CHECK_STR(str_of(refused(&desk, one.token, now_ms)), "session.expired");
    CHECK_STR(str_of(refused(&desk, two.token, now_ms)), "session.expired");
    workspace_end(&desk.workspace);
}

static bool invited(struct desk *desk, struct str token, int64_t at_ms)
{
    struct scope scope;
    struct db_conn *conn = NULL;
    struct uuid user;
    scope_begin(&scope);
    CHECK(db_read_begin(&scope, desk->workspace.fixture.db, &conn));
    bool is_found = invite_find(&scope, conn, token, at_ms, &user);
    CHECK(!is_found || uuid_equal(user, desk->ann));
    db_read_end(conn);
    scope_end(&scope);
    return is_found;
}

TEST(invitation_holds_for_a_week_and_once)
{
    struct desk desk;
    struct step step = { .at_ms = now_ms, .run = invite_step };
    desk_begin(&desk);
    CHECK(write_step(&desk, &step));
    CHECK(invited(&desk, step.token, now_ms));
    CHECK(!invited(&desk, STR("something else"), now_ms));
    CHECK(!invited(&desk, step.token, now_ms + 8 * (int64_t)TIME_DAY_MS));
    CHECK(password_set(desk.scope, desk.workspace.fixture.db, desk.ann, STR("correct horse"),
                       now_ms));
    CHECK(!invited(&desk, step.token, now_ms));
    workspace_end(&desk.workspace);
}

TEST(disabled_person_has_no_login)
{
    struct desk desk;
    desk_begin(&desk);
    CHECK(workspace_exec(&desk.workspace, "UPDATE \"user\" SET disabled = 1"));
    CHECK(!credential_now(&desk).is_found);
    workspace_end(&desk.workspace);
}
