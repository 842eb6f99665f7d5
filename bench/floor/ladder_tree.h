/* A height-balanced (AVL) tree of levels in a pool, as most order books have it, the best level cached beside the root. */
typedef struct {
    queue queue;
    uint32_t rank, height;
    uint32_t child[2], parent;          /* child[0] is better; `parent` of a free level is the next free one */
} level;

typedef struct {
    level *levels;
    uint32_t root, best, best_rank, ranks, free, top;
} ladder;

#define LEVEL(ladder, ref) (&(ladder)->levels[ref].queue)

static void ladder_open(ladder *side, uint32_t ranks) {
    side->ranks = ranks + 2;
    side->levels = allocate(side->ranks, sizeof(level));
}

static void ladder_reset(ladder *side) {
    memset(side->levels, 0, side->ranks * sizeof(level));
    side->root = side->best = side->free = 0;
    side->top = 1;
    side->best_rank = NO_RANK;
}

static inline void tree_measure(level *levels, uint32_t ref) {
    uint32_t left = levels[levels[ref].child[0]].height, right = levels[levels[ref].child[1]].height;
    levels[ref].height = 1 + (left > right ? left : right);
}

static inline void tree_hang(ladder *side, uint32_t parent, uint32_t old, uint32_t ref) {
    if (!parent) side->root = ref;
    else side->levels[parent].child[side->levels[parent].child[1] == old] = ref;
    if (ref) side->levels[ref].parent = parent;
}

/* Lift the child on side `up` into the place of `ref`, and return it. */
static uint32_t tree_rotate(ladder *side, uint32_t ref, int up) {
    level *levels = side->levels;
    uint32_t lifted = levels[ref].child[up], inner = levels[lifted].child[!up];
    tree_hang(side, levels[ref].parent, ref, lifted);
    levels[lifted].child[!up] = ref;
    levels[ref].parent = lifted;
    levels[ref].child[up] = inner;
    if (inner) levels[inner].parent = ref;
    tree_measure(levels, ref);
    tree_measure(levels, lifted);
    return lifted;
}

static void tree_balance(ladder *side, uint32_t ref) {
    level *levels = side->levels;
    while (ref) {
        uint32_t before = levels[ref].height;
        tree_measure(levels, ref);
        int tilt = (int)levels[levels[ref].child[1]].height - (int)levels[levels[ref].child[0]].height;
        if (tilt > 1 || tilt < -1) {
            int heavy = tilt > 1;
            uint32_t child = levels[ref].child[heavy];
            if (levels[levels[child].child[!heavy]].height > levels[levels[child].child[heavy]].height) tree_rotate(side, child, !heavy);
            ref = tree_rotate(side, ref, heavy);
        }
        if (levels[ref].height == before) return;
        ref = levels[ref].parent;
    }
}

static inline uint32_t ladder_level(ladder *side, uint32_t rank) {
    level *levels = side->levels;
    if (rank == side->best_rank) return side->best;
    uint32_t parent = 0, at = side->root;
    while (at) {
        if (levels[at].rank == rank) return at;
        parent = at;
        at = levels[at].child[rank > levels[at].rank];
    }
    uint32_t ref = side->free;
    if (ref) side->free = levels[ref].parent;
    else ref = side->top++;
    levels[ref] = (level){.rank = rank, .height = 1, .parent = parent};
    if (parent) levels[parent].child[rank > levels[parent].rank] = ref;
    else side->root = ref;
    tree_balance(side, parent);
    if (rank < side->best_rank) {
        side->best = ref;
        side->best_rank = rank;
    }
    return ref;
}

/* The next worse level than one that has no child on its better side: the best one. */
static inline uint32_t tree_next_best(const level *levels, uint32_t ref) {
    uint32_t next = levels[ref].child[1];
    if (!next) return levels[ref].parent;
    while (levels[next].child[0]) next = levels[next].child[0];
    return next;
}

static inline void ladder_drop(ladder *side, uint32_t ref) {
    level *levels = side->levels;
    if (ref == side->best) {
        side->best = tree_next_best(levels, ref);
        side->best_rank = side->best ? levels[side->best].rank : NO_RANK;
    }
    uint32_t left = levels[ref].child[0], right = levels[ref].child[1], from;
    if (left && right) {
        uint32_t heir = right;
        while (levels[heir].child[0]) heir = levels[heir].child[0];
        from = levels[heir].parent == ref ? heir : levels[heir].parent;
        if (heir != right) {
            tree_hang(side, levels[heir].parent, heir, levels[heir].child[1]);
            levels[heir].child[1] = right;
            levels[right].parent = heir;
        }
        levels[heir].child[0] = left;
        levels[left].parent = heir;
        levels[heir].height = levels[ref].height;
        tree_hang(side, levels[ref].parent, ref, heir);
    } else {
        from = levels[ref].parent;
        tree_hang(side, from, ref, left ? left : right);
    }
    tree_balance(side, from);
    levels[ref].parent = side->free;
    side->free = ref;
}
