#ifndef INGEST_SIMILAR_H
#define INGEST_SIMILAR_H

#include "base/str.h"

/*
 * How alike two short texts look, 0..100. Only the looks: what words mean is
 * for whoever knows the app. Cost is bounded: long texts are compared by their first
 * SIMILAR_LENGTH_MAX letters. Full and half width, case, blanks and
 * punctuation make no difference.
 */
enum {
    SIMILAR_LENGTH_MAX = 96,
    INGEST_VALUE_SCORE_MIN = 75, /* below, a value is not worth offering */
    INGEST_HEADER_SCORE_MIN = 60,
};

/*
 * A column's header against a field: the best of name and labels. What stands in
 * brackets and marks like * are notes: "金额（元）" and "*金额" are "金额" at 98.
 * A header that holds the whole label among other words gets 60..90.
 */
int ingest_header_score(struct str header, struct str name, struct str label_zh,
                        struct str label_en);
/* "GTXPro" / "GTX Pro" is 100; "technolgy" / "technology" 90. */
int ingest_value_score(struct str a, struct str b);
/*
 * The most similar candidate, or -1 when none reaches INGEST_VALUE_SCORE_MIN
 * or the two best are equally good. *score may be NULL.
 */
int ingest_value_best(struct str value, const struct str *candidates, int count, int *score);

#endif
