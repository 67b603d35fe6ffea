import { CredentialsNeeded, type Need } from "@ashlar/control"
import {
  type Action,
  CollectionNotFound,
  type DocumentCollection,
  DocumentsForbidden,
  type RuleCaller,
} from "@ashlar/documents"
import { type BaseContext, type Layer, layer } from "@ashlar/http"
import type { AppUser, SignedIn } from "@ashlar/identity"
import type { ProjectRooms } from "../project-rooms.ts"
import type { Entries, InProject } from "./entry.ts"

/** What an action on documents takes before the collection's rules decide on keys and anonymous callers. */
export function needFor(action: Action): Need {
  const [role, scope] =
    action === "read" ? (["viewer", "documents:read"] as const) : (["developer", "documents:write"] as const)
  return { role, key: "publishable", scope, anonymous: true }
}

interface WithCollection {
  readonly collection: DocumentCollection
  /** Whether the caller may also create documents: a PUT creates what is not there. */
  readonly mayCreate: boolean
}

/**
 * The collection of the path, once its rules let this caller do that; adds `ctx.collection`. To a caller without
 * credentials, a closed collection looks like one that is not there: both ask for credentials.
 */
export function createRuleLayer(
  rooms: ProjectRooms,
  { inProject }: Entries,
): (action: Action) => readonly [Layer<InProject, unknown>, Layer<WithCollection, unknown>] {
  return (action) => {
    const entry = inProject(needFor(action))
    const before = async (ctx: BaseContext): Promise<WithCollection> => {
      const { access, appUser } = ctx as BaseContext & InProject
      const name = ctx.params.collection ?? ""
      const { documents } = await rooms.open(access.project.id)
      try {
        return documents.admit(name, action, appUser === undefined ? access.as : ruleUser(appUser))
      } catch (error) {
        if (access.as === "anonymous") throw new CredentialsNeeded(undefined, { cause: error })
        throw error
      }
    }
    return [entry, layer({ name: "rules", needs: [entry], errors: [CollectionNotFound, DocumentsForbidden], before })]
  }
}

function ruleUser({ user, amr }: SignedIn<AppUser>): RuleCaller {
  return { kind: "user", user: { ...user, mfa: amr.includes("mfa") } }
}
