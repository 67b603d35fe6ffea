import { expect, spyOn, test } from "bun:test"
import { createApp } from "@ashlar/http"
import { connectRaw } from "@ashlar/http/testing/raw-websocket"
import { createHub, websocket } from "../src/index.ts"

/** On Bun a message to a room is one call of the runtime, however many are in it. */
test("a room is one of Bun's own topics", async () => {
  const serve = spyOn(Bun, "serve")
  const hub = createHub()
  const app = createApp()
  app.add(
    websocket(
      "/:room",
      { hub },
      {
        open: (socket, ctx) => socket.join(ctx.params.room),
        message: (socket, message) => (message === "all" ? hub.broadcast("to all") : socket.to("a").send(message)),
      },
    ),
  )
  const { url } = await app.listen({ port: 0 })
  const server = serve.mock.results[0]!.value as Bun.Server<unknown>
  serve.mockRestore()
  const publish = spyOn(server, "publish")
  const all = await Promise.all(["a", "a", "a", "b"].map((room) => connectRaw(`${url}/${room}`)))
  while (hub.room("a").size < 3 || hub.room("b").size < 1) await Bun.sleep(2)

  hub.room("a").send("hello")
  for (const socket of all.slice(0, 3)) expect(await socket.nextText()).toBe("hello")
  expect(publish).toHaveBeenCalledTimes(1)
  all[0]!.text("all")
  for (const socket of all) expect(await socket.nextText()).toBe("to all")
  expect(publish).toHaveBeenCalledTimes(2)
  all[0]!.text("to others") // by the socket's own publish
  for (const socket of all.slice(1, 3)) expect(await socket.nextText()).toBe("to others")
  expect(publish).toHaveBeenCalledTimes(2)
  hub.room("nobody").send("x")
  expect(publish).toHaveBeenCalledTimes(2)

  for (const socket of all) socket.destroy()
  await app.stop(500)
  expect(hub.size).toBe(0)
})
