/* One message of a flow file: a header of 16 bytes (magic, version, count), then 40 bytes a message, little-endian.
 *
 * The format is that of the public matching-engine benchmarks, so a flow generated here and one from elsewhere are read by the same code.
 */
#ifndef RECORD_H
#define RECORD_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { NEW = 0, CANCEL = 1, MODIFY = 2 };
enum { BUY = 0, SELL = 1 };

typedef struct {
    uint8_t type, side, ioc, pad;
    uint32_t qty;
    uint64_t sequence;
    uint64_t order_id;
    int64_t price;      /* in ticks */
    int64_t reserved;
} record;

typedef struct {
    uint64_t magic;
    uint32_t version;
    uint32_t count;
} flow_header;

#define FLOW_MAGIC UINT64_C(0x4D4542575F303031)   /* "MEBW_001", the format's own mark */

_Static_assert(sizeof(record) == 40, "a record is 40 bytes");
_Static_assert(sizeof(flow_header) == 16, "a header is 16 bytes");

static void die(const char *what) {
    perror(what);
    exit(1);
}

static size_t allocated;

static void *allocate(size_t count, size_t size) {
    allocated += count * size;
    void *memory = calloc(count, size);
    if (!memory) die("out of memory");
    return memory;
}

static inline record *read_flow(const char *path, uint32_t *count) {
    FILE *file = fopen(path, "rb");
    flow_header header;
    if (!file || fread(&header, sizeof header, 1, file) != 1 || header.version != 1) die(path);
    record *records = allocate(header.count, sizeof *records);
    if (fread(records, sizeof *records, header.count, file) != header.count) die(path);
    fclose(file);
    *count = header.count;
    return records;
}

#endif
