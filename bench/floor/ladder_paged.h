/* Pages of 64 ticks from a pool, a directory from rank / 64 to page, a bitmap of the pages in use: memory only for ticks near orders. */
#include "bitmap.h"

typedef struct {
    uint64_t used;          /* which of the 64 queues hold orders */
    uint32_t number;        /* rank / 64; in a free page the next free one */
    uint32_t spare[13];     /* so that queues begin on a cache line */
    queue queues[64];
} page;

typedef struct {
    page *pages;
    uint32_t *directory;    /* page of each rank / 64; 0 is none */
    bitmap numbers;
    uint32_t best, best_rank, ranks, free, top;
} ladder;

#define LEVEL(ladder, ref) (&(ladder)->pages[(ref) >> 6].queues[(ref) & 63])

static void ladder_open(ladder *side, uint32_t ranks) {
    side->ranks = ranks / 64 + 2;
    side->pages = aligned_alloc(64, (side->ranks + 1) * sizeof(page));
    if (!side->pages) die("pages");
    side->directory = allocate(side->ranks, sizeof(uint32_t));
    bitmap_open(&side->numbers, side->ranks);
}

static void ladder_reset(ladder *side) {
    memset(side->pages, 0, (side->ranks + 1) * sizeof(page));
    memset(side->directory, 0, side->ranks * sizeof(uint32_t));
    bitmap_reset(&side->numbers);
    side->best = side->free = 0;
    side->top = 1;
    side->best_rank = NO_RANK;
}

static uint32_t ladder_page(ladder *side, uint32_t number) {
    uint32_t ref = side->free;
    if (ref) side->free = side->pages[ref].number;
    else ref = side->top++;
    side->pages[ref].number = number;
    side->directory[number] = ref;
    bitmap_set(&side->numbers, number);
    return ref;
}

static inline uint32_t ladder_level(ladder *side, uint32_t rank) {
    uint32_t ref = side->directory[rank >> 6];
    if (!ref) ref = ladder_page(side, rank >> 6);
    side->pages[ref].used |= UINT64_C(1) << (rank & 63);
    ref = ref << 6 | (rank & 63);
    if (rank < side->best_rank) {
        side->best_rank = rank;
        side->best = ref;
    }
    return ref;
}

static void ladder_drop_page(ladder *side, uint32_t ref) {
    page *empty = &side->pages[ref];
    uint32_t number = empty->number;
    side->directory[number] = 0;
    bitmap_clear(&side->numbers, number);
    empty->number = side->free;
    side->free = ref;
    if (ref != side->best >> 6) return;
    number = bitmap_lowest(&side->numbers, number);
    if (number == NO_RANK) {
        side->best = 0;
        side->best_rank = NO_RANK;
        return;
    }
    ref = side->directory[number];
    uint32_t place = (uint32_t)__builtin_ctzll(side->pages[ref].used);
    side->best = ref << 6 | place;
    side->best_rank = number << 6 | place;
}

static inline void ladder_drop(ladder *side, uint32_t ref) {
    page *of = &side->pages[ref >> 6];
    of->used &= ~(UINT64_C(1) << (ref & 63));
    if (!of->used) {
        ladder_drop_page(side, ref >> 6);
    } else if (ref == side->best) {
        uint32_t place = (uint32_t)__builtin_ctzll(of->used);
        side->best = (ref & ~63u) | place;
        side->best_rank = of->number << 6 | place;
    }
}
