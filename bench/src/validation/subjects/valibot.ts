import * as v from "valibot"
import { measure } from "../measure.ts"

const User = v.strictObject({
  id: v.pipe(v.string(), v.uuid()),
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(100)),
  email: v.pipe(v.string(), v.email()),
  age: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(150))),
  admin: v.boolean(),
  role: v.picklist(["owner", "editor", "viewer"]),
  tags: v.pipe(v.array(v.string()), v.maxLength(10)),
  address: v.strictObject({ street: v.string(), zip: v.pipe(v.string(), v.maxLength(10)) }),
})

measure({
  isValid: (value) => v.safeParse(User, value).success,
  errorsOf: (value) => v.safeParse(User, value).issues?.length ?? 0,
})
