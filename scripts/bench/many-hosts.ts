// Hosts by the thousand on loopback: an address for each, so that neither local ports nor a tool's limit per address run out, and the descriptors they need.
import { readFileSync } from 'node:fs';

/** Descriptors that a process needs besides its sockets. */
const SPARE_DESCRIPTORS = 200;

/** 127.1.0.1, 127.1.0.2, ...: the address of host `index` (0 to 15 million). */
export function hostAddress(index: number): string {
  return `127.${1 + Math.floor(index / 62_500)}.${Math.floor(index / 250) % 250}.${1 + (index % 250)}`;
}

/** How many of `wanted` hosts the descriptors of this process allow at once. */
export function hostsAtOnce(wanted: number): number {
  return Math.min(wanted, descriptorLimit() - SPARE_DESCRIPTORS);
}

/** Open files that this process may have, from the kernel; Infinity where there is no such file. */
function descriptorLimit(): number {
  try {
    const line = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return line === null || line[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(line[1]);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
