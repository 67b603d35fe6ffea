import { OrmUniqueViolation } from "@ashlar/orm"
import { Follow } from "./models/follow.ts"
import { User, type UserRow } from "./models/user.ts"
import { notFound, taken } from "./refusals.ts"

/** @throws 404 */
export async function findPerson(username: string): Promise<UserRow> {
  const person = await User.where("username", username).first()
  if (person === undefined) throw notFound("profile")
  return person
}

/** Follows somebody; who does so already goes on. */
export async function follow(follower: UserRow, followed: UserRow): Promise<void> {
  await Follow.upsert([{ followerId: follower.id, followedId: followed.id }], {
    on: ["followerId", "followedId"],
    update: [],
  })
}

export async function unfollow(follower: UserRow, followed: UserRow): Promise<void> {
  await Follow.where("followerId", follower.id).where("followedId", followed.id).delete()
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
