/* What the book asks of one side's price levels.  A `ladder_*.h` defines `struct ladder`, LEVEL(ladder, ref) and the functions below.
 *
 * A price is known by its rank: its distance in ticks from the best price that side could ever have, plus one.  So on both sides a lower
 * rank is a better price, and one match loop serves both.  An order keeps the reference of its level, which must stay while it is used.
 *
 *   ladder_open(ladder, ranks)      prepare for ranks 1..ranks
 *   ladder_reset(ladder)            forget every level
 *   ladder_level(ladder, rank)      find or make the level and return its reference; `best` and `best_rank` are kept right
 *   ladder_drop(ladder, ref)        forget a level that has just become empty
 */
#ifndef LADDER_H
#define LADDER_H

#include <string.h>

#include "record.h"

#define NO_RANK UINT32_MAX

typedef struct {
    uint32_t head, tail;    /* the queue's ends as slots; 0 is none */
    uint64_t qty;
} queue;

#if defined(LADDER_PAGED)
#include "ladder_paged.h"
#elif defined(LADDER_SORTED)
#include "ladder_sorted.h"
#elif defined(LADDER_TREE)
#include "ladder_tree.h"
#elif defined(LADDER_LIST)
#include "ladder_list.h"
#else
#include "ladder_flat.h"
#endif

#endif
