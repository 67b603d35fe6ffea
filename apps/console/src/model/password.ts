/** How hard a password is to guess, in words and in bars of four. */
export interface Strength {
  readonly bars: 0 | 1 | 2 | 3 | 4
  readonly word: string
  readonly hint: string
}

const common = /^(password|passwort|letmein|welcome|admin|qwert|azerty|iloveyou|monkey|dragon|football|123|abc|ashlar)/i

/** A rough estimate for the person who types; the server decides. */
export function strengthOf(password: string): Strength {
  const length = [...password].length
  if (length === 0) return { bars: 0, word: "", hint: "10 characters or more" }
  const hint = `${length} ${length === 1 ? "character" : "characters"}`
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^\w]/].filter((kind) => kind.test(password)).length
  const distinct = new Set(password).size
  if (common.test(password) || distinct < 5) return { bars: 1, word: "Weak", hint: `${hint}, a common one` }
  const score = length + kinds * 2 + Math.min(distinct, 12) / 2
  if (length < 10 || score < 16) return { bars: 1, word: "Weak", hint }
  if (score < 22) return { bars: 2, word: "Fair", hint }
  if (score < 32) return { bars: 3, word: "Strong", hint: `${hint}, not a common one` }
  return { bars: 4, word: "Very strong", hint: `${hint}, not a common one` }
}
