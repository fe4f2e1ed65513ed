/* Terms of a text, and the search expression made of them. */
#include "db/terms.h"

#include "db/db.h"

enum { SEARCH_TERM_LENGTH_MAX = 40, SEARCH_SIZE_MAX = 8 * 1024 };

/* Not letters although beyond ASCII: punctuation, currency, arrows, signs, private use. */
static bool is_separator(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        { 0x80, 0xa9 },     { 0xab, 0xb4 },     { 0xb6, 0xb9 },       { 0xbb, 0xbf },
        { 0xd7, 0xd7 },     { 0xf7, 0xf7 },     { 0x2000, 0x206f },   { 0x20a0, 0x20cf },
        { 0x2190, 0x2bff }, { 0x2e00, 0x2e7f }, { 0x3000, 0x3004 },   { 0x3008, 0x3020 },
        { 0x302a, 0x3040 }, { 0xd800, 0xf8ff }, { 0xfe00, 0xfe6f },   { 0xff00, 0xff0f },
        { 0xffe0, 0xffff }, { 0x1f000, 0x1faff }, { 0xe0000, 0x10ffff },
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (point < ranges[i].first) return false;
        if (point <= ranges[i].last) return true;
    }
    return false;
}

enum kind { KIND_SEPARATOR, KIND_WORD, KIND_CJK };

static enum kind kind_of(uint32_t code_point)
{
    uint32_t point = utf8_fold(code_point);
    if (point < 0x80) {
        bool is_word = (point >= '0' && point <= '9') || (point >= 'a' && point <= 'z');
        return is_word ? KIND_WORD : KIND_SEPARATOR;
    }
    if (is_separator(point)) return KIND_SEPARATOR;
    return utf8_is_cjk(point) ? KIND_CJK : KIND_WORD;
}

bool term_next(struct str text, size_t *offset, struct term *out)
{
    enum kind kind = KIND_SEPARATOR;
    size_t end = *offset;
    while (kind == KIND_SEPARATOR) {
        if (end >= text.size) {
            *offset = text.size;
            return false;
        }
        out->start = end;
        kind = kind_of(utf8_next(text, &end));
    }
    out->is_cjk = kind == KIND_CJK;
    out->end = end;
    while (end < text.size && kind_of(utf8_next(text, &end)) == kind) out->end = end;
    *offset = out->end;
    return true;
}

struct str db_search_query(struct scope *scope, struct str text)
{
    struct buf query;
    buf_begin(&query, scope, SEARCH_SIZE_MAX);
    struct term term = { false, 0, 0 };
    size_t offset = 0;
    int count = 0;
    while (count < SEARCH_TERM_COUNT_MAX && term_next(text, &offset, &term)) {
        struct str part = utf8_prefix(str_slice(text, term.start, term.end),
                                      SEARCH_TERM_LENGTH_MAX);
        buf_put(&query, count == 0 ? STR("\"") : STR(" AND \""));
        buf_put(&query, utf8_fold_text(scope, part));
        buf_put_char(&query, '"');
        count += 1;
    }
    if (count > 0 && !term.is_cjk) buf_put_char(&query, '*');
    return query.is_over ? STR("") : buf_str(&query);
}
