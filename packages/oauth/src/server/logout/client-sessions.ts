import type { Person } from "../people.ts"
import { hashOf, Records } from "../store/records.ts"
import type { OAuthStore } from "../store/store.ts"

interface SessionClients {
  readonly clients: readonly string[]
  readonly isOver?: boolean
}
const NONE: SessionClients = { clients: [] }

/** Applications that one session signed in to: beyond it the first are not told of its end. */
const MAX_CLIENTS = 50

/** Which session of a person it is; without a name of its own all of them are one. */
export type SessionName = Pick<Person, "id" | "sessionId">

/** Which clients a session signed in to, so that they can be told of its end. */
export class ClientSessions {
  readonly #records: Records<SessionClients>

  constructor(store: OAuthStore) {
    this.#records = new Records(store, "sessionclients")
  }

  /** @returns false where the session ended meanwhile: what was begun in it must not go on. */
  async note(session: SessionName, clientId: string, untilMs: number): Promise<boolean> {
    let isOver = false
    await this.#records.update(idOf(session), untilMs, ({ clients, isOver: was = false } = NONE) => {
      isOver = was
      return was ? undefined : { clients: [...clients.filter((one) => one !== clientId), clientId].slice(-MAX_CLIENTS) }
    })
    return !isOver
  }
  /**
   * Ends it. Of all who ask at once, one is given its clients.
   * @param untilMs Until when codes live that were given in it.
   */
  async end(session: SessionName, untilMs: number): Promise<readonly string[]> {
    let ended: readonly string[] = []
    // Without a name it is not told from the next session of the same person, which is not over.
    const next: SessionClients = session.sessionId === undefined ? NONE : { clients: [], isOver: true }
    await this.#records.update(idOf(session), untilMs, ({ clients } = NONE) => {
      ended = clients
      return next
    })
    return ended
  }
}

function idOf({ id, sessionId }: SessionName): string {
  return sessionId === undefined ? hashOf("person", id) : hashOf("session", id, sessionId)
}
