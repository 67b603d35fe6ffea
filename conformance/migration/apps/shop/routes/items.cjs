const express = require("express")

const router = express.Router()
const items = [{ sku: "a1", price: 3 }]

function find(sku) {
  return items.find((item) => item.sku === sku)
}

router.get("/", (req, res) => {
  res.json({ items, count: items.length })
})

// One item, by its number.
router.get("/:sku", (req, res) => {
  const item = find(req.params.sku)
  if (item) {
    res.json(item)
  } else {
    res.status(404).send({ error: "not found" })
  }
})

router.post("/", (req, res) => {
  const { sku, price } = req.body
  if (find(sku)) return res.status(409).json({ error: "taken" })
  items.push({ sku, price })
  return res.status(201).json({ sku, price })
})

module.exports = router
