// SPDX-License-Identifier: MIT
// Drives the AES engine and bdif from a guest's side, and prints the nanoseconds of each operation:
// "NAME NS" a line on the serial port, the best of several batches.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UART 0x20010000ul
#define AES  0x30220000ul
#define BDIF 0x30000000ul
#define GICD 0x10000000ul
#define GICR 0x10010000ul

#define SPI_AES_INTID (32 + 0x12)

enum { AES_IRQ_STATUS = 0x18, AES_IRQ_ENABLE = 0x1c, AES_FIFO = 0x200, AES_IRQ_FLAG = 0x20 };
enum { BDIF_AUX = 0x10000, BDIF_READY = 0x10, BDIF_COMMAND = 0x408 };

#define SOURCE      0x72000000ul
#define DESTINATION 0x73000000ul
#define TABLE       0x71000000ul

#define MIB (1024 * 1024)
#define AUX_MIB 32 /* how much of the disk is read, over and over */

static void write32(uintptr_t at, uint32_t value)
{
    *(volatile uint32_t *)at = value;
}

static void write64(uintptr_t at, uint64_t value)
{
    *(volatile uint64_t *)at = value;
}

static uint32_t read32(uintptr_t at)
{
    return *(volatile uint32_t *)at;
}

static void put(const char *text)
{
    while (*text) {
        write32(UART, (uint8_t)*text++);
    }
}

static void put_result(const char *name, uint64_t ns)
{
    char digits[24];
    size_t at = sizeof(digits) - 1;

    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + ns % 10);
        ns /= 10;
    } while (ns);
    put(name);
    put(" ");
    put(&digits[at]);
    put("\n");
}

static uint64_t counter(void)
{
    uint64_t value;

    __asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(value)::"memory");
    return value;
}

static uint64_t frequency(void)
{
    uint64_t value;

    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(value));
    return value;
}

// The best batch's time of one operation; a batch is @count of them. Batches are short and many,
// so that some of them have the host to themselves.
static void measure(const char *name, void (*operation)(void), unsigned count)
{
    uint64_t best = UINT64_MAX;

    for (int batch = 0; batch < 150; batch++) {
        uint64_t start = counter();

        for (unsigned i = 0; i < count; i++) {
            operation();
        }
        start = counter() - start;
        best = start < best ? start : best;
    }
    put_result(name, best * 1000000000 / frequency() / count);
}

// The interrupt wakes the CPU though it is masked: that is all that is wanted of it.
static void set_up_interrupt(void)
{
    write32(GICR + 0x14, 0); // GICR_WAKER
    write32(GICD, 2);        // group 1
    write32(GICD + 0x80 + SPI_AES_INTID / 32 * 4, 1u << SPI_AES_INTID % 32);
    write32(GICD + 0x100 + SPI_AES_INTID / 32 * 4, 1u << SPI_AES_INTID % 32);
    __asm__ volatile("msr S3_0_C12_C12_5, %0; isb" ::"r"(1ul));    // ICC_SRE_EL1
    __asm__ volatile("msr S3_0_C4_C6_0, %0" ::"r"(0xfful));        // ICC_PMR_EL1
    __asm__ volatile("msr S3_0_C12_C12_7, %0; isb" ::"r"(1ul));    // ICC_IGRPEN1_EL1
}

static void push(uint32_t word)
{
    write32(AES + AES_FIFO, word);
}

// Key and IV, then as many runs as asked for, with a flag at the end, which is waited for.
static void aes_operation(bool encrypt, uint32_t length, int runs)
{
    push(0x10010000 | (uint32_t)encrypt << 20);
    push(0x16157e2b);
    push(0xa6d2ae28);
    push(0x8815f7ab);
    push(0x3c4fcf09);
    push(0x20000000);
    push(0x03020100);
    push(0x07060504);
    push(0x0b0a0908);
    push(0x0f0e0d0c);
    for (int i = 0; i < runs; i++) {
        push(0x50000000 | length);
        push(0);
        push(SOURCE);
        push(DESTINATION);
    }
    push(0x88000001);
    while (!(read32(AES + AES_IRQ_STATUS) & AES_IRQ_FLAG)) {
        __asm__ volatile("wfi");
    }
    write32(AES + AES_IRQ_STATUS, AES_IRQ_FLAG);
}

static void encrypt_512(void) { aes_operation(true, 512, 1); }
static void encrypt_64k(void) { aes_operation(true, 64 * 1024, 16); }
static void decrypt_64k(void) { aes_operation(false, 64 * 1024, 16); }
static void encrypt_1m(void) { aes_operation(true, MIB, 1); }
static void decrypt_1m(void) { aes_operation(false, MIB, 1); }

// As many register accesses as an operation has, which do nothing
static void seventeen_accesses(void)
{
    for (int i = 0; i < 16; i++) {
        write32(AES + AES_IRQ_STATUS, 0);
    }
    read32(AES + AES_IRQ_STATUS);
}

static void bdif_read(uint32_t length)
{
    static uint64_t sector;

    if (sector + length / 512 > AUX_MIB * (MIB / 512)) {
        sector = 0;
    }
    write64(TABLE + 0x108, sector);
    write32(TABLE + 0x18, length);
    write64(BDIF + BDIF_AUX + BDIF_COMMAND, TABLE);
    while (!read32(BDIF + BDIF_AUX + BDIF_READY)) {
    }
    sector += length / 512;
}

static void bdif_4k(void) { bdif_read(4096); }
static void bdif_1m(void) { bdif_read(MIB); }

static void set_up_bdif(void)
{
    write64(TABLE + 0x00, TABLE + 0x100);
    write32(TABLE + 0x08, 16);
    write32(TABLE + 0x0c, 0x00010001);
    write64(TABLE + 0x10, DESTINATION);
    write32(TABLE + 0x1c, 0x00030001);
    write64(TABLE + 0x20, TABLE + 0x200);
    write32(TABLE + 0x28, 1);
    write32(TABLE + 0x2c, 0x00020000);
    write64(TABLE + 0x100, 0);
}

void main(void)
{
    set_up_interrupt();
    set_up_bdif();
    measure("accesses", seventeen_accesses, 100);
    measure("encrypt_512", encrypt_512, 100);
    write32(AES + AES_IRQ_ENABLE, AES_IRQ_FLAG); // what takes long is slept for
    measure("encrypt_64k", encrypt_64k, 1);
    measure("decrypt_64k", decrypt_64k, 2);
    measure("encrypt_1m", encrypt_1m, 1);
    measure("decrypt_1m", decrypt_1m, 2);
    measure("bdif_4k", bdif_4k, 50);
    measure("bdif_1m", bdif_1m, 4);
    put("status ");
    put(*(volatile uint8_t *)(TABLE + 0x200) ? "1\n" : "0\n");
}
