/*
 * A template's text cut into pieces. Every { that a } follows has always begun a path, so no
 * text from before there were parts means something else now.
 */
#include "rules/template.h"

#define PART_BEGIN STR("{[")
#define PART_END STR("]}")

struct template_scan template_begin(struct str text)
{
    return (struct template_scan){ .rest = text };
}

static bool take(struct template_scan *scan, struct template_piece *piece,
                 enum template_piece_kind kind, size_t size)
{
    *piece = (struct template_piece){ .kind = kind, .source = str_slice(scan->rest, 0, size) };
    scan->rest = str_slice(scan->rest, size, scan->rest.size);
    return true;
}

/* Up to the next mark; without a } in it the rest holds none. */
static bool take_text(struct template_scan *scan, struct template_piece *piece)
{
    size_t end = str_find(scan->rest, STR("{"));
    size_t part_end = scan->is_in_part ? str_find(scan->rest, PART_END) : SIZE_MAX;
    bool has_path = end != SIZE_MAX &&
                    str_find(str_slice(scan->rest, end, scan->rest.size), STR("}")) != SIZE_MAX;
    if (!has_path) end = scan->rest.size;
    return take(scan, piece, PIECE_TEXT, part_end < end ? part_end : end);
}

bool template_next(struct template_scan *scan, struct template_piece *piece)
{
    struct str rest = scan->rest;
    if (rest.size == 0) return false;
    if (scan->is_in_part && str_starts_with(rest, PART_END)) {
        scan->is_in_part = false;
        return take(scan, piece, PIECE_PART_END, 2);
    }
    size_t close = rest.data[0] == '{' ? str_find(rest, STR("}")) : SIZE_MAX;
    if (close == SIZE_MAX) return take_text(scan, piece);
    if (str_starts_with(rest, PART_BEGIN)) {
        scan->is_in_part = true;
        return take(scan, piece, PIECE_PART_BEGIN, 2);
    }
    take(scan, piece, PIECE_VALUE, close + 1);
    piece->path = str_slice(rest, 1, close);
    return true;
}

bool template_piece_is_loose(const struct template_piece *piece)
{
    return piece->kind == PIECE_TEXT && (str_find(piece->source, PART_BEGIN) != SIZE_MAX ||
                                         str_find(piece->source, PART_END) != SIZE_MAX);
}
