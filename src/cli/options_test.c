#include <stdlib.h>

#include "cli/cli.h"
#include "tests/test.h"

static const struct flag own_flags[] = { { "name", "NAME" }, { "force", NULL }, { NULL, NULL } };
static const struct command command = {
    .name = "try", .usage = "FILE", .argument_count_max = 2, .flags = own_flags,
};

struct trial {
    struct scope scope;
    struct cli *cli;
};

/* Words separated by blanks. */
static bool trial_read(struct trial *trial, const char *line)
{
    char *words[16];
    int count = 0;
    scope_begin(&trial->scope);
    trial->cli = scope_new(&trial->scope, struct cli, 1);
    trial->cli->scope = &trial->scope;
    trial->cli->command = &command;
    struct str rest = str_of(line), word;
    while (rest.size > 0 && str_split(&rest, ' ', &word)) {
        words[count++] = (char *)(uintptr_t)scope_copy(&trial->scope, word).data;
    }
    return options_read(trial->cli, count, words);
}

static const char *trial_error(const char *line)
{
    static char key[64];
    struct trial trial;
    bool ok = trial_read(&trial, line);
    snprintf(key, sizeof(key), "%s", ok ? "" : trial.scope.error.first->key);
    scope_end(&trial.scope);
    return key;
}

TEST(options_take_flags_in_both_forms)
{
    struct trial trial;
    CHECK(trial_read(&trial, "one --name=x --force --data /d two"));
    CHECK_INT(trial.cli->argument_count, 2);
    CHECK_STR(trial.cli->arguments[1], "two");
    CHECK_STR(cli_value(trial.cli, "name"), "x");
    CHECK_STR(cli_value(trial.cli, "data"), "/d");
    CHECK(cli_is_set(trial.cli, "force"));
    CHECK(!cli_is_set(trial.cli, "test-mode"));
    scope_end(&trial.scope);
    CHECK(trial_read(&trial, "--name a --name b -- --force"));
    struct str value;
    CHECK_STR(cli_value(trial.cli, "name"), "b");
    CHECK(cli_value_at(trial.cli, "name", 0, &value) && str_is(value, "a"));
    CHECK(!cli_value_at(trial.cli, "name", 2, &value));
    CHECK_STR(trial.cli->arguments[0], "--force");
    scope_end(&trial.scope);
}

TEST(options_refuse_what_they_do_not_know)
{
    CHECK_STR(str_of(trial_error("--nmae x")), "cli.flag_unknown_near");
    CHECK_STR(str_of(trial_error("--zzzzzzzz")), "cli.flag_unknown");
    CHECK_STR(str_of(trial_error("-x")), "cli.flag_unknown");
    CHECK_STR(str_of(trial_error("--name")), "cli.flag_value");
    CHECK_STR(str_of(trial_error("--name=")), "cli.flag_value");
    CHECK_STR(str_of(trial_error("--force=1")), "cli.flag_switch");
    CHECK_STR(str_of(trial_error("--admin-password x")), "cli.flag_secret");
    CHECK_STR(str_of(trial_error("a b c")), "cli.argument_surplus");
    CHECK_STR(str_of(trial_error("--config /no/such/file")), "cli.config_unreadable");
}

TEST(options_flags_win_over_the_environment)
{
    struct trial trial;
    setenv("LEADLINE_DATA", "/from-environment", 1);
    CHECK(trial_read(&trial, "a"));
    CHECK_STR(cli_value(trial.cli, "data"), "/from-environment");
    scope_end(&trial.scope);
    CHECK(trial_read(&trial, "a --data /from-flag"));
    CHECK_STR(cli_value(trial.cli, "data"), "/from-flag");
    scope_end(&trial.scope);
    unsetenv("LEADLINE_DATA");
}

TEST(nearest_finds_slips_and_nothing_else)
{
    static const char *const names[] = { "serve", "init", "user add", "backup" };
    CHECK_STR(str_of(cli_nearest(STR("serv"), names, 4)), "serve");
    CHECK_STR(str_of(cli_nearest(STR("srever"), names, 4)), "serve");
    CHECK_STR(str_of(cli_nearest(STR("inti"), names, 4)), "init");
    CHECK_STR(str_of(cli_nearest(STR("back"), names, 4)), "backup");
    CHECK(cli_nearest(STR("export"), names, 4) == NULL);
    CHECK(cli_nearest(STR(""), names, 4) == NULL);
}
