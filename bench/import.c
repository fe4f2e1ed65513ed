/*
 * import FOLDER ROW_COUNT: what it costs to bring in workbooks of so many rows, each with its
 * history, without a server around it. Makes an empty workspace with the shipped pack in
 * FOLDER, writes two workbooks (customers; deals that name their customer, their owner and
 * where they stood when), imports them, and the deals once more by their name with other
 * amounts. Prints for each: wall ms, CPU ms of all threads, and the highest memory so far in
 * MB. Fails when a row is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "base/time.h"
#include "bench/help.h"
#include "ingest/import.h"
#include "ingest/table_write.h"

enum { PERSON_COUNT = 40, COLUMN_COUNT = 8, PROMPT_DAYS = 400, CUSTOMER_SHARE = 10 };

struct bench {
    struct scope scope;
    struct engine *engine;
    const char *folder;
    int64_t row_count, now_ms;
};

struct sheet {
    const char *name, *options;
    struct table_column columns[COLUMN_COUNT];
    int column_count;
    int64_t row_count;
    void (*fill)(struct scope *scope, const struct bench *bench, int64_t row,
                 struct table_value *values);
};

static double cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* ---- the rows ---- */

static struct table_value text(struct str value)
{
    return (struct table_value){ .is_set = true, .text = value };
}
static struct table_value number(int64_t value)
{
    return (struct table_value){ .is_set = true, .number = value };
}
static struct str choose(const char *const *names, int64_t row)
{
    return str_of(names[row % 4]);
}

static void person_fill(struct scope *scope, const struct bench *bench, int64_t row,
                        struct table_value *values)
{
    (void)bench;
    values[0] = text(scope_format(scope, "Person %lld", (long long)row));
    values[1] = text(scope_format(scope, "person%lld", (long long)row));
}

static void customer_fill(struct scope *scope, const struct bench *bench, int64_t row,
                          struct table_value *values)
{
    static const char *const industries[] = { "制造", "零售", "金融", "科技" };
    static const char *const regions[] = { "广东省/深圳市", "上海市", "江苏省/苏州市",
                                           "浙江省/杭州市" };
    values[0] = text(scope_format(scope, "华南精密制造有限公司 %lld", (long long)row));
    values[1] = text(choose(industries, row));
    values[2] = text(choose(regions, row / 4));
    values[3] = number(20 + row * 7 % 5000);
    values[4] = number(100000 + row * 7919 % 90000000);
    values[5] = text(scope_format(scope, "Person %lld", (long long)(row % PERSON_COUNT)));
    values[6] = number(bench->now_ms - row % PROMPT_DAYS * TIME_DAY_MS);
}

static void deal_fill(struct scope *scope, const struct bench *bench, int64_t row,
                      struct table_value *values)
{
    static const char *const stages[] = { "lead", "proposal", "won", "lost" };
    int64_t created_ms = bench->now_ms - (30 + row % PROMPT_DAYS) * TIME_DAY_MS;
    int64_t customer = row / CUSTOMER_SHARE;
    values[0] = text(scope_format(scope, "产线改造 %lld", (long long)row));
    values[1] = text(scope_format(scope, "华南精密制造有限公司 %lld", (long long)customer));
    values[2] = number(1000000 + row * 104729 % 900000000);
    values[3] = text(choose(stages, row));
    values[4] = text(scope_format(scope, "Person %lld", (long long)(row % PERSON_COUNT)));
    values[5] = number(created_ms);
    if (row % 4 != 0) values[row % 4 == 1 ? 7 : 6] = number(created_ms + row % 29 * TIME_DAY_MS);
}

static void deal_fill_again(struct scope *scope, const struct bench *bench, int64_t row,
                            struct table_value *values)
{
    (void)bench;
    values[0] = text(scope_format(scope, "产线改造 %lld", (long long)row));
    values[1] = number(2000000 + row * 104729 % 900000000);
}

#define COLUMN(text, kind, scale) { STR_INIT(text), STR_INIT(text), kind, scale }

static const struct sheet people = {
    "people",
    "{\"map\":{\"name\":\"name\",\"login\":\"login\"},\"set\":{\"role\":\"rep\"}}",
    { COLUMN("name", TABLE_TEXT, 0), COLUMN("login", TABLE_TEXT, 0) },
    2, PERSON_COUNT, person_fill,
};
static const struct sheet customers = {
    "customers",
    "{\"map\":{\"name\":\"name\",\"industry\":\"industry\",\"region\":\"region\","
    "\"staff\":\"size\",\"buys\":\"annual_purchase\",\"owner\":\"owner.name\","
    "\"since\":\"created_at\"},\"missing\":\"accept\"}",
    { COLUMN("name", TABLE_TEXT, 0), COLUMN("industry", TABLE_TEXT, 0),
      COLUMN("region", TABLE_TEXT, 0), COLUMN("staff", TABLE_INTEGER, 0),
      COLUMN("buys", TABLE_MONEY, 2), COLUMN("owner", TABLE_TEXT, 0),
      COLUMN("since", TABLE_MOMENT, 0) },
    7, 0, customer_fill,
};
static const struct sheet deals = {
    "deals",
    "{\"map\":{\"deal\":\"name\",\"customer\":\"customer.name\",\"amount\":\"amount\","
    "\"stage\":\"stage\",\"owner\":\"owner.name\",\"created\":\"created_at\","
    "\"closed\":\"closed_at\",\"entered\":\"stage_entered_at\"},\"missing\":\"accept\"}",
    { COLUMN("deal", TABLE_TEXT, 0), COLUMN("customer", TABLE_TEXT, 0),
      COLUMN("amount", TABLE_MONEY, 2), COLUMN("stage", TABLE_TEXT, 0),
      COLUMN("owner", TABLE_TEXT, 0), COLUMN("created", TABLE_MOMENT, 0),
      COLUMN("closed", TABLE_MOMENT, 0), COLUMN("entered", TABLE_MOMENT, 0) },
    8, 0, deal_fill,
};
static const struct sheet deals_again = {
    "deals_again",
    "{\"map\":{\"deal\":\"name\",\"amount\":\"amount\"},\"key\":\"name\","
    "\"on_duplicate\":\"update\",\"missing\":\"accept\"}",
    { COLUMN("deal", TABLE_TEXT, 0), COLUMN("amount", TABLE_MONEY, 2) },
    2, 0, deal_fill_again,
};

/* ---- files in ---- */

static struct str workbook_make(struct bench *bench, const struct sheet *sheet, int64_t row_count)
{
    struct table_options options = { .zone_min = 480 };
    struct table_writer *writer;
    struct str path = scope_format(&bench->scope, "%s/%s.xlsx", bench->folder, sheet->name);
    must(table_writer_open(&bench->scope, TABLE_XLSX, path.data, sheet->columns,
                           sheet->column_count, &options, &writer),
         &bench->scope, "workbook");
    for (int64_t row = 0; row < row_count; row++) {
        struct scope scope;
        struct table_value values[COLUMN_COUNT] = { { 0 } };
        scope_begin(&scope);
        sheet->fill(&scope, bench, row, values);
        must(table_writer_row(writer, &scope, values), &scope, "row");
        scope_end(&scope);
    }
    must(table_writer_end(writer, &bench->scope), &bench->scope, "workbook");
    return path;
}

static void take(struct bench *bench, const struct sheet *sheet, struct str object,
                 int64_t row_count, bool is_told)
{
    struct json json;
    struct import_options options;
    struct import_report report;
    struct str path = workbook_make(bench, sheet, row_count);
    struct scope scope;
    scope_begin(&scope);
    must(json_read(&scope, str_of(sheet->options), &json) &&
             import_options_read(&scope, &json, &options),
         &scope, "options");
    options.object = object;
    struct import_task task = {
        .by = { .engine = bench->engine, .language = LANGUAGE_EN },
        .path = path.data,
        .options = &options,
    };
    int64_t start_ms = time_monotonic_ms();
    double start_cpu_ms = cpu_ms();
    must(import_file(&scope, &task, str_of(sheet->name), &report), &scope, sheet->name);
    double took_cpu_ms = cpu_ms() - start_cpu_ms;
    int64_t took_ms = time_monotonic_ms() - start_ms;
    for (int i = 0; i < report.failed_kept && i < 3; i++) {
        fprintf(stderr, "import: %s row %lld: %.*s\n", sheet->name,
                (long long)report.failed[i].row, STR_ARG(report.failed[i].message));
    }
    must(report.created + report.updated == row_count, &scope, sheet->name);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    if (is_told) {
        printf("%lld %.0f %ld\n", (long long)took_ms, took_cpu_ms, usage.ru_maxrss / 1024);
    }
    scope_end(&scope);
}

int main(int argc, char **argv)
{
    struct bench bench = { .now_ms = time_now_ms() };
    struct clock clock = { 0 };
    if (argc != 3 || (bench.row_count = strtol(argv[2], NULL, 10)) < CUSTOMER_SHARE) {
        fputs("import FOLDER ROW_COUNT\n", stderr);
        return 2;
    }
    bench.folder = argv[1];
    mkdir(bench.folder, 0700);
    scope_begin(&bench.scope);
    struct engine_options options = {
        .url = scope_format(&bench.scope, "%s/leadline.db", bench.folder), .clock = &clock
    };
    must(engine_open(&bench.scope, &options, &bench.engine), &bench.scope, "open");
    pack_put(&bench.scope, bench.engine);
    take(&bench, &people, STR("user"), PERSON_COUNT, false);
    take(&bench, &customers, STR("customer"), bench.row_count, true);
    take(&bench, &deals, STR("opportunity"), bench.row_count, true);
    take(&bench, &deals_again, STR("opportunity"), bench.row_count, true);
    engine_close(bench.engine);
    scope_end(&bench.scope);
    return 0;
}
