/*
 * The requests themselves, over libcurl: no redirects, no proxy, no cookies, and the
 * address looked at when the socket is opened, so that a name that points inside, or
 * begins to, reaches nothing. Plain http goes to allowed inner networks only.
 */
#include "hook/send.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"

enum { CONNECT_TIMEOUT_MS = 5000, POLL_MS = 200 };

static size_t on_answer(char *data, size_t size, size_t count, void *context)
{
    struct request *request = context;
    (void)data;
    request->answer_size += size * count;
    return request->answer_size > HOOK_ANSWER_SIZE_MAX ? 0 : size * count;
}

static bool address_of(const struct curl_sockaddr *from, unsigned char out[16])
{
    memset(out, 0, 16);
    if (from->family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)&from->addr;
        out[10] = out[11] = 0xFF;
        memcpy(out + 12, &four->sin_addr, 4);
        return true;
    }
    if (from->family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)&from->addr;
        memcpy(out, &six->sin6_addr, 16);
        return true;
    }
    return false;
}

static curl_socket_t on_open(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct request *request = context;
    unsigned char bytes[16];
    bool is_plain = str_starts_with(request->hook->url, STR("http://"));
    bool is_good = purpose == CURLSOCKTYPE_IPCXN && address_of(address, bytes) &&
                   guard_may_reach(request->guard, is_plain, bytes);
    if (!is_good) {
        request->is_refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static void end_easy(void *context)
{
    curl_easy_cleanup(context);
}

static void end_list(void *context)
{
    curl_slist_free_all(context);
}

static struct curl_slist *headers_of(struct scope *scope, const struct request *request,
                                     int64_t now_ms)
{
    struct str signature = hook_signature(scope, request->hook, request->id, now_ms,
                                          request->body);
    const char *const lines[] = {
        "Content-Type: application/json",
        "Expect:",
        scope_format(scope, "webhook-id: %.*s", STR_ARG(request->id)).data,
        scope_format(scope, "webhook-timestamp: %lld", (long long)(now_ms / TIME_SECOND_MS)).data,
        scope_format(scope, "webhook-signature: %.*s", STR_ARG(signature)).data,
    };
    struct curl_slist *list = NULL;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        list = curl_slist_append(list, lines[i]);
    }
    scope_defer(scope, end_list, list);
    return list;
}

static CURL *easy_of(struct scope *scope, struct request *request, int64_t now_ms)
{
    CURL *easy = curl_easy_init();
    if (!easy) return NULL;
    scope_defer(scope, end_easy, easy);
    curl_easy_setopt(easy, CURLOPT_URL, scope_copy(scope, request->hook->url).data);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "Leadline");
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.data);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_of(scope, request, now_ms));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)HOOK_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, request);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
    return easy;
}

static const char *error_of(const struct request *request, CURLcode result, long status)
{
    if (request->is_refused) return "hook.inside";
    if (result == CURLE_OK) return status >= 200 && status < 300 ? "" : "hook.status";
    switch (result) {
    case CURLE_OPERATION_TIMEDOUT: return "hook.timeout";
    case CURLE_COULDNT_RESOLVE_HOST: return "hook.no_host";
    case CURLE_COULDNT_CONNECT: return "hook.no_connection";
    case CURLE_WRITE_ERROR: return "hook.answer_too_large";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR: return "hook.certificate";
    default: return "hook.broken";
    }
}

static void take_answer(CURLMsg *message)
{
    struct request *request = NULL;
    long status = 0;
    curl_off_t took_us = 0;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &request);
    curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(message->easy_handle, CURLINFO_TOTAL_TIME_T, &took_us);
    request->answer.status = (int)status;
    request->answer.took_ms = took_us / 1000;
    request->answer.error = str_of(error_of(request, message->data.result, status));
}

bool requests_send(struct scope *scope, const struct guard *guard, struct request *requests,
                   int count, int64_t now_ms, const atomic_bool *is_stopping)
{
    CURLM *multi = curl_multi_init();
    CURL **easies = scope_new(scope, CURL *, count);
    int running = count, left;
    bool ok = multi != NULL;
    for (int i = 0; i < count && ok; i++) {
        requests[i].guard = guard;
        requests[i].answer = (struct hook_answer){ .error = STR("hook.broken") };
        easies[i] = easy_of(scope, &requests[i], now_ms);
        ok = easies[i] && curl_multi_add_handle(multi, easies[i]) == CURLM_OK;
    }
    while (ok && running > 0 && !atomic_load(is_stopping)) {
        ok = curl_multi_perform(multi, &running) == CURLM_OK &&
             (running == 0 || curl_multi_poll(multi, NULL, 0, POLL_MS, NULL) == CURLM_OK);
    }
    for (CURLMsg *message; ok && (message = curl_multi_info_read(multi, &left)) != NULL;) {
        if (message->msg == CURLMSG_DONE) take_answer(message);
    }
    for (int i = 0; i < count && multi; i++) {
        if (easies[i]) curl_multi_remove_handle(multi, easies[i]);
    }
    if (multi) curl_multi_cleanup(multi);
    return ok || error_storage(scope, STR("libcurl cannot be used"));
}
