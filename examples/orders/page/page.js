const at = (id) => document.getElementById(id)
const money = new Intl.NumberFormat(undefined, { style: "currency", currency: "EUR" })
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" })

/** An element with a class and what is in it: text, never markup. */
function make(name, className = "", ...content) {
  const element = document.createElement(name)
  if (className !== "") element.className = className
  element.append(...content)
  return element
}

/**
 * Shows a list as rows: those that are known stay, with the focus that is in them, and are filled anew only when something of them changed.
 * `fill` gives the cells of a row; a cell that is a function makes its element once.
 */
const rows = new WeakMap()
function show(body, list, keyOf, fill) {
  const known = rows.get(body) ?? new Map()
  const shown = new Map()
  for (const item of list) {
    const key = keyOf(item)
    const text = JSON.stringify(item)
    const row = known.get(key) ?? { element: make("tr"), text: "" }
    if (row.text !== text) fill(row.element, item)
    row.text = text
    shown.set(key, row)
  }
  for (const [key, { element }] of known) if (!shown.has(key)) element.remove()
  let next = body.firstElementChild
  for (const { element } of shown.values()) {
    if (element === next) next = next.nextElementSibling
    else body.insertBefore(element, next)
  }
  rows.set(body, shown)
  const section = body.closest("section")
  const none = section.querySelector(".none")
  if (none !== null) none.hidden = list.length > 0
  body.closest("table").hidden = list.length === 0 && none !== null
}

function heading(text, className = "") {
  const cell = make("th", className, text)
  cell.scope = "row"
  return cell
}
const number = (count, isToLookAt = false) =>
  make("td", isToLookAt && count > 0 ? "number look" : "number", String(count))

function fillOrder(row, { id, state, reason, totalCents, steps }) {
  const short = heading(id.slice(-8), "id")
  short.title = id
  const where = make("td", "", make("span", `state ${state}`, state))
  if (reason !== null) where.append(make("span", "reason", reason))
  const list = make("ol", "steps", ...steps.map(stepOf))
  row.replaceChildren(short, where, make("td", "number", money.format(totalCents / 100)), make("td", "", list))
}
/** What waits for news is called by what it waits for. */
const WORDS = { news: "decision", "news#2": "picking" }
function stepOf({ name, state, attempts }) {
  const isUndo = name.startsWith("undo:")
  const words = isUndo ? `undo ${name.slice(5)}` : (WORDS[name] ?? name)
  const kind = state === "done" && isUndo ? "undo" : state
  const step = make("li", kind, make("span", "unseen", `${state}: `), attempts > 1 ? `${words} ×${attempts}` : words)
  return step
}
function fillQueue(row, { name, waiting, delayed, active, failed, isPaused, donePerMinute }) {
  const title = heading(name.replace(/^ashlar\./, ""))
  if (isPaused) title.append(" (paused)")
  row.replaceChildren(
    title,
    number(waiting),
    number(delayed),
    number(active),
    number(failed, true),
    number(donePerMinute),
  )
}
function fillStock(row, { name, free, held }) {
  row.replaceChildren(heading(name), number(free), number(held))
}
function fillDead(row, { kind, id, what, why, at: since }) {
  const again = make("button", "", "Redrive", make("span", "unseen", ` ${what}`))
  again.type = "button"
  again.addEventListener("click", () => redrive({ kind, id }, again))
  const time = make("time", "", clock.format(new Date(since)))
  time.dateTime = since
  row.replaceChildren(heading(`${kind}: ${what}`), make("td", "why", why), make("td", "", time), make("td", "", again))
}

function picture({ queues, stepsPerMinute, workers, states, perMinute, stock, recent, dead }) {
  const ended = (states.shipped ?? 0) + (states.cancelled ?? 0)
  const all = Object.values(states).reduce((sum, orders) => sum + orders, 0)
  const figures = { ...perMinute, open: all - ended, steps: stepsPerMinute, workers: workers.length }
  for (const [name, count] of Object.entries(figures)) at(name).textContent = String(count)
  show(at("recent"), recent, ({ id }) => id, fillOrder)
  show(at("queues"), queues, ({ name }) => name, fillQueue)
  show(at("stock"), stock, ({ sku }) => sku, fillStock)
  show(at("dead"), dead, ({ kind, id }) => `${kind} ${id}`, fillDead)
  at("redrive").hidden = dead.length < 2
}

function say(text, isAway = false) {
  const status = at("status")
  if (status.textContent !== text) status.textContent = text
  status.classList.toggle("away", isAway)
}

async function send(path, body, headers = {}) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.detail)
  return answer
}

/** One click at a time; the button keeps its focus. */
async function once(button, work) {
  if (button.ariaDisabled === "true") return
  button.ariaDisabled = "true"
  try {
    say(await work())
  } catch (error) {
    say(`That did not work: ${error.message}`, true)
  } finally {
    button.ariaDisabled = "false"
  }
}
const redrive = (choice, button) => once(button, async () => `${(await send("ops/redrive", choice)).count} begin anew.`)
at("redrive").addEventListener("click", () => redrive({ all: true }, at("redrive")))
at("order").addEventListener("click", () =>
  once(at("order"), async () => {
    const there = (await (await fetch("items")).json()).filter(({ free }) => free > 2)
    const lines = there.filter(() => Math.random() < 0.4)
    const chosen = (lines.length > 0 ? lines : there.slice(0, 1)).map(({ sku }) => ({
      sku,
      quantity: 1 + ((Math.random() * 2) | 0),
    }))
    const order = { email: "eva@example.com", lines: chosen }
    const { totalCents } = await send("orders", order, { "idempotency-key": crypto.randomUUID() })
    return `Placed, for ${money.format(totalCents / 100)}.`
  }),
)

/** What is wider than its pane is scrolled, by the keyboard too. */
const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const box = target.parentElement
    const isWide = box.scrollWidth > box.clientWidth
    box.toggleAttribute("tabindex", isWide)
    if (isWide) box.tabIndex = 0
    box.role = isWide ? "group" : null
    box.ariaLabel = isWide ? `${box.closest("section").querySelector("h2").textContent}, the table` : null
  }
})
for (const table of document.querySelectorAll(".scroll > table")) sizes.observe(table)

const source = new EventSource("ops/events")
source.addEventListener("open", () => say("Following, as it happens."))
source.addEventListener("error", () => say("The shop does not answer. Trying again …", true))
source.addEventListener("picture", ({ data }) => picture(JSON.parse(data)))
at("mail").hidden = !(await fetch("mail", { method: "HEAD" })).ok
