import { z } from "zod"
import { measure } from "../measure.ts"

const User = z.strictObject({
  id: z.guid(),
  name: z.string().min(1).max(100),
  email: z.email(),
  age: z.int().min(0).max(150).optional(),
  admin: z.boolean(),
  role: z.enum(["owner", "editor", "viewer"]),
  tags: z.array(z.string()).max(10),
  address: z.strictObject({ street: z.string(), zip: z.string().max(10) }),
})

measure({
  isValid: (value) => User.safeParse(value).success,
  errorsOf: (value) => User.safeParse(value).error?.issues.length ?? 0,
})
