/*
 * Invariant: every part lies between two delimiter lines that are exactly
 * CRLF "--" boundary CRLF, the last one with "--" behind the boundary; so the
 * parts of a body are the same for everybody who reads it by RFC 7578.
 */
#include "http/multipart.h"

#include "base/utf8.h"
#include "http/http.h"

enum { BOUNDARY_SIZE_MAX = 70, PART_HEAD_SIZE_MAX = 8 * 1024 };

static bool malformed(struct scope *scope)
{
    return error_set(scope, ERROR_MALFORMED, "multipart.malformed", STR(""));
}

static size_t find(struct str text, struct str part)
{
    const char *hit = memmem(text.data, text.size, part.data, part.size);
    return hit ? (size_t)(hit - text.data) : SIZE_MAX;
}

/*
 * Cuts the next parameter off a header value behind its first ';'. Quoted
 * values end at the next quote: clients escape a quote inside as %22.
 */
static bool parameter_next(struct str *rest, struct str *out_name, struct str *out_value)
{
    *rest = str_trim(*rest);
    size_t equals = str_find(*rest, STR("="));
    if (equals == SIZE_MAX) return false;
    *out_name = str_trim(str_slice(*rest, 0, equals));
    struct str value = str_slice(*rest, equals + 1, rest->size);
    if (value.size > 0 && value.data[0] == '"') {
        value = str_slice(value, 1, value.size);
        size_t quote = str_find(value, STR("\""));
        if (quote == SIZE_MAX) return false;
        *out_value = str_slice(value, 0, quote);
        *rest = str_trim(str_slice(value, quote + 1, value.size));
        if (rest->size > 0 && rest->data[0] != ';') return false;
        *rest = str_slice(*rest, 1, rest->size);
        return true;
    }
    *out_value = STR("");
    if (str_split(&value, ';', out_value)) *out_value = str_trim(*out_value);
    *rest = value;
    return out_value->size > 0;
}

static bool is_boundary(struct str text)
{
    if (text.size == 0 || text.size > BOUNDARY_SIZE_MAX) return false;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        bool is_alnum = (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'z');
        if (!is_alnum && (byte == 0 || !strchr("'()+_,-./:=? ", byte))) return false;
    }
    return text.data[text.size - 1] != ' ';
}

static bool boundary_read(struct scope *scope, struct str content_type, struct str *out)
{
    struct str rest = content_type, type;
    if (!str_split(&rest, ';', &type) ||
        !str_equal_nocase(str_trim(type), STR("multipart/form-data"))) {
        error_set(scope, ERROR_MALFORMED, "request.unsupported", STR(""));
        return error_arg(scope, "expected", STR("multipart/form-data"));
    }
    bool has_boundary = false;
    while (str_trim(rest).size > 0) {
        struct str name, value;
        if (!parameter_next(&rest, &name, &value)) return malformed(scope);
        if (!str_equal_nocase(name, STR("boundary"))) continue;
        if (has_boundary || !is_boundary(value)) return malformed(scope);
        has_boundary = true;
        *out = value;
    }
    return has_boundary || malformed(scope);
}

static struct str last_component(struct str path)
{
    size_t start = path.size;
    while (start > 0 && path.data[start - 1] != '/' && path.data[start - 1] != '\\') start--;
    return str_slice(path, start, path.size);
}

static bool is_clean(struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte < 32 || byte == 127) return false;
    }
    return utf8_is_valid(text);
}

/* Browsers write a quote in a name as %22 and leave all else as it is. */
static struct str unescape_quotes(struct scope *scope, struct str text)
{
    if (find(text, STR("%22")) == SIZE_MAX) return text;
    struct buf out;
    buf_begin(&out, scope, text.size);
    while (text.size > 0) {
        bool is_quote = str_starts_with(text, STR("%22"));
        buf_put_char(&out, is_quote ? '"' : text.data[0]);
        text = str_slice(text, is_quote ? 3 : 1, text.size);
    }
    return buf_str(&out);
}

/* filename*=UTF-8''%e5%90%88… (RFC 8187). */
static bool extended_read(struct scope *scope, struct str value, struct str *out)
{
    if (!str_equal_nocase(str_slice(value, 0, 5), STR("utf-8"))) return false;
    struct str rest = str_slice(value, 5, value.size);
    if (rest.size == 0 || rest.data[0] != '\'') return false;
    rest = str_slice(rest, 1, rest.size);
    size_t quote = str_find(rest, STR("'"));
    return quote != SIZE_MAX &&
           http_decode(scope, str_slice(rest, quote + 1, rest.size), false, out);
}

static bool disposition_read(struct scope *scope, struct str value, struct multipart_part *part)
{
    struct str type, name, text;
    bool is_extended = false;
    if (!str_split(&value, ';', &type) ||
        !str_equal_nocase(str_trim(type), STR("form-data"))) {
        return malformed(scope);
    }
    while (str_trim(value).size > 0) {
        if (!parameter_next(&value, &name, &text)) return malformed(scope);
        if (str_equal_nocase(name, STR("name"))) {
            if (part->name.data) return malformed(scope);
            part->name = unescape_quotes(scope, text);
        } else if (str_equal_nocase(name, STR("filename")) && !is_extended) {
            part->has_filename = true;
            part->filename = last_component(unescape_quotes(scope, text));
        } else if (str_equal_nocase(name, STR("filename*"))) {
            is_extended = part->has_filename = true;
            if (!extended_read(scope, text, &part->filename)) return malformed(scope);
            part->filename = last_component(part->filename);
        }
    }
    if (part->name.size == 0 || !is_clean(part->name) || !is_clean(part->filename)) {
        return malformed(scope);
    }
    return true;
}

/* head is the lines between a delimiter and the empty line, each with its CRLF. */
static bool part_head_read(struct scope *scope, struct str head, struct multipart_part *part)
{
    while (head.size > 0) {
        size_t end = find(head, STR("\r\n"));
        if (end == SIZE_MAX || end == 0) return malformed(scope);
        struct str line = str_slice(head, 0, end);
        head = str_slice(head, end + 2, head.size);
        if (memchr(line.data, '\n', line.size) || memchr(line.data, '\r', line.size)) {
            return malformed(scope);
        }
        size_t colon = str_find(line, STR(":"));
        if (colon == SIZE_MAX || colon == 0) return malformed(scope);
        struct str name = str_slice(line, 0, colon);
        struct str value = str_trim(str_slice(line, colon + 1, line.size));
        if (str_equal_nocase(name, STR("content-disposition"))) {
            if (part->name.data || !disposition_read(scope, value, part)) return malformed(scope);
        } else if (str_equal_nocase(name, STR("content-type"))) {
            if (!is_clean(value)) return malformed(scope);
            part->content_type = value;
        } else if (str_equal_nocase(name, STR("content-transfer-encoding"))) {
            if (!str_is(value, "binary") && !str_is(value, "8bit") && !str_is(value, "7bit")) {
                return malformed(scope);
            }
        }
    }
    return part->name.data != NULL || malformed(scope);
}

/* *rest starts behind a delimiter's boundary. Reads one part and moves behind the next one. */
static bool part_read(struct scope *scope, struct str *rest, struct str delimiter,
                      struct multipart_part *part)
{
    if (!str_starts_with(*rest, STR("\r\n"))) return malformed(scope);
    *rest = str_slice(*rest, 2, rest->size);
    size_t head_end = find(str_slice(*rest, 0, PART_HEAD_SIZE_MAX), STR("\r\n\r\n"));
    if (head_end == SIZE_MAX) return malformed(scope);
    if (!part_head_read(scope, str_slice(*rest, 0, head_end + 2), part)) return false;
    *rest = str_slice(*rest, head_end + 4, rest->size);

    size_t body_end = find(*rest, delimiter);
    if (body_end == SIZE_MAX) return malformed(scope);
    part->body = str_slice(*rest, 0, body_end);
    *rest = str_slice(*rest, body_end + delimiter.size, rest->size);
    return true;
}

bool multipart_read(struct scope *scope, struct str content_type, struct str body,
                    struct multipart *out)
{
    struct str boundary = { 0 };
    *out = (struct multipart){ 0 };
    if (!boundary_read(scope, content_type, &boundary)) return false;
    struct str delimiter = scope_format(scope, "\r\n--%.*s", STR_ARG(boundary));
    struct str first = str_slice(delimiter, 2, delimiter.size);
    if (!str_starts_with(body, first)) return malformed(scope);
    struct str rest = str_slice(body, first.size, body.size);
    while (!str_starts_with(rest, STR("--"))) {
        if (out->part_count == MULTIPART_PART_COUNT_MAX) {
            error_set(scope, ERROR_TOO_LARGE, "multipart.too_many_parts", STR(""));
            return error_arg(scope, "max", scope_format(scope, "%d", MULTIPART_PART_COUNT_MAX));
        }
        if (!part_read(scope, &rest, delimiter, &out->parts[out->part_count])) return false;
        out->part_count += 1;
    }
    rest = str_slice(rest, 2, rest.size);
    return rest.size == 0 || str_is(rest, "\r\n") || malformed(scope);
}

const struct multipart_part *multipart_get(const struct multipart *multipart, const char *name)
{
    for (int i = 0; i < multipart->part_count; i++) {
        if (str_is(multipart->parts[i].name, name)) return &multipart->parts[i];
    }
    return NULL;
}
