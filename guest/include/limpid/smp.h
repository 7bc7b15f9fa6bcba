/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPUs: which there are, and running functions on them.
 *
 * CPU 0 is the one that booted; the others are numbered in the order of the firmware's tables and started by PSCI when
 * they are first asked for anything. A CPU that does not answer ends the run with its MPIDR: there is no hang to wait
 * for.
 */
#ifndef LIMPID_SMP_H
#define LIMPID_SMP_H

#include <stdbool.h>
#include <stdint.h>

/* CPUs that can be used, CPU 0 included. */
unsigned int cpu_count(void);

/* The calling CPU's number. */
unsigned int cpu_index(void);

/* MPIDR_EL1's affinity fields (Aff3 to Aff0) of a CPU; and back: the number, or -1. */
uint64_t cpu_mpidr(unsigned int cpu);
int cpu_of_mpidr(uint64_t mpidr);

/* This CPU's MPIDR_EL1, affinity fields only. */
uint64_t cpu_read_mpidr(void);

/*
 * Starts a CPU, if it is not running; it then waits for work with its MMU on. Returns PSCI's status, 0 for success
 * (Source: PSCI, DEN 0022, "Return error codes"), and panics when it was promised but does not arrive.
 */
int cpu_start(unsigned int cpu);

/*
 * The same in parts, for who wants to make the call to PSCI CPU_ON himself: what to call it with, on any CPU; and
 * afterwards, on the one that prepared it, either the wait for the arrival, or its renunciation when nobody started it.
 */
struct cpu_start_call {
	uint64_t mpidr, entry, context;
};

struct cpu_start_call cpu_start_prepare(unsigned int cpu);
void cpu_start_wait(unsigned int cpu);
void cpu_start_renounce(unsigned int cpu);

/* Ends a CPU by PSCI CPU_OFF; on return the firmware reports it off. Not CPU 0, not the caller. */
void cpu_stop(unsigned int cpu);

/* Runs fn(arg) on a CPU and waits until it returned. On the calling CPU: a call. */
void on_cpu(unsigned int cpu, void (*fn)(void *), void *arg);

/* Runs fn(arg) on a CPU; cpu_wait() waits for it. Not on the calling CPU, and one thing at a time. */
void on_cpu_async(unsigned int cpu, void (*fn)(void *), void *arg);
void cpu_wait(unsigned int cpu);

/* Runs fn(arg) on all CPUs at once, the caller included, and waits for all. */
void on_each_cpu(void (*fn)(void *), void *arg);

/* How long a CPU may take for what it was asked before it counts as lost, in milliseconds. */
#define CPU_TIMEOUT_MS 20000

#endif
