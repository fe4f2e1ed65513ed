#ifndef HTTP_SSE_H
#define HTTP_SSE_H

#include "http/http.h"

/*
 * Server-sent events. A handler turns its request into a stream; any thread
 * may then send on it. Nothing ever blocks: what the client does not take
 * fast enough waits in a bounded queue, and who lets that fill up is cut and
 * comes back by itself (EventSource reconnects).
 *
 * A stream has two owners, the server and the caller, and lives until both
 * have let go: call http_stream_end() exactly once per stream, from any
 * thread, whether or not the client has left.
 */
struct http_stream;

enum { HTTP_STREAM_QUEUE_SIZE_MAX = 64 * 1024 };

/*
 * Only from within the handler, instead of http_answer(); headers added to the
 * request are sent, its body is not. The request is gone afterwards.
 *
 * on_close (may be NULL) is called on the loop's thread, without any lock held,
 * when the client has left or was cut and the caller has not let go before. It
 * may call http_stream_end(). It can overlap with an http_stream_end() that
 * another thread just begins, so context must live as long as the server.
 */
struct http_stream *http_stream_begin(struct http_request *request,
                                      void (*on_close)(struct http_stream *stream, void *context),
                                      void *context);
/*
 * Queues ready event text ("data: …\n\n"). False when the client has left or
 * has just been cut for being too slow.
 */
bool http_stream_send(struct http_stream *stream, struct str text);
/* The caller lets go; the client is disconnected after what is queued has been sent. */
void http_stream_end(struct http_stream *stream);
/*
 * Appends one event to out: "event: name", "id: id" (both left out when empty)
 * and data, line by line.
 */
void http_event_put(struct buf *out, struct str name, struct str id, struct str data);

#endif
