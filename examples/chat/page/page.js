import { connect } from "./connection.js"

const byId = (id) => document.getElementById(id)
const [enter, chat, title, status, log, people, say] = [
  "enter",
  "chat",
  "chat-title",
  "status",
  "log",
  "people",
  "say",
].map(byId)
const lines = log.firstElementChild
log.tabIndex = 0 // what scrolls must be reachable by keyboard
const MAX_LINES = 500
const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" })

/** The connection, while there is one, and whose it is. */
let here

enter.addEventListener("submit", (event) => {
  event.preventDefault()
  const { name: typed, room, by } = Object.fromEntries(new FormData(enter))
  const name = typed.trim()
  title.textContent = room
  enter.hidden = true
  chat.hidden = false
  show("connecting")
  here = { name, people: new Map(), connection: connect({ room, name, by, hear, tell: show }) }
  byId("text").focus()
})

byId("leave").addEventListener("click", () => {
  here.connection.close()
  here = undefined
  lines.replaceChildren()
  people.replaceChildren()
  chat.hidden = true
  enter.hidden = false
  byId("name").focus()
})

say.addEventListener("submit", async (event) => {
  event.preventDefault()
  const field = byId("text")
  const text = field.value.trim()
  if (text === "") return
  try {
    await here.connection.say(text)
    field.value = ""
  } catch (error) {
    status.textContent = `Not sent. ${error.message}`
  }
  field.focus()
})

const STATES = {
  connecting: "Connecting …",
  connected: "Connected.",
  reconnecting: "The connection is lost. Trying again …",
}

function show(state) {
  status.textContent = STATES[state]
}

const hearing = {
  here({ people: list }) {
    here.people = new Map(list.map((person) => [person.id, person.name]))
  },
  came({ person: { id, name } }) {
    if (!here.people.has(id)) note(`${name} is here.`)
    here.people.set(id, name)
  },
  went({ person: { id, name } }) {
    if (here.people.delete(id)) note(`${name} has left.`)
  },
  message({ from, text, at }) {
    const line = document.createElement("li")
    line.className = from === here.name ? "mine" : ""
    const who = document.createElement("span")
    who.className = "who"
    who.textContent = `${from}, ${time.format(at)}`
    line.append(who, text)
    add(line)
  },
}

function hear(message) {
  if (here === undefined) return
  // What the server refuses is told as a problem document.
  if (!(message.type in hearing)) {
    status.textContent = message.detail ?? "The server refused that."
    return
  }
  hearing[message.type](message)
  const names = [...here.people.values()].sort((a, b) => a.localeCompare(b))
  people.replaceChildren(
    ...names.map((name) => {
      const line = document.createElement("li")
      line.textContent = name
      return line
    }),
  )
}

function note(text) {
  const line = document.createElement("li")
  line.className = "note"
  line.textContent = text
  add(line)
}

/** Keeps to the end, unless somebody reads what was said before. */
function add(line) {
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40
  lines.append(line)
  while (lines.children.length > MAX_LINES) lines.firstElementChild.remove()
  if (isAtEnd) log.scrollTop = log.scrollHeight
}
