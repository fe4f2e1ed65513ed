/* Packs in archives: read with the bounds of xlsx_zip.h, written without compression. */
#include "ingest/pack_zip.h"

#include <zlib.h>

#include "ingest/xlsx_zip.h"

/* ---- reading ---- */

static bool refuse(struct scope *scope)
{
    bool is_large = scope->error.code == ERROR_TOO_LARGE;
    scope_error_clear(scope);
    return is_large ? error_set(scope, ERROR_TOO_LARGE, "pack.too_large", STR("zip"))
                    : error_set(scope, ERROR_MALFORMED, "pack.zip", STR("file"));
}

/* The entry the archive stands at. */
static bool entry_read(struct scope *scope, struct xlsx_zip *zip, struct str name, int64_t *rest,
                       struct str *out)
{
    struct buf text;
    char piece[16 * 1024];
    int64_t size_max = *rest < PACK_FILE_SIZE_MAX ? *rest : PACK_FILE_SIZE_MAX;
    if (!xlsx_current_open(scope, zip, name.data, size_max)) return false;
    buf_begin(&text, scope, (size_t)size_max + 1);
    for (int got = 1; got > 0;) {
        if (!xlsx_part_read(scope, zip, piece, sizeof(piece), &got)) return false;
        buf_put(&text, (struct str){ piece, (size_t)got });
    }
    *rest -= (int64_t)text.size;
    *out = buf_str(&text);
    return true;
}

/* All entries that may be files of a pack. */
static bool entries_read(struct scope *scope, struct xlsx_zip *zip, struct pack_text **out,
                         int *count)
{
    int64_t rest = PACK_SIZE_MAX;
    int result = unzGoToFirstFile(zip->file);
    *out = scope_new(scope, struct pack_text, PACK_ENTRY_COUNT_MAX);
    *count = 0;
    for (; result == UNZ_OK; result = unzGoToNextFile(zip->file)) {
        char name[XLSX_PART_NAME_MAX] = "";
        unz_file_info64 info;
        struct pack_text *file = &(*out)[*count];
        result = unzGetCurrentFileInfo64(zip->file, &info, name, sizeof(name), NULL, 0, NULL, 0);
        if (result != UNZ_OK) break;
        name[sizeof(name) - 1] = 0;
        file->path = scope_copy(scope, str_of(name));
        if (!str_ends_with(file->path, STR(".json"))) continue;
        if (*count == PACK_ENTRY_COUNT_MAX - 1) {
            return error_set(scope, ERROR_TOO_LARGE, "pack.too_large", STR("zip"));
        }
        if (!entry_read(scope, zip, file->path, &rest, &file->text)) return false;
        *count += 1;
    }
    return result == UNZ_END_OF_LIST_OF_FILE;
}

/* "" or "folder/": where pack.json lies; the shortest when there are several. */
static struct str root_of(const struct pack_text *files, int count)
{
    struct str root = { NULL, 0 };
    for (int i = 0; i < count; i++) {
        if (!str_ends_with(files[i].path, STR("pack.json"))) continue;
        struct str folder = str_slice(files[i].path, 0, files[i].path.size - 9);
        bool is_folder = folder.size == 0 || str_ends_with(folder, STR("/"));
        if (is_folder && (!root.data || folder.size < root.size)) root = folder;
    }
    return root.data ? root : STR("");
}

bool pack_zip_read(struct scope *scope, struct str bytes, struct pack *out)
{
    struct ingest_source *source = scope_new(scope, struct ingest_source, 1);
    struct xlsx_zip *zip = scope_new(scope, struct xlsx_zip, 1);
    struct pack_text *files;
    int count;
    *source = (struct ingest_source){ .bytes = bytes, .fd = -1, .size = (int64_t)bytes.size };
    pack_begin(scope, out);
    if (!xlsx_zip_open(scope, zip, source) || !entries_read(scope, zip, &files, &count)) {
        return refuse(scope);
    }
    struct str root = root_of(files, count);
    for (int i = 0; i < count; i++) {
        struct str path = files[i].path;
        if (!str_starts_with(path, root)) continue;
        if (!pack_file_put(scope, out, str_slice(path, root.size, path.size), files[i].text)) {
            return false;
        }
    }
    return pack_end(scope, out);
}

/* ---- writing ---- */

static void number_put(struct buf *out, uint64_t number, int size)
{
    for (int i = 0; i < size; i++) buf_put_char(out, (char)(number >> (8 * i) & 0xff));
}

/* What local and central headers have in common: UTF-8 names, stored, 1980-01-01. */
static void header_put(struct buf *out, const struct pack_text *file)
{
    uint32_t sum = (uint32_t)crc32(0, (const unsigned char *)file->text.data,
                                   (unsigned)file->text.size);
    number_put(out, 20, 2);
    number_put(out, 0x800, 2);
    number_put(out, 0, 2);
    number_put(out, 0, 2);
    number_put(out, 0x21, 2);
    number_put(out, sum, 4);
    number_put(out, file->text.size, 4);
    number_put(out, file->text.size, 4);
    number_put(out, file->path.size, 2);
}

bool pack_zip_write(struct scope *scope, const struct pack *pack, struct str *out)
{
    struct buf zip;
    struct pack_text *files;
    int count;
    pack_texts(scope, pack, &files, &count);
    size_t *offsets = scope_new(scope, size_t, count);
    buf_begin(&zip, scope, 2 * (size_t)PACK_SIZE_MAX);
    for (int i = 0; i < count; i++) {
        offsets[i] = zip.size;
        buf_put(&zip, STR("PK\x03\x04"));
        header_put(&zip, &files[i]);
        number_put(&zip, 0, 2);
        buf_put(&zip, files[i].path);
        buf_put(&zip, files[i].text);
    }
    size_t start = zip.size;
    for (int i = 0; i < count; i++) {
        buf_put(&zip, STR("PK\x01\x02"));
        number_put(&zip, 20, 2);
        header_put(&zip, &files[i]);
        number_put(&zip, 0, 8);
        number_put(&zip, 0, 4);
        number_put(&zip, offsets[i], 4);
        buf_put(&zip, files[i].path);
    }
    size_t size = zip.size - start;
    buf_put(&zip, STR("PK\x05\x06"));
    number_put(&zip, 0, 4);
    number_put(&zip, (uint64_t)count, 2);
    number_put(&zip, (uint64_t)count, 2);
    number_put(&zip, size, 4);
    number_put(&zip, start, 4);
    number_put(&zip, 0, 2);
    *out = buf_str(&zip);
    return !zip.is_over || error_set(scope, ERROR_TOO_LARGE, "pack.too_large", pack->name);
}
