#include "http/multipart.h"

#include "base/buf.h"
#include "tests/test.h"

#define TYPE STR("multipart/form-data; boundary=xX")
#define DISPOSITION "Content-Disposition: form-data; name=\"a\""

static enum error_code verdict(struct str content_type, struct str body)
{
    struct scope scope;
    struct multipart form;
    scope_begin(&scope);
    bool ok = multipart_read(&scope, content_type, body, &form);
    enum error_code code = scope.error.code;
    CHECK_INT(ok, code == ERROR_NONE);
    scope_end(&scope);
    return code;
}

TEST(multipart_reads_fields_and_files)
{
    struct scope scope;
    struct multipart form;
    scope_begin(&scope);
    struct str body = STR("--xX\r\n" DISPOSITION "\r\n\r\nvalue\r\n--x\r\n"
                          "--xX\r\ncontent-disposition: form-data; filename=\"C:\\dir\\a%22.csv\"; "
               "name=file\r\nContent-Type: text/csv\r\n\r\n1,2\r\n\0\r\n"
               "--xX\r\nContent-Disposition: form-data; name=\"none\"; filename=\"\"\r\n"
               "Content-Type: application/octet-stream\r\n\r\n\r\n"
               "--xX\r\nContent-Disposition: form-data; name=\"cn\"; filename=\"x\"; "
               "filename*=UTF-8''%e5%90%88%20.csv\r\n\r\n\r\n--xX--\r\n");
    CHECK(multipart_read(&scope, STR("Multipart/Form-Data; charset=x; boundary=\"xX\""), body,
                         &form));
    CHECK_INT(form.part_count, 4);
    CHECK_STR(form.parts[0].body, "value\r\n--x");
    CHECK(!form.parts[0].has_filename);
    const struct multipart_part *file = multipart_get(&form, "file");
    CHECK(file != NULL && file->has_filename);
    CHECK_STR(file->filename, "a\".csv");
    CHECK_STR(file->content_type, "text/csv");
    CHECK_INT(file->body.size, 6);
    CHECK(multipart_get(&form, "none")->has_filename);
    CHECK_INT(multipart_get(&form, "none")->body.size, 0);
    CHECK_STR(multipart_get(&form, "cn")->filename, "\xe5\x90\x88 .csv");
    CHECK(multipart_get(&form, "absent") == NULL);
    scope_end(&scope);
}

TEST(multipart_refuses_what_is_odd)
{
    CHECK_INT(verdict(TYPE, STR("--xX--\r\n")), ERROR_NONE);
    CHECK_INT(verdict(STR("application/json"), STR("{}")), ERROR_MALFORMED);
    CHECK_INT(verdict(STR(""), STR("")), ERROR_MALFORMED);
    CHECK_INT(verdict(STR("multipart/form-data"), STR("--xX--")), ERROR_MALFORMED);
    CHECK_INT(verdict(STR("multipart/form-data; boundary="), STR("----")), ERROR_MALFORMED);
    CHECK_INT(verdict(STR("multipart/form-data; boundary=a; boundary=b"), STR("--a--")),
              ERROR_MALFORMED);
    CHECK_INT(verdict(STR("multipart/form-data; boundary=\"a"), STR("--a--")), ERROR_MALFORMED);
    CHECK_INT(verdict(TYPE, STR("")), ERROR_MALFORMED);
    CHECK_INT(verdict(TYPE, STR("preamble\r\n--xX--")), ERROR_MALFORMED);
    CHECK_INT(verdict(TYPE, STR("--xX--epilogue")), ERROR_MALFORMED);
    /* A line in a body that begins like a delimiter: who is to say where the part ends? */
    CHECK_INT(verdict(TYPE, STR("--xX\r\n" DISPOSITION "\r\n\r\nv\r\n--xXy\r\n\r\n--xX--")),
              ERROR_MALFORMED);
    CHECK_INT(verdict(TYPE, STR("--xX\n" DISPOSITION "\n\nv\n--xX--")), ERROR_MALFORMED);
    CHECK_INT(verdict(TYPE, STR("--xX\r\n" DISPOSITION "\r\n\r\nv")), ERROR_MALFORMED);
    CHECK_INT(verdict(TYPE, STR("--xX\r\n" DISPOSITION "\r\n\r\nv\r\n--xX")), ERROR_MALFORMED);
    CHECK_INT(verdict(TYPE, STR("--xX\r\n" DISPOSITION "\r\n\r\nv\r\n--xX\r\n")), ERROR_MALFORMED);
    CHECK_INT(verdict(TYPE, STR("--xX\r\n\r\nv\r\n--xX--")), ERROR_MALFORMED);
    CHECK_INT(verdict(TYPE, STR("--xX\r\nContent-Type: a/b\r\n\r\nv\r\n--xX--")), ERROR_MALFORMED);
    CHECK_INT(verdict(TYPE, STR("--xX\r\nContent-Disposition: form-data\r\n\r\nv\r\n--xX--")),
              ERROR_MALFORMED);
    CHECK_INT(verdict(TYPE, STR("--xX\r\nContent-Disposition: file; name=a\r\n\r\nv\r\n--xX--")),
              ERROR_MALFORMED);
    CHECK_INT(verdict(TYPE, STR("--xX\r\n" DISPOSITION "; name=b\r\n\r\nv\r\n--xX--")),
              ERROR_MALFORMED);
    CHECK_INT(verdict(TYPE, STR("--xX\r\n" DISPOSITION "; filename=\"\xff\"\r\n\r\nv\r\n--xX--")),
              ERROR_MALFORMED);
    CHECK_INT(verdict(TYPE, STR("--xX\r\n" DISPOSITION "; filename=\"a\x01\"\r\n\r\nv\r\n--xX--")),
              ERROR_MALFORMED);
    CHECK_INT(verdict(TYPE, STR("--xX\r\n" DISPOSITION "; filename*=UTF-8''%00\r\n"
                                "\r\nv\r\n--xX--")),
              ERROR_MALFORMED);
    CHECK_INT(verdict(TYPE, STR("--xX\r\n" DISPOSITION "\r\nContent-Transfer-Encoding: base64\r\n"
                                "\r\nv\r\n--xX--")),
              ERROR_MALFORMED);
}

TEST(multipart_bounds_the_number_of_parts)
{
    struct scope scope;
    struct buf body;
    scope_begin(&scope);
    buf_begin(&body, &scope, 10000);
    for (int i = 0; i <= MULTIPART_PART_COUNT_MAX; i++) {
        buf_put(&body, STR("--xX\r\n" DISPOSITION "\r\n\r\nv\r\n"));
        size_t size = body.size;
        buf_put(&body, STR("--xX--"));
        CHECK_INT(verdict(TYPE, buf_str(&body)),
                  i < MULTIPART_PART_COUNT_MAX ? ERROR_NONE : ERROR_TOO_LARGE);
        buf_cut(&body, size);
    }
    scope_end(&scope);
}
