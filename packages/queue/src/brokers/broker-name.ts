import { createHash } from "node:crypto"

/**
 * A name that every broker takes, and no two kinds of job share: letters, digits and `-`; what is none of them as `_` and its code.
 *
 * @param maxLength Longer ones end in a hash.
 */
export function brokerName(text: string, maxLength: number): string {
  const name = text.replace(/[^A-Za-z0-9-]/g, (sign) => `_${sign.charCodeAt(0).toString(16).padStart(2, "0")}`)
  if (name.length <= maxLength) return name
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16)
  return `${name.slice(0, maxLength - hash.length - 1)}_${hash}`
}
