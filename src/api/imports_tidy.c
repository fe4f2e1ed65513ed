/*
 * Files that nobody came back for: looked at and never run, or left by an import that failed. Those
 * of refused rows stay, they can still be asked for.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/inner.h"
#include "base/time.h"

enum { KEPT_DAYS = 7 };

static bool is_left(int folder, const char *name, int64_t now_ms)
{
    struct stat about;
    if (str_ends_with(str_of(name), STR("-errors.xlsx")) ||
        fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(about.st_mode)) {
        return false;
    }
    return now_ms - (int64_t)about.st_mtime * 1000 > KEPT_DAYS * TIME_DAY_MS;
}

void imports_tidy(struct str data_dir, int64_t now_ms)
{
    struct scope scope;
    scope_begin(&scope);
    DIR *folder = data_dir.size > 0
                      ? opendir(scope_format(&scope, "%.*s/imports", STR_ARG(data_dir)).data)
                      : NULL;
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        if (is_left(dirfd(folder), entry->d_name, now_ms)) {
            unlinkat(dirfd(folder), entry->d_name, 0);
        }
    }
    if (folder) closedir(folder);
    scope_end(&scope);
}
