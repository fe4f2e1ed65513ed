/*
 * A moment: UTC milliseconds. In JSON RFC 3339; a date alone is its local
 * midnight. People read and write it in the workspace's zone.
 */
#include "base/time.h"
#include "schema/schema_inner.h"

static bool read_json(struct scope *scope, const struct value_context *context,
                      const struct field *field, const struct json *in, struct cell *out)
{
    if (value_is_blank(in, out)) return true;
    int64_t moment_ms;
    if (in->kind != JSON_KIND_STR ||
        !time_parse(str_trim(in->text), context->schema->zone_min, &moment_ms)) {
        return value_refuse(scope, field, "field.not_time");
    }
    *out = cell_int(moment_ms);
    return true;
}

/* "2026/3/2 9:05", "2026年3月2日 09:05:30": the day as dates read, the time with colons. */
static bool spelled_parse(struct str text, int zone_min, int64_t *out_ms)
{
    struct str rest = text, day, part;
    int64_t days, numbers[3] = { 0, 0, 0 };
    if (!str_split(&rest, ' ', &day) || !value_date_parse(day, &days)) return false;
    rest = str_trim(rest);
    int count = 0;
    while (count < 3 && str_split(&rest, ':', &part)) {
        if (part.size < 1 || part.size > 2 || !str_to_int64(part, &numbers[count])) return false;
        count += 1;
    }
    if (rest.size > 0 || count == 1) return false;
    if (numbers[0] < 0 || numbers[0] > 23 || numbers[1] < 0 || numbers[1] > 59 ||
        numbers[2] < 0 || numbers[2] > 59) {
        return false;
    }
    *out_ms = time_day_start(days, zone_min) + numbers[0] * TIME_HOUR_MS +
              numbers[1] * TIME_MINUTE_MS + numbers[2] * TIME_SECOND_MS;
    return true;
}

static bool read_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out)
{
    *out = cell_null();
    struct str text = str_trim(in);
    if (text.size == 0) return true;
    int64_t moment_ms;
    int zone_min = context->schema->zone_min;
    if (!time_parse(text, zone_min, &moment_ms) &&
        !spelled_parse(value_fold(scope, text), zone_min, &moment_ms)) {
        return value_refuse(scope, field, "field.not_time");
    }
    *out = cell_int(moment_ms);
    return true;
}

static void write_json(struct json_writer *writer, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)context, (void)field;
    json_put_time(writer, in->integer);
}

static struct str text(struct scope *scope, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)field;
    struct civil civil = time_civil(in->integer, context->schema->zone_min);
    struct str clock = scope_format(scope, " %02d:%02d", civil.hour, civil.minute);
    struct str day = value_day_text(scope,
                                    time_local_days(in->integer, context->schema->zone_min));
    if (civil.second == 0) return scope_format(scope, "%s%s", day.data, clock.data);
    return scope_format(scope, "%s%s:%02d", day.data, clock.data, civil.second);
}

const struct field_type field_type_datetime = {
    .name = "datetime",
    .kind = VALUE_DATETIME,
    .is_creatable = true,
    .read = read_json,
    .read_text = read_text,
    .write = write_json,
    .text = text,
};
