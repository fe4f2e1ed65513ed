/* Sentences to the terminal, and passwords from it. */
#include <errno.h>
#include <stdarg.h>
#include <termios.h>
#include <unistd.h>

#include "cli/cli.h"

enum { PASSWORD_LINE_SIZE_MAX = 1024 };

static void say(struct cli *cli, FILE *file, const char *key, va_list list)
{
    struct error_arg args[ERROR_ARG_COUNT_MAX];
    int count = 0;
    for (const char *name; count < ERROR_ARG_COUNT_MAX &&
                           (name = va_arg(list, const char *)) != NULL;) {
        args[count++] = (struct error_arg){ name, str_of(va_arg(list, const char *)) };
    }
    struct str text = message_text(cli->scope, cli->language, key, args, count);
    fprintf(file, "%.*s\n", STR_ARG(text));
}

void cli_say(struct cli *cli, const char *key, ...)
{
    va_list list;
    va_start(list, key);
    say(cli, stdout, key, list);
    va_end(list);
    fflush(stdout);
}

void cli_note(struct cli *cli, const char *key, ...)
{
    va_list list;
    va_start(list, key);
    say(cli, stderr, key, list);
    va_end(list);
}

void cli_complain(struct cli *cli)
{
    const struct error *error = &cli->scope->error;
    for (const struct error_item *item = error->first; item; item = item->next) {
        struct str text = message_of_error(cli->scope, cli->language, item);
        fprintf(stderr, "leadline: %.*s\n", STR_ARG(text));
    }
    if (error->detail.size > 0) fprintf(stderr, "  (%.*s)\n", STR_ARG(error->detail));
}

bool cli_write(struct cli *cli, struct str text)
{
    bool is_good = fwrite(text.data, 1, text.size, stdout) == text.size && fflush(stdout) == 0;
    return is_good || error_storage(cli->scope, str_of(strerror(errno)));
}

/* ---- passwords ---- */

static bool ask(struct cli *cli, const char *key, struct str *out)
{
    struct termios normal, silent;
    char line[PASSWORD_LINE_SIZE_MAX];
    struct str prompt = message_text(cli->scope, cli->language, key, NULL, 0);
    if (tcgetattr(STDIN_FILENO, &normal) != 0) return false;
    silent = normal;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(stderr, "%.*s ", STR_ARG(prompt));
    fflush(stderr);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    bool has_line = fgets(line, sizeof(line), stdin) != NULL;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &normal);
    fputc('\n', stderr);
    if (!has_line) return false;
    struct str text = str_of(line);
    while (text.size > 0 && strchr("\r\n", text.data[text.size - 1])) text.size -= 1;
    *out = scope_copy(cli->scope, text);
    return true;
}

static bool no_password(struct cli *cli, const char *setting)
{
    const char *variable = strcmp(setting, "admin-password") == 0 ? "LEADLINE_ADMIN_PASSWORD"
                                                                  : "LEADLINE_USER_PASSWORD";
    error_set(cli->scope, ERROR_INVALID, "cli.no_password", STR(""));
    return error_arg(cli->scope, "variable", str_of(variable));
}

bool cli_password(struct cli *cli, const char *setting, struct str *out)
{
    struct str again;
    *out = cli_value(cli, setting);
    if (out->size > 0) return true;
    if (!isatty(STDIN_FILENO)) return no_password(cli, setting);
    if (!ask(cli, "cli.ask_password", out) || !ask(cli, "cli.ask_again", &again)) {
        return no_password(cli, setting);
    }
    if (str_equal(*out, again)) return true;
    return error_set(cli->scope, ERROR_INVALID, "cli.password_differs", STR(""));
}
