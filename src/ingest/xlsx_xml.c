/*
 * expat, tamed: no document types, no entities, no deep nesting, no endless
 * tokens; fed piece by piece so that a sheet of any size needs one buffer.
 */
#include "ingest/xlsx_xml.h"

#include "base/utf8.h"

enum { FEED_SIZE = 64 * 1024 };

static const char *local_name(const char *name)
{
    const char *colon = strchr(name, ':');
    return colon ? colon + 1 : name;
}

void xlsx_xml_pause(struct xlsx_xml *xml)
{
    XML_StopParser(xml->parser, XML_TRUE);
}

void xlsx_xml_stop(struct xlsx_xml *xml)
{
    if (!xml->is_stopped) XML_StopParser(xml->parser, XML_FALSE);
    xml->is_stopped = true;
}

static void on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
    struct xlsx_xml *xml = user;
    xml->quiet_size = 0;
    xml->depth += 1;
    if (xml->is_stopped) return;
    if (xml->depth > XLSX_DEPTH_MAX) {
        xlsx_fail(xml->scope, "ingest.xlsx_malformed", xml->zip->part);
        xlsx_xml_stop(xml);
        return;
    }
    xml->start(xml, local_name(name), attributes);
}

static void on_end(void *user, const XML_Char *name)
{
    struct xlsx_xml *xml = user;
    xml->quiet_size = 0;
    xml->depth -= 1;
    if (!xml->is_stopped) xml->end(xml, local_name(name));
}

static void on_text(void *user, const XML_Char *text, int size)
{
    struct xlsx_xml *xml = user;
    xml->quiet_size = 0;
    if (!xml->is_stopped) xml->text(xml, (struct str){ text, (size_t)size });
}

static void on_doctype(void *user, const XML_Char *name, const XML_Char *system_id,
                       const XML_Char *public_id, int has_internal_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_internal_subset;
    struct xlsx_xml *xml = user;
    xlsx_fail(xml->scope, "ingest.xlsx_dtd", xml->zip->part);
    xlsx_xml_stop(xml);
}

bool xlsx_xml_begin(struct scope *scope, struct xlsx_xml *xml, struct xlsx_zip *zip)
{
    xml->zip = zip;
    xml->scope = scope;
    xml->depth = 0;
    xml->quiet_size = 0;
    xml->is_stopped = xml->is_finished = false;
    xml->parser = XML_ParserCreate(NULL);
    if (!xml->parser) return error_storage(scope, STR("expat: out of memory"));
    XML_SetUserData(xml->parser, xml);
    XML_SetElementHandler(xml->parser, on_start, on_end);
    if (xml->text) XML_SetCharacterDataHandler(xml->parser, on_text);
    XML_SetStartDoctypeDeclHandler(xml->parser, on_doctype);
    return true;
}

void xlsx_xml_end(struct xlsx_xml *xml)
{
    if (xml->parser) XML_ParserFree(xml->parser);
    xml->parser = NULL;
}

static enum XML_Status feed(struct scope *scope, struct xlsx_xml *xml)
{
    void *room = XML_GetBuffer(xml->parser, FEED_SIZE);
    int got;
    if (!room || !xlsx_part_read(scope, xml->zip, room, FEED_SIZE, &got)) return XML_STATUS_ERROR;
    xml->quiet_size += got;
    if (xml->quiet_size > XLSX_TOKEN_SIZE_MAX) return XML_STATUS_ERROR;
    return XML_ParseBuffer(xml->parser, got, got == 0);
}

bool xlsx_xml_run(struct scope *scope, struct xlsx_xml *xml)
{
    xml->scope = scope;
    while (!xml->is_finished) {
        XML_ParsingStatus state;
        XML_GetParsingStatus(xml->parser, &state);
        bool is_paused = state.parsing == XML_SUSPENDED;
        enum XML_Status status = is_paused ? XML_ResumeParser(xml->parser) : feed(scope, xml);
        if (error_is_set(scope)) return false;
        if (status == XML_STATUS_ERROR || xml->is_stopped) {
            return xlsx_fail(scope, "ingest.xlsx_malformed", xml->zip->part);
        }
        if (status == XML_STATUS_SUSPENDED) return true;
        XML_GetParsingStatus(xml->parser, &state);
        xml->is_finished = state.parsing == XML_FINISHED;
    }
    return true;
}

bool xlsx_xml_read(struct scope *scope, struct xlsx_xml *xml, struct xlsx_zip *zip,
                   const char *part, int64_t size_max, bool is_needed)
{
    bool is_found;
    if (!xlsx_part_open(scope, zip, part, size_max, &is_found)) return false;
    if (!is_found) return is_needed ? xlsx_fail(scope, "ingest.xlsx_malformed", part) : true;
    if (!xlsx_xml_begin(scope, xml, zip)) return false;
    bool ok = xlsx_xml_run(scope, xml);
    xlsx_xml_end(xml);
    xlsx_part_close(zip);
    return ok;
}

struct str xlsx_attribute(const char **attributes, const char *name)
{
    for (; attributes[0]; attributes += 2) {
        if (strcmp(local_name(attributes[0]), name) == 0) return str_of(attributes[1]);
    }
    return STR("");
}

bool xlsx_attribute_is_true(const char **attributes, const char *name)
{
    struct str value = xlsx_attribute(attributes, name);
    return str_is(value, "1") || str_is(value, "true") || str_is(value, "on");
}

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    return -1;
}

/* "_xHHHH_" at the start of text; -1: something else. */
static int32_t escape_at(const char *data, size_t size)
{
    if (size < 7 || data[0] != '_' || data[1] != 'x' || data[6] != '_') return -1;
    int32_t point = 0;
    for (int i = 2; i < 6; i++) {
        int digit = hex_digit(data[i]);
        if (digit < 0) return -1;
        point = point * 16 + digit;
    }
    /* Half a pair stays as it is written. */
    return point >= 0xd800 && point <= 0xdfff ? -1 : point;
}

struct str xlsx_unescape(struct scope *scope, struct str text)
{
    if (str_find(text, STR("_x")) == SIZE_MAX) return text;
    char *out = scope_alloc(scope, text.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size;) {
        int32_t point = escape_at(text.data + i, text.size - i);
        if (point < 0) {
            out[size++] = text.data[i++];
            continue;
        }
        i += 7;
        /* Never longer than the seven bytes it replaces. NUL has no place in a text. */
        if (point > 0) size += (size_t)utf8_encode((uint32_t)point, out + size);
    }
    return (struct str){ out, size };
}
