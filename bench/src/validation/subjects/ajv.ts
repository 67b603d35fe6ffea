import { Ajv2020 } from "ajv/dist/2020.js"
import addFormats from "ajv-formats"
import { USER_SCHEMA } from "../json-schema.ts"
import { measure } from "../measure.ts"

const [first, all] = [new Ajv2020(), new Ajv2020({ allErrors: true })]
for (const ajv of [first, all]) addFormats.default(ajv)
const isUser = first.compile(USER_SCHEMA)
const checkUser = all.compile(USER_SCHEMA)

measure({
  isValid: (value) => isUser(value),
  errorsOf: (value) => (checkUser(value) ? 0 : (checkUser.errors?.length ?? 0)),
})
