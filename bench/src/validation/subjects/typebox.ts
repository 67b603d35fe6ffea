import { Type } from "typebox"
import { Compile } from "typebox/compile"
import { measure } from "../measure.ts"

const User = Compile(
  Type.Object(
    {
      id: Type.String({ format: "uuid" }),
      name: Type.String({ minLength: 1, maxLength: 100 }),
      email: Type.String({ format: "email" }),
      age: Type.Optional(Type.Integer({ minimum: 0, maximum: 150 })),
      admin: Type.Boolean(),
      role: Type.Enum(["owner", "editor", "viewer"]),
      tags: Type.Array(Type.String(), { maxItems: 10 }),
      address: Type.Object(
        { street: Type.String(), zip: Type.String({ maxLength: 10 }) },
        { additionalProperties: false },
      ),
    },
    { additionalProperties: false },
  ),
)

measure({ isValid: (value) => User.Check(value), errorsOf: (value) => [...User.Errors(value)].length })
