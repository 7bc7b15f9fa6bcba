// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The description of the machine: regions of the address space, and small queries.
 *
 * Regions are kept sorted and disjoint by painting each claim over them: where it is stronger than what is there it
 * replaces it, where nothing is it fills. All ends are exclusive and at most UINT64_MAX, so nothing wraps; the very
 * last byte of the address space cannot be described, and no machine has one.
 */
#include <limpid/bitops.h>
#include <limpid/ktap.h>
#include <limpid/machine.h>
#include <limpid/string.h>

void machine_init(struct machine *machine)
{
	memset(machine, 0, sizeof(*machine));
}

void machine_note(struct machine *machine, const char *what, uint64_t where)
{
	if (machine->note_count < MACHINE_MAX_NOTES)
		machine->notes[machine->note_count] = (struct machine_note){what, where};
	if (machine->note_count < UINT32_MAX)
		machine->note_count++;
}

void machine_report_notes(const struct machine *machine)
{
	for (unsigned i = 0; i < machine->note_count && i < MACHINE_MAX_NOTES; i++)
		ktap_comment("firmware: %s (0x%" PRIx64 ")", machine->notes[i].what, machine->notes[i].where);
	if (machine->note_count > MACHINE_MAX_NOTES)
		ktap_comment("firmware: and %u more such notes", machine->note_count - MACHINE_MAX_NOTES);
	if (machine->cpus_dropped)
		ktap_comment(
			"firmware: %u CPUs left out: limpid runs at most %u", machine->cpus_dropped, MACHINE_MAX_CPUS);
}

static uint64_t region_end(const struct region *region)
{
	return region->base + region->size;
}

static uint64_t range_end(uint64_t base, uint64_t size)
{
	return size > UINT64_MAX - base ? UINT64_MAX : base + size;
}

/* The index of the first region that ends after `address`. */
static unsigned first_ending_after(const struct machine *machine, uint64_t address)
{
	unsigned low = 0, high = machine->region_count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (region_end(&machine->regions[middle]) > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Opens a gap of `count` entries at `index`; false if there is no room. */
static bool open_gap(struct machine *machine, unsigned index, unsigned count)
{
	struct region *at = &machine->regions[index];

	if (machine->region_count + count > MACHINE_MAX_REGIONS)
		return false;
	memmove(at + count, at, (machine->region_count - index) * sizeof(*at));
	machine->region_count += count;
	return true;
}

static void set_region(struct region *region, uint64_t base, uint64_t end, unsigned type, unsigned flags)
{
	*region = (struct region){base, end - base, (uint16_t)type, (uint16_t)flags};
}

/*
 * Gives the addresses `base` to `end`, all inside of region number `index`, another type. Returns the index of the
 * first region after them. Without room for the pieces, the addresses become a hole; and if the hole lies in the middle
 * and there is no room for that either, so does the smaller side.
 */
static unsigned repaint(
	struct machine *machine, unsigned index, uint64_t base, uint64_t end, unsigned type, unsigned flags)
{
	struct region old = machine->regions[index];
	uint64_t old_end = region_end(&old);
	bool left = base > old.base, right = end < old_end;
	struct region *at = &machine->regions[index];

	if (open_gap(machine, index, (unsigned)left + (unsigned)right)) {
		if (left)
			set_region(at++, old.base, base, old.type, old.flags);
		set_region(at++, base, end, type, flags);
		if (right)
			set_region(at, end, old_end, old.type, old.flags);
		return index + left + 1;
	}
	machine_note(machine, "no room for another memory region; left out", base);
	if (left && right && open_gap(machine, index, 1)) {
		set_region(at, old.base, base, old.type, old.flags);
		set_region(at + 1, end, old_end, old.type, old.flags);
		return index + 1;
	}
	if (left && (!right || base - old.base >= old_end - end)) {
		set_region(at, old.base, base, old.type, old.flags);
		return index + 1;
	}
	set_region(at, end, old_end, old.type, old.flags);
	return index;
}

/* Joins neighbours that touch and are alike, among the regions from `from` to `to` and those next to them. */
static void join_neighbours(struct machine *machine, unsigned from, unsigned to)
{
	struct region *regions = machine->regions;
	unsigned out = from ? from - 1 : 0;
	unsigned in = out + 1;

	if (!machine->region_count)
		return;
	to = MIN(to + 2, machine->region_count);
	for (; in < to; in++) {
		if (region_end(&regions[out]) == regions[in].base && regions[out].type == regions[in].type &&
			regions[out].flags == regions[in].flags)
			regions[out].size += regions[in].size;
		else
			regions[++out] = regions[in];
	}
	out++;
	if (out >= in)
		return;
	memmove(&regions[out], &regions[in], (machine->region_count - in) * sizeof(*regions));
	machine->region_count -= in - out;
}

void machine_add_region(struct machine *machine, uint64_t base, uint64_t size, enum region_type type, unsigned flags)
{
	uint64_t end = range_end(base, size);
	unsigned first = first_ending_after(machine, base);
	unsigned i = first;

	while (base < end) {
		struct region *region = &machine->regions[i];

		if (i == machine->region_count || region->base > base) {
			uint64_t stop = i == machine->region_count ? end : MIN(end, region->base);

			if (open_gap(machine, i, 1))
				set_region(&machine->regions[i++], base, stop, type, flags);
			else
				machine_note(machine, "no room for another memory region; left out", base);
			base = stop;
		} else {
			uint64_t stop = MIN(end, region_end(region));
			bool stays = region->type > type || (region->type == type && !(flags & ~region->flags));

			if (!stays)
				i = repaint(machine, i, base, stop, type,
					region->type == type ? flags | region->flags : flags);
			else if (stop == region_end(region))
				i++;
			base = stop;
		}
	}
	join_neighbours(machine, first, i);
}

void machine_reserve(struct machine *machine, uint64_t base, uint64_t size)
{
	machine_add_region(machine, base, size, REGION_RESERVED, 0);
}

void machine_reclaim_boot(struct machine *machine)
{
	for (unsigned i = 0; i < machine->region_count; i++)
		if (machine->regions[i].type == REGION_BOOT)
			machine->regions[i].type = REGION_RAM;
	join_neighbours(machine, 0, machine->region_count);
}

void machine_limit_ram(struct machine *machine, struct mem_range range)
{
	uint64_t end = range_end(range.base, range.size);
	unsigned i = 0;

	/* Each turn either goes on to the next region, or leaves less RAM outside of the range. */
	while (i < machine->region_count) {
		struct region region = machine->regions[i];

		if (region.type != REGION_RAM)
			i++;
		else if (region.base < range.base)
			machine_reserve(machine, region.base, MIN(region_end(&region), range.base) - region.base);
		else if (region_end(&region) > end)
			machine_reserve(machine, MAX(region.base, end), region_end(&region) - MAX(region.base, end));
		else
			i++;
	}
}

const struct region *machine_find_region(const struct machine *machine, uint64_t address)
{
	unsigned i = first_ending_after(machine, address);

	if (i == machine->region_count || machine->regions[i].base > address)
		return NULL;
	return &machine->regions[i];
}

static bool region_is_free_ram(const struct region *region)
{
	return region->type == REGION_RAM && !(region->flags & (REGION_NO_MAP | REGION_NOT_WB));
}

size_t machine_ram(const struct machine *machine, unsigned page_shift, struct mem_range *ranges, size_t count)
{
	uint64_t page = UINT64_C(1) << page_shift;
	size_t found = 0;

	for (unsigned i = 0; i < machine->region_count; i++) {
		const struct region *region = &machine->regions[i];
		uint64_t base, end;
		size_t at;

		if (!region_is_free_ram(region) || region->base > UINT64_MAX - page)
			continue;
		base = ALIGN_UP(region->base, page);
		end = ALIGN_DOWN(region_end(region), page);
		if (base >= end)
			continue;
		/* Largest first; the smallest falls off the end. */
		for (at = found; at > 0 && ranges[at - 1].size < end - base; at--)
			if (at < count)
				ranges[at] = ranges[at - 1];
		if (at < count)
			ranges[at] = (struct mem_range){base, end - base};
		if (found < count)
			found++;
	}
	return found;
}

struct mem_range machine_largest_ram(const struct machine *machine)
{
	struct mem_range largest = {0, 0};

	machine_ram(machine, 0, &largest, 1);
	return largest;
}

uint64_t machine_ram_total(const struct machine *machine)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < machine->region_count; i++)
		if (machine->regions[i].type <= REGION_RUNTIME)
			total += machine->regions[i].size;
	return total;
}

unsigned machine_enabled_cpus(const struct machine *machine)
{
	unsigned count = 0;

	for (unsigned i = 0; i < machine->cpu_count; i++)
		count += machine->cpus[i].enabled;
	return count;
}

/* MPIDR_EL1's affinity fields. Source: Arm ARM, MPIDR_EL1, Multiprocessor Affinity Register. */
#define MPIDR_AFFINITY (GENMASK(39, 32) | GENMASK(23, 0))

void machine_add_cpu(struct machine *machine, uint64_t mpidr, uint32_t uid, bool enabled)
{
	struct machine_cpu cpu = {mpidr & MPIDR_AFFINITY, uid, enabled};
	unsigned disabled = MACHINE_MAX_CPUS;

	for (unsigned i = 0; i < machine->cpu_count; i++) {
		if (machine->cpus[i].mpidr == cpu.mpidr) {
			machine_note(machine, "a second CPU with the same MPIDR; left out", cpu.mpidr);
			return;
		}
		if (!machine->cpus[i].enabled)
			disabled = i;
	}
	if (machine->cpu_count < MACHINE_MAX_CPUS) {
		machine->cpus[machine->cpu_count++] = cpu;
		return;
	}
	machine->cpus_dropped++;
	if (enabled && disabled < MACHINE_MAX_CPUS)
		machine->cpus[disabled] = cpu;
}

const char *region_type_name(enum region_type type)
{
	switch (type) {
	case REGION_RAM:
		return "RAM";
	case REGION_BOOT:
		return "boot";
	case REGION_LOADER:
		return "loader";
	case REGION_ACPI:
		return "ACPI";
	case REGION_RUNTIME:
		return "runtime";
	case REGION_RESERVED:
		return "reserved";
	case REGION_MMIO:
		return "MMIO";
	}
	return "unknown";
}
