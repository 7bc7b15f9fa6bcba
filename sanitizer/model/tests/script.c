/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"

#define RAM_BASE 0x40000000ull
#define RAM_SIZE 0x10000ull
#define ROM_BASE 0x0ull
#define CPUS     4

struct script {
	struct model *model;
	enum script_mode mode;
	struct log_writer *log;
	GString *said, *json;
	uint64_t pc;
	bool mmu[CPUS], cache[CPUS];
	uint8_t el[CPUS];
	bool alias_off;
	bool unknown;
	struct model_config config;
	uint8_t ram[RAM_SIZE], rom[0x1000];
	uint16_t asid[CPUS];
	GString *rules; /* that findings have named */
	uint64_t exercised[RULE_COUNT];
};

static bool may_allocate(void *context, enum space space, uint64_t pa)
{
	struct script *s = context;
	bool yes = false;

	for (unsigned i = 0; i < CPUS; i++)
		yes = yes || (s->mmu[i] && s->cache[i]);
	yes = yes && !s->alias_off;
	if (s->log)
		log_write_answer(s->log, space, pa, yes);
	return yes;
}

/* The rules that a finding names are in the table, with its kind. */
static void check_rules(struct script *s, const struct finding *f)
{
	static const char *const kinds[RULE_COUNT] = {
#define X(id, statement, counted, its_kinds, twins, source, blind) [RULE_##id] = its_kinds,
#include "../rules.def"
#undef X
	};
	g_auto(GStrv) ids = g_strsplit(f->rule, "/", -1);

	for (char **id = ids; *id; id++) {
		unsigned rule = 0;

		while (rule < RULE_COUNT && strcmp(rule_name(rule), *id))
			rule++;
		if (rule == RULE_COUNT)
			g_error("rule %s is not in rules.def", *id);
		if (!strstr(kinds[rule], kind_name(f->kind)))
			g_error("rules.def: %s has no %s", *id, kind_name(f->kind));
		g_string_append_printf(s->rules, "%u ", rule);
	}
}

/* Who complains has had something to judge. */
static void finished(void *context, const struct model_counts *counts)
{
	struct script *s = context;
	g_auto(GStrv) rules = g_strsplit(s->rules->str, " ", -1);

	memcpy(s->exercised, counts->exercised, sizeof(s->exercised));
	for (char **rule = rules; *rule && **rule; rule++)
		if (!counts->exercised[atoi(*rule)])
			g_error("%s: found, but not counted as exercised", rule_name(atoi(*rule)));
}

static void found(void *context, const struct finding *f)
{
	struct script *s = context;
	char line[FINDING_JSON_SIZE];

	g_assert_cmpuint(finding_json(f, line, sizeof(line)), ==, strlen(line));
	if (s->json)
		g_string_append(s->json, line);
	/* Given again with its count at the end. */
	if (f->count > 1)
		return;
	check_rules(s, f);
	g_string_append_printf(s->said, "%s%s %s %s", s->said->len ? "; " : "", severity_name(f->severity),
		kind_name(f->kind), f->rule);
}

static void feed(struct script *s, struct event event)
{
	g_assert_true(model_feed(s->model, &event));
	if (s->log)
		g_assert_true(log_write(s->log, &event));
}

static uint64_t place_of(const char *name)
{
	switch (name ? *name : 0) {
	case 'x':
		return RAM_BASE + 0x1000;
	case 'y':
		return RAM_BASE + 0x1008;
	case 'v':
		return RAM_BASE + 0x1020;
	case 'z':
		return RAM_BASE + 0x1040;
	case 'w':
		return RAM_BASE + 0x2000;
	case 'f':
		return ROM_BASE + 0x100;
	case 'd':
		return 0x9000000;
	}
	g_error("no such place: %s", name);
}

static void interrupt_access(struct script *s, struct place at, enum interrupt_part part, unsigned flags)
{
	feed(s, (struct event){.kind = EVENT_INTERRUPT_ACCESS,
			.interrupt_access = {.access = {.at = at,
						     .pa = place_of("d"),
						     .va = place_of("d"),
						     .size = 4,
						     .flags = (uint8_t)flags},
				.part = (uint8_t)part}});
}

/* The bytes of a place as QEMU has them; NULL for a device. */
static uint8_t *memory_at(struct script *s, uint64_t pa)
{
	if (pa >= RAM_BASE && pa < RAM_BASE + RAM_SIZE)
		return s->ram + (pa - RAM_BASE);
	return pa < sizeof(s->rom) ? s->rom + pa : NULL;
}

static struct attributes attributes_of(struct script *s, unsigned cpu, const char *kind)
{
	struct attributes a = ATTRIBUTES_WB_INNER;

	if (!s->mmu[cpu])
		return ATTRIBUTES_MMU_OFF;
	if (!s->cache[cpu])
		return ATTRIBUTES_C_OFF;
	if (!kind)
		return a;
	if (!strcmp(kind, "nc"))
		return ATTRIBUTES_NC;
	if (!strcmp(kind, "wt"))
		return ATTRIBUTES_WT_INNER;
	if (!strcmp(kind, "dev"))
		return (struct attributes){MEMORY_DEVICE_nGnRE, 0, 0, SHARE_OUTER, WHY_MAPPED};
	if (!strcmp(kind, "nsh"))
		a.share = SHARE_NONE;
	else if (!strcmp(kind, "osh"))
		a.share = SHARE_OUTER;
	else
		g_error("no such mapping: %s", kind);
	return a;
}

static void access(struct script *s, struct place at, uint64_t pa, unsigned size, unsigned flags,
	struct attributes attributes, const uint8_t *value)
{
	struct event e = {.kind = EVENT_ACCESS,
		.access = {.at = at,
			.va = pa,
			.pa = pa,
			.size = (uint8_t)size,
			.flags = (uint8_t)flags,
			.attributes = attributes}};
	struct access *a = &e.access;
	uint8_t *memory = memory_at(s, pa);
	bool write = flags & ACCESS_WRITE;
	struct view view;

	if (write)
		memcpy(a->value, value, size);
	else if (memory)
		memcpy(a->value, memory, size);
	if (write && memory && pa >= RAM_BASE)
		memcpy(memory, value, size);
	if (s->mode == SCRIPT_FAST && !(flags & ~(unsigned)ACCESS_WRITE) && size <= 8 &&
		!model_is_unsettled(s->model, at.cpu) &&
		model_view(s->model, SPACE_NONSECURE, pa, &at, attributes, &view) && view.fast) {
		struct writer w = {at.pc, pa, at.link, at.cpu, at.el, attributes, 0};
		bool changes = false;

		if (write ? line_write_is_fast(
				    &view.shadow, pa & 4095, size, a->value, model_writer(s->model, &w), &changes)
			  : line_read_is_fast(&view.shadow, pa & 4095) &&
					line_read_is_current(&view.shadow, view.memory, pa & 4095, size, a->value)) {
			if (changes)
				model_stored(s->model,
					&(struct stored){pa, at.cpu, SPACE_NONSECURE, (uint8_t)size, ORDER_NONE});
			return;
		}
	}
	feed(s, e);
}

static void execute(struct script *s, struct place at, uint64_t pa, struct attributes attributes)
{
	struct event e = {.kind = EVENT_CODE,
		.access = {.at = at, .va = pa, .pa = pa, .size = 4, .flags = ACCESS_FETCH, .attributes = attributes}};

	memcpy(e.access.value, memory_at(s, pa), 4);
	feed(s, e);
	e.kind = EVENT_ACCESS;
	feed(s, e);
}

#define TABLE_L2  (RAM_BASE + 0x4000)
#define TABLE_L3  (RAM_BASE + 0x3000)
#define TABLE_NEW (RAM_BASE + 0x5000)

/* Attributes 0 (Normal) or 1 (Device), AF, inner shareable. */
static uint64_t descriptor(const char *text, unsigned level)
{
	uint64_t value = 3 | 3 << 8 | 1 << 10;

	if (!strcmp(text, "0"))
		return 0;
	for (; *text && !g_ascii_isdigit(*text); text++) {
		switch (*text) {
		case 'r':
			value |= 1 << 7;
			break;
		case 'p':
			value |= 1 << 6;
			break;
		case 'x':
			value |= 3ull << 53;
			break;
		case 'd':
			value |= 1 << 2;
			break;
		case 'a':
			value &= ~(1ull << 10);
			break;
		case 'n':
			value |= 1 << 11;
			break;
		case 'c':
			value |= 1ull << 52;
			break;
		case 's':
			value |= 1ull << 55;
			break;
		case 'b':
			value &= ~2ull;
			break;
		case 't':
			return TABLE_L3 | 3;
		case 'u':
			return TABLE_NEW | 3;
		default:
			g_error("no such flag of a descriptor: %s", text);
		}
	}
	return value | strtoull(text, NULL, 0) << (level == 3 ? 12 : 21);
}

static uint64_t descriptor_at(struct script *s, uint64_t pa)
{
	uint64_t value;

	memcpy(&value, memory_at(s, pa), 8);
	return value;
}

static void use_page(struct script *s, struct place at, uint64_t page, enum walk_fault fault)
{
	struct event e = {
		.kind = EVENT_WALK, .walk = {.at = at, .va = page << 12, .asid = s->asid[at.cpu], .granule = 12}};
	struct table_walk *w = &e.walk;
	uint64_t root = descriptor_at(s, TABLE_L2), leaf = 0;
	uint32_t wanted;

	w->regime = at.el == 3 ? WALK_EL3 : at.el == 2 ? WALK_EL2 : WALK_EL10;
	w->step[w->count++] = (struct walk_step){TABLE_L2, root, 0, 512, 21, 2};
	if ((root & 3) == 3) {
		leaf = descriptor_at(s, TABLE_L3 + page * 8);
		w->step[w->count++] = (struct walk_step){TABLE_L3 + page * 8, leaf, (uint16_t)page, 512, 12, 3};
	} else {
		leaf = root;
	}
	w->translates = leaf & 1;
	w->output = leaf & 0xfffffffff000;
	w->fault = fault;
	if (s->log)
		log_write(s->log, &e);
	wanted = model_walk(s->model, w);
	for (unsigned i = 0; i < w->count; i++) {
		uint64_t pa = i ? TABLE_L3 : TABLE_L2;

		if (wanted >> i & 1)
			feed(s, (struct event){
					.kind = EVENT_TABLE, .table = {pa, memory_at(s, pa), 512, SPACE_NONSECURE}});
	}
}

static void tlbi(struct script *s, struct place at, char **word)
{
	static const struct {
		const char *name;
		uint16_t opcode;
		bool by_va;
	} forms[] = {
		{"vmalle1", SYSREG(1, 0, 8, 7, 0), false},
		{"vmalle1is", SYSREG(1, 0, 8, 3, 0), false},
		{"vae1", SYSREG(1, 0, 8, 7, 1), true},
		{"vae1is", SYSREG(1, 0, 8, 3, 1), true},
		{"vaae1is", SYSREG(1, 0, 8, 3, 3), true},
		{"vale1is", SYSREG(1, 0, 8, 3, 5), true},
		{"vaale1is", SYSREG(1, 0, 8, 3, 7), true},
		{"aside1is", SYSREG(1, 0, 8, 3, 2), false},
		{"vae1os", SYSREG(1, 0, 8, 1, 1), true},
		{"vae1isnxs", SYSREG(1, 0, 9, 3, 1), true},
		{"rvae1is", SYSREG(1, 0, 8, 2, 1), true},
		{"vae2is", SYSREG(1, 4, 8, 3, 1), true},
		{"alle1is", SYSREG(1, 4, 8, 3, 4), false},
		{"ipas2e1is", SYSREG(1, 4, 8, 0, 1), true},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(forms); i++) {
		uint64_t operand = 0;

		if (strcmp(forms[i].name, word[0]))
			continue;
		if (word[1] && forms[i].by_va)
			operand = strtoull(word[1], NULL, 0);
		if (word[1] && word[2])
			operand |= strtoull(word[2], NULL, 0) << 48;
		if (!strcmp(word[0], "aside1is"))
			operand = strtoull(word[1], NULL, 0) << 48;
		/* TG 4K, NUM 0, SCALE 0: two pages. */
		if (!strcmp(word[0], "rvae1is"))
			operand |= 1ull << 46;
		feed(s, (struct event){.kind = EVENT_TLBI, .tlbi = {at, operand, forms[i].opcode}});
		return;
	}
	g_error("no such TLBI: %s", word[0]);
}

static void set_regime(struct script *s, struct place at, bool mmu, bool cache, bool synchronized)
{
	bool before = s->mmu[at.cpu] && s->cache[at.cpu];

	if (before && !(mmu && cache) && !s->alias_off)
		feed(s, (struct event){
				.kind = EVENT_WAS_ALLOCATABLE, .allocatable = {RAM_BASE, RAM_SIZE, SPACE_NONSECURE}});
	s->mmu[at.cpu] = mmu;
	s->cache[at.cpu] = cache;
	feed(s, (struct event){.kind = EVENT_REGIME_SWITCH, .regime_switch = {at, mmu, cache, synchronized}});
}

static void set_way(struct script *s, struct place at, const char *op, const char *how)
{
	unsigned levels = !strcmp(how, "far") ? 1 : 2;

	for (unsigned level = 0; level < levels; level++) {
		const struct cache_level *l = &s->config.ids.level[level];
		unsigned type = *op == 'i' ? SET_WAY_ISW : op[1] == 's' ? SET_WAY_CSW : SET_WAY_CISW;

		if (!l->sets)
			feed(s, (struct event){
					.kind = EVENT_DC_SET_WAY, .dc_set_way = {at, level << 1, (uint8_t)type}});
		for (unsigned set = 0; set < l->sets; set++) {
			for (unsigned way = 0; way < l->ways; way++) {
				uint64_t operand = level << 1 | (uint64_t)set << l->line_shift |
						   (l->ways > 1 ? (uint64_t)way << 31 : 0);

				if (!strcmp(how, "most") && set + 1 == l->sets && way + 1 == l->ways)
					continue;
				feed(s, (struct event){
						.kind = EVENT_DC_SET_WAY, .dc_set_way = {at, operand, (uint8_t)type}});
			}
		}
	}
}

static uint16_t register_of(const char *name)
{
	static const struct {
		const char *name;
		uint16_t reg;
	} names[] = {
		{"SCTLR", SYSREG_SCTLR_EL1},
		{"SCTLR2", SYSREG_SCTLR_EL2},
		{"TTBR0", SYSREG(3, 0, 2, 0, 0)},
		{"MAIR", SYSREG(3, 0, 10, 2, 0)},
		{"CPACR", SYSREG(3, 0, 1, 0, 2)},
		{"CSSELR", SYSREG(3, 2, 0, 0, 0)},
		{"CCSIDR", SYSREG(3, 1, 0, 0, 0)},
		{"PAR", SYSREG_PAR_EL1},
		{"VBAR", SYSREG(3, 0, 12, 0, 0)},
		{"HCR", SYSREG(3, 4, 1, 1, 0)},
		{"SCR", SYSREG(3, 6, 1, 1, 0)},
		{"APIAKEY", SYSREG(3, 0, 2, 1, 0)},
		{"APIAKEYHI", SYSREG(3, 0, 2, 1, 1)},
		{"APIBKEY", SYSREG(3, 0, 2, 1, 2)},
		{"APGAKEY", SYSREG(3, 0, 2, 3, 0)},
		{"TCR", SYSREG(3, 0, 2, 0, 2)},
		{"TTBR0_EL2", SYSREG(3, 4, 2, 0, 0)},
		{"TCR_EL2", SYSREG_TCR_EL2},
		{"VTTBR", SYSREG(3, 4, 2, 1, 0)},
		{"ICC_SRE_EL2", SYSREG(3, 4, 12, 9, 5)},
		{"S1E1R", SYSREG(1, 0, 7, 8, 0)},
		{"S1E2R", SYSREG(1, 4, 7, 8, 0)},
		{"S12E1R", SYSREG(1, 4, 7, 8, 4)},
		{"ZCR", SYSREG(3, 0, 1, 2, 0)},
		{"SMCR", SYSREG(3, 0, 1, 2, 6)},
		{"CNTV_CTL", SYSREG(3, 3, 14, 3, 1)},
		{"PMSELR", SYSREG(3, 3, 9, 12, 5)},
		{"PMXEVTYPER", SYSREG(3, 3, 9, 13, 1)},
		{"ICC_SRE", SYSREG(3, 0, 12, 12, 5)},
		{"ICC_IAR1", SYSREG(3, 0, 12, 12, 0)},
		{"ICC_PMR", SYSREG(3, 0, 4, 6, 0)},
		{"TPIDR", SYSREG(3, 0, 13, 0, 4)},
		{"CNTV_CVAL", SYSREG(3, 3, 14, 3, 2)},
		{"CNTVCT", SYSREG(3, 3, 14, 0, 2)},
		{"CNTPCT", SYSREG(3, 3, 14, 0, 1)},
		{"CNTVOFF", SYSREG(3, 4, 14, 0, 3)},
		{"ISR", SYSREG(3, 0, 12, 1, 0)},
		{"ICC_HPPIR1", SYSREG(3, 0, 12, 12, 2)},
		{"ICC_RPR", SYSREG(3, 0, 12, 11, 3)},
		{"ICC_EOIR1", SYSREG(3, 0, 12, 12, 1)},
		{"ICC_IGRPEN1", SYSREG(3, 0, 12, 12, 7)},
		{"ICC_SGI1R", SYSREG(3, 0, 12, 11, 5)},
		{"PMCR", SYSREG_PMCR_EL0},
		{"PMCNTENSET", SYSREG_PMCNTENSET_EL0},
		{"PMCCNTR", SYSREG_PMCCNTR_EL0},
		{"PMCCFILTR", SYSREG_PMCCFILTR_EL0},
		{"PMOVSCLR", SYSREG(3, 3, 9, 12, 3)},
		{"PMEVCNTR0", SYSREG(3, 3, 14, 8, 0)},
		{"PMEVCNTR9", SYSREG(3, 3, 14, 9, 1)},
		{"PMEVTYPER0", SYSREG(3, 3, 14, 12, 0)},
		{"PMEVTYPER9", SYSREG(3, 3, 14, 13, 1)},
		{"MDSCR", SYSREG(2, 0, 0, 2, 2)},
		{"OSLAR", SYSREG(2, 0, 1, 0, 4)},
		{"DBGBCR3", SYSREG(2, 0, 0, 3, 5)},
		{"DBGBVR3", SYSREG(2, 0, 0, 3, 4)},
		{"DBGWCR0", SYSREG(2, 0, 0, 0, 7)},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
		if (!strcmp(names[i].name, name))
			return names[i].reg;
	if (g_ascii_isdigit(*name)) /* the class of an exception */
		return (uint16_t)strtoul(name, NULL, 0);
	g_error("no such register: %s", name);
}

static int index_of(const char *const *names, const char *name)
{
	for (int i = 0; names[i]; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

static const char *const dc_names[] = {"ivac", "cvac", "civac", "cvau", "cvap", "cvadp", NULL};
static const char *const ic_names[] = {"iallu", "ialluis", "ivau", NULL};
static const char *const use_names[] = {"translation", "fetch", "fp", "sve", "sme", "pac", "bank", "eret", "read",
	"write", "vector", "wait", "debug", "count", "same", "otherwise", "elsewhere", NULL};

static void number(uint8_t bytes[8], const char *text)
{
	uint64_t value = text ? strtoull(text, NULL, 0) : 0;

	memcpy(bytes, &value, 8);
}

static void barrier(struct script *s, struct place at, unsigned kind, const char *what)
{
	static const char *const names[] = {"osh", "nsh", "ish", "sy", "ld", "st", "ishst", NULL};
	int n = index_of(names, what);

	g_assert_cmpint(n, >=, 0);
	feed(s, (struct event){.kind = EVENT_BARRIER,
			.barrier = {at, (uint8_t)kind,
				n < 4    ? (uint8_t)n
				: n == 6 ? DOMAIN_INNER
					 : DOMAIN_SYSTEM,
				n == 4   ? BARRIER_LOADS
				: n >= 5 ? BARRIER_STORES
					 : BARRIER_FULL}});
}

static void statement(struct script *s, char *text)
{
	g_auto(GStrv) word = NULL;
	struct place at = {.pc = s->pc, .link = s->pc + 0x100000};
	const char *verb, *kind;
	uint8_t bytes[64] = {0};
	char *dot;

	s->pc += 4;
	g_strstrip(text);
	if (!*text)
		return;
	if (g_ascii_isdigit(text[0]) && text[1] == ':') {
		at.cpu = (uint8_t)(text[0] - '0');
		text += 2;
	}
	at.el = s->el[at.cpu];
	word = g_strsplit(text, " ", -1);
	dot = strchr(word[0], '.');
	if (dot)
		*dot = 0;
	kind = dot ? dot + 1 : NULL;
	verb = word[0];

	if (!strncmp(verb, "ld", 2)) {
		unsigned flags = verb[2] == 'x' ? ACCESS_EXCLUSIVE : verb[2] == 'u' ? ACCESS_UNALIGNED : 0;

		access(s, at, place_of(word[1]), 8, flags, attributes_of(s, at.cpu, kind), NULL);
	} else if (!strncmp(verb, "st", 2)) {
		unsigned flags = verb[2] == 'x' ? ACCESS_EXCLUSIVE : verb[2] == 'u' ? ACCESS_UNALIGNED : 0;

		number(bytes, word[2]);
		access(s, at, place_of(word[1]), verb[2] == '4' ? 4 : 8, flags | ACCESS_WRITE,
			attributes_of(s, at.cpu, kind), bytes);
	} else if (!strcmp(verb, "swp")) {
		number(bytes, word[2]);
		access(s, at, place_of(word[1]), 8, ACCESS_ATOMIC, attributes_of(s, at.cpu, kind), NULL);
		access(s, at, place_of(word[1]), 8, ACCESS_ATOMIC | ACCESS_WRITE, attributes_of(s, at.cpu, kind),
			bytes);
	} else if (!strcmp(verb, "zva")) {
		access(s, at, place_of(word[1]) & ~63ull, 64, ACCESS_ZVA | ACCESS_WRITE, attributes_of(s, at.cpu, kind),
			bytes);
	} else if (!strcmp(verb, "walk")) {
		access(s, at, place_of(word[1]), 8, ACCESS_WALK, attributes_of(s, at.cpu, kind), NULL);
	} else if (index_of(dc_names, verb) >= 0) {
		feed(s, (struct event){.kind = EVENT_DC,
				.dc = {at, place_of(word[1]), place_of(word[1]), SPACE_NONSECURE,
					(uint8_t)index_of(dc_names, verb), attributes_of(s, at.cpu, kind)}});
	} else if (!strcmp(verb, "map")) {
		number(bytes, NULL);
		memcpy(bytes, &(uint64_t){descriptor(word[2], 3)}, 8);
		access(s, at, TABLE_L3 + 8 * strtoull(word[1], NULL, 0), 8, ACCESS_WRITE,
			attributes_of(s, at.cpu, kind), bytes);
	} else if (!strcmp(verb, "fill")) {
		memcpy(bytes, &(uint64_t){descriptor(word[2], 3)}, 8);
		access(s, at, TABLE_NEW + 8 * strtoull(word[1], NULL, 0), 8, ACCESS_WRITE,
			attributes_of(s, at.cpu, kind), bytes);
	} else if (!strcmp(verb, "link") || !strcmp(verb, "linkr")) {
		memcpy(bytes, &(uint64_t){descriptor(word[1], 2)}, 8);
		access(s, at, TABLE_L2, 8, ACCESS_WRITE | (verb[4] ? ACCESS_RELEASE : 0),
			attributes_of(s, at.cpu, kind), bytes);
	} else if (!strcmp(verb, "use") && g_ascii_isdigit(word[1][0])) {
		use_page(s, at, strtoull(word[1], NULL, 0), FAULT_NONE);
	} else if (!strcmp(verb, "fault")) {
		static const char *const faults[] = {"", "r", "w", "x", "f", NULL};

		use_page(s, at, strtoull(word[1], NULL, 0), (enum walk_fault)index_of(faults, word[2]));
	} else if (!strcmp(verb, "asid")) {
		s->asid[at.cpu] = (uint16_t)atoi(word[1]);
	} else if (!strcmp(verb, "tlbi")) {
		tlbi(s, at, word + 1);
	} else if (!strcmp(verb, "exec")) {
		execute(s, at, place_of(word[1]), attributes_of(s, at.cpu, kind));
	} else if (index_of(ic_names, verb) >= 0) {
		uint64_t pa = word[1] ? place_of(word[1]) : 0;

		feed(s, (struct event){.kind = EVENT_IC,
				.ic = {at, pa, pa, SPACE_NONSECURE, (uint8_t)index_of(ic_names, verb)}});
	} else if (!strcmp(verb, "csw") || !strcmp(verb, "cisw") || !strcmp(verb, "isw")) {
		set_way(s, at, verb, word[1]);
	} else if (!strcmp(verb, "dsb") || !strcmp(verb, "dmb")) {
		barrier(s, at, verb[1] == 's' ? BARRIER_DSB : BARRIER_DMB, word[1]);
	} else if (!strcmp(verb, "isb")) {
		feed(s, (struct event){.kind = EVENT_SYNC, .sync = {at, SYNC_ISB, at.el}});
	} else if (!strcmp(verb, "eret") || !strcmp(verb, "exc")) {
		feed(s, (struct event){
				.kind = EVENT_SYNC, .sync = {at, verb[1] == 'x' ? SYNC_ENTRY : SYNC_RETURN, at.el}});
	} else if (g_str_has_prefix(verb, "on") || g_str_has_prefix(verb, "off")) {
		set_regime(s, at, verb[1] == 'n', s->cache[at.cpu], g_str_has_suffix(verb, "!"));
	} else if (g_str_has_prefix(verb, "con") || g_str_has_prefix(verb, "coff")) {
		set_regime(s, at, s->mmu[at.cpu], verb[2] == 'n', g_str_has_suffix(verb, "!"));
	} else if (!strcmp(verb, "msr")) {
		feed(s, (struct event){.kind = EVENT_REGISTER_WRITE,
				.register_write = {at, register_of(word[1]), strtoull(word[2], NULL, 0),
					strtoull(word[3], NULL, 0)}});
	} else if (!strcmp(verb, "use") || !strcmp(verb, "read") || !strcmp(verb, "write")) {
		const char *use = *verb == 'u' ? word[1] : verb,
			   *reg = *verb == 'u' ? word[2] ? word[2] : NULL : word[1];

		feed(s, (struct event){.kind = EVENT_REGISTER_USED,
				.register_used = {at, reg ? register_of(reg) : 0, (uint8_t)index_of(use_names, use)}});
	} else if (!strcmp(verb, "el")) {
		s->el[at.cpu] = (uint8_t)atoi(word[1]);
	} else if (!strcmp(verb, "hide")) {
		number(memory_at(s, place_of(word[1])), word[2]);
	} else if (!strcmp(verb, "seen")) {
		uint64_t line = place_of(word[1]) & ~63ull;

		feed(s, (struct event){.kind = EVENT_EXTERNAL_WRITE,
				.external_write = {line, 64, memory_at(s, line), SPACE_NONSECURE, EXTERNAL_SEEN}});
	} else if (!strcmp(verb, "dma") || !strcmp(verb, "image")) {
		number(bytes, word[2]);
		memcpy(memory_at(s, place_of(word[1])), bytes, 8);
		feed(s, (struct event){.kind = EVENT_EXTERNAL_WRITE,
				.external_write = {place_of(word[1]), 8, bytes, SPACE_NONSECURE,
					*verb == 'd' ? EXTERNAL_DMA : EXTERNAL_IMAGE}});
	} else if (!strcmp(verb, "sneak")) {
		/* A device writes and nobody tells the model. */
		number(bytes, word[2]);
		memcpy(memory_at(s, place_of(word[1])), bytes, 8);
	} else if (!strcmp(verb, "told")) {
		feed(s, (struct event){.kind = EVENT_STORED,
				.stored = {place_of(word[1]), at.cpu, SPACE_NONSECURE, 8, ORDER_NONE}});
	} else if (!strcmp(verb, "sgi")) {
		static const char *const by[] = {"icc", "mem", "pend", "pend0", NULL};

		feed(s, (struct event){.kind = EVENT_SGI,
				.sgi = {.at = at,
					.by = kind ? (uint8_t)index_of(by, kind) : SGI_BY_ICC_SGI1R,
					.to.word = {word[1] ? 1ull << atoi(word[1]) : ~0ull}}});
	} else if (!strcmp(verb, "sev")) {
		feed(s, (struct event){.kind = EVENT_SEV,
				.sev = {.at = at, .asleep.word = {word[1] ? 1ull << atoi(word[1]) : 0}}});
	} else if (!strcmp(verb, "wfe")) {
		feed(s, (struct event){.kind = EVENT_WFE, .wfe = {at}});
	} else if (!strcmp(verb, "device")) {
		static const char *const told[] = {"index", "notify", "ready", NULL};

		feed(s, (struct event){.kind = EVENT_DEVICE_READ,
				.device_read = {.at = at,
					.pa = place_of(word[1]),
					.size = word[2] ? (uint32_t)atoi(word[2]) : 8,
					.told = (uint8_t)index_of(told, kind)}});
	} else if (!strcmp(verb, "queue")) {
		feed(s, (struct event){.kind = EVENT_QUEUE,
				.queue = {.available = place_of(word[1]),
					.used = place_of("z"),
					.num = 4,
					.open = !word[2]}});
	} else if (!strcmp(verb, "iar")) {
		feed(s, (struct event){.kind = EVENT_PENDING_READ, .pending_read = {at, true}});
	} else if (!strcmp(verb, "hppir")) {
		feed(s, (struct event){.kind = EVENT_PENDING_READ, .pending_read = {at, false}});
	} else if (!strcmp(verb, "isactive")) {
		interrupt_access(s, at, INTERRUPT_STATE, 0);
	} else if (!strcmp(verb, "setpend")) {
		interrupt_access(s, at, INTERRUPT_STATE, ACCESS_WRITE);
	} else if (!strcmp(verb, "priority")) {
		interrupt_access(s, at, INTERRUPT_PRIORITY, ACCESS_WRITE);
	} else if (!strcmp(verb, "rwp")) {
		interrupt_access(s, at, INTERRUPT_OTHER, 0);
	} else if (!strcmp(verb, "used")) {
		static const char *const parts[] = {"index", "entry", "dependent", NULL};
		int part = index_of(parts, kind);
		uint64_t n = strtoull(word[1], NULL, 0);

		feed(s, (struct event){.kind = EVENT_USED_READ,
				.used_read = {.at = at,
					.pa = place_of("z") + (part ? 4 + 8 * n : 2),
					.used = place_of("z"),
					.value = (uint16_t)n,
					.part = (uint8_t)part,
					.attributes = attributes_of(s, at.cpu, NULL)}});
	} else if (!strcmp(verb, "irq")) {
		feed(s, (struct event){.kind = EVENT_SYNC, .sync = {at, SYNC_INTERRUPT, at.el}});
	} else if (!strcmp(verb, "alias")) {
		s->alias_off = !strcmp(word[1], "off");
		feed(s, (struct event){.kind = EVENT_MAPPINGS_CHANGED});
	} else if (!strcmp(verb, "cut") || !strcmp(verb, "cpuoff") || !strcmp(verb, "cpuon")) {
		s->mmu[at.cpu] = s->cache[at.cpu] = false;
		feed(s, (struct event){.kind = EVENT_CPU,
				.cpu = {at, *verb == 'c' && verb[1] == 'u' ? CPU_POWER_CUT
					    : verb[4] == 'f'               ? CPU_OFF
									   : CPU_ON}});
		s->cache[at.cpu] = true;
	} else if (!strcmp(verb, "reset")) {
		for (unsigned i = 0; i < CPUS; i++) {
			s->mmu[i] = false;
			s->cache[i] = true;
			s->asid[i] = 0;
			s->el[i] = 1;
		}
		feed(s, (struct event){.kind = EVENT_RESET});
	} else {
		g_error("no such statement: %s", text);
	}
}

static void configure(struct script *s, const char *options)
{
	g_auto(GStrv) word = g_strsplit(options, " ", -1);
	char error[512];

	model_config_defaults(&s->config);
	/* Two levels; the second one is used with "levels2" only. */
	s->config.ids.level[0] = (struct cache_level){4, 2, 6};
	for (unsigned i = 0; word[i]; i++) {
		if (!*word[i])
			continue;
		if (!strcmp(word[i], "unknown")) {
			s->unknown = true;
		} else if (!strcmp(word[i], "cwg128")) {
			s->config.ids.ctr = (s->config.ids.ctr & ~(15ull << 24)) | 5ull << 24;
		} else if (!strcmp(word[i], "dmin32")) {
			s->config.ids.ctr = (s->config.ids.ctr & ~(15ull << 16)) | 3ull << 16;
		} else if (!strcmp(word[i], "dmin128")) {
			s->config.ids.ctr =
				(s->config.ids.ctr & ~(15ull << 16 | 15ull << 24)) | 5ull << 16 | 5ull << 24;
		} else if (!strcmp(word[i], "idc")) {
			s->config.ids.ctr |= 1ull << 28;
		} else if (!strcmp(word[i], "ets2")) {
			s->config.ids.ets2 = 1;
		} else if (!strcmp(word[i], "bbm1") || !strcmp(word[i], "bbm2")) {
			s->config.ids.bbm = (uint8_t)(word[i][3] - '0');
		} else if (!strcmp(word[i], "dic")) {
			s->config.ids.ctr |= 1ull << 29;
		} else if (!strcmp(word[i], "loc0")) {
			s->config.ids.clidr &= ~(7ull << 24);
		} else if (!strcmp(word[i], "levels2")) {
			s->config.ids.clidr = 2ull << 24 | 4 << 3 | 3;
			s->config.ids.level[1] = (struct cache_level){8, 1, 6};
		} else if (!strcmp(word[i], "beyond-loc")) {
			s->config.ids.clidr = 1ull << 24 | 4 << 3 | 3;
			s->config.ids.level[1] = (struct cache_level){8, 1, 6};
		} else if (!strcmp(word[i], "nogeometry")) {
			s->config.ids.level[0] = (struct cache_level){0, 0, 0};
		} else if (!options_parse(&s->config.options, word[i], error, sizeof(error))) {
			g_error("%s", error);
		}
	}
}

static void run(struct script *s, const char *text)
{
	struct model_hooks hooks = {.context = s, .may_allocate = may_allocate, .found = found, .finished = finished};
	g_auto(GStrv) statements = g_strsplit(text, ";", -1);
	/* Both ways to keep an image; what the script says of it must not depend on it. */
	bool lasting = s->mode == SCRIPT_FAST && s->config.options.dma != DMA_NONCOHERENT;

	s->model = model_new(&s->config, &hooks);
	g_assert_nonnull(s->model);
	feed(s, (struct event){.kind = EVENT_RAM, .ram = {RAM_BASE, RAM_SIZE, SPACE_NONSECURE, 0}});
	feed(s, (struct event){.kind = EVENT_RAM, .ram = {ROM_BASE, 0x1000, SPACE_NONSECURE, 1}});
	if (!s->unknown)
		feed(s, (struct event){.kind = EVENT_EXTERNAL_WRITE,
				.external_write = {
					RAM_BASE, RAM_SIZE, s->ram, SPACE_NONSECURE, EXTERNAL_IMAGE, lasting}});
	for (unsigned i = 0; i < CPUS; i++) {
		s->cache[i] = true;
		s->el[i] = 1;
	}
	for (unsigned i = 0; statements[i]; i++)
		statement(s, statements[i]);
	model_finish(s->model);
	model_free(s->model);
}

static void begin(struct script *s, const char *options)
{
	memset(s, 0, sizeof(*s));
	s->said = g_string_new(NULL);
	s->rules = g_string_new(NULL);
	s->pc = 0x40080000;
	configure(s, options);
}

GBytes *script_log(const char *options, const char *text)
{
	g_autofree struct script *s = g_new(struct script, 1);
	char *bytes;
	size_t size;
	FILE *file = open_memstream(&bytes, &size);

	begin(s, options);
	s->mode = SCRIPT_LOG;
	s->log = log_writer_new(file, &s->config);
	g_assert_nonnull(s->log);
	run(s, text);
	g_assert_true(log_writer_free(s->log));
	fclose(file);
	g_string_free(s->said, TRUE);
	g_string_free(s->rules, TRUE);
	return g_bytes_new_with_free_func(bytes, size, free, bytes);
}

char *script_exercised(const char *options, const char *text)
{
	g_autofree struct script *s = g_new(struct script, 1);
	GString *names = g_string_new(NULL);

	begin(s, options);
	s->mode = SCRIPT_SLOW;
	run(s, text);
	g_string_free(s->said, TRUE);
	g_string_free(s->rules, TRUE);
	for (unsigned i = 0; i < RULE_COUNT; i++)
		if (s->exercised[i])
			g_string_append_printf(names, "%s%s", names->len ? " " : "", rule_name(i));
	return g_string_free(names, FALSE);
}

char *script_run(const char *options, const char *text, enum script_mode mode, GString *json)
{
	g_autofree struct script *s = g_new(struct script, 1);

	begin(s, options);
	s->json = json;
	s->mode = mode;
	if (mode == SCRIPT_LOG) {
		g_autoptr(GBytes) log = script_log(options, text);
		struct model_hooks hooks = {.context = s, .found = found, .finished = finished};
		struct log_error error;

		if (!log_replay(g_bytes_get_data(log, NULL), g_bytes_get_size(log), &hooks, &error))
			g_error("replay: offset %lu: %s", (unsigned long)error.offset, error.text);
	} else {
		run(s, text);
	}
	g_string_free(s->rules, TRUE);
	return g_string_free(s->said, FALSE);
}

static void test_rule(gconstpointer data)
{
	const struct rule *rule = data;

	for (enum script_mode mode = SCRIPT_SLOW; mode <= SCRIPT_LOG; mode++) {
		g_autofree char *said = script_run(rule->options, rule->script, mode, NULL);

		g_assert_cmpstr(said, ==, rule->said);
	}
}

struct rule_list {
	const struct rule *rules;
	unsigned count;
};

static void test_replay(gconstpointer data)
{
	const struct rule_list *list = data;

	for (const struct rule *rule = list->rules; rule < list->rules + list->count; rule++) {
		g_autoptr(GString) live = g_string_new(NULL), replayed = g_string_new(NULL);

		g_free(script_run(rule->options, rule->script, SCRIPT_SLOW, live));
		g_free(script_run(rule->options, rule->script, SCRIPT_LOG, replayed));
		g_assert_cmpstr(live->str, ==, replayed->str);
	}
}

static void add(const char *prefix, const char *name, gconstpointer data, GTestDataFunc test)
{
	g_autofree char *path = g_strconcat(prefix, "/", name, NULL);

	g_test_add_data_func(path, data, test);
}

int rules_run(int argc, char **argv, const char *prefix, const struct rule *rules, unsigned count)
{
	struct rule_list list = {rules, count};

	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	for (unsigned i = 0; i < count; i++)
		add(prefix, rules[i].name, &rules[i], test_rule);
	add(prefix, "replay", &list, test_replay);
	return g_test_run();
}
