// The development page. It draws what the event stream tells; nothing is asked for twice.
const byId = (id) => document.getElementById(id)
const MAX_REQUESTS = 200
const MAX_FAILURES = 50
const state = { app: {}, routes: [], services: [], requests: [], failures: [], loads: [] }
let isPaused = false
/** How many requests there were in each of the last 60 seconds, the newest last. */
const perSecond = Array(60).fill(0)
let second = Math.floor(Date.now() / 1000)

/** An element with text and children. Text is never read as HTML. */
function make(name, { className, text, title, ...attributes } = {}, ...children) {
  const element = document.createElement(name)
  if (className) element.className = className
  if (text !== undefined) element.textContent = text
  if (title) element.title = title
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.append(...children.filter((child) => child !== undefined && child !== null))
  return element
}
const say = (id, text) => {
  const element = byId(id)
  if (element.textContent !== text) element.textContent = text
}
const time = (at) => new Date(at).toTimeString().slice(0, 8)
const duration = (ms) =>
  ms < 1
    ? `${Math.max(1, Math.round(ms * 1000))} µs`
    : ms < 10
      ? `${ms.toFixed(1)} ms`
      : ms < 10_000
        ? `${Math.round(ms)} ms`
        : `${(ms / 1000).toFixed(1)} s`
const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`

function frameOf(frame) {
  const box = make("div", {
    className: "frame mono",
    role: "figure",
    tabindex: "0",
    "aria-label": `${frame.file}, line ${frame.line}`,
  })
  for (const { number, text } of frame.lines) {
    const isHere = number === frame.line
    box.append(
      make("div", { className: isHere ? "here" : "" }, make("span", { className: "line", text: String(number) }), text),
    )
    if (isHere && frame.column > 0)
      box.append(
        make(
          "div",
          { className: "here" },
          make("span", { className: "line" }),
          " ".repeat(frame.column - 1),
          make("span", { className: "caret", text: "^" }),
        ),
      )
  }
  return box
}
const nameOf = (error) => error.code ?? error.name
const placeOf = ({ frame }) => (frame ? `${frame.file}:${frame.line}` : "")

function errorBody(error) {
  const parts = [make("p", { text: error.message })]
  if (error.frame) parts.push(frameOf(error.frame))
  if (error.stack.length > 0)
    parts.push(make("pre", { className: "dim", text: error.stack.map((call) => `at ${call}`).join("\n") }))
  if (error.cause)
    parts.push(make("p", { className: "dim", text: `Caused by ${nameOf(error.cause)}` }), ...errorBody(error.cause))
  return parts
}

function drawApp() {
  const { app } = state
  document.title = `${app.failure ? "✗ " : ""}${app.name} · development`
  say("app", app.name)
  say("entry", app.entry)
  say("runtime", app.runtime)
  say("memory", `${Math.round(app.memoryBytes / 1e6)} MB`)
  say("load", app.load === 0 ? "–" : String(app.load))
  const [url] = app.urls
  byId("url").replaceChildren(url === undefined ? "the app" : make("a", { className: "mono", text: url, href: url }))
  const banner = byId("failure")
  banner.hidden = !app.failure
  if (app.failure) {
    const rest = app.load === 0 ? "Nothing answers yet." : `Load ${app.load} goes on to answer.`
    banner.replaceChildren(
      make("h2", { text: `${nameOf(app.failure)} in the newest code` }),
      make("p", { className: "dim", text: `${placeOf(app.failure)}${app.failure.frame ? ". " : ""}${rest}` }),
      ...errorBody(app.failure),
    )
  }
  setState(
    app.failure ? "bad" : "ok",
    app.failure ? (app.load === 0 ? "Not serving" : `Serving load ${app.load}`) : "Serving",
  )
}

function setState(kind, text) {
  const element = byId("state")
  element.className = `state ${kind}`
  say("state", text)
}

function drawFigures() {
  const { requests, failures, loads, app } = state
  const sorted = requests.map(({ durationMs }) => durationMs).sort((a, b) => a - b)
  say("count", String(app.requests))
  say("median", sorted.length === 0 ? "–" : duration(sorted[Math.floor(sorted.length / 2)]))
  say("median-of", sorted.length === 0 ? "" : `of the last ${sorted.length}`)
  say("slowest", sorted.length === 0 ? "" : `slowest ${duration(sorted.at(-1))}`)
  say("bad", String(app.failures))
  const last = failures.at(-1)
  say("badlast", last ? `${nameOf(last.error)}, ${time(last.at)}` : "none so far")
  const load = loads.at(-1)
  say("loadlast", load ? `${load.error ? "failed" : "ready"} in ${duration(load.durationMs)}, ${time(load.at)}` : "")
}

function tick() {
  const now = Math.floor(Date.now() / 1000)
  for (; second < now; second++) {
    perSecond.shift()
    perSecond.push(0)
  }
  const top = Math.max(4, ...perSecond)
  const points = perSecond.map((count, at) => `${(at * 120) / 59} ${(23 - (count / top) * 21).toFixed(1)}`)
  document.querySelector("#spark path").setAttribute("d", `M0 24L${points.join("L")}L120 24Z`)
  const recent = perSecond.slice(-6, -1).reduce((sum, count) => sum + count, 0) / 5
  say("rate", recent === 0 ? "" : `${recent < 10 ? recent.toFixed(1) : Math.round(recent)} /s`)
}

const isBad = ({ status }) => status >= 400
function requestRow(request) {
  const { at, method, path, route, status, durationMs, id, load } = request
  const className = status >= 500 ? "num bad-text" : status >= 400 ? "num warn-text" : "num"
  const title = `${route ? `route ${route}` : "no route"}, load ${load}`
  const row = make(
    "tr",
    {},
    make("td", { className: "num dim mono", text: time(at) }),
    make("td", { className: "mono", text: method }),
    make("td", { className: "grow mono", text: path, title }),
    make("td", { className, text: String(status) }),
    make("td", { className: "num", text: duration(durationMs) }),
    make("td", { className: "wide mono dim", text: id ? id.slice(-12) : "", title: id }),
  )
  row.hidden = byId("only-bad").checked && !isBad(request)
  return row
}
function addRequests(entries, isAll) {
  const rows = byId("request-rows")
  if (isAll) rows.replaceChildren()
  if (!isPaused || isAll) {
    rows.prepend(...entries.map(requestRow).reverse())
    while (rows.childElementCount > MAX_REQUESTS) rows.lastElementChild.remove()
  }
  byId("requests-empty").hidden = state.requests.length > 0
  say("requests-note", isPaused ? "paused" : "newest first")
}

function drawServices() {
  const { services, app } = state
  const words = { idle: "not opened", opening: "opening", open: "open", failed: "failed" }
  byId("service-rows").replaceChildren(
    ...services.map(({ name, state: kind, definedAt, openedIn, openedAt, needs, error, health }) => {
      const isIll = health !== undefined && health !== "ok"
      const look = kind === "failed" || isIll ? "bad" : kind === "open" ? "ok" : kind === "opening" ? "warn" : "idle"
      const kept = kind === "open" && openedIn < app.load ? `, kept over ${plural(app.load - openedIn, "load")}` : ""
      const since = openedAt ? `since ${time(openedAt)}${kept}` : ""
      const what = isIll ? "ill" : kind === "open" && health === "ok" ? "open, well" : words[kind]
      const facts = [since, needs?.length ? `needs ${needs.join(", ")}` : "", definedAt ?? ""]
        .filter(Boolean)
        .join(" · ")
      const trouble = error ?? (isIll ? health : undefined)
      return make(
        "li",
        {},
        make("span", { className: `dot ${look}`, "aria-hidden": "true" }),
        make("b", { text: name }),
        make("span", { className: look === "bad" ? "bad-text" : "dim", text: what }),
        facts ? make("span", { className: "under", text: facts }) : undefined,
        trouble ? make("span", { className: "under bad-text", text: trouble }) : undefined,
      )
    }),
  )
  const open = services.filter(({ state: kind }) => kind === "open").length
  say("services-note", services.length === 0 ? "" : `${open} of ${services.length} open`)
  byId("services-empty").hidden = services.length > 0
}

/** Keeps what somebody has opened: rows that are there already stay as they are. */
function drawList(box, items, keyOf, draw) {
  const known = new Map([...box.children].map((row) => [row.dataset.key, row]))
  const rows = items.map((item) => {
    const key = keyOf(item)
    const row = known.get(key) ?? draw(item)
    row.dataset.key = key
    return row
  })
  if (rows.length !== box.childElementCount || rows.some((row, at) => box.children[at] !== row))
    box.replaceChildren(...rows)
}

const requestOf = ({ method, path, id }) => `${method} ${path}${id ? `, request ${id}` : ""}`
function drawFailures() {
  const newest = [...state.failures].reverse()
  drawList(
    byId("error-rows"),
    newest,
    ({ number }) => String(number),
    ({ at, request, error }) =>
      make(
        "details",
        {},
        make(
          "summary",
          {},
          make("span", { className: "dim mono", text: time(at) }),
          make("b", { className: "bad-text clip whole", text: nameOf(error) }),
          make("span", { className: "clip message", text: error.message }),
          make("span", { className: "push" }),
          make("span", {
            className: "dim mono clip whole roomy",
            text: request ? `${request.method} ${request.path}` : placeOf(error),
          }),
        ),
        make(
          "div",
          { className: "more" },
          ...errorBody(error),
          request ? make("p", { className: "dim mono", text: requestOf(request) }) : undefined,
        ),
      ),
  )
  byId("errors-empty").hidden = state.failures.length > 0
}

const titleOf = ({ method, host = "", path, version }) =>
  `${method} ${host}${path}${version ? ` (version ${version})` : ""}`
function routeRow(route) {
  const {
    method,
    host = "",
    path,
    name,
    layers,
    errors,
    version,
    input,
    output,
    where,
    declaredAt,
    maxBodyBytes,
    timeoutMs,
    summary,
    deprecated,
  } = route
  const facts = [
    ["summary", summary],
    ["declared", declaredAt],
    ["name", name],
    ["version", version],
    ["layers", layers.join(" › ")],
    ["errors", errors.map(({ status, code }) => `${status} ${code}`).join(", ")],
    [
      "where",
      where &&
        Object.entries(where)
          .map(([key, value]) => `${key}: ${value}`)
          .join(", "),
    ],
    ["limits", `body ${maxBodyBytes.toLocaleString("en")} bytes${timeoutMs ? `, answer within ${timeoutMs} ms` : ""}`],
  ].filter(([, value]) => value)
  const schemas = [
    ...Object.entries(input),
    ...Object.entries(output).map(([status, schema]) => [`answer ${status}`, schema]),
  ]
  const list = make(
    "dl",
    {},
    ...facts.flatMap(([key, value]) => [
      make("dt", { text: key }),
      make("dd", { className: key === "summary" ? "" : "mono", text: value }),
    ]),
  )
  for (const [key, schema] of schemas)
    list.append(
      make("dt", { text: key }),
      make(
        "dd",
        {},
        make("pre", { text: schema === null ? "no body" : JSON.stringify(schema, null, 2), tabindex: "0" }),
      ),
    )
  const tags = make(
    "span",
    { className: "tags wide" },
    ...layers.map((layer) => make("span", { className: "tag", text: layer })),
  )
  return make(
    "details",
    {},
    make(
      "summary",
      {},
      make("span", { className: "method mono", text: method }),
      make("span", { className: "mono clip", text: host + path }),
      deprecated ? make("span", { className: "tag", text: "deprecated" }) : undefined,
      make("span", { className: "push" }),
      tags,
    ),
    make("div", { className: "more" }, list),
  )
}
function drawRoutes() {
  const words = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean)
  const matches = (route) => {
    const text = `${titleOf(route)} ${route.name ?? ""} ${route.layers.join(" ")}`.toLowerCase()
    return words.every((word) => text.includes(word))
  }
  const shown = state.routes.filter(matches)
  drawList(byId("route-rows"), shown, (route) => JSON.stringify(route), routeRow)
  say(
    "routes-note",
    shown.length === state.routes.length ? String(shown.length) : `${shown.length} of ${state.routes.length}`,
  )
  const empty = byId("routes-empty")
  empty.hidden = shown.length > 0
  say("routes-empty", state.routes.length === 0 ? "No routes." : "No route is like that.")
}

function drawLoads() {
  byId("load-rows").replaceChildren(
    ...[...state.loads].reverse().map(({ load, at, durationMs, files, error, routes, services }) => {
      const { kept = [], reopened = [], closed = [] } = services ?? {}
      const changes = [
        kept.length ? `kept ${kept.join(", ")}` : "",
        reopened.length ? `reopened ${reopened.join(", ")}` : "",
        closed.length ? `closed ${closed.join(", ")}` : "",
      ].filter(Boolean)
      return make(
        "tr",
        {},
        make("td", { className: "num dim mono", text: time(at) }),
        make("td", { className: "num roomy", text: String(load) }),
        make(
          "td",
          { className: `outcome ${error ? "bad-text" : "ok-text"}`, title: error?.message },
          error ? nameOf(error) : plural(routes, "route"),
          error ? make("span", { className: "roomy", text: ` ${placeOf(error)}` }) : undefined,
        ),
        make("td", { className: "num", text: duration(durationMs) }),
        make("td", {
          className: "grow mono",
          text: files.join(", ") || (load === 1 ? "first load" : "on demand"),
          title: files.join("\n"),
        }),
        make("td", { className: "dim roomy", text: changes.join(" · ") }),
      )
    }),
  )
}

const on = {
  all(all) {
    Object.assign(state, all)
    drawApp()
    addRequests(state.requests, true)
    drawServices()
    drawFailures()
    drawRoutes()
    drawLoads()
  },
  app({ app, routes, loads }) {
    Object.assign(state, { app, routes, loads })
    drawApp()
    drawRoutes()
    drawLoads()
  },
  services({ services, memoryBytes }) {
    state.services = services
    state.app.memoryBytes = memoryBytes
    say("memory", `${Math.round(memoryBytes / 1e6)} MB`)
    drawServices()
  },
  requests({ requests, count }) {
    state.requests = [...state.requests, ...requests].slice(-MAX_REQUESTS)
    perSecond[perSecond.length - 1] += count - state.app.requests
    state.app.requests = count
    addRequests(requests, false)
  },
  failures({ failures, count }) {
    state.failures = [...state.failures, ...failures].slice(-MAX_FAILURES)
    state.app.failures = count
    drawFailures()
  },
}
const source = new EventSource("/_dev/events")
for (const [name, handle] of Object.entries(on))
  source.addEventListener(name, ({ data }) => {
    handle(JSON.parse(data))
    drawFigures()
  })
source.onerror = () => setState("bad", "Not connected, trying again")

byId("pause").onclick = ({ currentTarget }) => {
  isPaused = !isPaused
  currentTarget.setAttribute("aria-pressed", String(isPaused))
  addRequests(isPaused ? [] : state.requests, !isPaused)
}
byId("only-bad").onchange = () => addRequests(state.requests, true)
byId("filter").oninput = drawRoutes
addEventListener("keydown", (event) => {
  if (
    event.key !== "/" ||
    event.ctrlKey ||
    event.metaKey ||
    /^(?:INPUT|TEXTAREA)$/.test(document.activeElement.tagName)
  )
    return
  event.preventDefault()
  byId("filter").focus()
})
// What scrolls can be scrolled with keys, and the skip link moves the focus.
for (const pane of document.querySelectorAll(".scroll")) pane.tabIndex = 0
byId("main").tabIndex = -1
setInterval(tick, 1000)
tick()
