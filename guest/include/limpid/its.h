/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LPIs and the first ITS (Interrupt Translation Service) of a GICv3, for tests: the commands one by one, with the
 * architecture's names and operands.
 *
 * its_start() sets up empty tables, for devices, collections and the CPUs that have used the interrupt controller, and
 * enables LPIs on those; all LPIs are disabled. The runner ends it after each test. Each command returns when the ITS
 * has executed it, or fails the test: what it does to a redistributor is done after a SYNC for its CPU.
 *
 * Source: GICv3 and GICv4 architecture (IHI 0069), "Locality-specific Peripheral Interrupts and the ITS".
 */
#ifndef LIMPID_ITS_H
#define LIMPID_ITS_H

#include <stdbool.h>
#include <stdint.h>
#include <limpid/types.h>

#define ITS_LPI_BITS 14 /* INTIDs below 1 << 14: 8192 LPIs */

/* Whether the machine has an ITS. */
bool its_available(void);

/* NULL, or why it cannot be used: a GIC may not let LPIs be disabled any more, so that the tables stay. */
const char *its_start(void);
void its_stop(void);

/* Registers of the ITS, mapped; also before its_start(). */
uint64_t its_registers(void);

/* The physical address of GITS_TRANSLATER, where a device writes the number of an event: by that it is an interrupt. */
pa_t its_translater(void);

/* Commands. A device's events are 0 to (1 << event_bits) - 1; devices and collections are numbered from 0, below 256.
 */
void its_mapd(uint32_t device, unsigned int event_bits, bool valid);
void its_mapc(uint16_t collection, unsigned int cpu, bool valid);
void its_mapti(uint32_t device, uint32_t event, uint32_t lpi, uint16_t collection);
void its_mapi(uint32_t device, uint32_t event, uint16_t collection);
void its_movi(uint32_t device, uint32_t event, uint16_t collection);
void its_movall(unsigned int from_cpu, unsigned int to_cpu);
void its_int(uint32_t device, uint32_t event);
void its_clear(uint32_t device, uint32_t event);
void its_discard(uint32_t device, uint32_t event);
void its_inv(uint32_t device, uint32_t event);
void its_invall(uint16_t collection);
void its_sync(unsigned int cpu);

/* An LPI's entry in the property table. A redistributor need not look before INV or INVALL. */
void lpi_configure(uint32_t lpi, uint8_t priority, bool enabled);

/* Takes a CPU's LPIs away and gives them back: in between its pending table is memory, whose bits can be written. */
void lpi_disable(unsigned int cpu);
void lpi_enable(unsigned int cpu);
void lpi_write_pending(unsigned int cpu, uint32_t lpi, bool pending);

#endif
