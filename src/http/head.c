/*
 * Invariant: a head that passes has CRLF line ends only, no control bytes, no
 * folded lines, no blank before a colon, one Host, and at most one statement
 * about the length of its body. So nobody else can read a different message.
 */
#include "http/head.h"

static bool is_token_byte(unsigned char byte)
{
    if (byte >= '0' && byte <= '9') return true;
    if ((byte | 32) >= 'a' && (byte | 32) <= 'z') return true;
    return byte > 32 && byte < 127 && strchr("!#$%&'*+-.^_`|~", byte) != NULL;
}

bool head_is_token(struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!is_token_byte((unsigned char)text.data[i])) return false;
    }
    return text.size > 0;
}

/* Bytes that never occur in a line: controls but tab, and DEL. */
static bool is_forbidden_byte(unsigned char byte)
{
    return (byte < 32 && byte != '\t') || byte == 127;
}

/* A line has ended; line_size still counts its CR. */
static void line_end(struct head_scan *scan, const struct head_limits *limits)
{
    if (scan->line_size == 1) {
        scan->is_done = scan->line_count > 0;
        if (!scan->is_done) scan->status = 400;
        return;
    }
    scan->line_count += 1;
    scan->line_size = 0;
    if (scan->line_count > limits->header_count_max + 1) scan->status = 431;
}

size_t head_scan(struct head_scan *scan, const struct head_limits *limits, const char *data,
                 size_t size)
{
    size_t i = 0;
    while (i < size && !scan->is_done && scan->status == 0) {
        unsigned char byte = (unsigned char)data[i++];
        if (byte == '\n') {
            if (!scan->has_cr) scan->status = 400;
            scan->has_cr = false;
            if (scan->status == 0) line_end(scan, limits);
        } else if (scan->has_cr) {
            scan->status = 400;
        } else {
            scan->line_size += 1;
            if (byte == '\r') {
                scan->has_cr = true;
            } else if (is_forbidden_byte(byte)) {
                scan->status = 400;
            } else if (scan->line_size == 1 && (byte == ' ' || byte == '\t')) {
                scan->status = 400; /* a folded line, or a blank before the method */
            }
        }
        if (scan->size + (int64_t)i > limits->size_max && scan->status == 0) scan->status = 431;
    }
    scan->size += (int64_t)i;
    return i;
}

static struct str trim_blanks(struct str text)
{
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.size--;
    }
    while (text.size > 0) {
        char last = text.data[text.size - 1];
        if (last != ' ' && last != '\t') break;
        text.size--;
    }
    return text;
}

/* Cuts the next line off; the CRLF is known to be there. */
static struct str next_line(struct str *rest)
{
    const char *end = memchr(rest->data, '\r', rest->size);
    struct str line = { rest->data, (size_t)(end - rest->data) };
    rest->data = end + 2;
    rest->size -= line.size + 2;
    return line;
}

static int parse_method(struct str text, enum http_method *out)
{
    for (int i = 0; i < HTTP_METHOD_COUNT; i++) {
        if (str_is(text, http_method_name((enum http_method)i))) {
            *out = (enum http_method)i;
            return 0;
        }
    }
    return head_is_token(text) ? 501 : 400;
}

/* Origin form, absolute form (its authority is dropped) or "*" for OPTIONS. */
static int parse_target(struct str target, struct head *out)
{
    for (size_t i = 0; i < target.size; i++) {
        unsigned char byte = (unsigned char)target.data[i];
        if (byte <= 32 || byte >= 127 || strchr("\"#<>\\^`{|}", byte)) return 400;
    }
    if (out->method == HTTP_OPTIONS && str_is(target, "*")) {
        out->path = target;
        return 0;
    }
    struct str scheme = str_slice(target, 0, 7);
    if (str_equal_nocase(scheme, STR("http://")) ||
        str_equal_nocase(str_slice(target, 0, 8), STR("https://"))) {
        size_t start = str_equal_nocase(scheme, STR("http://")) ? 7 : 8;
        struct str rest = str_slice(target, start, target.size);
        size_t slash = str_find(rest, STR("/"));
        if (slash == SIZE_MAX || slash == 0) return 400;
        target = str_slice(rest, slash, rest.size);
    }
    if (target.size == 0 || target.data[0] != '/') return 400;
    const char *mark = memchr(target.data, '?', target.size);
    size_t path_size = mark ? (size_t)(mark - target.data) : target.size;
    out->path = (struct str){ target.data, path_size };
    if (mark) out->query = (struct str){ mark + 1, target.size - path_size - 1 };
    return 0;
}

static int parse_request_line(struct str line, struct head *out)
{
    const char *first = memchr(line.data, ' ', line.size);
    if (!first) return 400;
    struct str method = { line.data, (size_t)(first - line.data) };
    struct str rest = { first + 1, line.size - method.size - 1 };
    const char *second = memchr(rest.data, ' ', rest.size);
    if (!second) return 400;
    struct str target = { rest.data, (size_t)(second - rest.data) };
    struct str version = { second + 1, rest.size - target.size - 1 };

    if (version.size != 8 || memcmp(version.data, "HTTP/", 5) != 0 || version.data[6] != '.') {
        return 400;
    }
    char major = version.data[5], minor = version.data[7];
    if (major < '0' || major > '9' || minor < '0' || minor > '9') return 400;
    int status = parse_method(method, &out->method);
    if (status != 0) return status;
    if (major != '1' || minor > '1') return 505;
    out->is_http_1_0 = minor == '0';
    return parse_target(target, out);
}

static int parse_header(struct str line, struct http_header *out)
{
    const char *colon = memchr(line.data, ':', line.size);
    if (!colon) return 400;
    out->name = (struct str){ line.data, (size_t)(colon - line.data) };
    if (!head_is_token(out->name)) return 400;
    out->value = trim_blanks((struct str){ colon + 1, line.size - out->name.size - 1 });
    return 0;
}

static int parse_length(struct str value, int64_t *out)
{
    if (value.size == 0 || value.size > 18) return 400;
    int64_t length = 0;
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] < '0' || value.data[i] > '9') return 400;
        length = length * 10 + (value.data[i] - '0');
    }
    *out = length;
    return 0;
}

static bool is_host(struct str value)
{
    for (size_t i = 0; i < value.size; i++) {
        unsigned char byte = (unsigned char)value.data[i];
        bool is_alnum = (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'z');
        if (!is_alnum && (byte == 0 || !strchr(".-_~:[]%!$&'()*+,;=", byte))) return false;
    }
    return value.size > 0;
}

static bool has_member(struct str list, struct str token)
{
    struct str member;
    while (str_split(&list, ',', &member)) {
        if (str_equal_nocase(trim_blanks(member), token)) return true;
    }
    return false;
}

struct counts {
    int host, length, coding;
};

/* The headers that decide where the message ends and whom it is for. */
static int note_header(const struct http_header *header, struct counts *counts, struct head *out)
{
    struct str name = header->name, value = header->value;
    switch (name.size) {
    case 4:
        if (!str_equal_nocase(name, STR("host"))) return 0;
        counts->host += 1;
        return counts->host > 1 || !is_host(value) ? 400 : 0;
    case 6:
        if (!str_equal_nocase(name, STR("expect"))) return 0;
        out->expects_continue = str_equal_nocase(value, STR("100-continue"));
        return out->expects_continue ? 0 : 417;
    case 10:
        if (!str_equal_nocase(name, STR("connection"))) return 0;
        if (has_member(value, STR("close"))) out->is_keep_alive = false;
        if (out->is_http_1_0 && has_member(value, STR("keep-alive"))) out->is_keep_alive = true;
        return 0;
    case 14:
        if (!str_equal_nocase(name, STR("content-length"))) return 0;
        counts->length += 1;
        return counts->length > 1 ? 400 : parse_length(value, &out->content_length);
    case 17:
        if (!str_equal_nocase(name, STR("transfer-encoding"))) return 0;
        counts->coding += 1;
        if (counts->coding > 1 || out->is_http_1_0) return 400;
        out->is_chunked = str_equal_nocase(value, STR("chunked"));
        return out->is_chunked ? 0 : 501;
    default:
        return 0;
    }
}

int head_parse(struct scope *scope, struct str bytes, int line_count, struct head *out)
{
    *out = (struct head){ .is_keep_alive = true };
    struct str rest = bytes;
    int status = parse_request_line(next_line(&rest), out);
    if (status != 0) return status;
    out->is_keep_alive = !out->is_http_1_0;

    struct counts counts = { 0, 0, 0 };
    out->headers = scope_new(scope, struct http_header, line_count);
    int coding_status = 0;
    for (int i = 1; i < line_count; i++) {
        struct http_header *header = &out->headers[out->header_count++];
        status = parse_header(next_line(&rest), header);
        if (status == 0) status = note_header(header, &counts, out);
        /* An unknown coding is only that when nothing else is wrong. */
        if (status == 501) coding_status = 501;
        if (status != 0 && status != 501) return status;
    }
    if (counts.length > 0 && counts.coding > 0) return 400;
    if (counts.host == 0 && !out->is_http_1_0) return 400;
    return coding_status;
}

enum { CHUNK_SIZE = 0, CHUNK_SIZE_LF, CHUNK_DATA, CHUNK_DATA_CR, CHUNK_DATA_LF, CHUNK_END_CR,
       CHUNK_END_LF, CHUNK_DIGIT_COUNT_MAX = 12 };

static void chunk_size_byte(struct chunk_reader *reader, int64_t size_max, char byte)
{
    int digit = -1;
    if (byte >= '0' && byte <= '9') digit = byte - '0';
    if ((byte | 32) >= 'a' && (byte | 32) <= 'f') digit = (byte | 32) - 'a' + 10;
    if (byte == '\r' && reader->digit_count > 0) {
        reader->state = CHUNK_SIZE_LF;
    } else if (digit < 0 || reader->digit_count == CHUNK_DIGIT_COUNT_MAX) {
        reader->status = 400;
    } else {
        reader->digit_count += 1;
        reader->left = reader->left * 16 + digit;
        if (reader->total + reader->left > size_max) reader->status = 413;
    }
}

static void chunk_mark(struct chunk_reader *reader, char byte, char expected, int next_state)
{
    if (byte != expected) reader->status = 400;
    reader->state = next_state;
}

size_t chunk_read(struct chunk_reader *reader, int64_t size_max, struct str data, struct str *out)
{
    *out = (struct str){ data.data, 0 };
    size_t i = 0;
    while (i < data.size && !reader->is_done && reader->status == 0) {
        if (reader->state == CHUNK_DATA) {
            size_t run = data.size - i;
            if ((int64_t)run > reader->left) run = (size_t)reader->left;
            *out = (struct str){ data.data + i, run };
            reader->left -= (int64_t)run;
            reader->total += (int64_t)run;
            if (reader->left == 0) reader->state = CHUNK_DATA_CR;
            return i + run;
        }
        char byte = data.data[i++];
        switch (reader->state) {
        case CHUNK_SIZE:
            chunk_size_byte(reader, size_max, byte);
            break;
        case CHUNK_SIZE_LF:
            chunk_mark(reader, byte, '\n', reader->left > 0 ? CHUNK_DATA : CHUNK_END_CR);
            reader->digit_count = 0;
            break;
        case CHUNK_DATA_CR:
            chunk_mark(reader, byte, '\r', CHUNK_DATA_LF);
            break;
        case CHUNK_DATA_LF:
            chunk_mark(reader, byte, '\n', CHUNK_SIZE);
            break;
        case CHUNK_END_CR:
            chunk_mark(reader, byte, '\r', CHUNK_END_LF);
            break;
        default:
            chunk_mark(reader, byte, '\n', CHUNK_SIZE);
            reader->is_done = reader->status == 0;
            break;
        }
    }
    return i;
}
