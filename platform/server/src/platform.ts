import type { Control } from "@ashlar/control"
import type { Bus } from "@ashlar/events"
import type { FunctionsService } from "@ashlar/functions"
import type { Identity } from "@ashlar/identity"
import type { Kms } from "@ashlar/kms"
import type { Capabilities, Health, SetupFacts } from "@ashlar/protocol"
import type { Queue } from "@ashlar/queue"
import type { Scheduler } from "@ashlar/scheduler"
import type { AppUserRooms } from "./app-user-rooms.ts"
import type { InviteMailer } from "./invite-mail.ts"
import type { Log } from "./log.ts"
import type { RequestMetrics, Sample } from "./metrics.ts"
import type { ProjectRooms } from "./project-rooms.ts"

/** Everything the routes are made of: the rooms, and what the install says about itself. */
export interface Platform {
  readonly version: string
  readonly identity: Identity
  readonly control: Control
  /** What takes people their invites by mail. */
  readonly invites: InviteMailer
  /** Whether people reach nothing but their own account before they have shown a second factor. Keys are not asked. */
  readonly requireMfa: boolean
  /** The users of the projects' apps. */
  readonly appUsers: AppUserRooms
  readonly rooms: ProjectRooms
  readonly functions: FunctionsService
  readonly kms: Kms
  /** Work that outlives its request. */
  readonly queue: Queue
  /** What tells of changes: subscribe to hear of them. */
  readonly bus: Bus
  /** What the install does for itself, and when. */
  readonly scheduler: Scheduler
  readonly requestMetrics: RequestMetrics
  readonly log: Log
  /** Aborts when the server begins to drain: streams end themselves on it. */
  readonly draining: AbortSignal
  /** What a good set-up link may know. */
  setupFacts(): Promise<Omit<SetupFacts, "expiresAt">>
  capabilities(): Promise<Capabilities>
  health(): Promise<Health>
  samples(): readonly Sample[]
}
