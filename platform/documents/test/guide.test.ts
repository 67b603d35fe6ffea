import { afterAll, beforeAll, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { type Document, parseListQuery, parseQuery, parseUpdate } from "../src/index.ts"
import { openProject, type Project } from "./project.ts"

/** The requests of the guide, in order, with the names that it says they answer. */
const guide = readFileSync(join(import.meta.dir, "../../../docs/guides/documents.md"), "utf8")
const requests = [...guide.matchAll(/```http\n(\w+) (\S+)\n([\s\S]*?)```(?:\n\nAnswers: (.+))?/g)].map(
  ([, method = "", url = "", body = "", names]) => ({
    method,
    url,
    body: body.trim() === "" ? undefined : (JSON.parse(body) as unknown),
    names: names?.split(", ").map((name) => name.replaceAll("`", "")),
  }),
)

let project: Project
beforeAll(async () => {
  project = await openProject()
})
afterAll(() => project.close())

test("the guide has its requests", () => expect(requests.length).toBeGreaterThan(10))

for (const { method, url, body, names } of requests) {
  test(`${method} ${url} ${JSON.stringify(body)?.slice(0, 60) ?? ""}`, async () => {
    const { pathname, searchParams } = new URL(url, "http://localhost")
    const [, , , , , name = "", part = "", id = ""] = pathname.split("/")
    const { collections } = project.store
    if (name === "") return void (await collections.create(body))
    if (part === "") return void (await collections.update(name, body))
    const collection = project.store.collection(name)
    const nameOf = (document: Document): unknown => document.data.name
    switch (`${method} ${part}`) {
      case "POST documents":
        return void expect((await collection.insertMany(body as unknown[])).length).toBe((body as unknown[]).length)
      case "PUT documents":
        return void expect((await collection.replace(id, body)).rev).toBe(1)
      case "PATCH documents":
        return void expect((await collection.patch(id, parseUpdate(body))).id).toBe(id)
      case "POST query":
        return void expect((await collection.query(parseQuery(body))).items.map(nameOf)).toEqual(names!)
      case "GET documents":
        return void expect(
          (await collection.query(parseListQuery(Object.fromEntries(searchParams)))).items.map(nameOf),
        ).toEqual(names!)
      case "POST explain":
        return void expect(await collection.explain(parseQuery(body))).toMatchObject({
          index: "region,-area",
          scan: false,
          sorted: "index",
        })
      default:
        throw new TypeError(`The guide has a request that no test knows: ${method} ${url}`)
    }
  })
}

test("the updates of the guide end where it says", async () => {
  expect((await project.store.collection("countries").get("tonga"))?.data).toEqual({
    name: "Tonga",
    region: "Oceania",
    tags: ["atoll", "kingdom"],
    capital: { name: "Nuku'alofa", population: 23000 },
  })
})
