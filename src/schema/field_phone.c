/*
 * Phone numbers, kept in one spelling so that equal numbers are equal:
 *   13812345678            a mainland mobile
 *   01012345678            a landline with its area code; -801 behind it: extension
 *   4008208820, 95588      service numbers
 *   +14155552671           any other country, E.164; x801 behind it: extension
 * +86, blanks, hyphens, dots and brackets are read over. A number in its one spelling is read
 * as itself: behind a complete number of the mainland a hyphen begins the extension.
 */
#include "base/utf8.h"
#include "schema/schema_inner.h"

enum { PHONE_SIZE_MAX = 40, EXTENSION_SIZE_MAX = 6 };

struct phone {
    char digits[PHONE_SIZE_MAX];
    size_t size;
    bool is_foreign; /* began with + or 00 and another country's code */
    struct str extension;
};

static bool is_digits(struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') return false;
    }
    return text.size > 0;
}

static bool is_extension(struct str text)
{
    return is_digits(text) && text.size <= EXTENSION_SIZE_MAX;
}

/* Cuts "转801", "ext. 801", "x801", "#801" off the end. */
static bool extension_cut(struct str *text, struct str *extension)
{
    static const char *const marks[] = { "转", "轉", "分机", "ext.", "ext", "x", "#" };
    *extension = STR("");
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        size_t at = str_find(*text, str_of(marks[i]));
        if (at == SIZE_MAX) continue;
        *extension = str_trim(str_slice(*text, at + strlen(marks[i]), text->size));
        *text = str_trim(str_slice(*text, 0, at));
        return is_extension(*extension);
    }
    return true;
}

/* Digits only; false when something else than the usual separators is between them. */
static bool digits_take(struct str text, struct phone *out)
{
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        if (byte == ' ' || byte == '-' || byte == '.' || byte == '(' || byte == ')') continue;
        if (byte == '\xE2' || byte == '\xC2') { /* en dash, minus, narrow blanks */
            size_t at = i;
            uint32_t code_point = utf8_next(text, &at);
            bool is_gap = (code_point >= 0x2000 && code_point <= 0x2015) ||
                          code_point == 0x2212 || code_point == 0xA0;
            if (!is_gap) return false;
            i = at - 1;
            continue;
        }
        if (byte < '0' || byte > '9' || out->size + 1 >= sizeof(out->digits)) return false;
        out->digits[out->size++] = byte;
    }
    return out->size > 0;
}

static void digits_drop(struct phone *phone, size_t count)
{
    phone->size -= count;
    memmove(phone->digits, phone->digits + count, phone->size);
}

static bool starts(const struct phone *phone, const char *prefix)
{
    return str_starts_with((struct str){ phone->digits, phone->size }, str_of(prefix));
}

/* 010 and 02x have two digits behind the nought, all others three. */
static bool is_landline(const struct phone *phone)
{
    if (phone->digits[0] != '0' || phone->size < 10 || phone->size > 12) return false;
    char first = phone->digits[1];
    size_t area_size = first == '1' || first == '2' ? 3 : 4;
    if (first == '0' || (first == '1' && phone->digits[2] != '0')) return false;
    size_t local_size = phone->size - area_size;
    char local = phone->digits[area_size];
    return (local_size == 7 || local_size == 8) && local >= '2' && local <= '8';
}

static bool is_service(const struct phone *phone)
{
    if (phone->size == 10) return starts(phone, "400") || starts(phone, "800");
    if (phone->size == 5 || phone->size == 6 || phone->size == 8) {
        return starts(phone, "95") || starts(phone, "96") ||
               (phone->size == 5 && (starts(phone, "100") || starts(phone, "12")));
    }
    return false;
}

static bool is_mainland(struct phone *phone, bool has_country)
{
    bool is_mobile = phone->size == 11 && phone->digits[0] == '1' && phone->digits[1] >= '3';
    if (is_mobile) return phone->extension.size == 0;
    /* +86 10 … leaves out the nought of the area code. */
    if (has_country && phone->digits[0] != '0' && !is_service(phone)) {
        if (phone->size + 1 >= sizeof(phone->digits)) return false;
        memmove(phone->digits + 1, phone->digits, phone->size);
        phone->digits[0] = '0';
        phone->size += 1;
    }
    return is_landline(phone) || is_service(phone);
}

/* A number without the extension, which is known. */
static bool number_parse(struct str text, struct str extension, struct phone *out)
{
    *out = (struct phone){ .extension = extension };
    bool has_plus = str_starts_with(text, STR("+"));
    if (has_plus) text = str_slice(text, 1, text.size);
    if (!digits_take(text, out)) return false;
    if (!has_plus && starts(out, "00")) {
        digits_drop(out, 2);
        has_plus = true;
    }
    /* "86 138…" without the plus is common in exported lists. */
    bool is_bare_86 = !has_plus && out->size == 13 && starts(out, "861");
    if (is_bare_86 || (has_plus && starts(out, "86"))) {
        digits_drop(out, 2);
        return out->size > 0 && is_mainland(out, true);
    }
    if (!has_plus) return is_mainland(out, false);
    out->is_foreign = true;
    return out->digits[0] != '0' && out->size >= 7 && out->size <= 15;
}

static bool phone_parse(struct str text, struct phone *out)
{
    struct str extension;
    if (!extension_cut(&text, &extension)) return false;
    size_t hyphen = text.size;
    while (hyphen > 0 && text.data[hyphen - 1] != '-') hyphen--;
    struct str tail = str_slice(text, hyphen, text.size);
    if (hyphen > 1 && extension.size == 0 && is_extension(tail) &&
        number_parse(str_slice(text, 0, hyphen - 1), tail, out) && !out->is_foreign) {
        return true;
    }
    return number_parse(text, extension, out);
}

bool phone_normal(struct scope *scope, struct str text, struct str *out)
{
    struct phone phone;
    if (!phone_parse(value_fold(scope, text), &phone)) return false;
    bool has_extension = phone.extension.size > 0;
    const char *mark = phone.is_foreign ? "x" : "-";
    *out = scope_format(scope, "%s%.*s%s%.*s", phone.is_foreign ? "+" : "", (int)phone.size,
                        phone.digits, has_extension ? mark : "", STR_ARG(phone.extension));
    return true;
}

static bool read_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out)
{
    (void)context;
    *out = cell_null();
    struct str normal;
    if (value_fold(scope, in).size == 0) return true;
    if (!phone_normal(scope, in, &normal)) return value_refuse(scope, field, "field.not_phone");
    *out = cell_text(normal);
    return true;
}

const struct field_type field_type_phone = {
    .name = "phone",
    .kind = VALUE_TEXT,
    .is_creatable = true,
    .read = value_read,
    .read_text = read_text,
    .write = value_text_write,
    .text = value_text_text,
};
