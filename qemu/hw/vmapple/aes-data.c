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
    if (!data->copy) {
        guest_ram_unmap(data->in, data->length, false, 0);
    }
    g_free(data->copy);
    guest_ram_unmap(data->out, data->length, true, data->done);
    data->in = data->out = data->copy = NULL;
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
        return AES_DATA_WRITE_FAULT;
    }
    if (aes_data_overlaps(data)) {
        data->copy = g_try_malloc(data->length);
        if (!data->copy) {
            aes_data_end(data);
            return AES_DATA_HOST_FAULT;
        }
        memcpy(data->copy, data->in, data->length);
        guest_ram_unmap(data->in, data->length, false, 0);
        data->in = data->copy;
    }
    return AES_DATA_OK;
}

AESDataFault aes_data_step(AESData *data)
{
    size_t len = MIN(data->length - data->done, AES_DATA_CHUNK);
    uint8_t *in = (uint8_t *)data->in + data->done;
    uint8_t *out = (uint8_t *)data->out + data->done;
    uint8_t next_iv[AES_BLOCK_SIZE];
    Error *err = NULL;

    /* In place, decryption overwrites what the next chunk chains from. */
    memcpy(next_iv, in + len - AES_BLOCK_SIZE, AES_BLOCK_SIZE);

    if ((data->chain &&
         qcrypto_cipher_setiv(data->cipher, data->iv, AES_BLOCK_SIZE,
                              &err) < 0) ||
        (data->encrypt ?
         qcrypto_cipher_encrypt(data->cipher, in, out, len, &err) :
         qcrypto_cipher_decrypt(data->cipher, in, out, len, &err)) < 0) {
        error_report_once("vmapple-aes: the crypto library failed: %s",
                          error_get_pretty(err));
        error_free(err);
        return AES_DATA_HOST_FAULT;
    }

    memcpy(data->iv,
           data->encrypt ? out + len - AES_BLOCK_SIZE : next_iv,
           AES_BLOCK_SIZE);
    data->done += len;
    return AES_DATA_OK;
}
