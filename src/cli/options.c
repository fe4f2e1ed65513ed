/*
 * Settings: the options every command knows, wherever they were given. A flag
 * wins over the environment, that over the configuration file.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "cli/toml.h"

enum { CONFIG_SIZE_MAX = 64 * 1024, ENV_SIZE_MAX = 64 };

const struct flag cli_common_flags[] = {
    { "data", "DIR" },   { "db", "URL" },          { "listen", "ADDR:PORT" }, { "config", "FILE" },
    { "clock", "TIME" }, { "test-mode", NULL },    { "help", NULL },
    { "webhook-allow", "NETWORKS" },               { NULL, NULL },
};
/* Never as a flag: a command line can be seen by everybody on the machine. */
static const char *const secrets[] = { "admin-password", "user-password" };
enum { SECRET_COUNT = sizeof(secrets) / sizeof(secrets[0]) };

static const struct flag *flag_in(const struct flag *flags, struct str name)
{
    for (const struct flag *flag = flags; flag && flag->name; flag++) {
        if (str_is(name, flag->name)) return flag;
    }
    return NULL;
}

static bool is_secret(struct str name)
{
    for (int i = 0; i < SECRET_COUNT; i++) {
        if (str_is(name, secrets[i])) return true;
    }
    return false;
}

/* "admin-password" -> "LEADLINE_ADMIN_PASSWORD" */
static void env_name(const char *name, char out[ENV_SIZE_MAX])
{
    int size = snprintf(out, ENV_SIZE_MAX, "LEADLINE_%s", name);
    for (int i = 0; i < size && i < ENV_SIZE_MAX; i++) {
        if (out[i] == '-') out[i] = '_';
        if (out[i] >= 'a' && out[i] <= 'z') out[i] = (char)(out[i] - 'a' + 'A');
    }
}

static struct str from_environment(const char *name)
{
    char variable[ENV_SIZE_MAX];
    env_name(name, variable);
    return str_of(getenv(variable));
}

/* ---- asking ---- */

struct str cli_value(const struct cli *cli, const char *name)
{
    for (int i = cli->given_count - 1; i >= 0; i--) {
        if (strcmp(cli->given[i].name, name) == 0) return cli->given[i].value;
    }
    bool is_setting = flag_in(cli_common_flags, str_of(name)) || is_secret(str_of(name));
    struct str value = is_setting ? from_environment(name) : STR("");
    if (value.size > 0) return value;
    for (int i = 0; i < cli->from_file_count; i++) {
        if (strcmp(cli->from_file[i].name, name) == 0) return cli->from_file[i].value;
    }
    return STR("");
}

bool cli_is_set(const struct cli *cli, const char *name)
{
    struct str value = cli_value(cli, name);
    return value.size > 0 && !str_is(value, "0") && !str_is(value, "false");
}

bool cli_value_at(const struct cli *cli, const char *name, int index, struct str *out)
{
    for (int i = 0; i < cli->given_count; i++) {
        if (strcmp(cli->given[i].name, name) != 0 || index-- > 0) continue;
        *out = cli->given[i].value;
        return true;
    }
    return false;
}

bool cli_need(struct cli *cli, const char *name, struct str *out)
{
    *out = cli_value(cli, name);
    if (out->size > 0) return true;
    error_set(cli->scope, ERROR_INVALID, "cli.flag_missing", STR(""));
    return error_arg(cli->scope, "flag", scope_format(cli->scope, "--%s", name));
}

/* ---- the words of the command line ---- */

static bool flag_unknown(struct cli *cli, struct str name)
{
    const char *names[CLI_GIVEN_COUNT_MAX];
    int count = 0;
    for (const struct flag *flag = cli->command->flags; flag && flag->name; flag++) {
        if (count < CLI_GIVEN_COUNT_MAX) names[count++] = flag->name;
    }
    for (const struct flag *flag = cli_common_flags; flag->name; flag++) {
        if (count < CLI_GIVEN_COUNT_MAX) names[count++] = flag->name;
    }
    const char *near = cli_nearest(name, names, count);
    error_set(cli->scope, ERROR_INVALID, near ? "cli.flag_unknown_near" : "cli.flag_unknown",
              STR(""));
    error_arg(cli->scope, "flag", scope_format(cli->scope, "--%.*s", STR_ARG(name)));
    error_arg(cli->scope, "command", str_of(cli->command->name));
    if (near) error_arg(cli->scope, "near", scope_format(cli->scope, "--%s", near));
    return false;
}

static bool flag_refuse(struct cli *cli, const char *key, struct str name)
{
    error_set(cli->scope, ERROR_INVALID, key, STR(""));
    return error_arg(cli->scope, "flag", scope_format(cli->scope, "--%.*s", STR_ARG(name)));
}

static bool secret_refuse(struct cli *cli, struct str name)
{
    char variable[ENV_SIZE_MAX];
    env_name(scope_copy(cli->scope, name).data, variable);
    flag_refuse(cli, "cli.flag_secret", name);
    return error_arg(cli->scope, "variable", str_of(variable));
}

/* --name=value, --name value, --switch; *at stands on the word and moves over the value. */
static bool flag_take(struct cli *cli, int word_count, char **words, int *at)
{
    struct str word = str_of(words[*at]);
    struct str name = str_slice(word, 2, word.size);
    size_t equals = str_find(name, STR("="));
    bool has_value = equals != SIZE_MAX;
    struct str value = has_value ? str_slice(name, equals + 1, name.size) : STR("1");
    if (has_value) name = str_slice(name, 0, equals);
    if (is_secret(name)) return secret_refuse(cli, name);
    const struct flag *flag = flag_in(cli->command->flags, name);
    if (!flag) flag = flag_in(cli_common_flags, name);
    if (!flag) return flag_unknown(cli, name);
    if (!flag->value && has_value) return flag_refuse(cli, "cli.flag_switch", name);
    if (flag->value && !has_value) {
        if (*at + 1 >= word_count) return flag_refuse(cli, "cli.flag_value", name);
        value = str_of(words[++*at]);
    }
    if (flag->value && value.size == 0) return flag_refuse(cli, "cli.flag_value", name);
    if (cli->given_count == CLI_GIVEN_COUNT_MAX) {
        return error_set(cli->scope, ERROR_INVALID, "cli.too_many_words", STR(""));
    }
    cli->given[cli->given_count++] =
        (struct given){ flag->name, scope_copy(cli->scope, value) };
    return true;
}

static bool words_read(struct cli *cli, int word_count, char **words)
{
    bool is_rest = false; /* behind "--" nothing is a flag */
    for (int i = 0; i < word_count; i++) {
        struct str word = str_of(words[i]);
        if (!is_rest && str_is(word, "--")) {
            is_rest = true;
        } else if (!is_rest && str_is(word, "-h")) {
            cli->given[cli->given_count++] = (struct given){ "help", STR("1") };
            return true;
        } else if (!is_rest && str_starts_with(word, STR("--"))) {
            if (!flag_take(cli, word_count, words, &i)) return false;
        } else if (!is_rest && word.size > 1 && word.data[0] == '-') {
            return flag_unknown(cli, str_slice(word, 1, word.size));
        } else if (cli->argument_count == CLI_ARGUMENT_COUNT_MAX) {
            return error_set(cli->scope, ERROR_INVALID, "cli.too_many_words", STR(""));
        } else {
            cli->arguments[cli->argument_count++] = scope_copy(cli->scope, word);
        }
    }
    return true;
}

static bool arguments_check(struct cli *cli)
{
    bool is_missing = cli->argument_count < cli->command->argument_count_min;
    bool is_surplus = cli->argument_count > cli->command->argument_count_max;
    if (cli_is_set(cli, "help") || (!is_missing && !is_surplus)) return true;
    error_set(cli->scope, ERROR_INVALID,
              is_missing ? "cli.argument_missing" : "cli.argument_surplus", STR(""));
    error_arg(cli->scope, "usage",
              scope_format(cli->scope, "leadline %s %s", cli->command->name,
                           cli->command->usage));
    if (is_surplus) {
        error_arg(cli->scope, "word", cli->arguments[cli->command->argument_count_max]);
    }
    return false;
}

/* ---- the configuration file ---- */

static bool file_text(struct cli *cli, struct str path, struct str *out)
{
    FILE *file = fopen(path.data, "rb");
    char *text = scope_alloc(cli->scope, CONFIG_SIZE_MAX);
    size_t size = file ? fread(text, 1, CONFIG_SIZE_MAX, file) : 0;
    bool is_good = file && !ferror(file) && size < CONFIG_SIZE_MAX;
    if (file) fclose(file);
    *out = (struct str){ text, size };
    if (is_good) return true;
    error_set(cli->scope, ERROR_INVALID, "cli.config_unreadable", STR(""));
    return error_arg(cli->scope, "file", path);
}

/* The static name of a setting by its name in a file (test_mode or test-mode), or NULL. */
static const char *setting_name(struct str name, const char *const *names, int count)
{
    for (int i = 0; i < count; i++) {
        struct str known = str_of(names[i]);
        bool is_same = known.size == name.size;
        for (size_t k = 0; is_same && k < name.size; k++) {
            char byte = name.data[k] == '_' ? '-' : name.data[k];
            is_same = byte == known.data[k];
        }
        if (is_same) return names[i];
    }
    return NULL;
}

static int setting_names(const char **names)
{
    int count = 0;
    for (const struct flag *flag = cli_common_flags; flag->name; flag++) {
        bool is_for_files = strcmp(flag->name, "help") != 0 && strcmp(flag->name, "config") != 0;
        if (is_for_files) names[count++] = flag->name;
    }
    for (int i = 0; i < SECRET_COUNT; i++) names[count++] = secrets[i];
    return count;
}

static bool setting_unknown(struct cli *cli, struct str path, const struct toml_entry *entry,
                            const char *const *names, int count)
{
    const char *near = cli_nearest(entry->name, names, count);
    error_set(cli->scope, ERROR_INVALID,
              near ? "cli.setting_unknown_near" : "cli.setting_unknown", STR(""));
    error_arg(cli->scope, "name", entry->name);
    error_arg(cli->scope, "line", scope_format(cli->scope, "%d", entry->line));
    error_arg(cli->scope, "file", path);
    if (near) error_arg(cli->scope, "near", str_of(near));
    return false;
}

static bool config_read(struct cli *cli)
{
    struct str path = cli_value(cli, "config"), text;
    struct toml_entry *entries;
    int count;
    if (path.size == 0) return true;
    if (!file_text(cli, path, &text)) return false;
    if (!toml_read(cli->scope, text, &entries, &count)) {
        return error_arg(cli->scope, "file", path);
    }
    const char *names[CLI_GIVEN_COUNT_MAX];
    int name_count = setting_names(names);
    cli->from_file = scope_new(cli->scope, struct given, count + 1);
    for (int i = 0; i < count; i++) {
        const char *name = setting_name(entries[i].name, names, name_count);
        if (!name) return setting_unknown(cli, path, &entries[i], names, name_count);
        cli->from_file[cli->from_file_count++] = (struct given){ name, entries[i].value };
    }
    return true;
}

bool options_read(struct cli *cli, int word_count, char **words)
{
    return words_read(cli, word_count, words) && arguments_check(cli) &&
           (cli_is_set(cli, "help") || config_read(cli));
}
