#ifndef INGEST_XLSX_XML_H
#define INGEST_XLSX_XML_H

#include <expat.h>

#include "base/buf.h"
#include "ingest/xlsx_zip.h"

/*
 * One part of the archive as XML events. Names come without their namespace
 * prefix ("x:row" is "row"): programs disagree on prefixes. A document type is
 * refused, so there are no entities; depth and token size are bounded.
 */
enum { XLSX_DEPTH_MAX = 64, XLSX_TOKEN_SIZE_MAX = 4 * 1024 * 1024 };

struct xlsx_xml {
    /* Set by the user before xlsx_xml_begin(). */
    void (*start)(struct xlsx_xml *xml, const char *name, const char **attributes);
    void (*end)(struct xlsx_xml *xml, const char *name);
    void (*text)(struct xlsx_xml *xml, struct str text); /* or NULL */
    void *context;
    /* Inner. */
    struct scope *scope; /* of the running call; where handlers report */
    struct xlsx_zip *zip;
    XML_Parser parser;
    int depth;
    int64_t quiet_size; /* bytes fed since the last event */
    bool is_stopped, is_finished;
};

/* A fresh parser for the part the zip stands at. xlsx_xml_end() gives it back. */
MUST_USE bool xlsx_xml_begin(struct scope *scope, struct xlsx_xml *xml, struct xlsx_zip *zip);
/* Runs until xlsx_xml_pause() or the end (is_finished); false on errors, also of handlers. */
MUST_USE bool xlsx_xml_run(struct scope *scope, struct xlsx_xml *xml);
void xlsx_xml_end(struct xlsx_xml *xml);
/* From handlers: come back to the caller of run / give up (an error has been set). */
void xlsx_xml_pause(struct xlsx_xml *xml);
void xlsx_xml_stop(struct xlsx_xml *xml);

/* Begin, run to the end, end. A missing part is an error only when is_needed. */
MUST_USE bool xlsx_xml_read(struct scope *scope, struct xlsx_xml *xml, struct xlsx_zip *zip,
                            const char *part, int64_t size_max, bool is_needed);

/* Value of an attribute by its name without prefix; empty when there is none. */
struct str xlsx_attribute(const char **attributes, const char *name);
bool xlsx_attribute_is_true(const char **attributes, const char *name);
/* Text with the escapes of the format undone ("_x000D_"); in place or from scope. */
struct str xlsx_unescape(struct scope *scope, struct str text);

#endif
