/*
 * Where requests may go. A hook's address is a person's input, and names can be
 * made to point anywhere, so what counts is the address that is connected to: it is
 * judged when the socket is opened, after the name has been looked up. A URL that says
 * its address itself is refused earlier, when it is saved, by the same judgement.
 * The inner ranges are those of IANA's special-purpose address registries
 * (RFC 6890) and what IPv6 wraps around IPv4 (RFC 4291, 6052, 3056).
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "hook/hook.h"

struct range {
    unsigned char bytes[4];
    int bits;
};

static const struct range inner_four[] = {
    { { 0, 0, 0, 0 }, 8 },       { { 10, 0, 0, 0 }, 8 },    { { 100, 64, 0, 0 }, 10 },
    { { 127, 0, 0, 0 }, 8 },     { { 169, 254, 0, 0 }, 16 }, { { 172, 16, 0, 0 }, 12 },
    { { 192, 0, 0, 0 }, 24 },    { { 192, 0, 2, 0 }, 24 },  { { 192, 88, 99, 0 }, 24 },
    { { 192, 168, 0, 0 }, 16 },  { { 198, 18, 0, 0 }, 15 }, { { 198, 51, 100, 0 }, 24 },
    { { 203, 0, 113, 0 }, 24 },  { { 224, 0, 0, 0 }, 4 },   { { 240, 0, 0, 0 }, 4 },
};
enum { INNER_FOUR_COUNT = sizeof(inner_four) / sizeof(inner_four[0]) };

static bool has_prefix(const unsigned char *address, const unsigned char *prefix, int bits)
{
    if (memcmp(address, prefix, (size_t)bits / 8) != 0) return false;
    if (bits % 8 == 0) return true;
    unsigned mask = 0xFFu << (8 - bits % 8);
    return ((address[bits / 8] ^ prefix[bits / 8]) & mask) == 0;
}

static bool is_outside_four(const unsigned char address[4])
{
    for (int i = 0; i < INNER_FOUR_COUNT; i++) {
        if (has_prefix(address, inner_four[i].bytes, inner_four[i].bits)) return false;
    }
    return true;
}

bool guard_is_outside(const unsigned char address[16])
{
    static const unsigned char mapped[12] = { [10] = 0xFF, [11] = 0xFF };
    static const unsigned char translated[12] = { 0x00, 0x64, 0xFF, 0x9B };
    static const unsigned char global[1] = { 0x20 }, six_to_four[2] = { 0x20, 0x02 };
    static const unsigned char documentation[4] = { 0x20, 0x01, 0x0D, 0xB8 };
    static const unsigned char special[3] = { 0x20, 0x01, 0x00 }; /* 2001::/23: Teredo … */
    if (has_prefix(address, mapped, 96) || has_prefix(address, translated, 96)) {
        return is_outside_four(address + 12);
    }
    if (has_prefix(address, six_to_four, 16)) return is_outside_four(address + 2);
    return has_prefix(address, global, 3) && !has_prefix(address, documentation, 32) &&
           !has_prefix(address, special, 23);
}

bool guard_is_allowed(const struct guard *guard, const unsigned char address[16])
{
    for (int i = 0; i < guard->count; i++) {
        if (has_prefix(address, guard->allowed[i].address, guard->allowed[i].bits)) return true;
    }
    return false;
}

bool guard_may_reach(const struct guard *guard, bool is_plain, const unsigned char address[16])
{
    return guard_is_allowed(guard, address) || (!is_plain && guard_is_outside(address));
}

static bool network_read(struct scope *scope, struct str text, struct network *out)
{
    size_t slash = str_find(text, STR("/"));
    struct str host = slash == SIZE_MAX ? text : str_slice(text, 0, slash);
    const char *name = scope_copy(scope, host).data;
    int64_t bits = -1;
    *out = (struct network){ .bits = 0 };
    if (slash != SIZE_MAX && (!str_to_int64(str_slice(text, slash + 1, text.size), &bits) ||
                              bits < 0)) {
        return false;
    }
    if (inet_pton(AF_INET6, name, out->address) == 1) {
        out->bits = bits < 0 ? 128 : (int)(bits > 128 ? 129 : bits);
        return out->bits <= 128;
    }
    if (inet_pton(AF_INET, name, out->address + 12) != 1 || bits > 32) return false;
    out->address[10] = out->address[11] = 0xFF;
    out->bits = bits < 0 ? 128 : (int)bits + 96;
    return true;
}

/* libcurl writes what it takes for numbers of IPv4 (0x7f.1, 2130706433) with four of them. */
static bool host_of(struct scope *scope, struct str url, struct str *out)
{
    CURLU *parts = curl_url();
    char *host = NULL;
    bool is_url = parts &&
                  curl_url_set(parts, CURLUPART_URL, scope_copy(scope, url).data, 0) == CURLUE_OK &&
                  curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK;
    if (is_url) *out = scope_copy(scope, str_of(host));
    curl_free(host);
    curl_url_cleanup(parts);
    return is_url;
}

/* RFC 6761: it is this machine whatever is asked about the name. */
static bool is_localhost(struct str host)
{
    static const char name[] = ".localhost";
    size_t size = sizeof(name) - 1;
    if (host.size + 1 == size) return strncasecmp(host.data, name + 1, host.size) == 0;
    return host.size > size && strncasecmp(host.data + host.size - size, name, size) == 0;
}

static bool host_address(struct scope *scope, struct str host, unsigned char address[16])
{
    static const unsigned char loopback[16] = { [10] = 0xFF, [11] = 0xFF, [12] = 127, [15] = 1 };
    struct network network = { .bits = 0 };
    if (str_ends_with(host, STR("."))) host = str_slice(host, 0, host.size - 1);
    if (is_localhost(host)) {
        memcpy(address, loopback, sizeof(loopback));
        return true;
    }
    if (str_starts_with(host, STR("["))) {
        size_t zone = str_find(host, STR("%"));
        host = str_slice(host, 1, zone == SIZE_MAX ? host.size - 1 : zone);
    }
    if (!network_read(scope, host, &network)) return false;
    memcpy(address, network.address, sizeof(network.address));
    return true;
}

bool guard_may_go(struct scope *scope, const struct guard *guard, struct str url)
{
    unsigned char address[16];
    struct str host;
    if (!host_of(scope, url, &host) || !host_address(scope, host, address)) return true;
    return guard_may_reach(guard, str_starts_with(url, STR("http://")), address);
}

bool guard_read(struct scope *scope, struct str text, struct guard *out)
{
    struct str part;
    *out = (struct guard){ .count = 0 };
    while (text.size > 0 && str_split(&text, ',', &part)) {
        part = str_trim(part);
        if (part.size == 0) continue;
        if (out->count == NETWORK_COUNT_MAX ||
            !network_read(scope, part, &out->allowed[out->count])) {
            error_set(scope, ERROR_INVALID, "hook.network", STR(""));
            return error_arg(scope, "value", part);
        }
        out->count += 1;
    }
    return true;
}
