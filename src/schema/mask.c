/*
 * Personal data as it looks to those who may know that it is there, but not what it is: enough
 * to tell two people apart on the telephone, not enough to call them. A value of another kind
 * than text shows nothing.
 */
#include "base/utf8.h"
#include "schema/schema_inner.h"

static enum personal class_of(const struct field *field)
{
    static const struct {
        const char *type;
        enum personal personal;
    } types[] = {
        { "phone", PERSONAL_PHONE }, { "mail", PERSONAL_MAIL }, { "region", PERSONAL_ADDRESS },
    };
    enum personal given = field->mask != PERSONAL_NO ? field->mask : field->personal;
    if (given > PERSONAL_YES) return given;
    const struct field_type *type = field->result_type ? field->result_type : field->type;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (str_is(str_of(type->name), types[i].type)) return types[i].personal;
    }
    return PERSONAL_YES;
}

static struct str from(struct str text, size_t count)
{
    return str_slice(text, utf8_prefix(text, count).size, text.size);
}

/* The first head and last tail characters; of a text so short that they are most of it, none. */
static struct str ends(struct scope *scope, struct str text, size_t head, size_t tail,
                       const char *stars)
{
    size_t length = utf8_length(text);
    if (length < head + tail + 3) return str_of(stars);
    return scope_format(scope, "%.*s%s%.*s", STR_ARG(utf8_prefix(text, head)), stars,
                        STR_ARG(from(text, length - tail)));
}

static struct str mail(struct scope *scope, struct str text)
{
    size_t at = str_find(text, STR("@"));
    if (at == SIZE_MAX || at == 0) return STR("****");
    return scope_format(scope, "%.*s***%.*s", STR_ARG(utf8_prefix(text, 1)),
                        STR_ARG(str_slice(text, at, text.size)));
}

struct str field_mask(struct scope *scope, const struct field *field, const struct cell *cell)
{
    bool is_plain = cell->kind == CELL_TEXT && field_kind(field) == VALUE_TEXT &&
                    !str_is(str_of(field->type->name), "geo");
    if (!is_plain) return STR("");
    struct str text = cell->text;
    switch (class_of(field)) {
    case PERSONAL_MAIL: return mail(scope, text);
    case PERSONAL_ID_NUMBER: return ends(scope, text, 3, 4, "***********");
    case PERSONAL_NAME:
        if (utf8_length(text) < 2) return STR("*");
        return scope_format(scope, "%.*s*", STR_ARG(utf8_prefix(text, 1)));
    case PERSONAL_ADDRESS: return ends(scope, text, 6, 0, "****");
    case PERSONAL_BANK: return ends(scope, text, 0, 4, "****");
    case PERSONAL_WHOLE: return STR("****");
    default:
        /* Of a text nobody said anything about, no more than of a phone number. */
        if (text.size < 11 || utf8_length(text) != text.size) return STR("****");
        return ends(scope, text, 3, 4, "****");
    }
}
