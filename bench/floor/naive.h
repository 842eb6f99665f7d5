/* The plainest book that is right: one queue a tick, and a walk over empty ticks to find the next best price.
 *
 * The generator needs a book to know who is still open, and the answer it writes beside each flow must not come from the code under test.
 * Orders are indexed by their id and never recycled; nothing here is meant to be fast.
 */
#ifndef NAIVE_H
#define NAIVE_H

#include "record.h"

#define TICKS (1u << 18)

typedef struct {
    uint32_t prev, next, qty;   /* neighbours in the queue are ids; 0 is none */
    uint32_t place;             /* where `live` lists it, plus one; 0 is closed */
    int32_t price;
    uint8_t side;
} naive_order;

typedef struct {
    uint32_t head, tail;
} naive_queue;

typedef struct {
    naive_order *orders;
    uint32_t *live;             /* open orders in no particular order, to draw from */
    uint32_t live_count, live_side[2], live_max, levels, levels_max, id_max;
    naive_queue *queues[2];
    int32_t best[2];            /* -1 when that side is empty */
    int32_t last_price;
    uint64_t trades, volume, rejects, messages_that_trade;
    FILE *reports;              /* canonical text, or NULL */
    int lines;
} naive_book;

static void naive_open(naive_book *book, uint32_t id_max, FILE *reports) {
    *book = (naive_book){.id_max = id_max, .best = {-1, -1}, .reports = reports};
    book->orders = allocate((size_t)id_max + 1, sizeof *book->orders);
    book->live = allocate((size_t)id_max + 1, sizeof *book->live);
    for (int side = 0; side < 2; side++) book->queues[side] = allocate(TICKS, sizeof(naive_queue));
}

#define REPORT(book, ...)                                   \
    do {                                                    \
        if ((book)->reports) {                              \
            if ((book)->lines++) putc('\n', (book)->reports); \
            fprintf((book)->reports, __VA_ARGS__);          \
        }                                                   \
    } while (0)

static void naive_next_best(naive_book *book, int side) {
    int32_t step = side == BUY ? -1 : 1, price = book->best[side];
    while (price >= 0 && price < (int32_t)TICKS && !book->queues[side][price].head) price += step;
    book->best[side] = price < (int32_t)TICKS ? price : -1;
}

static void naive_rest(naive_book *book, uint32_t id, int side, int32_t price, uint32_t qty) {
    naive_queue *queue = &book->queues[side][price];
    naive_order *order = &book->orders[id];
    *order = (naive_order){.prev = queue->tail, .qty = qty, .price = price, .side = (uint8_t)side};
    if (queue->tail) book->orders[queue->tail].next = id;
    else queue->head = id, book->levels++;
    queue->tail = id;
    if (book->levels > book->levels_max) book->levels_max = book->levels;

    int32_t best = book->best[side];
    if (best < 0 || (side == BUY ? price > best : price < best)) book->best[side] = price;

    book->live[book->live_count++] = id;
    order->place = book->live_count;
    book->live_side[side]++;
    if (book->live_count > book->live_max) book->live_max = book->live_count;
}

static void naive_remove(naive_book *book, uint32_t id) {
    naive_order *order = &book->orders[id];
    naive_queue *queue = &book->queues[order->side][order->price];
    if (order->prev) book->orders[order->prev].next = order->next;
    else queue->head = order->next;
    if (order->next) book->orders[order->next].prev = order->prev;
    else queue->tail = order->prev;

    uint32_t last = book->live[--book->live_count];
    book->live[order->place - 1] = last;
    book->orders[last].place = order->place;
    order->place = 0;
    book->live_side[order->side]--;
    if (!queue->head) {
        book->levels--;
        if (order->price == book->best[order->side]) naive_next_best(book, order->side);
    }
}

/* Trade what crosses and return what is left. */
static uint32_t naive_match(naive_book *book, uint64_t sequence, uint32_t id, int side, int64_t price, uint32_t qty) {
    int other = !side;
    if (qty && book->best[other] >= 0 && (side == BUY ? book->best[other] <= price : book->best[other] >= price)) {
        book->messages_that_trade++;
    }
    while (qty) {
        int32_t best = book->best[other];
        if (best < 0 || (side == BUY ? best > price : best < price)) break;
        uint32_t maker = book->queues[other][best].head;
        naive_order *resting = &book->orders[maker];
        uint32_t traded = qty < resting->qty ? qty : resting->qty;
        qty -= traded;
        resting->qty -= traded;
        book->trades++;
        book->volume += traded;
        book->last_price = best;
        REPORT(book, "1,%" PRIu64 ",%d,%u,%u,%u", sequence, best, traded, maker, id);
        if (!resting->qty) naive_remove(book, maker);
    }
    return qty;
}

static void naive_apply(naive_book *book, const record *message) {
    uint64_t sequence = message->sequence;
    uint32_t id = (uint32_t)message->order_id, qty = message->qty;
    int64_t price = message->price;
    int side = message->side;
    if (message->order_id > book->id_max) die("an order id is beyond the table");
    naive_order *order = &book->orders[id];

    if (message->type == NEW) {
        REPORT(book, "0,%" PRIu64 ",%d,%u,%" PRId64 ",%u", sequence, side, id, price, qty);
        qty = naive_match(book, sequence, id, side, price, qty);
        if (qty && message->ioc) REPORT(book, "2,%" PRIu64 ",%d,%u,%" PRId64, sequence, side, id, price);
        else if (qty && (price < 0 || price >= TICKS)) die("a price is beyond the ticks of the naive book");
        else if (qty) naive_rest(book, id, side, (int32_t)price, qty);
    } else if (!order->place) {
        book->rejects++;
        REPORT(book, "%d,%" PRIu64 ",%u", message->type == CANCEL ? 4 : 5, sequence, id);
    } else if (message->type == CANCEL) {
        REPORT(book, "2,%" PRIu64 ",%d,%u,%d", sequence, order->side, id, order->price);
        naive_remove(book, id);
    } else {
        side = order->side;
        naive_remove(book, id);
        uint32_t rest = naive_match(book, sequence, id, side, price, qty);
        if (rest) naive_rest(book, id, side, (int32_t)price, rest);
        REPORT(book, "3,%" PRIu64 ",%d,%u,%" PRId64 ",%u", sequence, side, id, price, qty);
    }
}

#endif
