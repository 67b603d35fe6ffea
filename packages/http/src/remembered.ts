/**
 * A function of a text that keeps what it made. Headers repeat, so most answers are there; one that a flood of new ones
 * would fill forgets all and begins again.
 */
export function remembered<T>(max: number, make: (text: string) => T): (text: string) => T {
  const known = new Map<string, { readonly value: T }>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found.value
    const value = make(text)
    if (known.size >= max) known.clear()
    known.set(text, { value })
    return value
  }
}
