/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU's device for teaching, behind PCI: whatever is written to a register is an interrupt, by MSI where that is
 * enabled, and it copies between memory and a buffer of its own.
 *
 * Source: QEMU, docs/specs/edu.rst.
 */
#ifndef TESTS_EDU_H
#define TESTS_EDU_H

#include <arch/io.h>
#include <limpid/expect.h>
#include <limpid/its.h>
#include <limpid/pci.h>

#define EDU_VENDOR      0x1234
#define EDU_DEVICE      0x11e8
#define EDU_STATUS      0x24
#define EDU_RAISE       0x60
#define EDU_ACKNOWLEDGE 0x64
#define EDU_DMA_FROM    0x80
#define EDU_DMA_TO      0x88
#define EDU_DMA_COUNT   0x90
#define EDU_DMA_COMMAND 0x98
#define EDU_DMA_START   1u
#define EDU_DMA_TO_RAM  2u
#define EDU_DMA_RAISE   4u
#define EDU_DMA_DONE    0x100u   /* in EDU_STATUS */
#define EDU_BUFFER      0x40000u /* as the device addresses it */
#define EDU_BUFFER_SIZE 4096u

struct edu {
	struct pci_function f;
	uint64_t registers;
	uint32_t id; /* the ITS's DeviceID */
};

/* The device, a bus master whose messages go to the ITS as EventID @event. */
static inline struct edu edu_open(uint32_t event)
{
	struct edu edu;

	if (!pci_find(EDU_VENDOR, EDU_DEVICE, &edu.f))
		SKIP("there is no device of QEMU's named edu");
	edu.registers = pci_map_bar(&edu.f, 0);
	if (!edu.registers)
		SKIP("firmware has not assigned the BAR of edu, and the windows of the bridge are not known");
	/* QEMU's bridge hands the requester's ID to the ITS as it is: "msi-map" and the IORT say so. */
	edu.id = pci_requester(&edu.f);
	pci_write16(&edu.f, PCI_COMMAND, pci_read16(&edu.f, PCI_COMMAND) | PCI_COMMAND_MASTER | PCI_COMMAND_NOINTX);
	ASSERT_TRUE(pci_msi_enable(&edu.f, its_translater().pa, event));
	return edu;
}

static inline void edu_close(struct edu *edu)
{
	pci_msi_disable(&edu->f);
	io_write32(edu->registers + EDU_ACKNOWLEDGE, ~0u);
	pci_write16(&edu->f, PCI_COMMAND, pci_read16(&edu->f, PCI_COMMAND) & ~PCI_COMMAND_MASTER);
}

/* An interrupt: each write is one. The read comes back behind it. */
static inline void edu_raise(const struct edu *edu)
{
	io_write32(edu->registers + EDU_RAISE, 1);
	EXPECT_EQ(io_read32(edu->registers + EDU_STATUS) & 1, 1u);
}

#endif
