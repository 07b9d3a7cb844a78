/*
 * vmapple AES engine: one DATA command
 *
 * Transforms a run of guest RAM into another, or into itself, in chunks.
 * The caller starts it, takes one step after the other, in any thread, and
 * ends it, finished or not. An ended one can be started again and goes on
 * where it was, @done and @iv tell all of its progress.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VMAPPLE_AES_DATA_H
#define HW_VMAPPLE_AES_DATA_H

#include "crypto/cipher.h"

#define AES_BLOCK_SIZE 16

/* What one step does. A DATA of at most this is done by the vCPU itself. */
#define AES_DATA_CHUNK (64 * 1024)

typedef enum AESDataFault {
    AES_DATA_OK,
    AES_DATA_READ_FAULT,    /* the source is not guest RAM */
    AES_DATA_WRITE_FAULT,   /* the destination is not guest RAM */
    AES_DATA_HOST_FAULT,    /* no memory, or the crypto library refused */
} AESDataFault;

typedef struct AESData {
    QCryptoCipher *cipher;  /* borrowed until the end */
    bool encrypt;
    bool chain;             /* CBC: blocks depend on each other and on @iv */
    uint64_t source;
    uint64_t destination;
    uint32_t length;        /* bytes, a multiple of AES_BLOCK_SIZE, not 0 */

    uint32_t done;
    uint8_t iv[AES_BLOCK_SIZE]; /* then the last ciphertext block */

    /* Between start and end */
    void *in;
    void *out;
    void *copy;             /* of an overlapped source */
} AESData;

/* Nothing has been written if this fails, and there is nothing to end. */
AESDataFault aes_data_start(AESData *data);
AESDataFault aes_data_step(AESData *data);
void aes_data_end(AESData *data);

/*
 * An overlapped source is overwritten as the work goes on, so it cannot be
 * left half done.
 */
static inline bool aes_data_overlaps(const AESData *data)
{
    return data->source != data->destination &&
           data->source < data->destination + data->length &&
           data->destination < data->source + data->length;
}

#endif
