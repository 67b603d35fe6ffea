/** A way into a room, which comes back by itself until it is closed. `hear` gets messages, `tell` how the connection is. */
export function connect({ room, name, by, hear, tell }) {
  const path = `/rooms/${room}`
  const query = `?name=${encodeURIComponent(name)}`
  return by === "socket"
    ? overSocket(`${path}/socket${query}`, { hear, tell })
    : overEvents(path, query, { hear, tell })
}

const FIRST_WAIT_MS = 250
const MAX_WAIT_MS = 5_000

function overSocket(path, { hear, tell }) {
  let socket
  let waitMs = FIRST_WAIT_MS
  let isClosed = false
  const open = () => {
    socket = new WebSocket(path.replace(/^/, location.origin.replace(/^http/, "ws")))
    socket.onopen = () => {
      waitMs = FIRST_WAIT_MS
      tell("connected")
    }
    socket.onmessage = ({ data }) => hear(JSON.parse(data))
    socket.onclose = () => {
      if (isClosed) return
      tell("reconnecting")
      // All who were on one process come back to the others, and not all at once.
      setTimeout(() => isClosed || open(), waitMs * (0.5 + Math.random() / 2))
      waitMs = Math.min(MAX_WAIT_MS, waitMs * 2)
    }
  }
  open()
  return {
    async say(text) {
      if (socket.readyState !== WebSocket.OPEN) throw new Error("There is no connection now.")
      socket.send(JSON.stringify({ text }))
    },
    close() {
      isClosed = true
      socket.close(1000)
    },
  }
}

function overEvents(path, query, { hear, tell }) {
  let source
  let isClosed = false
  const open = () => {
    source = new EventSource(`${path}/events${query}`)
    source.onopen = () => tell("connected")
    source.onerror = () => {
      if (isClosed) return
      tell("reconnecting")
      // The browser comes back by itself, unless the answer was no event stream.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => isClosed || open(), 1000)
    }
    for (const type of ["here", "came", "went", "message"])
      source.addEventListener(type, ({ data }) => hear(JSON.parse(data)))
  }
  open()
  return {
    async say(text) {
      const answer = await fetch(`${path}/messages${query}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ text }),
      })
      if (!answer.ok)
        throw new Error((await answer.json().catch(() => ({}))).detail ?? `The server answered ${answer.status}.`)
    },
    close() {
      isClosed = true
      source.close()
    },
  }
}
