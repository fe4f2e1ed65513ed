/*
 * Text to tokens. People paste formulas from Excel and chats and type them with
 * a Chinese keyboard: full-width forms mean their ASCII twins, “ ” are quotes,
 * ≥ ≤ ≠ × ÷ are operators. Texts end at their own kind of quote; "" inside
 * straight quotes is one quote.
 */
#include "base/decimal.h"
#include "base/utf8.h"
#include "formula/inner.h"

/* Full-width ASCII and the typographic twins of operators; other code points as they are. */
static uint32_t plain(uint32_t point)
{
    if (point >= 0xFF01 && point <= 0xFF5E) return point - 0xFF01 + '!';
    switch (point) {
    case 0x3000:
    case 0x00A0:
    case 0xFEFF:
        return ' ';
    case 0x2212:
        return '-';
    case 0x00D7:
        return '*';
    case 0x00F7:
        return '/';
    case 0x3001: /* 、 */
    case ';':
        return ',';
    default:
        return point;
    }
}

static bool fail(struct lexer *lexer, const char *key, size_t start, size_t end, struct str hint)
{
    struct problem problem = { .key = key,
                               .position = start,
                               .word = str_slice(lexer->source, start, end),
                               .hint = hint };
    return formula_fail(lexer->scope, lexer->blame, problem);
}

static uint32_t peek(const struct lexer *lexer, size_t *after)
{
    *after = lexer->offset;
    if (lexer->offset >= lexer->source.size) return 0;
    uint32_t point = utf8_next(lexer->source, after);
    uint32_t folded = plain(point);
    return folded == ';' ? ',' : folded;
}

static bool is_digit(uint32_t point)
{
    return point >= '0' && point <= '9';
}

/* General punctuation, arrows, mathematical signs, CJK punctuation and forms: not in names. */
static bool is_symbol(uint32_t point)
{
    return (point >= 0x2000 && point <= 0x2BFF) || (point >= 0x3001 && point <= 0x3004) ||
           (point >= 0x3008 && point <= 0x3020) || (point >= 0xFF00 && point <= 0x1FFFF) ||
           (point >= 0x80 && point <= 0xBF) || point == 0xD7 || point == 0xF7;
}

static bool is_name_start(uint32_t point)
{
    return (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z') || point == '_' ||
           (point > 0x7F && !is_symbol(point));
}

static bool lex_number(struct lexer *lexer, struct token *out)
{
    bool has_dot = false;
    out->kind = TOKEN_NUMBER;
    for (;;) {
        size_t after;
        uint32_t point = peek(lexer, &after);
        if (point == '.' && !has_dot) {
            struct lexer ahead = { .source = lexer->source, .offset = after };
            size_t unused;
            if (!is_digit(peek(&ahead, &unused))) break;
            has_dot = true;
        } else if (is_digit(point)) {
            int64_t digit = (int64_t)(point - '0');
            if (has_dot && out->scale == DECIMAL_SCALE_MAX) {
                if (digit != 0) {
                    return fail(lexer, "formula.number_decimals", out->start, after, STR(""));
                }
            } else {
                if (__builtin_mul_overflow(out->units, 10, &out->units) ||
                    __builtin_add_overflow(out->units, digit, &out->units)) {
                    return fail(lexer, "formula.number_size", out->start, after, STR(""));
                }
                out->scale += has_dot;
            }
        } else {
            break;
        }
        lexer->offset = after;
    }
    while (out->scale > 0 && out->units % 10 == 0) {
        out->units /= 10;
        out->scale--;
    }
    out->end = lexer->offset;
    return true;
}

static bool is_curly(uint32_t point)
{
    return point == 0x201C || point == 0x201D;
}

static bool lex_text(struct lexer *lexer, struct token *out, bool is_straight)
{
    struct buf text;
    buf_begin(&text, lexer->scope, FORMULA_SIZE_MAX);
    out->kind = TOKEN_TEXT;
    while (lexer->offset < lexer->source.size) {
        size_t start = lexer->offset;
        uint32_t point = utf8_next(lexer->source, &lexer->offset);
        bool is_end = is_straight ? point == '"' || point == 0xFF02 : is_curly(point);
        if (is_end && is_straight) {
            size_t after = lexer->offset;
            uint32_t next = after < lexer->source.size ? utf8_next(lexer->source, &after) : 0;
            if (next == '"' || next == 0xFF02) {
                buf_put_char(&text, '"');
                lexer->offset = after;
                continue;
            }
        }
        if (is_end) {
            out->text = buf_str(&text);
            out->end = lexer->offset;
            return true;
        }
        buf_put(&text, str_slice(lexer->source, start, lexer->offset));
    }
    return fail(lexer, "formula.open_quote", out->start, lexer->source.size, STR("\""));
}

static bool lex_label(struct lexer *lexer, struct token *out)
{
    size_t start = lexer->offset;
    out->kind = TOKEN_LABEL;
    while (lexer->offset < lexer->source.size) {
        size_t end = lexer->offset;
        if (plain(utf8_next(lexer->source, &lexer->offset)) != '}') continue;
        out->text = str_trim(str_slice(lexer->source, start, end));
        out->end = lexer->offset;
        return true;
    }
    return fail(lexer, "formula.open_brace", out->start, lexer->source.size, STR("}"));
}

static void lex_name(struct lexer *lexer, struct token *out)
{
    out->kind = TOKEN_NAME;
    for (;;) {
        size_t after;
        uint32_t point = peek(lexer, &after);
        if (point == 0 || (!is_name_start(point) && !is_digit(point))) break;
        lexer->offset = after;
    }
    out->end = lexer->offset;
    out->text = str_slice(lexer->source, out->start, out->end);
}

static const struct sign {
    const char *text; /* in plain form; longer ones first */
    enum op op;
    const char *hint; /* what to write instead of a sign that is not ours */
} signs[] = {
    { "==", OP_NONE, "=" },         { "=>", OP_NONE, ">=" },      { "=<", OP_NONE, "<=" },
    { "<>", OP_DIFFERENT, NULL },   { "!=", OP_DIFFERENT, NULL }, { ">=", OP_MORE_EQUAL, NULL },
    { "<=", OP_LESS_EQUAL, NULL },  { "&&", OP_NONE, "AND" },     { "||", OP_NONE, "OR" },
    { "**", OP_NONE, "^" },         { "=", OP_EQUAL, NULL },      { "<", OP_LESS, NULL },
    { ">", OP_MORE, NULL },         { "&", OP_JOIN, NULL },       { "+", OP_ADD, NULL },
    { "-", OP_SUBTRACT, NULL },     { "*", OP_MULTIPLY, NULL },   { "/", OP_DIVIDE, NULL },
    { "^", OP_POWER, NULL },        { "%", OP_PERCENT, NULL },    { "!", OP_NONE, "NOT" },
    { "|", OP_NONE, "OR" },         { "'", OP_NONE, "\"" },
};

/* True when the source goes on with the sign (in any width); *after is behind it. */
static bool sign_matches(const struct lexer *lexer, const char *sign, size_t *after)
{
    struct lexer ahead = { .source = lexer->source, .offset = lexer->offset };
    for (; *sign; sign++) {
        if (peek(&ahead, after) != (unsigned char)*sign) return false;
        ahead.offset = *after;
    }
    return true;
}

static bool lex_sign(struct lexer *lexer, struct token *out, uint32_t point, size_t after)
{
    out->kind = TOKEN_OP;
    switch (point) {
    case 0x2265:
    case 0x2264:
    case 0x2260:
        out->op = point == 0x2265 ? OP_MORE_EQUAL : point == 0x2264 ? OP_LESS_EQUAL : OP_DIFFERENT;
        lexer->offset = out->end = after;
        return true;
    default:
        break;
    }
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        size_t end;
        if (!sign_matches(lexer, signs[i].text, &end)) continue;
        if (signs[i].hint) {
            return fail(lexer, "formula.sign", out->start, end, str_of(signs[i].hint));
        }
        out->op = signs[i].op;
        lexer->offset = out->end = end;
        return true;
    }
    return fail(lexer, "formula.character", out->start, after, STR(""));
}

bool lexer_next(struct lexer *lexer, struct token *out)
{
    size_t after;
    uint32_t point = peek(lexer, &after);
    while (point == ' ' || point == '\t' || point == '\n' || point == '\r') {
        lexer->offset = after;
        point = peek(lexer, &after);
    }
    *out = (struct token){ .start = lexer->offset, .end = after };
    if (lexer->offset >= lexer->source.size) return true;
    if (is_digit(point)) return lex_number(lexer, out);
    if (is_name_start(point)) {
        lex_name(lexer, out);
        return true;
    }
    if (point == '"' || is_curly(point)) {
        lexer->offset = after;
        return lex_text(lexer, out, point == '"');
    }
    if (point == '{') {
        lexer->offset = after;
        return lex_label(lexer, out);
    }
    if (point == '.') {
        struct lexer ahead = { .source = lexer->source, .offset = after };
        size_t unused;
        if (is_digit(peek(&ahead, &unused))) return lex_number(lexer, out);
    }
    switch (point) {
    case '(':
        out->kind = TOKEN_OPEN;
        break;
    case ')':
        out->kind = TOKEN_CLOSE;
        break;
    case ',':
        out->kind = TOKEN_COMMA;
        break;
    case '.':
        out->kind = TOKEN_DOT;
        break;
    default:
        return lex_sign(lexer, out, point, after);
    }
    lexer->offset = after;
    return true;
}
