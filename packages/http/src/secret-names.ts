import { isSecretName } from "@ashlar/core"

/**
 * What is secret by its name, in requests whose schema does not say it (`v.string().secret()`): nothing of it is told back,
 * since answers end in logs and on screens.
 */

const MAX_TEXTS = 100
const MAX_DEPTH = 16

/** The secrets in a value, as texts: all of it, or what stands under a secret name. Undefined: more than are looked for. */
export function secretTexts(value: unknown, isSecret: boolean): readonly string[] | undefined {
  const texts: string[] = []
  return collect(value, isSecret, { texts, depth: 0, left: { count: MAX_TEXTS * 10 } }) ? texts : undefined
}

interface Search {
  readonly texts: string[]
  readonly depth: number
  readonly left: { count: number }
}

function collect(value: unknown, isSecret: boolean, { texts, depth, left }: Search): boolean {
  if (typeof value !== "object" || value === null) {
    if (isSecret && value !== undefined) texts.push(String(value))
    return texts.length <= MAX_TEXTS
  }
  if (depth === MAX_DEPTH) return false
  return Object.entries(value).every(
    ([key, one]) => left.count-- > 0 && collect(one, isSecret || isSecretName(key), { texts, depth: depth + 1, left }),
  )
}

/** Whether a message repeats one of the texts, as it is or as JSON writes it. Where they are not known, it may. */
export function holdsText(message: string, texts: readonly string[] | undefined): boolean {
  return texts?.some((text) => text !== "" && (message.includes(text) || message.includes(inJson(text)))) ?? true
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
