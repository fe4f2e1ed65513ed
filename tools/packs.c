/*
 * packs FOLDER OUT.c: turns every file below FOLDER into C, as the table that
 * engine/pack.h declares, so that the binary carries its packs.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_COUNT_MAX = 2000, PATH_SIZE_MAX = 512 };

static char paths[FILE_COUNT_MAX][PATH_SIZE_MAX];
static int path_count;

static void walk(const char *folder, int depth)
{
    DIR *dir = opendir(folder);
    if (!dir || depth > 8) exit(2);
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        char path[PATH_SIZE_MAX];
        struct stat info;
        if (entry->d_name[0] == '.') continue;
        if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >= PATH_SIZE_MAX) exit(2);
        if (stat(path, &info) != 0) exit(2);
        if (S_ISDIR(info.st_mode)) {
            walk(path, depth + 1);
        } else if (strstr(path, ".json") && path_count < FILE_COUNT_MAX) {
            memcpy(paths[path_count++], path, PATH_SIZE_MAX);
        }
    }
    closedir(dir);
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static long put_bytes(FILE *out, const char *path, int number)
{
    FILE *in = fopen(path, "rb");
    if (!in) exit(2);
    long count = 0;
    fprintf(out, "static const unsigned char file_%d[] = {", number);
    for (int byte; (byte = getc(in)) != EOF; count++) {
        fprintf(out, "%s%d,", count % 32 == 0 ? "\n" : "", byte);
    }
    fprintf(out, "0};\n");
    fclose(in);
    return count;
}

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    walk(argv[1], 0);
    qsort(paths, (size_t)path_count, sizeof(paths[0]), compare);
    FILE *out = fopen(argv[2], "w");
    if (!out) return 2;
    static long sizes[FILE_COUNT_MAX];
    fprintf(out, "#include \"engine/pack.h\"\n");
    for (int i = 0; i < path_count; i++) sizes[i] = put_bytes(out, paths[i], i);
    fprintf(out, "const struct pack_file pack_files[] = {\n");
    for (int i = 0; i < path_count; i++) {
        fprintf(out, "{\"%s\", (const char *)file_%d, %ld},\n", paths[i] + strlen(argv[1]) + 1, i,
                sizes[i]);
    }
    fprintf(out, "{0, 0, 0}};\nconst int pack_file_count = %d;\n", path_count);
    return fclose(out) == 0 ? 0 : 2;
}
