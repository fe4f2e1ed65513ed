/*
 * A place on earth (WGS 84). Kept as one text, "31.230416,121.473701": latitude, then longitude,
 * six decimals each (about ten centimetres), so that one column, one index and DISTANCE_KM() do
 * for it. Programs send {"lat":31.230416,"lng":121.473701}, files the text.
 */
#include "base/decimal.h"
#include "schema/schema_inner.h"

enum { GEO_SCALE = 6, LAT_MAX = 90 * 1000000, LNG_MAX = 180 * 1000000 };

static bool place(struct scope *scope, const struct field *field, int64_t lat, int64_t lng,
                  struct cell *out)
{
    *out = cell_null();
    if (lat < -LAT_MAX || lat > LAT_MAX || lng < -LNG_MAX || lng > LNG_MAX) {
        return value_refuse(scope, field, "field.not_geo");
    }
    struct buf text;
    buf_begin(&text, scope, 64);
    decimal_put(&text, lat, GEO_SCALE);
    buf_put_char(&text, ',');
    decimal_put(&text, lng, GEO_SCALE);
    *out = cell_text(buf_str(&text));
    return true;
}

/* Devices give more decimals than a place has: they are rounded. */
static bool coordinate(const struct json *in, int64_t *out)
{
    if (!in) return false;
    if (in->kind == JSON_KIND_INT) return decimal_rescale(in->integer, 0, GEO_SCALE, out);
    return in->kind == JSON_KIND_REAL && decimal_from_real(in->real, GEO_SCALE, out);
}

static bool read_json(struct scope *scope, const struct value_context *context,
                      const struct field *field, const struct json *in, struct cell *out)
{
    (void)context;
    int64_t lat, lng;
    if (value_is_blank(in, out)) return true;
    if (in->kind != JSON_KIND_MAP || !coordinate(json_get(in, "lat"), &lat) ||
        !coordinate(json_get(in, "lng"), &lng)) {
        return value_refuse(scope, field, "field.not_geo");
    }
    return place(scope, field, lat, lng, out);
}

/* "31.2304160000" has digits that say nothing; what they say beyond six is left out. */
static bool degrees_parse(struct str text, int64_t *out)
{
    size_t point = str_find(text, STR("."));
    if (point != SIZE_MAX && text.size > point + 1 + GEO_SCALE) {
        for (size_t i = point + 1 + GEO_SCALE; i < text.size; i++) {
            if (text.data[i] < '0' || text.data[i] > '9') return false;
        }
        text = str_slice(text, 0, point + 1 + GEO_SCALE);
    }
    return decimal_parse(text, GEO_SCALE, false, out);
}

static bool read_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out)
{
    (void)context;
    struct str text = value_fold(scope, in);
    int64_t lat, lng;
    *out = cell_null();
    if (text.size == 0) return true;
    size_t at = str_find(text, STR(","));
    if (at == SIZE_MAX) at = str_find(text, STR(" "));
    if (at == SIZE_MAX || !degrees_parse(str_trim(str_slice(text, 0, at)), &lat) ||
        !degrees_parse(str_trim(str_slice(text, at + 1, text.size)), &lng)) {
        return value_refuse(scope, field, "field.not_geo");
    }
    return place(scope, field, lat, lng, out);
}

static void write_json(struct json_writer *writer, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)context, (void)field;
    size_t at = str_find(in->text, STR(","));
    if (at == SIZE_MAX) {
        json_put_null(writer);
        return;
    }
    json_map_begin(writer);
    json_key(writer, STR("lat"));
    json_put_raw(writer, str_slice(in->text, 0, at));
    json_key(writer, STR("lng"));
    json_put_raw(writer, str_slice(in->text, at + 1, in->text.size));
    json_map_end(writer);
}

const struct field_type field_type_geo = {
    .name = "geo",
    .kind = VALUE_TEXT,
    .is_creatable = true,
    .read = read_json,
    .read_text = read_text,
    .write = write_json,
    .text = value_text_text,
};
