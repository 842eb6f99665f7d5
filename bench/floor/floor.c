/* The least work a price-time book can do: the floor that the engine's own book is held against, and a stand to try price ladders on.
 *
 *   floor RECORDS PREFILL [PASSES [ACCOUNTS]]    run the flow, time the messages after the prefill, print one line of JSON
 *
 * Messages name an order by the client's id, through an open-addressing hash; compiled with -DSLOT_IDS, by the venue's (slot, generation).
 * -DLADDER_* chooses the price levels (ladder.h).  Each message writes its 32-byte reports to a ring, as a book must tell someone.
 * Not a venue: no checks, one instrument, no owner, no limit that is refused.  -DLEDGER gives each order an owner and lets it pay
 * (ledger.h), -DINSTRUMENTS=n spreads the flow over n of these books; neither costs the plain floor anything.
 */
#include <time.h>

#include "ladder.h"
#include "ledger.h"

enum { REPORT_NEW, REPORT_TRADE, REPORT_CANCELED, REPORT_MODIFIED, REPORT_REJECTED };
enum { RING = 1 << 16 };

typedef struct {
    uint32_t prev, next;        /* neighbours in the queue; `next` of a free slot is the next free one */
    uint32_t level;             /* reference into the side's ladder; 0 is a closed order */
    uint32_t qty;
    uint32_t rank;
    uint32_t id;
    union {
        uint32_t generation;    /* of the slot's use, with SLOT_IDS */
        uint32_t account;       /* with LEDGER */
    };
    uint8_t side;
    uint16_t instrument;
} order;

typedef struct {
    uint32_t type, maker, taker, qty;
    int64_t price, left;
} report;

typedef struct {
    uint8_t type, side, ioc;
    uint32_t qty, id;
    union {
        uint32_t generation, account;
    };
    int32_t price;
#if INSTRUMENTS > 1
    uint32_t instrument;
#endif
} message;

#if INSTRUMENTS > 1
#define INSTRUMENT(of) ((of)->instrument)
#else
#define INSTRUMENT(of) 0
#endif

_Static_assert(sizeof(order) == 32 && sizeof(report) == 32, "two to a cache line");

typedef struct {
    ladder sides[INSTRUMENTS][2];
    order *orders;
    uint32_t free, top;
    uint64_t *hash;             /* slot << 32 | id; 0 is empty */
    uint32_t hash_mask;
    report *ring;
    uint32_t written;
    int32_t rank_base[2], price_min, price_max;
    uint64_t trades, volume;
    uint32_t open, open_max;
} book;

static book the;                /* one book a process: its address is a constant of the code */

/* A buyer's rank falls as the price rises and a seller's with it; the side is a coin toss, so its sign is computed and not branched on. */
static inline int32_t rank_of(int side, int32_t price) {
    int32_t flip = side - 1;
    return ((price ^ flip) - flip) + the.rank_base[side];
}

static inline int32_t price_of(int side, uint32_t rank) {
    int32_t flip = side - 1;
    return (((int32_t)rank - the.rank_base[side]) ^ flip) - flip;
}

static inline void tell(uint32_t type, uint32_t maker, uint32_t taker, int64_t price, uint32_t qty) {
    report *next = &the.ring[the.written++ & (RING - 1)];
    next->type = type;
    next->maker = maker;
    next->taker = taker;
    next->price = price;
    next->qty = qty;
}

static inline uint32_t hash_home(uint32_t id) {
    return (uint32_t)(id * UINT64_C(0x9E3779B97F4A7C15) >> 32) & the.hash_mask;
}

/* Where the id is, or the empty place where its search ends. */
static inline uint32_t hash_find(uint32_t id) {
    uint32_t at = hash_home(id);
    while (the.hash[at] && (uint32_t)the.hash[at] != id) at = (at + 1) & the.hash_mask;
    return at;
}

/* Close the gap by moving back what would not be found past it, so that no marker of deleted entries is needed. */
static inline void hash_remove(uint32_t gap) {
    for (uint32_t at = (gap + 1) & the.hash_mask; the.hash[at]; at = (at + 1) & the.hash_mask) {
        uint32_t home = hash_home((uint32_t)the.hash[at]);
        if (((at - home) & the.hash_mask) >= ((at - gap) & the.hash_mask)) {
            the.hash[gap] = the.hash[at];
            gap = at;
        }
    }
    the.hash[gap] = 0;
}

static inline uint32_t slot_take(uint32_t id) {
    uint32_t slot = the.free;
    if (slot) the.free = the.orders[slot].next;
    else slot = the.top++;
#ifndef SLOT_IDS
    uint32_t at = hash_home(id);
    while (the.hash[at]) at = (at + 1) & the.hash_mask;
    the.hash[at] = (uint64_t)slot << 32 | id;
#endif
    (void)id;
    return slot;
}

static inline uint32_t hash_place(uint32_t id) {
#ifdef SLOT_IDS
    return id & 0;
#else
    return hash_find(id);
#endif
}

/* `place` is where the hash has the order's id. */
static inline void slot_free(uint32_t slot, uint32_t place) {
    order *closed = &the.orders[slot];
#ifndef SLOT_IDS
    hash_remove(place);
#endif
    (void)place;
    closed->level = 0;
    closed->generation++;
    closed->next = the.free;
    the.free = slot;
}

static inline void rest(uint32_t slot, const message *m, uint32_t id, int side, uint32_t qty) {
    uint32_t rank = (uint32_t)rank_of(side, m->price);
    ladder *own = &the.sides[INSTRUMENT(m)][side];
    uint32_t ref = ladder_level(own, rank);
    queue *level = LEVEL(own, ref);
    order *resting = &the.orders[slot];
    resting->prev = level->tail;
    resting->next = 0;
    resting->level = ref;
    resting->qty = qty;
    resting->rank = rank;
    resting->id = id;
    resting->side = (uint8_t)side;
#ifdef LEDGER
    resting->account = m->account;
#endif
#if INSTRUMENTS > 1
    resting->instrument = (uint16_t)m->instrument;
#endif
    if (level->tail) the.orders[level->tail].next = slot;
    else level->head = slot;
    level->tail = slot;
    level->qty += qty;
}

static inline void unlink_order(order *resting) {
    ladder *own = &the.sides[INSTRUMENT(resting)][resting->side];
    queue *level = LEVEL(own, resting->level);
    level->qty -= resting->qty;
    if (resting->prev) the.orders[resting->prev].next = resting->next;
    else level->head = resting->next;
    if (resting->next) the.orders[resting->next].prev = resting->prev;
    else level->tail = resting->prev;
    if (!level->head) ladder_drop(own, resting->level);
}

/* Trade what crosses, best price first and oldest first, and return what is left. */
static inline uint32_t match(const message *m, uint32_t id, int side) {
    ladder *other = &the.sides[INSTRUMENT(m)][!side];
    int64_t limit = rank_of(!side, m->price);
    uint32_t qty = m->qty;
    while (qty && other->best_rank <= limit) {
        uint32_t ref = other->best;
        queue *level = LEVEL(other, ref);
        int32_t at = price_of(!side, other->best_rank);
        uint32_t slot = level->head;
        while (slot && qty) {
            order *maker = &the.orders[slot];
            uint32_t traded = qty < maker->qty ? qty : maker->qty, next = maker->next;
            qty -= traded;
            maker->qty -= traded;
            level->qty -= traded;
            the.trades++;
            the.volume += traded;
            ledger_settle(maker->account, INSTRUMENT(m), !side, at, at, traded, MAKER_RATE);
            ledger_settle(m->account, INSTRUMENT(m), side, m->price, at, traded, TAKER_RATE);
            tell(REPORT_TRADE, maker->id, id, at, traded);
            if (maker->qty) break;
            slot_free(slot, hash_place(maker->id));
            slot = next;
        }
        level->head = slot;
        if (slot) {
            the.orders[slot].prev = 0;
        } else {
            level->tail = 0;
            ladder_drop(other, ref);
        }
    }
    return qty;
}

/* The slot that a cancel or modify means, or 0. */
static inline uint32_t named(const message *m, uint32_t *place) {
#ifdef SLOT_IDS
    order *meant = &the.orders[m->id];
    *place = 0;
    return meant->generation == m->generation && meant->level ? m->id : 0;
#else
    *place = hash_find(m->id);
    return (uint32_t)(the.hash[*place] >> 32);
#endif
}

static inline uint32_t refuse(const message *m) {
    tell(REPORT_REJECTED, m->id, 0, 0, 0);
    return 0;
}

static inline uint32_t apply(const message *m) {
    if (m->type == NEW) {
        if (!ledger_hold(m->account, INSTRUMENT(m), m->side, m->price, m->qty)) return refuse(m);
        tell(REPORT_NEW, m->id, 0, m->price, m->qty);
        uint32_t left = match(m, m->id, m->side);
        if (!left) return 0;
        if (m->ioc) {
            ledger_release(m->account, INSTRUMENT(m), m->side, m->price, left);
            tell(REPORT_CANCELED, m->id, 0, m->price, left);
            return 0;
        }
        uint32_t slot = slot_take(m->id);
        rest(slot, m, m->id, m->side, left);
        return slot;
    }
    uint32_t place, slot = named(m, &place);
    if (!slot) return refuse(m);
    order *open = &the.orders[slot];
    unlink_order(open);
    ledger_release(open->account, INSTRUMENT(open), open->side, price_of(open->side, open->rank), open->qty);
    if (m->type == CANCEL) {
        tell(REPORT_CANCELED, open->id, 0, price_of(open->side, open->rank), open->qty);
        slot_free(slot, place);
        return 0;
    }
    if (!ledger_hold(open->account, INSTRUMENT(open), open->side, m->price, m->qty)) die("a modified order is not paid for");
    tell(REPORT_MODIFIED, open->id, 0, m->price, m->qty);
    uint32_t id = open->id, left = match(m, id, open->side);
    if (left) rest(slot, m, id, open->side, left);
    else slot_free(slot, hash_place(id));       /* looked up again: the match may have moved it */
    return slot;
}

static message *load(const char *path, uint32_t accounts, uint32_t *count, uint32_t *id_max) {
    record *records = read_flow(path, count);
    message *messages = allocate(*count, sizeof *messages);
    the.price_min = INT32_MAX;
    *id_max = 0;
    for (uint32_t i = 0; i < *count; i++) {
        const record *r = &records[i];
        messages[i] = (message){.type = r->type, .side = r->side, .ioc = r->ioc, .qty = r->qty, .id = (uint32_t)r->order_id,
                                .price = (int32_t)r->price};
#ifdef LEDGER
        messages[i].account = account_of(r->order_id, accounts);
#endif
#if INSTRUMENTS > 1
        messages[i].instrument = instrument_of(r->order_id);
#endif
        if (r->order_id > *id_max) *id_max = (uint32_t)r->order_id;
        if (r->ioc) continue;           /* never rests, so it asks nothing of the ladder */
        if (r->price < the.price_min) the.price_min = (int32_t)r->price;
        if (r->price > the.price_max) the.price_max = (int32_t)r->price;
    }
    (void)accounts;
    free(records);
    return messages;
}

static void reset(uint32_t slots) {
    for (int i = 0; i < 2 * INSTRUMENTS; i++) ladder_reset(&the.sides[i / 2][i % 2]);
    ledger_reset();
    memset(the.orders, 0, ((size_t)slots + 2) * sizeof(order));
    memset(the.hash, 0, ((size_t)the.hash_mask + 1) * sizeof(uint64_t));
    memset(the.ring, 0, RING * sizeof(report));
    the.free = the.written = 0;
    the.top = 1;
    the.trades = the.volume = 0;
}

static void hash_open(uint32_t entries) {
    uint32_t size = 64;
    while (size < 4 * entries) size *= 2;
    free(the.hash);
    the.hash = allocate(size, sizeof(uint64_t));
    the.hash_mask = size - 1;
}

/* A dry pass that learns how many orders are open at once, and in SLOT_IDS the slot and generation that a client would have been told. */
static uint32_t rehearse(message *messages, uint32_t count, uint32_t id_max) {
    uint32_t *slots = allocate((size_t)id_max + 1, sizeof(uint32_t)), *generations = allocate((size_t)id_max + 1, sizeof(uint32_t));
    for (uint32_t i = 0; i < count; i++) {
        message *m = &messages[i];
        uint32_t id = m->id;
        if (m->type != NEW) {
#ifdef SLOT_IDS
            m->id = slots[id];
            m->generation = generations[id];
#endif
            apply(m);
            continue;
        }
        slots[id] = apply(m);
        generations[id] = the.orders[slots[id]].generation;
    }
    free(slots);
    free(generations);
    return the.top;
}

/* A function of its own, so that an instruction counter can be told to look here only. */
__attribute__((noinline)) static void timed(const message *messages, uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; i++) apply(&messages[i]);
}

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    if (argc < 3) return fputs("floor RECORDS PREFILL [PASSES [ACCOUNTS]]\n", stderr), 2;
    uint32_t count, id_max, prefill = (uint32_t)strtoul(argv[2], NULL, 10), passes = argc > 3 ? (uint32_t)atoi(argv[3]) : 5;
    uint32_t accounts = argc > 4 ? (uint32_t)atoi(argv[4]) : 1;
    message *messages = load(argv[1], accounts, &count, &id_max);
    size_t before = allocated;
    uint32_t ranks = (uint32_t)(the.price_max - the.price_min) + 1;
    for (int i = 0; i < 2 * INSTRUMENTS; i++) ladder_open(&the.sides[i / 2][i % 2], ranks);
    ledger_open(accounts);
    size_t bytes = allocated - before;
    the.rank_base[BUY] = the.price_max + 1;
    the.rank_base[SELL] = 1 - the.price_min;
    the.orders = aligned_alloc(64, ((size_t)count + 2) * sizeof(order));
    the.ring = aligned_alloc(64, RING * sizeof(report));
    if (!the.orders || !the.ring) die("out of memory");
    hash_open(count);
    reset(count);
    uint32_t slots = rehearse(messages, count, id_max);
    hash_open(slots);
    bytes += slots * sizeof(order) + ((size_t)the.hash_mask + 1) * sizeof(uint64_t);

    double *times = allocate(passes, sizeof(double));
    uint64_t trades = 0, volume = 0;
    for (uint32_t pass = 0; pass < passes; pass++) {
        reset(count);
        for (uint32_t i = 0; i < prefill; i++) apply(&messages[i]);
        trades = the.trades, volume = the.volume;
        double start = now_ns();
        timed(messages, prefill, count);
        times[pass] = (now_ns() - start) / (count - prefill);
        trades = the.trades - trades, volume = the.volume - volume;
    }
    qsort(times, passes, sizeof(double), ascending);
    printf("{\"ns\": %.2f, \"ns_min\": %.2f, \"ns_max\": %.2f, \"trades\": %" PRIu64 ", \"volume\": %" PRIu64 ", \"slots\": %u, "
           "\"bytes\": %zu, \"conserved\": %d}\n",
           times[passes / 2], times[0], times[passes - 1], trades, volume, slots, bytes, ledger_conserved());
    free(times);
    free(messages);
    return 0;
}
