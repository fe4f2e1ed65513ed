/*
 * sql FILE.sql NAME OUT.c: turns a file of SQL statements into C, as the table
 * NAME of texts and NAME_count. A statement ends where a line ends in ';' and the
 * next one is empty; lines that begin with -- are left out.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE_MAX = 4096, STATEMENT_COUNT_MAX = 1000 };

static void put_line(FILE *out, const char *line, int *column)
{
    for (; *line; line++) {
        fprintf(out, "%s%d,", (*column)++ % 32 == 0 ? "\n" : "", (unsigned char)*line);
    }
}

int main(int argc, char **argv)
{
    if (argc != 4) return 2;
    FILE *in = fopen(argv[1], "r"), *out = fopen(argv[3], "w");
    if (!in || !out) return 2;
    char line[LINE_SIZE_MAX];
    int count = 0, column = 0;
    bool is_open = false, may_end = false;
    fprintf(out, "extern const char *const %s[];\nextern const int %s_count;\n", argv[2], argv[2]);
    while (fgets(line, sizeof(line), in)) {
        if (strncmp(line, "--", 2) == 0) continue;
        bool is_empty = line[0] == '\n';
        if (is_empty && may_end && is_open) {
            fprintf(out, "0};\n");
            is_open = false;
        }
        if (is_empty && !is_open) continue;
        if (!is_open && count == STATEMENT_COUNT_MAX) return 2;
        if (!is_open) fprintf(out, "static const unsigned char text_%d[] = {", count++);
        is_open = true;
        put_line(out, line, &column);
        size_t size = strlen(line);
        may_end = size >= 2 && line[size - 2] == ';';
    }
    if (is_open) fprintf(out, "0};\n");
    fprintf(out, "const char *const %s[] = {\n", argv[2]);
    for (int i = 0; i < count; i++) fprintf(out, "    (const char *)text_%d,\n", i);
    fprintf(out, "};\nconst int %s_count = %d;\n", argv[2], count);
    return fclose(out) == 0 ? 0 : 2;
}
