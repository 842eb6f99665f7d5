/* Make order flow from a seed, or run a flow file through the naive book.
 *
 *   flow make SHAPE SEED PREFILL COUNT RECORDS [REPORTS]    write a prefill (0: the shape's own), COUNT messages, perhaps the canonical
 *                                                           report text of both
 *   flow replay RECORDS REPORTS                             write the report text of a flow from elsewhere
 *
 * Both print one line of JSON.  Integers only: the same seed gives the same bytes on every machine, whatever its libm.
 */
#include <string.h>

#include "naive.h"

typedef struct {
    const char *name;
    int prefill, depth, aggressive_percent, aggressive_qty;
} shape;

static uint64_t state;

static uint64_t draw(void) {                    /* splitmix64 */
    uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static uint32_t below(uint32_t limit) {
    return (uint32_t)((draw() >> 32) * limit >> 32);
}

static int chance(uint32_t per_million) {
    return below(1000000) < per_million;
}

/* Log-uniform from 1 to 2**bits: a density that falls as 1 / distance, a power law without a logarithm. */
static uint32_t power_law(uint32_t bits) {
    return 1 + below(1u << below(bits + 1));
}

static naive_book book;
static FILE *records;
static uint32_t written, messages[4];

static void emit(int type, int side, int ioc, int64_t price, uint32_t qty, uint32_t id) {
    record message = {.type = (uint8_t)type, .side = (uint8_t)side, .ioc = (uint8_t)ioc, .qty = qty, .sequence = written,
                      .order_id = id, .price = price};
    written++;
    messages[ioc ? 3 : type]++;
    if (fwrite(&message, sizeof message, 1, records) != 1) die("write");
    naive_apply(&book, &message);
}

/* W1 and W3: a slow random walk of the mid, new orders behind it, cancels uniform over what is open, the number open held at the target. */
static void make_mixed(const shape *shape, uint32_t prefill, uint32_t count) {
    int32_t mid = 100000;
    uint32_t id = 1;
    for (uint32_t i = 0; i < prefill + count; i++) {
        if (i == prefill) memset(messages, 0, sizeof messages), book.trades = book.volume = book.messages_that_trade = 0;
        if (below(100) < 4) mid += below(2) ? 1 : -1;
        int64_t excess = ((int64_t)book.live_count - prefill) * 2000000 / prefill;
        int64_t aggressive = i < prefill ? 0 : shape->aggressive_percent * 10000;
        int64_t cancel = i < prefill ? 0 : 425000 + excess;
        int64_t dice = below(1000000);
        if (dice < aggressive && book.best[BUY] >= 0 && book.best[SELL] >= 0) {
            int side = (int)below(2), into = (int)below(5);
            int32_t price = side == BUY ? book.best[SELL] + into : book.best[BUY] - into;
            emit(NEW, side, 0, price, 1 + below((uint32_t)shape->aggressive_qty), id++);
        } else if (dice < aggressive + cancel && book.live_count) {
            uint32_t open = book.live[below(book.live_count)];
            emit(CANCEL, book.orders[open].side, 0, book.orders[open].price, book.orders[open].qty, open);
        } else {
            int side = (int)below(2);
            int32_t distance = 1;
            if (shape->depth) distance += (int32_t)below((uint32_t)shape->depth);
            else while (!chance(80000)) distance++;
            int32_t price = side == BUY ? mid - distance : mid + distance, touch = book.best[!side];
            if (touch >= 0 && side == BUY && price >= touch) price = touch - 1;
            if (touch >= 0 && side == SELL && price <= touch) price = touch + 1;
            emit(NEW, side, 0, price, 1 + below(100), id++);
        }
    }
}

/* W2: four of five messages move an order one percent of its distance toward the last price; each side is refilled to its half. */
static void make_moves(const shape *shape, uint32_t prefill, uint32_t count) {
    uint32_t id = 1, half = prefill / 2;
    (void)shape;
    book.last_price = 100000;
    for (uint32_t i = 0; i < prefill + count; i++) {
        if (i == prefill) memset(messages, 0, sizeof messages), book.trades = book.volume = book.messages_that_trade = 0;
        int side = (int)below(2), filling = i < prefill;
        int32_t lack = (int32_t)half - (int32_t)book.live_side[side];
        uint32_t dice = below(100);
        int enter = filling || dice < 12 || lack > (int32_t)half / 4 || !book.live_count;
        if (enter && (filling || lack > 0)) {
            uint64_t square = draw() >> 32;
            uint32_t deviation = 1 + (uint32_t)((square * square >> 32) * 1000 >> 32), sum = 0;
            for (int k = 0; k < 4; k++) sum += below(deviation);
            int32_t distance = abs((int32_t)(sum / 4 * 2) - (int32_t)deviation);
            if (filling && !distance) distance = 1;
            uint32_t qty = 1 + below(6) * below(6) * below(6);
            emit(NEW, side, 0, book.last_price + (side == BUY ? -distance : distance), qty, id++);
        } else if (enter) {
            uint32_t qty = 1 + below(6) * below(6) * below(6);
            emit(NEW, side, 1, book.last_price + (side == BUY ? 2000 : -2000), qty, id++);
        } else {
            uint32_t open = book.live[below(book.live_count)];
            naive_order *order = &book.orders[open];
            int32_t away = book.last_price - order->price;
            int32_t step = away > 0 ? (away + 99) / 100 : away < 0 ? -((99 - away) / 100) : (int32_t)below(2) * 2 - 1;
            if (dice < 18) emit(CANCEL, order->side, 0, order->price, order->qty, open);
            else emit(MODIFY, order->side, 0, order->price + step, order->qty, open);
        }
    }
}

typedef struct {
    uint64_t at;            /* microseconds */
    uint32_t id;
    uint8_t type;
} due;

static due *heap;
static uint32_t heap_count;

static void heap_push(due item) {
    uint32_t i = heap_count++;
    for (; i && heap[(i - 1) / 2].at > item.at; i = (i - 1) / 2) heap[i] = heap[(i - 1) / 2];
    heap[i] = item;
}

static due heap_pop(void) {
    due first = heap[0], last = heap[--heap_count];
    uint32_t i = 0;
    for (uint32_t child; (child = 2 * i + 1) < heap_count; i = child) {
        if (child + 1 < heap_count && heap[child + 1].at < heap[child].at) child++;
        if (heap[child].at >= last.at) break;
        heap[i] = heap[child];
    }
    heap[i] = last;
    return first;
}

enum { CENTER = 40000, SWING = 12000 };

/* The mid price at message i of n: SWING is 30% of CENTER, so from crest to trough is 60% of it. */
static int32_t mid_at(const char *name, uint64_t i, uint64_t n, int32_t noise) {
    if (!strcmp(name, "still")) return CENTER;
    if (!strcmp(name, "normal")) return CENTER + noise;
    if (!strcmp(name, "swings")) {              /* four triangles */
        int64_t phase = (int64_t)(i * 16000 / n % 4000), height = phase < 1000 ? phase : phase < 3000 ? 2000 - phase : phase - 4000;
        return CENTER + noise + (int32_t)(height * SWING / 1000);
    }
    uint64_t begin = n * 4 / 10, end = n * 5 / 10;      /* crash: down by 60% within a tenth of the flow, half of it back by the end */
    if (i < begin) return CENTER + noise;
    if (i < end) return CENTER + noise - (int32_t)((i - begin) * (2 * SWING) / (end - begin));
    return CENTER + noise - 2 * SWING + (int32_t)((i - end) * SWING / (n - end));
}

static uint32_t *shuffled(uint32_t count) {
    uint32_t *ids = allocate(count, sizeof *ids);
    for (uint32_t i = 0; i < count; i++) ids[i] = i + 1;
    for (uint32_t i = count - 1; i; i--) {
        uint32_t j = below(i + 1), kept = ids[i];
        ids[i] = ids[j];
        ids[j] = kept;
    }
    return ids;
}

/* Equity-like flow: lifetimes of milliseconds, 95% of the resting orders canceled, 20% modified before, 15% immediate-or-cancel, a standing
 * tail that nobody cancels across tens of thousands of ticks, ids a random permutation.  Cancels of orders that traded meanwhile are kept:
 * the book must refuse them. */
static void make_equity(const shape *shape, uint32_t prefill, uint32_t count) {
    uint32_t *ids = shuffled(prefill + count), entered = 0;
    int32_t noise = 0;
    uint64_t now = 0;
    heap = allocate(2 * (size_t)count + 2, sizeof *heap);
    for (uint32_t i = 0; i < prefill; i++) {
        int side = (int)(i & 1);
        int32_t distance = 1 + (int32_t)(i % 4 ? below(30000) : power_law(14));
        emit(NEW, side, 0, side == BUY ? CENTER - distance : CENTER + distance, 1 + below(100), ids[entered++]);
    }
    memset(messages, 0, sizeof messages), book.trades = book.volume = book.messages_that_trade = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (below(32) == 0 && strcmp(shape->name, "still")) noise += (int32_t)below(3) - 1 - noise / 400;
        int32_t mid = mid_at(shape->name, i, count, noise);
        if (heap_count && heap[0].at <= now) {
            due item = heap_pop();
            naive_order *order = &book.orders[item.id];
            int32_t price = order->price;
            if (item.type == MODIFY) price += (int32_t)below(7) - 3;
            emit(item.type, order->side, 0, price, item.type == MODIFY ? 1 + below(100) : order->qty, item.id);
            continue;
        }
        now += 1 + below(40);
        uint32_t id = ids[entered++];
        int side = (int)below(2), ioc = chance(150000);
        int32_t behind = ioc ? 6 - (int32_t)below(8) : chance(10000) ? -(int32_t)below(4) : (int32_t)power_law(1 + below(12));
        emit(NEW, side, ioc, side == BUY ? mid - behind : mid + behind, 1 + below(100), id);
        if (ioc) continue;
        uint64_t life = (uint64_t)(16 + below(16)) << below(9);         /* from 16 microseconds to 8 milliseconds */
        if (chance(200000)) heap_push((due){.at = now + life / 2, .id = id, .type = MODIFY});
        if (chance(950000)) heap_push((due){.at = now + life, .id = id, .type = CANCEL});
    }
    free(ids);
    free(heap);
}

/* Steady: as many open as the prefill, within 60 ticks of a mid that stands; of what follows, 45% new orders, 45% cancels drawn from all
 * that is open, and 10% that trade in pairs, with each other, at the mid.  A pair's ids differ in the last bit only, so that a flow which
 * is spread over instruments by the other bits has the same trades whatever their number. */
static void make_steady(const shape *shape, uint32_t prefill, uint32_t count) {
    int32_t mid = 1000;
    uint32_t id = 2;
    (void)shape;
    for (uint32_t i = 0; i < prefill + count; i++) {
        if (i == prefill) memset(messages, 0, sizeof messages), book.trades = book.volume = book.messages_that_trade = 0;
        int64_t excess = ((int64_t)book.live_count - prefill) * 2000000 / prefill;
        int64_t dice = below(1000000), cancel = 525000 + excess;
        if (i >= prefill && dice < 52500 && i + 1 < prefill + count) {
            int side = (int)below(2);
            uint32_t qty = 1 + below(100), first = id + (id & 1);
            emit(NEW, side, 0, mid, qty, first);
            emit(NEW, !side, 1, mid, qty, first + 1);
            id = first + 2;
            i++;
        } else if (i >= prefill && dice < cancel && book.live_count) {
            uint32_t open = book.live[below(book.live_count)];
            emit(CANCEL, book.orders[open].side, 0, book.orders[open].price, book.orders[open].qty, open);
        } else {
            int side = (int)below(2);
            int32_t distance = 1 + (int32_t)below(60);
            emit(NEW, side, 0, side == BUY ? mid - distance : mid + distance, 1 + below(100), id++);
        }
    }
}

static const shape shapes[] = {
    {"w1", 5000, 0, 10, 80},       {"w2", 1000, 0, 0, 0},      {"w3", 100000, 2000, 6, 150}, {"w3m", 1000000, 5000, 6, 150},
    {"still", 40000, 0, 0, 0},     {"normal", 40000, 0, 0, 0}, {"swings", 40000, 0, 0, 0},   {"crash", 40000, 0, 0, 0},
    {"steady", 20000, 0, 0, 0},
};

static void print_summary(uint32_t prefill, uint32_t count) {
    printf("{\"prefill\": %u, \"count\": %u, \"trades\": %" PRIu64 ", \"volume\": %" PRIu64 ", \"messages_that_trade\": %" PRIu64
           ", \"rejects\": %" PRIu64 ", \"limit\": %u, \"cancel\": %u, \"modify\": %u, \"ioc\": %u, \"live\": %u, \"live_max\": %u, "
           "\"levels\": %u, \"levels_max\": %u}\n",
           prefill, count, book.trades, book.volume, book.messages_that_trade, book.rejects, messages[NEW], messages[CANCEL],
           messages[MODIFY], messages[3], book.live_count, book.live_max, book.levels, book.levels_max);
}

static int make(const char *name, uint64_t seed, uint32_t prefill, uint32_t count, const char *path, const char *reports) {
    const shape *chosen = NULL;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (!strcmp(shapes[i].name, name)) chosen = &shapes[i];
    }
    if (!chosen) return fprintf(stderr, "unknown shape: %s\n", name), 2;
    if (!prefill) prefill = (uint32_t)chosen->prefill;
    state = seed;
    records = fopen(path, "wb");
    if (!records) die(path);
    flow_header header = {FLOW_MAGIC, 1, prefill + count};
    fwrite(&header, sizeof header, 1, records);
    naive_open(&book, 2 * (prefill + count), reports ? fopen(reports, "w") : NULL);
    if (!strcmp(name, "w2")) make_moves(chosen, prefill, count);
    else if (name[0] == 'w') make_mixed(chosen, prefill, count);
    else if (!strcmp(name, "steady")) make_steady(chosen, prefill, count);
    else make_equity(chosen, prefill, count);
    if (fclose(records) || (book.reports && fclose(book.reports))) die("write");
    print_summary(prefill, count);
    return 0;
}

static int replay(const char *path, const char *reports) {
    uint32_t count, id_max = 0;
    record *flow = read_flow(path, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (flow[i].order_id > id_max) id_max = (uint32_t)flow[i].order_id;
    }
    naive_open(&book, id_max, fopen(reports, "w"));
    if (!book.reports) die(reports);
    for (uint32_t i = 0; i < count; i++) {
        messages[flow[i].ioc ? 3 : flow[i].type]++;
        naive_apply(&book, &flow[i]);
    }
    if (fclose(book.reports)) die(reports);
    print_summary(0, count);
    return 0;
}

int main(int argc, char **argv) {
    if (argc >= 7 && !strcmp(argv[1], "make")) {
        uint32_t prefill = (uint32_t)strtoul(argv[4], NULL, 10), count = (uint32_t)strtoul(argv[5], NULL, 10);
        return make(argv[2], strtoull(argv[3], NULL, 10), prefill, count, argv[6], argc > 7 ? argv[7] : NULL);
    }
    if (argc == 4 && !strcmp(argv[1], "replay")) return replay(argv[2], argv[3]);
    return fputs("flow make SHAPE SEED PREFILL COUNT RECORDS [REPORTS] | flow replay RECORDS REPORTS\n", stderr), 2;
}
