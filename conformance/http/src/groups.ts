import type { Group } from "./case.ts"
import { bodies, brokenBodies } from "./groups/bodies.ts"
import { methods } from "./groups/methods.ts"
import { poison } from "./groups/poison.ts"
import { routing } from "./groups/routing.ts"

/** All groups, in the order they run. */
export const groups: readonly Group[] = [methods, routing, bodies, brokenBodies, poison]
