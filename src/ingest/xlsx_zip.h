#ifndef INGEST_XLSX_ZIP_H
#define INGEST_XLSX_ZIP_H

#include <minizip/unzip.h>

#include "ingest/table_inner.h"

/*
 * The ZIP around an XLSX, read part by part, one open at a time. Every bound a
 * hostile archive could break is checked here, while inflating, never by what
 * the archive says about itself. Names of parts are looked up in the archive
 * only; nothing is ever unpacked to disk.
 */
enum {
    XLSX_ENTRY_COUNT_MAX = 10 * 1000,
    XLSX_RATIO_MAX = 250, /* bytes out per byte in, once more than XLSX_RATIO_FREE are out */
    XLSX_RATIO_FREE = 16 * 1024 * 1024,
    XLSX_META_SIZE_MAX = 32 * 1024 * 1024, /* workbook, relations, styles */
    XLSX_PART_NAME_MAX = 512,
};
#define XLSX_SHEET_SIZE_MAX ((int64_t)2 * 1024 * 1024 * 1024)
#define XLSX_STRINGS_SIZE_MAX ((int64_t)1024 * 1024 * 1024)

struct xlsx_zip {
    const struct ingest_source *source;
    unzFile file;
    bool is_part_open;
    char part[XLSX_PART_NAME_MAX];
    int64_t inflated, inflated_max, packed_size;
};

/* The archive is closed when the scope ends. */
MUST_USE bool xlsx_zip_open(struct scope *scope, struct xlsx_zip *zip,
                            const struct ingest_source *source);
/* Opens a part, closing the one before; *is_found false when there is none. */
MUST_USE bool xlsx_part_open(struct scope *scope, struct xlsx_zip *zip, const char *name,
                             int64_t inflated_max, bool *is_found);
/* The entry the archive stands at, whatever its name; name is for errors. */
MUST_USE bool xlsx_current_open(struct scope *scope, struct xlsx_zip *zip, const char *name,
                                int64_t inflated_max);
/* Up to size bytes; *got 0 at the end, where the checksum has been compared. */
MUST_USE bool xlsx_part_read(struct scope *scope, struct xlsx_zip *zip, void *out, int size,
                             int *got);
void xlsx_part_close(struct xlsx_zip *zip);
/* ERROR_MALFORMED key with {part}. Returns false. */
bool xlsx_fail(struct scope *scope, const char *key, const char *part);

#endif
