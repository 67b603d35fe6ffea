import { expect } from "bun:test"
import { expectRefusal, type Scenario, unique } from "../conduit.ts"

export const surroundings: readonly Scenario[] = [
  {
    name: "the tags of all articles are listed, and those of none are not",
    async run(conduit) {
      const ana = await conduit.register("ana")
      const [kept, gone] = [unique("kept"), unique("gone")]
      await conduit.write(ana, { tagList: [kept] })
      const { slug } = await conduit.write(ana, { tagList: [gone, kept] })
      const tags = async (): Promise<string[]> => (await conduit.get("/tags")).body.tags
      expect(await tags()).toEqual(expect.arrayContaining([kept, gone]))
      expect((await tags()).filter((tag) => tag === kept)).toHaveLength(1)
      await conduit.delete(`/articles/${slug}`, ana)
      expect(await tags()).toContain(kept)
      expect(await tags()).not.toContain(gone)
    },
  },
  {
    name: "pages of other origins may call, and say who asks",
    async run(conduit) {
      const headers = {
        origin: "https://frontend.example",
        "access-control-request-method": "PUT",
        "access-control-request-headers": "authorization,content-type",
      }
      for (const path of ["/user", "/articles/some-slug", "/nowhere"]) {
        const preflight = await conduit.send("OPTIONS", path, { headers })
        expect([path, preflight.status]).toEqual([path, 204])
        expect(preflight.headers.get("access-control-allow-origin")).toBe("*")
        expect(preflight.headers.get("access-control-allow-methods")).toContain("PUT")
        expect(preflight.headers.get("access-control-allow-headers")).toContain("authorization, content-type")
      }
      for (const path of ["/tags", "/user", "/nowhere"])
        expect((await conduit.get(path)).headers.get("access-control-allow-origin")).toBe("*")
    },
  },
  {
    name: "what is nowhere is told as everything else",
    async run(conduit) {
      expectRefusal(await conduit.get("/nowhere"), 404, { path: ["not found"] })
      expect((await conduit.delete("/tags")).status).toBe(405)
      expect(Object.keys((await conduit.delete("/tags")).body)).toEqual(["errors"])
      const large = { article: { title: "x", description: "x", body: "x".repeat(2_000_000) } }
      expect((await conduit.post("/articles", await conduit.register("ana"), large)).status).toBe(413)
    },
  },
]
