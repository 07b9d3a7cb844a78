/* SPDX-License-Identifier: MIT */
/* The configuration space of the apple-gfx PCI function. Spec: 10-device 2.1, 90-vfio-user 11.
 *
 * QEMU answers most guest reads itself and forwards every write; this image keeps what it forwards.
 * Protocol thread only. */
#ifndef SERVER_PCI_CONFIG_H
#define SERVER_PCI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCI_CONFIG_CONVENTIONAL_SIZE 256
#define PCI_CONFIG_EXPRESS_SIZE      4096

struct pci_config_options {
    uint32_t class_code; /* 0x038000 "other display", or 0x030000 VGA */
    bool express;        /* behind a PCIe port: with a PCI Express capability */
    uint32_t rom_size;   /* bytes, a power of two of at least 2 KiB, or 0: none */
};

struct pci_config {
    struct pci_config_options options;
    uint8_t bytes[PCI_CONFIG_EXPRESS_SIZE];
    uint8_t writable[PCI_CONFIG_EXPRESS_SIZE]; /* a mask for each byte */
};

void pci_config_init(struct pci_config *config, const struct pci_config_options *options);

/* Power-on values. */
void pci_config_reset(struct pci_config *config);

/* Bytes of the region: 256, or 4096 with a PCI Express capability. */
size_t pci_config_size(const struct pci_config *config);

/* The caller has checked that [@offset, @offset + @size) fits. */
void pci_config_read(const struct pci_config *config, size_t offset, void *bytes, size_t size);
void pci_config_write(struct pci_config *config, size_t offset, const void *bytes, size_t size);

#endif
