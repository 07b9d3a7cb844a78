/*
 * vmapple AES engine: one DATA command
 *
 * Transforms a run of guest RAM into another, or into itself, in chunks.
 * The caller starts it, has as many threads as may work at it, and ends it
 * when they have returned, finished or not. An ended one can be started
 * again and goes on where it was: @done and @iv tell all of its progress.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VMAPPLE_AES_DATA_H
#define HW_VMAPPLE_AES_DATA_H

#include "crypto/cipher.h"
#include "qemu/thread.h"

#define AES_BLOCK_SIZE 16

/* What is done at a time. A DATA of at most this is done by the vCPU. */
#define AES_DATA_CHUNK (64 * 1024)

/* Threads that share a long one, where its chunks do not wait for another */
#define AES_DATA_WORKERS 2

typedef enum AESDataFault {
    AES_DATA_OK,
    AES_DATA_READ_FAULT,    /* the source is not guest RAM */
    AES_DATA_WRITE_FAULT,   /* the destination is not guest RAM */
    AES_DATA_HOST_FAULT,    /* no memory, or the crypto library refused */
} AESDataFault;

typedef struct AESData {
    bool encrypt;
    bool chain;             /* CBC: a block is made with the one before it */
    uint64_t source;
    uint64_t destination;
    uint32_t length;        /* bytes, a multiple of AES_BLOCK_SIZE, not 0 */

    /*
     * Between start and end the workers share these, under @lock: @done is
     * where the next chunk begins, and @iv what goes before it. Chunks are
     * taken in order, so that all before @done is done when they return.
     */
    QemuSpin lock;
    uint32_t done;
    uint8_t iv[AES_BLOCK_SIZE];

    /* Between start and end: guest RAM */
    void *in;
    void *out;
} AESData;

/* Nothing is mapped, and there is nothing to end, if this fails. */
AESDataFault aes_data_start(AESData *data);

/* How many threads may work at it, each with a cipher of its own. */
unsigned aes_data_workers(const AESData *data);

/* Any thread. Returns early, after a chunk, once *@hold is true. */
AESDataFault aes_data_work(AESData *data, QCryptoCipher *cipher,
                           const bool *hold);

void aes_data_end(AESData *data);

#endif
