/*
 * tidy LAYERS FILE...: the rules a compiler does not check.
 *
 *   - a room includes only from rooms that layers.txt allows it; what is not
 *     named there may include nothing
 *   - no function longer than 70 lines, no file longer than 1000, no line wider
 *     than 100 characters
 *   - no banned call outside of base/, no goto, no #if outside of base/ and db/
 *   - no unfinished business (the words are in marks[])
 *   - no word of the sales app in src/: the engine serves any app
 *   - every message key reported with error_set() or error_add() is a row of
 *     base/message.c
 *   - every room of src/ has a README.md, and the files it names exist
 *
 * Prints a number board to look at, each breach as FILE:LINE: what, then
 * "N passed, N failed" counting files. A function is recognised by our own
 * layout: '{' alone at column 0 opens it, '}' alone at column 0 closes it.
 *
 * Text is looked at with comments and string contents told apart: a call named
 * in a comment is no call, an app's word is wrong everywhere.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FUNCTION_LINES_MAX = 70,
    FILE_LINES_MAX = 1000,
    COLUMNS_MAX = 100,
    ROOMS_MAX = 64,
    HEADERS_MAX = 2048,
    KEYS_MAX = 4096,
    BOARD_SIZE = 10,
    NAME_SIZE = 200,
};

static struct room {
    char name[32];
    char allowed[512]; /* " base db " */
} rooms[ROOMS_MAX];
static int room_count;

static char keys[KEYS_MAX][64]; /* of base/message.c */
static int key_count;

static struct header {
    char name[NAME_SIZE];
    long count;
} headers[HEADERS_MAX];
static int header_count;

/* The largest so far, largest first. */
struct board {
    struct {
        char name[NAME_SIZE];
        long size;
    } rows[BOARD_SIZE];
};
static struct board functions, sizes;

static FILE *problems; /* a buffer: they are printed behind the number board */
static long problem_count, line_total, function_total;

/* Calls that have no place above base/, and what to use. "!" is banned in base/ too. */
static const struct {
    const char *name, *instead;
} banned[] = {
    { "malloc", "scope_alloc" },
    { "calloc", "scope_alloc" },
    { "realloc", "struct buf" },
    { "free", "the scope frees" },
    { "strdup", "scope_copy" },
    { "strndup", "scope_copy" },
    { "asprintf", "scope_format" },
    { "alloca", "scope_alloc" },
    { "!sprintf", "scope_format, buf_format" },
    { "!vsprintf", "buf_format" },
    { "!strcpy", "buf_put" },
    { "!strcat", "buf_put" },
    { "!strncpy", "buf_put" },
    { "!strncat", "buf_put" },
    { "!strtok", "str_split" },
    { "!gets", "fgets" },
    { "!atoi", "str_to_int64" },
    { "!atol", "str_to_int64" },
    { "!atof", "decimal_parse" },
    { "!gmtime", "time_civil" },
    { "!localtime", "time_civil" },
    { "!mktime", "time_from_civil" },
    { "!strftime", "time_put" },
    { "!rand", "random_bytes" },
    { "!srand", "random_bytes" },
    { "!setjmp", "an error in the scope" },
    { "!longjmp", "an error in the scope" },
    { "!system", "nothing: no shell" },
    { "!popen", "nothing: no shell" },
};

/* What a finished file does not hold. Put together so that this file does not hold them. */
static const char *const marks[] = { "TO" "DO", "FIX" "ME", "XX" "X", "HA" "CK" };

/*
 * Words of the sales app, in any case, with _ as a word break. Those that mean
 * something else too are wrong only as a text of their own: "lead", "quote".
 */
static const char *const app_words[] = {
    "customer",    "customers",   "opportunity", "opportunities", "contact_log", "contact_logs",
    "salesperson", "salespeople", "salesman",    "competitor",    "competitors", "quotation",
    "quotations",  "commitment",  "commitments",
};
static const char *const app_texts[] = {
    "\"lead\"",  "\"leads\"",  "\"contact\"", "\"contacts\"", "\"quote\"",   "\"quotes\"",
    "\"deal\"",  "\"deals\"",  "\"phi\"",     "\"product\"",  "\"products\"", "\"visit\"",
};
static const char *const app_words_zh[] = { "客户", "商机", "线索", "报价", "联系人", "销售" };

/* Where such a word is meant otherwise: the start of the path and a part of the line. */
static const struct {
    const char *path, *part;
} excused[] = {
    { "src/base/message.c", "quotation mark" },
};

static void problem(const char *path, int line, const char *text, const char *subject)
{
    fprintf(problems, "%s:%d: %s%s\n", path, line, text, subject);
    problem_count += 1;
}

static void board_add(struct board *board, const char *name, long size)
{
    for (int i = 0; i < BOARD_SIZE; i++) {
        if (size <= board->rows[i].size) continue;
        memmove(&board->rows[i + 1], &board->rows[i],
                sizeof(board->rows[0]) * (size_t)(BOARD_SIZE - 1 - i));
        snprintf(board->rows[i].name, sizeof(board->rows[i].name), "%s", name);
        board->rows[i].size = size;
        return;
    }
}

static void board_print(const char *title, const struct board *board, int count)
{
    printf("%s\n", title);
    for (int i = 0; i < count && board->rows[i].size > 0; i++) {
        printf("  %5ld  %s\n", board->rows[i].size, board->rows[i].name);
    }
}

static void layers_read(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        fprintf(stderr, "tidy: cannot read %s\n", path);
        exit(2);
    }
    char line[600];
    while (fgets(line, sizeof(line), file) && room_count < ROOMS_MAX) {
        char *colon = strchr(line, ':');
        if (line[0] == '#' || !colon) continue;
        *colon = 0;
        struct room *room = &rooms[room_count++];
        snprintf(room->name, sizeof(room->name), "%.31s", line);
        snprintf(room->allowed, sizeof(room->allowed), " %.500s", colon + 1);
        room->allowed[strcspn(room->allowed, "\n")] = ' ';
    }
    fclose(file);
}

static void keys_read(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[4096];
    while (file && key_count < KEYS_MAX && fgets(line, sizeof(line), file)) {
        if (sscanf(line, "    { \"%63[^\"]\",", keys[key_count]) == 1) key_count += 1;
    }
    if (file) fclose(file);
}

/* "src/db/sql.c" and "db/sql.h" are of room db, "tests/main.c" is of tests. */
static void room_of(const char *path, char *out, size_t size)
{
    if (strncmp(path, "src/", 4) == 0) path += 4;
    snprintf(out, size, "%.*s", (int)strcspn(path, "/"), path);
}

static bool is_allowed(const char *from, const char *to)
{
    if (strcmp(from, to) == 0) return true;
    char needle[40];
    snprintf(needle, sizeof(needle), " %.30s ", to);
    for (int i = 0; i < room_count; i++) {
        if (strcmp(rooms[i].name, from) == 0) return strstr(rooms[i].allowed, needle) != NULL;
    }
    return false;
}

static bool ends_with(const char *text, const char *ending)
{
    size_t size = strlen(text), ending_size = strlen(ending);
    return size >= ending_size && strcmp(text + size - ending_size, ending) == 0;
}

static void header_count_add(const char *name)
{
    for (int i = 0; i < header_count; i++) {
        if (strcmp(headers[i].name, name) != 0) continue;
        headers[i].count += 1;
        return;
    }
    if (header_count == HEADERS_MAX) return;
    snprintf(headers[header_count].name, sizeof(headers[0].name), "%s", name);
    headers[header_count++].count = 1;
}

static void check_include(const char *path, int number, const char *line)
{
    char target[NAME_SIZE], from[32], to[32];
    if (sscanf(line, " # include \"%199[^\"]\"", target) != 1) return;
    header_count_add(target);
    if (strncmp(path, "tools/", 6) == 0) return;
    room_of(path, from, sizeof(from));
    room_of(target, to, sizeof(to));
    if (!strchr(target, '/')) {
        problem(path, number, "an include is rooted (\"room/file.h\"), not ", target);
        return;
    }
    bool is_test = ends_with(path, "_test.c") || ends_with(path, "_test.h");
    if (is_test && strcmp(to, "tests") == 0) return;
    if (!is_allowed(from, to)) problem(path, number, "layers.txt does not allow ", target);
}

static bool is_word_char(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_';
}

/* The word as a whole identifier somewhere in line, or NULL. */
static const char *word_find(const char *line, const char *word)
{
    size_t size = strlen(word);
    for (const char *hit = strstr(line, word); hit; hit = strstr(hit + 1, word)) {
        if ((hit == line || !is_word_char(hit[-1])) && !is_word_char(hit[size])) return hit;
    }
    return NULL;
}

static void check_calls(const char *path, int number, const char *code)
{
    bool is_tool = strncmp(path, "src/", 4) != 0;
    bool is_base = strncmp(path, "src/base/", 9) == 0;
    for (size_t i = 0; i < sizeof(banned) / sizeof(banned[0]) && !is_tool; i++) {
        bool is_always = banned[i].name[0] == '!';
        if (is_base && !is_always) continue;
        const char *name = banned[i].name + (is_always ? 1 : 0);
        const char *hit = word_find(code, name);
        if (!hit || hit[strlen(name)] != '(') continue;
        if (hit > code && (hit[-1] == '.' || hit[-1] == '>')) continue; /* a member's name */
        char text[120];
        snprintf(text, sizeof(text), "%s (use %s)", name, banned[i].instead);
        problem(path, number, "banned call: ", text);
    }
    if (word_find(code, "goto")) problem(path, number, "goto is banned", "");
}

static void check_condition(const char *path, int number, const char *code)
{
    const char *at = code + strspn(code, " \t");
    if (*at != '#') return;
    at += 1 + strspn(at + 1, " \t");
    bool is_if = strncmp(at, "if", 2) == 0 && !isalnum((unsigned char)at[2]);
    is_if = is_if || strncmp(at, "ifdef", 5) == 0 || strncmp(at, "elif", 4) == 0;
    if (!is_if || strncmp(path, "src/", 4) != 0) return;
    if (strncmp(path, "src/base/", 9) == 0 || strncmp(path, "src/db/", 7) == 0) return;
    problem(path, number, "#if is for base/ and db/; make it two files", "");
}

static bool is_excused(const char *path, const char *line)
{
    for (size_t i = 0; i < sizeof(excused) / sizeof(excused[0]); i++) {
        bool is_path = strncmp(path, excused[i].path, strlen(excused[i].path)) == 0;
        if (is_path && strstr(line, excused[i].part)) return true;
    }
    return false;
}

/* Cuts at everything that is no ASCII letter: customer.region and CUSTOMER_MAX hold the word. */
static bool has_app_word(const char *line, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = line; *at; at++) {
        if (!isalpha((unsigned char)*at) || (at > line && isalpha((unsigned char)at[-1]))) continue;
        if (strncasecmp(at, word, size) == 0 && !isalpha((unsigned char)at[size])) return true;
    }
    return false;
}

static void check_words(const char *path, int number, const char *line)
{
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (word_find(line, marks[i])) problem(path, number, "unfinished: ", marks[i]);
    }
    if (strncmp(path, "src/", 4) != 0 || strstr(path, "_test.")) return;
    if (is_excused(path, line)) return;
    for (size_t i = 0; i < sizeof(app_words) / sizeof(app_words[0]); i++) {
        if (has_app_word(line, app_words[i])) {
            problem(path, number, "a word of the sales app: ", app_words[i]);
        }
    }
    for (size_t i = 0; i < sizeof(app_texts) / sizeof(app_texts[0]); i++) {
        if (strstr(line, app_texts[i])) {
            problem(path, number, "a word of the sales app: ", app_texts[i]);
        }
    }
    for (size_t i = 0; i < sizeof(app_words_zh) / sizeof(app_words_zh[0]); i++) {
        if (strstr(line, app_words_zh[i])) {
            problem(path, number, "a word of the sales app: ", app_words_zh[i]);
        }
    }
}

/* The key stands on the line of the call or on one of the two that follow. */
static void check_keys(const char *path, int number, const char *line, int *lines_left)
{
    if (strncmp(path, "src/", 4) != 0 || strstr(path, "_test.") || key_count == 0) return;
    if (word_find(line, "error_set") || word_find(line, "error_add")) *lines_left = 3;
    if (*lines_left == 0) return;
    *lines_left -= 1;
    const char *quote = strchr(line, '"');
    if (!quote) return;
    char key[64] = "";
    int end = 0;
    if (sscanf(quote, "\"%63[a-z_0-9.]\"%n", key, &end) != 1 || end == 0) return;
    if (!strchr(key, '.')) return;
    *lines_left = 0;
    for (int i = 0; i < key_count; i++) {
        if (strcmp(keys[i], key) == 0) return;
    }
    problem(path, number, "base/message.c has no row for ", key);
}

static void check_width(const char *path, int number, const char *line)
{
    long columns = 0;
    for (const char *c = line; *c && *c != '\n'; c++) columns += ((unsigned char)*c & 0xc0) != 0x80;
    if (columns > COLUMNS_MAX) problem(path, number, "line is wider than 100", "");
    size_t size = strcspn(line, "\n");
    if (size > 0 && (line[size - 1] == ' ' || line[size - 1] == '\t')) {
        problem(path, number, "blank at the end of the line", "");
    }
    if (strchr(line, '\t')) problem(path, number, "tab", "");
}

/* The line without comments, and without what stands in strings and character constants. */
static void code_of(const char *line, bool *is_in_comment, char *out)
{
    char quote = 0;
    for (const char *c = line; *c; c++) {
        if (*is_in_comment) {
            if (c[0] == '*' && c[1] == '/') *is_in_comment = false, c++;
            continue;
        }
        if (quote) {
            if (*c == '\\' && c[1]) c++;
            else if (*c == quote) *out++ = *c, quote = 0;
            continue;
        }
        if (c[0] == '/' && c[1] == '*') {
            *is_in_comment = true;
            c++;
            continue;
        }
        if (c[0] == '/' && c[1] == '/') break;
        if (*c == '"' || *c == '\'') quote = *c;
        *out++ = *c;
    }
    *out = 0;
}

struct function {
    char name[NAME_SIZE]; /* of the last line at column 0 that may head a function */
    int start;            /* 0: outside */
};

static void function_line(const char *path, int number, const char *line, struct function *function)
{
    if (isalpha((unsigned char)line[0])) {
        /* A test is known by what stands in the brackets of TEST(). */
        size_t head = strcspn(line, strncmp(line, "TEST(", 5) == 0 ? ")" : "(=;{\n");
        size_t start = head;
        while (start > 0 && is_word_char(line[start - 1])) start -= 1;
        snprintf(function->name, sizeof(function->name), "%.*s", (int)(head - start), line + start);
    }
    if (strcmp(line, "{\n") == 0) function->start = number;
    if (strcmp(line, "}\n") != 0 || function->start == 0) return;
    long length = number - function->start - 1;
    char name[NAME_SIZE * 2];
    snprintf(name, sizeof(name), "%s:%d %s", path, function->start, function->name);
    board_add(&functions, name, length);
    function_total += 1;
    if (length > FUNCTION_LINES_MAX) {
        problem(path, function->start, "function is longer than 70 lines: ", function->name);
    }
    function->start = 0;
}

static void check_file(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        problem(path, 0, "cannot be read", "");
        return;
    }
    char line[8192], code[8192];
    struct function function = { "", 0 };
    bool is_in_comment = false;
    int number = 0, key_lines_left = 0;
    while (fgets(line, sizeof(line), file)) {
        number += 1;
        code_of(line, &is_in_comment, code);
        check_width(path, number, line);
        check_include(path, number, line);
        check_calls(path, number, code);
        check_condition(path, number, code);
        check_words(path, number, line);
        check_keys(path, number, line, &key_lines_left);
        function_line(path, number, line, &function);
    }
    fclose(file);
    line_total += number;
    board_add(&sizes, path, number);
    /* message.c is one table; cutting it would only hide where a sentence stands. */
    bool is_table = strcmp(path, "src/base/message.c") == 0;
    if (number > FILE_LINES_MAX && !is_table) {
        problem(path, number, "file is longer than 1000 lines", "");
    }
}

/* Names like "rules.c" or "base/str.h" in a room's README must be files of the tree. */
static void check_named_file(const char *readme, int number, const char *room, const char *name)
{
    char path[4][NAME_SIZE * 2];
    snprintf(path[0], sizeof(path[0]), "src/%s/%s", room, name);
    snprintf(path[1], sizeof(path[1]), "src/%s", name);
    snprintf(path[2], sizeof(path[2]), "%s", name);
    snprintf(path[3], sizeof(path[3]), "tools/%s", name);
    for (int i = 0; i < 4; i++) {
        if (access(path[i], R_OK) == 0) return;
    }
    problem(readme, number, "names a file that is not there: ", name);
}

static void check_readme(const char *room)
{
    char path[NAME_SIZE], line[4096], name[NAME_SIZE];
    snprintf(path, sizeof(path), "src/%s/README.md", room);
    FILE *file = fopen(path, "r");
    if (!file) {
        problem(path, 1, "a room has a README.md (the template is in CONTRIBUTING.md)", "");
        return;
    }
    for (int number = 1; fgets(line, sizeof(line), file); number++) {
        for (char *c = line; *c;) {
            size_t size = strspn(c, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "0123456789_-./<>*{}");
            if (size == 0) {
                c++;
                continue;
            }
            snprintf(name, sizeof(name), "%.*s", (int)size, c);
            c += size;
            while (ends_with(name, ".")) name[strlen(name) - 1] = 0;
            bool is_pattern = strpbrk(name, "<>*{}") != NULL;
            bool is_file = strlen(name) > 2 && (ends_with(name, ".c") || ends_with(name, ".h"));
            if (is_file && !is_pattern) check_named_file(path, number, room, name);
        }
    }
    fclose(file);
}

static void check_rooms(int argc, char **argv)
{
    char last[32] = "", room[32];
    for (int i = 2; i < argc; i++) {
        if (strncmp(argv[i], "src/", 4) != 0) continue;
        room_of(argv[i], room, sizeof(room));
        if (strcmp(room, last) == 0) continue; /* files come sorted */
        snprintf(last, sizeof(last), "%s", room);
        check_readme(room);
    }
}

static void boards_print(int file_count)
{
    struct board includes = { 0 };
    for (int i = 0; i < header_count; i++) board_add(&includes, headers[i].name, headers[i].count);
    printf("%d files, %ld lines, %ld functions\n", file_count, line_total, function_total);
    board_print("most included headers", &includes, 5);
    board_print("longest functions (lines)", &functions, BOARD_SIZE);
    board_print("longest files (lines)", &sizes, BOARD_SIZE);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: tidy LAYERS FILE...\n");
        return 2;
    }
    char *problem_text = NULL;
    size_t problem_size = 0;
    problems = open_memstream(&problem_text, &problem_size);
    if (!problems) return 2;
    layers_read(argv[1]);
    keys_read("src/base/message.c");
    int failed = 0, checked = argc - 2;
    for (int i = 2; i < argc; i++) {
        long before = problem_count;
        check_file(argv[i]);
        failed += problem_count > before;
    }
    long before = problem_count;
    check_rooms(argc, argv);
    fclose(problems);
    boards_print(checked);
    fputs(problem_text, stdout);
    free(problem_text);
    if (problem_count > before) {
        failed += 1;
        checked += 1;
    }
    printf("%d passed, %d failed\n", checked - failed, failed);
    return failed > 0;
}
