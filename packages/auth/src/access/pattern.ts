/** An action: `posts:read`. A pattern may end in `*`, for all that begins so, or have `*` for one part. */
const PATTERN = /^(?:\*|[a-z0-9_.-]+)(?::(?:\*|[a-z0-9_.-]+)){0,7}$/i

export function isPattern(text: string): boolean {
  return text.length <= 200 && PATTERN.test(text)
}

/** Whether a pattern is for an action. Parts are compared as they are; a `*` at the end stands for one part or more. */
export function covers(pattern: string, action: string): boolean {
  if (pattern === action) return true
  if (!pattern.includes("*")) return false
  const [wanted, parts] = [pattern.split(":"), action.split(":")]
  for (const [at, part] of wanted.entries()) {
    if (at >= parts.length) return false
    if (part === "*") {
      if (at === wanted.length - 1) return true
    } else if (part !== parts[at]) return false
  }
  return wanted.length === parts.length
}
