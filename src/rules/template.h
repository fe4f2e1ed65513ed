#ifndef RULES_TEMPLATE_H
#define RULES_TEMPLATE_H

#include "base/str.h"

/*
 * The text of a template, piece by piece: "{name} is due{[, says {firm.name}]}". {path} stands
 * for a value; what is between {[ and ]} is left out when a value in it is blank. What makes no
 * such mark is text as it stands: a { that no } follows, a ]} without a {[ before it.
 */
enum template_piece_kind { PIECE_TEXT = 1, PIECE_VALUE, PIECE_PART_BEGIN, PIECE_PART_END };

struct template_piece {
    enum template_piece_kind kind;
    struct str source; /* as it stands in the text: all pieces together are the text */
    struct str path;   /* PIECE_VALUE: what is between { and } */
};

struct template_scan {
    struct str rest;
    bool is_in_part;
};

struct template_scan template_begin(struct str text);
/* The next piece; false: no more. A part in a part is told as it stands: two beginnings. */
bool template_next(struct template_scan *scan, struct template_piece *piece);
/* A mark of a part that stands alone and so is text. */
bool template_piece_is_loose(const struct template_piece *piece);

#endif
