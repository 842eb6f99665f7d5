/* One queue for every tick of the range, and a bitmap of those in use: the least work there is, paid for with memory for every tick. */
#include "bitmap.h"

typedef struct {
    queue *queues;
    bitmap used;
    uint32_t best, best_rank, ranks;
} ladder;

#define LEVEL(ladder, ref) (&(ladder)->queues[ref])

static void ladder_open(ladder *side, uint32_t ranks) {
    side->ranks = ranks;
    side->queues = allocate((size_t)ranks + 2, sizeof(queue));
    bitmap_open(&side->used, (size_t)ranks + 2);
}

static void ladder_reset(ladder *side) {
    memset(side->queues, 0, ((size_t)side->ranks + 2) * sizeof(queue));
    bitmap_reset(&side->used);
    side->best = 0;
    side->best_rank = NO_RANK;
}

static inline uint32_t ladder_level(ladder *side, uint32_t rank) {
    if (!side->queues[rank].head) {
        bitmap_set(&side->used, rank);
        if (rank < side->best_rank) side->best = side->best_rank = rank;
    }
    return rank;
}

static inline void ladder_drop(ladder *side, uint32_t ref) {
    bitmap_clear(&side->used, ref);
    if (ref != side->best) return;
    side->best_rank = bitmap_lowest(&side->used, ref);
    side->best = side->best_rank == NO_RANK ? 0 : side->best_rank;
}
