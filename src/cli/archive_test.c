#include "cli/archive.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/test.h"

enum { BLOCK = 512 };

struct place {
    struct scope scope;
    struct str folder, archive;
};

static void begin(struct place *place)
{
    scope_begin(&place->scope);
    const char *temporary = getenv("TMPDIR");
    char *folder = scope_alloc(&place->scope, 256);
    snprintf(folder, 256, "%s/archive-XXXXXX", temporary ? temporary : "/tmp");
    CHECK(mkdtemp(folder) != NULL);
    place->folder = str_of(folder);
    place->archive = scope_format(&place->scope, "%s/a.tar", folder);
}

static struct str path_in(struct place *place, const char *name)
{
    return scope_format(&place->scope, "%s/%s", place->folder.data, name);
}

static void end(struct place *place)
{
    static const char *const names[] = { "out/deep/b", "out/a", "out/deep", "out",
                                         "a",          "b",     "a.tar" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        remove(path_in(place, names[i]).data);
    }
    rmdir(place->folder.data);
    scope_end(&place->scope);
}

static void file_put(struct str path, struct str text)
{
    FILE *file = fopen(path.data, "wb");
    CHECK(file && fwrite(text.data, 1, text.size, file) == text.size);
    if (file) fclose(file);
}

static struct str file_get(struct place *place, struct str path)
{
    char *text = scope_alloc(&place->scope, 4096);
    FILE *file = fopen(path.data, "rb");
    size_t size = file ? fread(text, 1, 4095, file) : 0;
    if (file) fclose(file);
    return (struct str){ text, size };
}

static bool unpack(struct place *place)
{
    struct str out = path_in(place, "out");
    FILE *file = fopen(place->archive.data, "rb");
    scope_error_clear(&place->scope);
    bool ok = file && archive_unpack(&place->scope, file, out);
    if (file) fclose(file);
    return ok;
}

static void pack(struct place *place, const char *second)
{
    FILE *file = fopen(place->archive.data, "wb");
    file_put(path_in(place, "a"), STR("first"));
    char text[BLOCK] = { 0 };
    memset(text, 'x', sizeof(text)); /* exactly one block */
    file_put(path_in(place, "b"), (struct str){ text, sizeof(text) });
    CHECK(archive_add(&place->scope, file, STR("a"), path_in(place, "a")));
    CHECK(archive_add(&place->scope, file, str_of(second), path_in(place, "b")));
    CHECK(archive_end(&place->scope, file));
    fclose(file);
    CHECK(mkdir(path_in(place, "out").data, 0700) == 0);
}

/* One byte of the archive is another one. */
static void spoil(struct place *place, long at, char byte)
{
    FILE *file = fopen(place->archive.data, "rb+");
    CHECK(file && fseek(file, at, SEEK_SET) == 0 && fputc(byte, file) != EOF);
    if (file) fclose(file);
}

TEST(archive_gives_back_what_went_in)
{
    struct place place;
    begin(&place);
    pack(&place, "deep/b");
    CHECK(unpack(&place));
    CHECK_STR(file_get(&place, path_in(&place, "out/a")), "first");
    CHECK_INT(file_get(&place, path_in(&place, "out/deep/b")).size, BLOCK);
    /* What is there already is not written over. */
    CHECK(!unpack(&place));
    end(&place);
}

TEST(archive_refuses_names_that_lead_out)
{
    static const char *const names[] = { "/b", "../b", "deep/../../b", "a/./b", "deep//b" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct place place;
        begin(&place);
        pack(&place, names[i]);
        CHECK(!unpack(&place));
        CHECK_STR(str_of(place.scope.error.first->key), "archive.malformed");
        end(&place);
    }
}

TEST(archive_refuses_what_is_damaged)
{
    static const struct {
        long at;
        char byte;
    } cases[] = {
        { 0, 'z' },   /* the name, so the sum is wrong */
        { 148, '7' }, /* the sum itself */
        { 156, '2' }, /* a link */
        { 124, '9' }, /* a size that is no number */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct place place;
        begin(&place);
        pack(&place, "b");
        spoil(&place, cases[i].at, cases[i].byte);
        CHECK(!unpack(&place));
        end(&place);
    }
    struct place place;
    begin(&place);
    pack(&place, "b");
    CHECK(truncate(place.archive.data, 3 * BLOCK + 10) == 0);
    CHECK(!unpack(&place));
    end(&place);
}
