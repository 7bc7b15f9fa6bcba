/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/barrier.h>
#include <limpid/console.h>
#include <limpid/ktap.h>
#include <limpid/migrate.h>
#include <limpid/runner.h>
#include <limpid/spinlock.h>

void migrate(void)
{
	/* What somebody typed before is no answer. */
	while (console_read() >= 0)
		;
	ktap_migrate(runner_current_test());
	while (console_read() < 0)
		cpu_relax();
}
