import { InvalidInput } from "./errors.ts"

const MAX_CHARACTERS = 100

/** @throws {CONTROL_INVALID_INPUT} when the name is empty, over 100 characters or holds control characters */
export function checkName(text: string): string {
  const name = text.length > 4 * MAX_CHARACTERS ? text : text.normalize("NFC").trim()
  if (name === "" || [...name].length > MAX_CHARACTERS || /\p{Cc}/u.test(name)) {
    throw new InvalidInput("Expected `name` to be 1 to 100 characters without control characters.", {
      details: { field: "name" },
    })
  }
  return name
}

/** @throws {CONTROL_INVALID_INPUT} when the value is none of the choices */
export function checkChoice<const Choice extends string>(
  field: string,
  value: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((one) => one === value)
  if (choice !== undefined) return choice
  throw new InvalidInput(`Expected \`${field}\` to be one of ${choices.join(", ")}. Choose one of these.`, {
    details: { field },
  })
}
