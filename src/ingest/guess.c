/*
 * Every cell is asked what it could be; counters are kept per answer, and at
 * the end the narrowest type that nearly all cells agree on wins: yes/no,
 * date, whole number, number, text.
 *
 * Numbers that are names stay text: leading zeros, more than 15 digits. A column
 * of only 1 or only 0 is a number; both together are yes and no.
 *
 * Misfits cannot be collected before the type is known, so the first few are
 * kept for every type.
 */
#include "ingest/guess.h"

#include "base/decimal.h"
#include "ingest/value_inner.h"

enum {
    HASH_SIZE = 4096, /* > 2 * INGEST_DISTINCT_COUNT_MAX, a power of two */
    FIT_PER_20 = 19,
    NAME_DIGITS_MIN = 16,
};

/* What one cell could be; a set. */
enum {
    IS_INTEGER = 1 << 0,
    IS_DECIMAL = 1 << 1,
    IS_BOOL = 1 << 2,
    IS_DAY_FIRST = 1 << 3,   /* a date when read d/m/y (or the same either way) */
    IS_MONTH_FIRST = 1 << 4, /* a date when read m/d/y (or the same either way) */
    IS_KIND_COUNT = 5,
};

struct misfits {
    int64_t fit_count;
    struct ingest_distinct kept[INGEST_MISFIT_COUNT_MAX];
    int kept_count;
};

struct ingest_profile {
    struct scope *scope;
    int64_t filled_count, blank_count, error_count;
    struct misfits kinds[IS_KIND_COUNT];
    int64_t clock_count, percent_count, year_last_count, undotted_count;
    int64_t bool_word_count, yes_count, no_count;
    int scale;
    struct ingest_distinct distinct[INGEST_DISTINCT_COUNT_MAX];
    int distinct_count;
    bool is_distinct_over;
    uint16_t slots[HASH_SIZE]; /* index + 1; 0: free */
};

struct ingest_profile *ingest_profile_begin(struct scope *scope)
{
    struct ingest_profile *profile = scope_new(scope, struct ingest_profile, 1);
    profile->scope = scope;
    return profile;
}

static void distinct_add(struct ingest_profile *profile, int64_t row, struct str text)
{
    if (text.size > INGEST_DISTINCT_SIZE_MAX) {
        profile->is_distinct_over = true;
        return;
    }
    uint64_t slot = str_hash(text) % HASH_SIZE;
    while (profile->slots[slot] != 0) {
        struct ingest_distinct *known = &profile->distinct[profile->slots[slot] - 1];
        if (str_equal(known->text, text)) {
            known->count += 1;
            return;
        }
        slot = (slot + 1) % HASH_SIZE;
    }
    if (profile->distinct_count == INGEST_DISTINCT_COUNT_MAX) {
        profile->is_distinct_over = true;
        return;
    }
    profile->distinct[profile->distinct_count] =
        (struct ingest_distinct){ scope_copy(profile->scope, text), 1, row };
    profile->distinct_count += 1;
    profile->slots[slot] = (uint16_t)profile->distinct_count;
}

static bool is_name(struct str text)
{
    bool has_leading_zero = text.size > 1 && text.data[0] == '0' && text.data[1] != '.';
    size_t digits = 0;
    while (digits < text.size && text.data[digits] >= '0' && text.data[digits] <= '9') digits += 1;
    return digits == text.size && (has_leading_zero || digits >= NAME_DIGITS_MIN);
}

static unsigned number_kinds(struct ingest_profile *profile, const struct ingest_cell *cell,
                             struct str text)
{
    struct value_number number;
    int64_t units;
    if (is_name(text) || !value_number_parse(text, &number)) return 0;
    if (cell->kind == INGEST_CELL_NUMBER && number.exponent < 0) value_number_round(&number, 15);
    profile->percent_count += number.is_percent || cell->is_percent;
    while (number.exponent < 0 && number.count > 0 && number.digits[number.count - 1] == '0') {
        number.count -= 1;
        number.exponent += 1;
    }
    int decimals = number.exponent < 0 ? -number.exponent : 0;
    if (decimals > DECIMAL_SCALE_MAX) decimals = DECIMAL_SCALE_MAX;
    if (decimals > profile->scale) profile->scale = decimals;
    bool is_whole = decimals == 0 && value_number_units(&number, 0, &units, NULL);
    return is_whole && !number.is_percent && !cell->is_percent ? IS_INTEGER | IS_DECIMAL
                                                               : IS_DECIMAL;
}

static unsigned date_kinds(struct ingest_profile *profile, struct str text)
{
    struct ingest_date date;
    unsigned kinds = 0;
    if (ingest_read_date(text, INGEST_DATE_DMY, &date)) kinds |= IS_DAY_FIRST;
    if (kinds == 0 || date.is_year_last) {
        if (ingest_read_date(text, INGEST_DATE_MDY, &date)) kinds |= IS_MONTH_FIRST;
    } else {
        kinds |= IS_MONTH_FIRST;
    }
    if (kinds == 0) return 0;
    profile->clock_count += date.has_time;
    profile->year_last_count += date.is_year_last;
    profile->undotted_count += date.is_year_last && !date.has_dots;
    return kinds;
}

static unsigned text_kinds(struct ingest_profile *profile, const struct ingest_cell *cell,
                           struct str text)
{
    bool is_true;
    unsigned kinds = number_kinds(profile, cell, text) | date_kinds(profile, text);
    if (ingest_parse_bool(text, &is_true)) {
        kinds |= IS_BOOL;
        profile->bool_word_count += (kinds & IS_INTEGER) == 0;
        profile->yes_count += is_true;
        profile->no_count += !is_true;
    }
    return kinds;
}

static void kinds_count(struct ingest_profile *profile, unsigned kinds, int64_t row,
                        struct str text)
{
    for (int i = 0; i < IS_KIND_COUNT; i++) {
        struct misfits *kind = &profile->kinds[i];
        if (kinds & (1u << i)) {
            kind->fit_count += 1;
        } else if (kind->kept_count < INGEST_MISFIT_COUNT_MAX) {
            struct str kept = scope_copy(profile->scope,
                                         str_slice(text, 0, INGEST_DISTINCT_SIZE_MAX));
            kind->kept[kind->kept_count++] = (struct ingest_distinct){ kept, 1, row };
        }
    }
}

void ingest_profile_add(struct ingest_profile *profile, int64_t row,
                        const struct ingest_cell *cell)
{
    profile->error_count += cell->kind == INGEST_CELL_BLANK && cell->note.size > 0;
    if (cell->kind == INGEST_CELL_BLANK) {
        profile->blank_count += 1;
        return;
    }
    profile->filled_count += 1;
    struct scope inner;
    scope_begin(&inner);
    struct str text = str_trim(ingest_cell_text(&inner, cell));
    unsigned kinds = 0;
    if (cell->kind == INGEST_CELL_DATE) {
        kinds = IS_DAY_FIRST | IS_MONTH_FIRST;
        profile->clock_count += cell->has_time;
    } else if (cell->kind == INGEST_CELL_BOOL) {
        kinds = IS_BOOL;
        profile->bool_word_count += 1;
    } else {
        kinds = text_kinds(profile, cell, text);
    }
    distinct_add(profile, row, text);
    kinds_count(profile, kinds, row, text);
    scope_end(&inner);
}

static int kind_index(unsigned kind)
{
    int index = 0;
    while (!(kind & (1u << index))) index += 1;
    return index;
}

static bool fits(const struct ingest_profile *profile, unsigned kind)
{
    int64_t fit = profile->kinds[kind_index(kind)].fit_count;
    return fit > 0 && fit * 20 >= profile->filled_count * FIT_PER_20;
}

static bool is_yes_no(const struct ingest_profile *profile)
{
    bool has_both = profile->yes_count > 0 && profile->no_count > 0;
    bool is_all = profile->kinds[kind_index(IS_BOOL)].fit_count == profile->filled_count;
    /* 1 and 0 are yes and no only when both occur and nothing else does. */
    return fits(profile, IS_BOOL) && (is_all || profile->bool_word_count > 0) &&
           (has_both || profile->bool_word_count == profile->filled_count);
}

/* Which of the two readings explains more cells; equal: dots mean d.m.y, else the preference. */
static unsigned date_decide(const struct ingest_profile *profile, bool prefers_day_first,
                            struct ingest_guess *out)
{
    int64_t day_first = profile->kinds[kind_index(IS_DAY_FIRST)].fit_count;
    int64_t month_first = profile->kinds[kind_index(IS_MONTH_FIRST)].fit_count;
    bool is_day_first = day_first > month_first;
    if (day_first == month_first) {
        is_day_first = profile->undotted_count == 0 || prefers_day_first;
        out->is_ambiguous = profile->undotted_count > 0;
    }
    out->format.order = profile->year_last_count == 0 ? INGEST_DATE_YMD
                        : is_day_first                ? INGEST_DATE_DMY
                                                      : INGEST_DATE_MDY;
    return is_day_first ? IS_DAY_FIRST : IS_MONTH_FIRST;
}

void ingest_profile_end(struct ingest_profile *profile, bool prefers_day_first,
                        struct ingest_guess *out)
{
    unsigned kind = 0;
    *out = (struct ingest_guess){ .filled_count = profile->filled_count,
                                  .blank_count = profile->blank_count,
                                  .error_count = profile->error_count,
                                  .distinct = profile->distinct,
                                  .distinct_count = profile->distinct_count,
                                  .is_distinct_over = profile->is_distinct_over };
    if (profile->filled_count == 0) return;
    out->type = INGEST_TYPE_TEXT;
    if (is_yes_no(profile)) {
        kind = IS_BOOL;
        out->type = INGEST_TYPE_BOOL;
    } else if (fits(profile, IS_DAY_FIRST) || fits(profile, IS_MONTH_FIRST)) {
        kind = date_decide(profile, prefers_day_first, out);
        out->type = profile->clock_count > 0 ? INGEST_TYPE_MOMENT : INGEST_TYPE_DATE;
    } else if (fits(profile, IS_DECIMAL)) {
        kind = IS_DECIMAL;
        bool is_whole = profile->kinds[kind_index(IS_INTEGER)].fit_count ==
                        profile->kinds[kind_index(IS_DECIMAL)].fit_count;
        out->type = is_whole ? INGEST_TYPE_INTEGER : INGEST_TYPE_DECIMAL;
        out->is_percent = profile->percent_count * 2 > profile->filled_count;
        out->scale = profile->scale;
    }
    if (kind == 0) return;
    const struct misfits *misfits = &profile->kinds[kind_index(kind)];
    out->misfit_count = profile->filled_count - misfits->fit_count;
    out->misfit_kept = misfits->kept_count;
    memcpy(out->misfits, misfits->kept, sizeof(out->misfits));
}

const char *ingest_type_name(enum ingest_type type)
{
    static const char *const names[] = {
        [INGEST_TYPE_BLANK] = "blank",     [INGEST_TYPE_TEXT] = "text",
        [INGEST_TYPE_INTEGER] = "integer", [INGEST_TYPE_DECIMAL] = "decimal",
        [INGEST_TYPE_BOOL] = "boolean",    [INGEST_TYPE_DATE] = "date",
        [INGEST_TYPE_MOMENT] = "moment",
    };
    return names[type];
}
