// SPDX-License-Identifier: MIT
// What the host does by itself, without a guest: CBC by the crypto library, called as QEMU calls it,
// and pread() of a file. Prints "NAME NS" a line, the best of several batches.
#include <fcntl.h>
#include <nettle/aes.h>
#include <nettle/cbc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MIB = 1024 * 1024, AUX_MIB = 32 };

static uint8_t *source, *destination;
static struct aes128_ctx encrypt_key, decrypt_key;
static int file;

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void encrypt(size_t length)
{
    uint8_t iv[16] = {0};

    cbc_encrypt(&encrypt_key, (nettle_cipher_func *)aes128_encrypt, 16, iv, length, destination,
                source);
}

static void decrypt(size_t length)
{
    uint8_t iv[16] = {0};

    cbc_decrypt(&decrypt_key, (nettle_cipher_func *)aes128_decrypt, 16, iv, length, destination,
                source);
}

static void read_file(size_t length)
{
    static off_t at;

    if (at + (off_t)length > (off_t)AUX_MIB * MIB) {
        at = 0;
    }
    if (pread(file, destination, length, at) != (ssize_t)length) {
        perror("pread");
        exit(1);
    }
    at += (off_t)length;
}

static void measure(const char *name, void (*operation)(size_t), size_t length, unsigned count)
{
    uint64_t best = UINT64_MAX;

    for (int batch = 0; batch < 150; batch++) {
        uint64_t start = now_ns();

        for (unsigned i = 0; i < count; i++) {
            operation(length);
        }
        start = now_ns() - start;
        best = start < best ? start : best;
    }
    printf("%s %.0f\n", name, (double)best / count);
}

int main(int argc, char **argv)
{
    static const uint8_t key[16] = {1};

    if (argc != 2 || (file = open(argv[1], O_RDONLY)) < 0) {
        fprintf(stderr, "usage: reference FILE\n");
        return 1;
    }
    source = malloc(MIB);
    destination = malloc(MIB);
    memset(source, 1, MIB);
    aes128_set_encrypt_key(&encrypt_key, key);
    aes128_set_decrypt_key(&decrypt_key, key);
    measure("encrypt_512", encrypt, 512, 100);
    measure("encrypt_64k", encrypt, 64 * 1024, 1);
    measure("decrypt_64k", decrypt, 64 * 1024, 10);
    measure("encrypt_1m", encrypt, MIB, 1);
    measure("decrypt_1m", decrypt, MIB, 2);
    measure("read_4k", read_file, 4096, 50);
    measure("read_1m", read_file, MIB, 4);
    return 0;
}
