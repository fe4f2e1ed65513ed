#ifndef INGEST_PACK_ZIP_H
#define INGEST_PACK_ZIP_H

#include "engine/pack.h"

/*
 * A pack as one ZIP archive. Reading trusts nothing the archive says of itself: entries,
 * bytes out in all and bytes out per byte in are bounded, names are only looked at, and
 * nothing is ever unpacked to disk. The pack may lie in one folder of the archive.
 */
enum { PACK_ENTRY_COUNT_MAX = 4000 };

/* ERROR_MALFORMED "pack.zip", ERROR_TOO_LARGE "pack.too_large", and those of pack_end(). */
MUST_USE bool pack_zip_read(struct scope *scope, struct str bytes, struct pack *out);
/* The same pack always gives the same bytes. */
MUST_USE bool pack_zip_write(struct scope *scope, const struct pack *pack, struct str *out);

#endif
