import { type Message, type StringSchema, v } from "@ashlar/validation"

const BLANK = "can't be blank"

/**
 * Text that callers must give, up to `max` characters. White space around it is taken away. What PostgreSQL cannot keep (NUL)
 * and what is no text at all (half of a surrogate pair) is refused here, so that all three databases keep the same.
 */
export function text(max: number): StringSchema {
  return verbatim(max).trim().min(1, BLANK)
}

/** The same, as it was sent: for what may begin and end with spaces. */
export function verbatim(max: number): StringSchema {
  return v
    .string()
    .max(max, `is too long (at most ${max} characters)`)
    .refine((sent) => sent.isWellFormed() && !sent.includes("\0"), "is not text")
    .message(missingOr("is not text"))
}

/** What is said of a value that is not there, or is of another kind. */
export function missingOr(otherwise: string): Message {
  return ({ code, received }) => (code === "required" || received === "null" ? BLANK : otherwise)
}
