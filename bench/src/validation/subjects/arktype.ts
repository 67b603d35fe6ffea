import { type } from "arktype"
import { measure } from "../measure.ts"

const User = type({
  "+": "reject",
  id: "string.uuid",
  name: "1 <= string <= 100",
  email: "string.email",
  "age?": "0 <= number.integer <= 150",
  admin: "boolean",
  role: "'owner' | 'editor' | 'viewer'",
  tags: "string[] <= 10",
  address: { "+": "reject", street: "string", zip: "string <= 10" },
})

measure({
  isValid: (value) => !(User(value) instanceof type.errors),
  errorsOf: (value) => {
    const result = User(value)
    // Its messages are made when they are asked for.
    return result instanceof type.errors ? result.filter(({ message }) => message !== "").length : 0
  },
})
