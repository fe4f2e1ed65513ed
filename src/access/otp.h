#ifndef ACCESS_OTP_H
#define ACCESS_OTP_H

#include "db/db.h"

/*
 * The second factor: one-time passwords by the clock (RFC 6238: SHA-1, 30 seconds, six
 * digits) and ten recovery codes. A code opens once: neither it nor an earlier one opens again.
 * Times are of the real clock.
 */
enum {
    OTP_SECRET_SIZE = 20, /* bytes, as RFC 4226 asks */
    OTP_DIGIT_COUNT = 6,
    OTP_STEP_MS = 30 * 1000,
    OTP_STEP_TOLERANCE = 1, /* a clock may be a step off, either way */
    OTP_RECOVERY_COUNT = 10,
    OTP_RECOVERY_SIZE = 11, /* "abcde-fghij" */
};

/* The digits of one step, as a number. */
int otp_at(struct str secret, int64_t step);
/*
 * The step the digits belong to, when it is near now and later than last_step; else 0. Takes
 * the same time whatever is given.
 */
int64_t otp_match(struct str secret, struct str digits, int64_t now_ms, int64_t last_step);
/* RFC 4648, upper case, without padding: as people type a secret into an app. */
struct str otp_base32(struct scope *scope, struct str bytes);

struct otp {
    bool is_on;    /* confirmed: asked for at every log-in */
    int64_t on_ms; /* since when */
    int recovery_count; /* codes left */
};
MUST_USE bool otp_find(struct scope *scope, struct db_conn *conn, struct uuid user,
                       struct otp *out);
/* Is the role among those that must have it (setting otp_roles), and has the person not? */
MUST_USE bool otp_is_due(struct scope *scope, struct db_conn *conn, struct uuid user,
                         struct str role, bool *out);

/* ---- inside a write ---- */
/* A new secret that waits to be confirmed. ERROR_CONFLICT "otp.on" when it is on already. */
MUST_USE bool otp_begin(struct scope *scope, struct db_conn *conn, struct uuid user,
                        int64_t now_ms, struct str *out_secret);
/* ERROR_INVALID "otp.wrong". out: OTP_RECOVERY_COUNT codes, told only here. */
MUST_USE bool otp_confirm(struct scope *scope, struct db_conn *conn, struct uuid user,
                          struct str digits, int64_t now_ms, struct str *out);
/* Digits or a recovery code; either is spent. ERROR_UNAUTHENTICATED "session.bad_otp". */
MUST_USE bool otp_spend(struct scope *scope, struct db_conn *conn, struct uuid user,
                        struct str code, int64_t now_ms);
MUST_USE bool otp_remove(struct scope *scope, struct db_conn *conn, struct uuid user);

#endif
