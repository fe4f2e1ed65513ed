/* Signatures of Standard Webhooks 1.0: HMAC-SHA256 over "id.timestamp.body". */
#include <sodium.h>
#include <string.h>

#include "base/time.h"
#include "hook/hook.h"

enum { KEY_SIZE_MAX = 64, TEXT_SIZE_MAX = 128 };
static const char secret_mark[] = "whsec_";

static struct str encoded(struct scope *scope, const unsigned char *bytes, size_t size)
{
    char *text = scope_alloc(scope, TEXT_SIZE_MAX);
    sodium_bin2base64(text, TEXT_SIZE_MAX, bytes, size, sodium_base64_VARIANT_ORIGINAL);
    return str_of(text);
}

struct str hook_secret(struct scope *scope)
{
    unsigned char bytes[HOOK_SECRET_SIZE];
    randombytes_buf(bytes, sizeof(bytes));
    struct str text = encoded(scope, bytes, sizeof(bytes));
    sodium_memzero(bytes, sizeof(bytes));
    return scope_format(scope, "%s%.*s", secret_mark, STR_ARG(text));
}

static struct str signature(struct scope *scope, struct str secret, struct str id,
                            struct str seconds, struct str body)
{
    unsigned char key[KEY_SIZE_MAX], out[crypto_auth_hmacsha256_BYTES];
    size_t size = 0;
    struct str text = str_slice(secret, sizeof(secret_mark) - 1, secret.size);
    if (sodium_base642bin(key, sizeof(key), text.data, text.size, NULL, &size, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0) {
        size = 0;
    }
    const struct str parts[] = { id, STR("."), seconds, STR("."), body };
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key, size);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        crypto_auth_hmacsha256_update(&state, (const unsigned char *)parts[i].data,
                                      parts[i].size);
    }
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(key, sizeof(key));
    struct str code = encoded(scope, out, sizeof(out));
    return scope_format(scope, "v1,%.*s", STR_ARG(code));
}

struct str hook_signature(struct scope *scope, const struct hook *hook, struct str id,
                          int64_t now_ms, struct str body)
{
    struct str seconds = scope_format(scope, "%lld", (long long)(now_ms / TIME_SECOND_MS));
    struct str text = signature(scope, hook->secret, id, seconds, body);
    if (hook->secret_before.size == 0 || now_ms >= hook->secret_until_ms) return text;
    struct str before = signature(scope, hook->secret_before, id, seconds, body);
    return scope_format(scope, "%.*s %.*s", STR_ARG(text), STR_ARG(before));
}
