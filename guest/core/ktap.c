// SPDX-License-Identifier: GPL-2.0-or-later
/* The console protocol. Everything that is printed passes through a struct line, which no text can break out of. */
#include <limpid/ktap.h>
#include <limpid/spinlock.h>
#include <limpid/string.h>

/* Held for each line, so that lines of several CPUs do not mix. */
static struct spinlock line_lock = SPINLOCK_INIT;
static struct ktap_counts counts;
static unsigned number;

/* One more space than the protocol's own comments have: no text can pass for "# start" or "# time". */
#define COMMENT       "#  "
#define COMMENT_BREAK "\n" COMMENT

struct line {
	unsigned used;
	bool comment; /* a newline in the text begins another comment line, and a last one says nothing */
	bool newline; /* one was seen, and nothing after it */
	char buffer[128];
};

static void line_flush(struct line *line)
{
	if (line->used)
		console_write(line->buffer, line->used);
	line->used = 0;
}

static void line_raw(struct line *line, const char *text, size_t length)
{
	while (length--) {
		if (line->used == sizeof(line->buffer))
			line_flush(line);
		line->buffer[line->used++] = *text++;
	}
}

static void line_string(struct line *line, const char *text)
{
	line_raw(line, text, strlen(text));
}

static void line_escaped(struct line *line, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char code[4] = {'\\', 'x', hex[c >> 4], hex[c & 15]};

	if (c == '\n')
		line_raw(line, "\\n", 2);
	else if (c == '\t' && line->comment)
		line_raw(line, "\t", 1);
	else if (c == '\t')
		line_raw(line, "\\t", 2);
	else if (c == '\r')
		line_raw(line, "\\r", 2);
	/* Bytes from 0x80 may be UTF-8, but 0x80 to 0x9f alone may be control characters of a terminal too. */
	else if (c < 0x20 || c >= 0x7f)
		line_raw(line, code, sizeof(code));
	else
		line_raw(line, (const char *)&c, 1);
}

/* Takes formatted text: a format_emit. */
static void line_emit(void *context, const char *text, size_t length)
{
	struct line *line = context;

	for (; length; length--, text++) {
		if (line->newline) {
			line_string(line, COMMENT_BREAK);
			line->newline = false;
		}
		if (line->comment && *text == '\n') {
			line->newline = true;
			continue;
		}
		line_escaped(line, (unsigned char)*text);
	}
}

static void line_vformat(struct line *line, const char *fmt, va_list args)
{
	format(line_emit, line, fmt, args);
}

static void PRINTF_LIKE(2, 3) line_format(struct line *line, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	line_vformat(line, fmt, args);
	va_end(args);
}

static void line_end(struct line *line)
{
	line_raw(line, "\n", 1);
	line_flush(line);
}

void ktap_begin(const char *fmt, ...)
{
	struct line line = {0};
	va_list args;

	counts = (struct ktap_counts){0};
	number = 0;
	spin_lock(&line_lock);
	line_string(&line, "KTAP version 1\n# limpid ");
	va_start(args, fmt);
	line_vformat(&line, fmt, args);
	va_end(args);
	line_end(&line);
	spin_unlock(&line_lock);
}

void ktap_plan(unsigned tests, const char *why_none)
{
	struct line line = {0};

	spin_lock(&line_lock);
	if (tests)
		line_format(&line, "1..%u", tests);
	else
		line_format(&line, "1..0 # SKIP %s", why_none);
	line_end(&line);
	spin_unlock(&line_lock);
}

void ktap_start(const char *name)
{
	struct line line = {0};

	spin_lock(&line_lock);
	line_format(&line, "# start %s", name);
	line_end(&line);
	spin_unlock(&line_lock);
}

void ktap_migrate(const char *name)
{
	struct line line = {0};

	spin_lock(&line_lock);
	line_format(&line, "# migrate %s", name);
	line_end(&line);
	spin_unlock(&line_lock);
}

void ktap_result(const char *name, enum ktap_outcome outcome, uint64_t time_us, const char *reason)
{
	struct line line = {0};

	number++;
	switch (outcome) {
	case KTAP_PASS:
		counts.passed++;
		break;
	case KTAP_FAIL:
		counts.failed++;
		break;
	case KTAP_SKIP:
		counts.skipped++;
		break;
	}
	spin_lock(&line_lock);
	if (time_us != KTAP_NO_TIME) {
		line_format(&line, "# time %s %" PRIu64 " us", name, time_us);
		line_raw(&line, "\n", 1);
	}
	line_format(&line, "%sok %u %s", outcome == KTAP_FAIL ? "not " : "", number, name);
	if (outcome == KTAP_SKIP)
		line_format(&line, " # SKIP%s%s", reason && *reason ? " " : "", reason ? reason : "");
	line_end(&line);
	spin_unlock(&line_lock);
}

void ktap_vcomment(const char *fmt, va_list args)
{
	struct line line = {.comment = true};

	spin_lock(&line_lock);
	line_string(&line, COMMENT);
	line_vformat(&line, fmt, args);
	line_end(&line);
	spin_unlock(&line_lock);
}

void ktap_comment(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	ktap_vcomment(fmt, args);
	va_end(args);
}

void ktap_vdiagnostic(const char *file, unsigned place, const char *fmt, va_list args)
{
	struct line line = {0};

	spin_lock(&line_lock);
	line_format(&line, "# %s:%u: ", file, place);
	line_vformat(&line, fmt, args);
	line_end(&line);
	spin_unlock(&line_lock);
}

void ktap_diagnostic(const char *file, unsigned place, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	ktap_vdiagnostic(file, place, fmt, args);
	va_end(args);
}

void ktap_expect(const char *ending)
{
	struct line line = {0};

	spin_lock(&line_lock);
	line_format(&line, "# limpid: expect %s", ending);
	line_end(&line);
	spin_unlock(&line_lock);
}

void ktap_end(void)
{
	struct line line = {0};

	spin_lock(&line_lock);
	line_format(
		&line, "# limpid: end %u passed, %u failed, %u skipped", counts.passed, counts.failed, counts.skipped);
	line_end(&line);
	spin_unlock(&line_lock);
}

void ktap_bail_out(const char *fmt, ...)
{
	struct line line = {0};
	va_list args;

	line_string(&line, "Bail out! ");
	va_start(args, fmt);
	line_vformat(&line, fmt, args);
	va_end(args);
	line_end(&line);
}

struct ktap_counts ktap_counts(void)
{
	return counts;
}
