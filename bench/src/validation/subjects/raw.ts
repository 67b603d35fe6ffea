/** By hand: what a patient developer writes for this one shape. */
import { measure } from "../measure.ts"

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
/** The pattern that HTML gives for `<input type=email>`. */
const EMAIL =
  /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/

type Fields = Record<string, unknown>

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function isUser(value: unknown): boolean {
  if (!isObject(value)) return false
  const { id, name, email, age, admin, role, tags, address } = value
  if (typeof id !== "string" || !UUID.test(id)) return false
  if (typeof name !== "string" || name.length < 1 || name.length > 100) return false
  if (typeof email !== "string" || email.length > 254 || !EMAIL.test(email)) return false
  if (age !== undefined && !isAge(age)) return false
  if (typeof admin !== "boolean") return false
  if (role !== "owner" && role !== "editor" && role !== "viewer") return false
  if (!Array.isArray(tags) || tags.length > 10) return false
  for (let at = 0; at < tags.length; at++) if (typeof tags[at] !== "string") return false
  if (!isObject(address)) return false
  const { street, zip } = address
  if (typeof street !== "string" || typeof zip !== "string" || zip.length > 10) return false
  for (const key in address) if (key !== "street" && key !== "zip") return false
  for (const key in value) if (!isKey(key)) return false
  return true
}

function isAge(age: unknown): boolean {
  return Number.isSafeInteger(age) && (age as number) >= 0 && (age as number) <= 150
}

function isKey(key: string): boolean {
  switch (key) {
    case "id":
    case "name":
    case "email":
    case "age":
    case "admin":
    case "role":
    case "tags":
    case "address":
      return true
    default:
      return false
  }
}

interface Problem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

function problemsOf(value: unknown): readonly Problem[] {
  const found: Problem[] = []
  const say = (path: readonly (string | number)[], message: string): unknown => found.push({ path, message })
  if (!isObject(value)) return [{ path: [], message: "Expected an object." }]
  const { id, name, email, age, admin, role, tags, address } = value
  if (typeof id !== "string" || !UUID.test(id)) say(["id"], "Expected a UUID.")
  if (typeof name !== "string" || name.length < 1 || name.length > 100) say(["name"], "Expected 1 to 100 characters.")
  if (typeof email !== "string" || email.length > 254 || !EMAIL.test(email))
    say(["email"], "Expected an email address.")
  if (age !== undefined && !isAge(age)) say(["age"], "Expected an age from 0 to 150.")
  if (typeof admin !== "boolean") say(["admin"], "Expected true or false.")
  if (role !== "owner" && role !== "editor" && role !== "viewer") say(["role"], "Expected a role.")
  if (!Array.isArray(tags) || tags.length > 10) say(["tags"], "Expected at most 10 tags.")
  else
    for (let at = 0; at < tags.length; at++) if (typeof tags[at] !== "string") say(["tags", at], "Expected a string.")
  if (!isObject(address)) say(["address"], "Expected an object.")
  else {
    const { street, zip } = address
    if (typeof street !== "string") say(["address", "street"], "Expected a string.")
    if (typeof zip !== "string" || zip.length > 10) say(["address", "zip"], "Expected at most 10 characters.")
    for (const key in address) if (key !== "street" && key !== "zip") say(["address", key], "Unknown key.")
  }
  for (const key in value) if (!isKey(key)) say([key], "Unknown key.")
  return found
}

measure({ isValid: isUser, errorsOf: (value) => problemsOf(value).length })
