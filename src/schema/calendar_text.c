/*
 * A published arrangement of holidays from its words. Two ways of writing are known: lines of
 * "2026-01-01, holiday, 元旦", and the sentences of the State Council's notices:
 *
 *   一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
 *
 * A sentence is read to its last sign or not at all: what is left over would change its sense.
 * It is also checked by what it says of itself, its weekdays and its count of days, so that a
 * wrong year or a slip of the pen does not get into the calendar.
 */
#include "base/time.h"
#include "schema/calendar_inner.h"

enum {
    RANGE_COUNT_MAX = 12,   /* in one sentence */
    RANGE_DAYS_MAX = 31,
    SENTENCE_DAYS_MAX = RANGE_COUNT_MAX * RANGE_DAYS_MAX,
    HEADING_SIZE_MAX = 90,
    CELL_COUNT_MAX = 4,
    YEAR_MIN = 1949,
    YEAR_MAX = 2199,
};

struct reading {
    struct scope *scope;
    struct calendar_text *out;
    int year; /* of days that name none; 0: unknown */
    int line;
    struct label label;          /* of the paragraph */
    struct calendar_day *days;   /* of the sentence; room for SENTENCE_DAYS_MAX */
};

/* What is being read, and how far. */
struct cursor {
    struct str text;
    size_t at;
};

struct range {
    int64_t first, last;
};

struct sentence {
    struct reading *reading;
    struct str text; /* as it was written */
    struct cursor cursor;
    struct range ranges[RANGE_COUNT_MAX];
    int range_count;
    int day_count; /* of reading->days */
    struct calendar_refusal refusal; /* the first thing wrong with it */
};

/* ---- signs ---- */

static void skip_blanks(struct cursor *cursor)
{
    struct str rest = str_slice(cursor->text, cursor->at, cursor->text.size);
    for (bool is_more = true; is_more && rest.size > 0;) {
        is_more = false;
        static const char *const blanks[] = { " ", "\t", "\r", "\u3000", "\u00a0", "\ufeff" };
        for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++) {
            if (!str_starts_with(rest, str_of(blanks[i]))) continue;
            cursor->at += strlen(blanks[i]);
            rest = str_slice(cursor->text, cursor->at, cursor->text.size);
            is_more = true;
        }
    }
}

static bool take(struct cursor *cursor, const char *word)
{
    skip_blanks(cursor);
    if (!str_starts_with(str_slice(cursor->text, cursor->at, cursor->text.size), str_of(word))) {
        return false;
    }
    cursor->at += strlen(word);
    return true;
}

static bool take_any(struct cursor *cursor, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (take(cursor, words[i])) return true;
    }
    return false;
}

#define TAKE_ANY(cursor, words) take_any((cursor), (words), sizeof(words) / sizeof((words)[0]))

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* At most four digits. */
static bool take_number(struct cursor *cursor, int *out)
{
    skip_blanks(cursor);
    size_t start = cursor->at;
    *out = 0;
    while (cursor->at < cursor->text.size && is_digit(cursor->text.data[cursor->at]) &&
           cursor->at - start < 4) {
        *out = *out * 10 + cursor->text.data[cursor->at++] - '0';
    }
    bool is_longer = cursor->at < cursor->text.size && is_digit(cursor->text.data[cursor->at]);
    if (cursor->at > start && !is_longer) return true;
    cursor->at = start;
    return false;
}

static bool is_at_end(struct cursor *cursor)
{
    skip_blanks(cursor);
    return cursor->at >= cursor->text.size;
}

static bool has(struct str text, const char *part)
{
    return str_find(text, str_of(part)) != SIZE_MAX;
}

/* ---- what is refused ---- */

static struct str day_text(struct scope *scope, int64_t day)
{
    struct buf text;
    buf_begin(&text, scope, 32);
    time_put_date(&text, day);
    return buf_str(&text);
}

static bool refuse(struct sentence *s, const char *key, const char *name, struct str value,
                   const char *other, struct str other_value)
{
    if (s->refusal.key) return false;
    s->refusal = (struct calendar_refusal){ .line = s->reading->line, .text = s->text,
                                            .key = key };
    if (name) s->refusal.args[s->refusal.arg_count++] = (struct error_arg){ name, value };
    if (other) s->refusal.args[s->refusal.arg_count++] = (struct error_arg){ other, other_value };
    return false;
}

static bool unread(struct sentence *s)
{
    return refuse(s, "calendar.line_unread", NULL, STR(""), NULL, STR(""));
}

static void refusal_keep(struct calendar_text *out, const struct calendar_refusal *refusal)
{
    if (out->refusal_count == CALENDAR_REFUSAL_COUNT_MAX) return;
    out->refusals[out->refusal_count++] = *refusal;
}

/* ---- days ---- */

static bool weekday_check(struct sentence *s, struct str note, int64_t day)
{
    static const char *const names[] = { "一", "二", "三", "四", "五", "六", "日" };
    struct scope *scope = s->reading->scope;
    struct cursor cursor = { note, str_find(note, STR("周")) };
    if (cursor.at == SIZE_MAX) cursor.at = str_find(note, STR("星期"));
    if (cursor.at == SIZE_MAX) return true; /* of the moon's calendar perhaps */
    if (!take(&cursor, "周")) take(&cursor, "星期");
    int found = take(&cursor, "天") ? 7 : 0;
    for (int i = 0; found == 0 && i < 7; i++) {
        if (take(&cursor, names[i])) found = i + 1;
    }
    int is = time_weekday(day);
    if (found == is) return true;
    return refuse(s, "calendar.line_weekday", "date", day_text(scope, day), "weekday",
                  scope_format(scope, "%d", is));
}

/* （周四）: checked against the day; all else in brackets is passed over. */
static bool take_note(struct sentence *s, int64_t day)
{
    static const char *const opens[] = { "（", "(", "〔", "[" };
    static const char *const closes[] = { "）", ")", "〕", "]" };
    struct cursor *cursor = &s->cursor;
    for (size_t i = 0; i < sizeof(opens) / sizeof(opens[0]); i++) {
        if (!take(cursor, opens[i])) continue;
        struct str rest = str_slice(cursor->text, cursor->at, cursor->text.size);
        size_t end = str_find(rest, str_of(closes[i]));
        if (end == SIZE_MAX) return unread(s);
        cursor->at += end + strlen(closes[i]);
        return weekday_check(s, str_slice(rest, 0, end), day);
    }
    return true;
}

/* Year and month stay what they were where the day does not name them. */
static bool take_day(struct sentence *s, int *year, int *month, int64_t *out)
{
    struct scope *scope = s->reading->scope;
    struct cursor *cursor = &s->cursor;
    size_t start = cursor->at;
    int number;
    if (!take_number(cursor, &number)) return false;
    if (take(cursor, "年")) {
        *year = number;
        if (!take_number(cursor, &number)) return false;
    }
    if (take(cursor, "月")) {
        *month = number;
        if (!take_number(cursor, &number)) return false;
    }
    if ((!take(cursor, "日") && !take(cursor, "号")) || *month == 0) {
        cursor->at = start;
        return false;
    }
    if (*year == 0) {
        return refuse(s, "calendar.line_year", NULL, STR(""), NULL, STR(""));
    }
    if (*year < YEAR_MIN || *year > YEAR_MAX || !time_is_date(*year, *month, number)) {
        return refuse(s, "calendar.line_date", "value",
                      scope_format(scope, "%d-%02d-%02d", *year, *month, number), NULL, STR(""));
    }
    *out = time_days_from_civil(*year, *month, number);
    return take_note(s, *out);
}

static bool range_put(struct sentence *s, int64_t first, int64_t last)
{
    struct scope *scope = s->reading->scope;
    if (last < first || last - first >= RANGE_DAYS_MAX) {
        return refuse(s, "calendar.line_range", "value", day_text(scope, first), "other",
                      day_text(scope, last));
    }
    if (s->range_count == RANGE_COUNT_MAX) return unread(s);
    s->ranges[s->range_count++] = (struct range){ first, last };
    return true;
}

/* 1月1日（周四）至3日（周六）、2月28日: ranges, of which at least one is there. */
static bool take_days(struct sentence *s)
{
    static const char *const until[] = { "至", "到", "—", "–", "-", "~", "～" };
    static const char *const also[] = { "、", "和", "及", "以及" };
    int year = s->reading->year, month = 0;
    s->range_count = 0;
    do {
        int64_t first, last;
        if (!take_day(s, &year, &month, &first)) return unread(s);
        last = first;
        while (TAKE_ANY(&s->cursor, until)) {
            if (last != first || !take_day(s, &year, &month, &last)) return unread(s);
        }
        if (!range_put(s, first, last)) return false;
    } while (TAKE_ANY(&s->cursor, also));
    return true;
}

static int64_t range_days(const struct sentence *s)
{
    int64_t count = 0;
    for (int i = 0; i < s->range_count; i++) {
        count += s->ranges[i].last - s->ranges[i].first + 1;
    }
    return count;
}

static bool count_check(struct sentence *s, int said)
{
    struct scope *scope = s->reading->scope;
    int64_t count = range_days(s);
    if (said == count) return true;
    return refuse(s, "calendar.line_count", "value", scope_format(scope, "%d", said), "found",
                  scope_format(scope, "%lld", (long long)count));
}

static bool days_keep(struct sentence *s, enum day_mark mark)
{
    struct reading *reading = s->reading;
    for (int i = 0; i < s->range_count; i++) {
        for (int64_t day = s->ranges[i].first; day <= s->ranges[i].last; day++) {
            if (s->day_count == SENTENCE_DAYS_MAX) return unread(s);
            struct calendar_day *kept = &reading->days[s->day_count++];
            *kept = (struct calendar_day){ .day = day, .mark = mark, .line = reading->line };
            if (mark == DAY_OFF) kept->label = reading->label;
        }
    }
    return true;
}

/* ---- a sentence ---- */

/* What may follow 放假: 1天，共3天，不调休，与周末连休. */
static bool take_rest(struct sentence *s)
{
    static const char *const commas[] = { "，", "," };
    static const char *const asides[] = { "不调休", "与周末连休", "不再调休" };
    struct cursor *cursor = &s->cursor;
    int said;
    if (take_number(cursor, &said) && (!take(cursor, "天") || !count_check(s, said))) {
        return unread(s);
    }
    for (size_t kept = cursor->at; TAKE_ANY(cursor, commas); kept = cursor->at) {
        if (TAKE_ANY(cursor, asides)) continue;
        if (!take(cursor, "共")) { /* other days: 4月6日（星期一）补休 */
            cursor->at = kept;
            return true;
        }
        if (!take_number(cursor, &said) || !take(cursor, "天")) return unread(s);
        if (!count_check(s, said)) return false;
    }
    return true;
}

static bool take_clause(struct sentence *s)
{
    static const char *const off[] = { "放假调休", "放假公休", "放假休息", "放假", "补休", "公休",
                                       "调休", "休息" };
    static const char *const worked[] = { "照常上班", "正常上班", "调休上班", "补班", "上班" };
    if (!take_days(s)) return false;
    if (TAKE_ANY(&s->cursor, worked)) return days_keep(s, DAY_WORKED);
    return TAKE_ANY(&s->cursor, off) ? take_rest(s) && days_keep(s, DAY_OFF) : unread(s);
}

static struct label heading_label(struct scope *scope, struct str heading)
{
    static const struct {
        const char *zh, *en;
    } known[] = {
        { "元旦", "New Year's Day" },      { "春节", "Spring Festival" },
        { "清明节", "Tomb-sweeping Day" }, { "劳动节", "Labour Day" },
        { "端午节", "Dragon Boat Festival" }, { "中秋节", "Mid-autumn Festival" },
        { "国庆节", "National Day" },      { "清明", "Tomb-sweeping Day" },
        { "端午", "Dragon Boat Festival" }, { "中秋", "Mid-autumn Festival" },
    };
    struct cursor cursor = { heading, 0 };
    struct buf english;
    buf_begin(&english, scope, 512);
    while (!is_at_end(&cursor)) {
        size_t i = 0, count = sizeof(known) / sizeof(known[0]);
        while (i < count && !take(&cursor, known[i].zh)) i++;
        if (i == count) return (struct label){ heading, heading };
        if (english.size > 0) buf_put(&english, STR(", "));
        buf_put(&english, str_of(known[i].en));
        if (!take(&cursor, "、")) take(&cursor, "和");
    }
    return (struct label){ heading, buf_str(&english) };
}

/* 一、 before a paragraph, and 元旦：, which its days are called by. */
static void take_heading(struct sentence *s)
{
    static const char *const numerals[] = { "一", "二", "三", "四", "五", "六", "七", "八",
                                            "九", "十", "（", "）", "(", ")" };
    static const char *const colons[] = { "：", ":" };
    struct cursor *cursor = &s->cursor;
    size_t start = cursor->at;
    int number;
    bool is_numbered = take_number(cursor, &number);
    while (TAKE_ANY(cursor, numerals)) is_numbered = true;
    is_numbered = is_numbered && (take(cursor, "、") || take(cursor, ".") || take(cursor, "．"));
    if (!is_numbered) cursor->at = start;
    struct str rest = str_slice(cursor->text, cursor->at, cursor->text.size);
    for (size_t i = 0; i < sizeof(colons) / sizeof(colons[0]); i++) {
        size_t end = str_find(rest, str_of(colons[i]));
        if (end == SIZE_MAX || end > HEADING_SIZE_MAX) continue;
        struct str heading = str_trim(str_slice(rest, 0, end));
        bool has_digit = false;
        for (size_t k = 0; k < heading.size; k++) {
            has_digit = has_digit || is_digit(heading.data[k]);
        }
        if (has_digit || heading.size == 0) continue;
        s->reading->label = heading_label(s->reading->scope, heading);
        cursor->at += end + strlen(colons[i]);
        return;
    }
}

static bool sentence_read(struct sentence *s)
{
    static const char *const commas[] = { "，", "," };
    take_heading(s);
    do {
        if (!take_clause(s)) return false;
    } while (TAKE_ANY(&s->cursor, commas));
    return is_at_end(&s->cursor) || unread(s);
}

/* Names no day, or only the day the notice was written on: 2025年11月4日 and no more. */
static bool is_aside(struct str text)
{
    struct cursor cursor = { text, 0 };
    int number;
    if (has(text, "上班") || has(text, "补班")) return false;
    while (cursor.at < text.size) {
        if (!is_digit(text.data[cursor.at])) {
            cursor.at += 1;
            continue;
        }
        bool is_first = cursor.at == 0;
        if (!take_number(&cursor, &number)) return false;
        if (take(&cursor, "年")) {
            if (is_at_end(&cursor) || !is_digit(text.data[cursor.at])) continue;
            return is_first && take_number(&cursor, &number) && take(&cursor, "月") &&
                   take_number(&cursor, &number) && take(&cursor, "日") && is_at_end(&cursor);
        }
        if (!take(&cursor, "〕") && !take(&cursor, "]") && !take(&cursor, "号")) return false;
    }
    return true;
}

/* ---- lines of cells ---- */

static int cells_of(struct str line, struct str *cells)
{
    static const char *const marks[] = { ",", "，", "\t", ";", "；" };
    int count = 0;
    struct str rest = line;
    for (bool is_more = true; is_more && count < CELL_COUNT_MAX; count++) {
        size_t end = SIZE_MAX, size = 0;
        for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
            size_t at = str_find(rest, str_of(marks[i]));
            if (at >= end) continue;
            end = at;
            size = strlen(marks[i]);
        }
        is_more = end != SIZE_MAX;
        struct str cell = str_trim(is_more ? str_slice(rest, 0, end) : rest);
        bool is_quoted = cell.size > 1 && cell.data[0] == '"' &&
                         cell.data[cell.size - 1] == '"';
        cells[count] = is_quoted ? str_trim(str_slice(cell, 1, cell.size - 1)) : cell;
        if (is_more) rest = str_slice(rest, end + size, rest.size);
    }
    return count;
}

/* "2026-01-01", "2026/1/1", "2026-01-01..2026-01-03" */
static bool cell_days(struct str cell, struct range *out)
{
    static const char *const until[] = { "..", "至", "到", "~", "～" };
    for (size_t i = 0; i < sizeof(until) / sizeof(until[0]); i++) {
        size_t at = str_find(cell, str_of(until[i]));
        if (at == SIZE_MAX) continue;
        return value_date_parse(str_trim(str_slice(cell, 0, at)), &out->first) &&
               value_date_parse(str_trim(str_slice(cell, at + strlen(until[i]), cell.size)),
                                &out->last);
    }
    bool is_ok = value_date_parse(cell, &out->first);
    out->last = out->first;
    return is_ok;
}

static bool cell_mark(struct str cell, enum day_mark *out)
{
    static const struct {
        const char *word;
        enum day_mark mark;
    } words[] = {
        { "holiday", DAY_OFF },   { "节假日", DAY_OFF },   { "法定节假日", DAY_OFF },
        { "节日", DAY_OFF },      { "假", DAY_OFF },       { "放假", DAY_OFF },
        { "off", DAY_OFF },       { "day off", DAY_OFF },  { "休息", DAY_OFF },
        { "休", DAY_OFF },        { "休息日", DAY_OFF },   { "workday", DAY_WORKED },
        { "work", DAY_WORKED },   { "上班", DAY_WORKED },  { "班", DAY_WORKED },
        { "补班", DAY_WORKED },   { "工作日", DAY_WORKED }, { "调休上班", DAY_WORKED },
        { "make-up workday", DAY_WORKED },
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!str_equal_nocase(cell, str_of(words[i].word))) continue;
        *out = words[i].mark;
        return true;
    }
    return false;
}

/* Begins like a date of digits alone: what then follows is no sentence. */
static bool is_cells(struct str line)
{
    size_t at = line.size > 0 && line.data[0] == '"' ? 1 : 0, start = at;
    while (at < line.size && is_digit(line.data[at])) at++;
    if (at == start || at >= line.size) return false;
    bool is_dashed = line.data[at] == '-' || line.data[at] == '/' || line.data[at] == '.';
    bool is_number = at - start == 8 && (line.data[at] == ',' || line.data[at] == '\t');
    return is_number || (is_dashed && at + 1 < line.size && is_digit(line.data[at + 1]));
}

static bool line_read(struct sentence *s)
{
    struct str cells[CELL_COUNT_MAX];
    struct range range;
    enum day_mark mark;
    int count = cells_of(s->text, cells), year, month, day;
    if (!cell_days(cells[0], &range)) {
        return refuse(s, "calendar.line_date", "value", cells[0], NULL, STR(""));
    }
    time_civil_from_days(range.first, &year, &month, &day);
    if (year < YEAR_MIN || year > YEAR_MAX) {
        return refuse(s, "calendar.line_date", "value", cells[0], NULL, STR(""));
    }
    struct str kind = count > 1 ? cells[1] : STR("");
    if (!cell_mark(kind, &mark)) {
        return refuse(s, "calendar.line_kind", "value", kind, NULL, STR(""));
    }
    struct str zh = count > 2 ? cells[2] : STR(""), en = count > 3 ? cells[3] : STR("");
    s->reading->label = heading_label(s->reading->scope, zh);
    if (en.size > 0) s->reading->label.en = en;
    return range_put(s, range.first, range.last) && days_keep(s, mark);
}

/* ---- the whole ---- */

/* A day that was named before in another way is refused, with all of its sentence. */
static bool days_agree(struct sentence *s)
{
    const struct calendar_text *out = s->reading->out;
    if (out->day_count + s->day_count > CALENDAR_DAY_COUNT_MAX) return unread(s);
    for (int i = 0; i < s->day_count; i++) {
        for (int k = 0; k < out->day_count; k++) {
            const struct calendar_day *day = &s->reading->days[i];
            if (out->days[k].day != day->day || out->days[k].mark == day->mark) continue;
            return refuse(s, "calendar.line_twice", "date",
                          day_text(s->reading->scope, day->day), NULL, STR(""));
        }
    }
    return true;
}

static void days_add(struct sentence *s)
{
    struct calendar_text *out = s->reading->out;
    for (int i = 0; i < s->day_count; i++) {
        bool is_known = false;
        for (int k = 0; k < out->day_count && !is_known; k++) {
            is_known = out->days[k].day == s->reading->days[i].day;
        }
        if (!is_known) out->days[out->day_count++] = s->reading->days[i];
    }
}

static void sentence_take(struct reading *reading, struct sentence *s, struct str text,
                          bool is_line)
{
    struct calendar_text *out = reading->out;
    text = str_trim(text);
    if (text.size == 0) return;
    *s = (struct sentence){ .reading = reading, .text = text, .cursor = { text, 0 } };
    if (!is_line && is_aside(text)) {
        if (out->passed_count == CALENDAR_REFUSAL_COUNT_MAX) return;
        out->passed[out->passed_count++] =
            (struct calendar_refusal){ .line = reading->line, .text = text };
        return;
    }
    bool is_ok = (is_line ? line_read(s) : sentence_read(s)) && days_agree(s);
    if (is_ok) {
        days_add(s);
    } else {
        unread(s);
        refusal_keep(out, &s->refusal);
    }
}

static size_t next_stop(struct str text, size_t *size)
{
    static const char *const stops[] = { "。", "；", ";" };
    size_t end = SIZE_MAX;
    for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
        size_t at = str_find(text, str_of(stops[i]));
        if (at >= end) continue;
        end = at;
        *size = strlen(stops[i]);
    }
    return end;
}

static void paragraph_read(struct reading *reading, struct sentence *s, struct str line)
{
    struct str rest = str_trim(line);
    reading->label = (struct label){ STR(""), STR("") };
    if (is_cells(rest)) {
        sentence_take(reading, s, rest, true);
        return;
    }
    for (bool is_more = true; is_more;) {
        size_t size = 0, end = next_stop(rest, &size);
        is_more = end != SIZE_MAX;
        sentence_take(reading, s, is_more ? str_slice(rest, 0, end) : rest, false);
        if (is_more) rest = str_slice(rest, end + size, rest.size);
    }
}

/* 关于2026年部分节假日安排的通知, 现将2026年元旦…: whose arrangement it is. */
static int year_before(struct str text, size_t at)
{
    int year = 0;
    if (at > text.size || at < 4) return 0; /* SIZE_MAX, too */
    for (size_t i = at - 4; i < at; i++) {
        if (!is_digit(text.data[i])) return 0;
        year = year * 10 + text.data[i] - '0';
    }
    return year >= YEAR_MIN && year <= YEAR_MAX ? year : 0;
}

static int year_of(struct str text)
{
    int year = year_before(text, str_find(text, STR("年部分节假日")));
    size_t said = str_find(text, STR("现将"));
    if (year == 0 && said != SIZE_MAX) year = year_before(text, said + strlen("现将") + 4);
    return year;
}

void calendar_text_read(struct scope *scope, struct str text, int year,
                        struct calendar_text *out)
{
    *out = (struct calendar_text){ .year = year_of(text) };
    out->is_whole = out->year != 0;
    out->days = scope_new(scope, struct calendar_day, CALENDAR_DAY_COUNT_MAX);
    out->refusals = scope_new(scope, struct calendar_refusal, CALENDAR_REFUSAL_COUNT_MAX);
    out->passed = scope_new(scope, struct calendar_refusal, CALENDAR_REFUSAL_COUNT_MAX);
    struct reading reading = { .scope = scope, .out = out,
                               .year = out->year != 0 ? out->year : year,
                               .days = scope_new(scope, struct calendar_day,
                                                 SENTENCE_DAYS_MAX) };
    struct sentence *sentence = scope_new(scope, struct sentence, 1);
    struct str rest = str_slice(text, 0, CALENDAR_TEXT_SIZE_MAX), line;
    while (str_split(&rest, '\n', &line)) {
        reading.line += 1;
        paragraph_read(&reading, sentence, line);
    }
}
