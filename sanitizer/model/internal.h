/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internal.h - what the files of the model share. Nobody else includes it.
 *
 *      ram.c          blocks of RAM, and which pages may be allocated in a cache (rule C2)
 *      untouched.c    pages of a loaded image before their first store
 *      cloud.c        the set of states that a line in doubt may be in
 *      access.c       accesses as they come in, devices; read.c and write.c what they do
 *      lines.c        between the two forms of a line
 *      open.c         non-cacheable stores that no barrier has ordered yet; recent.c cacheable ones
 *      maintenance.c  DC by VA, barriers
 *      set_way.c      DC by set and way
 *      switch.c       M and C, CPUs that come and go
 *      registers.c    context synchronization (rule S1); register_table.c what of which register
 *      code.c         lines that hold instructions; code_maintenance.c what is done to them, fetch.c their execution
 *      tables.c       translation tables; translation.c and tlbi.c what TLBs may hold of them; table_order.c the
 *                     order of a new one and the descriptor that leads to it
 *      message.c      what a CPU stored before it sent an interrupt or an event
 *      device.c       what a CPU stored before it told a device to read it; the used rings that devices write
 *      acknowledge.c  when the interrupt controller observes an acknowledge, and a CPU a change of interrupts
 *      judge.c        from evidence to a finding
 *      writers.c      who wrote what
 */
#ifndef MODEL_INTERNAL_H
#define MODEL_INTERNAL_H

#include "cloud.h"
#include "model.h"

struct page {
	uint32_t allocatable; /* clock when it was last known to be mapped cacheable, 0: never */
	uint32_t asked;       /* mapping generation of the answer below */
	uint8_t answer;       /* of may_allocate */
	uint8_t used;         /* some record of it may differ from zero */
	uint8_t shares;       /* bit n: cacheable accesses were seen with enum shareability n */
	uint8_t known;        /* a loader filled it: what memory held at first has a value */
	uint32_t untouched;   /* untouched.c: number + 1 of its record there; then it has no other. 0: none */
	uint32_t shares_era;  /* of the model, when they were: caches that were off since hold nothing of it */
	/*
	 * Lines that instructions were fetched from, or that were maintained for that (code.h); their stores are slow.
	 * Not in enum line_slow, since then all the code that is executed would need its struct line.
	 */
	uint64_t code;
	struct slow slow;
};

/* A long range that was allocatable until `clock`: cheaper than marking its pages at each switch. */
struct range {
	uint64_t first, last; /* pages of the block */
	uint32_t clock;
};
#define BLOCK_RANGES 32

struct block {
	struct ram ram;
	unsigned number;
	struct line *lines;
	struct bytes *bytes;
	uint32_t *writers; /* WRITERS_PER_LINE a line */
	uint8_t *values;   /* newest values, valid where a simple line is dirty */
	uint8_t *memory;   /* values at the PoC, valid where a simple line is exact */
	struct page *pages;
	struct untouched *untouched;
	uint32_t untouched_count, untouched_room;
	uint64_t touched; /* offset of the access that the model is told of now */
	uint8_t *chunks;  /* one for each 2 MiB: some page of it is used */
	struct range ranges[BLOCK_RANGES];
	unsigned range_count;
};

/* One line: where it is. */
struct ref {
	struct block *block;
	uint64_t index;
};

static inline struct line *ref_line(struct ref ref)
{
	return &ref.block->lines[ref.index];
}

static inline struct page *ref_page(struct ref ref)
{
	return &ref.block->pages[ref.index / LINES_PER_PAGE];
}

void untouched_unfold(struct ref ref);

/* For those who look at records: that of an untouched page is made now. */
static inline void ref_touch(struct ref ref)
{
	if (__builtin_expect(ref_page(ref)->untouched, 0))
		untouched_unfold(ref);
}

static inline struct bytes *ref_bytes(struct ref ref)
{
	ref_touch(ref);
	return &ref.block->bytes[ref.index];
}

static inline uint32_t *ref_writers(struct ref ref)
{
	return ref.block->writers + ref.index * WRITERS_PER_LINE;
}

static inline uint8_t *ref_values(struct ref ref)
{
	return ref.block->values + ref.index * LINE_SIZE;
}

static inline uint8_t *ref_memory(struct ref ref)
{
	ref_touch(ref);
	return ref.block->memory + ref.index * LINE_SIZE;
}

static inline uint64_t ref_pa(struct ref ref)
{
	return ref.block->ram.base + ref.index * LINE_SIZE;
}

/* @why: of enum line_slow. */
static inline void line_mark(struct ref ref, uint32_t why)
{
	struct slow *slow = &ref_page(ref)->slow;
	uint64_t bit = 1ull << ref.index % LINES_PER_PAGE;

	ref_line(ref)->slow |= why;
	slow->writes |= bit;
	if (why & LINE_SLOW_READ)
		slow->reads |= bit;
}

static inline bool line_is_code(struct ref ref)
{
	return ref_page(ref)->code >> ref.index % LINES_PER_PAGE & 1;
}

static inline void line_mark_code(struct ref ref)
{
	struct page *page = ref_page(ref);
	uint64_t bit = 1ull << ref.index % LINES_PER_PAGE;

	page->code |= bit;
	page->slow.writes |= bit;
}

static inline void line_unmark_code(struct ref ref)
{
	struct page *page = ref_page(ref);
	uint64_t bit = 1ull << ref.index % LINES_PER_PAGE;

	page->code &= ~bit;
	if (!ref_line(ref)->slow && !page->untouched)
		page->slow.writes &= ~bit;
}

static inline void line_unmark(struct ref ref, uint32_t why)
{
	struct page *page = ref_page(ref);
	struct slow *slow = &page->slow;
	uint64_t bit = 1ull << ref.index % LINES_PER_PAGE;
	struct line *line = ref_line(ref);

	line->slow &= ~why;
	if (!line->slow && !(page->code & bit) && !page->untouched)
		slow->writes &= ~bit;
	if (!(line->slow & LINE_SLOW_READ))
		slow->reads &= ~bit;
}

/*
 * A DC that no DSB has completed. All of them are in one array, those of a CPU chained: an image may queue millions, so
 * they are small.
 */
struct pending {
	uint64_t where; /* block << 48 | line */
	uint32_t next;
	uint32_t clock;  /* when it was issued */
	uint32_t who;    /* a writer: the instruction */
	uint32_t seq;    /* of its issue, among the events of its CPU */
	uint8_t op, cpu; /* op: enum dc_op (IVAC, CVAC, CIVAC), or one of those below */
	uint8_t part;    /* which piece of the record it covers, where lines are shorter than a record */
};
static_assert(sizeof(struct pending) == 32, "small");
#define PENDING_NOTHING DC_CVAU /* its line was given up */
#define PENDING_DISCARD DC_CVAP /* IVAC of another line of the granule: ends with a DMB, too */

/* A non-cacheable store to a line that was simple and had no copy: memory holds the old bytes or the new ones. */
struct open_store {
	struct ref ref;
	bool used;
	bool off;               /* not cacheable because the MMU was off */
	bool ordered;           /* by a DMB since: what its CPU does with the line comes after it */
	uint64_t mask;          /* bytes written */
	uint64_t exact;         /* those whose old value is known */
	uint8_t old[LINE_SIZE]; /* what memory held before */
	uint32_t clock;         /* at the first of the stores */
};
/*
 * The architecture sets no limit to how long a store may be on its way; beyond this many lines the oldest counts as
 * arrived.
 */
#define OPEN_STORES 128

/* Cacheable stores of one CPU to a line that no barrier has ordered. */
struct recent {
	struct ref ref;
	uint64_t mask; /* 0: none */
	uint8_t order; /* enum store_order */
};

static inline bool recent_is_of(const struct recent *recent, struct ref ref)
{
	return recent->mask && recent->ref.block == ref.block && recent->ref.index == ref.index;
}
/* Those since the last barrier before a switch are few; beyond this many the oldest counts as done. */
#define RECENT_STORES 32

/* Besides enum sgi_by. */
#define BY_SEV SGI_BY

struct message {
	unsigned count; /* 0: none */
	struct recent stored[RECENT_STORES];
	struct cpu_set to; /* who has not taken the interrupt, or woken */
	uint64_t sent;     /* of m->interrupts */
	struct place at;
	uint8_t by; /* enum sgi_by, or BY_SEV */
};
/* Beyond this many the oldest is forgotten. */
#define MESSAGES 32

/* A used ring that a device writes. */
struct used_ring {
	uint64_t used; /* 0: none */
	uint32_t num;
	uint16_t known; /* the index that was loaded last with a barrier behind the load */
};
#define USED_RINGS 64

struct register_pending {
	uint16_t reg;
	uint8_t reported;
	uint8_t outcome; /* of the next access, by the old value: USE_SAME, ...; 0: not known */
	uint64_t old_value, new_value;
	struct place at;
};
#define REGISTERS_PENDING 16

struct set_way_loop {
	uint8_t *seen[7];         /* a bit for each set and way of a level */
	uint64_t left[7];         /* how many are not seen yet */
	bool cleans, invalidates; /* every operation of the loop does */
	bool started;
	bool cached; /* this CPU's caches were on at some time during it */
	uint8_t dsbs;
	struct place at;
};

struct cpu {
	bool on;
	bool mmu, cache;
	bool ever_cached;
	bool was_cached, was_uncached; /* regimes that still may apply, when the switch is not synchronized */
	bool unsettled;                /* some register write that translation depends on is not synchronized */
	bool lingering;                /* its cacheable mappings may be used until it synchronizes */
	struct place off, turned_on;   /* the instruction that switched caches off and on last */
	uint32_t pending;              /* first of its DCs, 0: none */
	bool discards;                 /* IVAC of a line in a larger granule, and no barrier since */
	uint32_t seq, dmb_seq;         /* events of this CPU that matter for order; the last full DMB among them */
	uint32_t told_seq;             /* the last one of a domain with other CPUs in it */
	struct open_store *open;
	unsigned open_next;
	bool open_any;
	struct recent recent[RECENT_STORES];
	unsigned recent_next;
	bool recent_any;
	uint64_t interrupted; /* of m->interrupts, when it took the one that it handles; 0: none */
	uint32_t depth;       /* exceptions taken since and not returned from, that one among them */
	uint64_t woken;       /* of m->interrupts, when an event ended its WFE; meaningful while woken_reads */
	unsigned woken_reads; /* how many more of its reads may be of what it waits for */
	bool acknowledges;    /* has read ICC_IARn_EL1, and no DSB since */
	struct place acknowledged_at;
	/* Its last stores to what says which interrupt is due, of m->writers, that it has neither waited for nor left.
	 */
	uint32_t changes[INTERRUPT_OTHER];
	uint64_t used;        /* the ring whose index it has loaded, and no barrier of loads since; 0: none */
	uint16_t used_index;  /* what it was */
	struct place used_at; /* the load */
	bool overtaking;      /* one of its pending DCs may have overtaken such a store */
	struct register_pending registers[REGISTERS_PENDING];
	unsigned register_count;
	uint64_t hcr;
	bool no_walks[WALK_REGIMES][2]; /* TCR.EPD0, EPD1 */
	uint8_t tlb_known; /* a bit for each regime whose TLB has been emptied since the CPU's start, or complained of
			    */
	uint64_t root[WALK_REGIMES][2];      /* the table that it walked from last, by the half of the address space */
	uint32_t root_size[WALK_REGIMES][2]; /* bytes, by TCR; 0: not known */
	uint32_t ic_issued[2],
		ic_all;        /* IC IALLU, IALLUIS: m->epoch at the issue of the last; completed: at least this CPU */
	uint64_t ic_done;      /* m->tick at the DSB that completed such a one last */
	uint32_t ic_who[2];    /* the last such instruction: a writer */
	uint64_t synchronized; /* m->tick at the last context synchronization */
	uint32_t ic_before; /* the newest ic_all that counted for it then: what that made safe it has synchronized with
			     */
	struct set_way_loop set_way;
};

#define HCR_TGE (1ull << 27)
#define HCR_E2H (1ull << 34)

/* Its EL0 belongs to EL2. */
static inline bool cpu_is_host(const struct cpu *cpu)
{
	return (cpu->hcr & (HCR_E2H | HCR_TGE)) == (HCR_E2H | HCR_TGE);
}

struct writer_table;
struct finding_table;

#define BLOCKS 64

struct model {
	struct model_config config;
	struct model_hooks hooks;
	unsigned line_bytes, granule_bytes; /* DminLine and CWG, never less than a line */
	bool coherent;                      /* LoC = 0: nothing needs maintenance (rule C10) */

	struct block *blocks[BLOCKS];
	unsigned block_count, block_hit;

	/*
	 * Time, as far as allocation goes. Even. A page that is seen to be allocatable is stamped clock + 1; the clock
	 * advances by 2 when a DC is issued after that, so that the stamp of the one and the clock of the other tell
	 * the order. It stands still while some CPU lingers: its mappings stay allocatable until it synchronizes.
	 */
	uint32_t clock;
	bool stamped;
	unsigned lingering;
	uint32_t swept;      /* clock of the last set/way loop that invalidated everything */
	uint32_t mappings;   /* generation of the answers of may_allocate */
	uint32_t generation; /* of the views */
	uint64_t remapped;   /* model_remapped() */
	unsigned remapped_count;

	struct cpu *cpus[MODEL_CPUS];
	unsigned cpu_end;     /* those from here on have not been heard of */
	unsigned cached_cpus; /* that have their caches on now */
	uint32_t era;         /* how often the last one went off */

	struct message message[MESSAGES];
	unsigned message_next;
	struct used_ring used_ring[USED_RINGS];
	unsigned used_next;
	uint64_t interrupts; /* counts those that were sent and taken, and events */

	struct cloud **clouds; /* by number; [0] is not used */
	uint32_t *cloud_free;  /* a stack of vacant numbers */
	uint32_t cloud_room, cloud_vacant, cloud_last;
	struct workset *work, *alternative;

	struct pending *pending;
	uint32_t pending_room, pending_free, pending_count;

	struct code_table *code;
	struct table_set *tables;
	struct stale_set *stale;
	uint64_t tick;   /* counts cures of code (code.h) */
	uint32_t epoch;  /* counts invalidations of whole instruction caches */
	uint32_t ic_all; /* of the last that reached all CPUs and is complete */
	bool idc, dic;   /* CTR_EL0 says so and is believed, or CLIDR_EL1 has no level to clean to */

	struct writer_table *writers;
	struct finding_table *findings;
	struct model_counts counts;
	bool noticed_clouds;
};

/* The situation in which @rule decides has come up, as rules.def says for each. */
static inline void exercised(struct model *m, enum rule_id rule)
{
	m->counts.exercised[rule]++;
}

/* model.c */
struct cpu *model_cpu_of(struct model *m, unsigned number);
void model_notice(struct model *m, const char *text);

/* ram.c */
bool ram_find(struct model *m, unsigned space, uint64_t pa, struct ref *ref);
void ram_free(struct model *m);
uint32_t ram_now(struct model *m); /* the clock for a DC that is issued now */
/* Allocatable at this moment (rule C2)? */
bool ram_allocatable_now(struct model *m, struct ref ref);
/* Allocatable at some instant after @clock, now included? */
bool ram_allocatable_since(struct model *m, struct ref ref, uint32_t clock);
void ram_stamp(struct model *m, struct ref ref);
/* Its page's records may differ from zero from now on. */
void ram_use(struct ref ref);

/* Each record that may be in use, in ascending order. */
void ram_each_line(struct model *m, void (*visit)(struct model *m, struct ref ref, void *data), void *data);

/* untouched.c */
/* False: it has records already, or memory is short. @ram: a page, as struct external_write has it if lasting. */
bool untouched_add(struct ref ref, const uint8_t *ram);

/* lines.c: between the two forms of a line */
struct cloud *line_cloud(struct model *m, struct ref ref);
struct cloud *line_to_cloud(struct model *m, struct ref ref);
void line_settle(struct model *m, struct ref ref);
void line_give_up(struct model *m, struct ref ref);
/* May a cache hold a copy of this simple line? *assumed: only if it did at the start. */
bool line_may_be_cached(struct model *m, struct ref ref, bool *assumed);
/* Brings a cloud up to the present: what caches may have done since it was last looked at. */
void line_catch_up(struct model *m, struct ref ref, struct cloud *cloud);
/* The same after an event; @allocate: it was a cacheable access. */
void line_close(struct model *m, struct ref ref, struct cloud *cloud, bool allocate);
void line_history(struct ref ref);
/* The hints of a line that has just been cleaned to the PoC. */
uint32_t line_cleaned(const struct model *m);
/* May a cache hold dirty bytes of it since before the start (initial=dirty)? */
bool line_may_be_junk(const struct model *m, struct ref ref);
bool line_far_dirty(struct model *m, struct ref ref);
/* Bytes that a cache may hold newer than memory. */
uint64_t line_dirty(struct model *m, struct ref ref);
/* Lines that share the granule, where that is larger than a line. */
void line_neighbours(
	struct model *m, struct ref ref, void (*visit)(struct model *m, struct ref ref, void *data), void *data);
/* Around what may make the last dirty line of a granule clean: until then others could be written back with it. */
void line_before_clean(struct model *m, struct ref ref);
void line_after_clean(struct model *m, struct ref ref);
void lines_free(struct model *m);

/* access.c */
/* Notes that the page is mapped cacheable with this shareability, and complains if another one was seen (rule M5). */
void access_share(struct model *m, struct ref ref, const struct place *at, struct attributes attributes);
/* Something other than a CPU wrote @mask of a line; @coherent: caches followed. */
void access_external(struct model *m, struct ref ref, uint64_t mask, const uint8_t *line_value, bool coherent);

/* open.c */
/* @off: the store is not cacheable because the MMU is off. */
void open_add(struct model *m, struct ref ref, unsigned cpu, uint64_t mask, const uint8_t *value, bool off);
void open_add_cloud(struct model *m, struct ref ref, unsigned cpu, bool off);
void open_forget(struct model *m, struct ref ref);
struct open_store *open_of(struct model *m, struct ref ref, unsigned *cpu);
/* The stores of @cpu have reached memory: a DSB. */
void open_settle(struct model *m, unsigned cpu);
/* What @cpu does with their lines comes after them: a full DMB. */
void open_order(struct model *m, unsigned cpu);
/* What all but @cpu have put behind a DMB has reached memory: it was told of it. */
void open_settle_others(struct model *m, unsigned cpu);
/* @cpu is about to do something with the line: has its store in flight, if there is one, arrived before that? */
bool open_is_before(struct model *m, struct ref ref, unsigned cpu);
/* Those of this line have. */
void open_settle_line(struct model *m, struct ref ref);

/* recent.c */
void recent_add(struct model *m, struct ref ref, unsigned cpu, uint64_t mask, enum store_order order);
/*
 * At a DC by address of @cpu: bytes of the line whose stores it may overtake. None if its operand is cacheable
 * (@ordered), and none of them can be overtaken by a later one then.
 */
uint64_t recent_overtaken(struct model *m, struct ref ref, unsigned cpu, bool ordered);
/* A barrier of @cpu has ordered what it stored before. */
void recent_order(struct model *m, unsigned cpu, enum store_order order);
/* Of @bytes, those that @cpu was the last to write. */
uint64_t recent_written_by(const struct model *m, struct ref ref, unsigned cpu, uint64_t bytes);

/* message.c */
void message_interrupted(struct model *m, const struct sync *sync);
/* A line with LINE_MESSAGE is accessed. */
void message_written(struct model *m, struct ref ref, uint64_t mask);
void message_read(struct model *m, struct ref ref, const struct access *access);
/* After any read of a CPU with woken_reads. */
void message_looked(struct model *m, const struct access *access);
/* The CPU starts or stops. */
void message_forget(struct model *m, unsigned cpu);

/* acknowledge.c */
void interrupts_synchronized(struct cpu *cpu, const struct sync *sync);
void interrupts_barrier(struct cpu *cpu, const struct barrier *barrier);
/* The CPU starts or stops. */
void interrupts_forget(struct cpu *cpu);

/* device.c */
/* Loads of @cpu before now have been made before those that follow. */
void device_loads_ordered(struct model *m, unsigned cpu);

/* maintenance.c */
struct ref pending_ref(const struct model *m, const struct pending *p);
struct pending *pending_of(struct model *m, struct ref ref);
uint64_t pending_mask(const struct model *m, const struct pending *p);
/* Had a CPU other than @cpu ever its caches on? */
bool model_others_cached(const struct model *m, unsigned cpu);
void set_way_barrier(struct model *m, const struct barrier *barrier);

/* registers.c */
void registers_used(struct model *m, const struct place *at, unsigned use, uint16_t reg, const struct access *access);
void registers_synchronized(struct model *m, unsigned cpu);
/* Whose translation regime governs accesses made at @el: that of EL 1, 2 or 3. */
unsigned registers_regime(const struct cpu *cpu, unsigned el);
/* @finding is about @pending, and ends here. */
void registers_report(struct model *m, struct register_pending *pending, struct finding *finding);

/* register_order.c: rule H3 */
/* SCTLR says whether there is translation; HCR_EL2 has DC and stage 2. */
bool register_governs_without_mmu(uint16_t reg);
/* M goes on by an MSR: what is to translate then must be in force before. */
void registers_enable(struct model *m, const struct place *at);
/* One that translation depends on was written. */
void registers_ordered(struct model *m, struct cpu *cpu, const struct register_pending *written);

/* writers.c */
struct writer_table *writers_new(void);
void writers_free(struct writer_table *table);
uint32_t writers_intern(struct writer_table *table, const struct writer *writer);
const struct writer *writers_get(const struct writer_table *table, uint32_t number);
/* The same writer, whenever it wrote: what findings are told apart by. */
uint32_t writers_base(struct writer_table *table, uint32_t number);
uint64_t writers_count(const struct writer_table *table);
uint32_t writer_of_access(struct model *m, const struct access *access);
/* Of an instruction that is not a store: the epoch does not count. */
uint32_t writer_of_place(struct model *m, const struct place *at, uint64_t va, struct attributes attributes);

/* judge.c: evidence about one access */
struct evidence {
	uint64_t wrong; /* bytes of the line for which another value is permitted */
	/* Why; each a set of those bytes. */
	uint64_t unwritten; /* the newest value may be in a cache only */
	uint64_t stale;     /* a cache may hold an older copy */
	uint64_t gone;      /* the newest value may be nowhere */
	uint64_t in_flight; /* only because a non-cacheable store may not have reached memory */
	uint64_t discarded, raced, unwaited, disordered, overtaken, doubtful, assumed; /* see struct cloud */
	uint64_t alternative; /* only if the access is made under attributes that are not in force any more, or not yet
			       */
	uint64_t lost_power;
	uint32_t who; /* DC without DSB that covers them, 0: none */
	uint8_t op;
	bool dmb_only;
	unsigned candidates;
	struct candidate candidate[FINDING_CANDIDATES];
	uint32_t before;
};
void judge_read(struct model *m, struct ref ref, const struct access *access, const struct evidence *evidence);
/*
 * A finding that is not about a value. It is the model's scratch one: change it before the next call. @key tells
 * findings of one kind and pc apart. Strings must be static.
 */
struct finding *judge_begin(struct model *m, enum kind kind, enum severity severity, const struct place *at,
	const struct access *access, const char *rule, const char *text, const char *remedy);
/* Counts it, and gives it to the feeder when it is new. @key: a writer, or 0. */
void judge_emit(struct model *m, struct finding *finding, uint32_t key);
/* Both. */
void judge_other(struct model *m, enum kind kind, enum severity severity, const struct place *at,
	const struct access *access, const char *rule, const char *text, const char *remedy);
struct finding_table *findings_new(void);
void findings_free(struct finding_table *table);
void findings_finish(struct model *m);

#endif
