#ifndef TESTS_TRACE_H
#define TESTS_TRACE_H

#include "tests/office.h"

/*
 * Everything that is stored, as one number: two moments with the same number hold
 * the same rows in every table. For "nothing has changed".
 */
uint64_t office_trace(struct office *office);

#endif
