/* The vectors of RFC 2202 (HMAC-SHA-1), RFC 4226 and RFC 6238, RFC 4648; and what is refused. */
#include "access/otp.h"
#include "access/sha1.h"
#include "tests/test.h"

static struct str hex(struct scope *scope, const unsigned char *bytes, int size)
{
    struct buf out;
    buf_begin(&out, scope, 256);
    for (int i = 0; i < size; i++) buf_format(&out, "%02x", bytes[i]);
    return buf_str(&out);
}

static void check_hmac(struct scope *scope, struct str key, struct str text, const char *wanted)
{
    unsigned char out[SHA1_SIZE];
    hmac_sha1(key, text, out);
    CHECK_STR(hex(scope, out, SHA1_SIZE), wanted);
}

TEST(hmac_sha1_of_rfc_2202)
{
    struct scope scope;
    char long_key[80], key[20];
    scope_begin(&scope);
    memset(long_key, 0xaa, sizeof(long_key));
    memset(key, 0x0b, sizeof(key));
    check_hmac(&scope, (struct str){ key, 20 }, STR("Hi There"),
               "b617318655057264e28bc0b6fb378c8ef146be00");
    check_hmac(&scope, STR("Jefe"), STR("what do ya want for nothing?"),
               "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    check_hmac(&scope, (struct str){ long_key, 80 },
               STR("Test Using Larger Than Block-Size Key - Hash Key First"),
               "aa4ae5e15272d00e95705637ce8a3b55ed402112");
    check_hmac(&scope, (struct str){ long_key, 80 },
               STR("Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data"),
               "e8e99d0f45237d786d6bbaa7965c7808bbff1a91");
    scope_end(&scope);
}

/* RFC 6238 gives eight digits; ours are their last six. */
TEST(otp_of_rfc_6238)
{
    static const struct {
        int64_t at_s;
        int digits;
    } vectors[] = { { 59, 287082 },          { 1111111109, 81804 },  { 1111111111, 50471 },
                    { 1234567890, 5924 },    { 2000000000, 279037 }, { 20000000000, 353130 } };
    struct str secret = STR("12345678901234567890");
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        CHECK_INT(otp_at(secret, vectors[i].at_s / 30), vectors[i].digits);
    }
    /* RFC 4226, appendix D */
    CHECK_INT(otp_at(secret, 0), 755224);
    CHECK_INT(otp_at(secret, 1), 287082);
    CHECK_INT(otp_at(secret, 9), 520489);
}

TEST(otp_opens_once_and_near_now)
{
    struct str secret = STR("12345678901234567890");
    int64_t now_ms = 1111111111LL * 1000, step = now_ms / OTP_STEP_MS;
    CHECK_INT(otp_match(secret, STR("050471"), now_ms, 0), step);
    CHECK_INT(otp_match(secret, STR("081804"), now_ms, 0), step - 1);
    CHECK_INT(otp_match(secret, STR("050471"), now_ms - OTP_STEP_MS, 0), step);
    CHECK_INT(otp_match(secret, STR("050471"), now_ms, step), 0);     /* again */
    CHECK_INT(otp_match(secret, STR("081804"), now_ms, step), 0);     /* an earlier one */
    CHECK_INT(otp_match(secret, STR("050471"), now_ms + 2 * OTP_STEP_MS, 0), 0);
    CHECK_INT(otp_match(secret, STR("050471"), now_ms - 2 * OTP_STEP_MS, 0), 0);
    CHECK_INT(otp_match(secret, STR("50471"), now_ms, 0), 0);
    CHECK_INT(otp_match(secret, STR("0504710"), now_ms, 0), 0);
    CHECK_INT(otp_match(secret, STR(""), now_ms, 0), 0);
}

TEST(otp_base32_of_rfc_4648)
{
    struct scope scope;
    scope_begin(&scope);
    CHECK_STR(otp_base32(&scope, STR("")), "");
    CHECK_STR(otp_base32(&scope, STR("f")), "MY");
    CHECK_STR(otp_base32(&scope, STR("fo")), "MZXQ");
    CHECK_STR(otp_base32(&scope, STR("foo")), "MZXW6");
    CHECK_STR(otp_base32(&scope, STR("foob")), "MZXW6YQ");
    CHECK_STR(otp_base32(&scope, STR("foobar")), "MZXW6YTBOI");
    scope_end(&scope);
}
