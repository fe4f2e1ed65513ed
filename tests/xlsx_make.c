/*
 * A ZIP writer just big enough for tests: minizip onto a growing memory block.
 */
#include "tests/xlsx_make.h"

#include <minizip/zip.h>

enum { ARCHIVE_SIZE_MAX = 64 * 1024 * 1024 };

struct memory {
    struct scope *scope;
    char *data;
    size_t size, capacity, at;
};

static voidpf memory_open(voidpf opaque, const void *name, int mode)
{
    (void)name;
    (void)mode;
    return opaque;
}

static uLong memory_read(voidpf opaque, voidpf stream, void *out, uLong size)
{
    (void)opaque;
    struct memory *memory = stream;
    if (size > memory->size - memory->at) size = memory->size - memory->at;
    memcpy(out, memory->data + memory->at, size);
    memory->at += size;
    return size;
}

static uLong memory_write(voidpf opaque, voidpf stream, const void *data, uLong size)
{
    (void)opaque;
    struct memory *memory = stream;
    if (memory->at + size > memory->capacity) {
        size_t capacity = (memory->at + size) * 2;
        if (capacity > ARCHIVE_SIZE_MAX) return 0;
        char *grown = scope_alloc(memory->scope, capacity);
        if (memory->size > 0) memcpy(grown, memory->data, memory->size);
        memory->data = grown;
        memory->capacity = capacity;
    }
    memcpy(memory->data + memory->at, data, size);
    memory->at += size;
    if (memory->at > memory->size) memory->size = memory->at;
    return size;
}

static ZPOS64_T memory_tell(voidpf opaque, voidpf stream)
{
    (void)opaque;
    return ((struct memory *)stream)->at;
}

static long memory_seek(voidpf opaque, voidpf stream, ZPOS64_T offset, int origin)
{
    (void)opaque;
    struct memory *memory = stream;
    size_t base = origin == ZLIB_FILEFUNC_SEEK_END   ? memory->size
                  : origin == ZLIB_FILEFUNC_SEEK_CUR ? memory->at
                                                     : 0;
    if (base + offset > memory->size) return -1;
    memory->at = base + offset;
    return 0;
}

static int memory_nothing(voidpf opaque, voidpf stream)
{
    (void)opaque;
    (void)stream;
    return 0;
}

struct str xlsx_make(struct scope *scope, const struct xlsx_part *parts, int count)
{
    struct memory *memory = scope_new(scope, struct memory, 1);
    memory->scope = scope;
    zlib_filefunc64_def functions = { .zopen64_file = memory_open,
                                      .zread_file = memory_read,
                                      .zwrite_file = memory_write,
                                      .ztell64_file = memory_tell,
                                      .zseek64_file = memory_seek,
                                      .zclose_file = memory_nothing,
                                      .zerror_file = memory_nothing,
                                      .opaque = memory };
    zipFile zip = zipOpen2_64("", APPEND_STATUS_CREATE, NULL, &functions);
    for (int i = 0; i < count; i++) {
        zip_fileinfo info = { 0 };
        zipOpenNewFileInZip(zip, parts[i].name, &info, NULL, 0, NULL, 0, NULL, Z_DEFLATED, 6);
        zipWriteInFileInZip(zip, parts[i].content.data, (unsigned)parts[i].content.size);
        zipCloseFileInZip(zip);
    }
    zipClose(zip, NULL);
    return (struct str){ memory->data, memory->size };
}

#define RELATION "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define MAIN "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

static struct str wrapped(struct scope *scope, const char *head, const char *body,
                          const char *tail)
{
    return scope_format(scope, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>%s%s%s", head, body,
                        tail);
}

struct str xlsx_make_sheet(struct scope *scope, const struct xlsx_shape *shape)
{
    struct xlsx_part parts[8];
    int count = 0;
    parts[count++] = (struct xlsx_part){
        "_rels/.rels", STR("<Relationships><Relationship Id=\"rId1\" Type=\"" RELATION
                           "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>") };
    parts[count++] = (struct xlsx_part){
        "xl/_rels/workbook.xml.rels",
        STR("<Relationships><Relationship Id=\"rId1\" Type=\"" RELATION
            "/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>") };
    parts[count++] = (struct xlsx_part){
        "xl/workbook.xml",
        scope_format(scope, "<workbook xmlns=\"" MAIN "\" xmlns:r=\"" RELATION
                            "\"><workbookPr %s/><sheets><sheet name=\"Data\" sheetId=\"1\" "
                            "r:id=\"rId1\"/></sheets></workbook>",
                     shape->workbook_pr ? shape->workbook_pr : "") };
    parts[count++] = (struct xlsx_part){
        "xl/worksheets/sheet1.xml",
        wrapped(scope, "<worksheet xmlns=\"" MAIN "\"><dimension ref=\"A1\"/><sheetData>",
                shape->rows, "</sheetData></worksheet>") };
    if (shape->strings) {
        parts[count++] = (struct xlsx_part){ "xl/sharedStrings.xml",
                                             wrapped(scope, "<sst xmlns=\"" MAIN "\">",
                                                     shape->strings, "</sst>") };
    }
    if (shape->styles) {
        struct str formats = scope_format(scope, "<styleSheet xmlns=\"" MAIN "\">"
                                          "<numFmts>%s</numFmts>"
                                          "<cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs>"
                                          "<cellXfs>", shape->formats ? shape->formats : "");
        parts[count++] = (struct xlsx_part){
            "xl/styles.xml",
            wrapped(scope, formats.data, shape->styles, "</cellXfs></styleSheet>") };
    }
    return xlsx_make(scope, parts, count);
}
