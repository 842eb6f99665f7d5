/* A set of small integers; each word of a layer says which words of the layer below hold bits, so its lowest member is four steps away. */
#ifndef BITMAP_H
#define BITMAP_H

#include <string.h>

#include "record.h"

enum { LAYERS = 4 };        /* 64**4: 16.7 million members */

typedef struct {
    uint64_t *layer[LAYERS];
    size_t words[LAYERS];
} bitmap;

static void bitmap_open(bitmap *map, size_t members) {
    for (int i = 0; i < LAYERS; i++) {
        members = members / 64 + 1;
        map->words[i] = members;
        map->layer[i] = allocate(members, sizeof(uint64_t));
    }
    if (members > 1) die("a bitmap of more than 64**4 members");
}

static void bitmap_reset(bitmap *map) {
    for (int i = 0; i < LAYERS; i++) memset(map->layer[i], 0, map->words[i] * sizeof(uint64_t));
}

/* Every layer is written, needed or not: a store costs less than a branch that cannot be foreseen. */
static inline void bitmap_set(bitmap *map, uint32_t member) {
    for (int i = 0; i < LAYERS; i++, member >>= 6) map->layer[i][member >> 6] |= UINT64_C(1) << (member & 63);
}

static inline void bitmap_clear(bitmap *map, uint32_t member) {
    for (int i = 0; i < LAYERS; i++, member >>= 6) {
        if (map->layer[i][member >> 6] &= ~(UINT64_C(1) << (member & 63))) return;
    }
}

/* The lowest member, or NO_RANK; `above` is a member just cleared below which there is none, so its neighbourhood is tried first. */
static inline uint32_t bitmap_lowest(const bitmap *map, uint32_t above) {
    uint32_t word = above >> 6;
    if (map->layer[0][word]) return word << 6 | (uint32_t)__builtin_ctzll(map->layer[0][word]);
    word >>= 6;
    if (!map->layer[1][word]) {
        word >>= 6;
        if (!map->layer[2][word]) {
            if (!map->layer[3][0]) return UINT32_MAX;
            word = (uint32_t)__builtin_ctzll(map->layer[3][0]);
        }
        word = word << 6 | (uint32_t)__builtin_ctzll(map->layer[2][word]);
    }
    word = word << 6 | (uint32_t)__builtin_ctzll(map->layer[1][word]);
    return word << 6 | (uint32_t)__builtin_ctzll(map->layer[0][word]);
}

#endif
