export default {
  async fetch(request, ctx) {
    ctx.log.info("hello was called", { path: new URL(request.url).pathname })
    return Response.json({ hello: "VERSION", from: ctx.function })
  },
}
