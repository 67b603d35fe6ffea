/**
 * Overwrites bytes with zeros. That is what a program can do here: copies that the runtime, OpenSSL or the system made on their way
 * (a moved heap, a cipher's own state, swap, a core dump) are out of its reach, and a string can never be wiped.
 */
export function wipe(...all: readonly Uint8Array[]): void {
  for (const bytes of all) bytes.fill(0)
}
