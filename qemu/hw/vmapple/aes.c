/*
 * vmapple: AES engine
 *
 * The guest pushes a stream of 32-bit words into a FIFO register: keys,
 * initialisation vectors, runs of memory to transform, and flags that
 * report how far the engine has come. Commands are carried out in order.
 * Those that take a moment are done within the store that completes them;
 * longer ones on QEMU's thread pool, and what follows them waits in a queue.
 *
 * A command that cannot be carried out is dropped and reported, so that the
 * FLAG behind it arrives whatever the guest asked for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "block/aio-wait.h"
#include "block/thread-pool.h"
#include "crypto/cipher.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/registerfields.h"
#include "hw/resettable.h"
#include "hw/sysbus.h"
#include "hw/vmapple/aes.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "system/runstate.h"
#include "aes-data.h"
#include "guest-ram.h"
#include "trace.h"

/* Command window */
REG32(STATUS, 0x0c)
    FIELD(STATUS, ACTIVE, 4, 1)
    FIELD(STATUS, SEEDED, 7, 7)
REG32(IRQ_STATUS, 0x18)
REG32(IRQ_ENABLE, 0x1c)
REG32(FIFO_STATUS, 0x24)
    FIELD(FIFO_STATUS, EMPTY, 1, 1)
    FIELD(FIFO_STATUS, FULL, 2, 1)
REG32(FLAG_INFO, 0x30)
REG32(CLEAR_FIFO, 0x38)
    FIELD(CLEAR_FIFO, CLEAR, 0, 1)
REG32(FIFO, 0x200)

/* Bits of IRQ_STATUS and IRQ_ENABLE */
#define IRQ_FIFO_OVERFLOW   BIT(1)
#define IRQ_INVALID_COMMAND BIT(2)
#define IRQ_READ_ERROR      BIT(3)
#define IRQ_WRITE_ERROR     BIT(4)
#define IRQ_FLAG            BIT(5)
#define IRQ_INVALID_LENGTH  BIT(6)
#define IRQ_KEY_DISABLED(context) ((context) ? BIT(13) : BIT(7))

/* The first word of a command */
#define COMMAND_OPCODE(word)    extract32(word, 28, 4)
FIELD(KEY, CONTEXT, 27, 1)
FIELD(KEY, SELECT, 24, 3)
FIELD(KEY, LENGTH, 22, 2)
FIELD(KEY, WRAPPED, 21, 1)
FIELD(KEY, ENCRYPT, 20, 1)
FIELD(KEY, MODE, 16, 2)
FIELD(IV, CONTEXT, 26, 2)
FIELD(DATA, KEY_CONTEXT, 27, 1)
FIELD(DATA, IV_CONTEXT, 25, 2)
FIELD(DATA, LENGTH, 0, 24)
FIELD(STORE_IV, CONTEXT, 26, 2)
FIELD(STORE_IV, ADDRESS_HIGH, 0, 8)
FIELD(FLAG, INTERRUPT, 27, 1)
FIELD(FLAG, CODE, 0, 8)
/* The second word of DATA */
FIELD(DATA_HIGH, SOURCE, 16, 16)
FIELD(DATA_HIGH, DESTINATION, 0, 16)

enum {
    OP_KEY = 1,
    OP_IV = 2,
    OP_DSB = 3,
    OP_SKG = 4,
    OP_DATA = 5,
    OP_STORE_IV = 6,
    OP_FLAG = 8,
};

enum {
    KEY_SELECT_SOFTWARE = 0,
    KEY_LENGTH_RESERVED = 3,
    MODE_ECB = 0,
    MODE_CBC = 1,
};

#define KEY_CONTEXTS    2
#define IV_CONTEXTS     4
#define KEY_SIZE_MAX    32
#define COMMAND_WORDS_MAX (1 + KEY_SIZE_MAX / 4)

/*
 * Commands that wait behind a long one. The last of them are for FLAG, so
 * that a driver that overruns the queue still gets its answer.
 */
#define QUEUE_LENGTH    256
#define QUEUE_FLAGS     32

typedef struct AESCommand {
    uint32_t words[COMMAND_WORDS_MAX];
} AESCommand;

typedef struct AESKey {
    uint8_t length;     /* bytes; 0: no key, DATA fails */
    uint8_t mode;
    bool encrypt;
    uint8_t bytes[KEY_SIZE_MAX];
    QCryptoCipher *ciphers[AES_DATA_WORKERS];   /* but the first: on demand */
} AESKey;

typedef uint8_t AESIV[AES_BLOCK_SIZE];

OBJECT_DECLARE_SIMPLE_TYPE(VMAppleAESState, VMAPPLE_AES)

/* A thread of the pool that works at the DATA at the queue's head. */
typedef struct AESWorker {
    VMAppleAESState *aes;
    QCryptoCipher *cipher;
    AESDataFault fault;
} AESWorker;

struct VMAppleAESState {
    SysBusDevice parent_obj;

    MemoryRegion command_window;
    MemoryRegion security_window;
    qemu_irq irq;
    bool iv_chaining;

    /* Guarded by the BQL. */
    uint32_t irq_status;
    uint32_t irq_enable;
    uint32_t flag_info;
    AESKey keys[KEY_CONTEXTS];
    AESIV ivs[IV_CONTEXTS];

    AESCommand incoming;        /* its first @incoming_words words are here */
    uint32_t incoming_words;

    AESCommand queue[QUEUE_LENGTH]; /* a ring; its head may be at work */
    uint32_t queue_head;
    uint32_t queue_count;

    /*
     * The DATA at the queue's head, if it has been begun. The workers own it
     * while there are any @working, but for @hold, which asks them to return
     * soon.
     */
    AESData data;
    bool data_begun;
    AESWorker workers[AES_DATA_WORKERS];
    unsigned working;
    AESDataFault fault;         /* of those that have returned */
    bool hold;                  /* atomic; also set while the VM is stopped */
};

static void aes_set_irq(VMAppleAESState *s, uint32_t status, uint32_t enable)
{
    bool was = s->irq_status & s->irq_enable;
    bool is = status & enable;

    s->irq_status = status;
    s->irq_enable = enable;
    if (is != was) {
        qemu_set_irq(s->irq, is);
    }
}

static void aes_raise(VMAppleAESState *s, uint32_t bits)
{
    aes_set_irq(s, s->irq_status | bits, s->irq_enable);
}

/* Reports a command that is dropped; @bits say more than "invalid". */
static void G_GNUC_PRINTF(4, 5)
aes_refuse(VMAppleAESState *s, const AESCommand *cmd, uint32_t bits,
           const char *why, ...)
{
    if (qemu_loglevel_mask(LOG_GUEST_ERROR)) {
        g_autofree char *text = NULL;
        va_list args;

        va_start(args, why);
        text = g_strdup_vprintf(why, args);
        va_end(args);
        qemu_log("vmapple-aes: command 0x%08" PRIx32 " dropped: %s\n",
                 cmd->words[0], text);
    }
    trace_vmapple_aes_refuse(cmd->words[0], bits);
    aes_raise(s, IRQ_INVALID_COMMAND | bits);
}

/*
 * Keys
 */

static void aes_key_clear(AESKey *key)
{
    for (int i = 0; i < AES_DATA_WORKERS; i++) {
        qcrypto_cipher_free(key->ciphers[i]);
    }
    memset(key, 0, sizeof(*key));
}

/* The cipher of one worker: they hold state. NULL: the library has none. */
static QCryptoCipher *aes_key_cipher(AESKey *key, unsigned worker)
{
    QCryptoCipherAlgo algo = key->length == 16 ? QCRYPTO_CIPHER_ALGO_AES_128 :
                             key->length == 24 ? QCRYPTO_CIPHER_ALGO_AES_192 :
                                                 QCRYPTO_CIPHER_ALGO_AES_256;

    if (!key->ciphers[worker]) {
        key->ciphers[worker] =
            qcrypto_cipher_new(algo, key->mode == MODE_CBC ?
                                     QCRYPTO_CIPHER_MODE_CBC :
                                     QCRYPTO_CIPHER_MODE_ECB,
                               key->bytes, key->length, NULL);
    }
    return key->ciphers[worker];
}

static bool aes_key_set(AESKey *key, uint8_t mode, bool encrypt,
                        const uint8_t *bytes, uint8_t length)
{
    /* Drivers set the same key again and again; its ciphers go both ways. */
    if (key->length != length || key->mode != mode ||
        memcmp(key->bytes, bytes, length)) {
        aes_key_clear(key);
        key->length = length;
        key->mode = mode;
        memcpy(key->bytes, bytes, length);
    }
    key->encrypt = encrypt;
    if (!aes_key_cipher(key, 0)) {
        aes_key_clear(key);
        return false;
    }
    return true;
}

static void aes_key(VMAppleAESState *s, const AESCommand *cmd)
{
    static const uint8_t lengths[] = { 16, 24, 32 };
    uint32_t word = cmd->words[0];
    uint32_t select = FIELD_EX32(word, KEY, SELECT);
    uint32_t mode = FIELD_EX32(word, KEY, MODE);
    AESKey *key = &s->keys[FIELD_EX32(word, KEY, CONTEXT)];
    uint8_t bytes[KEY_SIZE_MAX] = { select };
    uint8_t length = KEY_SIZE_MAX;

    /* Whatever is wrong with it, the key before it is gone. */
    if (FIELD_EX32(word, KEY, LENGTH) == KEY_LENGTH_RESERVED) {
        aes_key_clear(key);
        aes_refuse(s, cmd, IRQ_INVALID_LENGTH, "reserved key length");
        return;
    }
    if (mode > MODE_CBC) {
        aes_key_clear(key);
        aes_refuse(s, cmd, 0, "block mode %" PRIu32, mode);
        return;
    }
    if (FIELD_EX32(word, KEY, WRAPPED)) {
        qemu_log_mask(LOG_UNIMP, "vmapple-aes: wrapped key taken as plain\n");
    }

    /*
     * The keys that a Mac has in hardware are 256 bits long, whatever the
     * length field says. Their values are those that images made under
     * Apple's own framework unlock with: the slot's number, then zeroes.
     */
    if (select == KEY_SELECT_SOFTWARE) {
        length = lengths[FIELD_EX32(word, KEY, LENGTH)];
        for (int i = 0; i < length / 4; i++) {
            stl_le_p(bytes + i * 4, cmd->words[1 + i]);
        }
    }
    if (!aes_key_set(key, mode, FIELD_EX32(word, KEY, ENCRYPT),
                     bytes, length)) {
        aes_refuse(s, cmd, 0, "the crypto library has no such cipher");
    }
}

/*
 * Initialisation vectors
 */

static void aes_iv(VMAppleAESState *s, const AESCommand *cmd)
{
    uint8_t *iv = s->ivs[FIELD_EX32(cmd->words[0], IV, CONTEXT)];

    for (int i = 0; i < AES_BLOCK_SIZE / 4; i++) {
        stl_le_p(iv + i * 4, cmd->words[1 + i]);
    }
}

static void aes_store_iv(VMAppleAESState *s, const AESCommand *cmd)
{
    uint32_t word = cmd->words[0];
    uint64_t address = deposit64(cmd->words[1], 32, 8,
                                 FIELD_EX32(word, STORE_IV, ADDRESS_HIGH));

    if (!guest_ram_write(address,
                         s->ivs[FIELD_EX32(word, STORE_IV, CONTEXT)],
                         AES_BLOCK_SIZE)) {
        aes_refuse(s, cmd, IRQ_WRITE_ERROR,
                   "no RAM at 0x%" PRIx64 " to store an IV in", address);
    }
}

/*
 * Data
 */

/* Decodes the DATA at the queue's head. False: refused, or nothing to do. */
static bool aes_data_decode(VMAppleAESState *s, const AESCommand *cmd)
{
    uint32_t word = cmd->words[0];
    uint32_t length = FIELD_EX32(word, DATA, LENGTH);
    unsigned context = FIELD_EX32(word, DATA, KEY_CONTEXT);
    AESKey *key = &s->keys[context];

    if (length % AES_BLOCK_SIZE) {
        aes_refuse(s, cmd, IRQ_INVALID_LENGTH,
                   "%" PRIu32 " bytes are not whole blocks", length);
        return false;
    }
    if (!key->length) {
        aes_refuse(s, cmd, IRQ_KEY_DISABLED(context),
                   "key context %u is empty", context);
        return false;
    }
    if (!length) {
        return false;
    }

    s->data = (AESData) {
        .encrypt = key->encrypt,
        .chain = key->mode == MODE_CBC,
        .source = deposit64(cmd->words[2], 32, 16,
                            FIELD_EX32(cmd->words[1], DATA_HIGH, SOURCE)),
        .destination = deposit64(cmd->words[3], 32, 16,
                                 FIELD_EX32(cmd->words[1], DATA_HIGH,
                                            DESTINATION)),
        .length = length,
    };
    memcpy(s->data.iv, s->ivs[FIELD_EX32(word, DATA, IV_CONTEXT)],
           AES_BLOCK_SIZE);
    return true;
}

/* The DATA at the queue's head has come to its end, good or bad. */
static void aes_data_retire(VMAppleAESState *s, AESDataFault fault)
{
    const AESCommand *cmd = &s->queue[s->queue_head];

    s->data_begun = false;
    trace_vmapple_aes_data_done(s->data.source, s->data.destination,
                                s->data.done, fault);
    switch (fault) {
    case AES_DATA_OK:
        if (s->iv_chaining && s->data.chain) {
            memcpy(s->ivs[FIELD_EX32(cmd->words[0], DATA, IV_CONTEXT)],
                   s->data.iv, AES_BLOCK_SIZE);
        }
        break;
    case AES_DATA_READ_FAULT:
        aes_refuse(s, cmd, IRQ_READ_ERROR, "source 0x%" PRIx64 "+0x%" PRIx32
                   " is not RAM", s->data.source, s->data.length);
        break;
    case AES_DATA_WRITE_FAULT:
        aes_refuse(s, cmd, IRQ_WRITE_ERROR, "destination 0x%" PRIx64
                   "+0x%" PRIx32 " is not RAM", s->data.destination,
                   s->data.length);
        break;
    case AES_DATA_HOST_FAULT:
        aes_refuse(s, cmd, 0, "the host failed");
        break;
    }
}

static void aes_run(VMAppleAESState *s);

static int aes_worker(void *opaque)
{
    AESWorker *worker = opaque;
    VMAppleAESState *s = worker->aes;

    worker->fault = aes_data_work(&s->data, worker->cipher, &s->hold);
    return 0;
}

static void aes_queue_pop(VMAppleAESState *s)
{
    s->queue_head = (s->queue_head + 1) % QUEUE_LENGTH;
    s->queue_count--;
}

static void aes_worker_done(void *opaque, int ret)
{
    AESWorker *worker = opaque;
    VMAppleAESState *s = worker->aes;

    if (worker->fault != AES_DATA_OK) {
        s->fault = worker->fault;
    }
    if (--s->working) {
        return;
    }
    aes_data_end(&s->data);
    if (s->fault != AES_DATA_OK || s->data.done == s->data.length) {
        aes_data_retire(s, s->fault);
        aes_queue_pop(s);
    }
    aes_run(s);
}

static void aes_data_hand_out(VMAppleAESState *s, AESKey *key)
{
    unsigned workers = aes_data_workers(&s->data);

    s->fault = AES_DATA_OK;
    for (int i = 0; i < workers; i++) {
        AESWorker *worker = &s->workers[i];

        worker->aes = s;
        worker->cipher = aes_key_cipher(key, i);
        if (worker->cipher) {
            s->working++;
            thread_pool_submit_aio(aes_worker, worker, aes_worker_done,
                                   worker);
        }
    }
}

/*
 * False: it is with the workers. @budget is what the caller may yet spend
 * with the BQL held.
 */
static bool aes_data(VMAppleAESState *s, const AESCommand *cmd,
                     uint32_t *budget)
{
    AESKey *key = &s->keys[FIELD_EX32(cmd->words[0], DATA, KEY_CONTEXT)];
    AESDataFault fault;

    if (!s->data_begun) {
        if (!aes_data_decode(s, cmd)) {
            return true;
        }
        s->data_begun = true;
    }
    fault = aes_data_start(&s->data);
    if (fault == AES_DATA_OK && s->data.length > *budget) {
        aes_data_hand_out(s, key);
        return false;
    }
    if (fault == AES_DATA_OK) {
        *budget -= s->data.length;
        fault = aes_data_work(&s->data, aes_key_cipher(key, 0), &s->hold);
        aes_data_end(&s->data);
    }
    aes_data_retire(s, fault);
    return true;
}

/*
 * Commands
 */

static unsigned aes_command_words(uint32_t word)
{
    static const uint8_t key_words[] = {
        4, 6, 8,
        /* reserved: nobody knows what follows it */
        [KEY_LENGTH_RESERVED] = 0,
    };

    switch (COMMAND_OPCODE(word)) {
    case OP_KEY:
        return FIELD_EX32(word, KEY, SELECT) == KEY_SELECT_SOFTWARE ?
               1 + key_words[FIELD_EX32(word, KEY, LENGTH)] : 1;
    case OP_IV:
        return 5;
    case OP_DATA:
        return 4;
    case OP_STORE_IV:
        return 2;
    default:
        return 1;
    }
}

static void aes_flag(VMAppleAESState *s, const AESCommand *cmd)
{
    s->flag_info = FIELD_EX32(cmd->words[0], FLAG, CODE);
    if (FIELD_EX32(cmd->words[0], FLAG, INTERRUPT)) {
        aes_raise(s, IRQ_FLAG);
    }
}

/* Carries out what is queued, until it is empty or the worker has it. */
static void aes_run(VMAppleAESState *s)
{
    uint32_t budget = AES_DATA_CHUNK;

    while (s->queue_count && !s->working && !s->hold) {
        const AESCommand *cmd = &s->queue[s->queue_head];

        switch (COMMAND_OPCODE(cmd->words[0])) {
        case OP_KEY:
            aes_key(s, cmd);
            break;
        case OP_IV:
            aes_iv(s, cmd);
            break;
        case OP_DATA:
            if (!aes_data(s, cmd, &budget)) {
                return;
            }
            break;
        case OP_STORE_IV:
            aes_store_iv(s, cmd);
            break;
        case OP_FLAG:
            aes_flag(s, cmd);
            break;
        case OP_DSB:
            /* Commands are carried out in order anyway. */
            break;
        case OP_SKG:
            qemu_log_mask(LOG_UNIMP, "vmapple-aes: SKG does nothing\n");
            break;
        default:
            aes_refuse(s, cmd, 0, "unknown opcode");
            break;
        }
        aes_queue_pop(s);
    }
}

static bool aes_queue_full(VMAppleAESState *s, uint32_t word)
{
    bool is_flag = COMMAND_OPCODE(word) == OP_FLAG;

    return s->queue_count >= QUEUE_LENGTH - (is_flag ? 0 : QUEUE_FLAGS);
}

static void aes_push(VMAppleAESState *s, uint32_t word)
{
    AESCommand *cmd = &s->incoming;

    cmd->words[s->incoming_words++] = word;
    if (s->incoming_words < aes_command_words(cmd->words[0])) {
        return;
    }
    s->incoming_words = 0;
    trace_vmapple_aes_command(cmd->words[0], s->queue_count);

    if (aes_queue_full(s, cmd->words[0])) {
        qemu_log_mask(LOG_GUEST_ERROR, "vmapple-aes: command 0x%08" PRIx32
                      " dropped: the queue is full\n", cmd->words[0]);
        aes_raise(s, IRQ_FIFO_OVERFLOW);
        return;
    }
    s->queue[(s->queue_head + s->queue_count++) % QUEUE_LENGTH] = *cmd;
    aes_run(s);
}

/*
 * Registers
 */

static uint64_t aes_command_read(void *opaque, hwaddr offset, unsigned size)
{
    VMAppleAESState *s = opaque;
    uint32_t value = 0;

    switch (offset) {
    case A_STATUS:
        value = FIELD_DP32(value, STATUS, SEEDED, 0x7f);
        value = FIELD_DP32(value, STATUS, ACTIVE, s->queue_count > 0);
        break;
    case A_IRQ_STATUS:
        value = s->irq_status;
        break;
    case A_IRQ_ENABLE:
        value = s->irq_enable;
        break;
    case A_FIFO_STATUS:
        value = FIELD_DP32(value, FIFO_STATUS, EMPTY,
                           !s->queue_count && !s->incoming_words);
        value = FIELD_DP32(value, FIFO_STATUS, FULL, aes_queue_full(s, 0));
        break;
    case A_FLAG_INFO:
        value = s->flag_info;
        break;
    default:
        qemu_log_mask(LOG_UNIMP, "vmapple-aes: read of register 0x%"
                      HWADDR_PRIx "\n", offset);
        break;
    }
    trace_vmapple_aes_read(offset, value);
    return value;
}

static void aes_command_write(void *opaque, hwaddr offset, uint64_t value,
                              unsigned size)
{
    VMAppleAESState *s = opaque;

    trace_vmapple_aes_write(offset, value);
    switch (offset) {
    case A_FIFO:
        aes_push(s, value);
        break;
    case A_IRQ_STATUS:
        aes_set_irq(s, s->irq_status & ~value, s->irq_enable);
        break;
    case A_IRQ_ENABLE:
        aes_set_irq(s, s->irq_status, value);
        break;
    case A_CLEAR_FIFO:
        /* Complete commands are on their way; this is about the rest. */
        if (FIELD_EX32(value, CLEAR_FIFO, CLEAR)) {
            s->incoming_words = 0;
        }
        break;
    default:
        qemu_log_mask(LOG_UNIMP, "vmapple-aes: write of 0x%" PRIx64
                      " to register 0x%" HWADDR_PRIx "\n", value, offset);
        break;
    }
}

/* Nothing is disabled, no straps are set: all of it reads as zero. */
static uint64_t aes_security_read(void *opaque, hwaddr offset, unsigned size)
{
    trace_vmapple_aes_security_read(offset);
    return 0;
}

static void aes_security_write(void *opaque, hwaddr offset, uint64_t value,
                               unsigned size)
{
    qemu_log_mask(LOG_UNIMP, "vmapple-aes: write of 0x%" PRIx64
                  " to security register 0x%" HWADDR_PRIx "\n", value, offset);
}

/* A store of 8 bytes is two of 4, so it pushes one word. */
static const MemoryRegionOps aes_command_ops = {
    .read = aes_command_read,
    .write = aes_command_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

static const MemoryRegionOps aes_security_ops = {
    .read = aes_security_read,
    .write = aes_security_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

/*
 * Life cycle
 */

/* Returns when the worker has put down what it was at: after one chunk. */
static void aes_hold(VMAppleAESState *s)
{
    qatomic_set(&s->hold, true);
    AIO_WAIT_WHILE(NULL, s->working);
}

static void aes_vm_state_change(void *opaque, bool running, RunState state)
{
    VMAppleAESState *s = opaque;

    if (running) {
        qatomic_set(&s->hold, false);
        aes_run(s);
    } else {
        aes_hold(s);
    }
}

static void aes_reset_hold(Object *obj, ResetType type)
{
    VMAppleAESState *s = VMAPPLE_AES(obj);

    aes_hold(s);
    aes_set_irq(s, 0, 0);
    s->flag_info = 0;
    for (int i = 0; i < KEY_CONTEXTS; i++) {
        aes_key_clear(&s->keys[i]);
    }
    memset(s->ivs, 0, sizeof(s->ivs));
    memset(&s->incoming, 0, sizeof(s->incoming));
    s->incoming_words = 0;
    memset(s->queue, 0, sizeof(s->queue));
    s->queue_head = 0;
    s->queue_count = 0;
    memset(&s->data, 0, sizeof(s->data));
    s->data_begun = false;
    qatomic_set(&s->hold, !runstate_is_running());
}

static void aes_realize(DeviceState *dev, Error **errp)
{
    VMAppleAESState *s = VMAPPLE_AES(dev);

    s->hold = true;
    qdev_add_vm_change_state_handler(dev, aes_vm_state_change, s);
}

static void aes_init(Object *obj)
{
    VMAppleAESState *s = VMAPPLE_AES(obj);
    SysBusDevice *sbd = SYS_BUS_DEVICE(obj);

    memory_region_init_io(&s->command_window, obj, &aes_command_ops, s,
                          "vmapple-aes-command", VMAPPLE_AES_COMMAND_SIZE);
    memory_region_init_io(&s->security_window, obj, &aes_security_ops, s,
                          "vmapple-aes-security", VMAPPLE_AES_SECURITY_SIZE);
    sysbus_init_mmio(sbd, &s->command_window);
    sysbus_init_mmio(sbd, &s->security_window);
    sysbus_init_irq(sbd, &s->irq);
}

static void aes_finalize(Object *obj)
{
    VMAppleAESState *s = VMAPPLE_AES(obj);

    for (int i = 0; i < KEY_CONTEXTS; i++) {
        aes_key_clear(&s->keys[i]);
    }
}

static int aes_post_load(void *opaque, int version_id)
{
    VMAppleAESState *s = opaque;

    if (s->queue_head >= QUEUE_LENGTH || s->queue_count > QUEUE_LENGTH ||
        (s->data_begun && !s->queue_count)) {
        return -EINVAL;
    }
    if (s->incoming_words &&
        s->incoming_words >= aes_command_words(s->incoming.words[0])) {
        return -EINVAL;
    }
    for (int i = 0; i < KEY_CONTEXTS; i++) {
        AESKey *key = &s->keys[i];
        AESKey loaded = *key;

        aes_key_clear(key); /* ciphers of what was there before */
        if (!loaded.length) {
            continue;
        }
        if ((loaded.length != 16 && loaded.length != 24 &&
             loaded.length != 32) ||
            loaded.mode > MODE_CBC ||
            !aes_key_set(key, loaded.mode, loaded.encrypt, loaded.bytes,
                         loaded.length)) {
            return -EINVAL;
        }
    }
    if (s->data_begun) {
        /* Everything but its progress is in the command. */
        const AESCommand *cmd = &s->queue[s->queue_head];
        uint32_t done = s->data.done;
        AESIV iv;

        memcpy(iv, s->data.iv, sizeof(iv));
        if (COMMAND_OPCODE(cmd->words[0]) != OP_DATA ||
            !aes_data_decode(s, cmd) || done % AES_BLOCK_SIZE ||
            done >= s->data.length) {
            return -EINVAL;
        }
        s->data.done = done;
        memcpy(s->data.iv, iv, sizeof(iv));
    }
    return 0;
}

static const VMStateDescription vmstate_aes_key = {
    .name = "vmapple-aes/key",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8(length, AESKey),
        VMSTATE_UINT8(mode, AESKey),
        VMSTATE_BOOL(encrypt, AESKey),
        VMSTATE_UINT8_ARRAY(bytes, AESKey, KEY_SIZE_MAX),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_aes_command = {
    .name = "vmapple-aes/command",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32_ARRAY(words, AESCommand, COMMAND_WORDS_MAX),
        VMSTATE_END_OF_LIST()
    }
};

static bool aes_queue_needed(void *opaque)
{
    VMAppleAESState *s = opaque;

    return s->queue_count > 0;
}

static const VMStateDescription vmstate_aes_queue = {
    .name = "vmapple-aes/queue",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = aes_queue_needed,
    .fields = (const VMStateField[]) {
        VMSTATE_STRUCT_ARRAY(queue, VMAppleAESState, QUEUE_LENGTH, 1,
                             vmstate_aes_command, AESCommand),
        VMSTATE_UINT32(queue_head, VMAppleAESState),
        VMSTATE_UINT32(queue_count, VMAppleAESState),
        VMSTATE_BOOL(data_begun, VMAppleAESState),
        VMSTATE_UINT32(data.done, VMAppleAESState),
        VMSTATE_UINT8_ARRAY(data.iv, VMAppleAESState, AES_BLOCK_SIZE),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_aes = {
    .name = TYPE_VMAPPLE_AES,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = aes_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(irq_status, VMAppleAESState),
        VMSTATE_UINT32(irq_enable, VMAppleAESState),
        VMSTATE_UINT32(flag_info, VMAppleAESState),
        VMSTATE_STRUCT_ARRAY(keys, VMAppleAESState, KEY_CONTEXTS, 1,
                             vmstate_aes_key, AESKey),
        VMSTATE_UINT8_2DARRAY(ivs, VMAppleAESState, IV_CONTEXTS,
                              AES_BLOCK_SIZE),
        VMSTATE_STRUCT(incoming, VMAppleAESState, 1, vmstate_aes_command,
                       AESCommand),
        VMSTATE_UINT32(incoming_words, VMAppleAESState),
        VMSTATE_END_OF_LIST()
    },
    .subsections = (const VMStateDescription * const []) {
        &vmstate_aes_queue,
        NULL
    }
};

static const Property aes_properties[] = {
    DEFINE_PROP_BOOL("iv-chaining", VMAppleAESState, iv_chaining, false),
};

static void aes_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "AES engine of the vmapple machine";
    dc->realize = aes_realize;
    dc->vmsd = &vmstate_aes;
    rc->phases.hold = aes_reset_hold;
    device_class_set_props(dc, aes_properties);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}

static const TypeInfo aes_types[] = {
    {
        .name = TYPE_VMAPPLE_AES,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(VMAppleAESState),
        .instance_init = aes_init,
        .instance_finalize = aes_finalize,
        .class_init = aes_class_init,
    },
};

DEFINE_TYPES(aes_types)
