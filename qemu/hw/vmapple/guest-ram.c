/*
 * vmapple: device access to guest RAM, and to nothing else
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "exec/memory.h"
#include "guest-ram.h"

/* The bounce buffer that stands in for a device is not filled from it. */
static const MemTxAttrs ram_only = { .memory = 1 };

void *guest_ram_map(hwaddr addr, hwaddr len, bool is_write)
{
    hwaddr mapped = len;
    ram_addr_t offset;
    void *host;

    host = address_space_map(&address_space_memory, addr, &mapped, is_write,
                             ram_only);
    if (!host) {
        return NULL;
    }
    /* What is not RAM is mapped as a bounce buffer, outside any region. */
    if (mapped < len || !memory_region_from_host(host, &offset)) {
        guest_ram_unmap(host, mapped, is_write, 0);
        return NULL;
    }
    return host;
}

void guest_ram_unmap(void *host, hwaddr len, bool is_write, hwaddr written)
{
    /* Nothing written: nothing to mark dirty, nor to copy to a device. */
    address_space_unmap(&address_space_memory, host, len,
                        is_write && written, written);
}

bool guest_ram_read(hwaddr addr, void *buf, hwaddr len)
{
    void *host = guest_ram_map(addr, len, false);

    if (!host) {
        return false;
    }
    memcpy(buf, host, len);
    guest_ram_unmap(host, len, false, 0);
    return true;
}

bool guest_ram_write(hwaddr addr, const void *buf, hwaddr len)
{
    void *host = guest_ram_map(addr, len, true);

    if (!host) {
        return false;
    }
    memcpy(host, buf, len);
    guest_ram_unmap(host, len, true, len);
    return true;
}
