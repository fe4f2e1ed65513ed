/* Lengths of time as people read them, and how far two places are apart. */
#include <math.h>
#include <stdlib.h>

#include "formula/fn.h"
#include "schema/schema.h"

enum { PLACE_SIZE_MAX = 64 };

/* The language of texts that formulas make is the labels' first one. */
FN(fn_text_span)
{
    (void)arg_count;
    if (args[0].kind == CELL_INT) {
        *result = cell_text(duration_text(scope, LANGUAGE_ZH, args[0].integer));
    }
}

/* -12.5: up to three digits, then up to fifteen more behind a point. */
static bool degrees(struct str text, double most, double *out)
{
    size_t at = text.size > 0 && text.data[0] == '-', start = at, point = SIZE_MAX;
    char copy[PLACE_SIZE_MAX];
    for (; at < text.size; at++) {
        if (text.data[at] == '.' && point == SIZE_MAX && at > start) {
            point = at;
        } else if (text.data[at] < '0' || text.data[at] > '9') {
            return false;
        }
    }
    size_t whole = (point == SIZE_MAX ? text.size : point) - start;
    size_t rest = point == SIZE_MAX ? 1 : text.size - point - 1;
    if (whole < 1 || whole > 3 || rest < 1 || rest > 15) return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    *out = strtod(copy, NULL);
    return fabs(*out) <= most;
}

static bool place(const struct cell *cell, double *lat, double *lng)
{
    if (cell->kind != CELL_TEXT || cell->text.size >= PLACE_SIZE_MAX) return false;
    size_t comma = str_find(cell->text, STR(","));
    if (comma == SIZE_MAX) return false;
    return degrees(str_slice(cell->text, 0, comma), 90, lat) &&
           degrees(str_slice(cell->text, comma + 1, cell->text.size), 180, lng);
}

/* Metres along the sphere of the earth's mean radius. */
FN(fn_distance)
{
    static const double radius_m = 6371008.8, radian = 0.017453292519943295;
    double lat, lng, to_lat, to_lng;
    (void)scope, (void)arg_count;
    if (!place(&args[0], &lat, &lng) || !place(&args[1], &to_lat, &to_lng)) return;
    double down = sin((to_lat - lat) * radian / 2), across = sin((to_lng - lng) * radian / 2);
    double part = down * down + cos(lat * radian) * cos(to_lat * radian) * across * across;
    *result = cell_int((int64_t)floor(2 * radius_m * asin(sqrt(part > 1 ? 1 : part)) + 0.5));
}
