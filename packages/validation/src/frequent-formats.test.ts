import { expect, test } from "bun:test"
import { isEmailByCharacter, isEmailByPattern, isUuidByCharacter, isUuidByPattern } from "./frequent-formats.ts"

/** The pattern that HTML gives. @see https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address */
const EMAIL =
  /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

test.each([isEmailByCharacter, isEmailByPattern])(
  "an email address is what HTML's pattern takes, up to its length: %p",
  (isEmail) => {
    const pieces = ["a", "Z9", "@", "@", ".", "-", "+", "é", "\n", " ", "b".repeat(62), "\u2000", "ſ"]
    let taken = 0
    for (let round = 0; round < 300_000; round++) {
      const length = Math.floor(Math.random() * 8)
      const text = Array.from({ length }, () => pieces[Math.floor(Math.random() * pieces.length)]).join("")
      if (isEmail(text)) taken++
      if (isEmail(text) !== (text.length <= 254 && EMAIL.test(text))) expect(text).toBe("the same by both")
    }
    expect(taken).toBeGreaterThan(1000)
    const longest = `a@${`${"b".repeat(61)}.`.repeat(4)}cdef`
    expect([longest.length, isEmail(longest), isEmail(`${longest}g`)]).toEqual([254, true, false])
  },
)

test.each([isUuidByCharacter, isUuidByPattern])("a UUID is what its pattern takes: %p", (isUuid) => {
  const good = "01890A5d-ac96-774b-bcce-b302099a8057"
  for (let at = 0; at < good.length; at++)
    for (const unit of ["-", "0", "f", "F", "g", "G", "/", ":", "@", "`", "\u0130", "\n", ""]) {
      const text = good.slice(0, at) + unit + good.slice(at + 1)
      expect([text, isUuid(text)]).toEqual([text, UUID.test(text)])
    }
  for (const text of [`${good}0`, `0${good}`, good.replaceAll("-", ""), "-".repeat(36), "", 5, null, [good]])
    expect(isUuid(text)).toBe(false)
})
