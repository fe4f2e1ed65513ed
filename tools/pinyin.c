/*
 * pinyin IN.txt OUT.c OUT.sql: the readings of Chinese characters, a syllable and its characters
 * on a line, as a table for C and as a function for PostgreSQL, so that both have the same.
 *
 * C: what formula/pinyin.h says. PostgreSQL: f_pinyin_of(point) with the same table,
 * two bytes each, and the syllables padded to PADDED letters.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST = 0x4e00,
    LAST = 0x9fff,
    ZERO = 0x3007,
    LINE_SIZE_MAX = 65536,
    SYLLABLE_COUNT_MAX = 600,
    PADDED = 6,
    COLUMN_COUNT = 24,
};

static char syllables[SYLLABLE_COUNT_MAX][PADDED + 1];
static uint16_t readings[LAST - FIRST + 1];
static int syllable_count, zero;

/* All characters here take three bytes. */
static bool line_read(const char *line)
{
    const char *blank = strchr(line, ' ');
    if (!blank || blank - line > PADDED || syllable_count == SYLLABLE_COUNT_MAX) return false;
    memcpy(syllables[syllable_count++], line, (size_t)(blank - line));
    for (const unsigned char *at = (const unsigned char *)blank + 1; *at && *at != '\n'; at += 3) {
        int point = (at[0] & 15) << 12 | (at[1] & 63) << 6 | (at[2] & 63);
        if (point == ZERO) {
            zero = syllable_count;
        } else if (point >= FIRST && point <= LAST) {
            readings[point - FIRST] = (uint16_t)syllable_count;
        } else {
            return false;
        }
    }
    return true;
}

static void c_write(FILE *out)
{
    fprintf(out, "#include \"formula/pinyin.h\"\n\nconst char *const pinyin_syllables[] = {");
    for (int i = 0; i < syllable_count; i++) fprintf(out, "\n    \"%s\",", syllables[i]);
    fprintf(out, "\n};\nconst int pinyin_zero = %d;\nconst uint16_t pinyin_readings[] = {", zero);
    for (int i = 0; i <= LAST - FIRST; i++) {
        fprintf(out, "%s%d,", i % COLUMN_COUNT == 0 ? "\n    " : "", readings[i]);
    }
    fprintf(out, "\n};\n");
}

/* Between the lines of a text that goes on. */
static const char *next(int i)
{
    return i == 0 ? "" : "'\n'";
}

static void sql_write(FILE *out)
{
    fprintf(out, "CREATE OR REPLACE FUNCTION f_pinyin_of(point int) RETURNS text\n"
                 "LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$\n"
                 "DECLARE at int := %d; two bytea;\nBEGIN\n"
                 "    IF point BETWEEN %d AND %d THEN\n"
                 "        two := substr('\\x", zero, FIRST, LAST);
    for (int i = 0; i <= LAST - FIRST; i++) {
        fprintf(out, "%s%04x", i % COLUMN_COUNT == 0 ? next(i) : "", readings[i]);
    }
    fprintf(out, "'::bytea, (point - %d) * 2 + 1, 2);\n"
                 "        at := get_byte(two, 0) * 256 + get_byte(two, 1);\n"
                 "    ELSIF point <> %d THEN\n        RETURN NULL;\n    END IF;\n"
                 "    RETURN CASE WHEN at > 0 THEN rtrim(substr('", FIRST, ZERO);
    for (int i = 0; i < syllable_count; i++) {
        fprintf(out, "%s%-6s", i % COLUMN_COUNT == 0 ? next(i) : "", syllables[i]);
    }
    fprintf(out, "', at * %d - %d, %d)) END;\nEND $$;\n\n", PADDED, PADDED - 1, PADDED);
}

int main(int argc, char **argv)
{
    static char line[LINE_SIZE_MAX];
    if (argc != 4) return 2;
    FILE *in = fopen(argv[1], "r"), *c = fopen(argv[2], "w"), *sql = fopen(argv[3], "w");
    if (!in || !c || !sql) return 2;
    while (fgets(line, sizeof(line), in)) {
        if (!line_read(line)) return 2;
    }
    c_write(c);
    sql_write(sql);
    return fclose(c) == 0 && fclose(sql) == 0 ? 0 : 2;
}
