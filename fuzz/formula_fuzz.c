/*
 * Any bytes as a formula on a small fixed schema: it is refused with a position
 * inside the text, or it compiles to SQL that SQLite takes, its canonical text
 * compiles again to the same canonical text, and the words in it that name
 * something lie one behind the other inside it.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "formula/formula.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int64_t NOW_MS = 1772416800000;
enum { ACCESS_DEPTH = 30 }; /* with its "1 = 1" what formula/ keeps for a predicate */

static const struct {
    const char *kind, *name, *body;
} definitions[] = {
    { "object", "order",
      "{\"name\":\"order\",\"plural\":\"orders\",\"pipeline\":true,\"fields\":["
      "{\"name\":\"name\",\"type\":\"text\",\"title\":true,\"label\":{\"zh\":\"名称\"}},"
      "{\"name\":\"parent\",\"type\":\"reference\",\"to\":\"order\"},"
      "{\"name\":\"amount\",\"type\":\"money\",\"label\":{\"zh\":\"金额\"}},"
      "{\"name\":\"rate\",\"type\":\"number\",\"scale\":3},"
      "{\"name\":\"urgent\",\"type\":\"boolean\"},"
      "{\"name\":\"due_on\",\"type\":\"date\"},"
      "{\"name\":\"seen_at\",\"type\":\"datetime\"},"
      "{\"name\":\"kind\",\"type\":\"choice\",\"choices\":[{\"name\":\"a\"},{\"name\":\"b\"}]},"
      "{\"name\":\"net\",\"type\":\"formula\",\"result\":\"money\",\"formula\":\"amount * rate\"},"
      "{\"name\":\"is_big\",\"type\":\"formula\",\"formula\":\"net > 5 OR urgent\"}]}" },
    { "object", "note",
      "{\"name\":\"note\",\"plural\":\"notes\",\"fields\":["
      "{\"name\":\"text\",\"type\":\"text\",\"title\":true},"
      "{\"name\":\"order\",\"type\":\"reference\",\"to\":\"order\"},"
      "{\"name\":\"at\",\"type\":\"datetime\"},"
      "{\"name\":\"cost\",\"type\":\"money\"}]}" },
    { "pipeline", "plain",
      "{\"object\":\"order\",\"default\":true,\"stages\":["
      "{\"name\":\"ask\",\"kind\":\"open\",\"probability\":0.1},"
      "{\"name\":\"won\",\"kind\":\"won\"},{\"name\":\"lost\",\"kind\":\"lost\"}]}" },
};

static struct {
    struct scope scope;
    struct db *db;
    struct schema *schema;
    char folder[64];
} bench;

static void must(bool is_ok, const char *what)
{
    if (is_ok) return;
    const struct error *error = &bench.scope.error;
    fprintf(stderr, "%s: %s %.*s\n", what, error->first ? error->first->key : "",
            STR_ARG(error->detail));
    abort();
}

static bool define(struct scope *scope, struct db_conn *conn, void *context)
{
    size_t index = *(size_t *)context;
    struct json body;
    return json_read(scope, str_of(definitions[index].body), &body) &&
           schema_put(scope, conn, str_of(definitions[index].kind),
                      str_of(definitions[index].name), &body, (struct uuid){ { 0 } }, 0);
}

static bool fill(struct scope *scope, struct db_conn *conn, void *context)
{
    (void)context;
    return db_exec(scope, conn,
                   STR("INSERT INTO \"order\" (id, version, created_at, updated_at, name, amount, "
                       "rate, due_on, seen_at) VALUES (x'01', 1, 0, 0, '名 a', "
                       "9223372036854775807, 1500, 20000, 1772413200000)"),
                   NULL, 0) &&
           db_exec(scope, conn,
                   STR("INSERT INTO note (id, version, created_at, updated_at, text, "
                       "\"order\", at, cost) VALUES (x'02', 1, 0, 0, 'x', x'01', 5, -7)"),
                   NULL, 0);
}

static void load(void)
{
    struct db_conn *conn;
    must(db_read_begin(&bench.scope, bench.db, &conn), "read");
    must(schema_load(&bench.scope, conn, &bench.schema), "load");
    db_read_end(conn);
}

static void clean_up(void)
{
    static const char *const names[] = { "fuzz.db", "fuzz.db-wal", "fuzz.db-shm" };
    char path[128];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", bench.folder, names[i]);
        unlink(path);
    }
    rmdir(bench.folder);
}

static void begin(void)
{
    const char *base = getenv("TMPDIR");
    scope_begin(&bench.scope);
    snprintf(bench.folder, sizeof(bench.folder), "%.30s/formula-fuzz-XXXXXX", base ? base : "/tmp");
    must(mkdtemp(bench.folder) != NULL, "folder");
    atexit(clean_up);
    struct db_options options = { .url = scope_format(&bench.scope, "%s/fuzz.db", bench.folder),
                                  .reader_count_max = 1 };
    db_functions_set(formula_functions_sqlite, formula_function_sqlite_count);
    must(db_open(&bench.scope, &options, &bench.db), "open");
    must(db_migrate(&bench.scope, bench.db, schema_migrations, schema_migration_count), "migrate");
    load();
    for (size_t i = 0; i < sizeof(definitions) / sizeof(definitions[0]); i++) {
        must(db_write_wait(&bench.scope, bench.db, define, &i), definitions[i].name);
        load();
    }
    must(formula_build(&bench.scope, bench.schema), "build");
    must(db_write_wait(&bench.scope, bench.db, fill, NULL), "fill");
}

/* A predicate that lets everything through, as deeply nested as real ones. */
static void put_all(const void *context, const struct object *object, struct str alias,
                    struct sql *sql)
{
    (void)context, (void)object, (void)alias;
    for (int i = 0; i < ACCESS_DEPTH; i++) sql_put(sql, STR("("));
    sql_put(sql, STR("1 = 1"));
    for (int i = 0; i < ACCESS_DEPTH; i++) sql_put(sql, STR(")"));
}

/* SQLite takes it; too large a statement is refused before. */
static void run(struct scope *scope, const struct formula *formula, bool is_condition)
{
    static const struct formula_access access = { .put = put_all };
    struct formula_context context = { .schema = bench.schema,
                                       .alias = STR("t"),
                                       .now_ms = NOW_MS,
                                       .access = &access };
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, is_condition ? STR("SELECT 1 FROM ") : STR("SELECT "));
    if (!is_condition) formula_put(&sql, &context, formula);
    if (!is_condition) sql_put(&sql, STR(" FROM "));
    sql_name(&sql, formula->object->table);
    sql_put(&sql, STR(" t"));
    if (is_condition) sql_put(&sql, STR(" WHERE t.version = 1 AND "));
    if (is_condition) formula_put_condition(&sql, &context, formula);
    struct row row;
    struct db_conn *conn;
    must(db_read_begin(&bench.scope, bench.db, &conn), "read");
    bool is_ok = sql_one(scope, conn, &sql, &row);
    db_read_end(conn);
    if (is_ok || scope->error.code == ERROR_TOO_LARGE) return;
    fprintf(stderr, "%.*s\n%.2000s\n", STR_ARG(scope->error.detail), sql.text.data);
    abort();
}

static void check_canonical(struct scope *scope, const struct formula *formula, unsigned flags)
{
    struct str text = formula_canonical(scope, formula);
    struct formula *again;
    if (text.size > FORMULA_SIZE_MAX) return;
    bool is_ok = formula_compile(scope, bench.schema, formula->object, text, flags, &again) &&
                 str_equal(text, formula_canonical(scope, again));
    if (is_ok) return;
    fprintf(stderr, "canonical: %.*s\n", STR_ARG(text));
    abort();
}

static void check_words(struct scope *scope, const struct formula *formula)
{
    struct formula_word *words;
    int count = formula_words(scope, formula, &words);
    size_t behind = 0;
    for (int i = 0; i < count; i++) {
        bool is_inside = words[i].start >= behind && words[i].start < words[i].end &&
                         words[i].end <= formula->source.size;
        struct str text = str_slice(formula->source, words[i].start, words[i].end);
        if (!is_inside || str_find(text, words[i].text) == SIZE_MAX) {
            fprintf(stderr, "word %d: %.*s\n", i, STR_ARG(words[i].text));
            abort();
        }
        behind = words[i].end;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!bench.db) begin();
    if (size == 0) return 0;
    struct scope scope;
    scope_begin(&scope);
    const struct object *object =
        schema_object(bench.schema, data[0] & 1 ? STR("note") : STR("order"));
    unsigned flags = FORMULA_ALLOW_CHANGE | FORMULA_ALLOW_CLOCK | FORMULA_ALLOW_PERSON;
    if (data[0] & 2) flags = FORMULA_ALLOW_AGGREGATE;
    struct str source = { (const char *)data + 1, size - 1 };
    struct formula *formula;
    if (formula_compile(&scope, bench.schema, object, source, flags, &formula)) {
        check_canonical(&scope, formula, flags);
        check_words(&scope, formula);
        run(&scope, formula, false);
        bool is_row = formula->type.kind == FORMULA_BOOLEAN && !(flags & FORMULA_ALLOW_AGGREGATE);
        if (is_row) run(&scope, formula, true);
    } else {
        const struct error_item *item = error_last(&scope);
        bool is_told = scope.error.code == ERROR_INVALID && item && item->position >= 0 &&
                       (size_t)item->position <= source.size && item->text_zh.size > 0;
        if (!is_told) abort();
    }
    scope_end(&scope);
    return 0;
}
