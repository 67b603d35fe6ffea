import { authorOf, CASES, type Case, type OpenSubject, PAGE, POSTS, type Subject, USERS, userOf } from "./workload.ts"

/** Processor time of this process in microseconds of one operation, of each case. */
export type Costs = Readonly<Record<Case, number>>

/** What is asked of a subject's process: the database, how many at once, how long. */
interface Task {
  readonly url: string
  readonly inFlight: number
  readonly sampleMs: number
}

/** Until an engine has compiled for the last time what it runs. */
const WARM_MS = 500
const SAMPLES = 9

/** Runs in the subject's own process: looks that it is right, then what it costs, and prints {@link Costs}. */
export async function measure(open: OpenSubject): Promise<void> {
  const task = JSON.parse(process.argv[2]!) as Task
  const subject = await open(task.url)
  try {
    await verify(subject)
    const costs: Record<string, number> = {}
    for (const name of CASES) costs[name] = await cost(operations(subject)[name], task)
    console.log(JSON.stringify(costs))
  } finally {
    await subject.close()
  }
}

let turn = 0

function operations(subject: Subject): Record<Case, () => unknown> {
  return {
    key: () => subject.key(1 + (turn++ % USERS)),
    insert: () => subject.insert(authorOf(turn++), turn),
    list: () => subject.list(),
  }
}

/** The median of samples. Operations are awaited, as an application does. */
async function cost(operation: () => unknown, { inFlight, sampleMs }: Task): Promise<number> {
  await sample(operation, inFlight, WARM_MS)
  const samples: number[] = []
  for (let at = 0; at < SAMPLES; at++) samples.push(await sample(operation, inFlight, sampleMs))
  return samples.toSorted((one, other) => one - other)[SAMPLES >> 1]!
}

async function sample(operation: () => unknown, inFlight: number, forMs: number): Promise<number> {
  const before = process.cpuUsage()
  const end = performance.now() + forMs
  let count = 0
  for (let batch = 1; performance.now() < end; batch = Math.min(batch * 2, 64)) {
    for (let at = 0; at < batch; at++) {
      if (inFlight === 1) await operation()
      else await Promise.all(Array.from({ length: inFlight }, operation))
    }
    count += batch * inFlight
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}

/** A subject that answers something else is no peer. */
async function verify(subject: Subject): Promise<void> {
  const expected = userOf(7)
  const user = (await subject.key(7)) as Record<string, unknown>
  for (const [key, value] of Object.entries(expected))
    if (user[key] !== value) throw new Error(`Expected the user's ${key} to be ${value}, got ${String(user[key])}.`)
  await subject.insert(authorOf(POSTS + 1), 1)
  const list = (await subject.list()) as readonly unknown[]
  if (list.length !== PAGE) throw new Error(`Expected ${PAGE} posts, got ${list.length}.`)
  for (const post of list)
    if (!/"user ?\d+@example.org"/.test(JSON.stringify(post)) || !JSON.stringify(post).includes("machines"))
      throw new Error(`Expected a post with its user, got ${JSON.stringify(post)}.`)
}
