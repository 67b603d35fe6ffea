/**
 * Where an object was found not to fit. The check that follows, to say why, begins there: what came before has been asked.
 *
 * It is known by the object and by who asked, is taken at once, and is forgotten at the end of a run.
 */
let misfit: unknown
let asker: object | undefined

/**
 * How many fields were found to fit, and how many of these were there; and that the object is plain, since no other is asked.
 * One record for all, read before anybody asks again.
 */
const fitted = { isPlain: true, fields: 0, present: 0 }
const nothing: Readonly<typeof fitted> = { isPlain: false, fields: 0, present: 0 }

/** Says that the object has a field too many, or one that does not fit. Gives false, as a {@link Fits} has to. */
export function misses(value: unknown, by: object, fields: number, present: number): false {
  misfit = value
  asker = by
  fitted.fields = fields
  fitted.present = present
  return false
}

/** What this asker just found of this object. */
export function fittedOf(value: object, by: object): Readonly<typeof fitted> {
  const isKnown = misfit === value && asker === by
  forgetMisfit()
  return isKnown ? fitted : nothing
}

export function forgetMisfit(): void {
  misfit = undefined
  asker = undefined
}
