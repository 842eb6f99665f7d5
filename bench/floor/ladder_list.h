/* A doubly linked list of levels, best first: nothing to search but the list itself, so a level far from the touch costs a long walk. */
typedef struct {
    queue queue;
    uint32_t rank, better, worse;       /* `worse` of a free level is the next free one */
} level;

typedef struct {
    level *levels;                      /* level 0 is the head of the ring: better than all, worse than none */
    uint32_t best, best_rank, ranks, free, top;
} ladder;

#define LEVEL(ladder, ref) (&(ladder)->levels[ref].queue)

static void ladder_open(ladder *side, uint32_t ranks) {
    side->ranks = ranks + 2;
    side->levels = allocate(side->ranks, sizeof(level));
}

static void ladder_reset(ladder *side) {
    memset(side->levels, 0, side->ranks * sizeof(level));
    side->levels[0].rank = NO_RANK;
    side->best = side->free = 0;
    side->top = 1;
    side->best_rank = NO_RANK;
}

static inline void ladder_set_best(ladder *side) {
    side->best = side->levels[0].worse;
    side->best_rank = side->levels[side->best].rank;
}

static inline uint32_t ladder_level(ladder *side, uint32_t rank) {
    level *levels = side->levels;
    uint32_t at = side->best;
    while (levels[at].rank < rank) at = levels[at].worse;
    if (levels[at].rank == rank) return at;
    uint32_t ref = side->free, better = levels[at].better;
    if (ref) side->free = levels[ref].worse;
    else ref = side->top++;
    levels[ref] = (level){.rank = rank, .better = better, .worse = at};
    levels[better].worse = ref;
    levels[at].better = ref;
    ladder_set_best(side);
    return ref;
}

static inline void ladder_drop(ladder *side, uint32_t ref) {
    level *levels = side->levels, *of = &levels[ref];
    levels[of->better].worse = of->worse;
    levels[of->worse].better = of->better;
    of->worse = side->free;
    side->free = ref;
    ladder_set_best(side);
}
