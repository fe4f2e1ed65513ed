/* Folders of files that never change once they are there. */
#include "cli/folder.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_SIZE = 64 * 1024 };

typedef bool file_run(struct cli *cli, struct str folder, struct str name, void *context);

static bool files_each(struct cli *cli, struct str folder, struct str name, int depth,
                       file_run *run, void *context)
{
    struct str path = scope_format(cli->scope, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name));
    struct dirent **entries = NULL;
    int count = depth < FOLDER_DEPTH_MAX ? scandir(path.data, &entries, NULL, alphasort) : 0;
    bool ok = true;
    for (int i = 0; i < count; i++) {
        struct stat found;
        struct str entry = str_of(entries[i]->d_name);
        struct str inner =
            scope_format(cli->scope, "%.*s/%.*s", STR_ARG(name), STR_ARG(entry));
        struct str full = scope_format(cli->scope, "%.*s/%s", STR_ARG(folder), inner.data);
        bool is_there = ok && entry.data[0] != '.' && lstat(full.data, &found) == 0;
        if (is_there && S_ISDIR(found.st_mode)) {
            ok = files_each(cli, folder, inner, depth + 1, run, context);
        } else if (is_there && S_ISREG(found.st_mode)) {
            ok = run(cli, folder, inner, context);
        }
        scope_take(cli->scope, entries[i]);
    }
    scope_take(cli->scope, entries);
    return ok;
}

bool folder_files_each(struct cli *cli, struct str folder, struct str name, file_run *run,
                       void *context)
{
    return files_each(cli, folder, name, 0, run, context);
}

/* ---- copying ---- */

struct copying {
    struct str to;
    int64_t count;
};

static bool cannot(struct cli *cli, struct str file)
{
    struct str reason = str_of(strerror(errno));
    error_set(cli->scope, ERROR_INVALID, "cli.file_not_written", STR(""));
    error_arg(cli->scope, "file", file);
    return error_arg(cli->scope, "reason", reason);
}

/* Every folder on the way to the file. */
static bool folders_make(struct cli *cli, struct str path)
{
    for (size_t i = 1; i < path.size; i++) {
        if (path.data[i] != '/') continue;
        struct str folder = scope_copy(cli->scope, str_slice(path, 0, i));
        if (mkdir(folder.data, 0700) != 0 && errno != EEXIST) return cannot(cli, folder);
    }
    return true;
}

/* The same bytes in both from the beginning to the end. */
static bool are_same(const char *a_path, const char *b_path)
{
    static _Thread_local char a_bytes[COPY_SIZE], b_bytes[COPY_SIZE];
    FILE *a = fopen(a_path, "rbe"), *b = fopen(b_path, "rbe");
    bool is_same = a && b, is_more = is_same;
    while (is_more) {
        size_t a_size = fread(a_bytes, 1, COPY_SIZE, a), b_size = fread(b_bytes, 1, COPY_SIZE, b);
        is_same = a_size == b_size && memcmp(a_bytes, b_bytes, a_size) == 0;
        is_more = is_same && a_size == COPY_SIZE;
    }
    is_same = is_same && !ferror(a) && !ferror(b);
    if (a) fclose(a);
    if (b) fclose(b);
    return is_same;
}

static bool bytes_copy(const char *from_path, const char *to_path)
{
    static _Thread_local char bytes[COPY_SIZE];
    FILE *from = fopen(from_path, "rbe"), *to = fopen(to_path, "wbxe");
    bool ok = from && to;
    for (size_t size = COPY_SIZE; ok && size == COPY_SIZE;) {
        size = fread(bytes, 1, COPY_SIZE, from);
        ok = fwrite(bytes, 1, size, to) == size && !ferror(from);
    }
    ok = ok && fflush(to) == 0 && fsync(fileno(to)) == 0;
    if (from) fclose(from);
    if (to) ok = fclose(to) == 0 && ok;
    if (ok && are_same(from_path, to_path)) return true;
    if (to) unlink(to_path);
    return false;
}

static bool file_copy(struct cli *cli, struct str folder, struct str name, void *context)
{
    struct copying *copying = context;
    struct str from = scope_format(cli->scope, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name));
    struct str to = scope_format(cli->scope, "%.*s/%.*s", STR_ARG(copying->to), STR_ARG(name));
    copying->count += 1;
    if (!folders_make(cli, to)) return false;
    if (link(from.data, to.data) == 0 || errno == EEXIST) return true;
    return bytes_copy(from.data, to.data) || cannot(cli, to);
}

bool folder_copy(struct cli *cli, struct str from, struct str to, struct str name,
                 int64_t *count)
{
    struct copying copying = { .to = to };
    bool ok = folder_files_each(cli, from, name, file_copy, &copying);
    *count = copying.count;
    return ok;
}
