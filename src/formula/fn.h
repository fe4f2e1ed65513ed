#ifndef FORMULA_FN_H
#define FORMULA_FN_H

#include "db/db.h"

/*
 * The SQL functions behind formulas, as SQLite calls them. All of them give
 * NULL when an argument they need is NULL or of the wrong kind, when a result
 * does not fit, and never fail. Rounding is half away from zero. On another
 * database the same names are to be defined with the same answers.
 */
enum { FN_TEXT_SIZE_MAX = 1024 * 1024 };

#define FN(name) \
    void name(struct scope *scope, const struct cell *args, int arg_count, struct cell *result)

/* fn_number.c */
FN(fn_add);
FN(fn_sub);
FN(fn_neg);
FN(fn_mul);
FN(fn_scale);
FN(fn_exact);
FN(fn_round);
FN(fn_round_real);
FN(fn_abs);
FN(fn_mod);
FN(fn_sum);
FN(fn_total);
FN(fn_rsum);
FN(fn_radd);
FN(fn_rsub);
FN(fn_rmul);
FN(fn_rdiv);
FN(fn_rmod);
FN(fn_pow);
FN(fn_sqrt);
FN(fn_multiple);
FN(fn_multiple_real);
FN(fn_even);
FN(fn_even_real);
FN(fn_sign);
FN(fn_exp);
FN(fn_ln);
FN(fn_log10);
FN(fn_average);
FN(fn_min);
FN(fn_max);
FN(fn_value);
FN(fn_rmb);
FN(fn_text_number);
FN(fn_text_real);
FN(fn_format_number);
FN(fn_format_real);

/* fn_place.c */
FN(fn_text_span);
FN(fn_distance);

/* fn_text.c */
FN(fn_concat);
FN(fn_textjoin);
FN(fn_len);
FN(fn_left);
FN(fn_right);
FN(fn_mid);
FN(fn_find);
FN(fn_substitute);
FN(fn_replace);
FN(fn_rept);
FN(fn_upper);
FN(fn_lower);
FN(fn_trim);
FN(fn_contains);
FN(fn_substance);
FN(fn_similarity);
FN(fn_similarity_from);
FN(fn_uuid);
FN(fn_id_text);

/* fn_date.c */
FN(fn_date_of);
FN(fn_date_add);
FN(fn_time_add);
FN(fn_time_add_real);
FN(fn_span);
FN(fn_span_real);
FN(fn_year);
FN(fn_month);
FN(fn_day);
FN(fn_hour);
FN(fn_minute);
FN(fn_second);
FN(fn_weekday);
FN(fn_weeknum);
FN(fn_date);
FN(fn_datetime);
FN(fn_edate);
FN(fn_eomonth);
FN(fn_datedif);
FN(fn_text_date);
FN(fn_text_time);
FN(fn_format_date);
FN(fn_format_time);

/* fn_chinese.c */
FN(fn_phone_norm);
FN(fn_name_norm);
FN(fn_taxno_ok);
FN(fn_pinyin);
FN(fn_pinyin_initials);

/* fn_work.c */
FN(fn_is_workday);
FN(fn_networkdays);
FN(fn_workday);
FN(fn_worked);
FN(fn_worked_add);

/*
 * The first moment since which no more than since_ms have been worked up to now, and the first
 * day since which no more than that many working days have passed; false: there is none.
 */
struct calendar;
bool fn_work_reached(const struct calendar *calendar, int zone_min, int64_t now_ms,
                     int64_t since_ms, int64_t *out_ms);
bool fn_work_reached_day(const struct calendar *calendar, int64_t today, int64_t since,
                         int64_t *out);

/* Letters, digits and characters of scripts: what is left without punctuation and blanks. */
bool fn_is_substance(uint32_t point);

/* Every argument from first to last is of the kind. */
static inline bool fn_are(const struct cell *args, int first, int last, enum cell_kind kind)
{
    for (int i = first; i <= last; i++) {
        if (args[i].kind != kind) return false;
    }
    return true;
}

#endif
