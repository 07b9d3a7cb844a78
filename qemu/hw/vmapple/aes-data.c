/*
 * vmapple AES engine: one DATA command
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "aes-data.h"
#include "guest-ram.h"

void aes_data_end(AESData *data)
{
    guest_ram_unmap(data->in, data->length, false, 0);
    guest_ram_unmap(data->out, data->length, true, data->done);
    data->in = data->out = NULL;
}

AESDataFault aes_data_start(AESData *data)
{
    data->in = guest_ram_map(data->source, data->length, false);
    if (!data->in) {
        return AES_DATA_READ_FAULT;
    }
    data->out = guest_ram_map(data->destination, data->length, true);
    if (!data->out) {
        guest_ram_unmap(data->in, data->length, false, 0);
        data->in = NULL;
        return AES_DATA_WRITE_FAULT;
    }
    qemu_spin_init(&data->lock);
    return AES_DATA_OK;
}

/*
 * An overlapped source is overwritten as the work goes on. It is copied, by
 * one worker, who cannot leave it half done.
 */
static bool aes_data_overlaps(const AESData *data)
{
    return data->source != data->destination &&
           data->source < data->destination + data->length &&
           data->destination < data->source + data->length;
}

/* To encrypt a chunk of CBC takes the one before it. */
static bool aes_data_is_serial(const AESData *data)
{
    return data->chain && data->encrypt;
}

unsigned aes_data_workers(const AESData *data)
{
    return aes_data_is_serial(data) || aes_data_overlaps(data) ||
           data->length - data->done <= AES_DATA_CHUNK ? 1 : AES_DATA_WORKERS;
}

/* Takes the next chunk at @in and transforms it. */
static AESDataFault aes_data_step(AESData *data, QCryptoCipher *cipher,
                                  const uint8_t *in)
{
    uint8_t *out = data->out;
    uint8_t iv[AES_BLOCK_SIZE];
    Error *err = NULL;
    size_t len;

    qemu_spin_lock(&data->lock);
    in += data->done;
    out += data->done;
    len = MIN(data->length - data->done, AES_DATA_CHUNK);
    memcpy(iv, data->iv, AES_BLOCK_SIZE);
    if (len && !data->encrypt) {
        /* Now, for in place the chunk's end is overwritten. */
        memcpy(data->iv, in + len - AES_BLOCK_SIZE, AES_BLOCK_SIZE);
    }
    qatomic_set(&data->done, data->done + len);
    qemu_spin_unlock(&data->lock);

    if (!len) {
        return AES_DATA_OK; /* another worker has taken the last */
    }
    if ((data->chain &&
         qcrypto_cipher_setiv(cipher, iv, AES_BLOCK_SIZE, &err) < 0) ||
        (data->encrypt ?
         qcrypto_cipher_encrypt(cipher, in, out, len, &err) :
         qcrypto_cipher_decrypt(cipher, in, out, len, &err)) < 0) {
        error_report_once("vmapple-aes: the crypto library failed: %s",
                          error_get_pretty(err));
        error_free(err);
        return AES_DATA_HOST_FAULT;
    }
    if (aes_data_is_serial(data)) {
        memcpy(data->iv, out + len - AES_BLOCK_SIZE, AES_BLOCK_SIZE);
    }
    return AES_DATA_OK;
}

AESDataFault aes_data_work(AESData *data, QCryptoCipher *cipher,
                           const bool *hold)
{
    bool whole = aes_data_overlaps(data);
    g_autofree uint8_t *copy = NULL;
    const uint8_t *in = data->in;
    AESDataFault fault;

    if (whole) {
        copy = g_try_malloc(data->length);
        if (!copy) {
            return AES_DATA_HOST_FAULT;
        }
        memcpy(copy, data->in, data->length);
        in = copy;
    }
    do {
        fault = aes_data_step(data, cipher, in);
    } while (fault == AES_DATA_OK &&
             qatomic_read(&data->done) < data->length &&
             (whole || !qatomic_read(hold)));
    return fault;
}
