import { Hono } from "hono"

const tags = new Hono()

tags.get("/", (c) => c.json(["a", "b"]))

// One of them.
tags.get("/:tag", (c) => {
  const { tag } = c.req.param()
  return c.json({ tag })
})

export default tags
