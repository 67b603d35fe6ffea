import express from "express"

const app = express()
const port = process.env.PORT ?? 3000

app.use(express.json())

const todos = new Map([["1", { id: "1", title: "cut stone", done: false }]])
let last = 1

app.get("/", (req, res) => {
  res.send("<h1>Todos</h1>")
})

app.get("/hello/:name", (req, res) => res.send(`Hello, ${req.params.name}`))

app.get("/todos", (req, res) => {
  const { done } = req.query
  const all = [...todos.values()]
  if (done === undefined) {
    res.json(all)
    return
  }
  res.json(all.filter((todo) => String(todo.done) === done))
})

app.get("/todos/:id", (req, res) => {
  const todo = todos.get(req.params.id)
  if (!todo) {
    return res.status(404).json({ error: "no such todo" })
  }
  res.set("X-Todo", todo.id)
  res.json(todo)
})

app.post("/todos", (req, res) => {
  if (!req.body.title) return res.status(400).json({ error: "a title, please" })
  const todo = { id: String(++last), title: req.body.title, done: false }
  todos.set(todo.id, todo)
  res.status(201).set("Location", `/todos/${todo.id}`).json(todo)
})

app.put("/todos/:id", async (req, res) => {
  const { id } = req.params
  const body = req.body
  try {
    if (!todos.has(id)) throw new Error("missing")
    await Promise.resolve()
    todos.set(id, { ...todos.get(id), ...body })
    res.json(todos.get(id))
  } catch (error) {
    res.status(404).json({ error: error.message })
  }
})

app.delete("/todos/:id", (req, res) => {
  if (todos.delete(req.params.id)) res.status(204).end()
  else res.sendStatus(404)
})

app.get("/old", (req, res) => {
  res.redirect("/todos")
})

app.get("/older", (req, res) => res.redirect(301, "/todos"))

app.get("/agent", (req, res) => {
  res.json({
    agent: req.get("User-Agent"),
    own: req.headers["x-own"] ?? null,
    method: req.method,
    url: req.originalUrl,
  })
})

app.post("/echo", (req, res) => res.json({ sent: req.body }))

app.get("/fails", (req, res, next) => {
  next(new Error("it fails"))
})

app.listen(port, () => {
  console.log("ready")
})
