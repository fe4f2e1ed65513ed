/*
 * A published arrangement, given anything: never more than there is room for, days in sane years,
 * and every refusal quotes what stands in the text. What was read can be put into a calendar, and
 * taken out again with its years.
 */
#include <stdlib.h>

#include "base/time.h"
#include "schema/calendar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_quotes(struct str text, const struct calendar_refusal *items, int count)
{
    if (count < 0 || count > CALENDAR_REFUSAL_COUNT_MAX) abort();
    for (int i = 0; i < count; i++) {
        if (items[i].line < 1 || items[i].text.size == 0) abort();
        if (items[i].text.data < text.data ||
            items[i].text.data + items[i].text.size > text.data + text.size) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scope scope;
    struct calendar_text read;
    struct str text = { (const char *)data, size };
    struct json body = { .kind = JSON_KIND_MAP };
    struct calendar_day *kept;
    int count;
    scope_begin(&scope);
    calendar_text_read(&scope, text, 2026, &read);
    check_quotes(text, read.refusals, read.refusal_count);
    check_quotes(text, read.passed, read.passed_count);
    if (read.day_count < 0 || read.day_count > CALENDAR_DAY_COUNT_MAX) abort();
    for (int i = 0; i < read.day_count; i++) {
        int year, month, day;
        time_civil_from_days(read.days[i].day, &year, &month, &day);
        if (year < 1949 || year > 2200 || read.days[i].mark == DAY_PLAIN) abort();
        for (int k = 0; k < i; k++) {
            if (read.days[k].day == read.days[i].day) abort();
        }
    }
    bool is_put = calendar_days_put(&scope, &body, read.days, read.day_count, NULL, 0);
    if (!is_put || (calendar_days(&scope, &body, &kept, &count) && count > read.day_count)) {
        abort();
    }
    scope_end(&scope);
    return 0;
}
