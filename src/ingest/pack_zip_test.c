#include "ingest/pack_zip.h"

#include "tests/test.h"

static void fill(struct scope *scope, struct pack *pack)
{
    pack_begin(scope, pack);
    CHECK(pack_file_put(scope, pack, STR("pack.json"),
                        STR("{\"name\":\"demo\",\"version\":\"1.0\"}")));
    CHECK(pack_file_put(scope, pack, STR("lists/a%2f..%2fb.json"), STR("{\"items\":[\"词\"]}")));
    CHECK(pack_file_put(scope, pack, STR("README.md"), STR("words")));
    CHECK(pack_end(scope, pack));
}

TEST(pack_zip_reads_what_it_writes)
{
    struct scope scope;
    struct pack pack, back;
    struct str once, twice;
    scope_begin(&scope);
    fill(&scope, &pack);
    CHECK(pack_zip_write(&scope, &pack, &once) && pack_zip_read(&scope, once, &back));
    CHECK_INT(back.part_count, 1);
    CHECK_STR(back.parts[0].name, "a/../b");
    CHECK_STR(back.version, "1.0");
    CHECK(pack_zip_write(&scope, &back, &twice) && str_equal(once, twice));
    scope_end(&scope);
}

TEST(pack_zip_refuses_what_is_none)
{
    struct scope scope;
    struct pack pack, out;
    struct str zip;
    scope_begin(&scope);
    CHECK(!pack_zip_read(&scope, STR("not a zip at all"), &out));
    CHECK_STR(str_of(scope.error.first->key), "pack.zip");
    scope_error_clear(&scope);
    fill(&scope, &pack);
    CHECK(pack_zip_write(&scope, &pack, &zip));
    /* A byte of a file is not what it was: its checksum says so. */
    struct str copy = scope_copy(&scope, zip);
    size_t at = str_find(copy, STR("demo"));
    ((char *)(uintptr_t)copy.data)[at] = 'D';
    CHECK(!pack_zip_read(&scope, copy, &out));
    scope_error_clear(&scope);
    CHECK(!pack_zip_read(&scope, str_slice(zip, 0, zip.size / 2), &out));
    scope_end(&scope);
}
