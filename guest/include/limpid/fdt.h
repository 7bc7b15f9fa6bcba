/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fdt.h - a reader of flattened device trees, in place.
 *
 * Three layers: a cursor that yields tokens, look-ups of paths, aliases and properties on it, and a walk that yields
 * each node with its known properties and its parents, so that the whole tree can be used in one pass. Nothing is
 * copied, allocated or recursive; a blob may be hostile. The blob must be readable, and stay, while any of this is in
 * use. Source: Devicetree Specification v0.4, 5 Flattened Devicetree (DTB) Format.
 */
#ifndef LIMPID_FDT_H
#define LIMPID_FDT_H

#include <limpid/types.h>

#define FDT_MAX_DEPTH 32 /* nodes within nodes; real trees have less than 10 */
/* Source: The Linux Kernel documentation, "Booting AArch64 Linux", 2. Setup the device tree. */
#define FDT_MAX_SIZE (2u << 20)

enum fdt_result {
	FDT_OK,
	FDT_NOT_FOUND,
	FDT_BAD_MAGIC,
	FDT_BAD_VERSION,   /* not readable by a reader of versions 16 and 17 */
	FDT_BAD_HEADER,    /* a block lies outside of the blob, is misaligned, or the size is absurd */
	FDT_TRUNCATED,     /* the structure ends in the middle of something */
	FDT_BAD_STRUCTURE, /* an unknown token, or one where it may not be */
	FDT_BAD_NAME,      /* a property's name lies outside of the strings block, or has no end */
	FDT_TOO_DEEP,
	FDT_BAD_VALUE, /* a property has an impossible length or content */
};

const char *fdt_result_text(enum fdt_result result);

struct fdt {
	const uint8_t *blob;
	uint32_t size;
	uint32_t structs, structs_end;
	uint32_t strings, strings_end;
	uint32_t reservations;
	uint32_t boot_cpu;     /* boot_cpuid_phys */
	uint32_t error_offset; /* where in the blob the last error was found */
};

/* Checks the header of the blob, of which at most `limit` bytes (SIZE_MAX if unknown) are readable. */
enum fdt_result fdt_init(struct fdt *fdt, const void *blob, size_t limit);

/* Big-endian numbers of any alignment. */
uint32_t fdt_be32(const uint8_t *bytes);
uint64_t fdt_be64(const uint8_t *bytes);

struct fdt_prop {
	const uint8_t *value;
	uint32_t length;
};

/* Cell number `index` of a property, or `otherwise` if it is not that long. */
uint32_t fdt_prop_cell(struct fdt_prop prop, unsigned index, uint32_t otherwise);
/* The first string of a property, or NULL if it has no NUL. */
const char *fdt_prop_string(struct fdt_prop prop);
/* The string number `index` of a property that is a list of strings, or NULL. */
const char *fdt_prop_string_at(struct fdt_prop prop, unsigned index);
/* Whether `string` is one of the list. */
bool fdt_prop_has_string(struct fdt_prop prop, const char *string);

/* Entry `index` of the memory reservation block; false after the last. */
bool fdt_reservation(const struct fdt *fdt, unsigned index, struct mem_range *range);

/* ---- the cursor ---- */
enum fdt_event {
	FDT_EVENT_NODE, /* name; depth counts the root as 0 */
	FDT_EVENT_PROP, /* name and prop; belongs to the node entered last */
	FDT_EVENT_END_NODE,
	FDT_EVENT_END,
	FDT_EVENT_ERROR, /* result */
};

struct fdt_cursor {
	struct fdt *fdt;
	uint32_t offset;       /* of the next token, in the blob */
	uint32_t event_offset; /* of the token that was returned last */
	int depth;             /* of the node that is open; -1 outside of the root */
	bool whole;            /* the tree, not a part of it */
	bool props_over;       /* a child was seen: the open node has no more properties */
	enum fdt_result result;
	const char *name;
	struct fdt_prop prop;
};

/* Starts at the root, or at the node whose FDT_EVENT_NODE token is at `node` (then END comes at its end). */
void fdt_cursor_init(struct fdt_cursor *cursor, struct fdt *fdt, uint32_t node);
enum fdt_event fdt_next(struct fdt_cursor *cursor);

#define FDT_ROOT 0u /* the root's node, wherever the structure block lies */

/* Finds a node by its full path or by its alias ("serial0", and "serial0/child"); the path ends at a NUL, ':' or after
 * `length` bytes. A component without a unit address finds the first node of that name. */
enum fdt_result fdt_find_node(struct fdt *fdt, const char *path, size_t length, uint32_t *node);
/* Finds a property of a node. */
enum fdt_result fdt_find_prop(struct fdt *fdt, uint32_t node, const char *name, struct fdt_prop *prop);

/* Whether a node called `name` ("serial@9000000") is meant by a path's component of `length` bytes. */
bool fdt_name_matches(const char *name, const char *component, size_t length);

/* ---- the walk ---- */

/* The properties that a walk gathers; fdt_walk.c has their names. */
enum fdt_prop_id {
	FDT_PROP_ADDRESS_CELLS,
	FDT_PROP_SIZE_CELLS,
	FDT_PROP_INTERRUPT_CELLS,
	FDT_PROP_RANGES,
	FDT_PROP_REG,
	FDT_PROP_STATUS,
	FDT_PROP_COMPATIBLE,
	FDT_PROP_DEVICE_TYPE,
	FDT_PROP_PHANDLE,
	FDT_PROP_LINUX_PHANDLE,
	FDT_PROP_MODEL,
	FDT_PROP_INTERRUPTS,
	FDT_PROP_INTERRUPTS_EXTENDED,
	FDT_PROP_INTERRUPT_NAMES,
	FDT_PROP_INTERRUPT_PARENT,
	FDT_PROP_METHOD,
	FDT_PROP_CPU_ON,
	FDT_PROP_CPU_OFF,
	FDT_PROP_CPU_SUSPEND,
	FDT_PROP_MIGRATE,
	FDT_PROP_BOOTARGS,
	FDT_PROP_STDOUT_PATH,
	FDT_PROP_LINUX_STDOUT_PATH,
	FDT_PROP_INITRD_START,
	FDT_PROP_INITRD_END,
	FDT_PROP_USABLE_MEMORY_RANGE,
	FDT_PROP_USABLE_MEMORY,
	FDT_PROP_NO_MAP,
	FDT_PROP_REG_SHIFT,
	FDT_PROP_REG_IO_WIDTH,
	FDT_PROP_REG_OFFSET,
	FDT_PROP_CLOCK_FREQUENCY,
	FDT_PROP_CURRENT_SPEED,
	FDT_PROP_REDIST_REGIONS,
	FDT_PROP_REDIST_STRIDE,
	FDT_PROP_ALWAYS_ON,
	FDT_PROP_BUS_RANGE,
	FDT_PROP_PCI_DOMAIN,
	FDT_PROP_COUNT,
	FDT_PROP_UNKNOWN = FDT_PROP_COUNT,
};

/* What is remembered of each node on the way from the root to the current one. */
struct fdt_level {
	const char *name;
	uint32_t node;             /* offset of its token */
	uint32_t address_cells;    /* of its children; 2 where the property is missing */
	uint32_t size_cells;       /* of its children; 1 where the property is missing */
	uint32_t interrupt_parent; /* phandle, inherited; 0: none seen */
	struct fdt_prop ranges;
	bool has_ranges; /* without one the children's addresses are not ours */
	bool enabled;    /* neither this node nor one above it has a status other than okay */
	uint16_t kind;   /* the user's: what this node is */
};

#define FDT_NAME_CACHE 64

/* About 5 KiB. */
struct fdt_walk {
	struct fdt_cursor cursor;
	int depth; /* of the current node; levels[depth] is it */
	bool pending;
	uint64_t present; /* bit n: property n is there */
	struct fdt_prop props[FDT_PROP_COUNT];
	struct {
		const char *name; /* where in the blob */
		uint32_t id;
	} names[FDT_NAME_CACHE]; /* most trees have each name once, and use it often */
	struct fdt_level levels[FDT_MAX_DEPTH];
};

void fdt_walk_init(struct fdt_walk *walk, struct fdt *fdt);

/* Goes to the next node in the order of the blob; FDT_NOT_FOUND after the last one. */
enum fdt_result fdt_walk_next(struct fdt_walk *walk);

static inline bool fdt_walk_has(const struct fdt_walk *walk, enum fdt_prop_id id)
{
	return (walk->present >> id) & 1;
}

/* The property of the current node; empty if it has none. */
struct fdt_prop fdt_walk_prop(const struct fdt_walk *walk, enum fdt_prop_id id);

/* Whether `string` is in the current node's compatible list. */
bool fdt_walk_compatible(const struct fdt_walk *walk, const char *string);

/* Entry `index` of the current node's reg, translated to a CPU physical address by all parents' ranges. FDT_NOT_FOUND
 * after the last entry or where no translation leads to the root; FDT_BAD_VALUE for a bad length or overflow. */
enum fdt_result fdt_walk_reg(const struct fdt_walk *walk, unsigned index, struct mem_range *range);

/* The same for any property of reg's form. */
enum fdt_result fdt_walk_reg_prop(
	const struct fdt_walk *walk, struct fdt_prop prop, unsigned index, struct mem_range *range);

#endif
