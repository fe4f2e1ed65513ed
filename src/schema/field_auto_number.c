/*
 * Numbers given out by the engine: "SJ-{yyyy}-{000000}" is SJ-2026-000001,
 * SJ-2026-000002 … The noughts say the least width; more digits are used when
 * they are needed. The counter starts again with every {yyyy} or {yy}, {mm}, {dd} that
 * the pattern has (in the workspace's zone), and lives in the table counter, so
 * it is taken back with the write that took it: no gaps, no number twice.
 */
#include "base/time.h"
#include "base/utf8.h"
#include "schema/schema_inner.h"

enum { PATTERN_SIZE_MAX = 60, NUMBER_SIZE_MAX = 100, DIGIT_COUNT_MAX = 12 };

enum part_kind { PART_LITERAL, PART_YEAR, PART_YEAR_SHORT, PART_MONTH, PART_DAY, PART_NUMBER };

struct part {
    enum part_kind kind;
    struct str text; /* of a literal; of a number its noughts */
};

/* Cuts the next part off the pattern; false at its end. *is_ok: false when it is malformed. */
static bool part_next(struct str *pattern, struct part *out, bool *is_ok)
{
    if (pattern->size == 0) return false;
    size_t brace = str_find(*pattern, STR("{"));
    if (brace > 0) {
        *out = (struct part){ PART_LITERAL, str_slice(*pattern, 0, brace) };
        *is_ok = *is_ok && str_find(out->text, STR("}")) == SIZE_MAX;
        *pattern = str_slice(*pattern, brace, pattern->size);
        return true;
    }
    size_t end = str_find(*pattern, STR("}"));
    struct str word = str_slice(*pattern, 1, end);
    *pattern = end == SIZE_MAX ? STR("") : str_slice(*pattern, end + 1, pattern->size);
    *out = (struct part){ PART_NUMBER, word };
    if (str_is(word, "yyyy")) {
        out->kind = PART_YEAR;
    } else if (str_is(word, "yy")) {
        out->kind = PART_YEAR_SHORT;
    } else if (str_is(word, "mm")) {
        out->kind = PART_MONTH;
    } else if (str_is(word, "dd")) {
        out->kind = PART_DAY;
    }
    bool is_noughts = word.size > 0 && word.size <= DIGIT_COUNT_MAX;
    for (size_t i = 0; i < word.size; i++) is_noughts = is_noughts && word.data[i] == '0';
    if (end == SIZE_MAX || (out->kind == PART_NUMBER && !is_noughts)) *is_ok = false;
    return true;
}

static bool pattern_is_valid(struct str pattern)
{
    bool is_ok = pattern.size <= PATTERN_SIZE_MAX, is_after_number = false;
    int number_count = 0;
    struct part part;
    while (part_next(&pattern, &part, &is_ok)) {
        number_count += part.kind == PART_NUMBER;
        /* Digits behind the number's own could not be told from it. */
        bool is_digit = part.kind != PART_LITERAL ||
                        (part.text.data[0] >= '0' && part.text.data[0] <= '9');
        if (is_after_number && is_digit) is_ok = false;
        is_after_number = part.kind == PART_NUMBER;
    }
    return is_ok && number_count == 1;
}

/* The number of a moment and a count, and the period it counts in. */
static void number_put(struct buf *out, struct buf *period, struct scope *scope,
                       struct str pattern, const struct civil *civil, int64_t count)
{
    struct part part;
    bool is_ok = true;
    while (part_next(&pattern, &part, &is_ok)) {
        struct str text = part.text;
        switch (part.kind) {
        case PART_LITERAL: break;
        case PART_YEAR: text = scope_format(scope, "%04d", civil->year); break;
        case PART_YEAR_SHORT: text = scope_format(scope, "%02d", civil->year % 100); break;
        case PART_MONTH: text = scope_format(scope, "%02d", civil->month); break;
        case PART_DAY: text = scope_format(scope, "%02d", civil->day); break;
        case PART_NUMBER:
            text = scope_format(scope, "%0*lld", (int)part.text.size, (long long)count);
            break;
        }
        buf_put(out, text);
        if (part.kind != PART_LITERAL && part.kind != PART_NUMBER) buf_put(period, text);
    }
}

/* The period of a moment. */
static struct str period_of(struct scope *scope, const struct field *field,
                            const struct civil *civil)
{
    struct buf text, period;
    buf_begin(&text, scope, NUMBER_SIZE_MAX);
    buf_begin(&period, scope, NUMBER_SIZE_MAX);
    number_put(&text, &period, scope, field->pattern, civil, 0);
    return buf_str(&period);
}

static struct cell number_of(struct scope *scope, const struct field *field,
                             const struct civil *civil, int64_t count)
{
    struct buf text, period;
    buf_begin(&text, scope, NUMBER_SIZE_MAX);
    buf_begin(&period, scope, NUMBER_SIZE_MAX);
    number_put(&text, &period, scope, field->pattern, civil, count);
    return cell_text(buf_str(&text));
}

bool auto_number_next(struct scope *scope, struct db_conn *conn, const struct schema *schema,
                      const struct object *object, const struct field *field, int64_t now_ms,
                      struct cell *out)
{
    struct civil civil = time_civil(now_ms, schema->zone_min);
    int64_t count;
    if (!counter_next(scope, conn, object->id, field->id, period_of(scope, field, &civil),
                      &count)) {
        return false;
    }
    *out = number_of(scope, field, &civil, count);
    return true;
}

/* Reads digits that a date part or the number takes. */
static bool digits_read(struct str *text, size_t size_min, size_t size_max, struct str *out)
{
    size_t size = 0;
    while (size < text->size && size < size_max && text->data[size] >= '0' &&
           text->data[size] <= '9') {
        size += 1;
    }
    if (size < size_min) return false;
    *out = str_slice(*text, 0, size);
    *text = str_slice(*text, size, text->size);
    return true;
}

/* Takes a number apart again; false when it was not made by this pattern. */
static bool number_parse(struct str pattern, struct str text, struct buf *period, int64_t *count)
{
    struct part part;
    struct str digits;
    bool is_ok = true;
    while (part_next(&pattern, &part, &is_ok)) {
        size_t width = part.kind == PART_YEAR ? 4 : 2;
        if (part.kind == PART_LITERAL) {
            if (!str_starts_with(text, part.text)) return false;
            text = str_slice(text, part.text.size, text.size);
        } else if (part.kind == PART_NUMBER) {
            if (!digits_read(&text, part.text.size, 18, &digits)) return false;
            if (!str_to_int64(digits, count)) return false;
        } else {
            if (!digits_read(&text, width, width, &digits)) return false;
            buf_put(period, digits);
        }
    }
    return text.size == 0;
}

/* The counter of the period stands at count or further. */
static bool counter_reach(struct scope *scope, struct db_conn *conn, const struct object *object,
                          const struct field *field, struct str period, int64_t count)
{
    const struct cell args[] = { cell_int(object->id), cell_int(field->id), cell_text(period),
                                 cell_int(count), cell_int(count) };
    return db_exec(scope, conn,
                   STR("INSERT INTO counter (object, field, period, value) VALUES (?, ?, ?, ?) "
                       "ON CONFLICT (object, field, period) DO UPDATE SET value = "
                       "CASE WHEN counter.value < ? THEN excluded.value ELSE counter.value END"),
                   args, 5);
}

bool auto_number_seen(struct scope *scope, struct db_conn *conn, const struct object *object,
                      const struct field *field, struct str text)
{
    struct buf period;
    int64_t count = 0;
    buf_begin(&period, scope, NUMBER_SIZE_MAX);
    if (!number_parse(field->pattern, text, &period, &count)) return true;
    return counter_reach(scope, conn, object, field, buf_str(&period), count);
}

/* The highest number of each period among those that are set. */
static bool numbers_seen(struct scope *scope, struct db_conn *conn, const struct object *object,
                         const struct field *field, struct cell *const *cells, int count)
{
    struct seen {
        struct str period;
        int64_t highest;
    } *seen = scope_alloc(scope, sizeof(*seen) * (size_t)count);
    int seen_count = 0;
    for (int i = 0; i < count; i++) {
        struct buf period;
        int64_t number = 0;
        int at = 0;
        if (cells[i]->kind != CELL_TEXT) continue;
        buf_begin(&period, scope, NUMBER_SIZE_MAX);
        if (!number_parse(field->pattern, cells[i]->text, &period, &number)) continue;
        while (at < seen_count && !str_equal(seen[at].period, buf_str(&period))) at += 1;
        if (at == seen_count) seen[seen_count++] = (struct seen){ buf_str(&period), 0 };
        if (number > seen[at].highest) seen[at].highest = number;
    }
    for (int i = 0; i < seen_count; i++) {
        if (!counter_reach(scope, conn, object, field, seen[i].period, seen[i].highest)) {
            return false;
        }
    }
    return true;
}

bool auto_numbers_fill(struct scope *scope, struct db_conn *conn, const struct schema *schema,
                       const struct object *object, const struct field *field, int64_t now_ms,
                       struct cell *const *cells, int count)
{
    struct civil civil = time_civil(now_ms, schema->zone_min);
    int blank_count = 0;
    int64_t last = 0;
    for (int i = 0; i < count; i++) blank_count += cells[i]->kind != CELL_TEXT;
    if (blank_count < count && !numbers_seen(scope, conn, object, field, cells, count)) {
        return false;
    }
    if (blank_count == 0) return true;
    if (!counter_take(scope, conn, object->id, field->id, period_of(scope, field, &civil),
                      blank_count, &last)) {
        return false;
    }
    int64_t number = last - blank_count;
    for (int i = 0; i < count; i++) {
        if (cells[i]->kind == CELL_TEXT) continue;
        *cells[i] = number_of(scope, field, &civil, ++number);
    }
    return true;
}

static bool define(struct scope *scope, const struct json *definition, struct field *field)
{
    field->is_readonly = true;
    field->size_max = NUMBER_SIZE_MAX;
    const struct json *pattern = json_get(definition, "pattern");
    if (!pattern || pattern->kind != JSON_KIND_STR || !pattern_is_valid(pattern->text)) {
        return define_refuse(scope, field, "pattern", "schema.pattern");
    }
    field->pattern = pattern->text;
    return true;
}

const struct field_type field_type_auto_number = {
    .name = "auto_number",
    .kind = VALUE_TEXT,
    .is_creatable = true,
    .read = value_read,
    .read_text = value_read_text,
    .write = value_text_write,
    .text = value_text_text,
    .define = define,
};
