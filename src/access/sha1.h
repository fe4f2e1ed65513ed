#ifndef ACCESS_SHA1_H
#define ACCESS_SHA1_H

#include "base/str.h"

/*
 * HMAC-SHA-1, for one-time passwords alone: the authenticator apps people have know no other
 * (RFC 6238, RFC 3174, RFC 2104). Nothing else here may be kept or signed with it.
 */
enum { SHA1_SIZE = 20 };
void hmac_sha1(struct str key, struct str text, unsigned char out[SHA1_SIZE]);

#endif
