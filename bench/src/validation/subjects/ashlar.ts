import { v, validate } from "@ashlar/validation"
import { measure } from "../measure.ts"

const User = v.object({
  id: v.string().uuid(),
  name: v.string().min(1).max(100),
  email: v.string().email(),
  age: v.integer().min(0).max(150).optional(),
  admin: v.boolean(),
  role: v.enum(["owner", "editor", "viewer"]),
  tags: v.array(v.string()).max(10),
  address: v.object({ street: v.string(), zip: v.string().max(10) }),
})

measure({
  isValid: (value) => validate(User, value).issues === undefined,
  errorsOf: (value) => validate(User, value).issues?.length ?? 0,
})
