/*
 * What guards doors, given anything: networks that hooks may reach, their URLs, secrets of keys,
 * one-time codes, names of scopes. Nothing inside is reachable that no network of the list holds.
 */
#include <stdlib.h>
#include <string.h>

#include "access/key.h"
#include "access/otp.h"
#include "hook/hook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_networks(const struct guard *guard)
{
    static const unsigned char home[16] = { [10] = 0xFF, 0xFF, 127, 0, 0, 1 };
    if (guard->count < 0 || guard->count > NETWORK_COUNT_MAX) abort();
    bool is_within = false;
    for (int i = 0; i < guard->count; i++) {
        const struct network *network = &guard->allowed[i];
        if (network->bits < 0 || network->bits > 128) abort();
        if (!guard_is_allowed(guard, network->address)) abort();
        size_t whole = (size_t)network->bits / 8;
        is_within = is_within || memcmp(network->address, home, whole) == 0;
    }
    if (guard_is_outside(home)) abort();
    if (!is_within && guard_may_reach(guard, false, home)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char secret[] = "12345678901234567890";
    static const int64_t now_ms = 59000;
    struct scope scope;
    scope_begin(&scope);
    struct str text = { (const char *)data, size };
    struct guard guard;
    if (guard_read(&scope, text, &guard)) check_networks(&guard);
    else if (scope.error.code != ERROR_INVALID) abort();
    static const struct guard none;
    if (!guard_may_go(&scope, &none, text) && size == 0) abort();
    if (key_is_secret(text) && size == 0) abort();
    if (key_scope_find(text) == 0 && str_is(text, "records:read")) abort();
    int64_t step = otp_match(str_of(secret), text, now_ms, 0);
    bool is_near = step >= 0 && step <= now_ms / OTP_STEP_MS + OTP_STEP_TOLERANCE;
    if (!is_near || (step > 0 && size != OTP_DIGIT_COUNT)) abort();
    /* Secrets are short; what is longer than any is cut. */
    if (size <= 128 && otp_base32(&scope, text).size != (size * 8 + 4) / 5) abort();
    scope_end(&scope);
    return 0;
}
