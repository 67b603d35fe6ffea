const express = require("express")
const items = require("./routes/items.cjs")
const { health } = require("./controllers/health.cjs")

const app = express()
app.use(express.json())

app.get("/health", health)
app.use("/items", items)

app.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("ready"))
