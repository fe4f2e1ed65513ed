/* The table of commands, the help made of it, and the way from words to a command. */
#include <stdlib.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/list.h"

enum { NAME_SIZE_MAX = 32, NAME_COLUMN = 16 };

static const struct command *const commands[] = {
    &command_serve,       &command_init,        &command_demo,       &command_user_add,
    &command_import,      &command_export,
    &command_user_passwd, &command_user_disable, &command_user_list, &command_backup,
    &command_restore,     &command_copy,
    &command_check,       &command_pack_list,  &command_pack_apply,
    &command_pack_diff,   &command_pack_export, &command_pack_undo,  &command_rules_run,
    &command_config_print,
    &command_openapi,     &command_version,
};
enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

/* ---- the nearest name ---- */

static int least(int a, int b, int c)
{
    int smaller = a < b ? a : b;
    return smaller < c ? smaller : c;
}

/* Letters to change, add, leave out or swap. */
static int distance(struct str a, struct str b)
{
    int rows[3][NAME_SIZE_MAX + 1] = { { 0 } };
    if (a.size > NAME_SIZE_MAX || b.size > NAME_SIZE_MAX) return NAME_SIZE_MAX;
    for (size_t j = 0; j <= b.size; j++) rows[0][j] = (int)j;
    for (size_t i = 1; i <= a.size; i++) {
        int *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        row[0] = (int)i;
        for (size_t j = 1; j <= b.size; j++) {
            int cost = a.data[i - 1] == b.data[j - 1] ? 0 : 1;
            row[j] = least(above[j] + 1, row[j - 1] + 1, above[j - 1] + cost);
            bool is_swap = i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] &&
                           a.data[i - 2] == b.data[j - 1];
            if (is_swap && before[j - 2] + 1 < row[j]) row[j] = before[j - 2] + 1;
        }
    }
    return rows[a.size % 3][b.size];
}

const char *cli_nearest(struct str word, const char *const *names, int count)
{
    const char *best = NULL;
    int best_distance = 2 + (int)(word.size / 4);
    for (int i = 0; i < count; i++) {
        int found = distance(word, str_of(names[i]));
        bool is_begun = word.size >= 3 && str_starts_with(str_of(names[i]), word);
        if (is_begun) found = 1;
        if (found >= best_distance) continue;
        best = names[i];
        best_distance = found;
    }
    return best;
}

/* ---- help ---- */

/* "cli.flag." + "test-mode" -> the text of "cli.flag.test_mode" */
static struct str help_text(struct cli *cli, const char *group, const char *name)
{
    char key[NAME_SIZE_MAX * 3];
    int size = snprintf(key, sizeof(key), "cli.%s.%s", group, name);
    for (int i = 0; i < size && i < (int)sizeof(key); i++) {
        if (key[i] == '-' || key[i] == ' ') key[i] = '_';
    }
    return message_text(cli->scope, cli->language, key, NULL, 0);
}

static struct str text_of(struct cli *cli, const char *key)
{
    return message_text(cli->scope, cli->language, key, NULL, 0);
}

static void flags_print(struct cli *cli, const struct flag *flags)
{
    for (const struct flag *flag = flags; flag && flag->name; flag++) {
        struct str left = scope_format(cli->scope, "--%s%s%s", flag->name,
                                       flag->value ? " " : "", flag->value ? flag->value : "");
        struct str right = help_text(cli, "flag", flag->name);
        printf("  %-24s %.*s\n", left.data, STR_ARG(right));
    }
}

static void command_help(struct cli *cli)
{
    const struct command *command = cli->command;
    struct str summary = help_text(cli, "command", command->name);
    printf("leadline %s %s\n%.*s\n", command->name, command->usage, STR_ARG(summary));
    if (command->flags) {
        printf("\n%.*s\n", STR_ARG(text_of(cli, "cli.help.options")));
        flags_print(cli, command->flags);
    }
    printf("\n%.*s\n", STR_ARG(text_of(cli, "cli.help.common")));
    flags_print(cli, cli_common_flags);
    printf("\n%.*s\n", STR_ARG(text_of(cli, "cli.help.settings")));
}

static void general_help(struct cli *cli, FILE *file)
{
    fprintf(file, "%.*s\n\n", STR_ARG(text_of(cli, "cli.help.title")));
    for (int i = 0; i < COMMAND_COUNT; i++) {
        struct str summary = help_text(cli, "command", commands[i]->name);
        fprintf(file, "  %-*s %.*s\n", NAME_COLUMN, commands[i]->name, STR_ARG(summary));
    }
    fprintf(file, "\n%.*s\n", STR_ARG(text_of(cli, "cli.help.more")));
}

/* ---- finding the command ---- */

/* Names have one or two words; the longer match wins. */
static const struct command *command_find(int count, char **words, int *word_count)
{
    for (*word_count = 2; *word_count >= 1; *word_count -= 1) {
        char name[NAME_SIZE_MAX * 2];
        if (count < *word_count) continue;
        snprintf(name, sizeof(name), *word_count == 2 ? "%.31s %.31s" : "%.31s", words[0],
                 *word_count == 2 ? words[1] : "");
        for (int i = 0; i < COMMAND_COUNT; i++) {
            if (strcmp(commands[i]->name, name) == 0) return commands[i];
        }
    }
    return NULL;
}

static bool command_unknown(struct cli *cli, int count, char **words)
{
    const char *names[COMMAND_COUNT];
    struct str word = str_of(words[0]);
    for (int i = 0; i < COMMAND_COUNT; i++) names[i] = commands[i]->name;
    for (int i = 0; i < COMMAND_COUNT; i++) {
        struct str first = str_of(names[i]), group;
        bool is_group = str_split(&first, ' ', &group) && first.size > 0 &&
                        str_equal(group, word);
        if (is_group && count > 1) {
            word = scope_format(cli->scope, "%s %s", words[0], words[1]);
            break;
        }
        if (is_group) word = str_of(names[i]);
    }
    const char *near = cli_nearest(word, names, COMMAND_COUNT);
    error_set(cli->scope, ERROR_INVALID, near ? "cli.command_unknown_near" : "cli.command_unknown",
              STR(""));
    error_arg(cli->scope, "command", word);
    if (near) error_arg(cli->scope, "near", str_of(near));
    return false;
}

/* The language of the machine's user: Chinese where LANG says so, else English. */
static enum language user_language(void)
{
    static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
    for (int i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (!value || !*value) continue;
        return strncmp(value, "zh", 2) == 0 ? LANGUAGE_ZH : LANGUAGE_EN;
    }
    return LANGUAGE_EN;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

static bool cli_run(struct cli *cli, int count, char **words)
{
    int used = 0;
    if (count == 0 || is_help(words[0])) {
        cli->exit_code = count == 0 ? CLI_NOTHING : CLI_DONE;
        general_help(cli, count == 0 ? stderr : stdout);
        return true;
    }
    if (strcmp(words[0], "--version") == 0) words[0] = "version";
    cli->command = command_find(count, words, &used);
    if (!cli->command) return command_unknown(cli, count, words);
    if (!options_read(cli, count - used, words + used)) return false;
    if (cli_is_set(cli, "help")) {
        command_help(cli);
        return true;
    }
    return cli->command->run(cli);
}

int cli_main(int argument_count, char **arguments)
{
    struct scope scope;
    scope_memory_keep();
    scope_begin(&scope);
    log_level_set(LOG_WARN);
    struct cli *cli = scope_new(&scope, struct cli, 1);
    cli->scope = &scope;
    cli->language = user_language();
    if (!cli_run(cli, argument_count - 1, arguments + 1)) {
        cli_complain(cli);
        cli->exit_code = CLI_NOTHING;
    }
    int exit_code = cli->exit_code;
    scope_end(&scope);
    return exit_code;
}
