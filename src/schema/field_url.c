/*
 * A web address. Only http and https: what is shown as a link must never be a script. Typed
 * without a scheme it is https; scheme and host are kept in lower case, so that equal addresses
 * are equal.
 */
#include "base/utf8.h"
#include "schema/schema_inner.h"

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* Length of "https" in "https:…"; 0: what stands before the colon, if any, is a host. */
static size_t scheme_size(struct str text)
{
    size_t at = 0;
    while (at < text.size && (is_letter(text.data[at]) || text.data[at] == '+' ||
                              text.data[at] == '-' ||
                              (at > 0 && text.data[at] >= '0' && text.data[at] <= '9'))) {
        at++;
    }
    return at < text.size && text.data[at] == ':' ? at : 0;
}

/* Blanks and quotes would end the address where it is shown. */
static bool has_foreign(struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte <= 0x20 || byte == 0x7f || strchr("\"<>\\^`{|}", byte)) return true;
    }
    return false;
}

/* Of a host as it will be kept: folding turns full-width forms into blanks, slashes and "@". */
static bool is_host(struct str host)
{
    if (host.size == 0 || host.data[0] == '.' || host.data[0] == '-' || host.data[0] == ':') {
        return false;
    }
    for (size_t i = 0; i < host.size; i++) {
        if (strchr("/?#@", host.data[i])) return false;
    }
    return str_find(host, STR("..")) == SIZE_MAX && !has_foreign(host);
}

static bool read_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out)
{
    (void)context;
    if (!value_text_clean(scope, field, in, out)) return false;
    if (out->kind == CELL_NULL) return true;
    struct str text = out->text, scheme = STR("https");
    size_t size = scheme_size(text);
    *out = cell_null();
    if (size > 0) {
        struct str named = str_slice(text, 0, size);
        bool is_plain = str_equal_nocase(named, STR("http"));
        if (!is_plain && !str_equal_nocase(named, STR("https"))) {
            return value_refuse(scope, field, "field.not_url");
        }
        if (is_plain) scheme = STR("http");
        text = str_slice(text, size + 1, text.size);
        if (!str_starts_with(text, STR("//"))) return value_refuse(scope, field, "field.not_url");
        text = str_slice(text, 2, text.size);
    }
    size_t end = 0;
    while (end < text.size && !strchr("/?#", text.data[end])) end++;
    struct str host = utf8_fold_text(scope, str_slice(text, 0, end));
    bool is_named = size > 0 || str_find(host, STR(".")) != SIZE_MAX;
    if (!is_named || !is_host(host) || has_foreign(text)) {
        return value_refuse(scope, field, "field.not_url");
    }
    struct str rest = str_slice(text, end, text.size);
    *out = cell_text(scope_format(scope, "%.*s://%.*s%.*s", STR_ARG(scheme),
                                  STR_ARG(host), STR_ARG(rest)));
    return true;
}

static bool define(struct scope *scope, const struct json *definition, struct field *field)
{
    return define_size(scope, definition, field, URL_SIZE_MAX, URL_SIZE_MAX);
}

const struct field_type field_type_url = {
    .name = "url",
    .kind = VALUE_TEXT,
    .is_creatable = true,
    .read = value_read,
    .read_text = read_text,
    .write = value_text_write,
    .text = value_text_text,
    .define = define,
};
