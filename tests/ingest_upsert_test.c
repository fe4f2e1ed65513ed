/*
 * A file that is imported over what is there, by a key: many rows at once leave behind exactly
 * what one by one leaves, in the records, their history, their formulas, timers and tasks, and
 * in what is kept for taking the import back. And what happens beside a run: others write, the
 * configuration changes, another process looks for runs that nobody is at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ingest/import_inner.h"
#include "tests/take.h"
#include "tests/test.h"

enum { TEXT_SIZE_MAX = 16 * 1024 * 1024 };

static const struct uuid nobody;

static const char machine_json[] =
    "{\"name\":\"machine\",\"label\":{\"zh\":\"设备\",\"en\":\"Machine\"},\"owner\":true,"
    "\"search\":[\"name\"],\"fields\":["
    "{\"name\":\"name\",\"type\":\"text\",\"label\":{\"zh\":\"名\",\"en\":\"Name\"},"
    "\"title\":true,\"required\":true},"
    "{\"name\":\"serial\",\"type\":\"text\",\"label\":{\"zh\":\"号\",\"en\":\"Serial\"}},"
    "{\"name\":\"price\",\"type\":\"money\",\"label\":{\"zh\":\"价\",\"en\":\"Price\"},"
    "\"validate\":{\"formula\":\"ISBLANK(price) OR price <= 9000\","
    "\"message\":{\"zh\":\"太贵\",\"en\":\"Too dear\"}}},"
    "{\"name\":\"count\",\"type\":\"integer\",\"label\":{\"zh\":\"数\",\"en\":\"Count\"}},"
    "{\"name\":\"note\",\"type\":\"text\",\"label\":{\"zh\":\"注\",\"en\":\"Note\"},"
    "\"required_if\":\"count > 90\"},"
    "{\"name\":\"sealed\",\"type\":\"boolean\",\"label\":{\"zh\":\"封\",\"en\":\"Sealed\"}},"
    "{\"name\":\"place\",\"type\":\"text\",\"label\":{\"zh\":\"处\",\"en\":\"Place\"},"
    "\"readonly_if\":\"sealed\"},"
    "{\"name\":\"firm\",\"type\":\"reference\",\"to\":\"customer\","
    "\"label\":{\"zh\":\"客\",\"en\":\"Firm\"}},"
    "{\"name\":\"worth\",\"type\":\"formula\",\"result\":\"money\",\"stored\":true,"
    "\"formula\":\"price * count\",\"label\":{\"zh\":\"值\",\"en\":\"Worth\"}},"
    "{\"name\":\"grade\",\"type\":\"formula\",\"result\":\"text\",\"stored\":true,"
    "\"formula\":\"IF(worth > 5000, \\\"big\\\", \\\"small\\\")\","
    "\"label\":{\"zh\":\"级\",\"en\":\"Grade\"}}]}";

static const char rule_json[] =
    "{\"name\":\"dear\",\"label\":{\"zh\":\"贵\",\"en\":\"Dear\"},\"kind\":\"change\","
    "\"object\":\"machine\",\"on\":[\"update\"],\"when\":\"CHANGED(price) AND price > 8000\","
    "\"enabled\":true,\"actions\":[{\"do\":\"set\",\"set\":{\"place\":\"\\\"vault\\\"\"}}]}";

/* The same, with the labels of its choices the other way round. */
static const char turned_json[] =
    "{\"name\":\"part\",\"label\":{\"zh\":\"件\",\"en\":\"Part\"},\"fields\":["
    "{\"name\":\"name\",\"type\":\"text\",\"label\":{\"zh\":\"名\",\"en\":\"Name\"},"
    "\"title\":true},{\"name\":\"kind\",\"type\":\"choice\",\"label\":{\"zh\":\"类\","
    "\"en\":\"Kind\"},\"choices\":[{\"name\":\"a\",\"label\":{\"zh\":\"%s\",\"en\":\"%s\"}},"
    "{\"name\":\"b\",\"label\":{\"zh\":\"%s\",\"en\":\"%s\"}}]}]}";

struct turning {
    struct office *office;
    const char *a, *b;
    int count;
};
static void turn(struct turning *turning)
{
    struct scope scope;
    scope_begin(&scope);
    const struct schema_part part =
        part_of_text(&scope, "object", "part",
                     scope_format(&scope, turned_json, turning->a, turning->a, turning->b,
                                  turning->b).data);
    CHECK(office_configure(turning->office, &part, 1));
    scope_end(&scope);
}

static struct import_report take(struct office *office, struct str path, const char *json,
                                 bool is_single)
{
    struct import_task task = { .by = { .language = LANGUAGE_EN }, .is_single = is_single };
    return take_file(office, &task, path, json);
}

#define MACHINES "{'object':'machine','map':{'serial':'serial','name':'name','price':'price'," \
    "'count':'count','note':'note','place':'place','sealed':'sealed','firm':'firm.name'}," \
    "'key':'serial','refs':'create'}"

/* Everything the import may have touched, as text; ids and moments left out. */
static const char *const told[] = {
    "SELECT serial, name, price, count, note, place, sealed, worth, grade, version, "
    "(SELECT c.name FROM customer AS c WHERE c.id = firm) FROM machine ORDER BY 1, 2",
    "SELECT m.serial, c.version, c.field, COALESCE(c.old, '-'), COALESCE(c.new, '-'), c.via "
    "FROM change AS c JOIN machine AS m ON m.id = c.record "
    "WHERE COALESCE(c.new, '') NOT LIKE '%-%-%-%-%' ORDER BY m.serial, c.version, c.field",
    "SELECT m.serial, c.version, c.field FROM change AS c JOIN machine AS m ON m.id = c.record "
    "ORDER BY m.serial, c.version, c.field",
    "SELECT m.serial, r.action, r.row, LENGTH(CAST(r.before AS TEXT)) FROM import_row AS r "
    "JOIN machine AS m ON m.id = r.record ORDER BY m.serial, r.row, r.action",
    "SELECT COUNT(*), SUM(created), SUM(updated), SUM(skipped), SUM(failed) FROM import_run",
    "SELECT name FROM customer ORDER BY name",
};

static struct str rows_text(struct office *office, const char *sql)
{
    struct db_conn *conn;
    struct rows rows;
    struct buf out;
    buf_begin(&out, &office->scope, TEXT_SIZE_MAX);
    if (!CHECK(db_read_begin(&office->scope, engine_db(office->engine), &conn))) return STR("");
    if (!CHECK(db_all(&office->scope, conn, str_of(sql), NULL, 0, 100000, &rows))) {
        printf("    %.*s\n", STR_ARG(office->scope.error.detail));
        rows.count = 0;
    }
    for (int i = 0; i < rows.count; i++) {
        for (int k = 0; k < rows.items[i].count; k++) {
            const struct cell *cell = &rows.items[i].cells[k];
            if (cell->kind == CELL_TEXT) buf_put(&out, cell->text);
            if (cell->kind == CELL_INT) buf_format(&out, "%lld", (long long)cell->integer);
            buf_put(&out, STR("|"));
        }
        buf_put(&out, STR("\n"));
    }
    db_read_end(conn);
    return buf_str(&out);
}

static void prepare(struct office *office)
{
    office_begin(office);
    const struct schema_part parts[] = {
        part_of_text(&office->scope, "object", "machine", machine_json),
        part_of_text(&office->scope, "rule", "dear", rule_json),
    };
    CHECK(office_configure(office, parts, 2));
}

/* Rows that are there, changed, unchanged, refused, twice in the file, with a rule, and new. */
static struct str second_file(struct office *office, int count)
{
    struct buf text;
    buf_begin(&text, &office->scope, TEXT_SIZE_MAX);
    buf_put(&text, STR("serial,name,price,count,note,place,sealed,firm\n"));
    for (int i = 0; i < count; i++) {
        int price = i % 97 == 5 ? 9500 /* refused */ : i % 89 == 3 ? 8500 /* a rule */ : 10 + i;
        int amount = i % 83 == 7 ? 95 /* a note is due */ : i % 60;
        const char *place = i % 71 == 11 ? "moved" : "hall"; /* some are sealed: refused */
        if (i % 5 == 4) price = 100 + i; /* as it is */
        buf_format(&text, "S%d,Machine %d,%d,%d,%s,%s,%s,Firm %d\n", i % 61 == 9 ? i - 1 : i, i,
                   price, i % 5 == 4 ? i % 50 : amount, i % 3 == 0 ? "x" : "", place,
                   i % 71 == 11 ? "yes" : "", i % 7);
    }
    return office_file(office, "second.csv", buf_str(&text));
}

static void both(struct office *office, int count, bool is_single)
{
    struct buf text;
    buf_begin(&text, &office->scope, TEXT_SIZE_MAX);
    buf_put(&text, STR("serial,name,price,count,note,place,sealed,firm\n"));
    for (int i = 0; i < count; i++) {
        if (i % 4 == 3) continue; /* comes new with the second file */
        buf_format(&text, "S%d,Machine %d,%d,%d,,hall,%s,Firm %d\n", i, i, 100 + i, i % 50,
                   i % 71 == 11 ? "yes" : "", i % 7);
    }
    struct str first = office_file(office, "first.csv", buf_str(&text));
    CHECK(take(office, first, MACHINES, true).created > 0);
    struct import_report report =
        take(office, second_file(office, count), MACHINES, is_single);
    CHECK(report.created > 0 && report.updated > 0 && report.skipped > 0);
    CHECK(report.failed_count > 0);
}

TEST(upsert_of_many_leaves_what_one_by_one_leaves)
{
    enum { COUNT = 1200 };
    struct office many, single;
    prepare(&many);
    prepare(&single);
    both(&many, COUNT, false);
    both(&single, COUNT, true);
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        struct str a = rows_text(&many, told[i]), b = rows_text(&single, told[i]);
        CHECK(a.size > 0);
        if (!CHECK(str_equal(a, b)) && getenv("TEST_LOG")) {
            printf("---- many\n%.*s---- single\n%.*s", STR_ARG(a), STR_ARG(b));
        }
    }
    office_end(&many);
    office_end(&single);
}

/* What somebody else wrote between two batches is found too, though the key has no index. */
struct meanwhile {
    struct office *office;
    bool is_done;
};

static void create_meanwhile(void *context, int64_t done, int64_t total)
{
    struct meanwhile *meanwhile = context;
    struct visit visit;
    (void)done;
    (void)total;
    if (meanwhile->is_done) return;
    meanwhile->is_done = true;
    visit_begin(&visit, meanwhile->office, nobody);
    CHECK(!uuid_is_nil(visit_create(&visit, "machine",
                                    "{\"name\":\"Theirs\",\"serial\":\"S1999\"}")));
    visit_end(&visit, meanwhile->office);
}

TEST(upsert_finds_what_others_wrote_meanwhile)
{
    enum { COUNT = 2000 };
    struct office office;
    struct buf text;
    prepare(&office);
    buf_begin(&text, &office.scope, TEXT_SIZE_MAX);
    buf_put(&text, STR("serial,name\n"));
    for (int i = 0; i < COUNT; i++) buf_format(&text, "S%d,Machine %d\n", i, i);
    struct str path = office_file(&office, "c.csv", buf_str(&text));
    struct meanwhile meanwhile = { .office = &office };
    struct import_map maps[] = { { STR("serial"), STR("serial") }, { STR("name"), STR("name") } };
    struct import_options options = { .object = STR("machine"), .maps = maps, .map_count = 2,
                                      .key = STR("serial"), .duplicate = DUPLICATE_UPDATE };
    struct import_task task = { .by = { .engine = office.engine }, .path = path.data,
                                .options = &options, .progress = create_meanwhile,
                                .progress_context = &meanwhile };
    struct import_report report;
    CHECK(import_file(&office.scope, &task, STR("c.csv"), &report));
    CHECK_INT(report.created, COUNT - 1);
    CHECK_INT(report.updated, 1);
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM machine WHERE serial = 'S1999'"), 1);
    office_end(&office);
}

/* ---- the configuration changes on the way ---- */

static void turn_around(void *context, int64_t done, int64_t total)
{
    struct turning *turning = context;
    (void)done;
    (void)total;
    if (turning->count++ > 0) return;
    turning->a = "Beta";
    turning->b = "Alpha";
    turn(turning);
}

/* Rows that have been read but not written are understood as the configuration now has it. */
TEST(import_goes_on_under_a_configuration_that_changed)
{
    enum { COUNT = 2000, BATCH = 500 };
    struct office office;
    struct buf text;
    office_begin(&office);
    struct turning turning = { .office = &office, .a = "Alpha", .b = "Beta" };
    turn(&turning);
    buf_begin(&text, &office.scope, TEXT_SIZE_MAX);
    buf_put(&text, STR("name,kind\n"));
    for (int i = 0; i < COUNT; i++) buf_format(&text, "P%d,Beta\n", i);
    struct str path = office_file(&office, "p.csv", buf_str(&text));
    struct import_map maps[] = { { STR("name"), STR("name") }, { STR("kind"), STR("kind") } };
    struct import_options options = { .object = STR("part"), .maps = maps, .map_count = 2 };
    struct import_task task = { .by = { .engine = office.engine }, .path = path.data,
                                .options = &options, .progress = turn_around,
                                .progress_context = &turning };
    struct import_report report;
    CHECK(import_file(&office.scope, &task, STR("p.csv"), &report));
    CHECK_STR(report.state, "done");
    CHECK_INT(report.created, COUNT);
    CHECK_INT(office_number(&office, "SELECT COUNT(DISTINCT kind) FROM part"), 2);
    int64_t first = office_number(&office, "SELECT COUNT(*) FROM part WHERE kind = "
                                           "(SELECT kind FROM part WHERE name = 'P0')");
    CHECK_INT(first, BATCH);
    office_end(&office);
}

/* ---- whose run it is ---- */

static bool owner_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const char *owner = context;
    struct cell args[] = { cell_id(scope, uuid_make(OFFICE_START_MS)),
                           owner[0] == '-' ? cell_null() : cell_text(str_of(owner)) };
    return db_exec(scope, conn,
                   STR("INSERT INTO import_run (id, kind, object, state, created_at, owner) "
                       "VALUES (?, 'records', 'customer', 'running', 1, ?)"),
                   args, 2);
}

static bool beat_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct cell arg = cell_text(str_of(context));
    return db_exec(scope, conn,
                   STR("UPDATE import_run SET version = version + 1 WHERE owner = ?"), &arg, 1);
}

static bool taken_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct row row;
    return db_one(scope, conn, STR("SELECT id FROM import_run WHERE state <> 'done'"), NULL, 0,
                  &row) &&
           db_exec(scope, conn, str_of(context), NULL, 0) &&
           run_beat(scope, conn, cell_uuid(&row.cells[0]));
}

/* Whoever was only slow finds that out with the next batch, and what that did is taken back. */
TEST(import_that_was_taken_away_stops)
{
    struct office office;
    char host[200] = { 0 }, own[240];
    static char nothing[] = "UPDATE import_run SET rows = 1";
    static char failed[] = "UPDATE import_run SET state = 'failed'";
    static char taken[] = "UPDATE import_run SET owner = 'elsewhere:1'";
    office_begin(&office);
    struct db *db = engine_db(office.engine);
    CHECK(gethostname(host, sizeof(host) - 1) == 0);
    snprintf(own, sizeof(own), "%s:%ld", host, (long)getpid());
    CHECK(db_write_wait(&office.scope, db, owner_run, own));
    CHECK(db_write_wait(&office.scope, db, taken_run, nothing));
    CHECK(!db_write_wait(&office.scope, db, taken_run, failed));
    scope_error_clear(&office.scope);
    CHECK(!db_write_wait(&office.scope, db, taken_run, taken));
    CHECK_STR(str_of(office.scope.error.first->key), "import.taken");
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM import_run WHERE state = 'running' AND "
                                     "owner <> 'elsewhere:1'"), 1);
    office_end(&office);
}

TEST(import_that_another_process_runs_is_left_alone)
{
    struct office office;
    struct import_watch watch = { 0 };
    static char elsewhere[] = "elsewhere:1", moving[] = "elsewhere:2", unknown[] = "-";
    char host[200] = { 0 }, beside[240], gone[240], own[240];
    static const char running[] = "SELECT COUNT(*) FROM import_run WHERE state = 'running'";
    office_begin(&office);
    struct db *db = engine_db(office.engine);
    CHECK(gethostname(host, sizeof(host) - 1) == 0);
    snprintf(beside, sizeof(beside), "%s:%ld", host, (long)getppid());
    snprintf(own, sizeof(own), "%s:%ld", host, (long)getpid());
    snprintf(gone, sizeof(gone), "%s:%ld", host, 99999999L);
    char *all[] = { elsewhere, moving, unknown, beside, gone, own };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        CHECK(db_write_wait(&office.scope, db, owner_run, all[i]));
    }
    /* At start: what was this process, what is no process any more, what nobody claims. */
    CHECK(import_recover(&office.scope, office.engine, &watch));
    CHECK_INT(office_number(&office, running), 3);
    CHECK(db_write_wait(&office.scope, db, owner_run, own));
    CHECK(db_write_wait(&office.scope, db, beat_run, moving));
    CHECK(db_write_wait(&office.scope, db, beat_run, beside));
    /* Later: those that stand still, but none of this process's own. */
    CHECK(import_recover(&office.scope, office.engine, &watch));
    CHECK_INT(office_number(&office, running), 3);
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM import_run WHERE state = 'failed' AND "
                                     "owner = 'elsewhere:1' AND finished_at IS NOT NULL"), 1);
    office_end(&office);
}
