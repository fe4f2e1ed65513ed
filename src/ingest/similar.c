/*
 * Similarity by edit distance over folded letters, a swap of neighbours
 * counting as one edit: 100 * (1 - edits / letters of the longer one).
 */
#include "ingest/similar.h"

#include "base/utf8.h"

struct letters {
    uint32_t points[SIMILAR_LENGTH_MAX];
    int count;
    bool is_cut; /* there was more than fits */
};

static bool is_letter(uint32_t point)
{
    if (point < 0x80) {
        return (point >= '0' && point <= '9') || (point >= 'a' && point <= 'z');
    }
    bool is_mark = (point >= 0x80 && point <= 0xbf) || point == 0xd7 || point == 0xf7 ||
                   (point >= 0x2000 && point <= 0x206f) || (point >= 0x3000 && point <= 0x3003) ||
                   (point >= 0x3008 && point <= 0x3020) || (point >= 0xfe10 && point <= 0xfe6f) ||
                   point == 0x30fb || point == 0xfeff || (point >= 0xff5f && point <= 0xff65);
    return !is_mark;
}

static struct letters letters_of(struct str text, bool has_notes)
{
    struct letters out;
    out.count = 0;
    out.is_cut = false;
    int depth = 0;
    for (size_t offset = 0; offset < text.size;) {
        uint32_t point = utf8_fold(utf8_next(text, &offset));
        bool is_open = point == '(' || point == '[' || point == 0x3010;
        bool is_close = point == ')' || point == ']' || point == 0x3011;
        if (!has_notes && is_open) depth += 1;
        if (!has_notes && is_close && depth > 0) depth -= 1;
        if (depth > 0 || !is_letter(point)) continue;
        out.is_cut = out.count == SIMILAR_LENGTH_MAX;
        if (out.is_cut) break;
        out.points[out.count++] = point;
    }
    return out;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* Edits with swaps of neighbours, three rows of the table at a time. */
static int distance(const struct letters *a, const struct letters *b)
{
    int rows[3][SIMILAR_LENGTH_MAX + 1];
    for (int j = 0; j <= b->count; j++) rows[0][j] = j;
    for (int i = 1; i <= a->count; i++) {
        int *now = rows[i % 3];
        const int *before = rows[(i + 2) % 3], *older = rows[(i + 1) % 3];
        now[0] = i;
        for (int j = 1; j <= b->count; j++) {
            bool is_same = a->points[i - 1] == b->points[j - 1];
            int best = smaller(before[j] + 1, now[j - 1] + 1);
            best = smaller(best, before[j - 1] + !is_same);
            if (i > 1 && j > 1 && a->points[i - 1] == b->points[j - 2] &&
                a->points[i - 2] == b->points[j - 1]) {
                best = smaller(best, older[j - 2] + 1);
            }
            now[j] = best;
        }
    }
    return rows[a->count % 3][b->count];
}

static int ratio(const struct letters *a, const struct letters *b)
{
    int longer = a->count > b->count ? a->count : b->count;
    if (a->count == 0 || b->count == 0) return 0;
    int edits = distance(a, b);
    if (edits == 0 && !a->is_cut && !b->is_cut) return 100;
    return smaller(99, (longer - edits) * 100 / longer);
}

/* One whole label inside a longer header, or the other way round. */
static int containment(const struct letters *a, const struct letters *b)
{
    const struct letters *big = a->count >= b->count ? a : b;
    const struct letters *small = big == a ? b : a;
    /* One Latin letter or two say nothing; two Chinese ones are a word. */
    int least = small->count > 0 && utf8_is_cjk(small->points[0]) ? 2 : 3;
    if (small->count < least) return 0;
    for (int i = 0; i + small->count <= big->count; i++) {
        size_t size = sizeof(small->points[0]) * (size_t)small->count;
        if (memcmp(big->points + i, small->points, size) == 0) {
            return 50 + 40 * small->count / big->count;
        }
    }
    return 0;
}

static int label_score(struct str header, struct str label)
{
    struct letters wanted = letters_of(label, true);
    struct letters whole = letters_of(header, true);
    struct letters plain = letters_of(header, false);
    int score = ratio(&whole, &wanted);
    int without_notes = smaller(98, ratio(&plain, &wanted));
    int held = containment(&plain, &wanted);
    if (without_notes > score) score = without_notes;
    return held > score ? held : score;
}

int ingest_header_score(struct str header, struct str name, struct str label_zh,
                        struct str label_en)
{
    int best = label_score(header, name);
    int zh = label_score(header, label_zh);
    int en = label_score(header, label_en);
    if (zh > best) best = zh;
    return en > best ? en : best;
}

int ingest_value_score(struct str a, struct str b)
{
    struct letters left = letters_of(a, true), right = letters_of(b, true);
    /* "***" against "***": no letters at all. */
    if (left.count == 0 && right.count == 0) return str_equal(a, b) ? 100 : 0;
    return ratio(&left, &right);
}

int ingest_value_best(struct str value, const struct str *candidates, int count, int *score)
{
    int best = -1, best_score = INGEST_VALUE_SCORE_MIN - 1;
    bool is_tie = false;
    for (int i = 0; i < count; i++) {
        if (str_equal(value, candidates[i])) {
            if (score) *score = 100;
            return i;
        }
        int now = ingest_value_score(value, candidates[i]);
        is_tie = now == best_score ? best >= 0 : is_tie && now < best_score;
        if (now <= best_score) continue;
        best = i;
        best_score = now;
    }
    if (score) *score = best >= 0 ? best_score : 0;
    return is_tie ? -1 : best;
}
