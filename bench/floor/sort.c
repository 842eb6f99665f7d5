/* What an auction is held against: to sort its orders by price and then by time, twice, with the C library's qsort.
 *
 *   sort KEYS    read keys of 16 bytes (price, number of entry), sort two fresh copies of them, print one line of JSON
 *
 * `ns` is the time of both qsorts.  `radix_ns` is that of two sorts by counting 11 bits of the price at a time, which keeps the order of
 * entry: the least that sorting could cost, with twice the memory and for integers only.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
    int64_t price, number;
} key;

enum { DIGIT = 11, DIGITS = 3 };

static int by_price_then_time(const void *a, const void *b) {
    const key *x = a, *y = b;
    if (x->price != y->price) return x->price < y->price ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static void sort_by_digits(key *keys, key *spare, size_t count) {
    for (int digit = 0; digit < DIGITS; digit++) {
        size_t starts[(1 << DIGIT) + 1] = {0};
        int shift = digit * DIGIT;
        for (size_t i = 0; i < count; i++) starts[(keys[i].price >> shift & ((1 << DIGIT) - 1)) + 1]++;
        for (int d = 0; d < 1 << DIGIT; d++) starts[d + 1] += starts[d];
        for (size_t i = 0; i < count; i++) spare[starts[keys[i].price >> shift & ((1 << DIGIT) - 1)]++] = keys[i];
        key *sorted = spare;
        spare = keys, keys = sorted;
    }
}

static int64_t now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * INT64_C(1000000000) + at.tv_nsec;
}

static void *allocate(size_t count) {
    void *memory = calloc(count, sizeof(key));
    if (!memory) exit(1);
    return memset(memory, 1, count * sizeof(key));      /* no first touch of a page within what is timed */
}

int main(int argc, char **argv) {
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!file || fseek(file, 0, SEEK_END)) return 2;
    size_t count = (size_t)ftell(file) / sizeof(key);
    rewind(file);
    key *given = allocate(count), *keys = allocate(count), *spare = allocate(count), *sorted = allocate(count);
    if (fread(given, sizeof(key), count, file) != count) return 2;
    int64_t ns = 0, radix_ns = 0;
    int agree = 1;
    for (int round = 0; round < 2; round++) {
        memcpy(sorted, given, count * sizeof(key));
        int64_t began = now();
        qsort(sorted, count, sizeof(key), by_price_then_time);
        ns += now() - began;
        memcpy(keys, given, count * sizeof(key));
        began = now();
        sort_by_digits(keys, spare, count);
        radix_ns += now() - began;
        agree &= !memcmp(spare, sorted, count * sizeof(key));      /* after an odd number of digits they are there */
    }
    printf("{\"count\": %zu, \"ns\": %" PRId64 ", \"radix_ns\": %" PRId64 ", \"agree\": %d}\n", count, ns, radix_ns, agree);
    return 0;
}
