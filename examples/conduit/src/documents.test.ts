import { expect, test } from "bun:test"
import { openApiProblems } from "@ashlar/openapi/testing/document-problems"
import { createConduitApp } from "./app.ts"

const app = createConduitApp({ databaseUrl: "sqlite::memory:", secret: "a secret of thirty-two bytes or more" })
const documentOf = async () => (await app.fetch(new Request("http://localhost/openapi.json"))).json()

test("the document is taken by its judges", async () => {
  expect(await openApiProblems((await documentOf()) as object)).toEqual([])
}, 30_000)

test("it has the operations, the statuses and the way in of the published specification", async () => {
  const { paths, components } = (await documentOf()) as {
    paths: Record<string, Record<string, { responses: object; security: object[] }>>
    components: { securitySchemes: object }
  }
  const said = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { responses, security }]) => [
      `${method.toUpperCase()} ${path.replace("/api", "")}`,
      `${Object.keys(responses)
        .filter((status) => status !== "default" && status !== "413")
        .join(" ")}${security.length === 1 ? " signed in" : ""}`,
    ]),
  )
  expect(Object.fromEntries(said)).toEqual({
    "POST /users": "201 409 422",
    "POST /users/login": "200 401 422",
    "GET /user": "200 401 signed in",
    "PUT /user": "200 401 409 422 signed in",
    "GET /profiles/{username}": "200 401 404 422",
    "POST /profiles/{username}/follow": "200 401 404 422 signed in",
    "DELETE /profiles/{username}/follow": "200 401 404 422 signed in",
    "GET /articles": "200 401 422",
    "POST /articles": "201 401 422 signed in",
    "GET /articles/feed": "200 401 422 signed in",
    "GET /articles/{slug}": "200 401 404 422",
    "PUT /articles/{slug}": "200 401 403 404 422 signed in",
    "DELETE /articles/{slug}": "204 401 403 404 422 signed in",
    "POST /articles/{slug}/favorite": "200 401 404 422 signed in",
    "DELETE /articles/{slug}/favorite": "200 401 404 422 signed in",
    "GET /articles/{slug}/comments": "200 401 404 422",
    "POST /articles/{slug}/comments": "201 401 404 422 signed in",
    "DELETE /articles/{slug}/comments/{id}": "204 401 403 404 422 signed in",
    "GET /tags": "200",
  })
  expect(components.securitySchemes).toMatchObject({ Token: { type: "apiKey", in: "header", name: "Authorization" } })
})
