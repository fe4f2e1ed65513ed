/*
 * embed FOLDER OUT: turns the files of the built web app into OUT.c and
 * OUT.bin, which are compiled into the binary (src/http/asset.h).
 *
 * OUT.bin holds all files one behind the other, compressed; OUT.c pulls it in
 * with one .incbin, because a C array of that size compiles a hundred times
 * slower, and has the table. With FOLDER "-" the table has one page which says
 * that the web app was left out.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { FILE_COUNT_MAX = 4096, DEPTH_MAX = 16, FILE_SIZE_MAX = 64 * 1024 * 1024 };

static struct file {
    char *path; /* from the folder on: "/assets/x.js" */
    unsigned char *content;
    size_t size, gzip_at, gzip_size;
    uint64_t hash;
} files[FILE_COUNT_MAX];
static int file_count;

static const struct {
    const char *ending, *type;
} types[] = {
    { ".html", "text/html; charset=utf-8" },
    { ".js", "text/javascript; charset=utf-8" },
    { ".mjs", "text/javascript; charset=utf-8" },
    { ".css", "text/css; charset=utf-8" },
    { ".json", "application/json" },
    { ".map", "application/json" },
    { ".webmanifest", "application/manifest+json" },
    { ".svg", "image/svg+xml" },
    { ".png", "image/png" },
    { ".jpg", "image/jpeg" },
    { ".webp", "image/webp" },
    { ".ico", "image/x-icon" },
    { ".woff2", "font/woff2" },
    { ".wasm", "application/wasm" },
    { ".txt", "text/plain; charset=utf-8" },
};

static _Noreturn void fail(const char *what, const char *name)
{
    fprintf(stderr, "embed: %s: %s\n", what, name);
    exit(1);
}

static void *get(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory) fail("out of memory", "");
    return memory;
}

static struct file *file_add(const char *path, size_t size)
{
    if (file_count == FILE_COUNT_MAX) fail("too many files", path);
    if (size > FILE_SIZE_MAX) fail("file is too large", path);
    for (const char *c = path; *c; c++) {
        if (*c == '"' || *c == '\\' || (unsigned char)*c < 0x21) fail("odd file name", path);
    }
    struct file *file = &files[file_count++];
    file->path = strdup(path);
    if (!file->path) fail("out of memory", path);
    file->content = get(size + 1);
    file->size = size;
    return file;
}

static void file_read(const char *folder, const char *path, size_t size)
{
    char name[2048];
    snprintf(name, sizeof(name), "%s%s", folder, path);
    struct file *file = file_add(path, size);
    FILE *in = fopen(name, "rb");
    if (!in || fread(file->content, 1, size, in) != size) fail("cannot read", name);
    fclose(in);
}

static void folder_read(const char *folder, const char *path, int depth)
{
    char name[2048], inner[1024];
    if (depth > DEPTH_MAX) fail("folders too deep", path);
    snprintf(name, sizeof(name), "%s%s", folder, path);
    DIR *dir = opendir(name);
    if (!dir) fail("cannot open", name);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.') continue;
        struct stat info;
        int size = snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
        if (size >= (int)sizeof(inner)) fail("path too long", inner);
        snprintf(name, sizeof(name), "%s%s", folder, inner);
        if (stat(name, &info) != 0) fail("cannot stat", name);
        if (S_ISDIR(info.st_mode)) {
            folder_read(folder, inner, depth + 1);
        } else {
            file_read(folder, inner, (size_t)info.st_size);
        }
    }
    closedir(dir);
}

static void placeholder_add(void)
{
    static const char page[] =
        "<!doctype html><html lang=\"zh\"><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width\"><title>Leadline</title>"
        "<body style=\"font:16px/1.6 system-ui;margin:10vh auto;max-width:34em;padding:0 1em\">"
        "<h1>Leadline</h1><p>此程序没有包含网页端。请用 <code>make release</code> 重新构建。</p>"
        "<p>This binary was built without the web app. Build it with "
        "<code>make release</code>.</p></body></html>\n";
    struct file *file = file_add("/index.html", sizeof(page) - 1);
    memcpy(file->content, page, sizeof(page) - 1);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

/* Compressed onto the end of out. Without a time in its header: same input, same bytes. */
static void file_compress(struct file *file, FILE *out, size_t at)
{
    file->hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < file->size; i++) {
        file->hash = (file->hash ^ file->content[i]) * 0x100000001b3u;
    }
    z_stream stream = { .next_in = file->content, .avail_in = (uInt)file->size };
    if (deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
        fail("zlib", file->path);
    }
    size_t bound = deflateBound(&stream, file->size);
    unsigned char *bytes = get(bound);
    stream.next_out = bytes;
    stream.avail_out = (uInt)bound;
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END) fail("zlib", file->path);
    file->gzip_at = at;
    file->gzip_size = stream.total_out;
    deflateEnd(&stream);
    if (fwrite(bytes, 1, file->gzip_size, out) != file->gzip_size) fail("cannot write", "OUT.bin");
    free(bytes);
}

static const char *type_of(const char *path)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        size_t size = strlen(types[i].ending);
        if (length > size && strcmp(path + length - size, types[i].ending) == 0) {
            return types[i].type;
        }
    }
    return "application/octet-stream";
}

/* The web build puts what it names by content, and nothing else, into /assets/. */
static bool is_immutable(const char *path)
{
    return strncmp(path, "/assets/", 8) == 0 && strchr(path, '-') != NULL;
}

static void table_write(FILE *out, const char *bin_path)
{
    fprintf(out, "/* Written by tools/embed.c. */\n#include \"http/asset.h\"\n\n");
    fprintf(out, "__asm__(\".pushsection .rodata\\n.balign 16\\nasset_bytes:\\n\"\n"
                 "        \".incbin \\\"%s\\\"\\n.byte 0\\n.popsection\\n\");\n"
                 "extern const unsigned char asset_bytes[];\n\n"
                 "const struct asset assets[] = {\n",
            bin_path);
    for (int i = 0; i < file_count; i++) {
        const struct file *file = &files[i];
        fprintf(out, "    { \"%s\", \"%s\", asset_bytes + %zu, %zu, \"\\\"%016llx\\\"\", %s },\n",
                file->path, type_of(file->path), file->gzip_at, file->gzip_size,
                (unsigned long long)file->hash, is_immutable(file->path) ? "true" : "false");
    }
    fprintf(out, "};\nconst int asset_count = %d;\n", file_count);
}

int main(int argc, char **argv)
{
    if (argc != 3) fail("usage", "embed FOLDER|- OUT");
    if (strcmp(argv[1], "-") == 0) {
        placeholder_add();
    } else {
        folder_read(argv[1], "", 0);
    }
    if (file_count == 0) fail("nothing to embed in", argv[1]);
    qsort(files, (size_t)file_count, sizeof(files[0]), by_path);

    char name[1024];
    size_t gzip_size = 0, plain_size = 0;
    snprintf(name, sizeof(name), "%s.bin", argv[2]);
    FILE *bin = fopen(name, "wb");
    if (!bin) fail("cannot write", name);
    for (int i = 0; i < file_count; i++) {
        file_compress(&files[i], bin, gzip_size);
        gzip_size += files[i].gzip_size;
        plain_size += files[i].size;
        free(files[i].content);
    }
    if (fclose(bin) != 0) fail("cannot write", name);

    char code_name[1024];
    snprintf(code_name, sizeof(code_name), "%s.c", argv[2]);
    FILE *code = fopen(code_name, "w");
    if (!code) fail("cannot write", code_name);
    table_write(code, name);
    if (fclose(code) != 0) fail("cannot write", code_name);
    for (int i = 0; i < file_count; i++) free(files[i].path);
    printf("embed: %d files, %zu KB, compressed %zu KB\n", file_count, plain_size / 1024,
           gzip_size / 1024);
    return 0;
}
