/*
 * xoshiro256** (public domain algorithm of Blackman and Vigna) and the few
 * distributions a recipe asks for.
 */
#include "cli/demo_random.h"

#include <math.h>

static uint64_t rotate_left(uint64_t number, int bits)
{
    return (number << bits) | (number >> (64 - bits));
}

void random_seed(struct demo_random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        seed += 0x9e3779b97f4a7c15u;
        uint64_t mixed = seed;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
        random->state[i] = mixed ^ (mixed >> 31);
    }
}

uint64_t random_next(struct demo_random *random)
{
    uint64_t *state = random->state;
    uint64_t result = rotate_left(state[1] * 5, 7) * 9;
    uint64_t shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate_left(state[3], 45);
    return result;
}

double random_real(struct demo_random *random)
{
    return (double)(random_next(random) >> 11) * 0x1.0p-53;
}

int64_t random_range(struct demo_random *random, int64_t low, int64_t high)
{
    if (high <= low) return low;
    uint64_t count = (uint64_t)high - (uint64_t)low + 1;
    if (count == 0) return (int64_t)random_next(random);
    /* The bias of the remainder is below 2^-32 for the ranges of a recipe. */
    return (int64_t)((uint64_t)low + random_next(random) % count);
}

bool random_chance(struct demo_random *random, double chance)
{
    return random_real(random) < chance;
}

double random_normal(struct demo_random *random)
{
    double sum = 0;
    for (int i = 0; i < 12; i++) sum += random_real(random);
    return sum - 6;
}

double random_lognormal(struct demo_random *random, double median, double sigma)
{
    return median * exp(sigma * random_normal(random));
}

int random_weighted(struct demo_random *random, const int64_t *sums, int count)
{
    if (count <= 0 || sums[count - 1] <= 0) return 0;
    int64_t point = random_range(random, 1, sums[count - 1]);
    int low = 0, high = count - 1;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (sums[middle] >= point) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}
