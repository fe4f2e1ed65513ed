#ifndef CLI_DEMO_RANDOM_H
#define CLI_DEMO_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Random numbers that repeat: xoshiro256** seeded by splitmix64. Not for secrets.
 */
struct demo_random {
    uint64_t state[4];
};

void random_seed(struct demo_random *random, uint64_t seed);
uint64_t random_next(struct demo_random *random);
/* 0 <= x < 1. */
double random_real(struct demo_random *random);
/* low <= x <= high; low when high < low. */
int64_t random_range(struct demo_random *random, int64_t low, int64_t high);
bool random_chance(struct demo_random *random, double chance);
/* Mean 0, deviation 1, within -6..6. */
double random_normal(struct demo_random *random);
/* Half of the values lie below median; sigma is the deviation of the logarithm. */
double random_lognormal(struct demo_random *random, double median, double sigma);
/* Position in a list of running sums, as likely as its own share is large. */
int random_weighted(struct demo_random *random, const int64_t *sums, int count);

#endif
