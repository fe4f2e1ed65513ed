#ifndef HTTP_WIRE_TEST_H
#define HTTP_WIRE_TEST_H

#include "http/http.h"

/*
 * For tests: a server whose handler does what the path says (wire_test.c) and
 * a client that speaks raw bytes. Deadlines are short, so that the clock can
 * be watched.
 */
enum {
    DEADLINE_MS = 300,
    PATIENCE_MS = 5000, /* how long a test waits for what must come */
    ANSWER_SIZE_MAX = 256 * 1024,
    BODY_SIZE_MAX = 64 * 1024,
    LARGE_SIZE = 8 * 1024 * 1024, /* of the answer to GET /large */
};

extern struct http_server *wire_server;

/* changes: options that differ, or NULL. Begins the scope; wire_stop() ends it. */
void wire_start(struct scope *scope, const struct http_options *changes);
void wire_stop(struct scope *scope);

struct wire_reply {
    char bytes[ANSWER_SIZE_MAX]; /* NUL-terminated */
    size_t size;
    bool is_closed;
    int64_t took_ms;
};
extern struct wire_reply wire_reply; /* of the one client that is being listened to */

int wire_dial(void);
void wire_say(int fd, struct str text);
/* Appends what comes until done is in it, the server closes, or patience ends. */
void wire_listen(int fd, const char *done);
/* A client of its own: sends, listens until the connection is closed; returns the status. */
int wire_ask(struct str text);
int wire_status(void); /* of the first answer in wire_reply; 0 when there is none */
int wire_count(const char *text); /* how often it occurs in wire_reply */

#endif
