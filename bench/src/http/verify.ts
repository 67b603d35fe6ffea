import type { Lab } from "./lab.ts"
import type { Plan } from "./plan.ts"
import { PROFILES } from "./profile.ts"
import { type Question, WORKLOADS, type Workload } from "./workload.ts"

/** Asks every server every question that will be measured, once. @throws naming each that answers another thing. */
export async function verifyServers(lab: Lab, plan: Plan): Promise<void> {
  const wrong: string[] = []
  for (const subject of lab.subjects)
    for (const profile of PROFILES) {
      const asked = WORKLOADS.filter((one) => one.profile === profile && plan.has(subject.runtime, one.letter))
      if (asked.length === 0) continue
      const server = await lab.start(subject, profile)
      try {
        for (const workload of asked) {
          const problem = await verify(`http://127.0.0.1:${server.port}`, workload)
          if (problem !== undefined) wrong.push(`${subject.runtime} ${workload.letter} ${subject.name}: ${problem}`)
        }
      } finally {
        await server.stop()
      }
    }
  if (wrong.length > 0) throw new Error(`Not every server gives the right answer:\n${wrong.join("\n")}`)
}

async function verify(url: string, workload: Workload): Promise<string | undefined> {
  const answer = await ask(url, workload.request)
  const text = await answer.text()
  if (answer.status !== workload.status)
    return `Expected ${workload.status}, got ${answer.status}: ${text.slice(0, 200)}`
  const problem = workload.wrong({ headers: answer.headers, text })
  if (problem !== undefined || workload.refused === undefined) return problem
  const { status } = await ask(url, workload.refused)
  return status >= 400 && status < 500 ? undefined : `Expected a bad request to be refused with 4xx, got ${status}`
}

function ask(url: string, { method, path, headers, body }: Question): Promise<Response> {
  return fetch(url + path, { method, ...(headers && { headers }), ...(body !== undefined && { body }) })
}
