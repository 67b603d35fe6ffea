/**
 * Compares strings by code point, as both engines do. JavaScript's `<` compares UTF-16 units, which puts every character
 * beyond U+FFFF before U+E000.
 *
 * @returns negative, zero or positive.
 */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return unitRank(x) - unitRank(y)
  }
  return a.length - b.length
}

/** Surrogates stand for the highest code points: they go above U+FFFF, and the units after them close the gap. */
function unitRank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

/**
 * Why a string cannot be stored, if it cannot: SQLite would keep a lone surrogate as bytes that are no UTF-8 and cut at
 * U+0000 in places, PostgreSQL refuses both.
 */
export function textFault(text: string): string | undefined {
  if (!text.isWellFormed()) return "a lone surrogate"
  return text.includes("\0") ? "U+0000" : undefined
}

/** Text for a message: whatever a caller sent, cut to a line and made printable. */
export function quote(text: unknown): string {
  const shown = typeof text === "string" ? JSON.stringify(text.toWellFormed()) : String(text)
  return shown.length > 80 ? `${shown.slice(0, 77)}...` : shown
}
