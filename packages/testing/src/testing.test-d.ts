import { expect } from "bun:test"
import { type App, createApp, layer } from "@ashlar/http"
import { type Answer, testApp } from "./index.ts"
import "./matchers/bun.ts"

/** What types promise of tests. */

const app = createApp({ layers: [layer({ name: "user", before: () => ({ user: "ada" }) })] })
const anybody = testApp(app)
const asUser = testApp(app as App, { actingAs: ({ id }: { id: string }) => ({ authorization: id }) })

async function promises(): Promise<void> {
  const answer: Answer = await anybody
    .get("/users/:id", { params: { id: 1 } })
    .expectStatus("2xx")
    .expectJson({})
  const user: { name: string } = answer.json<{ name: string }>()
  // @ts-expect-error what nobody said is unknown
  const name: string = answer.json().name
  asUser.actingAs({ id: "ada" }).get("/")
  // @ts-expect-error somebody of another kind
  asUser.actingAs("ada")
  // @ts-expect-error there is nobody to be
  anybody.actingAs({ id: "ada" })
  // @ts-expect-error no class of statuses
  anybody.get("/").expectStatus("2x")
  expect(answer).toHaveStatus([200, 201])
  // @ts-expect-error a problem has a code
  expect(answer).toHaveProblem(404)
  void [user, name]
}
void promises
