/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * migrate.h - how a test has its machine migrated.
 *
 *     TEST(timer, migrated, .doc = "...", .needs = "migration")
 *     {
 *             ... state ...
 *             migrate();
 *             ... is it still there? ...
 *     }
 *
 * The guest prints "# migrate NAME", for the test in progress, and whoever runs the machine moves it to another VMM and
 * then sends a byte to its UART: `limpid run` does, and a person can by hand. The need is met when the command line has
 * migrate=1, by which that is promised.
 */
#ifndef LIMPID_MIGRATE_H
#define LIMPID_MIGRATE_H

/*
 * Asks to be migrated, and returns when that has happened; may be called several times in a test. From one CPU, in any
 * state in which it can print; the others run on, and print nothing meanwhile.
 */
void migrate(void);

#endif
