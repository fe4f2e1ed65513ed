/*
 * Texts in SQL. Positions and lengths count code points. What a formula makes
 * is bounded by FN_TEXT_SIZE_MAX, so that SUBSTITUTE in SUBSTITUTE cannot fill
 * the memory: a longer text is NULL.
 */
#include "base/utf8.h"
#include "formula/fn.h"

enum {
    SUBSTANCE_POINT_COUNT_MAX = 20000,
    PHRASE_POINT_COUNT_MAX = 60,
    SIMILARITY_POINT_COUNT_MAX = 500,
};

static void give_text(struct scope *scope, struct str text, struct cell *result)
{
    *result = cell_text(scope_copy(scope, text));
}

static void give_buf(const struct buf *buf, struct cell *result)
{
    if (!buf->is_over) *result = cell_text(buf_str(buf));
}

/* Byte offset of code point number index, or the size. */
static size_t offset_of(struct str text, int64_t index)
{
    size_t offset = 0;
    while (index-- > 0 && offset < text.size) utf8_next(text, &offset);
    return offset;
}

FN(fn_concat)
{
    struct buf out;
    buf_begin(&out, scope, FN_TEXT_SIZE_MAX);
    for (int i = 0; i < arg_count; i++) {
        if (args[i].kind == CELL_TEXT) buf_put(&out, args[i].text);
    }
    give_buf(&out, result);
}

/* (between, is_blank_left_out, texts …) */
FN(fn_textjoin)
{
    struct buf out;
    bool is_first = true;
    buf_begin(&out, scope, FN_TEXT_SIZE_MAX);
    for (int i = 2; i < arg_count; i++) {
        bool is_blank = args[i].kind != CELL_TEXT || args[i].text.size == 0;
        if (is_blank && args[1].integer != 0) continue;
        if (!is_first && args[0].kind == CELL_TEXT) buf_put(&out, args[0].text);
        if (!is_blank) buf_put(&out, args[i].text);
        is_first = false;
    }
    give_buf(&out, result);
}

FN(fn_len)
{
    (void)scope, (void)arg_count;
    if (args[0].kind == CELL_TEXT) *result = cell_int((int64_t)utf8_length(args[0].text));
}

/* Argument index as a count, 1 when it is not there; false when it is blank or negative. */
static bool count_of(const struct cell *args, int arg_count, int index, int64_t *out)
{
    *out = 1;
    if (index >= arg_count) return true;
    *out = args[index].integer;
    return args[index].kind == CELL_INT && *out >= 0;
}

FN(fn_left)
{
    int64_t count;
    if (args[0].kind != CELL_TEXT || !count_of(args, arg_count, 1, &count)) return;
    give_text(scope, str_slice(args[0].text, 0, offset_of(args[0].text, count)), result);
}

FN(fn_right)
{
    int64_t count;
    if (args[0].kind != CELL_TEXT || !count_of(args, arg_count, 1, &count)) return;
    struct str text = args[0].text;
    int64_t length = (int64_t)utf8_length(text);
    size_t start = offset_of(text, count < length ? length - count : 0);
    give_text(scope, str_slice(text, start, text.size), result);
}

/* (text, start from 1, count) */
FN(fn_mid)
{
    (void)arg_count;
    if (args[0].kind != CELL_TEXT || !fn_are(args, 1, 2, CELL_INT)) return;
    if (args[1].integer < 1 || args[2].integer < 0) return;
    struct str text = args[0].text;
    text = str_slice(text, offset_of(text, args[1].integer - 1), text.size);
    give_text(scope, str_slice(text, 0, offset_of(text, args[2].integer)), result);
}

/* (part, text, start from 1) */
FN(fn_find)
{
    (void)scope;
    int64_t start;
    if (!fn_are(args, 0, 1, CELL_TEXT) || !count_of(args, arg_count, 2, &start) || start < 1) {
        return;
    }
    size_t from = offset_of(args[1].text, start - 1);
    struct str rest = str_slice(args[1].text, from, args[1].text.size);
    size_t at = str_find(rest, args[0].text);
    if (at == SIZE_MAX) return;
    *result = cell_int((int64_t)utf8_length(str_slice(args[1].text, 0, from + at)) + 1);
}

/* (text, old, new, which from 1 or all) */
FN(fn_substitute)
{
    if (!fn_are(args, 0, 1, CELL_TEXT)) return;
    if (arg_count == 4 && (args[3].kind != CELL_INT || args[3].integer < 1)) return;
    struct str text = args[0].text, old = args[1].text;
    struct str new = args[2].kind == CELL_TEXT ? args[2].text : STR("");
    int64_t which = arg_count == 4 ? args[3].integer : 0, number = 0;
    struct buf out;
    buf_begin(&out, scope, FN_TEXT_SIZE_MAX);
    while (old.size > 0 && !out.is_over) {
        size_t at = str_find(text, old);
        if (at == SIZE_MAX) break;
        buf_put(&out, str_slice(text, 0, at));
        number++;
        buf_put(&out, which == 0 || which == number ? new : old);
        text = str_slice(text, at + old.size, text.size);
    }
    buf_put(&out, text);
    give_buf(&out, result);
}

/* (text, start from 1, count, new) */
FN(fn_replace)
{
    (void)arg_count;
    if (args[0].kind != CELL_TEXT || !fn_are(args, 1, 2, CELL_INT)) return;
    if (args[1].integer < 1 || args[2].integer < 0) return;
    struct str text = args[0].text;
    size_t start = offset_of(text, args[1].integer - 1);
    struct str rest = str_slice(text, start, text.size);
    struct buf out;
    buf_begin(&out, scope, FN_TEXT_SIZE_MAX);
    buf_put(&out, str_slice(text, 0, start));
    if (args[3].kind == CELL_TEXT) buf_put(&out, args[3].text);
    buf_put(&out, str_slice(rest, offset_of(rest, args[2].integer), rest.size));
    give_buf(&out, result);
}

/* (text, times) */
FN(fn_rept)
{
    (void)arg_count;
    if (args[0].kind != CELL_TEXT || args[1].kind != CELL_INT || args[1].integer < 0) return;
    struct buf out;
    buf_begin(&out, scope, FN_TEXT_SIZE_MAX);
    bool is_empty = args[0].text.size == 0;
    for (int64_t i = 0; i < args[1].integer && !is_empty && !out.is_over; i++) {
        buf_put(&out, args[0].text);
    }
    give_buf(&out, result);
}

/* Latin, Greek and Cyrillic; other scripts have no case or are left alone. */
static uint32_t to_upper(uint32_t point)
{
    bool is_plain = (point >= 'a' && point <= 'z') || (point >= 0xE0 && point <= 0xFE);
    if (is_plain && point != 0xF7) return point - 0x20;
    if (point >= 0x100 && point <= 0x137 && point != 0x131) return point & ~1u;
    if (point >= 0x14A && point <= 0x177) return point & ~1u;
    if (point >= 0x3B1 && point <= 0x3C9 && point != 0x3C2) return point - 0x20;
    if (point >= 0x430 && point <= 0x44F) return point - 0x20;
    if (point >= 0x450 && point <= 0x45F) return point - 0x50;
    return point;
}

static uint32_t to_lower(uint32_t point)
{
    bool is_plain = (point >= 'A' && point <= 'Z') || (point >= 0xC0 && point <= 0xDE);
    if (is_plain && point != 0xD7) return point + 0x20;
    if (point >= 0x100 && point <= 0x137 && point != 0x130) return point | 1u;
    if (point >= 0x14A && point <= 0x177) return point | 1u;
    if (point >= 0x391 && point <= 0x3A9) return point + 0x20;
    if (point >= 0x410 && point <= 0x42F) return point + 0x20;
    if (point >= 0x400 && point <= 0x40F) return point + 0x50;
    return point;
}

static void mapped(struct scope *scope, const struct cell *in, uint32_t (*map)(uint32_t),
                   struct cell *result)
{
    if (in->kind != CELL_TEXT) return;
    struct buf out;
    buf_begin(&out, scope, FN_TEXT_SIZE_MAX);
    for (size_t offset = 0; offset < in->text.size;) {
        char bytes[4];
        int size = utf8_encode(map(utf8_next(in->text, &offset)), bytes);
        buf_put(&out, (struct str){ bytes, (size_t)size });
    }
    give_buf(&out, result);
}

FN(fn_upper)
{
    (void)arg_count;
    mapped(scope, &args[0], to_upper, result);
}

FN(fn_lower)
{
    (void)arg_count;
    mapped(scope, &args[0], to_lower, result);
}

FN(fn_trim)
{
    (void)arg_count;
    if (args[0].kind != CELL_TEXT) return;
    struct str text = str_trim(args[0].text);
    struct buf out;
    buf_begin(&out, scope, FN_TEXT_SIZE_MAX);
    bool was_blank = false;
    for (size_t i = 0; i < text.size; i++) {
        bool is_blank = text.data[i] == ' ';
        if (!is_blank || !was_blank) buf_put_char(&out, text.data[i]);
        was_blank = is_blank;
    }
    give_buf(&out, result);
}

/* An id as the history keeps it: text -> its 16 bytes. */
FN(fn_uuid)
{
    (void)arg_count;
    struct uuid id;
    if (args[0].kind != CELL_TEXT || !uuid_parse(args[0].text, &id)) return;
    struct str bytes = { (const char *)id.bytes, sizeof(id.bytes) };
    *result = cell_blob(scope_copy(scope, bytes));
}

FN(fn_id_text)
{
    (void)arg_count;
    if (args[0].kind != CELL_BLOB || args[0].text.size != sizeof(struct uuid)) return;
    *result = cell_text(uuid_format(scope, cell_uuid(&args[0])));
}

FN(fn_contains)
{
    (void)arg_count;
    if (!fn_are(args, 0, 1, CELL_TEXT)) return;
    struct str text = utf8_fold_text(scope, args[0].text);
    struct str part = utf8_fold_text(scope, args[1].text);
    *result = cell_int(str_find(text, part) != SIZE_MAX);
}

bool fn_is_substance(uint32_t point)
{
    if (point < 0x80) {
        return (point >= '0' && point <= '9') || (point >= 'a' && point <= 'z') ||
               (point >= 'A' && point <= 'Z');
    }
    if (point <= 0xBF || point == 0xD7 || point == 0xF7) return false;
    if (point >= 0x2000 && point <= 0x2BFF) return false;
    if (point >= 0x3000 && point <= 0x3020) return false;
    if (point == 0x30FB || (point >= 0xFE00 && point <= 0xFE6F)) return false;
    return point < 0xFF00 || point > 0x1FFFF; /* emoji and pictures are no words */
}

/* U+5000 … U+8FFF, most of what is written in Chinese: three bytes, no folding, of substance. */
static bool is_han_at(struct str text, size_t offset)
{
    const unsigned char *byte = (const unsigned char *)text.data + offset;
    return text.size - offset >= 3 && byte[0] >= 0xe5 && byte[0] <= 0xe8 &&
           (byte[1] & 0xc0) == 0x80 && (byte[2] & 0xc0) == 0x80;
}

/* Folded code points of substance, at most count_max. */
static int points_of(struct str text, uint32_t *points, int count_max)
{
    int count = 0;
    for (size_t offset = 0; offset < text.size && count < count_max;) {
        if (is_han_at(text, offset)) {
            const unsigned char *byte = (const unsigned char *)text.data + offset;
            points[count++] = (uint32_t)(byte[0] & 15) << 12 | (uint32_t)(byte[1] & 63) << 6 |
                              (byte[2] & 63);
            offset += 3;
            continue;
        }
        uint32_t point = utf8_fold(utf8_next(text, &offset));
        if (fn_is_substance(point)) points[count++] = point;
    }
    return count;
}

/* Read once for a text, since each of its characters may begin a phrase. */
struct phrases {
    uint32_t *points; /* of all phrases, one behind the other */
    int *lengths;
    int count;
};

static struct phrases phrases_of(struct scope *scope, struct str text)
{
    struct phrases phrases = { .points = scope_new(scope, uint32_t, text.size + 1) };
    int line_count = 1, used = 0;
    for (size_t i = 0; i < text.size; i++) line_count += text.data[i] == '\n';
    phrases.lengths = scope_new(scope, int, line_count);
    struct str phrase;
    while (str_split(&text, '\n', &phrase)) {
        int length = points_of(phrase, phrases.points + used, PHRASE_POINT_COUNT_MAX);
        used += length;
        if (length > 0) phrases.lengths[phrases.count++] = length;
    }
    return phrases;
}

/* Length of the longest phrase the points begin with. */
static int longest_phrase(const uint32_t *points, int count, const struct phrases *phrases)
{
    const uint32_t *wanted = phrases->points;
    int longest = 0;
    for (int i = 0; i < phrases->count; i++) {
        int length = phrases->lengths[i];
        bool is_longer = length > longest && length <= count && points[0] == wanted[0];
        if (is_longer && memcmp(points, wanted, sizeof(wanted[0]) * (size_t)length) == 0) {
            longest = length;
        }
        wanted += length;
    }
    return longest;
}

/* (text, phrases one a line) */
FN(fn_substance)
{
    (void)arg_count;
    if (args[0].kind != CELL_TEXT) return;
    struct str lines = args[1].kind == CELL_TEXT ? args[1].text : STR("");
    struct phrases phrases = phrases_of(scope, lines);
    int count_max = args[0].text.size < SUBSTANCE_POINT_COUNT_MAX ? (int)args[0].text.size
                                                                  : SUBSTANCE_POINT_COUNT_MAX;
    uint32_t *points = scope_new(scope, uint32_t, count_max + 1);
    int count = points_of(args[0].text, points, count_max), left = 0;
    for (int i = 0; i < count;) {
        int length = longest_phrase(points + i, count - i, &phrases);
        if (length == 0) left++;
        i += length == 0 ? 1 : length;
    }
    *result = cell_int(left);
}

/*
 * Levenshtein's distance by bit vectors (Myers 1999, in blocks as Hyyrö 2003): a
 * column of the table is a row of bits, 64 cells at a time.
 */
enum {
    BLOCK_BITS = 64,
    BLOCK_COUNT_MAX = (SIMILARITY_POINT_COUNT_MAX + BLOCK_BITS - 1) / BLOCK_BITS,
};

struct column {
    uint64_t up[BLOCK_COUNT_MAX], down[BLOCK_COUNT_MAX]; /* vertical steps +1, -1 */
    int distance;                                        /* at the last row */
};

/* Where each point of the pattern stands: a bit per place, in blocks; a hash table. */
struct places {
    uint32_t *points; /* 0: free; points are never 0 */
    uint64_t *bits;   /* block_count for each slot */
    size_t slot_count;
    int block_count;
};

static size_t slot_of(const struct places *places, uint32_t point)
{
    size_t slot = (point * 2654435761u) & (places->slot_count - 1);
    while (places->points[slot] != 0 && places->points[slot] != point) {
        slot = (slot + 1) & (places->slot_count - 1);
    }
    return slot;
}

static struct places places_begin(struct scope *scope, const uint32_t *points, int count)
{
    struct places places = { .slot_count = 16,
                             .block_count = (count + BLOCK_BITS - 1) / BLOCK_BITS };
    while (places.slot_count < (size_t)count * 2) places.slot_count *= 2;
    places.points = scope_new(scope, uint32_t, places.slot_count);
    places.bits = scope_new(scope, uint64_t, places.slot_count * (size_t)places.block_count);
    for (int i = 0; i < count; i++) {
        size_t slot = slot_of(&places, points[i]);
        size_t block = slot * (size_t)places.block_count + (size_t)(i / BLOCK_BITS);
        places.points[slot] = points[i];
        places.bits[block] |= (uint64_t)1 << (i % BLOCK_BITS);
    }
    return places;
}

static void column_step(struct column *column, const uint64_t *equal, int count, int block_count)
{
    int carry = 1; /* the first row grows by one with every column */
    for (int k = 0; k < block_count; k++) {
        uint64_t same = equal[k], up = column->up[k], down = column->down[k];
        uint64_t vertical = same | down;
        if (carry < 0) same |= 1;
        uint64_t across = (((same & up) + up) ^ up) | same;
        uint64_t grow = down | ~(across | up), shrink = up & across;
        int top = k + 1 < block_count ? BLOCK_BITS - 1 : (count - 1) % BLOCK_BITS;
        int next = (int)((grow >> top) & 1) - (int)((shrink >> top) & 1);
        grow = (grow << 1) | (carry > 0);
        shrink = (shrink << 1) | (carry < 0);
        column->up[k] = shrink | ~(vertical | grow);
        column->down[k] = grow & vertical;
        carry = next;
    }
    column->distance += carry;
}

static int edit_distance(struct scope *scope, const uint32_t *a, int a_count, const uint32_t *b,
                         int b_count)
{
    if (a_count == 0 || b_count == 0) return a_count + b_count;
    struct places places = places_begin(scope, a, a_count);
    struct column column = { .distance = a_count };
    memset(column.up, 0xff, sizeof(column.up));
    for (int j = 0; j < b_count; j++) {
        const uint64_t *equal =
            places.bits + slot_of(&places, b[j]) * (size_t)places.block_count;
        column_step(&column, equal, a_count, places.block_count);
    }
    return column.distance;
}

/* 1 - edits / length of the longer, of the first 500 characters of substance. */
static double similarity(struct scope *scope, struct str left, struct str right)
{
    uint32_t a[SIMILARITY_POINT_COUNT_MAX], b[SIMILARITY_POINT_COUNT_MAX];
    int a_count = points_of(left, a, SIMILARITY_POINT_COUNT_MAX);
    int b_count = points_of(right, b, SIMILARITY_POINT_COUNT_MAX);
    int longer = a_count > b_count ? a_count : b_count;
    int edits = longer == 0 ? 0 : edit_distance(scope, a, a_count, b, b_count);
    return longer == 0 ? 1 : 1 - (double)edits / longer;
}

FN(fn_similarity)
{
    (void)arg_count;
    if (fn_are(args, 0, 1, CELL_TEXT)) {
        *result = cell_real(similarity(scope, args[0].text, args[1].text));
    }
}

/*
 * (a, b, bound): the similarity where it is at least the bound, else -1. Compared with the bound it
 * gives what the similarity gives, and may stop as soon as there are too many edits: division and
 * subtraction of reals are monotone, so more edits are never more alike.
 */
FN(fn_similarity_from)
{
    (void)arg_count;
    if (!fn_are(args, 0, 1, CELL_TEXT) || args[2].kind != CELL_REAL) return;
    double alike = similarity(scope, args[0].text, args[1].text);
    *result = cell_real(alike < args[2].real ? -1 : alike);
}
