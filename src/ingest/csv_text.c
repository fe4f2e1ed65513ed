/*
 * What encoding a CSV is in, and its bytes as UTF-8.
 *
 * A file without BOM is UTF-8 when every byte of it is; otherwise it comes
 * from a Chinese Windows and is GB18030 (a superset of GBK and GB2312). All
 * of the file is looked at: the first Chinese character may come late.
 */
#include "ingest/csv_text.h"

#include <errno.h>

#include "base/utf8.h"

static const char *const iconv_names[] = {
    [INGEST_ENCODING_GB18030] = "GB18030",
    [INGEST_ENCODING_UTF16LE] = "UTF-16LE",
    [INGEST_ENCODING_UTF16BE] = "UTF-16BE",
};

/* Length of the UTF-8 text without a sequence that is cut off at the end. */
static size_t whole_size(const char *data, size_t size)
{
    size_t back = 1;
    while (back <= 3 && back <= size && ((unsigned char)data[size - back] & 0xc0) == 0x80) {
        back += 1;
    }
    if (back > 3 + 1 || back > size) return size;
    unsigned char lead = (unsigned char)data[size - back];
    size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    return need > back ? size - back : size;
}

static bool all_is_utf8(struct csv_text *text, struct scope *scope, bool *is_utf8)
{
    *is_utf8 = true;
    int64_t offset = 0;
    size_t kept = 0;
    for (;;) {
        int64_t got = ingest_source_read(text->source, offset, text->raw + kept,
                                         sizeof(text->raw) - kept);
        if (got < 0) return ingest_fail(scope, ERROR_MALFORMED, "ingest.file_unreadable", 0, -1);
        offset += got;
        size_t size = kept + (size_t)got;
        size_t whole = got == 0 ? size : whole_size(text->raw, size);
        if (!utf8_is_valid((struct str){ text->raw, whole })) {
            *is_utf8 = false;
            return true;
        }
        if (got == 0) return true;
        kept = size - whole;
        memmove(text->raw, text->raw + whole, kept);
    }
}

static void converter_close(void *context)
{
    struct csv_text *text = context;
    iconv_close(text->converter);
}

bool csv_text_open(struct scope *scope, struct csv_text *text,
                   const struct ingest_source *source, enum ingest_encoding wanted)
{
    text->source = source;
    text->converter = (iconv_t)-1;
    unsigned char head[3] = { 0 };
    if (ingest_source_read(source, 0, head, sizeof(head)) < 0) {
        return ingest_fail(scope, ERROR_MALFORMED, "ingest.file_unreadable", 0, -1);
    }
    enum ingest_encoding marked = INGEST_ENCODING_AUTO;
    if (memcmp(head, "\xef\xbb\xbf", 3) == 0) marked = INGEST_ENCODING_UTF8;
    if (memcmp(head, "\xff\xfe", 2) == 0) marked = INGEST_ENCODING_UTF16LE;
    if (memcmp(head, "\xfe\xff", 2) == 0) marked = INGEST_ENCODING_UTF16BE;
    /* A mark is a promise of the file itself; it beats what was asked for. */
    text->start = marked == INGEST_ENCODING_AUTO ? 0 : marked == INGEST_ENCODING_UTF8 ? 3 : 2;
    text->encoding = marked != INGEST_ENCODING_AUTO ? marked : wanted;
    if (text->encoding == INGEST_ENCODING_AUTO || text->encoding == INGEST_ENCODING_UTF8) {
        bool is_utf8;
        if (!all_is_utf8(text, scope, &is_utf8)) return false;
        if (!is_utf8 && text->encoding == INGEST_ENCODING_UTF8) {
            return ingest_fail(scope, ERROR_MALFORMED, "ingest.encoding", 0, -1);
        }
        text->encoding = is_utf8 ? INGEST_ENCODING_UTF8 : INGEST_ENCODING_GB18030;
    }
    if (text->encoding != INGEST_ENCODING_UTF8) {
        text->converter = iconv_open("UTF-8", iconv_names[text->encoding]);
        if (text->converter == (iconv_t)-1) {
            return error_storage(scope, STR("iconv has no GB18030 or UTF-16"));
        }
        scope_defer(scope, converter_close, text);
    }
    csv_text_rewind(text);
    return true;
}

void csv_text_rewind(struct csv_text *text)
{
    text->offset = text->start;
    text->raw_size = 0;
    text->window_size = 0;
    text->at = 0;
    if (text->converter != (iconv_t)-1) iconv(text->converter, NULL, NULL, NULL, NULL);
}

bool csv_text_fill(struct csv_text *text, struct scope *scope, int64_t row)
{
    text->at = 0;
    text->window_size = 0;
    bool is_plain = text->converter == (iconv_t)-1;
    char *target = is_plain ? text->window : text->raw + text->raw_size;
    size_t room = is_plain ? sizeof(text->window) : sizeof(text->raw) - text->raw_size;
    int64_t got = ingest_source_read(text->source, text->offset, target, room);
    if (got < 0) return ingest_fail(scope, ERROR_MALFORMED, "ingest.file_unreadable", row, -1);
    text->offset += got;
    if (is_plain) {
        text->window_size = (size_t)got;
        return true;
    }
    text->raw_size += (size_t)got;
    if (text->raw_size == 0) return true;
    char *in = text->raw, *out = text->window;
    size_t in_size = text->raw_size, out_size = sizeof(text->window);
    size_t result = iconv(text->converter, &in, &in_size, &out, &out_size);
    text->window_size = sizeof(text->window) - out_size;
    bool is_cut_off = result == (size_t)-1 && errno == EINVAL && got == 0;
    bool is_wrong = result == (size_t)-1 && errno == EILSEQ && text->window_size == 0;
    if (is_cut_off || is_wrong) {
        return ingest_fail(scope, ERROR_MALFORMED, "ingest.encoding", row, -1);
    }
    memmove(text->raw, in, in_size);
    text->raw_size = in_size;
    return true;
}
