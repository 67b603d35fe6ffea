import type { Group } from "./case.ts"
import { answerFraming, answers } from "./groups/answers.ts"
import { bodies, brokenBodies } from "./groups/bodies.ts"
import { connections } from "./groups/connections.ts"
import { injection } from "./groups/injection.ts"
import { malformed } from "./groups/malformed.ts"
import { memory } from "./groups/memory.ts"
import { methods } from "./groups/methods.ts"
import { poison } from "./groups/poison.ts"
import { routing } from "./groups/routing.ts"
import { liveEvents, serverEvents } from "./groups/server-events.ts"
import { slow } from "./groups/slow.ts"
import { smuggling, validFraming } from "./groups/smuggling.ts"
import { webSocket } from "./groups/web-socket.ts"
import { webSocketRoutes } from "./groups/web-socket-routes.ts"

/** All groups, in the order they run. */
export const groups: readonly Group[] = [
  methods,
  routing,
  bodies,
  brokenBodies,
  poison,
  answers,
  answerFraming,
  injection,
  serverEvents,
  liveEvents,
  malformed,
  validFraming,
  smuggling,
  connections,
  memory,
  webSocketRoutes,
  webSocket,
  slow,
]
