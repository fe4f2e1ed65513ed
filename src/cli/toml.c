/* Line by line; every line is blank, a comment, a [section] or key = value. */
#include "cli/toml.h"

#include "base/buf.h"
#include "base/utf8.h"

static bool refuse(struct scope *scope, const char *key, int line)
{
    error_set(scope, ERROR_MALFORMED, key, STR(""));
    return error_arg(scope, "line", scope_format(scope, "%d", line));
}

static bool is_bare(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || byte == '-';
}

/* Nothing but a comment may follow a value. */
static bool is_end(struct str rest)
{
    rest = str_trim(rest);
    return rest.size == 0 || rest.data[0] == '#';
}

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

/* \uXXXX or \UXXXXXXXX at *at (on the letter); false when it is no character. */
static bool escape_unicode(struct str text, size_t *at, struct buf *out)
{
    int digit_count = text.data[*at] == 'u' ? 4 : 8;
    uint32_t code_point = 0;
    for (int i = 0; i < digit_count; i++) {
        int digit = ++*at < text.size ? hex_digit(text.data[*at]) : -1;
        if (digit < 0) return false;
        code_point = code_point * 16 + (uint32_t)digit;
    }
    if (code_point == 0 || code_point > 0x10ffff ||
        (code_point >= 0xd800 && code_point <= 0xdfff)) {
        return false;
    }
    char bytes[4];
    buf_put(out, (struct str){ bytes, (size_t)utf8_encode(code_point, bytes) });
    return true;
}

static bool escape_take(struct str text, size_t *at, struct buf *out)
{
    static const char from[] = "\"\\ntrbf", to[] = "\"\\\n\t\r\b\f";
    if (*at >= text.size) return false;
    char byte = text.data[*at];
    if (byte == 'u' || byte == 'U') return escape_unicode(text, at, out);
    const char *found = byte ? strchr(from, byte) : NULL;
    if (found) buf_put_char(out, to[found - from]);
    return found != NULL;
}

/* text begins with its quote character; *rest is what follows the closing one. */
static bool string_take(struct scope *scope, struct str text, struct str *out, struct str *rest)
{
    struct buf value;
    char quote = text.data[0];
    buf_begin(&value, scope, text.size + 1);
    for (size_t at = 1; at < text.size; at++) {
        char byte = text.data[at];
        if (byte == quote) {
            *out = buf_str(&value);
            *rest = str_slice(text, at + 1, text.size);
            return true;
        }
        if (byte == '\\' && quote == '"') {
            at += 1;
            if (!escape_take(text, &at, &value)) return false;
        } else {
            buf_put_char(&value, byte);
        }
    }
    return false;
}

static bool word_take(struct scope *scope, struct str text, struct str *out, struct str *rest)
{
    size_t size = 0;
    int64_t number;
    while (size < text.size && (is_bare(text.data[size]) || text.data[size] == '+')) size += 1;
    struct str word = str_slice(text, 0, size);
    *rest = str_slice(text, size, text.size);
    if (str_is(word, "true")) {
        *out = STR("1");
    } else if (str_is(word, "false")) {
        *out = STR("");
    } else if (str_to_int64(word, &number)) {
        *out = scope_format(scope, "%lld", (long long)number);
    } else {
        return false;
    }
    return true;
}

static bool entry_read(struct scope *scope, struct str text, struct toml_entry *out)
{
    size_t size = 0;
    while (size < text.size && is_bare(text.data[size])) size += 1;
    struct str rest = str_trim(str_slice(text, size, text.size));
    if (size == 0 || rest.size == 0 || rest.data[0] != '=') {
        return refuse(scope, "toml.not_assignment", out->line);
    }
    out->name = scope_copy(scope, str_slice(text, 0, size));
    rest = str_trim(str_slice(rest, 1, rest.size));
    bool is_string = rest.size > 0 && (rest.data[0] == '"' || rest.data[0] == '\'');
    bool is_good = is_string ? string_take(scope, rest, &out->value, &rest)
                             : word_take(scope, rest, &out->value, &rest);
    return (is_good && is_end(rest)) || refuse(scope, "toml.bad_value", out->line);
}

static bool section_check(struct scope *scope, struct str text, int line)
{
    size_t close = str_find(text, STR("]"));
    if (close == SIZE_MAX || close < 2 || !is_end(str_slice(text, close + 1, text.size))) {
        return refuse(scope, "toml.bad_section", line);
    }
    for (size_t i = 1; i < close; i++) {
        if (!is_bare(text.data[i]) && text.data[i] != '.') {
            return refuse(scope, "toml.bad_section", line);
        }
    }
    return true;
}

static bool entry_add(struct scope *scope, struct str text, int line, struct toml_entry *entries,
                      int *count)
{
    struct toml_entry *entry = &entries[*count];
    if (*count == TOML_ENTRY_COUNT_MAX) return refuse(scope, "toml.too_many", line);
    entry->line = line;
    if (!entry_read(scope, text, entry)) return false;
    for (int i = 0; i < *count; i++) {
        if (str_equal(entries[i].name, entry->name)) return refuse(scope, "toml.twice", line);
    }
    *count += 1;
    return true;
}

bool toml_read(struct scope *scope, struct str text, struct toml_entry **out, int *out_count)
{
    struct str rest = text, part;
    *out = scope_new(scope, struct toml_entry, TOML_ENTRY_COUNT_MAX);
    *out_count = 0;
    for (int line = 1; str_split(&rest, '\n', &part); line++) {
        part = str_trim(part);
        if (!utf8_is_valid(part)) return refuse(scope, "toml.not_utf8", line);
        if (is_end(part)) continue;
        bool is_good = part.data[0] == '[' ? section_check(scope, part, line)
                                           : entry_add(scope, part, line, *out, out_count);
        if (!is_good) return false;
    }
    return true;
}
