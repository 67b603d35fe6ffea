const FORMS = [
  /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/,
  /^[A-Z][a-z]{5,8}, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT$/,
]
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/

/** Milliseconds since 1970; undefined when it is none of HTTP's dates. @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 */
export function parseDate(text: string | null): number | undefined {
  if (text === null) return undefined
  const trimmed = text.trim()
  const isAsctime = ASCTIME.test(trimmed)
  if (!isAsctime && !FORMS.some((form) => form.test(trimmed))) return undefined
  const time = Date.parse(isAsctime ? `${trimmed} GMT` : trimmed)
  return Number.isNaN(time) ? undefined : time
}
