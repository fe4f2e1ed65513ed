/*
 * How much of a database's parser stack an expression takes. SQLite's grammar
 * runs on a stack of 100 symbols, and an expression nested deeper is refused
 * when the statement is prepared: too late to tell anybody which formula is to
 * blame. So the text is weighed when the formula is compiled.
 *
 * What the stack holds while the innermost part is read: for a call its name, (,
 * two for the arguments before and a comma; for CASE its words; for a SELECT its
 * clauses; for an operator its left side and itself. Operators of a level are
 * reduced when a looser one arrives.
 */
#include "formula/inner.h"

enum { FRAME_COUNT_MAX = 200, LEAF_SLOTS = 3 };

enum frame_kind { FRAME_BRACKET, FRAME_CALL, FRAME_LIST, FRAME_SELECT, FRAME_CASE };

struct frame {
    enum frame_kind kind;
    int slots;     /* of the construct itself, at this point of it */
    unsigned open; /* levels of operators with a left side waiting */
};

struct weigh {
    struct str sql;
    size_t offset;
    struct frame frames[FRAME_COUNT_MAX];
    int count, most;
    struct str last; /* the token before */
};

/* Loosest first: a token of a level closes those behind it. */
enum { LEVEL_OF_OR = 1, LEVEL_OF_AND, LEVEL_OF_NOT, LEVEL_OF_COMPARE, LEVEL_OF_SHIFT,
       LEVEL_OF_SUM, LEVEL_OF_PRODUCT };

static bool is_word_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
           (byte >= '0' && byte <= '9') || byte == '.';
}

/* Names in quotes are one token, texts too; blanks are skipped. */
static bool token_next(struct weigh *weigh, struct str *out)
{
    struct str sql = weigh->sql;
    size_t at = weigh->offset;
    while (at < sql.size && sql.data[at] == ' ') at++;
    if (at == sql.size) return false;
    size_t end = at + 1;
    char first = sql.data[at];
    if (first == '"' || first == '\'') {
        while (end < sql.size && sql.data[end] != first) end++;
        end++;
    } else if (is_word_byte(first)) {
        while (end < sql.size && is_word_byte(sql.data[end])) end++;
    }
    *out = str_slice(sql, at, end);
    weigh->offset = end;
    return true;
}

static void measure(struct weigh *weigh)
{
    int slots = LEAF_SLOTS;
    for (int i = 0; i < weigh->count; i++) {
        const struct frame *frame = &weigh->frames[i];
        slots += frame->slots + 2 * __builtin_popcount(frame->open);
    }
    if (slots > weigh->most) weigh->most = slots;
}

static void push(struct weigh *weigh, enum frame_kind kind, int slots)
{
    if (weigh->count == FRAME_COUNT_MAX) {
        weigh->most = FRAME_COUNT_MAX * 10;
        return;
    }
    weigh->frames[weigh->count++] = (struct frame){ .kind = kind, .slots = slots };
}

static void operator_seen(struct frame *frame, int level)
{
    frame->open &= (1u << level) - 1;
    frame->open |= 1u << level;
}

static bool operator_of(struct str token, int *level)
{
    static const struct {
        const char *text;
        int level;
    } operators[] = {
        { "OR", LEVEL_OF_OR },        { "AND", LEVEL_OF_AND },     { "NOT", LEVEL_OF_NOT },
        { "=", LEVEL_OF_COMPARE },    { "<", LEVEL_OF_COMPARE },   { ">", LEVEL_OF_COMPARE },
        { "IN", LEVEL_OF_COMPARE },   { "IS", LEVEL_OF_COMPARE },  { "BETWEEN", LEVEL_OF_COMPARE },
        { "+", LEVEL_OF_SUM },        { "-", LEVEL_OF_SUM },       { "*", LEVEL_OF_PRODUCT },
        { "/", LEVEL_OF_PRODUCT },    { "&", LEVEL_OF_SHIFT },
    };
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (!str_is(token, operators[i].text)) continue;
        *level = operators[i].level;
        return true;
    }
    return false;
}

/* The words that move a CASE or a SELECT on; slots from its beginning. */
static bool clause_of(struct str token, enum frame_kind *kind, int *slots)
{
    static const struct {
        const char *text;
        enum frame_kind kind;
        int slots;
    } clauses[] = {
        { "WHEN", FRAME_CASE, 4 },    { "THEN", FRAME_CASE, 6 },    { "ELSE", FRAME_CASE, 4 },
        { "FROM", FRAME_SELECT, 6 },  { "WHERE", FRAME_SELECT, 6 }, { "ORDER", FRAME_SELECT, 12 },
        { "LIMIT", FRAME_SELECT, 11 }, { "UNION", FRAME_SELECT, 9 },
    };
    for (size_t i = 0; i < sizeof(clauses) / sizeof(clauses[0]); i++) {
        if (!str_is(token, clauses[i].text)) continue;
        *kind = clauses[i].kind;
        *slots = clauses[i].slots;
        return true;
    }
    return false;
}

static bool is_name(struct str token)
{
    if (token.size == 0 || !is_word_byte(token.data[0])) return false;
    static const char *const words[] = { "WHEN", "THEN", "ELSE", "AND",    "OR",   "NOT", "IN",
                                         "AS",   "FROM", "WHERE", "SELECT", "CASE", "BETWEEN" };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_is(token, words[i])) return false;
    }
    return true;
}

static void open_bracket(struct weigh *weigh)
{
    bool is_call = is_name(weigh->last), is_list = str_is(weigh->last, "IN");
    push(weigh, is_call ? FRAME_CALL : is_list ? FRAME_LIST : FRAME_BRACKET, is_call ? 3 : 1);
}

static void word(struct weigh *weigh, struct str token)
{
    struct frame *top = weigh->count > 0 ? &weigh->frames[weigh->count - 1] : NULL;
    enum frame_kind kind;
    int value;
    if (str_is(token, "(")) {
        open_bracket(weigh);
    } else if (str_is(token, ")") || str_is(token, "END")) {
        weigh->count -= weigh->count > 0;
    } else if (str_is(token, "CASE")) {
        push(weigh, FRAME_CASE, 2);
    } else if (!top) {
        return;
    } else if (str_is(token, "SELECT") || str_is(token, "WITH")) {
        top->kind = FRAME_SELECT;
        top->slots = str_is(token, "WITH") ? 12 : 5;
    } else if (str_is(token, ",")) {
        top->open = 0;
        if (top->kind == FRAME_CALL) top->slots = 5;
        if (top->kind == FRAME_LIST) top->slots = 3;
    } else if (clause_of(token, &kind, &value) && kind == top->kind) {
        top->slots = value;
        top->open = 0;
    } else if (operator_of(token, &value)) {
        operator_seen(top, value);
    }
}

int sql_nesting(struct str sql)
{
    struct weigh weigh = { .sql = sql, .most = LEAF_SLOTS, .last = STR("") };
    struct str token;
    push(&weigh, FRAME_BRACKET, 0);
    while (token_next(&weigh, &token)) {
        word(&weigh, token);
        weigh.last = token;
        measure(&weigh);
    }
    return weigh.most;
}
