/* The least that a book with money must do: hold what an order can cost, settle what trades, give back what is canceled.
 *
 * Flat arrays by account: its cash, and its tokens of each instrument.  Cash is counted in millionths of tick x lot, in which a fee of so
 * many millionths of the notional is exact: no division and no rounding.  Compiled with -DLEDGER; without it there is nothing here to do.
 *
 *   ledger_hold(owner, instrument, side, price, qty)                    hold what an order costs at worst, or say that it is not there
 *   ledger_release(owner, instrument, side, price, qty)                 give back what is left of an order
 *   ledger_settle(owner, instrument, side, limit, price, qty, rate)     one side of an execution, for which `limit` was held
 */
#ifndef LEDGER_H
#define LEDGER_H

#include <string.h>

#include "record.h"

#ifndef INSTRUMENTS
#define INSTRUMENTS 1
#endif

enum { MAKER_RATE = -50, TAKER_RATE = 300, MILLION = 1000000 };

/* Where a number belongs among so many, spread as a client's choice would be: consecutive ones far apart. */
static inline uint32_t spread(uint64_t number, uint64_t factor, uint32_t among) {
    return (uint32_t)((number * factor >> 32 & UINT32_MAX) * among >> 32);
}

static inline uint32_t instrument_of(uint64_t order_id) {
    return spread(order_id >> 1, UINT64_C(0xBF58476D1CE4E5B9), INSTRUMENTS);     /* a pair of ids has one: see `steady` in flow.c */
}

static inline uint32_t account_of(uint64_t order_id, uint32_t accounts) {
    return spread(order_id, UINT64_C(0x9E3779B97F4A7C15), accounts);
}

#ifdef LEDGER

typedef struct {
    int64_t available, held;
} purse;

typedef struct {
    purse purses[1 + INSTRUMENTS];      /* cash, then tokens: those that a buyer of side 0 and a seller of side 1 hold */
} account;

#define GRANT (INT64_C(1) << 56)        /* to each purse at the start */

static struct {
    account *accounts;
    uint32_t count;
    int64_t fees;
} ledger;

static void ledger_open(uint32_t accounts) {
    ledger.count = accounts;
    ledger.accounts = allocate(accounts, sizeof(account));
}

static void ledger_reset(void) {
    ledger.fees = 0;
    for (uint32_t i = 0; i < ledger.count; i++) {
        for (int k = 0; k <= INSTRUMENTS; k++) ledger.accounts[i].purses[k] = (purse){GRANT, 0};
    }
}

static inline purse *purse_of(uint32_t owner, uint32_t side, uint32_t instrument) {
    return &ledger.accounts[owner].purses[side * (1 + instrument)];
}

static inline int64_t cost_of(int side, int64_t price, int64_t qty) {
    return side == BUY ? price * qty * (MILLION + TAKER_RATE) : qty;
}

static inline int ledger_hold(uint32_t owner, uint32_t instrument, int side, int64_t price, int64_t qty) {
    purse *from = purse_of(owner, (uint32_t)side, instrument);
    int64_t cost = cost_of(side, price, qty);
    if (from->available < cost) return 0;
    from->available -= cost;
    from->held += cost;
    return 1;
}

static inline void ledger_release(uint32_t owner, uint32_t instrument, int side, int64_t price, int64_t qty) {
    purse *to = purse_of(owner, (uint32_t)side, instrument);
    int64_t cost = cost_of(side, price, qty);
    to->held -= cost;
    to->available += cost;
}

static inline void ledger_settle(uint32_t owner, uint32_t instrument, int side, int64_t limit, int64_t price, int64_t qty, int rate) {
    int64_t notional = price * qty, held = cost_of(side, limit, qty), fee = notional * rate;
    purse *cash = purse_of(owner, BUY, instrument), *tokens = purse_of(owner, SELL, instrument);
    purse_of(owner, (uint32_t)side, instrument)->held -= held;
    cash->available += side == BUY ? held - notional * MILLION - fee : notional * MILLION - fee;
    tokens->available += side == BUY ? qty : 0;
    ledger.fees += fee;
}

/* Whether nothing was made and nothing lost. */
static int ledger_conserved(void) {
    __int128 cash = ledger.fees, tokens = 0, grant = (__int128)GRANT * ledger.count;
    for (uint32_t i = 0; i < ledger.count; i++) {
        const purse *own = ledger.accounts[i].purses;
        cash += (__int128)own[0].available + own[0].held;
        for (int k = 1; k <= INSTRUMENTS; k++) tokens += (__int128)own[k].available + own[k].held;
    }
    return cash == grant && tokens == grant * INSTRUMENTS;
}

#else

static void ledger_open(uint32_t accounts) {
    (void)accounts;
}

static void ledger_reset(void) {
}

#define ledger_hold(...) 1
#define ledger_release(...) ((void)0)
#define ledger_settle(...) ((void)0)

static int ledger_conserved(void) {
    return 1;
}

#endif
#endif
