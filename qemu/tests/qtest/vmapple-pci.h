/*
 * PCI functions on the root bus of the vmapple machine, for qtests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef VMAPPLE_PCI_H
#define VMAPPLE_PCI_H

#include "hw/pci/pci_regs.h"
#include "libqtest.h"

#define PCIE_ECAM 0x40000000ull
#define PCIE_MMIO 0x50000000ull

static inline uint64_t vmapple_pci_config(unsigned slot, unsigned offset)
{
    return PCIE_ECAM + (slot << 15) + offset;
}

/* Gives function 0 of @slot its BAR 0, of at most 1 MiB, and turns it on. */
static inline uint64_t vmapple_pci_enable(QTestState *qts, unsigned slot)
{
    uint64_t bar = PCIE_MMIO + slot * 0x100000ull;

    qtest_writel(qts, vmapple_pci_config(slot, PCI_BASE_ADDRESS_0), bar);
    qtest_writew(qts, vmapple_pci_config(slot, PCI_COMMAND),
                 PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    return bar;
}

/* The offset of capability @id, 0 when there is none */
static inline unsigned vmapple_pci_capability(QTestState *qts, unsigned slot,
                                              unsigned id)
{
    unsigned at = qtest_readb(qts, vmapple_pci_config(slot,
                                                      PCI_CAPABILITY_LIST));

    while (at && qtest_readb(qts, vmapple_pci_config(slot, at)) != id) {
        at = qtest_readb(qts, vmapple_pci_config(slot, at + PCI_CAP_LIST_NEXT));
    }
    return at;
}

/* 64-bit message address, one vector */
static inline void vmapple_pci_enable_msi(QTestState *qts, unsigned slot,
                                          uint64_t address, uint16_t data)
{
    unsigned msi = vmapple_pci_capability(qts, slot, PCI_CAP_ID_MSI);

    g_assert_cmpuint(msi, !=, 0);
    qtest_writel(qts, vmapple_pci_config(slot, msi + PCI_MSI_ADDRESS_LO),
                 address);
    qtest_writel(qts, vmapple_pci_config(slot, msi + PCI_MSI_ADDRESS_HI),
                 address >> 32);
    qtest_writew(qts, vmapple_pci_config(slot, msi + PCI_MSI_DATA_64), data);
    qtest_writew(qts, vmapple_pci_config(slot, msi + PCI_MSI_FLAGS),
                 PCI_MSI_FLAGS_ENABLE);
}

#endif
