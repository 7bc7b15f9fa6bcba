/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/io.h>
#include <limpid/bitops.h>
#include <limpid/boot.h>
#include <limpid/check.h>
#include <limpid/mmu.h>
#include <limpid/pci.h>

#define BAR_IO           (1u << 0)
#define BAR_64           (2u << 1) /* type, in bits 2 and 1 */
#define BAR_TYPE         (3u << 1)
#define BAR_PREFETCHABLE (1u << 3)
#define BAR_IO_MASK      (~3u)
#define BAR_MEMORY_MASK  (~15ull)

#define HEADER_TYPE 0x7f
#define BRIDGE      1

/* Of the MSI capability. Message data follow the address, which has one word or two. */
#define MSI_CONTROL 2
#define MSI_ENABLE  (1u << 0)
#define MSI_COUNT   (7u << 4)
#define MSI_64      (1u << 7)
#define MSI_ADDRESS 4

/* Of the MSI-X capability: where its table and its pending bits are has the number of the BAR in its low bits. */
#define MSIX_CONTROL       2
#define MSIX_COUNT         0x7ffu /* less one */
#define MSIX_MASKED        (1u << 14)
#define MSIX_ENABLE        (1u << 15)
#define MSIX_TABLE         4
#define MSIX_PENDING       8
#define MSIX_BAR           7u
#define MSIX_ENTRY         16
#define MSIX_ENTRY_DATA    8
#define MSIX_ENTRY_CONTROL 12

/* The calls for capabilities before it must be a loop. */
#define CAPABILITIES_MAX 48

/* Configuration space is mapped function by function as it is looked at: all of it is 256 MiB. */
static uint64_t config(const struct pci_function *f, unsigned int offset)
{
	uint64_t base = f->ecam->base + ((uint64_t)f->bus << 20 | f->device << 15 | f->function << 12);

	CHECK(offset < PCI_CONFIG_SIZE);
	return io_map(pa_make(base), PCI_CONFIG_SIZE) + offset;
}

uint8_t pci_read8(const struct pci_function *f, unsigned int offset)
{
	return io_read8(config(f, offset));
}

uint16_t pci_read16(const struct pci_function *f, unsigned int offset)
{
	return io_read16(config(f, offset));
}

uint32_t pci_read32(const struct pci_function *f, unsigned int offset)
{
	return io_read32(config(f, offset));
}

/* A read behind each write: it comes back when the write has reached the function, whatever was acknowledged early. */
void pci_write8(const struct pci_function *f, unsigned int offset, uint8_t value)
{
	io_write8(config(f, offset), value);
	io_read8(config(f, offset));
}

void pci_write16(const struct pci_function *f, unsigned int offset, uint16_t value)
{
	io_write16(config(f, offset), value);
	io_read16(config(f, offset));
}

void pci_write32(const struct pci_function *f, unsigned int offset, uint32_t value)
{
	io_write32(config(f, offset), value);
	io_read32(config(f, offset));
}

static bool is_there(const struct pci_function *f)
{
	return pci_read16(f, PCI_VENDOR_ID) != 0xffff;
}

static void want_bus(struct pci_scan *scan, unsigned int bus)
{
	const struct machine_ecam *ecam = scan->at.ecam;

	if (bus > ecam->bus_start && bus <= ecam->bus_end)
		scan->buses[bus / 64] |= 1ull << bus % 64;
}

/* A function that is there: its buses, if it is a bridge that firmware has set up, come later. */
static bool found(struct pci_scan *scan)
{
	const struct pci_function *f = &scan->at;

	if (!is_there(f))
		return false;
	if ((pci_read8(f, PCI_HEADER_TYPE) & HEADER_TYPE) == BRIDGE)
		want_bus(scan, pci_read8(f, PCI_SECONDARY_BUS));
	return true;
}

/* The next bus of this bridge, or the first one of the next. */
static bool next_bus(struct pci_scan *scan)
{
	struct pci_function *f = &scan->at;

	for (unsigned int bus = 0; scan->started && bus < 256; bus++) {
		if (!(scan->buses[bus / 64] >> bus % 64 & 1))
			continue;
		scan->buses[bus / 64] &= ~(1ull << bus % 64);
		*f = (struct pci_function){f->ecam, bus, 0, 0};
		return true;
	}
	if (scan->started)
		scan->ecam++;
	scan->started = true;
	if (scan->ecam >= machine.ecam_count)
		return false;
	*f = (struct pci_function){&machine.ecam[scan->ecam], machine.ecam[scan->ecam].bus_start, 0, 0};
	return true;
}

/* The next number, whether there is a function of it or not: only devices that say so have more than one. */
static bool next_number(struct pci_scan *scan)
{
	struct pci_function *f = &scan->at, first = *f;

	first.function = 0;
	if (!scan->started)
		return next_bus(scan);
	if (f->function < 7 && is_there(&first) && pci_read8(&first, PCI_HEADER_TYPE) & PCI_HEADER_MULTI) {
		f->function++;
		return true;
	}
	f->function = 0;
	if (++f->device < 32)
		return true;
	return next_bus(scan);
}

bool pci_next(struct pci_scan *scan)
{
	while (next_number(scan))
		if (found(scan))
			return true;
	return false;
}

bool pci_find(uint16_t vendor, uint16_t device, struct pci_function *found)
{
	struct pci_scan scan = {0};

	while (pci_next(&scan)) {
		if (pci_read16(&scan.at, PCI_VENDOR_ID) != vendor || pci_read16(&scan.at, PCI_DEVICE_ID) != device)
			continue;
		*found = scan.at;
		return true;
	}
	return false;
}

unsigned int pci_bar_count(const struct pci_function *f)
{
	return (pci_read8(f, PCI_HEADER_TYPE) & HEADER_TYPE) == BRIDGE ? 2 : 6;
}

static bool is_64(uint32_t bar)
{
	return !(bar & BAR_IO) && (bar & BAR_TYPE) == BAR_64;
}

/* The upper half of the BAR before it? */
static bool is_upper_half(const struct pci_function *f, unsigned int n)
{
	unsigned int i = 0;

	while (i < n)
		i += is_64(pci_read32(f, PCI_BAR(i))) ? 2 : 1;
	return i > n;
}

struct pci_bar pci_read_bar(const struct pci_function *f, unsigned int n)
{
	uint16_t command = pci_read16(f, PCI_COMMAND);
	uint32_t low = pci_read32(f, PCI_BAR(n)), high = 0, low_ones, high_ones = ~0u;
	struct pci_bar bar = {.prefetchable = !(low & BAR_IO) && low & BAR_PREFETCHABLE};
	bool wide = is_64(low);

	if (is_upper_half(f, n))
		return bar;
	/* Not at all ones for anybody else. */
	pci_write16(f, PCI_COMMAND, command & ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
	pci_write32(f, PCI_BAR(n), ~0u);
	low_ones = pci_read32(f, PCI_BAR(n));
	if (wide) {
		high = pci_read32(f, PCI_BAR(n + 1));
		pci_write32(f, PCI_BAR(n + 1), ~0u);
		high_ones = pci_read32(f, PCI_BAR(n + 1));
		pci_write32(f, PCI_BAR(n + 1), high);
	}
	pci_write32(f, PCI_BAR(n), low);
	pci_write16(f, PCI_COMMAND, command);
	if (!low_ones)
		return bar;
	if (low & BAR_IO) {
		bar.space = PCI_IO;
		/* The upper half may be hard-wired to zero. */
		bar.size = -(uint64_t)(int32_t)(low_ones & BAR_IO_MASK) & (low_ones >> 16 ? ~0u : 0xffff);
		bar.bus = low & BAR_IO_MASK;
	} else {
		bar.space = wide ? PCI_MEM64 : PCI_MEM32;
		bar.size = -(((uint64_t)high_ones << 32 | low_ones) & BAR_MEMORY_MASK);
		bar.bus = ((uint64_t)high << 32 | low) & BAR_MEMORY_MASK;
	}
	return bar;
}

/* Where the next BAR of each window goes: bytes from its start. Not at 0, which means "not assigned". */
static uint64_t used[MACHINE_MAX_ECAMS][PCI_SPACES];

static bool assign(const struct pci_function *f, unsigned int n, struct pci_bar *bar)
{
	enum pci_space space = bar->space;
	const struct pci_window *window = &f->ecam->window[space];
	uint64_t *next = &used[f->ecam - machine.ecam][space], at;

	if (space == PCI_MEM64 && (!window->size || !bar->prefetchable)) {
		window = &f->ecam->window[PCI_MEM32];
		next = &used[f->ecam - machine.ecam][PCI_MEM32];
	}
	at = ALIGN_UP(window->bus + MAX(*next, (uint64_t)KIB(4)), bar->size);
	if (!window->size || at + bar->size > window->bus + window->size)
		return false;
	*next = at + bar->size - window->bus;
	bar->bus = at;
	pci_write32(f, PCI_BAR(n), at);
	if (bar->space == PCI_MEM64)
		pci_write32(f, PCI_BAR(n + 1), at >> 32);
	return true;
}

/* Our address of a bus address; without windows, memory is where the bus says, and I/O cannot be found. */
static uint64_t cpu_address(const struct machine_ecam *ecam, const struct pci_bar *bar)
{
	bool any = false;

	for (unsigned int i = 0; i < PCI_SPACES; i++) {
		const struct pci_window *window = &ecam->window[i];

		any |= window->size != 0;
		if ((i == PCI_IO) == (bar->space == PCI_IO) && window->size && bar->bus >= window->bus &&
			bar->bus - window->bus < window->size)
			return window->cpu + (bar->bus - window->bus);
	}
	return any || bar->space == PCI_IO ? 0 : bar->bus;
}

uint64_t pci_map_bar(const struct pci_function *f, unsigned int n)
{
	struct pci_bar bar = pci_read_bar(f, n);
	uint64_t cpu;

	if (!bar.size || (!bar.bus && !assign(f, n, &bar)))
		return 0;
	cpu = cpu_address(f->ecam, &bar);
	if (!cpu)
		return 0;
	pci_write16(f, PCI_COMMAND,
		pci_read16(f, PCI_COMMAND) | (bar.space == PCI_IO ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY));
	io_map(pa_make(cpu), bar.size);
	return cpu;
}

unsigned int pci_capability(const struct pci_function *f, uint8_t id)
{
	unsigned int at;

	if (!(pci_read16(f, PCI_STATUS) & PCI_STATUS_CAPS))
		return 0;
	at = pci_read8(f, PCI_CAPABILITIES) & ~3u;
	for (unsigned int i = 0; at && i < CAPABILITIES_MAX; i++) {
		if (pci_read8(f, at) == id)
			return at;
		at = pci_read8(f, at + 1) & ~3u;
	}
	return 0;
}

uint16_t pci_requester(const struct pci_function *f)
{
	return f->bus << 8 | f->device << 3 | f->function;
}

bool pci_msi_enable(const struct pci_function *f, uint64_t address, uint16_t data)
{
	unsigned int msi = pci_capability(f, PCI_CAPABILITY_MSI);
	uint16_t control = msi ? pci_read16(f, msi + MSI_CONTROL) & ~(MSI_ENABLE | MSI_COUNT) : 0;

	if (!msi || (address >> 32 && !(control & MSI_64)))
		return false;
	/* Not while it is half written. */
	pci_write16(f, msi + MSI_CONTROL, control);
	pci_write32(f, msi + MSI_ADDRESS, address);
	if (control & MSI_64)
		pci_write32(f, msi + MSI_ADDRESS + 4, address >> 32);
	pci_write16(f, msi + MSI_ADDRESS + (control & MSI_64 ? 8 : 4), data);
	pci_write16(f, msi + MSI_CONTROL, control | MSI_ENABLE);
	return true;
}

void pci_msi_disable(const struct pci_function *f)
{
	unsigned int msi = pci_capability(f, PCI_CAPABILITY_MSI);

	if (msi)
		pci_write16(f, msi + MSI_CONTROL, pci_read16(f, msi + MSI_CONTROL) & ~MSI_ENABLE);
}

static uint64_t msix_map(const struct pci_function *f, unsigned int offset)
{
	uint32_t where = pci_read32(f, offset);
	uint64_t bar = pci_map_bar(f, where & MSIX_BAR);

	return bar ? bar + (where & ~MSIX_BAR) : 0;
}

bool pci_msix_open(struct pci_msix *msix, const struct pci_function *f)
{
	msix->f = f;
	msix->capability = pci_capability(f, PCI_CAPABILITY_MSIX);
	if (!msix->capability)
		return false;
	msix->count = (pci_read16(f, msix->capability + MSIX_CONTROL) & MSIX_COUNT) + 1;
	msix->table = msix_map(f, msix->capability + MSIX_TABLE);
	msix->pending = msix_map(f, msix->capability + MSIX_PENDING);
	if (!msix->table || !msix->pending)
		return false;
	pci_msix_enable(msix, false, true);
	for (unsigned int n = 0; n < msix->count; n++)
		pci_msix_mask(msix, n, true);
	return true;
}

void pci_msix_enable(const struct pci_msix *msix, bool on, bool masked)
{
	unsigned int offset = msix->capability + MSIX_CONTROL;
	uint16_t control = pci_read16(msix->f, offset) & ~(MSIX_ENABLE | MSIX_MASKED);

	pci_write16(msix->f, offset, control | (on ? MSIX_ENABLE : 0) | (masked ? MSIX_MASKED : 0));
}

void pci_msix_set(const struct pci_msix *msix, unsigned int n, uint64_t address, uint32_t data)
{
	uint64_t entry = msix->table + n * MSIX_ENTRY;

	CHECK(n < msix->count);
	pci_msix_mask(msix, n, true);
	io_write32(entry, address);
	io_write32(entry + 4, address >> 32);
	io_write32(entry + MSIX_ENTRY_DATA, data);
}

void pci_msix_mask(const struct pci_msix *msix, unsigned int n, bool masked)
{
	uint64_t control = msix->table + n * MSIX_ENTRY + MSIX_ENTRY_CONTROL;

	CHECK(n < msix->count);
	io_write32(control, (io_read32(control) & ~1u) | masked);
	/* It has reached the function when the read comes back. */
	io_read32(control);
}

bool pci_msix_pending(const struct pci_msix *msix, unsigned int n)
{
	CHECK(n < msix->count);
	return io_read32(msix->pending + n / 32 * 4) >> n % 32 & 1;
}
