/*
 * vmapple: loads and stores whose abort says nothing about them
 *
 * The fields are those of the Arm architecture's "Loads and Stores" encodings
 * (A64). Spec: 81-booting-macos 8 and 19, vector B4.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "hw/vmapple/nisv.h"

enum {
    REG_SP = 31,
    EXTEND_UXTW = 2,
    EXTEND_SXTW = 6,
};

/* size and opc of the one-register forms; false: prefetch or unallocated */
static bool decode_width(uint32_t insn, VMAppleAccess *a)
{
    unsigned size = extract32(insn, 30, 2), opc = extract32(insn, 22, 2);

    a->simd = extract32(insn, 26, 1);
    if (a->simd) {
        a->store = !(opc & 1);
        if (opc & 2) {
            a->size = 16;
            return size == 0;
        }
        a->size = 1 << size;
        return true;
    }
    a->size = 1 << size;
    a->store = opc == 0;
    a->sign_extend = opc & 2;
    a->to_64 = opc == 2 || size == 3;
    return !a->sign_extend || size < 2 || (size == 2 && opc == 2);
}

/* Writing back to a base that is also loaded or stored is unpredictable. */
static bool base_is_apart(const VMAppleAccess *a)
{
    return !a->write_back || a->simd || a->rn == REG_SP ||
           (a->rt != a->rn && !(a->pair && a->rt2 == a->rn));
}

static bool decode_one(uint32_t insn, VMAppleAccess *a)
{
    bool scaled = extract32(insn, 24, 1);
    bool other = extract32(insn, 21, 1);
    unsigned mode = extract32(insn, 10, 2);

    if (!decode_width(insn, a)) {
        return false;
    }
    if (scaled) {
        a->offset = extract32(insn, 10, 12) * a->size;
        return true;
    }
    if (other) {
        a->indexed = true;
        a->rm = extract32(insn, 16, 5);
        a->extend = extract32(insn, 13, 3);
        a->shift = extract32(insn, 12, 1) ? ctz32(a->size) : 0;
        /* Mode 0 is atomics, 1 and 3 authenticated loads; bit 1 of
         * the extension must be set. */
        return mode == 2 && (a->extend & 2);
    }
    a->offset = sextract32(insn, 12, 9);
    a->write_back = mode & 1;
    a->post = mode == 1;
    /* Mode 2 is unprivileged: an access for EL0, with its rights. */
    return mode != 2 && base_is_apart(a);
}

static bool decode_pair(uint32_t insn, VMAppleAccess *a)
{
    unsigned opc = extract32(insn, 30, 2), mode = extract32(insn, 23, 2);

    a->pair = true;
    a->simd = extract32(insn, 26, 1);
    a->store = !extract32(insn, 22, 1);
    a->rt2 = extract32(insn, 10, 5);
    a->write_back = mode & 1;
    a->post = mode == 1;
    if (opc == 3) {
        return false;
    }
    if (a->simd) {
        a->size = 4 << opc;
    } else if (opc == 1) {
        /* LDPSW; a store of that form is for tags, and mode 0 has none */
        a->size = 4;
        a->sign_extend = a->to_64 = true;
        if (a->store || mode == 0) {
            return false;
        }
    } else {
        a->size = opc ? 8 : 4;
        a->to_64 = opc;
    }
    a->offset = sextract32(insn, 15, 7) * a->size;
    return base_is_apart(a) && (a->store || a->rt != a->rt2);
}

bool vmapple_decode_access(uint32_t insn, VMAppleAccess *a)
{
    *a = (VMAppleAccess){
        .rt = extract32(insn, 0, 5),
        .rn = extract32(insn, 5, 5),
    };
    switch (insn & 0x3a000000) {
    case 0x38000000:
        return decode_one(insn, a);
    case 0x28000000:
        return decode_pair(insn, a);
    default:
        return false;
    }
}

static uint64_t extend_index(const VMAppleAccess *a, uint64_t rm)
{
    switch (a->extend) {
    case EXTEND_UXTW:
        return (uint32_t)rm;
    case EXTEND_SXTW:
        return (int32_t)rm;
    default: /* all 64 bits, whatever their sign */
        return rm;
    }
}

uint64_t vmapple_access_address(const VMAppleAccess *a, uint64_t rn,
                                uint64_t rm, uint64_t *base)
{
    uint64_t moved = rn + (a->indexed ? extend_index(a, rm) << a->shift
                                      : (uint64_t)(int64_t)a->offset);

    *base = a->write_back ? moved : rn;
    return a->post ? rn : moved;
}

uint64_t vmapple_access_extend(const VMAppleAccess *a, uint64_t value)
{
    unsigned bits = a->size * 8;

    if (!a->sign_extend) {
        return bits < 64 ? extract64(value, 0, bits) : value;
    }
    value = sextract64(value, 0, bits);
    return a->to_64 ? value : (uint32_t)value;
}
