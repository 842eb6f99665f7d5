/* A sorted array of (rank, level), best at the end: a binary search to find a level, a move of what is better to make or drop one. */
typedef struct {
    queue queue;
    uint32_t rank, next_free;
} level;

typedef struct {
    uint32_t rank, ref;
} entry;

typedef struct {
    level *levels;
    entry *entries;         /* worst first */
    uint32_t count, best, best_rank, ranks, free, top;
} ladder;

#define LEVEL(ladder, ref) (&(ladder)->levels[ref].queue)

static void ladder_open(ladder *side, uint32_t ranks) {
    side->ranks = ranks + 2;
    side->levels = allocate(side->ranks, sizeof(level));
    side->entries = allocate(side->ranks, sizeof(entry));
}

static void ladder_reset(ladder *side) {
    memset(side->levels, 0, side->ranks * sizeof(level));
    memset(side->entries, 0, side->ranks * sizeof(entry));
    side->count = side->best = side->free = 0;
    side->top = 1;
    side->best_rank = NO_RANK;
}

/* How many entries are worse than this rank. */
static inline uint32_t ladder_search(const ladder *side, uint32_t rank) {
    uint32_t low = 0, span = side->count;
    while (span) {
        uint32_t half = span / 2;
        int worse = side->entries[low + half].rank > rank;
        low = worse ? low + half + 1 : low;
        span = worse ? span - half - 1 : half;
    }
    return low;
}

static inline void ladder_set_best(ladder *side) {
    side->best = side->count ? side->entries[side->count - 1].ref : 0;
    side->best_rank = side->count ? side->entries[side->count - 1].rank : NO_RANK;
}

static inline uint32_t ladder_level(ladder *side, uint32_t rank) {
    if (rank == side->best_rank) return side->best;
    uint32_t at = ladder_search(side, rank);
    if (at < side->count && side->entries[at].rank == rank) return side->entries[at].ref;
    uint32_t ref = side->free;
    if (ref) side->free = side->levels[ref].next_free;
    else ref = side->top++;
    side->levels[ref] = (level){.rank = rank};
    memmove(&side->entries[at + 1], &side->entries[at], (side->count - at) * sizeof(entry));
    side->entries[at] = (entry){rank, ref};
    side->count++;
    ladder_set_best(side);
    return ref;
}

static inline void ladder_drop(ladder *side, uint32_t ref) {
    uint32_t at = ref == side->best ? side->count - 1 : ladder_search(side, side->levels[ref].rank);
    side->count--;
    memmove(&side->entries[at], &side->entries[at + 1], (side->count - at) * sizeof(entry));
    side->levels[ref].next_free = side->free;
    side->free = ref;
    ladder_set_best(side);
}
