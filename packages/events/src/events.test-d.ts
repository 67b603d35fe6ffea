/** The promises of the types, held by `tsc`: every `@ts-expect-error` must be an error, every `Same` must be the same. */
import type { StandardSchemaV1 } from "@ashlar/core"
import { createEvents, defineEvent, type EventData, type EventInput } from "./index.ts"

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_yes: Same<A, B>): void => undefined

declare const schema: StandardSchemaV1<{ at: string }, { at: Date }>
const Placed = defineEvent("order.placed", schema, { key: ({ at }) => at })
const events = createEvents()

same<EventInput<typeof Placed>, { at: string }>(true)
same<EventData<typeof Placed>, { at: Date }>(true)

void events.emit(Placed, { at: "now" })
// @ts-expect-error what is emitted is what the schema takes, not what it gives
void events.emit(Placed, { at: new Date() })
// @ts-expect-error a name is not enough: who emits says which kind it is
void events.emit("order.placed", { at: "now" })

events.on(Placed, (data) => same<typeof data, { at: Date }>(true))
events.on("order.*", (data) => same<typeof data, unknown>(true))
void events.next(Placed).then((data) => same<typeof data, { at: Date }>(true))
