/** Lengths in code points. There are at most as many as UTF-16 units and at least half as many: only in between must they be counted. */

export function isShorter(text: string, least: number): boolean {
  return text.length < least || (text.length < 2 * least && lengthOf(text) < least)
}

export function isLonger(text: string, most: number): boolean {
  return text.length > 2 * most || (text.length > most && lengthOf(text) > most)
}

export function lengthOf(text: string): number {
  let length = 0
  for (let at = 0; at < text.length; at++) {
    // The second half of a pair was counted with the first.
    const unit = text.charCodeAt(at)
    const isPair = unit >= 0xd800 && unit <= 0xdbff && isLowSurrogate(text.charCodeAt(at + 1))
    if (isPair) at++
    length++
  }
  return length
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}
