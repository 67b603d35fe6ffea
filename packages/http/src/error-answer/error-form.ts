import { preferred } from "../accept.ts"
import { PROBLEM_TYPE } from "../reply/reply.ts"
import { JSON_API_TYPE } from "./json-api.ts"

/** A form that errors can be told in, besides problem documents: a page for people, or the errors of JSON:API. */
export type ErrorFormat = "html" | "json-api"

/** What each offered type is answered with. `application/json` is what many callers of an API ask for. */
const FORMS: readonly (readonly [type: string, form: ErrorFormat | undefined])[] = [
  [PROBLEM_TYPE, undefined],
  ["application/json", undefined],
  [JSON_API_TYPE, "json-api"],
  ["text/html", "html"],
]

/**
 * The form to tell an error in, by the `Accept` header of who asked; undefined for a problem document, which is also for
 * everybody who accepts none of it: an error in a form that was not asked for is better than none.
 */
export function errorForm(accept: string | null, formats: readonly ErrorFormat[]): ErrorFormat | undefined {
  // Only who names one of the other forms can prefer it; most callers name neither.
  if (accept === null || !/html|vnd\.api|text\/\*/i.test(accept)) return undefined
  const offers = FORMS.filter(([, form]) => form === undefined || formats.includes(form))
  const type = preferred(
    offers.map(([name]) => name),
    accept,
  )
  return offers.find(([name]) => name === type)?.[1]
}
