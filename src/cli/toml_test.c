#include "cli/toml.h"

#include "tests/test.h"

static struct scope scope;

static int read_count(const char *text, struct toml_entry **entries)
{
    int count = 0;
    scope_error_clear(&scope);
    return toml_read(&scope, str_of(text), entries, &count) ? count : -1;
}

TEST(toml_reads_what_settings_need)
{
    struct toml_entry *entries;
    scope_begin(&scope);
    int count = read_count("# a comment\r\n"
                           "[server]\n"
                           "listen = \"127.0.0.1:80\" # behind it\n"
                           "  data='C:\\raw'\n"
                           "test-mode = true\n"
                           "quiet = false\n"
                           "[a.b]\n"
                           "workers = -12\n"
                           "text = \"tab\\t \\\"quoted\\\" \\u4e2d # no comment\"\n",
                           &entries);
    CHECK_INT(count, 6);
    CHECK_STR(entries[0].name, "listen");
    CHECK_STR(entries[0].value, "127.0.0.1:80");
    CHECK_INT(entries[0].line, 3);
    CHECK_STR(entries[1].value, "C:\\raw");
    CHECK_STR(entries[2].value, "1");
    CHECK_STR(entries[3].value, "");
    CHECK_STR(entries[4].value, "-12");
    CHECK_STR(entries[5].value, "tab\t \"quoted\" \xe4\xb8\xad # no comment");
    CHECK_INT(read_count("", &entries), 0);
    scope_end(&scope);
}

TEST(toml_refuses_and_names_the_line)
{
    static const struct {
        const char *text, *key;
    } cases[] = {
        { "a\n", "toml.not_assignment" },
        { "= 1\n", "toml.not_assignment" },
        { "a b = 1\n", "toml.not_assignment" },
        { "a =\n", "toml.bad_value" },
        { "a = yes\n", "toml.bad_value" },
        { "a = 1.5\n", "toml.bad_value" },
        { "a = 1 2\n", "toml.bad_value" },
        { "a = \"open\n", "toml.bad_value" },
        { "a = \"x\" y\n", "toml.bad_value" },
        { "a = \"\\q\"\n", "toml.bad_value" },
        { "a = \"\\ud800\"\n", "toml.bad_value" },
        { "a = \"\\u12\"\n", "toml.bad_value" },
        { "a = 99999999999999999999\n", "toml.bad_value" },
        { "a = [1]\n", "toml.bad_value" },
        { "[a\n", "toml.bad_section" },
        { "[]\n", "toml.bad_section" },
        { "[a] b\n", "toml.bad_section" },
        { "a = 1\na = 2\n", "toml.twice" },
        { "a = \"\xff\"\n", "toml.not_utf8" },
    };
    scope_begin(&scope);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct toml_entry *entries;
        CHECK_INT(read_count(cases[i].text, &entries), -1);
        CHECK_STR(str_of(scope.error.first->key), cases[i].key);
    }
    struct toml_entry *entries;
    CHECK_INT(read_count("a = 1\n\n# x\nb ? 2\n", &entries), -1);
    CHECK_STR(scope.error.first->args[0].value, "4");
    scope_end(&scope);
}
