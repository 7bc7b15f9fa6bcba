/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Express through ECAM: which functions there are, their configuration space and BARs.
 *
 * The host bridges are those of a device tree or of ACPI's MCFG. BARs that firmware has not assigned are assigned from
 * the bridge's windows, which only a device tree tells; one that firmware has assigned stays where it is. Buses behind
 * bridges are seen if firmware has numbered them. One CPU at a time.
 *
 * Source: PCI Express Base Specification, 7.2.2 Enhanced Configuration Access Mechanism; 7.5.1 PCI-Compatible
 * Configuration Registers; PCI Local Bus Specification 3.0, 6.2.5 Base Addresses.
 */
#ifndef LIMPID_PCI_H
#define LIMPID_PCI_H

#include <stdbool.h>
#include <stdint.h>
#include <limpid/machine.h>

#define PCI_VENDOR_ID       0x00
#define PCI_DEVICE_ID       0x02
#define PCI_COMMAND         0x04
#define PCI_COMMAND_IO      (1u << 0)
#define PCI_COMMAND_MEMORY  (1u << 1)
#define PCI_COMMAND_MASTER  (1u << 2)
#define PCI_COMMAND_NOINTX  (1u << 10)
#define PCI_STATUS          0x06
#define PCI_STATUS_CAPS     (1u << 4)
#define PCI_CLASS           0x0a /* base class in the high byte */
#define PCI_HEADER_TYPE     0x0e
#define PCI_HEADER_MULTI    0x80
#define PCI_BAR(n)          (0x10 + 4 * (n))
#define PCI_SECONDARY_BUS   0x19 /* of a bridge */
#define PCI_CAPABILITIES    0x34
#define PCI_CAPABILITY_MSI  0x05
#define PCI_CAPABILITY_MSIX 0x11
#define PCI_CONFIG_SIZE     4096

struct pci_function {
	const struct machine_ecam *ecam;
	uint8_t bus, device, function;
};

/*
 * Goes on to the next function; the first one from a structure of zeros. Bridges' buses come after their own.
 *
 *     struct pci_scan scan = {0};
 *     while (pci_next(&scan))
 *             ... scan.at ...
 */
struct pci_scan {
	struct pci_function at;
	unsigned int ecam;
	bool started;
	uint64_t buses[4]; /* of this bridge, that are to be looked at */
};

bool pci_next(struct pci_scan *scan);

/* The first function of this vendor and device; false: none. */
bool pci_find(uint16_t vendor, uint16_t device, struct pci_function *found);

uint8_t pci_read8(const struct pci_function *f, unsigned int offset);
uint16_t pci_read16(const struct pci_function *f, unsigned int offset);
uint32_t pci_read32(const struct pci_function *f, unsigned int offset);
void pci_write8(const struct pci_function *f, unsigned int offset, uint8_t value);
void pci_write16(const struct pci_function *f, unsigned int offset, uint16_t value);
void pci_write32(const struct pci_function *f, unsigned int offset, uint32_t value);

/* How many BARs the header has: 6, of a bridge 2. */
unsigned int pci_bar_count(const struct pci_function *f);

struct pci_bar {
	enum pci_space space;
	bool prefetchable;
	uint64_t size; /* 0: there is no such BAR, or it is the upper half of another */
	uint64_t bus;  /* the address in it */
};

/* Reads a BAR and finds its size, with decoding switched off meanwhile. */
struct pci_bar pci_read_bar(const struct pci_function *f, unsigned int n);

/* Makes a BAR answer, and maps it. Its address for us, or 0: no address can be had. */
uint64_t pci_map_bar(const struct pci_function *f, unsigned int n);

/* The offset of a capability; 0: there is none. */
unsigned int pci_capability(const struct pci_function *f, uint8_t id);

/* What a function puts on its bus to say who it is. */
uint16_t pci_requester(const struct pci_function *f);

/*
 * Message-signalled interrupts: from now on the function writes @data to @address, an address of the bus, instead of
 * raising its line. It must be a bus master for that. One message. False: it has no MSI, or cannot address that far.
 */
bool pci_msi_enable(const struct pci_function *f, uint64_t address, uint16_t data);
void pci_msi_disable(const struct pci_function *f);

/* The same with a table of messages, in memory behind a BAR. Source: PCI Express Base Specification, 7.7.2 MSI-X. */
struct pci_msix {
	const struct pci_function *f;
	unsigned int capability, count;
	uint64_t table, pending; /* mapped */
};

/* False: the function has no MSI-X, or its BAR cannot be mapped. All messages are masked then, and MSI-X is off. */
bool pci_msix_open(struct pci_msix *msix, const struct pci_function *f);
/* MSI-X on or off; masked: no message is sent, whatever its entry says. */
void pci_msix_enable(const struct pci_msix *msix, bool on, bool masked);
/* What message @n is; masked. */
void pci_msix_set(const struct pci_msix *msix, unsigned int n, uint64_t address, uint32_t data);
void pci_msix_mask(const struct pci_msix *msix, unsigned int n, bool masked);
/* Is message @n to be sent as soon as nothing masks it? */
bool pci_msix_pending(const struct pci_msix *msix, unsigned int n);

#endif
