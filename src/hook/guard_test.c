#include <arpa/inet.h>
#include <string.h>

#include "hook/hook.h"
#include "tests/test.h"

static void address_of(const char *text, unsigned char out[16])
{
    memset(out, 0, 16);
    if (inet_pton(AF_INET6, text, out) == 1) return;
    CHECK(inet_pton(AF_INET, text, out + 12) == 1);
    out[10] = out[11] = 0xFF;
}

TEST(guard_inner_networks)
{
    static const char *const inner[] = {
        "0.0.0.0", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1",
        "127.255.0.9", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8",
        "192.168.1.1", "198.18.0.1", "198.19.255.255", "224.0.0.1", "239.1.1.1", "240.0.0.1",
        "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fdff::1", "ff02::1",
        "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::192.168.0.1",
        "64:ff9b:1::1", "2002:7f00:1::", "2002:c0a8:101::1", "2001:db8::1", "2001::1", "100::1",
    };
    static const char *const outer[] = {
        "8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
        "172.15.255.255", "172.32.0.0", "192.167.255.255", "198.17.255.255", "223.255.255.255",
        "2400:3200::1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
        "2002:808:808::1",
    };
    unsigned char address[16];
    for (size_t i = 0; i < sizeof(inner) / sizeof(inner[0]); i++) {
        address_of(inner[i], address);
        CHECK_INT(guard_is_outside(address), 0);
    }
    for (size_t i = 0; i < sizeof(outer) / sizeof(outer[0]); i++) {
        address_of(outer[i], address);
        CHECK_INT(guard_is_outside(address), 1);
    }
}

TEST(guard_allowed_networks)
{
    struct scope scope;
    struct guard guard;
    unsigned char address[16];
    scope_begin(&scope);
    CHECK(guard_read(&scope, STR("10.1.0.0/16, 192.168.7.4 ,fd00::/8,"), &guard));
    CHECK_INT(guard.count, 3);
    static const struct {
        const char *text;
        bool is_allowed;
    } rows[] = {
        { "10.1.255.3", true }, { "10.2.0.0", false },  { "192.168.7.4", true },
        { "192.168.7.5", false }, { "fd12::1", true },  { "fc12::1", false },
        { "127.0.0.1", false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        address_of(rows[i].text, address);
        CHECK_INT(guard_is_allowed(&guard, address), rows[i].is_allowed);
        CHECK_INT(guard_may_reach(&guard, false, address), rows[i].is_allowed);
        CHECK_INT(guard_may_reach(&guard, true, address), rows[i].is_allowed);
    }
    address_of("8.8.8.8", address);
    CHECK(guard_may_reach(&guard, false, address) && !guard_is_allowed(&guard, address));
    CHECK(!guard_may_reach(&guard, true, address));
    scope_end(&scope);
}

TEST(guard_urls_that_say_their_address)
{
    struct scope scope;
    struct guard guard;
    scope_begin(&scope);
    CHECK(guard_read(&scope, STR("10.1.0.0/16"), &guard));
    static const char *const refused[] = {
        "https://127.0.0.1/", "https://127.1:8443/x?y#z", "https://2130706433", "https://0x7f.1/",
        "https://0177.0.0.1/", "https://10.2.0.1/", "https://192.168.1.1:443/", "https://[::1]/",
        "https://[::ffff:10.2.0.1]/", "https://[fe80::1%25eth0]/", "https://localhost/",
        "https://LocalHost.:8443/", "https://db.localhost/", "https://169.254.169.254/latest",
        "https://0.0.0.0/", "http://8.8.8.8/", "https://[fd00::1]/",
    };
    static const char *const good[] = {
        "https://example.com/", "http://example.com/", "https://8.8.8.8/", "https://10.1.2.3/",
        "http://10.1.2.3:8080/in", "https://localhost.example.com/", "https://mylocalhost/",
        "https://[2606:4700::1111]/", "https://10.2.0.1.example.com/", "https://1e100.net/",
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        CHECK_INT(guard_may_go(&scope, &guard, str_of(refused[i])), 0);
    }
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        CHECK_INT(guard_may_go(&scope, &guard, str_of(good[i])), 1);
    }
    scope_end(&scope);
}

TEST(guard_refuses_what_is_no_network)
{
    static const char *const wrong[] = { "10.0.0.0/33", "10.0.0", "fd00::/129", "x", "10.0.0.0/",
                                         "10.0.0.0/-1", "10.0.0.0/8/8", "1.2.3.4.5", "/8" };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct scope scope;
        struct guard guard;
        scope_begin(&scope);
        CHECK(!guard_read(&scope, str_of(wrong[i]), &guard));
        CHECK_STR(str_of(scope.error.first->key), "hook.network");
        scope_end(&scope);
    }
}

/* The example of the Standard Webhooks specification's reference libraries. */
TEST(hook_signature_as_specified)
{
    struct scope scope;
    scope_begin(&scope);
    struct hook hook = { .secret = STR("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") };
    CHECK_STR(hook_signature(&scope, &hook, STR("msg_p5jXN8AQM9LWM0D4loKWxJek"), 1614265330000,
                             STR("{\"test\": 2432232314}")),
              "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    hook.secret_before = hook.secret;
    hook.secret_until_ms = 1614265330001;
    struct str both = hook_signature(&scope, &hook, STR("msg_p5jXN8AQM9LWM0D4loKWxJek"),
                                     1614265330000, STR("{\"test\": 2432232314}"));
    CHECK_STR(both, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= "
                    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    struct str first = hook_secret(&scope), second = hook_secret(&scope);
    CHECK(str_starts_with(first, STR("whsec_")) && !str_equal(first, second));
    scope_end(&scope);
}
