/*
 * minizip over our own source, with the bounds that make a ZIP from a stranger
 * safe to read: entries, bytes out in all, bytes out per byte in.
 */
#include "ingest/xlsx_zip.h"

#include <stdio.h>

/* The stream minizip sees: a position in the source. */
struct zip_stream {
    const struct ingest_source *source;
    int64_t at;
};

static voidpf stream_open(voidpf opaque, const void *name, int mode)
{
    (void)name;
    (void)mode;
    return opaque;
}

static uLong stream_read(voidpf opaque, voidpf stream, void *out, uLong size)
{
    (void)opaque;
    struct zip_stream *zip = stream;
    int64_t got = ingest_source_read(zip->source, zip->at, out, size);
    if (got < 0) return 0;
    zip->at += got;
    return (uLong)got;
}

static ZPOS64_T stream_tell(voidpf opaque, voidpf stream)
{
    (void)opaque;
    return (ZPOS64_T)((struct zip_stream *)stream)->at;
}

static long stream_seek(voidpf opaque, voidpf stream, ZPOS64_T offset, int origin)
{
    (void)opaque;
    struct zip_stream *zip = stream;
    int64_t base = origin == ZLIB_FILEFUNC_SEEK_END   ? zip->source->size
                   : origin == ZLIB_FILEFUNC_SEEK_CUR ? zip->at
                                                      : 0;
    if (offset > (ZPOS64_T)INGEST_FILE_SIZE_MAX) return -1;
    int64_t to = base + (int64_t)offset;
    if (to < 0 || to > zip->source->size) return -1;
    zip->at = to;
    return 0;
}

static int stream_nothing(voidpf opaque, voidpf stream)
{
    (void)opaque;
    (void)stream;
    return 0;
}

bool xlsx_fail(struct scope *scope, const char *key, const char *part)
{
    error_set(scope, ERROR_MALFORMED, key, STR(""));
    return error_arg(scope, "part", str_of(part));
}

static void zip_close(void *context)
{
    struct xlsx_zip *zip = context;
    xlsx_part_close(zip);
    unzClose(zip->file);
}

bool xlsx_zip_open(struct scope *scope, struct xlsx_zip *zip, const struct ingest_source *source)
{
    struct zip_stream *stream = scope_new(scope, struct zip_stream, 1);
    stream->source = source;
    zip->source = source;
    zlib_filefunc64_def functions = { .zopen64_file = stream_open,
                                      .zread_file = stream_read,
                                      .ztell64_file = stream_tell,
                                      .zseek64_file = stream_seek,
                                      .zclose_file = stream_nothing,
                                      .zerror_file = stream_nothing,
                                      .opaque = stream };
    zip->file = unzOpen2_64("", &functions);
    if (!zip->file) return xlsx_fail(scope, "ingest.xlsx_malformed", "zip");
    scope_defer(scope, zip_close, zip);
    unz_global_info64 info;
    if (unzGetGlobalInfo64(zip->file, &info) != UNZ_OK) {
        return xlsx_fail(scope, "ingest.xlsx_malformed", "zip");
    }
    if (info.number_entry > XLSX_ENTRY_COUNT_MAX) {
        return ingest_fail_limit(scope, "ingest.xlsx_entries", 0, -1, XLSX_ENTRY_COUNT_MAX);
    }
    return true;
}

void xlsx_part_close(struct xlsx_zip *zip)
{
    if (zip->is_part_open) unzCloseCurrentFile(zip->file);
    zip->is_part_open = false;
}

bool xlsx_part_open(struct scope *scope, struct xlsx_zip *zip, const char *name,
                    int64_t inflated_max, bool *is_found)
{
    enum { CASE_INSENSITIVE = 2 };
    xlsx_part_close(zip);
    int result = unzLocateFile(zip->file, name, CASE_INSENSITIVE);
    *is_found = result == UNZ_OK;
    if (result == UNZ_END_OF_LIST_OF_FILE) return true;
    if (result != UNZ_OK) return xlsx_fail(scope, "ingest.xlsx_malformed", name);
    return xlsx_current_open(scope, zip, name, inflated_max);
}

bool xlsx_current_open(struct scope *scope, struct xlsx_zip *zip, const char *name,
                       int64_t inflated_max)
{
    enum { FLAG_ENCRYPTED = 1 };
    unz_file_info64 info = { 0 };
    xlsx_part_close(zip);
    snprintf(zip->part, sizeof(zip->part), "%s", name);
    if (unzGetCurrentFileInfo64(zip->file, &info, NULL, 0, NULL, 0, NULL, 0) != UNZ_OK) {
        return xlsx_fail(scope, "ingest.xlsx_malformed", name);
    }
    if (info.flag & FLAG_ENCRYPTED) return xlsx_fail(scope, "ingest.xlsx_encrypted", name);
    if (unzOpenCurrentFile(zip->file) != UNZ_OK) {
        return xlsx_fail(scope, "ingest.xlsx_malformed", name);
    }
    zip->is_part_open = true;
    zip->inflated = 0;
    zip->inflated_max = inflated_max;
    /* The archive may lie about the packed size, but not beyond what there is. */
    bool is_possible = info.compressed_size <= (ZPOS64_T)zip->source->size;
    zip->packed_size = is_possible ? (int64_t)info.compressed_size : zip->source->size;
    return true;
}

bool xlsx_part_read(struct scope *scope, struct xlsx_zip *zip, void *out, int size, int *got)
{
    *got = unzReadCurrentFile(zip->file, out, (unsigned)size);
    if (*got < 0) return xlsx_fail(scope, "ingest.xlsx_malformed", zip->part);
    zip->inflated += *got;
    bool is_bomb = zip->inflated > XLSX_RATIO_FREE &&
                   zip->inflated / XLSX_RATIO_MAX > zip->packed_size;
    if (zip->inflated > zip->inflated_max || is_bomb) {
        error_set(scope, ERROR_TOO_LARGE, "ingest.xlsx_bomb", STR(""));
        return error_arg(scope, "part", str_of(zip->part));
    }
    if (*got == 0) {
        zip->is_part_open = false;
        if (unzCloseCurrentFile(zip->file) != UNZ_OK) {
            return xlsx_fail(scope, "ingest.xlsx_malformed", zip->part);
        }
    }
    return true;
}
