/* SPDX-License-Identifier: MIT */
/* The configuration space of the apple-gfx PCI function. */
#include "pci_config.h"

#include <linux/pci_regs.h>
#include <string.h>

#include <pvg/pvg.h>

#define APPLE_VENDOR    0x106b
#define APPLE_GFX       0xeeee
#define MSI_CAPABILITY  0x50
#define PCIE_CAPABILITY 0x60

static void put16(uint8_t *bytes, size_t at, uint16_t value)
{
    bytes[at] = value;
    bytes[at + 1] = value >> 8;
}

static void put32(uint8_t *bytes, size_t at, uint32_t value)
{
    put16(bytes, at, value);
    put16(bytes, at + 2, value >> 16);
}

static void describe_function(struct pci_config *config)
{
    put16(config->bytes, PCI_VENDOR_ID, APPLE_VENDOR);
    put16(config->bytes, PCI_DEVICE_ID, APPLE_GFX);
    put16(config->bytes, PCI_SUBSYSTEM_VENDOR_ID, APPLE_VENDOR);
    put16(config->bytes, PCI_SUBSYSTEM_ID, APPLE_GFX);
    put32(config->bytes, PCI_CLASS_REVISION, config->options.class_code << 8);
    put16(config->bytes, PCI_STATUS, PCI_STATUS_CAP_LIST);
    config->bytes[PCI_CAPABILITY_LIST] = MSI_CAPABILITY;

    put16(config->writable, PCI_COMMAND,
          PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE);
    config->writable[PCI_CACHE_LINE_SIZE] = 0xff;
    config->writable[PCI_LATENCY_TIMER] = 0xff;
    config->writable[PCI_INTERRUPT_LINE] = 0xff;
}

/* BAR 0: 32-bit, not prefetchable; a 64-bit one stopped Apple's loader behind a PCIe port. */
static void describe_bars(struct pci_config *config)
{
    put32(config->writable, PCI_BASE_ADDRESS_0, -(uint32_t)PVG_GFX_WINDOW_SIZE);
    if (config->options.rom_size) {
        put32(config->writable, PCI_ROM_ADDRESS,
              -config->options.rom_size | PCI_ROM_ADDRESS_ENABLE);
    }
}

/* One vector, 64-bit addresses, no mask bits. */
static void describe_msi(struct pci_config *config)
{
    uint8_t *bytes = config->bytes, *writable = config->writable;

    bytes[MSI_CAPABILITY] = PCI_CAP_ID_MSI;
    bytes[MSI_CAPABILITY + PCI_CAP_LIST_NEXT] = config->options.express ? PCIE_CAPABILITY : 0;
    put16(bytes, MSI_CAPABILITY + PCI_MSI_FLAGS, PCI_MSI_FLAGS_64BIT);
    put16(writable, MSI_CAPABILITY + PCI_MSI_FLAGS, PCI_MSI_FLAGS_ENABLE);
    put32(writable, MSI_CAPABILITY + PCI_MSI_ADDRESS_LO, 0xfffffffc);
    put32(writable, MSI_CAPABILITY + PCI_MSI_ADDRESS_HI, 0xffffffff);
    put16(writable, MSI_CAPABILITY + PCI_MSI_DATA_64, 0xffff);
}

/* An endpoint, version 2, with a 2.5 GT/s link one lane wide. */
static void describe_express(struct pci_config *config)
{
    uint8_t *bytes = config->bytes;

    bytes[PCIE_CAPABILITY] = PCI_CAP_ID_EXP;
    put16(bytes, PCIE_CAPABILITY + PCI_EXP_FLAGS, 2 | PCI_EXP_TYPE_ENDPOINT << 4);
    put32(bytes, PCIE_CAPABILITY + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_RBER);
    put32(bytes, PCIE_CAPABILITY + PCI_EXP_LNKCAP, PCI_EXP_LNKCAP_SLS_2_5GB | 1 << 4);
    put16(bytes, PCIE_CAPABILITY + PCI_EXP_LNKSTA, PCI_EXP_LNKSTA_CLS_2_5GB | 1 << 4);
    put16(config->writable, PCIE_CAPABILITY + PCI_EXP_DEVCTL, 0x7fff);
}

void pci_config_reset(struct pci_config *config)
{
    memset(config->bytes, 0, sizeof(config->bytes));
    memset(config->writable, 0, sizeof(config->writable));
    describe_function(config);
    describe_bars(config);
    describe_msi(config);
    if (config->options.express) {
        describe_express(config);
    }
}

void pci_config_init(struct pci_config *config, const struct pci_config_options *options)
{
    config->options = *options;
    pci_config_reset(config);
}

size_t pci_config_size(const struct pci_config *config)
{
    return config->options.express ? PCI_CONFIG_EXPRESS_SIZE : PCI_CONFIG_CONVENTIONAL_SIZE;
}

void pci_config_read(const struct pci_config *config, size_t offset, void *bytes, size_t size)
{
    memcpy(bytes, config->bytes + offset, size);
}

void pci_config_write(struct pci_config *config, size_t offset, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;

    for (size_t i = 0; i < size; i++) {
        uint8_t *byte = &config->bytes[offset + i];
        uint8_t mask = config->writable[offset + i];

        *byte = (*byte & ~mask) | (from[i] & mask);
    }
}
