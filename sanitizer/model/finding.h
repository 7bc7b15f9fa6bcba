/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * finding.h - what the model says: one observation for which the architecture permits another outcome.
 *
 * The names of the kinds are an interface: suppressions, JSON and `limpid explain` use them.
 */
#ifndef MODEL_FINDING_H
#define MODEL_FINDING_H

#include <stddef.h>
#include <stdint.h>

#include "attributes.h"
#include "line.h"

enum kind {
	KIND_STALE_MEMORY_READ,
	KIND_STALE_CACHE_READ,
	KIND_LOST_WRITE,
	KIND_DISCARDED_WRITE,
	KIND_INCOMPLETE_MAINTENANCE,
	KIND_STALE_FETCH,
	KIND_UNSYNCHRONIZED_FETCH,
	KIND_UNSYNCHRONIZED_REGISTER,
	KIND_UNORDERED_TABLE_WRITE,
	KIND_STALE_TRANSLATION,
	KIND_BREAK_BEFORE_MAKE,
	KIND_TABLE_PAGE_REUSE,
	KIND_MISMATCHED_ATTRIBUTES,
	KIND_EXCLUSIVE_ON_UNCACHED,
	KIND_DEVICE_MEMORY_MISUSE,
	KIND_SET_WAY_RELIANCE,
	KIND_MAINTENANCE_ORDER,
	KINDS
};

/* "stale-memory-read" */
const char *kind_name(enum kind kind);

enum severity {
	SEVERITY_NOTE,    /* reported only on request (option notes=on) */
	SEVERITY_WARNING, /* the protocol is broken, no other value was observed yet */
	SEVERITY_ERROR,   /* a value was observed for which the architecture permits another, different one */
};

const char *severity_name(enum severity severity);

/* Who wrote, or did something else that a report names. Zero: nobody known (the loader, or before the start). */
struct writer {
	uint64_t pc;
	uint64_t va;   /* of the first write; 0 when the feeder did not say */
	uint64_t link; /* return address at the first write; 0 likewise */
	uint8_t cpu, el;
	struct attributes attributes;
	uint16_t epoch; /* the model's: how often whole instruction caches had been invalidated */
};

/* A value that hardware may return. Bytes whose bit in `known` is clear: some value that the model cannot name. */
struct candidate {
	uint8_t bytes[LINE_SIZE];
	uint64_t known;
};
#define FINDING_CANDIDATES 4

struct finding {
	uint32_t id; /* from 1; a finding is given again, with its final count, by model_finish() */
	enum kind kind;
	enum severity severity;
	const char *rule;       /* "C5/H1" */
	const char *text;       /* one sentence: what is wrong */
	const char *remedy;     /* one line: what to add */
	const char *done;       /* what was done since the write and was not enough, or NULL */
	const char *assumption; /* the least assumption it needs ("initial=clean"), or NULL: none */

	/* the observation */
	uint8_t cpu, el, space;
	uint8_t is_write, is_walk, is_fetch;
	uint8_t is_translation; /* what counts is where the address leads: no size, no value, no attributes */
	uint64_t pc, link;      /* link: return address, 0 unknown */
	uint64_t va, pa;
	uint32_t size;
	struct attributes attributes;
	uint8_t got[LINE_SIZE];
	struct candidate may_be[FINDING_CANDIDATES];
	uint32_t candidates;

	struct writer writer; /* of the value that QEMU gave; of the register, for unsynchronized-register */
	struct writer before; /* of the value that hardware may give instead, or of the operation that falls short */
	uint16_t reg;         /* register encoding (registers.h), or 0 */

	char detail[160];   /* what is known besides, "": nothing */
	uint64_t may_be_pa; /* of a stale translation: where it leads; 0: not one */

	char root[64];  /* equal for findings with one root: "cpu0.off@0x40081234" (rule V5) */
	uint64_t count; /* observations of the same kind, pc and writer so far */
};

/*
 * One JSON line, with its newline and a NUL, into @buffer: kind, severity, rule, text, remedy, cpu, el, pc, va, pa,
 * access (read, write, walk, fetch, translation), space, size, attributes, got, may_be, may_be_pa,
 * writer{pc,cpu,el,mmu, attributes,va}, before{...}, done, assumption, register, root, id, count. Values are
 * hexadecimal strings, the lowest address first, "??" for a byte that is not known; addresses are "0x..." strings.
 * Returns the length without the NUL, or 0 when @size is too small (FINDING_JSON_SIZE is enough).
 */
#define FINDING_JSON_SIZE 8192
size_t finding_json(const struct finding *finding, char *buffer, size_t size);

#endif
