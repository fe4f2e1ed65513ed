/*
 * The common subset as PostgreSQL wants it. The rooms above write one text for
 * both databases; what differs is put right here, in one pass over its words:
 *
 *   ?                       $1, $2 …
 *   x'00ff'                 '\x00ff'::bytea
 *   1.5                     1.5::float8 (a NUMERIC otherwise)
 *   a IS b, a IS NOT b      IS NOT DISTINCT FROM, IS DISTINCT FROM
 *   ORDER BY a, b DESC      a NULLS FIRST, b DESC NULLS LAST: NULL is the least of all values
 *   CREATE INDEX … (a, b)   likewise, or no index would serve such an order
 *   INTEGER, BLOB, REAL     BIGINT, BYTEA, DOUBLE PRECISION, where types stand
 *   INTEGER PRIMARY KEY     a number given by the database
 *   TEXT in tables          with the collation "C": bytes compare as on SQLite
 *   … STRICT                nothing
 *   USING fts5 (…)          a call of leadline_search_make()
 *   text MATCH ?            the search of own_postgres.c
 *   "x_search_docsize"      the search table itself, its row numbers as id
 *   FROM (SELECT …)         with a name, which PostgreSQL wants before version 16
 *
 * Columns named id, _id, rowid, search_id and seq are never NULL (they are keys), so
 * they are ordered as the indexes of keys are.
 */
#include "db/postgres.h"

enum { DEPTH_MAX = 64, TRANSLATED_SIZE_MAX = 4 * 1024 * 1024 };

enum kind { END, SPACE, WORD, NAME, NUMBER, STRING, BYTES, MARK, SIGN };

struct token {
    enum kind kind;
    struct str text;
};

/* One list of ORDER BY or CREATE INDEX being read. */
struct order {
    bool is_on;
    bool is_descending, has_nulls;
    int word_count; /* tokens of the item that are not its direction */
    bool is_key;    /* the last of them names a column that is never NULL */
};

struct reader {
    struct str rest;
    struct buf *out;
    struct token before; /* the last one that is no blank */
    struct order orders[DEPTH_MAX];
    bool is_derived[DEPTH_MAX]; /* the brackets are a table of their own, FROM (SELECT … */
    int depth, arg_count, alias_count;
    bool is_type;     /* types may stand here: CREATE TABLE, ALTER TABLE */
    bool is_comment;  /* COMMENT ON … IS: nothing is compared */
    bool is_index;    /* CREATE INDEX: the first brackets are a list of its kind */
    bool is_distinct; /* the last FROM belongs to IS DISTINCT FROM */
    int cast_depth;   /* depth inside of CAST( … AS; 0: none */
    bool has_limit;
};

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
           (unsigned char)byte >= 0x80;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static size_t quoted_end(struct str text, size_t start, char quote)
{
    size_t at = start + 1;
    while (at < text.size && text.data[at] != quote) at++;
    return at < text.size ? at + 1 : text.size; /* a doubled quote is simply a second text */
}

static struct token token_read(struct str text)
{
    size_t end = 1;
    enum kind kind = SIGN;
    if (text.size == 0) return (struct token){ END, text };
    char first = text.data[0];
    if (first == ' ' || first == '\n' || first == '\t') {
        kind = SPACE;
        while (end < text.size && (text.data[end] == ' ' || text.data[end] == '\n')) end++;
    } else if ((first == 'x' || first == 'X') && text.size > 1 && text.data[1] == '\'') {
        kind = BYTES;
        end = quoted_end(text, 1, '\'');
    } else if (is_letter(first)) {
        kind = WORD;
        while (end < text.size && (is_letter(text.data[end]) || is_digit(text.data[end]))) end++;
    } else if (is_digit(first)) {
        kind = NUMBER;
        while (end < text.size && (is_digit(text.data[end]) || text.data[end] == '.' ||
                                   text.data[end] == 'e')) {
            end++;
        }
    } else if (first == '\'' || first == '"') {
        kind = first == '"' ? NAME : STRING;
        end = quoted_end(text, 0, first);
    } else if (first == '?') {
        kind = MARK;
    }
    return (struct token){ kind, str_slice(text, 0, end) };
}

static bool is_word(const struct token *token, const char *word)
{
    return token->kind == WORD && str_equal_nocase(token->text, str_of(word));
}

/* The first token behind `text` that is no blank; *size: bytes up to its end. */
static struct token token_behind(struct str text, size_t *size)
{
    struct token token = token_read(text);
    *size = token.text.size;
    if (token.kind == SPACE) {
        token = token_read(str_slice(text, *size, text.size));
        *size += token.text.size;
    }
    return token;
}

/* Takes the next word when it is this one. */
static bool word_take(struct reader *reader, const char *word)
{
    size_t size;
    struct token token = token_behind(reader->rest, &size);
    if (!is_word(&token, word)) return false;
    reader->rest = str_slice(reader->rest, size, reader->rest.size);
    return true;
}

static bool mark_take(struct reader *reader)
{
    size_t size;
    struct token token = token_behind(reader->rest, &size);
    if (token.kind != MARK) return false;
    reader->rest = str_slice(reader->rest, size, reader->rest.size);
    return true;
}

/* ---- orders ---- */

static struct order *order_of(struct reader *reader)
{
    return &reader->orders[reader->depth];
}

static void order_item_end(struct reader *reader)
{
    struct order *order = order_of(reader);
    if (!order->is_on || order->word_count == 0) return;
    bool is_plain_key = order->is_key && order->word_count <= 3;
    if (!order->has_nulls && !is_plain_key) {
        while (reader->out->size > 0 && reader->out->data[reader->out->size - 1] == ' ') {
            buf_cut(reader->out, reader->out->size - 1);
        }
        buf_put(reader->out, order->is_descending ? STR(" NULLS LAST") : STR(" NULLS FIRST"));
        buf_put_char(reader->out, ' ');
    }
    *order = (struct order){ .is_on = true };
}

static void order_end(struct reader *reader)
{
    order_item_end(reader);
    order_of(reader)->is_on = false;
}

static bool names_key(struct str text)
{
    static const char *const keys[] = { "id",  "\"id\"",        "_id",      "rowid",
                                        "seq", "\"search_id\"", "search_id" };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (str_is(text, keys[i])) return true;
    }
    return false;
}

static void order_see(struct reader *reader, const struct token *token)
{
    static const char *const ends[] = { "limit", "offset", "rows", "range", "union", "returning" };
    struct order *order = order_of(reader);
    if (!order->is_on || token->kind == SPACE) return;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (!is_word(token, ends[i])) continue;
        order_end(reader);
        return;
    }
    if (is_word(token, "asc")) return;
    if (is_word(token, "desc")) {
        order->is_descending = true;
    } else if (is_word(token, "nulls")) {
        order->has_nulls = true;
    } else {
        order->word_count += 1;
        order->is_key = names_key(token->text);
    }
}

/* ---- words ---- */

/* A type stands behind the name of a column, or behind AS in a CAST. */
static bool type_put(struct reader *reader, const struct token *token)
{
    const struct token *before = &reader->before;
    bool is_behind = before->kind == NAME || (before->kind == WORD && !is_word(before, "column"));
    bool is_table = reader->is_type && is_behind;
    bool is_strict = is_word(token, "strict") && reader->is_type && reader->depth == 0;
    if (is_strict) return true;
    if (!is_table && !(reader->cast_depth > 0 && is_word(before, "as"))) return false;
    if (is_word(token, "integer")) {
        size_t size;
        struct token behind = token_behind(reader->rest, &size);
        bool is_key = is_table && is_word(&behind, "primary");
        buf_put(reader->out, is_key ? STR("BIGINT GENERATED BY DEFAULT AS IDENTITY")
                                    : STR("BIGINT"));
    } else if (is_word(token, "blob")) {
        buf_put(reader->out, STR("BYTEA"));
    } else if (is_word(token, "real")) {
        buf_put(reader->out, STR("DOUBLE PRECISION"));
    } else if (is_table && is_word(token, "text")) {
        buf_put(reader->out, STR("TEXT COLLATE \"C\""));
    } else {
        return false;
    }
    return true;
}

/* a IS b; a IS NOT b: NULL equals NULL. */
static void is_put(struct reader *reader)
{
    static const char *const plain[] = { "null", "true", "false", "distinct", "unknown" };
    bool is_not = word_take(reader, "not");
    size_t size;
    struct token behind = token_behind(reader->rest, &size);
    bool is_plain = false;
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        is_plain = is_plain || is_word(&behind, plain[i]);
    }
    if (is_plain) {
        buf_put(reader->out, is_not ? STR("IS NOT") : STR("IS"));
    } else {
        buf_put(reader->out, is_not ? STR("IS DISTINCT FROM") : STR("IS NOT DISTINCT FROM"));
    }
}

static bool match_put(struct reader *reader)
{
    struct str rest = reader->rest;
    if (!word_take(reader, "match")) return false;
    if (!mark_take(reader)) {
        reader->rest = rest;
        return false;
    }
    reader->arg_count += 1;
    buf_format(reader->out, "(terms @@ leadline_terms_wanted($%d) AND leadline_has(folded, $%d))",
               reader->arg_count, reader->arg_count);
    return true;
}

static void word_put(struct reader *reader, const struct token *token)
{
    if (is_word(token, "text") && !reader->is_type && match_put(reader)) return;
    if (is_word(token, "is") && !reader->is_comment) {
        is_put(reader);
        return;
    }
    if (is_word(token, "limit")) reader->has_limit = true;
    if (is_word(token, "from")) reader->is_distinct = is_word(&reader->before, "distinct");
    if (is_word(token, "order") && word_take(reader, "by")) {
        buf_put(reader->out, STR("ORDER BY"));
        *order_of(reader) = (struct order){ .is_on = true };
        return;
    }
    if (is_word(token, "cast")) {
        buf_put(reader->out, token->text);
        if (reader->cast_depth == 0) reader->cast_depth = reader->depth + 1;
        return;
    }
    if (is_word(token, "session_user")) { /* a name here, a function there */
        buf_put(reader->out, STR("\"session_user\""));
        return;
    }
    if (!type_put(reader, token)) buf_put(reader->out, token->text);
}

/* FROM (SELECT …) needs a name here. */
static void alias_put(struct reader *reader)
{
    static const char *const others[] = { "where", "group", "order", "limit", "union", "on",
                                          "join", "left", "inner", "cross", "having", "offset",
                                          "except", "intersect", "returning", "window" };
    size_t size;
    struct token behind = token_behind(reader->rest, &size);
    bool has_name = behind.kind == WORD || behind.kind == NAME;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        has_name = has_name && !is_word(&behind, others[i]);
    }
    if (!has_name) buf_format(reader->out, " AS derived%d", ++reader->alias_count);
}

static void sign_put(struct reader *reader, const struct token *token)
{
    char sign = token->text.data[0];
    if (sign == ',') order_item_end(reader);
    bool is_derived = sign == ')' && reader->is_derived[reader->depth];
    if (sign == ')') {
        order_end(reader);
        reader->is_derived[reader->depth] = false;
        if (reader->cast_depth == reader->depth) reader->cast_depth = 0;
        if (reader->depth > 0) reader->depth -= 1;
        order_see(reader, token);
    }
    buf_put(reader->out, token->text);
    if (is_derived) alias_put(reader);
    if (sign != '(') return;
    if (reader->depth + 1 < DEPTH_MAX) reader->depth += 1;
    *order_of(reader) = (struct order){ .is_on = reader->is_index };
    reader->is_index = false;
    size_t size;
    struct token behind = token_behind(reader->rest, &size);
    bool is_table = (is_word(&reader->before, "from") && !reader->is_distinct) ||
                    is_word(&reader->before, "join");
    reader->is_derived[reader->depth] = is_table && is_word(&behind, "select");
}

/* "x_docsize", where FTS5 lists the rows of the search table x: the table itself. */
static bool shadow_put(struct reader *reader, const struct token *token)
{
    static const struct str ending = STR_INIT("_search_docsize\"");
    if (token->kind != NAME || !str_ends_with(token->text, ending)) return false;
    struct str table = str_slice(token->text, 0, token->text.size - sizeof("_docsize\"") + 1);
    buf_format(reader->out, "(SELECT rowid AS id FROM %.*s\")", STR_ARG(table));
    return true;
}

static void token_put(struct reader *reader, const struct token *token)
{
    bool is_comma = token->kind == SIGN && (token->text.data[0] == ',' ||
                                            token->text.data[0] == ')');
    if (!is_comma) order_see(reader, token);
    if (shadow_put(reader, token)) return;
    switch (token->kind) {
    case WORD: word_put(reader, token); break;
    case MARK: buf_format(reader->out, "$%d", ++reader->arg_count); break;
    case SIGN: sign_put(reader, token); break;
    case BYTES:
        buf_put(reader->out, STR("'\\x"));
        buf_put(reader->out, str_slice(token->text, 2, token->text.size));
        buf_put(reader->out, STR("::bytea"));
        break;
    case NUMBER:
        buf_put(reader->out, token->text);
        if (str_find(token->text, STR(".")) != SIZE_MAX) buf_put(reader->out, STR("::float8"));
        break;
    default: buf_put(reader->out, token->text); break;
    }
}

/* CREATE VIRTUAL TABLE name USING fts5 (…) */
static bool search_table_put(struct reader *reader, struct str sql)
{
    struct str rest = str_slice(sql, sizeof("CREATE VIRTUAL TABLE") - 1, sql.size);
    size_t size;
    struct token name = token_behind(rest, &size);
    bool is_quoted = name.kind == NAME;
    if (!is_quoted && name.kind != WORD) return false;
    struct str text = is_quoted ? str_slice(name.text, 1, name.text.size - 1) : name.text;
    buf_format(reader->out, "SELECT leadline_search_make('%.*s')", STR_ARG(text));
    return true;
}

static void statement_kind(struct str sql, struct reader *reader, struct pg_text *out)
{
    static const char *const prepared[] = { "select", "with", "insert", "update", "delete" };
    size_t size;
    struct token first = token_behind(sql, &size);
    for (int i = 0; i < 5; i++) {
        if (!is_word(&first, prepared[i])) continue;
        out->is_prepared = true;
        out->is_reading = i < 2;
    }
    out->is_ddl = !out->is_prepared;
    struct token second = token_behind(str_slice(sql, size, sql.size), &size);
    bool is_create = is_word(&first, "create");
    reader->is_comment = is_word(&first, "comment");
    reader->is_index = is_create && (is_word(&second, "index") || is_word(&second, "unique"));
    reader->is_type = is_word(&first, "alter") || (is_create && !reader->is_index);
}

bool pg_translate(struct scope *scope, struct str sql, struct pg_text *out)
{
    struct buf text;
    struct reader reader = { .rest = sql, .out = &text };
    *out = (struct pg_text){ 0 };
    buf_begin(&text, scope, TRANSLATED_SIZE_MAX);
    statement_kind(sql, &reader, out);
    if (str_starts_with(sql, STR("CREATE VIRTUAL TABLE"))) {
        if (!search_table_put(&reader, sql)) return error_storage(scope, STR("no table's name"));
    } else {
        for (;;) {
            struct token token = token_read(reader.rest);
            if (token.kind == END) break;
            reader.rest = str_slice(reader.rest, token.text.size, reader.rest.size);
            token_put(&reader, &token);
            if (token.kind != SPACE) reader.before = token;
        }
        reader.depth = 0;
        order_end(&reader);
    }
    out->sql = buf_str(&text);
    out->arg_count = reader.arg_count;
    out->has_limit = reader.has_limit;
    return !text.is_over ||
           error_storage(scope, STR("a statement is longer than any should be"));
}
