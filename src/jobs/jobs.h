#ifndef JOBS_JOBS_H
#define JOBS_JOBS_H

#include "engine/engine.h"

/*
 * What happens by itself: ladders that fall due, messages to deliver, old
 * sessions to forget, a configuration changed from outside. All its state is in
 * the database: after a restart the timers that came due meanwhile are simply due.
 */
struct jobs;

/*
 * Starts the thread that looks once a second, also whether another process has changed
 * the configuration; with a simulated clock that is all it does.
 */
struct jobs *jobs_start(struct scope *scope, struct engine *engine);
/* Waits for the step at hand. jobs may be NULL. */
void jobs_stop(struct jobs *jobs);

/* Everything that is due now, then the outbox; waits until it is durable. */
MUST_USE bool jobs_run_due(struct scope *scope, struct engine *engine);
/*
 * Moves a simulated clock forward to to_ms, stopping at every moment something
 * falls due on the way and running it there, so that five days pass as they
 * would have. ERROR_INVALID "clock.backwards" for an earlier time.
 */
MUST_USE bool jobs_clock_move(struct scope *scope, struct engine *engine, int64_t to_ms);

#endif
