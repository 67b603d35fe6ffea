import { EventEmitter } from "node:events"
import { createEvents, defineEvent } from "@ashlar/events"
import { v } from "@ashlar/validation"
import Emittery from "emittery"
import { EventEmitter as EventEmitter3 } from "eventemitter3"
import { default as makeMitt } from "mitt"

/** One emit. */
export type Emit = () => unknown
export interface EmitterSubject {
  readonly name: string
  readonly emit: Emit
}

/** Its types say that a CommonJS module is behind the name; at run time it is the function. */
const mitt = makeMitt as unknown as <E>() => {
  on<K extends keyof E>(name: K, listener: (data: E[K]) => void): void
  emit<K extends keyof E>(name: K, data: E[K]): void
}

const DATA = { id: "7", total: 12, at: "2026-01-01T00:00:00.000Z" }
let sink = 0
const listener = (data: { total: number }): void => {
  sink += data.total
}

const Free = defineEvent("order.placed", v.unknown())
const Checked = defineEvent(
  "order.placed",
  v.object({ id: v.string().min(1), total: v.number().min(0), at: v.string() }),
)

/** Emitters with so many listeners, which are all synchronous. `ashlar-checked` checks what is emitted by a schema of three fields. */
export function emitters(listeners: number): readonly EmitterSubject[] {
  const [events, checked] = [createEvents(), createEvents()]
  const [node, three, small] = [new EventEmitter(), new EventEmitter3(), mitt<{ "order.placed": typeof DATA }>()]
  node.setMaxListeners(0)
  for (let at = 0; at < listeners; at++) {
    events.on(Free, (data) => listener(data as typeof DATA))
    checked.on(Checked, (data) => listener(data))
    node.on("order.placed", (data) => listener(data))
    three.on("order.placed", (data: typeof DATA) => listener(data))
    small.on("order.placed", (data) => listener(data))
  }
  return [
    { name: "ashlar", emit: () => events.emit(Free, DATA) },
    { name: "ashlar-checked", emit: () => checked.emit(Checked, DATA) },
    { name: "raw", emit: () => node.emit("order.placed", DATA) },
    { name: "eventemitter3", emit: () => three.emit("order.placed", DATA) },
    { name: "mitt", emit: () => small.emit("order.placed", DATA) },
  ]
}

/** Emitters whose emit is waited for. */
export function awaitedEmitters(): readonly EmitterSubject[] {
  const events = createEvents()
  const emittery = new Emittery<{ "order.placed": typeof DATA }>()
  events.on(Free, async (data) => listener(data as typeof DATA))
  emittery.on("order.placed", async (event) => listener((event as unknown as { data: typeof DATA }).data ?? event))
  return [
    { name: "ashlar", emit: () => events.emit(Free, DATA) },
    { name: "emittery", emit: () => emittery.emit("order.placed", DATA) },
  ]
}

const SAMPLES = 9
const TURNS = 20_000

/** Processor microseconds of one emit: the median of samples. */
export async function measureEmit(emit: Emit, isAwaited: boolean): Promise<number> {
  const samples: number[] = []
  const before = sink
  for (let sample = 0; sample < SAMPLES; sample++) {
    const began = process.cpuUsage()
    if (isAwaited) for (let turn = 0; turn < TURNS; turn++) await emit()
    else for (let turn = 0; turn < TURNS; turn++) emit()
    const { user, system } = process.cpuUsage(began)
    samples.push((user + system) / TURNS)
  }
  if (!(sink > before)) throw new Error("Nobody listened.")
  return samples.toSorted((one, other) => one - other)[SAMPLES >> 1]!
}
