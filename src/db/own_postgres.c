/*
 * What a workspace needs of its own in a PostgreSQL database before the first
 * table: its schema, the functions of the text search, the functions of the
 * rooms above (db_functions_postgres_set), a sum of integers that stays one, and
 * the least and greatest of bytes, which versions before 18 lack.
 *
 * They are made when their text has changed since the last time, in one
 * transaction under the lock of the writers.
 *
 * The text search gives what the FTS5 tokenizer gives on SQLite. A search table
 * has the text, `folded` (all its terms in order, one blank between two) and
 * `terms` (a tsvector without places, under an index): words, single CJK
 * characters and pairs of them. The index finds texts that have all terms and
 * pairs; `folded` then tells whether a run of CJK characters stands in one piece.
 * What counts as which character, and its folded form, is asked of terms.c and
 * utf8.c, so the two databases cannot disagree.
 */
#include "base/log.h"
#include "db/postgres.h"
#include "db/terms.h"

enum {
    FUNCTION_TEXT_SIZE_MAX = 1024 * 1024,
    WIDE_FIRST = 0x3000,
    POINT_MAX = 0x10ffff,
    CLASS_SIZE_MAX = 16 * 1024,
};

/* ---- characters ---- */

static bool is_character(uint32_t point)
{
    return point > 0 && point <= POINT_MAX && (point < 0xd800 || point > 0xdfff);
}

static void put_point(struct buf *out, uint32_t point)
{
    buf_format(out, point > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)point);
}

static int class_of(uint32_t point)
{
    char bytes[4];
    struct term term;
    size_t offset = 0;
    struct str text = { bytes, (size_t)utf8_encode(point, bytes) };
    if (!term_next(text, &offset, &term)) return 0;
    return term.is_cjk ? 2 : 1;
}

/* The inside of a bracket expression with all characters of a class. */
static struct str class_ranges(struct scope *scope, int class)
{
    struct buf out;
    uint32_t first = 0;
    buf_begin(&out, scope, CLASS_SIZE_MAX);
    for (uint32_t point = 1; point <= POINT_MAX + 1; point++) {
        bool is_in = is_character(point) && class_of(point) == class;
        if (is_in && first == 0) first = point;
        if (is_in || first == 0) continue;
        put_point(&out, first);
        if (point - 1 > first) buf_put_char(&out, '-');
        if (point - 1 > first) put_point(&out, point - 1);
        first = 0;
    }
    return buf_str(&out);
}

/* What changes when it is folded: as a class, and from and to of translate(). */
struct fold_lists {
    struct str ranges, from, to;
};

static struct fold_lists fold_lists(struct scope *scope, uint32_t first, uint32_t last)
{
    struct buf before, after, class;
    char bytes[4];
    buf_begin(&before, scope, CLASS_SIZE_MAX);
    buf_begin(&after, scope, CLASS_SIZE_MAX);
    buf_begin(&class, scope, CLASS_SIZE_MAX);
    for (uint32_t point = first; point <= last; point++) {
        if (!is_character(point) || utf8_fold(point) == point) continue;
        buf_put(&before, (struct str){ bytes, (size_t)utf8_encode(point, bytes) });
        put_point(&class, point);
        uint32_t folded = utf8_fold(point);
        if (folded == '\'') buf_put_char(&after, '\''); /* doubled inside of a text */
        buf_put(&after, (struct str){ bytes, (size_t)utf8_encode(folded, bytes) });
    }
    return (struct fold_lists){ buf_str(&class), buf_str(&before), buf_str(&after) };
}

/* t with the signs of Chinese texts folded. */
static struct str fold_signs(struct scope *scope)
{
    static const uint32_t signs[] = { 0xff0c, 0xff1a, 0xff1b, 0xff01, 0xff1f, 0xff08, 0xff09 };
    struct str out = STR("t");
    char bytes[4];
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        struct str sign = { bytes, (size_t)utf8_encode(signs[i], bytes) };
        out = scope_format(scope, "replace(%.*s, '%.*s', '%c')", STR_ARG(out), STR_ARG(sign),
                           (int)utf8_fold(signs[i]));
    }
    return out;
}

/* ---- functions ---- */

static const char aggregates_sql[] =
    "CREATE OR REPLACE AGGREGATE sum(bigint) (SFUNC = int8pl, STYPE = bigint, "
    "COMBINEFUNC = int8pl, PARALLEL = SAFE);\n"
    "CREATE OR REPLACE FUNCTION leadline_lesser(a bytea, b bytea) RETURNS bytea LANGUAGE sql "
    "IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT LEAST(a, b) $$;\n"
    "CREATE OR REPLACE FUNCTION leadline_greater(a bytea, b bytea) RETURNS bytea LANGUAGE sql "
    "IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT GREATEST(a, b) $$;\n"
    "CREATE OR REPLACE AGGREGATE min(bytea) (SFUNC = leadline_lesser, STYPE = bytea);\n"
    "CREATE OR REPLACE AGGREGATE max(bytea) (SFUNC = leadline_greater, STYPE = bytea);\n";

/*
 * %s: characters that change, from, to; letters of other alphabets, then full-width forms. Nearly
 * every Chinese text has a few of these, and translate() compares each character with all of its
 * list: the common signs are replaced first, which leaves most texts without.
 */
static const char fold_sql[] =
    "CREATE OR REPLACE FUNCTION leadline_fold(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE "
    "STRICT PARALLEL SAFE AS $$ BEGIN "
    "IF t ~ '[%s]' THEN t := translate(t, '%s', '%s'); END IF; "
    "IF t ~ '[%s]' THEN t := %s; IF t ~ '[%s]' THEN t := translate(t, '%s', '%s'); END IF; END IF; "
    "RETURN lower(t COLLATE \"C\"); END $$;\n";

/* %s: CJK, words */
static const char folded_sql[] =
    "CREATE OR REPLACE FUNCTION leadline_cut(word text) RETURNS text LANGUAGE plpgsql IMMUTABLE "
    "STRICT PARALLEL SAFE AS $$ DECLARE n int := 40; BEGIN "
    "IF octet_length(word) <= 160 THEN RETURN word; END IF; "
    "WHILE octet_length(left(word, n)) < 160 LOOP n := n + 1; END LOOP; "
    "RETURN left(word, n); END $$;\n"
    "CREATE OR REPLACE FUNCTION leadline_is_cjk(term text) RETURNS boolean LANGUAGE sql IMMUTABLE "
    "STRICT PARALLEL SAFE AS $$ SELECT term ~ '^[%s]' $$;\n"
    "CREATE OR REPLACE FUNCTION leadline_folded(t text) RETURNS text LANGUAGE sql IMMUTABLE "
    "PARALLEL SAFE AS $$ SELECT ' ' || COALESCE(string_agg(CASE WHEN leadline_is_cjk(m[1]) "
    "THEN m[1] ELSE leadline_cut(m[1]) END, ' ' ORDER BY n), '') || ' ' FROM "
    "regexp_matches(left(leadline_fold(t), 100000), '[%s]+|[%s]+', 'g') WITH ORDINALITY "
    "AS r(m, n) $$;\n";

static const char search_sql[] =
    "CREATE OR REPLACE FUNCTION leadline_terms(folded text) RETURNS tsvector LANGUAGE sql "
    "IMMUTABLE PARALLEL SAFE AS $$ SELECT array_to_tsvector(COALESCE(array_agg(term), '{}')) "
    "FROM (SELECT unnest(CASE WHEN leadline_is_cjk(w) THEN string_to_array(w, NULL) || "
    "ARRAY(SELECT substr(w, i, 2) FROM generate_series(1, length(w) - 1) AS i) ELSE ARRAY[w] END) "
    "AS term FROM string_to_table(btrim(folded), ' ') AS w WHERE w <> '') AS t $$;\n"

    "CREATE OR REPLACE FUNCTION leadline_terms_wanted(wanted text) RETURNS tsquery LANGUAGE sql "
    "IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT COALESCE(string_agg(CASE "
    "WHEN NOT leadline_is_cjk(m[1]) THEN quote_literal(leadline_cut(m[1])) || "
    "CASE m[2] WHEN '*' THEN ':*' ELSE '' END WHEN length(m[1]) = 1 THEN quote_literal(m[1]) "
    "ELSE (SELECT string_agg(quote_literal(substr(m[1], i, 2)), ' & ') "
    "FROM generate_series(1, length(m[1]) - 1) AS i) END, ' & '), '')::tsquery "
    "FROM regexp_matches(wanted, '\"([^\"]*)\"(\\*?)', 'g') AS m $$;\n"

    "CREATE OR REPLACE FUNCTION leadline_has(folded text, wanted text) RETURNS boolean LANGUAGE "
    "sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT COALESCE(bool_and(CASE "
    "WHEN leadline_is_cjk(m[1]) THEN position(m[1] IN folded) > 0 "
    "ELSE position(' ' || leadline_cut(m[1]) || CASE m[2] WHEN '*' THEN '' ELSE ' ' END IN folded) "
    "> 0 END), false) FROM regexp_matches(wanted, '\"([^\"]*)\"(\\*?)', 'g') AS m $$;\n"

    "CREATE OR REPLACE FUNCTION leadline_search_set() RETURNS trigger LANGUAGE plpgsql AS $$ "
    "BEGIN NEW.folded := leadline_folded(COALESCE(NEW.text, '')); "
    "NEW.terms := leadline_terms(NEW.folded); RETURN NEW; END $$;\n"

    "CREATE OR REPLACE FUNCTION leadline_search_make(name text) RETURNS void LANGUAGE plpgsql AS "
    "$$ BEGIN "
    "EXECUTE format('CREATE TABLE %I (rowid BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, "
    "text TEXT COLLATE \"C\", folded TEXT COLLATE \"C\", terms TSVECTOR)', name); "
    "PERFORM leadline_search_index(name); "
    "EXECUTE format('CREATE TRIGGER leadline_search BEFORE INSERT OR UPDATE OF text ON %I "
    "FOR EACH ROW EXECUTE FUNCTION leadline_search_set()', name); END $$;\n"

    /* Made at once behind a million rows, the index costs a small part of a million insertions. */
    "CREATE OR REPLACE FUNCTION leadline_search_rest(name text) RETURNS void LANGUAGE plpgsql AS "
    "$$ DECLARE c record; BEGIN "
    "FOR c IN SELECT i.indexrelid::regclass AS index FROM pg_index AS i JOIN pg_class AS t "
    "ON t.oid = i.indexrelid JOIN pg_am AS a ON a.oid = t.relam WHERE a.amname = 'gin' "
    "AND i.indrelid = format('%I', name)::regclass LOOP "
    "EXECUTE format('DROP INDEX %s', c.index); END LOOP; END $$;\n"
    "CREATE OR REPLACE FUNCTION leadline_search_index(name text) RETURNS void LANGUAGE plpgsql AS "
    "$$ BEGIN PERFORM set_config('maintenance_work_mem', '256MB', true); "
    "EXECUTE format('CREATE INDEX ON %I USING gin (terms) WITH (fastupdate = off)', name); "
    "END $$;\n";

/* Numbers given by the database go on behind the greatest there is. */
static const char numbers_sql[] =
    "CREATE OR REPLACE FUNCTION leadline_numbers_settle() RETURNS void LANGUAGE plpgsql AS $$ "
    "DECLARE c record; most bigint; BEGIN "
    "FOR c IN SELECT t.relname AS name, a.attname AS number FROM pg_attribute AS a "
    "JOIN pg_class AS t ON t.oid = a.attrelid WHERE t.relkind = 'r' AND a.attnum > 0 "
    "AND NOT a.attisdropped AND t.relnamespace = current_schema()::regnamespace "
    "AND pg_get_serial_sequence(format('%I', t.relname), a.attname) IS NOT NULL LOOP "
    "EXECUTE format('SELECT max(%I) FROM %I', c.number, c.name) INTO most; "
    "PERFORM setval(pg_get_serial_sequence(format('%I', c.name), c.number), "
    "greatest(COALESCE(most, 0), 1), most IS NOT NULL); END LOOP; END $$;\n";

static struct str functions_text(struct scope *scope)
{
    struct buf out;
    struct fold_lists letters = fold_lists(scope, 0x80, WIDE_FIRST - 1);
    struct fold_lists wide = fold_lists(scope, WIDE_FIRST, POINT_MAX);
    struct str words = class_ranges(scope, 1), cjk = class_ranges(scope, 2);
    buf_begin(&out, scope, FUNCTION_TEXT_SIZE_MAX);
    buf_put(&out, str_of(aggregates_sql));
    buf_format(&out, fold_sql, letters.ranges.data, letters.from.data, letters.to.data,
               wide.ranges.data, fold_signs(scope).data, wide.ranges.data, wide.from.data,
               wide.to.data);
    buf_format(&out, folded_sql, cjk.data, cjk.data, words.data);
    buf_put(&out, str_of(search_sql));
    buf_put(&out, str_of(numbers_sql));
    int count;
    const char *const *more = db_functions_postgres(&count);
    for (int i = 0; i < count; i++) {
        buf_put(&out, str_of(more[i]));
    }
    return buf_str(&out);
}

/* Made once for a set of functions: asking for the class of every character takes a while. */
static struct {
    pthread_mutex_t mutex;
    struct scope scope;
    const char *const *functions;
    struct str text;
    char mark[24];
} all = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static void all_make(void)
{
    int count;
    const char *const *functions = db_functions_postgres(&count);
    pthread_mutex_lock(&all.mutex);
    if (all.text.size == 0 || all.functions != functions) {
        if (all.text.size == 0) scope_begin(&all.scope);
        all.functions = functions;
        all.text = functions_text(&all.scope);
        unsigned long long hash = (unsigned long long)str_hash(all.text);
        struct str mark = scope_format(&all.scope, "%016llx", hash);
        memcpy(all.mark, mark.data, mark.size + 1);
    }
    pthread_mutex_unlock(&all.mutex);
}

static bool is_made(PGconn *handle, const char *sql)
{
    PGresult *result = PQexec(handle, sql);
    bool is_there = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1 &&
                    strcmp(PQgetvalue(result, 0, 0), all.mark) == 0;
    PQclear(result);
    return is_there;
}

static bool schema_make(struct scope *scope, struct db *db, PGconn *handle)
{
    char schema[PG_SCHEMA_NAME_SIZE];
    pg_schema_name(db->path, schema);
    PGresult *result = PQexec(handle, "SELECT current_schema()");
    bool is_there = PQresultStatus(result) == PGRES_TUPLES_OK &&
                    strcmp(PQgetvalue(result, 0, 0), schema) == 0;
    PQclear(result);
    if (is_there) return true;
    return pg_run(scope, handle, scope_format(scope, "CREATE SCHEMA IF NOT EXISTS \"%s\"",
                                              schema).data);
}

bool pg_own_make(struct scope *scope, struct db *db, PGconn *handle)
{
    static const char made_sql[] = "SELECT value FROM leadline_made WHERE name = 'functions'";
    all_make();
    if (!schema_make(scope, db, handle)) return false;
    if (is_made(handle, made_sql)) return true;
    if (!pg_run(scope, handle,
                "BEGIN; SELECT pg_advisory_xact_lock(19524, hashtext(current_schema()::text)); "
                "CREATE TABLE IF NOT EXISTS leadline_made (name TEXT PRIMARY KEY, value TEXT)")) {
        return false;
    }
    bool ok = is_made(handle, made_sql) || pg_run(scope, handle, all.text.data);
    struct str mark = scope_format(scope,
                                   "INSERT INTO leadline_made VALUES ('functions', '%s') "
                                   "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                                   all.mark);
    ok = ok && pg_run(scope, handle, mark.data);
    pg_run(scope, handle, ok ? "COMMIT" : "ROLLBACK");
    return ok;
}
