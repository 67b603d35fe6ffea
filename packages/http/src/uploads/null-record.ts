/**
 * A record without a prototype, so that no name in it means anything but itself. A class, because V8 keeps what it makes
 * in its fast form, unlike what `Object.create(null)` makes.
 */
export const NullRecord: new <T>() => Record<string, T> = (() => {
  const made = function NullRecord() {} as unknown as new <T>() => Record<string, T>
  made.prototype = Object.freeze(Object.create(null))
  return made
})()
