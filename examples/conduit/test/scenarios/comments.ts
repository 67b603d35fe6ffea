import { expect } from "bun:test"
import { expectRefusal, type Scenario, unique } from "../conduit.ts"

const MOMENT = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)

export const comments: readonly Scenario[] = [
  {
    name: "comments are written by those with an account, read by everybody, deleted by their authors",
    async run(conduit) {
      const [ana, bo] = [await conduit.register("ana"), await conduit.register("bo")]
      const { slug } = await conduit.write(ana)
      const path = `/articles/${slug}/comments`
      const list = async (by = undefined as typeof ana | undefined) => (await conduit.get(path, by)).body.comments
      expect(await list()).toEqual([])
      const written = await conduit.post(path, bo, { comment: { body: "Thank you!" } })
      expect(written.status).toBe(201)
      expect(written.body).toEqual({
        comment: {
          id: expect.any(Number),
          createdAt: MOMENT,
          updatedAt: MOMENT,
          body: "Thank you!",
          author: { username: bo.username, bio: null, image: null, following: false },
        },
      })
      const second = await conduit.post(path, ana, { comment: { body: "You are welcome" } })
      expect(await list()).toEqual([written.body.comment, second.body.comment])
      await conduit.post(`/profiles/${bo.username}/follow`, ana)
      expect((await list(ana)).map(({ author }: { author: { following: boolean } }) => author.following)).toEqual([
        true,
        false,
      ])
      const deleted = await conduit.delete(`${path}/${written.body.comment.id}`, bo)
      expect([deleted.status, deleted.body]).toEqual([204, undefined])
      expect(await list()).toEqual([second.body.comment])
    },
  },
  {
    name: "what cannot be a comment, or is not there, is told",
    async run(conduit) {
      const [ana, eve] = [await conduit.register("ana"), await conduit.register("eve")]
      const [{ slug }, other] = [await conduit.write(ana), await conduit.write(ana)]
      const path = `/articles/${slug}/comments`
      const blank = ["can't be blank"]
      expectRefusal(await conduit.post(path, ana, { comment: { body: "" } }), 422, { body: blank })
      expectRefusal(await conduit.post(path, ana, { comment: { body: null } }), 422, { body: blank })
      expectRefusal(await conduit.post(path, ana, { comment: {} }), 422, { body: blank })
      expectRefusal(await conduit.post(path, ana, {}), 422, { comment: blank })
      const { id } = (await conduit.post(path, ana, { comment: { body: "mine" } })).body.comment
      expectRefusal(await conduit.delete(`${path}/${id}`, eve), 403, { comment: ["forbidden"] })
      expectRefusal(await conduit.delete(`${path}/2147483647`, ana), 404, { comment: ["not found"] })
      expectRefusal(await conduit.delete(`/articles/${other.slug}/comments/${id}`, ana), 404, {
        comment: ["not found"],
      })
      expectRefusal(await conduit.delete(`${path}/x`, ana), 422, { id: ["must be a whole number"] })
      expect((await conduit.get(path)).body.comments).toHaveLength(1)
      const nowhere = `/articles/${unique("none")}/comments`
      const errors = { article: ["not found"] }
      expectRefusal(await conduit.get(nowhere), 404, errors)
      expectRefusal(await conduit.post(nowhere, ana, { comment: { body: "x" } }), 404, errors)
      expectRefusal(await conduit.delete(`${nowhere}/${id}`, ana), 404, errors)
    },
  },
  {
    name: "comments go with their article",
    async run(conduit) {
      const [ana, bo] = [await conduit.register("ana"), await conduit.register("bo")]
      const { slug } = await conduit.write(ana, { tagList: ["gone"] })
      await conduit.post(`/articles/${slug}/comments`, bo, { comment: { body: "x" } })
      await conduit.post(`/articles/${slug}/favorite`, bo)
      expect((await conduit.delete(`/articles/${slug}`, ana)).status).toBe(204)
      expect((await conduit.get(`/articles/${slug}/comments`)).status).toBe(404)
      expect((await conduit.get(`/articles?favorited=${bo.username}`)).body).toEqual({ articles: [], articlesCount: 0 })
    },
  },
]
