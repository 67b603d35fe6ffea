import { Download } from "./download.js"

const byId = (id) => document.getElementById(id)
const [form, shelf, empty, status, uploaded] = ["upload", "shelf", "empty", "status", "uploaded"].map(byId)
const template = byId("item")

/** Says it where screen readers listen. */
function say(text) {
  status.textContent = text
}

function sizeOf(bytes) {
  const units = ["bytes", "KiB", "MiB", "GiB"]
  const step = Math.min(units.length - 1, bytes === 0 ? 0 : Math.floor(Math.log2(bytes) / 10))
  return `${step === 0 ? bytes : (bytes / 1024 ** step).toFixed(1)} ${units[step]}`
}

/** What went wrong, in the server's words where it has some. */
async function problemOf(response) {
  const problem = await response.json().catch(() => undefined)
  return problem?.errors?.[0]?.message ?? problem?.detail ?? `The server answered ${response.status}.`
}

async function refresh() {
  const response = await fetch("/files")
  if (!response.ok) return say(await problemOf(response))
  const items = await response.json()
  const known = new Map([...shelf.children].map((row) => [row.dataset.id, row]))
  shelf.replaceChildren(...items.map((item) => known.get(item.id) ?? rowOf(item)))
  empty.hidden = items.length > 0
}

function rowOf(item) {
  const row = template.content.cloneNode(true).firstElementChild
  row.dataset.id = item.id
  row.querySelector("h3").textContent = item.name
  row.querySelector(".facts").textContent = `${sizeOf(item.sizeBytes)}, ${item.type}`
  const bar = row.querySelector("progress")
  for (const button of row.querySelectorAll("button")) {
    button.setAttribute("aria-label", `${button.textContent} ${item.name}`)
    button.addEventListener("click", () => actions[button.dataset.do]({ item, row, bar, button }))
  }
  return row
}

function show(bar, label, value) {
  bar.setAttribute("aria-label", label)
  bar.hidden = value === undefined
  bar.value = value ?? 0
}

const downloads = new Map()

const actions = {
  /** Starts, stops and resumes by one button. */
  async download({ item, bar, button }) {
    const running = downloads.get(item.id)
    if (running !== undefined && !running.isPaused) return running.pause()
    const download = running ?? new Download(`/files/${item.id}`, item.sizeBytes)
    downloads.set(item.id, download)
    label(button, "Pause", item)
    try {
      const blob = await download.run((done) => show(bar, `Download of ${item.name}`, done))
      if (blob === undefined) {
        label(button, "Resume", item)
        return say(`${item.name} is paused at ${sizeOf(download.received)}.`)
      }
      save(blob, item.name)
      say(`${item.name} is here.`)
    } catch (error) {
      say(`${item.name} could not be downloaded: ${error.message}`)
    }
    downloads.delete(item.id)
    show(bar, "", undefined)
    label(button, "Download", item)
  },
  study({ item, row, bar, button }) {
    const source = new EventSource(`/files/${item.id}/study`)
    button.disabled = true
    const end = (text) => {
      source.close() // or the browser would ask for it again
      button.disabled = false
      show(bar, "", undefined)
      say(text)
    }
    source.addEventListener("progress", ({ data }) => show(bar, `Study of ${item.name}`, JSON.parse(data).done))
    source.addEventListener("findings", ({ data }) => {
      list(row.querySelector(".findings"), JSON.parse(data))
      end(`${item.name} is studied.`)
    })
    source.addEventListener("close", () => end("The server is stopping. Try again shortly."))
    source.addEventListener("error", () => end(`${item.name} could not be studied.`))
  },
  async remove({ item, row }) {
    const response = await fetch(`/files/${item.id}`, { method: "DELETE" })
    if (!response.ok) return say(await problemOf(response))
    downloads.get(item.id)?.pause()
    const next = row.nextElementSibling ?? row.previousElementSibling
    row.remove()
    ;(next?.querySelector("button") ?? byId("file")).focus()
    say(`${item.name} is removed.`)
    await refresh()
  },
}

function label(button, text, item) {
  button.textContent = text
  button.setAttribute("aria-label", `${text} ${item.name}`)
}

function list(target, findings) {
  const rows = [
    ["SHA-256", findings.sha256],
    ["Lines", findings.lines.toLocaleString("en")],
    ["Words", findings.words.toLocaleString("en")],
  ]
  target.replaceChildren(
    ...rows.flatMap(([term, text]) => {
      const pair = [document.createElement("dt"), document.createElement("dd")]
      pair[0].textContent = term
      pair[1].textContent = text
      return pair
    }),
  )
  target.hidden = false
}

function save(blob, name) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

form.addEventListener("submit", (event) => {
  event.preventDefault()
  const request = new XMLHttpRequest() // fetch does not say how far an upload is
  request.upload.addEventListener("progress", ({ loaded, total }) => show(uploaded, "Upload", loaded / total))
  request.addEventListener("loadend", async () => {
    show(uploaded, "Upload", undefined)
    const response = new Response(request.responseText, { status: request.status || 503 })
    if (request.status !== 201) return say(`Not uploaded. ${await problemOf(response)}`)
    form.reset()
    say(`${(await response.json()).name} is on the shelf.`)
    await refresh()
  })
  request.open("POST", "/files")
  request.send(new FormData(form))
  say("Uploading …")
})

await refresh()
