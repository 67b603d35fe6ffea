import { OrmUniqueViolation } from "@ashlar/orm"
import { User, type UserRow } from "./models/user.ts"
import { notFound, taken } from "./refusals.ts"

/** @throws 404 */
export async function findPerson(username: string): Promise<UserRow> {
  const person = await User.where("username", username).first()
  if (person === undefined) throw notFound("profile")
  return person
}

/** Runs a write of an account. @throws 409 that says which of its names is another's. */
export async function asOnlyOne<T>(write: Promise<T>): Promise<T> {
  try {
    return await write
  } catch (error) {
    if (!(error instanceof OrmUniqueViolation)) throw error
    throw taken(JSON.stringify(error.details).includes("email") ? "email" : "username")
  }
}
