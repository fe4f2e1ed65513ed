/* A text cut into pieces, told as "text(path)[part]". */
#include "rules/template.h"

#include "base/buf.h"
#include "tests/test.h"

static struct str pieces(struct scope *scope, const char *text, bool *is_loose)
{
    struct template_scan scan = template_begin(str_of(text));
    struct template_piece piece;
    struct buf out, whole;
    *is_loose = false;
    buf_begin(&out, scope, 1000);
    buf_begin(&whole, scope, 1000);
    while (template_next(&scan, &piece)) {
        *is_loose = *is_loose || template_piece_is_loose(&piece);
        buf_put(&whole, piece.source);
        switch (piece.kind) {
        case PIECE_TEXT: buf_format(&out, "%.*s", STR_ARG(piece.source)); break;
        case PIECE_VALUE: buf_format(&out, "(%.*s)", STR_ARG(piece.path)); break;
        case PIECE_PART_BEGIN: buf_put(&out, STR("<")); break;
        case PIECE_PART_END: buf_put(&out, STR(">")); break;
        }
    }
    if (scan.is_in_part) buf_put(&out, STR("!"));
    CHECK_STR(buf_str(&whole), text);
    return buf_str(&out);
}

TEST(template_is_cut_into_pieces)
{
    static const struct {
        const char *text, *pieces;
        bool is_loose;
    } cases[] = {
        { "", "", false },
        { "as it is", "as it is", false },
        { "{name}", "(name)", false },
        { "a{b}{c.d}e", "a(b)(c.d)e", false },
        { "a{[ b{c}]}d", "a< b(c)>d", false },
        { "{[{a}]}{[{b}，{c}]}", "<(a)><(b)，(c)>", false },
        { "{[[{a}]]}", "<[(a)]>", false },
        { "[{a}] } ] [", "[(a)] } ] [", false },
        { "{a]}", "(a])", false }, /* no field is called so: refused by its path */
        /* Text since ever: nothing that a } follows, nothing a {[ precedes. */
        { "{a} {", "(a) {", false },
        { "{a} {b", "(a) {b", false },
        { "{a}]}", "(a)]}", true },
        { "a{[b", "a{[b", true },
        { "{[{a}]} ]}", "<(a)> ]}", true },
        /* Not closed; one in the other. */
        { "{[a{b}", "<a(b)!", false },
        { "{[a{[b{c}]}]}", "<a<b(c)>]}", true },
        { "{[]}", "<>", false },
    };
    struct scope scope;
    scope_begin(&scope);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool is_loose = false;
        CHECK_STR(pieces(&scope, cases[i].text, &is_loose), cases[i].pieces);
        CHECK(is_loose == cases[i].is_loose);
    }
    scope_end(&scope);
}
