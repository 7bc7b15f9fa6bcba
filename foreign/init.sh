#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The first program of Linux in the cases linux-shell* of guests.conf: makes the kernel patch its own code, change its
# translation tables, and stop and start a CPU. "limpid: ..." on the console says how far it is.

busybox=/bin/busybox
$busybox mkdir -p /proc /sys /dev /tmp
$busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mount -t tmpfs tmp /tmp
echo 1 >/proc/sys/kernel/printk

say() { echo "limpid: $*"; }

modules() {
	for round in 1 2; do
		for module in /modules/*.ko; do
			insmod $module || return 1
		done
		for name in $(cut -d' ' -f1 /proc/modules); do
			rmmod $name || return 1
		done
	done
}

processes() {
	i=0
	while [ $i -lt 20 ]; do
		(true) &
		cat /proc/self/maps | grep -q stack || return 1
		i=$((i + 1))
	done
	wait
}

memory() {
	dd if=/dev/zero of=/tmp/file bs=64k count=64 2>/dev/null || return 1
	cp /tmp/file /tmp/copy && cmp /tmp/file /tmp/copy && rm /tmp/file /tmp/copy
	echo 3 >/proc/sys/vm/drop_caches
}

cpu1=/sys/devices/system/cpu/cpu1/online
replug() {
	[ -e $cpu1 ] || return 0
	for round in 1 2; do
		echo 0 >$cpu1 && echo 1 >$cpu1 && [ "$(cat $cpu1)" = 1 ] || return 1
		taskset 2 true || return 1
	done
}

# Jump labels: the kernel patches NOP to B and back while all CPUs run.
labels() {
	for round in 1 2; do
		echo 1 >/proc/sys/kernel/sched_schedstats && echo 0 >/proc/sys/kernel/sched_schedstats || return 1
	done
}

# What a program must not do.
careless() { exercise careless; }

for step in ${steps:-modules processes memory labels replug exercise}; do
	$step && say "$step done" || say "$step failed"
done
say "the end"
poweroff -f
