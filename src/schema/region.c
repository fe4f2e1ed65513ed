/*
 * Finding a Chinese region by its code or name. The canonical form is the path
 * of full names, most specific last: "广东省/深圳市", "上海市", "上海市/浦东新区".
 * A path sorts and filters by prefix, and survives without the table.
 *
 * Nothing is guessed: districts are only looked for behind their municipality
 * (there is a 朝阳区 in Beijing and in Changchun), and a name that more than one
 * region has is none.
 */
#include "base/utf8.h"
#include "schema/region_table.h"
#include "schema/schema_inner.h"

enum { REGION_SIZE_MAX = 300, PROVINCE = 10000, CITY = 100 };

static bool is_province(const struct region *region)
{
    return region->code % PROVINCE == 0;
}

/* Districts and counties: too many places share their names. */
static bool is_district(const struct region *region)
{
    return region->code % CITY != 0;
}

static const struct region *region_by_code(int64_t code)
{
    for (int i = 0; i < region_count; i++) {
        if (regions[i].code == code) return &regions[i];
    }
    return NULL;
}

/* Takes a region's name off the front of the text; the full name before the short one. */
static bool name_take(const struct region *region, struct str *text)
{
    const struct str names[] = { region->name, region->short_name };
    for (size_t i = 0; i < 2; i++) {
        if (!str_starts_with(*text, names[i])) continue;
        *text = str_slice(*text, names[i].size, text->size);
        return true;
    }
    return false;
}

/* Without what people put between the parts. */
static struct str separator_skip(struct str text)
{
    static const char *const marks[] = { "/", " ", "-", ",", ".", "·", "，", "、", ">", "中国" };
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]);) {
        if (str_starts_with(text, str_of(marks[i]))) {
            text = str_slice(text, strlen(marks[i]), text.size);
            i = 0;
        } else {
            i += 1;
        }
    }
    return text;
}

static void path_put(struct buf *out, const struct region *region)
{
    const struct region *province = region_by_code(region->code - region->code % PROVINCE);
    if (!is_province(region) && province) {
        buf_put(out, province->name);
        buf_put_char(out, '/');
    }
    buf_put(out, region->name);
}

/* The place in a province, longest name first so that no name hides in another. */
static const struct region *inside_take(const struct region *province, struct str *text)
{
    const struct region *best = NULL;
    struct str best_rest = *text;
    for (int i = 0; i < region_count; i++) {
        const struct region *region = &regions[i];
        if (is_province(region) || region->code / PROVINCE != province->code / PROVINCE) continue;
        struct str rest = *text;
        if (!name_take(region, &rest) || rest.size >= best_rest.size) continue;
        best = region;
        best_rest = rest;
    }
    *text = best_rest;
    return best;
}

/* A city named without its province, alone or before a further part. */
static const struct region *city_take(struct str *text)
{
    const struct region *best = NULL;
    struct str best_rest = *text;
    bool is_ambiguous = false;
    for (int i = 0; i < region_count; i++) {
        const struct region *region = &regions[i];
        if (is_province(region)) continue;
        size_t size = region->name.size;
        bool is_shared = is_district(region) && !str_ends_with(region->name, STR("市"));
        struct str rest = *text;
        if (is_shared || size == 0 || !name_take(region, &rest)) continue;
        if (rest.size > best_rest.size) continue;
        is_ambiguous = best && rest.size == best_rest.size;
        best = region;
        best_rest = rest;
    }
    if (is_ambiguous) return NULL;
    *text = best_rest;
    return best;
}

static const struct region *province_take(struct str *text)
{
    for (int i = 0; i < region_count; i++) {
        if (is_province(&regions[i]) && name_take(&regions[i], text)) return &regions[i];
    }
    return NULL;
}

/* The rest of a text behind a known place: a district, kept as the next part if it is one word. */
static bool rest_is_part(struct str rest)
{
    static const char *const ends[] = { "区", "县", "市", "旗", "镇", "乡", "街道" };
    /* One character is the end of a longer name: 朝阳区 is no part of 朝阳市. */
    if (utf8_length(rest) < 2 || utf8_length(rest) > 15) return false;
    for (size_t i = 0; i < rest.size; i++) {
        if ((unsigned char)rest.data[i] < 0x80) return false;
    }
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (str_ends_with(rest, str_of(ends[i]))) return true;
    }
    return false;
}

static bool code_find(struct str text, struct buf *out)
{
    int64_t code;
    if (text.size != 6 && text.size != 4 && text.size != 2) return false;
    if (text.data[0] < '1' || text.data[0] > '9' || !str_to_int64(text, &code)) return false;
    for (size_t size = text.size; size < 6; size += 2) code *= 100;
    const struct region *region = region_by_code(code);
    if (!region) return false;
    path_put(out, region);
    return true;
}

bool region_find(struct scope *scope, struct str text, struct str *out)
{
    struct buf path;
    buf_begin(&path, scope, REGION_SIZE_MAX + 1);
    struct str rest = separator_skip(str_trim(text));
    if (rest.size == 0 || rest.size > REGION_SIZE_MAX) return false;
    if (code_find(rest, &path)) {
        *out = buf_str(&path);
        return true;
    }
    struct str whole = rest;
    const struct region *place = province_take(&rest);
    if (place) {
        /* "吉林市": the province's short name begins it, but the whole is the city's. */
        struct str city_rest = whole;
        const struct region *city = city_take(&city_rest);
        bool is_city = city && city_rest.size == 0 && rest.size > 0;
        rest = separator_skip(rest);
        const struct region *inside = is_city ? city : inside_take(place, &rest);
        if (is_city) rest = STR("");
        if (inside) place = inside;
    } else {
        place = city_take(&rest);
    }
    if (!place) return false;
    rest = separator_skip(rest);
    /* The municipality's own name once more, as in "上海市上海市" or "北京市市辖区". */
    if (str_is(rest, "市辖区") || str_equal(rest, place->name)) rest = STR("");
    if (rest.size > 0 && !rest_is_part(rest)) return false;
    path_put(&path, place);
    if (rest.size > 0) {
        buf_put_char(&path, '/');
        buf_put(&path, rest);
    }
    *out = buf_str(&path);
    return !path.is_over;
}
