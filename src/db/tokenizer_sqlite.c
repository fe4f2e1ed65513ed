/*
 * The FTS5 tokenizer "leadline".
 *
 * Chinese has no blanks and most of its words are two characters long. So a
 * text is indexed under every single CJK character and, at the same place,
 * under every two that stand side by side. A search for two characters or more
 * asks for the pairs one behind the other, a search for one for the character:
 * every substring is found, and a pair occurs in few texts, so it is found fast.
 * Other words go in whole, in small letters and half width.
 */
#include "db/sqlite.h"
#include "db/terms.h"

/* Longer words are cut: both in the index and in the query. */
enum { WORD_SIZE_MAX = 160, CODE_POINT_SIZE_MAX = 4 };

typedef int token_fn(void *context, int flags, const char *token, int size, int start, int end);

struct sink {
    void *context;
    token_fn *put;
};

static int folded_encode(uint32_t point, char *out)
{
    return utf8_encode(utf8_fold(point), out);
}

static int put_word(const struct sink *sink, struct str text, const struct term *term)
{
    char word[WORD_SIZE_MAX + CODE_POINT_SIZE_MAX];
    int size = 0;
    for (size_t at = term->start; at < term->end && size < WORD_SIZE_MAX;) {
        size += folded_encode(utf8_next(text, &at), word + size);
    }
    return sink->put(sink->context, 0, word, size, (int)term->start, (int)term->end);
}

static int put_cjk(const struct sink *sink, struct str text, const struct term *term,
                   bool is_query)
{
    char pair[2 * CODE_POINT_SIZE_MAX];
    size_t start = term->start, end = start;
    int size = folded_encode(utf8_next(text, &end), pair);
    bool is_single = end >= term->end;
    int code = SQLITE_OK;
    while (code == SQLITE_OK) {
        bool is_last = end >= term->end;
        if (!is_query || is_single) {
            code = sink->put(sink->context, 0, pair, size, (int)start, (int)end);
        }
        if (is_last || code != SQLITE_OK) break;
        size_t middle = end;
        int size_two = folded_encode(utf8_next(text, &end), pair + size);
        code = sink->put(sink->context, is_query ? 0 : FTS5_TOKEN_COLOCATED, pair, size + size_two,
                         (int)start, (int)end);
        memmove(pair, pair + size, (size_t)size_two);
        size = size_two;
        start = middle;
    }
    return code;
}

static int tokenize(Fts5Tokenizer *tokenizer, void *context, int flags, const char *data, int size,
                    token_fn *put)
{
    (void)tokenizer;
    struct sink sink = { context, put };
    struct str text = { data ? data : "", data && size > 0 ? (size_t)size : 0 };
    bool is_query = (flags & FTS5_TOKENIZE_QUERY) != 0;
    struct term term;
    size_t offset = 0;
    int code = SQLITE_OK;
    while (code == SQLITE_OK && term_next(text, &offset, &term)) {
        code = term.is_cjk ? put_cjk(&sink, text, &term, is_query) : put_word(&sink, text, &term);
    }
    return code;
}

/* It has no settings and no state; the library only wants a pointer that isn't NULL. */
static int create(void *context, const char **args, int arg_count, Fts5Tokenizer **out)
{
    static const char nothing = 0;
    (void)context;
    (void)args;
    *out = (Fts5Tokenizer *)(uintptr_t)&nothing;
    return arg_count == 0 ? SQLITE_OK : SQLITE_ERROR;
}

static void delete(Fts5Tokenizer *tokenizer)
{
    (void)tokenizer;
}

bool sqlite_tokenizer_register(struct scope *scope, sqlite3 *handle)
{
    fts5_api *api = NULL;
    sqlite3_stmt *statement = NULL;
    struct str sql = STR("SELECT fts5(?)");
    int code = sqlite3_prepare_v2(handle, sql.data, (int)sql.size, &statement, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", NULL);
        sqlite3_step(statement);
        code = sqlite3_finalize(statement);
    }
    if (code != SQLITE_OK) return sqlite_fail(scope, handle, code, sql);
    if (!api) return error_storage(scope, STR("this SQLite has no full-text search"));
    fts5_tokenizer tokenizer = { create, delete, tokenize };
    code = api->xCreateTokenizer(api, "leadline", NULL, &tokenizer, NULL);
    return code == SQLITE_OK || sqlite_fail(scope, handle, code, STR("tokenizer"));
}
