// What eats a machine, in both runtimes: time, memory, an answer without an end.
const floods = {
  loop() {
    for (;;);
  },
  async waitForever() {
    await new Promise(() => undefined)
  },
  memory() {
    const kept = []
    for (;;) kept.push(new Uint8Array(8 * 1024 * 1024).fill(1))
  },
  strings() {
    let text = "x".repeat(1024 * 1024)
    for (;;) text += text
  },
  endless() {
    if (typeof ReadableStream === "undefined") return new Response("x".repeat(12 * 1024 * 1024))
    const chunk = new Uint8Array(64 * 1024).fill(120)
    return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }))
  },
  nativeLoop() {
    return Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)
  },
  badStatus() {
    return { status: 999 }
  },
  throws() {
    throw new TypeError("thrown by the function")
  },
}

export default {
  async fetch(request) {
    const flood = new URL(request.url).searchParams.get("flood")
    const answer = await floods[flood]()
    return answer instanceof Response ? answer : answer?.status === 999 ? answer : new Response(String(answer))
  },
}
