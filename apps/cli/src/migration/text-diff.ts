const CONTEXT = 3

/** The lines that differ between two texts, as `diff -u` shows them; `""` when none do. */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return ""
  const steps = stepsBetween(before.split("\n"), after.split("\n"))
  const kept = new Set<number>()
  steps.forEach(({ sign }, at) => {
    if (sign !== " ") for (let near = at - CONTEXT; near <= at + CONTEXT; near++) kept.add(near)
  })
  const lines = [`--- ${path}`, `+++ ${path}`]
  let [left, right] = [1, 1]
  for (let at = 0; at < steps.length; ) {
    if (!kept.has(at)) {
      left++
      right++
      at++
      continue
    }
    let end = at
    while (end < steps.length && kept.has(end)) end++
    const hunk = steps.slice(at, end)
    const [removed, added] = [
      hunk.filter(({ sign }) => sign !== "+").length,
      hunk.filter(({ sign }) => sign !== "-").length,
    ]
    lines.push(`@@ -${left},${removed} +${right},${added} @@`, ...hunk.map(({ sign, line }) => sign + line))
    left += removed
    right += added
    at = end
  }
  return lines.join("\n")
}

interface Step {
  readonly sign: " " | "-" | "+"
  readonly line: string
}

/** By the longest common subsequence. Sources are short enough for its table. */
function stepsBetween(a: readonly string[], b: readonly string[]): readonly Step[] {
  const width = b.length + 1
  const table = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      table[i * width + j] =
        a[i] === b[j]
          ? table[(i + 1) * width + j + 1]! + 1
          : Math.max(table[(i + 1) * width + j]!, table[i * width + j + 1]!)
  const steps: Step[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      steps.push({ sign: " ", line: a[i++]! })
      j++
    } else if (i < a.length && (j === b.length || table[(i + 1) * width + j]! >= table[i * width + j + 1]!))
      steps.push({ sign: "-", line: a[i++]! })
    else steps.push({ sign: "+", line: b[j++]! })
  }
  return steps
}
