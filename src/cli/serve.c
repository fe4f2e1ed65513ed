/*
 * leadline serve: engine, jobs, API and HTTP server in one process, until
 * SIGINT or SIGTERM. The order of stopping is the reverse: no new requests,
 * then those under way, then the jobs, then the database.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "api/api.h"
#include "base/log.h"
#include "base/time.h"
#include "cli/list.h"
#include "base/version.h"
#include "cli/workspace.h"
#include "hook/hook.h"
#include "jobs/jobs.h"

enum { STOP_DEADLINE_MS = 5000, WORKER_COUNT = 2, THREAD_COUNT_MAX = 16 };

struct listening {
    const char *address;
    int port;
};

struct serving {
    struct workspace workspace;
    struct api *api;
    struct http_server *server;
    struct jobs *jobs;
    struct hooks *hooks;
};

/* "127.0.0.1:8080", "[::1]:8080" */
static bool listen_read(struct cli *cli, struct listening *out)
{
    struct str text = cli_value(cli, "listen");
    if (text.size == 0) text = STR("127.0.0.1:8080");
    size_t colon = text.size;
    while (colon > 0 && text.data[colon - 1] != ':') colon -= 1;
    int64_t port;
    bool is_good = colon > 1 && str_to_int64(str_slice(text, colon, text.size), &port) &&
                   port >= 0 && port <= 65535;
    if (!is_good) {
        error_set(cli->scope, ERROR_INVALID, "cli.bad_listen", STR(""));
        return error_arg(cli->scope, "value", text);
    }
    struct str address = str_slice(text, 0, colon - 1);
    if (address.size > 1 && address.data[0] == '[' && address.data[address.size - 1] == ']') {
        address = str_slice(address, 1, address.size - 1);
    }
    out->address = scope_copy(cli->scope, address).data;
    out->port = (int)port;
    return true;
}

static int thread_count(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores > THREAD_COUNT_MAX ? THREAD_COUNT_MAX : (int)cores;
}

static bool server_start(struct cli *cli, struct serving *serving,
                         const struct listening *listening)
{
    struct http_options options = {
        .address = listening->address,
        .port = listening->port,
        .thread_count = thread_count(),
        .gzip_size_min = 1024,
        .body_size_max_of = api_body_size_max,
        .handle = api_handle,
        .context = serving->api,
    };
    if (http_start(cli->scope, &options, &serving->server)) return true;
    struct str reason = cli->scope->error.detail;
    scope_error_clear(cli->scope);
    error_set(cli->scope, ERROR_INVALID, "cli.cannot_listen", STR(""));
    error_arg(cli->scope, "value", scope_format(cli->scope, "%s:%d", listening->address,
                                                listening->port));
    return error_arg(cli->scope, "reason", reason);
}

/* A clock that stands still runs nothing by itself: what is due now is run once. */
static bool jobs_begin(struct cli *cli, struct serving *serving)
{
    struct engine *engine = serving->workspace.engine;
    bool is_fixed = atomic_load(&serving->workspace.clock.fixed_ms) != 0;
    if (is_fixed && !jobs_run_due(cli->scope, engine)) return false;
    serving->jobs = jobs_start(cli->scope, engine);
    return true;
}

/* Before the API, which sends tests through it. */
static bool hooks_begin(struct cli *cli, struct serving *serving)
{
    return hooks_start(cli->scope, serving->workspace.engine, cli_value(cli, "webhook-allow"),
                       &serving->hooks);
}

static bool api_begin(struct cli *cli, struct serving *serving)
{
    struct workspace *workspace = &serving->workspace;
    struct api_options options = {
        .data_dir = workspace->folder,
        .worker_count = WORKER_COUNT,
        .is_test_mode = cli_is_set(cli, "test-mode"),
        .version = LEADLINE_VERSION,
        .hooks = serving->hooks,
    };
    return api_start(cli->scope, workspace->engine, &options, &serving->api);
}

static void serving_stop(struct serving *serving)
{
    if (serving->api) api_stop(serving->api);
    if (serving->server) http_stop(serving->server, STOP_DEADLINE_MS);
    jobs_stop(serving->jobs);
    hooks_stop(serving->hooks);
    workspace_close(&serving->workspace);
}

static bool is_set_up(struct cli *cli, const struct workspace *workspace)
{
    int64_t count;
    if (!workspace_user_count(cli, workspace, &count)) return false;
    if (count > 0) return true;
    error_set(cli->scope, ERROR_NOT_FOUND, "cli.no_workspace", STR(""));
    return error_arg(cli->scope, "folder", workspace->folder);
}

static bool greet(struct cli *cli, const struct serving *serving,
                  const struct listening *listening)
{
    bool is_six = strchr(listening->address, ':') != NULL;
    struct str address = scope_format(cli->scope, "http://%s%s%s:%d", is_six ? "[" : "",
                                      listening->address, is_six ? "]" : "",
                                      http_port(serving->server));
    cli_say(cli, "cli.serving", "address", address.data, "folder",
            serving->workspace.folder.data, NULL);
    return demo_logins_print(cli, &serving->workspace);
}

/*
 * The signals that end it, kept back from all threads that are started from now on. A peer
 * that is gone or a file that may not grow is told by the call, not by a signal's death.
 */
static sigset_t signals_block(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    return set;
}

static bool serve_run(struct cli *cli)
{
    struct listening listening = { NULL, 0 };
    struct serving serving = { .workspace = { .lock = -1 } };
    if (!listen_read(cli, &listening)) return false;
    if (cli_is_set(cli, "test-mode")) cli_note(cli, "cli.test_mode", NULL);
    log_level_set(LOG_INFO);
    sigset_t signals = signals_block();
    int reader_count = thread_count() + WORKER_COUNT + 2;
    if (!workspace_open(cli, WORKSPACE_ALONE, reader_count, &serving.workspace)) return false;
    bool ok = is_set_up(cli, &serving.workspace) && hooks_begin(cli, &serving) &&
              api_begin(cli, &serving) && jobs_begin(cli, &serving) &&
              server_start(cli, &serving, &listening) && greet(cli, &serving, &listening);
    int received = 0;
    while (ok && sigwait(&signals, &received) == EINTR) continue;
    if (ok) cli_note(cli, "cli.stopping", NULL);
    serving_stop(&serving);
    return ok;
}

const struct command command_serve = { .name = "serve", .usage = "", .run = serve_run };
