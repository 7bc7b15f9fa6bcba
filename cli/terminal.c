/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "terminal.h"

static struct {
	gboolean colour_out, colour_err, progress, shown, broken;
} terminal;

static gboolean is_terminal(FILE *stream)
{
	const char *term = g_getenv("TERM");

	return isatty(fileno(stream)) && term && strcmp(term, "dumb") != 0;
}

void terminal_init(const char *color, gboolean quiet)
{
	const char *no_color = g_getenv("NO_COLOR");
	gboolean always = g_strcmp0(color, "always") == 0;
	gboolean automatic = g_strcmp0(color, "never") != 0 && !(no_color && *no_color);

	terminal.colour_out = always || (automatic && is_terminal(stdout));
	terminal.colour_err = always || (automatic && is_terminal(stderr));
	terminal.progress = !quiet && is_terminal(stderr);
}

const char *terminal_colour(FILE *stream, enum colour colour)
{
	static const char *const codes[] = {"\033[0m", "\033[32m", "\033[1;31m", "\033[33m", "\033[2m", "\033[1m"};

	return (stream == stderr ? terminal.colour_err : terminal.colour_out) ? codes[colour] : "";
}

static void hide_progress(void)
{
	if (terminal.shown) {
		fputs("\r\033[K", stderr);
		fflush(stderr);
	}
	terminal.shown = FALSE;
}

void terminal_print(FILE *stream, const char *format, ...)
{
	va_list args;

	hide_progress();
	va_start(args, format);
	vfprintf(stream, format, args);
	va_end(args);
	if (fflush(stream) != 0 && stream == stdout)
		terminal.broken = TRUE;
}

void terminal_complain(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	hide_progress();
	fprintf(stderr, "%slimpid:%s ", terminal_colour(stderr, COLOUR_BOLD), terminal_plain(stderr));
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

void terminal_progress(const char *text)
{
	struct winsize size;
	int columns = 80;

	if (!terminal.progress)
		return;
	hide_progress();
	if (!text)
		return;
	if (ioctl(fileno(stderr), TIOCGWINSZ, &size) == 0 && size.ws_col > 10)
		columns = size.ws_col;
	fprintf(stderr, "%.*s", columns - 1, text);
	fflush(stderr);
	terminal.shown = TRUE;
}

gboolean terminal_has_progress(void)
{
	return terminal.progress;
}

gboolean terminal_is_broken(void)
{
	return terminal.broken;
}
